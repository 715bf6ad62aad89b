"""Echo: whether two texts, or a text and a payload, hold the same numbers, times and names.

It finds what was added or lost when a model put something into another form. It compares what
stands there, not what it means: two values that have changed places are not noticed.

Invariants:
    * Pure, and linear in the length of both sides.
    * In doubt an item counts as different; a needless question costs less than a wrong problem.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import TypeAlias

from pydantic import JsonValue

Form: TypeAlias = tuple[str, str | Fraction]
"""A normal form: `number`, `time` (minutes after midnight), `maybe` (a time, if PM), or `word`."""

HOUR, NOON, DAY = 60, 720, 1440
_WORDS = re.findall(
    r"\w+",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty",
)
_COUNTS = {word: Fraction(number) for number, word in enumerate(_WORDS)} | {
    "thirty": Fraction(30),
    "forty": Fraction(40),
    "fifty": Fraction(50),
    "sixty": Fraction(60),
    "ninety": Fraction(90),
    "half": Fraction(1, 2),
    "a": Fraction(1),
    "an": Fraction(1),
}
_NUMBER = r"\d{1,12}(?:\.\d{1,6})?"
_COUNT = rf"(?:{_NUMBER}|{'|'.join(sorted(_COUNTS, key=len, reverse=True))})"
_CLOCK = r"(?P<{0}h>\d{{1,2}})(?:[:.h](?P<{0}m>\d{{2}}))?(?:\s?(?P<{0}x>[ap])\.?m\b\.?)?"
_SPAN = re.compile(
    rf"(?i)(?<![\w.]){_CLOCK.format('a')}\s*(?:to|and|until|till|[-\u2013])\s*{_CLOCK.format('b')}"
    r"(?![\w%:]|\.\d)(?!\s*(?:min|hours?|hrs?|days?|people|persons)\b)"
)
_TIME = re.compile(rf"(?i)(?<![\w.]){_CLOCK.format('a')}(?![\w:]|\.\d)")
_DURATION = re.compile(
    rf"(?i)\b(?P<halfan>half\s+an?\s+hour)\b|(?<![\w.])(?P<n>{_COUNT})(?:\s+and\s+a\s+(?P<half>half))?"
    r"[\s-]*(?P<unit>hours?|hrs?|h|minutes?|mins?)\b"
    rf"(?:\s*(?:and)?\s*(?:(?P<halfafter>a\s+half)\b|(?P<m>{_COUNT})[\s-]*(?:minutes?|mins?)\b))?"
)
_WORD = re.compile(r"[^\W_]+(?:['\u2019.](?=[^\W_])[^\W_]+)*")
_DAYS = {day[:3]: day for day in (
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")}  # fmt: skip
_ORDINARY = frozenset(
    re.findall(
        r"\S+",
        "a after all also am an and another any are arrange as assign at be because "
        "before begin best between book both build but by calculate can cannot color "
        "colour combine compute connect constraints could create dear do does during each "
        "either every everybody everyone find first for from get give given go half he "
        "hello help here hi hours how i i'd i'll i'm i've if in is it it's its keep last "
        "let let's make many meet minutes my need neither no nobody not note of on once "
        "one only or organise organize other our paint plan please pm reach regards "
        "schedule set she so solution solve some sorry start suppose task than thank "
        "thanks that the their then there there's these they they're this those to today "
        "tomorrow travel try until use using visit want we we'd we're what when where "
        "which while who why will with work would you you'd your ",
    )
)
"""Words that may begin a sentence without being a name."""


@dataclass(frozen=True, slots=True)
class Item:
    """One number, time or name.

    Attributes:
        text: As it is written.
        forms: What it may stand for; any of them will do.
        name: Whether it is a word.
        again: Whether it is another reading of something that is read without it, too.
    """

    text: str
    forms: frozenset[Form]
    name: bool = False
    again: bool = False

    @property
    def sure(self) -> frozenset[Form]:
        """The forms that need no guess."""
        return frozenset(form for form in self.forms if form[0] != "maybe")


def read_text(text: str) -> tuple[Item, ...]:
    """Find every number, time and word of a text, in order within each kind."""
    found: list[Item] = []
    rest = text
    for pattern, read in ((_DURATION, _duration), (_SPAN, _span), (_TIME, _time)):
        for match in pattern.finditer(rest):
            found += read(match)
        rest = pattern.sub(lambda hit: _blank(hit) if _is_time(hit) else hit[0], rest)
    return (*found, *_words(rest))


def read_value(value: JsonValue) -> tuple[Item, ...]:
    """Find what one scalar of a payload stands for: a number, a time, or its words."""
    if isinstance(value, bool) or value is None:
        return ()
    if isinstance(value, int | float):
        return (Item(str(value), frozenset({("number", Fraction(str(value)))})),)
    if isinstance(value, str):
        clock = re.fullmatch(r"(\d{1,2}):(\d{2})", value)
        if clock:
            minutes = int(clock[1]) * HOUR + int(clock[2])
            return (Item(value, frozenset({("time", Fraction(minutes % DAY))})),)
        return tuple(_words(value, plain=True))
    return ()


def names_of(items: Iterable[Item], text: str) -> Iterator[Item]:
    """Choose the words of a text that look like names: with a capital, and not by chance."""
    lower = set(re.findall(r"(?<![\w'\u2019])[^\W\d_A-Z][\w'\u2019]*", text))
    for item in items:
        plain = item.text.lower().replace("\u2019", "'")
        first = item.text[:1]
        if item.name and first.isupper() and plain not in _ORDINARY and plain not in lower:
            yield item


def walk(
    payload: JsonValue, fields: frozenset[str], name: str = ""
) -> Iterator[tuple[str, JsonValue]]:
    """Give every scalar of a payload with the field it is in, and keys that are no fields."""
    if isinstance(payload, Mapping):
        for key, value in payload.items():
            if key not in fields:
                yield name, key
            yield from walk(value, fields, key if key in fields else name)
    elif isinstance(payload, list | tuple):
        for value in payload:
            yield from walk(value, fields, name)
    else:
        yield name, payload


def share(item: Item, forms: Mapping[Form, int] | set[Form] | frozenset[Form]) -> bool:
    """Say whether one of an item's sure forms is among others."""
    return any(form in forms for form in item.sure)


def _blank(hit: re.Match[str]) -> str:
    return " " * len(hit[0])


def _is_time(hit: re.Match[str]) -> bool:
    """Say whether a match was a time or a duration beyond doubt, so that it is nothing else."""
    groups = hit.groupdict()
    if "unit" in groups:
        return True
    return any(groups.get(part) for part in ("am", "ax", "bm", "bx"))


def _duration(hit: re.Match[str]) -> Iterator[Item]:
    if hit["halfan"]:
        yield Item(hit[0], frozenset({("number", Fraction(30))}))
        return
    count = _count(hit["n"]) + (Fraction(1, 2) if hit["half"] or hit["halfafter"] else 0)
    hours = hit["unit"][0] in "hH"
    forms: set[Form] = {("number", count)}
    if hours:
        total = count * HOUR + (_count(hit["m"]) if hit["m"] else 0)
        forms = {("number", total)} if hit["m"] else forms | {("number", total)}
    yield Item(hit[0].strip(), frozenset(forms))


def _count(text: str) -> Fraction:
    return _COUNTS.get(text.lower()) or Fraction(text if text[:1].isdigit() else 0)


def _span(hit: re.Match[str]) -> Iterator[Item]:
    """Read two times that belong together: `9 to 5` ends in the afternoon, `2-4pm` begins there."""
    if not _is_time(hit) and int(hit["bh"]) > int(hit["ah"]):
        return
    first, last = _minutes(hit, "a"), _minutes(hit, "b")
    if first is None or last is None or (not _is_time(hit) and max(first, last) > NOON + HOUR):
        return
    if not _is_time(hit):  # two hours perhaps, and two numbers all the same
        if last < first <= NOON:
            meant = frozenset({("time", Fraction(last + NOON))})
            yield Item(_shown(hit, "b"), meant, again=True)
        return
    half = hit["bx"]
    if half and not hit["ax"]:
        shifted = first % NOON + (NOON if half in "pP" else 0)
        shifted = shifted if shifted < last else first % NOON
        yield Item(
            _shown(hit, "a"), frozenset({("time", Fraction(shifted)), ("maybe", Fraction(first))})
        )
    else:
        yield _clock(_shown(hit, "a"), first, sure=bool(hit["ax"]))
    if not half and last <= first <= NOON:
        yield Item(_shown(hit, "b"), frozenset({("time", Fraction(last + NOON))}))
    else:
        yield _clock(_shown(hit, "b"), last, sure=bool(half))


def _time(hit: re.Match[str]) -> Iterator[Item]:
    minutes = _minutes(hit, "a")
    if minutes is not None and _is_time(hit):
        yield _clock(_shown(hit, "a"), minutes, sure=bool(hit["ax"]))


def _shown(hit: re.Match[str], part: str) -> str:
    end = next(hit.end(part + x) for x in "xmh" if hit[part + x])
    return hit.string[hit.start(part + "h") : end] + ("m" if hit[part + "x"] else "")


def _clock(text: str, minutes: int, *, sure: bool) -> Item:
    forms: set[Form] = {("time", Fraction(minutes % DAY))}
    if not sure and minutes < NOON + HOUR:
        forms.add(("maybe", Fraction((minutes + NOON) % DAY)))
    return Item(text, frozenset(forms))


def _minutes(hit: re.Match[str], part: str) -> int | None:
    hour, minute = int(hit[part + "h"]), int(hit[part + "m"] or 0)
    half = (hit[part + "x"] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0) if 1 <= hour <= 12 else 99  # noqa: PLR2004  # a clock's face
    total = hour * HOUR + minute
    return total if minute < HOUR and total <= DAY else None


def _words(text: str, *, plain: bool = False) -> Iterator[Item]:
    """Read what is left: numbers, number words, and words in one normal form."""
    for hit in _WORD.finditer(text):
        word = hit[0]
        low = word.lower().replace("\u2019", "'")
        if low[0].isdigit():
            yield from _numeral(word, low, plain=plain)
            continue
        forms: set[Form] = {("word", low)}
        if low.endswith("'s") or (not plain and low.endswith("s")):
            forms.add(("word", low.removesuffix("s").removesuffix("'")))
        if low[:3] in _DAYS and low.rstrip("s") in (low[:3], _DAYS[low[:3]]):
            forms.add(("word", _DAYS[low[:3]]))
        if low in ("noon", "midday", "midnight"):
            forms.add(("time", Fraction(0 if low == "midnight" else NOON)))
        if low in _COUNTS and low not in ("a", "an", "half"):
            forms.add(("number", _COUNTS[low]))
        yield Item(word, frozenset(forms), name=True)


def _numeral(word: str, low: str, *, plain: bool) -> Iterator[Item]:
    number = re.match(_NUMBER, low)
    if number is None or not re.fullmatch(r"(?:st|nd|rd|th|x|h|k)?", low[number.end() :]):
        yield Item(word, frozenset({("word", low)}), name=True)
        return
    value = Fraction(number[0])
    forms: set[Form] = {("number", value)}
    if not plain and value.denominator == 1 and value <= 24:  # noqa: PLR2004  # hours of a day
        forms |= {("time", value * HOUR % DAY), ("maybe", (value * HOUR + NOON) % DAY)}
    yield Item(word, frozenset(forms))


def all_forms(items: Iterable[Item]) -> frozenset[Form]:
    """Give every sure form of some items."""
    return frozenset(chain.from_iterable(item.sure for item in items))
