"""Trees of real domains, and models that are asked about them: scripted, with probabilities."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import log

from backprompt.budget import Budget, Usage
from backprompt.effects import DirectKernel, LiveEffects
from backprompt.journal import Journal
from backprompt.loop import solve
from backprompt.outcome import Outcome
from backprompt.strategy import Search, Strategy
from backprompt.task import Task
from backprompt.tree.options import TreeOptions
from backprompt.upstream import (
    Alternative,
    Completion,
    Request,
    Sampling,
    ScriptedUpstream,
    UpstreamError,
    estimate_usage,
)
from critics.domain import find_domain
from critics.guard import guard
from critics.rollout import Question, Reply, Unanswered, answer

LIBRARY = dict(find_domain("pddl").examples[0].problem)
GAME = {"numbers": [4, 9, 10, 13]}
LABEL = re.compile(r"^([A-T])\. (.+)$", re.MULTILINE)
MODEL = "guide"


def options(request: Request) -> dict[str, str]:
    """Read the letters of a question and what they stand for."""
    text = request.messages[-1].content
    return dict(LABEL.findall(text.partition("Possible next")[2]))


def completion(request: Request, text: str, first: Mapping[str, float] | None = None, **more):
    alternatives = None
    if first is not None:
        alternatives = tuple(Alternative(token=t, logprob=log(p)) for t, p in first.items())
    return Completion(
        text=text,
        model=MODEL,
        usage=more.pop("usage", estimate_usage(request, len(text))),
        first_token=alternatives,
        **more,
    )


def prefer(likes: Callable[[str], float]) -> Callable[[Request], Completion]:
    """Make a model that holds moves as probable as they are liked."""

    def respond(request: Request) -> Completion:
        offered = options(request)
        if not offered:
            return completion(request, "I do not know.")
        liked = {letter: likes(move) for letter, move in offered.items()}
        total = sum(liked.values())
        best = max(liked, key=liked.__getitem__)
        if request.top_logprobs is None:
            return completion(request, offered[best])
        return completion(request, best, {letter: v / total for letter, v in liked.items()})

    return respond


def refuse(request: Request, status: int = 400) -> Completion:
    """Refuse probabilities, as hosted reasoning models do."""
    if request.top_logprobs is not None:
        said = "logprobs are not supported"
        raise UpstreamError("upstream-refused", said, status=status, usage=Usage(calls=1))
    return prefer(lambda _move: 1.0)(request)


@dataclass
class Grown:
    """A run and what was seen of it."""

    outcome: Outcome
    journal: Journal
    requests: list[Request] = field(default_factory=list)
    provenances: list[dict] = field(default_factory=list)

    def events(self, name: str) -> list:
        return [event for event in self.journal.events if event.event == name]


async def grow_tree(
    respond: Callable[[Request], object] | None = None,
    *,
    domain: str = "pddl",
    problem: Mapping | None = None,
    budget: Budget | None = None,
    sampling: Sampling | None = None,
    rollout: Callable[[Question], Reply] | None = None,
    **tree: object,
) -> Grown:
    """Run the loop with `search: tree` over a real domain's moves."""
    payload = dict(problem or LIBRARY)
    found = find_domain(domain)
    made = DirectKernel.of_domain(
        found, payload, certificate_id="cert_1", issued_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    requests: list[Request] = []
    provenances: list[dict] = []

    def asked(request: Request):
        requests.append(request)
        return (respond or prefer(lambda _move: 1.0))(request)

    async def try_moves(question: Question) -> Reply:
        if rollout is not None:
            return rollout(question)
        reply, faults = guard("rollout", lambda: answer(found, payload, question))
        return reply if reply is not None else Unanswered(diagnostics=faults)

    async def certify(judgement, provenance):
        provenances.append(provenance.model_dump())
        return await kernel_certify(judgement, provenance)

    kernel_certify = made.certify
    made.certify = certify
    journal = Journal()
    outcome = await solve(
        Task(
            domain=domain,
            problem=payload,
            prompt="Find a plan.",
            answer_format="One step a line.",
            sampling=sampling or Sampling(temperature=0.7),
        ),
        strategy=Strategy(search=Search.TREE, tree=TreeOptions(**tree)),
        budget=budget or Budget(),
        effects=LiveEffects(made, ScriptedUpstream(asked, name=MODEL), rollout=try_moves),
        journal=journal,
    )
    return Grown(outcome, journal, requests, provenances)
