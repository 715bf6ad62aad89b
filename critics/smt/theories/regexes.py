"""Regular expressions over strings: membership by derivatives, exact with complement.

An expression is a tree of tuples. The derivative by a character is the expression for what may
follow it; a string matches if the derivative by all its characters accepts the empty string.
Simplification keeps the trees small; a cap on their size ends what would still explode.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from critics.smt.terms import BOOL, REGLAN, STRING, App, Operator, Sort, SortFault, Value
from critics.smt.theories.ranks import fixed, listed, many
from critics.smt.values import MAX_RESULT_CHARS, OverBudget

Regex: TypeAlias = tuple[object, ...]
"""`(kind, …)`; see the constructors."""

NONE: Regex = ("none",)
EMPTY: Regex = ("empty",)
ANY: Regex = ("range", "\0", "\U0002ffff")
MAX_STEPS = 60_000
MAX_MEMBERS = 100
MAX_DEPTH = 150


def literal(text: str) -> Regex:
    """Match exactly a text."""
    return ("text", text) if text else EMPTY


def concatenation(left: Regex, right: Regex) -> Regex:
    """Match one after the other."""
    if NONE in (left, right):
        return NONE
    if left == EMPTY:
        return right
    if right == EMPTY:
        return left
    if left[0] == "then":
        return ("then", left[1], concatenation(_regex(left[2]), right))
    return ("then", left, right)


def union(*members: Regex) -> Regex:
    """Match any of them; nested unions are flattened, so derivatives repeat."""
    flat: dict[Regex, None] = {}
    for member in members:
        inner = member[1:] if member[0] == "or" else (member,)
        flat.update(dict.fromkeys(_regex(m) for m in inner if m != NONE))
    if complement(NONE) in flat:
        return complement(NONE)
    if len(flat) > MAX_MEMBERS:
        raise OverBudget("a regular expression too large to match")
    if not flat:
        return NONE
    return next(iter(flat)) if len(flat) == 1 else ("or", *sorted(flat, key=repr))


def complement(inner: Regex) -> Regex:
    """Match everything else."""
    return _regex(inner[1]) if inner[0] == "not" else ("not", inner)


def intersection(*members: Regex) -> Regex:
    """Match all of them."""
    return complement(union(*map(complement, members)))


def star(inner: Regex) -> Regex:
    """Match any number of repetitions."""
    if inner in (NONE, EMPTY):
        return EMPTY
    return inner if inner[0] == "star" else ("star", inner)


def loop(inner: Regex, least: int, most: int) -> Regex:
    """Match `least` to `most` repetitions; nothing if that is empty."""
    if least > most:
        return NONE
    if most == 0 or inner == EMPTY:
        return EMPTY
    if inner == NONE:
        return EMPTY if least == 0 else NONE
    return inner if least == most == 1 else ("loop", inner, least, most)


def _regex(part: object) -> Regex:
    if not isinstance(part, tuple):
        raise TypeError("a part of a regular expression is one itself")
    return part


class _Matcher:
    """One match: derivatives with memory and a budget."""

    def __init__(self) -> None:
        self.steps = 0
        self.known: dict[tuple[Regex, str], Regex] = {}
        self.nullables: dict[Regex, bool] = {}

    def nullable(self, regex: Regex, depth: int = 0) -> bool:
        """Tell whether the empty string matches."""
        if regex not in self.nullables:
            self._spend(depth)
            self.nullables[regex] = self._nullable(regex, depth + 1)
        return self.nullables[regex]

    def _nullable(self, regex: Regex, depth: int) -> bool:
        kind = regex[0]
        inner = [part for part in regex[1:] if isinstance(part, tuple)]
        if kind == "then":
            return all(self.nullable(part, depth) for part in inner)
        if kind == "or":
            return any(self.nullable(part, depth) for part in inner)
        if kind == "not":
            return not self.nullable(inner[0], depth)
        if kind == "loop":
            return regex[2] == 0 or self.nullable(inner[0], depth)
        return kind in ("empty", "star")

    def derive(self, regex: Regex, char: str, depth: int = 0) -> Regex:
        """Give what may follow a character."""
        key = (regex, char)
        if key not in self.known:
            self._spend(depth)
            self.known[key] = self._derive(regex, char, depth + 1)
        return self.known[key]

    def _derive(self, regex: Regex, char: str, depth: int) -> Regex:  # noqa: PLR0911  # one case per kind
        kind = regex[0]
        if kind == "text":
            text = str(regex[1])
            return literal(text[1:]) if text[0] == char else NONE
        if kind == "range":
            return EMPTY if str(regex[1]) <= char <= str(regex[2]) else NONE
        inner = [part for part in regex[1:] if isinstance(part, tuple)]
        if kind == "then":
            first = concatenation(self.derive(inner[0], char, depth), inner[1])
            if not self.nullable(inner[0]):
                return first
            return union(first, self.derive(inner[1], char, depth))
        if kind == "or":
            return union(*(self.derive(part, char, depth) for part in inner))
        if kind == "not":
            return complement(self.derive(inner[0], char, depth))
        if kind == "star":
            return concatenation(self.derive(inner[0], char, depth), regex)
        if kind == "loop":
            return self._derive_loop(regex, inner[0], char, depth)
        return NONE

    def _derive_loop(self, regex: Regex, inner: Regex, char: str, depth: int) -> Regex:
        least, most = regex[2], regex[3]
        if not isinstance(least, int) or not isinstance(most, int):
            raise TypeError("the bounds of a loop are numbers")
        rest = loop(inner, max(least - 1, 0), most - 1)
        return concatenation(self.derive(inner, char, depth), rest)

    def _spend(self, depth: int) -> None:
        self.steps += 1
        if self.steps > MAX_STEPS or depth > MAX_DEPTH:
            raise OverBudget("a regular expression too large to match")


def matches(regex: Regex, text: str) -> bool:
    """Tell whether a whole text matches.

    Raises:
        OverBudget: The derivatives grow beyond the caps.
    """
    matcher = _Matcher()
    for char in text:
        regex = matcher.derive(regex, char)
        if regex == NONE:
            return False
    return matcher.nullable(regex)


def _shortest(matcher: _Matcher, regex: Regex, text: str, start: int, least: int) -> int | None:
    """Give the end of the shortest match from a position of at least `least` characters."""
    for end in range(start, len(text) + 1):
        if end - start >= least and matcher.nullable(regex):
            return end
        if end == len(text) or regex == NONE:
            return None
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
    return ("range", low, high) if len(low) == len(high) == 1 and low <= high else NONE


def _difference(_node: App, args: Sequence[Value]) -> Value:
    return intersection(args[0], *map(complement, args[1:]))


def _fold(join: Callable[[Regex, Regex], Regex]) -> Callable[[App, Sequence[Value]], Value]:
    def meaning(_node: App, args: Sequence[Value]) -> Value:
        result = args[-1]
        for arg in reversed(args[:-1]):
            result = join(arg, result)
        return result

    return meaning


def _constant(name: str, regex: Regex, *legacy: str) -> Operator:
    def rank(sorts: Sequence[Sort], _indices: Sequence[int]) -> Sort:
        if sorts:
            raise SortFault(f"takes no arguments, not {listed(sorts)}")
        return REGLAN

    return Operator(name, rank, lambda _n, _args: regex, legacy=legacy)


_UNARY = fixed([REGLAN], REGLAN)

OPERATORS = (
    _constant("re.none", NONE, "re.nostr"),
    _constant("re.all", complement(NONE)),
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
    Operator("re.++", many(REGLAN, REGLAN), _fold(concatenation)),
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
