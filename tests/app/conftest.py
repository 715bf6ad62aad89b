"""The `word` domain, a pool that knows it, and the service on a real port."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
import uvicorn
from fastapi import FastAPI

from app.main import create_app
from app.settings import Settings
from backprompt.upstream import ScriptedUpstream
from critics import domain as registry
from critics.workers.pool import Pool
from tests.postgres_server import postgres
from tests.upstream_server import UpstreamServer

__all__ = ["postgres"]  # a fixture

HERE = Path(__file__).parent
REQUEST = {"domain": "word", "problem": {"word": "hello"}, "budget": {"rounds": 3}}
ENTRY_POINTS = """[llm_modulo.domains]
word = word_domain:domain
tested-word = word_domain:tested
solved-word = word_domain:solved
"""
METADATA = "Metadata-Version: 2.1\nName: word-domain\nVersion: 1.0\n"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch, tmp_path):
    """Keep the settings of whoever runs the tests out of them."""
    for name in [name for name in os.environ if name.startswith("MODULO_")]:
        if name != "MODULO_TEST_DATA":
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def plugins(tmp_path_factory) -> Path:
    """A folder that, on the path, installs the `word` domain as a third party's."""
    folder = tmp_path_factory.mktemp("plugins")
    info = folder / "word_domain-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(METADATA, "utf-8")
    (info / "entry_points.txt").write_text(ENTRY_POINTS, "utf-8")
    (folder / "word_domain.py").write_text((HERE / "word_domain.py").read_text("utf-8"), "utf-8")
    return folder


@pytest.fixture(scope="module")
def word(plugins) -> Iterator[str]:
    """The `word` domain, installed."""
    sys.path.insert(0, str(plugins))
    registry.installed.cache_clear()
    registry.find_domain.cache_clear()
    yield "word"
    sys.path.remove(str(plugins))
    sys.modules.pop("word_domain", None)
    registry.installed.cache_clear()
    registry.find_domain.cache_clear()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(word) -> AsyncIterator[Pool]:
    """Workers that a whole module shares."""
    assert word
    async with Pool(size=2, recycle_after=50) as pool:
        await pool.start()
        yield pool


def answering(*texts: str) -> ScriptedUpstream:
    """An upstream that gives these answers, the last one for ever."""
    return ScriptedUpstream(lambda request: texts[min(request.call, len(texts) - 1)])


@asynccontextmanager
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a network; exceptions of the service reach the test."""
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://service") as client,
    ):
        yield client


def port_of(server: UpstreamServer) -> int:
    """The port that a model server listens on."""
    return int(server.base_url.split(":")[2].split("/")[0])


class Announced(uvicorn.Server):
    """A server whose start can be awaited."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@asynccontextmanager
async def served(app: FastAPI, port: int = 0) -> AsyncIterator[tuple[str, int]]:
    """The application behind a real server on a port of 127.0.0.1, by default a free one."""
    listener = socket.create_server(("127.0.0.1", port))
    server = Announced(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=2))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    await server.ready.wait()
    try:
        yield listener.getsockname()
    finally:
        server.should_exit = True
        await task


def make_app(pool: Pool, *answers: str, **settings) -> FastAPI:
    """A service with scripted answers; without any, it asks whom its settings name."""
    settings.setdefault("upstream", {"discover": False, "embedded": False})
    scripted = answering(*answers) if answers else None
    return create_app(Settings(**settings), upstream=scripted, pool=pool)
