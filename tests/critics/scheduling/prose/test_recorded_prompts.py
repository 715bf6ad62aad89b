"""Every recorded prompt of Natural Plan is read without one wrong field."""

import pytest

from critics.domain import find_domain
from critics.formalizer import read_prose
from critics.scheduling.prose.calendar import parse_calendar
from critics.scheduling.prose.meeting import parse_meeting
from critics.scheduling.prose.trip import parse_trip

PARSERS = {"calendar": parse_calendar, "meeting": parse_meeting, "trip": parse_trip}


@pytest.mark.parametrize("task", PARSERS)
def test_every_prompt_says_what_two_other_parsers_have_read(natural_plan, task):
    rows = [row for row in natural_plan if row["task"] == task]
    assert len(rows) > 40
    for row in rows:
        spec = {name: value for name, value in row["spec"].items() if name != "task"}
        spec |= {"windows_semantics": "contain"} if task == "trip" else {}
        reading = PARSERS[task](row["prompt"])
        assert (reading.problem, reading.unread) == (spec, ()), row["id"]


@pytest.mark.parametrize("task", PARSERS)
def test_openings_that_ask_for_a_form_of_answer_are_read_the_same(natural_plan_openings, task):
    openings = [(row, text) for row, text in natural_plan_openings if row["task"] == task]
    assert len(openings) > 40
    for row, text in openings:
        assert PARSERS[task](text) == PARSERS[task](row["prompt"]), row["id"]
    made, _ = read_prose(find_domain(task), openings[0][1])
    assert made.problem is not None
    assert not made.doubts


@pytest.mark.parametrize("task", PARSERS)
def test_no_parser_takes_a_prompt_of_another_kind(natural_plan, task):
    for row in natural_plan:
        if row["task"] != task:
            assert PARSERS[task](row["prompt"]) is None


@pytest.mark.parametrize("task", PARSERS)
def test_what_is_read_is_a_problem_of_the_domain_in_words(natural_plan, task):
    for row in [row for row in natural_plan if row["task"] == task][::6]:
        made, (reading,) = read_prose(find_domain(task), row["prompt"])
        assert reading.parser == f"natural-plan-{task}"
        assert made.problem is not None
        assert not made.doubts
        assert made.paraphrase


def test_the_last_task_of_a_prompt_with_examples_is_read(natural_plan):
    for task, parse in PARSERS.items():
        one, two = [row for row in natural_plan if row["task"] == task][:2]
        body = {row["id"]: row["prompt"].rpartition("TASK:")[2].strip() for row in (one, two)}
        bare = {name: text.removesuffix("SOLUTION:") for name, text in body.items()}
        shots = (
            "You are an expert at planning. Here are a few example tasks and solutions:\n\n"
            f"TASK: {bare[one['id']]}\nSOLUTION: {one['golden']}\n\n"
            f"TASK: {bare[two['id']]}\nSOLUTION:"
        )
        assert parse(shots).problem == parse(two["prompt"]).problem
