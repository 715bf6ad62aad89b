"""A domain small enough to see through: the answer is 42, `?` cannot be decided.

`Clockwork` is the world of the loop, written down beforehand: what each call answers, how long it
takes, what it costs. Its clock stands still but for that.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from backprompt.budget import Budget, Usage
from backprompt.effects import DirectKernel, LiveEffects
from backprompt.journal import Journal
from backprompt.loop import solve
from backprompt.outcome import Outcome
from backprompt.strategy import Strategy
from backprompt.task import Task
from backprompt.upstream import (
    Completion,
    ReplayUpstream,
    Request,
    Sampling,
    Upstream,
    UpstreamError,
)
from critics.certificate import Provenance
from critics.rollout import Question, Reply, Unanswered, untried
from critics.types import (
    Coverage,
    Diagnostic,
    Feasibility,
    HintLevel,
    Judgement,
    Location,
    Severity,
    Solved,
    Verdict,
)

TASK = Task(
    domain="toy",
    prompt="Name the number.",
    answer_format="Write digits.",
    sampling=Sampling(temperature=0.7),
)


def extract(response: str) -> list[str]:
    """Take every number and question mark; the same one is taken once."""
    words = response.replace(",", " ").split()
    return list(dict.fromkeys(word for word in words if word.isdigit() or word[0] in "?!"))


def judge(text: str) -> Judgement:
    verdict = Verdict.REJECTED
    found: tuple[Diagnostic, ...] = ()
    if text == "42":
        verdict = Verdict.ACCEPTED
    elif text.startswith("?"):
        verdict = Verdict.UNKNOWN
        found = (finding("critic-deadline", "the check ran out of time", Severity.UNKNOWN),)
    elif text.startswith("!"):
        verdict = Verdict.UNKNOWN
        found = (finding("not-covered", "no critic decides signs", Severity.UNKNOWN),)
    else:
        found = (finding("wrong-number", f"`{text}` is not the number"),)
    score = 1.0 if verdict is Verdict.ACCEPTED else score_of(text)
    undecided = ("signs",) if text.startswith("!") else ()
    return Judgement(
        domain="toy",
        domain_version="1",
        verdict=verdict,
        candidate=text,
        score=score,
        diagnostics=found,
        coverage=Coverage(decided=("the number",), undecided=undecided),
    )


def score_of(text: str) -> float:
    return 1 / (1 + abs(int(text) - 42)) * 0.9 if text.isdigit() else 0.0


def finding(code: str, headline: str, severity: Severity = Severity.ERROR) -> Diagnostic:
    at = Location(source="answer", line=1, column=1, text=headline.split("`")[-2:][0])
    return Diagnostic(code=code, headline=headline, at=at, severity=severity)


def certify(judgement: Judgement, provenance: Provenance) -> Mapping[str, object] | None:
    """Sign whatever it is asked to, so that the loop alone decides what that is."""
    return {"answer": judgement.candidate, "origin": provenance.origin}


KERNEL = DirectKernel(extract=extract, judge=judge, certify=certify)


def completion(text: str, tokens: int = 0, cost: float = 0.0) -> Completion:
    usage = Usage(calls=1, completion_tokens=tokens, cost_usd=cost)
    return Completion(text=text, model="toy-model", usage=usage)


@dataclass
class Clockwork:
    """Effects without a world. Each call takes `seconds[call]` of a clock that it moves itself."""

    answers: Sequence[Completion | UpstreamError]
    seconds: Sequence[float] = ()
    kernel: DirectKernel = KERNEL
    requests: list[Request] = field(default_factory=list)
    judged: list[str] = field(default_factory=list)
    hinted: list[HintLevel] = field(default_factory=list)
    now: float = 0.0
    upstream_name: str = "clockwork"
    solved: Solved | None = None
    presents: bool = False
    """Whether the task can be shown otherwise."""
    allowed: list[float] = field(default_factory=list)
    """Seconds that the solver was given."""

    def elapsed(self) -> float:
        return self.now

    async def feasibility(self) -> Feasibility | None:
        return None

    async def certify_infeasible(self, provenance: Provenance) -> dict | None:
        return {"claim": "infeasible", "origin": provenance.origin}

    async def rollout(self, _question: Question) -> Reply:
        return Unanswered(diagnostics=(untried(),))

    async def hints(self, text: str, level: HintLevel) -> Sequence[Diagnostic]:
        self.hinted.append(level)
        return (finding("toy-hint", f"{level.value} of `{text}`", Severity.WARNING),)

    async def present(self, seed: int) -> str | None:
        return f"The number, by {seed}." if self.presents else None

    async def solver(self, timeout_s: float) -> Solved | None:
        self.allowed.append(timeout_s)
        return self.solved

    async def generate(self, request: Request) -> Completion:
        self.requests.append(request)
        takes = self.seconds[request.call] if request.call < len(self.seconds) else 0.0
        self.now += min(takes, request.timeout_s)
        if takes > request.timeout_s:
            raise UpstreamError("upstream-timeout", "cut off", usage=Usage(calls=1))
        return await ReplayUpstream(self.answers).generate(request)

    async def extract(self, response: str) -> Sequence[str]:
        return await self.kernel.extract(response)

    async def judge(self, text: str) -> Judgement:
        self.judged.append(text)
        return await self.kernel.judge(text)

    async def certify(self, judgement: Judgement, provenance: Provenance) -> dict | None:
        return await self.kernel.certify(judgement, provenance)


async def run(
    *answers: str | Completion | UpstreamError,
    task: Task = TASK,
    strategy: Strategy | None = None,
    budget: Budget | None = None,
    seconds: Sequence[float] = (),
    kernel: DirectKernel = KERNEL,
    solved: Solved | None = None,
    presents: bool = False,
) -> tuple[Outcome, Journal, Clockwork]:
    """Run the loop over written-down answers; give outcome, journal and effects."""
    given = [completion(a) if isinstance(a, str) else a for a in answers]
    effects, journal = (
        Clockwork(given, seconds, kernel, solved=solved, presents=presents),
        Journal(),
    )
    outcome = await solve(
        task,
        strategy=strategy or Strategy(),
        budget=budget or Budget(),
        effects=effects,
        journal=journal,
    )
    return outcome, journal, effects


def live(upstream: Upstream, clock: Callable[[], float] | None = None) -> LiveEffects:
    return LiveEffects(KERNEL, upstream, clock=clock) if clock else LiveEffects(KERNEL, upstream)


def kinds(journal: Journal) -> list[str]:
    return [event.event for event in journal.events]
