"""The second opinion on a document: the library `jsonschema`."""

from critics.schema.dialects import DIALECTS
from critics.schema.engine import judge_again
from critics.schema.problem import SchemaProblem, load_problem
from critics.schema.reader import read_document
from critics.types import CandidateError, Opinion, Verdict


def give_opinion(problem: SchemaProblem, text: str) -> Opinion:
    """Ask the library `jsonschema` about the same document."""
    loaded = load_problem(problem)
    try:
        document = read_document(text)
    except CandidateError as error:
        return Opinion(engine="reader", verdict=Verdict.REJECTED, reason=f"{error}")
    if loaded.dialect.uri not in DIALECTS:
        why = "its meta-schema is the user's own"
        return Opinion(engine="jsonschema", verdict=Verdict.UNKNOWN, reason=why)
    if problem.assert_formats:
        why = "the library decides fewer formats"
        return Opinion(engine="jsonschema", verdict=Verdict.UNKNOWN, reason=why)
    return judge_again(loaded.schema, problem.schemas, loaded.dialect, document.value)
