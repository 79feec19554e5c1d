"""Answers of a SavedModel, and the effect of each word, against values made by hand."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.demo_page.questioner import MAX_CHARACTERS, Questioner, leave_one_out
from cocoqa_keras.errors import InputError
from cocoqa_keras.export.saved_model import write_saved_model
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.sizes import DatasetInfo

WORDS = Vocabulary(("is", "it", "very", "red", "UNK"), 1)
ANSWERS = Vocabulary(("yes", "no", "UNK"), 0)
# What each word adds to the score of each answer: the effect of a word is what it added, with the other sign.
ADDED = [[0, 0, 0], [0.25, 0, 0], [0, 0.125, 0], [-0.125, 0, 0], [0.5, 0.25, 0], [0, 0, 0.0625]]
IMAGE = np.array([0.0, 0.0, 0.5], np.float32)


class Additive(tf.Module):
    """A model whose scores are sums over words and features."""

    def __init__(self):
        super().__init__()
        self.added = tf.Variable(ADDED)
        self.calls = tf.Variable(0)

    @tf.function(
        input_signature=[tf.TensorSpec((None, None), tf.int32), tf.TensorSpec((None, 3), tf.float32)]
    )
    def serving_default(self, question, image):
        self.calls.assign_add(1)
        return {"probabilities": tf.reduce_sum(tf.gather(self.added, question), 1) + image}


@pytest.fixture(scope="module")
def additive(tmp_path_factory):
    folder = tmp_path_factory.mktemp("additive")
    module = Additive()
    tf.saved_model.save(module, folder, signatures={"serving_default": module.serving_default})
    return Questioner(folder, WORDS, ANSWERS)


def test_answers_are_those_of_the_highest_scores(additive):
    reply = additive.ask("Is it very red?", np.zeros(3, np.float32))
    assert reply.answers == [("yes", 0.625), ("no", 0.375), ("UNK", 0.0)]
    assert additive.ask("is", IMAGE).answers == [("UNK", 0.5), ("yes", 0.25), ("no", 0.0)]


def test_the_effect_of_a_word_is_the_change_of_the_best_score_without_it(additive):
    reply = additive.ask("Is it very red?", np.zeros(3, np.float32))
    assert reply.effects == [
        ("is", True, -0.25),
        ("it", True, 0.0),
        ("very", True, 0.125),
        ("red", True, -0.5),
    ]
    assert additive.ask("zebra it", IMAGE).effects == [("zebra", False, -0.0625), ("it", True, 0.0)]


def test_a_word_that_comes_twice_is_left_out_once_at_a_time(additive):
    assert [effect.change for effect in additive.ask("red red", IMAGE).effects] == [-0.5, -0.5]


def test_a_question_is_one_call_of_the_model(additive):
    before = additive._model.calls.numpy()
    additive.ask("is it very red", IMAGE)
    assert additive._model.calls.numpy() == before + 1


def test_words_that_the_model_does_not_know_are_named_once(additive):
    assert additive.ask("Zebra is a zebra", IMAGE).unknown_words == ["zebra", "a"]
    assert additive.ask("is it", IMAGE).unknown_words == []


@given(st.lists(st.integers(1, 99), min_size=1, max_size=12))
def test_each_row_lacks_one_word_and_keeps_the_order_of_the_others(words):
    questions = leave_one_out(words)
    assert questions.dtype == np.int32
    assert questions[0].tolist() == words
    for position, row in enumerate(questions[1:].tolist()):
        assert row == [*words[:position], *words[position + 1 :], 0]


@pytest.mark.parametrize("question", ["", " ", "?", " ?? "])
def test_a_question_without_words_is_refused(additive, question):
    with pytest.raises(InputError, match="Please type a question"):
        additive.ask(question, IMAGE)


def test_a_question_of_many_words_is_answered_up_to_a_limit(additive):
    longest = ("a " * MAX_CHARACTERS)[:MAX_CHARACTERS]
    assert len(additive.ask(longest, IMAGE).effects) == MAX_CHARACTERS // 2
    with pytest.raises(InputError, match="too long"):
        additive.ask(longest + "a", IMAGE)


def test_words_of_our_models_have_the_effects_that_the_model_gives(tiny_spec, tiny_dataset, tmp_path):
    model = build_model(tiny_spec("lstm"), DatasetInfo.of(tiny_dataset))
    for weight in model.trainable_weights:
        weight.assign(np.random.RandomState(0).standard_normal(weight.shape))
    write_saved_model(tmp_path / "saved_model", model, tiny_dataset.question_words, tiny_dataset.answers)
    questioner = Questioner(tmp_path / "saved_model", tiny_dataset.question_words, tiny_dataset.answers)
    assert questioner.image_width is None

    def scores(question):
        ids = [tiny_dataset.question_words.encode(question.split())]
        return model({"question": np.array(ids, np.int32)}, training=False).numpy()[0]

    reply = questioner.ask("a b c")
    best = tiny_dataset.answers.id_of(reply.answers[0].answer)
    assert best == scores("a b c").argmax()
    expected = [scores(shorter)[best] - scores("a b c")[best] for shorter in ("b c", "a c", "a b")]
    np.testing.assert_allclose([effect.change for effect in reply.effects], expected, atol=1e-6)
    assert np.abs(expected).max() > 1e-3
    assert len(questioner.ask("a").effects) == 1  # without it, a question of no words


def test_a_model_of_other_answers_is_refused(tmp_path):
    module = Additive()
    tf.saved_model.save(module, tmp_path, signatures={"serving_default": module.serving_default})
    with pytest.raises(InputError, match=r"has 3 answers, and answers.json 2; export it anew"):
        Questioner(tmp_path, WORDS, Vocabulary(("yes", "UNK"), 0))


def test_a_model_that_takes_no_question_is_refused(tiny_spec, tiny_dataset, tiny_features, tmp_path):
    model = build_model(tiny_spec("img"), DatasetInfo.of(tiny_dataset, tiny_features))
    write_saved_model(tmp_path / "saved_model", model, tiny_dataset.question_words, tiny_dataset.answers)
    with pytest.raises(InputError, match="takes no question"):
        Questioner(tmp_path / "saved_model", tiny_dataset.question_words, tiny_dataset.answers)
