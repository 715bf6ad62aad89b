"""A model server on 127.0.0.1 that solves Countdown, and fails in every way that we know of.

Started by `soak.py`; listens on a free port, which it prints.
"""

import asyncio
import contextlib
import itertools
import json
import random
import re
import sys

HUGE = 10_000_000
THINKING_S = (0.3, 2.0)
"""Seconds within which it answers."""
FAULTS = {
    "hang": 0.01,
    "reset": 0.02,
    "cut": 0.02,
    "error": 0.03,
    "busy": 0.02,
    "garbage": 0.02,
    "huge": 0.002,
    "wrong-shape": 0.02,
    "liar": 0.04,
}
"""How often it does what; else it answers."""
LIES = ({"prompt_tokens": -5}, {"prompt_tokens": "many", "completion_tokens": 1e99}, [], "none")
RIGHT = 0.4
"""How often an answer is right."""
_NUMBERS = re.compile(r"\[?(\d+(?:, ?\d+)+)\]?")
_TARGET = re.compile(r"(?:target|equals?|reach|make|to get)\D{0,20}?(\d+)", re.IGNORECASE)


def find_answer(prompt: str) -> str:
    """Write an expression of the prompt's numbers that gives its target."""
    numbers = _NUMBERS.search(prompt)
    targets = _TARGET.findall(prompt)
    if numbers is None or not targets:
        return "I cannot find the numbers."
    values = [int(number) for number in numbers[1].split(",")]
    for a, b, c in itertools.permutations(values, 3):
        for first, second in itertools.product("+-*", repeat=2):
            text = f"({a} {first} {b}) {second} {c}"
            if str(eval(text)) in targets:  # noqa: S307  # digits and three operators, our own text
                return text
    return "There is none."


class FaultyModel:
    """Answers chat completions, sometimes."""

    def __init__(self, seed: int) -> None:
        """Misbehave in a way that can be repeated."""
        self._chance = random.Random(seed)  # noqa: S311  # no secrets

    async def serve(self) -> None:
        """Listen until killed."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=2048)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
                body = await reader.readexactly(int(length[1]) if length else 0)
                if not await self._answer(body, writer):
                    break
        writer.close()

    async def _answer(self, body: bytes, writer: asyncio.StreamWriter) -> bool:
        """Answer or fail; says whether the connection stays open."""
        await asyncio.sleep(self._chance.uniform(*THINKING_S))
        names = [*FAULTS, "none"]
        weights = [*FAULTS.values(), 1 - sum(FAULTS.values())]
        fault = self._chance.choices(names, weights)[0]
        if fault == "hang":
            await asyncio.sleep(3600)
        if fault in {"hang", "reset"}:
            writer.transport.abort()
            return False
        status, payload = self._write(fault, body)
        written = payload[: len(payload) // 2] if fault == "cut" else payload
        head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n"
        writer.write(f"{head}content-length: {len(payload)}\r\n\r\n".encode() + written)
        await writer.drain()
        if fault == "cut":
            writer.transport.abort()
        return fault != "cut"

    def _write(self, fault: str, body: bytes) -> tuple[int, bytes]:
        """Give a status and a body."""
        if fault in {"error", "busy"}:
            return (500 if fault == "error" else 429), b'{"error": {"message": "no"}}'
        if fault == "garbage":
            return 200, b"data: {]\n\n\xff\xfe"
        if fault == "wrong-shape":
            return 200, b'{"choices": [{"message": 5}]}'
        prompt = " ".join(str(message["content"]) for message in json.loads(body)["messages"])
        right = self._chance.random() < RIGHT
        text = find_answer(prompt) if right else f"{self._chance.randrange(99)} + 1"
        text = text if fault != "huge" else "(" * HUGE
        usage = self._chance.choice(LIES) if fault == "liar" else {"prompt_tokens": 50}
        choice = {"index": 0, "message": {"role": "assistant", "content": text}}
        choice["finish_reason"] = "stop"
        document = {"id": "c", "model": "faulty", "choices": [choice], "usage": usage}
        return 200, json.dumps(document).encode()


if __name__ == "__main__":
    asyncio.run(FaultyModel(int(sys.argv[1])).serve())
