"""Make the problems on which the proposer of examples/proposer is measured.

    python -m benchmarks.proposer_problems /tmp/proposer --count 60
    modulo bench /tmp/proposer/trained.toml --out /tmp/proposer/out

Every problem has an identity, up to names and order, that is held out of the training data. No two
problems of a group have the same one, as long as there are others; small groups are filled up with
the same problems under other names. The same arguments make the same files.
"""

import argparse
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from critics import find_domain
from critics.judge import read_problem
from examples.proposer.problems import is_held_out

SUITE = Path(__file__).parents[1] / "examples" / "bench" / "proposer.toml"
TRIES = 100
"""Problems made for each that is wanted, before twins of those that are there are taken, too."""


@dataclass(frozen=True)
class Group:
    """Problems that are counted together; their share of a domain's count comes with them."""

    name: str
    domain: str
    family: str
    level: int
    share: float = 1.0
    renamed: bool = False


TRAINED = (
    Group("blocksworld-3", "pddl", "blocksworld", 1, 1 / 6),
    Group("blocksworld-4", "pddl", "blocksworld", 2, 5 / 12),
    Group("blocksworld-5", "pddl", "blocksworld", 3, 5 / 12),
    Group("blocksworld_6_7-6", "pddl", "blocksworld", 4, 1 / 2),
    Group("blocksworld_6_7-7", "pddl", "blocksworld", 5, 1 / 2),
    Group("mystery-3", "pddl", "blocksworld", 1, 1 / 6, renamed=True),
    Group("mystery-4", "pddl", "blocksworld", 2, 5 / 6, renamed=True),
    Group("logistics-1", "pddl", "logistics", 1, 1 / 6),
    Group("logistics-2", "pddl", "logistics", 2, 5 / 12),
    Group("logistics-3", "pddl", "logistics", 3, 5 / 12),
    Group("countdown-3", "countdown", "reach", 2),
    Group("coloring-5", "coloring", "colorable", 1, 1 / 2),
    Group("coloring-6", "coloring", "colorable", 2, 1 / 2),
    Group("calendar-2", "calendar", "possible", 1, 1 / 2),
    Group("calendar-3", "calendar", "possible", 2, 1 / 2),
    Group("meeting-1", "meeting", "possible", 1, 1 / 2),
    Group("meeting-2", "meeting", "possible", 2, 1 / 2),
)
LARGER = (
    Group("blocksworld-8", "pddl", "blocksworld", 6, 1 / 2),
    Group("blocksworld-10", "pddl", "blocksworld", 8, 1 / 2),
    Group("mystery-5", "pddl", "blocksworld", 3, 1 / 2, renamed=True),
    Group("logistics-4", "pddl", "logistics", 4, 1 / 2),
    Group("countdown-4", "countdown", "reach", 3, 1 / 2),
    Group("coloring-8", "coloring", "colorable", 3, 1 / 2),
    Group("calendar-5", "calendar", "possible", 3, 1 / 2),
    Group("meeting-3", "meeting", "possible", 3, 1 / 2),
)
FILES: Mapping[str, tuple[Group, ...]] = {"trained": TRAINED, "larger": LARGER}
FEW = 6
"""Problems of a domain in the file for slow models."""


def make_problems(group: Group, count: int, seed: int, given: set[str]) -> Iterator[dict[str, Any]]:
    """Make the problems of a group, one for each identity; none of those that are given."""
    domain = find_domain(group.domain)
    generation = domain.generation
    if generation is None:
        raise SystemExit(f"the domain `{group.domain}` makes no problems")
    family = next(family for family in generation.families if family.name == group.family)
    draw = random.Random(f"{seed} {group.name} {group.level}")  # noqa: S311  # problems, no secrets
    seen: set[str] = set()
    made = 0
    for tries in range(2 * TRIES * count):
        if made == count:
            return
        payload = family.make(draw, group.level)
        problem = read_problem(domain, payload)
        identity = generation.identity(problem)
        twin = identity in seen
        if not is_held_out(group.domain, identity) or (twin and tries < TRIES * count):
            continue
        if group.renamed and generation.rename is not None:
            payload = generation.rename(draw, problem)
        if json.dumps(payload) in given:
            continue
        made += 1
        seen.add(identity)
        given.add(json.dumps(payload))
        yield {
            "id": f"{group.name}-{group.level}-{made:03}",
            "domain": group.domain,
            "group": group.name,
            "solvable": True,
            "problem": payload,
        }


def main() -> None:
    """Read the command line and write the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="folder to write to")
    parser.add_argument("--count", type=int, default=60, help="problems of a domain")
    parser.add_argument("--seed", type=int, default=20261123)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for name, groups in FILES.items():
        write(options.out, name, [row for rows in make_all(groups, options) for row in rows])
    few = make_all(TRAINED, options, FEW)
    # In turn, so that a run that is cut short has seen all of them.
    turns = [[row for row in rows if row is not None] for rows in zip_longest(*few)]
    write(options.out, "few", [row for rows in turns for row in rows])


def make_all(
    groups: Sequence[Group], options: argparse.Namespace, count: int | None = None
) -> list[list[dict[str, Any]]]:
    """Make the problems of some groups, no problem twice."""
    given: set[str] = set()
    wanted = [max(1, round((count or options.count) * group.share)) for group in groups]
    return [
        list(make_problems(group, number, options.seed, given))
        for group, number in zip(groups, wanted, strict=True)
    ]


def write(out: Path, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write a set of problems and the suite that runs it."""
    lines = "".join(f"{json.dumps(row)}\n" for row in rows)
    (out / f"{name}.jsonl").write_text(lines, "utf-8")
    suite = SUITE.read_text("utf-8").replace("trained.jsonl", f"{name}.jsonl")
    (out / f"{name}.toml").write_text(suite, "utf-8")
    print(f"{len(rows)} problems: {out / name}.toml")


if __name__ == "__main__":
    main()
