"""Made days of meetings: as many people as possible, and repairs that keep what was right."""

import json

from critics.scheduling.meeting import domain
from critics.scheduling.meeting.examples import ADA, ALL, BO, CITY, START
from critics.scheduling.meeting.generation import answer, identify, repair
from critics.scheduling.meeting.timetable import count_most
from tests.critics.generated import accepts, make


def plan(*parts: object) -> str:
    return json.dumps({"itinerary": parts})


def test_the_answer_meets_as_many_people_as_possible() -> None:
    for seed in range(15):
        payload = make(domain, "possible", 3, seed)
        met = json.loads(answer(payload) or "")["itinerary"]
        problem = domain.problem.model_validate(payload)
        assert len(met) == count_most(problem)  # type: ignore[arg-type]  # the domain's own problem


def test_a_repair_keeps_the_first_meetings() -> None:
    later = {**ADA, "start": "09:25", "end": "09:55"}
    found = repair(ALL.problem, plan(START, later, {**BO, "start": "10:00"}))
    assert found is not None
    assert json.loads(found)["itinerary"][0] == later
    assert accepts(domain, ALL.problem, found)


def test_a_beginning_that_leads_nowhere_is_given_up() -> None:
    assert repair(ALL.problem, plan({**BO, "start": "11:00", "end": "12:00"})) == answer(
        ALL.problem
    )
    assert repair(ALL.problem, plan({**ADA, "person": "Zoe"})) == answer(ALL.problem)


def test_names_do_not_tell_days_apart_and_times_do() -> None:
    problem = json.loads(json.dumps(CITY.problem))
    text = json.dumps(problem)
    twin = text.replace("Harbour", "Zoo").replace("Ada", "Eva")
    assert identify(json.loads(twin)) == identify(problem)
    for old, new in (
        ("11:00AM", "11:05AM"),
        ("20", "21"),
        ('"max"', '"any"'),
        ('"9:00"', '"9:05"'),
    ):
        assert identify(json.loads(text.replace(old, new, 1))) != identify(problem)
