"""Fixtures for the tests of data."""

import pytest


@pytest.fixture(scope="session")
def decoded():
    """Reads an encoded data set back: itself, and the words, answer and image of each question by part."""
    from cocoqa_keras.data.dataset import load_dataset

    def read(folder):
        dataset = load_dataset(folder)
        parts = {
            name: [
                (
                    dataset.question_words.decode(question),
                    dataset.answers.word_of(answer),
                    dataset.image_names[image - 1],
                )
                for question, answer, image in zip(
                    split.questions.tolist(), split.answers.tolist(), split.image_ids.tolist(), strict=True
                )
            ]
            for name, split in dataset.splits()
        }
        return dataset, parts

    return read
