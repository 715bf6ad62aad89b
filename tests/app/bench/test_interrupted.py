"""A benchmark whose process is killed or interrupted goes on where it stopped."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

from app.cli.exits import Exit
from tests.app.bench.conftest import EDGES, QUIET, write_rows
from tests.upstream_server import Reply, UpstreamServer

WRONG, RIGHT = '{"A": "red", "B": "red"}', '{"A": "red", "B": "green"}'


def write_live_suite(folder: Path, url: str) -> Path:
    write_rows(
        folder / "problems.jsonl", [{"id": "graph", "domain": "coloring", "problem": EDGES[0]}]
    )
    path = folder / "live.toml"
    path.write_text(
        'problems = ["problems.jsonl"]\nassurance = "single"\n[strategies.loop]\n'
        f'[upstreams.live]\nkind = "openai"\nmodel = "m"\nbase_url = "{url}"\n'
    )
    return path


async def start(suite: Path) -> Process:
    command = (sys.executable, "-m", "app", "bench", str(suite), "--out", str(suite.parent / "out"))
    environment = {**os.environ, **QUIET}
    return await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=PIPE, stderr=PIPE, start_new_session=True
    )


@pytest.mark.parametrize(
    "ending", [signal.SIGKILL, pytest.param(signal.SIGINT, marks=pytest.mark.slow)]
)
async def test_no_paid_call_is_lost(tmp_path: Path, ending: signal.Signals) -> None:
    held = Reply(RIGHT, wait=asyncio.Event())
    async with UpstreamServer(Reply(WRONG), held, default=Reply(RIGHT)) as server:
        suite = write_live_suite(tmp_path, server.base_url)
        process = await start(suite)
        # The first answer is paid, and the second call is under way.
        await asyncio.wait_for(server.holding.wait(), 90)
        process.send_signal(ending)
        _, err = await asyncio.wait_for(process.communicate(), 90)
        if ending is signal.SIGINT:
            assert process.returncode == Exit.INTERRUPTED
            assert b"goes on from there" in err
        assert not (tmp_path / "out" / "cells.jsonl").exists()
        process = await start(suite)
        _, err = await asyncio.wait_for(process.communicate(), 90)
        assert process.returncode == Exit.OK, err
        assert len(server.seen) == 3  # only the call that was cut off is made again
    (line,) = (tmp_path / "out" / "cells.jsonl").read_text().splitlines()
    record = json.loads(line)
    assert (record["status"], record["calls"], record["origin"]) == ("certified", 2, "model")
    assert record["prompt_tokens"] == 20
    assert [step["verdict"] for step in record["steps"]] == ["rejected", "accepted"]
    assert list((tmp_path / "out" / "unfinished").iterdir()) == []
