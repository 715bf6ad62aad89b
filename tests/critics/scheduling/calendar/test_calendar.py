"""The domain `calendar`: problems, what is said of answers, and what is known beyond them."""

import json
from typing import Any

import pytest

from critics.domain import find_domain
from critics.judge import judge
from critics.types import (
    Feasible,
    HintLevel,
    Judgement,
    Optimality,
    ProblemError,
    Severity,
    Verdict,
)

DOMAIN = find_domain("calendar")
TEAM: dict[str, Any] = {
    "participants": ["Ada", "Bo"],
    "days": ["Monday", "Tuesday"],
    "duration_min": 60,
    "work_hours": ["9:00", "12:00"],
    "busy": [
        {"person": "Ada", "day": "Monday", "start": "9:00", "end": "10:15"},
        {"person": "Bo", "day": "Monday", "start": "11:15", "end": "12:00"},
    ],
}


def check(problem: dict[str, Any], day: str, start: str, end: str) -> Judgement:
    return judge(DOMAIN, problem, json.dumps({"day": day, "start": start, "end": end}))


def refused(**changes: Any) -> list[tuple[str, str]]:
    with pytest.raises(ProblemError) as caught:
        judge(DOMAIN, {**TEAM, **changes}, "{}")
    return [(d.code, d.at.pointer or "") for d in caught.value.diagnostics if d.at]


def load(problem: dict[str, Any]) -> Any:
    return DOMAIN.problem.model_validate(problem)


def test_all_faults_of_a_problem_are_told_at_once() -> None:
    faults = refused(
        participants=["Ada", "Ada"],
        days=["Monday", "Monday"],
        duration_min=0,
        work_hours=["12:00", "9:00"],
        busy=[{"person": "Zoe", "day": "Sunday", "start": "10:00", "end": "10:00"}],
        preferences=[
            {"person": "Zoe", "day": "Sunday", "between": ["10:00", "9:00"]},
        ],
    )
    assert faults == [
        ("calendar-problem-twice", "/participants/1"),
        ("calendar-problem-twice", "/days/1"),
        ("calendar-problem-duration", "/duration_min"),
        ("calendar-problem-time", "/work_hours"),
        ("calendar-problem-person", "/busy/0/person"),
        ("calendar-problem-day", "/busy/0/day"),
        ("calendar-problem-time", "/busy/0"),
        ("calendar-problem-person", "/preferences/0/person"),
        ("calendar-problem-day", "/preferences/0/day"),
        ("calendar-problem-time", "/preferences/0"),
    ]


@pytest.mark.parametrize(
    "wish",
    [
        {"person": "Ada"},
        {"person": "Ada", "before": "10:00", "after": "11:00"},
        {"person": "Ada", "whole_day": False},
        {"person": "Ada", "before": "ten"},
    ],
)
def test_a_preference_has_one_form(wish: dict[str, Any]) -> None:
    with pytest.raises(ProblemError) as caught:
        judge(DOMAIN, {**TEAM, "preferences": [wish]}, "{}")
    assert caught.value.diagnostics[0].code == "problem-invalid"


def test_busy_times_are_half_open() -> None:
    assert check(TEAM, "Monday", "10:15", "11:15").verdict is Verdict.ACCEPTED
    assert check(TEAM, "Monday", "10:14", "11:14").codes == ("calendar-conflict",)
    assert check(TEAM, "Monday", "10:16", "11:16").codes == ("calendar-conflict",)


def test_every_busy_time_that_is_hit_is_told() -> None:
    found = check({**TEAM, "duration_min": 90}, "Monday", "10:00", "11:30").diagnostics
    assert [finding.headline for finding in found] == [
        "Ada is busy on Monday from 09:00 to 10:15, during the meeting from 10:00 to 11:30",
        "Bo is busy on Monday from 11:15 to 12:00, during the meeting from 10:00 to 11:30",
    ]


@pytest.mark.parametrize(
    ("wish", "times"),
    [
        ({"before": "10:00"}, ("9:59", "10:00")),
        ({"after": "11:00"}, ("10:01", "10:00")),
        ({"between": ["10:00", "10:30"]}, ("9:01", "10:30")),
        ({"whole_day": True}, ("9:00", None)),
    ],
)
def test_preferences_decide_unless_they_are_soft(
    wish: dict[str, Any], times: tuple[str, str | None]
) -> None:
    for hard in (True, False):
        wishes = [{"person": "Bo", "day": "Tuesday", "hard": hard, **wish}]
        problem = {**TEAM, "preferences": wishes}
        hit, kept = times
        start = int(hit.split(":")[0]) * 60 + int(hit.split(":")[1]) + 60
        judgement = check(problem, "Tuesday", hit, f"{start // 60}:{start % 60:02}")
        found = [d for d in judgement.diagnostics if d.severity is Severity.WARNING]
        assert judgement.verdict is (Verdict.REJECTED if hard else Verdict.ACCEPTED)
        assert judgement.codes == (("calendar-preference",) if hard else ())
        assert [d.code for d in found] == ([] if hard else ["calendar-wish"])
        if kept:
            end = f"{int(kept.split(':')[0]) + 1}:{kept.split(':')[1]}"
            assert not check(problem, "Tuesday", kept, end).diagnostics


def test_a_soft_wish_lowers_the_share_that_is_kept() -> None:
    wishes = [{"person": "Bo", "before": time, "hard": False} for time in ("9:30", "10:30")]
    found = check({**TEAM, "preferences": wishes}, "Tuesday", "9:45", "10:45").diagnostics
    assert [finding.data["score"] for finding in found] == [0.5]


def test_only_the_first_possible_time_is_earliest() -> None:
    first = {**TEAM, "objective": "earliest"}
    assert check(first, "Monday", "10:15", "11:15").verdict is Verdict.ACCEPTED
    assert check(first, "Tuesday", "9:00", "10:00").codes == ("calendar-not-earliest",)
    assert check(first, "Monday", "10:30", "11:30").codes == ("calendar-conflict",)
    on_grid = {**first, "grid_min": 30}
    assert check(on_grid, "Tuesday", "9:00", "10:00").verdict is Verdict.ACCEPTED
    assert check(on_grid, "Monday", "10:15", "11:15").codes == ("calendar-grid",)


def test_an_infeasible_problem_names_who_leaves_no_time() -> None:
    assert DOMAIN.feasibility
    problem = {**TEAM, "days": ["Monday"], "duration_min": 61, "participants": ["Ada", "Bo", "Cy"]}
    decided = DOMAIN.feasibility(load(problem))
    assert (decided.status, decided.conflict) == (Feasible.INFEASIBLE, ("Ada", "Bo"))
    assert decided.diagnostics[0].headline == (
        "no time is possible: Ada, Bo leave none free for 61 minutes"
    )
    long = DOMAIN.feasibility(load({**TEAM, "duration_min": 181, "busy": []}))
    assert "does not fit into the work hours" in long.diagnostics[0].headline


def test_fewer_wishes_hurt_are_better() -> None:
    assert DOMAIN.optimality
    wishes = [{"person": "Bo", "day": "Tuesday", "before": "10:30", "hard": False}]
    problem = load({**TEAM, "preferences": wishes})
    best = '{"day": "Tuesday", "start": "10:30", "end": "11:30"}'
    worse = '{"day": "Tuesday", "start": "10:29", "end": "11:29"}'
    assert DOMAIN.optimality(problem, best).status is Optimality.OPTIMAL
    compared = DOMAIN.optimality(problem, worse)
    assert compared.status is Optimality.IMPROVABLE
    assert compared.diagnostics[0].headline == (
        "the time goes against 1 wishes, and one that goes against 0 is possible"
    )


def test_hints_reveal_more_level_by_level() -> None:
    assert DOMAIN.hint
    text = '{"day": "Monday", "start": "09:00", "end": "10:00"}'
    told = [DOMAIN.hint(load(TEAM), text, level)[0].headline for level in HintLevel]
    assert told == [
        "a time is possible on Monday",
        "a time is possible on 2 of 2 days",
        "a time is possible on: Monday, Tuesday",
        "the first possible time is Monday, 10:15-11:15",
    ]
    assert (
        DOMAIN.hint(load({**TEAM, "duration_min": 180, "days": ["Monday"]}), text, HintLevel.CORE)
        == ()
    )


@pytest.mark.parametrize(
    ("response", "found"),
    [
        ('{"day": "TUESDAY", "start_time": "9 AM", "end_time": "10 AM"}', "09:00-10:00"),
        (
            '{"meeting": {"day": "Tuesday", "from": "9:00", "to": "10:00"}, "day": "x"}',
            "09:00-10:00",
        ),
        ('{"day": "Tuesday", "time": "9:00AM to 10:00AM"}', "09:00-10:00"),
        ("The best time slot is on Tuesday from 9:00 to 10:00.", "09:00-10:00"),
        ("Proposed time: Tuesday, 9:00 – 10:00", "09:00-10:00"),  # noqa: RUF001  # as models write
        ('{"day": "Tuesday", "time_range": "soon"}', "soon-soon"),
        ('{"Day": "Tuesday", "startTime": "9:00", "endTime": "10:00"}', "09:00-10:00"),
        ('{"day": "Tuesday", "time_range": ["9:00", "10:00"]}', "09:00-10:00"),
        ('{"answer": {"day": "Tuesday", "time_slot": "9:00-10:00"}}', "09:00-10:00"),
        ('{"day": "Tuesday", "time": {"start": "9:00", "end": "10:00"}}', "09:00-10:00"),
    ],
)
def test_shapes_of_answers_are_read(response: str, found: str) -> None:
    (text,) = DOMAIN.extract(DOMAIN.load(load(TEAM)), response)
    answer = json.loads(text)
    assert (answer["day"], f"{answer['start']}-{answer['end']}") == ("Tuesday", found)


def test_the_prompt_tells_every_rule() -> None:
    wishes = [
        {"person": "Ada", "day": "Monday", "before": "9:30"},
        {"person": "Bo", "after": "11:00", "hard": False},
    ]
    problem = {**TEAM, "preferences": wishes, "objective": "earliest", "grid_min": 15}
    prompt = DOMAIN.prompt(DOMAIN.load(load(problem)))
    for part in (
        "60 minutes with Ada, Bo",
        "Monday, Tuesday",
        "between 09:00 and 12:00",
        "multiple of 15 minutes",
        "- Ada: busy Monday 09:00-10:15",
        "- Ada must not meet on Monday before 09:30.",
        "- Bo would rather not meet on any day after 11:00.",
        "Only the earliest possible time is right",
    ):
        assert part in prompt
