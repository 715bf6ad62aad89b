import json

import pytest

from app.flywheel.episodes import Attempt, Episode
from app.flywheel.formats import Format, Row, Selection, write_rows
from app.flywheel.reviews import Review, Reviewed
from backprompt.prompt import write_messages
from backprompt.render import tell_model
from backprompt.strategy import Feedback, Strategy
from backprompt.task import Task
from critics.types import Diagnostic, Judgement, Verdict

TASK = Task(domain="word", problem={"word": "hallö"}, prompt="Say the word.", answer_format="Text.")


def judged(text: str, verdict: Verdict, score: float) -> Judgement:
    found = [Diagnostic(code="word-wrong", headline=f"`{text}` is wrong")]
    return Judgement(
        domain="word",
        domain_version="7",
        verdict=verdict,
        candidate=text,
        score=score,
        diagnostics=tuple(found if verdict is Verdict.REJECTED else ()),
    )


def wrong(text: str, round_: int = 1, score: float = 0.5, **more) -> Reviewed:
    more = {"origin": "model", "model": "m"} | more
    attempt = Attempt(text=text, round=round_, **more)
    return Reviewed(attempt=attempt, judgement=judged(text, Verdict.REJECTED, score))


def right(text: str, round_: int = 9, **more) -> Reviewed:
    more = {"origin": "model", "model": "m"} | more
    attempt = Attempt(text=text, round=round_, certified=True, **more)
    return Reviewed(attempt=attempt, judgement=judged(text, Verdict.ACCEPTED, 1))


def rows(kind: Format, *answers: Reviewed, **selection) -> list[Row]:
    episode = Episode(source="journal", name="run_1", task=TASK)
    review = Review(episode=episode, task=TASK, identity="word:1", answers=answers)
    return list(write_rows(kind, review, Selection(**selection)))


def shown(row: Row) -> list[str]:
    """The wrong answers that a repair row shows."""
    return [said["content"] for said in row["prompt"] if said["role"] == "assistant"]


def test_every_format_has_the_columns_that_trainers_read():
    answers = (wrong("a"), right("b"))
    columns = {kind: rows(kind, *answers)[0].keys() for kind in Format}
    assert columns[Format.SFT] >= {"prompt", "completion"}
    assert columns[Format.REPAIR] >= {"prompt", "completion"}
    assert columns[Format.PREFERENCE] >= {"prompt", "chosen", "rejected"}
    assert columns[Format.KTO] >= {"prompt", "completion", "label"}
    assert columns[Format.RL] >= {"prompt", "domain", "problem", "identity"}
    assert not columns[Format.RL] & {"completion", "chosen", "rejected", "origin"}
    for kind in Format:  # a trainer would take these for something else
        assert not columns[kind] & {"messages", "text", "images", "tools", "input_ids", "labels"}


def test_the_problem_is_json_text():
    [row] = rows(Format.RL)
    assert json.loads(row["problem"]) == {"word": "hallö"}
    assert "hallö" in row["problem"]


def test_the_prompt_is_the_first_one_of_the_loop():
    [row] = rows(Format.RL)
    first = write_messages(TASK, Strategy(), [])
    assert row["prompt"] == [message.model_dump() for message in first]


def test_every_right_answer_is_paired_with_every_wrong_one():
    found = rows(Format.PREFERENCE, wrong("a"), right("b"), wrong("c", 3), right("d"))
    pairs = [(row["chosen"][0]["content"], row["rejected"][0]["content"]) for row in found]
    assert pairs == [("b", "a"), ("b", "c"), ("d", "a"), ("d", "c")]
    assert len({json.dumps(row["prompt"]) for row in found}) == 1
    assert {row["rejected_codes"] for row in found} == {"word-wrong"}


def test_a_repair_is_what_the_loop_would_have_asked():
    [row] = rows(Format.REPAIR, wrong("a"), right("b"))
    task, answer, told = row["prompt"]
    assert task == rows(Format.RL)[0]["prompt"][0]
    assert answer == {"role": "assistant", "content": "a"}
    judgement = judged("a", Verdict.REJECTED, 0.5)
    assert told == {"role": "user", "content": tell_model(judgement, Feedback.EXPLAIN)}
    assert row["completion"] == [{"role": "assistant", "content": "b"}]
    [brief] = rows(Format.REPAIR, wrong("a"), right("b"), feedback=Feedback.BINARY)
    assert "`a` is wrong" in told["content"]
    assert "`a` is wrong" not in brief["prompt"][2]["content"]


@pytest.mark.parametrize(
    ("turns", "windows"),
    [
        (1, [["a"], ["b"], ["c"]]),
        (2, [["a", "b"], ["b", "c"]]),
        (3, [["a", "b", "c"]]),
        (9, [["a", "b", "c"]]),
    ],
)
def test_a_repair_shows_wrong_answers_as_they_followed(turns, windows):
    answers = (wrong("a", 1), wrong("b", 2), wrong("c", 4), right("d", 5), wrong("late", 6))
    found = rows(Format.REPAIR, *answers, turns=turns)
    assert [shown(row) for row in found] == windows
    assert [row["turns"] for row in found] == [len(window) for window in windows]


def test_a_repair_shows_the_best_answer_of_each_round():
    answers = (wrong("low", 1, 0.2), wrong("high", 1, 0.6), wrong("mid", 1, 0.3), right("d", 2))
    assert [shown(row) for row in rows(Format.REPAIR, *answers)] == [["high"]]


def test_an_answer_of_the_same_round_repairs_nothing():
    assert rows(Format.REPAIR, wrong("a", 2), right("b", 2)) == []


def test_a_correction_of_its_own_is_no_answer_to_the_bare_task():
    answers = (
        wrong("a", 0, origin="mutation"),
        wrong("c", 0, origin="mutation"),
        right("b", 0, mends=("a",)),
        right("d", 0, mends=("c",), aside=True),
    )
    pairs = [(shown(row), row["completion"][0]["content"]) for row in rows(Format.REPAIR, *answers)]
    assert pairs == [(["a"], "b"), (["c"], "d")]
    assert [row["completion"][0]["content"] for row in rows(Format.SFT, *answers)] == ["b"]
    assert {row["chosen"][0]["content"] for row in rows(Format.PREFERENCE, *answers)} == {"b"}


def test_answers_of_other_models_are_left_out():
    answers = (wrong("a", model="m"), wrong("b", model="n"), right("c", model="n"))
    assert rows(Format.SFT, *answers, model="m") == []
    assert len(rows(Format.SFT, *answers, model="n")) == 1
    assert [row["label"] for row in rows(Format.KTO, *answers, model="m")] == [False]
    solved = (*answers[:2], right("c", origin="solver", model=""))
    [row] = rows(Format.PREFERENCE, *solved, model="m")
    assert (row["origin"], row["rejected"][0]["content"]) == ("solver", "a")


def test_late_answers_are_no_right_ones():
    answers = (wrong("a", 1), right("b", 3))
    assert rows(Format.SFT, *answers, max_rounds=2) == []
    assert len(rows(Format.SFT, *answers, max_rounds=3)) == 1
    assert [row["label"] for row in rows(Format.KTO, *answers, max_rounds=2)] == [False]


def test_a_row_says_who_found_it_and_what_it_is_worth():
    [row] = rows(Format.SFT, right("b", 3))
    told = {name: row[name] for name in ("origin", "model", "round", "claim", "run", "assurance")}
    assert told == {
        "origin": "model",
        "model": "m",
        "round": 3,
        "claim": "answer",
        "run": "run_1",
        "assurance": "single",
    }
