"""Texts that nobody should write: a clear refusal or a verdict, never a crash."""

import json
import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from critics.judge import judge
from critics.smt import claim_domain, domain
from critics.smt.examples import SCRIPT
from critics.types import ProblemError, Verdict

SEED = (
    SCRIPT.problem["smtlib"]
    + """
(declare-datatypes ((D 0) (L 0)) (((a) (b)) ((nil) (cons (head Int) (tail L)))))
(declare-const d D)(declare-fun f (Int) Int)(define-fun g ((y Int)) Int (+ y 1))
(assert (! (forall ((i Int)) (=> (<= 0 i 3) (> (f (g i)) -1))) :named q))
(assert (let ((z (select ((as const (Array Int Int)) 0) 1))) ((_ is a) (ite (= z 0) d b))))
(assert (= ((_ extract 3 0) #xff) (_ bv15 4)))(set-logic ALL)(check-sat)
"""
)
TOKENS = re.findall(r'"[^"]*"|[()]|[^\s()"]+', SEED)


@st.composite
def damaged_scripts(draw):
    """Drop, repeat and swap a few tokens of a good script."""
    tokens = list(TOKENS)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(tokens) - 1))
        change = draw(st.sampled_from(["drop", "repeat", "replace"]))
        if change == "drop":
            del tokens[at]
        elif change == "repeat":
            tokens.insert(at, tokens[at])
        else:
            tokens[at] = draw(st.sampled_from(TOKENS))
    return " ".join(tokens)


EXPRESSIONS = st.one_of(
    st.text(max_size=30),
    st.lists(
        st.sampled_from(
            [
                *("x", "p", "e", "1", "0.5", "'a'", "+", "-", "*", "/", "//", "%", "**", "(", ")"),
                *("<", "==", "!=", "and", "or", "not", "in", "if", "else", "sum(", "min(", ","),
                *("all_different(", "implies(", "[", "]", "lambda", ":", "&", "~", "True", "len("),
            ]
        ),
        max_size=12,
    ).map(" ".join),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xpe"), inner),
)
ANSWER = json.dumps(
    {
        **json.loads(SCRIPT.good[0]),
        "d": "a",
        "f": {"default": 0, "entries": []},
    }
)
VARIABLES = {
    "x": {"type": "int"},
    "p": {"type": "bool"},
    "e": {"type": "enum", "values": ["a", "b"]},
}


def judge_or_refuse(problem, answer, judged=domain):
    try:
        return judge(judged, problem, answer)
    except ProblemError:
        return None


def not_crashed(judgement):
    return judgement is None or "critic-crashed" not in judgement.codes


@settings(max_examples=100, deadline=None)
@given(damaged_scripts())
@example("(declare-const x Int) (assert (as x Int))")
@example("(declare-datatypes ((D 0)) (((a)))) (declare-const x D) (assert ((_ is a) x))")
def test_a_damaged_script_is_judged_or_refused(script):
    assert not_crashed(judge_or_refuse({"smtlib": script}, ANSWER))


@settings(max_examples=100, deadline=None)
@given(EXPRESSIONS)
def test_a_random_expression_is_judged_or_refused(expr):
    problem = {"variables": VARIABLES, "constraints": [{"name": "c", "expr": expr}]}
    assert not_crashed(judge_or_refuse(problem, '{"x": 1, "p": true, "e": "a"}'))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60) | JSON.map(json.dumps))
def test_a_random_answer_is_judged(text):
    problem = {"variables": VARIABLES, "constraints": [{"name": "c", "expr": "x < x"}]}
    judgement = judge_or_refuse(problem, text)
    assert judgement.verdict is Verdict.REJECTED


@settings(max_examples=100, deadline=None)
@given(EXPRESSIONS)
def test_a_random_claim_is_judged(expr):
    problem = {"variables": VARIABLES, "rules": [{"name": "c", "expr": "x > 1 and p"}]}
    assert not_crashed(judge_or_refuse(problem, json.dumps({"claims": [expr]}), claim_domain))
