"""asking: puts a tree's questions to the model, within the same budget as every other call.

Invariant: the budget is asked before every wave of calls, which is one round, and no call is made
that what is left could not pay at its worst.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Literal

from backprompt.blackboard import Blackboard
from backprompt.calls import allow, foresee, write_requests
from backprompt.entries import Candidate, Round
from backprompt.search import generate
from backprompt.tree.events import Inquired, TreeAsked
from backprompt.tree.priors import Inquiry
from backprompt.upstream import Completion, Request, UpstreamError, count_chars

Critique = Callable[[Blackboard, Sequence[Candidate]], Awaitable[None]]
How = Literal["continued", "letters", "samples", "ranked", "proposals", "continuation"]


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked about one state: its number, and one call or several that belong together."""

    node: int
    calls: Sequence[Inquiry]


@dataclass(frozen=True, slots=True)
class Replies:
    """What came back.

    Attributes:
        asked: The queries for which the budget had room, in their order.
        completions: For each of them an answer to each call; `None` where a call failed.
        failure: The first failure.
    """

    asked: Sequence[Query]
    completions: Sequence[Sequence[Completion | None]]
    failure: UpstreamError | None = None

    @property
    def calls(self) -> int:
        """How many calls that were."""
        return sum(len(query.calls) for query in self.asked)


async def ask(board: Blackboard, how: How, queries: Sequence[Query], critique: Critique) -> Replies:
    """Ask about some states at once, as one round; about as many as the budget has room for.

    What a solver finds meanwhile is judged at once; if it is right, nothing more is waited for.
    """
    requests, fitting = _open_wave(board, how, queries)
    if not requests:
        return Replies((), ())
    answers: dict[int, Completion] = {}
    async with aclosing(generate(board, requests)) as arriving:
        async for answer in arriving:
            if isinstance(answer, Candidate):
                await critique(board, [answer])
            else:
                answers[answer.call] = answer.completion
    numbers = iter(request.call for request in requests)
    completions = [[answers.get(next(numbers)) for _ in query.calls] for query in fitting]
    failure, board.round = board.round.failure, Round()
    return Replies(fitting, completions, failure)


def _open_wave(
    board: Blackboard, how: How, queries: Sequence[Query]
) -> tuple[list[Request], Sequence[Query]]:
    board.read_test()
    spent = board.share.exhausted(board.usage) is not None
    if board.settled or spent or board.climb.spent(board.usage.seconds):
        return [], ()
    calls = [(query.node, inquiry) for query in queries for inquiry in query.calls]
    requests = write_calls(board, how, calls, whole=len(queries[0].calls) if queries else 1)
    if not requests:
        return [], ()
    board.usage += board.one_round()
    board.climb.charge(board.one_round())
    requests = [request.model_copy(update={"round": board.usage.rounds}) for request in requests]
    note(board, how, requests, calls)
    return requests, queries[: len(requests) // len(queries[0].calls)]


def write_calls(
    board: Blackboard, how: How, calls: Sequence[tuple[int, Inquiry]], *, whole: int = 1
) -> list[Request]:
    """Write as many of the calls as what is left can pay, in groups of `whole`."""
    if not calls:
        return []
    longest = max(sum(len(message.content) for message in inquiry.messages) for _, inquiry in calls)
    chars = longest + count_chars(board.task.conversation)
    prompt = board.meter.measure(chars, board.climb.at)
    sampling = board.task.sampling
    caps = [
        cap for cap in (calls[0][1].max_tokens, board.climb.cap(board.climb.at, sampling)) if cap
    ]
    cap = min(caps, default=None)
    left = board.climb.left(board.share.left(board.usage + board.pending), board.pending)
    grant = allow(left, board.climb.rung, prompt, len(calls), cap)
    fitting = calls[: grant.width // whole * whole]
    requests: list[Request] = []
    for (_, inquiry), call in zip(fitting, board.take_numbers(len(fitting)), strict=True):
        (request,) = write_requests(
            board.task,
            inquiry.messages,
            sampling.model_copy(update={"max_tokens": cap}),
            (call,),
            grant=grant,
            seconds=left.seconds,
            number=board.usage.rounds,
            rung=board.climb.at,
        )
        changes = {
            "extra": {},
            "answer_schema": board.task.answer_schema if how == "continuation" else inquiry.schema,
            "top_logprobs": inquiry.top_logprobs,
        }
        requests.append(request.model_copy(update=changes))
    rung = board.climb.rung
    board.under_way |= {request.call: foresee(request, rung, prompt) for request in requests}
    return requests


def note(
    board: Blackboard,
    how: How,
    requests: Sequence[Request],
    calls: Sequence[tuple[int, Inquiry]],
) -> None:
    """Write the calls into the record."""
    asked = tuple(
        Inquired(call=request.call, node=node, messages=request.messages)
        for request, (node, _) in zip(requests, calls, strict=False)
    )
    numbers = tuple(request.call for request in requests)
    board.note(TreeAsked(how=how, calls=numbers, asked=asked))
