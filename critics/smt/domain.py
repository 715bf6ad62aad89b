"""The domain `smt`, put together."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from critics.arrangement import AnyOrder
from critics.critic import critic
from critics.domain import Domain
from critics.smt.answer import read_answer
from critics.smt.codes import SMT_CODES
from critics.smt.critics import Loaded, check, load, progress, satisfied
from critics.smt.examples import EXAMPLES
from critics.smt.extract import find_objects
from critics.smt.feasible import decide_feasibility, solve
from critics.smt.generation import SMT_GENERATION
from critics.smt.mutate import mutate
from critics.smt.opinions import ask_second
from critics.smt.optimal import compare, compare_by
from critics.smt.prompt import ANSWER_FORMAT, write_answer_schema, write_prompt
from critics.smt.reading import read_instance
from critics.smt.repair import hint
from critics.smt.schema import SmtProblem
from critics.smt.terms import Function, Value, Var
from critics.types import (
    CandidateError,
    Comparison,
    Diagnostic,
    Feasibility,
    HintLevel,
    Opinion,
    Solved,
    Verdict,
)

MAX_KEPT = 200_000
"""Characters of the largest payload that is kept once it has been read."""


@lru_cache(maxsize=32)
def _load_text(payload: str) -> Loaded:
    return load(read_instance(SmtProblem.model_validate_json(payload)))


def load_problem(problem: SmtProblem) -> Loaded:
    """Read a payload; equal payloads of ordinary size are read once.

    Raises:
        ProblemError: With every fault that was found.
    """
    payload = problem.model_dump_json()
    return _load_text(payload) if len(payload) <= MAX_KEPT else load(read_instance(problem))


def parse_answer(loaded: Loaded, text: str) -> dict[Var | Function, Value]:
    """Read an answer.

    Raises:
        CandidateError: With every fault that was found.
    """
    return read_answer(loaded.instance, text)


@critic(decides="optimality, where the problem demands it")
def optimal(loaded: Loaded, values: Mapping[Var | Function, Value]) -> Iterator[Diagnostic]:
    """Object to an answer than which a better one exists, if only the best is right."""
    if loaded.instance.best and not any(check(loaded, values)):
        yield from compare(loaded, values, again=False).diagnostics


def give_opinion(problem: SmtProblem, text: str) -> Opinion:
    """Ask Z3 about the same answer."""
    loaded = load_problem(problem)
    try:
        values = parse_answer(loaded, text)
    except CandidateError as error:
        return Opinion(engine="reader", verdict=Verdict.REJECTED, reason=f"{error}")
    return ask_second(loaded, values)


def decide_feasible(problem: SmtProblem) -> Feasibility:
    """Decide whether the problem has any answer."""
    return decide_feasibility(load_problem(problem))


def find_answer(problem: SmtProblem) -> Solved:
    """Let the solver look for an answer."""
    return solve(load_problem(problem))


def compare_answer(problem: SmtProblem, text: str) -> Comparison:
    """Compare an accepted answer with every other."""
    loaded = load_problem(problem)
    return compare(loaded, parse_answer(loaded, text))


def give_hint(problem: SmtProblem, text: str, level: HintLevel) -> Sequence[Diagnostic]:
    """Give hints for a rejected answer; none for one that cannot be read."""
    loaded = load_problem(problem)
    try:
        return hint(loaded, parse_answer(loaded, text), level)
    except CandidateError:
        return ()


domain = Domain(
    name="smt",
    version="1",
    summary="constraint problems: an assignment is evaluated exactly against every constraint",
    problem=SmtProblem,
    load=load_problem,
    parse=parse_answer,
    critics=(satisfied, optimal),
    prompt=lambda loaded: write_prompt(loaded.instance),
    arrangement=AnyOrder(("variables", "constraints")),
    answer_format=ANSWER_FORMAT,
    extract=lambda _loaded, response: find_objects(response),
    score=progress,
    mutate=mutate,
    second_opinion=give_opinion,
    opinion_modules=("critics.smt", "z3"),
    feasibility=decide_feasible,
    solver=find_answer,
    optimality=compare_answer,
    objective=compare_by,
    hint=give_hint,
    answer_schema=lambda loaded: write_answer_schema(loaded.instance),
    examples=EXAMPLES,
    codes=SMT_CODES,
    generation=SMT_GENERATION,
)
