"""Model files and the training configuration of the published models."""
