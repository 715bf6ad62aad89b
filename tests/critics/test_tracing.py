"""Which differences between a text and its formal problem are doubted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from critics.domain import find_domain
from critics.tracing import MAX_DOUBTS, fields_of, find_doubts

CALENDAR = find_domain("calendar")
TEXT = (
    "Find a slot for Ann, Bob and me (Carla) on Monday or Tuesday, 45 minutes, between 9 and 5. "
    "Ann is busy Monday 9-11 and 2-4pm. Bob can't do Tuesday before 10:30. I'm out on Tuesday "
    "from noon to 17:00. As early as possible."
)


def payload(**changes):
    busy = [("Ann", "Monday", "09:00", "11:00"), ("Ann", "Monday", "14:00", "16:00")]
    busy.append(("Carla", "Tuesday", "12:00", "17:00"))
    made = {
        "participants": ["Ann", "Bob", "Carla"],
        "days": ["Monday", "Tuesday"],
        "duration_min": 45,
        "work_hours": ["09:00", "17:00"],
        "busy": [dict(zip(("person", "day", "start", "end"), row, strict=True)) for row in busy],
        "preferences": [
            {"person": "Bob", "day": "Tuesday", "before": "10:30", "whole_day": False, "hard": True}
        ],
        "objective": "earliest",
    }
    return made | changes


def doubts(text=TEXT, **changes):
    found = find_doubts(text, payload(**changes), CALENDAR.problem, CALENDAR.formalization)
    return {(doubt.kind, doubt.what) for doubt in found}


def test_a_faithful_problem_has_none():
    assert doubts() == set()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"duration_min": 60}, {("not-in-text", "60"), ("not-in-problem", "45 minutes")}),
        ({"participants": ["Ann", "Bob", "Dora"]}, {("not-in-text", "Dora")}),
        ({"days": ["Monday", "Friday"]}, {("not-in-text", "Friday")}),
        ({"work_hours": ["09:00", "18:00"]}, {("not-in-text", "18:00")}),
        ({"preferences": []}, {("not-in-problem", "10:30")}),
        ({"objective": "any"}, {("choice", "objective: earliest")}),
        ({"grid_min": 15}, {("not-in-text", "15")}),
    ],
)
def test_what_was_invented_or_dropped_is_doubted(changes, expected):
    assert expected <= doubts(**changes)


def test_a_second_appointment_at_the_same_time_is_not_lost_in_the_first():
    text = "Ann and Bob, Monday, 30 minutes, 9:00 to 17:00. Ann: 10:15. Bob: 10:15."
    made = {"busy": [], "preferences": [{"person": "Ann", "day": "Monday", "after": "10:15"}]}
    less = doubts(
        text, participants=["Ann", "Bob"], days=["Monday"], duration_min=30, objective="any", **made
    )
    assert ("not-in-problem", "10:15") in less


def test_an_hour_without_am_or_pm_is_asked_about():
    text = TEXT.replace("between 9 and 5", "after 9, and be done at 5")
    assert ("ambiguous", "17:00") in doubts(text.replace("from noon to 17:00", "from noon"))


def test_a_choice_without_words_for_it_is_doubted():
    text = TEXT.replace("As early as possible.", "")
    assert doubts(text) == {("choice", "objective: earliest")}
    soft = [{"person": "Bob", "day": "Tuesday", "before": "10:30", "hard": False}]
    assert doubts(preferences=soft) == {("choice", "hard: false")}
    assert doubts(TEXT.replace("can't do", "prefers not"), preferences=soft) == set()


def test_no_more_than_so_many_doubts_are_told():
    names = [f"Nobody{number}" for number in range(100)]
    assert len(doubts(participants=names)) == MAX_DOUBTS


@given(st.sampled_from(["participants", "days", "duration_min", "work_hours"]), st.data())
def test_any_other_value_is_doubted(field, data):
    kind = {
        "participants": st.lists(st.sampled_from(["Zoe", "Yan"]), min_size=1, unique=True),
        "days": st.lists(st.sampled_from(["Friday", "Sunday"]), min_size=1, unique=True),
        "duration_min": st.integers(46, 500).filter(lambda n: n not in (60, 540)),
        "work_hours": st.just(["08:07", "19:53"]),
    }[field]
    assert any(found == "not-in-text" for found, _ in doubts(**{field: data.draw(kind)}))


def test_fields_are_told_from_the_users_own_words():
    fields = fields_of(find_domain("trip").problem)
    assert {"cities", "from", "both"} <= fields.names
    assert fields.choices["windows_semantics"] == ("contain", "touch")
    assert fields.defaults["both"] is True
