from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from app.flywheel.dedupe import Dedupe, Sieve

ROW = {"prompt": "p", "completion": "c", "identity": "i", "run": "1"}


def test_the_same_prompt_and_answer_come_once():
    sieve = Sieve()
    assert sieve.refuse(ROW) is None
    assert sieve.refuse(ROW | {"run": "2", "origin": "solver"}) == "duplicate"
    for name in ("prompt", "completion"):
        assert sieve.refuse(ROW | {name: "other"}) is None


def test_an_answer_with_another_label_is_another_row():
    sieve = Sieve()
    assert sieve.refuse(ROW | {"label": True}) is None
    assert sieve.refuse(ROW | {"label": False}) is None


def test_one_row_of_each_problem_whatever_its_names():
    sieve = Sieve(Dedupe.IDENTITY)
    assert sieve.refuse(ROW) is None
    assert sieve.refuse(ROW | {"prompt": "renamed"}) == "duplicate-problem"
    assert sieve.refuse(ROW | {"identity": "j"}) == "duplicate"
    assert sieve.refuse(ROW | {"identity": "j", "prompt": "other"}) is None


def test_nothing_is_left_out_unless_asked_for():
    sieve = Sieve(Dedupe.NONE)
    assert [sieve.refuse(ROW) for _ in range(3)] == [None] * 3


ROWS = st.builds(
    lambda prompt, answer, identity: {"prompt": prompt, "completion": answer, "identity": identity},
    st.sampled_from("ab"),
    st.sampled_from("xyz"),
    st.sampled_from("ij"),
)


@given(st.lists(ROWS), st.sampled_from(list(Dedupe)), st.none() | st.integers(1, 3))
def test_what_is_let_through_is_as_was_asked(rows, by, most):
    sieve = Sieve(by, most)
    kept = [row for row in rows if sieve.refuse(row) is None]
    alike = Counter((row["prompt"], row["completion"]) for row in kept)
    of_problem = Counter(row["identity"] for row in kept)
    if by is not Dedupe.NONE:
        assert max(alike.values(), default=0) <= 1
    if by is Dedupe.IDENTITY or most is not None:
        assert max(of_problem.values(), default=0) <= (1 if by is Dedupe.IDENTITY else most)
    if by is Dedupe.NONE and most is None:
        assert kept == rows
    if by is Dedupe.EXACT and most is None:
        assert set(alike) == {(row["prompt"], row["completion"]) for row in rows}
