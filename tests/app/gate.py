"""A gate that a solver in another process waits at: a named pipe, whose name is the word.

The solver opens the pipe and reads; so we know that it waits, let it go on, and notice its end.
"""

import asyncio
import os
from pathlib import Path
from typing import Self

SOON_S = 120.0
"""Far more than anything here takes; a hang fails instead of waiting for ever."""


class Gate:
    """A named pipe."""

    def __init__(self, folder: Path) -> None:
        """Make it in a folder."""
        self.path = folder / "gate"
        os.mkfifo(self.path)
        self._end = -1

    @property
    def problem(self) -> dict[str, str]:
        """The problem whose solver waits here."""
        return {"word": str(self.path)}

    async def reached(self) -> Self:
        """Wait until a solver waits here."""
        async with asyncio.timeout(SOON_S):
            self._end = await asyncio.to_thread(os.open, self.path, os.O_WRONLY)
        return self

    def open(self) -> None:
        """Let it go on."""
        os.close(self._end)

    async def left(self) -> None:
        """Wait until the solver that waited here is gone, and the pipe has no reader."""
        loop, gone = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._end, gone.set)
        try:
            async with asyncio.timeout(SOON_S):
                await gone.wait()
        finally:
            loop.remove_reader(self._end)
            os.close(self._end)

    def release(self) -> None:
        """Let go of whoever still waits for a solver to come."""
        os.close(os.open(self.path, os.O_RDONLY | os.O_NONBLOCK))
