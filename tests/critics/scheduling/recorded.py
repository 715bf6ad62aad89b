"""Recorded problems as payloads of our domains."""

from collections.abc import Iterator
from typing import Any

from critics.domain import Domain, find_domain
from critics.scheduling.calendar.answer import propose as propose_slots
from critics.scheduling.meeting.extract import propose as propose_meetings
from critics.scheduling.trip.extract import propose as propose_trips
from critics.types import Problem
from tests.conftest import Recordings

TASKS = ("calendar", "meeting", "trip")


def payload_of(row: dict[str, Any]) -> dict[str, Any]:
    """Give a recorded problem as it is sent: its `spec` without the name of the task."""
    return {key: value for key, value in row["spec"].items() if key != "task"}


def read_problems(recordings: Recordings, task: str) -> Iterator[tuple[dict[str, Any], Problem]]:
    """Give every recorded problem of a task with its payload, validated."""
    schema = find_domain(task).problem
    for row in recordings.problems.values():
        if row["task"] == task:
            yield row, schema.model_validate(payload_of(row))


def readings_of(domain: Domain, instance: Any, response: str) -> list[list[str]]:
    """Give every candidate of a response in order, repeated ones too, each with its readings."""
    if domain.name == "meeting":
        return list(propose_meetings(instance, response))
    propose = propose_slots if domain.name == "calendar" else propose_trips
    return [[text] for text in propose(instance, response)]
