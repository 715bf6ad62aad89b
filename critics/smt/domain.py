"""The domain `smt`, put together."""

from functools import lru_cache

from critics.domain import Domain
from critics.smt.answer import read_answer
from critics.smt.codes import SMT_CODES
from critics.smt.critics import Loaded, load, progress, satisfied
from critics.smt.extract import find_objects
from critics.smt.prompt import ANSWER_FORMAT, write_answer_schema, write_prompt
from critics.smt.reading import read_instance
from critics.smt.schema import SmtProblem
from critics.smt.terms import Function, Value, Var


@lru_cache(maxsize=32)
def _load_text(payload: str) -> Loaded:
    return load(read_instance(SmtProblem.model_validate_json(payload)))


def load_problem(problem: SmtProblem) -> Loaded:
    """Read a payload; equal payloads are read once.

    Raises:
        ProblemError: With every fault that was found.
    """
    return _load_text(problem.model_dump_json())


def parse_answer(loaded: Loaded, text: str) -> dict[Var | Function, Value]:
    """Read an answer.

    Raises:
        CandidateError: With every fault that was found.
    """
    return read_answer(loaded.instance, text)


domain = Domain(
    name="smt",
    version="1",
    summary="constraint problems: an assignment is evaluated exactly against every constraint",
    problem=SmtProblem,
    load=load_problem,
    parse=parse_answer,
    critics=(satisfied,),
    prompt=lambda loaded: write_prompt(loaded.instance),
    answer_format=ANSWER_FORMAT,
    extract=lambda _loaded, response: find_objects(response),
    score=progress,
    answer_schema=lambda loaded: write_answer_schema(loaded.instance),
    codes=SMT_CODES,
)
