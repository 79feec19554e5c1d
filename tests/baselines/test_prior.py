"""The visual prior."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocoqa_keras.baselines.by_type import of_type
from cocoqa_keras.baselines.prior import DELTAS, VisualPrior, add_prior, object_word
from cocoqa_keras.data.dataset import load_dataset
from cocoqa_keras.data.encode import choose_encoding, write_encoded
from cocoqa_keras.data.examples import Example, Examples, Parts
from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.errors import InputError

NOT_OBJECTS = {"the", "is", "sitting", "large"}


@pytest.mark.parametrize(
    ("question", "kind", "word"),
    [
        ("what is the color of the cat", QuestionType.COLOR, "cat"),
        ("how many large cats are there", QuestionType.NUMBER, "cats"),
        ("the man shows how many large the", QuestionType.NUMBER, "UNK"),
        ("the zebras are how many", QuestionType.NUMBER, "UNK"),
        ("how many blorks is how many cats", QuestionType.NUMBER, "blorks"),
        ("where is the large dog sitting", QuestionType.LOCATION, "dog"),
        ("the dog is where", QuestionType.LOCATION, "UNK"),
        ("what is it", QuestionType.LOCATION, "UNK"),
        ("", QuestionType.COLOR, "UNK"),
        ("", QuestionType.NUMBER, "UNK"),
    ],
)
def test_the_object_of_a_question(question, kind, word):
    assert object_word(question.split(), kind, NOT_OBJECTS) == word


def test_a_case_by_hand():
    """Of two questions answered `red`, one is about a cat; of one answered `blue`, none is."""
    objects = Vocabulary(("cat", "dog", "UNK"), first_id=0)
    prior = VisualPrior.of(objects, ["cat", "dog", "dog"], np.array([0, 0, 1]), answer_count=3)
    np.testing.assert_array_equal(prior.shares, [[0.5, 0, 0], [0.5, 1, 0], [0, 0, 0]])
    likelihoods = prior.likelihoods(["cat", "bird"], delta=0.5)
    np.testing.assert_allclose(likelihoods, np.array([[1, 0.5, 0.5], [0.5, 0.5, 0.5]]) / 2.5)


WORDS = st.sampled_from(["cat", "dog", "bird", "fish", "UNK"])
PAIRS = st.lists(st.tuples(WORDS, st.integers(0, 3)), max_size=20)


@given(pairs=PAIRS, asked=st.lists(WORDS, max_size=6), delta=st.sampled_from(DELTAS))
def test_likelihoods_equal_those_counted_one_by_one(pairs, asked, delta):
    objects = Vocabulary(("cat", "dog", "bird", "UNK"), first_id=0)
    known = [(word if word in objects else "UNK", answer) for word, answer in pairs]
    answers = np.array([answer for _, answer in pairs], int)
    prior = VisualPrior.of(objects, [word for word, _ in pairs], answers, answer_count=4)
    expected = np.empty((len(asked), 4))
    for row, word in enumerate(asked):
        for answer in range(4):
            total = sum(other == answer for _, other in known)
            together = known.count((word if word in objects else "UNK", answer))
            share = together / total if total else 0
            expected[row, answer] = (share + delta) / (4 * delta + 1)
    np.testing.assert_allclose(prior.likelihoods(asked, delta), expected, rtol=1e-12)


@given(data=st.data())
@settings(max_examples=50)
def test_delta_is_the_first_of_the_best(data):
    pairs = data.draw(st.lists(st.tuples(WORDS, st.integers(0, 3)), min_size=1, max_size=20))
    words, answers = [word for word, _ in pairs], np.array([answer for _, answer in pairs])
    objects = Vocabulary(("cat", "dog", "bird", "UNK"), first_id=0)
    prior = VisualPrior.of(objects, words, answers, answer_count=4)
    scores = np.random.RandomState(data.draw(st.integers(0, 99))).uniform(size=(len(pairs), 4))
    rates = [np.mean((scores * prior.likelihoods(words, delta)).argmax(1) == answers) for delta in DELTAS]
    assert prior.choose_delta(scores, words, answers) == DELTAS[rates.index(max(rates))]


def test_the_deltas_are_those_of_the_2015_program():
    assert (DELTAS[:3], DELTAS[-2:], len(DELTAS)) == ((1e-6, 5e-6, 1e-5), (0.5, 1), 13)


def colors(*pairs):
    """Questions for colors: the object, and the answer."""
    return Examples.of(
        Example(f"what is the color of the {noun}".split(), answer, "1", QuestionType.COLOR)
        for noun, answer in pairs
    )


@pytest.fixture
def dataset(tmp_path):
    train = colors(("banana", "yellow"), ("banana", "yellow"), ("sky", "blue"), ("sky", "yellow"))
    parts = Parts(
        train, colors(("sky", "blue")), colors(("banana", "yellow"), ("sky", "blue"), ("car", "blue"))
    )
    write_encoded(tmp_path / "colors", choose_encoding(parts))
    return of_type(load_dataset(tmp_path / "colors"), QuestionType.COLOR)


def test_the_prior_decides_where_the_image_is_undecided(dataset):
    assert dataset.answers.words == ("yellow", "blue", "UNK")
    undecided = np.array([[0.45, 0.45, 0.1]])
    scores = add_prior(dataset, QuestionType.COLOR, undecided, np.repeat(undecided, 3, axis=0))
    # Of three questions answered `yellow`, two are about bananas and one about the sky, as both answered
    # `blue` are. The first delta is right on the validation question, so it is taken.
    expected = np.array([[2 / 3, 0, 0], [1 / 3, 1, 0], [0, 0, 0]]) + 1e-6
    np.testing.assert_allclose(scores, undecided * expected / (1 + 3e-6))
    assert scores.argmax(axis=1).tolist() == [0, 1, 0]


def test_questions_for_objects_have_no_prior(dataset):
    scores = np.random.RandomState(0).uniform(size=(3, 3))
    assert add_prior(dataset, QuestionType.OBJECT, scores[:1], scores) is scores


def test_the_real_questions_have_objects(shared, tmp_path):
    """A sample of COCO-QA's questions; whether from WordNet or from the package's list."""
    from cocoqa_keras.evaluation.non_nouns import non_nouns

    folder = shared / "data" / "cocoqa" / "test"
    questions = [line.split() for line in (folder / "questions.txt").read_text().splitlines()[:3000]]
    types = [int(line) for line in (folder / "types.txt").read_text().splitlines()[:3000]]
    not_objects = non_nouns({word for words in questions for word in words})
    found = {}
    for words, kind in zip(questions, types, strict=True):
        if kind != QuestionType.OBJECT:
            found.setdefault(kind, []).append(object_word(words, kind, not_objects))
    for kind, words in found.items():
        assert np.mean([word == "UNK" for word in words]) < 0.05, QuestionType(kind).name
    assert {"cats", "people"} <= set(found[QuestionType.NUMBER])
    assert {"umbrella", "shirt"} <= set(found[QuestionType.COLOR])


def test_without_validation_questions_there_is_no_delta(dataset):
    from dataclasses import replace

    with pytest.raises(InputError, match=r"no validation question asks for color.*valid\.npy"):
        add_prior(replace(dataset, valid=None), QuestionType.COLOR, np.ones((0, 3)), np.ones((3, 3)))
