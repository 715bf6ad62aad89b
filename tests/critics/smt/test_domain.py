import json
from pathlib import Path

import pytest

from critics.judge import judge
from critics.selftest import check_domain
from critics.smt import claim_domain, domain
from critics.types import Verdict

EXAMPLES = Path(__file__).parents[3] / "examples" / "smt"
DOMAINS = {"smt": domain, "claim": claim_domain}


@pytest.mark.parametrize("name", DOMAINS)
def test_the_self_test_passes(name):
    assert check_domain(DOMAINS[name]).failures == ()


@pytest.mark.parametrize(
    "name", ["shift-rota", "budget-split", "job-shop", "sudoku", "expense-policy"]
)
def test_an_example_is_judged_as_it_says(name):
    parts = {
        part: (EXAMPLES / name / f"{part}.json").read_text(encoding="utf-8")
        for part in ("problem", "good", "bad", "expected")
    }
    expected, problem = json.loads(parts["expected"]), json.loads(parts["problem"])
    example_domain = DOMAINS[expected["domain"]]
    assert judge(example_domain, problem, parts["good"]).verdict is Verdict.ACCEPTED
    bad = judge(example_domain, problem, parts["bad"])
    assert bad.verdict is Verdict.REJECTED
    assert sorted(bad.codes) == sorted(expected["codes"])
    told = [d.data["constraint"] for d in bad.diagnostics if "constraint" in d.data]
    assert told == expected.get("violated", [])
    findings = {d.data["claim"]: d.data["finding"] for d in bad.diagnostics if "claim" in d.data}
    assert findings == expected.get("findings", {})


def test_a_second_opinion_agrees_on_good_and_bad_answers():
    for example in domain.examples:
        problem = domain.problem.model_validate(example.problem)
        for answer in example.good:
            assert domain.second_opinion(problem, answer).verdict is Verdict.ACCEPTED
        for answer in example.bad:
            assert domain.second_opinion(problem, answer).verdict is Verdict.REJECTED


def test_a_second_opinion_on_what_z3_decided_comes_from_cvc5():
    script = "(declare-const x Int)(assert (forall ((i Int)) (>= (* i i) x)))"
    problem = domain.problem.model_validate({"smtlib": script})
    opinion = domain.second_opinion(problem, '{"x": 0}')
    assert opinion.engine.startswith("cvc5")
    assert opinion.verdict is not Verdict.REJECTED


def test_all_objects_of_a_response_are_candidates():
    instance = domain.load(domain.problem.model_validate({"smtlib": "(assert true)"}))
    response = 'First {"x": 1}, no: ```json\n{"x": {"y": 2}}\n``` { broken, "{}" and {"x": 1}.'
    assert domain.extract(instance, response) == ['{"x": 1}', '{"x": {"y": 2}}', "{}"]
    assert domain.extract(instance, "{" * 100_000) == []


def test_the_answer_schema_accepts_what_is_judged():
    problem = domain.problem.model_validate(domain.examples[0].problem)
    schema = domain.answer_schema(domain.load(problem))
    assert set(schema["required"]) == {"alice", "bob", "room"}
    assert schema["properties"]["room"] == {"type": "string", "enum": ["hall", "lab"]}
