"""breeding: `search: evolve`: accepted answers are measured, kept, and shown to get better ones.

The rounds themselves are the loop's: a rejected answer is repaired as ever, an accepted one joins
the island whose turn it is, and the best certified one is the run's answer.

Invariants:
    * An answer is certified before it counts as the best, and only a better one takes its place.
    * What an engine has found is compared, but never shown to the model.
    * Every random choice is made from the run's seed and the number of the next call, so a replay
      makes the same ones.
"""

from random import Random

from backprompt.blackboard import Blackboard
from backprompt.entries import Candidate
from backprompt.events import Origin
from backprompt.evolve.events import AnswerMeasured, IslandsReset
from backprompt.evolve.islands import Member, draw_parents
from backprompt.evolve.shots import write_shots
from critics.types import Judgement

KNOWN = frozenset({Origin.USER, Origin.CACHE})
"""Origins of answers that every island may begin with."""


async def measure(
    board: Blackboard, number: int, candidate: Candidate, judgement: Judgement
) -> bool:
    """Measure an accepted answer, where answers are compared; says whether to certify it."""
    islands = board.islands
    if islands is None:
        return True
    value = await board.effects.measure(judgement.candidate)
    better = not board.accepted if value is None else islands.surpasses(value)
    own = value is not None and candidate.origin is not Origin.SOLVER
    everywhere = own and candidate.origin in KNOWN
    island = islands.at if own and not everywhere else None
    board.note(AnswerMeasured(candidate=number, value=value, island=island, best=better))
    if value is not None:
        member = Member(number, judgement.candidate, value)
        islands.pending = member if better else None
        if own and islands.settle(member, everywhere=everywhere):
            board.round.gains = islands.here.gains
    if not better:
        board.kept(judgement)
    return better


def choose_shots(board: Blackboard) -> tuple[int, ...]:
    """Go on to the next island and choose which of its answers the prompt shows, by number."""
    islands = board.islands
    if islands is None:
        return ()
    chance = Random(f"{board.task.sampling.seed} {board.next_call}")  # noqa: S311  # no secrets
    begun = islands.reset(chance)
    if begun:
        founders = tuple(member.number for member in begun.values())
        board.note(IslandsReset(islands=tuple(begun), founders=founders))
    island = islands.turn()
    parents = draw_parents(island.members, islands.options.shots, chance)
    board.conversation = island.conversation
    best = island.best if parents else None
    board.conversation.shown = write_shots(islands.aim, parents, best)
    return tuple(member.number for member in parents)
