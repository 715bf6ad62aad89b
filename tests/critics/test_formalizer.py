"""From a text, or from a model's words, to a payload."""

import json

import pytest

from critics.domain import find_domain
from critics.formalizer import examine, last_object, read_prose, settle, take_step
from critics.types import ProblemError, Undecided

CALENDAR = find_domain("calendar")
TEXT = "Ann and Bob meet for 30 minutes on Monday between 9:00 and 17:00."
GOOD = {
    "participants": ["Ann", "Bob"],
    "days": ["Monday"],
    "duration_min": 30,
    "work_hours": ["9:00", "17:00"],
}


def answer(problem, *missing):
    return json.dumps({"problem": problem, "missing": list(missing)})


@pytest.mark.parametrize(
    "response",
    [
        answer(GOOD),
        json.dumps(GOOD),
        f"Let me see. {{not json}} Here:\n```json\n{answer(GOOD)}\n```\nDone.",
        f"{answer({'days': []})} No, rather: {answer(GOOD)}",
        answer({**GOOD, "busy": None, "grid_min": None}),
    ],
)
def test_the_last_object_is_the_problem_with_every_choice_written_out(response):
    made = examine(CALENDAR, TEXT, response)
    assert (made.faults, made.missing, made.doubts) == ((), (), ())
    assert made.problem["objective"] == "any"
    assert made.problem["work_hours"] == ["09:00", "17:00"]
    assert "Find one time of 30 minutes for a meeting of Ann and Bob." in made.paraphrase


@pytest.mark.parametrize("response", ["", "I cannot.", "[1, 2]", "{", "{}", '{"a": }'])
def test_a_response_without_an_object_is_a_fault(response):
    made = examine(CALENDAR, TEXT, response)
    assert made.problem is None
    assert [fault.code for fault in made.faults] == ["formalization-no-object"]


def test_what_the_model_does_not_find_is_asked_of_the_author_in_our_words():
    part = {name: value for name, value in GOOD.items() if name != "duration_min"}
    made = examine(CALENDAR, TEXT, answer(part, {"field": "duration_min", "question": "Eh?"}))
    assert made.problem is None
    assert [(m.field, m.question) for m in made.missing] == [
        ("duration_min", "How long does the meeting last?")
    ]
    assert not made.faults


def test_a_field_that_is_left_out_without_a_word_is_missing_and_a_fault():
    made = examine(CALENDAR, TEXT, answer({"participants": ["Ann", "Bob"], "days": ["Monday"]}))
    assert [missing.field for missing in made.missing] == ["duration_min", "work_hours"]
    assert made.faults


def test_a_question_beside_a_whole_problem_is_kept():
    asked = {"field": "busy", "question": "Is Bob busy?"}
    made = examine(CALENDAR, TEXT, answer(GOOD, asked, "days", 7, {"field": 7}, {"x": 1}))
    assert made.problem is not None
    assert [missing.field for missing in made.missing] == ["busy", "days"]


@pytest.mark.parametrize(
    "problem",
    [
        {**GOOD, "duration_min": "long"},
        {**GOOD, "extra": 1},
        {**GOOD, "busy": [{"person": "Ann", "day": "Monday", "start": "12:00", "end": "11:00"}]},
        "Monday",
    ],
)
def test_a_wrong_problem_is_told_as_the_domain_tells_it(problem):
    made = examine(CALENDAR, TEXT, answer(problem))
    assert made.problem is None
    assert made.faults or made.missing


def test_nothing_that_a_response_says_of_itself_counts():
    claimed = {"problem": {**GOOD, "duration_min": 60}, "doubts": [], "confirmed": True}
    made = examine(CALENDAR, TEXT, json.dumps(claimed))
    assert {doubt.what for doubt in made.doubts} == {"60", "30 minutes"}


def test_a_text_that_no_parser_knows_is_left_alone():
    assert read_prose(CALENDAR, TEXT) == (read_prose(CALENDAR, "")[0], ())


def test_a_payload_of_the_users_is_put_into_words_or_refused():
    assert settle(CALENDAR, GOOD).problem["duration_min"] == 30
    with pytest.raises(ProblemError):
        settle(CALENDAR, {})


def test_a_domain_without_a_way_from_plain_language_says_so():
    with pytest.raises(Undecided, match="reads no problems in plain language"):
        take_step(find_domain("pddl"), "read", {"text": TEXT})


@pytest.mark.parametrize(
    ("response", "found"),
    [('{"a": 1} {"b": {"c": 2}}', {"b": {"c": 2}}), ("{" * 3_000, None), ('{"a": 1} {}', {"a": 1})],
)
def test_the_last_outermost_object_is_found(response, found):
    assert last_object(response) == found


def test_deep_nesting_is_no_crash():
    assert last_object('{"a":' * 50_000) is None
