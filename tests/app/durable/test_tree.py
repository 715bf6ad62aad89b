"""A process killed inside a tree search: nothing is paid again, and the path is the same."""

import asyncio
import math
import re

import pytest

from tests.app.durable.conftest import SOON_S, cluster_of
from tests.upstream_server import Reply, UpstreamServer

LEASE = {"cluster__lease_s": "2", "cluster__attempts": "50"}
LABEL = re.compile(r"^([A-T])\. (.+)$", re.MULTILINE)
WISHES = {
    "domain": "countdown",
    "problem": {"numbers": [2, 5, 7], "target": 45},
    "budget": {"rounds": 100},
    "cache": False,
    "strategy": {
        "search": "tree",
        "tree": {"free": False, "width": 2, "guard_after": None},
    },
}


class Guide:
    """A model server that holds small results most probable, and counts its answers."""

    def __init__(self) -> None:
        self.server = UpstreamServer(default=self.answer)
        self.hold_at: int | None = None
        self.answered = 0
        self._never = asyncio.Event()

    def answer(self, body: dict) -> Reply:
        told = body["messages"][-1]["content"].partition("Possible next")[2]
        offered = LABEL.findall(told)
        likes = {letter: math.exp(-len(move)) + ("-" in move) for letter, move in offered}
        total = sum(likes.values())
        rows = [{"token": k, "logprob": math.log(v / total)} for k, v in likes.items()]
        letter = max(likes, key=likes.__getitem__)
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": letter},
            "finish_reason": "length",
            "logprobs": {"content": [{"token": letter, "logprob": -1.0, "top_logprobs": rows}]},
        }
        held = self._never if self.answered == self.hold_at else None
        self.answered += held is None
        return Reply(letter, extra={"choices": [choice]}, wait=held)


async def finish(replica, run_id):
    async with asyncio.timeout(SOON_S):
        await replica.follow(run_id)
        return await replica.show(run_id)


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_a_tree_goes_on_where_its_process_was_killed(database, tmp_path, plugins):
    guide = Guide()
    async with guide.server as server, cluster_of(database, tmp_path, plugins) as cluster:
        replica = await cluster.start(server.base_url, **LEASE)
        whole = await finish(replica, await replica.solve(**WISHES))
        calls = len(server.seen)
        guide.answered, guide.hold_at = 0, calls // 2
        run_id = await replica.solve(**WISHES)
        async with asyncio.timeout(SOON_S):
            await server.holding.wait()
        await replica.end()
        guide.hold_at = None
        before = len(server.seen) - calls
        replica = await cluster.start(server.base_url, **LEASE)
        killed = await finish(replica, run_id)
        events = await replica.follow(run_id)
    assert whole["state"] == killed["state"] == "certified"
    assert killed["result"]["answer"] == whole["result"]["answer"]
    assert killed["result"]["origin"] == "model_guided_search"
    assert killed["result"]["search"] == whole["result"]["search"]
    assert killed["usage"]["calls"] >= calls > before > 2
    assert len(server.seen) <= 2 * calls + 4  # those under way, once more
    assert [number for number, _ in events] == list(range(len(events)))
