"""Tracing: which values of a payload a text holds, and what of the text the payload lacks.

This is how a model that formalises a text is kept from inventing, dropping or deciding anything
silently. Every difference is a doubt that the author of the text is asked about.

Invariants:
    * A payload with the text's numbers, times and names, and with default choices only, has none.
    * What cannot be traced by numbers, times and names (a choice among fixed words) needs the
      words that the domain names for it (`Cue`), or is doubted.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import chain
from typing import Any

from pydantic import JsonValue

from critics.echo import Form, Item, names_of, read_text, read_value, share, walk
from critics.formalization import Cue, Doubt, Formalizer
from critics.types import Problem

MAX_DOUBTS = 40
"""So many are told; a text with more is not what the problem says."""
SHOWN_CHARS = 80


@dataclass(frozen=True, slots=True)
class Fields:
    """What a payload's schema says of its fields.

    Attributes:
        names: Every field's name; other keys of an object are the user's own words.
        choices: Field to the fixed values it chooses from.
        defaults: Field to the value it takes by itself.
    """

    names: frozenset[str]
    choices: Mapping[str, tuple[JsonValue, ...]]
    defaults: Mapping[str, JsonValue]


@cache
def fields_of(problem: type[Problem]) -> Fields:
    """Read the fields of a payload's schema, at any depth."""
    schema = problem.model_json_schema()
    names: set[str] = set()
    choices: dict[str, tuple[JsonValue, ...]] = {}
    defaults: dict[str, JsonValue] = {}
    for part in (schema, *schema.get("$defs", {}).values()):
        for name, found in part.get("properties", {}).items():
            names.add(name)
            choices[name] = (*choices.get(name, ()), *_choices(found))
            if "default" in found:
                defaults[name] = found["default"]
    return Fields(frozenset(names), {k: v for k, v in choices.items() if v}, defaults)


def find_doubts(
    text: str,
    payload: Mapping[str, JsonValue],
    problem: type[Problem],
    formalizer: Formalizer,
) -> tuple[Doubt, ...]:
    """Compare a text with the payload that a model made of it.

    Args:
        text: The text, and what its author has answered to questions.
        payload: The payload, validated.
        problem: Its schema.
        formalizer: The domain's cues, and whether numbers are counted.
    """
    fields = fields_of(problem)
    scalars = list(walk(dict(payload), fields.names))
    chosen = [pair for pair in scalars if _is_choice(pair, fields)]
    values = [value for name, value in scalars if not _is_choice((name, value), fields)]
    items = list(chain.from_iterable(map(read_value, values)))
    there = read_text(text)
    found = chain(
        _untraced(items, there),
        _lost(items, there, text, _sizes(dict(payload))),
        _rarer(items, there, counted=formalizer.counted),
        _chosen(chosen, fields, formalizer.cues, text),
    )
    return tuple(dict.fromkeys(found))[:MAX_DOUBTS]


def _choices(found: Mapping[str, Any]) -> Iterator[JsonValue]:
    """Give the fixed values of a field."""
    yield from found.get("enum", ())
    if "const" in found:
        yield found["const"]
    if found.get("type") == "boolean":
        yield from (True, False)
    for part in (*found.get("anyOf", ()), *([found["items"]] if "items" in found else [])):
        yield from _choices(part)


def _is_choice(pair: tuple[str, JsonValue], fields: Fields) -> bool:
    name, value = pair
    return value is None or any(value is v or _same(value, v) for v in fields.choices.get(name, ()))


def _same(one: JsonValue, other: JsonValue) -> bool:
    return type(one) is type(other) and one == other


def _untraced(items: Iterable[Item], there: Sequence[Item]) -> Iterator[Doubt]:
    """Find what the payload holds and the text does not."""
    sure = set(chain.from_iterable(item.sure for item in there))
    maybe = {
        ("time", form[1]): item.text for item in there for form in item.forms if form[0] == "maybe"
    }
    for item in items:
        if share(item, sure):
            continue
        shown = item.text[:SHOWN_CHARS]
        guess = next((maybe[form] for form in item.forms if form in maybe), None)
        if guess is not None:
            headline = f"`{shown}` may be what `{guess}` means; the text does not say AM or PM"
            yield Doubt(kind="ambiguous", what=shown, headline=headline)
        else:
            headline = f"`{shown}` is in the problem and not in the text"
            yield Doubt(kind="not-in-text", what=shown, headline=headline)


def _sizes(payload: JsonValue) -> Iterator[Form]:
    """Give how long each list and table is, since texts like to say how many there are."""
    if isinstance(payload, Mapping | list):
        yield ("number", Fraction(len(payload)))
        for part in payload.values() if isinstance(payload, Mapping) else payload:
            yield from _sizes(part)


def _lost(
    items: Iterable[Item], there: Sequence[Item], text: str, sizes: Iterable[Form]
) -> Iterator[Doubt]:
    """Find numbers, times and names that the text holds and the payload does not."""
    held = Counter(form for item in items for form in item.sure)
    held.update(sizes)
    names = set(map(id, names_of(there, text)))
    for item in there:
        if item.again:
            continue
        counts = any(form[0] == "number" for form in item.sure) and item.text.lower() != "one"
        told = counts or not item.name or id(item) in names
        if told and not any(form in held for form in _readings(item)):
            yield _dropped(item.text, "is in the text and not in the problem")


def _rarer(items: Iterable[Item], there: Sequence[Item], *, counted: bool) -> Iterator[Doubt]:
    """Find times, and numbers if they are counted, that the payload holds less often."""
    held = Counter(form for item in items for form in item.sure)
    told = [(item, "time") for item in there if _is_clock(item)]
    told += [(item, "number") for item in there if counted and not (item.name or item.again)]
    forms = [(form, item.text) for item, kind in told for form in item.sure if form[0] == kind]
    texts = dict(forms)
    for form, count in Counter(form for form, _ in forms).items():
        if 0 < held[form] < count:
            often = f"is {count} times in the text and {held[form]} times in the problem"
            yield _dropped(texts[form], often)


def _readings(item: Item) -> Iterator[Any]:
    """Give every form, with a guessed time as the time it may be."""
    return (("time", form[1]) if form[0] == "maybe" else form for form in item.forms)


def _is_clock(item: Item) -> bool:
    """Say whether a time is written as one, so that it is not said in passing."""
    return not item.name and bool(re.search(r"\d[:.]\d|[AaPp]\.?[Mm]\.?$", item.text))


def _dropped(text: str, how: str) -> Doubt:
    shown = text[:SHOWN_CHARS]
    return Doubt(kind="not-in-problem", what=shown, headline=f"`{shown}` {how}")


def _chosen(
    chosen: Iterable[tuple[str, JsonValue]], fields: Fields, cues: Sequence[Cue], text: str
) -> Iterator[Doubt]:
    """Find choices that the text does not call for, and calls that were not heard."""
    made = [(name, value) for name, value in chosen if value is not None]
    for name, value in made:
        if name in fields.defaults and _is_default(fields.defaults[name], name, value, made):
            continue
        wanted = [cue for cue in cues if cue.field == name and _same(cue.value, value)]
        if not any(re.search(cue.pattern, text, re.IGNORECASE) for cue in wanted):
            what = _spell(name, value)
            headline = f"`{what}` is a choice for which the text holds no clear words"
            yield Doubt(kind="choice", what=what, headline=headline)
    for cue in cues:
        heard = re.search(cue.pattern, text, re.IGNORECASE) if cue.telling else None
        if heard and not any(name == cue.field and _same(cue.value, v) for name, v in made):
            what = _spell(cue.field, cue.value)
            headline = f"`{heard[0][:SHOWN_CHARS]}` may call for `{what}`, which was not chosen"
            yield Doubt(kind="choice", what=what, headline=headline)


def _is_default(
    default: JsonValue, name: str, value: JsonValue, made: Sequence[tuple[str, JsonValue]]
) -> bool:
    """Say whether a value is what its field takes by itself; of a list, whether all of it is."""
    if isinstance(default, list):
        return sorted(map(repr, default)) == sorted(repr(v) for n, v in made if n == name)
    return _same(default, value)


def _spell(name: str, value: JsonValue) -> str:
    return f"{name}: {str(value).lower() if isinstance(value, bool) else value}"
