"""Plain: chats that name nothing to verify, for the dialects whose bytes cannot be passed on.

The Responses and the Messages dialect are translated: such a request is put to the upstream once,
as a chat completion that is not streamed, and its answer is written in the caller's dialect,
marked `certified: null`. So the upstream need not know these dialects; a stream of theirs brings
the text when it is whole.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from app.failures import ServiceError
from app.ids import new_id
from app.proxy.chat_request import ChatRequest
from app.proxy.exchange import Reply
from app.proxy.passthrough import MARK, require_passthrough
from app.proxy.serving import CLIENT_GONE, Incoming, StreamWriter
from app.proxy.unverified import ask_once
from app.stream import ClientGoneError, EventStream, attend


@dataclass(frozen=True, slots=True)
class Underway:
    """An answer that is on its way, as far as its head must tell.

    Attributes:
        run: What its ids are made of: the run's id, or one that names no run.
        created: Unix seconds.
        model: What to call the model until it has answered.
    """

    run: str
    created: int
    model: str


def begin_plain(chat: ChatRequest) -> Underway:
    """Name an answer that no run stands behind."""
    return Underway(run=new_id("plain"), created=int(time.time()), model=chat.model or "")


async def answer_plain(
    incoming: Incoming, chat: ChatRequest, write: Callable[[Reply], Response]
) -> Response:
    """Ask once and answer; hang up when the client does.

    Raises:
        ServiceError: The server verifies everything, nobody can be asked, or the upstream failed.
    """
    require_passthrough(incoming)
    with incoming.service.chats.take():
        try:
            return write(await attend(incoming.request, _ask(incoming, chat, begin_plain(chat))))
        except ClientGoneError:
            return Response(status_code=CLIENT_GONE)


def stream_plain(
    incoming: Incoming, chat: ChatRequest, write: Callable[[Underway], StreamWriter]
) -> Response:
    """Ask once and stream the answer, with comments until it is there.

    Raises:
        ServiceError: The server verifies everything, or too many chats are under way.
    """
    require_passthrough(incoming)
    held = AsyncExitStack()
    held.enter_context(incoming.service.chats.take())
    under = begin_plain(chat)
    writer = write(under)

    async def narrate(frames: "asyncio.Queue[bytes]") -> None:
        for part in writer.begin():
            frames.put_nowait(part)
        try:
            parts = writer.end(await _ask(incoming, chat, under))
        except ServiceError as error:
            parts = writer.fail(error)
        for part in parts:
            frames.put_nowait(part)

    response = EventStream(narrate, incoming.service.settings.sse_keepalive_s, held)
    response.headers.update(MARK)
    return response


async def _ask(incoming: Incoming, chat: ChatRequest, under: Underway) -> Reply:
    completion = await ask_once(incoming, chat)
    return Reply(
        run=under.run,
        created=under.created,
        model=completion.model,
        certified=None,
        text=completion.text or None,
        tool_calls=completion.tool_calls,
        usage=completion.usage,
        fingerprint="",
        report={"certified": None},
        finish_reason=completion.finish_reason,
    )


def headers_of(reply: Reply) -> dict[str, str]:
    """Give the headers of a reply, verified or not."""
    return MARK if reply.certified is None else reply.headers


def uncertified(reply: Reply) -> dict[str, Any]:
    """Give the mark of each event that carries what is not certified."""
    return {} if reply.certified else {"llm_modulo": {"certified": reply.certified}}
