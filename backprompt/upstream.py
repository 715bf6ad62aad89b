"""Upstream: where guesses come from. The protocol and the upstreams without a network."""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from inspect import isawaitable
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

from backprompt.budget import Usage

SHORTEST_KEY = 12
"""Shorter keys are no secrets: local servers are given words, which stand in answers anyway."""
CHARS_PER_TOKEN = 4
"""Rough, and used only where an upstream reports no tokens."""
PART_CHARS = 4_000
"""Characters that an image, a sound or a file of a message is counted as."""


class Message(BaseModel):
    """One chat message."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    role: Literal["system", "user", "assistant"]
    content: str


class Sampling(BaseModel):
    """How the model is to sample; `None` leaves the upstream's default."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )

    temperature: float | None = Field(default=None, ge=0, le=2)
    reasoning_effort: str | None = None
    max_tokens: int | None = Field(default=None, ge=1)
    """Most completion tokens of one call."""
    seed: int | None = None
    """Seed of the run's first call; call `i` uses `seed + i`."""
    stop: tuple[str, ...] = ()


class Role(StrEnum):
    """What a call is for; a model of its own may be configured for each."""

    GENERATOR = "generator"
    """Guesses answers."""
    FORMALIZER = "formalizer"
    """Puts plain language into a problem."""
    REFORMATTER = "reformatter"
    """Puts an answer into the domain's form."""
    SOFT_CRITIC = "soft_critic"
    """Scores certified answers by a wish that no hard critic can decide."""
    SUMMARISER = "summariser"
    """Sums up earlier attempts for a prompt."""


class Request(BaseModel):
    """One call to a model."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    conversation: tuple[dict[str, JsonValue], ...] = ()
    """A caller's own messages, put before ours exactly as they came."""
    messages: tuple[Message, ...]
    extra: dict[str, JsonValue] = Field(default_factory=dict)
    """Further parameters of the caller (tools, a response format ...), sent as they came."""
    sampling: Sampling = Sampling()
    timeout_s: float
    """Seconds the whole call may take, retries included: what is left of the budget."""
    call: int
    """0-based number of the call within the run; part of its identity when it is recorded."""
    round: int = 1
    """1-based round that the call belongs to."""
    rung: int = 0
    """0-based rung of the ladder of models that is asked."""
    role: Role = Role.GENERATOR
    """What the call is for."""
    answer_schema: dict[str, JsonValue] | None = None
    """JSON Schema of the answer, for an upstream that can be constrained by one."""
    top_logprobs: int | None = Field(default=None, ge=1, le=20)
    """How many alternatives of the answer's first token are wanted, with their probabilities."""
    max_tokens_left: int | None = None
    """Completion tokens that the token budget leaves for this call. It is sent as a cap where
    the endpoint takes it; some refuse caps above their model's own limit."""
    max_cost_usd: float | None = None
    """US dollars that the cost budget leaves; an upstream that knows prices caps by it, too."""

    @property
    def chars(self) -> int:
        """Characters of all messages."""
        own = sum(len(message.content) for message in self.messages)
        return own + count_chars(self.conversation)


def _mend(value: Any) -> Any:
    """Replace what UTF-8 cannot carry: lone surrogates, which JSON escapes can smuggle in."""
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_mend)]


class Alternative(BaseModel):
    """What the first token of an answer might have been, and how probable that was."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    token: Text
    logprob: float
    """Natural logarithm of the probability."""


class Completion(BaseModel):
    """What came back from one call."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    text: Text
    reasoning: Text | None = None
    model: Text
    """The model's name as the upstream reported it."""
    finish_reason: Text | None = None
    tool_calls: tuple[dict[str, JsonValue], ...] = ()
    """Calls of the caller's tools, as the model wrote them; nobody has checked them."""
    usage: Usage
    """Tokens and cost of this call, all its retries included (`calls` = 1)."""
    latency_s: float = 0.0
    first_token: tuple[Alternative, ...] | None = None
    """Alternatives of the answer's first token, where they were asked for and given."""
    recorded: bool = False
    """It was paid for by an earlier run, which this one continues."""


class UpstreamError(Exception):
    """A call failed for good.

    Attributes:
        code: Stable code: `upstream-unreachable`, `upstream-refused` (4xx), `upstream-busy` (429
            after retries), `upstream-failed` (5xx after retries), `upstream-timeout`,
            `upstream-invalid` (not the expected JSON), `upstream-none`, `upstream-suspended`
            (it kept failing, and was not asked), `recording-ended`,
            `call-lost` (nobody was asked: an earlier try may have spent what was left).
        status: The upstream's HTTP status, if any.
        usage: What the failed call has cost all the same; `calls` is 0 if nobody was asked.
    """

    def __init__(
        self, code: str, message: str, *, status: int | None = None, usage: Usage | None = None
    ) -> None:
        """Keep the parts; the message is for people."""
        super().__init__(message)
        self.code = code
        self.status = status
        self.usage = usage or Usage(calls=1)


class Upstream(Protocol):
    """A model endpoint."""

    @property
    def name(self) -> str:
        """What people call it, such as the model's name."""
        ...

    async def generate(self, request: Request) -> Completion:
        """Ask once. Raises `UpstreamError`. Cancelling the task ends the call at the upstream."""
        ...

    async def aclose(self) -> None:
        """Release connections and child processes."""
        ...


def count_chars(conversation: Iterable[Mapping[str, JsonValue]]) -> int:
    """Count the characters of a caller's messages; a part that is no text counts a flat sum."""
    count = 0
    for message in conversation:
        content = message.get("content")
        count += len(content) if isinstance(content, str) else 0
        for part in content if isinstance(content, list) else ():
            text = part.get("text") if isinstance(part, dict) else None
            count += len(text) if isinstance(text, str) else PART_CHARS
        count += len(json.dumps(message["tool_calls"])) if message.get("tool_calls") else 0
    return count


def hide_key(body: bytes, key: str | None) -> bytes:
    """Take an upstream's key out of what it says."""
    return body.replace(key.encode(), b"***") if key and len(key) >= SHORTEST_KEY else body


def estimate_tokens(chars: int) -> int:
    """Estimate the tokens of so many characters."""
    return -(-chars // CHARS_PER_TOKEN)


def estimate_usage(request: Request, completion_chars: int = 0) -> Usage:
    """Estimate what a call cost whose tokens nobody reported, and mark it as an estimate."""
    prompt, completion = estimate_tokens(request.chars), estimate_tokens(completion_chars)
    return Usage(
        calls=1,
        prompt_tokens=prompt,
        completion_tokens=completion,
        estimated_tokens=prompt + completion,
    )


class ReplayUpstream:
    """Plays recorded answers: call `i` of a run gets the `i`-th, however often it is asked.

    Nothing is invented: where the recording ends, `recording-ended` is raised.
    """

    def __init__(
        self, answers: Sequence[Completion | UpstreamError], *, name: str = "replay"
    ) -> None:
        """Play these, in order of the call number; a recorded failure is raised again."""
        self.name = name
        self._answers = tuple(answers)

    @classmethod
    def from_texts(cls, texts: Iterable[str], *, name: str = "replay") -> Self:
        """Play bare texts; their tokens are unknown and counted as none."""
        return cls([_recorded({"response": text}, name) for text in texts], name=name)

    @classmethod
    def from_lines(cls, lines: Iterable[str], *, name: str = "replay") -> Self:
        """Play a recording in JSON lines: a journal, or one `{"response": …}` per answer.

        Raises:
            ValueError: A line is not JSON, or there is no answer in it.
        """
        rows = [json.loads(line) for line in lines if line.strip()]
        journal = any("event" in row for row in rows if isinstance(row, dict))
        kept = _journal_answers(rows) if journal else (_recorded(row, name) for row in rows)
        return cls(list(kept), name=name)

    @classmethod
    def from_journal(cls, path: Path, *, name: str = "replay") -> Self:
        """Play the answers of a recorded run.

        Raises:
            ValueError: The file is no recording.
            OSError: It cannot be read.
        """
        return cls.from_lines(path.read_text("utf-8").splitlines(), name=name)

    async def generate(self, request: Request) -> Completion:
        """Give the recorded answer of this call number."""
        if request.call >= len(self._answers):
            message = f"the recording holds {len(self._answers)} answers and no more"
            raise UpstreamError("recording-ended", message, usage=Usage())
        answer = self._answers[request.call]
        if isinstance(answer, UpstreamError):
            raise answer
        return answer

    async def aclose(self) -> None:
        """Hold nothing."""


Reply = str | Completion
Responder = Callable[[Request], Awaitable[Reply] | Reply]


class ScriptedUpstream:
    """Answers by calling a function: for tests and documentation, never a fake model."""

    def __init__(self, respond: Responder, *, name: str = "scripted") -> None:
        """Call `respond` for every request; what it raises, the call raises."""
        self.name = name
        self._respond = respond

    async def generate(self, request: Request) -> Completion:
        """Answer with the function's text; tokens are estimated from its length."""
        reply = self._respond(request)
        reply = await reply if isawaitable(reply) else reply
        if isinstance(reply, Completion):
            return reply
        return Completion(text=reply, model=self.name, usage=estimate_usage(request, len(reply)))

    async def aclose(self) -> None:
        """Hold nothing."""


def _recorded(row: Mapping[str, Any], name: str) -> Completion:
    """Read one recorded answer; unknown keys of foreign recordings are left alone."""
    text = row.get("response") if isinstance(row, Mapping) else None
    if not isinstance(text, str):
        raise ValueError(  # noqa: TRY004  # the file is wrong, not the program
            "a recorded answer is a JSON object with a text `response`"
        )
    known = set(Usage.model_fields) - {"rounds", "candidates", "seconds"}
    usage = {key: value for key, value in (row.get("usage") or {}).items() if key in known}
    return Completion(
        text=text,
        reasoning=row.get("reasoning"),
        model=row.get("model") or name,
        finish_reason=row.get("finish_reason"),
        usage=Usage(**{**usage, "calls": 1}),
        latency_s=row.get("seconds") or 0.0,
    )


def _journal_answers(rows: Iterable[Any]) -> Iterable[Completion | UpstreamError]:
    """Read a journal's calls in the order of their numbers."""
    calls: dict[int, Completion | UpstreamError] = {}
    for row in rows:
        if row["event"] == "call-finished":
            calls[row["call"]] = Completion.model_validate(row["completion"])
        elif row["event"] == "call-failed":
            usage = Usage.model_validate(row["usage"])
            calls[row["call"]] = UpstreamError(
                row["code"], row["message"], status=row.get("status"), usage=usage
            )
    if sorted(calls) != list(range(len(calls))):
        raise ValueError("the journal misses calls: it is cut or was edited")
    return [calls[number] for number in sorted(calls)]
