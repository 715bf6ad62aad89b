import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from critics.judge import judge
from critics.pddl import domain
from critics.pddl.plan import parse_plan
from critics.pddl.problem_reader import read_task
from critics.types import CandidateError

DOMAIN = """(define (domain walk) (:requirements :typing)
  (:types place pet) (:predicates (at ?p - place) (fed ?x - pet))
  (:action go :parameters (?from ?to - place ?unused - pet)
    :precondition (at ?from) :effect (and (at ?to) (not (at ?from))))
  (:action rest :parameters ()))"""
PROBLEM = """(define (problem home) (:domain walk) (:objects here There - place cat - pet)
  (:init (at here)) (:goal (at {goal})))"""


def judge_plan(text, goal="there"):
    return judge(domain, {"domain": DOMAIN, "problem": PROBLEM.format(goal=goal)}, text)


@pytest.mark.parametrize(
    "text",
    [
        "(go here there cat)",
        "  (GO Here tHERE Cat)  ",
        "; a plan\n\n(go here there cat) ; done\n",
        "(rest) (go here\n there cat)",
        "(rest)(go here there cat)\r\n",
    ],
)
def test_a_well_formed_plan_is_accepted(text):
    assert judge_plan(text).verdict.value == "accepted"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("(go here there)", "pddl-wrong-arity"),
        ("(go here there cat cat)", "pddl-wrong-arity"),
        ("(rest cat)", "pddl-wrong-arity"),
        ("(go here there nobody)", "pddl-unknown-object"),
        ("(go here there here)", "pddl-wrong-type"),
        ("(go here there ?x)", "pddl-unknown-object"),
        ("(goo here there cat)", "pddl-unknown-action"),
        ("(go here there cat)\nThe plan achieves the goal.", "pddl-malformed-plan"),
        ("The plan: (go here there cat)", "pddl-malformed-plan"),
        ("1. (go here there cat)", "pddl-malformed-plan"),
        ("0: (go here there cat) [1]", "pddl-malformed-plan"),
        ("go here there cat", "pddl-malformed-plan"),
        ("((go here there cat))", "pddl-malformed-plan"),
        ("(go here there cat))", "pddl-malformed-plan"),
        ("(go here there cat", "pddl-malformed-plan"),
        ("(go here there cat) ()", "pddl-malformed-plan"),
        ("(go (here) there cat)", "pddl-malformed-plan"),
        ("(go, here, there, cat)", "pddl-unknown-action"),
        ("(rest)\n-", "pddl-malformed-plan"),
        ("(\N{KELVIN SIGN}o here there cat)", "pddl-unknown-action"),
        ("(go here there cat)\x00", "pddl-malformed-plan"),
    ],
)
def test_a_malformed_plan_is_rejected_with_its_code(text, code):
    judgement = judge_plan(text)
    assert judgement.verdict.value == "rejected"
    assert code in judgement.codes


@pytest.mark.parametrize("text", ["", " \n", "; empty plan", "\n; nothing\n"])
def test_the_empty_plan_is_right_where_the_goal_already_holds(text):
    assert judge_plan(text, goal="here").verdict.value == "accepted"
    assert judge_plan(text).codes == ("pddl-empty-plan",)


@pytest.mark.parametrize(
    "text", ["The goal already holds.", "no plan", "go here there cat", "None", "[]", "()", "-"]
)
def test_prose_is_never_an_empty_plan(text):
    assert judge_plan(text, goal="here").codes == ("pddl-malformed-plan",)


def test_all_faults_are_collected_with_places_and_near_names():
    text = "(goo here there cat)\n(go here thre cat)\n(go here)\nso it goes"
    judgement = judge_plan(text)
    places = [(d.code, d.at.line, d.at.column) for d in judgement.diagnostics if d.at]
    assert places == [
        ("pddl-unknown-action", 1, 1),
        ("pddl-unknown-object", 2, 10),
        ("pddl-wrong-arity", 3, 1),
        ("pddl-malformed-plan", 4, 1),
        ("pddl-malformed-plan", 4, 4),
        ("pddl-malformed-plan", 4, 7),
    ]
    assert "did you mean `go`?" in judgement.diagnostics[0].help
    assert "did you mean `there` or `here`?" in judgement.diagnostics[1].help
    assert "takes 3 arguments, got 1" in judgement.diagnostics[2].headline
    (signature,) = judgement.diagnostics[2].help
    assert signature == "the action is `(go ?from - place ?to - place ?unused - pet)`"


def test_faults_are_capped_and_counted():
    judgement = judge_plan("word " * 5_000)
    assert len(judgement.diagnostics) == 20
    assert judgement.diagnostics[-1].notes == ("and 4,980 more faults in the answer",)


@given(st.text(alphabet="()gohertca ;\n?-x", max_size=60))
def test_any_text_is_a_plan_or_a_candidate_error(text):
    task = read_task(DOMAIN, PROBLEM.format(goal="there"))
    steps = ()
    with contextlib.suppress(CandidateError):
        steps = parse_plan(task, text).steps
    assert all(len(step.arguments) == step.action.signature.arity for step in steps)


@pytest.mark.parametrize(
    "text", ["(" * 1_000_000, ")" * 1_000_000, "(go " + "x" * 100_000 + " there cat)", "\x00" * 99]
)
def test_hostile_text_gets_a_short_diagnostic(text):
    judgement = judge_plan(text)
    assert judgement.verdict.value == "rejected"
    assert all(len(d.model_dump_json()) < 2_000 for d in judgement.diagnostics)
