"""Rule books and cases made by a program, with a question that the rules decide.

The answer is one claim: that the thing asked for holds, or that it does not. It is found by
applying rules `implies(facts, fact)` to the premises, as long as something new follows.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from pydantic import JsonValue

from critics.generation import Fact, Family, Generation, Payload, fingerprint
from critics.smt.policy import ClaimProblem, Premise
from critics.smt.renaming import (
    draw_names,
    replace_names,
    replace_quoted,
    state_expression,
    state_variables,
)

FACTS = (
    *("member", "paid", "insured", "late", "urgent", "signed", "verified", "student", "manager"),
    *("remote", "trained", "listed", "renewed", "damaged", "local", "approved", "refunded"),
    *("eligible", "exempt", "covered", "flagged", "upgraded", "waived", "notified"),
)
NUMBERS = ("amount", "age", "years", "items")
SIZES = ((1, 1), (2, 2), (3, 4), (5, 6))
"""How many rules apply one after the other at a level, and how many do not apply."""
LEVELS = (
    "one rule applies",
    "two rules apply one after the other",
    "three rules apply, four do not",
    "five rules apply, six do not",
)
MOST = 100
DENIED = 0.3
"""How many literals are negative."""

_RULE = re.compile(r"implies\((.+), (not )?(\w+)\)", re.ASCII)
_BOUND = re.compile(r"(\w+) (<=|>) (-?\d{1,20})", re.ASCII)
_EQUAL = re.compile(r"(\w+) == (-?\d{1,20})", re.ASCII)
_LITERAL = re.compile(r"(not )?(\w+)", re.ASCII)
_QUESTION = re.compile(r"Does `(\w+)` hold\?", re.ASCII)


@dataclass(slots=True)
class Case:
    """A case that is being made, or read.

    Attributes:
        known: What is known to hold or not to hold.
        number: The number's name and value, if there is one.
    """

    known: dict[str, bool] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def holds(self, text: str) -> bool | None:
        """Say whether a conjunction holds in this case; nothing if that is not known."""
        found = [self._holds(part) for part in text.split(" and ")]
        return False if False in found else (None if None in found else True)

    def _holds(self, part: str) -> bool | None:
        bound = _BOUND.fullmatch(part)
        if bound is not None and bound[1] in self.numbers:
            below = self.numbers[bound[1]] <= int(bound[3])
            return below if bound[2] == "<=" else not below
        literal = _LITERAL.fullmatch(part)
        known = None if literal is None else self.known.get(literal[2])
        return None if known is None or literal is None else known != bool(literal[1])


def make_case(random: Random, level: int) -> Payload:
    """Make rules that decide what is asked for."""
    return _make(random, level)


def make_contradiction(random: Random, level: int) -> Payload:
    """Make rules and premises that contradict each other."""
    payload = dict(_make(random, level))
    found = answer(payload)
    asked = _QUESTION.fullmatch(str(payload["question"]))
    if found is None or asked is None:
        raise AssertionError("a case that was made is decided")
    premises = payload["premises"]
    held = [*premises] if isinstance(premises, list) else []
    held.append(asked[1] if f'"not {asked[1]}"' in found else f"not {asked[1]}")
    return {**payload, "premises": random.sample(held, len(held))}


def answer(payload: Any) -> str | None:
    """Claim what the rules decide; nothing if they are of another form than those made here."""
    problem = ClaimProblem.model_validate(payload)
    asked = _QUESTION.fullmatch(problem.question or "")
    if asked is None:
        return None
    case = _read_case(problem)
    rules = [found for rule in problem.rules or () if (found := _RULE.fullmatch(rule.expr))]
    for _ in rules:
        for rule in rules:
            if rule[3] not in case.known and case.holds(rule[1]):
                case.known[rule[3]] = not rule[2]
    holds = case.known.get(asked[1])
    if holds is None:
        return None
    expr = asked[1] if holds else f"not {asked[1]}"
    verb = "holds" if holds else "does not hold"
    return json.dumps({"claims": [{"text": f"`{asked[1]}` {verb}.", "expr": expr}]})


def identify(payload: Any) -> str:
    """Tell cases apart; names and the order of lists do not matter."""
    problem = ClaimProblem.model_validate(payload)
    return problem.model_dump_json() if problem.smtlib is not None else fingerprint(_state(problem))


def rename(random: Random, payload: Any) -> Payload:
    """Give variables other names, and put everything into another order; SMT-LIB text stays."""
    problem = ClaimProblem.model_validate(payload)
    plain = problem.model_dump(mode="json", exclude_defaults=True)
    if problem.smtlib is not None:
        return plain
    names = draw_names(random, problem.variables or {})
    variables = list(plain["variables"].items())
    rules = [replace_names(rule.expr, names) for rule in problem.rules or ()]
    premises = [replace_names(_text(premise), names) for premise in problem.premises]
    plain["variables"] = {
        names[name]: {key: value for key, value in kind.items() if key != "description"}
        for name, kind in random.sample(variables, len(variables))
    }
    plain["rules"] = _number(random.sample(rules, len(rules)))
    plain["premises"] = random.sample(premises, len(premises))
    if problem.question is not None:
        plain["question"] = replace_quoted(problem.question, names)
    return plain


def _make(random: Random, level: int) -> dict[str, JsonValue]:
    chain, idle = SIZES[level - 1]
    names = random.sample(FACTS, min(chain + idle + 3, len(FACTS)))
    number = random.choice(NUMBERS)
    case = Case(numbers={number: random.randint(0, MOST)})
    for name in names[:2]:
        case.known[name] = random.random() >= DENIED
    premises = [name if case.known[name] else f"not {name}" for name in names[:2]]
    premises.append(f"{number} == {case.numbers[number]}")
    rules, before = list[str](), [*names[:2]]
    for name in names[2 : 2 + chain]:
        body = _draw_body(random, case, before[-2:], number, holds=True)
        case.known[name] = random.random() >= DENIED
        rules.append(_imply(body, name, holds=case.known[name]))
        before.append(name)
    asked = before[-1]
    for name in names[2 + chain :][:idle]:
        body = _draw_body(random, case, before, number, holds=False)
        head = random.choice((name, asked))
        rules.append(_imply(body, head, holds=random.random() >= DENIED))
    used = [name for name in names if any(name in text for text in (*rules, *premises))]
    variables: dict[str, JsonValue] = {name: {"type": "bool"} for name in used}
    variables[number] = {"type": "int", "min": 0}
    return {
        "variables": variables,
        "rules": _number(random.sample(rules, len(rules))),
        "premises": [*random.sample(premises, len(premises))],
        "question": f"Does `{asked}` hold?",
    }


def _draw_body(
    random: Random, case: Case, names: Sequence[str], number: str, *, holds: bool
) -> str:
    """Make a conjunction that holds in the case, or one that does not."""
    chosen = [names[-1], *random.sample(names[:-1], random.randint(0, min(1, len(names) - 1)))]
    parts = [name if case.known[name] else f"not {name}" for name in chosen]
    value = case.numbers[number]
    gap = random.randint(1, MOST // 4)
    if random.random() < 1 / 2:
        parts.append(random.choice((f"{number} <= {value + gap}", f"{number} > {value - gap}")))
    if not holds:
        place = random.randrange(len(parts))
        parts[place] = _deny(parts[place])
    return " and ".join(random.sample(parts, len(parts)))


def _deny(part: str) -> str:
    if " <= " in part:
        return part.replace(" <= ", " > ")
    if " > " in part:
        return part.replace(" > ", " <= ")
    return part.removeprefix("not ") if part.startswith("not ") else f"not {part}"


def _imply(body: str, name: str, *, holds: bool) -> str:
    return f"implies({body}, {name if holds else f'not {name}'})"


def _number(rules: Sequence[str]) -> JsonValue:
    return [{"name": f"r{place}", "expr": rule} for place, rule in enumerate(rules, 1)]


def _text(premise: str | Premise) -> str:
    return premise if isinstance(premise, str) else premise.expr


def _read_case(problem: ClaimProblem) -> Case:
    case = Case()
    for text in map(_text, problem.premises):
        equal, literal = _EQUAL.fullmatch(text), _LITERAL.fullmatch(text)
        if equal is not None:
            case.numbers[equal[1]] = int(equal[2])
        elif literal is not None:
            case.known[literal[2]] = not literal[1]
    return case


def _state(problem: ClaimProblem) -> Iterator[Fact]:
    variables = problem.variables or {}
    yield from state_variables(variables)
    for rule in problem.rules or ():
        yield state_expression("rule", rule.expr, variables)
    for premise in problem.premises:
        yield state_expression("premise", _text(premise), variables)
    if problem.question is not None:
        asked = re.findall(r"`(\w+)`", problem.question)
        places = {name: f"[{place}]" for place, name in enumerate(asked) if name in variables}
        yield replace_quoted(problem.question, places), tuple(places)


CLAIM_GENERATION = Generation(
    families=(
        Family(
            name="cases",
            summary="rules that decide what is asked for",
            levels=LEVELS,
            make=make_case,
            answer=answer,
        ),
        Family(
            name="contradictions",
            summary="rules and premises that contradict each other",
            levels=LEVELS,
            make=make_contradiction,
            solvable=False,
        ),
    ),
    identity=identify,
    rename=rename,
)
