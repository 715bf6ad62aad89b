"""Conditions and numeric expressions as data, and their negation normal form.

A variable is a *slot* (an integer) in its scope's frame, an object is its folded name. Slots are
unique in a scope, so a shadowed variable is simply another slot. Nothing here evaluates.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

Types: TypeAlias = tuple[str, ...]
"""The alternatives of an `either`; mostly one."""
Term: TypeAlias = int | str
Number: TypeAlias = int | Fraction


@dataclass(frozen=True, slots=True)
class Variable:
    """A quantified variable or a parameter: its slot, its own spelling and its types."""

    slot: int
    name: str
    types: Types


@dataclass(frozen=True, slots=True)
class Constant:
    """A number."""

    value: Number


@dataclass(frozen=True, slots=True)
class Fluent:
    """The value of a function for some arguments."""

    function: str
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`+`, `-`, `*` or `/` of expressions; `-` of one expression negates."""

    operator: str
    operands: tuple["Expression", ...]


Expression: TypeAlias = Constant | Fluent | Arithmetic


@dataclass(frozen=True, slots=True)
class Holds:
    """A predicate holds for some arguments."""

    predicate: str
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Same:
    """Two terms name the same object."""

    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Compare:
    """An exact numeric comparison."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Not:
    """Negation."""

    part: "Formula"


@dataclass(frozen=True, slots=True)
class And:
    """Conjunction; empty means true."""

    parts: tuple["Formula", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Disjunction; empty means false."""

    parts: tuple["Formula", ...]


@dataclass(frozen=True, slots=True)
class Imply:
    """Material implication."""

    premise: "Formula"
    conclusion: "Formula"


@dataclass(frozen=True, slots=True)
class Exists:
    """Some binding of the variables satisfies the part."""

    variables: tuple[Variable, ...]
    part: "Formula"


@dataclass(frozen=True, slots=True)
class ForAll:
    """Every binding of the variables satisfies the part."""

    variables: tuple[Variable, ...]
    part: "Formula"


Formula: TypeAlias = Holds | Same | Compare | Not | And | Or | Imply | Exists | ForAll

TRUE = And(())


def normalize(formula: Formula) -> Formula:  # noqa: PLR0911  # one case per connective
    """Give the negation normal form: no `Imply`; `Not` only before `Holds`, `Same`, `Compare`."""
    match formula:
        case And(parts):
            return _flat(And, [normalize(part) for part in parts])
        case Or(parts):
            return _flat(Or, [normalize(part) for part in parts])
        case Imply(premise, conclusion):
            return _flat(Or, [negate(premise), normalize(conclusion)])
        case Exists(variables, part):
            return Exists(variables, normalize(part))
        case ForAll(variables, part):
            return ForAll(variables, normalize(part))
        case Not(part):
            return negate(part)
        case _:
            return formula


def negate(formula: Formula) -> Formula:  # noqa: PLR0911  # one case per connective
    """Give the negation normal form of the negation."""
    match formula:
        case And(parts):
            return _flat(Or, [negate(part) for part in parts])
        case Or(parts):
            return _flat(And, [negate(part) for part in parts])
        case Imply(premise, conclusion):
            return _flat(And, [normalize(premise), negate(conclusion)])
        case Exists(variables, part):
            return ForAll(variables, negate(part))
        case ForAll(variables, part):
            return Exists(variables, negate(part))
        case Not(part):
            return normalize(part)
        case _:
            return Not(formula)


def _flat(kind: type[And] | type[Or], parts: list[Formula]) -> Formula:
    flat: list[Formula] = []
    for part in parts:
        if isinstance(part, kind):
            flat.extend(part.parts)
        else:
            flat.append(part)
    return flat[0] if len(flat) == 1 else kind(tuple(flat))


def split_conjuncts(formula: Formula) -> Iterator[Formula]:
    """Yield the conjuncts of a formula, nested conjunctions included, as they are written."""
    pending = [formula]
    while pending:
        part = pending.pop()
        if isinstance(part, And):
            pending.extend(reversed(part.parts))
        else:
            yield part


def walk(formula: Formula) -> Iterator[Formula]:
    """Yield a formula and all its parts."""
    pending = [formula]
    while pending:
        part = pending.pop()
        yield part
        match part:
            case And(parts) | Or(parts):
                pending.extend(parts)
            case Imply(premise, conclusion):
                pending.extend((premise, conclusion))
            case Not(inner) | Exists(_, inner) | ForAll(_, inner):
                pending.append(inner)
            case _:
                pass


def walk_expression(expression: Expression) -> Iterator[Expression]:
    """Yield an expression and all its operands."""
    pending = [expression]
    while pending:
        part = pending.pop()
        yield part
        if isinstance(part, Arithmetic):
            pending.extend(part.operands)


def slots_of(formula: Formula) -> frozenset[int]:
    """Give the free slots of a formula."""
    free: set[int] = set()
    bound: set[int] = set()
    for part in walk(formula):
        match part:
            case Holds(_, terms):
                free.update(t for t in terms if isinstance(t, int))
            case Same(left, right):
                free.update(t for t in (left, right) if isinstance(t, int))
            case Compare(_, left, right):
                free.update(_expression_slots(left), _expression_slots(right))
            case Exists(variables, _) | ForAll(variables, _):
                bound.update(variable.slot for variable in variables)
            case _:
                pass
    return frozenset(free - bound)


def _expression_slots(expression: Expression) -> Iterator[int]:
    for part in walk_expression(expression):
        if isinstance(part, Fluent):
            yield from (t for t in part.terms if isinstance(t, int))


def is_numeric(formula: Formula) -> bool:
    """Say whether a formula compares numbers, so that it can be undefined."""
    return any(isinstance(part, Compare) for part in walk(formula))


Naming: TypeAlias = Callable[[Term], str]


def show(formula: Formula, naming: Naming) -> str:  # noqa: PLR0911  # one case per connective
    """Write a formula as PDDL.

    Args:
        formula: What to write.
        naming: How each term is written.
    """
    match formula:
        case Holds(predicate, terms):
            return _list(predicate, *map(naming, terms))
        case Same(left, right):
            return _list("=", naming(left), naming(right))
        case Compare(operator, left, right):
            return _list(operator, show_expression(left, naming), show_expression(right, naming))
        case Not(part):
            return _list("not", show(part, naming))
        case And(parts):
            return _list("and", *(show(part, naming) for part in parts))
        case Or(parts):
            return _list("or", *(show(part, naming) for part in parts))
        case Imply(premise, conclusion):
            return _list("imply", show(premise, naming), show(conclusion, naming))
        case Exists(variables, part):
            return _list("exists", _declared(variables, naming), show(part, naming))
        case ForAll(variables, part):
            return _list("forall", _declared(variables, naming), show(part, naming))


def show_expression(expression: Expression, naming: Naming) -> str:
    """Write a numeric expression as PDDL."""
    match expression:
        case Constant(value):
            return show_number(value)
        case Fluent(function, terms):
            return _list(function, *map(naming, terms))
        case Arithmetic(operator, operands):
            return _list(operator, *(show_expression(operand, naming) for operand in operands))


def show_number(value: Number) -> str:
    """Write a number exactly: as a decimal where it has one, else as a fraction."""
    numerator, denominator = value.numerator, value.denominator
    if numerator.bit_length() > 500 or denominator.bit_length() > 500:  # noqa: PLR2004  # readable
        return f"about 2^{numerator.bit_length() - denominator.bit_length()}"
    if denominator == 1:
        return str(numerator)
    rest, places = denominator, 0
    while rest % 10 == 0 or rest % 5 == 0 or rest % 2 == 0:
        rest //= 10 if rest % 10 == 0 else 5 if rest % 5 == 0 else 2
        places += 1
    if rest != 1 or places > 12:  # noqa: PLR2004  # longer decimals read worse than fractions
        return f"{numerator}/{denominator}"
    digits = str(abs(numerator) * 10**places // denominator).rjust(places + 1, "0")
    sign = "-" if numerator < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}".rstrip("0")


def _declared(variables: tuple[Variable, ...], naming: Naming) -> str:
    written = (f"{naming(v.slot)} - {show_types(v.types)}" for v in variables)
    return f"({' '.join(written)})"


def show_types(types: Types) -> str:
    """Write the type of a parameter as PDDL."""
    return types[0] if len(types) == 1 else f"(either {' '.join(types)})"


def _list(head: str, *rest: str) -> str:
    return f"({' '.join((head, *rest))})"
