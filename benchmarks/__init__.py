"""Measurements at the size of the real data; each module is a program."""
