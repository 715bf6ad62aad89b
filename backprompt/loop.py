"""loop: LLM-Modulo's generate-test-critique loop (Kambhampati et al., arXiv 2402.01817).

The model guesses, the critics judge, and what they find becomes the next prompt, until a
certificate is made or nothing more may be spent. `solve()` is deterministic given the results of
its effects: it reads no clock, no randomness, no environment and no configuration.

Invariants:
    * The run ends `certified` only with a certificate of an accepted judgement.
    * The budget is asked before every paid call; judging an answer that was paid for is free.
    * Every run writes exactly one `ended` event, with the sum of all calls.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

from backprompt.blackboard import Blackboard
from backprompt.budget import Budget
from backprompt.effects import Effects
from backprompt.entries import Answer, Candidate
from backprompt.events import Origin, Status
from backprompt.evolve.breeding import measure
from backprompt.feasibility import feasibility_test
from backprompt.hints import advise
from backprompt.journal import Journal
from backprompt.outcome import Outcome
from backprompt.preference import choose
from backprompt.reformat import reformat
from backprompt.rounds import close_round, diversify, open_round
from backprompt.search import generate
from backprompt.solver import last_resort, solver_beside, take_answer
from backprompt.strategy import Strategy
from backprompt.summary import sum_up
from backprompt.task import Task
from backprompt.tree.continuation import keep_prefix, offer_prefix
from backprompt.tree.grow import grow
from backprompt.upstream import Request
from critics.denial import read_evidence
from critics.types import Claim, Verdict

PER_RESPONSE = 32
"""Most candidates of one response that are judged."""


async def solve(
    task: Task, *, strategy: Strategy, budget: Budget, effects: Effects, journal: Journal
) -> Outcome:
    """Run the loop until it ends.

    Args:
        task: What to solve.
        strategy: What the model is told, what it remembers, how wide to search.
        budget: What may be spent.
        effects: The model, the critics and the recorded clock.
        journal: An empty journal; it tells the whole story, also of a run that is cancelled.

    Raises:
        ValueError: The strategy asks the same question twice of a model at temperature 0.
        asyncio.CancelledError: The run was cancelled; the journal's last event has its usage.
    """
    strategy.require_variety(task.sampling)
    board = Blackboard(task, strategy, budget, effects, journal)
    try:
        # Both beside the rounds: the one ends them if nothing can be found, the other if it finds.
        async with feasibility_test(board), solver_beside(board):
            await critique(board, given(task))
            await grow(board, critique)
            await advise(board)
            await critique(board, take_answer(board))
            while calls := await next_calls(board):  # none once the budget is spent
                calls += offer_prefix(board)
                async with aclosing(generate(board, calls)) as answers:
                    async for answer in answers:
                        candidates = await find_candidates(board, answer)
                        await critique(board, candidates)
                        await keep_prefix(board, candidates)
                        if board.settled:
                            break
                await advise(board)
                await sum_up(board)
                await critique(board, take_answer(board))
            await critique(board, await last_resort(board))
        await choose(board)  # between certified answers, where several are wanted
        return board.end()
    except asyncio.CancelledError:
        board.abort(Status.CANCELLED, "cancelled")
        raise
    finally:
        if journal.ended is None:
            board.abort(Status.FAILED, "internal-error")


async def next_calls(board: Blackboard) -> list[Request]:
    """Write the back-prompt; but before a model goes in circles, a solver held back is asked."""
    close_round(board)
    await diversify(board)
    if board.stuck:
        await critique(board, await last_resort(board))
    return open_round(board)


def given(task: Task) -> Sequence[Candidate]:
    """Take the user's own answer, to be repaired, and a remembered one as the first candidates."""
    known = ((task.start_from, Origin.USER), (task.remembered, Origin.CACHE))
    return [Candidate(text, origin, None) for text, origin in known if text is not None]


async def find_candidates(board: Blackboard, answer: Answer | Candidate) -> Sequence[Candidate]:
    """Find all that could be meant as an answer in a model's response."""
    if isinstance(answer, Candidate):  # a solver says exactly what it means
        return [answer]
    if answer.completion.tool_calls and offers_tools(board.task):
        board.tools_called(answer)
        return []
    texts = await board.effects.extract(answer.completion.text)
    if not texts:
        rewritten = await reformat(board, answer)
        if rewritten:
            return rewritten
        board.missing(answer)
    return [Candidate(text, board.author, answer.call) for text in texts[:PER_RESPONSE]]


def offers_tools(task: Task) -> bool:
    """Say whether the caller is ready for calls of its tools; all others are no answer."""
    return bool(task.extra.get("tools")) and task.extra.get("tool_choice") != "none"


async def critique(board: Blackboard, candidates: Sequence[Candidate]) -> None:
    """Let the critics judge each candidate, until one is certified."""
    for candidate in candidates:
        if board.bars(candidate):
            return
        if board.recall(candidate):
            continue
        number = board.found(candidate)
        judgement = await board.effects.judge(candidate.text)
        board.judged(number, candidate, judgement)
        if judgement.verdict is not Verdict.ACCEPTED:
            continue
        if judgement.claim is Claim.INFEASIBLE:  # "there is no answer", and that is right
            board.tested(read_evidence(judgement))
        elif await measure(board, number, candidate, judgement):
            made = await board.effects.certify(judgement, board.provenance(candidate.origin))
            board.certified(number, candidate, judgement, made)
