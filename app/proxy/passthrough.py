"""Pass-through: a request that names nothing to verify, sent on and marked `certified: null`.

The mark is the header `x-llm-modulo-certified: null`, and in a JSON answer the object `llm_modulo`;
a stream's bytes are not touched. A mark of ours that the upstream has made itself is taken out:
what another service says is not what this one has verified.
"""

import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.failures import ServiceError
from app.proxy.chat_request import ChatRequest
from app.proxy.dialects import OPENAI
from app.proxy.forwarding import Answer, Target, ask_upstream, find_target, outgoing
from app.proxy.serving import CLIENT_GONE, Incoming
from app.proxy.unverified import complete
from app.proxy.wire_json import dump
from app.security.permission import require_models, require_unmetered
from app.stream import ClientGoneError, attend, while_listening
from backprompt.upstream import hide_key

MARK = {"x-llm-modulo-certified": "null"}
REPORT = b'"llm_modulo":{"certified":null}'
REFUSALS = 300
"""Statuses from here on carry no answer."""
_LETTERS = re.compile(rb"\\u00(?:5[fF]|[67]|3[aA])")
"""Escapes with which a mark of ours could be written so that it does not look like one."""


async def pass_through(incoming: Incoming, chat: ChatRequest) -> Response:
    """Send a chat on, or refuse to.

    Raises:
        ServiceError: The server verifies everything, nobody can be asked, or the upstream failed.
    """
    service = incoming.service
    require_passthrough(incoming)
    choice = await service.choice()
    require_models(choice, chat.directed.model, chat.directed.profile, service.settings)
    target = find_target(chat, choice, service.settings)
    async with AsyncExitStack() as held:
        held.enter_context(service.chats.take())
        try:
            response = await attend(incoming.request, _send_on(incoming, chat, target, held))
        except ClientGoneError:
            return Response(status_code=CLIENT_GONE)
        if isinstance(response, Relay):
            response.held = held.pop_all()
        return response


def require_passthrough(incoming: Incoming) -> None:
    """Refuse what is not to be verified where everything has to be.

    Raises:
        ServiceError: `nothing-to-verify`; `key-forbids`: the caller's spending is counted.
    """
    require_unmetered()
    if not incoming.service.settings.proxy.passthrough:
        raise ServiceError("nothing-to-verify", "the request names nothing to verify")


async def _send_on(
    incoming: Incoming, chat: ChatRequest, target: Target | None, held: AsyncExitStack
) -> Response:
    if target is None:
        return await complete(incoming, chat)
    accept = incoming.headers.get("accept", "application/json")
    content = outgoing(chat, incoming.raw, target.model)
    answer = await held.enter_async_context(
        ask_upstream(incoming.service, target, content, accept=accept)
    )
    if answer.streams:
        return Relay(answer, incoming.name)
    body = hide_key(await answer.body(), target.key)
    if answer.status < REFUSALS and not answer.encoded:
        body = mark(body)
    response = Response(body, answer.status, headers=MARK)
    response.raw_headers.extend(answer.headers)
    return response


def mark(body: bytes) -> bytes:
    """Put our mark into a JSON object; anything else stays as it is."""
    bare = body.rstrip()
    if not (bare.startswith(b"{") and bare.endswith(b"}")):
        return body
    if b"modulo" in bare or _LETTERS.search(bare):
        return _replace_marks(body)
    comma = b"" if bare[1:-1].isspace() or len(bare) == len(b"{}") else b","
    return bare[:-1] + comma + REPORT + b"}"


def _replace_marks(body: bytes) -> bytes:
    """Take out marks that look like ours, then put in our own."""
    try:
        document: dict[str, Any] = json.loads(body)
    except (ValueError, RecursionError):
        return body
    if str(document.get("system_fingerprint")).startswith("modulo:"):
        document["system_fingerprint"] = None
    document["llm_modulo"] = {"certified": None}
    return dump(document)


class Relay(Response):
    """A stream of the upstream, byte by byte.

    Args:
        answer: The upstream's answer.
        name: The request's name.

    Attributes:
        held: What is released at the end.
    """

    def __init__(self, answer: Answer, name: str) -> None:
        """Keep the answer; it is read when the response is sent."""
        super().__init__(status_code=answer.status, headers={**MARK, "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self.raw_headers.extend(answer.headers)
        self._answer = answer
        self._name = name
        self.held = AsyncExitStack()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # ASGI
        """Send the bytes until the upstream ends or the client hangs up."""
        start = {
            "type": "http.response.start",
            "status": self.status_code,
            "headers": self.raw_headers,
        }
        async with self.held:
            await send(start)
            await while_listening(receive, self._relay(send))

    async def _relay(self, send: Send) -> None:
        async for part in self._parts():
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _parts(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._answer.chunks():
                yield chunk
        except ServiceError as error:
            yield b"\n\n" + OPENAI.end(error, self._name)
