"""phrases: chooses the tokens from a sample of the texts that are to be read and written.

A text is cut at its names and numbers. What lies between two of them is wording, which repeats
from problem to problem, so all of it becomes one token where it is common. So a fact such as
`(on a b)` costs three tokens, and the description of a planning domain costs one.

Invariants:
    * No token holds a problem's name beside other text, so that a name is the same token
      wherever it stands. In PDDL objects have the space before them in their token.
    * The choice depends on the texts only.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from examples.proposer.vocabulary import Vocabulary

LEAST = 12
"""How often wording must occur to become a token."""
NUMBERS = (*map(str, range(1000)), *(f"0{digit}" for digit in range(10)))
CLOCK = tuple(f":{minute:02}" for minute in range(0, 60, 5))
LANGUAGE = frozenset({"define", "domain", "problem", "and", "not"})
_NUMBER = r"(?<=\d):\d\d|(?<![A-Za-z0-9_])\d{1,3}(?![A-Za-z0-9_])"


def find_names(domain: str, problem: Mapping[str, Any]) -> list[str]:
    """Give the names of a problem's own things, which say nothing about its kind."""
    if domain == "pddl":
        objects = re.search(r"\(:objects([^)]*)\)", problem["problem"])
        words = objects[1].split() if objects else []
        return [f" {word}" for word in dict.fromkeys(words) if word != "-"]
    if domain == "coloring":
        edges = [str(end) for edge in problem.get("edges", ()) for end in edge]
        colors = problem.get("colors", ())
        named = [str(color) for color in colors] if isinstance(colors, list) else []
        return [*dict.fromkeys([*edges, *map(str, problem.get("vertices", ())), *named])]
    if domain == "calendar":
        return [*problem["participants"], *problem.get("days", ())]
    if domain == "meeting":
        people = [str(person["person"]) for person in problem["people"]]
        places = [str(person["place"]) for person in problem["people"]]
        return [*dict.fromkeys([*people, *places, *problem["travel"], problem["start"]["place"]])]
    return []


def find_words(problem: Mapping[str, Any]) -> list[str]:
    """Give the names of a planning task and its domain: predicates, actions and their own."""
    text = f"{problem['domain']}\n{problem['problem']}"
    words = re.findall(
        r"(?<=[(])[a-z][\w-]*|(?<=:action )[\w-]+|(?<=problem )[\w-]+|(?<=domain )[\w-]+", text
    )
    return [word for word in dict.fromkeys(words) if word not in LANGUAGE]


def choose_phrases(
    texts: Iterable[tuple[str, Sequence[str], Sequence[str]]], least: int = LEAST
) -> list[str]:
    """Choose the tokens.

    Args:
        texts: Each with the names, and the words of its own, that it is to be cut at.
        least: How often a phrase or name must occur.
    """
    texts = list(texts)
    found: Counter[str] = Counter()
    for text, names, words in texts:
        found.update(part for part in _splitter(names, words).split(text) if part)
    kept = [phrase for phrase, times in found.items() if times >= least]
    phrases = [*dict.fromkeys([*NUMBERS, *CLOCK, *kept])]
    return _drop_unused(phrases, [text for text, *_ in texts], least)


def _splitter(names: Sequence[str], words: Sequence[str]) -> re.Pattern[str]:
    spaced = [re.escape(name) for name in names if name.startswith(" ")]
    plain = [re.escape(name) for name in (*names, *words) if not name.startswith(" ")]
    parts = [f"(?:{'|'.join(sorted(spaced, key=len, reverse=True))})"] if spaced else []
    if plain:
        parts.append(rf"(?<![\w-])(?:{'|'.join(sorted(plain, key=len, reverse=True))})")
    named = rf"(?:{'|'.join(parts)})(?![\w-])|" if parts else ""
    return re.compile(rf"({named}{_NUMBER})")


def _drop_unused(phrases: Sequence[str], texts: Sequence[str], least: int) -> list[str]:
    """Leave out what longer tokens cover; numbers and times stay."""
    vocabulary = Vocabulary(phrases)
    used: Counter[str] = Counter()
    for text in texts:
        used.update(vocabulary.decode([token]) for token in vocabulary.encode(text))
    always = {*NUMBERS, *CLOCK}
    return [phrase for phrase in phrases if phrase in always or used[phrase] >= least]
