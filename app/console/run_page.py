"""The page of a run: its rounds as a timeline, growing while it goes on.

What a page shows is folded from the journal. While the run goes on, the same fragments are sent
again as server-sent events, each with the number of the last event in it, so that a browser that
was away goes on where it was.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator

from app.console.redaction import redact
from app.console.rendering import Fragment, render
from app.console.repeating import write_curl, write_python
from app.console.story import Round, Story
from app.engine import RunRecord
from app.service import Service
from backprompt.events import Event
from backprompt.strategy import Feedback, SolverMode
from critics.domain import find_domain, installed

OPEN_ROUNDS = 3
"""Rounds whose whole content stands in the page; others bring it when they are opened."""
PAUSE_S = 0.1
"""Seconds for which fragments of a lively run are gathered."""
PICTURES = {
    "pddl": "Walk through the states",
    "coloring": "Draw the graph",
    "calendar": "Draw the day",
    "meeting": "Draw the day",
    "trip": "Draw the trip",
}


async def read_run(service: Service, record: RunRecord) -> Story:
    """Read what has happened; of a run that goes on, what is known at this moment."""
    story = Story()
    async for event in known_events(service, record):
        tell(story, event, content=service.settings.console.content)
    uncover(story, record)
    return story


async def known_events(service: Service, record: RunRecord) -> AsyncIterator[Event]:
    """Yield a run's events; of one that goes on, until none has come for a moment."""
    events = aiter(service.engine.events(record.spec.id))
    while True:
        try:
            async with asyncio.timeout(None if record.over else PAUSE_S * 3):
                event = await anext(events)
        except (StopAsyncIteration, TimeoutError):
            return
        yield event


def tell(story: Story, event: Event, *, content: bool) -> Round | None:
    """Take an event into a story, without its content where none is shown."""
    shown = event if content else redact(event)
    return story.take(shown) if shown is not None else None


def uncover(story: Story, record: RunRecord) -> None:
    """Show the certified answer even where no content is shown: it is for everybody."""
    if story.winner is not None and record.result is not None and record.result.answer is not None:
        story.winner.text = record.result.answer


def write_run(record: RunRecord, story: Story, base_url: str, *, content: bool = True) -> str:
    """Write the page.

    Args:
        record: The run.
        story: What has happened in it.
        base_url: Where the service is reached.
        content: Whether the task is shown.
    """
    shown = [one for one in story.rounds if one.number or one.found or one.notes]
    open_from = len(shown) - OPEN_ROUNDS
    rounds = [
        write_round(record, story, one, body=place >= open_from) for place, one in enumerate(shown)
    ]
    return render(
        "run.html",
        here="/console/runs",
        record=record,
        story=story,
        rounds=rounds,
        feedbacks=list(Feedback),
        solvers=list(SolverMode),
        content=content,
        curl=write_curl(record, base_url) if content else "",
        python=write_python(record, base_url) if content else "",
    )


def write_head(record: RunRecord, story: Story, *, content: bool) -> str:
    """Write the fragment that says where the run stands."""
    return render("head.html", record=record, story=story, content=content)


def write_round(
    record: RunRecord, story: Story, one: Round, *, body: bool, opened: bool | None = None
) -> Fragment:
    """Write the fragment of a round, with its content or with a link to it."""
    domain = record.spec.task.domain
    drawn = domain in installed() and find_domain(domain).picture is not None
    return render(
        "round.html",
        run=record.spec.id,
        story=story,
        one=one,
        body=body,
        opened=body and one is story.rounds[-1] if opened is None else opened,
        pictured=PICTURES.get(domain) if drawn else None,
    )


async def stream_run(service: Service, record: RunRecord, after: int) -> AsyncIterator[bytes]:
    """Send the fragments that changed, in the order of the events, until the run is over."""
    story, changed = Story(), dict[int, Round]()
    content = service.settings.console.content
    arrived: asyncio.Queue[Event | None] = asyncio.Queue()

    async def read() -> None:
        async for event in service.engine.events(record.spec.id):
            arrived.put_nowait(event)
        arrived.put_nowait(None)

    reader = asyncio.create_task(read())
    try:
        going_on = True
        while going_on:
            for event in await _gather(arrived):
                if event is None:
                    going_on = False
                    break
                here = tell(story, event, content=content)
                if here is not None and event.seq > after:
                    changed[here.number] = here
            now = await service.engine.get(record.spec.id) or record
            for fragment in _fragments(now, story, changed, content=content):
                yield fragment
            changed.clear()
        ended = await service.engine.wait(record.spec.id)
        uncover(story, ended)
        head = {"id": "head", "html": write_head(ended, story, content=content)}
        yield _frame("head", head, story.last)
        yield _frame("over", {"state": ended.state}, story.last)
    finally:
        reader.cancel()
        await asyncio.wait({reader})


async def _gather(arrived: "asyncio.Queue[Event | None]") -> list[Event | None]:
    """Take what has arrived, and what arrives within a moment."""
    found = [await arrived.get()]
    await asyncio.sleep(PAUSE_S)
    while not arrived.empty():
        found.append(arrived.get_nowait())
    return found


def _fragments(
    record: RunRecord, story: Story, changed: dict[int, Round], *, content: bool
) -> Iterator[bytes]:
    for one in changed.values():
        latest = one is story.rounds[-1]
        html = write_round(record, story, one, body=latest or len(changed) <= OPEN_ROUNDS)
        yield _frame("round", {"id": f"r{one.number}", "html": html}, story.last)
    if changed:
        yield _frame(
            "head", {"id": "head", "html": write_head(record, story, content=content)}, story.last
        )


def _frame(event: str, data: dict[str, str], number: int) -> bytes:
    return f"event: {event}\nid: {number}\ndata: {json.dumps(data)}\n\n".encode()
