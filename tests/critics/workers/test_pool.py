import asyncio
import gc
import os
import shutil
import signal
import sys
import threading
from pathlib import Path

import pytest

from critics.domain import DomainError, find_domain
from critics.judge import Demand, Mode, judge
from critics.types import Assurance, Judgement, ProblemError, Undecided, Verdict
from critics.workers.pool import Pool
from tests.critics.processes import descendants, ended, parents

pytestmark = [pytest.mark.usefixtures("toys"), pytest.mark.asyncio(loop_scope="module")]
ROOT = Path(__file__).parents[2]
SORT = {"numbers": [3, 1, 2]}


def untimed(judgement: Judgement) -> Judgement:
    critics = tuple(ran.model_copy(update={"ms": 0}) for ran in judgement.critics)
    return judgement.model_copy(update={"critics": critics})


async def busy(pool: Pool) -> None:
    """Let a job get its worker."""
    while pool._critics._spare:  # noqa: ASYNC110  # there is no event for it
        await asyncio.sleep(0)


async def said(pool: Pool, word: str) -> str:
    judgement = await pool.judge("hostile", {}, word, demand=Demand.SINGLE)
    return judgement.diagnostics[0].headline


@pytest.mark.parametrize("text", ["1,2,3", "3,2,1", "one", "", "1,2", "\ud800", "\0", "é,1"])
async def test_judges_as_the_kernel_does(pool: Pool, text: str) -> None:
    judgement = await pool.judge("toy", SORT, text)
    assert untimed(judgement) == untimed(judge(find_domain("toy"), SORT, text))


async def test_passes_the_mode_on(pool: Pool) -> None:
    every = await pool.judge("toy", SORT, "9,2")
    first = await pool.judge("toy", SORT, "9,2", mode=Mode.FIRST_FAILURE)
    assert (every.codes, first.codes) == (("sort-order", "sort-numbers"), ("sort-order",))


@pytest.mark.parametrize(
    ("word", "code", "cause"),
    [
        ("abort", "critic-crashed", "SIGABRT"),
        ("exit", "critic-crashed", "exit code 3"),
        ("leave", "critic-crashed", "exit code 1"),
        ("huge", "critic-crashed", "bytes"),
        ("nan", "critic-crashed", "JSON"),
        ("fail", "critic-crashed", "a bug"),
        ("recurse", "critic-crashed", "RecursionError"),
        ("memory", "critic-memory", "MemoryError"),
        ("doubt", "hostile-undecided", ""),
        ("?", "critic-crashed", ""),
    ],
)
async def test_a_failing_critic_costs_only_its_own_verdict(
    pool: Pool, word: str, code: str, cause: str
) -> None:
    failed, fine = await asyncio.gather(
        pool.judge("hostile", {}, word), pool.judge("toy", SORT, "1,2,3")
    )
    assert (failed.verdict, failed.codes, failed.score) == (Verdict.UNKNOWN, (code,), 0)
    assert cause in " ".join(failed.diagnostics[0].notes)
    assert (failed.candidate, failed.domain_version) == (word, "7")
    assert fine.verdict is Verdict.ACCEPTED
    assert (await pool.judge("hostile", {}, "fine")).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("word", ["loop", "sleep"])
async def test_a_hanging_critic_is_killed_at_its_deadline(word: str) -> None:
    async with Pool(size=1) as pool:
        pids = {int(await said(pool, "pid"))}
        judgement = await pool.judge("hostile", {}, word, deadline_s=0.3)
        assert (judgement.verdict, judgement.codes) == (Verdict.UNKNOWN, ("critic-deadline",))
        assert ended(pids)
        assert (await pool.judge("hostile", {}, "fine")).verdict is Verdict.ACCEPTED


async def test_a_job_waits_for_its_turn_without_losing_its_own_time() -> None:
    async with Pool(size=1) as pool:
        await pool.start()
        first = asyncio.create_task(pool.judge("hostile", {}, "sleep", deadline_s=3.0))
        second = asyncio.create_task(pool.judge("hostile", {}, "fine", deadline_s=2.9))
        assert (await second).verdict is Verdict.ACCEPTED
        assert first.done()


async def test_jobs_are_served_in_order_of_arrival() -> None:
    order = []

    async def ask(pool: Pool, number: int) -> None:
        await pool.judge("toy", SORT, "1,2,3")
        order.append(number)

    async with Pool(size=1) as pool:
        await asyncio.gather(*(ask(pool, number) for number in range(8)))
    assert order == list(range(8))


async def test_a_late_look_at_the_clock_does_not_lose_an_answer() -> None:
    async with Pool(size=1) as pool:
        await pool.judge("toy", SORT, "1,2,3")
        task = asyncio.create_task(pool.judge("toy", SORT, "1,2,3", deadline_s=1.9))
        while not task.done():
            # The event loop is held up beyond the deadline, again and again.
            threading.Event().wait(2.0)
            await asyncio.sleep(0)
        assert (await task).verdict is Verdict.ACCEPTED


async def test_a_cancelled_job_takes_its_worker_with_it() -> None:
    async with Pool(size=1) as pool:
        pids = {int(await said(pool, "pid"))}
        task = asyncio.create_task(pool.judge("hostile", {}, "loop", deadline_s=60))
        await busy(pool)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended(pids)
        assert (await pool.judge("hostile", {}, "fine")).verdict is Verdict.ACCEPTED


async def test_a_worker_serves_many_jobs_and_then_is_replaced() -> None:
    async with Pool(size=1, recycle_after=3) as pool:
        pids = [int(await said(pool, "pid")) for _ in range(7)]
    assert len(set(pids[:3])) == len(set(pids[3:6])) == 1
    assert len(set(pids)) == 3


async def test_a_worker_that_held_much_memory_is_replaced() -> None:
    async with Pool(size=1, memory_mb=700) as pool:
        before = await said(pool, "pid")
        assert await said(pool, "hoard") == str(400 << 20)
        assert await said(pool, "pid") != before


async def test_a_worker_is_confined(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODULO_UPSTREAM__API_KEY", "secret")
    target = tmp_path / "file"
    target.write_text("kept")
    written = await pool.judge("hostile", {"path": str(target)}, "write")
    assert (written.verdict, target.read_text()) == (Verdict.UNKNOWN, "kept")
    assert await said(pool, "limits") == f"{1024 << 20} 0 0 64"
    assert await said(pool, "stdin") == "''"
    assert "MODULO" not in await said(pool, "environment")
    assert (await pool.judge("hostile", {}, "chatter")).verdict is Verdict.ACCEPTED


async def test_an_idle_pool_gives_its_memory_back() -> None:
    async with Pool(size=2, idle_s=0.05) as pool:
        await pool.start(engines_of=["hostile"])
        judged = await pool.judge("hostile", {}, "fine", opinion_deadline_s=60)
        assert judged.assurance is Assurance.CROSS
        (engines,) = pool.engines.crews
        async with asyncio.timeout(120):
            while pool._critics._spare or engines._spare or engines._zygote:  # noqa: ASYNC110  # there is no event for it
                await asyncio.sleep(0.01)
        again = await pool.judge("hostile", {}, "fine", opinion_deadline_s=60)
        assert again.assurance is Assurance.CROSS


async def test_closing_leaves_no_process() -> None:
    before = descendants(os.getpid())
    pool = Pool(size=2)
    await pool.judge("hostile", {}, "fine", demand=Demand.AUTO)
    job = asyncio.create_task(pool.judge("hostile", {}, "loop", deadline_s=60))
    await busy(pool)
    ours = descendants(os.getpid(), besides=before)
    assert len(ours) >= 4
    await pool.aclose()
    assert (await job).codes == ("critic-crashed",)
    assert ended(ours)
    with pytest.raises(RuntimeError, match="closed"):
        await pool.judge("toy", SORT, "1,2,3")


async def test_the_pool_survives_the_death_of_its_zygote() -> None:
    async with Pool(size=2) as pool:
        await pool.judge("toy", SORT, "1,2,3")
        worker = int(await said(pool, "pid"))
        zygote = parents()[worker]
        job = asyncio.create_task(pool.judge("hostile", {}, "loop", deadline_s=60))
        await busy(pool)
        os.kill(zygote, signal.SIGKILL)
        assert (await job).codes == ("critic-crashed",)
        assert ended([zygote, worker])
        assert (await pool.judge("toy", SORT, "1,2,3")).verdict is Verdict.ACCEPTED


async def test_the_users_errors_are_raised(pool: Pool) -> None:
    with pytest.raises(ProblemError, match="numbers"):
        await pool.judge("toy", {}, "1,2,3")
    with pytest.raises(DomainError, match="toy"):
        await pool.judge("toys", SORT, "1,2,3")


@pytest.mark.parametrize("number", [float("nan"), float("inf"), "\ud800", [[[]]] * 3])
async def test_a_payload_that_is_no_problem_is_refused(pool: Pool, number: object) -> None:
    with pytest.raises(ProblemError):
        await pool.judge("toy", {"numbers": [number]}, "1,2,3")


async def test_a_payload_nested_without_end_is_refused(pool: Pool) -> None:
    nested: list = []
    for _ in range(100_000):
        nested = [nested]
    with pytest.raises(ProblemError, match="JSON"):
        await pool.judge("toy", {"numbers": nested}, "1,2,3")
    while nested:
        nested = nested.pop()
    gc.collect()


async def test_a_text_of_any_size_gets_a_verdict(pool: Pool) -> None:
    text = "\U0001f600" * 6_000_000
    judgement = await pool.judge("toy", SORT, text)
    assert (judgement.verdict, judgement.codes) == (Verdict.REJECTED, ("candidate-too-large",))
    assert judgement.candidate == text
    assert await pool.extract("toy", SORT, text) == []


async def test_extracts_and_falls_back_to_the_whole_response(pool: Pool) -> None:
    assert await pool.extract("toy", SORT, "so\n1,2\n2,1\n1,2") == ["1,2", "2,1"]
    for fault in ("fail", "exit"):
        assert await pool.extract("hostile", {"extract": fault}, " a b ") == ["a b"]
    assert await pool.extract("hostile", {"extract": "exit"}, " ") == []
    with pytest.raises(ProblemError):
        await pool.extract("toy", {}, "1,2")


async def test_prepares_a_problem_for_a_model(pool: Pool) -> None:
    prepared = await pool.prepare("toy", SORT)
    assert prepared.prompt == "Sort these numbers: [3, 1, 2]."
    assert prepared.answer_format == "The numbers, with commas between them."
    assert (prepared.warnings, prepared.answer_schema) == ((), None)
    for fault in ("fail", "doubt", "exit"):
        with pytest.raises(Undecided):
            await pool.prepare("hostile", {"load": fault})


@pytest.mark.parametrize(
    ("word", "opinion", "demand", "expected"),
    [
        ("fine", "fine", Demand.AUTO, ("accepted", "cross", "accepted")),
        ("fine", "fine", Demand.CROSS, ("accepted", "cross", "accepted")),
        ("fine", "fine", Demand.SINGLE, ("accepted", "single")),
        ("fine", "fine", Demand.PROOF, ("unknown", "cross", "accepted")),
        ("fine", "no", Demand.AUTO, ("unknown", "single", "rejected")),
        ("fine", "no", Demand.CROSS, ("unknown", "single", "rejected")),
        ("fine", "abort", Demand.AUTO, ("accepted", "single", "unknown")),
        ("fine", "fail", Demand.AUTO, ("accepted", "single", "unknown")),
        ("fine", "sleep", Demand.AUTO, ("accepted", "single", "unknown")),
        ("fine", "abort", Demand.CROSS, ("unknown", "single", "unknown")),
        ("wrong", "fine", Demand.AUTO, ("rejected", "single")),
        ("wrong", "fine", Demand.CROSS, ("rejected", "cross", "rejected")),
        ("wrong", "abort", Demand.CROSS, ("unknown", "single", "unknown")),
        ("fail", "fine", Demand.CROSS, ("unknown", "single")),
    ],
)
async def test_weighs_a_second_opinion(
    pool: Pool, word: str, opinion: str, demand: Demand, expected: tuple[str, ...]
) -> None:
    seconds = 0.5 if opinion == "sleep" else 60.0
    judgement = await pool.judge(
        "hostile", {"opinion": opinion}, word, demand=demand, opinion_deadline_s=seconds
    )
    opinions = [opinion.verdict.value for opinion in judgement.opinions]
    assert (judgement.verdict.value, judgement.assurance.value, *opinions) == expected


async def test_text_that_is_no_answer_is_rejected_without_a_second_opinion(pool: Pool) -> None:
    judgement = await pool.judge("toy", SORT, "one", demand=Demand.CROSS)
    assert (judgement.verdict, judgement.opinions) == (Verdict.REJECTED, ())


async def test_examines_domains(pool: Pool) -> None:
    report = await pool.selftest("toy")
    assert (report.passed, report.good, report.bad, report.mutants) == (True, 1, 3, 1)
    lost = await pool.selftest("hostile")
    assert [failure.why for failure in lost.failures] == [
        "the check brought its worker down; nothing was decided"
    ]


async def test_a_prepared_problem_says_what_nobody_decides(pool: Pool) -> None:
    payload = {
        "domain": "(define (domain d) (:predicates (p)) (:constraints (always (p)))"
        " (:action a :effect (p)))",
        "problem": "(define (problem x) (:domain d) (:init) (:goal (p)))",
    }
    prepared = await pool.prepare("pddl", payload)
    assert len(prepared.undecided) == 1
    assert (await pool.prepare("toy", SORT)).undecided == ()


@pytest.mark.parametrize("program", ["/no/such/program", shutil.which("false")])
async def test_processes_that_cannot_start_leave_everything_open(
    program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Pool(size=1) as pool:
        with monkeypatch.context() as broken:
            broken.setattr(sys, "executable", program)
            judgement = await pool.judge("toy", {"numbers": [2, 1]}, "1,2")
        assert judgement.verdict is Verdict.UNKNOWN
        assert judgement.codes == ("critic-crashed",)
        judgement = await pool.judge("toy", {"numbers": [2, 1]}, "1,2")
        assert judgement.verdict is Verdict.ACCEPTED
