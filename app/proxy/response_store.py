"""Responses that are kept, to be fetched again and to go on from.

Invariants:
    * What is kept is bounded, in number and in size; the oldest go first.
    * A response is found only with the key that it was asked for with.
    * It lives as long as the process. The run behind it may live longer: a response that this
      process never knew is written from its run, without what the request said beside it.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.failures import ServiceError
from app.proxy.chat_request import ChatRequest, Verification
from app.proxy.responses_wire import ResponsesRequest, Translated

MOST = 1000
MOST_BYTES = 64_000_000
"""Size of all that is kept; a parsed body takes a few times as much."""
PREFIX = "resp_"


@dataclass(frozen=True, slots=True)
class Kept:
    """A response that was asked for.

    Attributes:
        owner: Whose it is; see `owner_of`.
        request: What was asked.
        translated: The same as a chat.
        chat: The same, read.
        wanted: What the run verifies; `None` for a response that nobody was asked to verify.
        document: The response itself, where no run stands behind it.
        said: The model's message, where no run stands behind it.
        size: Bytes of the request's body and of what is kept of the answer.
    """

    owner: str
    request: ResponsesRequest
    translated: Translated
    chat: ChatRequest
    wanted: Verification | None
    size: int
    document: Mapping[str, Any] | None = None
    said: Mapping[str, Any] | None = None


class ResponseStore:
    """The responses of one process."""

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        """Start empty."""
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._forgotten: OrderedDict[str, None] = OrderedDict()
        self._most = most
        self._most_bytes = most_bytes
        self._size = 0

    def keep(self, response_id: str, kept: Kept) -> None:
        """Keep a response, unless its caller wishes otherwise."""
        if kept.request.store is False:
            self.forget(response_id)
            return
        self._drop(response_id)
        self._kept[response_id] = kept
        self._size += kept.size
        while len(self._kept) > self._most or self._size > self._most_bytes:
            self._drop(next(iter(self._kept)))

    def forget(self, response_id: str) -> None:
        """Forget a response, and that its run may be shown as one."""
        self._drop(response_id)
        self._forgotten[response_id] = None
        while len(self._forgotten) > self._most:
            self._forgotten.popitem(last=False)

    def knows(self, response_id: str) -> bool:
        """Whether a response is somebody's here, or was to be forgotten."""
        return response_id in self._kept or response_id in self._forgotten

    def _drop(self, response_id: str) -> None:
        found = self._kept.pop(response_id, None)
        self._size -= found.size if found else 0

    def find(self, response_id: str, owner: str) -> Kept | None:
        """Find a response of this caller."""
        found = self._kept.get(response_id)
        return found if found is not None and found.owner == owner else None


def not_found(response_id: str) -> ServiceError:
    """Say that a response is not, or no longer, here."""
    return ServiceError("response-unknown", f"there is no response `{response_id[:80]}`")
