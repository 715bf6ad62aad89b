"""The same problem in another order: it says the same, and whatever does not is found out."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from critics.arrangement import AnyOrder
from critics.domain import find_domain
from critics.judge import judge, read_problem
from critics.pddl.arrangement import AnyFacts
from critics.types import Verdict

NAMES = ("pddl", "smt", "calendar", "meeting", "trip", "coloring", "countdown")
SEEDS = range(6)


@pytest.mark.parametrize("name", NAMES)
def test_another_order_says_the_same(name):
    domain = find_domain(name)
    how, differing = domain.arrangement, 0
    assert how is not None
    for example in domain.examples:
        prompt = domain.prompt(domain.load(read_problem(domain, example.problem)))
        for seed in SEEDS:
            other = how.shuffle(example.problem, Random(seed))  # noqa: S311  # no secrets
            assert how.settle(other) == how.settle(example.problem)
            differing += domain.prompt(domain.load(read_problem(domain, other))) != prompt
    assert differing


@pytest.mark.parametrize("name", NAMES)
def test_what_is_right_stays_right_and_what_is_wrong_stays_wrong(name):
    domain = find_domain(name)
    assert domain.arrangement is not None
    for example in domain.examples[:4]:
        other = domain.arrangement.shuffle(example.problem, Random(1))  # noqa: S311  # no secrets
        payload = read_problem(domain, other)
        for text in example.good[:2]:
            assert judge(domain, payload, text).verdict is Verdict.ACCEPTED
        for text in list(example.bad)[:2]:
            assert judge(domain, payload, text).verdict is not Verdict.ACCEPTED


@given(st.lists(st.integers(0, 9), max_size=6), st.dictionaries(st.text(max_size=2), st.integers()))
def test_lists_and_objects_change_their_order_and_nothing_else(items, table):
    payload = {"free": items, "table": table, "fixed": items, "text": "x"}
    how = AnyOrder(("free", "table", "text"))
    other = how.shuffle(payload, Random(3))  # noqa: S311  # no secrets
    assert how.settle(other) == how.settle(payload)
    assert (other["fixed"], other["table"], other["text"]) == (items, table, "x")
    assert sorted(other["free"]) == sorted(items)
    if len(set(items)) > 1:
        backwards = {**payload, "fixed": sorted(items, reverse=items == sorted(items))}
        assert how.settle(backwards) != how.settle(payload)


FACT = st.sampled_from(["(on a b)", "(clear A)", "( holding  c )", "(= (cost) 3)", "(at 5 (p))"])
GAP = st.sampled_from([" ", "\n  ", " ; (not a fact)\n"])


@given(st.lists(st.tuples(FACT, GAP), max_size=8), st.integers(0, 99))
def test_facts_change_places_and_nothing_else(facts, seed):
    init = "".join(fact + gap for fact, gap in facts)
    payload = {"domain": "(define (domain d))", "problem": f"(define (:init {init}) (:goal (p)))"}
    how = AnyFacts()
    other = how.shuffle(payload, Random(seed))  # noqa: S311  # no secrets
    assert how.settle(other) == how.settle(payload)
    assert sorted(str(other["problem"]).split()) == sorted(payload["problem"].split())


@pytest.mark.parametrize(
    ("was", "becomes"),
    [("(on a b)", "(on b a)"), ("(on a b)", "(on a b) (on a b)"), ("(:goal (p))", "(:goal (q))")],
)
def test_whatever_says_something_else_is_found_out(was, becomes):
    text = "(define (:init (on a b) (clear a) (= (cost) 3)) (:goal (p)))"
    payload = {"domain": "d", "problem": text}
    other = {"domain": "d", "problem": text.replace(was, becomes)}
    assert AnyFacts().settle(payload) != AnyFacts().settle(other)


def test_what_cannot_be_read_stays_as_it_is():
    payload = {"domain": "d", "problem": "(define (:init (on a b)"}
    assert AnyFacts().shuffle(payload, Random(0)) == payload  # noqa: S311  # no secrets
    assert AnyFacts().settle(payload) == AnyFacts().settle(payload)
