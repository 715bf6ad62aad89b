"""Runs of the domain `smt` through the whole service: proofs, optima and hints."""

import asyncio
import json
import os
import subprocess
import sys

import httpx
import pytest

from app.cli.exits import Exit
from critics.statement import read_envelope
from critics.verification import Outcome, verify
from tests.app.conftest import client, make_app, served
from tests.upstream_server import Reply, UpstreamServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROTA = {
    "variables": {name: {"type": "int", "min": 0, "max": 40} for name in ("ann", "bob", "cy")},
    "constraints": [
        {"name": "cover", "expr": "ann + bob >= 60", "why": "sixty hours must be covered"},
        {"name": "ann_part_time", "expr": "ann <= 20", "why": "Ann works half time"},
        {"name": "bob_part_time", "expr": "bob <= 30"},
        {"name": "cy_is_away", "expr": "cy == 0"},
    ],
}
"""Cannot be filled, whatever Cy does."""
CONFLICT = ["cover", "ann_part_time", "bob_part_time"]


def settings_of(server: UpstreamServer) -> dict:
    return {"upstream": {"base_url": server.base_url, "model": "served-model", "retries": 0}}


async def test_a_proof_of_infeasibility_ends_the_call_under_way_and_costs_no_other(pool):
    never = asyncio.Event()
    async with (
        UpstreamServer(default=Reply("late", wait=never)) as upstream,
        served(make_app(pool, **settings_of(upstream))) as (host, port),
        httpx.AsyncClient(base_url=f"http://{host}:{port}", timeout=60) as http,
    ):
        solved = await http.post("/solve", json={"domain": "smt", "problem": ROTA})
        if upstream.seen:  # else the proof was there before the call was made
            await asyncio.wait_for(upstream.gone.wait(), 20)
        streamed = await http.post(
            "/solve",
            json={"domain": "smt", "problem": ROTA},
            headers={"accept": "text/event-stream"},
        )
    result = solved.json()
    assert (result["status"], result["usage"]["rounds"]) == ("infeasible", 1)
    assert result["answer"] is result["judgement"] is None
    assert read_envelope(result["certificate"]).claim == "infeasible"
    assert verify(result["certificate"]).outcome is Outcome.VERIFIED
    assert result["feasibility"]["conflict"] == CONFLICT
    assert result["feasibility"]["diagnostics"][0]["headline"].startswith(
        "no answer exists: `cover`"
    )
    assert len(upstream.seen) <= 2
    events = [json.loads(line[6:]) for line in streamed.text.split("\n") if line[:6] == "data: "]
    (tested,) = [event for event in events if event.get("event") == "feasibility-tested"]
    assert tested["status"] == "infeasible"
    assert events[-1]["feasibility"]["conflict"] == CONFLICT


async def replay(folder, body, *answers):
    (folder / "request.json").write_text(json.dumps({"domain": "smt", **body}))
    recorded = "\n".join(json.dumps({"response": answer}) for answer in answers)
    (folder / "answers.jsonl").write_text(recorded)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app", "solve", "request.json", "--replay", "answers.jsonl"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env={k: v for k, v in os.environ.items() if not k.startswith("MODULO_")},
    )
    out, told = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, out, told


async def test_the_command_line_names_the_conflict(tmp_path):
    code, out, told = await replay(tmp_path, {"problem": ROTA}, '{"ann": 60}')
    assert (code, out) == (Exit.INFEASIBLE, b"")
    assert b"\ninfeasible after 2 rounds" in told or b"\ninfeasible after 1 rounds" in told
    assert b"that there is none is certified" in told
    assert b"`cover`, `ann_part_time`, `bob_part_time` cannot hold together" in told
    assert b"Ann works half time" in told
    assert b"cy_is_away" not in told


SUMS = {
    "variables": {name: {"type": "int", "min": 0, "max": 9} for name in ("x", "y", "z")},
    "constraints": [
        {"name": "ten", "expr": "x + y == 10", "why": "ten in all"},
        {"name": "even", "expr": "x % 2 == 0"},
        {"name": "small", "expr": "y < 5"},
        {"name": "below", "expr": "z < x"},
    ],
}
WRONG = [{"x": 5, "y": 5, "z": 1}, {"x": 6, "y": 5, "z": 1}, {"x": 6, "y": 5, "z": 2}]
WRONG += [{"x": 6, "y": 5, "z": 3}, {"x": 6, "y": 5, "z": 4}]
RIGHT = {"x": 6, "y": 4, "z": 1}


async def constructive(pool, **strategy):
    body = {
        "domain": "smt",
        "problem": SUMS,
        "strategy": {"feedback": "constructive", "restart_after": None, **strategy},
    }
    replies = [Reply(json.dumps(answer)) for answer in (*WRONG, RIGHT)]
    async with (
        UpstreamServer(*replies) as upstream,
        client(make_app(pool, **settings_of(upstream))) as http,
    ):
        response = await http.post("/solve", json=body, headers={"accept": "text/event-stream"})
    events = [json.loads(line[6:]) for line in response.text.split("\n") if line[:6] == "data: "]
    return events, [seen.body["messages"][-1]["content"] for seen in upstream.seen]


async def test_hints_climb_from_a_conflict_to_the_places_to_change(pool):
    events, prompts = await constructive(pool)
    assert "Hint" not in prompts[0] + prompts[1]
    assert "fixed: `even`; still failing: `small`; newly broken: `ten`." in prompts[2]
    assert "Hint: " in prompts[2]
    assert "cannot stand together" in prompts[2]
    assert "nothing is fixed; still failing: `ten`, `small`." in prompts[3]
    assert "Hint: the answer can be repaired by changing 1 value, not by fewer\n" in prompts[3]
    for prompt in prompts[4:]:
        assert "Hint: the answer can be repaired by changing 1 value, not by fewer: `y`" in prompt
    hinted = [event for event in events if event.get("event") == "hinted"]
    assert [event["level"] for event in hinted] == [
        "core",
        "repair_count",
        "repair_vars",
        "repair_vars",
    ]
    assert hinted[0].keys() == {"event", "seq", "at", "round", "candidate", "level"}
    result = events[-1]
    assert result["status"] == "certified"
    assert read_envelope(result["certificate"]).provenance.origin == "model"


async def test_an_answer_that_a_solver_gave_away_is_marked(pool):
    events, prompts = await constructive(pool, hint_limit="repair_values")
    assert "Hint: the answer satisfies every constraint with y = 4" in prompts[5]
    assert events[-1]["status"] == "certified"
    assert read_envelope(events[-1]["certificate"]).provenance.origin == "solver_repair"


CHEAPEST = {
    "variables": {name: {"type": "int", "min": 0, "max": 10} for name in ("a", "b")},
    "constraints": [{"name": "total", "expr": "a + b >= 12"}],
    "objective": {"minimize": "3*a + b"},
}
GOOD, BEST = '{"a": 4, "b": 9}', '{"a": 2, "b": 10}'


async def solve(pool, *answers, **more):
    body = {"domain": "smt", "problem": CHEAPEST, "budget": {"rounds": 2}, **more}
    async with client(make_app(pool, *answers)) as http:
        return (await http.post("/solve", json=body)).json()


async def test_an_answer_is_marked_optimal_or_not(pool):
    best = await solve(pool, BEST)
    assert (best["status"], best["optimal"], best["objective"]) == ("certified", True, "16")
    assert read_envelope(best["certificate"]).claim == "optimal"
    good = await solve(pool, GOOD)
    assert (good["status"], good["optimal"], good["objective"]) == ("certified", False, "21")
    assert read_envelope(good["certificate"]).claim == "answer"
    aimless = await solve(pool, json.dumps(RIGHT), problem=SUMS)
    assert (aimless["status"], aimless["optimal"]) == ("certified", None)


async def test_only_the_best_will_do_on_request(pool):
    required = {"strategy": {"require_optimal": True}}
    best = await solve(pool, GOOD, BEST, **required)
    assert (best["answer"], best["optimal"], best["rounds"]) == (
        json.dumps(json.loads(BEST)),
        True,
        2,
    )
    good = await solve(pool, GOOD, **required)
    assert (good["status"], good["answer"], good["certificate"]) == ("exhausted", None, None)
    assert (good["optimal"], good["judgement"]["codes"]) == (None, ["smt-not-optimal"])
    aimless = await solve(pool, json.dumps(RIGHT), problem=SUMS, **required)
    assert (aimless["status"], aimless["reason"]) == ("failed", "optimality-undecided")


async def test_the_command_line_says_whether_an_answer_is_optimal(tmp_path):
    code, out, told = await replay(tmp_path, {"problem": CHEAPEST}, BEST)
    assert (code, json.loads(out)) == (Exit.OK, json.loads(BEST))
    assert b"; proved optimal" in told
    code, _, told = await replay(tmp_path, {"problem": CHEAPEST}, GOOD)
    assert (code, b"; a better answer exists" in told) == (Exit.OK, True)
    body = {"problem": SUMS, "strategy": {"require_optimal": True}}
    code, out, told = await replay(tmp_path, body, json.dumps(RIGHT))
    assert (code, out) == (Exit.UNKNOWN, b"")
    assert b"cause: an answer was accepted, but that none is better was not shown" in told
