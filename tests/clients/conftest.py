"""The service on a real port before a scripted model, for unmodified clients of other vendors."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest_asyncio

from tests.app.conftest import (  # noqa: F401  # fixtures of the service, shared
    clean_environment,
    make_app,
    plugins,
    pool,
    served,
    word,
)
from tests.upstream_server import Reply, UpstreamServer

HERE = Path(__file__).parent
SOON_S = 60.0
"""Far more than anything here takes; a hang fails instead of waiting for ever."""
OUTSIDE_S = 150.0
"""The same for a client in a process of its own, which may take long to start."""

CERTIFIABLE = {"domain": "word", "problem": {"word": "hello"}, "budget": {"rounds": 3}}
"""The scripted model finds it in its second round."""
HOPELESS = {"domain": "word", "problem": {"word": "never"}, "budget": {"rounds": 2}}
"""The scripted model never finds it."""
QUESTION = "Which word is it?"
HOLD = "Take your time."
"""A question that the scripted model never answers."""


def answer(body: dict[str, Any]) -> Reply:
    """Be wrong first and right once told so; unless asked never to answer."""
    said = json.dumps(body["messages"])
    if HOLD in said:
        return Reply(wait=asyncio.Event())
    return Reply("hello" if "bye" in said else "bye")


@dataclass(frozen=True)
class Proxy:
    """The service and the model behind it."""

    url: str
    upstream: UpstreamServer
    app: Any

    @property
    def base_url(self) -> str:
        """What users of OpenAI's clients set."""
        return f"{self.url}/v1"


@pytest_asyncio.fixture(loop_scope="module")
async def proxy(pool) -> AsyncIterator[Proxy]:  # noqa: F811  # the fixture imported above
    """The service before the scripted model."""
    async with proxied(pool) as running:
        yield running


@asynccontextmanager
async def proxied(pool, *behaviours, **settings) -> AsyncIterator[Proxy]:  # noqa: F811  # as above
    """The service before a model of these behaviours."""
    async with UpstreamServer(*behaviours, default=answer) as upstream:
        asked = {"base_url": upstream.base_url, "model": "served-model", "retries": 0}
        app = make_app(pool, upstream=asked, **settings)
        async with served(app) as (_, port):
            yield Proxy(f"http://127.0.0.1:{port}", upstream, app)


async def closed(proxy: Proxy) -> bool:
    """Wait until the model's connection is closed, because its client's client went away."""
    async with asyncio.timeout(SOON_S):
        return await proxy.upstream.gone.wait()


async def use_outside(proxy: Proxy, *command: str | Path) -> dict[str, Any]:
    """Run a client in a process of its own and give what it saw, by case.

    The process writes one line of JSON for each thing it does. Its last request is one that the
    model does not answer: it is told by a line to hang up, and lives on until the model's
    connection is closed.
    """
    problems = json.dumps({"certifiable": CERTIFIABLE, "hopeless": HOPELESS})
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        proxy.base_url,
        problems,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    output = asyncio.ensure_future(process.stdout.read())
    try:
        async with asyncio.timeout(OUTSIDE_S):
            await _first(proxy.upstream.holding.wait(), process.wait())
            process.stdin.write(b"hang up\n")
            await _first(proxy.upstream.gone.wait(), process.wait())
            process.stdin.close()
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return {row["case"]: row for row in map(json.loads, (await output).splitlines())}


async def _first(*ends: Coroutine[Any, Any, Any]) -> None:
    waiting = [asyncio.ensure_future(end) for end in ends]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
