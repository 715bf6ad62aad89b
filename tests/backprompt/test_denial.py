"""An answer that says that there is none, in the loop."""

from datetime import UTC, datetime

from backprompt.effects import DirectKernel
from backprompt.events import FeasibilityTested, Judged, Origin, Status
from critics.denial import DENIAL
from critics.domain import find_domain
from critics.types import Claim, Feasible, Verdict
from tests.backprompt.toy import kinds, run

DOMAIN = """
(define (domain walk) (:requirements :strips) (:predicates (at ?x) (road ?x ?y))
 (:action go :parameters (?x ?y) :precondition (and (at ?x) (road ?x ?y))
  :effect (and (not (at ?x)) (at ?y))))
"""
AWAY = "(define (problem p) (:domain walk) (:objects a b c) (:init (at a) (road a b)) (:goal {}))"


def kernel(goal):
    problem = {"domain": DOMAIN, "problem": AWAY.format(goal)}
    issued = datetime(2026, 1, 2, tzinfo=UTC)
    return DirectKernel.of_domain(
        find_domain("pddl"), problem, certificate_id="c", issued_at=issued
    )


async def test_a_true_denial_ends_the_run_as_infeasible():
    outcome, journal, _ = await run("(go b a)", "No plan exists.", kernel=kernel("(at c)"))
    assert (outcome.status, outcome.answer) == (Status.INFEASIBLE, None)
    assert outcome.certificate == {"claim": "infeasible", "origin": Origin.SOLVER.value}
    assert outcome.feasibility is not None
    assert outcome.feasibility.status is Feasible.INFEASIBLE
    assert outcome.feasibility.diagnostics[0].code == "pddl-infeasible"
    assert outcome.judgement is not None
    assert outcome.judgement.claim is Claim.ANSWER
    assert kinds(journal).count("feasibility-tested") == 1
    tested = next(event for event in journal.events if isinstance(event, FeasibilityTested))
    assert tested.feasibility == outcome.feasibility


async def test_a_false_denial_is_told_and_the_run_goes_on():
    outcome, journal, world = await run("No plan exists.", "(go a b)", kernel=kernel("(at b)"))
    assert (outcome.status, outcome.answer) == (Status.CERTIFIED, "(go a b)")
    first = next(event for event in journal.events if isinstance(event, Judged))
    assert first.judgement.candidate == DENIAL
    assert (first.judgement.verdict, first.judgement.codes) == (
        Verdict.REJECTED,
        ("solution-exists",),
    )
    told = world.requests[1].messages[-1].content
    assert "it has one" in told
    assert "(go a b)" not in told


async def test_a_denial_is_never_the_best_answer():
    outcome, _, _ = await run("No plan exists.", kernel=kernel("(at b)"))
    assert (outcome.status, outcome.judgement) == (Status.EXHAUSTED, None)
