import asyncio
import json
import os
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from critics import batch
from critics.batch import check_line, check_stream, read_lines
from critics.judge import Demand
from critics.workers.pool import Pool

pytestmark = [pytest.mark.usefixtures("toys"), pytest.mark.asyncio(loop_scope="module")]


def line(number: int, answer: str = "1,2,3", **fields: Any) -> bytes:
    asked = {
        "id": number,
        "domain": "toy",
        "problem": {"numbers": [3, 1, 2]},
        "answer": answer,
        "exact": True,
    }
    return json.dumps(asked | fields).encode()


def hostile(number: int, answer: str, **problem: str) -> bytes:
    return line(number, answer, domain="hostile", problem=problem)


async def answers(pool: Pool, lines: Any, **settings: Any) -> list[dict[str, Any]]:
    written: list[bytes] = []
    count = await check_stream(pool, lines, written.append, **settings)
    told = [json.loads(answer) for answer in b"".join(written).splitlines()]
    assert len(told) == count
    return told


async def test_answers_come_in_order_and_are_those_of_single_lines(pool: Pool) -> None:
    lines = [line(number, "1,2,3" if number % 3 else "3,1,2") for number in range(200)]
    lines[17:17] = [b"nonsense", b"\xff", line(-1, domain="none")]
    assert await answers(pool, lines) == [json.loads(check_line(one)) for one in lines]


@pytest.mark.parametrize("word", ["abort", "exit", "sleep", "memory"])
async def test_a_hostile_line_costs_only_its_own_answer(pool: Pool, word: str) -> None:
    lines = [line(number) for number in range(40)]
    for number in (0, 7, 8, 39):
        lines[number] = hostile(number, word)
    told = await answers(pool, lines, deadline_s=2.0 if word == "sleep" else 60.0)
    assert [answer["id"] for answer in told] == list(range(40))
    unknown = [answer["id"] for answer in told if answer["verdict"] == "unknown"]
    assert unknown == [0, 7, 8, 39]
    assert {answer["codes"][0] for answer in told if answer["codes"]} == {
        {"sleep": "critic-deadline", "memory": "critic-memory"}.get(word, "critic-crashed")
    }


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], []),
        ([b"", b""], [None]),
        ([b"\n"], []),
        ([line(1) + b"\r\n", b"\n", line(2)], [1, None, 2]),
        ([b"", line(1), b" "], [None, 1]),
    ],
)
async def test_blank_lines_are_errors_but_the_last(
    pool: Pool, lines: list[bytes], expected: list
) -> None:
    assert [answer["id"] for answer in await answers(pool, lines)] == expected


@pytest.mark.parametrize(
    ("demand", "opinion", "verdict"),
    [
        (Demand.AUTO, "fine", "accepted"),
        (Demand.AUTO, "no", "unknown"),
        (Demand.CROSS, "abort", "unknown"),
        (Demand.SINGLE, "no", "accepted"),
    ],
)
async def test_assurance_can_be_demanded(
    pool: Pool, demand: Demand, opinion: str, verdict: str
) -> None:
    lines = [hostile(1, "fine", opinion=opinion), b"{", line(2, domain="none"), line(3, "x")]
    told = await answers(pool, lines, demand=demand)
    assert [answer.get("verdict") for answer in told] == [verdict, None, None, "rejected"]
    lost = await answers(pool, [hostile(1, "exit")], demand=demand)
    assert [(answer["id"], answer["verdict"]) for answer in lost] == [(1, "unknown")]


async def test_an_answer_is_written_before_the_next_line_is_read(pool: Pool) -> None:
    written: asyncio.Queue[bytes] = asyncio.Queue()

    async def polite() -> AsyncIterator[bytes]:
        for number in range(5):
            yield line(number)
            assert json.loads(await written.get())["id"] == number

    assert await check_stream(pool, polite(), written.put_nowait) == 5


async def test_an_endless_stream_is_read_no_faster_than_it_is_answered(pool: Pool) -> None:
    read = 0
    lead = []

    def endless() -> Iterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield line(read)

    class EnoughError(Exception):
        pass

    count = 0

    async def write(answer: bytes) -> None:
        nonlocal count
        count += answer.count(b"\n")
        lead.append(read - count)
        if count > 1000:
            raise EnoughError

    with pytest.raises(EnoughError):
        await check_stream(pool, endless(), write)
    assert max(lead) <= 2 * batch.CHUNK_LINES * pool.size + 1
    assert await answers(pool, [line(1)])


async def test_a_few_large_lines_fill_the_window(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "WINDOW_BYTES", 1000)
    lines = [line(number, "x" * 2000) for number in range(20)]
    assert [answer["id"] for answer in await answers(pool, lines)] == list(range(20))


async def test_a_line_of_any_length_costs_only_its_own_answer(pool: Pool) -> None:
    lines = [line(1), line(2, "x" * (70 << 20)), b"\xff" * (12 << 20), line(3)]
    assert [answer["id"] for answer in await answers(pool, lines)] == [1, None, None, 3]


async def test_a_cancelled_stream_leaves_the_pool_usable(pool: Pool) -> None:
    lines = [hostile(number, "loop") for number in range(4)]
    task = asyncio.create_task(check_stream(pool, lines, lambda _: None, deadline_s=60))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(task, 0.2)
    assert [answer["id"] for answer in await answers(pool, [line(1)])] == [1]


async def read_all(chunks: list[bytes]) -> list[bytes]:
    reader, writer = os.pipe()
    lines: list[bytes] = []

    async def read() -> None:
        lines.extend([one async for one in read_lines(reader)])

    task = asyncio.create_task(read())
    for chunk in chunks:
        await asyncio.to_thread(os.write, writer, chunk)
    os.close(writer)
    await task
    os.close(reader)
    return lines


@settings(max_examples=40)
@given(st.lists(st.binary(min_size=1, max_size=30).map(lambda part: part + b"\n"), max_size=8))
async def test_lines_are_read_whole_however_they_arrive(chunks: list[bytes]) -> None:
    content = b"".join(chunks)
    expected = content.split(b"\n")
    assert await read_all(chunks) == (expected if expected[-1] else expected[:-1])


async def test_a_line_over_the_cap_is_cut_and_refused(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "MAX_LINE_BYTES", 50_000)
    lines = await read_all([b"x" * 60_000] * 3 + [b"\n" + line(1) + b"\n" + line(2)])
    assert [len(one) for one in lines] == [50_001, len(line(1)), len(line(2))]
    assert [answer["id"] for answer in await answers(pool, lines)] == [None, 1, 2]


async def test_a_reader_whose_loop_has_ended_ends_quietly(tmp_path: Path) -> None:
    (tmp_path / "lines").write_bytes(b"{}\n" * 200_000)

    async def read_one(descriptor: int) -> bytes:
        return await anext(read_lines(descriptor))

    with (tmp_path / "lines").open("rb") as lines:
        assert await asyncio.to_thread(asyncio.run, read_one(lines.fileno())) == b"{}"
        for thread in threading.enumerate():
            if thread.name == "read-lines":
                await asyncio.to_thread(thread.join, 10)
                assert not thread.is_alive()
