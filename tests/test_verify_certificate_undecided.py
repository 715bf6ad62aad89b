"""The single-file checker is silent where a text is not well formed, and says what it lacks."""

import json

import pytest

from critics.pddl import domain as pddl
from critics.types import Verdict
from tests.test_verify_certificate import ask, checker, compare, hand_over

TINY = "(define (domain t) (:requirements :adl) (:types a b) (:predicates (g) (q ?x - a)) {})"
GO = "(:action go :parameters (?x - a) :effect (g))"
ONE = "(define (problem x) (:domain t) (:objects o - a p - b) (:init{}) (:goal (g)){})"
INT = {"x": {"type": "int"}}
BITS = {"x": {"type": "bitvec", "width": 8}}
COLOR = {"x": {"type": "enum", "values": ["red", "green"]}}


def rules(variables, *expressions, **more):
    listed = [{"name": text, "expr": text} for text in expressions]
    return {"variables": variables, "constraints": listed, **more}


@pytest.mark.parametrize(
    ("actions", "init", "more"),
    [
        (GO.replace(":effect", ":precondition (q ?x) :precondition () :effect"), "", ""),
        ("(:action go :parameters (x - a) :effect (g))", "", ""),
        ("(:action go :parameters (?x - c) :effect (g))", "", ""),
        ("(:action go :parameters (?x - a) :precondition (= ?x o) :effect (g))", "", ""),
        (f"{GO}(:objects z - a)", "", ""),
        (f"{GO}(:predicates (q ?x ?y))", "", ""),
        (f"{GO}(:functions (q ?x))", "", ""),
        (GO, "(q p)", ""),
        (GO, "", "(:init (g))"),
    ],
)
def test_a_task_that_is_not_well_formed_is_not_decided(actions, init, more):
    problem = {"domain": TINY.format(actions), "problem": ONE.format(init, more)}
    assert ask(checker.check_plan, problem, "(go o)")[0] is Verdict.UNKNOWN
    whole = {"domain": TINY.format(GO), "problem": ONE.format("", "")}
    assert ask(checker.check_plan, whole, "(go o)")[0] is Verdict.ACCEPTED
    assert ask(checker.check_plan, {**whole, "more": 1}, "(go o)")[0] is Verdict.UNKNOWN


def test_letters_that_are_not_ascii_are_as_they_are_written():
    sigma = "\N{GREEK SMALL LETTER SIGMA}"
    for name, other in (
        ("k", "\N{KELVIN SIGN}"),
        (sigma, sigma.upper()),
        (f"{sigma}a", f"{sigma}A"),
    ):
        written = ONE.format("", "").replace("o - a", f"{name} - a")
        problem = {"domain": TINY.format(GO), "problem": written}
        assert compare(pddl, problem, f"(go {other})") is Verdict.REJECTED
        assert compare(pddl, problem, f"\ufeff(GO {name})") is Verdict.ACCEPTED


@pytest.mark.parametrize(
    ("problem", "value"),
    [
        (rules(INT, "x == 1", smtlib="(declare-const x Int)(assert true)"), 2),
        (rules(INT, "x == 1", more=1), 1),
        (rules(INT), 1),
        (rules({"True": {"type": "bool"}}, "True"), True),
        (rules({"\N{LATIN SMALL LIGATURE FI}": {"type": "int"}}, "fi == 2"), 1),
        (rules({"x": {"type": "int", "width": 3}}, "x == 1"), 1),
        (rules({"x": {"type": "int", "min": 0.5}}, "x == 1"), 1),
        (rules(INT, "2 ** x > 0"), -7),
        (rules(INT, "x != 'a'"), 1),
        (rules(INT, "min(True, x) == 1"), 2),
        (rules(BITS, "300 != x"), 1),
        (rules(BITS, "(x if False else 300) == 300"), 1),
        (rules(COLOR, "x != 'blue'"), "red"),
        (rules(COLOR, "len(x) == 3"), "red"),
        (rules(COLOR, "x < 'z'"), "red"),
        (rules(COLOR, "x != 1"), "red"),
    ],
)
def test_rules_that_are_not_well_formed_are_not_decided(problem, value):
    answer = json.dumps(dict.fromkeys(problem["variables"], value))
    assert ask(checker.check_assignment, problem, answer)[0] is Verdict.UNKNOWN


COLORS = "(declare-datatype C ((red) (green)))(declare-datatype D ((blue)))"


@pytest.mark.parametrize(
    "script",
    [
        "(assert (= x x x (let ((a 1) (a x)) a)))",
        "(define-fun f ((y Int) (y Int)) Int y)(assert (= (f 2 x) x))",
        "(define-fun f () Int y)(declare-const y Int)(assert (= x 1))",
        "(define-fun f () Bool 5)(assert (= x x))",
        "(define-fun f () Real 5)(assert (= (div f 5) x))",
        "(define-fun not ((p Bool)) Bool true)(assert (not true))",
        "(define-fun + ((p Int) (q Int)) Int 1)(assert (= (+ 1 1) x))",
        "(define-fun 5 () Int 1)(assert (= 5 x))",
        "(assert (distinct (_ bv300 8) (_ bv44 8)))",
        "(assert (= ((_ extract 20 10) #x01) #b00000000000))",
        "(assert (= (_ bv0 0) (_ bv0 0)))",
        "(assert (= x 01))",
        "(assert (= (mod 100 7 2) 0))",
        "(assert (=> (= x 1)))",
        "(assert (= (^ 2 (- x)) 0.5))",
        f"{COLORS}(assert (distinct red blue))",
        f"{COLORS}(assert (not ((_ is blue) red)))",
        "(assert (= (select ((as const (Array Real Int)) 1) x) 1))",
        "(assert (= (select ((as const (Array Int Real)) 1) x) 1))",
        "(assert (= (ite (= x 1) x #b1) 1))",
    ],
)
def test_a_script_that_is_not_well_sorted_is_not_decided(script):
    problem = {"smtlib": f"(declare-const x Int){script}"}
    assert ask(checker.check_assignment, problem, '{"x": 1}')[0] is Verdict.UNKNOWN


def test_functions_and_arrays_are_not_the_same():
    table = json.dumps({"f": {"default": 0, "entries": []}})
    for declared, term in (
        ("(declare-fun f (Int) Int)", "(select f 1)"),
        ("(declare-fun f (Int Int) Int)", "(f 1)"),
        ("(declare-const f (Array Int Int))", "(f 1)"),
    ):
        problem = {"smtlib": f"{declared}(assert (= {term} 0))"}
        assert ask(checker.check_assignment, problem, table)[0] is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("term", "told"),
    [
        ("((_ divisible 0) x)", "not understood"),
        ("(= 1 ((_ extract 1 0) ((_ int_to_bv 9999999999) x)))", "too large"),
        ("(> (^ 2 (* x 1000000)) 0)", "power is too large"),
        ("(forall ((y Int)) true)", "quantified"),
        ("(unheard-of x)", "not supported"),
        ("(+ x 1)", "no Bool"),
        ("(< x)", "applied to one value"),
        ("(distinct x)", "applied to one value"),
        ("(ite x true false)", "no Bool"),
        ("(= 1 (div x 0))", "undefined"),
    ],
)
def test_what_it_does_not_know_is_not_decided(term, told):
    problem = {"smtlib": f"(declare-const x Int)(assert {term})"}
    with pytest.raises(checker.CannotDecide, match=told):
        checker.verify(hand_over("smt", problem, '{"x": 7}'))
