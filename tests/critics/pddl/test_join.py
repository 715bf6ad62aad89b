import pytest

from critics.judge import judge
from critics.pddl import domain


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        ("(exists (?v) (and (= ?v ?v) (not (p ?v))))", "rejected"),
        ("(not (forall (?v) (imply (= ?v ?v) (p ?v))))", "rejected"),
        ("(exists (?v) (and (= ?v ?v) (p ?v)))", "accepted"),
        ("(exists (?v ?w) (and (= ?v ?w) (p ?v) (p ?w)))", "accepted"),
        ("(exists (?v ?w) (and (= ?v ?w) (not (p ?v))))", "rejected"),
    ],
)
def test_an_equality_binds_only_another_variable(condition, verdict):
    payload = {
        "domain": "(define (domain d) (:requirements :adl) (:predicates (p ?x) (g))"
        f"(:action a :parameters () :precondition {condition} :effect (g)))",
        "problem": "(define (problem q) (:domain d) (:objects o r) (:init (p o) (p r))(:goal (g)))",
    }
    assert judge(domain, payload, "(a)").verdict.value == verdict
