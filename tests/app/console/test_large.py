"""A run of 200 rounds and 5,000 events: small to load, quick to filter and to scroll."""

from statistics import median

import pytest

from app.journals import serve_journals
from app.settings import Settings
from backprompt.budget import Budget, Usage
from backprompt.events import (
    CallFinished,
    CandidateFound,
    Ended,
    Event,
    Judged,
    NoCandidate,
    Origin,
    RoundStarted,
    RunStarted,
    Status,
)
from backprompt.journal import Journal
from backprompt.strategy import Strategy
from backprompt.task import Task
from backprompt.upstream import Completion, Message, Sampling
from critics.types import Assurance, Diagnostic, Judgement, Verdict
from tests.app.conftest import served
from tests.app.console.pages import QUIET
from tests.promptness import soonest

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROUNDS, CALLS = 200, 8
MOST_MS, MOST_BYTES = 100, 150_000
MEASURE = """async () => {
  const field = document.getElementById("filter");
  const times = [];
  const paint = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  for (const word of ["", "w", "wo", "word 7", "word 77", ""]) {
    const begun = performance.now();
    field.value = word;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    document.body.getBoundingClientRect();
    times.push(performance.now() - begun);
    await paint();
  }
  for (const share of [0.25, 0.5, 1, 0]) {
    const begun = performance.now();
    scrollTo(0, document.body.scrollHeight * share);
    document.body.getBoundingClientRect();
    times.push(performance.now() - begun);
    await paint();
  }
  return times;
}"""


def write_events() -> list[Event]:
    usage = Usage(calls=1, prompt_tokens=200, completion_tokens=100)
    judged = Judgement(
        domain="word",
        domain_version="1",
        verdict=Verdict.REJECTED,
        assurance=Assurance.SINGLE,
        candidate="hallo",
        score=0.5,
        diagnostics=(Diagnostic(code="word-wrong", headline="this is not the word"),),
        critics=(),
    )
    start = RunStarted(
        task=Task(domain="word", prompt="Say the word."),
        strategy=Strategy(),
        budget=Budget(rounds=ROUNDS),
        upstream="scripted",
    )
    events: list[Event] = [start]
    for number in range(1, ROUNDS + 1):
        calls = tuple(range((number - 1) * CALLS, number * CALLS))
        said = f"Round {number}: " + "the word before was wrong. " * 20
        asked = (Message(role="user", content=said),)
        here = {"round": number, "at": float(number)}
        events.append(
            RoundStarted(messages=asked, sampling=Sampling(), calls=calls, fresh=False, **here)
        )
        for call in calls:
            answer = Completion(text=f"word {call} " * 30, model="small", usage=usage)
            events.append(
                CallFinished(call=call, completion=answer, usage=usage, spent=usage, **here)
            )
            if call % CALLS:
                events.append(NoCandidate(call=call, **here))
        for place in range(5):
            candidate = number * 10 + place
            events.append(
                CandidateFound(
                    candidate=candidate, call=calls[0], origin=Origin.MODEL, text="hallo", **here
                )
            )
            headline = f"word {number} is not the word"
            wrong = Diagnostic(code="word-wrong", headline=headline)
            told = judged.model_copy(update={"diagnostics": (wrong,)})
            events.append(Judged(candidate=candidate, judgement=told, **here))
    events.append(Ended(status=Status.EXHAUSTED, reason="rounds", usage=usage, round=ROUNDS))
    return events


async def test_a_long_run_is_small_and_quick(pool, visit, tmp_path):
    journal = Journal()
    for event in write_events():
        journal.append(event)
    assert len(journal.events) >= 5_000
    file = tmp_path / "long.jsonl"
    file.write_text("\n".join(journal.dump()), "utf-8")
    app = serve_journals([file], Settings(upstream=QUIET), pool=pool)
    async with served(app) as (host, port):
        page = await visit(f"http://{host}:{port}/console/domains")
        sent = []
        page.on("requestfinished", lambda request: sent.append(request))  # noqa: PLW0108  # as said there
        await page.goto(f"http://{host}:{port}/console/runs/long")
        await page.wait_for_load_state("networkidle")
        assert await page.locator("#rounds > .round").count() == ROUNDS
        sizes = [await request.sizes() for request in sent]
        assert sum(size["responseBodySize"] for size in sizes) <= MOST_BYTES

        async def take_median() -> float:
            return median(await page.evaluate(MEASURE))

        assert await soonest(take_median, MOST_MS) <= MOST_MS
