"""Dialogue: the part of a run that comes from a chat: the caller's own messages and parameters."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from backprompt.task import Task


class Dialogue(BaseModel):
    """What a chat adds to a run; JSON all the way down, like everything of a run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    messages: tuple[dict[str, JsonValue], ...]
    """As they came; the model sees them before any word of ours."""
    extra: dict[str, JsonValue] = Field(default_factory=dict)
    """Parameters that are sent on as they came."""
    told: Literal["task", "format", "nothing"] = "task"
    """What we say after them in the first prompt: the task and its answer's format, where the
    problem is not in the messages; the format alone, where it is; nothing, where the caller's own
    parameters say the format, too."""
    profile: str | None = None
    """The profile whose ladder of models is climbed."""

    def lay_into(self, task: Task) -> Task:
        """Put the messages before a task, and take out of it what they say themselves."""
        untold = {"task": (), "format": ("prompt",), "nothing": ("prompt", "answer_format")}
        changes = {"conversation": self.messages, "extra": self.extra}
        return task.model_copy(update={**changes, **dict.fromkeys(untold[self.told], "")})
