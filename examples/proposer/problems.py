"""problems: what the proposer is trained on, and what is held out to measure it.

Invariants:
    * Which side a problem is on depends on its identity alone, which names and order do not change:
      no held-out problem, nor a renamed twin of it, is ever trained on.
    * The same seed draws the same problems.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Any

from backprompt.prompt import write_task
from backprompt.render import tell_model
from backprompt.strategy import Strategy
from backprompt.task import Task
from critics.domain import Domain, find_domain
from critics.generation import Family
from critics.judge import judge, read_problem
from critics.types import Judgement, Problem

HELD_OUT = 8
"""One of so many identities is held out."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problems.

    Attributes:
        levels: Levels of difficulty to the tokens of the corpus they get, in parts.
        mystery: Whether problems are renamed, with their predicates and actions.
        extra: Level that is measured but not trained on.
    """

    name: str
    domain: str
    family: str
    levels: dict[int, float]
    mystery: bool = False
    extra: int = 3


KINDS = (
    Kind(
        *("blocksworld", "pddl", "blocksworld", {1: 0.02, 2: 0.05, 3: 0.08, 4: 0.06, 5: 0.04}),
        extra=6,
    ),
    Kind("mystery", "pddl", "blocksworld", {1: 0.05, 2: 0.11}, mystery=True),
    Kind("logistics", "pddl", "logistics", {1: 0.02, 2: 0.07, 3: 0.08}, extra=4),
    Kind("countdown", "countdown", "reach", {1: 0.01, 2: 0.15}),
    Kind("coloring", "coloring", "colorable", {1: 0.05, 2: 0.1}),
    Kind("calendar", "calendar", "possible", {1: 0.02, 2: 0.04}),
    Kind("meeting", "meeting", "possible", {1: 0.05, 2: 0.1}),
)


@dataclass(frozen=True, slots=True)
class Instance:
    """One problem, read and put into words.

    Attributes:
        kind: What it is one of.
        level: How hard it is.
        identity: Equal for problems equal up to names and order.
    """

    kind: Kind
    level: int
    domain: Domain
    payload: dict[str, Any]
    problem: Problem
    identity: str

    @property
    def family(self) -> Family:
        """Give the program that made it."""
        return find_family(self.kind)

    @property
    def prompt(self) -> str:
        """Put it to a model as the service does."""
        words = self.domain.prompt(self.domain.load(self.problem))
        answer_format = self.domain.answer_format
        return write_task(Task(domain=self.domain.name, prompt=words, answer_format=answer_format))

    def answer(self) -> str | None:
        """Give the systematic answer."""
        return self.family.answer(self.problem) if self.family.answer else None

    def repair(self, wrong: str) -> str | None:
        """Give a right answer, which keeps what was right."""
        mend = self.family.repair
        return mend(self.problem, wrong) if mend else self.answer()

    def judge(self, text: str) -> Judgement:
        """Ask the critics."""
        return judge(self.domain, self.problem, text)

    def find(self, response: str) -> list[str]:
        """Find the candidates in a response."""
        return list(self.domain.extract(self.domain.load(self.problem), response))


def tell(judgement: Judgement, before: Judgement | None = None, *, repeated: bool = False) -> str:
    """Say what the critics found, as the service does by default."""
    return tell_model(judgement, Strategy().feedback, before=before, repeated=repeated)


def find_family(kind: Kind) -> Family:
    """Find the family that makes a kind of problems."""
    generation = find_domain(kind.domain).generation
    families = generation.families if generation else ()
    return next(family for family in families if family.name == kind.family)


def is_held_out(domain: str, identity: str) -> bool:
    """Say whether a problem is kept for measuring."""
    number = int.from_bytes(sha256(f"{domain}\0{identity}".encode()).digest()[:8], "big")
    return number % HELD_OUT == 0


def draw(random: Random, kind: Kind, level: int, *, held_out: bool) -> Instance:
    """Draw a problem from one of the two sides."""
    domain, family = find_domain(kind.domain), find_family(kind)
    generation = domain.generation
    if generation is None:
        raise LookupError(f"`{kind.domain}` makes no problems")
    while True:
        payload = dict(family.make(random, level))
        problem = read_problem(domain, payload)
        identity = generation.identity(problem)
        if is_held_out(kind.domain, identity) is not held_out:
            continue
        if kind.mystery and generation.rename:
            payload = dict(generation.rename(random, problem))
            problem = read_problem(domain, payload)
        return Instance(kind, level, domain, payload, problem, identity)


def draw_measured(seed: int, kind: Kind, level: int, count: int) -> Iterator[Instance]:
    """Draw held-out problems, no two of which are equal up to names while there are others."""
    random, seen = Random(seed), set[str]()
    tries = 0
    while count:
        instance = draw(random, kind, level, held_out=True)
        tries += 1
        if instance.identity in seen and tries < 20 * count + 1000:
            continue
        seen.add(instance.identity)
        count -= 1
        yield instance
