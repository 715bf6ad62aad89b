"""Made rows: judged, reproducible, divided by what their problems are, and free of leaks."""

import gzip
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.failures import ServiceError
from app.flywheel.exclusion import Excluded, identify, read_excluded
from app.flywheel.rows import MadeRow
from app.flywheel.splits import read_shares
from app.flywheel.synth import Order, Tally, synthesize
from backprompt.prompt import write_messages
from backprompt.strategy import Strategy
from backprompt.task import Task
from critics.domain import find_domain
from critics.generation import Family, Generation
from critics.judge import judge, read_problem
from critics.types import Feasible, Verdict

ROOT = Path(__file__).parents[3]
PDDL = find_domain("pddl")
assert PDDL.generation is not None
GENERATION: Generation = PDDL.generation
NAMED = {family.name: family for family in GENERATION.families}


def order(*names: str, **changes: Any) -> Order:
    families = [(NAMED[name], [1, 2]) for name in names or ("blocksworld",)]
    settings: dict[str, Any] = {
        "domain": PDDL,
        "generation": GENERATION,
        "families": families,
        "rows": 12,
        "seed": 5,
        "shares": read_shares("train=.8,dev=.1,test=.1"),
    }
    return Order(**(settings | changes))


def make(wanted: Order) -> tuple[list[MadeRow], Tally]:
    tally = Tally()
    return list(synthesize(wanted, tally)), tally


def test_rows_are_what_they_say() -> None:
    names = ("blocksworld", "logistics", "blocksworld-cyclic")
    rows, tally = make(order(*names, mystery=0.5, infeasible=0.3, near_misses=2))
    assert sum(tally.rows.values()) == len(rows) == 12
    assert not tally.defects
    assert {row.infeasible for row in rows} == {True, False}
    assert len({row.id for row in rows}) == len(rows)
    for row in rows:
        problem = read_problem(PDDL, row.problem)
        assert row.identity == identify(PDDL, problem)
        task = Task(
            domain="pddl",
            prompt=PDDL.prompt(PDDL.load(problem)),
            answer_format=PDDL.answer_format,
        )
        assert row.prompt == write_messages(task, Strategy(), [])[0].content
        if row.infeasible:
            assert PDDL.feasibility is not None
            assert PDDL.feasibility(problem).status is Feasible.INFEASIBLE
            assert row.answer is row.verdict is None
            assert row.evidence is not None
            assert row.evidence.kind == "pddl-infeasible"
            continue
        assert row.verdict == judge(PDDL, problem, str(row.answer)).verdict == "accepted"
        for miss in row.near_misses:
            found = judge(PDDL, problem, miss.answer)
            assert found.verdict is Verdict.REJECTED
            assert found.diagnostics[0].code == miss.code
            assert miss.told.startswith("Your answer was checked and it is not correct.")
            assert judge(PDDL, problem, miss.repaired).verdict is Verdict.ACCEPTED
    assert any(row.near_misses for row in rows)
    assert any(row.renamed_from for row in rows)


def test_the_same_order_makes_the_same_bytes_and_more_rows_begin_with_the_same() -> None:
    wanted = order("blocksworld", "ferry", mystery=0.4, near_misses=1)
    first = [json.dumps(row.to_json()) for row in make(wanted)[0]]
    assert [json.dumps(row.to_json()) for row in make(wanted)[0]] == first
    fewer = [json.dumps(row.to_json()) for row in make(replace(wanted, rows=5))[0]]
    assert fewer == first[:5]
    assert [json.dumps(row.to_json()) for row in make(replace(wanted, seed=6))[0]] != first


def test_a_problem_is_in_one_part_whatever_its_names_and_seed() -> None:
    parts: dict[str, str] = {}
    for seed, mystery in ((1, 0.0), (2, 1.0)):
        for row in make(order(seed=seed, mystery=mystery, rows=25))[0]:
            assert parts.setdefault(row.identity, row.split) == row.split
    assert len(set(parts.values())) > 1


def test_no_problem_is_written_twice() -> None:
    rows, _ = make(order(rows=60))
    assert len({json.dumps(row.problem) for row in rows}) == 60
    alone, tally = make(order(rows=40, distinct=True))
    assert len({row.identity for row in alone}) == len(alone) == 40
    assert tally.dropped["duplicate"] > 0


def test_families_that_have_no_more_problems_come_to_an_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.flywheel.synth.MOST_MISSES", 30)
    family = replace(NAMED["blocksworld"], make=lambda _chance, _level: PAYLOAD)
    rows, tally = make(order(families=[(family, [1])]))
    assert len(rows) == 1
    assert tally.dropped["duplicate"] == 30


PAYLOAD = dict(NAMED["blocksworld"].make(random.Random(1), 1))  # noqa: S311  # no secret


def broken() -> Iterator[tuple[str, Family]]:
    good = NAMED["blocksworld"]
    yield "`make` fails", replace(good, make=lambda _chance, _level: {}["nothing"])
    yield (
        "no identity",
        replace(good, make=lambda _chance, _level: {"domain": "(", "problem": ""}),
    )
    yield "is rejected", replace(good, answer=lambda _problem: "(pick-up a)\n(pick-up a)")
    yield "`answer` fails", replace(good, answer=lambda problem: problem.nothing)
    yield "has one", replace(good, solvable=False)
    yield "repaired", replace(good, repair=lambda _problem, _wrong: "nonsense")


@pytest.mark.parametrize(("what", "family"), list(broken()))
def test_what_a_family_does_not_keep_is_a_defect_and_no_row(
    monkeypatch: pytest.MonkeyPatch, what: str, family: Family
) -> None:
    monkeypatch.setattr("app.flywheel.synth.MOST_MISSES", 100)
    share = 0.0 if family.solvable else 1.0
    rows, tally = make(order(families=[(family, [1])], infeasible=share, rows=1, near_misses=1))
    assert rows == []
    assert any(what in found for found in tally.defects)
    assert tally.shown


def test_a_renaming_that_changes_the_problem_is_a_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.flywheel.synth.MOST_MISSES", 100)
    other = dict(NAMED["ferry"].make(random.Random(1), 1))  # noqa: S311  # no secret
    generation = replace(GENERATION, rename=lambda _chance, _problem: other)
    rows, tally = make(order(generation=generation, mystery=1.0))
    assert rows == []
    assert tally.defects["a renamed problem has another identity"]


def test_excluded_problems_are_left_out_under_any_names(tmp_path: Path) -> None:
    held, _ = make(order(rows=10, seed=1, mystery=1.0, distinct=True))
    file = tmp_path / "held.jsonl"
    file.write_text("".join(json.dumps(row.to_json()) + "\n" for row in held), "utf-8")
    excluded = read_excluded([file], PDDL)
    assert excluded == Excluded(frozenset(row.identity for row in held))
    leaky, _ = make(order(rows=60, seed=1))
    assert {row.identity for row in leaky} & excluded.identities, "the check can fail"
    clean, tally = make(order(rows=60, seed=1, excluded=excluded.identities))
    assert not {row.identity for row in clean} & excluded.identities
    assert tally.dropped["excluded"] > 0


def test_no_recorded_problem_is_in_the_data(planbench, tmp_path: Path) -> None:
    file = tmp_path / "recorded.jsonl.gz"
    rows = [r for r in planbench.rows("problems") if r["family"] in {"blocksworld_3", "logistics"}]
    with gzip.open(file, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows[:60])
    excluded = read_excluded([file], PDDL)
    assert not excluded.unread
    leaky, _ = make(order(rows=80))
    assert {row.identity for row in leaky} & excluded.identities, "the check can fail"
    clean, _ = make(order(rows=40, excluded=excluded.identities, mystery=0.3))
    assert not {row.identity for row in clean} & excluded.identities


@pytest.mark.parametrize("name", ["coloring", "countdown"])
def test_no_problem_of_the_benchmark_is_in_the_data(name: str) -> None:
    domain = find_domain(name)
    assert domain.generation is not None
    excluded = read_excluded([ROOT / "examples" / "bench"], domain)
    assert excluded.identities
    assert not excluded.unread
    families = [(family, [1, 2]) for family in domain.generation.families if family.solvable]
    made, _ = make(
        order(
            domain=domain,
            generation=domain.generation,
            families=families,
            excluded=excluded.identities,
            rows=40,
        )
    )
    assert len(made) == 40
    assert not {row.identity for row in made} & excluded.identities


def test_problems_to_exclude_are_found_in_every_form(tmp_path: Path) -> None:
    row = make(order(rows=1))[0][0]
    texts = row.problem
    (tmp_path / "pair").mkdir()
    for part in ("domain", "problem"):
        (tmp_path / "pair" / f"{part}.pddl").write_text(str(texts[part]), "utf-8")
    one = {"domain": "pddl", "problem": texts}
    other = {"domain": "pddl", "problem": json.dumps(texts)}
    columns = {"domain_pddl": texts["domain"], "problem_pddl": texts["problem"]}
    forms: dict[str, Any] = {"a.json": one, "b.json": [one], "c.jsonl": other, "d.jsonl": columns}
    for name, value in forms.items():
        (tmp_path / name).write_text(json.dumps(value), "utf-8")
    for place in (*(tmp_path / name for name in forms), tmp_path / "pair", tmp_path):
        assert read_excluded([place], PDDL).identities == {row.identity}


def test_problems_to_exclude_that_cannot_be_read_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "odd.jsonl"
    rows = [
        {"domain": "pddl", "problem": {"domain": "(", "problem": ")"}},
        {"domain": "pddl", "problem": "no json"},
        {"domain": "calendar", "problem": {}},
        ["no row"],
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    assert read_excluded([file], PDDL) == Excluded(frozenset(), 2)


@pytest.mark.parametrize(("name", "text"), [("a.jsonl", "{}\n"), ("a.json", "{"), ("b.jsonl", "{")])
def test_a_file_that_excludes_nothing_is_refused(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(ServiceError):
        read_excluded([tmp_path / name], PDDL)
    with pytest.raises(ServiceError):
        read_excluded([tmp_path / "not-there.jsonl"], PDDL)
