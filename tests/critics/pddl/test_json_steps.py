import json

import pytest

from critics.pddl.json_steps import read_json
from critics.pddl.lines import Names

NAMES = Names({"pick-up": 1, "stack": 2, "wait": 0}, frozenset("abc"))
STEPS = [("pick-up", "a"), ("stack", "a", "b")]


@pytest.mark.parametrize(
    "value",
    [
        ["(pick-up a)", "(stack a b)"],
        ["pick-up a", "STACK a b"],
        [["pick-up", "a"], ["stack", "a", "b"]],
        {"plan": ["(pick-up a)", "(stack a b)"]},
        {"note": ["said"], "plan": ["(pick-up a)", "(stack a b)"]},
        [{"action": "pick-up", "args": ["a"]}, {"action": "stack", "args": ["a", "b"]}],
        [{"step": 1, "action": "(pick-up a)"}, {"step": 2, "action": "(stack a b)"}],
    ],
)
def test_reads_steps_in_every_shape(value):
    assert read_json(json.dumps(value), NAMES) == STEPS
    assert read_json("Here it is:\n" + json.dumps(value, indent=2) + "\nDone.", NAMES) == STEPS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "[1, 2]",
        '["(pick-up a)", 3]',
        '["no", "plan"]',
        '{"plan": "none"}',
        "[" * 100_000,
        '{"a":' * 100_000,
        "[PLAN]",
    ],
)
def test_a_list_with_anything_else_in_it_is_no_plan(text):
    assert read_json(text, NAMES) is None


def test_a_wrong_step_stays_in_the_list():
    text = '["(pick-up a)", "(put a b)", {"action": "wait"}]'
    assert read_json(text, NAMES) == [("pick-up", "a"), ("put", "a", "b"), ("wait",)]
