"""corpus: rows of problems with right answers, wrong ones, what is told of them, and repairs.

Run as a program it writes parts, each a file of rows as text, and once there is a vocabulary also
as arrays. Every answer that is learnt was accepted by the judge, every wrong one was rejected.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from backprompt.prompt import KNOWN_WRONG, WORDINGS, put_differently
from critics.types import CandidateError, Verdict
from examples.proposer.batches import Repair, Row, make_row
from examples.proposer.neighbours import answer_neighbour
from examples.proposer.phrases import choose_phrases, find_names, find_words
from examples.proposer.problems import KINDS, Instance, Kind, draw, tell
from examples.proposer.thoughts import put
from examples.proposer.vocabulary import FILE, Vocabulary

PART = 4000
"""Rows in a part."""
REPAIRS = 2
"""Wrong answers to a problem, at most."""
MUTATIONS = 3
"""Changes that make a wrong answer, at most."""
SLIPS, TRIES = 0.6, 4
"""Share of wrong answers that are right for a neighbouring problem, if one of so many tried has
such an answer."""
FORMAL = ("syntax", "format", "malformed", "arity", "duplicate", "unread", "unknown", "type")
"""Faults of form: a model soon stops making them."""
SPARE = 0.1
"""Share of wrong answers with a fault of form that are kept."""
DIRECT = 0.2
"""Share of the plans that are also learnt without the thought before them."""
AFRESH = 0.06
"""Share of the problems that are put as after a stall."""
STARTS = (KNOWN_WRONG, *WORDINGS)
"""What a fresh start says, a token each."""
TYPICAL = {"mystery": 300, "logistics": 340, "meeting": 330, "calendar": 165}
"""Tokens of a row, to share the corpus by tokens."""


def make_rows(seed: int, count: int, kinds: Sequence[Kind] = KINDS) -> Iterator[dict[str, Any]]:
    """Make rows of all kinds."""
    random = Random(seed)
    choices = [(kind, level) for kind in kinds for level in kind.levels]
    weights = [kind.levels[level] / TYPICAL.get(kind.name, 230) for kind, level in choices]
    while count:
        [(kind, level)] = random.choices(choices, weights)
        row = make_text(random, draw(random, kind, level, held_out=False))
        if row is not None:
            count -= 1
            yield row


def make_text(random: Random, instance: Instance) -> dict[str, Any] | None:
    """Make one row; nothing where there is no systematic answer."""
    answer = instance.answer()
    if answer is None or instance.judge(answer).verdict is not Verdict.ACCEPTED:
        return None
    repairs = []
    for _ in range(random.randint(1, REPAIRS)):
        wrong = corrupt(random, instance, answer)
        repair = make_repair(instance, wrong) if wrong is not None else None
        if repair is not None:
            repairs.append([repair.wrong, repair.told, repair.right])
    beside = start_afresh(random, [wrong for wrong, *_ in repairs])
    row = describe(instance, answer, repairs, beside)
    plans = instance.domain.name == "pddl" and row["answer"] != answer
    return row | {"direct": answer if plans and random.random() < DIRECT else None}


def start_afresh(random: Random, wrong: Sequence[str]) -> str:
    """Write what a fresh start says beside the problem, which is mostly nothing."""
    if random.random() >= AFRESH:
        return ""
    wording = random.choice([None, *range(len(WORDINGS))])
    return put_differently(random.choice([(), wrong]), wording)


def describe(
    instance: Instance, answer: str | None, repairs: Sequence[Any], beside: str = ""
) -> dict[str, Any]:
    """Write a row as plain data."""
    names = find_names(instance.kind.domain, instance.payload)
    words = find_words(instance.payload) if instance.kind.mystery else []
    return {
        "kind": instance.kind.name,
        "level": instance.level,
        "identity": instance.identity,
        "prompt": "\n\n".join(filter(None, (instance.prompt, beside))),
        "answer": None if answer is None else put(instance, answer),
        "repairs": [[wrong, told, put(instance, right, wrong)] for wrong, told, right in repairs],
        "names": names,
        "words": words,
    }


def corrupt(random: Random, instance: Instance, answer: str) -> str | None:
    """Make a wrong answer, of a neighbouring problem or by changing a right one."""
    for _ in range(TRIES if random.random() < SLIPS else 0):
        slip = answer_neighbour(random, instance)
        written = slip is not None and instance.find(slip) == [slip]  # unlike an empty plan
        if slip and written and instance.judge(slip).verdict is Verdict.REJECTED:
            return slip
    loaded = instance.domain.load(instance.problem)
    text = answer
    for _ in range(random.randint(1, MUTATIONS)):
        try:
            mutants = [mutant.text for mutant in instance.domain.mutate(loaded, text)]
        except (AttributeError, CandidateError, LookupError, TypeError, ValueError):
            break  # It changes whole answers, and this one lacks something by now.
        for changed in random.sample(mutants, min(len(mutants), 6)):
            judgement = instance.judge(changed)
            codes = " ".join(finding.code for finding in judgement.diagnostics)
            formal = any(word in codes for word in FORMAL)
            if judgement.verdict is Verdict.REJECTED and (not formal or random.random() < SPARE):
                text = changed
                break
    return None if text == answer else text


def make_repair(instance: Instance, wrong: str) -> Repair | None:
    """Make a turn that mends a wrong answer."""
    judgement = instance.judge(wrong)
    right = instance.repair(wrong)
    if judgement.verdict is not Verdict.REJECTED or right is None:
        return None
    if instance.judge(right).verdict is not Verdict.ACCEPTED:
        return None
    return Repair(wrong, tell(judgement), right)


def choose_vocabulary(rows: Sequence[dict[str, Any]]) -> Vocabulary:
    """Choose the tokens from rows."""
    texts = [
        (text, row["names"], row["words"])
        for row in rows
        for text in (row["prompt"], row["answer"], *(t for r in row["repairs"] for t in r))
    ]
    return Vocabulary([*choose_phrases(texts), *STARTS])


def encode(vocabulary: Vocabulary, row: dict[str, Any]) -> Row:
    """Encode a row."""
    repairs = [Repair(*repair) for repair in row["repairs"]]
    return make_row(vocabulary, row["prompt"], row["answer"], repairs, row.get("direct"))


def save_rows(rows: Sequence[Row], path: Path) -> None:
    """Write rows as arrays."""
    ends = np.cumsum([len(row.tokens) for row in rows])
    names = ("tokens", "branch", "place", "target")
    arrays = {n: np.concatenate([getattr(row, n) for row in rows]).astype(np.int16) for n in names}
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, ends=ends, **arrays)
    partial.rename(path)


def load_rows(path: Path) -> list[Row]:
    """Read rows."""
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    cuts = arrays.pop("ends")[:-1]
    parts = {name: np.split(array, cuts) for name, array in arrays.items()}
    return [Row(*row) for row in zip(*(parts[n] for n in Row.__slots__), strict=True)]


def main() -> None:
    """Write parts of a corpus."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--parts", type=int, nargs=2, default=(0, 1), metavar=("FROM", "TO"))
    parser.add_argument("--rows", type=int, default=PART, help="in a part")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    for part in range(*given.parts):
        rows = list(make_rows(1000 + part, given.rows))
        if not (given.folder / FILE).exists():
            choose_vocabulary(rows).save(given.folder)
        vocabulary = Vocabulary.load(given.folder)
        save_rows([encode(vocabulary, row) for row in rows], given.folder / f"part-{part:04}.npz")
        if part == given.parts[0]:
            text = "\n".join(map(json.dumps, rows))
            (given.folder / f"part-{part:04}.jsonl").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
