"""The environment for `verifiers`: its own machinery, with a model that errs and then corrects."""

import json

import pytest

from app.samples import SWITCH
from tests.upstream_server import Reply, UpstreamServer

vf = pytest.importorskip("verifiers.v1")

ROW = {
    "prompt": [{"role": "user", "content": "Turn the lamp on."}],
    "domain": "pddl",
    "problem": json.dumps(SWITCH),
}

USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


@pytest.fixture
def rows(tmp_path):
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(ROW) + "\n", encoding="utf-8")
    return file


async def play(rows, *replies, **config):
    """One episode of the first task, with these replies, the last one for ever."""
    from llm_modulo_env import ModuloEnvConfig  # noqa: PLC0415  # only where the library is

    taskset = {"id": "llm-modulo-env", "rows": rows, "task": config.pop("task", {})}
    env = vf.load_environment(ModuloEnvConfig(taskset=taskset, **config))
    said = [Reply(reply, usage=USAGE, extra={"created": 0}) for reply in replies]
    async with UpstreamServer(*said, default=said[-1]) as server, env.serving():
        client = vf.EvalClientConfig(base_url=server.base_url, api_key_var="NO_KEY")
        context = vf.ModelContext(model="m", client=client, sampling=vf.SamplingConfig())
        (task,) = list(env.taskset)
        episode = await env.run_episode(task, context)
    assert episode.ok, (episode.errors, [trace.errors for trace in episode.traces])
    (trace,) = episode.traces
    return trace, server.seen


async def test_a_model_that_listens_is_rewarded_for_its_last_reply(rows):
    wrong, right = "(turn-on lamp)\n(turn-on lamp)", "(turn-on lamp)"
    trace, seen = await play(rows, "I do not know.", wrong, right, rounds=5)
    assert trace.reward == 1
    assert trace.metrics == {"accepted": 1, "undecided": 0, "replies": 3}
    last = seen[-1].body["messages"]
    assert [message["role"] for message in last] == [*("user", "assistant") * 2, "user"]
    assert last[0]["content"] == "Turn the lamp on."
    assert last[2]["content"].startswith("No answer was found in your response")
    assert last[4]["content"].startswith("Your answer was checked and it is not correct.")
    assert "step 2" in last[4]["content"]


async def test_rounds_end(rows):
    trace, seen = await play(rows, "(turn-on lamp)\n(turn-on lamp)", rounds=3)
    assert trace.reward == 0
    assert len(seen) == trace.metrics["replies"] == 3
    assert "an answer you gave before" in seen[-1].body["messages"][-1]["content"]


async def test_one_round_asks_once_and_progress_can_count(rows):
    task = {"weights": {"verdict": 1, "progress": 0.5}}
    trace, seen = await play(rows, "(turn-on lamp)\n(turn-on lamp)", rounds=1, task=task)
    assert len(seen) == 1
    assert 0 < trace.reward < 0.5
    assert trace.metrics["accepted"] == 0


def test_without_rows_a_domain_lends_its_examples():
    from llm_modulo_env import ModuloTaskset, ModuloTasksetConfig  # noqa: PLC0415  # as above

    tasks = list(ModuloTaskset(ModuloTasksetConfig(id="llm-modulo-env", domain="countdown")))
    assert tasks
    assert all(task.data.prompt and task.data.domain == "countdown" for task in tasks)
