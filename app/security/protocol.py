"""protocol: HTTP/1.1 as uvicorn speaks it, with an end to waiting for a request.

Uvicorn waits for ever for a head that comes drop by drop, and for the rest of a body that was
answered before it had come; enough of such connections would take every descriptor the process may
have. A body that somebody reads has a deadline of its own (`app.intake`).
"""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class PatientProtocol(H11Protocol):
    """One connection, closed when a request takes too long to come.

    Attributes:
        head_s: Seconds in which a head must have come, and what is left of a request after its
            answer.
    """

    head_s = 30.0
    _awaited: Any = None
    _due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait."""
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._forget()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in some bytes; wait on if what is awaited is not whole yet."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Wait for the next request, or for the end of this one."""
        super().on_response_complete()
        self._watch()

    def _watch(self) -> None:
        """Wait as long for each thing that is awaited, however often a part of it comes."""
        awaited = self._find_awaited()
        if awaited is self._awaited:
            return
        self._forget()
        if awaited is not None:
            self._awaited = awaited
            self._due = self.loop.call_later(self.head_s, self._give_up)

    def _find_awaited(self) -> Any:
        """Say in which state the client holds us up; `None` while the application works."""
        theirs = self.conn.their_state
        unread = theirs is h11.SEND_BODY and self.conn.our_state is h11.DONE
        return theirs if theirs is h11.IDLE or unread else None

    def _forget(self) -> None:
        self._awaited = None
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _give_up(self) -> None:
        self._forget()
        if not self.transport.is_closing():
            self.transport.close()


def within(seconds: float) -> type[PatientProtocol]:
    """Make a protocol that closes a connection whose request is not whole after `seconds`."""
    return type("Protocol", (PatientProtocol,), {"head_s": seconds})
