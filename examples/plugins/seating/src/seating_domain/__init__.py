"""The domain `seating`: who sits at which table.

An answer is a JSON object from table to the list of its guests. Every rule has a critic of its
own; together they decide the whole problem, so silence of all means that the plan is right.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from critics import CandidateError, Code, Diagnostic, Domain, Example, Mutant, Problem, critic
from critics.types import Feasibility, Feasible, Solved
from seating_domain.search import GaveUpError, find_plan

Pair = tuple[str, str]
Plan = Mapping[str, list[str]]


class Seating(Problem):
    """Guests to be seated."""

    tables: dict[str, Annotated[int, Field(ge=1, le=1000)]] = Field(min_length=1, max_length=100)
    """Table to its number of seats."""
    guests: list[str] = Field(min_length=1, max_length=1000)
    together: list[Pair] = Field(default_factory=list)
    """Pairs who sit at the same table."""
    apart: list[Pair] = Field(default_factory=list)
    """Pairs who do not."""

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        if len(set(self.guests)) < len(self.guests):
            raise ValueError("a guest is listed twice")
        named = {name for pair in [*self.together, *self.apart] for name in pair}
        if not named <= set(self.guests):
            raise ValueError(f"{min(named - set(self.guests))} is no guest")
        return self


def parse(_problem: Seating, text: str) -> Plan:
    """Read a plan; whatever is wrong with its form is the author's fault, so `CandidateError`."""
    try:
        plan = json.loads(text, object_pairs_hook=_refuse_doubles)
    except (ValueError, RecursionError) as error:
        raise _unreadable(f"the answer is no JSON: {error}") from error
    lists = isinstance(plan, dict) and all(isinstance(each, list) for each in plan.values())
    if not lists or not all(isinstance(guest, str) for each in plan.values() for guest in each):
        raise _unreadable("the answer is no JSON object from table to list of guests")
    return plan


def _refuse_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a table is listed twice")
    return dict(pairs)


def _unreadable(headline: str) -> CandidateError:
    return CandidateError([Diagnostic(code="seating-format", headline=headline)])


def seats_of(plan: Plan) -> dict[str, str]:
    """Turn a plan around: guest to table."""
    return {guest: table for table, guests in plan.items() for guest in guests}


@critic(decides="that every guest has exactly one seat, at a table that there is")
def everybody(problem: Seating, plan: Plan) -> Iterator[Diagnostic]:
    """Object to guests who are missing, made up or seated twice, and to tables made up."""
    seated = [guest for guests in plan.values() for guest in guests]
    for table in plan:
        if table not in problem.tables:
            yield Diagnostic(code="seating-table", headline=f"there is no table `{table}`")
    for guest in problem.guests:
        if seated.count(guest) != 1:
            headline = f"`{guest}` has {seated.count(guest)} seats"
            yield Diagnostic(code="seating-guest", headline=headline)
    for guest in dict.fromkeys(seated):
        if guest not in problem.guests:
            yield Diagnostic(code="seating-guest", headline=f"`{guest}` is no guest")


@critic(decides="that no table has more guests than seats")
def room(problem: Seating, plan: Plan) -> Iterator[Diagnostic]:
    """Object to tables that are too full."""
    for table, guests in plan.items():
        seats = problem.tables.get(table, 0)
        if len(guests) > seats:
            headline = f"`{table}` has {seats} seats and {len(guests)} guests"
            yield Diagnostic(code="seating-full", headline=headline)


@critic(decides="that pairs sit together or apart as they wish")
def wishes(problem: Seating, plan: Plan) -> Iterator[Diagnostic]:
    """Object to wishes that are not met."""
    seats = seats_of(plan)
    for one, other in problem.together:
        if seats.get(one) != seats.get(other):
            headline = f"`{one}` and `{other}` are to sit together, and do not"
            yield Diagnostic(code="seating-together", headline=headline)
    for one, other in problem.apart:
        if one in seats and seats[one] == seats.get(other):
            headline = f"`{one}` and `{other}` are to sit apart, and both are at `{seats[one]}`"
            yield Diagnostic(code="seating-apart", headline=headline)


def solve(problem: Seating) -> Solved:
    """Let the search look for a plan."""
    try:
        plan = find_plan(problem.tables, problem.guests, problem.together, problem.apart)
    except GaveUpError:
        return Solved(answer=None, engine="search", reason="the search was given up")
    answer = None if plan is None else json.dumps(plan, ensure_ascii=False)
    return Solved(answer=answer, engine="search", reason=None if plan else "there is no plan")


def decide_feasible(problem: Seating) -> Feasibility:
    """Say whether any plan exists, where the search can."""
    try:
        plan = find_plan(problem.tables, problem.guests, problem.together, problem.apart)
    except GaveUpError:
        return Feasibility(status=Feasible.UNKNOWN)
    if plan is not None:
        return Feasibility(status=Feasible.FEASIBLE)
    finding = Diagnostic(code="seating-infeasible", headline="no seating plan meets every wish")
    return Feasibility(status=Feasible.INFEASIBLE, diagnostics=(finding,))


def mutate(problem: Seating, text: str) -> Iterator[Mutant]:
    """Change a good plan so that it is wrong; the self-test demands that each is rejected."""
    plan = json.loads(text)
    for table, guests in plan.items():
        for guest in guests:
            rest = [other for other in guests if other != guest]
            yield Mutant(json.dumps({**plan, table: rest}), f"{guest} left out", rejected=True)
            twice = json.dumps({**plan, table: [*guests, guest]})
            yield Mutant(twice, f"{guest} seated twice", rejected=True)
    yield Mutant(json.dumps({**plan, "garden": []}), "a table made up", rejected=True)
    one = problem.guests[0]
    swapped = {**plan, next(iter(plan)): [one] * 9}
    yield Mutant(json.dumps(swapped), f"{one} nine times", rejected=True)


def write_prompt(problem: Seating) -> str:
    """Put the task to a model, complete but for the answer's format."""
    tables = ", ".join(f"{name} ({seats} seats)" for name, seats in problem.tables.items())
    wishes = [f"{one} and {other} sit at the same table." for one, other in problem.together]
    wishes += [f"{one} and {other} sit at different tables." for one, other in problem.apart]
    return "\n".join(
        [f"Seat these guests: {', '.join(problem.guests)}.", f"Tables: {tables}.", *wishes]
    )


def extract(_problem: Seating, response: str) -> list[str]:
    """Propose every outermost JSON object of a response; what is proposed is judged."""
    decoder, found, place = json.JSONDecoder(), [], response.find("{")
    while place >= 0:
        try:
            _, end = decoder.raw_decode(response, place)
        except (ValueError, RecursionError):
            place = response.find("{", place + 1) if len(found) < 20 else -1  # noqa: PLR2004
            found.append("")
            continue
        found.append(response[place:end])
        place = response.find("{", end)
    return [text for text in found if text]


domain = Domain(
    name="seating",
    version="1",
    summary="seating plans: every guest at a table, wishes met",
    problem=Seating,
    parse=parse,
    critics=[everybody, room, wishes],
    prompt=write_prompt,
    answer_format='Answer with one JSON object from table to guests, such as {"door": ["Ann"]}.',
    extract=extract,
    mutate=mutate,
    solver=solve,
    feasibility=decide_feasible,
    examples=[
        Example(
            "four",
            problem={
                "tables": {"window": 3, "door": 2},
                "guests": ["Ann", "Bob", "Cy", "Dee"],
                "together": [["Ann", "Bob"]],
                "apart": [["Ann", "Cy"]],
            },
            good=['{"window": ["Ann", "Bob", "Dee"], "door": ["Cy"]}'],
            bad={
                '{"window": ["Ann", "Bob"], "door": ["Cy"]}': "seating-guest",
                '{"window": ["Ann", "Bob", "Dee"], "door": ["Cy", "Eve"]}': "seating-guest",
                '{"window": ["Ann", "Bob", "Dee"], "bar": ["Cy"]}': "seating-table",
                '{"window": ["Cy"], "door": ["Ann", "Bob", "Dee"]}': "seating-full",
                '{"window": ["Ann", "Dee"], "door": ["Bob", "Cy"]}': "seating-together",
                '{"window": ["Ann", "Bob", "Cy"], "door": ["Dee"]}': "seating-apart",
                "Ann sits at the window": "seating-format",
            },
            responses={
                'I propose {"door": ["Ann"]}. No: {"window": ["Ann"]}': [
                    '{"door": ["Ann"]}',
                    '{"window": ["Ann"]}',
                ]
            },
        )
    ],
    codes={
        "seating-format": Code("The answer is no plan", "It cannot be read.", "Write the object."),
        "seating-table": Code("There is no such table", "It is not listed.", "Use those listed."),
        "seating-guest": Code("A guest is missing, made up or doubled", "Each sits once.", "Fix."),
        "seating-full": Code("A table is too full", "It has too few seats.", "Move somebody."),
        "seating-together": Code("A pair is split", "They wish to sit together.", "Move one."),
        "seating-apart": Code("A pair clashes", "They wish to sit apart.", "Move one."),
        "seating-infeasible": Code("There is no plan", "All were searched.", "Drop a wish."),
    },
)
