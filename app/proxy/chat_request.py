"""Chat requests: an OpenAI chat body, read as far as we must; everything else is passed on.

The other dialects are translated into such a body first, so this is the one reading of a request.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from app.dialogue import Dialogue
from app.failures import Fault, ServiceError
from app.protocol import SolveRequest
from app.proxy.directions import FIELD, Directed, direct
from app.proxy.problems import find_problem
from app.settings import Settings
from backprompt.upstream import Sampling
from critics.judge import Demand

OURS = frozenset({"messages", "model", "stream", "stream_options", "n", FIELD})
"""Fields that are not sent on with a run's calls: we write them ourselves, or they are ours."""
SAMPLING: Mapping[str, str] = {
    "temperature": "temperature",
    "seed": "seed",
    "stop": "stop",
    "reasoning_effort": "reasoning_effort",
    "max_tokens": "max_tokens",
    "max_completion_tokens": "max_tokens",
}
"""Fields that the loop itself must know; the later name wins."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A request of any dialect, in the words of chat completions.

    Attributes:
        body: As it came, or as it was translated.
        directed: What it wants to be verified.
        stream: Whether the answer is to be streamed.
        include_usage: Whether the stream is to end with its usage.
    """

    body: Mapping[str, Any]
    directed: Directed
    stream: bool
    include_usage: bool

    @property
    def model(self) -> str | None:
        """The model as the client named it."""
        return self.body.get("model")


@dataclass(frozen=True, slots=True)
class Verification:
    """What a run is to do for a chat request."""

    request: SolveRequest
    dialogue: Dialogue
    progress: bool
    """Whether a stream tells a line per round."""
    source: str = "#/llm_modulo/problem"
    """Where in the request the problem stands, as a JSON pointer."""

    def locate(self, error: ServiceError) -> ServiceError:
        """Point the faults of a run at the places of the chat request that they come from."""
        error.faults = tuple(map(self._locate, error.faults))
        return error

    def _locate(self, fault: Fault) -> Fault:
        places = {
            "#/problem": self.source,
            "#/sampling": "#",
            **{f"#/{name}": f"#/{FIELD}/{name}" for name in ("budget", "strategy", "domain")},
        }
        for before, after in places.items():
            if fault.pointer.startswith(before):
                moved = after + fault.pointer.removeprefix(before)
                return fault.model_copy(update={"pointer": moved})
        return fault


def read_chat(
    body: Any, headers: Mapping[str, str], path: str | None, settings: Settings
) -> ChatRequest:
    """Read what we must know of any chat request, verified or passed through.

    Args:
        body: The parsed body.
        headers: Headers, names in lower case.
        path: The profile in the path, if there is one.
        settings: The configuration.

    Raises:
        ServiceError: It is no object, or its directions are wrong.
    """
    if not isinstance(body, dict):
        raise invalid("the body is no JSON object", "")
    options = body.get("stream_options")
    return ChatRequest(
        body=body,
        directed=direct(body, headers, path, settings),
        stream=body.get("stream") is True,
        include_usage=isinstance(options, dict) and options.get("include_usage") is True,
    )


def verification(chat: ChatRequest, settings: Settings) -> Verification | None:
    """Say what is to be verified; `None` where the request names nothing.

    Raises:
        ServiceError: The request names something that cannot be verified as it stands.
    """
    directed = chat.directed
    messages = read_messages(chat.body) if _may_hold_problem(directed) else []
    stated = find_problem(directed, chat.body, messages, schemas=settings.proxy.schemas)
    if stated is None:
        return None
    messages = messages or read_messages(chat.body)
    _refuse_unverifiable(chat.body)
    own, profile = directed.own, directed.profile
    request = SolveRequest(
        domain=stated.domain,
        problem=stated.payload,
        budget=directed.budget,
        strategy=directed.strategy,
        sampling=read_sampling(chat.body),
        on_fail=directed.on_fail,
        assurance=own.assurance or Demand.AUTO,
        model=directed.model,
    )
    dialogue = Dialogue(
        messages=tuple(messages),
        extra=sent_on(chat.body),
        told=stated.told,
        profile=directed.name if profile.models else None,
    )
    progress = settings.proxy.progress if own.progress is None else own.progress
    return Verification(request, dialogue, progress, stated.source)


def _may_hold_problem(directed: Directed) -> bool:
    """Say whether the conversation is looked at for a problem."""
    return directed.own.domain is not None or directed.profile.recognise


def sent_on(body: Mapping[str, Any]) -> dict[str, Any]:
    """Give the parameters that go with every call as they came."""
    return {key: value for key, value in body.items() if key not in {*OURS, *SAMPLING}}


def read_messages(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Read the messages; raises `ServiceError` where they are none."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise invalid("`messages` is not a list of messages", "messages")
    for index, message in enumerate(messages):
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise invalid(f"message {index} is no object with a `role`", f"messages.{index}")
    return messages


def _refuse_unverifiable(body: Mapping[str, Any]) -> None:
    n = body.get("n")
    if n is not None and n != 1:
        raise invalid(
            "`n` is above 1, and a verified request has one answer; to sample several per round, "
            f'set `{FIELD}.strategy` to {{"search": "parallel", "n": …}}',
            "n",
        )
    for name in ("functions", "function_call"):
        if body.get(name) is not None:
            raise invalid(f"`{name}` is not verified; use `tools` instead", name)


def read_sampling(body: Mapping[str, Any]) -> Sampling | None:
    """Read how the model is to sample; raises `ServiceError` for a wrong value."""
    given = {ours: body[name] for name, ours in SAMPLING.items() if body.get(name) is not None}
    if isinstance(given.get("stop"), str):
        given["stop"] = [given["stop"]]
    try:
        return Sampling.model_validate(given) if given else None
    except ValidationError as error:
        fault = error.errors()[0]
        name = str(fault["loc"][0])
        raise invalid(f"`{name}`: {fault['msg'][:1].lower()}{fault['msg'][1:200]}", name) from error


def invalid(detail: str, param: str) -> ServiceError:
    """Refuse a request, naming the parameter as a dotted path."""
    pointer = "".join(f"/{part}" for part in param.split(".")) if param else ""
    fault = Fault(pointer=f"#{pointer}", code="invalid-request", detail=detail)
    return ServiceError("invalid-request", detail, faults=[fault])
