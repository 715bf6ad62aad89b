"""A child process that stands in for the embedded model's server: it misbehaves on demand.

    python child.py MODE MARKER

Modes: `good`; `crash` (ends before it is ready); `mute` (never ready); `fragile` (dies under its
first call, as long as the file MARKER is absent); `doomed` (dies under every call).
"""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def main() -> None:
    mode, marker = sys.argv[1], Path(sys.argv[2])
    key = sys.stdin.readline().strip()
    if mode == "crash":
        sys.exit("no model today")
    if mode == "mute":
        sys.stdin.read()
        return

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            if mode == "doomed" or (mode == "fragile" and not marker.exists()):
                marker.touch()
                os._exit(7)
            allowed = self.headers["Authorization"] == f"Bearer {key}"
            leaked = any(key in text for text in (*sys.argv, *os.environ.values()))
            said = f"pid {os.getpid()} allowed {allowed} leaked {leaked}"
            choice = {"message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
            usage = {"prompt_tokens": 3, "completion_tokens": 2}
            body = json.dumps({"model": "toy", "choices": [choice], "usage": usage}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(json.dumps({"url": f"http://127.0.0.1:{server.server_port}"}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
