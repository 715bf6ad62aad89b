"""Worked examples from memory: the nearest certified ones, never the problem itself."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from app.engine import RunRecord, RunSpec
from app.memory import ALL_CHARS, PROMPT_CHARS, compare_words, count_words, recall_examples
from app.protocol import SolveRequest, SolveResult
from backprompt.budget import Budget, Usage
from backprompt.strategy import Strategy
from backprompt.task import Task


def record(
    number: int,
    prompt: str,
    *,
    answer: str | None = "it",
    strategy: Strategy | None = None,
    state: str = "certified",
    **result: object,
) -> RunRecord:
    """A run that is over."""
    name, usage = f"run_{number}", Usage(**result.pop("usage", {}))
    ended = SolveResult(
        id=name,
        status=state,
        certified=answer is not None,
        answer=answer,
        rounds=1,
        usage=usage,
        budget=Budget(),
        upstream="configured",
        elapsed_s=1.0,
        **{"origin": "model" if answer else None, **result},
    )
    spec = RunSpec(
        id=name,
        request=SolveRequest(domain="toy", problem={"say": prompt}),
        task=Task(domain="toy", problem={"say": prompt}, prompt=prompt),
        strategy=strategy or Strategy(),
        budget=Budget(),
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return RunRecord(spec=spec, state=state, usage=usage, result=ended)


def task(prompt: str) -> Task:
    return Task(domain="toy", problem={"say": prompt}, prompt=prompt)


RUNS = [
    record(1, "Put block a on block b and block c on the table."),
    record(2, "Drive the truck from the depot to the airport."),
    record(3, "Put block d on block e."),
    record(4, "Put block x on block y.", answer=None, state="exhausted"),
]


def test_the_nearest_problem_stands_last():
    shots = recall_examples(RUNS, task("Put block b on block a."), 2)
    assert [shot.run for shot in shots] == ["run_1", "run_3"] or [shot.run for shot in shots] == [
        "run_3",
        "run_1",
    ]
    (nearest,) = recall_examples(RUNS, task("Fly from the depot to the airport."), 1)
    assert (nearest.run, nearest.prompt, nearest.answer) == (
        "run_2",
        RUNS[1].spec.task.prompt,
        "it",
    )


def test_what_was_not_certified_is_no_example():
    shots = recall_examples(RUNS, task("Put block x on block z."), 8)
    assert {shot.run for shot in shots} == {"run_1", "run_2", "run_3"}


def test_a_problem_is_never_its_own_example():
    same = RUNS[2].spec.task
    assert "run_3" not in {shot.run for shot in recall_examples(RUNS, same, 8)}
    twice = [*RUNS, record(5, RUNS[0].spec.task.prompt)]
    runs = [shot.run for shot in recall_examples(twice, task("Put it on the table."), 8)]
    assert len(runs) == len(set(runs)) == 3
    assert "run_5" not in runs


def test_examples_take_bounded_room():
    long = [record(n, f"{n} " + "x" * (PROMPT_CHARS - 100)) for n in range(8)]
    huge = [record(9, "y" * PROMPT_CHARS)]
    shots = recall_examples([*huge, *long], task("x"), 8)
    assert 0 < sum(len(shot.prompt) + len(shot.answer) for shot in shots) <= ALL_CHARS
    assert "run_9" not in {shot.run for shot in shots}


@given(st.text(max_size=60), st.text(max_size=60))
def test_likeness_is_symmetric_and_bounded(one, other):
    first, second = count_words(one), count_words(other)
    assert 0 <= compare_words(first, second) <= 1 + 1e-9
    assert abs(compare_words(first, second) - compare_words(second, first)) < 1e-9
    if first:
        assert abs(compare_words(first, first) - 1) < 1e-9
