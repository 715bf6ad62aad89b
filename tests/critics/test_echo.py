"""Numbers, times and names of texts and payloads, in one normal form."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from critics.echo import names_of, read_text, read_value


def forms(text, kind):
    return {form[1] for item in read_text(text) for form in item.sure if form[0] == kind}


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("at 9:05", {545}),
        ("at 9.05am, 12:00AM, 12 pm", {545, 0, 720}),
        ("from 9 to 5", {540, 1020, 300}),
        ("9-11am", {540, 660}),
        ("2-4pm", {840, 960}),
        ("11-2pm", {660, 840}),
        ("2:30 until 4:15 p.m.", {870, 975}),
        ("from 9:00 to 17:30", {540, 1050}),
        ("noon and midnight", {720, 0}),
    ],
)
def test_times_are_read_as_people_write_them(text, times):
    assert {Fraction(time) for time in times} <= forms(text, "time")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("half an hour", {30}),
        ("an hour and a half", {90}),
        ("1 hour and 15 minutes", {75}),
        ("2.5 hours", {150}),
        ("90 min, ninety minutes", {90}),
        ("two hours", {120}),
        ("day 3 and the 4th of seven", {3, 4, 7}),
        ("1/2", {1, 2}),
    ],
)
def test_durations_and_numbers_are_read_as_people_write_them(text, numbers):
    assert {Fraction(number) for number in numbers} <= forms(text, "number")


def test_a_time_without_am_or_pm_may_be_in_the_afternoon():
    (item,) = [item for item in read_text("at 5:30") if not item.name]
    assert item.forms == {("time", Fraction(330)), ("maybe", Fraction(1050))}


def test_words_lose_their_case_and_their_possessive():
    assert {"anna", "ben", "monday", "tuesday"} <= forms("Anna's and BEN on Mondays, Tue", "word")


def test_names_are_told_from_words_that_begin_a_sentence():
    text = "Please ask Anna. Bob has time. The team is there. Team Red, too. Fine. fine"
    assert [item.text for item in names_of(read_text(text), text)] == ["Anna", "Bob", "Red"]


@pytest.mark.parametrize(
    ("value", "kinds"),
    [(7, {"number"}), ("09:30", {"time"}), ("Nob Hill", {"word"}), (True, set()), (None, set())],
)
def test_scalars_of_a_payload_have_the_forms_of_their_kind(value, kinds):
    assert {form[0] for item in read_value(value) for form in item.forms} == kinds


@given(st.integers(0, 1439))
def test_every_time_of_day_is_found_again(minutes):
    (held,) = read_value(f"{minutes // 60:02}:{minutes % 60:02}")
    hour, half = (minutes // 60) % 12 or 12, "AM" if minutes < 720 else "PM"
    written = (f"{minutes // 60}:{minutes % 60:02}", f"{hour}:{minutes % 60:02}{half}")
    for text in written:
        assert next(iter(held.forms))[1] in forms(f"at {text} sharp", "time")


@given(st.text(max_size=300))
def test_any_text_is_read(text):
    assert all(item.forms for item in read_text(text))


@pytest.mark.parametrize("part", ["9 to ", "half an ", "1 hour and ", " ", "a-", "12:", "9-"])
def test_long_texts_are_read_in_time(part):
    assert isinstance(read_text(part * 15_000), tuple)
