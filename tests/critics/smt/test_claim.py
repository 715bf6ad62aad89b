import json

import pytest

from critics.judge import judge
from critics.smt import claim_domain
from critics.types import Feasible, ProblemError, Verdict

RULES = """
(declare-const age Int)(declare-const member Bool)(declare-const pays Int)
(assert (! (=> (< age 18) (= pays 5)) :named minors))
(assert (! (=> (and member (>= age 18)) (= pays 8)) :named members))
(assert (! (=> (and (not member) (>= age 18)) (= pays 12)) :named others))
"""
PROBLEM = {"smtlib": RULES, "premises": ["(>= age 30)"]}


def findings(claims, problem=PROBLEM):
    judgement = judge(claim_domain, problem, json.dumps({"claims": claims}))
    return judgement, [d.data.get("finding") for d in judgement.diagnostics]


@pytest.mark.parametrize(
    ("claim", "finding", "verdict"),
    [
        ("(>= pays 8)", "valid", "accepted"),
        ("(=> member (= pays 8))", "valid", "accepted"),
        ("(= pays 5)", "invalid", "rejected"),
        ("member", "satisfiable", "rejected"),
        ("(= pays 8)", "satisfiable", "rejected"),
        ("true", "valid", "accepted"),
        ("(exists ((i Int)) (= (* i i i) (+ pays (* i age age))))", "satisfiable", "rejected"),
    ],
)
def test_a_claim_is_decided_against_rules_and_premises(claim, finding, verdict):
    judgement, found = findings([claim])
    if found != ["unknown"]:
        assert found == [finding]
        assert judgement.verdict == verdict


def test_the_rules_that_suffice_are_named():
    judgement, _ = findings([{"name": "full", "expr": "(=> (not member) (= pays 12))"}])
    assert judgement.diagnostics[0].data["support"] == ["others", "premise-1"]
    assert judgement.diagnostics[0].data["relative_to"] == "translation"


def test_a_claim_that_does_not_follow_comes_with_a_case_for_and_against():
    judgement, _ = findings(["member"])
    data = judgement.diagnostics[0].data
    assert data["true_scenario"]["member"] is True
    assert data["false_scenario"]["member"] is False
    assert data["true_scenario"]["pays"] == 8
    assert data["false_scenario"]["pays"] == 12


def test_from_contradictory_premises_nothing_follows():
    problem = {"smtlib": RULES, "premises": ["(= pays 5)", "(> age 20)"]}
    judgement, found = findings(["true"], problem)
    assert found == ["impossible"]
    assert judgement.verdict is Verdict.REJECTED
    feasibility = claim_domain.feasibility(claim_domain.problem.model_validate(problem))
    assert feasibility.status is Feasible.INFEASIBLE
    assert set(feasibility.conflict) >= {"premise-1", "premise-2"}


def test_translations_that_differ_are_ambiguous():
    same = ["(=> member (= pays 8))", "(or (= pays 8) (not member))"]
    assert findings([{"expr": same}])[1] == ["valid"]
    judgement, found = findings([{"expr": [*same, "(= pays 8)"], "text": "members pay 8"}])
    assert found == ["ambiguous"]
    assert judgement.verdict is Verdict.UNKNOWN


def test_one_bad_claim_is_not_hidden_by_good_ones():
    judgement, found = findings(["(>= pays 8)", "(> pays 8)", "(>= age 30)"])
    assert found == ["valid", "satisfiable", "valid"]
    assert judgement.verdict is Verdict.REJECTED


@pytest.mark.parametrize(
    "answer",
    [
        "[]",
        '{"claims": []}',
        '{"claims": "true"}',
        '{"claims": [1]}',
        '{"claims": [{"text": "x"}]}',
        '{"claims": [{"expr": "true", "finding": "valid"}]}',
        '{"claims": ["true"], "premises": ["false"]}',
        '{"claims": ["true) (exit"]}',
        '{"claims": ["(> pays"]}',
        '{"claims": [{"name": "\\ud800", "expr": "true"}]}',
        '{"claims": ["\\ud800"]}',
        '{"claims": ["pays"]}',
        '{"claims": ["(> unknown 0)"]}',
        '{"claims": [{"name": "a", "expr": "true"}, {"name": "a", "expr": "true"}]}',
    ],
)
def test_an_answer_that_makes_no_formal_claims_is_rejected(answer):
    judgement = judge(claim_domain, PROBLEM, answer)
    assert judgement.verdict is Verdict.REJECTED
    assert judgement.codes in (("claim-answer",), ("smt-answer-json",))


def test_a_claim_leaves_the_problem_as_it_was():
    for _ in range(2):
        judgement, found = findings(["(! (>= pays 8) :named mine)"])
        assert found == ["valid"], judgement.diagnostics


def test_the_friendly_form_says_the_same():
    problem = {
        "variables": {"age": {"type": "int", "min": 0}, "adult": {"type": "bool"}},
        "rules": [{"name": "of_age", "expr": "adult == (age >= 18)", "why": "the law"}],
        "premises": [{"name": "born", "expr": "age == 40"}],
    }
    judgement, found = findings(["adult", "not adult", "age > 3"], problem)
    assert found == ["valid", "invalid", "valid"]
    assert judgement.diagnostics[0].data["support"] == ["of_age", "born"]
    opinion = claim_domain.second_opinion(
        claim_domain.problem.model_validate(problem), '{"claims": ["adult"]}'
    )
    assert opinion.verdict is Verdict.ACCEPTED


@pytest.mark.parametrize(
    "problem",
    [
        {"smtlib": RULES, "premises": ["(> nobody 1)"]},
        {"smtlib": RULES, "premises": ["age"]},
        {"smtlib": RULES + "(pop)"},
        {"variables": {}, "rules": []},
        {"smtlib": RULES, "premises": [{"name": "minors", "expr": "true"}]},
    ],
)
def test_a_wrong_rule_book_is_refused(problem):
    with pytest.raises(ProblemError):
        judge(claim_domain, problem, '{"claims": ["true"]}')
