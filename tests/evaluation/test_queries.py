"""Questions in JSON lines; the files and the command have tests of their own, in `tests/cli`."""

import json

import numpy as np
import pytest

from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation import question_blocks
from cocoqa_keras.evaluation.answerer import TopAnswers
from cocoqa_keras.evaluation.queries import answer_block
from cocoqa_keras.storage import find_files


class AnswererOfPictures:
    """One for which there are some files, and which sees only as it answers that others are missing."""

    def __init__(self, *names):
        self.names = names

    def check_image(self, image):
        if image == "!" * 5000:
            raise InputError(f"no image {image}: give another")

    def unknown_words(self, question):
        return []

    def answer(self, questions, images, top_k):
        for image in images:
            if image not in self.names:
                raise InputError(f"no picture file {image}")
        return TopAnswers([["yes"]] * len(questions), np.ones((len(questions), 1)))


def results(folder, images):
    lines = [json.dumps({"question": "what", "image": image}) for image in images]
    (folder / "q.jsonl").write_text("\n".join(["", *lines]))
    blocks = question_blocks.blocks_of(find_files(f"{folder}/q.jsonl"))
    answerer = AnswererOfPictures("here.png")
    return [result for block in blocks for result in answer_block(block, answerer, 5)]


@pytest.mark.parametrize("block_bytes", [1 << 20, 60])
def test_a_picture_that_cannot_be_read_is_told_with_its_line(block_bytes, tmp_path, monkeypatch):
    monkeypatch.setattr(question_blocks, "BLOCK_BYTES", block_bytes)
    assert len(results(tmp_path, ["here.png"] * 3)) == 3
    with pytest.raises(InputError, match=r"q\.jsonl, line 4: no picture file gone\.png$"):
        results(tmp_path, ["here.png", "here.png", "gone.png", "gone.png", "here.png"])


@pytest.mark.parametrize("image", ["x" * 5000, "!" * 5000, 10**400])
def test_a_long_name_is_cut_short(image, tmp_path):
    with pytest.raises(InputError, match=r"q\.jsonl, line 2: no ") as error:
        results(tmp_path, [image])
    assert len(str(error.value)) < len(str(tmp_path)) + 150
