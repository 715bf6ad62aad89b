"""Runs of `countdown`, `coloring` and `json-schema` through the whole service."""

import json

import pytest

from critics.statement import read_envelope
from critics.verification import Outcome, verify
from tests.app.conftest import client, make_app

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def solve(pool, domain: str, problem: dict, *answers: str, **more: object) -> dict:
    async with client(make_app(pool, *answers)) as http:
        done = await http.post("/solve", json={"domain": domain, "problem": problem, **more})
    assert done.status_code == 200, done.text
    return done.json()


async def test_a_game_is_won_in_the_second_round(pool):
    problem = {"numbers": [4, 9, 10, 13], "target": 24}
    answers = ("13 + 9 + 10 - 4 = 24", "Now (10 - 4) * (13 - 9) = 24!")
    result = await solve(pool, "countdown", problem, *answers)
    assert (result["status"], result["usage"]["rounds"]) == ("certified", 2)
    assert result["answer"] == "(10 - 4) * (13 - 9) = 24"
    assert verify(result["certificate"]).outcome is Outcome.VERIFIED


@pytest.mark.parametrize(
    ("domain", "problem", "answer"),
    [
        ("countdown", {"numbers": [1, 1, 1, 1]}, "1 + 1 + 1 + 1 = 24"),
        ("coloring", {"edges": [[1, 2], [2, 3], [1, 3]], "colors": 2}, '{"1": 1, "2": 2, "3": 1}'),
    ],
)
async def test_an_impossible_puzzle_ends_with_a_proof(pool, domain, problem, answer):
    result = await solve(pool, domain, problem, answer, budget={"rounds": 50})
    assert (result["status"], result["answer"]) == ("infeasible", None)
    assert read_envelope(result["certificate"]).claim == "infeasible"
    assert verify(result["certificate"]).outcome is Outcome.VERIFIED


async def test_the_fewest_colours_are_an_optimum(pool):
    problem = {"dimacs": "p edge 3 2\ne 1 2\ne 2 3\n", "objective": "min"}
    answers = ('{"1": "a", "2": "b", "3": "c"}', '{"1": "a", "2": "b", "3": "a"}')
    result = await solve(pool, "coloring", problem, *answers)
    assert (result["status"], result["usage"]["rounds"]) == ("certified", 2)
    assert read_envelope(result["certificate"]).claim == "optimal"
    assert verify(result["certificate"]).outcome is Outcome.VERIFIED


async def test_a_document_is_handed_out_as_it_was_written(pool):
    schema = {"type": "object", "properties": {"pay": {"multipleOf": 0.01}}, "required": ["pay"]}
    problem = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}
    answers = ('{"pay": 19.999}', 'Here:\n```json\n{ "pay":19.990 }\n```')
    result = await solve(pool, "json-schema", problem, *answers)
    assert (result["status"], result["answer"]) == ("certified", '{ "pay":19.990 }')
    assert json.loads(result["answer"]) == {"pay": 19.99}
    assert result["judgement"]["assurance"] == "cross"
    assert verify(result["certificate"]).outcome is Outcome.VERIFIED
