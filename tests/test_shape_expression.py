"""Shapes written in the sizes of another."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocoqa_keras.shape_expression import ShapeExpression


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(x[0], x[1] * x[2])", (5, 42)),
        ("x[0], x[1] * x[2]", (5, 42)),
        ("(x[0] * x[1], x[2])", (30, 7)),
        ("(x[0],x[2],x[1])", (5, 7, 6)),
        ("((x[0], -1))", (5, 42)),
        ("(-1, x[-1])", (30, 7)),
        ("210", (210,)),
        ("(x[0] * x[1] * x[2],)", (210,)),
        ("(x[0]) * (x[1]), (x[2])", (30, 7)),
        ("(x[0], x[1] * x[2] / 2 / 3, 3 + 6 / 2)", (5, 7, 6)),
        ("(x[0], (x[1] + 1) * (x[2] - 1))", (5, 42)),
        ("(x[0], x[2] / 2, 10 - 3 + 7)", (5, 3, 14)),
        ("(x[0], --42)", (5, 42)),
        (" ( x [ 0 ] ,\n-( 0 - 42 ) ) ", (5, 42)),
    ],
)
def test_expressions_are_read_as_python_2_does(text, expected):
    assert ShapeExpression(text).shape((5, 6, 7)) == expected


ATOMS = st.one_of(
    st.integers(0, 30).map(str), st.sampled_from(["x[0]", "x[1]", "x[2]", "x[-1]", "x[-2]", "x[-3]"])
)
SUMS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", " + ", " * "]), inner).map("".join),
        inner.map("({})".format),
        inner.map("-{}".format),
    ),
    max_leaves=12,
)


@given(sums=st.lists(SUMS, min_size=2, max_size=3))
@settings(max_examples=200)
def test_any_arithmetic_comes_out_as_in_python(sums):
    values = [eval(text, {"x": (5, 6, 7)}) for text in sums]  # of our own making
    expression = ShapeExpression(f"({', '.join(sums)})")
    if any(not -1 <= value < 2**31 for value in values) or values.count(-1) > 1:
        with pytest.raises(ValueError, match="gives"):
            expression.given((5, 6, 7))
    else:
        assert expression.given((5, 6, 7)) == values


@pytest.mark.parametrize(
    ("text", "sizes", "expected"),
    [
        ("(x[0], x[1] * x[2])", (None, 6, 7), (None, 42)),
        ("(x[0], -1)", (None, 6, 7), (None, 42)),
        ("(x[0], x[1], -1)", (None, None, 6, 7), (None, None, 42)),
        ("(x[-3], -1)", (None, 6, 7), (None, 42)),
        ("(-1, x[2])", (None, None, 7), (None, 7)),
        ("(x[0] * x[1], x[2])", (None, 6, 7), (None, 7)),
        ("(x[0], x[0], -1)", (None, 6, 7), (None, None, None)),
        ("(x[0], x[1] * x[2])", (None, None, 7), (None, None)),
        ("(x[0], x[0], -1)", (2, 2, 3), (2, 2, 3)),
        ("(x[0], x[1])", (0, 4), (0, 4)),
        ("(x[0], -1)", (0, 6, 7), (0, 42)),
        ("(x[0], x[1] * x[2])", (5, 0, 7), (5, 0)),
    ],
)
def test_what_is_known_of_a_shape_is_told(text, sizes, expected):
    assert ShapeExpression(text).shape(sizes) == expected


@given(data=st.data(), unknown=st.sets(st.integers(0, 2)))
@settings(max_examples=60)
def test_an_unknown_size_leaves_out_only_what_depends_on_it(data, unknown):
    text = data.draw(st.sampled_from(["(x[0], -1)", "(x[1], x[0], -1)", "(x[2] * x[0], x[1])", "-1, x[1]"]))
    sizes = (5, 6, 7)
    known = ShapeExpression(text).shape([None if axis in unknown else sizes[axis] for axis in range(3)])
    real = np.zeros(sizes).reshape(ShapeExpression(text).given(sizes)).shape
    assert len(known) == len(real)
    assert all(size in (None, real[axis]) for axis, size in enumerate(known))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "an integer, x[axis], - or ( at character 1, not the end"),
        ("   ", "at character 1, not the end"),
        ("()", "not the end"),
        ("(x[0], y)", "an integer, x[axis], - or ( at character 8, not y"),
        ("(x[0], x[1]", "should have ) at character 6, not ,"),
        ("(x[0] x[1])", "one of + - * / or a comma at character 7, not x"),
        ("x", "should have [ at character 2, not the end"),
        ("x[a]", "an axis at character 3, not a"),
        ("x[0 + 1]", "should have ] at character 5, not +"),
        ("x[0:2]", "should have ] at character 4, not :"),
        ("(x[0], 2 ** 3)", "at character 11, not *"),
        ("(x[0], 7 // 2)", "at character 11, not /"),
        ("(x[0], +7)", "at character 8, not +"),
        ("(x[0], 1.5)", "a comma at character 9, not ."),
        ("(1, (2, 3))", "should have ) at character 7, not ,"),
        ("[x[0], 3]", "at character 1, not ["),
        ("x[0])", "at character 5, not )"),
        ("(x[0], \u0663)", "at character 8, not \u0663"),
        ("(x[0], 99999999999)", "a smaller number at character 8, not 99999999999"),
        ("__import__('os').abort()", "at character 1, not _"),
        ("(" * 300 + "1" + ")" * 300, "longer than 200"),
        ("-" * 300 + "1", "longer than 200"),
    ],
)
def test_what_is_no_shape_is_refused_at_its_place(text, reason):
    with pytest.raises(ValueError) as caught:
        ShapeExpression(text)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@given(text=st.text("x[]()+-*/, 0123456789y.", max_size=40))
@settings(max_examples=300)
def test_any_text_is_read_or_refused(text):
    try:
        ShapeExpression(text).shape((5, None, 7))
    except ValueError as error:
        assert str(error)


@pytest.mark.parametrize("text", ["(" * 98 + "1, 2" + ")" * 98, "-" * 199 + "1", "+".join(["1"] * 100)])
def test_the_longest_expressions_can_be_followed(text):
    ShapeExpression(text).given(())


@pytest.mark.parametrize(
    ("text", "sizes", "reason"),
    [
        ("(x[0], x[3])", (5, 6, 7), "there is no x[3], the input having 3 axes"),
        ("(x[0], x[-4])", (5, 6, 7), "there is no x[-4]"),
        ("(x[0], 6 / (x[1] - 6))", (5, 6, 7), "division by zero"),
        ("(x[0], 3 - x[1])", (5, 6, 7), "gives the size -3"),
        ("(x[0], 2000000000 * x[1])", (5, 6, 7), "gives the size 12000000000"),
        ("(-1, -1)", (5, 6, 7), "more than one size -1"),
        ("(x[0], 41)", (5, 6, 7), "changes the number of elements"),
        ("(x[0], 41)", (None, 6, 7), "changes the number of elements"),
        ("(x[0], 4, -1)", (None, 6, 7), "changes the number of elements"),
        ("(0, -1)", (5, 6, 7), "changes the number of elements"),
    ],
)
def test_a_shape_that_the_input_cannot_have_is_refused(text, sizes, reason):
    with pytest.raises(ValueError) as caught:
        ShapeExpression(text).shape(sizes)
    assert reason in str(caught.value)
