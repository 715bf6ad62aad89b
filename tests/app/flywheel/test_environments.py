"""What environments of RL libraries share: how problems are read, and what a model is told."""

import json

import pytest

from app.flywheel.environments import Dialogue, PosedProblem, examine, lend_examples, read_problems
from app.flywheel.rewards import RewardOptions
from app.flywheel.scorers import LocalScorer
from app.samples import SWITCH
from backprompt.render import REPEATED
from backprompt.strategy import Feedback
from critics.reward import Outcome
from critics.types import Verdict

WRONG = "(turn-on lamp)\n(turn-on lamp)"
POSED = PosedProblem.of({"domain": "pddl", "problem": SWITCH})


@pytest.fixture(scope="module")
def scorer():
    scorer = LocalScorer(workers=1)
    yield scorer
    scorer.close()


def test_rows_of_both_commands_are_read(tmp_path):
    rows = [
        {"domain": "pddl", "problem": json.dumps(SWITCH), "prompt": [{"role": "user"}]},
        {"domain": "pddl", "problem": SWITCH, "prompt": "Turn it on.", "answer": "(turn-on lamp)"},
        {"domain": "pddl", "problem": SWITCH},
    ]
    file = tmp_path / "rows.jsonl"
    file.write_text("\n\n".join(map(json.dumps, rows)), encoding="utf-8")
    exported, made, bare = read_problems(file)
    assert exported.problem == made.problem == bare.problem == SWITCH
    assert exported.messages == ({"role": "user"},)
    assert made.messages == ({"role": "user", "content": "Turn it on."},)
    assert bare == POSED
    assert "lamp" in bare.messages[0]["content"]


def test_a_domain_lends_its_examples():
    assert {posed.domain for posed in lend_examples("countdown")} == {"countdown"}


async def test_a_dialogue_remembers_what_was_answered(scorer):
    dialogue = Dialogue()
    outcome = await examine(scorer, POSED, WRONG, RewardOptions())
    first, second = dialogue.tell(WRONG, outcome), dialogue.tell(WRONG, outcome)
    assert first.startswith("Your answer was checked and it is not correct.")
    assert REPEATED not in first
    assert REPEATED in second
    nothing = await examine(scorer, POSED, "no idea", RewardOptions())
    assert dialogue.tell("no idea", nothing).startswith("No answer was found")


def test_an_answer_that_was_lost_with_its_worker_is_told_as_undecided():
    lost = Outcome(verdict=Verdict.UNKNOWN, codes=("critic-deadline",))
    assert Dialogue(Feedback.EXPLAIN).tell(WRONG, lost).startswith("Your answer could not be")
