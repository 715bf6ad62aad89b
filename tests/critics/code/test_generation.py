"""Made Python tasks: their programs pass their tests, here and in a sandbox."""

from collections.abc import Callable

import pytest

from critics.code.domain import domain
from critics.code.examples import EXAMPLES
from critics.code.generation import ENDS, LEVELS, STEPS, answer, identify, rename
from critics.types import Judgement, Verdict
from tests.critics.generated import make, seeded


@pytest.mark.parametrize("level", range(1, len(LEVELS) + 1))
def test_programs_pass_their_tests(level: int) -> None:
    for seed in range(30):
        payload = make(domain, "lists", level, seed)
        for each in (payload, rename(seeded(seed), payload)):
            program = answer(each)
            assert program is not None
            exec(program + str(each["tests"]), {})  # noqa: S102  # text that this code has made
            assert identify(each) == identify(payload)


def test_every_step_can_be_drawn_and_read_back() -> None:
    tasks = [make(domain, "lists", 4, seed)["task"] for seed in range(150)]
    for step in (*STEPS, *ENDS):
        assert any(step.told.split("{}")[0] in str(task) for task in tasks)


def test_the_sandbox_accepts_a_program_and_rejects_another(
    on_one: Callable[..., Judgement],
) -> None:
    payload = make(domain, "lists", 2, seed=1)
    program = answer(payload) or ""
    assert on_one(program, payload["tests"]).verdict is Verdict.ACCEPTED
    wrong = program.split("\n")[0] + "\n    return None\n"
    assert on_one(wrong, payload["tests"]).verdict is Verdict.REJECTED


def test_other_tasks_have_no_answer_and_an_identity() -> None:
    example = EXAMPLES[0].problem
    assert answer(example) is None
    twin = rename(seeded(1), example)
    assert identify(twin) == identify(example)
    assert "middle" not in str(twin)
    assert identify({**example, "tests": "assert middle([1]) == 1"}) != identify(example)
    made = make(domain, "lists", 2, seed=1)
    assert identify({**made, "task": str(made["task"]).replace("return", "return twice")}) != (
        identify(made)
    )
