"""`/v1/responses`: OpenAI's Responses dialect.

A request is translated into a chat and goes the same way as every other; only reading it and
writing the reply is done here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from app.dialogue import Dialogue
from app.engine import RunRecord
from app.failures import ServiceError
from app.proxy.chat_request import Verification, read_chat, verification
from app.proxy.chat_wire import cut
from app.proxy.exchange import Exchange, Reply
from app.proxy.openai_errors import openai_document
from app.proxy.plain import Underway, answer_plain, headers_of, stream_plain, uncertified
from app.proxy.response_store import PREFIX, Kept, ResponseStore, not_found
from app.proxy.responses_events import (
    Item,
    ResponseEvents,
    call_items,
    message_item,
    write_response,
)
from app.proxy.responses_wire import Chat, ResponsesRequest, Translated, refuse, to_chat
from app.proxy.serving import Incoming, StreamWriter, answer, follow, receive, stream
from app.proxy.visitors import owner_of
from app.proxy.wire_json import dump, respond
from app.schema_faults import schema_failure
from app.security.principal import caller
from app.service import Service
from backprompt.budget import Usage

ENDPOINT = "responses"
STATES = {"queued": "queued", "running": "in_progress"}
"""How an unfinished run is called here."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to this endpoint, read.

    Attributes:
        incoming: As it came.
        kept: What is kept of it.
        store: Where that is kept.
    """

    incoming: Incoming
    kept: Kept
    store: ResponseStore

    def write(self, reply: Reply) -> Response:
        """Write a reply, and keep it."""
        return respond(self.keep(reply), headers=headers_of(reply))

    def keep(self, reply: Reply) -> dict[str, Any]:
        """Keep a response that is there; give it as a document."""
        document = _document(self.kept, reply)
        kept = self.kept
        if reply.certified is None:
            said = _said(reply)
            size = kept.size + len(dump(said))
            kept = replace(kept, document=document, said=said, size=size)
        self.store.keep(document["id"], kept)
        return document


async def create_response(request: Request) -> Response:
    """Answer: certified, refused, in the background, or without anything to verify."""
    asked = await _read(request)
    incoming, kept = asked.incoming, asked.kept
    chat, wanted = kept.chat, kept.wanted
    if wanted is None:
        return await _answer_plain(asked)
    if kept.request.background:
        return await _start(asked, wanted)
    if chat.stream:
        return await stream(incoming, chat, wanted, ENDPOINT, lambda run: _writer(asked, run))
    return await answer(incoming, chat, wanted, ENDPOINT, asked.write)


async def show_response(request: Request) -> Response:
    """Show a response that was kept, or stream it to its end (`?stream=true`)."""
    kept = await _find(request)
    if kept.wanted is None:
        return respond(kept.document)
    service: Service = request.app.state.service
    record = await _record(service, request.path_params["response"])
    if request.query_params.get("stream") == "true":
        settings = service.settings
        exchange = Exchange(service, kept.chat, kept.wanted, record)
        return follow(exchange, _events(kept, exchange), settings.sse_keepalive_s)
    return respond(await _current(service, kept, kept.wanted, record))


async def cancel_response(request: Request) -> Response:
    """End the run behind a response."""
    kept = await _find(request)
    if kept.wanted is None:
        return respond(kept.document)
    service: Service = request.app.state.service
    record = await _record(service, request.path_params["response"])
    await service.engine.cancel(record.spec.id)
    record = await _record(service, request.path_params["response"])
    return respond(await _current(service, kept, kept.wanted, record))


async def delete_response(request: Request) -> Response:
    """Forget a response; its run stays as long as runs do."""
    await _find(request)
    response_id = request.path_params["response"]
    store: ResponseStore = request.app.state.responses
    store.forget(response_id)
    return respond({"id": response_id, "object": "response", "deleted": True})


async def _read(request: Request) -> Asked:
    """Read a request, and what it goes on from.

    Raises:
        ServiceError: Whatever is wrong with it.
    """
    incoming = await receive(request)
    store: ResponseStore = request.app.state.responses
    settings = incoming.service.settings
    if not isinstance(incoming.body, dict):
        raise refuse("", "the body is no JSON object")
    try:
        wire = ResponsesRequest.model_validate(incoming.body)
    except ValidationError as error:
        raise schema_failure(error.errors(), ResponsesRequest) from error
    if wire.background and wire.store is False:
        raise refuse("background", "`background` needs `store`: its result is fetched later")
    owner = owner_of(incoming.headers)
    translated = to_chat(wire, await _before(incoming.service, store, wire, owner))
    body = {**translated.body, "stream": bool(wire.stream)}
    chat = read_chat(body, incoming.headers, incoming.path, settings)
    wanted = verification(chat, settings)
    size = len(incoming.raw)
    return Asked(incoming, Kept(owner, wire, translated, chat, wanted, size), store)


async def _before(
    service: Service, store: ResponseStore, request: ResponsesRequest, owner: str
) -> list[Chat]:
    """Give the conversation up to the response that a request goes on from.

    Raises:
        ServiceError: It is not here, or has no answer.
    """
    wanted = request.previous_response_id
    if wanted is None:
        return []
    found = store.find(wanted, owner)
    if found is None:
        detail = f"the response `{wanted[:80]}` is not kept here"
        raise ServiceError("previous-response-not-found", detail)
    said = found.said
    if found.wanted is not None:
        record = await _record(service, wanted)
        if not record.over:
            detail = f"the response `{wanted[:80]}` is not over yet"
            raise ServiceError("previous-response-not-found", detail)
        try:
            said = _said(await Exchange(service, found.chat, found.wanted, record).reply())
        except ServiceError as error:
            detail = f"the response `{wanted[:80]}` has no answer to go on from"
            raise ServiceError("previous-response-not-found", detail) from error
    return [*found.translated.messages, *([dict(said)] if said else [])]


def _said(reply: Reply) -> Chat:
    calls = {"tool_calls": list(reply.tool_calls)} if reply.tool_calls else {}
    return {"role": "assistant", "content": reply.text, **calls}


async def _answer_plain(asked: Asked) -> Response:
    incoming, kept = asked.incoming, asked.kept
    if kept.request.background:
        raise refuse("background", "`background` is for requests that name something to verify")
    if kept.chat.stream:
        return stream_plain(incoming, kept.chat, lambda under: _writer(asked, under))
    return await answer_plain(incoming, kept.chat, asked.write)


async def _start(asked: Asked, wanted: Verification) -> Response:
    """Start a run that nobody needs to wait for."""
    service, caller = asked.incoming.service, asked.incoming.caller(ENDPOINT, wanted)
    run_id = await asked.incoming.visitors.name_run(service, caller)
    record = await service.enqueue(
        wanted.request,
        run_id=run_id,
        body_sha256=caller.fingerprint if caller.key else None,
        dialogue=wanted.dialogue,
    )
    asked.store.keep(PREFIX + run_id, asked.kept)
    if asked.kept.chat.stream:
        exchange = Exchange(service, asked.kept.chat, wanted, record)
        return follow(exchange, _events(asked.kept, exchange), service.settings.sse_keepalive_s)
    return respond(await _current(service, asked.kept, wanted, record))


async def _find(request: Request) -> Kept:
    """Find a response of the caller, or write one from a run that outlived its process.

    Raises:
        ServiceError: `response-unknown`.
    """
    response_id = request.path_params["response"]
    store: ResponseStore = request.app.state.responses
    owner = owner_of({name.lower(): value for name, value in request.headers.items()})
    found = store.find(response_id, owner)
    if found is not None:
        return found
    if store.knows(response_id) or not response_id.startswith(PREFIX):
        raise not_found(response_id)
    service: Service = request.app.state.service
    spec = (await _record(service, response_id)).spec
    return Kept(
        owner=owner,
        request=ResponsesRequest(model=spec.request.model or "default", background=True),
        translated=Translated(body={}, messages=[]),
        chat=read_chat({}, {}, None, service.settings),
        wanted=Verification(spec.request, Dialogue(messages=()), progress=True),
        size=0,
    )


async def _record(service: Service, response_id: str) -> RunRecord:
    record = await service.engine.get(response_id.removeprefix(PREFIX))
    if record is None or not caller().sees(record.spec.tenant):
        raise not_found(response_id)
    return record


async def _current(
    service: Service, kept: Kept, wanted: Verification, record: RunRecord
) -> dict[str, Any]:
    """Write a response as it stands."""
    exchange = Exchange(service, kept.chat, wanted, record)
    if not record.over:
        return write_response(
            kept.request,
            PREFIX + exchange.run,
            exchange.created,
            status=STATES[record.state],
        )
    try:
        return _document(kept, await exchange.reply())
    except ServiceError as error:
        return _failed(kept, exchange, error)


def _writer(asked: Asked, under: Exchange | Underway | None) -> StreamWriter:
    """Write a stream, and keep its response."""
    if under is None:
        return StreamWriter(tuple, lambda _line: (), lambda _reply: (), _fail_early)
    if isinstance(under, Exchange):
        asked.store.keep(PREFIX + under.run, asked.kept)
    return _events(asked.kept, under, asked)


def _events(kept: Kept, under: Exchange | Underway, asked: Asked | None = None) -> StreamWriter:
    events = ResponseEvents(under.run)

    def begin() -> Iterator[bytes]:
        return events.begin(write_response(kept.request, PREFIX + under.run, under.created))

    def end(reply: Reply) -> Iterator[bytes]:
        events.mark = uncertified(reply)
        if reply.text is not None:
            yield from events.answer(list(cut(reply.text)))
        yield from events.calls(reply.tool_calls)
        if asked is not None:
            asked.keep(reply)
        yield from events.end(_document(kept, reply))

    def fail(error: ServiceError) -> Iterator[bytes]:
        return events.end(_failed(kept, under, error))

    return StreamWriter(begin, events.progress, end, fail)


def _fail_early(error: ServiceError) -> Iterable[bytes]:
    """Tell a failure before there is a response; OpenAI's clients raise it."""
    told = openai_document(error, "")["error"]
    return (ResponseEvents("").event("error", **told, error=told),)


def _document(kept: Kept, reply: Reply) -> dict[str, Any]:
    """Write a reply as a response."""
    status, why = "completed", None
    if reply.certified is False and not reply.tool_calls:
        status, why = "incomplete", {"reason": "not_certified"}
    elif reply.finish_reason == "length":
        status, why = "incomplete", {"reason": "max_output_tokens"}
    ignored = {"ignored": list(kept.translated.ignored)} if kept.translated.ignored else {}
    return write_response(
        kept.request,
        PREFIX + reply.run,
        reply.created,
        status=status,
        incomplete_details=why,
        model=reply.model,
        output=_output(reply),
        usage=_usage(reply.usage),
        llm_modulo={**reply.report, **ignored},
    )


def _output(reply: Reply) -> list[Item]:
    said = [] if reply.text is None else [message_item(reply.run, reply.text)]
    return [*said, *call_items(reply.run, reply.tool_calls)]


def _failed(kept: Kept, under: Exchange | Underway, error: ServiceError) -> dict[str, Any]:
    """Write a response without an answer."""
    report = error.extra.get("llm_modulo") or {"certified": False}
    cancelled = error.code == "run-cancelled"
    told = {"code": error.code.replace("-", "_"), "message": error.detail}
    return write_response(
        kept.request,
        PREFIX + under.run,
        under.created,
        status="cancelled" if cancelled else "failed",
        error=None if cancelled else told,
        llm_modulo=report,
    )


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.prompt_tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": usage.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.tokens,
    }
