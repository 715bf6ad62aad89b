"""Nothing that a model or a user sends brings a schedule's domain down."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from critics.domain import find_domain
from critics.judge import judge
from critics.types import KernelError, ProblemError, Verdict

NAMES = ("calendar", "meeting", "trip")
WORDS = st.sampled_from(
    [
        *("day", "start", "end", "time_range", "itinerary", "city", "place", "first_day"),
        *("last_day", "days", "day_range", "flying", "from", "to", "person", "action", "meet"),
        *("travel", "wait", "location", "destination", "minutes", "unread", "travel_to"),
        *("wait_until", "stop_at", "start_at", "fly_from", "fly_to", "Monday", "Ada", "Oslo"),
        *("Harbour", "9:00", "10:00AM", "14:00:15:00", "Day 1-3", "Station", "start_time"),
    ]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=6)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=12,
)
SENTENCES = st.lists(
    st.sampled_from(
        [
            *("You start at Station at 9:00AM.", "You travel to", "Harbour", "in 20 minutes"),
            *("and arrive at 9:20AM.", "You meet Ada", "for 30 minutes", "from 9:20AM to 9:50AM."),
            *(
                "You wait until",
                "12:00.",
                "\n",
                "**Day 1-3:**",
                "Day 3:",
                "Fly from Oslo to Porto.",
            ),
            *("Visit Oslo for 3 days.", "Here is the proposed time: Monday, 14:00 - 15:00", "you"),
        ]
    ),
    max_size=20,
).map(" ".join)


def set_up(name: str) -> tuple[Any, Any, Any]:
    domain = find_domain(name)
    problem = domain.problem.model_validate(domain.examples[0].problem)
    return domain, problem, domain.load(problem)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=50, deadline=None)
@given(answer=st.dictionaries(WORDS, VALUES, max_size=4) | VALUES)
def test_any_json_is_judged(name: str, answer: Any) -> None:
    domain, problem, instance = set_up(name)
    for shape in (answer, {"itinerary": answer}, {"itinerary": [answer]}):
        text = json.dumps(shape)
        for found in (text, *domain.extract(instance, text)):
            judgement = judge(domain, problem, found)
            assert judgement.verdict in (Verdict.ACCEPTED, Verdict.REJECTED), judgement.diagnostics
            opinion = domain.second_opinion(problem, found)
            assert opinion.verdict in (judgement.verdict, Verdict.UNKNOWN)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=50, deadline=None)
@given(response=st.text(max_size=60) | SENTENCES)
def test_any_text_is_read(name: str, response: str) -> None:
    domain, problem, instance = set_up(name)
    for found in domain.extract(instance, response):
        assert judge(domain, problem, found).verdict is not Verdict.UNKNOWN


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_changed_problem_is_loaded_or_refused(name: str, data: st.DataObject) -> None:
    domain, _, _ = set_up(name)
    payload = json.loads(json.dumps(dict(domain.examples[0].problem)))
    key = data.draw(st.sampled_from(sorted(payload)))
    payload[key] = data.draw(VALUES)
    with suppress(ProblemError):
        assert judge(domain, payload, "{}").verdict is Verdict.REJECTED


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "text",
    [
        "You start " + "you travel from a to a to " * 4_000,
        "You start at a at 9:00AM. " + "." * 50_000,
        "Day 1-3: " + "visit " * 20_000,
        "Day 1-3: Visit Oslo" + " " * 50_000 + "x",
        "proposed time" + " " * 50_000,
        '{"itinerary": [' * 10_000,
        '{"day": "' * 10_000,
        "Day 1: visit Oslo\n" * 5_000,
    ],
    ids=range(8),
)
def test_no_response_takes_long(name: str, text: str) -> None:
    domain, problem, instance = set_up(name)
    for found in domain.extract(instance, text):
        assert judge(domain, problem, found).verdict is Verdict.REJECTED


def test_hostile_problems_are_errors_with_codes() -> None:
    for name in NAMES:
        with pytest.raises(KernelError):
            judge(find_domain(name), {}, "{}")


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("calendar", {"day": "\ud800", "start": "9:00", "end": "10:00"}),
        ("trip", {"itinerary": [{"city": "\ud800", "first_day": 1, "last_day": 2}]}),
        ("meeting", {"itinerary": [{"person": "\ud800", "start": "9:00", "end": "9:30"}]}),
    ],
)
def test_a_name_that_is_half_a_character_is_told(name: str, answer: dict[str, Any]) -> None:
    domain = find_domain(name)
    judgement = judge(domain, domain.examples[0].problem, json.dumps(answer))
    assert judgement.verdict is Verdict.REJECTED
    assert "\\ud800" in judgement.model_dump_json()
