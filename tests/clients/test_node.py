"""Clients from the npm registry, unmodified: `openai` and the Vercel AI SDK."""

import shutil
from pathlib import Path

import pytest

from tests.clients.conftest import use_outside

pytestmark = pytest.mark.asyncio(loop_scope="module")

FOLDER = Path(__file__).parent / "node"


@pytest.fixture(scope="module")
def node() -> str:
    found = shutil.which("node")
    if found is None:
        pytest.skip("no `node` on the path")
    if not (FOLDER / "node_modules").is_dir():
        pytest.skip("the clients are not installed: run `make clients`")
    return found


async def test_the_openai_package(proxy, node):
    saw = await use_outside(proxy, node, FOLDER / "openai_client.mjs")
    certified = saw["certified"]
    assert (certified["text"], certified["certified"]) == ("hello", True)
    assert certified["id"].startswith("chatcmpl-run_")
    assert certified["fingerprint"].startswith("modulo:certified:")
    assert certified["tokens"] == 30
    assert saw["refused"]["error"] == "UnprocessableEntityError"
    assert (saw["refused"]["status"], saw["refused"]["code"]) == (422, "budget_exhausted")
    assert saw["refused"]["type"] == "verification_failed"
    assert (saw["streamed"]["text"], saw["streamed"]["finish"]) == ("hello", "stop")
    assert (saw["streamed"]["tokens"], "Round 1" in saw["streamed"]["reasoning"]) == (30, True)
    assert saw["stream-refused"]["code"] == "budget_exhausted"
    assert (saw["responded"]["text"], saw["responded"]["status"]) == ("hello", "completed")
    assert saw["passed"]["text"] == "bye"
    assert saw["cancelled"]["error"] == "APIUserAbortError"
    # Two rounds each for what is asked for, none more: a refusal is not sent again.
    assert len(proxy.upstream.seen) == 5 * 2 + 1 + 1


async def test_the_vercel_ai_sdk(proxy, node):
    saw = await use_outside(proxy, node, FOLDER / "ai_sdk_client.mjs")
    assert (saw["certified"]["text"], saw["certified"]["finish"]) == ("hello", "stop")
    assert saw["certified"]["id"].startswith("chatcmpl-run_")
    assert saw["certified"]["tokens"] == 30
    assert (saw["refused"]["status"], saw["refused"]["code"]) == (422, "budget_exhausted")
    assert (saw["streamed"]["text"], saw["streamed"]["finish"]) == ("hello", "stop")
    assert (saw["streamed"]["tokens"], "Round 1" in saw["streamed"]["reasoning"]) == (30, True)
    assert saw["stream-refused"]["code"] == "budget_exhausted"
    assert saw["passed"]["text"] == "bye"
    assert saw["cancelled"]["error"] == "AbortError"
    assert len(proxy.upstream.seen) == 4 * 2 + 1 + 1
