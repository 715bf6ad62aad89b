"""LiteLLM as a client library, unmodified, in an environment of its own (`.venv-litellm`)."""

from pathlib import Path

import pytest

from tests.clients.conftest import use_outside

pytestmark = pytest.mark.asyncio(loop_scope="module")

PYTHON = Path(__file__).parents[2] / ".venv-litellm" / "bin" / "python"


@pytest.mark.slow
async def test_litellm(proxy):
    if not PYTHON.exists():
        pytest.skip("LiteLLM is not installed: run `make clients`")
    saw = await use_outside(proxy, PYTHON, Path(__file__).with_name("litellm_client.py"))
    assert saw["certified"]["text"] == "hello"
    assert saw["certified"]["id"].startswith("chatcmpl-run_")
    assert saw["certified"]["fingerprint"].startswith("modulo:certified:")
    assert saw["certified"]["tokens"] == 30
    assert saw["refused"]["status"] == 422
    assert "no answer was certified" in saw["refused"]["said"]
    assert (saw["streamed"]["text"], saw["streamed"]["finish"]) == ("hello", "stop")
    assert "Round 1" in saw["streamed"]["reasoning"]
    assert "no answer was certified" in saw["stream-refused"]["said"]
    assert saw["passed"]["text"] == "bye"
    assert saw["cancelled"]["cancelled"] is True
    assert len(proxy.upstream.seen) == 4 * 2 + 1 + 1
