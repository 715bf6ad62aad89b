"""protocol: HTTP/1.1 as uvicorn speaks it, with an end to waiting for the head of a request.

Uvicorn waits for ever for a head that comes drop by drop; enough of such connections would take
every descriptor the process may have.
"""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class PatientProtocol(H11Protocol):
    """One connection, closed when a request's head takes too long.

    Attributes:
        head_s: Seconds in which a head must have come.
    """

    head_s = 30.0
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
        """Take in some bytes; wait on if the head is not whole yet."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._watch()
        else:
            self._forget()

    def _watch(self) -> None:
        if self._due is None:
            self._due = self.loop.call_later(self.head_s, self._give_up)

    def _forget(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _give_up(self) -> None:
        self._due = None
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self.transport.close()


def within(seconds: float) -> type[PatientProtocol]:
    """Make a protocol that closes a connection whose request has no whole head after `seconds`."""
    return type("Protocol", (PatientProtocol,), {"head_s": seconds})
