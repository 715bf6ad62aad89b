"""Cells: one run of one problem with one strategy and one upstream, and what is kept of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from app.bench.problems import BenchProblem
from app.bench.suite import Arm, Source, Suite
from backprompt.events import (
    CallFailed,
    CallFinished,
    CandidateFound,
    CandidateRepeated,
    Event,
    Judged,
)
from critics.statement import canonical, digest

Verified = Literal["verified", "refuted", "undecided"]
Axis = Literal["rounds", "calls", "tokens", "seconds", "cost_usd"]
AXES: tuple[Axis, ...] = ("rounds", "calls", "tokens", "seconds", "cost_usd")
COUNTED = frozenset({"certified", "infeasible", "exhausted", "needs_input"})
"""Ends of runs that are results, and no accidents."""
SKILL = frozenset({"model", "reformatted"})
"""Origins that count as the model's own: neither a search nor a solver found the answer."""


@dataclass(frozen=True)
class Cell:
    """A run to be done.

    Attributes:
        suite: Where it comes from.
        problem: What is solved.
        strategy: Name of the arm.
        upstream: Name of the source.
        repeat: Counts from 0.
        seed: Of the run's first call.
    """

    suite: Suite
    problem: BenchProblem
    strategy: str
    upstream: str
    repeat: int
    seed: int

    @property
    def arm(self) -> Arm:
        """The strategy."""
        return self.suite.strategies[self.strategy]

    @property
    def source(self) -> Source:
        """Whom to ask."""
        return self.suite.upstreams[self.upstream]

    @cached_property
    def key(self) -> str:
        """Hash of everything that decides the result; names are not in it."""
        return digest(canonical(self.definition))

    @cached_property
    def slug(self) -> str:
        """A file name."""
        said = f"{self.problem.id}.{self.strategy}.{self.upstream}.{self.repeat}"
        kept = "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in said)
        return f"{kept[:120]}.{self.key[:12]}"

    @property
    def definition(self) -> dict[str, JsonValue]:
        """What decides the result."""
        request = self.suite.request(self.problem, self.arm, self.seed)
        source = self.source.model_dump(mode="json", exclude_unset=True)
        for neutral in ("repeats", "price", "api_key_env", "threads", "path"):
            source.pop(neutral, None)
        asked: dict[str, JsonValue] = request.model_dump(mode="json", exclude_unset=True)
        return {"request": asked, "upstream": source, "repeat": self.repeat}


class Step(BaseModel):
    """One call of a run, and what had been spent when it ended."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    call: int
    round: int
    calls: int
    tokens: int
    cost_usd: float
    seconds: float
    verdict: Literal["accepted", "rejected", "unknown", "none", "failed"]
    """Of the best candidate in the answer; `none` without any new one."""
    repeated: bool = False
    """Whether the answer held only candidates that were judged before."""


class CellRecord(BaseModel):
    """How a cell ended: one line of `cells.jsonl`."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    key: str
    """`Cell.key`."""
    problem: str
    problem_sha256: str
    domain: str
    group: str
    solvable: bool | None = None
    strategy: str
    upstream: str
    repeat: int
    seed: int
    status: str
    """A run's status, or `refused`: the service would not begin such a run."""
    reason: str | None = None
    message: str | None = None
    """Why it was refused or failed."""
    certified: bool = False
    """Whether there is a certificate of an answer."""
    infeasible: bool = False
    """Whether there is a certificate that the problem has none."""
    verified: Verified | None = None
    """What proving the certificate again, in a process of its own, has shown."""
    origin: str | None = None
    """Who found the certified answer."""
    search: dict[str, JsonValue] = {}
    """What the certificate says of a search: nodes, calls, bits of the prior."""
    optimal: bool | None = None
    rounds: int = 0
    calls: int = 0
    candidates: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated_tokens: int = 0
    cost_usd: float = 0.0
    seconds: float = 0.0
    """Wall seconds; of a replay, what the recorded calls took is added."""
    model: str | None = None
    steps: tuple[Step, ...] = ()
    run: str | None = None
    at: str = ""
    """When it ended (ISO 8601)."""

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens together."""
        return self.prompt_tokens + self.completion_tokens

    @property
    def row(self) -> tuple[str, str]:
        """The row of the report it counts in."""
        return self.upstream, self.strategy

    @property
    def instance(self) -> tuple[str, int]:
        """What it shares with the cells of other rows it is compared with."""
        return self.problem, self.repeat

    @property
    def right(self) -> bool:
        """Whether an answer was certified, and the certificate proved again."""
        return self.certified and self.verified == "verified"

    @property
    def skilled(self) -> bool:
        """Whether a model found that answer: no search, solver or memory did."""
        return self.right and self.origin in SKILL

    @property
    def false_accept(self) -> bool:
        """Whether something was certified that is not so, or is known not to be so."""
        claimed = self.certified or self.infeasible
        contradicted = self.solvable is not None and (
            (self.certified and not self.solvable) or (self.infeasible and self.solvable)
        )
        return claimed and (self.verified == "refuted" or contradicted)

    def spent(self, axis: Axis) -> float:
        """Give what was spent until the certificate, or in all."""
        return float(getattr(self, axis))


def plan(suite: Suite, problems: Sequence[BenchProblem]) -> Iterator[Cell]:
    """List the cells, such that whatever was done first compares all rows on the same problems."""
    most = max(suite.runs_of(s, u) for s in suite.strategies for u in suite.upstreams)
    for repeat in range(most):
        for problem in problems:
            seed = _seed(suite, problem, repeat)
            for upstream in suite.upstreams:
                for strategy in suite.strategies:
                    if repeat < suite.runs_of(strategy, upstream):
                        yield Cell(suite, problem, strategy, upstream, repeat, seed)


def _seed(suite: Suite, problem: BenchProblem, repeat: int) -> int:
    """Give a run's seed; call `i` uses `seed + i`, so seeds lie far apart."""
    number = int(digest(f"{suite.seed} {problem.sha256} {repeat}".encode())[:8], 16)
    return number % 2_000_000 * 1000


def trace(events: Iterable[Event]) -> tuple[Step, ...]:
    """Read a journal's calls, each with what its answer was worth."""
    steps: dict[int, Step] = {}
    calls_of: dict[int, int | None] = {}
    for event in events:
        if isinstance(event, CallFinished | CallFailed):
            failed = isinstance(event, CallFailed)
            steps[event.call] = Step(
                call=event.call,
                round=event.round,
                calls=event.spent.calls,
                tokens=event.spent.tokens,
                cost_usd=event.spent.cost_usd,
                seconds=event.at,
                verdict="failed" if failed else "none",
            )
        elif isinstance(event, CandidateFound):
            calls_of[event.candidate] = event.call
        elif isinstance(event, CandidateRepeated):
            _mark(steps, event.call, repeated=True)
        elif isinstance(event, Judged):
            _grade(steps, calls_of.get(event.candidate), event.judgement.verdict.value)
    return tuple(steps[number] for number in sorted(steps))


def _mark(steps: dict[int, Step], call: int | None, *, repeated: bool) -> None:
    step = steps.get(call) if call is not None else None
    if step is not None and step.verdict == "none":
        steps[step.call] = step.model_copy(update={"repeated": repeated})


def _grade(steps: dict[int, Step], call: int | None, verdict: str) -> None:
    """Note the best verdict of a call's candidates."""
    step = steps.get(call) if call is not None else None
    if step is None:
        return
    order = ("failed", "none", "rejected", "unknown", "accepted")
    better = max(step.verdict, verdict, key=order.index)
    steps[step.call] = step.model_copy(update={"verdict": better, "repeated": False})
