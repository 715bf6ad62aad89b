"""Constraint problems made by a program: sums, orders, choices, and truth values.

A problem is made around a hidden answer, and an infeasible one around a contradiction. Answers are
those of the domain's own solver.
"""

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, TypeAlias

from pydantic import JsonValue

from critics.generation import Fact, Family, Generation, Payload, fingerprint
from critics.names import THINGS
from critics.smt.renaming import (
    draw_names,
    replace_names,
    state_expression,
    state_variables,
)
from critics.smt.schema import SmtProblem

Hidden: TypeAlias = dict[str, int]
"""An answer that the constraints are made to fit."""

COUNTS = ((2,), (3,), (4, 5), (6, 7, 8))
LEVELS = ("two variables", "three variables", "four or five variables", "six to eight variables")
MOST = 20
"""Greatest value of a number."""


def make_sums(random: Random, level: int) -> Payload:
    """Make equations and inequalities over whole numbers."""
    hidden = _draw(random, level, range(MOST + 1))
    rules = [_add(random, hidden) for _ in range(len(hidden) + 1)]
    return _write(dict.fromkeys(hidden, _whole(0, MOST)), rules)


def make_orders(random: Random, level: int) -> Payload:
    """Make tasks with lengths, orders and deadlines on one machine."""
    names = _name(random, level)
    lengths = {name: random.randint(1, 5) for name in names}
    start, hidden = 0, Hidden()
    for name in names:
        hidden[name] = start + random.randint(0, 2)
        start = hidden[name] + lengths[name]
    rules = [_part(random, lengths, *pair) for pair in _pairs(random, names)]
    last = random.choice(names)
    rules.append(f"{last} + {lengths[last]} <= {hidden[last] + lengths[last]}")
    random.shuffle(names)
    return _write(dict.fromkeys(names, _whole(0, start)), rules)


def make_choices(random: Random, level: int) -> Payload:
    """Make different places for everything, with clues."""
    names = _name(random, level)
    places = random.sample(range(1, len(names) + 1), len(names))
    hidden = dict(zip(names, places, strict=True))
    rules = [f"all_different({', '.join(names)})"]
    rules += [_compare(random, hidden) for _ in range(len(names))]
    return _write(dict.fromkeys(names, _whole(1, len(names))), rules)


def make_truths(random: Random, level: int) -> Payload:
    """Make clauses over truth values."""
    hidden = _draw(random, level, range(2))
    rules = [_claim(random, hidden) for _ in range(2 * len(hidden))]
    return _write({name: {"type": "bool"} for name in hidden}, rules)


def make_contradiction(random: Random, level: int) -> Payload:
    """Make constraints of which a few contradict each other."""
    names = _name(random, level)
    make = random.choice((_contradict_sums, _contradict_order, _contradict_choice))
    variables: dict[str, JsonValue] = dict.fromkeys(names, _whole(0, MOST))
    hidden = {name: random.randint(0, MOST) for name in names}
    rules = [_add(random, hidden) for _ in range(len(names) - 1)]
    core = random.sample(names, min(len(names), random.randint(2, 4)))
    rules += make(random, core)
    if make is _contradict_choice:
        variables |= dict.fromkeys(core, _whole(1, len(core) - 1))
    random.shuffle(rules)
    return _write(variables, rules)


def identify(payload: Any) -> str:
    """Tell problems apart; names and the order of lists do not matter."""
    problem = SmtProblem.model_validate(payload)
    if problem.smtlib is not None:
        return problem.model_dump_json()
    return fingerprint(_facts(problem))


def rename(random: Random, payload: Any) -> Payload:
    """Give variables other names, and put everything into another order; SMT-LIB text stays."""
    problem = SmtProblem.model_validate(payload)
    plain = problem.model_dump(mode="json", exclude_defaults=True)
    if problem.smtlib is not None:
        return plain
    names = draw_names(random, problem.variables or {})
    variables = list(plain["variables"].items())
    rules = [replace_names(rule.expr, names) for rule in problem.constraints or ()]
    plain["variables"] = {
        names[name]: {key: value for key, value in kind.items() if key != "description"}
        for name, kind in random.sample(variables, len(variables))
    }
    plain["constraints"] = _number(random.sample(rules, len(rules)))
    for sense, text in plain.get("objective", {}).items():
        plain["objective"] = {sense: replace_names(text, names)}
    return plain


def _facts(problem: SmtProblem) -> Iterator[Fact]:
    variables = problem.variables or {}
    yield from state_variables(variables)
    for rule in problem.constraints or ():
        yield state_expression("rule", rule.expr, variables)
    if problem.objective is not None:
        sense = "least" if problem.objective.minimize is not None else "most"
        text = problem.objective.minimize or problem.objective.maximize or ""
        yield state_expression(f"{sense} {problem.optimal}", text, variables)


def _name(random: Random, level: int) -> list[str]:
    letters = [*"abcdeghkmnpqrstuvwxyz"]
    count = random.choice(COUNTS[level - 1])
    return random.sample(random.choice((letters, list(THINGS))), count)


def _draw(random: Random, level: int, values: range) -> Hidden:
    return {name: random.choice(values) for name in _name(random, level)}


def _whole(least: int, most: int) -> JsonValue:
    return {"type": "int", "min": least, "max": most}


def _write(variables: dict[str, JsonValue], rules: Sequence[str]) -> Payload:
    return {"variables": variables, "constraints": _number(list(dict.fromkeys(rules)))}


def _number(rules: Sequence[str]) -> JsonValue:
    return [{"name": f"c{place}", "expr": rule} for place, rule in enumerate(rules, 1)]


def _pairs(random: Random, names: Sequence[str]) -> Iterator[tuple[str, str, bool]]:
    """Give pairs of tasks in their hidden order, and whether their order is to be fixed."""
    for place, name in enumerate(names):
        for other in names[place + 1 :]:
            yield name, other, random.random() < 1 / len(names)


def _part(random: Random, lengths: Hidden, first: str, second: str, fixed: bool) -> str:  # noqa: FBT001  # a part of a pair
    if fixed:
        return f"{second} >= {first} + {lengths[first]}"
    ways = [f"{first} + {lengths[first]} <= {second}", f"{second} + {lengths[second]} <= {first}"]
    return " or ".join(random.sample(ways, 2))


def _add(random: Random, hidden: Hidden) -> str:
    """Make a sum that is right for the hidden answer."""
    used = random.sample([*hidden], random.choice((2, 2, min(3, len(hidden)))))
    factors = [random.choice((1, 1, 1, 2, 3, -1)) for _ in used]
    factors[0] = abs(factors[0])
    worth = sum(factor * hidden[name] for factor, name in zip(factors, used, strict=True))
    text = ""
    for factor, name in zip(factors, used, strict=True):
        sign = ("-" if factor < 0 else "") if not text else (" - " if factor < 0 else " + ")
        text += sign + (name if abs(factor) == 1 else f"{abs(factor)}*{name}")
    sign, slack = random.choice((("==", 0), ("==", 0), ("<=", 3), (">=", -3)))
    return f"{text} {sign} {worth + slack * random.randint(0, 2)}"


def _compare(random: Random, hidden: Hidden) -> str:
    """Make a clue that is right for the hidden answer."""
    one, other = random.sample([*hidden], 2)
    if hidden[one] > hidden[other]:
        one, other = other, one
    gap = hidden[other] - hidden[one]
    clues = [f"{one} < {other}", f"abs({one} - {other}) == {gap}", f"{other} - {one} >= {gap}"]
    wrong = random.choice([place for place in hidden.values() if place != hidden[one]])
    return random.choice([*clues, f"{one} != {wrong}"])


def _claim(random: Random, hidden: Hidden) -> str:
    """Make a clause of which at least one part is right for the hidden answer."""
    used = random.sample([*hidden], random.choice((2, 2, min(3, len(hidden)))))
    right = random.choice(used)
    parts = []
    for name in used:
        holds = bool(hidden[name]) if name == right else random.random() < 1 / 2
        parts.append(name if holds else f"not {name}")
    if len(parts) == 2 and random.random() < 1 / 2:  # noqa: PLR2004  # `not x or y`
        first = parts[0].removeprefix("not ")
        denied = first if parts[0] != first else f"not {first}"
        return f"implies({denied}, {parts[1]})"
    return " or ".join(parts)


def _contradict_sums(random: Random, names: Sequence[str]) -> list[str]:
    """Ask for a sum and a difference of which one is odd and the other even."""
    one, other = names[:2]
    total = random.randint(5, MOST)
    gap = random.choice([gap for gap in range(5) if (total + gap) % 2])
    return [f"{one} + {other} == {total}", f"{one} - {other} == {gap}"]


def _contradict_order(random: Random, names: Sequence[str]) -> list[str]:
    """Put everything before the next, and the last before the first."""
    gaps = [random.randint(1, 3) for _ in names]
    pairs = zip(names, [*names[1:], names[0]], gaps, strict=True)
    return [f"{after} >= {before} + {gap}" for before, after, gap in pairs]


def _contradict_choice(_random: Random, names: Sequence[str]) -> list[str]:
    """Ask for more different values than there are."""
    return [f"all_different({', '.join(names)})"]


def _family(name: str, summary: str, make: Callable[[Random, int], Payload]) -> Family:
    return Family(name=name, summary=summary, levels=LEVELS, make=make)


SMT_GENERATION = Generation(
    families=(
        _family("sums", "equations and inequalities over whole numbers", make_sums),
        _family("orders", "tasks with lengths and deadlines on one machine", make_orders),
        _family("choices", "a different place for everything, with clues", make_choices),
        _family("truths", "clauses over truth values", make_truths),
        Family(
            name="contradictions",
            summary="constraints of which a few contradict each other",
            levels=LEVELS,
            make=make_contradiction,
            solvable=False,
        ),
    ),
    identity=identify,
    rename=rename,
)
