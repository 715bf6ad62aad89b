"""Times and durations as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from critics.scheduling.clock import DAY, Minutes, TimeOfDay, read_duration, read_time, write_time

TIMES = {
    "9:00": 540,
    "09:00": 540,
    "9.30": 570,
    "8:45PM": 1245,
    "8:45 p.m.": 1245,
    "8 pm": 1200,
    "12:00AM": 0,
    "12:15 pm": 735,
    "noon": 720,
    "24:00": 1440,
    "09:00:00": 540,
}
NO_TIMES = (
    "9", "24:01", "25:00", "9:60", "13pm", "0 am", "", "9:0", "soon", "9:00 9:00", "-1:00", "٩:00"
)  # fmt: skip
DURATIONS = {
    "90": 90,
    "90 min": 90,
    "90 minutes": 90,
    "1 hour": 60,
    "1.5 h": 90,
    "1h30m": 90,
    "1 hour and 30 minutes": 90,
    "half an hour": 30,
    "an hour": 60,
}
NO_DURATIONS = ("", "soon", "1.5 min", "90 apples", "1 h x", "-5", "0.01 h")


@pytest.mark.parametrize(("text", "minutes"), TIMES.items())
def test_times_are_read(text: str, minutes: int) -> None:
    assert read_time(text) == minutes
    assert read_time(f" {text} ") == minutes


@pytest.mark.parametrize("text", NO_TIMES)
def test_what_is_no_time_is_refused(text: str) -> None:
    assert read_time(text) is None
    with pytest.raises(ValidationError, match="a time of day is written like"):
        TypeAdapter(TimeOfDay).validate_python(text)


@given(st.integers(0, DAY))
def test_what_is_written_is_read(minutes: int) -> None:
    assert read_time(write_time(minutes)) == minutes
    assert TypeAdapter(TimeOfDay).validate_python(write_time(minutes)) == write_time(minutes)


@pytest.mark.parametrize(("text", "minutes"), DURATIONS.items())
def test_durations_are_read(text: str, minutes: int) -> None:
    assert read_duration(text) == minutes
    assert TypeAdapter(Minutes).validate_python(text) == minutes


@pytest.mark.parametrize("text", NO_DURATIONS)
def test_what_is_no_duration_is_refused(text: str) -> None:
    assert read_duration(text) is None


@pytest.mark.parametrize("value", [True, 1.5, None, -1, 10**9, "x"])
def test_payloads_hold_whole_minutes(value: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Minutes).validate_python(value)


@given(st.text(max_size=30))
def test_no_text_brings_a_reader_down(text: str) -> None:
    assert read_time(text) is None or 0 <= (read_time(text) or 0) <= DAY
    assert read_duration(text) is None or (read_duration(text) or 0) >= 0
