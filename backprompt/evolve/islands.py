"""islands: populations of accepted answers that know nothing of each other between resets.

After FunSearch (Romera-Paredes et al., Nature 625, 2024): parents are drawn by rank within one
island, and now and then the worse half of the islands begins again with answers of the others.

Invariants:
    * Every member was accepted by the critics, and its value was computed by the domain.
    * Nothing here reads a clock, or chance that it was not given: the same answers in the same
      order lead to the same islands.
    * Who is best is known of certified answers only; a better one is always certified before it
      counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random

from backprompt.conversation import Conversation
from backprompt.evolve.options import EvolveOptions
from backprompt.evolve.report import Evolution, Improvement
from backprompt.strategy import Strategy
from backprompt.task import Task
from critics.objective import Aim


@dataclass(frozen=True, slots=True)
class Member:
    """An accepted answer, by its number within the run."""

    number: int
    text: str
    value: Fraction


def rank(members: Sequence[Member], aim: Aim) -> list[Member]:
    """Order by value, the best first; of equals the newer first, for it was shown less often."""
    sign = 1 if aim.sense == "min" else -1
    return sorted(members, key=lambda member: (sign * member.value, -member.number))


def draw_parents(ranked: Sequence[Member], count: int, chance: Random) -> list[Member]:
    """Draw different members, one of rank r with weight 1/r.

    Returns:
        At most `count`, from worse to better.
    """
    left = list(range(len(ranked)))
    drawn: list[int] = []
    while left and len(drawn) < count:
        (place,) = chance.choices(left, weights=[1 / (place + 1) for place in left])
        left.remove(place)
        drawn.append(place)
    return [ranked[place] for place in sorted(drawn, reverse=True)]


@dataclass(slots=True)
class Island:
    """One population, and what was said to the model about it.

    Attributes:
        conversation: Repairs are told within the island whose answer was wrong.
        members: The best first.
        gains: How often the best became better.
    """

    conversation: Conversation
    members: list[Member] = field(default_factory=list)
    gains: int = 0

    @property
    def best(self) -> Member | None:
        """The best member."""
        return self.members[0] if self.members else None

    def add(self, member: Member, aim: Aim, size: int) -> bool:
        """Keep a member, if it is among the best; says whether it is the best."""
        if any(member.text == other.text for other in self.members):
            return False
        before = self.best
        self.members = rank([*self.members, member], aim)[:size]
        gained = before is None or aim.prefers(member.value, before.value)
        self.gains += gained
        return gained


@dataclass
class Islands:
    """All populations of a run.

    Attributes:
        task: What is to be solved; it says by what answers are compared.
        strategy: Whose options hold.
        aim: By what answers are compared.
        options: How many islands, and how large.
        best: The best answer that is certified.
        pending: The answer that is about to be certified.
    """

    task: Task
    strategy: Strategy
    aim: Aim
    options: EvolveOptions
    best: Member | None = None
    pending: Member | None = None

    def __post_init__(self) -> None:
        """Start empty, before the first island's turn."""
        self.islands = [self._make() for _ in range(self.options.islands)]
        self.at = 0
        self._known: dict[str, Member] = {}
        self._history: list[Improvement] = []
        self._resets = 0
        self._rounds = 0

    @property
    def here(self) -> Island:
        """The island whose turn it is."""
        return self.islands[self.at]

    def surpasses(self, value: Fraction) -> bool:
        """Say whether a value is better than the best certified one."""
        return self.best is None or self.aim.prefers(value, self.best.value)

    def settle(self, member: Member, *, everywhere: bool) -> bool:
        """Let a new member in; says whether it is the best where the turn is."""
        self._known[member.text] = member
        for place, island in enumerate(self.islands):
            if everywhere and place != self.at:
                island.add(member, self.aim, self.options.population)
        return self.here.add(member, self.aim, self.options.population)

    def meet(self, text: str) -> bool:
        """Let a member of another island in that was found once more; as `settle`."""
        member = self._known.get(text)
        return member is not None and self.settle(member, everywhere=False)

    def confirm(self, round_number: int, call: int | None, *, optimal: bool) -> bool:
        """Take in that the pending answer is certified; says whether nothing better is wanted."""
        best, target = self.pending, self.options.target
        if best is None:  # it has no value, and was certified because nothing else was
            return optimal
        self.best, self.pending = best, None
        self._history.append(
            Improvement(candidate=best.number, round=round_number, call=call, value=best.value)
        )
        return optimal or (target is not None and self.aim.reaches(best.value, target))

    def refuse(self, *, lost: bool) -> None:
        """Take in that the pending answer is not certified.

        Args:
            lost: Whether it is not even accepted any more; else it is only not good enough.
        """
        refused, self.pending = self.pending, None
        if refused is None:
            return
        if not lost:
            self.best = refused
            return
        self._known.pop(refused.text, None)
        for island in self.islands:
            island.members = [other for other in island.members if other.text != refused.text]

    def turn(self) -> Island:
        """Go on to the next island."""
        self.at = self._rounds % len(self.islands)
        self._rounds += 1
        return self.here

    def reset(self, chance: Random) -> dict[int, Member]:
        """Let the worse half begin again, if it is time: each of them, and what it begins with."""
        every, half = self.options.reset_every, len(self.islands) // 2
        if every is None or not half or not self._rounds or self._rounds % every:
            return {}
        order = self._order()
        founders = [best for place in order[:-half] if (best := self.islands[place].best)]
        if not founders:
            return {}
        begun = {place: chance.choice(founders) for place in sorted(order[-half:])}
        for place, founder in begun.items():
            self.islands[place] = self._make()
            self.islands[place].members = [founder]
        self._resets += 1
        return begun

    def report(self) -> Evolution:
        """Say how the answer became better."""
        return Evolution(
            objective=self.aim.name,
            sense=self.aim.sense,
            value=self._history[-1].value if self._history else None,
            history=tuple(self._history),
            measured=len(self._known),
            resets=self._resets,
        )

    def _order(self) -> list[int]:
        """Order the islands by their best answers; empty ones come last."""
        sign = 1 if self.aim.sense == "min" else -1

        def key(place: int) -> tuple[bool, Fraction, int]:
            best = self.islands[place].best
            return best is None, Fraction(0) if best is None else sign * best.value, place

        return sorted(range(len(self.islands)), key=key)

    def _make(self) -> Island:
        return Island(Conversation(self.task, self.strategy))


def make_islands(task: Task, strategy: Strategy) -> Islands | None:
    """Make the islands of a run; `None` where answers are not compared, or nobody asks for it."""
    options = strategy.bred
    if options is None or task.objective is None:
        return None
    return Islands(task, strategy, task.objective, options)
