"""Recognising a source by what it is."""

import pytest

from cocoqa_keras.data.sources import read_source
from cocoqa_keras.errors import InputError


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "OWN.CSV"
    path.write_text("question,answer,image\n" + "".join(f"what,cat,{n}\n" for n in range(4)))
    return path


@pytest.fixture
def daquar(tmp_path):
    for part in ("train", "test"):
        (tmp_path / f"qa.37.raw.{part}.txt").write_text("what is it in the image1 ?\na, b\n")
    return tmp_path


@pytest.fixture
def release(tmp_path):
    for part in ("train", "test"):
        (tmp_path / part).mkdir()
        for name, line in {"questions": "what", "answers": "cat", "img_ids": "1", "types": "0"}.items():
            (tmp_path / part / f"{name}.txt").write_text(f"{line}\n" * 20)
    return tmp_path


def test_a_source_is_read_with_its_options(own):
    assert len(read_source(own, answers=None).test) == 1
    assert len(read_source(str(own), answers=None, held_out=0.0).test) == 0


def test_daquar_is_recognised(daquar):
    assert read_source(daquar).left_out == 2
    assert read_source(daquar, answers="first").train.answers == ["a"]


def test_the_coco_qa_release_is_recognised(release):
    assert [len(part) for _, part in read_source(release).items()] == [18, 2, 20]


def test_vqa_is_recognised(tmp_path):
    (tmp_path / "v2_OpenEnded_mscoco_train2014_questions.json").touch()
    with pytest.raises(InputError, match=r"there is no file \*train\*annotations\.json"):
        read_source(tmp_path)


def test_an_option_that_does_not_apply_is_refused(own, release):
    with pytest.raises(InputError, match=r"--answers does not apply to .*, which is questions of your own"):
        read_source(own, answers="first")
    with pytest.raises(InputError, match=r"--held-out does not apply to .*, which is COCO-QA; leave it away"):
        read_source(release, held_out=0.0)


def test_what_is_not_there_or_is_no_source_is_refused(tmp_path):
    with pytest.raises(InputError, match="nowhere does not exist"):
        read_source(tmp_path / "nowhere")
    (tmp_path / "own.txt").touch()
    for path in (tmp_path, tmp_path / "own.txt"):
        with pytest.raises(InputError, match=r"holds no questions that are known here.*train/questions\.txt"):
            read_source(path)
