"""Hints on rejected plans: each of them is true, and none gives the whole plan away too early."""

import pytest

from critics.judge import judge
from critics.pddl import PddlProblem, domain, load
from critics.pddl.advice import advise
from critics.pddl.feasible import accepts
from critics.pddl.landmarks import Landmarks, members
from critics.pddl.relaxation import Relaxation
from critics.pddl.search import Breadth, Found
from critics.pddl.successors import Space
from critics.types import HintLevel, Verdict

BLOCKS = """
(define (domain blocks) (:predicates (clear ?x) (table ?x) (on ?x ?y) (hand) (holding ?x))
 (:action pick :parameters (?x) :precondition (and (clear ?x) (table ?x) (hand))
  :effect (and (not (table ?x)) (not (clear ?x)) (not (hand)) (holding ?x)))
 (:action put :parameters (?x) :precondition (holding ?x)
  :effect (and (not (holding ?x)) (clear ?x) (hand) (table ?x)))
 (:action stack :parameters (?x ?y) :precondition (and (holding ?x) (clear ?y))
  :effect (and (not (holding ?x)) (not (clear ?y)) (clear ?x) (hand) (on ?x ?y)))
 (:action unstack :parameters (?x ?y) :precondition (and (on ?x ?y) (clear ?x) (hand))
  :effect (and (holding ?x) (clear ?y) (not (clear ?x)) (not (hand)) (not (on ?x ?y)))))
"""
TOWER = """
(define (problem tower) (:domain blocks) (:objects a b c)
 (:init (table a) (table b) (on c a) (clear b) (clear c) (hand))
 (:goal (and (on a b) (on b c))))
"""
KEYS = """
(define (domain keys) (:predicates (have ?k) (open ?d) (fits ?k ?d))
 (:action use :parameters (?k ?d) :precondition (and (have ?k) (fits ?k ?d))
  :effect (and (open ?d) (not (have ?k))))
 (:action drop :parameters (?k) :precondition (have ?k) :effect (not (have ?k))))
"""
DOOR = """
(define (problem door) (:domain keys) (:objects k d)
 (:init (have k) (fits k d)) (:goal (open d)))
"""


@pytest.fixture(scope="module")
def tower():
    return load(PddlProblem(domain=BLOCKS, problem=TOWER))


def hints(task, text):
    return {level: advise(task, text, level) for level in HintLevel}


def test_a_hint_gives_away_more_from_level_to_level(tower):
    found = hints(tower, "(unstack c a)\n(stack c a)\n(put a)")
    core, count, places, values = (found[level][0] for level in HintLevel)
    assert core.data == {"kept": 2}
    assert count.data == {"kept": 2, "least": 5}
    assert places.data["next"] == "(unstack c a)"
    assert "(on b c)" in places.data["landmarks"]
    assert values.data["origin"] == "solver_repair"
    judged = judge(domain, {"domain": BLOCKS, "problem": TOWER}, values.data["answer"])
    assert judged.verdict is Verdict.ACCEPTED


def test_a_beginning_that_leads_nowhere_is_named():
    task = load(PddlProblem(domain=KEYS, problem=DOOR))
    found = advise(task, "(drop k)", HintLevel.CORE)[0]
    assert found.data == {"kept": 0, "dead": 1}
    assert found.headline == (
        "a plan begins with the first 0 steps of the answer; no plan begins with its first 1 step"
    )


def test_the_last_step_is_left_to_the_model():
    task = load(PddlProblem(domain=KEYS, problem=DOOR))
    found = advise(task, "(drop d)", HintLevel.PLACES)[0]
    assert "next" not in found.data
    assert "(use k d)" not in found.headline


def test_prose_gets_a_hint_from_the_initial_state(tower):
    found = advise(tower, "I cannot do this.", HintLevel.COUNT)[0]
    assert found.headline == "from the initial state on a plan has at least 5 steps"


def test_a_task_without_plans_gets_no_plan():
    payload = PddlProblem(domain=KEYS, problem=DOOR.replace("(have k)", ""))
    found = hints(load(payload), "(use k d)")
    assert found[HintLevel.VALUES] == ()
    assert found[HintLevel.CORE][0].data == {"dead": 0}


def paths(space, limit):
    """Give every path of a small space up to a length, with the states on it."""
    pending = [((), (space.start,))]
    for moves, keys in pending:
        yield moves, keys
        if len(moves) < limit:
            pending += [
                ((*moves, move), (*keys, after)) for move, after, _ in space.expand(keys[-1])
            ]


def test_every_plan_passes_the_landmarks_and_is_no_shorter_than_the_bound(tower):
    space = Space(tower)
    relaxation = Relaxation(space)
    marks = Landmarks(relaxation, space.start)
    bits = [space.bit((*fact, None)) for fact in relaxation.facts]
    wanted = [bits[number] for number in members(marks.found)]
    plans = 0
    for moves, keys in paths(space, 7):
        if space.holds_goal(keys[-1]):
            plans += 1
            assert all(any(key & bit for key in keys) for bit in wanted)
            assert len(moves) >= marks.least_steps()
    assert plans


def test_on_recorded_problems_bounds_are_bounds(planbench):
    small = [p for p in planbench.problems.values() if p["family"] == "mystery_blocksworld_3"]
    for row in small[::4]:
        space = Space(load(PddlProblem(**planbench.payload(row["id"]))))
        relaxation = Relaxation(space)
        best = Breadth(space).run(deadline=float("inf"))
        assert isinstance(best, Found)
        assert Landmarks(relaxation, space.start).least_steps() <= len(best.moves)


def test_what_a_hint_on_a_recorded_answer_says_is_true(planbench):
    rejected = [
        row
        for row in planbench.rows("answers")
        if row["expected"] == "rejected" and row["family"] in {"blocksworld", "logistics"}
    ]
    assert rejected
    for row in rejected[:: max(1, len(rejected) // 12)]:
        payload = planbench.payload(row["problem_id"])
        task = load(PddlProblem(**payload))
        text = row["extracted_plan"] or ""
        for found in advise(task, text, HintLevel.VALUES):
            assert judge(domain, payload, found.data["answer"]).verdict is Verdict.ACCEPTED
            assert not accepts(task, ())
