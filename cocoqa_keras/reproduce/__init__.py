"""The paper's whole table, made again by one command."""
