"""The embedded model's process: llama.cpp's own OpenAI-compatible server, on loopback only.

Run as `python -m app.local_server MODEL`; `backprompt.local.LocalUpstream` does. The parent writes
the API key as one line to standard input and keeps that pipe open; when it closes, the parent has
gone, and so does this process. When the model is ready, one JSON line `{"url": ...}` stands on
standard output.

Invariants:
    * The server listens on 127.0.0.1 and answers nobody without the key, which is in no argument
      list and in no environment.
    * This is the one module that knows the engine (`xllamacpp`), and only in its own process.
"""

import argparse
import json
import os
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

MOST_THREADS = 2
SLOTS = 2
CONTEXT = 4096
"""Tokens of prompt and answer together, in each slot."""
CACHE_MIB = 256
"""MiB of memory for the prompts of earlier calls; the engine's own default is 8 GiB."""
ERRORS_ONLY = 1


def choose_threads() -> int:
    """Take as many threads as there are idle cores, two at most, one at least.

    With more threads than idle cores llama.cpp's threads wait for each other by spinning, and
    generation becomes ten to fifty times slower.
    """
    idle = (os.cpu_count() or 1) - round(os.getloadavg()[0])
    return max(1, min(MOST_THREADS, idle))


def runtime_installed() -> bool:
    """Say whether the engine can be imported, without importing it."""
    return find_spec("xllamacpp") is not None


def command(
    model: Path, *, alias: str, threads: int | None = None, slots: int = SLOTS
) -> list[str]:
    """Give the argument list that starts this process."""
    options = ["--alias", alias, "--slots", str(slots)]
    if threads:
        options += ["--threads", str(threads)]
    return [sys.executable, "-m", "app.local_server", str(model), *options]


def main() -> None:
    """Serve until the parent closes standard input."""
    parser = argparse.ArgumentParser(prog="python -m app.local_server")
    parser.add_argument("model", type=Path, help="GGUF file")
    parser.add_argument("--alias", default="embedded", help="name under which the model answers")
    parser.add_argument("--port", type=int, default=0, help="0 chooses a free one")
    parser.add_argument("--threads", type=int, default=choose_threads())
    parser.add_argument("--slots", type=int, default=SLOTS, help="calls served at the same time")
    parser.add_argument("--context", type=int, default=CONTEXT, help="tokens a slot can hold")
    options = parser.parse_args()
    key = sys.stdin.readline().strip()
    if not key:
        parser.error("the API key is expected as one line on standard input")
    try:
        server = _serve(options, key)
    except (ImportError, RuntimeError) as error:
        sys.exit(f"the model cannot be served: {error}")
    print(json.dumps({"url": server.listening_address}), flush=True)  # noqa: T201  # the interface
    sys.stdin.read()
    # The engine's threads would keep the interpreter from ending.
    os._exit(0)


def _serve(options: argparse.Namespace, key: str) -> Any:
    # Loaded in this process alone; a compiled module without types.
    xllamacpp: Any = import_module("xllamacpp")

    params = xllamacpp.CommonParams()
    params.model.path = str(options.model)
    params.model_alias = {options.alias}
    params.hostnames = ["127.0.0.1"]
    params.port = options.port
    params.api_keys = [key]
    params.n_parallel = options.slots
    params.n_ctx = options.context * options.slots
    params.cpuparams.n_threads = options.threads
    params.cpuparams_batch.n_threads = options.threads
    params.cache_ram_mib = CACHE_MIB
    params.verbosity = ERRORS_ONLY
    params.ui = False
    params.endpoint_slots = False
    return xllamacpp.Server(params)


if __name__ == "__main__":
    main()
