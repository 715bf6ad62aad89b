"""Whether plans exist: on the recorded problems, and where the search is cut short."""

from dataclasses import replace

import pytest

from critics.pddl import PddlProblem, feasible, load
from critics.pddl.engine import Unavailable, read_problem
from critics.pddl.feasible import decide_feasibility
from critics.pddl.second_search import search_again
from critics.types import Assurance, Feasible, Opinion, Verdict

TOGGLE = """
(define (domain toggle) (:requirements :adl)
 (:types lamp) (:predicates (on ?l - lamp) (broken ?l - lamp))
 (:action switch :parameters (?l - lamp)
  :precondition (and (not (broken ?l)) (or (on ?l) (not (on ?l))))
  :effect (and (when (on ?l) (not (on ?l))) (when (not (on ?l)) (on ?l)))))
"""
LAMPS = """
(define (problem lamps) (:domain toggle) (:objects a b c - lamp)
 (:init (broken c)) (:goal (forall (?l - lamp) (on ?l))))
"""
COUNTER = """
(define (domain count) (:requirements :fluents) (:predicates (done)) (:functions (n))
 (:action up :parameters () :effect (increase (n) 1))
 (:action end :parameters () :precondition (< (n) 0) :effect (done)))
"""
ENDLESS = "(define (problem p) (:domain count) (:init (= (n) 0)) (:goal (done)))"


def decide(texts):
    problem = PddlProblem(**texts)
    return decide_feasibility(load(problem), problem)


@pytest.fixture
def engine():
    """Import the engine of the second opinion, as workers that give opinions do."""
    return pytest.importorskip("unified_planning.environment", reason="not installed")


@pytest.fixture(scope="module")
def unsolvable(planbench):
    return [p for p in planbench.problems.values() if p["solvable"] is False]


def test_every_unsolvable_problem_is_proved_so(planbench, unsolvable, monkeypatch):
    nobody = Opinion(engine="nobody", verdict=Verdict.UNKNOWN)
    monkeypatch.setattr(feasible, "search_again", lambda *_, **__: nobody)
    assert len(unsolvable) > 100
    for problem in unsolvable:
        found = decide(planbench.payload(problem["id"]))
        assert found.status is Feasible.INFEASIBLE, problem["id"]
        assert found.assurance is Assurance.SINGLE
        assert 0 < found.diagnostics[0].data["states"] <= 866


@pytest.mark.usefixtures("engine")
def test_a_second_search_confirms_it(planbench, unsolvable, monkeypatch):
    monkeypatch.setattr(feasible, "AGAIN_S", 60.0)
    for problem in unsolvable[::16]:
        found = decide(planbench.payload(problem["id"]))
        assert found.assurance is Assurance.CROSS
        assert [opinion.verdict for opinion in found.opinions] == [Verdict.REJECTED] * 2


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.usefixtures("engine")
def test_no_solvable_problem_is_ever_called_infeasible(planbench, monkeypatch):
    monkeypatch.setattr(feasible, "AGAIN_S", 60.0)
    problems = list(planbench.problems.values())
    refuted = [problem for problem in problems if problem["solvable"] is False]
    for problem in [*refuted, *problems[::4]]:
        seconds = 60.0 if problem["solvable"] is False else 1.0
        monkeypatch.setattr(feasible, "SECONDS", seconds)
        found = decide(planbench.payload(problem["id"]))
        if problem["solvable"] is False:
            assert found.status is Feasible.INFEASIBLE, problem["id"]
            assert found.assurance is Assurance.CROSS, problem["id"]
        else:
            assert found.status is not Feasible.INFEASIBLE, problem["id"]


def test_conditional_effects_and_quantifiers_are_searched():
    found = decide({"domain": TOGGLE, "problem": LAMPS})
    assert found.status is Feasible.INFEASIBLE
    assert found.diagnostics[0].data == {"states": 4}
    assert found.diagnostics[0].headline == (
        "no plan exists: the goal holds in none of the 4 reachable states"
    )
    solvable = LAMPS.replace("(broken c)", "")
    assert decide({"domain": TOGGLE, "problem": solvable}).status is Feasible.FEASIBLE


def test_an_endless_space_is_not_decided(monkeypatch):
    monkeypatch.setattr("critics.pddl.search.MAX_BYTES", 1 << 20)
    monkeypatch.setattr(feasible, "GREEDY_S", 0.5)
    found = decide({"domain": COUNTER, "problem": ENDLESS})
    assert found.status is Feasible.UNKNOWN
    assert found.diagnostics[0].code == "pddl-feasibility-undecided"


def test_time_that_runs_out_leaves_it_open(monkeypatch):
    monkeypatch.setattr(feasible, "SECONDS", 0.0)
    found = decide({"domain": TOGGLE, "problem": LAMPS})
    assert found.status is Feasible.UNKNOWN
    assert "time ran out" in found.diagnostics[0].notes[0]


def test_an_unsupported_part_leaves_it_open():
    problem = PddlProblem(domain=TOGGLE, problem=LAMPS)
    task = replace(load(problem), undecided=("preferences",))
    assert decide_feasibility(task, problem).status is Feasible.UNKNOWN


def test_without_its_engine_there_is_no_second_search(monkeypatch):
    monkeypatch.setattr(feasible, "is_loaded", lambda: False)
    found = decide({"domain": TOGGLE, "problem": LAMPS})
    assert (found.status, found.assurance) == (Feasible.INFEASIBLE, Assurance.SINGLE)
    assert len(found.opinions) == 1


@pytest.mark.usefixtures("engine")
def test_two_searches_that_disagree_decide_nothing(monkeypatch):
    objection = Opinion(engine="other", verdict=Verdict.ACCEPTED)
    monkeypatch.setattr(feasible, "search_again", lambda *_, **__: objection)
    found = decide({"domain": TOGGLE, "problem": LAMPS})
    assert found.status is Feasible.UNKNOWN
    assert found.diagnostics[0].notes == ("two searches disagree",)


@pytest.mark.usefixtures("engine")
def test_the_second_search_counts_states_of_its_own():
    problem = PddlProblem(domain=TOGGLE, problem=LAMPS)
    assert search_again(problem, states=4, seconds=60).verdict is Verdict.REJECTED
    other = search_again(problem, states=5, seconds=60)
    assert other.verdict is Verdict.UNKNOWN
    assert other.reason is not None
    assert other.reason.startswith("it counts other states: 4")
    fewer = search_again(problem, states=3, seconds=60)
    assert fewer.verdict is Verdict.UNKNOWN


@pytest.mark.usefixtures("engine")
def test_the_second_search_refuses_numbers_in_conditions():
    problem = PddlProblem(domain=COUNTER, problem=ENDLESS)
    assert search_again(problem, states=4, seconds=60).verdict is Verdict.UNKNOWN
    with pytest.raises(Unavailable), read_problem("(", "("):
        pass
