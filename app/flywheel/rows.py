"""Rows: made problems with judged answers, as `modulo synth` writes them."""

from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """A wrong answer, close to the right one.

    Attributes:
        answer: In canonical text; `judge()` rejects it.
        change: What was changed in the right answer, in words.
        code: Code of the first finding.
        told: What a model is told about it, with the default strategy.
        repaired: A right answer that keeps what was right in this one; `judge()` accepts it.
    """

    answer: str
    change: str
    code: str
    told: str
    repaired: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Why it is certain that a problem has no answer.

    Attributes:
        kind: Code of the finding.
        headline: The finding.
        assurance: How many opinions stand behind it.
    """

    kind: str
    headline: str
    assurance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeRow:
    """One problem.

    Attributes:
        id: Made of the domain and the payload, so equal problems have equal ids.
        domain: Its domain.
        family: The family that made it.
        level: How difficult it is, within the family, from 1.
        problem: The payload, as for `POST /solve`.
        prompt: The first message to a model, as the service writes it.
        answer: In canonical text; None where the problem has no answer.
        verdict: What `judge()` says of the answer, always `accepted`; None without an answer.
        assurance: How many opinions stand behind that.
        infeasible: Whether the problem is proved to have no answer.
        evidence: Why that is certain.
        near_misses: Wrong answers.
        identity: Equal for problems that are equal up to names and order.
        renamed_from: Id of the problem that this one is under other names.
        split: The part of the data that it belongs to.
        seed: Of the whole data set.
        generator: What made it, with versions.
    """

    id: str
    domain: str
    family: str
    level: int
    problem: dict[str, JsonValue]
    prompt: str
    answer: str | None
    verdict: str | None
    assurance: str | None
    infeasible: bool
    evidence: Evidence | None
    near_misses: tuple[NearMiss, ...]
    identity: str
    renamed_from: str | None
    split: str
    seed: int
    generator: str

    def to_json(self) -> dict[str, Any]:
        """Write the row as plain JSON."""
        return {name: _plain(getattr(self, name)) for name in self.__slots__}


AS_TEXT = ("problem",)
"""Columns whose shape differs from problem to problem."""
EXAMPLE = MadeRow(
    id="",
    domain="",
    family="",
    level=1,
    problem={},
    prompt="",
    answer="",
    verdict="",
    assurance="",
    infeasible=False,
    evidence=Evidence(kind="", headline="", assurance=""),
    near_misses=(NearMiss(answer="", change="", code="", told="", repaired=""),),
    identity="",
    renamed_from="",
    split="",
    seed=0,
    generator="",
)
"""A row whose values say of which types the columns are."""


def _plain(value: Any) -> Any:
    if isinstance(value, NearMiss | Evidence):
        return {name: getattr(value, name) for name in value.__slots__}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value
