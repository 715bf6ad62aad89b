"""A domain whose critic does whatever the answer says: everything that can go wrong in a worker."""

import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

from critics import Diagnostic, Domain, Example, Problem, Undecided, Verdict, critic
from critics.types import Comparison, Feasibility, Feasible, HintLevel, Opinion, Optimality, Solved


class Script(Problem):
    """What the other callables do."""

    load: str = "fine"
    extract: str = "fine"
    opinion: str = "fine"
    path: str = ""


def loop() -> NoReturn:
    while True:
        pass


def recurse() -> None:
    recurse()


def chatter() -> None:
    print("x" * 100_000)  # noqa: T201  # what a careless critic does
    print("x" * 100_000, file=sys.stderr)  # noqa: T201  # the same


def fail() -> NoReturn:
    raise LookupError("a bug")


def doubt() -> NoReturn:
    raise Undecided([Diagnostic(code="hostile-undecided", headline="cannot tell")])


def limits() -> str:
    names = ("RLIMIT_AS", "RLIMIT_FSIZE", "RLIMIT_CORE", "RLIMIT_NOFILE")
    return " ".join(str(resource.getrlimit(getattr(resource, name))[0]) for name in names)


def append(path: str) -> None:
    with Path(path).open("a", encoding="utf-8") as file:
        file.write("hacked")


ACTIONS: dict[str, Callable[[], Any]] = {
    "abort": os.abort,
    "chatter": chatter,
    "doubt": doubt,
    "environment": lambda: " ".join(sorted(os.environ)),
    "exit": lambda: os._exit(3),
    "fail": fail,
    "hoard": lambda: str(len(b"x" * (400 << 20))),
    "huge": lambda: "x" * (70 << 20),
    "leave": lambda: sys.exit(4),
    "limits": limits,
    "loop": loop,
    "memory": lambda: str(len(bytes(1 << 40))),
    "nan": lambda: float("nan"),
    "pid": lambda: str(os.getpid()),
    "recurse": recurse,
    "sleep": lambda: time.sleep(3600),
    "stdin": lambda: repr(sys.stdin.read()),
}
"""What each word makes a worker do; some words give something to say in a diagnostic."""


def act(word: str, path: str = "") -> Any:
    return append(path) if word == "write" else ACTIONS.get(word, lambda: None)()


def load(problem: Script) -> Script:
    act(problem.load)
    return problem


def extract(problem: Script, response: str) -> list[str]:
    act(problem.extract)
    return response.split()


@critic(decides="nothing much")
def obey(problem: Script, answer: str) -> Iterator[Diagnostic]:
    said = act(answer, problem.path)
    if isinstance(said, float):
        yield Diagnostic(code="hostile-said", headline="a number", data={"number": said})
    elif said is not None:
        yield Diagnostic(code="hostile-said", headline=said)
    if answer == "wrong":
        yield Diagnostic(code="hostile-wrong", headline="wrong")


def opine(problem: Script, text: str) -> Opinion:
    act(problem.opinion)
    verdict = Verdict.REJECTED if text == "wrong" or problem.opinion == "no" else Verdict.ACCEPTED
    return Opinion(engine="other 1.0", verdict=verdict)


def parse(_problem: Script, text: str) -> str:
    if not text.isalpha():
        raise Undecided([]) if text == "?" else ValueError(text)
    return text


def find_feasible(problem: Script) -> Feasibility:
    act(problem.opinion)
    return Feasibility(status=Feasible.INFEASIBLE, conflict=("a", "b"))


def find_answer(problem: Script) -> Solved:
    act(problem.opinion)
    return Solved(answer="fine", engine="other 1.0")


def compare(problem: Script, text: str) -> Comparison:
    act(problem.opinion)
    return Comparison(status=Optimality.OPTIMAL, objective=text)


def hint(problem: Script, text: str, level: HintLevel) -> list[Diagnostic]:
    act(problem.opinion)
    return [Diagnostic(code="hostile-hint", headline=f"{level.name} {text}")]


domain = Domain(
    name="hostile",
    version="7",
    summary="Misbehave.",
    problem=Script,
    load=load,
    parse=parse,
    critics=[obey],
    extract=extract,
    second_opinion=opine,
    feasibility=find_feasible,
    solver=find_answer,
    optimality=compare,
    hint=hint,
    prompt=lambda problem: f"{problem}",
    answer_format="A word.",
    examples=[Example("crash", problem={}, good=["fine"], bad={"exit": "hostile-wrong"})],
)
