"""The exact parsers on problems of any size, and on texts that they must not read."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from critics.scheduling.prose.calendar import parse_calendar
from critics.scheduling.prose.meeting import parse_meeting
from critics.scheduling.prose.trip import parse_trip
from tests.critics.scheduling.prose.prompts import calendars, meetings, trips

KINDS = {
    "calendar": (parse_calendar, calendars()),
    "meeting": (parse_meeting, meetings()),
    "trip": (parse_trip, trips()),
}
CALENDAR = (
    "You need to schedule a meeting for Ann and Bob for one hour between the work hours of 9:00 to "
    "17:00 on Monday.\nHere are the existing schedules for everyone during the day:\n"
    "Ann is busy on Monday during 9:00 to 10:00;\nBobhas no meetings the whole day.\n"
    "Find a time that works for everyone's schedule and constraints."
)
MEETING = (
    "You are visiting Rome for the day and want to meet as many friends as possible.\n"
    "Travel distances (in minutes):\nA Park to B Hill: 5.\nB Hill to A Park: 7.\n"
    "CONSTRAINTS: You arrive at A Park at 9:00AM. Ann will be at B Hill from 10:00AM to 1:00PM. "
    "You'd like to meet Ann for a minimum of 30 minutes."
)
TRIP = (
    "You plan to visit 2 European cities for 6 days in total. You would like to visit Nice for 3 "
    "days. You want to spend 4 days in Oslo. You have to attend a workshop in Oslo between day 3 "
    "and day 4.\nHere are the cities that have direct flights:\nfrom Nice to Oslo."
)


ENDING = (
    "\n\nPlease output the answer in the following JSON format:\n"
    '{"time_range": "{HH:MM:HH:MM}", "day": "<DAY>"}. '
    "Make sure to include the person's name for each meeting."
)


@pytest.mark.parametrize("change", ["\ufeff{}", "{}\n\n", "\t{}"])
def test_marks_and_blanks_around_a_text_are_not_read(change):
    for text, (parse, _) in zip((CALENDAR, MEETING, TRIP), KINDS.values(), strict=True):
        assert parse(change.format(text)) == parse(text)
        assert parse(change.format(text.replace("\n", "\r\n"))) == parse(text)


@pytest.mark.parametrize("text", [CALENDAR, f"{CALENDAR}\nSOLUTION: \n", MEETING, TRIP])
def test_the_form_of_the_answer_may_be_told_after_the_task(text):
    for parse, _ in KINDS.values():
        bare, ended = parse(text), parse(text + ENDING)
        assert bare is None or bare.problem is not None
        assert (bare and bare.problem) == (ended and ended.problem)


@pytest.mark.parametrize(
    "ending",
    [
        f"{ENDING} Bob can not meet before noon.",
        ENDING.replace("<DAY>", "Monday after 12:00"),
        ENDING.replace("}.", ', "note": "Bob comes late"}.'),
        ENDING.replace("Please", "Bob is late. Please"),
        f"{ENDING}\nIMPORTANT: keep Monday free.",
    ],
)
def test_what_may_be_a_constraint_is_not_passed_over_at_the_end(ending):
    reading = KINDS["calendar"][0](CALENDAR + ending)
    assert reading.problem is None
    assert reading.unread


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_what_was_said_is_what_is_read(kind, data):
    parse, said = KINDS[kind]
    text, payload = data.draw(said)
    reading = parse(text)
    assert (reading.problem, reading.unread) == (payload, ())


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_a_sentence_more_is_never_overlooked(kind, data):
    parse, said = KINDS[kind]
    text, _ = data.draw(said)
    more = data.draw(st.sampled_from(["Lunch is at noon.", "Not on day 2.", "And so on.", "x"]))
    ends = [found.end() for found in re.finditer(r"[.:;](?=\s)", text)] + [0, len(text)]
    at = data.draw(
        st.sampled_from([end for end in ends if "TASK:" not in text[end:]] or [len(text)])
    )
    reading = parse(f"{text[:at]} {more} {text[at:]}")
    assert reading is None or reading.problem is None


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_a_word_less_is_another_problem_or_none(kind, data):
    parse, said = KINDS[kind]
    text, payload = data.draw(said)
    body = text.rpartition("TASK:")[2]
    words = list(re.finditer(r"\S+", body))
    word = data.draw(st.sampled_from(words[: -2 or None]))
    reading = parse(body[: word.start()] + body[word.end() :])
    if reading is not None and reading.problem is not None:
        number = re.search(r"\d", word[0])
        assert reading.problem != payload or number is None


@pytest.mark.parametrize(
    ("parse", "text"), [(parse_calendar, CALENDAR), (parse_meeting, MEETING), (parse_trip, TRIP)]
)
def test_the_plain_texts_are_read(parse, text):
    assert parse(text).problem is not None
    assert parse(text.replace("'", "\u2019").replace(" ", "\u00a0 ")).problem == parse(text).problem


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("Bobhas no meetings the whole day.", "", "the schedule of `Bob`"),
        ("Bobhas", "Carlhas", "the schedule of `Bob`"),
        ("9:00 to 10:00;", "9:00 to 2:00;", "an end after the start"),
        ("9:00 to 10:00;", "1:00 to 2:00;", "a time within the work hours"),
        ("Monday during", "Sunday during", "a day"),
        ("on Monday.", "on Monday or Tuesday.", "one day, or `either`"),
        ("on Monday.", "on either Monday and Tuesday.", "one day, or `either`"),
        ("Ann and Bob", "Ann and Ann", "a list of different names"),
        ("Find a", "Ann can not meet on Monday unless it rains. Find a", "a day, and before"),
        ("Find a", "Ann hates mornings. Find a", "a preference"),
        ("constraints.", "constraints. Thanks, and not after 15:00!", "the end of the text"),
    ],
)
def test_a_calendar_that_is_not_clear_is_not_read(old, new, wanted):
    reading = parse_calendar(CALENDAR.replace(old, new))
    assert reading.problem is None
    (stop,) = reading.unread
    assert stop.code == "prose-unread"
    assert wanted in stop.headline


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("9:00AM", "9:00", "AM or PM"),
        ("at B Hill from", "at C Lake from", "whom you can meet"),
        ("to meet Ann for", "to meet Bob for", "whom you can meet"),
        ("B Hill to A Park: 7.", "A Park to B Hill: 7.", "a way that was not given before"),
        ("B Hill to A Park: 7.", "B Hill to A to B: 7.", "one place `to` another"),
        ("10:00AM to 1:00PM", "1:00PM to 10:00AM", "an end after the start"),
        ("30 minutes.", "30 minutes. Skip lunch.", "the end of the text"),
        ("30 minutes", "a while", "whom you can meet"),
    ],
)
def test_a_meeting_that_is_not_clear_is_not_read(old, new, wanted):
    reading = parse_meeting(MEETING.replace(old, new))
    assert reading.problem is None
    assert wanted in reading.unread[0].headline


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("visit 2", "visit 3", "days for 3 cities"),
        ("workshop in Oslo", "workshop in Rome", "how many days to be in `Rome`"),
        ("from Nice to Oslo.", "from Nice to Rome.", "of the cities above"),
        ("from Nice to Oslo.", "Nice to Oslo.", "of the cities above"),
        ("from Nice to Oslo.", "from Nice and Oslo.", "of the cities above"),
        ("day 3 and day 4", "day 4 and day 3", "a first day that is not after"),
        ("have to attend", "have to not attend", "days in a city, an event"),
        ("You want to spend 4", "You want to visit Nice for 4 days. You want to spend 4", "`Nice`"),
        ("3 days.", "3 or 4 days.", "days in a city, an event"),
    ],
)
def test_a_trip_that_is_not_clear_is_not_read(old, new, wanted):
    reading = parse_trip(TRIP.replace(old, new))
    assert reading.problem is None
    assert wanted in reading.unread[0].headline


def test_a_place_is_told_in_the_text_as_it_was_written():
    (stop,) = parse_trip(TRIP.replace("You want to spend", "You must\nspend")).unread
    assert (stop.at.line, stop.at.text) == (1, "You must")


@pytest.mark.parametrize("before", ["Ann is ill. ", "You are given that Ann is ill. ", "2 notes. "])
def test_a_remark_before_the_task_is_not_overlooked(before):
    assert parse_calendar(f"TASK: {CALENDAR}").problem is not None
    assert parse_calendar(f"{before}TASK: {CALENDAR}").problem is None


def test_an_answered_task_is_no_problem():
    assert parse_calendar(f"TASK: {CALENDAR}\nSOLUTION: Monday, 10:00 - 11:00").problem is None
    assert parse_calendar(f"TASK: {CALENDAR}\nTASK: {CALENDAR}").problem is None


@pytest.mark.parametrize("text", ["", "Hello!", "You plan to visit Rome.", "\x00" * 50])
def test_other_texts_are_left_alone(text):
    assert [parse(text) for parse, _ in KINDS.values()] == [None, None, None]


@pytest.mark.parametrize(
    "text",
    [
        "You are visiting " * 9_000,
        "You plan to visit 3 cities " * 7_000,
        "You need to schedule a meeting for " * 5_000,
        CALENDAR + " " * 100_000 + "x",
        TRIP + "Nice and " * 20_000,
        MEETING.replace("Ann will", "Ann " * 40_000 + "will"),
        CALENDAR.replace("Ann and", "Ann, " * 30_000 + "and"),
    ],
)
def test_hostile_texts_end(text):
    for parse, _ in KINDS.values():
        reading = parse(text)
        assert reading is None or reading.problem is None
