"""A chat-completions endpoint that answers what it is told to, and can hold an answer back.

Runs in a container, on the standard library alone. `POST /tell` with `{"answers": [...],
"hold_at": 2}` begins anew: the n-th call gets the n-th answer, the last one again and again, and
call number `hold_at` waits for `POST /release`. `GET /seen` lists the calls; `GET /held` returns
once a call is held back.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WAIT_S = 100


class Script:
    """What to answer, and what was asked."""

    def __init__(self, answers: list[str], hold_at: int | None = None) -> None:
        self.answers, self.hold_at = answers, hold_at
        self.calls: list[dict[str, Any]] = []
        self.held, self.released = threading.Event(), threading.Event()
        self.lock = threading.Lock()

    def answer(self, call: dict[str, Any]) -> str:
        with self.lock:
            self.calls.append(call)
            number = len(self.calls)
        if number == self.hold_at:
            self.held.set()
            self.released.wait()
        return self.answers[min(number, len(self.answers)) - 1]


class Handler(BaseHTTPRequestHandler):
    """The endpoint."""

    protocol_version = "HTTP/1.1"
    script = Script(["nothing was told"])

    def do_GET(self) -> None:
        script = Handler.script
        if self.path == "/held":
            self.reply({"held": script.held.wait(WAIT_S)})
        elif self.path.endswith("/models"):
            self.reply({"object": "list", "data": [{"id": "told", "object": "model"}]})
        else:
            self.reply({"calls": script.calls})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])) or b"{}")
        if self.path == "/tell":
            Handler.script.released.set()
            Handler.script = Script(**body)
            self.reply({})
        elif self.path == "/release":
            Handler.script.released.set()
            self.reply({})
        else:
            self.reply(self.complete(body))

    def complete(self, body: dict[str, Any]) -> dict[str, Any]:
        call = {
            "from": self.client_address[0],
            "authorization": self.headers.get("authorization"),
            "model": body["model"],
        }
        message = {"role": "assistant", "content": Handler.script.answer(call)}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
        completion = {"id": "c1", "object": "chat.completion", "created": 0, "model": "told"}
        return {**completion, "choices": [choice], "usage": usage}

    def reply(self, document: dict[str, Any]) -> None:
        content = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    ThreadingHTTPServer(("0.0.0.0", 9000), Handler).serve_forever()  # noqa: S104  # a container
