from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from critics import CandidateError
from critics.puzzles.expressions import DivisionByZero, evaluate, read_answer, write_number


def value(text: str) -> Fraction:
    return evaluate(read_answer(text).expression.tokens)


@pytest.mark.parametrize(
    ("text", "worth"),
    [
        ("1+2*3", "7"),
        ("(1+2)*3", "9"),
        ("10-4-3", "3"),
        ("24/4/3", "2"),
        ("2 - 3 * 4 / 6", "0"),
        ("8/(3-8/3)", "24"),
        ("((((7))))", "7"),
        ("-3 + 5", "2"),
        ("5 - -3", "8"),
        ("5*-3", "-15"),
        ("[1/3]*3", "1"),
        ("0.1+0.2", "3/10"),
        ("6 × (5 − 1) ÷ 1", "24"),  # noqa: RUF001  # the signs that people write
        ("\n 1\t+ 1 ", "2"),
    ],
)
def test_an_expression_is_worth_what_it_is_worth(text: str, worth: str) -> None:
    assert value(text) == Fraction(worth)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "+", "1+", "*1", "(1", "1)", "()", "1 2", "2(3)", "(2)(3)", "2**3", "2^3", "4!"),
        *("sqrt(4)", "1//2", "-(1)", "+1", "1e3", "0x10", "1_0", "1,2", "[1/0]", "[1]", "1.", ".5"),
        *("1 = ", "= 1", "1 == 1", "\u0661+1", "__import__('os')", "9" * 61, "1+" * 3000 + "1"),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(CandidateError):
        read_answer(text)


def test_a_fault_is_shown_where_it_is() -> None:
    with pytest.raises(CandidateError) as error:
        read_answer("1 +\n(2 x 3)")
    at = error.value.diagnostics[0].at
    assert (at.line, at.column, at.text) == (2, 4, "(2 x 3)")


def test_a_division_by_zero_has_no_value() -> None:
    with pytest.raises(DivisionByZero, match="7 is divided by 0"):
        value("7/(3-3)")


TREES = st.recursive(
    st.integers(0, 9).map(str),
    lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(
        lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
    ),
    max_leaves=12,
)


@given(TREES)
def test_it_is_computed_as_python_does(text: str) -> None:
    exact = text
    for digit in range(10):
        exact = exact.replace(str(digit), f"Fraction({chr(97 + digit)})")
    names = {chr(97 + digit): digit for digit in range(10)}
    try:
        wanted = eval(exact, {"Fraction": Fraction, **names})  # noqa: S307  # our own text
    except ZeroDivisionError:
        with pytest.raises(DivisionByZero):
            value(text)
    else:
        assert value(text) == wanted


@given(st.fractions(max_denominator=1000))
def test_a_number_is_written_as_it_is_read(number: Fraction) -> None:
    assert value(write_number(number)) == number


@given(st.text("0123456789+-*/()=[]. x", max_size=40))
def test_no_text_brings_it_down(text: str) -> None:
    try:
        answer = read_answer(text)
    except CandidateError:
        return
    assert answer.expression.literals
