"""What crosses the pipe between the service and a worker: length-prefixed JSON, both ways.

Nothing is pickled, so a worker that went wrong can send nothing worse than a wrong answer. Text
is escaped to ASCII, so even a lone surrogate survives the trip.
"""

import json
import socket
import struct
from collections.abc import Mapping
from typing import Any

HEADER = struct.Struct(">I")
MAX_BYTES = 64 << 20
"""The longest frame either side accepts."""

ORDER = struct.Struct(">cQ")
"""Service to zygote: `FORK` (a worker's socket comes with it) or `KILL`, and which worker."""
NOTICE = struct.Struct(">Qi")
"""Zygote to service: which worker has ended (0: the zygote is ready), and its wait status."""
FORK, KILL = b"F", b"K"


class FrameError(ValueError):
    """A message is too large, nested too deep or no JSON."""


def encode(message: Mapping[str, Any]) -> bytes:
    """Turn a message into one frame.

    Raises:
        FrameError: It is too large, nested too deep, or holds NaN or an infinity.
    """
    try:
        body = json.dumps(message, allow_nan=False, separators=(",", ":")).encode("ascii")
    except (RecursionError, ValueError) as error:
        raise FrameError(f"not plain JSON: {error}") from error
    if len(body) > MAX_BYTES:
        raise FrameError(f"{len(body):,} bytes; at most {MAX_BYTES:,} fit")
    return HEADER.pack(len(body)) + body


def decode(body: bytes) -> dict[str, Any]:
    """Read a message.

    Raises:
        FrameError: It is no JSON object.
    """
    try:
        message = json.loads(body)
    except (RecursionError, ValueError) as error:
        raise FrameError(f"not plain JSON: {error}") from error
    if not isinstance(message, dict):
        raise FrameError("not a JSON object")
    return message


def length(header: bytes) -> int:
    """Read a frame's length.

    Raises:
        FrameError: It is over the cap.
    """
    (size,) = HEADER.unpack(header)
    if size > MAX_BYTES:
        raise FrameError(f"{size:,} bytes; at most {MAX_BYTES:,} fit")
    return int(size)


def receive(channel: socket.socket) -> bytes | None:
    """Wait for one frame's body; `None` when the other side has closed."""
    header = _exactly(channel, HEADER.size)
    return None if header is None else _exactly(channel, length(header))


def _exactly(channel: socket.socket, count: int) -> bytes | None:
    received = bytearray()
    while len(received) < count:
        part = channel.recv(min(count - len(received), 1 << 20))
        if not part:
            return None
        received += part
    return bytes(received)
