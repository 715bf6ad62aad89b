"""Semantics that an independent examination of the domain found wrong or unclear."""

import json

import pytest

from critics.judge import judge
from critics.smt import domain
from critics.types import Verdict

NESTED = "(Array Int (Array Bool Int))"


@pytest.mark.parametrize(("relation", "verdict"), [("=", "accepted"), ("distinct", "rejected")])
def test_arrays_that_differ_only_in_their_tables_are_equal(check, relation, verdict):
    inner = {"default": 0, "entries": [[True, 1], [False, 1]]}
    script = (
        f"(declare-const a {NESTED})(declare-const b {NESTED})"
        f"(assert (! ({relation} a b) :named c))"
    )
    answer = {
        "a": {"default": {"default": 0, "entries": []}, "entries": [[3, inner]]},
        "b": {
            "default": {"default": 0, "entries": []},
            "entries": [[3, {"default": 1, "entries": []}]],
        },
    }
    assert check(script, answer).verdict.value == verdict


def test_a_second_opinion_survives_a_constraint_beyond_the_caps():
    rules = [
        {"name": "huge", "expr": "9 ** 900 ** 2 == x"},
        {"name": "small", "expr": "x == 2"},
    ]
    payload = {"variables": {"x": {"type": "int"}}, "constraints": rules}
    judgement = judge(domain, payload, '{"x": 1}')
    opinion = domain.second_opinion(domain.problem.model_validate(payload), '{"x": 1}')
    assert judgement.verdict is Verdict.REJECTED
    assert opinion.verdict is not Verdict.ACCEPTED


@pytest.mark.parametrize("term", ["(= (* 0 (div x 0)) 0)", "(= (div x 0) (div x 0))"])
def test_what_holds_however_division_is_extended_is_no_disagreement(check, term):
    script = f"(declare-const x Int)(assert (! {term} :named c))"
    assert check(script, {"x": 1}).codes == ("smt-undefined",)
    opinion = domain.second_opinion(domain.problem.model_validate({"smtlib": script}), '{"x": 1}')
    assert opinion.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("logic", ["QF_LIA", "ALL", "QF_AUFBVLIA", "UFDTNIA", "QF_SLIA", "AUFLIRA"])
def test_a_known_logic_is_taken(check, logic):
    script = f"(set-logic {logic})(declare-const x Int)(assert (= x 1))"
    assert check(script, {"x": 1}).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("logic", ["NOSUCH", "QF_", "LIA2", "|QF LIA|"])
def test_an_unknown_logic_is_refused(refuse, logic):
    script = f"(set-logic {logic})(declare-const x Int)(assert (= x 1))"
    assert refuse({"smtlib": script}) == ["smt-problem-unsupported"]


@pytest.mark.parametrize(
    ("expr", "x", "code"),
    [
        ("x ** -1 == 0.5", 2, None),
        ("x ** -2 == 1 / 9", -3, None),
        ("2 ** -1 == x", 0, "smt-violated"),
        ("x ** -1 == 0", 0, "smt-undefined"),
        ("2 ** x == 0.5", -1, "smt-undefined"),
        ("2.0 ** x == 0.5", -1, None),
    ],
)
def test_a_negative_exponent_divides(check_rules, expr, x, code):
    judgement = check_rules({"x": {"type": "int"}}, {"c": expr}, {"x": x})
    assert list(judgement.codes) == ([code] if code else [])


def test_a_script_of_a_megabyte_is_refused_at_once(refuse):
    script = "(declare-const x Int)(assert (and" + " (> x 1)" * 130_000 + "))"
    assert refuse({"smtlib": script}) == ["smt-problem-limit"]


def test_an_engine_gets_no_string_that_it_would_hang_on(check):
    script = (
        '(declare-const s String)(assert (! (= (str.indexof (str.++ s s) "b" 0) (- 1)) :named c))'
    )
    answer = json.dumps({"s": "a" * 50_000})
    assert check(script, answer).verdict is Verdict.ACCEPTED
    opinion = domain.second_opinion(domain.problem.model_validate({"smtlib": script}), answer)
    assert opinion.verdict is Verdict.UNKNOWN
    assert "too long" in (opinion.reason or "")


def test_a_cheap_constraint_stays_decided_whatever_others_have_spent():
    factors = " ".join(["x"] * 20)
    huge = "".join(f"(assert (! (= (* {factors}) {k}) :named huge{k}))" for k in range(1, 301))
    script = f"(declare-const x Int){huge}(assert (! (= x 1) :named small))"
    judgement = judge(domain, {"smtlib": script}, json.dumps({"x": 10**990}))
    undecided = [d.data["constraint"] for d in judgement.diagnostics if d.code == "smt-undecided"]
    rest = [name for d in judgement.diagnostics for name in d.data.get("constraints", [])]
    assert "huge300" in undecided
    assert "small" in rest


def test_quantified_constraints_share_one_limit(check):
    body = "(forall ((d Int)) (=> (<= 1 d 50000) (distinct d x)))"
    script = "(declare-const x Int)" + "".join(
        f"(assert (! {body} :named c{k}))" for k in range(20)
    )
    judgement = check(script, {"x": 0})
    assert judgement.verdict is not Verdict.REJECTED
    told = {d.code for d in judgement.diagnostics}
    assert told & {"smt-engine-decided", "smt-undecided"}


def test_a_search_that_reads_too_much_is_given_up(check):
    script = (
        "(declare-const s String)(assert (! (= s (str.replace_re s"
        ' (re.++ (re.* (str.to_re "a")) (str.to_re "b")) "x")) :named c))'
    )
    assert check(script, {"s": "a" * 100}).verdict is Verdict.ACCEPTED
    assert check(script, {"s": "a" * 20_000}).verdict is Verdict.UNKNOWN
