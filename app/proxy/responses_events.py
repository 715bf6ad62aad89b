"""Responses and their events, as OpenAI's Responses API writes them.

Everything here is rendering: what may be shown was decided before. The order of events is the one
that OpenAI's clients rely on: an item is opened, filled and closed before the next is opened, and
the last event carries the whole response.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.proxy.responses_wire import ResponsesRequest
from app.stream import frame

Item = dict[str, Any]
"""An output item."""
ECHOED = (
    *("instructions", "max_output_tokens", "metadata", "previous_response_id", "reasoning"),
    *("text", "tool_choice", "tools", "parallel_tool_calls"),
)
"""Fields of a request that its response repeats."""
DEFAULTS: Mapping[str, Any] = {
    "metadata": {},
    "parallel_tool_calls": True,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
}
"""What clients expect to find where a request says nothing."""
LAST = {"completed": "completed", "incomplete": "incomplete"}
"""Statuses with an event of their own; every other end is `failed`."""


def write_response(
    request: ResponsesRequest, response_id: str, created_at: int, **parts: Any
) -> dict[str, Any]:
    """Write a response.

    Args:
        request: What was asked.
        response_id: `resp_…`.
        created_at: Seconds since the epoch.
        parts: `status`, `output`, `usage`, `error`, `incomplete_details`, `llm_modulo` ...
    """
    echoed = {name: getattr(request, name) for name in ECHOED}
    echoed |= {name: value for name, value in DEFAULTS.items() if echoed[name] is None}
    return {
        "id": response_id,
        "object": "response",
        "created_at": created_at,
        "status": "in_progress",
        "background": bool(request.background),
        "error": None,
        "incomplete_details": None,
        **echoed,
        "model": request.model,
        "output": [],
        "store": request.store is not False,
        "usage": None,
        **parts,
    }


def message_item(key: str, text: str, status: str = "completed") -> Item:
    """Write an answer; `key` makes its id."""
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return {
        "id": f"msg_{key}",
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": [part],
    }


def call_items(key: str, calls: Sequence[Mapping[str, Any]]) -> list[Item]:
    """Write the calls of functions that a model asks for."""
    return [_call_item(f"fc_{key}_{number}", call) for number, call in enumerate(calls)]


def _call_item(item_id: str, call: Mapping[str, Any]) -> Item:
    function = call.get("function")
    function = function if isinstance(function, Mapping) else {}
    return {
        "id": item_id,
        "type": "function_call",
        "status": "completed",
        "call_id": call.get("id") or item_id,
        "name": function.get("name") or "",
        "arguments": function.get("arguments") or "",
    }


def reasoning_item(key: str, text: str) -> Item:
    """Write the progress of the rounds as a summary of reasoning."""
    part = {"type": "summary_text", "text": text}
    return {"id": f"rs_{key}", "type": "reasoning", "summary": [part] if text else []}


class ResponseEvents:
    """Writes the events of one response, numbered in order.

    Attributes:
        key: Makes the ids of items.
        items: The items closed so far.
        mark: Stands in every event of an answer that is not certified.
    """

    def __init__(self, key: str) -> None:
        """Begin with nothing sent."""
        self.key = key
        self.items: list[Item] = []
        self.mark: dict[str, Any] = {}
        self._number = 0
        self._progress = ""
        self._thinking = False

    def event(self, kind: str, **data: Any) -> bytes:
        """Write one event."""
        number, self._number = self._number, self._number + 1
        return frame(kind, {"type": kind, "sequence_number": number, **data, **self.mark})

    def begin(self, response: Mapping[str, Any]) -> Iterator[bytes]:
        """Say that the response was made."""
        yield self.event("response.created", response=response)
        yield self.event("response.in_progress", response=response)

    def progress(self, line: str) -> Iterator[bytes]:
        """Tell a line of progress."""
        place = self._place(f"rs_{self.key}", summary_index=0)
        if not self._thinking:
            self._thinking = True
            item = reasoning_item(self.key, "")
            yield self._opened(item)
            part = {"type": "summary_text", "text": ""}
            yield self.event("response.reasoning_summary_part.added", **place, part=part)
        self._progress += line
        yield self.event("response.reasoning_summary_text.delta", **place, delta=line)

    def answer(self, parts: Sequence[str]) -> Iterator[bytes]:
        """Send the answer, in parts."""
        yield from self._close_progress()
        text = "".join(parts)
        item = message_item(self.key, text)
        place = self._place(item["id"], content_index=0)
        yield self._opened({**item, "status": "in_progress", "content": []})
        empty = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        yield self.event("response.content_part.added", **place, part=empty)
        for part in parts:
            yield self.event("response.output_text.delta", **place, delta=part, logprobs=[])
        yield self.event("response.output_text.done", **place, text=text, logprobs=[])
        yield self.event("response.content_part.done", **place, part=item["content"][0])
        yield self._closed(item)

    def calls(self, calls: Sequence[Mapping[str, Any]]) -> Iterator[bytes]:
        """Send the calls of functions that the model asks for."""
        yield from self._close_progress()
        for item in call_items(self.key, calls):
            said = item["arguments"]
            place = self._place(item["id"])
            yield self._opened({**item, "status": "in_progress", "arguments": ""})
            yield self.event("response.function_call_arguments.delta", **place, delta=said)
            yield self.event(
                "response.function_call_arguments.done",
                **place,
                arguments=said,
                name=item["name"],
            )
            yield self._closed(item)

    def end(self, response: Mapping[str, Any]) -> Iterator[bytes]:
        """Send the last event, with the whole response."""
        yield from self._close_progress()
        kind = LAST.get(str(response["status"]), "failed")
        yield self.event(f"response.{kind}", response={**response, "output": self.items})

    def _close_progress(self) -> Iterator[bytes]:
        if not self._thinking:
            return
        self._thinking = False
        item = reasoning_item(self.key, self._progress)
        place = self._place(item["id"], summary_index=0)
        part = item["summary"][0]
        yield self.event("response.reasoning_summary_text.done", **place, text=self._progress)
        yield self.event("response.reasoning_summary_part.done", **place, part=part)
        yield self._closed(item)

    def _place(self, item_id: str, **within: int) -> dict[str, Any]:
        return {"item_id": item_id, "output_index": len(self.items), **within}

    def _opened(self, item: Item) -> bytes:
        return self.event("response.output_item.added", output_index=len(self.items), item=item)

    def _closed(self, item: Item) -> bytes:
        index = len(self.items)
        self.items.append(item)
        return self.event("response.output_item.done", output_index=index, item=item)
