"""The reward function that trainers call: in process, at a service, and what it refuses."""

import asyncio
import json
import pickle

import pytest

from app.flywheel.scorers import ScorerError, split
from app.flywheel.trl_reward import ModuloReward
from app.samples import SWITCH
from critics.types import ProblemError
from critics.workers.rewards import Prompted
from tests.app.conftest import make_app, served

PROBLEM = json.dumps(SWITCH)
RIGHT, WRONG = "(turn-on lamp)", "(turn-on lamp)\n(turn-on lamp)"
ROWS = {
    "prompts": ["?"] * 5,
    "completions": [
        [{"role": "assistant", "content": RIGHT}],
        WRONG,
        None,
        "\ud800\x00" + RIGHT + "\udfff",
        [{"role": "assistant", "content": "hello"}],
    ],
    "problem": [PROBLEM, PROBLEM, SWITCH, PROBLEM, '{"word": "hello"}'],
    "domain": ["pddl", "pddl", "pddl", "pddl", None],
    "trainer_state": object(),
}


@pytest.fixture(scope="module")
def reward():
    with ModuloReward(workers=1, weights={"progress": 0.5}) as made:
        yield made


def test_a_trainer_gets_a_number_for_each_row_and_none_where_it_has_no_say(reward):
    told = {}
    found = reward(**ROWS, log_metric=told.__setitem__)
    assert found[:3] == [1.5, pytest.approx(0.375), 0]
    assert found[4] is None
    accepted = found.count(1.5) / 4
    assert told == {"modulo_reward/accepted": accepted, "modulo_reward/unknown": 0}


def test_it_has_a_name_and_goes_to_another_process(reward):
    again = pickle.loads(pickle.dumps(reward))  # noqa: S301  # our own
    with again:
        assert again.__name__ == "modulo_reward"
        assert again.options == reward.options
        assert again(completions=[RIGHT], problem=[PROBLEM], domain=["pddl"]) == [1.5]


def test_after_its_end_it_starts_anew():
    reward = ModuloReward(domain="pddl", workers=1)
    for _ in range(2):
        assert reward(completions=[RIGHT, "no"], problem=[PROBLEM] * 2) == [1, 0]
        reward.close()
    reward.close()


def test_what_is_wrong_with_the_rows_is_no_reward(reward):
    with pytest.raises(ProblemError):
        reward(completions=["x"], problem=['{"domain": "(", "problem": ")"}'], domain=["pddl"])
    for problem in ("{", "[]", '"x"'):
        with pytest.raises(ValueError, match="is no JSON"):
            reward(completions=["x"], problem=[problem], domain=["pddl"])
    with pytest.raises(ValueError, match="no column `domain`"):
        reward(completions=["x"], problem=[PROBLEM])
    with pytest.raises(ValueError, match="at least one weight"):
        ModuloReward(weights={"verdict": 0})
    assert reward(completions=[], problem=[], domain=[]) == []


@pytest.mark.asyncio(loop_scope="module")
async def test_a_service_gives_the_same_rewards(pool, reward):
    async with served(make_app(pool)) as (host, port):
        url = f"http://{host}:{port}"
        remote = ModuloReward(url=url, weights=reward.options.weights)
        there = await asked(remote, ROWS)
        assert there == reward(**ROWS)
        many = ["no"] * 300 + [RIGHT]
        rows = {"completions": many, "problem": [PROBLEM] * 301, "domain": ["pddl"] * 301}
        assert await asked(remote, rows) == [0] * 300 + [1.5]
        wrong = {**rows, "problem": ['{"domian": ""}'] * 301}
        with pytest.raises(ScorerError, match="422"):
            await asked(remote, wrong)
    with pytest.raises(ScorerError, match=str(port)):
        await asked(remote, rows)


async def asked(reward, rows):
    return await asyncio.to_thread(lambda: reward(**rows))


def test_a_large_batch_is_sent_in_parts():
    batch = [
        Prompted(domain="pddl", problem={}, completions=["x" * 400_000] * 5),
        Prompted(domain="pddl", problem={}, completions=["y"] * 300),
    ]
    parts = list(split(batch))
    assert [len(places) for places, _ in parts] == [2, 2, 256, 45]
    assert [place for places, _ in parts for place in places] == [0] * 5 + [1] * 300
