"""Which answers are taken for which, as a file."""

import csv

import numpy as np

from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.evaluation import confusion_file
from cocoqa_keras.evaluation.confusion_file import write_confusion


def test_rows_are_the_most_frequent_true_answers(tmp_path, monkeypatch):
    monkeypatch.setattr(confusion_file, "MOST", 2)
    answers = Vocabulary(("cat", 'a "dog", barking', "red", "UNK"), 0)
    true, predicted = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 3, 2])
    write_confusion(tmp_path / "confusion.csv", predicted, true, answers)
    with (tmp_path / "confusion.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0][1:] == ["cat", 'a "dog", barking', "(other)"]
    assert rows[1:] == [["cat", "2", "1", "0"], ['a "dog", barking', "0", "1", "1"]]
