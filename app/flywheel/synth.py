"""Synth: problems made by a program, with answers that were judged.

Invariants:
    * A row's answer is accepted by `judge()`, as the service would read it in a response; what is
      called infeasible is proved so by the domain. Whatever fails that is counted as a defect of
      the domain and not written.
    * Rows depend on the domain, the options and the seed alone, and more rows begin with the same.
    * No identity of an excluded problem is written, and none twice where rows are to be distinct.
    * Memory holds one row, and a hash of each problem.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.flywheel.exclusion import identify
from app.flywheel.rows import Evidence, MadeRow, NearMiss
from app.flywheel.splits import choose_split
from backprompt.prompt import write_task
from backprompt.render import tell_model
from backprompt.strategy import Feedback
from backprompt.task import Task
from critics.domain import Domain
from critics.generation import Family, Generation
from critics.guard import guard
from critics.judge import judge, read_problem
from critics.statement import canonical, digest
from critics.types import Feasible, Judgement, KernelError, Problem, Verdict

MOST_MISSES = 2_000
"""Problems in a row that are there already, after which the families are taken to have no more."""
FAILURE = 50
"""What a problem that cannot be answered counts as; it takes longer."""
ID_CHARS = 16
SHOWN_DEFECTS = 5


@dataclass(frozen=True, kw_only=True)
class Order:
    """What rows are wanted.

    Attributes:
        domain: Makes the problems.
        generation: What it makes them with.
        families: Those that are wanted, with their levels.
        rows: How many rows.
        seed: Decides every choice.
        mystery: Share of problems that are put under names that mean nothing.
        infeasible: Share of problems without answers.
        near_misses: Most wrong answers a row.
        shares: Parts of the data and how large they are.
        excluded: Identities that must not be in the data.
        distinct: Whether problems that are equal up to names and order are written once only.
        generator: What a row says that made it.
    """

    domain: Domain
    generation: Generation
    families: Sequence[tuple[Family, Sequence[int]]]
    rows: int
    seed: int
    shares: Mapping[str, float]
    mystery: float = 0.0
    infeasible: float = 0.0
    near_misses: int = 0
    excluded: frozenset[str] = frozenset()
    distinct: bool = False
    generator: str = ""


@dataclass(slots=True)
class Tally:
    """What was written and what was not.

    Attributes:
        rows: By family, level, part of the data, and whether the problem has an answer.
        renamed: Rows under names that mean nothing.
        near_misses: Wrong answers that were written.
        dropped: Problems that were not written, by reason.
        defects: What a family promised and did not keep, by what it was.
        shown: The first defects, with the problem's family and level.
        identities: Of the problems that were written.
        made: Problems that were tried.
    """

    rows: Counter[tuple[str, int, str, str]] = field(default_factory=Counter)
    renamed: int = 0
    near_misses: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    defects: Counter[str] = field(default_factory=Counter)
    shown: list[str] = field(default_factory=list)
    identities: set[bytes] = field(default_factory=set)
    made: int = 0

    def take(self, row: MadeRow) -> None:
        """Count a row."""
        kind = "infeasible" if row.infeasible else "accepted"
        self.rows[row.family, row.level, row.split, kind] += 1
        self.renamed += row.renamed_from is not None
        self.near_misses += len(row.near_misses)
        self.identities.add(_short(row.identity))

    def report(self, what: str, where: str) -> None:
        """Count a defect."""
        self.defects[what] += 1
        if len(self.shown) < SHOWN_DEFECTS:
            self.shown.append(f"{what}: {where}")


class Dropped(Exception):
    """A problem is not written; the message is the reason."""


class Undecided(Exception):
    """It was not found out whether a problem is what its family says; the message says how."""


class Defect(Exception):
    """A family did not keep what it promises; the message says what."""


def synthesize(order: Order, tally: Tally) -> Iterator[MadeRow]:
    """Make rows, one after the other.

    Args:
        order: What is wanted.
        tally: Counts while the rows are taken.
    """
    seen: set[bytes] = set()
    misses = 0
    while sum(tally.rows.values()) < order.rows and misses < MOST_MISSES:
        chance = random.Random(f"{order.domain.name} {order.seed} {tally.made}")  # noqa: S311  # no secret
        tally.made += 1
        family, level = _choose(order, chance)
        try:
            row = _Maker(order, chance, family, level, tally).make(seen)
        except Dropped as dropped:
            tally.dropped[str(dropped)] += 1
            misses += 1
        except Undecided as undecided:
            tally.dropped[str(undecided)] += 1
            misses += FAILURE
        except Defect as defect:
            tally.report(str(defect), f"{family.name}, level {level}, problem {tally.made}")
            misses += FAILURE
        else:
            misses = 0
            tally.take(row)
            yield row


def _choose(order: Order, chance: random.Random) -> tuple[Family, int]:
    solvable = chance.random() >= order.infeasible
    open_ = [choice for choice in order.families if choice[0].solvable is solvable]
    family, levels = chance.choice(open_)
    return family, chance.choice(levels)


@dataclass
class _Maker:
    """Makes one row."""

    order: Order
    chance: random.Random
    family: Family
    level: int
    tally: Tally

    def make(self, seen: set[bytes]) -> MadeRow:
        """Make a row whose problem is not among the hashes that were seen, and remember it.

        Raises:
            Dropped: It is not wanted.
            Undecided: Whether it is what the family says was not found out.
            Defect: It is not what the family says.
        """
        order, domain = self.order, self.order.domain
        payload = self._run("make", lambda: dict(self.family.make(self.chance, self.level)))
        problem = self._read(payload)
        identity = self._identify(problem)
        origin = None
        if order.mystery and self.chance.random() < order.mystery:
            origin = _name(domain, payload)
            payload, problem = self._rename(problem, identity)
        self._require_new(payload, identity, seen)
        instance = self._run("load", lambda: domain.load(problem))
        answer, judgement, evidence = None, None, None
        if self.family.solvable:
            answer, judgement = self._answer(problem, instance)
        else:
            evidence = self._prove(problem)
        return MadeRow(
            id=_name(domain, payload),
            domain=domain.name,
            family=self.family.name,
            level=self.level,
            problem=payload,
            prompt=self._write_prompt(instance),
            answer=answer,
            verdict=None if judgement is None else judgement.verdict.value,
            assurance=None if judgement is None else judgement.assurance.value,
            infeasible=not self.family.solvable,
            evidence=evidence,
            near_misses=() if answer is None else self._miss(problem, instance, answer),
            identity=identity,
            renamed_from=origin,
            split=choose_split(identity, order.shares),
            seed=order.seed,
            generator=order.generator,
        )

    def _run(self, name: str, work: Any) -> Any:
        try:
            done, faults = guard(name, work)
        except KernelError as error:
            raise Defect(f"`{name}` fails: {error}") from error
        if faults:
            raise Defect(f"`{name}` fails: {'; '.join((faults[0].headline, *faults[0].notes))}")
        return done

    def _read(self, payload: Mapping[str, Any]) -> Problem:
        try:
            return read_problem(self.order.domain, payload)
        except KernelError as error:
            raise Defect(f"the problem cannot be read: {error}") from error

    def _identify(self, problem: Problem) -> str:
        identity = identify(self.order.domain, problem)
        if identity is None:
            raise Defect("the problem has no identity")
        return identity

    def _rename(self, problem: Problem, identity: str) -> tuple[dict[str, Any], Problem]:
        rename = self.order.generation.rename
        if rename is None:
            raise Defect("the domain renames nothing")
        payload = self._run("rename", lambda: dict(rename(self.chance, problem)))
        twin = self._read(payload)
        if self._identify(twin) != identity:
            raise Defect("a renamed problem has another identity")
        return payload, twin

    def _require_new(self, payload: dict[str, Any], identity: str, seen: set[bytes]) -> None:
        order = self.order
        if identity in order.excluded:
            raise Dropped("excluded")
        known = _short(identity if order.distinct else _name(order.domain, payload))
        if known in seen:
            raise Dropped("duplicate")
        seen.add(known)

    def _answer(self, problem: Problem, instance: Any) -> tuple[str, Judgement]:
        """Find an answer that is accepted, as it is read from a response."""
        text = None
        if self.family.answer is not None:
            find = self.family.answer
            text = self._run("answer", lambda: find(problem))
        if text is None and self.order.domain.solver is not None:
            solve = self.order.domain.solver
            text = self._run("solver", lambda: solve(problem)).answer
        if text is None:
            raise Undecided("no answer found")
        judgement = judge(self.order.domain, problem, text)
        if judgement.verdict is Verdict.UNKNOWN:
            raise Undecided("answer not decided")
        if judgement.verdict is not Verdict.ACCEPTED:
            raise Defect("the answer is rejected")
        found = self._extract(instance, text)
        if text not in found and not any(self._judge(problem, each) for each in found):
            raise Defect("the answer is not read from a response as an accepted one")
        return text, judgement

    def _prove(self, problem: Problem) -> Evidence:
        decide = self.order.domain.feasibility
        if decide is None:
            raise Undecided("no proof of infeasibility")
        found = self._run("feasibility", lambda: decide(problem))
        if found.status is Feasible.UNKNOWN:
            raise Undecided("no proof of infeasibility")
        if found.status is not Feasible.INFEASIBLE:
            raise Defect("a problem without answers has one")
        finding = found.diagnostics[0]
        return Evidence(
            kind=finding.code, headline=finding.headline, assurance=found.assurance.value
        )

    def _write_prompt(self, instance: Any) -> str:
        domain = self.order.domain
        text = self._run("prompt", lambda: domain.prompt(instance))
        return write_task(Task(domain=domain.name, prompt=text, answer_format=domain.answer_format))

    def _miss(self, problem: Problem, instance: Any, answer: str) -> tuple[NearMiss, ...]:
        if not self.order.near_misses:
            return ()
        mutate = self.order.domain.mutate
        mutants = self._run("mutate", lambda: list(mutate(instance, answer)))
        self.chance.shuffle(mutants)
        found: dict[str, NearMiss] = {}
        for mutant in mutants:
            if len(found) >= self.order.near_misses:
                break
            texts = self._extract(instance, mutant.text)
            if len(texts) == 1 and texts[0] not in found:
                miss = self._judge_miss(problem, texts[0], answer, mutant.change)
                found |= {} if miss is None else {texts[0]: miss}
        return tuple(found.values())

    def _judge_miss(self, problem: Problem, text: str, answer: str, change: str) -> NearMiss | None:
        judgement = judge(self.order.domain, problem, text)
        if judgement.verdict is not Verdict.REJECTED:
            return None
        repaired = None
        if self.family.repair is not None:
            repair = self.family.repair
            repaired = self._run("repair", lambda: repair(problem, text))
        if repaired is not None and not self._judge(problem, repaired):
            raise Defect("a repaired answer is not accepted")
        return NearMiss(
            answer=text,
            change=change,
            code=judgement.diagnostics[0].code,
            told=tell_model(judgement, Feedback.EXPLAIN),
            repaired=answer if repaired is None else repaired,
        )

    def _extract(self, instance: Any, text: str) -> Sequence[str]:
        extract = self.order.domain.extract
        return list(self._run("extract", lambda: extract(instance, text)))

    def _judge(self, problem: Problem, text: str) -> bool:
        return judge(self.order.domain, problem, text).verdict is Verdict.ACCEPTED


def _name(domain: Domain, payload: Mapping[str, Any]) -> str:
    known = digest(canonical({"domain": domain.name, "problem": dict(payload)}))
    return f"{domain.name}-{known[:ID_CHARS]}"


def _short(text: str) -> bytes:
    return bytes.fromhex(digest(text.encode()))[:16]
