"""calls: writes a round's requests so that what is left of the budget caps each of them."""

from dataclasses import dataclass

from backprompt.budget import Budget, Usage
from backprompt.task import Task
from backprompt.upstream import CHARS_PER_TOKEN, Message, Request, Sampling


@dataclass(slots=True)
class Meter:
    """Learns from reported usage how many tokens a prompt of this run has."""

    tokens_per_char: float | None = None

    def learn(self, request: Request, usage: Usage) -> None:
        """Note what a prompt really took."""
        if usage.prompt_tokens and request.chars:
            self.tokens_per_char = usage.prompt_tokens / request.chars

    def measure(self, chars: int) -> int:
        """Estimate a prompt's tokens."""
        ratio = self.tokens_per_char or 1 / CHARS_PER_TOKEN
        return int(chars * ratio) + 1

    def fit(self, left: int | None, chars: int, width: int) -> tuple[int, int | None]:
        """Fit a round into the tokens that are left.

        Returns:
            How many calls fit, at most `width`, and the completion tokens each may take (`None`:
            any number). The first call of a run is made even if our guess says that its prompt
            does not fit: only the upstream can count.
        """
        if left is None:
            return width, None
        prompt = self.measure(chars)
        fitting = min(width, left // (prompt + 1))
        if fitting:
            return fitting, left // fitting - prompt
        return (1, left) if self.tokens_per_char is None else (0, None)


def write_requests(
    task: Task,
    messages: tuple[Message, ...],
    sampling: Sampling,
    calls: tuple[int, ...],
    *,
    room: int | None,
    budget: Budget,
    usage: Usage,
) -> list[Request]:
    """Write one request per call number; time, tokens and money are what the budget leaves.

    Args:
        task: Whose answer schema is passed on.
        messages: The prompt, the same for every call.
        sampling: As the caller wants it.
        calls: Call numbers; each gets its own seed if there is one.
        room: Completion tokens that the budget leaves for each call.
        budget: What is allowed.
        usage: What is spent.
    """
    cost = budget.cost_left(usage)
    return [
        Request(
            conversation=task.conversation,
            messages=messages,
            extra=task.extra,
            sampling=sampling.model_copy(
                update={"seed": None if sampling.seed is None else sampling.seed + call}
            ),
            timeout_s=budget.seconds_left(usage),
            call=call,
            round=usage.rounds,
            answer_schema=task.answer_schema,
            max_tokens_left=room,
            max_cost_usd=None if cost is None else cost / len(calls),
        )
        for call in calls
    ]
