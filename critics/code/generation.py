"""Small functions over lists of whole numbers, made by a program, with tests.

A task chains steps such as "keep the even ones" and ends with what to return. The sentences of a
task are read back for its answer, and the values in its tests are computed by the steps themselves;
no text is executed here.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from critics.code.problem import CodeProblem, load_problem
from critics.generation import Family, Generation, Payload

LEVELS = ("only what is returned", "one step", "two steps", "three steps")
NAMES = (
    *("total", "collect", "reduce_all", "summarize", "transform", "gather", "convert", "work_out"),
    *("handle", "measure", "combine", "refine"),
)
SAMPLES = 4
"""Examples among the tests, beside the empty list."""

_TASK = re.compile(r"Write `(\w+)\(values\)`: from a list of integers, (.+)\.", re.ASCII)
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_WORD = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Step:
    """Something to be done with a list; `{}` stands for a number.

    Attributes:
        told: The sentence's part.
        written: The program's expression, over `values`.
        do: What it does.
    """

    told: str
    written: str
    do: Callable[[list[int], int], Any]


STEPS = (
    Step(
        "keep the even ones",
        "[v for v in values if v % 2 == 0]",
        lambda v, _: [x for x in v if x % 2 == 0],
    ),
    Step(
        "keep the odd ones",
        "[v for v in values if v % 2 == 1]",
        lambda v, _: [x for x in v if x % 2 == 1],
    ),
    Step(
        "keep those greater than {}",
        "[v for v in values if v > {}]",
        lambda values, n: [v for v in values if v > n],
    ),
    Step(
        "keep those less than {}",
        "[v for v in values if v < {}]",
        lambda values, n: [v for v in values if v < n],
    ),
    Step("add {} to each", "[v + {} for v in values]", lambda values, n: [v + n for v in values]),
    Step(
        "multiply each by {}", "[v * {} for v in values]", lambda values, n: [v * n for v in values]
    ),
    Step("square each", "[v * v for v in values]", lambda values, _: [v * v for v in values]),
    Step("drop the first {}", "values[{}:]", lambda values, n: values[n:]),
    Step("reverse their order", "values[::-1]", lambda values, _: values[::-1]),
)
ENDS = (
    Step("return the list", "values", lambda values, _: values),
    Step("return the sum", "sum(values)", lambda values, _: sum(values)),
    Step("return how many there are", "len(values)", lambda values, _: len(values)),
    Step("return them sorted", "sorted(values)", lambda values, _: sorted(values)),
    Step(
        "return the greatest, or {} for none",
        "max(values, default={})",
        lambda v, n: max(v, default=n),
    ),
    Step(
        "return the sum of the {} smallest",
        "sum(sorted(values)[:{}])",
        lambda values, n: sum(sorted(values)[:n]),
    ),
)


def make_function(random: Random, level: int) -> Payload:
    """Make a task with tests."""
    ends = ENDS if level > 1 else ENDS[1:]
    chain = [*random.sample(STEPS, level - 1), random.choice(ends)]
    numbers = [random.randint(2, 9) for _ in chain]
    name = random.choice(NAMES)
    told = [step.told.format(n) for step, n in zip(chain, numbers, strict=True)]
    inputs = [[random.randint(-9, 20) for _ in range(random.randint(3, 7))] for _ in range(SAMPLES)]
    tests = [
        f"assert {name}({values}) == {_compute(chain, numbers, values)}" for values in ([], *inputs)
    ]
    sentence = f"Write `{name}(values)`: from a list of integers, {'; '.join(told)}."
    return {"task": sentence, "tests": "\n".join(tests)}


def answer(payload: Any) -> str | None:
    """Write the program; nothing if the task is of another form than those made here."""
    problem = CodeProblem.model_validate(payload)
    found = _TASK.fullmatch(problem.task)
    if found is None:
        return None
    lines = [_write(part) for part in found[2].split("; ")]
    if None in lines:
        return None
    return "\n".join([f"def {found[1]}(values):", *(f"    {line}" for line in lines)]) + "\n"


def identify(payload: Any) -> str:
    """Tell tasks apart; the names of functions and the order of lines of tests do not matter.

    Where a task is of the form made here, its sentence says everything and its tests add nothing.
    """
    loaded = load_problem(CodeProblem.model_validate(payload))
    places = {name: f"[{place}]" for place, name in enumerate(loaded.names)}
    task = loaded.problem.task
    lines = [] if _TASK.fullmatch(task) else sorted(loaded.lines)
    return json.dumps([_replace(text, places) for text in (task, *lines)])


def rename(random: Random, payload: Any) -> Payload:
    """Give the functions that are to be written other names."""
    loaded = load_problem(CodeProblem.model_validate(payload))
    taken = set(_WORD.findall(loaded.problem.task + loaded.problem.tests))
    extra = (f"function_{number}" for number in range(len(taken) + len(loaded.names)))
    free = [name for name in (*NAMES, *extra) if name not in taken]
    names = dict(zip(loaded.names, random.sample(free, len(loaded.names)), strict=True))
    renamed = loaded.problem.model_dump(mode="json", exclude_defaults=True)
    renamed |= {field: _replace(renamed[field], names) for field in ("task", "tests")}
    if "entry" in renamed:
        renamed["entry"] = [names[name] for name in loaded.names]
    return renamed


def _replace(text: str, names: Mapping[str, str]) -> str:
    return _WORD.sub(lambda found: names.get(found[0], found[0]), text)


def _write(part: str) -> str | None:
    """Write a sentence's part as a line of a program."""
    number = "".join(_NUMBER.findall(part)[:1])
    told = _NUMBER.sub("{}", part)
    for steps, start in ((STEPS, "values = "), (ENDS, "return ")):
        for step in steps:
            if step.told == told:
                return start + step.written.format(number)
    return None


def _compute(chain: Sequence[Step], numbers: Sequence[int], values: list[int]) -> Any:
    found: Any = values
    for step, number in zip(chain, numbers, strict=True):
        found = step.do(found, number)
    return found


CODE_GENERATION = Generation(
    families=(
        Family(
            name="lists",
            summary="functions over lists of whole numbers",
            levels=LEVELS,
            make=make_function,
            answer=answer,
        ),
    ),
    identity=identify,
    rename=rename,
)
