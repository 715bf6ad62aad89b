"""Arithmetic expressions: an own small grammar, read without recursion and never executed.

    answer     = expression *( "=" expression )
    expression = term *( ( "+" / "-" ) term )
    term       = operand *( ( "*" / "/" ) operand )
    operand    = literal / "(" expression ")"
    literal    = [ "-" ] digits [ "." digits ] / "[" [ "-" ] digits "/" digits "]"

A sign belongs to a literal only where an operand is due; there is no other unary minus, so that a
negative number is used only where one is given. Values are exact fractions.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from critics.types import CandidateError, Diagnostic, Location

Token: TypeAlias = Fraction | str
"""A literal's value, or an operator."""

MAX_CHARS = 4_000
MAX_DIGITS = 60
PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2}
SIGNS = str.maketrans(
    {
        "×": "*",  # noqa: RUF001  # the signs that people write
        "∗": "*",  # noqa: RUF001  # as above
        "·": "*",
        "⋅": "*",
        "÷": "/",
        "∕": "/",  # noqa: RUF001  # as above
        "⁄": "/",  # noqa: RUF001  # as above
        "−": "-",  # noqa: RUF001  # as above
        "–": "-",  # noqa: RUF001  # as above
    }
)
"""Typographic signs to what the grammar has."""
_LITERAL = re.compile(r"-?[0-9]+(?:\.[0-9]+)?|\[-?[0-9]+/0*[1-9][0-9]*\]", re.ASCII)


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression in postfix order.

    Attributes:
        text: As it was written.
        tokens: Literals and operators, operands first.
    """

    text: str
    tokens: tuple[Token, ...]

    @property
    def literals(self) -> tuple[Fraction, ...]:
        """The numbers it uses, in order."""
        return tuple(token for token in self.tokens if isinstance(token, Fraction))

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators it uses."""
        return tuple(token for token in self.tokens if isinstance(token, str))


@dataclass(frozen=True, slots=True)
class Answer:
    """An expression, and what its author says it equals.

    Attributes:
        expression: The first expression.
        stated: The others.
    """

    expression: Expression
    stated: tuple[Expression, ...] = ()


class DivisionByZero(Exception):
    """An expression divides by zero.

    Attributes:
        dividend: What is divided.
    """

    def __init__(self, dividend: Fraction) -> None:
        super().__init__(f"{dividend} is divided by 0")
        self.dividend = dividend


def read_answer(text: str) -> Answer:
    """Read an answer.

    Raises:
        CandidateError: It is no expression, or beyond the caps.
    """
    if len(text) > MAX_CHARS:
        raise _refuse(f"the answer has {len(text):,} characters; at most {MAX_CHARS:,} are read")
    start, parts = 0, []
    for part in text.split("="):
        parts.append(_read(text, part, start))
        start += len(part) + 1
    return Answer(parts[0], tuple(parts[1:]))


def evaluate(tokens: Sequence[Token]) -> Fraction:
    """Compute an expression's value exactly.

    Raises:
        DivisionByZero: It has none.
    """
    stack: list[Fraction] = []
    for token in tokens:
        if isinstance(token, Fraction):
            stack.append(token)
            continue
        right = stack.pop()
        stack.append(combine(token, stack.pop(), right))
    return stack[0]


def combine(operator: str, left: Fraction, right: Fraction) -> Fraction:
    """Apply one operator.

    Raises:
        DivisionByZero: It divides by zero.
    """
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    if right == 0:
        raise DivisionByZero(left)
    return left / right


def write_number(value: Fraction) -> str:
    """Write a number as a literal of the grammar."""
    return str(value) if value.denominator == 1 else f"[{value}]"


def _read(text: str, part: str, start: int) -> Expression:
    """Turn one expression into postfix order (Dijkstra's shunting yard)."""
    plain = part.translate(SIGNS)
    output: list[Token] = []
    waiting: list[str] = []
    place, due = 0, True
    while place < len(plain):
        sign = plain[place]
        if sign.isspace():
            place += 1
            continue
        found = _LITERAL.match(plain, place) if due else None
        if found is not None:
            output.append(_value(found[0]))
            place, due = found.end(), False
            continue
        shifted = _shift(sign, waiting, output, due=due)
        if shifted is None:
            raise _unreadable(text, start + place)
        due = shifted
        place += 1
    if due or "(" in waiting:
        raise _unreadable(text, start + len(part))
    output.extend(reversed(waiting))
    return Expression(part.strip(), tuple(output))


def _shift(sign: str, waiting: list[str], output: list[Token], *, due: bool) -> bool | None:
    """Take one sign; says whether an operand is due after it, or nothing where it cannot stand."""
    if sign == "(" and due:
        waiting.append(sign)
        return True
    if due or sign not in "+-*/)":
        return None
    lowest = PRECEDENCE.get(sign, 0)
    while waiting and waiting[-1] != "(" and PRECEDENCE[waiting[-1]] >= lowest:
        output.append(waiting.pop())
    if sign != ")":
        waiting.append(sign)
        return True
    if not waiting:
        return None
    waiting.pop()
    return False


def _value(literal: str) -> Fraction:
    digits = literal.strip("[]")
    if len(digits) > MAX_DIGITS:
        raise _refuse(f"a number has {len(digits)} digits; at most {MAX_DIGITS} are read")
    return Fraction(digits)


def _unreadable(text: str, place: int) -> CandidateError:
    rest = text[place : place + 20].strip()
    what = f"`{rest}` cannot stand here" if rest else "it ends too early"
    before = text[:place].rpartition("\n")[2]
    return CandidateError(
        [
            Diagnostic(
                code="countdown-syntax",
                headline=f"the answer is no expression: {what}",
                at=Location(
                    source="answer",
                    line=text.count("\n", 0, place) + 1,
                    column=len(before) + 1,
                    text=text.split("\n")[text.count("\n", 0, place)][:200],
                ),
                help=("write one expression with + - * / and parentheses, such as (3 - 1) * 12",),
            )
        ]
    )


def _refuse(headline: str) -> CandidateError:
    return CandidateError([Diagnostic(code="countdown-syntax", headline=headline)])
