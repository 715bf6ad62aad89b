"""Made constraint problems and rule books: what makes them different, and what they answer."""

import json
from itertools import product

from critics.smt import claim_domain, domain
from critics.smt.claim_generation import answer as claim
from critics.smt.claim_generation import identify as identify_claim
from critics.smt.examples import EXPENSES, MEETING, SCRIPT
from critics.smt.generation import identify, rename
from critics.smt.renaming import replace_names, state_expression
from tests.critics.generated import accepts, make, seeded


def test_names_are_replaced_in_expressions_and_not_in_quotes() -> None:
    names = {"a": "b", "b": "a"}
    assert (
        replace_names("a + b*ab <= 'a' and \"b\" != b", names) == "b + a*ab <= 'a' and \"b\" != a"
    )
    assert state_expression("rule", "b  < a + b", names) == ("rule [0] < [1] + [0]", ("b", "a"))


def test_names_do_not_tell_problems_apart_and_numbers_do() -> None:
    text = json.dumps(MEETING.problem)
    assert identify(json.loads(text.replace("alice", "carol"))) == identify(MEETING.problem)
    for old, new in (("!=", "=="), (">= 13", ">= 12"), ('"max": 16', '"max": 15'), ("lab", "den")):
        assert identify(json.loads(text.replace(old, new, 1))) != identify(MEETING.problem)
    assert rename(seeded(1), SCRIPT.problem) == SCRIPT.problem
    best = {**MEETING.problem, "objective": {"minimize": "alice"}}
    worst = {**MEETING.problem, "objective": {"maximize": "alice"}}
    assert len({identify(best), identify(worst), identify(MEETING.problem)}) == 3


def test_a_renamed_problem_keeps_its_objective() -> None:
    best = {**MEETING.problem, "objective": {"minimize": "alice + bob"}}
    twin = rename(seeded(3), best)
    assert identify(twin) == identify(best)
    assert "alice" not in json.dumps(twin)


def test_truths_have_an_answer_among_all_values() -> None:
    for seed in range(10):
        payload = make(domain, "truths", 2, seed)
        names = list(payload["variables"])  # type: ignore[arg-type]  # a dictionary
        texts = (
            json.dumps(dict(zip(names, values, strict=True)))
            for values in product((False, True), repeat=len(names))
        )
        assert any(accepts(domain, payload, text) for text in texts)


def test_claims_follow_from_rules_that_apply() -> None:
    payload = {
        "variables": {"paid": {"type": "bool"}, "due": {"type": "bool"}, "age": {"type": "int"}},
        "rules": [
            {"name": "r1", "expr": "implies(age > 3 and not paid, due)"},
            {"name": "r2", "expr": "implies(age <= 3, paid)"},
        ],
        "premises": ["age == 4", "not paid"],
        "question": "Does `due` hold?",
    }
    found = claim(payload)
    assert found == '{"claims": [{"text": "`due` holds.", "expr": "due"}]}'
    assert accepts(claim_domain, payload, found)
    assert claim({**payload, "premises": ["age == 3"]}) is None
    assert claim({**payload, "question": "Is it due?"}) is None
    assert claim(EXPENSES.problem) is None
    others = ({"premises": ["age == 5", "not paid"]}, {"question": "Does `paid` hold?"})
    assert len({identify_claim({**payload, **other}) for other in ({}, *others)}) == 3
