"""The description of the proxy: its paths are there, and its examples are accepted."""

import pytest

from tests.app.conftest import client, make_app

pytestmark = pytest.mark.asyncio(loop_scope="module")

DIALECTS = ("/v1/chat/completions", "/v1/responses", "/v1/messages")


async def test_every_example_is_answered_with_a_certificate(pool):
    app = make_app(pool, "(turn-on lamp)")
    paths = app.openapi()["paths"]
    assert app.openapi()["paths"] == paths
    async with client(app) as http:
        for path in DIALECTS:
            body = paths[path]["post"]["requestBody"]["content"]["application/json"]["example"]
            response = await http.post(path, json={**body, "model": "scripted"})
            assert response.status_code == 200, response.text
            assert response.headers["x-llm-modulo-certified"] == "true"


async def test_every_error_example_has_the_status_it_stands_under(pool):
    paths = make_app(pool).openapi()["paths"]
    for path in DIALECTS:
        for status in ("400", "422"):
            told = paths[path]["post"]["responses"][status]["content"]["application/json"]
            assert all(name.startswith(status) for name in told["examples"])


async def test_every_reference_of_the_description_leads_somewhere(pool):
    document = make_app(pool).openapi()
    schemas = document["components"]["schemas"]
    assert schemas["Directions"]["properties"]["budget"]
    for name in refs(document):
        assert name.removeprefix("#/components/schemas/") in schemas


def refs(value):
    """Every `$ref` in a document."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from refs(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from refs(inner)
