"""Upstream: where guesses come from. The protocol and the upstreams without a network."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict

from backprompt.budget import Usage


class Message(BaseModel):
    """One chat message."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Literal["system", "user", "assistant"]
    content: str


class Sampling(BaseModel):
    """How the model is to sample; `None` leaves the upstream's default."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    temperature: float | None = None
    reasoning_effort: str | None = None
    max_tokens: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()


class Request(BaseModel):
    """One call to a model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    messages: tuple[Message, ...]
    sampling: Sampling = Sampling()
    timeout_s: float
    """Seconds the whole call may take, retries included: what is left of the budget."""
    call: int
    """0-based number of the call within the run; part of its identity when it is recorded."""


class Completion(BaseModel):
    """What came back from one call."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    reasoning: str | None = None
    model: str
    """The model's name as the upstream reported it."""
    finish_reason: str | None = None
    usage: Usage
    """Tokens and cost of this call, all its retries included (`calls` = 1)."""
    latency_s: float = 0.0


class UpstreamError(Exception):
    """A call failed for good.

    Attributes:
        code: Stable code: `upstream-unreachable`, `upstream-refused` (4xx), `upstream-failed`
            (5xx after retries), `upstream-timeout`, `upstream-invalid` (not the expected JSON),
            `upstream-none`, `recording-ended`.
        status: The upstream's HTTP status, if any.
        usage: What the failed call has cost all the same.
    """

    def __init__(
        self, code: str, message: str, *, status: int | None = None, usage: Usage | None = None
    ) -> None:
        """Keep the parts; the message is for people."""
        super().__init__(message)
        self.code = code
        self.status = status
        self.usage = usage or Usage()


class Upstream(Protocol):
    """A model endpoint."""

    name: str

    async def generate(self, request: Request) -> Completion:
        """Ask once. Raises `UpstreamError`. Cancelling the task ends the call at the upstream."""
        ...

    async def aclose(self) -> None:
        """Release connections and child processes."""
        ...


Responder = Callable[[Request], Awaitable[str] | str]


__all__: Sequence[str] = ()
