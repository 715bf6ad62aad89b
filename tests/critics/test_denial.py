"""Denials: recognised, judged as claims, and never taken for answers."""

from datetime import UTC, datetime

import pytest

from critics.certificate import NotCertifiable, Order, certify
from critics.denial import DENIAL, find_denial, is_denial, judge_claim
from critics.domain import find_domain
from critics.judge import Demand, judge
from critics.line import Check, answer_check, find_candidates
from critics.types import Assurance, Claim, Severity, Verdict
from critics.workers.pool import Pool

DOMAIN = """
(define (domain walk) (:requirements :strips) (:predicates (at ?x) (road ?x ?y))
 (:action go :parameters (?x ?y) :precondition (and (at ?x) (road ?x ?y))
  :effect (and (not (at ?x)) (at ?y))))
"""
AWAY = "(define (problem p) (:domain walk) (:objects a b c) (:init (at a) (road a b)) (:goal {}))"
IMPOSSIBLE = {"domain": DOMAIN, "problem": AWAY.format("(at c)")}
POSSIBLE = {"domain": DOMAIN, "problem": AWAY.format("(at b)")}
CONTRADICTION = {
    "variables": {"x": {"type": "int"}},
    "constraints": [{"name": "low", "expr": "x < 0"}, {"name": "high", "expr": "x > 0"}],
}


@pytest.mark.parametrize(
    "response",
    [
        '{"no_solution": true}',
        'I looked at it.\n```json\n{ "no_solution" : true }\n```',
        "No plan exists.",
        "**No plan is possible.**",
        "There is no valid sequence of actions that achieves the goal.",
        "It is impossible to reach the goal from here.",
        "Therefore the goal is unattainable.",
        "The constraints cannot be satisfied.",
        "A solution doesn\N{RIGHT SINGLE QUOTATION MARK}t exist.",
        "No solution.",
    ],
)
def test_explicit_sentences_are_denials(response):
    assert find_denial(response)


@pytest.mark.parametrize(
    "response",
    [
        "",
        "(go a b)",
        '{"no_solution": false}',
        "There is no obstacle between a and b.",
        "No actions are needed, for the goal already holds.",
        "The plan is possible.",
        "I am not sure how to solve this.",
    ],
)
def test_other_texts_are_none(response):
    assert not find_denial(response)


def test_only_the_canonical_text_is_a_denial_as_it_stands():
    assert is_denial(DENIAL)
    assert is_denial(' { "no_solution":true }\n')
    for text in ("No plan exists.", '{"no_solution": true, "x": 1}', '{"no_solution": 1}'):
        assert not is_denial(text)


def test_recorded_denials_are_recognised(planbench):
    domain = find_domain("pddl")
    rows = [row for row in planbench.rows("answers") if row.get("claim") == "no_plan_exists"]
    assert len(rows) == 23
    for row in rows:
        problem = domain.problem(**planbench.payload(row["problem_id"]))
        found = find_candidates(domain, problem, row["response"])
        assert found[-1] == DENIAL, row["id"]
        assert judge_claim(domain, problem, DENIAL).verdict is Verdict.ACCEPTED


def test_a_true_denial_is_accepted_as_a_claim():
    judgement = judge_claim(find_domain("pddl"), IMPOSSIBLE, DENIAL)
    assert (judgement.verdict, judgement.claim) == (Verdict.ACCEPTED, Claim.INFEASIBLE)
    assert (judgement.score, judgement.codes) == (1.0, ())
    (finding,) = judgement.diagnostics
    assert (finding.code, finding.severity) == ("pddl-infeasible", Severity.WARNING)
    assert judgement.opinions[0].verdict is Verdict.REJECTED


def test_a_false_denial_is_refuted_without_the_witness():
    judgement = judge_claim(find_domain("pddl"), POSSIBLE, DENIAL)
    assert (judgement.verdict, judgement.claim) == (Verdict.REJECTED, Claim.INFEASIBLE)
    assert judgement.codes == ("solution-exists",)
    assert "(go" not in judgement.model_dump_json()


@pytest.mark.usefixtures("toys")
def test_a_denial_that_nobody_can_decide_is_unknown():
    judgement = judge_claim(find_domain("toy"), {"numbers": [2, 1]}, DENIAL)
    assert (judgement.verdict, judgement.codes) == (Verdict.UNKNOWN, ("denial-undecided",))


def test_an_uncovered_problem_leaves_a_denial_open():
    always = DOMAIN.replace(":strips)", ":strips :constraints) (:constraints (always (at a)))")
    judgement = judge_claim(find_domain("pddl"), {**IMPOSSIBLE, "domain": always}, DENIAL)
    assert judgement.verdict is Verdict.UNKNOWN


def test_what_the_domain_can_read_is_an_answer():
    problem = {
        "variables": {"no_solution": {"type": "bool"}},
        "constraints": [{"name": "so", "expr": "no_solution"}],
    }
    judgement = judge_claim(find_domain("smt"), problem, DENIAL)
    assert (judgement.verdict, judgement.claim) == (Verdict.ACCEPTED, Claim.ANSWER)


@pytest.mark.parametrize(("name", "problem"), [("pddl", IMPOSSIBLE), ("smt", CONTRADICTION)])
def test_a_denial_is_never_certified_as_an_answer(name, problem):
    assert judge_claim(find_domain(name), problem, DENIAL).verdict is Verdict.ACCEPTED
    assert judge(find_domain(name), problem, DENIAL).verdict is Verdict.REJECTED
    with pytest.raises(NotCertifiable):
        certify(name, problem, DENIAL, Order(id="c", issued_at=datetime(2026, 1, 2, tzinfo=UTC)))


def test_a_denial_comes_after_every_other_candidate():
    domain = find_domain("pddl")
    problem = domain.problem(**POSSIBLE)
    response = "At first sight no plan exists.\n```\n(go a b)\n```"
    assert find_candidates(domain, problem, response) == ["(go a b)", DENIAL]
    judgement = answer_check(Check(domain="pddl", problem=POSSIBLE, answer=response))
    assert (judgement.verdict, judgement.claim) == (Verdict.ACCEPTED, Claim.ANSWER)


async def test_workers_judge_denials_and_engines_confirm_them():
    async with Pool(size=1) as pool:
        own = await pool.judge("pddl", IMPOSSIBLE, DENIAL, demand=Demand.SINGLE, deadline_s=60)
        assert (own.verdict, own.claim) == (Verdict.ACCEPTED, Claim.INFEASIBLE)
        check = Check(domain="pddl", problem=POSSIBLE, answer="No plan exists.")
        refuted = await pool.check(check, deadline_s=60, opinion_deadline_s=60)
        assert refuted.codes == ("solution-exists",)
        proved = await pool.judge("pddl", IMPOSSIBLE, DENIAL, demand=Demand.PROOF, deadline_s=60)
        assert (proved.verdict, proved.codes) == (Verdict.UNKNOWN, ("assurance-not-reached",))
        pytest.importorskip("unified_planning", reason="unified-planning is not installed")
        both = await pool.judge(
            *("pddl", IMPOSSIBLE, DENIAL),
            demand=Demand.CROSS,
            deadline_s=60,
            opinion_deadline_s=60,
        )
        assert (both.verdict, both.assurance) == (Verdict.ACCEPTED, Assurance.CROSS)
