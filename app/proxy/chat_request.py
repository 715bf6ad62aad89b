"""Chat requests: an OpenAI chat body, read as far as we must; everything else is passed on.

The other dialects are translated into such a body first, so this is the one reading of a request.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue, ValidationError

from app.dialogue import Dialogue
from app.failures import Fault, ServiceError
from app.protocol import SolveRequest
from app.proxy.directions import FIELD, Directed, direct
from app.proxy.recognition import DOMAINS, Found, recognise
from app.settings import Settings
from backprompt.upstream import Sampling
from critics.judge import Demand

SCHEMA_DOMAIN = "json-schema"
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
    problem, told = _problem(chat, settings)
    if problem is None:
        return None
    domain, payload = problem
    messages = read_messages(chat.body)
    _refuse_unverifiable(chat.body)
    own, profile = directed.own, directed.profile
    request = SolveRequest(
        domain=domain,
        problem=payload,
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
        told=told,
        profile=directed.name if profile.models else None,
    )
    progress = settings.proxy.progress if own.progress is None else own.progress
    return Verification(request, dialogue, progress)


Problem = tuple[str, dict[str, JsonValue]]


def _problem(chat: ChatRequest, settings: Settings) -> tuple[Problem | None, Any]:
    """Find the problem: what the request says itself, then its conversation, then its schema."""
    directed = chat.directed
    own, domain = directed.own, directed.domain
    if own.problem is not None:
        if domain is None:
            raise invalid("`problem` is given without a `domain`", f"{FIELD}.domain")
        return (domain, directed.fixed | own.problem), "task"
    schema = _schema(chat.body)
    if domain == SCHEMA_DOMAIN and schema is not None:
        return (domain, {"schema": schema}), "nothing"
    if own.domain is not None or directed.profile.recognise:
        found = recognise(read_messages(chat.body), domain)
        if found is not None:
            return (found.domain, _complete(found, directed.fixed)), "format"
    if directed.fixed and domain is not None and not directed.profile.recognise:
        return (domain, directed.fixed), "task"
    if own.domain is not None or (domain is not None and not directed.profile.recognise):
        raise _missing(str(domain))
    if schema is not None and settings.proxy.schemas:
        return (SCHEMA_DOMAIN, {"schema": schema}), "nothing"
    return None, "nothing"


def _complete(found: Found, fixed: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Lay what was found over the profile's parts; a half of a problem is refused."""
    payload = {**fixed, **found.parts}
    needed = {"pddl": ("domain", "problem"), "smt": ("smtlib",)}[found.domain]
    for field in needed:
        if field not in payload:
            there = " and ".join(f"a PDDL {name}" for name in found.parts)
            detail = f"the conversation holds {there}, but no PDDL {field} that belongs to it"
            fault = Fault(
                pointer=f"#/messages/{found.message}", code="problem-missing", detail=detail
            )
            raise ServiceError("problem-missing", detail, faults=[fault])
    return payload


def _missing(domain: str) -> ServiceError:
    fences = [f"```{fence}``` blocks" for fence, name in DOMAINS.items() if name == domain]
    looked = f", and the conversation holds no {fences[0]}" if fences else ""
    if domain == SCHEMA_DOMAIN:
        looked = ", and `response_format` holds no JSON Schema"
    detail = f"domain `{domain[:80]}` is to judge, but `{FIELD}.problem` is not given{looked}"
    fault = Fault(pointer=f"#/{FIELD}/problem", code="problem-missing", detail=detail)
    return ServiceError("problem-missing", detail, faults=[fault])


def _schema(body: Mapping[str, Any]) -> JsonValue | None:
    """Find the JSON Schema of `response_format`."""
    wanted = body.get("response_format")
    if not isinstance(wanted, dict) or wanted.get("type") != "json_schema":
        return None
    named = wanted.get("json_schema")
    schema: JsonValue = named.get("schema") if isinstance(named, dict) else None
    return schema


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
