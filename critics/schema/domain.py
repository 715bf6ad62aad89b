"""The domain `json-schema`, put together."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice

from pydantic import JsonValue

from critics.critic import critic
from critics.domain import Domain
from critics.schema.codes import SCHEMA_CODES
from critics.schema.evaluate import Evaluation
from critics.schema.examples import EXAMPLES
from critics.schema.extract import find_documents
from critics.schema.frames import Fault
from critics.schema.generation import SCHEMA_GENERATION
from critics.schema.mutants import mutate
from critics.schema.opinions import give_opinion
from critics.schema.problem import Loaded, SchemaProblem, load_problem, warn
from critics.schema.reader import Document, read_document
from critics.types import Coverage, Diagnostic, Location

MAX_FINDINGS = 50
VALID = "that it is valid against the schema"

ANSWER_FORMAT = """\
Answer with the JSON document alone: strict JSON, no comments, no trailing commas, no text around \
it, and no key twice in one object.\
"""


@critic(decides=VALID)
def valid(loaded: Loaded, document: Document) -> Iterator[Diagnostic]:
    """Object to every part that the schema does not allow."""
    run = Evaluation(loaded.library, assert_formats=loaded.problem.assert_formats)
    faults = run.run(loaded.schema, loaded.base, document.value)
    yield from map(tell, islice(dict.fromkeys(faults), MAX_FINDINGS))


def tell(fault: Fault) -> Diagnostic:
    """Tell an objection as a finding."""
    where = f"`{fault.at[:200]}`: " if fault.at else ""
    return Diagnostic(
        code=fault.code,
        headline=f"{where}{fault.said}",
        at=Location(source="answer", pointer=fault.at or None),
        notes=tuple(f"`{cause.at or '/'}`: {cause.said}" for cause in fault.causes),
        data={"keyword": fault.keyword, "pointer": fault.at},
    )


def cover(loaded: Loaded) -> Coverage:
    """Say in the words of a certificate what is decided."""
    formats = "asserted" if loaded.problem.assert_formats else "an annotation that decides nothing"
    return Coverage(
        decided=(
            "that the answer is one strict JSON document without repeated keys",
            f"{VALID} (JSON Schema, {loaded.dialect.name}), where `format` is {formats}",
        ),
        undecided=loaded.open,
    )


def write_prompt(loaded: Loaded) -> str:
    """Put a problem to a model."""
    problem = loaded.problem
    task = f"{problem.task.strip()}\n\n" if problem.task else ""
    supplied = "".join(
        f"\n\nThe schema `{uri}` is:\n{_write(schema)}" for uri, schema in problem.schemas.items()
    )
    return (
        f"{task}Write a JSON document that is valid against this JSON Schema "
        f"({loaded.dialect.name}):\n{_write(problem.wanted)}{supplied}"
    )


def write_answer_schema(loaded: Loaded) -> Mapping[str, JsonValue]:
    """Give the schema itself; a constrained upstream cannot follow what leads out of it."""
    wanted = loaded.problem.wanted
    return wanted if isinstance(wanted, dict) and not loaded.problem.schemas else {}


def _write(schema: JsonValue) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False)


domain = Domain(
    name="json-schema",
    version="1",
    summary="JSON documents: held exactly to a JSON Schema",
    problem=SchemaProblem,
    load=load_problem,
    parse=lambda _loaded, text: read_document(text),
    critics=(valid,),
    prompt=write_prompt,
    answer_format=ANSWER_FORMAT,
    extract=lambda _loaded, response: find_documents(response),
    warnings=lambda loaded: tuple(warn(loaded)),
    coverage=cover,
    mutate=mutate,
    second_opinion=give_opinion,
    opinion_modules=("jsonschema",),
    answer_schema=write_answer_schema,
    examples=EXAMPLES,
    codes=SCHEMA_CODES,
    generation=SCHEMA_GENERATION,
)
