"""The domain `meeting`: problems, what is said of answers, and what is known beyond them."""

import json
from typing import Any

import pytest

from critics.domain import find_domain
from critics.judge import judge
from critics.types import Feasible, HintLevel, Judgement, Optimality, ProblemError, Verdict

DOMAIN = find_domain("meeting")
CITY: dict[str, Any] = {
    "start": {"place": "Station", "time": "9:00"},
    "people": [
        {"person": "Ada", "place": "Harbour", "from": "9:00", "to": "11:00", "min_minutes": 30},
        {"person": "Bo", "place": "Market", "from": "10:00", "to": "12:00", "min_minutes": 60},
    ],
    "travel": {
        "Station": {"Harbour": 20, "Market": 10},
        "Harbour": {"Market": 15},
        "Market": {"Harbour": 30},
    },
}
BOTH = (("Ada", "9:20", "9:50"), ("Bo", "10:05", "11:05"))


def load(problem: dict[str, Any]) -> Any:
    return DOMAIN.problem.model_validate(problem)


def check(problem: dict[str, Any], *meetings: tuple[str, str, str]) -> Judgement:
    parts = [{"person": person, "start": start, "end": end} for person, start, end in meetings]
    return judge(DOMAIN, problem, json.dumps({"itinerary": parts}))


def told(*parts: dict[str, Any]) -> tuple[str, ...]:
    """Give the codes of the two meetings with something else stated before them."""
    met = [{"person": p, "start": s, "end": e} for p, s, e in BOTH]
    return judge(DOMAIN, CITY, json.dumps({"itinerary": [*parts, *met]})).codes


def test_all_faults_of_a_problem_are_told_at_once() -> None:
    people = [
        CITY["people"][0],
        {"person": "Ada", "place": "Moon", "from": "11:00", "to": "9:00", "min_minutes": 0},
    ]
    travel = {**CITY["travel"], "Zoo": {"Zoo": 5}}
    with pytest.raises(ProblemError) as caught:
        judge(DOMAIN, {**CITY, "people": people, "travel": travel}, "{}")
    assert [(d.code, d.at and d.at.pointer) for d in caught.value.diagnostics] == [
        ("meeting-problem-twice", "/people/1/person"),
        ("meeting-problem-place", "/people/1/place"),
        ("meeting-problem-time", "/people/1"),
        ("meeting-problem-travel", "/travel/Zoo/Zoo"),
    ]


@pytest.mark.parametrize("wrong", [{"objective": "at_least"}, {"at_least": 1}, {"objective": "x"}])
def test_a_number_belongs_to_at_least(wrong: dict[str, Any]) -> None:
    with pytest.raises(ProblemError):
        judge(DOMAIN, {**CITY, **wrong}, "{}")


def test_a_way_that_is_too_long_is_told_with_its_arithmetic() -> None:
    found = check(CITY, BOTH[0], ("Bo", "10:04", "11:04")).diagnostics
    assert [(d.headline, d.notes) for d in found] == [
        (
            "the meeting with `Bo` starts at 10:04, and one cannot be at Market before 10:05",
            (
                (
                    "the meeting with `Ada` ends at Harbour at 09:50, and the way to Market takes "
                    "15 minutes"
                ),
            ),
        )
    ]


def test_a_missing_way_cannot_be_travelled() -> None:
    people = [*CITY["people"], {**CITY["people"][0], "person": "Cy", "place": "Station"}]
    problem = {**CITY, "people": people, "objective": "any"}
    judgement = check(problem, BOTH[0], ("Cy", "10:30", "11:00"))
    assert judgement.codes == ("meeting-no-way",)
    assert judgement.diagnostics[0].notes == ("from Harbour one can travel to: Market",)


@pytest.mark.parametrize(
    ("objective", "needed"), [("max", 2), ("all", 2), ("any", 1), ("at_least", 2)]
)
def test_objectives_ask_for_a_number_of_people(objective: str, needed: int) -> None:
    problem = {**CITY, "objective": objective}
    if objective == "at_least":
        problem["at_least"] = needed
    for count in range(3):
        expected = () if count >= needed else ("meeting-too-few",)
        assert check(problem, *BOTH[:count]).codes == expected


def test_more_than_enough_is_advised() -> None:
    judgement = check({**CITY, "objective": "any"}, BOTH[0])
    assert judgement.verdict is Verdict.ACCEPTED
    assert judgement.diagnostics[0].headline == "1 of 2 people are met, and 2 can be"
    assert judgement.diagnostics[0].data["score"] == 0.5


def test_nobody_is_as_many_as_possible_where_nobody_can_be_met() -> None:
    people = [{**person, "min_minutes": 300} for person in CITY["people"]]
    assert check({**CITY, "people": people}).verdict is Verdict.ACCEPTED


def test_too_many_people_for_a_proof_are_not_decided() -> None:
    people = [
        {"person": f"p{n}", "place": "Harbour", "from": "9:00", "to": "20:00", "min_minutes": 30}
        for n in range(30)
    ]
    judgement = check({**CITY, "people": people}, ("p0", "9:30", "10:00"))
    assert judgement.verdict is Verdict.UNKNOWN
    assert judgement.codes == ("meeting-undecided",)
    enough = {**CITY, "people": people, "objective": "at_least", "at_least": 1}
    assert check(enough, ("p0", "9:30", "10:00")).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize(
    "part",
    [
        {"start_at": "Station", "start": "9:00"},
        {"travel_to": "Harbour"},
        {"travel_to": "Harbour", "travel_from": "Station", "minutes": 20, "end": "9:20"},
        {"travel_to": "Harbour", "start": "9:00", "end": "9:20"},
        {"travel_to": None, "start": "9:00", "end": "9:20"},
        {"wait_until": "9:00"},
        {"stop_at": None, "start": "9:00", "end": "9:00"},
        {"stop_at": "Harbour"},
    ],
)
def test_true_statements_are_accepted(part: dict[str, Any]) -> None:
    assert told(part) == ()


@pytest.mark.parametrize(
    "part",
    [
        {"start_at": "Market", "start": "9:00"},
        {"start_at": "Station", "start": "8:00"},
        {"travel_to": "Market"},
        {"travel_to": "Moon"},
        {"travel_to": "Harbour", "travel_from": "Market"},
        {"travel_to": "Harbour", "minutes": 19},
        {"travel_to": "Harbour", "minutes": 21},
        {"travel_to": "Harbour", "end": "9:19"},
        {"travel_to": "Harbour", "minutes": 20, "end": "9:21"},
        {"travel_to": "Harbour", "start": "8:55", "end": "9:15"},
        {"travel_to": None, "start": "9:00", "end": "9:10"},
        {"wait_until": "9:01"},
        {"wait_until": "8:59"},
        {"stop_at": "Market", "start": "9:10", "end": "9:11"},
        {"stop_at": None, "start": "9:20", "end": "9:10"},
    ],
)
def test_false_statements_are_rejected(part: dict[str, Any]) -> None:
    assert told(part) == ("meeting-statement",)


def test_who_cannot_all_be_met_is_told() -> None:
    assert DOMAIN.feasibility
    third = {"person": "Cy", "place": "Harbour", "from": "10:00", "to": "11:00", "min_minutes": 60}
    problem = {**CITY, "people": [*CITY["people"], third], "objective": "all"}
    decided = DOMAIN.feasibility(load(problem))
    assert (decided.status, decided.conflict) == (Feasible.INFEASIBLE, ("Bo", "Cy"))
    few = DOMAIN.feasibility(load({**problem, "objective": "at_least", "at_least": 3}))
    assert few.diagnostics[0].headline == "no itinerary meets 3 people: at most 2 can be met"


def test_an_answer_is_compared_with_the_most_people() -> None:
    assert DOMAIN.optimality
    problem = load({**CITY, "objective": "any"})
    one = '{"itinerary": [{"person": "Ada", "start": "09:20", "end": "09:50"}]}'
    compared = DOMAIN.optimality(problem, one)
    assert (compared.status, compared.objective) == (Optimality.IMPROVABLE, "1")


def test_hints_reveal_more_level_by_level() -> None:
    assert DOMAIN.hint
    text = json.dumps(
        {
            "itinerary": [
                {"person": "Ada", "start": "9:20", "end": "9:50"},
                {"person": "Bo", "start": "9:55", "end": "11:00"},
            ]
        }
    )
    told = [DOMAIN.hint(load(CITY), text, level)[0].headline for level in HintLevel]
    assert told == [
        "the first 1 of 2 meetings are possible as they are",
        "2 of 2 people can be met",
        "2 of 2 people can be met: Ada, Bo",
        "this itinerary is possible: Ada 09:20-09:50, Bo 10:05-11:05",
    ]


@pytest.mark.parametrize(
    ("item", "part"),
    [
        ({"action": "meet", "person": "ada"}, {"person": "Ada", "place": "Harbour"}),
        ({"person": "Ada", "location": "the harbour"}, {"person": "Ada", "place": "Harbour"}),
        ({"action": "travel", "destination": "Market"}, {"travel_to": "Market"}),
        ({"action": "travel", "person": "Bo"}, {"travel_to": "Market"}),
        (
            {"action": "travel", "location": "Station"},
            {"travel_to": None, "travel_from": "Station"},
        ),
        (
            {"action": "travel", "person": "N/A", "location": "Station to Market"},
            {"travel_to": "Market", "travel_from": "Station"},
        ),
        (
            {"action": "Travel", "from": "Station", "to": "Moon"},
            {"travel_to": "Moon", "travel_from": "Station"},
        ),
        ({"action": "wait", "person": "N/A"}, {"stop_at": None}),
        ({"action": "visit", "location": "Market"}, {"stop_at": "Market"}),
        ({"action": "teleport"}, {"unread": '{"action": "teleport"}'}),
        ("rest", {"unread": "rest"}),
    ],
)
def test_shapes_of_parts_are_read(item: Any, part: dict[str, Any]) -> None:
    response = json.dumps({"itinerary": [item]})
    (text, *_) = DOMAIN.extract(DOMAIN.load(load(CITY)), response)
    assert json.loads(text) == {"itinerary": [part]}


@pytest.mark.parametrize(
    "times",
    [
        {"startTime": "9:30AM", "endTime": "10:00AM"},
        {"meeting_start": "9:30", "meeting_end": "10:00"},
        {"from": "9:30AM", "to": "10:00AM"},
        {"time": "9:30 AM - 10:00 AM"},
        {"Time Range": "9:30 to 10:00"},
    ],
)
@pytest.mark.parametrize(
    "shape", ['{"itinerary": [%s]}', '{"solution": {"schedule": [%s]}}', "[%s]"]
)
def test_shapes_of_times_are_read(times: dict[str, str], shape: str) -> None:
    item = {"person": "Ada", **times}
    (text,) = DOMAIN.extract(DOMAIN.load(load(CITY)), shape % json.dumps(item))
    met = {"person": "Ada", "place": "Harbour", "start": "09:30", "end": "10:00"}
    assert json.loads(text) == {"itinerary": [met]}


def test_the_prompt_tells_every_rule() -> None:
    prompt = DOMAIN.prompt(DOMAIN.load(load({**CITY, "objective": "at_least", "at_least": 2})))
    for part in (
        "starts at Station at 09:00",
        "Meet at least 2 of them.",
        "- Ada: at Harbour from 09:00 to 11:00, for at least 30 minutes",
        "- from Station to Harbour: 20, Market: 10",
    ):
        assert part in prompt
