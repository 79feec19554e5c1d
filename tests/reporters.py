"""Reporters for tests that read what a training says."""

from cocoqa_keras.training.reporter import Reporter


class Lines(Reporter):
    """Keeps the lines."""

    def __init__(self):
        self.lines = []

    def line(self, text):
        self.lines.append(text)
