"""Requests over a real connection, for what a client without a network cannot show."""

import asyncio
import json
from typing import Any

from tests.app.proxy.chats import CHAT

SOON_S = 60.0
"""Far more than anything here takes; a hang fails instead of waiting for ever."""
Address = tuple[str, int]


async def send(
    address: Address, body: dict[str, Any], path: str = CHAT, **headers: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Send a request and leave the answer unread."""
    reader, writer = await asyncio.open_connection(*address)
    raw = json.dumps(body).encode()
    lines = [
        f"POST {path} HTTP/1.1",
        "host: service",
        "content-type: application/json",
        f"content-length: {len(raw)}",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + raw)
    await writer.drain()
    return reader, writer


async def read_until(reader: asyncio.StreamReader, mark: bytes) -> str:
    """Read to a mark."""
    async with asyncio.timeout(SOON_S):
        return (await reader.readuntil(mark)).decode()


async def read_all(address: Address, body: dict[str, Any], **headers: str) -> str:
    """Send a request and read the answer to its end."""
    reader, writer = await send(address, body, connection="close", **headers)
    async with asyncio.timeout(SOON_S):
        answer = (await reader.read()).decode()
    writer.close()
    return answer
