"""New questions about pictures of the test part, asked of several models."""

import os

import numpy as np
import pytest
from html_page import HtmlPage
from made_runs import answered, write_run
from PIL import Image

from cocoqa_keras.data.picture_files import Pictures
from cocoqa_keras.errors import InputError
from cocoqa_keras.report.answers import ScoredAnswer, read_answers
from cocoqa_keras.report.ask import answer_new_questions, write_answers_page
from cocoqa_keras.report.question_list import NewQuestion
from cocoqa_keras.report.shown_question import ShownQuestion

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def answerers(make_answerer):
    """A model that sees and one that does not."""
    return {"seeing": make_answerer("img_bow")[1], "blind": make_answerer("bow")[1]}


@pytest.fixture
def run(tmp_path):
    return read_answers(write_run(tmp_path / "run", [answered()]))


def test_every_model_answers_every_question_about_its_picture(answerers):
    asked = [NewQuestion(3, "a b", "cat"), NewQuestion(0, "c zebra zebra?", "")]
    first, second = answer_new_questions(asked, ["107", "100"], answerers, top_k=2)
    for shown, question, image in ((first, "a b", 8), (second, "c zebra zebra?", 1)):
        assert shown.question == question
        for name, images in (("seeing", [image]), ("blind", None)):
            best = answerers[name].answer([question], images, 2)
            assert [entry.answer for entry in shown.answers[name]] == best.answers[0]
            np.testing.assert_allclose(
                [entry.score for entry in shown.answers[name]], best.scores[0], rtol=1e-5
            )
    assert (first.number, first.image, first.truth, first.note) == (3, "107", "cat", "")
    assert (second.truth, second.note) == ("", "unknown to seeing, blind: zebra zebra")


def test_an_image_that_the_data_do_not_have_is_refused(answerers):
    with pytest.raises(InputError, match="no image coco:55"):
        answer_new_questions([NewQuestion(0, "a", "")], ["55"], answerers, top_k=1)


def shown_question(**changes):
    answers = {"m": [ScoredAnswer("cat", 0.75), ScoredAnswer("dog", 0.25)], "n": [ScoredAnswer("dog", 1.0)]}
    return ShownQuestion(
        **{"number": 4, "image": "7", "question": "what", "truth": "cat", "answers": answers} | changes
    )


def test_the_page_shows_questions_pictures_and_answers(run, tmp_path):
    Image.new("RGB", (8, 6)).save(tmp_path / "7.png")
    pictures = Pictures({"7": tmp_path / "7.png", "9": "https://host/9.jpg"})
    shown = [shown_question(note="unknown to m: x"), shown_question(image="9"), shown_question(image="5")]
    page = HtmlPage(write_answers_page(shown, [run], tmp_path / "out", pictures, embeds=False))
    assert "What m and n answered" in page.text
    assert "The expected answer: cat picture 7, that of test question 4 unknown to m: x" in page.text
    assert "m ✓ right cat ✓(the true answer) 0.7500 dog 0.2500 n ✗ wrong dog 1.0000" in page.text
    assert [each["src"] for each in page.all("img")] == ["../7.png", "https://host/9.jpg"]
    assert page.file_of("../7.png") == (tmp_path / "7.png").resolve()
    assert "picture 5 is missing" in page.text


def test_pictures_are_put_into_the_page(run, tmp_path):
    Image.new("RGB", (8, 6)).save(tmp_path / "7.png")
    pictures = Pictures({"7": tmp_path / "7.png"})
    page = HtmlPage(write_answers_page([shown_question()], [run], tmp_path / "out", pictures, embeds=True))
    assert page.all("img")[0]["src"].startswith("data:image/jpeg;base64,")


def test_a_picture_in_the_page_leads_nowhere_and_one_beside_it_to_its_file(run, tmp_path):
    Image.new("RGB", (8, 6)).save(tmp_path / "7.png")
    for embeds, links in ((True, []), (False, ["../7.png"])):
        pictures = Pictures({"7": tmp_path / "7.png"})
        page = HtmlPage(write_answers_page([shown_question()], [run], tmp_path / "out", pictures, embeds))
        assert [each["href"] for each in page.all("a") if each["href"] != "#content"] == links


def test_a_picture_on_another_drive_is_found_by_its_full_address(run, tmp_path, monkeypatch):
    def fails_as_on_windows(place, start):
        raise ValueError(f"path is on mount 'D:', start on mount 'C:': {place}, {start}")

    monkeypatch.setattr("os.path.relpath", fails_as_on_windows)
    pictures = Pictures({"7": tmp_path / "7.png"})
    page = HtmlPage(write_answers_page([shown_question()], [run], tmp_path / "out", pictures, False))
    assert page.all("img")[0]["src"] == (tmp_path / "7.png").resolve().as_uri()


def test_a_picture_is_found_in_a_folder_whose_name_is_not_utf_8(run, tmp_path):
    pictures = Pictures({"7": tmp_path / os.fsdecode(b"\xff") / "7.png"})
    page = HtmlPage(write_answers_page([shown_question()], [run], tmp_path / "out", pictures, False))
    assert page.all("img")[0]["src"] == "../%FF/7.png"


@pytest.mark.parametrize(
    ("names", "heading"), [("a", "What a answered"), ("abc", "What a, b and c answered")]
)
def test_the_models_are_named(run, tmp_path, names, heading):
    shown = shown_question(answers={name: [ScoredAnswer("cat", 1.0)] for name in names})
    page = HtmlPage(write_answers_page([shown], [run], tmp_path / "out", Pictures({}), False))
    assert page.text.count(heading) == 2


def test_without_an_expected_answer_none_is_right_or_wrong(run, tmp_path):
    page = HtmlPage(
        write_answers_page([shown_question(truth="")], [run], tmp_path / "out", Pictures({}), False)
    )
    assert "m cat 0.7500" in page.text
    for word in ("expected", "✓", "✗"):
        assert word not in page.text


def test_texts_are_escaped(run, tmp_path):
    hostile = f'{SCRIPT}" onload="x'
    answers = {hostile: [ScoredAnswer(hostile, 1.0)]}
    shown = shown_question(question=hostile, truth=hostile, image=hostile, answers=answers, note=hostile)
    page = HtmlPage(write_answers_page([shown], [run], tmp_path / "out", Pictures({}), False))
    assert not page.all("script")
    assert not any("onload" in attributes for _, attributes in page.elements)
    assert page.text.count(SCRIPT) == 9  # two titles, picture twice, question, truth, note, model, answer
