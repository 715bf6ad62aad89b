"""calls: writes a round's requests so that what is left of the budget caps each of them.

Invariant: no call is written that could not be paid at its worst: the prompt as we estimate it, and
as many completion tokens as the call is capped to.
"""

from dataclasses import dataclass, field

from backprompt.budget import Left, Usage
from backprompt.rung import Rung
from backprompt.task import Task
from backprompt.upstream import CHARS_PER_TOKEN, Message, Request, Role, Sampling


@dataclass(slots=True)
class Meter:
    """Learns from reported usage how many tokens a prompt of this run has.

    Models count differently, so each rung, and each role, is learned by itself. Of one that was not
    asked yet the most is expected that any other has taken.
    """

    _ratios: dict[tuple[int, Role], float] = field(default_factory=dict)

    def learn(self, request: Request, usage: Usage) -> None:
        """Note what a prompt really took."""
        if usage.prompt_tokens and request.chars:
            self._ratios[request.rung, request.role] = usage.prompt_tokens / request.chars

    def measure(self, chars: int, rung: int = 0, role: Role = Role.GENERATOR) -> int:
        """Estimate a prompt's tokens."""
        ratio = self._ratios.get((rung, role))
        if ratio is None:
            ratio = max([1 / CHARS_PER_TOKEN, *self._ratios.values()])
        return int(chars * ratio) + 1


@dataclass(frozen=True, slots=True)
class Allowance:
    """The calls that may be made at once.

    Attributes:
        width: How many.
        room: Completion tokens that each may take; `None` means any number.
        cost_usd: US dollars that each may cost; `None` means any sum.
        lacks: Of what there is too little, if there are none.
        whole: Whether each has room for as much as it may ever take.
    """

    width: int
    room: int | None = None
    cost_usd: float | None = None
    lacks: str | None = None
    whole: bool = False


def allow(left: Left, rung: Rung, prompt: int, width: int, cap: int | None) -> Allowance:
    """Find how many calls what is left can pay, and how much each of them.

    Args:
        left: What is left.
        rung: Whose price is paid.
        prompt: Tokens of the prompt.
        width: Calls wanted.
        cap: Most completion tokens of one call, as far as anybody says.
    """
    if left.seconds <= 0:
        return Allowance(0, lacks="seconds")
    if left.tokens is not None:
        width = min(width, left.tokens // (prompt + 1))
        if not width:
            return Allowance(0, lacks="tokens")
    least = rung.price(prompt, 1)
    if left.cost_usd is not None and least:
        width = min(width, int(left.cost_usd / least))
        if not width:
            return Allowance(0, lacks="cost_usd")
    rooms = [] if left.tokens is None else [left.tokens // width - prompt]
    each = None if left.cost_usd is None else left.cost_usd / width
    bought = None if each is None else rung.buys(each, prompt)
    if bought is not None:
        rooms.append(max(bought, 1))
    room = min(rooms, default=None)
    return Allowance(width, room, each, whole=room is None or room >= (cap or 1))


def foresee(request: Request, rung: Rung, prompt: int) -> Usage:
    """Give what a call may cost at its worst, as far as anything caps it."""
    caps = [cap for cap in (request.sampling.max_tokens, request.max_tokens_left) if cap]
    completion = min(caps, default=0)
    cost = rung.price(prompt, completion)
    return Usage(prompt_tokens=prompt, completion_tokens=completion, cost_usd=cost)


def write_requests(
    task: Task,
    messages: tuple[Message, ...],
    sampling: Sampling,
    calls: tuple[int, ...],
    *,
    grant: Allowance,
    seconds: float,
    number: int,
    rung: int = 0,
) -> list[Request]:
    """Write one request per call number; time, tokens and money are what the budget leaves.

    Args:
        task: Whose answer schema is passed on.
        messages: The prompt, the same for every call.
        sampling: As the caller wants it.
        calls: Call numbers; each gets its own seed if there is one.
        grant: What each of them may spend.
        seconds: How long each may take.
        number: The round.
        rung: The model of the ladder that is asked.
    """
    return [
        Request(
            conversation=task.conversation,
            messages=messages,
            extra=task.extra,
            sampling=sampling.model_copy(
                update={"seed": None if sampling.seed is None else sampling.seed + call}
            ),
            timeout_s=seconds,
            call=call,
            round=number,
            rung=rung,
            answer_schema=task.answer_schema,
            max_tokens_left=grant.room,
            max_cost_usd=grant.cost_usd,
        )
        for call in calls
    ]
