"""Questions in words, answered by a trained model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocoqa_keras.data.pipeline import BatchReader
from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation import answerer as answerer_module
from cocoqa_keras.evaluation.answerer import Answerer
from cocoqa_keras.evaluation.image_source import ImageSource
from cocoqa_keras.evaluation.predictor import Predictor
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.sizes import DatasetInfo


@pytest.fixture(scope="module")
def blind(make_answerer):
    return make_answerer("bow")[1]


def questions_of(dataset, split):
    return [" ".join(dataset.question_words.decode(ids)) for ids in split.questions.tolist()]


@pytest.mark.parametrize("name", ["bow", "lstm", "img_bow", "2_vis_blstm"])
def test_answers_are_those_of_the_encoded_questions(
    make_answerer, tiny_dataset, tiny_features, monkeypatch, name
):
    model, answerer = make_answerer(name)
    split = tiny_dataset.train  # the first question is empty
    expected = Predictor(model).predict(BatchReader.for_model(model, split, tiny_features))
    images = split.image_ids.tolist() if "image" in model.input else None
    ids = np.argsort(-expected, axis=1)[:, :3]
    for batch_size in (1, 4, 1000):
        monkeypatch.setattr(answerer_module, "BATCH_SIZE", batch_size)
        best = answerer.answer(questions_of(tiny_dataset, split), images, top_k=3)
        assert best.answers == [tiny_dataset.answers.decode(row) for row in ids.tolist()]
        np.testing.assert_allclose(best.scores, np.take_along_axis(expected, ids, 1), rtol=1e-5)


@pytest.mark.usefixtures("float64")
def test_a_model_in_double_precision_answers_in_it(make_answerer):
    _, answerer = make_answerer("vis_lstm")
    scores = answerer.answer(["a b", ""], [1, "coco:101"], top_k=4).scores
    assert scores.dtype == np.float64
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-14)


def test_questions_are_read_as_the_encoder_reads_them(blind):
    scores = blind.answer(["a b c", "A  b\tC ?", "a b c??", " a b c"]).scores
    np.testing.assert_array_equal(scores, scores[:1].repeat(4, axis=0))


def test_a_word_that_is_not_known_counts_as_unk(blind):
    known, unknown, other = blind.answer(["a h", "a zebra", "a snark"]).scores
    np.testing.assert_array_equal(unknown, other)
    assert np.abs(known - unknown).max() > 1e-3
    assert blind.unknown_words("A zebra, h zebra?") == ["zebra,", "zebra"]


def test_there_are_as_many_answers_as_asked_for_or_as_there_are(blind):
    for top_k, count in ((1, 1), (4, 4), (500, 4)):
        best = blind.answer(["a", "b"], top_k=top_k)
        assert [len(answers) for answers in best.answers] == [count, count]
        assert best.scores.shape == (2, count)
        assert (np.diff(best.scores) <= 0).all()


def test_equal_answers_come_in_the_order_of_their_ids(tiny_spec, tiny_dataset):
    model = build_model(tiny_spec("bow"), DatasetInfo.of(tiny_dataset))
    model.get_layer("softmax").kernel.assign(np.zeros((6, 4)))
    best = Answerer(model, tiny_dataset.question_words, tiny_dataset.answers).answer(["a"])
    assert best.answers == [["cat", "two", "red", "UNK"]]


def test_no_questions_have_no_answers(make_answerer):
    for name in ("bow", "img_bow"):
        best = make_answerer(name)[1].answer([], [], top_k=2)
        assert best.answers == []
        assert best.scores.shape == (0, 2)


@settings(max_examples=30)
@given(questions=st.lists(st.text(st.sampled_from("abcxyz ?\n\u00a0é"), max_size=40), min_size=1, max_size=5))
def test_a_question_is_answered_the_same_alone_and_among_others(blind, questions):
    together = blind.answer(questions).scores
    for question, scores in zip(questions, together, strict=True):
        np.testing.assert_allclose(blind.answer([question]).scores[0], scores, rtol=1e-5)


def refuse(message, call, *arguments, **named):
    with pytest.raises(InputError, match=message) as caught:
        call(*arguments, **named)
    assert len(str(caught.value).splitlines()) == 1


def test_an_image_that_is_missing_unknown_or_not_asked_for_is_refused(make_answerer, blind):
    _, answerer = make_answerer("img_bow")
    refuse("answers about an image; name one", answerer.answer, ["a"])
    refuse("answers about an image; name one", answerer.answer, ["a", "b"], [1, None])
    refuse("no image 9", answerer.answer, ["a", "b"], [1, 9])
    refuse("takes no image; leave image 1 out", blind.answer, ["a"], [1])


def test_wrong_numbers_are_refused(make_answerer, blind):
    _, answerer = make_answerer("img_bow")
    refuse("2 questions need as many images, got 1", answerer.answer, ["a", "b"], [1])
    refuse("at least 1 answer", blind.answer, ["a"], top_k=0)


def test_images_that_do_not_go_with_the_model_are_refused(tiny_spec, tiny_dataset, tiny_features):
    words, answers = tiny_dataset.question_words, tiny_dataset.answers
    model = build_model(tiny_spec("img_bow"), DatasetInfo(9, 4, 6, 8, feature_width=7))
    refuse("model img_bow takes image features, and none are given", Answerer, model, words, answers)
    images = ImageSource(tiny_features, tiny_dataset.folder)
    refuse("has 10 features of an image, and model img_bow takes 7", Answerer, model, words, answers, images)
