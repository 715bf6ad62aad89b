"""Reading one line of a model's response: which plan steps does it state, if any?

Outside the trusted part: whatever is read here is judged afterwards. The one thing that matters
for soundness of *meaning* is that a line which is clearly a step is never dropped because it is
wrong: that would turn a wrong plan into a different one. So a step with an unknown name, too many
arguments or a missing parenthesis is kept as it is written, for the critic to report.

Every pattern is linear: no nested quantifiers over overlapping classes, bounded prefixes.
"""

import re
from collections.abc import Collection, Container, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

MAX_HOLDER_CHARS = 500
"""A longer line is neither `(define (plan` nor a typed step."""

_WORD = re.compile(
    r"the|is|are|was|were|be|to|so|that|this|these|which|now|and|of|we|it|its|i|you|no|not|none"
    r"|for|all|as|will|can|cannot|must|should|since|because|then|there|with|from|by|plan|goal"
)
"""A word that makes a parenthesis a remark, unless the problem uses it as a name."""

_LINK = re.compile(r"the|from|to|on|onto|upon|in|into|at|with|using|of|via|and|top")
"""A word between the arguments of a step told in words, such as `stack a on b`."""


@dataclass(frozen=True)
class Names:
    """The names that a problem knows, lower-cased.

    Attributes:
        arities: Action name to number of parameters.
        objects: Objects and constants; none if they are not known.
        facts: Predicate names.
    """

    arities: Mapping[str, int]
    objects: Container[str] = frozenset()
    facts: Collection[str] = frozenset()
    _squashed: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Prepare the look-up of misspelt names."""
        object.__setattr__(self, "_squashed", frozenset(map(_squash, self.arities)))

    def means_action(self, name: str) -> bool:
        """Say whether a name is an action's, up to hyphens and underscores."""
        return name in self.arities or _squash(name) in self._squashed

    def is_fact(self, name: str) -> bool:
        """Say whether a name can only be a predicate's."""
        return name in self.facts and name not in self.arities


class Kind(Enum):
    """What a line is to the plan around it."""

    STEPS = "steps"
    PROSE = "prose"
    BLANK = "blank"
    """Nothing, or punctuation that only holds a plan together."""


class Style(Enum):
    """How a step is written; a plan keeps to one style unless its lines touch."""

    PARENTHESES = "(name a b)"
    WORDS = "name a b"
    TOLD = "Name a on b"


Step = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it was understood.

    Attributes:
        steps: The steps it states, each a name and its arguments.
        number: The number it carries, in a numbered list.
        indent: Characters before its first visible one.
        known: Whether a step has the name of an action.
        bulleted: Whether it carries a bullet or a number.
    """

    kind: Kind
    text: str = ""
    steps: tuple[Step, ...] = ()
    style: Style = Style.PARENTHESES
    number: int | None = None
    indent: int = 0
    known: bool = False
    bulleted: bool = False


_PREFIX = re.compile(
    r"\s*(?P<bullet>[^\w\s()\[\]{}\"'.;?<:,/\\][^\w()\[\]{}\"'.;?<:,/\\]*)?"
    r"(?:(?:step|action|time|t)\s{0,3}[=#:]?\s{0,3}(?=\d))?"
    r"(?:[\[(]?(?P<number>\d{1,7})(?:\.\d{1,9})?(?!\w|-\w)[\])]?\s{0,3}[.):|>-]*\s{0,3})?"
    r"(?:(?:step|action)\s{0,3}:\s{0,3})?",
    re.IGNORECASE,
)
_GAP = re.compile(
    r"(?:[\s,|\"'\[\]]|->|=>|\\n|(?:and then|then|and|followed by)(?=[\s(])"
    r"|\d{1,7}[.):](?=\s{0,3}\())+"
)
_OPENER = re.compile(
    r"\(\s*(?:(?:define|plan|steps|sequence|seq|list|actions|and|do|progn|:\w+)\s*)?(?=\()"
)
_GROUP = re.compile(r"\(([^()]*)\)")
_CALL = re.compile(r"([\w][\w-]*) ?\(([^()]*)\)")
_TAG = re.compile(r"</?\w{1,20}>")
_TAIL = re.compile(r"[\s).,;|\]\"'}]*$")
_REMARK = re.compile(r"\s(?:;|#|//|-+>?|=>)\s?|[:;=]\s|\s\[\d[\d.]*\]$")
_DENIAL = re.compile(
    r"[^a-z]{0,5}(?:is|are|was|has|does|would|could|will|because|requires?|needs?|can|cannot|can't"
    r"|fails?|failed|isn't|doesn't|and|or|but)\b",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    r"\b(?:not|never|cannot|can't|instead of|after|before|if|fails?|requires?)\b", re.IGNORECASE
)
_TYPED = re.compile(r"\(\s*:action\s+[^\s()?]+\s+(?::parameters\s*\([^()?]*\)|[^()?]*)\s*\)")
_NO_PARENTHESES = str.maketrans("()", "  ")
_NAME = re.compile(r"[^\s()\[\]{}\"'`,;:]+")
_HOLDER = re.compile(
    r"\W*\(\s*(?:define\s*\(\s*)?:?(?:end[ _-])?(?:plan|steps|sequence|actions)"
    r"(?:[ _-]?(?:end|start))?(?:\s[^()]*)?\)?\W*",
    re.IGNORECASE,
)


def read_line(raw: str, names: Names, *, lenient: bool = False) -> Line:
    """Read one line.

    Args:
        raw: The line without its end.
        names: The problem's names.
        lenient: Whether steps at the end of a sentence count.
    """
    text = _TAG.sub(" ", raw.replace("`", " ").replace("**", "")).rstrip()
    indent = len(text) - len(text.lstrip())
    held = len(text) <= MAX_HOLDER_CHARS and _HOLDER.fullmatch(text)
    if held or not any(c.isalnum() or c == "." for c in text):
        return Line(Kind.BLANK)
    prefix = None if _starts_with_action(text, names) else _PREFIX.match(text)
    body = text[prefix.end() if prefix else 0 :].strip()
    number = int(prefix["number"]) if prefix and prefix["number"] else None
    bulleted = bool(prefix and (prefix["number"] or prefix["bullet"]))
    found = _read_body(body, names, bulleted=bulleted)
    if found is None and lenient:
        found = _read_sentence(body, names)
    if found is None:
        return Line(Kind.PROSE, body or text, number=number, indent=indent, bulleted=bulleted)
    steps, style = found
    known = any(names.means_action(step[0]) for step in steps)
    return Line(Kind.STEPS, body, steps, style, number, indent, known, bulleted)


def split_words(text: str) -> Step | None:
    """Split a line into words as if it were a step."""
    return _split(text.translate(_NO_PARENTHESES).replace(";", " "))


def read_step(text: str, names: Names) -> Step | None:
    """Read a text that is known to hold exactly one step, such as a JSON string."""
    line = read_line(text, names)
    if len(line.steps) == 1:
        return line.steps[0]
    return _split(text.strip().strip("()"))


def _read_body(body: str, names: Names, *, bulleted: bool) -> tuple[tuple[Step, ...], Style] | None:
    if body.startswith(";") or (body.startswith("#") and not body.startswith("#(")):
        return None
    if body.startswith("..."):
        return (("...",),), Style.PARENTHESES
    typed = _TYPED.match(body) if len(body) <= MAX_HOLDER_CHARS else None
    if typed:
        step = _split(typed.group().replace(":parameters", " ").translate(_NO_PARENTHESES))
        return ((step,), Style.PARENTHESES) if step else None
    steps = _read_sequence(body, names) or _read_labelled(body, names, bulleted=bulleted)
    if steps:
        return steps, Style.PARENTHESES
    return _read_words(body, names, bulleted=bulleted)


def _starts_with_action(text: str, names: Names) -> bool:
    first = text.split(maxsplit=1)[0]
    return first[:1].isalpha() and names.means_action(first.lower())


def _read_sentence(body: str, names: Names) -> tuple[tuple[Step, ...], Style] | None:
    """Read the steps that end a sentence, as in `The plan is (a b), (c d).`."""
    start = body.find("(")
    labelled = body.find(": ") + 1
    for place in (start, labelled):
        if place > 0 and not _NEGATION.search(body[:place]):
            steps = _read_sequence(body[place:].strip(), names)
            whole = steps and all(names.means_action(step[0]) for step in steps)
            if whole and len(steps) == body.count("(", place):
                return steps, Style.PARENTHESES
    return None


def _read_sequence(body: str, names: Names) -> tuple[Step, ...]:
    """Read `(a b) (c d)`, `a(b), c(d)` and the like, from the start of the text."""
    steps: list[Step] = []
    place = end = commented = 0
    while place < len(body):
        gap = _GAP.match(body, place)
        place = gap.end() if gap else place
        opener = _OPENER.match(body, place)
        if opener:
            place = opener.end()
            continue
        listed = end and body[place : place + 1] == ";"
        found = _step_at(body, place + 2 if listed else place, names)
        if found is None or (end and _is_remark(found[0], names)):
            break
        if listed and not names.means_action(found[0][0]):
            break
        commented = commented or (len(steps) if listed else 0)
        steps.append(found[0])
        place = end = found[1]
    rest = body[end:]
    if not steps:
        return _read_open(body, names)
    if commented and not _TAIL.match(rest):
        return tuple(steps[:commented])
    if rest.lstrip(" ,").startswith("..."):
        return (*steps, ("...",))
    if len(steps) > 1 and not rest.lstrip().startswith(";"):
        steps.extend(_known_groups(rest, names))
    if _TAIL.match(rest) or (rest.lstrip().startswith(";") and _is_named(steps, names)):
        return tuple(steps) if not all(_is_remark(step, names) for step in steps) else ()
    return tuple(steps) if _is_named(steps, names) and not _DENIAL.match(rest) else ()


def _known_groups(rest: str, names: Names) -> Iterator[Step]:
    """Find the steps that stand between words behind the start of a plan on one line."""
    for group in _GROUP.finditer(rest):
        step = _split(group[1])
        if step and names.means_action(step[0]):
            yield step


def _step_at(body: str, place: int, names: Names) -> tuple[Step, int] | None:
    group = _GROUP.match(body, place)
    if group:
        step = _split(group[1])
        return (step, group.end()) if step else None
    call = _CALL.match(body, place)
    if call and names.means_action(call[1].lower()):
        return (call[1].lower(), *(_split(call[2]) or ())), call.end()
    return None


def _read_open(body: str, names: Names) -> tuple[Step, ...]:
    """Read a step whose parentheses do not match, as at the end of a truncated answer."""
    if not body.startswith("("):
        return ()
    step = _split(body.split(";", maxsplit=1)[0].translate(_NO_PARENTHESES))
    nested = ")" in body or "(" in body[1:]
    if step is None or _is_remark(step, names) or (nested and step[0] not in names.arities):
        return ()
    return (step,)


def _read_labelled(body: str, names: Names, *, bulleted: bool) -> tuple[Step, ...]:
    """Read the step that a line of words ends with, as in `Lift a: (pick-up a)`."""
    tail = body[max(map(body.rfind, (": ", "- ", "> "))) + 1 :]
    at = len(body) - len(tail)
    if at and (bulleted or body.startswith(("First", "Then", "Next", "Finally", "Step"))):
        steps = _read_sequence(tail.lstrip("-> "), names)
        if steps and _is_named(steps, names) and "(" in tail:
            return steps
    groups = list(_GROUP.finditer(body)) if bulleted else []
    if len(groups) == 1 and _TAIL.match(body, groups[0].end()):
        step = _split(groups[0][1])
        if step and step[0] in names.arities and not _DENIAL.search(body[: groups[0].start()]):
            return (step,)
    return ()


def _read_words(
    body: str, names: Names, *, bulleted: bool
) -> tuple[tuple[Step, ...], Style] | None:
    """Read `stack a b`, and failing that `Stack a on b`."""
    remark = _REMARK.search(body)
    named = body[: remark.start()] if remark else body
    step = _split(named.replace("|", " ").strip(" ().,:;\"'"))
    if step is None or any(not _NAME.fullmatch(token) for token in step):
        return None
    if names.means_action(step[0]):
        known = sum(token in names.objects for token in step[1:])
        arity = names.arities.get(step[0], known)
        if known == len(step) - 1 and (known or bulleted or arity == 0):
            return (step,), Style.WORDS
        shaped = len(step) - 1 == arity and not any(map(_WORD.fullmatch, step[1:]))
        if shaped and (known or not names.objects or "-" in step[0] or "_" in step[0]):
            return (step,), Style.WORDS
    told = _read_told(step, names)
    return ((told,), Style.TOLD) if told else None


def _read_told(step: Step, names: Names) -> Step | None:
    for parts in (1, 2, 3):
        for joint in "-_":
            name = joint.join(step[:parts])
            rest = tuple(t for t in step[parts:] if t in names.objects or not _LINK.fullmatch(t))
            known = bool(rest) and all(token in names.objects for token in rest)
            if known and names.arities.get(name) == len(rest):
                return (name, *rest)
    return None


def _is_named(steps: Collection[Step], names: Names) -> bool:
    return any(names.means_action(step[0]) for step in steps)


def _is_remark(step: Step, names: Names) -> bool:
    """Say whether a parenthesis holds words rather than a step."""
    if names.means_action(step[0]):
        return False
    if any(token.startswith("?") or token.endswith(":") for token in step):
        return True
    unknown = [name for name in step if name not in names.objects]
    return any(_WORD.fullmatch(name) or name[-1] in ".!?:" for name in unknown if name != "...")


def _split(text: str) -> Step | None:
    tokens = text.lower().replace(",", " ").replace('"', " ").replace("'", " ").split()
    while tokens and tokens[0] in (":action", "action:", ":step", "step:", "name:"):
        tokens = tokens[1:]
    cleaned = tuple(token.lstrip(":") for token in tokens if token.strip(":"))
    return cleaned or None


def _squash(name: str) -> str:
    return name.replace("-", "").replace("_", "").lower()
