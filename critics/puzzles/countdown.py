"""The domain `countdown`: reach a target with given numbers; the Game of 24 is a case of it."""

import ast
import operator
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from time import perf_counter
from types import MappingProxyType

from pydantic import JsonValue

from critics.arrangement import AnyOrder
from critics.critic import critic
from critics.domain import Domain, Mutant
from critics.prefix import Prefix
from critics.puzzles.countdown_advice import Goal, advise, describe_answer
from critics.puzzles.countdown_extract import find_expressions
from critics.puzzles.countdown_generation import COUNTDOWN_GENERATION
from critics.puzzles.countdown_prefix import Joins
from critics.puzzles.countdown_problem import CountdownProblem, Game, load
from critics.puzzles.countdown_search import OverBudget, Search
from critics.puzzles.countdown_texts import COUNTDOWN_CODES, COUNTDOWN_EXAMPLES
from critics.puzzles.expressions import (
    SIGNS,
    Answer,
    DivisionByZero,
    evaluate,
    read_answer,
    write_number,
)
from critics.puzzles.formalizers import COUNTDOWN
from critics.types import (
    Diagnostic,
    Feasibility,
    Feasible,
    HintLevel,
    Location,
    Opinion,
    Severity,
    Solved,
    Verdict,
)

_ARITHMETIC = re.compile(r"[0-9+\-*/()\[\]=. \t]*", re.ASCII)

ANSWER_FORMAT = """\
Answer with one expression and nothing else, such as (13 - 9) * (10 - 4). \
Use only the given numbers, the allowed operators and parentheses.\
"""


def parse(_game: Game, text: str) -> Answer:
    """Read an answer.

    Raises:
        CandidateError: It is no expression.
    """
    return read_answer(text)


@critic(decides="that only the given numbers are used, as often as they are given")
def numbers(game: Game, answer: Answer) -> Iterator[Diagnostic]:
    """Object to numbers that are missing, made up or used too often."""
    given, used = Counter(game.numbers), Counter(answer.expression.literals)
    for number in dict.fromkeys(answer.expression.literals):
        if used[number] > given[number]:
            shown = write_number(number)
            allowed = f"given {_times(given[number])}" if given[number] else "not given"
            yield _object(
                "countdown-numbers",
                f"{shown} is used {_times(used[number])} and is {allowed}",
                number=shown,
                used=used[number],
                given=given[number],
            )
    for number in dict.fromkeys(game.numbers) if game.use_all else ():
        if used[number] < given[number]:
            shown = write_number(number)
            yield _object(
                "countdown-numbers",
                f"{shown} is given {_times(given[number])} and used {_times(used[number])}",
                number=shown,
                used=used[number],
                given=given[number],
            )


@critic(decides="that only the allowed operators are used")
def operators(game: Game, answer: Answer) -> Iterator[Diagnostic]:
    """Object to operators that are not allowed."""
    for sign in dict.fromkeys(answer.expression.operators):
        if sign not in game.operators:
            yield _object("countdown-operator", f"the operator `{sign}` is not allowed")


@critic(decides="that the value is exactly the target, and equals whatever is stated")
def value(game: Game, answer: Answer) -> Iterator[Diagnostic]:
    """Object to another value than the target, and to a stated equality that is false."""
    found: list[Fraction] = []
    for expression in (answer.expression, *answer.stated):
        try:
            found.append(evaluate(expression.tokens))
        except DivisionByZero as error:
            where = f"in `{expression.text[:100]}`, {error}"
            yield _object("countdown-division-by-zero", where)
            return
    for expression, worth in zip(answer.stated, found[1:], strict=True):
        if worth != found[0]:
            yield _object(
                "countdown-equality",
                f"`{answer.expression.text[:100]}` is {found[0]}, "
                f"and not `{expression.text[:100]}` as stated",
            )
    if found[0] != game.target:
        yield _object(
            "countdown-value",
            f"the value is {found[0]}, and the target is {game.target}",
            value=str(found[0]),
            target=str(game.target),
        )


def _times(count: int) -> str:
    words = {0: "not at all", 1: "once", 2: "twice"}
    return words.get(count, f"{count} times")


def _object(code: str, headline: str, **data: str | int) -> Diagnostic:
    return Diagnostic(code=code, headline=headline, at=Location(source="answer"), data=dict(data))


def _search(game: Game) -> str | None:
    """Find an expression without parentheses around the whole.

    Raises:
        OverBudget: The search was given up.
    """
    search = Search(game.numbers, game.operators)
    found = search.find(game.target, use_all=game.use_all)
    return found[1:-1] if found is not None and found.startswith("(") else found


def decide_feasible(problem: CountdownProblem) -> Feasibility:
    """Decide by complete search whether any expression reaches the target."""
    game = load(problem)
    try:
        found = _search(game)
    except OverBudget:
        return Feasibility(status=Feasible.UNKNOWN, diagnostics=(_given_up(game),))
    if found is not None:
        return Feasibility(status=Feasible.FEASIBLE)
    which = "all of the numbers" if game.use_all else "the numbers"
    finding = Diagnostic(
        code="countdown-infeasible",
        headline=f"no expression over {which} is worth {game.target}",
        notes=("every expression was searched, with exact fractions on the way",),
        help=("change a number, the target or the operators",),
    )
    return Feasibility(status=Feasible.INFEASIBLE, diagnostics=(finding,))


def solve(problem: CountdownProblem) -> Solved:
    """Search for an expression."""
    game, engine = load(problem), "exhaustive search"
    try:
        found = _search(game)
    except OverBudget:
        return Solved(answer=None, engine=engine, reason=_given_up(game).headline)
    reason = None if found is not None else "no expression reaches the target"
    return Solved(answer=found, engine=engine, reason=reason)


def _given_up(game: Game) -> Diagnostic:
    return Diagnostic(
        code="countdown-undecided",
        headline=f"the search over {len(game.numbers)} numbers was given up",
        severity=Severity.UNKNOWN,
    )


def hint(problem: CountdownProblem, text: str, level: HintLevel) -> Sequence[Diagnostic]:
    """Tell which steps lead nowhere, the first step of a solution, or all of it."""
    return advise(_goal(load(problem)), text, solve(problem).answer, level)


def write_answer_schema(game: Game) -> dict[str, JsonValue]:
    """Describe an answer as a JSON object."""
    return describe_answer(_goal(game))


def _goal(game: Game) -> Goal:
    return Goal(game.numbers, game.target, game.operators, game.use_all)


_NODES: Mapping[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = MappingProxyType(
    {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.Div: operator.truediv,
    }
)


def give_opinion(problem: CountdownProblem, text: str) -> Opinion:
    """Read and compute the same answer with Python's own parser; nothing is executed."""
    game, engine, started = load(problem), "python ast", perf_counter()
    used: list[Fraction] = []
    plain = text.translate(SIGNS)
    if not _ARITHMETIC.fullmatch(plain):
        reason = "the text holds more than arithmetic"
        return Opinion(engine=engine, verdict=Verdict.UNKNOWN, reason=reason)
    first, *others = (part.strip() for part in plain.split("="))
    try:
        worths = [_compute(ast.parse(first, mode="eval").body, used)]
        worths += [_compute(ast.parse(part, mode="eval").body, []) for part in others]
    except ZeroDivisionError:
        return Opinion(engine=engine, verdict=Verdict.REJECTED, reason="division by zero")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Opinion(engine=engine, verdict=Verdict.UNKNOWN, reason=f"{error}"[:200])
    rest = Counter(game.numbers)
    rest.subtract(used)
    fits = not any(rest.values()) if game.use_all else min(rest.values()) >= 0
    right = fits and set(worths) == {game.target}
    verdict = Verdict.ACCEPTED if right else Verdict.REJECTED
    ms = round((perf_counter() - started) * 1000, 3)
    return Opinion(engine=engine, verdict=verdict, ms=ms)


def _compute(node: ast.expr, used: list[Fraction]) -> Fraction:
    if isinstance(node, ast.BinOp) and type(node.op) in _NODES:
        return _NODES[type(node.op)](_compute(node.left, used), _compute(node.right, used))
    negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
    inner = node.operand if isinstance(node, ast.UnaryOp) and negative else node
    if isinstance(inner, ast.Constant) and type(inner.value) in (int, float):
        number = Fraction(repr(inner.value)) * (-1 if negative else 1)
        used.append(number)
        return number
    if isinstance(inner, ast.List) and len(inner.elts) == 1 and not negative:
        used.append(_compute(inner.elts[0], []))
        return used[-1]
    raise ValueError("it is no plain arithmetic")


def open_prefix(game: Game) -> Prefix:
    """Give the moves of a puzzle."""
    return Joins(game.numbers, game.target, game.operators, use_all=game.use_all).prefix()


def mutate(game: Game, text: str) -> Iterator[Mutant]:
    """Change an expression in ways that make it wrong, and in ways that may leave it right."""
    for found in re.finditer(r"[0-9]+", text):
        raised = f"{text[: found.start()]}{int(found[0]) + 1}{text[found.end() :]}"
        yield Mutant(raised, f"{found[0]} raised", rejected=game.use_all)
    for found in re.finditer(r"(?<=[\s0-9)])[-+*/]", text):
        for sign in "+-*/":
            changed = f"{text[: found.start()]}{sign}{text[found.end() :]}"
            yield Mutant(changed, f"`{found[0]}` became `{sign}`", rejected=False)
    wrong = write_number(game.target + 1)
    yield Mutant(f"{text} = {wrong}", "a wrong equality added", rejected=True)
    yield Mutant(f"({text}) / 0", "divided by zero", rejected=True)
    yield Mutant(f"{text} +", "an operator at the end", rejected=True)
    yield Mutant(f"({text}", "a parenthesis opened", rejected=True)
    yield Mutant(f"{text})", "a parenthesis closed", rejected=True)
    yield Mutant(f"({text})({text})", "written twice", rejected=True)
    yield Mutant(f"abs({text})", "a function applied", rejected=True)


def write_prompt(game: Game) -> str:
    """Put a problem to a model."""
    listed = ", ".join(write_number(number) for number in game.numbers)
    which = "each number exactly once" if game.use_all else "any of the numbers, each at most once"
    signs = " ".join(sign for sign in "+-*/" if sign in game.operators)
    return (
        f"Numbers: {listed}\nTarget: {write_number(game.target)}\nOperators: {signs}\n\n"
        f"Write an arithmetic expression that is worth exactly the target. Use {which}, and only "
        "these operators and parentheses. Intermediate results may be negative or fractions."
    )


domain = Domain(
    name="countdown",
    version="1",
    summary="number puzzles: reach a target with given numbers (Game of 24), exactly",
    problem=CountdownProblem,
    load=load,
    parse=parse,
    critics=(operators, numbers, value),
    prompt=write_prompt,
    answer_format=ANSWER_FORMAT,
    extract=lambda game, response: find_expressions(game.numbers, response, use_all=game.use_all),
    mutate=mutate,
    second_opinion=give_opinion,
    feasibility=decide_feasible,
    solver=solve,
    hint=hint,
    answer_schema=write_answer_schema,
    prefix=open_prefix,
    arrangement=AnyOrder(("numbers",)),
    examples=COUNTDOWN_EXAMPLES,
    codes=COUNTDOWN_CODES,
    formalization=COUNTDOWN,
    generation=COUNTDOWN_GENERATION,
    max_candidate_chars=10_000,
)
