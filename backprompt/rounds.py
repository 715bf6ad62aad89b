"""rounds: ends a round and begins the next one: what is asked, of whom, and within which limits.

Invariants:
    * The budget is asked here before every round, and nobody else opens one.
    * Whatever is done differently after a round (a fresh start, another model, another wording) is
      an event of the record.
"""

from functools import partial

from backprompt.blackboard import Blackboard
from backprompt.calls import foresee, write_requests
from backprompt.climb import MUST, Choice
from backprompt.entries import Round
from backprompt.events import Decided, Diversified, RoundStarted
from backprompt.evolve.breeding import choose_shots
from backprompt.strategy import Diversion, SolverMode
from backprompt.upstream import Request, UpstreamError

FINAL = frozenset({"recording-ended", "call-lost"})
"""Failures of calls that no other model can mend."""


def close_round(board: Blackboard) -> None:
    """Turn what the round brought into what the model is told next."""
    ended, board.round = board.round, Round()
    board.stuck = board.restarted = False
    failure = None if ended.responses else ended.failure
    if failure is not None:
        if not ended.calls:  # nobody could be asked, so it was no round
            board.usage += board.one_round(back=True)
        if not board.decided:
            _take_failure(board, failure)
    if board.settled:
        return
    stall = board.conversation.take(ended)
    first = ended.best.codes[0] if ended.best is not None and ended.best.codes else None
    if ended.began and failure is None:
        board.climb.close_round(stall, first, board.usage.seconds)
    board.restarted = stall is not None
    if stall is not None:
        board.note(Decided(decision="restart", why=stall))
        held = board.strategy.solver is SolverMode.FALLBACK
        board.stuck = held and board.climb.top and board.conversation.exhausted


async def diversify(board: Blackboard) -> None:
    """After a stall, put the next prompts differently."""
    how = board.conversation.diversions if board.restarted else ()
    if Diversion.SHUFFLE in how:
        seed = board.next_call  # the record says it, so a replay shows the same order
        board.conversation.presented = await board.effects.present(seed)
        if board.conversation.presented is None:
            how = tuple(way for way in how if way is not Diversion.SHUFFLE)
    if how:
        board.note(Diversified(how=how))


def _take_failure(board: Blackboard, failure: UpstreamError) -> None:
    """Go on with the next model, if there is one and time for it."""
    left = board.share.seconds_left(board.usage)
    if failure.code in FINAL or board.climb.top or not left:
        board.ending.fail(failure, left)
    else:
        board.climb.leaving = "upstream-failed"
        board.failure = failure


def open_round(board: Blackboard) -> list[Request]:
    """Write the back-prompt from what the latest round brought, and the calls that put it.

    Returns:
        Nothing if no further call may be made.
    """
    board.read_test()
    if board.strategy.solver is SolverMode.ONLY:
        board.ending.spend("solver-gave-up", "the solver found no answer")
    if board.settled or board.share.exhausted(board.usage) is not None:
        return []
    shots = choose_shots(board)
    messages, sampling = board.conversation.write(), board.conversation.sampling
    chars = board.conversation.measure(messages)
    left = board.share.left(board.usage)
    measure = partial(board.meter.measure, chars)
    choice = board.climb.choose(left, measure, _width(board), sampling)
    if choice is None:
        _run_out(board, measure(board.climb.at))
        return []
    _step(board, choice)
    sampling = sampling.model_copy(update={"max_tokens": board.climb.cap(choice.at, sampling)})
    calls = board.take_numbers(choice.grant.width)
    board.usage += board.one_round()
    board.climb.charge(board.one_round())
    board.round.began = True
    board.note(
        RoundStarted(
            messages=messages,
            sampling=sampling,
            calls=calls,
            fresh=board.conversation.fresh,
            rung=choice.at,
            island=board.islands.at if board.islands else None,
            shots=shots,
        )
    )
    requests = write_requests(
        board.task,
        messages,
        sampling,
        calls,
        grant=choice.grant,
        seconds=board.climb.left(left).seconds,
        number=board.usage.rounds,
        rung=choice.at,
    )
    prompt = measure(choice.at)
    board.under_way = {r.call: foresee(r, board.climb.rung, prompt) for r in requests}
    return requests


def _step(board: Blackboard, choice: Choice) -> None:
    board.climb.leaving = None
    if choice.why is not None:
        board.note(Decided(decision="escalate", why=choice.why, rung=choice.at))
        board.climb.step(choice.at, board.usage.seconds)


def _width(board: Blackboard) -> int:
    """Give how many answers to ask for: no more than may still be judged."""
    if board.share.candidates is None:
        return board.strategy.n
    return min(board.strategy.n, board.share.candidates - board.usage.candidates)


def _run_out(board: Blackboard, prompt: int) -> None:
    """Say why no call can be made any more."""
    climb, left = board.climb, board.share.left(board.usage)
    if climb.leaving == "upstream-failed" and board.failure is not None:
        board.ending.fail(board.failure, left.seconds)
    elif climb.leaving in MUST:
        board.ending.spend("ladder", "every model of the ladder has spent its part")
    else:
        lacks = climb.lacks(left, prompt, board.conversation.sampling)
        board.ending.spend(lacks, "the next prompt has no room in the budget")
