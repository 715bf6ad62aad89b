"""Even numbers, the smaller the better: a real domain, and models that listen to what is shown."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction

from backprompt.budget import Budget
from backprompt.effects import Certificate, DirectKernel, LiveEffects
from backprompt.events import Event, RoundStarted
from backprompt.evolve.events import AnswerMeasured
from backprompt.evolve.options import EvolveOptions
from backprompt.journal import Journal
from backprompt.loop import solve
from backprompt.outcome import Outcome
from backprompt.strategy import Search, Strategy
from backprompt.task import Task
from backprompt.upstream import Completion, Request, Sampling, ScriptedUpstream, estimate_usage
from critics.certificate import Order, certify
from critics.domain import find_domain
from critics.envelope import Envelope
from critics.measurement import measure
from critics.objective import Aim
from critics.statement import write_statement
from critics.types import Judgement, Solved

EVENS = {
    "variables": {"x": {"type": "int", "min": 0, "max": 100}},
    "constraints": [{"name": "even", "expr": "x % 2 == 0"}],
    "objective": {"minimize": "x"},
}
SHOWN = re.compile(r"value of x = (\d+):")
ISSUED = datetime(2026, 1, 1, tzinfo=UTC)
Respond = Callable[[Request], object]


def say(value: int) -> str:
    return json.dumps({"x": value})


def seen(request: Request) -> list[int]:
    """Read the values of the answers that a prompt shows, in its order."""
    return [int(value) for value in SHOWN.findall(request.messages[0].content)]


def listen(request: Request) -> str:
    """Take 2 from the best answer that is shown; without one, begin with 40 and the call."""
    shown = seen(request)
    return say(max(shown[-1] - 2, 0) if shown else 40 + 2 * request.call)


def recite(*values: int) -> Respond:
    """Answer call i with the i-th value, and then always with the last one."""
    return lambda request: say(values[min(request.call, len(values) - 1)])


@dataclass
class Bred:
    """A run and what was seen of it."""

    outcome: Outcome
    journal: Journal
    requests: list[Request] = field(default_factory=list)
    certified: list[str] = field(default_factory=list)

    def events(self, name: str) -> list[Event]:
        return [event for event in self.journal.events if event.event == name]

    @property
    def history(self) -> list[int]:
        assert self.outcome.evolution is not None
        return [int(one.value) for one in self.outcome.evolution.history]

    @property
    def rounds(self) -> list[RoundStarted]:
        return [event for event in self.journal.events if isinstance(event, RoundStarted)]

    @property
    def measured(self) -> dict[int, AnswerMeasured]:
        found = (event for event in self.journal.events if isinstance(event, AnswerMeasured))
        return {event.candidate: event for event in found}


async def breed(
    respond: Respond = listen,
    *,
    budget: Budget | None = None,
    task: Mapping[str, object] | None = None,
    strategy: Mapping[str, object] | None = None,
    refuses: Sequence[str] = (),
    compare: bool = False,
    solved: Solved | None = None,
    journal: Journal | None = None,
    **options: object,
) -> Bred:
    """Run the loop with `search: evolve` over even numbers.

    Args:
        respond: The model.
        budget: What may be spent.
        task: Changes of the task.
        strategy: Further fields of the strategy.
        refuses: Answers for which no certificate can be made.
        compare: Whether certificates say if anything is better.
        solved: What a solver finds.
        journal: Where the run is told.
        options: Of the evolution.
    """
    domain = find_domain("smt")
    kernel = DirectKernel.of_domain(domain, EVENS, certificate_id="cert_1", issued_at=ISSUED)
    bred = Bred(Outcome(status="failed", usage={}), journal or Journal())

    async def mint(judgement: Judgement, provenance: object) -> Certificate | None:
        text = judgement.candidate
        bred.certified.append(text)
        if text in refuses:
            return None
        order = Order(id="cert_1", issued_at=ISSUED, provenance=provenance)
        made = certify("smt", EVENS, text, order, compare=compare)
        return Envelope(write_statement(made)).to_json()

    async def judge(text: str) -> Judgement:
        found = await own_judge(text)
        timeless = tuple(one.model_copy(update={"ms": 0.0}) for one in found.critics)
        return found.model_copy(update={"critics": timeless})

    async def weigh(text: str) -> Fraction | None:
        return measure(domain, EVENS, text)

    async def find(_seconds: float) -> Solved:
        return solved or Solved(answer=None, engine="none")

    def ask(request: Request) -> object:
        bred.requests.append(request)
        text = respond(request)
        if not isinstance(text, str):
            return text
        usage = estimate_usage(request, len(text))
        return Completion(text=text, model="listener", usage=usage)

    own_judge, kernel.judge, kernel.certify = kernel.judge, judge, mint
    ticks = iter(range(1_000_000))
    fields = {
        "domain": "smt",
        "problem": EVENS,
        "prompt": "Name an even number.",
        "objective": Aim(name="value of x", sense="min"),
        "sampling": Sampling(temperature=0.7, seed=11),
        **(task or {}),
    }
    bred.outcome = await solve(
        Task(**fields),
        strategy=Strategy(
            search=Search.EVOLVE, evolve=EvolveOptions(**options), **(strategy or {})
        ),
        budget=budget or Budget(rounds=12),
        effects=LiveEffects(
            kernel,
            ScriptedUpstream(ask, name="listener"),
            measure=weigh,
            solver=find,
            clock=lambda: next(ticks) / 1_000,
        ),
        journal=bred.journal,
    )
    return bred
