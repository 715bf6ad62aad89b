"""render: the one home of wording. Diagnostics become text for the model or for a terminal.

Invariants:
    * Every finding is told exactly once in `all` and `explain`: shown, or counted in
      "and 7 more of `code`".
    * Nothing is told that no critic said; warnings change no verdict and are not told to a model.
    * What was undecided is told as undecided, never as wrong.
    * Terminal text holds no control character but line ends: the model's answer is hostile input.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from backprompt.strategy import Feedback
from critics.changes import compare_judgements, is_comparable
from critics.types import Diagnostic, Judgement, Location, Severity, Verdict

PER_CODE = 8
"""Findings of one code that are shown in full."""
IN_ALL = 24
"""Findings that are shown in full, over all codes."""
LISTED = 10
"""Names of parts of the problem that are listed."""
TAIL_CHARS = 200
"""Characters quoted from the end of a response that holds no answer."""
LINE_CHARS = 300
"""Longest line that is quoted or told."""

EXPLAINING = frozenset({Feedback.EXPLAIN, Feedback.CONSTRUCTIVE})
COMPLETE = EXPLAINING | {Feedback.ALL}
"""Feedback that tells every finding."""
AGAIN = "Give the complete corrected answer in the format that was asked for."
OTHER = "Give a complete answer in the format that was asked for, different from this one."
REPEATED = "This is an answer you gave before, word for word."


def tell_model(
    judgement: Judgement,
    feedback: Feedback,
    *,
    repeated: bool = False,
    before: Judgement | None = None,
    hints: Sequence[Diagnostic] = (),
) -> str:
    """Say what the critics found, to the model.

    Args:
        judgement: Of an answer that was not accepted.
        feedback: How much to say; `none` says nothing.
        repeated: Whether the same answer was judged in an earlier round.
        before: Of the answer before, to tell what has changed since.
        hints: What would help, as an engine found it.
    """
    if feedback is Feedback.NONE:
        return ""
    told = [d for d in judgement.diagnostics if d.severity is not Severity.WARNING]
    if judgement.verdict is Verdict.UNKNOWN:
        return _join(_undecided(told, feedback), [REPEATED] if repeated else [], [OTHER])
    findings = [d for d in told if d.severity is Severity.ERROR]
    return _join(
        ["Your answer was checked and it is not correct."],
        [REPEATED] if repeated else [],
        _findings(findings, feedback),
        [] if repeated or feedback not in COMPLETE else _changes(before, judgement),
        [line for hint in hints for line in _tell_one(hint, "Hint: ", explain=True)],
        [OTHER if repeated else AGAIN],
    )


def tell_right(judgement: Judgement, rubric: str | None = None, *, repeated: bool = False) -> str:
    """Say that an answer is right, and that another one is wanted to choose from.

    Args:
        judgement: Of the answer; what its soft critics would rather not have is told.
        rubric: What a better answer is like, in the caller's words.
        repeated: Whether it was given before.
    """
    soft = [d for d in judgement.diagnostics if d.severity is Severity.WARNING]
    return _join(
        ["Your answer was checked and it is correct."],
        [REPEATED] if repeated else [],
        [line for finding in soft[:PER_CODE] for line in _tell_one(finding, "- ", explain=False)],
        [f"A better answer is like this: {rubric}"] if rubric else [],
        ["Give another correct answer in the same format, different from all before."],
    )


def tell_missing(response: str, finish_reason: str | None, feedback: Feedback) -> str:
    """Say that a response holds no answer, and quote its end.

    Args:
        response: What the model wrote.
        finish_reason: Why it stopped, as the upstream reported it; `length` is told.
        feedback: `none` says nothing.
    """
    if feedback is Feedback.NONE:
        return ""
    lines = ["No answer was found in your response, so nothing was checked."]
    if finish_reason == "length":
        lines.append("It stopped at the length limit before an answer was complete.")
    tail = response.strip()[-TAIL_CHARS:]
    if tail:
        lines += ["It ended with:", _fence(tail)]
    return _join(lines, ["Give a complete answer in the format that was asked for."])


def draw(
    diagnostics: Iterable[Diagnostic], *, judgement: Judgement | None = None, color: bool = False
) -> str:
    """Draw diagnostics for a terminal, compiler style.

    Args:
        diagnostics: What to draw, in order.
        judgement: Adds a last line with the verdict and who reached it.
        color: Whether to colour headlines with ANSI codes.
    """
    blocks = ["\n".join(_draw_one(diagnostic, color=color)) for diagnostic in diagnostics]
    if judgement is not None:
        blocks.append(_verdict_line(judgement))
    return "\n\n".join(blocks)


def draw_judgement(judgement: Judgement, *, color: bool = False) -> str:
    """Draw a judgement for a terminal: every diagnostic, then the verdict."""
    return draw(judgement.diagnostics, judgement=judgement, color=color)


def printable(text: str) -> str:
    """Make a line safe for a terminal: control and direction characters become escapes."""
    return "".join(
        char if char == " " or unicodedata.category(char)[0] not in "CZ" else _escape(char)
        for char in text
    )


def _escape(char: str) -> str:
    return " " if char in "\t\u00a0" else char.encode("unicode_escape", "replace").decode("ascii")


def _join(*parts: Sequence[str]) -> str:
    return "\n".join(line for part in parts for line in part)


def _cap(text: str) -> str:
    return text if len(text) <= LINE_CHARS else f"{text[:LINE_CHARS]} …"


def _fence(text: str) -> str:
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}\n{text}\n{fence}"


def _undecided(told: Sequence[Diagnostic], feedback: Feedback) -> list[str]:
    lines = ["Your answer could not be decided: it was neither accepted nor rejected."]
    if feedback is Feedback.BINARY:
        return lines
    told = told[:1] if feedback is Feedback.FIRST else told
    return lines + [f"- {_cap(d.headline)}" for d in told[:PER_CODE]]


def _findings(findings: Sequence[Diagnostic], feedback: Feedback) -> list[str]:
    if feedback is Feedback.BINARY or not findings:
        return []
    if feedback is Feedback.FIRST:
        return _tell_one(findings[0], "The first problem: ", explain=False)
    lines = [f"{len(findings)} problems were found:" if len(findings) > 1 else "The problem:"]
    shown = 0
    for code, group in _by_code(findings).items():
        room = max(min(PER_CODE, IN_ALL - shown), 1)
        for diagnostic in group[:room]:
            shown += 1
            lead = f"{shown}. " if len(findings) > 1 else ""
            lines += _tell_one(diagnostic, lead, explain=feedback in EXPLAINING)
        if len(group) > room:
            lines.append(f"and {len(group) - room} more of `{code}`")
    return lines


def _changes(before: Judgement | None, after: Judgement) -> list[str]:
    """Tell which parts of the problem were mended and which were broken, if they have names."""
    if before is None or not (is_comparable(before) and is_comparable(after)):
        return []
    found = compare_judgements(before, after)
    kinds = (("fixed", found.fixed), ("still failing", found.still), ("newly broken", found.broken))
    parts = [f"{kind}: {_list(names)}" for kind, names in kinds if names]
    if not found.fixed:
        parts.insert(0, "nothing is fixed")
    return [f"Compared with your answer before, {'; '.join(parts)}."]


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(f"`{_cap(name)}`" for name in names[:LISTED])
    return f"{shown} and {len(names) - LISTED} more" if len(names) > LISTED else shown


def _by_code(findings: Iterable[Diagnostic]) -> dict[str, list[Diagnostic]]:
    groups: dict[str, list[Diagnostic]] = {}
    for diagnostic in findings:
        groups.setdefault(diagnostic.code, []).append(diagnostic)
    return groups


def _tell_one(diagnostic: Diagnostic, lead: str, *, explain: bool) -> list[str]:
    lines = [lead + _cap(diagnostic.headline)]
    place = diagnostic.at
    if place is not None and not (_quoted(place, diagnostic.headline) and not place.label):
        lines += _tell_place(place, labelled=explain)
    if explain:
        for place in _distinct(diagnostic.also):
            lines += _tell_place(place, labelled=True)
        lines += [f"   note: {_cap(note)}" for note in diagnostic.notes]
        lines += [f"   help: {_cap(line)}" for line in diagnostic.help]
    return lines


def _quoted(place: Location, headline: str) -> bool:
    """Say whether a headline already shows the text at a place."""
    return bool(place.text) and str(place.text).strip() in headline


def _distinct(places: Iterable[Location]) -> list[Location]:
    return list(dict.fromkeys(places))


def _tell_place(place: Location, *, labelled: bool) -> list[str]:
    """Name a place the way the model can find it: step, line or pointer, and the text there."""
    label = f"  <- {_cap(place.label)}" if labelled and place.label else ""
    text = f"`{_cap(place.text.strip())}`" if place.text and place.text.strip() else ""
    where = _where(place)
    if not text and not label:
        return []
    return [f"   {where}: {text}{label}" if where else f"   {text}{label}"]


def _where(place: Location) -> str:
    name = "" if place.source == "answer" else f"{place.source} "
    if place.step is not None:
        return f"{name}step {place.step}"
    if place.line is not None:
        return f"{name}line {place.line}"
    return f"{name}{place.pointer}" if place.pointer else name.strip()


_COLORS = {Severity.ERROR: "31", Severity.UNKNOWN: "33", Severity.WARNING: "35"}


def _draw_one(diagnostic: Diagnostic, *, color: bool) -> Iterator[str]:
    kind = f"{diagnostic.severity.value}[{printable(diagnostic.code)}]"
    if color:
        kind = f"\x1b[1;{_COLORS[diagnostic.severity]}m{kind}\x1b[0m"
    yield f"{kind}: {printable(_cap(diagnostic.headline))}"
    own = [diagnostic.at] if diagnostic.at else []
    places = sorted(
        dict.fromkeys([*diagnostic.also, *own]),
        key=lambda place: (place.source != "answer", place.source, place.line or 0),
    )
    width = max((len(str(place.line)) for place in places if place.line), default=1)
    source = "answer"
    for place in places:
        if place.source != source:
            source = place.source
            yield f"{' ' * width} --> {printable(_place_name(place))}"
        yield from _draw_place(place, width, main=place == diagnostic.at)
    for name, lines in (("note", diagnostic.notes), ("help", diagnostic.help)):
        for line in lines:
            yield f"{' ' * width}  = {name}: {printable(_cap(line))}"


def _place_name(place: Location) -> str:
    parts = (place.source, place.line, place.column)
    return place.pointer or ":".join(str(part) for part in parts if part is not None)


def _draw_place(place: Location, width: int, *, main: bool) -> Iterator[str]:
    label = f" {printable(_cap(place.label))}" if place.label else ""
    if place.text is None:
        if label or place.pointer:
            yield f"{' ' * width}  | {printable(place.pointer or '')}{label}".rstrip()
        return
    number = str(place.line) if place.line is not None else ""
    text = place.text[:LINE_CHARS]
    yield f" {number:>{width}} | {printable(text)}"
    start = min((place.column or 1) - 1, len(text))
    stop = min(place.end_column - 1 if place.end_column else len(text), len(text))
    before, marked = printable(text[:start]), printable(text[start:stop])
    mark = ("^" if main else "-") * max(len(marked), 1)
    yield f" {'':>{width}} | {' ' * len(before)}{mark}{label}"


def _verdict_line(judgement: Judgement) -> str:
    names = ", ".join(result.critic for result in judgement.critics if result.hard)
    by = f" by {judgement.domain} {judgement.domain_version}" + (f" ({names})" if names else "")
    return f"{judgement.verdict.value}{printable(by)}, assurance {judgement.assurance.value}"
