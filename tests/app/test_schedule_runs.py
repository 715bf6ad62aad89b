"""Runs of the scheduling domains through the whole service: proofs, optima and hints."""

import json

import pytest

from critics.domain import find_domain
from critics.statement import read_envelope
from critics.verification import Outcome, verify
from tests.app.conftest import client, make_app

pytestmark = pytest.mark.asyncio(loop_scope="module")

DAY = find_domain("meeting").examples[0].problem
ONE = "You start at Station at 9:00AM. You travel to Harbour in 20 minutes and arrive at 9:20AM. "
ONE += "You meet Ada for 30 minutes from 9:20AM to 9:50AM."
BOTH = (
    '{"itinerary": [{"action": "meet", "person": "Ada", "start_time": "9:20", "end_time": "9:50"}, '
)
BOTH += '{"action": "meet", "person": "Bo", "start_time": "10:05", "end_time": "11:05"}]}'
FULL = {
    "participants": ["Ada", "Bo", "Cy"],
    "days": ["Monday"],
    "duration_min": 60,
    "work_hours": ["9:00", "12:00"],
    "busy": [
        {"person": "Ada", "day": "Monday", "start": "9:00", "end": "10:45"},
        {"person": "Bo", "day": "Monday", "start": "11:30", "end": "12:00"},
    ],
}


async def solve(pool, *answers, **body):
    async with client(make_app(pool, *answers)) as http:
        return (await http.post("/solve", json={"budget": {"rounds": 2}, **body})).json()


async def test_a_day_with_fewer_people_than_possible_is_sent_back(pool):
    result = await solve(pool, ONE, BOTH, domain="meeting", problem=DAY)
    assert (result["status"], result["rounds"], result["optimal"]) == ("certified", 2, True)
    assert json.loads(result["answer"])["itinerary"][0] == {
        "person": "Ada",
        "place": "Harbour",
        "start": "09:20",
        "end": "09:50",
    }
    assert read_envelope(result["certificate"]).claim == "optimal"
    assert result["judgement"]["assurance"] == "cross"
    assert verify(result["certificate"]).outcome is Outcome.VERIFIED


async def test_a_full_calendar_is_certified_to_be_full(pool):
    result = await solve(pool, "Monday, perhaps.", domain="calendar", problem=FULL)
    assert result["status"] == "infeasible"
    assert result["answer"] is None
    assert result["feasibility"]["conflict"] == ["Ada", "Bo"]
    assert read_envelope(result["certificate"]).claim == "infeasible"
    assert verify(result["certificate"]).outcome is Outcome.VERIFIED


async def test_a_bogus_tail_is_never_handed_out(pool):
    problem = find_domain("trip").examples[0].problem
    plan = "Day 1-3: Visit Oslo.\nDay 3-4: Visit Porto.\nDay 4-8: Visit Riga.\n"
    tail = plan + "Day 8-9: Visit Atlantis for 2 days.\n"
    wrong = await solve(pool, tail, tail, domain="trip", problem=problem)
    assert (wrong["status"], wrong["answer"]) == ("exhausted", None)
    right = await solve(pool, tail, plan, domain="trip", problem=problem)
    assert (right["status"], right["rounds"]) == ("certified", 2)
    assert "Atlantis" not in right["answer"]
