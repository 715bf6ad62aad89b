"""What a chat adds to a task, and what it makes superfluous."""

import pytest

from app.dialogue import Dialogue
from backprompt.prompt import write_task
from backprompt.task import Task

TASK = Task(domain="toy", prompt="Name the number.", answer_format="Write digits.")


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("task", "Name the number.\n\nWrite digits."),
        ("format", "Write digits."),
        ("nothing", ""),
    ],
)
def test_the_model_is_told_what_the_messages_do_not_say(told, words):
    said = ({"role": "user", "content": "hello"},)
    task = Dialogue(messages=said, extra={"top_p": 0.5}, told=told).lay_into(TASK)
    assert write_task(task) == words
    assert (task.conversation, task.extra) == (said, {"top_p": 0.5})
    assert task.domain == TASK.domain
