"""Holding out questions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocoqa_keras.data.examples import Example, Examples
from cocoqa_keras.data.held_out import hold_out


def about(images):
    return Examples.of(Example(["what"], str(n), image, 0) for n, image in enumerate(images))


@given(images=st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=40), count=st.integers(0, 50))
def test_the_questions_of_an_image_stay_together_and_in_order(images, count):
    rest, held = hold_out(about(images), count)
    assert not set(rest.images) & set(held.images)
    assert len(rest) + len(held) == len(images)
    assert len(held) >= min(count, len(images))
    for part in (rest, held):
        assert sorted(map(int, part.answers)) == list(map(int, part.answers))
    if count == 0:
        assert not held
    elif len(held) > count:  # by no more than one image
        assert len(held) - max(map(held.images.count, set(held.images))) < count


@given(st.permutations(list("abcdefgh") * 2))
def test_the_same_images_are_held_out_in_any_order(images):
    _, held = hold_out(about(images), 5)
    assert set(held.images) == set(hold_out(about(list("abcdefgh") * 2), 5)[1].images)


@pytest.mark.parametrize(("count", "expected"), [(1, {"3"}), (2, {"3", "1"})])
def test_the_choice_is_the_same_on_every_machine(count, expected):
    assert set(hold_out(about(["1", "2", "3"]), count)[1].images) == expected
