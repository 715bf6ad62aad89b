"""Turn recorded conversations of strong models into a suite for `modulo bench`.

    python benchmarks/recorded_suite.py planbench SOURCE/planbench /tmp/planbench
    modulo bench /tmp/planbench/suite.toml

SOURCE is a folder with `problems.jsonl.gz` and `conversations.jsonl.gz`: PlanBench problems
(`domain_pddl`, `problem_pddl`) or Natural Plan problems (`task`, `spec`), and conversations with
`problem_id`, `model`, `run` and `rounds` of `response`, `usage` and `seconds`. Nothing is asked of
a model: the answers are judged anew, and portfolios are computed from what was recorded. Prices are
the vendors' list prices of the time, in US dollars per million tokens.
"""

import argparse
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PRICES = {
    "o1-preview": (15.0, 60.0),
    "o1-mini": (3.0, 12.0),
    "deepseek-r1": (0.55, 2.19),
    "gpt-4o-mini": (0.15, 0.6),
}
RUN = {"meeting": {"llama-3.1-8b": "loop-20250702"}}
"""Where a model has several runs of a task, the one that counts; else `loop`."""

HEAD = """\
name = "{name}"
problems = ["problems.jsonl"]
assurance = "single"

[budget]
rounds = 50
seconds = 120

[strategies.recorded]
upstreams = [{asked}]

[strategies.solver]
strategy = {{ solver = "only" }}
upstreams = ["nobody"]

[upstreams.nobody]
kind = "none"
"""
UPSTREAM = """
[upstreams."{model}"]
kind = "replay"
path = "conversations.jsonl"
model = "{model}"
"""
PLANBENCH = {
    "preview-1-solver": [("o1-preview", 1, False), ("solver", None, False)],
    "preview-3-solver": [("o1-preview", 3, False), ("solver", None, False)],
    "mini-1-preview": [("o1-mini", 1, False), ("o1-preview", None, False)],
    "r1-1-preview": [("deepseek-r1", 1, False), ("o1-preview", None, False)],
    "4o-mini-1-r1-1-preview": [
        ("gpt-4o-mini", 1, False),
        ("deepseek-r1", 1, False),
        ("o1-preview", None, False),
    ],
    "4o-mini-1-solver": [("gpt-4o-mini", 1, False), ("solver", None, False)],
}
NATURAL_PLAN = {
    "v3-1-r1": [("deepseek-v3", 1, False), ("deepseek-r1", None, False)],
    "v3-2-r1": [("deepseek-v3", 2, False), ("deepseek-r1", None, False)],
    "v3-repeat-r1": [("deepseek-v3", None, True), ("deepseek-r1", None, False)],
    "v3-2-solver": [("deepseek-v3", 2, False), ("solver", None, False)],
    "v3-repeat-solver": [("deepseek-v3", None, True), ("solver", None, False)],
    "r1-1-solver": [("deepseek-r1", 1, False), ("solver", None, False)],
    "v3-1-r1-1-solver": [
        ("deepseek-v3", 1, False),
        ("deepseek-r1", 1, False),
        ("solver", None, False),
    ],
}


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Read gzipped JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def read_problem(row: dict[str, Any]) -> dict[str, Any]:
    """Put a recorded problem into the form of a suite."""
    if "domain_pddl" in row:
        payload = {"domain": row["domain_pddl"], "problem": row["problem_pddl"]}
        return {
            "id": row["id"],
            "domain": "pddl",
            "group": row["family"],
            "solvable": row["solvable"],
            "problem": payload,
        }
    payload = {name: part for name, part in row["spec"].items() if name != "task"}
    return {
        "id": row["id"],
        "domain": row["task"],
        "group": row["task"],
        "solvable": True,
        "problem": payload,
    }


def pick_conversations(source: Path) -> list[dict[str, Any]]:
    """Take one conversation per problem and model."""
    picked: dict[tuple[str, str], dict[str, Any]] = {}
    for row in read_rows(source / "conversations.jsonl.gz"):
        model = row["model"].removesuffix("-2024-07-18")
        wanted = RUN.get(row.get("task", ""), {}).get(model, "loop")
        if row.get("run", "loop") == wanted:
            key = (row["problem_id"], model)
            known = picked.get(key)
            longer = known is None or len(row["rounds"]) > len(known["rounds"])
            if longer:
                picked[key] = {"problem_id": key[0], "model": model, "rounds": row["rounds"]}
    return list(picked.values())


def write_suite(name: str, models: list[str], portfolios: dict[str, Any]) -> str:
    """Write the suite's file."""
    parts = [HEAD.format(name=name, asked=", ".join(f'"{model}"' for model in models))]
    for model in models:
        parts.append(UPSTREAM.format(model=model))
        if model in PRICES:
            parts.append("price = {{ input = {:g}, output = {:g} }}\n".format(*PRICES[model]))
    parts.append("\n[portfolios]\n")
    for title, stages in portfolios.items():
        told = ", ".join(write_stage(*stage) for stage in stages)
        parts.append(f"{title} = [{told}]\n")
    return "".join(parts)


def write_stage(who: str, rounds: int | None, until_repeat: bool) -> str:  # noqa: FBT001  # a table's column
    """Write one stage of a portfolio."""
    row = ("solver", "nobody") if who == "solver" else ("recorded", who)
    told = f'strategy = "{row[0]}", upstream = "{row[1]}"'
    told += f", rounds = {rounds}" if rounds else ""
    return f"{{ {told}{', until_repeat = true' if until_repeat else ''} }}"


def main() -> None:
    """Read the command line and write the suite."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["planbench", "natural-plan"])
    parser.add_argument("source", type=Path, help="folder of the recordings")
    parser.add_argument("out", type=Path, help="folder of the suite")
    options = parser.parse_args()
    talks = pick_conversations(options.source)
    asked = {talk["problem_id"] for talk in talks}
    problems = [read_problem(row) for row in read_rows(options.source / "problems.jsonl.gz")]
    kept = [problem for problem in problems if problem["id"] in asked]
    options.out.mkdir(parents=True, exist_ok=True)
    for file, rows in (("problems.jsonl", kept), ("conversations.jsonl", talks)):
        lines = "".join(f"{json.dumps(row)}\n" for row in rows)
        (options.out / file).write_text(lines, "utf-8")
    portfolios = PLANBENCH if options.kind == "planbench" else NATURAL_PLAN
    models = sorted({talk["model"] for talk in talks})
    suite = write_suite(options.kind, models, portfolios)
    (options.out / "suite.toml").write_text(suite, "utf-8")
    print(f"{len(kept)} problems, {len(talks)} conversations: {options.out / 'suite.toml'}")


if __name__ == "__main__":
    main()
