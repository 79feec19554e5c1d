"""Checks of all that training relies on in a data set and its image features."""
