"""What public evaluators of these benchmarks decide wrongly, decided rightly.

Each test is named for a mistake that is known of some evaluator; the texts are in the style of the
benchmark's goldens.
"""

from typing import Any

from critics.domain import find_domain
from critics.judge import judge
from critics.types import Verdict

CALENDAR: dict[str, Any] = {
    "participants": ["Ada", "Bo"],
    "days": ["Monday"],
    "duration_min": 30,
    "work_hours": ["9:00", "17:00"],
    "busy": [
        {"person": "Ada", "day": "Monday", "start": "9:00", "end": "11:15"},
        {"person": "Bo", "day": "Monday", "start": "12:00", "end": "16:00"},
    ],
}
TRIP: dict[str, Any] = {
    "total_days": 9,
    "cities": {"New York": 3, "Oslo": 4, "Rio": 4},
    "windows": [{"city": "Oslo", "from": 3, "to": 4}],
    "edges": [
        {"from": "New York", "to": "Oslo", "both": False},
        {"from": "Oslo", "to": "Rio", "both": True},
    ],
}
TOUR = """\
Here is the trip plan for visiting the 3 cities for 9 days:

**Day 1-3:** Arriving in New York and visit New York for 3 days.
**Day 3:** Fly from New York to Oslo.
**Day 3-6:** Visit Oslo for 4 days.
**Day 6:** Fly from Oslo to Rio.
**Day 6-9:** Visit Rio for 4 days.
"""
MEETING: dict[str, Any] = {
    "start": {"place": "St. John's Square", "time": "9:00AM"},
    "people": [
        {"person": "Ada", "place": "Harbour", "from": "9:00", "to": "12:00", "min_minutes": 30},
        {"person": "Bo", "place": "Market", "from": "10:00", "to": "11:30", "min_minutes": 60},
    ],
    "travel": {
        "St. John's Square": {"Harbour": 10, "Market": 20},
        "Harbour": {"Market": 25, "St. John's Square": 10},
        "Market": {"Harbour": 15, "St. John's Square": 20},
    },
    "objective": "max",
}
DAY = (
    "SOLUTION: You start at St. John's Square at 9:00AM. You travel to Harbour in 10 minutes and "
    "arrive at 9:10AM. You meet Ada for 30 minutes from 9:10AM to 9:40AM. You travel to Market in "
    "25 minutes and arrive at 10:05AM. You meet Bo for 60 minutes from 10:05AM to 11:05AM."
)


def accepted(name: str, problem: dict[str, Any], response: str) -> list[bool]:
    """Judge every candidate of a response."""
    domain = find_domain(name)
    payload = domain.problem.model_validate(problem)
    return [
        judge(domain, payload, text).verdict is Verdict.ACCEPTED
        for text in domain.extract(domain.load(payload), response)
    ]


def codes(name: str, problem: dict[str, Any], response: str) -> set[str]:
    """Give the codes with which the candidates of a response are rejected."""
    domain = find_domain(name)
    payload = domain.problem.model_validate(problem)
    found = domain.extract(domain.load(payload), response)
    return {code for text in found for code in judge(domain, payload, text).codes}


def test_the_goldens_themselves_are_accepted() -> None:
    proposed = "Here is the proposed time: Monday, 11:30 - 12:00"
    assert accepted("calendar", CALENDAR, proposed) == [True]
    assert accepted("trip", TRIP, TOUR) == [True]
    assert accepted("meeting", MEETING, DAY) == [True]


def test_a_right_time_that_is_not_the_golden_is_accepted() -> None:
    for time in ("11:15 - 11:45", "16:00 - 16:30", "16:29 - 16:59"):
        assert accepted("calendar", CALENDAR, f"Here is the proposed time: Monday, {time}") == [
            True
        ]


def test_minutes_other_than_30_are_not_rounded() -> None:
    assert accepted("calendar", CALENDAR, "The meeting time is Monday, 11:14 - 11:44") == [False]
    assert accepted("calendar", CALENDAR, "The meeting time is Monday, 11:15 - 11:46") == [False]


def test_a_bogus_city_at_the_end_is_not_skipped() -> None:
    for tail in (
        "**Day 9-12:** Visit Atlantis for 4 days.\n",
        "**Day 9:** Fly from Rio to Atlantis.\n",
        "**Day 9:** You teleport to the Moon.\n",
        "**Day 9-9:** Visit Oslo for 1 day.\n",
    ):
        assert accepted("trip", TRIP, TOUR + tail) == [False], tail


def test_city_names_of_two_words_are_read() -> None:
    assert codes("trip", TRIP, TOUR.replace("New York for", "New Amsterdam for")) != set()
    assert accepted("trip", TRIP, TOUR.replace("New York", "York")) == [False]


def test_flights_are_compared_with_the_stays() -> None:
    wrong = TOUR.replace("Fly from New York to Oslo", "Fly from New York to Rio")
    assert codes("trip", TRIP, wrong) == {"trip-flight-record"}
    late = TOUR.replace("**Day 3:** Fly", "**Day 4:** Fly")
    assert codes("trip", TRIP, late) == {"trip-flight-record"}
    said = TOUR.replace("Visit Oslo for 4 days", "Visit Oslo for 5 days")
    assert codes("trip", TRIP, said) == {"trip-statement"}


def test_one_way_flights_are_not_flown_back() -> None:
    back = {**TRIP, "edges": [{"from": "Oslo", "to": "New York", "both": False}, TRIP["edges"][1]]}
    assert codes("trip", back, TOUR) == {"trip-no-flight"}


def test_windows_mean_what_the_problem_says() -> None:
    partly = {**TRIP, "windows": [{"city": "Oslo", "from": 6, "to": 7}]}
    assert codes("trip", partly, TOUR) == {"trip-window"}
    assert accepted("trip", {**partly, "windows_semantics": "touch"}, TOUR) == [True]
    inside = {**TRIP, "windows": [{"city": "Rio", "from": 1, "to": 99, "mode": "touch"}]}
    assert accepted("trip", inside, TOUR) == [True]


def test_another_valid_trip_is_accepted() -> None:
    cities = {**TRIP, "windows": [], "edges": [{**edge, "both": True} for edge in TRIP["edges"]]}
    other = (
        "**Day 1-4:** Arriving in Rio and visit Rio for 4 days.\n**Day 4:** Fly from Rio to Oslo.\n"
        "**Day 4-7:** Visit Oslo for 4 days.\n**Day 7-9:** Visit New York for 3 days.\n"
    )
    assert accepted("trip", cities, other) == [True]


def test_a_bogus_tail_of_a_day_is_not_skipped() -> None:
    for tail in (
        " You teleport to the Moon.",
        " Finally, you fly to the Moon.",
        " Then fly to the Moon.",
        "\nYou meet Elvis.",
        " After that, you travel to the Moon in 5 minutes and arrive at 11:10AM.",
    ):
        assert accepted("meeting", MEETING, DAY + tail) == [False], tail


def test_a_remark_after_a_day_changes_nothing() -> None:
    for tail in (" This schedule meets both friends.", "\n\nYou were not able to do better."):
        assert accepted("meeting", MEETING, DAY + tail) == [True], tail


def test_stated_ways_and_times_are_not_ignored() -> None:
    hidden = DAY.replace("25 minutes and arrive at 10:05AM", "5 minutes and arrive at 9:45AM")
    early = hidden.replace("from 10:05AM to 11:05AM", "from 10:00AM to 11:00AM")
    assert accepted("meeting", MEETING, early) == [False, False]
    assert {"meeting-travel", "meeting-statement"} <= codes("meeting", MEETING, early)


def test_a_false_way_is_never_handed_out_with_a_good_schedule() -> None:
    """What is accepted beside the false statement is the schedule without it."""
    domain = find_domain("meeting")
    payload = domain.problem.model_validate(MEETING)
    slow = DAY.replace("in 10 minutes and arrive", "in 9 minutes and arrive")
    whole, schedule = domain.extract(domain.load(payload), slow)
    assert judge(domain, payload, whole).codes == ("meeting-statement",)
    assert judge(domain, payload, schedule).verdict is Verdict.ACCEPTED
    assert "minutes and arrive" in slow
    assert "travel_to" not in schedule


def test_a_meeting_is_where_the_text_has_led() -> None:
    lost = DAY.replace("You travel to Market", "You travel to Harbour")
    assert not any(accepted("meeting", MEETING, lost))
    stays = DAY.replace("You travel to Market in 25 minutes and arrive at 10:05AM. ", "")
    assert not any(accepted("meeting", MEETING, stays))


def test_strangers_and_other_places_are_no_crash() -> None:
    assert codes("meeting", MEETING, DAY.replace("Ada", "Elvis")) >= {"meeting-person-unknown"}
    assert not any(accepted("meeting", MEETING, DAY.replace("Harbour", "the Moon")))


def test_fewer_people_than_possible_are_too_few_and_feasible_otherwise() -> None:
    one = DAY[: DAY.index(" You travel to Market")]
    assert codes("meeting", MEETING, one) == {"meeting-too-few"}
    assert accepted("meeting", {**MEETING, "objective": "any"}, one) == [True]
    assert accepted("meeting", {**MEETING, "objective": "at_least", "at_least": 1}, one) == [True]
    assert codes("meeting", {**MEETING, "objective": "all"}, one) == {"meeting-too-few"}


def test_every_candidate_is_judged_not_only_the_first_or_last() -> None:
    wrong, right = "13:00:13:30", "16:00:16:30"
    for times in ((wrong, right), (right, wrong), (wrong, right, wrong)):
        response = " or ".join(f'{{"time_range": "{t}", "day": "Monday"}}' for t in times)
        assert accepted("calendar", CALENDAR, response).count(True) == 1
