"""Recognition: finds the problem in the conversation itself.

Invariants:
    * Only messages of the caller count: `system`, `developer` and `user`. What a model or a tool
      said never defines what is true.
    * Only fenced code blocks count, by the name behind their fence: no tags, no prose.
    * Nothing is guessed: two different problems in one message are refused, with what was found.

The latest message with a problem wins. A PDDL domain may stand elsewhere: the latest of the name
that the problem gives is taken.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from pydantic import JsonValue

from app.failures import Fault, ServiceError

SPEAKERS = frozenset({"system", "developer", "user"})
DOMAINS: Mapping[str, str] = {"pddl": "pddl", "smt2": "smt"}
"""The name behind a fence, and the domain whose problems stand in such blocks."""
MOST_NAMES = 5
"""Names that a refusal lists."""
_FENCE = re.compile(r"^ {0,3}+(`{3,}+|~{3,}+)[ \t]*+([^\s`]*+)[^`\n]*+$")
_CLOSING = re.compile(r"^ {0,3}+(`{3,}+|~{3,}+)[ \t\r]*+$")
_COMMENT = re.compile(r";[^\n]*")
_DEFINE = re.compile(r"\(\s*define\s*\(\s*(domain|problem)\s+([^\s()]+)", re.IGNORECASE)
_OF_DOMAIN = re.compile(r"\(\s*:domain\s+([^\s()]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """A problem in a conversation, or a part of one.

    Attributes:
        domain: Whose problem it is.
        parts: What was found of its payload.
        message: 0-based index of the message that it was taken from.
    """

    domain: str
    parts: dict[str, JsonValue]
    message: int


@dataclass(frozen=True, slots=True)
class _Piece:
    """One piece of a payload: a field of it, its text and the name that PDDL gives it."""

    field: str
    text: str
    name: str = ""
    of: str = ""


def recognise(messages: Sequence[Mapping[str, Any]], domain: str | None) -> Found | None:
    """Find the problem that a conversation states.

    Args:
        messages: The caller's messages.
        domain: Look for problems of this domain only; `None` looks for every kind.

    Returns:
        `None` where there is no block of the kind.

    Raises:
        ServiceError: `problem-ambiguous`.
    """
    found = [
        part
        for fence, name in DOMAINS.items()
        if domain in {None, name} and (part := _find(messages, fence, name))
    ]
    if len(found) > 1:
        raise ambiguous("the conversation holds both `pddl` and `smt2` blocks", found[0].message)
    return found[0] if found else None


def _find(messages: Sequence[Mapping[str, Any]], fence: str, domain: str) -> Found | None:
    pieces = [list(_pieces(message, fence)) for message in messages]
    if fence == "smt2":
        script = _latest(pieces, "smtlib")
        return Found(domain, {"smtlib": script[1].text}, script[0]) if script else None
    problem = _latest(pieces, "problem")
    model = _latest(pieces, "domain", problem[1].of if problem else "")
    parts: dict[str, JsonValue] = {p.field: p.text for _, p in filter(None, (model, problem))}
    where = problem or model
    return Found(domain, parts, where[0]) if where else None


def _latest(
    pieces: Sequence[Sequence[_Piece]], field: str, name: str = ""
) -> tuple[int, _Piece] | None:
    """Find the latest message that has a piece of a kind and, if it is given, of a name."""
    for index in range(len(pieces) - 1, -1, -1):
        piece = _only(pieces[index], field, name, index)
        if piece is not None:
            return index, piece
    return None


def _only(pieces: Sequence[_Piece], field: str, name: str, index: int) -> _Piece | None:
    """Take the one piece of a kind and, if it is given, of a name; refuse two different ones."""
    fitting = [p for p in pieces if p.field == field and (not name or p.name == name)]
    different = {piece.text: piece.name for piece in fitting}
    if len(different) > 1:
        names = [f"`{name[:40]}`" for name in different.values() if name]
        more = ", …" * (len(names) > MOST_NAMES)
        listed = f" ({', '.join(names[:MOST_NAMES])}{more})" if names else ""
        kind = "SMT-LIB scripts" if field == "smtlib" else f"PDDL {field}s"
        raise ambiguous(f"message {index} holds {len(different)} different {kind}{listed}", index)
    return fitting[0] if fitting else None


def _pieces(message: Mapping[str, Any], fence: str) -> Iterator[_Piece]:
    if message.get("role") not in SPEAKERS:
        return
    for text in texts(message):
        for block in blocks(text, fence):
            if fence == "pddl":
                yield from _split_pddl(block)
            elif block.strip():
                yield _Piece("smtlib", block)


def texts(message: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts of a message: its content, or the text parts of it."""
    content = message.get("content")
    if isinstance(content, str):
        yield content
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict) and isinstance(part.get("text"), str):
            yield part["text"]


def blocks(text: str, name: str) -> Iterator[str]:
    """Yield what stands in the fenced code blocks of a name (CommonMark 0.31, section 4.5)."""
    fence, wanted, lines = "", False, list[str]()
    for line in text.split("\n"):
        opened = _FENCE.match(line.rstrip("\r"))
        if not fence and opened:
            fence, wanted, lines = opened[1], opened[2].lower() == name, []
        elif fence and _closes(line, fence):
            if wanted:
                yield "\n".join(lines) + "\n"
            fence = ""
        elif fence and wanted:
            lines.append(line)
    if fence and wanted:
        yield "\n".join(lines) + "\n"


def _closes(line: str, fence: str) -> bool:
    closing = _CLOSING.match(line)
    return closing is not None and closing[1].startswith(fence)


def _split_pddl(block: str) -> Iterator[_Piece]:
    """Cut a block into its definitions; comments define nothing."""
    code = _COMMENT.sub(lambda found: " " * len(found[0]), block)
    heads = list(_DEFINE.finditer(code))
    for head, after in zip_longest(heads, heads[1:]):
        end = after.start() if after else len(block)
        of = _OF_DOMAIN.search(code, head.end(), end)
        yield _Piece(
            head[1].lower(),
            block[head.start() : end],
            name=head[2].lower(),
            of=of[1].lower() if of and head[1].lower() == "problem" else "",
        )


def ambiguous(detail: str, index: int) -> ServiceError:
    """Refuse to choose between problems."""
    fault = Fault(pointer=f"#/messages/{index}", code="problem-ambiguous", detail=detail)
    return ServiceError("problem-ambiguous", detail, faults=[fault])
