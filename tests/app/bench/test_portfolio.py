"""What would have happened had recorded rows been tried one after the other."""

from app.bench.portfolio import play
from app.bench.suite import Stage, Suite, make_suite
from tests.app.bench.conftest import record, step

SUITE: Suite = make_suite(
    {
        "strategies": {"loop": {}, "solver": {"strategy": {"solver": "only"}}},
        "upstreams": {
            "cheap": {"kind": "random"},
            "strong": {"kind": "random"},
            "nobody": {"kind": "none"},
        },
    },
    "test",
)
CHEAP = {"upstream": "cheap"}
STRONG = {"upstream": "strong", "calls": 2, "prompt_tokens": 1000, "seconds": 9.0}


def stage(upstream: str, strategy: str = "loop", **fields) -> Stage:
    return Stage(strategy=strategy, upstream=upstream, **fields)


def rows(*records):
    found = {}
    for one in records:
        found.setdefault(one.row, []).append(one)
    return found


def test_a_stage_that_certifies_in_time_ends_the_play() -> None:
    cheap = record("a", **CHEAP, steps=(step(0, verdict="accepted"),))
    played = play(
        [stage("cheap", rounds=1), stage("strong")], rows(cheap, record("a", **STRONG)), SUITE
    )
    assert played.certified.hits == 1
    assert played.by_stage() == [1, 0]
    assert (played.spent("tokens"), played.spent("tokens", alone=True)) == (100, 1000)
    saved = played.saved("tokens")
    assert saved is not None
    assert saved[0] == 0.9


def test_a_stage_is_left_after_its_rounds_and_paid_for() -> None:
    steps = tuple(step(n) for n in range(4))
    cheap = record("a", **CHEAP, calls=4, prompt_tokens=400, steps=steps)
    played = play(
        [stage("cheap", rounds=2), stage("strong")], rows(cheap, record("a", **STRONG)), SUITE
    )
    assert played.by_stage() == [0, 1]
    assert played.spent("tokens") == 200 + 1000
    assert played.spent("calls") == 2 + 2
    assert played.spent("seconds") == 2.0 + 9.0


def test_a_repeated_answer_ends_a_stage_that_says_so() -> None:
    steps = (step(0), step(1, verdict="none", repeated=True), step(2), step(3))
    cheap = record("a", **CHEAP, calls=4, prompt_tokens=400, steps=steps)
    found = rows(cheap, record("a", **STRONG))
    assert (
        play([stage("cheap", until_repeat=True), stage("strong")], found, SUITE).spent("calls") == 4
    )
    assert play([stage("cheap"), stage("strong")], found, SUITE).spent("calls") == 4


def test_the_reference_is_the_last_stage_that_asks_anybody() -> None:
    strong = record("a", right=False, **STRONG, steps=(step(0), step(1)))
    solver = record("a", "solver", upstream="nobody", calls=0, prompt_tokens=0, origin="solver")
    stages = [stage("strong", rounds=1), stage("nobody", "solver")]
    played = play(stages, rows(strong, solver), SUITE)
    assert played.reference.upstream == "strong"
    assert (played.certified.hits, played.alone.hits) == (1, 0)
    assert played.spent("calls") == 1


def test_only_problems_that_every_stage_has_recorded_are_played() -> None:
    unasked = record("a", **{**STRONG, "right": False, "status": "refused"})
    found = rows(record("a", **CHEAP), record("b", **CHEAP), unasked, record("b", **STRONG))
    assert len(play([stage("cheap"), stage("strong")], found, SUITE).plays) == 1
    assert play([stage("cheap"), stage("nobody", "solver")], found, SUITE).plays == []
