import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from critics.judge import judge
from critics.pddl import domain
from tests.critics.pddl.random_tasks import write_task

GOAL_CODES = {"pddl-goal", "pddl-empty-plan"}


def write_plan(steps):
    return "\n".join(f"({' '.join((name, *row))})" for name, row in steps)


def outcome(judgement):
    """Reduce a judgement to what the reference says: `accepted`, the failing step or `goal`."""
    if judgement.verdict.value != "rejected":
        return judgement.verdict.value
    (found,) = [d for d in judgement.diagnostics if d.code in judgement.codes]
    return "goal" if found.code in GOAL_CODES else found.data["step"]


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**40))
def test_a_naive_reference_agrees_on_random_tasks(seed):
    domain_text, problem_text, reference, steps = write_task(seed)
    payload = {"domain": domain_text, "problem": problem_text}
    assert outcome(judge(domain, payload, write_plan(steps))) == reference.judge(steps)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**40))
def test_a_naive_reference_agrees_on_mutants(seed):
    domain_text, problem_text, reference, steps = write_task(seed)
    payload = {"domain": domain_text, "problem": problem_text}
    for at in range(len(steps)):
        for changed in (steps[:at] + steps[at + 1 :], steps[: at + 1] + steps[at:], steps[:at]):
            found = outcome(judge(domain, payload, write_plan(changed)))
            assert found == reference.judge(changed)


def test_every_recorded_plan_gets_its_verdict(planbench):
    wrong = [
        row["id"]
        for row in planbench.rows("answers")
        if judge(domain, planbench.payload(row["problem_id"]), row["extracted_plan"]).verdict.value
        != row["expected"]
    ]
    assert wrong == []


def test_every_witness_plan_is_accepted(planbench):
    rejected = [
        name
        for name, row in planbench.problems.items()
        if row["witness_plan"]
        and judge(domain, planbench.payload(name), "\n".join(row["witness_plan"])).verdict.value
        != "accepted"
    ]
    assert rejected == []


LAMP = """(define (domain lamp) (:requirements :adl :numeric-fluents) (:constants a b)
  (:predicates (on ?x) (seen ?x) (g)) (:functions (n) (m) (size ?x))
  {action})"""
TASK = """(define (problem t) (:domain lamp)
  (:init (on a) (= (n) 2) (= (size a) 0.9999999)) (:goal {goal}))"""


def judge_action(body, goal="(g)", plan="(act)", parameters=""):
    action = f"(:action act :parameters ({parameters}) {body})"
    payload = {"domain": LAMP.format(action=action), "problem": TASK.format(goal=goal)}
    return judge(domain, payload, plan)


@pytest.mark.parametrize(
    ("body", "goal", "codes"),
    [
        pytest.param(":effect (and (g) (not (g)))", "(g)", (), id="an add wins over a delete"),
        pytest.param(
            ":effect (and (not (on a)) (when (on a) (g)))", "(g)", (), id="conditions see the past"
        ),
        pytest.param(
            ":effect (and (seen a) (when (seen a) (g)))",
            "(g)",
            ("pddl-goal",),
            id="conditions do not see the step's own effects",
        ),
        pytest.param(":effect (g)", "(g)", (), id="no precondition, one effect without `and`"),
        pytest.param(":precondition () :effect (g)", "(g)", (), id="empty precondition"),
        pytest.param(":effect (increase (n) 1)", "(= (n) 3)", (), id="one numeric effect"),
        pytest.param(
            ":effect (and (increase (n) 1) (increase (n) (n)) (decrease (n) 0.5))",
            "(= (n) 4.5)",
            (),
            id="increases commute",
        ),
        pytest.param(
            ":effect (and (scale-up (n) 3) (scale-down (n) 4))", "(= (n) 1.5)", (), id="scalings"
        ),
        pytest.param(
            ":effect (and (assign (n) (size a)) (assign (m) (n)))",
            "(= (m) 2)",
            (),
            id="amounts see the past",
        ),
        pytest.param(
            ":effect (and (g) (assign (n) 1) (increase (n) 1))",
            "(g)",
            ("pddl-conflicting-effects",),
            id="assign and increase conflict",
        ),
        pytest.param(
            ":effect (and (g) (assign (n) 1) (assign (n) 2))",
            "(g)",
            ("pddl-conflicting-effects",),
            id="two values conflict",
        ),
        pytest.param(
            ":effect (and (g) (assign (n) 1) (assign (n) 1.0))", "(g)", (), id="one value twice"
        ),
        pytest.param(
            ":effect (and (g) (increase (n) 1) (scale-up (n) 2))",
            "(g)",
            ("pddl-conflicting-effects",),
            id="sum and scaling conflict",
        ),
        pytest.param(
            ":precondition (> (m) 0) :effect (g)", "(g)", ("pddl-undefined-value",), id="undefined"
        ),
        pytest.param(
            ":precondition (not (> (m) 0)) :effect (g)",
            "(g)",
            ("pddl-undefined-value",),
            id="undefined under a negation",
        ),
        pytest.param(
            ":precondition (or (> (m) 0) (on a)) :effect (g)",
            "(g)",
            (),
            id="undefined beside a true alternative",
        ),
        pytest.param(
            ":precondition (forall (?x) (> (size ?x) 0)) :effect (g)",
            "(g)",
            ("pddl-undefined-value",),
            id="undefined for one object",
        ),
        pytest.param(
            ":effect (and (g) (when (> (m) 0) (on b)))",
            "(g)",
            ("pddl-undefined-value",),
            id="undefined condition of an effect",
        ),
        pytest.param(
            ":effect (and (g) (increase (m) 1))",
            "(g)",
            ("pddl-undefined-value",),
            id="increase of nothing",
        ),
        pytest.param(
            ":effect (and (g) (assign (m) (/ 1 (- (n) 2))))",
            "(g)",
            ("pddl-division-by-zero",),
            id="division by zero",
        ),
        pytest.param(
            ":effect (and (g) (scale-down (n) 0))", "(g)", ("pddl-division-by-zero",), id="by zero"
        ),
        pytest.param(
            ":precondition (< (n) (n)) :effect (g)", "(g)", ("pddl-precondition",), id="x < x"
        ),
        pytest.param(
            ":precondition (>= (size a) 1) :effect (g)",
            "(g)",
            ("pddl-precondition",),
            id="nearly is not enough",
        ),
        pytest.param(":effect (assign (n) (/ 1 3))", "(= (* 3 (n)) 1)", (), id="thirds are exact"),
        pytest.param(":effect (g)", "(exists (?x) (seen ?x))", ("pddl-goal",), id="exists"),
        pytest.param(":effect (forall (?x) (seen ?x))", "(forall (?x) (seen ?x))", (), id="forall"),
        pytest.param(
            ":effect (when (exists (?x) (= ?x ?x)) (increase (n) 1))",
            "(= (n) 3)",
            (),
            id="an effect happens once however often its condition holds",
        ),
        pytest.param(
            ":effect (forall (?x) (when (or (= ?x ?x) (exists (?y) (on ?y))) (increase (n) 1)))",
            "(= (n) 4)",
            (),
            id="an effect happens once for each object",
        ),
        pytest.param(
            ":effect (forall (?x) (when (exists (?y) (or (on ?y) (= ?y b))) (increase (n) 1)))",
            "(= (n) 4)",
            (),
            id="and not once for each witness",
        ),
        pytest.param(
            ":effect (forall (?x) (when (on ?x) (g)))", "(and (g) (not (on b)))", (), id="when"
        ),
    ],
)
def test_an_action_does_what_it_says(body, goal, codes):
    judgement = judge_action(body, goal)
    assert judgement.codes == codes
    assert judgement.verdict.value == ("rejected" if codes else "accepted")


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("(exists (?x - none) (= ?x ?x))", False),
        ("(forall (?x - none) (not (= ?x ?x)))", True),
        ("(exists (?x - none ?y - thing) (p ?y))", False),
        ("(exists (?x - thing) (forall (?x - box) (p ?x)))", True),
        ("(and (p u) (exists (?x - box) (not (= ?x u))))", False),
        ("(exists (?x - (either box none)) (p ?x))", True),
        ("(exists (?x ?y - thing) (and (p ?x) (p ?y) (not (= ?x ?y))))", True),
        ("(not (imply (p u) (p w)))", True),
        ("(exists (?x - box) (= ?x v))", False),
        ("(exists (?x - thing) (and (= ?x v) (p ?x)))", True),
        (
            """(exists (?x ?y - thing) (and (not (= ?x ?y))
                 (or (and (p ?x) (p ?y) (= ?x ?y)) (and (p ?x) (not (p ?y))))))""",
            True,
        ),
        ("(or)", False),
        ("(and)", True),
    ],
)
def test_quantifiers_range_over_their_types(condition, holds):
    payload = {
        "domain": "(define (domain d) (:requirements :adl) (:types none thing box - thing)"
        "(:predicates (p ?x - thing)))",
        "problem": "(define (problem q) (:domain d) (:objects u - box v w - thing)"
        f"(:init (p u) (p v)) (:goal {condition}))",
    }
    assert judge(domain, payload, "").verdict.value == ("accepted" if holds else "rejected")


def test_one_object_may_take_two_parameters():
    judgement = judge_action(
        ":precondition (and (on ?x) (on ?y)) :effect (g)", "(g)", "(act a a)", "?x ?y"
    )
    assert judgement.verdict.value == "accepted"


def test_indexes_follow_the_state():
    payload = {
        "domain": """(define (domain d) (:requirements :adl) (:predicates (q ?x ?y) (g))
          (:action put :parameters (?x ?y) :effect (q ?x ?y))
          (:action take :parameters (?x ?y) :effect (not (q ?x ?y)))
          (:action look :parameters (?x) :precondition (exists (?y) (q ?x ?y)) :effect (g)))""",
        "problem": "(define (problem p) (:domain d) (:objects u v) (:init (q u v)) (:goal (g)))",
    }
    good = "(look u) (put u u) (take u v) (look u) (put v v) (look v)"
    assert judge(domain, payload, good).verdict.value == "accepted"
    for bad in (
        "(look v)",
        "(look u) (take u v) (look u)",
        "(look u) (put v u) (take v u) (look v)",
    ):
        assert judge(domain, payload, bad).codes == ("pddl-precondition",)
