"""Journal: the append-only record of a run.

Invariants:
    * Events are only appended; `seq` counts them from 0 and exactly one `ended` comes last.
    * No clock is read here: a replay writes the same journal.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from typing import Self

from pydantic import TypeAdapter

from backprompt.events import Ended, Event

_EVENTS: TypeAdapter[Event] = TypeAdapter(Event)
Subscriber = Callable[[Event], None]


class Journal:
    """The events of one run, in order; readers may follow it live."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        """Start empty, or with the events of a recorded run."""
        self.events: list[Event] = list(events)
        self.told = 0
        """How many of its first events an earlier execution of the run has written already."""
        self._subscribers: list[Subscriber] = []
        self._grown = asyncio.Event()

    @property
    def ended(self) -> Ended | None:
        """The terminal event, once there is one."""
        last = self.events[-1] if self.events else None
        return last if isinstance(last, Ended) else None

    def append(self, event: Event) -> None:
        """Add an event, number it and tell every reader.

        Raises:
            RuntimeError: The run is already over.
        """
        if self.ended is not None:
            raise RuntimeError(f"event `{event.event}` after the end of the run")
        numbered = event.model_copy(update={"seq": len(self.events)})
        self.events.append(numbered)
        self._grown.set()
        self._grown = asyncio.Event()
        for subscriber in self._subscribers:
            subscriber(numbered)

    def subscribe(self, subscriber: Subscriber) -> None:
        """Call `subscriber` with every event from now on, as it is appended."""
        self._subscribers.append(subscriber)

    async def follow(self, after: int = -1) -> AsyncGenerator[Event, None]:
        """Yield the events after number `after`, past and future, until the run has ended."""
        position = after + 1
        while True:
            grown = self._grown
            while position < len(self.events):
                yield self.events[position]
                position += 1
            if self.ended is not None:
                return
            await grown.wait()

    def dump(self) -> Iterator[str]:
        """Write the journal as JSON lines, without line ends."""
        return (event.model_dump_json() for event in self.events)

    @classmethod
    def load(cls, lines: Iterable[str]) -> Self:
        """Read JSON lines.

        Raises:
            ValueError: A line is no event of a journal (a pydantic `ValidationError`).
        """
        return cls(_EVENTS.validate_json(line) for line in lines if line.strip())
