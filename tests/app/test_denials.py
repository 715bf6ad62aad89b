"""A PDDL problem without a plan, over HTTP: proved beside the rounds, or when the model says so."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from tests.app.conftest import client, make_app

pytestmark = pytest.mark.asyncio(loop_scope="module")

DOMAIN = """
(define (domain walk) (:requirements :strips) (:predicates (at ?x) (road ?x ?y))
 (:action go :parameters (?x ?y) :precondition (and (at ?x) (road ?x ?y))
  :effect (and (not (at ?x)) (at ?y))))
"""
AWAY = "(define (problem p) (:domain walk) (:objects a b c) (:init (at a) (road a b)) (:goal {}))"
IMPOSSIBLE = {"domain": DOMAIN, "problem": AWAY.format("(at c)")}
POSSIBLE = {"domain": DOMAIN, "problem": AWAY.format("(at b)")}


@pytest.fixture(scope="module")
def checker():
    path = Path(__file__).parents[2] / "docs" / "verify_certificate.py"
    spec = importlib.util.spec_from_file_location("verify_certificate_again", path)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
        yield module


@pytest.mark.parametrize("answer", ["No plan exists.", "(go b c)"])
async def test_a_problem_without_a_plan_ends_as_infeasible_and_certified(pool, checker, answer):
    async with client(make_app(pool, answer)) as http:
        body = {"domain": "pddl", "problem": IMPOSSIBLE}
        result = (await http.post("/solve", json=body)).json()
    assert (result["status"], result["answer"]) == ("infeasible", None)
    assert result["feasibility"]["diagnostics"][0]["data"] == {"states": 2}
    shown = checker.verify(json.dumps(result["certificate"]).encode())
    assert shown[0] == "claim `infeasible` of domain `pddl`"
    assert "none of the 2 states" in shown[1]


async def test_a_denial_is_checked_like_an_answer(pool):
    async with client(make_app(pool)) as http:
        body = {
            "domain": "pddl",
            "answer": "No plan exists.",
            "exact": False,
            "assurance": "single",
        }
        right = (await http.post("/check", json={**body, "problem": IMPOSSIBLE})).json()
        wrong = (await http.post("/check", json={**body, "problem": POSSIBLE})).json()
    assert (right["verdict"], right["claim"]) == ("accepted", "infeasible")
    assert (wrong["verdict"], wrong["codes"]) == ("rejected", ["solution-exists"])
