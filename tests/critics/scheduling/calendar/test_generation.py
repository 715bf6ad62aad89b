"""Made calendars: the first time, the nearest one, and what makes calendars different."""

import json

from critics.scheduling.calendar import domain
from critics.scheduling.calendar.enumeration import list_starts
from critics.scheduling.calendar.generation import answer, identify, repair
from critics.scheduling.clock import read_time
from tests.critics.generated import accepts, make

BASE = {
    "participants": ["Ada", "Bo"],
    "days": ["Monday", "Tuesday"],
    "duration_min": 30,
    "work_hours": ["09:00", "12:00"],
    "busy": [{"person": "Ada", "day": "Monday", "start": "09:00", "end": "11:00"}],
}


def slot(day: str, start: str, end: str) -> str:
    return json.dumps({"day": day, "start": start, "end": end})


def test_the_answer_is_the_first_time() -> None:
    for seed in range(20):
        payload = make(domain, "possible", 2, seed)
        problem = domain.problem.model_validate(payload)
        found = json.loads(answer(payload) or "")
        assert (found["day"], read_time(found["start"])) == next(list_starts(problem))  # type: ignore[arg-type]  # the domain's own problem


def test_a_repair_is_the_nearest_time() -> None:
    assert repair(BASE, slot("Monday", "10:45", "11:15")) == slot("Monday", "11:00", "11:30")
    assert repair(BASE, slot("Monday", "11:45", "12:15")) == slot("Monday", "11:30", "12:00")
    assert repair(BASE, slot("Tuesday", "10:10", "10:20")) == slot("Tuesday", "10:10", "10:40")
    assert repair(BASE, slot("Friday", "10:00", "10:30")) == answer(BASE)
    full = {**BASE, "busy": [{**BASE["busy"][0], "end": "12:00"}]}  # type: ignore[dict-item]  # a dictionary
    assert repair(full, slot("Monday", "11:00", "11:30")) == slot("Tuesday", "11:00", "11:30")
    first = {**BASE, "objective": "earliest"}
    assert repair(first, slot("Tuesday", "09:00", "09:30")) == answer(first)
    assert accepts(domain, first, answer(first))


def test_names_do_not_tell_calendars_apart_and_times_do() -> None:
    twin = {
        **BASE,
        "participants": ["Cyd", "Dan"],
        "days": ["Thursday", "Friday"],
        "busy": [{"person": "Dan", "day": "Thursday", "start": "9:00", "end": "11:00"}],
    }
    assert identify(twin) == identify(BASE)
    busy = BASE["busy"][0]  # type: ignore[index]  # a list
    others = (
        {"duration_min": 60},
        {"busy": [{**busy, "end": "11:30"}]},
        {"busy": [{**busy, "day": "Tuesday"}]},
        {"objective": "earliest"},
        {"days": ["Monday", "Tuesday", "Friday"]},
        {"preferences": [{"person": "Bo", "before": "10:00"}]},
        {"preferences": [{"person": "Ada", "before": "10:00"}]},
    )
    assert len({identify({**BASE, **other}) for other in ({}, *others)}) == 8
