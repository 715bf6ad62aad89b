"""The state space offers exactly the steps that a naive validator would execute."""

from time import perf_counter

from hypothesis import given, settings
from hypothesis import strategies as st

from critics.pddl.problem_reader import read_task
from critics.pddl.search import Breadth, Exhausted, Found, GaveUp
from critics.pddl.successors import Space
from critics.types import Undecided
from tests.critics.pddl.random_tasks import write_task

FEW = 40
MAX_BITS = 200
COSTS = """
(define (domain d) (:requirements :strips :action-costs)
 (:predicates (at ?x) (road ?x ?y)) (:functions (total-cost) (length ?x ?y))
 (:action go :parameters (?x ?y) :precondition (and (at ?x) (road ?x ?y))
  :effect (and (not (at ?x)) (at ?y) (increase (total-cost) (length ?x ?y)))))
"""
ROADS = """
(define (problem p) (:domain d) (:objects a b c)
 (:init (at a) (road a b) (road b c) (road a c) (= (total-cost) 0)
  (= (length a b) 2) (= (length b c) 3))
 (:goal (at c)) (:metric minimize (total-cost)))
"""


def explore(reference):
    """Search all states by brute force: how it ended, and how many there were."""
    steps = list(reference.ground())
    first = (frozenset(reference.facts), reference.numbers)
    seen, queue = {(first[0], tuple(sorted(first[1].items())))}, [first]
    while queue:
        facts, numbers = queue.pop(0)
        if reference.holds(reference.goal, {}, reference.close(facts, numbers), numbers) is True:
            return Found, len(seen)
        for name, row in steps:
            after = reference.step(name, row, facts, numbers)
            if after is None:
                continue
            known = (frozenset(after[0]), tuple(sorted(after[1].items())))
            bits = (v.numerator.bit_length() + v.denominator.bit_length() for _, v in known[1])
            if known not in seen:
                seen.add(known)
                queue.append(after)
            if len(seen) > FEW or max(bits, default=0) > MAX_BITS:
                return GaveUp, len(seen)
    return Exhausted, len(seen)


@given(st.integers(min_value=0))
@settings(max_examples=80, deadline=None)
def test_reaches_what_brute_force_reaches(seed):
    domain, problem, reference, _ = write_task(seed)
    task = read_task(domain, problem)
    kind, states = explore(reference)
    breadth = Breadth(Space(task))
    try:
        result = breadth.run(states=3 * FEW, deadline=perf_counter() + 60)
    except Undecided:
        return
    if kind is GaveUp:
        return
    assert isinstance(result, kind)
    if isinstance(result, Exhausted):
        assert result.states == states


def test_a_function_that_nothing_reads_belongs_to_no_state():
    """A circle whose every round costs more would else be an infinite space."""
    problem = ROADS.replace("(road b c)", "(road b c) (road b a)").replace(
        "(= (length a b) 2)", "(= (length a b) 2) (= (length b a) 1)"
    )
    problem = problem.replace("(:goal (at c))", "(:goal (and (at a) (at c)))")
    result = Breadth(Space(read_task(COSTS, problem))).run(deadline=perf_counter() + 60)
    assert result == Exhausted(3)


def test_a_step_costs_what_it_adds_to_the_cost():
    space = Space(read_task(COSTS, ROADS), frozenset({("total-cost", ())}))
    ((move, after, cost),) = space.expand(space.start)
    assert (move, cost) == (("go", ("a", "b")), 2), "(length a c) has no value"
    assert sorted(space.members(after)) == [("at", ("b",), None)]
    assert space.least_cost(("go", ("b", "c"))) == 3


def test_a_state_can_be_entered_in_any_order():
    space = Space(read_task(COSTS, ROADS))
    ((_, middle, _),) = space.expand(space.start)
    ((_, last, _),) = space.expand(middle)
    assert [space.holds_goal(key) for key in (last, space.start, middle, last)] == [
        True,
        False,
        False,
        True,
    ]
    assert [after for _, after, _ in space.expand(space.start)] == [middle]
