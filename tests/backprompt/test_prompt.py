from backprompt.prompt import ANSWER_CHARS, HISTORY_CHARS, Turn, write_messages, write_task
from backprompt.strategy import Strategy
from backprompt.task import Shot, Task
from tests.backprompt.toy import TASK

TURNS = [Turn(f"answer {i}", f"told {i}") for i in range(5)]


def spoken(strategy: Strategy, turns: list[Turn] = TURNS, task: Task = TASK) -> list[str]:
    return [message.content for message in write_messages(task, strategy, turns)][1:]


def test_the_task_comes_with_format_and_instructions() -> None:
    task = TASK.model_copy(update={"instructions": "Be brief.\n"})
    assert write_task(task) == "Name the number.\n\nWrite digits.\n\nBe brief."


def test_histories_repeat_one_some_or_all_turns() -> None:
    assert spoken(Strategy()) == ["answer 4", "told 4"]
    assert spoken(Strategy(history="last_k", k=2)) == ["answer 3", "told 3", "answer 4", "told 4"]
    assert len(spoken(Strategy(history="full"))) == 10
    assert spoken(Strategy(feedback="none")) == []


def test_examples_stand_before_the_task() -> None:
    task = TASK.model_copy(update={"examples": (Shot(prompt="1+1?", answer="2"),)})
    messages = write_messages(task, Strategy(), TURNS[:1])
    assert [(m.role, m.content) for m in messages[:2]] == [("user", "1+1?"), ("assistant", "2")]
    assert [m.role for m in messages[2:]] == ["user", "assistant", "user"]


def test_a_long_answer_is_cut_and_says_so() -> None:
    (answer, _) = spoken(Strategy(), [Turn("x" * (ANSWER_CHARS + 5), "told")])
    assert answer.startswith("x" * ANSWER_CHARS)
    assert "5 more characters" in answer


def test_the_history_is_bounded_and_the_latest_turn_stays() -> None:
    turns = [Turn("x" * ANSWER_CHARS, f"told {i}") for i in range(30)]
    kept = spoken(Strategy(history="full"), turns)
    assert kept[-1] == "told 29"
    assert sum(map(len, kept)) <= HISTORY_CHARS
    huge = [Turn("x", "y" * (HISTORY_CHARS + 1))]
    assert len(spoken(Strategy(history="full"), huge)) == 2


def test_an_empty_answer_is_no_empty_message() -> None:
    assert spoken(Strategy(), [Turn("", "told")])[0] != ""


def test_a_conversation_that_says_everything_needs_no_word_of_ours() -> None:
    silent = {"prompt": "", "answer_format": "", "conversation": ({"role": "user"},)}
    task = TASK.model_copy(update=silent)
    assert write_messages(task, Strategy(), []) == ()
    turns = write_messages(task, Strategy(), TURNS[:1])
    assert [(m.role, m.content) for m in turns] == [("assistant", "answer 0"), ("user", "told 0")]
