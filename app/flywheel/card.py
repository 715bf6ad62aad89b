"""Card: a data set's `README.md` as Hugging Face shows it.

Source of the front matter: https://huggingface.co/docs/hub/datasets-cards.

Invariant: it says what is in the data, who found it, what was left out and why; what nobody has
named, such as the licence, it calls unknown.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version

from app.flywheel.exports import Tally
from app.flywheel.formats import Format

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
SHOWN = 20
"""Values of a column that are listed."""
UNKNOWN = "unknown"

PURPOSE: Mapping[Format, str] = {
    Format.SFT: "certified answers, for supervised fine-tuning",
    Format.PREFERENCE: "pairs of a certified and a rejected answer, for DPO and its kin",
    Format.KTO: "answers, each with a label that says whether it is certified, for KTO",
    Format.REPAIR: "conversations in which a rejected answer and what is wrong with it are "
    "followed by a certified one; only the last turn is to be learnt",
    Format.RL: "problems to be solved, for reinforcement learning with a reward that judges",
}
REASONS: Mapping[str, str] = {
    "answer-not-certified": "answers that are not rejected, and not certified either",
    "certificate-not-confirmed": "answers that a source calls certified and critics do not accept",
    "conversation-not-text": "chats with images, sounds or calls of tools",
    "duplicate": "rows that are there already",
    "duplicate-problem": "rows of a problem that is there already, perhaps under other names",
    "enough-of-problem": "rows of a problem that has enough (`--per-problem`)",
    "excluded-problem": "problems that must not be in the data (`--exclude`), under whatever names",
    "file-unreadable": "files that are neither journals nor rows",
    "journal-too-large": "journals of more than 200 MB",
    "journal-unreadable": "journals that are cut off, or are none",
    "journal-without-run": "journals that tell of no run",
    "key-material": "problems and answers that hold a private key or an API key",
    "no-kto-row": "runs without an answer that was decided",
    "no-preference-row": "runs without both a certified and a rejected answer",
    "no-repair-row": "runs without a rejected answer before a certified one",
    "no-sft-row": "runs without a certified answer that was wanted",
    "not-judged": "answers that no critic has judged",
    "not-unicode": "answers that hold half of a surrogate pair, which no file can",
    "other-domain": "runs of other domains (`--domain`)",
    "problem-not-covered": "problems of which no critic decides everything",
    "problem-unreadable": "problems that could not be read",
    "row-unreadable": "lines that are no row",
    "too-old": "runs from before `--since`",
}


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What a card says besides counts.

    Attributes:
        kind: What the rows are for.
        command: What was typed.
        license: As the Hub names it; `None` if nobody has said.
        trusted: Whether the sources' verdicts were taken as they are.
        recorded: Whether prompts are the ones that models were sent.
        made: Names of the files and their sizes in bytes, by part of the data.
        dates: First and last day of the runs, if known.
    """

    kind: Format
    command: str
    license: str | None
    trusted: bool
    recorded: bool
    made: Mapping[str, tuple[str, int]]
    dates: tuple[str, str] | None = None


def write_card(about: Provenance, tally: Tally) -> str:
    """Write the card."""
    return "\n".join([*_front(about, tally), *_body(about, tally)]) + "\n"


def _front(about: Provenance, tally: Tally) -> Iterator[str]:
    total = tally.rows.total()
    yield "---"
    yield f"license: {_yaml(about.license or UNKNOWN)}"
    yield f"pretty_name: {_yaml(f'llm-modulo {about.kind} data')}"
    yield f"size_categories:\n- {_size(total)}"
    task = "reinforcement-learning" if about.kind is Format.RL else "text-generation"
    yield f"task_categories:\n- {task}"
    yield "tags:\n- llm-modulo\n- planning\n- trl"
    yield f"configs:\n- config_name: {about.kind}\n  default: true\n  data_files:"
    for split, (file, _) in about.made.items():
        yield f"  - split: {split}\n    path: {_yaml(file)}"
    yield f"dataset_info:\n- config_name: {about.kind}\n  splits:"
    for split, (_, size) in about.made.items():
        yield f"  - name: {split}\n    num_bytes: {size}\n    num_examples: {tally.rows[split]}"
    whole = sum(size for _, size in about.made.values())
    yield f"  download_size: {whole}\n  dataset_size: {whole}"
    yield "---"


def _body(about: Provenance, tally: Tally) -> Iterator[str]:
    yield f"# llm-modulo: {about.kind}\n"
    rows, problems = _count(tally.rows.total(), "row"), _count(tally.problems, "problem")
    yield f"{rows} of {problems}: {PURPOSE[about.kind]}.\n"
    yield from _verdicts(about, tally)
    yield "\n## Contents\n"
    yield from _table(("part", "rows"), tally.rows.items())
    for column in sorted(tally.values):
        yield f"\nBy `{column}`:\n"
        yield from _table((column, "rows"), _most(tally.values[column]))
    yield "\n## Where it comes from\n"
    sources = ", ".join(f"{count:,} {name}" for name, count in sorted(tally.episodes.items()))
    dates = f", of {about.dates[0]} to {about.dates[1]}" if about.dates else ""
    yield f"Read: {sources or 'nothing'}{dates}. llm-modulo {version('llm-modulo')}.\n"
    yield f"```\n{about.command}\n```\n"
    yield _licence(about)
    yield "\n## What was left out\n"
    if tally.dropped:
        named = (
            (f"{REASONS.get(why, why)} (`{why}`)", n) for why, n in tally.dropped.most_common()
        )
        yield from _table(("what", "how many"), named)
    else:
        yield "Nothing."
    yield "\n## What it may hold\n"
    yield (
        "Problems and answers are the words of whoever used the service, and of models. Texts that "
        "look like keys were left out; nothing else was looked for. Read the data before you give "
        "it away."
    )


def _verdicts(about: Provenance, tally: Tally) -> Iterator[str]:
    if about.kind is Format.RL:
        yield "Every problem was read, and critics decide all of it; no answer is in the data."
    elif about.trusted:
        yield (
            "**Verdicts are those of the sources (`--trust-journal`): nothing was judged again**, "
            "so what a journal claims falsely is false here."
        )
    else:
        yield (
            "Each answer was judged again when the data was made. What stands as right has a "
            "certificate in its source *and* was accepted; what stands as wrong was rejected; what "
            "could not be decided is not here."
        )
    if tally.refuted:
        yield (
            f"\n**{tally.refuted:,} answers that a source calls certified were not accepted.** "
            "They are not here as right ones. Such a source was altered, or made by a program with "
            "an error."
        )
    if about.recorded:
        yield "\nPrompts are those that models were sent, with what callers had added to them."
    else:
        yield "\nPrompts were written from the problems, as the service puts them to a model."
    yield (
        "\n`origin` says who found an answer. `model` and `reformatted` are a model's own; "
        "`search`, `model_guided_search`, `solver` and `solver_repair` are not, whatever model "
        "took part; `unproved` was not found in the response that it is said to come from."
    )


def _licence(about: Provenance) -> str:
    if about.license is None:
        return "Nobody has named a licence. Without one, others may not use the data."
    return f"Licence: `{about.license}`, as whoever made the data says."


def _table(head: tuple[str, str], rows: Iterable[tuple[str, int]]) -> Iterator[str]:
    yield f"| {head[0]} | {head[1]} |"
    yield "|---|---:|"
    for name, count in rows:
        yield f"| {_cell(name)} | {count:,} |"


def _most(values: Mapping[str, int]) -> list[tuple[str, int]]:
    ordered = sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))
    rest = sum(count for _, count in ordered[SHOWN:])
    more = [(f"{len(ordered) - SHOWN} others", rest)] if rest else []
    return [(name or "(none)", count) for name, count in ordered[:SHOWN]] + more


def _cell(text: str) -> str:
    """Show a name that anybody may have chosen: as text, on one line, in one cell."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text)[:200]
    for sign in "\\|<>[]*":
        shown = shown.replace(sign, f"\\{sign}")
    return shown


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def _size(rows: int) -> str:
    return next((name for most, name in SIZES if rows < most), "n>1M")


def _yaml(text: str) -> str:
    """Quote a text; JSON's strings are YAML's."""
    plain = text.replace("-", "").replace(".", "").isalnum()
    return text if plain else json.dumps(text, ensure_ascii=False)
