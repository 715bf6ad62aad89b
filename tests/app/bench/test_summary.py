"""What counts, and what does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bench.cells import AXES
from app.bench.page import write_page
from app.bench.suite import make_suite
from app.bench.summary import Summary, summarize
from app.bench.tables import draw_rows
from tests.app.bench.conftest import record

SUITE = make_suite(
    {
        "strategies": {
            "plain": {},
            "loop": {},
            "auto": {"strategy": "auto", "composite": True},
            "uniform": {"control_for": ["loop"]},
        },
        "upstreams": {"taped": {"kind": "none"}},
    },
    "test",
)


def sum_up(*records) -> Summary:
    return summarize(SUITE, records, planned=len(records))


@pytest.mark.parametrize("origin", ["search", "solver", "solver_repair", "model_guided_search"])
def test_what_a_search_or_a_solver_found_is_no_skill_of_the_model(origin: str) -> None:
    row = sum_up(record("a", origin=origin), record("b")).rows[0]
    assert (row.certified.hits, row.skilled.hits) == (2, 1)
    assert row.origins == {origin: 1, "model": 1}


@pytest.mark.parametrize("verified", ["refuted", "undecided", None])
def test_only_what_was_proved_again_counts(verified: str | None) -> None:
    summary = sum_up(record("a", verified=verified))
    assert summary.rows[0].certified.hits == 0
    assert summary.unproved == 1
    assert summary.false_accepts == (verified == "refuted")


def test_a_certificate_against_what_is_known_is_a_false_accept() -> None:
    assert sum_up(record("a", solvable=False)).false_accepts == 1
    denied = record("a", right=False, solvable=True, infeasible=True, verified="verified")
    summary = sum_up(denied)
    assert summary.false_accepts == 1
    assert "False accepts: 1." in write_page(summary)


def test_problems_without_an_answer_are_counted_apart() -> None:
    found = {"right": False, "solvable": False, "status": "infeasible"}
    row = sum_up(
        record("a", **found, infeasible=True, verified="verified"),
        record("b", right=False, solvable=False),
        record("c"),
    ).rows[0]
    assert (row.infeasible.hits, row.infeasible.of) == (1, 2)
    assert (row.certified.hits, row.certified.of) == (1, 1)


@pytest.mark.parametrize("status", ["refused", "failed", "cancelled"])
def test_accidents_are_no_results(status: str) -> None:
    row = sum_up(record("a", right=False, status=status), record("b")).rows[0]
    assert row.certified.of == 1
    assert row.left_out == {status: 1}


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 50)), min_size=1, max_size=20))
def test_rates_climb_with_the_budget_to_the_whole(runs) -> None:
    made = [record(f"p{n}", right=won, calls=calls) for n, (won, calls) in enumerate(runs)]
    row = sum_up(*made).rows[0]
    shares = [row.rate_at("calls", most).share for most in range(52)]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] == row.certified.share
    assert row.reach("calls") == min((c for won, c in runs if not won), default=float("inf"))


def test_controls_stand_beside_their_rows() -> None:
    summary = sum_up(record("a"), record("a", "uniform", right=False), record("a", "plain"))
    assert [(one.row.strategy, one.control.strategy) for one in summary.beside] == [
        ("loop", "uniform")
    ]
    assert summary.beside[0].difference is not None
    assert summary.beside[0].difference.mean == 1


def test_a_strategy_that_chooses_is_held_against_the_best_of_the_others() -> None:
    problems = [f"p{n}" for n in range(9)]
    summary = sum_up(
        *(record(name, "plain", right=False) for name in problems),
        *(record(name, "loop") for name in problems),
        *(record(name, "auto", right=False) for name in problems),
    )
    (contest,) = summary.contests
    assert contest.best.strategy == "loop"
    assert contest.difference is not None
    assert contest.difference.significantly_worse


def test_names_cannot_write_into_the_page() -> None:
    summary = sum_up(record("a", group="<script>alert(1)</script>"), record("b"))
    page = write_page(summary)
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_an_empty_benchmark_is_reported_too() -> None:
    summary = summarize(SUITE, [], planned=4)
    assert "0 of 4 cells" in write_page(summary)
    assert len(list(draw_rows(summary))) == 1
    assert [summary.points(axis) for axis in AXES][1] == [1.0]
