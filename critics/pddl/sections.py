"""Reads the frame of a PDDL file: its definition, its sections, typed lists and numbers."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from critics.pddl.faults import Faults, list_some, shorten
from critics.pddl.formula import Number, Types
from critics.pddl.vocabulary import OBJECT, Parameter
from critics.sexpr import PDDL, Atom, Node, Sexpr, SexprError, Source, read
from critics.types import Diagnostic, ProblemError

MAX_NESTING = 200
"""Deepest nesting that is read: conditions are compiled by recursion on the interpreter's stack."""
MAX_TEXT = 5_000_000
"""Longest domain or problem that is read, in characters; the longest of the IPC has 3.9 million."""
NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]{1,3})?")
MAX_DIGITS = 1_000


@dataclass(frozen=True, slots=True)
class Typed:
    """A name in a typed list, its types, and where the type stands."""

    name: Atom
    types: Types
    written: Sexpr | None

    @property
    def parameter(self) -> Parameter:
        """Give it as a declared parameter."""
        return Parameter(str(self.name), self.types)


@dataclass(frozen=True)
class Definition:
    """A `(define (domain …) …)` or `(define (problem …) …)` cut into its sections."""

    name: str
    sections: dict[str, list[Node]]
    whole: Node
    faults: Faults

    def items(self, keyword: str) -> list[Sexpr]:
        """Give the contents of a section; of all of them if it is repeated."""
        return [item for section in self.sections.get(keyword, ()) for item in section[1:]]


def read_definition(text: str, kind: str) -> Definition:
    """Read the one definition in a text.

    Args:
        text: What the user sent.
        kind: `domain` or `problem`.

    Raises:
        ProblemError: The text is not one definition of that kind.
    """
    source = Source(kind, text)
    faults = Faults(source)
    try:
        document = read(source, PDDL, max_depth=MAX_NESTING, max_chars=MAX_TEXT)
    except SexprError as error:
        raise ProblemError(error.diagnostics) from error
    if document.stray:
        faults.warn(
            "pddl-stray-parenthesis",
            f"the {kind} has {len(document.stray)} closing parenthesis too many; it was ignored",
            document.stray[0],
        )
    whole = _find_definition(document.items, kind, faults)
    name = _read_head(whole, kind, faults) if whole is not None else None
    if whole is None or name is None:
        raise ProblemError(faults.all_errors() or [_empty(faults, kind)])
    definition = Definition(str(name), {}, whole, faults)
    for item in whole[2:]:
        if isinstance(item, Node) and item and isinstance(item[0], Atom):
            definition.sections.setdefault(str(item[0]), []).append(item)
        else:
            _reject_stray_item(item, faults)
    return definition


def _empty(faults: Faults, kind: str) -> Diagnostic:
    return Diagnostic(
        code="pddl-syntax",
        headline=f"the {kind} holds no `(define ({kind} …) …)`",
        at=faults.source.locate(0),
        help=(f"send the whole PDDL {kind}",),
    )


def _find_definition(items: list[Sexpr], kind: str, faults: Faults) -> Node | None:
    found = [item for item in items if isinstance(item, Node) and item and item[0] == "define"]
    for item in items:
        if isinstance(item, Node) and item and item[0] == "in-package":
            faults.warn("pddl-foreign-form", "`(in-package …)` was ignored", item.at, item.end)
        elif not found or item is not found[0]:
            faults.reject(
                "pddl-syntax",
                f"`{shorten(faults.source.spelling(item), 40)}` stands outside the definition "
                f"of the {kind}",
                item,
                help=("remove it, or look for a parenthesis that closes the definition early",),
            )
            break
    return found[0] if found else None


def _read_head(whole: Node, kind: str, faults: Faults) -> Atom | None:
    head = whole[1] if len(whole) > 1 else whole
    name = head[1] if isinstance(head, Node) and len(head) == 2 else None  # noqa: PLR2004  # (kind name)
    if isinstance(head, Node) and isinstance(name, Atom):
        if head[0] == kind:
            warn_of_name(name, kind, faults)
            return name
        faults.reject(
            "pddl-syntax",
            f"the text sent as the {kind} defines a {head[0]}",
            head,
            help=("send the domain as `domain` and the problem as `problem`",),
        )
        return None
    faults.reject("pddl-syntax", f"`define` is not followed by `({kind} NAME)`", head)
    return None


def _reject_stray_item(item: Sexpr, faults: Faults) -> None:
    faults.reject(
        "pddl-syntax",
        f"`{shorten(faults.source.spelling(item), 40)}` is no section",
        item,
        help=("a section is a list that starts with a keyword such as `:init`",),
    )


def warn_of_name(name: Atom, kind: str, faults: Faults) -> None:
    """Record a name that does not start with a letter: customary, though PDDL forbids it."""
    if not name[:1].isalpha():
        faults.warn(
            "pddl-unusual-name",
            f"the {kind} name `{shorten(name)}` does not start with a letter; it was read as it is",
            name.at,
            name.end,
        )


def read_typed_list(items: Sequence[Sexpr], faults: Faults) -> list[Typed]:
    """Read `a b - t c - (either u v) d`; names without a type are of type `object`."""
    found: list[Typed] = []
    pending: list[Atom] = []
    position = 0
    while position < len(items):
        item = items[position]
        position += 1
        if isinstance(item, Node):
            faults.reject("pddl-syntax", "a list stands where a name is expected", item)
        elif len(item) > 1 and item[0] == "-" and pending:
            faults.warn(
                "pddl-glued-dash",
                f"`{shorten(item)}` was read as `- {shorten(item[1:])}`",
                item.at,
                item.end,
            )
            glued = Atom(item[1:], item.at + 1, item.end)
            found += [Typed(name, (str(glued),), glued) for name in pending]
            pending = []
        elif item != "-":
            pending.append(item)
        elif position < len(items):
            written = items[position]
            position += 1
            types = read_types(written, faults)
            found += [Typed(name, types, written) for name in pending]
            pending = []
        else:
            faults.reject("pddl-syntax", "a `-` is followed by no type", item)
    found += [Typed(name, OBJECT, None) for name in pending]
    return found


def read_types(item: Sexpr, faults: Faults) -> Types:
    """Read a type or an `(either …)`."""
    if isinstance(item, Atom):
        return (str(item),)
    if len(item) > 1 and item[0] == "either" and all(isinstance(t, Atom) for t in item[1:]):
        return tuple(dict.fromkeys(str(t) for t in item[1:]))
    faults.reject("pddl-syntax", "a type is a name or `(either TYPE …)`", item)
    return OBJECT


def read_variables(items: Sequence[Sexpr], faults: Faults) -> list[Typed]:
    """Read a typed list of variables."""
    found = []
    for typed in read_typed_list(items, faults):
        if typed.name.startswith("?"):
            found.append(typed)
        else:
            faults.reject(
                "pddl-syntax",
                f"`{shorten(typed.name)}` stands where a variable is expected",
                typed.name,
                help=("a variable starts with `?`",),
            )
    return found


def check_types(typed: Iterable[Typed], known: Iterable[str], faults: Faults) -> None:
    """Reject types that are not declared."""
    names = frozenset(known)
    seen: set[int] = set()
    for entry in typed:
        if entry.written is None or entry.written.at in seen:
            continue
        seen.add(entry.written.at)
        faults.use(":typing")
        for name in entry.types:
            if name not in names:
                faults.reject(
                    "pddl-undeclared-type",
                    f"type `{shorten(name)}` is not declared",
                    entry.written,
                    help=(f"declared types: {list_some(sorted(names))}",),
                )


def is_number(item: Sexpr) -> bool:
    """Say whether a token is written like a number."""
    return isinstance(item, Atom) and NUMBER.fullmatch(item) is not None


def read_number(item: Atom, faults: Faults) -> Number:
    """Read a decimal number exactly."""
    if len(item) > MAX_DIGITS:
        faults.reject("pddl-number", f"a number has more than {MAX_DIGITS:,} digits", item)
        return 0
    value = Fraction(item)
    return value.numerator if value.denominator == 1 else value
