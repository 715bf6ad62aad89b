"""The domain `trip`: problems, what is said of answers, and what is known beyond them."""

import json
from typing import Any

import pytest

from critics.domain import find_domain
from critics.judge import judge
from critics.scheduling.trip.search import MAX_STATES
from critics.types import Feasible, HintLevel, Judgement, ProblemError, Verdict

DOMAIN = find_domain("trip")
TOUR: dict[str, Any] = {
    "total_days": 8,
    "cities": {"Oslo": 3, "Porto": 2, "Riga": 5},
    "windows": [{"city": "Oslo", "from": 1, "to": 2}],
    "edges": [
        {"from": "Oslo", "to": "Porto", "both": False},
        {"from": "Porto", "to": "Riga"},
    ],
}


def load(problem: dict[str, Any]) -> Any:
    return DOMAIN.problem.model_validate(problem)


def check(problem: dict[str, Any], *stays: tuple[str, int, int]) -> Judgement:
    parts = [{"city": city, "first_day": first, "last_day": last} for city, first, last in stays]
    return judge(DOMAIN, problem, json.dumps({"itinerary": parts}))


def test_all_faults_of_a_problem_are_told_at_once() -> None:
    windows = [{"city": "Rome", "from": 3, "to": 2}]
    edges = [{"from": "Oslo", "to": "Oslo"}]
    with pytest.raises(ProblemError) as caught:
        judge(DOMAIN, {**TOUR, "windows": windows, "edges": edges}, "{}")
    assert [(d.code, d.at and d.at.pointer) for d in caught.value.diagnostics] == [
        ("trip-problem-window", "/windows/0/city"),
        ("trip-problem-window", "/windows/0"),
        ("trip-problem-flight", "/edges/0"),
    ]


def test_flights_to_other_cities_are_told_and_harmless() -> None:
    edges = [*TOUR["edges"], {"from": "Oslo", "to": "Rome"}, {"from": "Rome", "to": "Riga"}]
    judgement = check({**TOUR, "edges": edges}, ("Oslo", 1, 3), ("Porto", 3, 4), ("Riga", 4, 8))
    assert judgement.verdict is Verdict.ACCEPTED
    assert [d.headline for d in judgement.diagnostics] == [
        "`Rome` has a flight and is none of the cities to visit"
    ]


def test_findings_tell_the_arithmetic_and_what_is_possible() -> None:
    found = check(TOUR, ("Oslo", 1, 3), ("Riga", 3, 6), ("Porto", 7, 8)).diagnostics
    told = [(d.headline, d.notes) for d in found]
    assert told == [
        ("the stay in `Riga` from day 3 to day 6 has 4 days; it must have 5", ()),
        (
            (
                "the stay in `Riga` ends on day 6 and the stay in `Porto` starts on day 7, which "
                "is a gap"
            ),
            ("one flies on the last day of a stay, which is the first day of the next",),
        ),
        (
            "there is no direct flight from `Oslo` to `Riga`",
            ("from `Oslo` one can fly to: Porto; to `Riga` from: Porto",),
        ),
    ]
    late = check(TOUR, ("Oslo", 1, 3), ("Porto", 3, 4), ("Riga", 4, 7)).diagnostics
    assert late[-1].headline == "the trip ends in `Riga` on day 7; it must on day 8"
    assert late[-1].notes == ("3 + 2 + 5 days less 2 shared days are 8 days",)


@pytest.mark.parametrize(
    ("first", "last", "contain", "touch"),
    [(1, 3, True, True), (2, 3, True, True), (3, 4, False, True), (4, 8, False, False)],
)
def test_windows_are_contained_or_touched(
    first: int, last: int, *, contain: bool, touch: bool
) -> None:
    stays = (("Oslo", 1, 3), ("Porto", 3, 4), ("Riga", 4, 8))
    window = {"city": "Oslo", "from": first, "to": last}
    for mode, expected in (("contain", contain), ("touch", touch)):
        for problem in (
            {**TOUR, "windows": [window], "windows_semantics": mode},
            {**TOUR, "windows": [{**window, "mode": mode}]},
        ):
            judgement = check(problem, *stays)
            assert judgement.codes == (() if expected else ("trip-window",))


def test_why_no_trip_is_possible_is_told() -> None:
    assert DOMAIN.feasibility
    decided = DOMAIN.feasibility(load({**TOUR, "total_days": 9}))
    assert decided.status is Feasible.INFEASIBLE
    assert decided.diagnostics[0].headline == (
        "no itinerary is possible: the cities take 8 days, and the trip has 9"
    )
    blocked = DOMAIN.feasibility(load({**TOUR, "edges": TOUR["edges"][:1]}))
    assert "no direct flights lead through all cities" in blocked.diagnostics[0].headline
    windows = [{"city": "Riga", "from": 4, "to": 4}, {"city": "Oslo", "from": 5, "to": 5}]
    missed = DOMAIN.feasibility(load({**TOUR, "windows": windows}))
    assert missed.conflict == ("edges", "the event in Oslo (day 5)")
    assert missed.diagnostics[0].data["minimal"] is True


def test_a_problem_beyond_the_bounds_is_not_decided() -> None:
    assert DOMAIN.feasibility
    cities = [f"city {number}" for number in range(40)]
    flights = [{"from": a, "to": b} for a in cities[:20] for b in cities[:20] if a < b]
    flights += [{"from": a, "to": b} for a in cities[20:] for b in cities[20:] if a < b]
    problem = {"total_days": 41, "cities": dict.fromkeys(cities, 2), "edges": flights}
    decided = DOMAIN.feasibility(load(problem))
    assert decided.status is Feasible.UNKNOWN
    assert decided.diagnostics[0].notes == (f"more than {MAX_STATES:,} partial trips",)


def test_hints_reveal_more_level_by_level() -> None:
    assert DOMAIN.hint
    text = json.dumps(
        {
            "itinerary": [
                {"city": "Oslo", "first_day": 1, "last_day": 3},
                {"city": "Riga", "first_day": 3, "last_day": 7},
            ]
        }
    )
    told = [DOMAIN.hint(load(TOUR), text, level)[0].headline for level in HintLevel]
    assert told == [
        "the order of the first 1 stays can be kept",
        "the order of the first 1 stays can be kept",
        "the order of the first 1 stays can be kept; a possible next city is `Porto`",
        "this itinerary is possible: Oslo 1-3, Porto 3-4, Riga 4-8",
    ]


@pytest.mark.parametrize(
    "item",
    [
        {"name": "Oslo", "first_day": 1, "last_day": 3},
        {"city": "oslo", "startDay": 1, "endDay": "Day 3"},
        {"place": "Oslo", "start": 1, "end": 3, "days": 3},
        {"city": "Oslo", "from": "Day 1", "to": "Day 3"},
        {"city": "Oslo", "from_day": 1, "to_day": 3},
        {"city": "Oslo", "arrival_day": 1, "departure_day": 3},
        {"city": "Oslo", "days": [1, 3]},
        {"city": "Oslo", "days": [1, 2, 3]},
        {"city": "Oslo", "day_range": "Day 1-3", "departure": "by plane"},
    ],
)
@pytest.mark.parametrize("shape", ['{"itinerary": [%s]}', '{"answer": {"stays": [%s]}}', "[%s]"])
def test_shapes_of_stays_are_read(item: dict[str, object], shape: str) -> None:
    (text,) = DOMAIN.extract(DOMAIN.load(load(TOUR)), shape % json.dumps(item))
    (stay,) = json.loads(text)["itinerary"]
    stay.pop("days", None)
    assert stay == {"city": "Oslo", "first_day": 1, "last_day": 3}


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ({"city": "Oslo", "days": [1, 2, 4]}, "trip-format"),
        ({"city": "Oslo", "days": 3}, "trip-statement"),
        ({"city": "Oslo", "start": 1}, "trip-unread"),
    ],
)
def test_items_without_two_days_are_no_stay(item: dict[str, object], code: str) -> None:
    (text,) = DOMAIN.extract(DOMAIN.load(load(TOUR)), json.dumps({"itinerary": [item]}))
    assert code in judge(DOMAIN, TOUR, text).codes


@pytest.mark.parametrize(
    ("line", "stay"),
    [
        ("**Day 1-3:** Arriving in Oslo and visit Oslo for 3 days.", ("Oslo", 1, 3)),
        ("Day 1-3: Visit oslo (attending the workshop) for 3 days", ("Oslo", 1, 3)),
        ("- Day 1 to Day 3: Explore Oslo", ("Oslo", 1, 3)),
        ("1. Days 1–3: Oslo", ("Oslo", 1, 3)),  # noqa: RUF001  # a dash as models write it
        ("Day 2: Visit Oslo", ("Oslo", 2, 2)),
        ("Day 1-3: Visit Atlantis for 3 days.", ("Atlantis", 1, 3)),
    ],
)
def test_lines_of_stays_are_read(line: str, stay: tuple[str, int, int]) -> None:
    response = f"{line}\nDay 3-4: Visit Porto.\n"
    (text,) = DOMAIN.extract(DOMAIN.load(load(TOUR)), response)
    first = json.loads(text)["itinerary"][0]
    assert (first["city"], first["first_day"], first["last_day"]) == stay


@pytest.mark.parametrize(
    "line",
    [
        "Day 1-3: Visit Oslo and Riga for 3 days.",
        "Day 1-3: Arriving in Atlantis and visit Oslo for 3 days.",
        "Day 1-3: Leave Oslo.",
        "Day 1-3: Visit Oslo" + " again" * 100,
    ],
)
def test_lines_that_say_more_are_not_taken_for_a_stay(line: str) -> None:
    (text,) = DOMAIN.extract(DOMAIN.load(load(TOUR)), f"{line}\nDay 3-4: Visit Porto.\n")
    assert "trip-unread" in judge(DOMAIN, TOUR, text).codes


def test_each_telling_of_a_trip_is_a_candidate() -> None:
    one = "Day 1-3: Visit Oslo.\nDay 3-4: Visit Porto.\nDay 4-8: Visit Riga.\n"
    two = one.replace("Day 4-8", "Day 4-9")
    found = DOMAIN.extract(DOMAIN.load(load(TOUR)), f"{two}Better:\n{one}")
    assert [judge(DOMAIN, TOUR, text).verdict for text in found] == [
        Verdict.REJECTED,
        Verdict.ACCEPTED,
    ]


def test_the_prompt_tells_every_rule() -> None:
    windows = [*TOUR["windows"], {"city": "Riga", "from": 4, "to": 9, "mode": "touch"}]
    prompt = DOMAIN.prompt(DOMAIN.load(load({**TOUR, "windows": windows})))
    for part in (
        "8 days through 3 cities",
        "- Oslo: 3 days",
        "- Oslo, day 1 to day 2: be in the city on every day of it",
        "- Riga, day 4 to day 9: be in the city on at least one day of it",
        "- Oslo -> Porto",
        "- Porto <-> Riga",
    ):
        assert part in prompt
