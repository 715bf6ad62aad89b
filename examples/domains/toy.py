"""Name a list of numbers in ascending order: a whole third-party domain in one file."""

from collections.abc import Iterator
from itertools import pairwise

from critics import CandidateError, Code, Diagnostic, Domain, Example, Mutant, Problem, critic


class Numbers(Problem):
    """Numbers to sort."""

    numbers: list[int]


def parse(_problem: Numbers, text: str) -> list[int]:
    try:
        return [int(word) for word in text.split(",")]
    except ValueError as error:
        raise CandidateError(
            [Diagnostic(code="sort-format", headline="a part of the answer is no integer")]
        ) from error


@critic(decides="that the numbers ascend")
def ascending(_problem: Numbers, answer: list[int]) -> Iterator[Diagnostic]:
    for position, (left, right) in enumerate(pairwise(answer), 1):
        if left > right:
            yield Diagnostic(code="sort-order", headline=f"number {position} is too large")


@critic(decides="that the numbers are those given")
def same_numbers(problem: Numbers, answer: list[int]) -> Iterator[Diagnostic]:
    if sorted(problem.numbers) != sorted(answer):
        yield Diagnostic(code="sort-numbers", headline="these are not the numbers given")


domain = Domain(
    name="toy",
    version="1",
    summary="Sort numbers.",
    problem=Numbers,
    parse=parse,
    critics=[ascending, same_numbers],
    prompt=lambda problem: f"Sort these numbers: {problem.numbers}.",
    answer_format="The numbers, with commas between them.",
    extract=lambda _problem, response: [line for line in response.splitlines() if "," in line],
    mutate=lambda _problem, text: iter([Mutant(f"{text},0,0", "two more zeros", rejected=True)]),
    examples=[
        Example(
            "three",
            problem={"numbers": [3, 1, 2]},
            good=["1,2,3"],
            bad={"3,2,1": "sort-order", "1,2": "sort-numbers", "one": "sort-format"},
            responses={"Sure:\n1,3,2\n1,2,3": ["1,3,2", "1,2,3"], "no": []},
        )
    ],
    codes={
        "sort-format": Code("Not a list of integers", "It cannot be read.", "Write `1,2,3`."),
        "sort-order": Code("Out of order", "A number is larger than the next.", "Swap them."),
        "sort-numbers": Code("Other numbers", "Some are missing or extra.", "Use those given."),
    },
)
