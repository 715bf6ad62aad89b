"""Problems that would hang or exhaust a service, in the pool, beside ordinary ones."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from critics.domain import find_domain, installed
from critics.types import Feasible, ProblemError, Verdict
from critics.workers.pool import Pool

X = "(declare-const x Int)"
LETS = "".join(f"(let ((a{n} (* a{n - 1} a{n - 1})))" for n in range(1, 900))
MACROS = "(define-fun f0 ((a Int)) Int (+ a a))" + "".join(
    f"(define-fun f{n} ((a Int)) Int (+ (f{n - 1} a) (f{n - 1} (+ a 1))))" for n in range(1, 40)
)
CUBES = "(exists ((a Int) (b Int) (c Int)) (= x (+ (* a a a) (* b b b) (* c c c))))"
WIDE = "(= (bvmul ((_ zero_extend 3996) c) (bvshl b ((_ zero_extend 3996) c))) b)"
BOMBS = {
    "nonlinear": (f"{X}(assert {CUBES})", '{"x": 114}'),
    "squares": (f"(declare-const a0 Int)(assert {LETS}(> a899 0){')' * 899})", '{"a0": 3}'),
    "definitions": (f"{X}{MACROS}(assert (> (f39 x) 0))", '{"x": 1}'),
    "digits": (f"{X}(assert (> x {'9' * 900_000}))", '{"x": 1}'),
    "repeat": (f"{X}(assert (= ((_ repeat 100000000) #xaa) #xaa))", '{"x": 1}'),
    "power": (f"{X}(assert (= (^ x 1000) 7))", f'{{"x": {"9" * 999}}}'),
    "shift": (
        f"(declare-const b (_ BitVec 4096))(assert (exists ((c (_ BitVec 100))) {WIDE}))",
        '{"b": 7}',
    ),
}


@pytest.fixture(scope="module")
def _domains(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("packages")
    info = folder / "constraints-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: constraints\nVersion: 1.0\n")
    entries = "smt = critics.smt:domain\nclaim = critics.smt:claim_domain\n"
    (info / "entry_points.txt").write_text(f"[llm_modulo.domains]\n{entries}")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(folder)))
        installed.cache_clear()
        find_domain.cache_clear()
        yield
    installed.cache_clear()
    find_domain.cache_clear()


async def outcome(pool: Pool, script: str, answer: str, deadline_s: float = 60) -> str:
    try:
        judgement = await pool.judge("smt", {"smtlib": script}, answer, deadline_s=deadline_s)
    except ProblemError:
        return "refused"
    return judgement.verdict.value


@pytest.mark.usefixtures("_domains")
async def test_bombs_end_and_ordinary_checks_beside_them_succeed():
    async with Pool(size=2) as pool:
        bombs = [outcome(pool, *bomb, deadline_s=3) for bomb in BOMBS.values()]
        plain = [outcome(pool, f"{X}(assert (> x {n}))", '{"x": 5}') for n in range(8)]
        ended = await asyncio.gather(*bombs, *plain)
    assert set(ended[: len(BOMBS)]) <= {"unknown", "refused"}
    assert ended[len(BOMBS) :] == ["accepted"] * 5 + ["rejected"] * 3


@pytest.mark.usefixtures("_domains")
async def test_engines_answer_in_the_pool():
    async with Pool(size=1) as pool:
        clash = {"smtlib": f"{X}(assert (! (> x 0) :named up))(assert (! (< x 0) :named down))"}
        found = await pool.engines.feasibility("smt", clash)
        assert (found.status, sorted(found.conflict)) == (Feasible.INFEASIBLE, ["down", "up"])
        solved = await pool.engines.solve("smt", {"smtlib": f"{X}(assert (= (* 3 x) 12))"})
        assert solved.answer == '{"x": 4}'
        policy = {"smtlib": f"{X}(assert (! (> x 3) :named rule))"}
        judgement = await pool.judge("claim", policy, '{"claims": ["(> x 2)"]}')
        assert judgement.verdict is Verdict.ACCEPTED
