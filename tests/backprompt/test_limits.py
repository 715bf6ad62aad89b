"""No budget hole: over any strategy, ladder, failure and bill, no limit is passed unawares.

The market is honest or lies. An honest one counts a prompt as we estimate it, keeps to the caps
that are sent and bills its prices: then no limit is ever passed at all. One that lies may bill
anything: then no call is begun once a limit is reached.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from backprompt.budget import Budget, Usage
from backprompt.events import CallFailed, CallFinished, Decided, Judged, RoundStarted, Status
from backprompt.journal import Journal
from backprompt.loop import solve
from backprompt.outcome import Outcome
from backprompt.rung import Rung
from backprompt.strategy import Diversion, Feedback, History, Preference, SolverMode, Strategy
from backprompt.tree.events import TreeAsked
from backprompt.tree.options import Prior, Rollout, TreeOptions
from backprompt.upstream import (
    Alternative,
    Completion,
    Request,
    Role,
    UpstreamError,
    estimate_tokens,
)
from critics.rollout import (
    Child,
    Expanded,
    FollowQuestion,
    Question,
    Reply,
    Searched,
    SearchQuestion,
)
from critics.types import Judgement, Solved
from tests.backprompt.toy import TASK, Clockwork

TEXTS = st.sampled_from(["7", "41", "42", "44", "8 9", "a, then b", "no number", "?", ""])
CAPS = st.none() | st.integers(1, 60)
RUNGS = st.builds(
    Rung,
    rounds=st.none() | st.integers(1, 3),
    tokens=st.none() | st.integers(1, 200) | st.integers(200, 3000),
    cost_usd=st.none() | st.sampled_from([0.001, 0.01]),
    seconds=st.none() | st.sampled_from([0.5, 5.0]),
    max_tokens=CAPS,
    price_input=st.sampled_from([0.0, 1.0, 10.0]),
    price_output=st.sampled_from([0.0, 4.0, 40.0]),
)
BUDGETS = st.builds(
    Budget,
    rounds=st.integers(1, 8),
    candidates=st.none() | st.integers(1, 6),
    seconds=st.sampled_from([2.0, 20.0]),
    tokens=st.none() | st.integers(1, 500) | st.integers(500, 5000),
    cost_usd=st.none() | st.sampled_from([0.0001, 0.002, 0.05]),
)
TREES = st.builds(
    TreeOptions,
    free=st.booleans(),
    rollout=st.sampled_from(list(Rollout)),
    prior=st.none() | st.sampled_from(list(Prior)),
    width=st.integers(1, 3),
    nodes=st.integers(1, 20),
    samples=st.integers(1, 3),
    guard_after=st.none() | st.integers(1, 2),
)
WIDE = st.integers(1, 3).map(lambda n: {"search": "parallel" if n > 1 else "sequential", "n": n})
ASIDES = {
    "reformat": True,
    "history": History.SUMMARY,
    "prefer": Preference(answers=2, rubric="the larger"),
}
STRATEGIES = st.builds(
    lambda asides, search, **rest: Strategy(**{**search, **rest, **asides}),
    st.sampled_from([{}, ASIDES]),
    WIDE | TREES.map(lambda tree: {"search": "tree", "tree": tree}),
    history=st.sampled_from(list(History)),
    prefer=st.none()
    | st.builds(Preference, answers=st.just(2), rubric=st.none() | st.just("the larger")),
    feedback=st.sampled_from(list(Feedback)),
    solver=st.sampled_from(list(SolverMode)),
    restart_after=st.none() | st.integers(1, 2),
    diversify=st.lists(st.sampled_from(list(Diversion)), max_size=3).map(tuple),
    escalate_after=st.none() | st.integers(1, 2),
    same_error_after=st.none() | st.integers(2, 3),
    reformat=st.booleans(),
)
FAILS = st.sampled_from([False, False, False, True])
CALLS = st.lists(
    st.tuples(TEXTS, st.integers(0, 90), FAILS, st.sampled_from([0.0, 0.4, 3.0])),
    min_size=1,
    max_size=12,
)
SOLVED = st.sampled_from(
    [
        None,
        Solved(answer=None, engine="toy"),
        *(Solved(answer=a, engine="toy") for a in ("42", "7")),
    ]
)
LIES = st.none() | st.sampled_from([0, 3, 50])
ROLES = st.dictionaries(
    st.sampled_from([Role.REFORMATTER, Role.SOFT_CRITIC, Role.SUMMARISER]),
    st.builds(
        Rung,
        price_input=st.sampled_from([0.0, 20.0]),
        price_output=st.sampled_from([0.0, 80.0]),
    ),
)
MOVES = ("a", "b", "c")
DEPTH = 3


@dataclass
class Market(Clockwork):
    """Sells answers: what call `i` says, how long it wants to get, whether it fails, its time."""

    calls: list[tuple[str, int, bool, float]] = field(default_factory=list)
    rungs: tuple[Rung, ...] = ()
    lie: int | None = None
    """What every token is billed as, if the market lies."""
    roles: Mapping[Role, Rung] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)
    listed: bool = True
    """Whether the moves of a state can be listed."""
    billed: Usage = field(default_factory=Usage)

    async def judge(self, text: str) -> Judgement:
        if text == "44":  # as right as the other
            return (await super().judge("42")).model_copy(update={"candidate": text})
        return await super().judge(text)

    async def rollout(self, question: Question) -> Reply:
        if isinstance(question, SearchQuestion):
            found = (*(7 for _ in question.seeds),)
            return Searched(nodes=3, counts=found, answer=None)
        if isinstance(question, FollowQuestion):
            return Expanded(key="a", goal=False, told="one", moves=("a",))
        listed = MOVES if self.listed else ()
        tried = listed if question.proposals is None else question.proposals
        paths = [(*question.moves, move) for move in tried if move in MOVES]
        children = [
            Child(
                move=path[-1],
                key="".join(sorted(path)),
                h=float(len(set(path))),
                goal=path == ("c", "a"),
                answer="42" if path == ("c", "a") else None,
            )
            for path in paths
            if len(path) <= DEPTH
        ]
        return Expanded(
            key="".join(sorted(question.moves)),
            goal=False,
            h=1.0,
            told="so far",
            moves=question.moves,
            children=tuple(children),
            enumerated=self.listed,
        )

    def price_of(self, request: Request) -> Rung:
        return self.roles.get(request.role, self.rungs[request.rung])

    def require_covered(self, request: Request) -> None:
        """Check that what is left pays the call at its worst."""
        prompt = estimate_tokens(request.chars)
        caps = (request.sampling.max_tokens, request.max_tokens_left)
        cap = min((cap for cap in caps if cap is not None), default=None)
        price, budget = self.price_of(request), self.budget
        assert request.timeout_s > 0
        if budget.tokens is not None:
            assert cap is not None
            assert self.billed.tokens + prompt + cap <= budget.tokens
        if budget.cost_usd is not None:
            assert cap is not None or not price.price_output
            worst = price.price(prompt, cap or 0)
            assert self.billed.cost_usd + worst <= budget.cost_usd + 1e-12

    async def generate(self, request: Request) -> Completion:
        self.requests.append(request)
        if self.lie is None:
            self.require_covered(request)
        text, wanted, fails, takes = self.calls[request.call % len(self.calls)]
        self.now += min(takes, request.timeout_s)
        caps = (request.sampling.max_tokens, request.max_tokens_left)
        tokens = min([wanted, *(cap for cap in caps if cap is not None)])
        prompt, weight = estimate_tokens(request.chars), 1 if self.lie is None else self.lie
        usage = Usage(
            calls=1,
            prompt_tokens=prompt * weight,
            completion_tokens=tokens * weight,
            cost_usd=self.price_of(request).price(prompt, tokens) * weight,
        )
        self.billed += usage
        if fails:
            raise UpstreamError("upstream-failed", "told to fail", usage=usage)
        letters = {"A": 0.9} if request.top_logprobs else {}
        first = tuple(Alternative(token=t, logprob=log(p)) for t, p in letters.items()) or None
        return Completion(text=text, model="toy", usage=usage, first_token=first)


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    """Everything a run depends on."""
    return {
        "budget": draw(BUDGETS),
        "strategy": draw(STRATEGIES),
        "rungs": tuple(draw(st.lists(RUNGS, min_size=1, max_size=3))),
        "max_tokens": draw(CAPS),
        "calls": draw(CALLS),
        "lie": draw(LIES),
        "solved": draw(SOLVED),
        "roles": draw(ROLES),
        "listed": draw(st.booleans()),
    }


PRICES = st.sampled_from([Rung(), Rung(price_output=5), Rung(price_input=9, price_output=80)])
TALKATIVE = st.fixed_dictionaries(
    {
        "budget": st.builds(
            Budget,
            rounds=st.integers(3, 8),
            tokens=st.sampled_from([None, 600, 1500, 4000]),
            cost_usd=st.sampled_from([0.003, 0.02, 0.1]),
        ),
        "strategy": st.builds(Strategy, **{name: st.just(value) for name, value in ASIDES.items()}),
        "rungs": st.lists(PRICES, min_size=1, max_size=2).map(tuple),
        "max_tokens": st.sampled_from([None, 30]),
        "calls": st.lists(
            st.tuples(
                st.sampled_from(["no number", "41", "42", "44", "SCORE: 3"]),
                st.integers(1, 5000),
                st.sampled_from([False]),
                st.just(0.0),
            ),
            min_size=3,
            max_size=12,
        ),
        "lie": st.none(),
        "solved": st.none(),
        "roles": st.fixed_dictionaries(
            dict.fromkeys((Role.REFORMATTER, Role.SOFT_CRITIC, Role.SUMMARISER), PRICES)
        ),
        "listed": st.sampled_from([True]),
    }
)


async def play(world: dict[str, Any]) -> tuple[Outcome, Journal, Market]:
    sampling = TASK.sampling.model_copy(update={"max_tokens": world["max_tokens"]})
    roles, rungs, budget = world["roles"], world["rungs"], world["budget"]
    task = TASK.model_copy(update={"rungs": rungs, "sampling": sampling, "roles": roles})
    same = {name: world[name] for name in ("calls", "rungs", "lie", "solved", "listed", "roles")}
    market = Market((), budget=budget, **same)
    journal = Journal()
    outcome = await solve(
        task,
        strategy=world["strategy"],
        budget=budget,
        effects=market,
        journal=journal,
    )
    return outcome, journal, market


@settings(max_examples=150, deadline=None)
@given(worlds())
async def test_no_limit_is_passed_unawares(world: dict[str, Any]) -> None:
    outcome, journal, market = await play(world)
    _, again, _ = await play(world)
    assert list(again.dump()) == list(journal.dump())
    check_begun(world["budget"], journal)
    check_ladder(world["rungs"], journal, market)
    check_solver(world, outcome, journal, market)
    if world["lie"] is None:
        check_honest(world, outcome, journal)


@settings(max_examples=100, deadline=None)
@given(TALKATIVE)
async def test_calls_aside_are_covered_at_their_own_prices(world: dict[str, Any]) -> None:
    outcome, journal, _ = await play(world)
    check_honest(world, outcome, journal)


def check_begun(budget: Budget, journal: Journal) -> None:
    """No call is begun once a limit is reached, whatever was billed."""
    spent = Usage()
    for event in journal.events:
        if isinstance(event, RoundStarted | TreeAsked):
            used = {"rounds": event.round - 1, "seconds": event.at}
            assert budget.exhausted(spent.model_copy(update=used)) is None
        elif isinstance(event, CallFinished | CallFailed):
            spent += event.usage


def check_honest(world: dict[str, Any], outcome: Outcome, journal: Journal) -> None:
    """With bills that can be foreseen no limit of the budget or of a rung is passed at all."""
    budget, rungs = world["budget"], world["rungs"]
    assert outcome.usage.tokens <= (budget.tokens or outcome.usage.tokens)
    assert outcome.usage.cost_usd <= (budget.cost_usd or outcome.usage.cost_usd) + 1e-12
    spent, rounds, at = [Usage()] * len(rungs), [0] * len(rungs), 0
    for event in journal.events:
        if isinstance(event, RoundStarted):
            at = event.rung
            rounds[at] += 1
        elif isinstance(event, TreeAsked):
            rounds[at] += event.how != "continuation"
        elif isinstance(event, CallFinished | CallFailed):
            spent[at] += event.usage
    for rung, used, asked in zip(rungs, spent, rounds, strict=True):
        assert used.tokens <= (rung.tokens or used.tokens)
        assert used.cost_usd <= (rung.cost_usd or used.cost_usd) + 1e-12
        assert asked <= (rung.rounds or asked)


def check_ladder(rungs: tuple[Rung, ...], journal: Journal, market: Market) -> None:
    """Each step up is recorded, and each call goes where the record says."""
    at, asked = 0, {}
    for event in journal.events:
        if isinstance(event, Decided) and event.decision == "escalate":
            assert event.rung is not None
            assert at < event.rung < len(rungs)
            at = event.rung
        elif isinstance(event, RoundStarted):
            assert event.rung == at
            asked |= dict.fromkeys(event.calls, at)
    assert all(asked[r.call] == r.rung for r in market.requests if r.call in asked)


def check_solver(world: dict[str, Any], outcome: Outcome, journal: Journal, market: Market) -> None:
    """A solver works within the seconds, is asked once, and its right answer is never lost."""
    mode, budget = world["strategy"].solver, world["budget"]
    assert len(market.allowed) <= 1
    assert all(allowed <= budget.seconds for allowed in market.allowed)
    if mode in {SolverMode.OFF, SolverMode.HINT}:
        assert not market.allowed
    if mode is SolverMode.ONLY:
        assert not market.requests
    candidates = sum(isinstance(event, Judged) for event in journal.events)
    room = budget.candidates is None or candidates < budget.candidates
    right = world["solved"] is not None and world["solved"].answer == "42"
    if market.allowed and right and room and outcome.reason != "assurance-not-reached":
        assert outcome.status is Status.CERTIFIED
