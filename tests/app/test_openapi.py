"""The description of the service: every example fits its own schema and is really accepted."""

import json

import pytest
from pydantic import BaseModel

from app.failures import ProblemDetails
from tests.app.conftest import client, make_app

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def document(pool):
    return make_app(pool).openapi()


def schemas_with_examples(document):
    return {
        name: schema
        for name, schema in document["components"]["schemas"].items()
        if "examples" in schema
    }


def models():
    """Find every model that travels, wherever it is declared."""
    found, todo = {}, [BaseModel]
    while todo:
        model = todo.pop()
        found[model.__name__] = model
        todo += model.__subclasses__()
    return found


def fits(name, value):
    """Read a value as the schema's own model, which takes no unknown and misses no field."""
    model = models()[name]
    told = {field: value[field] for field in value if field not in model.model_computed_fields}
    read = model.model_validate(told)
    assert set(read.model_dump()) >= set(value)
    return read


async def test_every_example_of_a_schema_fits_it(document):
    found = schemas_with_examples(document)
    assert {"SolveRequest", "SolveResult", "CheckRequest", "CheckResult"} <= set(found)
    for name, schema in found.items():
        for example in schema["examples"]:
            fits(name, example)
            assert set(schema.get("required", ())) <= set(example)


async def test_every_schema_of_a_request_or_a_response_has_an_example(document):
    named = set()
    for path in document["paths"].values():
        for operation in path.values():
            for told in [operation.get("requestBody", {}), *operation["responses"].values()]:
                schema = told.get("content", {}).get("application/json", {}).get("schema", {})
                named.add(schema.get("$ref") or schema.get("items", {}).get("$ref"))
    names = {ref.rsplit("/")[-1] for ref in named if ref} - {"ProblemDetails"}
    assert len(names) >= 8
    assert names <= set(schemas_with_examples(document))


async def test_every_error_example_fits_the_schema_of_errors(document):
    seen = set()
    for path in document["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                content = response.get("content", {}).get("application/problem+json", {})
                for code, example in content.get("examples", {}).items():
                    ProblemDetails.model_validate(example["value"])
                    assert example["value"]["code"] == code
                    assert str(example["value"]["status"]) == status
                    seen.add(code)
    assert {"invalid-json", "budget-above-cap", "upstream-none", "too-many-runs"} <= seen


async def test_every_request_example_is_accepted_by_the_service(pool, document):
    requests = {"/solve": "SolveRequest", "/check": "CheckRequest", "/reward": "RewardRequest"}
    async with client(make_app(pool, "(turn-on lamp)")) as http:
        for path, name in requests.items():
            for example in document["components"]["schemas"][name]["examples"]:
                response = await http.post(path, json=example)
                assert response.status_code == 200, response.text
                fits(f"{name.removesuffix('Request')}Result", response.json())
                told = response.json()
                good = {"/solve": "status", "/check": "verdict", "/reward": "results"}[path]
                right = told[good][0]["verdict"] if path == "/reward" else told[good]
                assert right in {"certified", "accepted"}


async def test_every_field_is_described(document):
    ours = ("SolveRequest", "SolveResult", "CheckRequest", "ProblemDetails", "Readiness")
    ours = (*ours, "RewardRequest", "RewardItem", "RewardResult", "Reward", "Weights")
    for name in ours:
        for field, schema in document["components"]["schemas"][name]["properties"].items():
            assert schema.get("description"), f"{name}.{field}"


async def test_the_default_error_of_the_framework_is_not_described(document):
    assert "HTTPValidationError" not in json.dumps(document)
