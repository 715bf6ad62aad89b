"""Formalization: a domain's door for problems in plain language, which become its typed payload.

A text is read by an exact parser where one knows its wording, else by a model. Neither is
believed silently: what was made is told in our own words, what a model wrote and the text does
not hold is a doubt, and a certificate says what it is relative to.

Invariants:
    * A parser reads a whole text or nothing. It never guesses, and says what it could not read.
    * The paraphrase is made from the typed problem alone, by a template; no model words it.
    * A reading with a doubt or a missing field is never more than a proposal.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import JsonValue

from critics.types import Diagnostic, Frozen


class Reading(Frozen):
    """What an exact parser made of a text that is of its kind."""

    parser: str
    """The parser's name."""
    problem: dict[str, JsonValue] | None = None
    """The payload, if every word of the text was read."""
    unread: tuple[Diagnostic, ...] = ()
    """What it could not read, without a payload."""


class Missing(Frozen):
    """Something that the problem needs and the text does not say, or says in two ways."""

    field: str
    """The payload's field, such as `duration_min`."""
    question: str
    """What to ask the author of the text."""


class Doubt(Frozen):
    """A difference between a text and the problem that was made of it."""

    kind: str
    """`not-in-text`: the problem holds it and the text does not; `not-in-problem`: the other way
    round; `choice`: a choice that the text does not call for, or calls for and the problem does
    not make; `infeasible`: the problem has no answer."""
    what: str
    """The number, time, name or choice."""
    headline: str
    """The same for people, standing alone."""


class Made(Frozen):
    """A payload that a text was turned into, with all that is to be known about it."""

    problem: dict[str, JsonValue] | None = None
    """The payload; `None` if there is none yet."""
    paraphrase: str = ""
    """What it means, in our words."""
    missing: tuple[Missing, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    faults: tuple[Diagnostic, ...] = ()
    """Why a response holds no problem of the domain."""


Parser = Callable[[str], Reading | None]
"""Text to what was read of it; `None` if the text is not of the parser's kind. Pure."""


@dataclass(frozen=True, slots=True)
class Cue:
    """Words by which a text calls for a choice that a payload makes with a fixed value.

    Attributes:
        field: Name of the field that makes the choice, wherever in the payload.
        value: The value that is called for.
        pattern: Regular expression of the words; case does not matter.
        telling: Whether the words leave nothing else, so that their presence without the choice
            is a doubt, too.
    """

    field: str
    value: JsonValue
    pattern: str
    telling: bool = True


@dataclass(frozen=True, slots=True)
class Formalizer:
    """How plain language becomes a domain's payload. All callables are pure and run in a worker.

    Attributes:
        paraphrase: A validated payload (pydantic) to a few sentences or lines.
        parsers: Exact ones, each for one known wording.
        instruction: What a model is told about the payload, beside its schema.
        cues: Words that call for choices; a choice with a value other than its default and
            without its cue in the text is doubted.
        counted: Whether a text says every number as often as the problem holds it.
        questions: Field to what is asked where the text does not say it; fields without one are
            asked for by their description.
    """

    paraphrase: Callable[[Any], str]
    parsers: Sequence[Parser] = ()
    instruction: str = ""
    cues: Sequence[Cue] = ()
    counted: bool = False
    questions: Mapping[str, str] = field(default_factory=dict)
