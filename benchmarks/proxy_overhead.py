"""What a proxy costs: llm-modulo, LiteLLM and optillm side by side before the same mock model.

    python benchmarks/proxy_overhead.py --peers /tmp/peers

Every proxy hands the same small chat completion through, without streaming, with one worker
process. CPU is that of the whole process tree (user and system), which a busy machine does not
blur much; wall-clock figures it does. The first run makes a virtual environment for each peer
under `--peers`, which takes minutes and 1.6 GB.

`llm-modulo` is measured as installed from this checkout into an environment of its own, without
extras, and asks the mock model by pass-through: nothing is verified.
"""

import argparse
import asyncio
import json
import os
import platform
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
PATIENCE_S = 180.0
KEY = f"sk-{secrets.token_hex(32)}"
"""LiteLLM starts with a strong master key only."""

COMPLETION = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1700000000,
        "model": "mock",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "The answer is 42."},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 12, "completion_tokens": 6, "total_tokens": 18},
    }
).encode()
QUESTION = {"messages": [{"role": "user", "content": "What is the answer?"}], "temperature": 0.5}

OPTILLM_NEEDS = (
    *("aiohttp", "azure-identity", "beautifulsoup4", "cerebras_cloud_sdk", "flask", "ipykernel"),
    *("ipython", "litellm", "lxml", "math-verify", "nbconvert", "nbformat", "networkx", "numpy"),
    *("openai", "requests", "scikit-learn", "sympy", "z3-solver<=4.15.4"),
)
"""What its server imports; its full list brings torch and 7 GB more."""


@dataclass(frozen=True)
class Peer:
    """A proxy to measure.

    Attributes:
        name: What it is called in the table.
        packages: Lists of arguments for `pip install`, in order.
        command: Gives the command line, from its folder of programs, a port and the mock's URL.
        env: Its environment, from the mock's URL.
        model: What a request calls the model.
    """

    name: str
    packages: tuple[tuple[str, ...], ...]
    command: Callable[[Path, int, str], list[str]]
    env: Callable[[str], dict[str, str]]
    model: str = "mock"


PEERS = (
    Peer(
        "llm-modulo",
        ((str(ROOT),),),
        lambda bin_, port, _: [str(bin_ / "modulo"), "serve", "--port", str(port)],
        lambda url: {
            "MODULO_UPSTREAM__BASE_URL": url,
            "MODULO_UPSTREAM__MODEL": "mock",
            "MODULO_UPSTREAM__API_KEY": KEY,
        },
    ),
    Peer(
        "litellm[proxy]",
        (("litellm[proxy]",),),
        lambda bin_, port, url: [
            *[str(bin_ / "litellm"), "--host", "127.0.0.1", "--port", str(port)],
            *["--model", "openai/mock", "--api_base", url],
        ],
        lambda _: {"OPENAI_API_KEY": KEY, "LITELLM_MASTER_KEY": KEY, "LITELLM_LOG": "ERROR"},
        model="openai/mock",
    ),
    Peer(
        "optillm",
        (("--no-deps", "optillm"), OPTILLM_NEEDS),
        lambda bin_, port, url: [
            *[str(bin_ / "optillm"), "--approach", "none", "--port", str(port)],
            *["--base-url", url, "--log", "error"],
        ],
        lambda _: {"OPENAI_API_KEY": KEY},
    ),
)


class Mock(asyncio.Protocol):
    """A model server that answers every request at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with nothing received."""
        self.transport = transport
        self.data = b""

    def data_received(self, data: bytes) -> None:
        """Answer each whole request."""
        self.data += data
        while (end := self.data.find(b"\r\n\r\n")) >= 0:
            head = self.data[:end].lower()
            length = 0
            if (at := head.find(b"content-length:")) >= 0:
                length = int(head[at + 15 :].split(b"\r\n", 1)[0])
            if len(self.data) < end + 4 + length:
                return
            self.data = self.data[end + 4 + length :]
            head = (
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                f"content-length: {len(COMPLETION)}\r\n\r\n"
            )
            self.transport.write(head.encode() + COMPLETION)  # type: ignore[attr-defined]


async def serve_mock(port: int) -> None:
    """Serve the mock model for ever."""
    server = await asyncio.get_running_loop().create_server(Mock, "127.0.0.1", port)
    await server.serve_forever()


@dataclass
class Connection:
    """One keep-alive connection of the load client."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def open(cls, port: int) -> "Connection":
        """Connect."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, request: bytes) -> float:
        """Ask once; give the milliseconds until the whole answer was there."""
        begun = time.perf_counter()
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        lowered = head.lower()
        if b"chunked" in lowered:
            body = await self.reader.readuntil(b"0\r\n\r\n")
        else:
            length = int(lowered.split(b"content-length:")[1].split(b"\r\n")[0])
            body = await self.reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 200") or b"The answer is 42." not in body:
            raise RuntimeError(f"a wrong answer: {head[:80]!r} {body[:300]!r}")
        if b"connection: close" in lowered:
            self.writer.close()
            port = self.writer.get_extra_info("peername")[1]
            fresh = await Connection.open(port)
            self.reader, self.writer = fresh.reader, fresh.writer
        return (time.perf_counter() - begun) * 1000


def make_request(model: str) -> bytes:
    """Write the request that is sent again and again."""
    body = json.dumps({"model": model, **QUESTION}).encode()
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nhost: proxy\r\ncontent-type: application/json\r\n"
        f"authorization: Bearer {KEY}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def load(port: int, request: bytes, total: int, width: int) -> tuple[list[float], float]:
    """Send `total` requests over `width` connections; give sorted ms and requests a second."""
    left = iter(range(total))
    times: list[float] = []

    async def work() -> None:
        connection = await Connection.open(port)
        times.extend([await connection.ask(request) for _ in left])
        connection.writer.close()

    begun = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(width)))
    return sorted(times), total / (time.perf_counter() - begun)


def tree(pid: int) -> list[int]:
    """List a process and all its descendants."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def cpu_ms(pid: int) -> float:
    """Give the CPU time of a process tree in ms, that of children it has waited for included."""
    ticks = 0
    for one in tree(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15]))
    return ticks * 1000 / TICK


def rss_mb(pid: int) -> float:
    """Give the resident memory of a process tree in MB; shared pages count once per process."""
    pages = [int(Path(f"/proc/{one}/statm").read_text().split()[1]) for one in tree(pid)]
    return sum(pages) * PAGE / 1e6


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def install(peer: Peer, folder: Path) -> Path:
    """Make the peer's virtual environment, unless it is there; give its folder."""
    home = folder / peer.name.split("[", maxsplit=1)[0]
    if not (home / "installed").exists():
        print(f"installing {peer.name} into {home} ...", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        pip = [str(home / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
        for packages in peer.packages:
            subprocess.run([*pip, *packages], check=True)
        (home / "installed").touch()
    return home


def size_mb(home: Path) -> float:
    """Give the size of an environment in MB, without compiled bytecode."""
    files = (path for path in home.rglob("*") if path.suffix != ".pyc" and not path.is_symlink())
    return sum(path.stat().st_size for path in files if path.is_file()) / 1e6


async def first_answer(port: int, request: bytes, process: subprocess.Popen[bytes]) -> None:
    """Ask until the proxy answers."""
    async with asyncio.timeout(PATIENCE_S):
        while process.poll() is None:
            try:
                await (await Connection.open(port)).ask(request)
            except (OSError, asyncio.IncompleteReadError):
                await asyncio.sleep(0.02)
            else:
                return
    raise RuntimeError("the proxy ended before its first answer")


async def measure(peer: Peer, home: Path, mock_url: str, requests: int) -> dict[str, float]:
    """Start a proxy, load it and give its figures."""
    port, request = free_port(), make_request(peer.model)
    keep = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
    env = keep | {"PATH": f"{home / 'bin'}:/usr/bin:/bin"} | peer.env(mock_url)
    begun = time.perf_counter()
    process = subprocess.Popen(  # noqa: ASYNC220  # starting takes no time here
        peer.command(home / "bin", port, mock_url),
        env=env,
        cwd=home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        await first_answer(port, request, process)
        figures = {"cold start s": time.perf_counter() - begun}
        await load(port, request, 20, 1)
        spent = cpu_ms(process.pid)
        one, _ = await load(port, request, requests, 1)
        many, rate = await load(port, request, requests, 32)
        figures["CPU ms/request"] = (cpu_ms(process.pid) - spent) / (2 * requests)
        for name, times in (("1", one), ("32", many)):
            figures[f"p50 ms @{name}"] = statistics.median(times)
            figures[f"p99 ms @{name}"] = times[int(len(times) * 0.99)]
        figures["requests/s @32"] = rate
        figures["RSS MB"] = rss_mb(process.pid)
    finally:
        end(process)
    return figures | {"installed MB": size_mb(home)}


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(10)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue


def show(rows: dict[str, dict[str, float]]) -> None:
    """Print the table, and how much CPU the others spend for ours."""
    columns = list(next(iter(rows.values())))
    print(f"\n{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    print(f"| {'proxy':15} |" + "".join(f" {name} |" for name in columns))
    print("|---|" + "---:|" * len(columns))
    for name, row in rows.items():
        cells = (f" {row[column]:.{0 if row[column] >= 100 else 2}f} |" for column in columns)  # noqa: PLR2004  # three digits say enough
        print(f"| {name:15} |" + "".join(cells))
    ours = rows.get("llm-modulo", {}).get("CPU ms/request")
    for name, row in rows.items():
        if ours and name != "llm-modulo":
            print(f"\n{name} spends {row['CPU ms/request'] / ours:.1f} times our CPU per request")


async def main() -> None:
    """Measure every peer, one after the other."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--peers", type=Path, required=True, help="folder of the environments")
    parser.add_argument("--requests", type=int, default=500, help="requests per load")
    parser.add_argument("--only", choices=[peer.name for peer in PEERS], help="measure one")
    parser.add_argument("--mock", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.mock:
        await serve_mock(asked.mock)
    port = free_port()
    itself = [sys.executable, __file__, "--peers", ".", "--mock", str(port)]
    mock = subprocess.Popen(itself)  # noqa: ASYNC220  # as above
    try:
        rows = {}
        for peer in PEERS:
            if asked.only in {None, peer.name}:
                home = install(peer, asked.peers.resolve())
                url = f"http://127.0.0.1:{port}/v1"
                rows[peer.name] = await measure(peer, home, url, asked.requests)
    finally:
        mock.terminate()
        mock.wait()
    show(rows)


if __name__ == "__main__":
    asyncio.run(main())
