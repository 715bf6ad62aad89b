"""A paraphrase says all that a payload says."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from critics.domain import find_domain
from critics.echo import read_text, read_value, share, walk
from critics.scheduling.prose.formalizers import CALENDAR, MEETING, TRIP
from critics.tracing import fields_of, find_doubts
from tests.critics.scheduling.prose.prompts import calendars, meetings, trips

KINDS = {
    "calendar": (CALENDAR, calendars()),
    "meeting": (MEETING, meetings()),
    "trip": (TRIP, trips()),
}


def written_out(kind, payload):
    problem = find_domain(kind).problem
    read = problem.model_validate(payload)
    return read, read.model_dump(mode="json", by_alias=True, exclude_none=True)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_every_number_time_and_name_is_in_the_paraphrase(kind, data):
    formalizer, said = KINDS[kind]
    _, payload = data.draw(said)
    read, whole = written_out(kind, payload)
    fields = fields_of(type(read))
    there = set(chain.from_iterable(i.sure for i in read_text(formalizer.paraphrase(read))))
    for name, value in walk(whole, fields.names):
        if name != "text" and value not in fields.choices.get(name, ()):
            assert all(share(item, there) for item in read_value(value)), (name, value)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_a_faithful_problem_of_a_known_wording_invents_nothing(kind, data):
    formalizer, said = KINDS[kind]
    text, payload = data.draw(said)
    read, whole = written_out(kind, payload)
    found = find_doubts(text, whole, type(read), formalizer)
    assert {doubt.kind for doubt in found} <= {"not-in-problem"}


def problem(kind, **changes):
    base = {
        "calendar": {
            "participants": ["Ann"],
            "days": ["Monday"],
            "duration_min": 30,
            "work_hours": ["9:00", "17:00"],
        },
        "meeting": {
            "start": {"place": "A", "time": "9:00"},
            "people": [
                {"person": "Ann", "place": "B", "from": "9:00", "to": "12:00", "min_minutes": 30}
            ],
            "travel": {"A": {"B": 5}},
        },
        "trip": {"total_days": 3, "cities": {"Rome": 3}},
    }[kind]
    return find_domain(kind).problem.model_validate({**base, **changes})


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        ("calendar", {}, "Ann has no busy times."),
        ("calendar", {"objective": "earliest"}, "Only the earliest possible time is right."),
        ("calendar", {"grid_min": 15}, "a multiple of 15 minutes"),
        (
            "calendar",
            {"preferences": [{"person": "Ann", "between": ["9:00", "10:00"]}]},
            "Ann cannot meet on every day between 09:00 and 10:00 (this decides).",
        ),
        (
            "calendar",
            {"preferences": [{"person": "Ann", "day": "Monday", "after": "9:00", "hard": False}]},
            "Ann would rather not meet on Monday after 09:00 (a wish that does not decide).",
        ),
        ("meeting", {"objective": "all"}, "Meet all of them."),
        ("meeting", {"objective": "at_least", "at_least": 1}, "Meet at least 1 of them."),
        ("trip", {}, "Flights both ways: none."),
        (
            "trip",
            {"windows": [{"city": "Rome", "from": 1, "to": 2, "mode": "touch"}]},
            "Be on at least one day in Rome from day 1 to day 2.",
        ),
        (
            "trip",
            {"windows": [{"city": "Rome", "from": 1, "to": 2}]},
            "Be all the time in Rome from day 1 to day 2.",
        ),
    ],
)
def test_choices_are_said_in_words(kind, changes, said):
    assert said in KINDS[kind][0].paraphrase(problem(kind, **changes))
