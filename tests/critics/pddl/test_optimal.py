"""Whether a plan is the cheapest: against brute force, and where nothing can be said."""

from random import Random
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from critics.certificate import compare_with_all
from critics.judge import Demand
from critics.pddl import domain, optimal
from critics.pddl.optimal import compare
from critics.pddl.plan import parse_plan
from critics.pddl.problem_reader import read_task
from critics.types import Optimality

ROADS = """
(define (domain d) (:requirements :strips :action-costs)
 (:predicates (at ?x) (road ?x ?y)) (:functions (total-cost) (length ?x ?y))
 (:action go :parameters (?x ?y) :precondition (and (at ?x) (road ?x ?y))
  :effect (and (not (at ?x)) (at ?y) (increase (total-cost) (length ?x ?y)))))
"""
TRIANGLE = """
(define (problem p) (:domain d) (:objects a b c)
 (:init (at a) (road a b) (road b c) (road a c) (= (total-cost) 10)
  (= (length a b) 2) (= (length b c) 3) (= (length a c) 6))
 (:goal (at c)) (:metric minimize (total-cost)))
"""


def ask(problem, plan, task_domain=ROADS):
    task = read_task(task_domain, problem)
    return compare(task, parse_plan(task, plan))


def write_map(random):
    """Write a random map, and give its roads."""
    places = [f"p{i}" for i in range(5)]
    roads = {
        (x, y): random.randint(0, 4)
        for x in places
        for y in places
        if x != y and random.random() < 0.4
    }
    init = " ".join(f"(road {x} {y}) (= (length {x} {y}) {n})" for (x, y), n in roads.items())
    problem = (
        f"(define (problem p) (:domain d) (:objects {' '.join(places)})"
        f"(:init (at p0) (= (total-cost) 0) {init})"
        "(:goal (at p4)) (:metric minimize (total-cost)))"
    )
    return problem, roads


def find_distances(roads):
    """Bellman and Ford, for the cheapest way and for one that need not be."""
    best = {"p0": (0, ())}
    for _ in range(5):
        for (x, y), cost in roads.items():
            if x in best and (y not in best or best[x][0] + cost < best[y][0]):
                best[y] = (best[x][0] + cost, (*best[x][1], (x, y)))
    return best


@given(st.integers(min_value=0))
@settings(max_examples=80, deadline=None)
def test_agrees_with_shortest_paths(seed):
    random = Random(seed)  # noqa: S311  # nothing secret
    problem, roads = write_map(random)
    best = find_distances(roads)
    if "p4" not in best:
        return
    place, way = "p0", []
    while place != "p4" or random.random() < 0.2:
        following = [road for road in roads if road[0] == place]
        if not following or len(way) > 12:
            way = list(best["p4"][1])
            break
        way.append(random.choice(following))
        place = way[-1][1]
    found = ask(problem, "\n".join(f"(go {x} {y})" for x, y in way))
    cheapest = sum(roads[road] for road in way) == best["p4"][0]
    assert found.status is (Optimality.OPTIMAL if cheapest else Optimality.IMPROVABLE)


def test_the_cheapest_plan_is_optimal_though_a_shorter_one_exists():
    found = ask(TRIANGLE, "(go a b) (go b c)")
    assert (found.status, found.objective) == (Optimality.OPTIMAL, "15")
    worse = ask(TRIANGLE, "(go a c)")
    assert (worse.status, worse.objective) == (Optimality.IMPROVABLE, "16")
    assert worse.diagnostics[0].code == "pddl-not-optimal"


def test_a_problem_without_a_metric_compares_nothing():
    payload = {"domain": ROADS, "problem": TRIANGLE.replace("(:metric minimize (total-cost))", "")}
    assert compare_with_all(domain, payload, "(go a c)", Demand.AUTO) is None


def test_other_metrics_are_left_open():
    for metric in ("maximize (total-cost)", "minimize (* 2 (total-cost))"):
        problem = TRIANGLE.replace("minimize (total-cost)", metric)
        assert ask(problem, "(go a c)").status is Optimality.UNKNOWN
    read = ROADS.replace("(road ?x ?y))\n", "(road ?x ?y) (< (total-cost) 99))\n")
    assert ask(TRIANGLE, "(go a c)", read).status is Optimality.UNKNOWN


def test_a_gain_on_the_way_is_left_open():
    problem = TRIANGLE.replace("(length a b) 2", "(length a b) -2")
    assert ask(problem, "(go a c)").status is Optimality.UNKNOWN


GAINS = {
    "in a condition": "(when (half) (decrease (total-cost) 8))",
    "by a negative price": "(when (half) (increase (total-cost) (price)))",
    "by a difference": "(when (half) (increase (total-cost) (- 2 10)))",
    "for each of some": "(forall (?x - object) (when (half) (decrease (total-cost) 8)))",
}
DETOUR = """
(define (domain d) (:requirements :adl :numeric-fluents)
 (:predicates (half) (done)) (:functions (total-cost) (price))
 (:action direct :parameters () :effect (and (done) (increase (total-cost) 5)))
 (:action first :parameters () :effect (and (half) (increase (total-cost) 10)))
 (:action second :parameters () :precondition (half) :effect (and (done) %s)))
"""
LATER = """
(define (problem p) (:domain d) (:objects a)
 (:init (= (total-cost) 0) (= (price) -8)) (:goal (done)) (:metric minimize (total-cost)))
"""


@pytest.mark.parametrize("gain", GAINS.values(), ids=GAINS)
def test_a_gain_after_a_dear_step_is_not_missed(gain):
    assert ask(LATER, "(first) (second)", DETOUR % gain).objective == "2"
    assert ask(LATER, "(direct)", DETOUR % gain).status is Optimality.UNKNOWN


def test_prices_may_be_multiplied():
    prices = DETOUR % "(when (half) (increase (total-cost) (* (+ (price) 1) 2)))"
    found = ask(LATER.replace("-8", "8"), "(direct)", prices)
    assert (found.status, found.objective) == (Optimality.OPTIMAL, "5")


def test_time_that_runs_out_leaves_it_open(monkeypatch):
    monkeypatch.setattr(optimal, "_estimate", lambda _space: lambda _key: 0)
    assert ask(TRIANGLE, "(go a b) (go b c)").status is Optimality.OPTIMAL
    monkeypatch.setattr(optimal, "SECONDS", -perf_counter())
    assert ask(TRIANGLE, "(go a b) (go b c)").status is Optimality.UNKNOWN
