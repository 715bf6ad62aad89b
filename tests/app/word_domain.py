"""A domain for tests of the shell: the answer is one known word.

Its diagnostics quote the answer in every field they have, so that whatever leaks, leaks here.
An answer `!loop` keeps its critic busy for ever, `?` cannot be decided.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from critics import (
    Code,
    Diagnostic,
    Domain,
    Example,
    Location,
    Problem,
    ProblemError,
    Undecided,
    critic,
)
from critics.types import Feasibility, Feasible, Solved


class Word(Problem):
    """Guess a word."""

    word: str
    """The word."""


def load(problem: Word) -> Word:
    if problem.word == "!loop":
        _loop()
    if not problem.word.isprintable():
        at = Location(source="word", line=1, column=2)
        raise ProblemError(
            [
                Diagnostic(code="word-unprintable", headline="the word has no letters", at=at),
                Diagnostic(code="word-unprintable", headline="nor has it digits"),
            ]
        )
    return problem


@critic(decides="the word")
def same_word(problem: Word, answer: str) -> Iterator[Diagnostic]:
    if answer == "!loop":
        _loop()
    if answer == "?":
        fault = Diagnostic(code="word-undecided", headline="`?` may be anything")
        raise Undecided([fault.model_copy(update={"severity": "unknown"})])
    if answer != problem.word:
        place = Location(source="answer", line=1, column=1, text=answer, label=f"here: {answer}")
        yield Diagnostic(
            code="word-wrong",
            headline=f"`{answer}` is not the word",
            at=place,
            also=(place,),
            notes=(f"got `{answer}`",),
            help=(f"do not say `{answer}`",),
            data={"got": answer},
        )


def extract(_problem: Word, response: str) -> Sequence[str]:
    return list(dict.fromkeys(response.split()))


def feasibility(problem: Word) -> Feasibility:
    if problem.word:
        return Feasibility(status=Feasible.FEASIBLE)
    finding = Diagnostic(code="word-empty", headline="no word has no letters")
    return Feasibility(status=Feasible.INFEASIBLE, diagnostics=(finding,))


def _loop() -> None:
    while True:
        pass


domain = Domain(
    name="word",
    version="1",
    summary="Guess a word",
    problem=Word,
    load=load,
    parse=lambda _problem, text: text,
    critics=[same_word],
    prompt=lambda _problem: "Guess the word.",
    answer_format="The word alone.",
    extract=extract,
    examples=[Example("hello", {"word": "hello"}, good=["hello"], bad={"bye": "word-wrong"})],
    codes={
        "word-wrong": Code("A wrong word", "It is another word.", "Say another word."),
        "word-empty": Code("No letters", "Every word has letters.", "Ask for a word."),
        "word-undecided": Code("Any word", "It may be anything.", "Say a word."),
        "word-unprintable": Code("No word", "It has no letters.", "Take another word."),
    },
)

tested = replace(domain, name="tested-word", feasibility=feasibility)
"""The same domain, but it also tells when there is no answer: to the empty word."""


def solve(problem: Word) -> Solved:
    """Know the word at once; if it names a pipe, only when something is written there."""
    if problem.word.startswith("/"):
        Path(problem.word).read_bytes()
    if problem.word == "?":
        return Solved(answer=None, engine="word search", reason="it may be anything")
    return Solved(answer=problem.word, engine="word search")


solved = replace(domain, name="solved-word", solver=solve)
"""The same domain with a solver."""
