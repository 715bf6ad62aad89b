"""`/v1/messages`: Anthropic's Messages dialect.

A request is translated into a chat and goes the same way as every other; only reading it and
writing the reply is done here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from app.failures import ServiceError
from app.proxy.anthropic_errors import end_anthropic
from app.proxy.chat_request import ChatRequest, Verification, read_chat, verification
from app.proxy.exchange import Exchange, Reply
from app.proxy.messages_events import MessageEvents, write_message
from app.proxy.messages_wire import MessagesRequest, to_chat
from app.proxy.plain import Underway, answer_plain, headers_of, stream_plain
from app.proxy.responses_wire import Translated, refuse
from app.proxy.serving import Incoming, StreamWriter, answer, receive, stream
from app.proxy.wire_json import respond
from app.schema_faults import schema_failure
from backprompt.upstream import count_chars, estimate_tokens

ENDPOINT = "messages"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to this endpoint, read.

    Attributes:
        incoming: As it came.
        request: The same, read.
        translated: The same as a chat.
    """

    incoming: Incoming
    request: MessagesRequest
    translated: Translated

    def read(self) -> tuple[ChatRequest, Verification | None]:
        """Read the chat, and what of it is to be verified.

        Raises:
            ServiceError: Whatever is wrong with it.
        """
        settings = self.incoming.service.settings
        body = {**self.translated.body, "stream": bool(self.request.stream)}
        chat = read_chat(body, self.incoming.headers, self.incoming.path, settings)
        return chat, verification(chat, settings)

    def write(self, reply: Reply) -> Response:
        """Write a reply as a message."""
        document = write_message(reply, self.translated.ignored)
        return respond(document, headers=headers_of(reply))

    def stream(self, under: Exchange | Underway | None) -> StreamWriter:
        """Write a stream of events; without an answer under way it tells a failure only."""
        name = self.incoming.name
        if under is None:
            return StreamWriter(tuple, lambda _line: (), lambda _reply: (), self._fail_early)
        events = MessageEvents(under, self.translated.ignored, thinking=self.request.shows_thinking)

        def fail(error: ServiceError) -> Iterator[bytes]:
            return events.fail(error, name)

        return StreamWriter(events.begin, events.progress, events.end, fail)

    def _fail_early(self, error: ServiceError) -> tuple[bytes]:
        return (end_anthropic(error, self.incoming.name),)


async def create_message(request: Request) -> Response:
    """Answer: certified, refused, or without anything to verify."""
    asked = await _read(request)
    if asked.request.max_tokens is None:
        raise refuse("max_tokens", "field `max_tokens` is missing")
    chat, wanted = asked.read()
    if wanted is None and chat.stream:
        return stream_plain(asked.incoming, chat, asked.stream)
    if wanted is None:
        return await answer_plain(asked.incoming, chat, asked.write)
    if chat.stream:
        return await stream(asked.incoming, chat, wanted, ENDPOINT, asked.stream)
    return await answer(asked.incoming, chat, wanted, ENDPOINT, asked.write)


async def count_tokens(request: Request) -> Response:
    """Estimate a request's tokens from its characters: only the model could count them."""
    asked = await _read(request)
    messages = asked.translated.body["messages"]
    tokens = estimate_tokens(count_chars(messages))
    return respond({"input_tokens": tokens, "llm_modulo": {"estimated": True}})


async def _read(request: Request) -> Asked:
    incoming = await receive(request)
    if not isinstance(incoming.body, dict):
        raise refuse("", "the body is no JSON object")
    try:
        wire = MessagesRequest.model_validate(incoming.body)
    except ValidationError as error:
        raise schema_failure(error.errors(), MessagesRequest) from error
    return Asked(incoming, wire, to_chat(wire))
