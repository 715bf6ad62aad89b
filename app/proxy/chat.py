"""`POST /v1/chat/completions`: OpenAI's chat dialect."""

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response

from app.failures import ServiceError
from app.proxy.chat_request import read_chat, verification
from app.proxy.chat_wire import DONE, ChunkWriter, data, write_completion
from app.proxy.exchange import Exchange, Reply
from app.proxy.openai_errors import openai_document
from app.proxy.passthrough import pass_through
from app.proxy.serving import StreamWriter, answer, receive, stream
from app.proxy.wire_json import respond

ENDPOINT = "chat"


async def chat_completions(request: Request) -> Response:
    """Answer a chat: certified, refused, or passed through where there is nothing to verify."""
    incoming = await receive(request)
    settings = incoming.service.settings
    chat = read_chat(incoming.body, incoming.headers, incoming.path, settings)
    wanted = verification(chat, settings)
    if wanted is None:
        return await pass_through(incoming, chat)
    if not chat.stream:
        return await answer(incoming, chat, wanted, ENDPOINT, completion_response)

    def write(exchange: Exchange | None) -> StreamWriter:
        return chunk_stream(exchange, incoming.name, include_usage=chat.include_usage)

    return await stream(incoming, chat, wanted, ENDPOINT, write)


def completion_response(reply: Reply) -> Response:
    """Write a reply as one JSON body."""
    return respond(write_completion(reply), headers=reply.headers)


def chunk_stream(exchange: Exchange | None, name: str, *, include_usage: bool) -> StreamWriter:
    """Write a stream of chunks; failures end it with an error object and `[DONE]`."""

    def fail(error: ServiceError) -> Iterator[bytes]:
        yield data(openai_document(error, name))
        yield DONE

    if exchange is None:
        return StreamWriter(tuple, lambda _line: (), lambda _reply: (), fail)
    chunks = ChunkWriter(exchange, include_usage=include_usage)
    return StreamWriter(
        begin=lambda: (chunks.role(),),
        progress=lambda line: (chunks.progress(line),),
        end=chunks.answer,
        fail=fail,
    )
