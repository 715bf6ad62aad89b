"""reformat: has a model put an answer that was written in another form into the domain's form.

Used where a response holds no candidate at all, and only if the strategy asks for it. The paper
calls this a reformulator (arXiv 2402.01817, section 3.2). What it rewrote is judged like anything
else; the checks here make sure that it is still the answer of the response and not a new one.

The model copies the passage that states the answer, and rewrites it. Then:
    * the passage must stand in the response word for word;
    * nothing may be added: the numbers and times of the rewritten answer are in the response, as
      often as they are used, and so is every word that is not the format's own;
    * nothing may be lost: the problem's names in the passage are in the rewritten answer, but for
      its first sentence of several, which says where one begins. Numbers and times are not compared
      that way, since prose tells arrivals and sums that a format leaves out.

Invariant: one call at most for each response, asked for like any other within the budget.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain
from typing import Literal

from pydantic import JsonValue

from backprompt.aside import ask_aside
from backprompt.blackboard import Blackboard
from backprompt.entries import Answer, Candidate
from backprompt.events import Decided, Origin
from backprompt.task import Task
from backprompt.upstream import Role
from critics.domain import DomainError, find_domain
from critics.echo import Form, Item, read_text, read_value, walk
from critics.tracing import fields_of

SHOWN_CHARS = 8_000
"""So much of a response is looked at, from its end: answers come last."""
MOST_CANDIDATES = 4
NAME_CHARS = 200

TASK = """\
Below is a response that states an answer in some form of its own. Do two things and nothing else.
1. Copy, word for word, the part that states the final answer, between <passage> and </passage>.
2. Write the same answer between <answer> and </answer>, in this form:
{answer_format}

Do not solve, correct, complete or shorten anything. If the response states no answer, write NONE.

<response>
{response}
</response>"""

Refusal = Literal["nothing-copied", "item-added", "item-lost"]

_CLAUSE = re.compile(r"[.!?]\s+|\n+")
_PASSAGE = re.compile(r"<passage>(.*?)</passage>", re.DOTALL)
_ANSWER = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)


async def reformat(board: Blackboard, answer: Answer) -> Sequence[Candidate]:
    """Rewrite a response without a candidate, if the strategy and the budget allow.

    Returns:
        The candidates that were found in what was rewritten; none if it is not the same answer.
    """
    response = answer.completion.text[-SHOWN_CHARS:]
    if not board.strategy.reformat or board.decided or not response.strip():
        return []
    prompt = TASK.format(answer_format=board.task.answer_format, response=response)
    rewritten = await ask_aside(board, Role.REFORMATTER, prompt)
    if rewritten is None:
        return []
    said = rewritten.completion.text[-SHOWN_CHARS:]
    return await _take(board, rewritten.call, response, said)


async def _take(board: Blackboard, call: int, response: str, said: str) -> Sequence[Candidate]:
    passage, rewritten = _PASSAGE.search(said), _ANSWER.search(said)
    if passage is None or rewritten is None:
        return []
    texts = await board.effects.extract(rewritten[1].strip())
    own, names = own_words(board.task), names_of(board.task)
    refusal = find_refusal(response, passage[1], rewritten[1], own, names)
    if texts and refusal is not None:
        board.note(Decided(decision="not-reformatted", why=refusal))
        return []
    repaired = board.author is not Origin.MODEL
    origin = board.author if repaired else Origin.REFORMATTED
    return [Candidate(text, origin, call) for text in texts[:MOST_CANDIDATES]]


def find_refusal(
    response: str, passage: str, rewritten: str, own: str, names: AbstractSet[Form] = frozenset()
) -> Refusal | None:
    """Say why a rewritten answer is not that of a response; `None` if it is.

    Args:
        response: What the model had answered.
        passage: The part of it that states the answer, as it was copied.
        rewritten: The answer in the domain's form.
        own: Words of that form, which need not be in the response.
        names: Of the problem; they must not be lost.
    """
    if not passage.strip() or _flat(passage) not in _flat(response):
        return "nothing-copied"
    new = read_text(rewritten)
    if _adds(read_text(response), new, own):
        return "item-added"
    kept = set(chain.from_iterable(item.sure for item in new))
    first, *rest = _CLAUSE.split(passage.strip())  # of several, the first says where one begins
    for item in read_text(" ".join(rest) or first):
        if item.name and item.sure & names and not item.sure & kept:
            return "item-lost"
    return None


def own_words(task: Task) -> str:
    """Give the words of the answer's form: its description, and the names of its fields."""
    return f"{task.answer_format} {' '.join(_fields(task.answer_schema))}"


def _fields(schema: JsonValue) -> Iterator[str]:
    if isinstance(schema, Mapping):
        properties = schema.get("properties")
        yield from properties if isinstance(properties, Mapping) else ()
        for part in schema.values():
            yield from _fields(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _fields(part)


def names_of(task: Task) -> frozenset[Form]:
    """Give the words of a payload's short texts; long ones are in a language of their own."""
    try:
        fields = fields_of(find_domain(task.domain).problem)
    except DomainError:  # a task that was made by hand
        return frozenset()
    return frozenset(
        form
        for name, value in walk(task.problem, fields.names)
        if isinstance(value, str) and len(value) <= NAME_CHARS
        if value not in fields.choices.get(name, ())
        for item in read_value(value)
        if item.name
        for form in item.sure
    )


def _adds(there: Sequence[Item], new: Sequence[Item], form_words: str) -> bool:
    """Say whether an answer holds what a response does not, or a number not so often."""
    places: dict[Form, list[int]] = {}
    for place, item in enumerate(there):
        for form in item.sure:
            places.setdefault(form, []).append(place)
    own = set(chain.from_iterable(item.sure for item in read_text(form_words) if item.name))
    used: set[int] = set()
    for item in new:
        found = (place for form in item.sure for place in places.get(form, ()))
        if item.name:
            if next(found, None) is None and not item.sure & own:
                return True
            continue
        free = next((place for place in found if place not in used), None)
        if free is None:
            return True
        used.add(free)
    return False


def _flat(text: str) -> str:
    return " ".join(text.split())
