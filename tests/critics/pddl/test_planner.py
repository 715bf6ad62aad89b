"""Plans from planners: own searches, Fast Downward, and what is left of time."""

import pytest

from critics.deadline import seconds_left
from critics.judge import judge
from critics.pddl import PddlProblem, domain, load, planner
from critics.pddl.fast_downward import ask_planner, name_planner
from critics.pddl.ground_steps import GroundSteps
from critics.pddl.lazy_search import LazySearch
from critics.pddl.planner import find_plan
from critics.pddl.relaxation import Relaxation, TooLarge
from critics.pddl.successors import Space
from critics.types import Verdict

TOGGLE = """
(define (domain toggle) (:requirements :adl)
 (:types lamp) (:predicates (on ?l - lamp) (broken ?l - lamp))
 (:action switch :parameters (?l - lamp)
  :precondition (and (not (broken ?l)) (or (on ?l) (not (on ?l))))
  :effect (and (when (on ?l) (not (on ?l))) (when (not (on ?l)) (on ?l)))))
"""
LAMPS = """
(define (problem lamps) (:domain toggle) (:objects a b c - lamp)
 (:init) (:goal (forall (?l - lamp) (on ?l))))
"""
COUNTER = """
(define (domain count) (:requirements :fluents) (:predicates (done)) (:functions (n))
 (:action up :parameters () :effect (increase (n) 1))
 (:action end :parameters () :precondition (< (n) 0) :effect (done)))
"""
ENDLESS = "(define (problem p) (:domain count) (:init (= (n) 0)) (:goal (done)))"


@pytest.fixture
def alone(monkeypatch):
    monkeypatch.setattr(planner, "name_planner", lambda: None)


@pytest.fixture
def fast_downward():
    if name_planner() is None:
        pytest.skip("Fast Downward is not installed (extra `planners`)")


def accepted(problem, found):
    return judge(domain, problem, found.answer or "").verdict is Verdict.ACCEPTED


def test_conditional_effects_are_planned_for():
    problem = PddlProblem(domain=TOGGLE, problem=LAMPS)
    assert accepted(problem, find_plan(load(problem), problem))


def test_a_goal_that_holds_gets_the_plan_without_steps():
    problem = PddlProblem(domain=TOGGLE, problem=LAMPS.replace("(:init)", "(:init (on a))"))
    met = problem.model_copy(update={"problem": problem.problem.replace("a b c", "a")})
    found = find_plan(load(met), met)
    assert found.answer == "; empty plan"
    assert accepted(met, found)


@pytest.mark.usefixtures("alone")
def test_the_searches_alone_plan_in_every_family(planbench, monkeypatch):
    monkeypatch.setattr(planner, "FEW_STATES", 50)
    first = {p["family"]: p for p in planbench.problems.values() if p["solvable"] is not False}
    for row in first.values():
        problem = PddlProblem(**planbench.payload(row["id"]))
        assert accepted(problem, find_plan(load(problem), problem)), row["id"]


@pytest.mark.usefixtures("alone")
def test_time_that_runs_out_is_the_reason(monkeypatch):
    monkeypatch.setattr(planner, "SECONDS", 0.2)
    problem = PddlProblem(domain=COUNTER, problem=ENDLESS)
    found = find_plan(load(problem), problem)
    assert found.answer is None
    assert "states" in found.reason


@pytest.mark.usefixtures("alone")
def test_a_task_without_any_plan_says_so(planbench):
    row = next(p for p in planbench.problems.values() if p["solvable"] is False)
    problem = PddlProblem(**planbench.payload(row["id"]))
    found = find_plan(load(problem), problem)
    assert found.answer is None
    assert found.reason.startswith("no plan exists")


@pytest.mark.usefixtures("fast_downward")
def test_fast_downward_plans_where_the_searches_have_no_time(planbench, monkeypatch):
    monkeypatch.setattr(planner, "FIRST_S", 0.0)
    monkeypatch.setattr(planner, "FEW_STATES", 1)
    row = next(p for p in planbench.problems.values() if p["family"] == "logistics")
    problem = PddlProblem(**planbench.payload(row["id"]))
    found = find_plan(load(problem), problem)
    assert found.engine.startswith("Fast Downward")
    assert accepted(problem, found)


@pytest.mark.usefixtures("fast_downward")
def test_why_fast_downward_has_no_plan_is_told(planbench):
    row = next(p for p in planbench.problems.values() if p["solvable"] is False)
    text, why = ask_planner(PddlProblem(**planbench.payload(row["id"])), 30.0)
    assert (text, why) == (None, "it says that no plan exists")
    counter = PddlProblem(domain=COUNTER, problem=ENDLESS)
    assert ask_planner(counter, 30.0)[0] is None
    assert ask_planner(counter, 0.0) == (None, "it ran out of time")


@pytest.mark.usefixtures("fast_downward")
def test_a_plan_that_the_certifier_rejects_is_none(monkeypatch):
    monkeypatch.setattr(planner, "ask_planner", lambda *_: ("(switch a)", ""))
    problem = PddlProblem(domain=TOGGLE, problem=LAMPS)
    assert planner._ask_others(load(problem), problem, 5.0) is None


def test_ground_steps_are_the_certifiers_own(planbench):
    families = {p["family"]: p for p in planbench.problems.values()}
    for row in families.values():
        space = Space(load(PddlProblem(**planbench.payload(row["id"]))))
        relaxation = Relaxation(space)
        assert relaxation.exact
        ground = GroundSteps(relaxation)
        frontier = [space.start]
        for key in frontier:
            wanted = {(move, after) for move, after, _ in space.expand(key)}
            assert {(step.move, after) for step, after in ground.expand(key)} == wanted
            frontier += [after for _, after in wanted] if len(frontier) < 40 else []


def test_a_robot_moves_about_freely_and_a_hand_does_not(planbench):
    for family, moves in (("sokoban", True), ("blocksworld", False), ("logistics", False)):
        row = next(p for p in planbench.problems.values() if p["family"] == family)
        space = Space(load(PddlProblem(**planbench.payload(row["id"]))))
        assert bool(GroundSteps(Relaxation(space)).mover) is moves


def test_a_task_with_too_many_steps_is_still_searched(monkeypatch):
    def refuse(_space):
        raise TooLarge

    monkeypatch.setattr(planner, "Relaxation", refuse)
    monkeypatch.setattr(planner, "FEW_STATES", 1)
    problem = PddlProblem(domain=TOGGLE, problem=LAMPS)
    assert accepted(problem, find_plan(load(problem), problem))


def test_a_search_goes_on_where_it_was_stopped(planbench):
    row = next(p for p in planbench.problems.values() if p["family"] == "blocksworld_hard")
    task = load(PddlProblem(**planbench.payload(row["id"])))
    space = Space(task)
    search = LazySearch(space, Relaxation(space))
    assert search.run(0.0) is None
    assert search.run(float("inf")) is not None


def test_without_an_alarm_all_the_time_is_left():
    assert seconds_left(7.0) <= 7.0
