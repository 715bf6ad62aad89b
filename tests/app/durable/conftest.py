"""Real processes that keep their runs in a real database, and may be killed at any moment."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.app.conftest import REQUEST

SOON_S = 120.0
"""Far more than anything here takes; a hang fails instead of waiting for ever."""
NO_KEYS = {"security__auth": "none"}
"""For a database that goes away: keys that cannot be read for ten seconds let nobody in."""
ROOT = Path(__file__).parents[3]


@dataclass
class Replica:
    """One `modulo serve`."""

    environment: Mapping[str, str]
    process: asyncio.subprocess.Process | None = None
    client: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(timeout=SOON_S))
    said: list[str] = field(default_factory=list)
    _reading: "asyncio.Task[None] | None" = None

    async def start(self) -> "Replica":
        """Start it, and wait until it listens."""
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "app",
            "serve",
            env={**os.environ, **self.environment},
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(SOON_S):
            url = await self._listen()
        self.client.base_url = httpx.URL(url)
        self._reading = asyncio.create_task(self._read())
        return self

    async def _listen(self) -> str:
        assert self.process is not None
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.said.append(line.decode())
            if "listens on" in self.said[-1]:
                return self.said[-1].split("listens on ")[1].split()[0]
        raise AssertionError("".join(self.said))

    async def _read(self) -> None:
        assert self.process is not None
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.said.append(line.decode())

    def send(self, sent: signal.Signals) -> None:
        """Send it a signal."""
        assert self.process is not None
        self.process.send_signal(sent)

    async def end(self, sent: signal.Signals = signal.SIGKILL) -> None:
        """End it, and wait until it has ended."""
        assert self.process is not None
        if self.process.returncode is None:
            self.send(sent)
        await self.process.wait()
        if self._reading is not None:
            await self._reading

    async def solve(self, **wishes: Any) -> str:
        """Start a run that goes on by itself; gives its id."""
        headers = {"prefer": "respond-async"}
        answer = await self.client.post("/solve", json={**REQUEST, **wishes}, headers=headers)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    async def show(self, run_id: str) -> dict[str, Any]:
        """Show a run."""
        return dict((await self.client.get(f"/runs/{run_id}")).json())

    async def follow(
        self, run_id: str, after: int | None = None, until: str | None = None
    ) -> list[tuple[int, str]]:
        """Follow a run to its end; gives the number and the kind of every event.

        Args:
            run_id: The run.
            after: The last event that was seen before.
            until: The kind of event at which the client goes.
        """
        headers = {} if after is None else {"last-event-id": str(after)}
        seen: list[tuple[int, str]] = []
        async with self.client.stream("GET", f"/runs/{run_id}/events", headers=headers) as answer:
            told: dict[str, str] = {}
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                told[name] = value
                if not line and "id" in told:
                    seen.append((int(told["id"]), told["event"]))
                    told = {}
                    if seen[-1][1] == until:
                        break
        return seen


class Cluster:
    """Replicas of one database, in front of one model."""

    def __init__(self, url: str, folder: Path, plugins: Path) -> None:
        self.url = url
        self.replicas: list[Replica] = []
        self._environment = {
            "MODULO_DATABASE_URL": url,
            "MODULO_PORT": "0",
            "MODULO_WORKER__SIZE": "1",
            "MODULO_UPSTREAM__MODEL": "served-model",
            "XDG_DATA_HOME": str(folder / "data"),
            "PYTHONPATH": f"{plugins}{os.pathsep}{ROOT}",
        }

    async def start(self, model: str, **settings: str) -> Replica:
        """Start one more replica.

        Args:
            model: Where the model is asked.
            settings: Such as `cluster__lease_s`.
        """
        named = {f"MODULO_{name.upper()}": value for name, value in settings.items()}
        asked = {"MODULO_UPSTREAM__BASE_URL": model}
        replica = Replica({**self._environment, **asked, **named})
        self.replicas.append(replica)
        return await replica.start()

    async def aclose(self) -> None:
        """Kill whatever is left."""
        for replica in self.replicas:
            if replica.process is not None and replica.process.returncode is None:
                replica.send(signal.SIGCONT)
                await replica.end()
            await replica.client.aclose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path) -> Iterator[str]:
    """A database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/runs.db"
    else:
        yield request.getfixturevalue("postgres").make_database()


@asynccontextmanager
async def cluster_of(url: str, folder: Path, plugins: Path) -> AsyncIterator[Cluster]:
    """Replicas of a database, killed at the end."""
    cluster = Cluster(url, folder, plugins)
    try:
        yield cluster
    finally:
        await cluster.aclose()
