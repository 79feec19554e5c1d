"""Training: cost, optimizer, the two rounds, and what a run leaves behind."""
