"""Regular expressions over strings: membership by derivatives, exact with complement.

The derivative by a character is the expression for what may follow it; a string matches if the
derivative by all its characters accepts the empty string. Simplification makes derivatives
repeat; caps on size and depth end what would still explode.
"""

from collections.abc import Sequence
from typing import Final

from critics.smt.terms import BOOL, REGLAN, STRING, App, Operator, Sort, SortFault, Value
from critics.smt.theories.ranks import fixed, listed, many
from critics.smt.values import MAX_RESULT_CHARS, OverBudget

MAX_STEPS = 60_000
MAX_SCANNED = 500_000
MAX_PARTS = 1_000
MAX_DEPTH = 100


class Regex:
    """An immutable expression whose hash is computed once.

    Attributes:
        kind: `none`, `empty`, `text`, `range`, `then`, `or`, `not`, `star` or `loop`.
        parts: The expressions it is made of; the order does not matter under `or`.
        data: A text, or the two bounds of a `range` or `loop`.
    """

    __slots__ = ("_hash", "_key", "data", "depth", "kind", "parts")

    def __init__(
        self, kind: str, parts: tuple["Regex", ...] = (), data: tuple[str | int, ...] = ()
    ) -> None:
        """Make an expression.

        Raises:
            OverBudget: It is nested too deep or too wide to match.
        """
        self.kind: Final = kind
        self.parts: Final = parts
        self.data: Final = data
        self.depth: Final[int] = 1 + max((part.depth for part in parts), default=0)
        if self.depth > MAX_DEPTH or len(parts) > MAX_PARTS:
            raise OverBudget("a regular expression too large to match")
        self._key = (kind, data, frozenset(parts) if kind == "or" else parts)
        self._hash = hash(self._key)

    def __hash__(self) -> int:
        """Give the hash that was computed with the expression."""
        return self._hash

    def __eq__(self, other: object) -> bool:
        """Compare by structure."""
        if self is other or not isinstance(other, Regex):
            return self is other
        return self._hash == other._hash and self._key == other._key


NONE = Regex("none")
EMPTY = Regex("empty")
EVERYTHING = Regex("not", (NONE,))
ANY = Regex("range", data=("\0", "\U0002ffff"))


def literal(text: str) -> Regex:
    """Match exactly a text."""
    return Regex("text", data=(text,)) if text else EMPTY


def concatenation(*members: Regex) -> Regex:
    """Match one after the other."""
    flat: list[Regex] = []
    for member in members:
        flat.extend(member.parts if member.kind == "then" else (member,))
    if NONE in flat:
        return NONE
    flat = [member for member in flat if member is not EMPTY]
    return _joined("then", flat, EMPTY)


def union(*members: Regex) -> Regex:
    """Match any of them; nested unions are flattened, so derivatives repeat."""
    flat: dict[Regex, None] = {}
    for member in members:
        flat.update(dict.fromkeys(member.parts if member.kind == "or" else (member,)))
    flat.pop(NONE, None)
    return EVERYTHING if EVERYTHING in flat else _joined("or", list(flat), NONE)


def _joined(kind: str, members: list[Regex], neutral: Regex) -> Regex:
    if not members:
        return neutral
    return members[0] if len(members) == 1 else Regex(kind, tuple(members))


def complement(inner: Regex) -> Regex:
    """Match everything else."""
    return inner.parts[0] if inner.kind == "not" else Regex("not", (inner,))


def intersection(*members: Regex) -> Regex:
    """Match all of them."""
    return complement(union(*map(complement, members)))


def star(inner: Regex) -> Regex:
    """Match any number of repetitions."""
    if inner.kind in ("none", "empty"):
        return EMPTY
    return inner if inner.kind == "star" else Regex("star", (inner,))


def loop(inner: Regex, least: int, most: int) -> Regex:
    """Match `least` to `most` repetitions; nothing if there is no such number."""
    if least > most:
        return NONE
    if most == 0 or inner is EMPTY:
        return EMPTY
    if inner.kind == "none":
        return EMPTY if least == 0 else NONE
    return inner if least == most == 1 else Regex("loop", (inner,), (least, most))


class _Matcher:
    """One match: derivatives with memory and a budget."""

    def __init__(self) -> None:
        self.steps = 0
        self.scanned = 0
        self.known: dict[tuple[Regex, str], Regex] = {}
        self.nullables: dict[Regex, bool] = {}

    def nullable(self, regex: Regex) -> bool:
        """Tell whether the empty string matches."""
        if regex not in self.nullables:
            self._spend(regex)
            self.nullables[regex] = self._nullable(regex)
        return self.nullables[regex]

    def _nullable(self, regex: Regex) -> bool:
        if regex.kind == "then":
            return all(map(self.nullable, regex.parts))
        if regex.kind == "or":
            return any(map(self.nullable, regex.parts))
        if regex.kind == "not":
            return not self.nullable(regex.parts[0])
        if regex.kind == "loop":
            return regex.data[0] == 0 or self.nullable(regex.parts[0])
        return regex.kind in ("empty", "star")

    def derive(self, regex: Regex, char: str) -> Regex:
        """Give what may follow a character."""
        key = (regex, char)
        if key not in self.known:
            self._spend(regex)
            self.known[key] = self._derive(regex, char)
        return self.known[key]

    def _derive(self, regex: Regex, char: str) -> Regex:  # noqa: PLR0911  # one case per kind
        if regex.kind == "text":
            text = str(regex.data[0])
            return literal(text[1:]) if text[0] == char else NONE
        if regex.kind == "range":
            return EMPTY if str(regex.data[0]) <= char <= str(regex.data[1]) else NONE
        if regex.kind == "then":
            return self._derive_sequence(regex.parts, char)
        if regex.kind == "or":
            return union(*[self.derive(part, char) for part in regex.parts])
        if regex.kind == "not":
            return complement(self.derive(regex.parts[0], char))
        if regex.kind == "star":
            return concatenation(self.derive(regex.parts[0], char), regex)
        if regex.kind == "loop":
            least, most = (int(bound) for bound in regex.data)
            rest = loop(regex.parts[0], max(least - 1, 0), most - 1)
            return concatenation(self.derive(regex.parts[0], char), rest)
        return NONE

    def _derive_sequence(self, parts: tuple[Regex, ...], char: str) -> Regex:
        branches: list[Regex] = []
        for index, part in enumerate(parts):
            branches.append(concatenation(self.derive(part, char), *parts[index + 1 :]))
            if not self.nullable(part):
                break
        return union(*branches)

    def scan(self) -> None:
        """Count a character that is read, perhaps again, in search of a match.

        Raises:
            OverBudget: Too many were read.
        """
        self.scanned += 1
        if self.scanned > MAX_SCANNED:
            raise OverBudget("a search for a match that reads too much")

    def _spend(self, regex: Regex) -> None:
        self.steps += 1 + len(regex.parts)
        if self.steps > MAX_STEPS:
            raise OverBudget("a regular expression too large to match")


def matches(regex: Regex, text: str) -> bool:
    """Tell whether a whole text matches.

    Raises:
        OverBudget: The derivatives grow beyond the caps.
    """
    matcher = _Matcher()
    for char in text:
        regex = matcher.derive(regex, char)
        if regex is NONE:
            return False
    return matcher.nullable(regex)


def _shortest(matcher: _Matcher, regex: Regex, text: str, start: int, least: int) -> int | None:
    """Give the end of the shortest match from a position of at least `least` characters."""
    for end in range(start, len(text) + 1):
        if end - start >= least and matcher.nullable(regex):
            return end
        if end == len(text) or regex is NONE:
            return None
        matcher.scan()
        regex = matcher.derive(regex, text[end])
    return None


def _replace(_node: App, args: Sequence[Value]) -> Value:
    text, regex, new = args
    matcher = _Matcher()
    for start in range(len(text) + 1):
        end = _shortest(matcher, regex, text, start, 0)
        if end is not None:
            return text[:start] + new + text[end:]
    return text


def _replace_all(_node: App, args: Sequence[Value]) -> Value:
    text, regex, new = args
    matcher, position = _Matcher(), 0
    parts: list[str] = []
    while position < len(text):
        end = _shortest(matcher, regex, text, position, 1)
        parts.append(text[position] if end is None else new)
        position = position + 1 if end is None else end
        if len(parts) * (len(new) + 1) > MAX_RESULT_CHARS:
            raise OverBudget(f"a string of more than {MAX_RESULT_CHARS:,} characters")
    return "".join(parts)


def _range(_node: App, args: Sequence[Value]) -> Value:
    low, high = args
    single = len(low) == len(high) == 1 and low <= high
    return Regex("range", data=(low, high)) if single else NONE


def _difference(_node: App, args: Sequence[Value]) -> Value:
    return intersection(args[0], *map(complement, args[1:]))


def _constant(name: str, regex: Regex, *legacy: str) -> Operator:
    def rank(sorts: Sequence[Sort], _indices: Sequence[int]) -> Sort:
        if sorts:
            raise SortFault(f"takes no arguments, not {listed(sorts)}")
        return REGLAN

    return Operator(name, rank, lambda _n, _args: regex, legacy=legacy)


_UNARY = fixed([REGLAN], REGLAN)

OPERATORS = (
    _constant("re.none", NONE, "re.nostr"),
    _constant("re.all", EVERYTHING),
    _constant("re.allchar", ANY),
    Operator(
        "str.to_re",
        fixed([STRING], REGLAN),
        lambda _n, args: literal(args[0]),
        legacy=("str.to.re",),
    ),
    Operator(
        "str.in_re",
        fixed([STRING, REGLAN], BOOL),
        lambda _n, args: matches(args[1], args[0]),
        legacy=("str.in.re",),
    ),
    Operator("re.++", many(REGLAN, REGLAN), lambda _n, args: concatenation(*args)),
    Operator("re.union", many(REGLAN, REGLAN), lambda _n, args: union(*args)),
    Operator("re.inter", many(REGLAN, REGLAN), lambda _n, args: intersection(*args)),
    Operator("re.diff", many(REGLAN, REGLAN, 2), _difference),
    Operator("re.*", _UNARY, lambda _n, args: star(args[0])),
    Operator("re.+", _UNARY, lambda _n, args: concatenation(args[0], star(args[0]))),
    Operator("re.opt", _UNARY, lambda _n, args: union(EMPTY, args[0])),
    Operator("re.comp", _UNARY, lambda _n, args: complement(args[0])),
    Operator("re.range", fixed([STRING, STRING], REGLAN), _range),
    Operator("re.^", _UNARY, lambda n, args: loop(args[0], n.indices[0], n.indices[0]), indexed=1),
    Operator("re.loop", _UNARY, lambda n, args: loop(args[0], *n.indices), indexed=2),
    Operator("str.replace_re", fixed([STRING, REGLAN, STRING], STRING), _replace),
    Operator("str.replace_re_all", fixed([STRING, REGLAN, STRING], STRING), _replace_all),
)
