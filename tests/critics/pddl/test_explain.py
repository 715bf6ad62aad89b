import pytest

from critics.judge import judge
from critics.pddl import domain

DOMAIN = """(define (domain stacks)
  (:requirements :adl :numeric-fluents :derived-predicates)
  (:types block arm)
  (:predicates (on ?x ?y - block) (on-table ?x - block) (clear ?x - block) (holding ?x - block)
               (free) (painted ?x - block) (above ?x ?y - block))
  (:functions (power ?a - arm) (weight ?x - block))
  (:derived (above ?x ?y - block)
    (or (on ?x ?y) (exists (?z - block) (and (on ?x ?z) (above ?z ?y)))))
  (:action take :parameters (?x - block ?a - arm)
    :precondition (and (clear ?x) (on-table ?x) (free) (>= (power ?a) (weight ?x)))
    :effect (and (holding ?x) (not (clear ?x)) (not (on-table ?x)) (not (free))
                 (decrease (power ?a) (weight ?x))))
  (:action drop :parameters (?x - block)
    :precondition (holding ?x)
    :effect (and (on-table ?x) (clear ?x) (free) (not (holding ?x))))
  (:action stack :parameters (?x ?y - block)
    :precondition (and (holding ?x) (clear ?y))
    :effect (and (on ?x ?y) (clear ?x) (free) (not (holding ?x)) (not (clear ?y))))
  (:action check :parameters (?x - block)
    :precondition (and (forall (?y - block) (imply (above ?y ?x) (painted ?y)))
                       (not (= ?x B)) (not (free)) (or (painted ?x) (holding ?x)))))"""
PROBLEM = """(define (problem two) (:domain stacks)
  (:objects a b c - block left - arm)
  (:init (on-table a) (on-table b) (on-table c) (clear a) (clear b) (clear c) (free)
         (= (power left) 2.5) (= (weight a) 2) (= (weight b) 0.5) (= (weight c) 1/3))
  (:goal (and (on a b) (not (free)) (on-table c))))""".replace("1/3", "0.25")


def finding_of(plan, **texts):
    payload = {
        "domain": DOMAIN.replace(" B)", " b)").replace(
            "(:types block arm)", "(:types block arm) (:constants b - block)"
        ),
        "problem": PROBLEM.replace("a b c - block", "a c - block"),
    } | texts
    judgement = judge(domain, payload, plan)
    assert judgement.verdict.value == "rejected"
    (finding,) = [d for d in judgement.diagnostics if d.code in judgement.codes]
    return finding, judgement


def test_the_step_that_made_a_precondition_false_is_named():
    finding, judgement = finding_of("; start\n(take a left)\n\n(TAKE b left)\n(drop a)\n(drop b)")
    assert finding.code == "pddl-precondition"
    assert finding.headline == (
        "step 2, `(take b left)`, requires `(free)`, which is false before this step"
    )
    assert (finding.at.line, finding.at.step, finding.at.text) == (4, 2, "(TAKE b left)")
    assert [(p.line, p.step, p.label) for p in finding.also] == [
        (2, 1, "`(free)` became false here")
    ]
    assert finding.notes[0] == "`(free)` became false at step 1"
    assert finding.notes[-2:] == ("step 1 is fine", "steps 3 to 4 were not checked")
    (help_line,) = finding.help
    assert help_line == (
        "actions that make `(free)` true: `drop`, `stack`; "
        "executable here: `(drop a)`, `(stack a b)`"
    )
    assert finding.data["deleted_by"] == 1
    assert finding.data["valid_prefix"] == 1
    assert finding.data["action"] == "(take b left)"
    assert finding.data["unsatisfied"] == [
        {"condition": "(free)", "false_since_step": 1, "note": finding.notes[0]}
    ]
    assert "(on-table b)" in finding.data["state"]
    assert finding.data["goals_unmet"] == ["(on a b)"]
    assert judgement.score == pytest.approx((1 / 4 + 2 / 3) / 2)


def test_every_false_precondition_is_listed_once():
    finding, _ = finding_of("(stack a b)\n(drop c)")
    assert finding.notes[0] == "`(holding a)` has never been true"
    assert finding.data["valid_prefix"] == 0
    assert "step 2 was not checked" in finding.notes
    finding, _ = finding_of("(check b)")
    assert [u["condition"] for u in finding.data["unsatisfied"]] == [
        "(not (= b b))",
        "(not (free))",
        "(or (painted b) (holding b))",
    ]
    assert "`(free)` has been true from the start" in finding.notes


def test_numbers_are_shown_exactly():
    finding, _ = finding_of("(take a left)\n(drop a)\n(take a left)")
    assert finding.notes[0] == (
        "`(>= (power left) (weight a))`: the left side is 0.5, the right side is 2"
    )


def test_a_counterexample_of_a_quantifier_is_named():
    plan = "(take b left)\n(stack b c)\n(take a left)\n(check c)"
    finding, _ = finding_of(plan)
    assert finding.data["unsatisfied"][0]["condition"] == "(imply (above b c) (painted b))"
    assert "its premise holds, and `(painted b)` does not" in finding.notes[0]


def test_an_unmet_goal_names_the_step_that_undid_it():
    finding, judgement = finding_of("(take a left)\n(stack a b)\n(take c left)")
    assert finding.code == "pddl-goal"
    assert finding.headline == ("1 of 3 goals is unmet after the last step, step 3: `(on-table c)`")
    assert finding.notes[0] == "`(on-table c)` became false at step 3"
    assert finding.also[0].step == 3
    assert finding.data["goals_met"] == 2
    assert judgement.score == pytest.approx((1 + 2 / 3) / 2)


def test_an_empty_plan_says_that_it_is_empty():
    finding, judgement = finding_of("")
    assert finding.code == "pddl-empty-plan"
    assert finding.headline.startswith("the plan has no steps, and 2 of 3 goals are unmet")
    assert judgement.score == pytest.approx(1 / 3 / 2)


def test_a_derived_goal_is_said_to_be_derived():
    problem = PROBLEM.replace("a b c - block", "a c - block").replace("(on a b)", "(above a b)")
    finding, _ = finding_of("(take c left)", problem=problem)
    assert "`(above a b)`: no rule derives it in this state" in finding.notes


def test_a_fact_that_no_action_adds_is_said_to_be_out_of_reach():
    problem = PROBLEM.replace("a b c - block", "a c - block").replace("(on a b)", "(painted a)")
    finding, _ = finding_of("(take c left)", problem=problem)
    assert "no action makes `(painted a)` true" in finding.help


def test_findings_stay_short_on_large_tasks():
    objects = " ".join(f"o{i}" for i in range(3_000))
    facts = " ".join(f"(q o0 o{i})" for i in range(3_000))
    payload = {
        "domain": "(define (domain d) (:requirements :adl) (:predicates (p ?x) (q ?x ?y) (g))"
        "(:action a :parameters (?x) :precondition (forall (?y) (p ?y)) :effect (g)))",
        "problem": f"(define (problem e) (:domain d) (:objects {objects}) (:init {facts})"
        f"(:goal (and {' '.join(f'(p o{i})' for i in range(3_000))})))",
    }
    for plan in ("(a o0)", ""):
        judgement = judge(domain, payload, plan)
        assert judgement.verdict.value == "rejected"
        assert len(judgement.model_dump_json()) < 12_000
