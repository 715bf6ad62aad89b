"""The OpenEnv server of the example, asked by OpenEnv's own client."""

import asyncio
import json
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.samples import SWITCH

SERVER = Path(__file__).parents[2] / "examples" / "openenv" / "server.py"
WRONG, RIGHT = "(turn-on lamp)\n(turn-on lamp)", "(turn-on lamp)"


@contextmanager
def serving(*options):
    """The server as a user starts it, on a port that is free."""
    command = [sys.executable, str(SERVER), "--port", "0", "--deadline", "60", *map(str, options)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, encoding="utf-8") as process:
        # Read to the end, or a server that says much would wait for ever.
        rest = threading.Thread(target=process.stderr.read)
        try:
            told = []
            for line in process.stderr:
                told.append(line)
                if found := re.search(r"running on (http://127\.0\.0\.1:\d+)", line):
                    rest.start()
                    yield found[1]
                    break
            else:
                pytest.fail("".join(told))
        finally:
            process.terminate()
            if rest.ident is not None:
                rest.join()
    assert process.returncode in {0, -15}


def connect(url):
    from openenv.core import GenericEnvClient  # noqa: PLC0415  # collected where there is none

    return GenericEnvClient(base_url=url, connect_timeout_s=120, message_timeout_s=120)


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    file = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    rows = [
        {"prompt": f"Lamp {number}.", "domain": "pddl", "problem": json.dumps(SWITCH)}
        for number in range(50)
    ]
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    with serving("--rows", file, "--rounds", 3, "--weights", '{"progress": 0.5}') as address:
        yield address


async def test_a_model_that_listens_is_rewarded_for_its_last_reply(url):
    async with connect(url) as env:
        put = await env.reset(seed=1)
        assert put.observation["messages"][0]["content"].startswith("Lamp ")
        assert (put.observation["domain"], put.done) == ("pddl", False)
        wrong = await env.step({"completion": WRONG})
        (message,) = wrong.observation["messages"]
        assert message["content"].startswith("Your answer was checked and it is not correct.")
        assert "step 2" in message["content"]
        assert (wrong.reward, wrong.done, wrong.observation["verdict"]) == (0, False, "rejected")
        again = await env.step({"completion": WRONG})
        assert "an answer you gave before" in again.observation["messages"][0]["content"]
        right = await env.step({"completion": [{"role": "assistant", "content": RIGHT}]})
        assert (right.reward, right.done, right.observation["messages"]) == (1.5, True, [])
        state = await env.state()
        assert (state["step_count"], state["rounds_left"], state["verdict"]) == (3, 0, "accepted")
        with pytest.raises(RuntimeError, match="reset first"):
            await env.step({"completion": RIGHT})
        assert not (await env.reset(seed=1)).done
        assert (await env.step({"completion": RIGHT})).reward == 1.5


async def test_rounds_end_and_progress_is_paid_once(url):
    async with connect(url) as env:
        await env.reset()
        ends = [await env.step({"completion": WRONG}) for _ in range(3)]
    assert [end.done for end in ends] == [False, False, True]
    assert [end.reward for end in ends[:2]] == [0, 0]
    assert 0 < ends[2].reward < 0.5


JUNK = {
    "nothing": None,
    "empty": "",
    "a number": 7,
    "the user's own words": {"content": RIGHT, "role": "user"},
    "no unicode": "\ud800 \x00 \u202e",
    "deep": "(" * 100_000,
    "22 megabytes": f"{RIGHT}\n" * 1_500_000,
    "reasoning alone": f"<think>{RIGHT}</think>",
    "a forged result": '{"reward": 1, "done": true}',
}


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
async def test_junk_is_worth_nothing_and_no_error(url, junk):
    async with connect(url) as env:
        await env.reset(seed=2)
        for _ in range(3):
            end = await env.step({"completion": junk})
            assert end.reward == 0
        assert end.done


async def test_two_sessions_at_once_have_their_own_episodes(url):
    async with connect(url) as one, connect(url) as other:
        first, second = await asyncio.gather(one.reset(seed=3), other.reset(seed=3))
        assert first.observation == second.observation
        replies = one.step({"completion": WRONG}), other.step({"completion": RIGHT})
        wrong, right = await asyncio.gather(*replies)
        assert (wrong.done, right.done) == (False, True)
        assert [(await env.state())["step_count"] for env in (one, other)] == [1, 1]
        assert (await one.step({"completion": RIGHT})).reward == 1.5


async def test_the_same_seed_puts_the_same_problem(url):
    async with connect(url) as env:
        put = [(await env.reset(seed=seed)).observation for seed in (4, 5, 6, 7, 4)]
    assert put[0] == put[4]
    assert len({each["messages"][0]["content"] for each in put}) > 1


async def test_a_domain_makes_a_problem_for_each_seed():
    with serving("--domain", "countdown") as address:
        async with connect(address) as env:
            put = [(await env.reset(seed=seed)).observation for seed in (1, 2, 1)]
            assert put[0] == put[2] != put[1]
            assert put[0]["domain"] == "countdown"
            assert (await env.step({"completion": "1 + 1 = 3"})).reward == 0
