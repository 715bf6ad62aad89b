"""Unverified: a passed-through chat where the upstream is no endpoint that bytes can be sent to.

The embedded model, a recording or a scripted upstream is asked once, and its answer is written as
a chat completion of our own, marked `certified: null`.
"""

import time
from collections.abc import Iterator
from typing import Any

from starlette.responses import Response

from app.failures import ServiceError
from app.ids import new_id
from app.proxy.chat_request import ChatRequest, read_messages, read_sampling, sent_on
from app.proxy.chat_wire import DONE, data, write_usage
from app.proxy.serving import Incoming
from app.proxy.wire_json import respond
from app.security.permission import require_models
from app.stream import HEADERS
from app.upstreams import for_model
from backprompt.upstream import Completion, Request, Sampling, UpstreamError

MARK = {"x-llm-modulo-certified": "null"}


async def complete(incoming: Incoming, chat: ChatRequest) -> Response:
    """Ask once and write the answer.

    Raises:
        ServiceError: The request cannot be put to this upstream, or the upstream failed.
    """
    head: dict[str, Any] = {"created": int(time.time())}
    completion = await ask_once(incoming, chat)
    head |= {"id": new_id("chatcmpl"), "model": completion.model, "system_fingerprint": None}
    if chat.stream:
        body = b"".join(_chunks(head, completion, include_usage=chat.include_usage))
        return Response(body, headers={**HEADERS, **MARK})
    document = write_unverified(head, completion)
    return respond(document, headers=MARK)


async def ask_once(incoming: Incoming, chat: ChatRequest) -> Completion:
    """Put a chat to the upstream, once.

    Raises:
        ServiceError: As above.
    """
    service = incoming.service
    choice = await service.choice()
    wanted = None if choice.kind == "replay" else chat.directed.model
    require_models(choice, wanted, None, service.settings)
    upstream = for_model(choice, wanted, service.settings, service.client)
    request = Request(
        conversation=tuple(read_messages(chat.body)),
        messages=(),
        extra=sent_on(chat.body),
        sampling=read_sampling(chat.body) or Sampling(),
        timeout_s=service.settings.upstream.timeout_s,
        call=0,
    )
    try:
        return await upstream.generate(request)
    except UpstreamError as error:
        headers = {"x-should-retry": "false"} if error.usage.tokens else {}
        extra = {"upstream_status": error.status} if error.status else {}
        code = "upstream-none" if error.code == "recording-ended" else error.code
        raise ServiceError(code, str(error)[:500], headers=headers, extra=extra) from error


def write_unverified(head: dict[str, Any], completion: Completion) -> dict[str, Any]:
    """Write a completion that nobody has verified."""
    message: dict[str, Any] = {"role": "assistant", "content": completion.text, "refusal": None}
    if completion.tool_calls:
        message["tool_calls"] = list(completion.tool_calls)
    choice = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": completion.finish_reason or "stop",
    }
    return {
        **head,
        "object": "chat.completion",
        "choices": [choice],
        "usage": write_usage(completion.usage),
        "llm_modulo": {"certified": None},
    }


def _chunks(
    head: dict[str, Any], completion: Completion, *, include_usage: bool
) -> Iterator[bytes]:
    head = {**head, "object": "chat.completion.chunk"}
    delta: dict[str, Any] = {"role": "assistant", "content": completion.text}
    if completion.tool_calls:
        calls = enumerate(completion.tool_calls)
        delta["tool_calls"] = [{"index": index, **call} for index, call in calls]
    for part, reason in ((delta, None), ({}, completion.finish_reason or "stop")):
        choice = {"index": 0, "delta": part, "logprobs": None, "finish_reason": reason}
        yield data({**head, "choices": [choice]})
    if include_usage:
        yield data({**head, "choices": [], "usage": write_usage(completion.usage)})
    yield DONE
