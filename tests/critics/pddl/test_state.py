import pytest

from critics.judge import judge
from critics.pddl import domain

OBJECTS = " ".join(f"o{i}" for i in range(1_000))


def judge_large(action, plan, goal="(g)", predicates="(p ?x ?y) (r ?x) (g)", init=""):
    payload = {
        "domain": "(define (domain d) (:requirements :adl :numeric-fluents)"
        f"(:predicates {predicates}) (:functions (f)) (:action a {action}))",
        "problem": f"(define (problem q) (:domain d) (:objects {OBJECTS})"
        f"(:init (= (f) 3) {init}) (:goal {goal}))",
    }
    return judge(domain, payload, plan)


def test_ten_parameters_over_a_thousand_objects_are_cheap():
    names = [f"?x{i}" for i in range(10)]
    condition = " ".join(f"(not (r {name}))" for name in names)
    action = f":parameters ({' '.join(names)}) :precondition (and {condition}) :effect (g)"
    step = f"(a {' '.join(f'o{i}' for i in range(10))})"
    assert judge_large(action, step).verdict.value == "accepted"
    assert judge_large(action, step, init="(r o9)").codes == ("pddl-precondition",)
    assert judge_large(action, "").codes == ("pddl-empty-plan",)


def test_nested_quantifiers_over_a_thousand_objects_are_given_up():
    action = """:parameters () :precondition
      (forall (?x ?y ?z) (or (p ?x ?y) (exists (?w) (and (not (r ?w)) (not (= ?w ?z))))))
      :effect (g)"""
    judgement = judge_large(action, "(a)")
    assert judgement.verdict.value == "unknown"
    assert judgement.codes == ("pddl-too-expensive",)


def test_quantifiers_join_where_atoms_bind():
    init = " ".join(f"(p o{i} o{i + 1})" for i in range(999))
    goal = """(forall (?x ?y ?z) (imply (and (p ?x ?y) (p ?y ?z))
      (exists (?u ?v) (and (p ?u ?v) (= ?v ?z) (= ?u ?y)))))"""
    assert judge_large("", "", goal=goal, init=init).verdict.value == "accepted"


def test_a_rejection_that_costs_too_much_to_explain_stays_a_rejection():
    costly = """(forall (?u ?v) (imply (and (r ?u) (r ?v))
      (exists (?w) (or (= ?w ?u) (= ?w ?v)))))"""
    init = " ".join(f"(r o{i})" for i in range(500))
    action = f":precondition (and {costly} (g)) :effect (g)"
    judgement = judge_large(action, "(a)", init=init)
    assert judgement.codes == ("pddl-precondition",)
    assert judgement.diagnostics[0].data["unsatisfied"][0]["condition"] == "(g)"


def test_effects_over_many_objects_in_a_long_plan_are_given_up():
    action = ":effect (forall (?x) (when (not (r ?x)) (r ?x)))"
    judgement = judge_large(action, "(a)\n" * 100_000)
    assert judgement.codes == ("pddl-too-expensive",)


def test_a_million_changes_in_one_step_are_given_up():
    # Looking at a million bindings is cheap; to change a million atoms takes memory and seconds.
    action = ":effect (forall (?x ?y) (p ?x ?y))"
    assert judge_large(action, "(a)").codes == ("pddl-too-expensive",)
    one_relation = ":effect (forall (?x ?y) (when (and (r ?x) (r ?y)) (p ?x ?y)))"
    init = " ".join(f"(r o{i})" for i in range(300))
    judgement = judge_large(one_relation, "(a)", goal="(p o1 o2)", init=init)
    assert judgement.verdict.value == "accepted"


@pytest.mark.parametrize("effect", ["scale-up (f) (f)", "assign (f) (/ 1 (+ (* (f) (f)) 1))"])
def test_growing_numbers_are_given_up(effect):
    judgement = judge_large(f":effect ({effect})", "(a)\n" * 1_000, goal="(> (f) 0)")
    assert judgement.codes == ("pddl-too-expensive",)


def test_a_plan_of_a_hundred_thousand_steps_is_decided():
    action = ":effect (and (r o0) (increase (f) 0.1))".replace("(r o0)", "(g)")
    judgement = judge_large(action, "(a)\n" * 100_000, goal="(= (f) 10003)")
    assert judgement.verdict.value == "accepted"
