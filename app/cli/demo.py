"""`modulo demo`: a real model in the loop, then a recorded run that always shows a correction.

The model is the one that comes with the package, on a problem of the kind it has learnt; with
`--model small` it is a general one, which is fetched, on an everyday problem.

Invariants:
    * Nothing is faked: the live part asks an embedded model through the real service, and the
      recorded part is called recorded. Its critics run now.
    * It ends within its time: the download and the live run have their own limits, and what is not
      there in time is left out and said so. An interrupted download goes on the next time.
    * It asks nothing, so it also runs without a terminal.
"""

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import httpx

from app.cli.story import Story, print_lines
from app.cli.terminal import reported, show
from app.embedded import embedded_upstream
from app.failures import ServiceError
from app.local_server import runtime_installed
from app.models import Model, WeightsError, find_model, installed_path, pull
from app.settings import Settings, load_settings
from backprompt.events import Event, RunStarted
from backprompt.journal import Journal
from backprompt.upstream import ReplayUpstream, Upstream

DEFAULT = "proposer"
PROBLEM = "tea"
RECORDING = "tea.jsonl"
ROUNDS = 10
DEMO_S = 150.0
"""Seconds the whole demo may take; what the download leaves is the live run's."""
RECORDED_S = 15.0
"""Seconds kept for the recorded part."""
LIVE_AT_LEAST_S = 40.0
PULL_S = 100.0
"""Seconds the download may take before the demo goes on without the live part."""
START_S = 30.0


@dataclass(frozen=True, slots=True)
class Scene:
    """What a model is shown with.

    Attributes:
        title: Of the chapter.
        problem: Folder of the example.
        full: Whether answers, diagnostics and back-prompts are shown, not only a line per round.
        instructions: Said to the model after the task.
        seed: Of its samples; it is told, and another one tells another story.
    """

    title: str
    problem: str
    full: bool = False
    instructions: str = ""
    seed: int | None = None


BRIEFLY = "Answer with the plan only, without explanations or comments."
INTRO = """\
A language model is asked for a plan. Sound critics check every answer, and what they find goes
back to the model, until a plan is certified or the budget is spent. An answer that is not
certified is never handed out. Everything runs on this machine; no key is needed."""
EVERYDAY = Scene("one cup of tea", "tea", instructions=BRIEFLY)
SCENES = {"proposer": Scene("four blocks", "towers", full=True, seed=1)}
"""Scenes of models that know little; any other model makes tea."""


class OutOfTimeError(Exception):
    """The download was stopped to keep the demo short."""


def run_demo(*, offline: bool = False, keep: bool = False, model: str | None = None) -> int:
    """Tell the whole story on the terminal.

    Args:
        offline: Play the recording only; download and ask nothing.
        keep: Leave the service running at the end, until Ctrl-C.
        model: Embedded model to use, by the name `modulo models list` shows.

    Returns:
        0 when the story came to its end, also if the live model exhausted its budget honestly.
    """
    with reported():
        deadline = time.monotonic() + DEMO_S - RECORDED_S
        settings = load_settings()
        examples = find_examples()
        print_lines(INTRO)
        name = model or DEFAULT
        upstream = None if offline else find_model_to_ask(name, settings.models_dir)
        if upstream is not None:
            seconds = max(LIVE_AT_LEAST_S, deadline - time.monotonic())
            scene = SCENES.get(name, EVERYDAY)
            problem = read_problem(examples / "pddl" / scene.problem)
            show_live(upstream, problem, scene, seconds=seconds)
        recording = examples / "recordings" / RECORDING
        show_recorded(recording)
        show_next_steps(examples)
        if keep:
            keep_serving(upstream)
    return 0


def find_examples() -> Path:
    """Find the example problems and recordings: in the repository, or as installed."""
    here = Path(__file__).parents[1]
    candidates = (here.parent / "examples", here / "examples")
    return next((path for path in candidates if (path / "pddl").is_dir()), candidates[0])


def read_problem(folder: Path) -> dict[str, str]:
    """Read a problem as the payload of the `pddl` domain."""
    return {part: (folder / f"{part}.pddl").read_text("utf-8") for part in ("domain", "problem")}


def find_model_to_ask(name: str, directory: Path | None) -> Upstream | None:
    """Get the embedded model, fetching its weights if need be; say why if there is none."""
    headline("The model")
    try:
        model = find_model(name)
    except WeightsError as error:
        raise ServiceError(error.code, str(error), help=[error.help]) from error
    if not runtime_installed():
        print_lines(
            "Its runtime is not installed (`pip install 'llm-modulo[local]'` brings it), so "
            "only the recording is shown."
        )
        return None
    try:
        if not installed_path(model, directory):
            fetch(model, directory)
    except (WeightsError, OutOfTimeError) as error:
        print_lines(f"{error}. The live part is left out; the recorded one follows.")
        if isinstance(error, WeightsError):
            print_lines(f"To have it next time: {error.help}.")
        return None
    print_lines(f"{model.title}, {model.licence}: {describe(model)}")
    return embedded_upstream(model.name, directory)


def describe(model: Model) -> str:
    """Say what kind of model it is."""
    if model.built_in:
        return (
            f"{model.size / 10**6:.1f} MB, made by this project and part of it. It has learnt "
            "small planning problems and puzzles, and to listen to critics; it knows nothing else."
        )
    return "a real, small language model on this machine."


def fetch(model: Model, directory: Path | None) -> None:
    """Download weights with a progress line, for `PULL_S` at most.

    Raises:
        WeightsError: They cannot be had.
        OutOfTimeError: They are not there yet; the next attempt goes on from here.
    """
    print_lines(f"Fetching {model.title} ({model.size // 10**6:,} MB, {model.licence}), once.")
    deadline = time.monotonic() + PULL_S
    draw = progress_line()

    def report(phase: str, done: int, total: int) -> None:
        draw(phase, done, total)
        if phase == "download" and done and time.monotonic() > deadline:
            raise OutOfTimeError(
                f"After {PULL_S:g} s, {done * 100 // total} % are here; run `modulo models pull "
                f"{model.name}` to fetch the rest"
            )

    try:
        pull(model, directory=directory, report=report)
    finally:
        show("")


def progress_line() -> Callable[[str, int, int], None]:
    """Draw progress in place on a terminal, and every quarter elsewhere."""
    last: list[tuple[str, int]] = []

    def draw(phase: str, done: int, total: int) -> None:
        terminal = sys.stdout.isatty()
        step = done * (100 if terminal else 4) // max(total, 1)
        if last == [(phase, step)]:
            return
        last[:] = [(phase, step)]
        bar = "#" * (done * 40 // max(total, 1))
        line = f"  {phase:<9} [{bar:<40}] {done >> 20:>5} of {total >> 20} MiB"
        sys.stdout.write(f"\r{line}" if terminal else f"{line}\n")
        sys.stdout.flush()

    return draw


def show_live(
    upstream: Upstream, problem: dict[str, str], scene: Scene = EVERYDAY, *, seconds: float
) -> None:
    """Let the real model try, through the real service, and show every round."""
    headline(f"Live: {scene.title}")
    with serving(upstream) as url:
        print_lines(
            f"The service listens on {url}. The model gets at most {ROUNDS} rounds and "
            f"{seconds:.0f} seconds; it is loaded first."
        )
        show("")
        watch(url, problem, Story(ROUNDS, full=scene.full), scene, seconds=seconds)


def show_recorded(recording: Path) -> None:
    """Play a recorded run through the same service and loop; the critics judge it again."""
    headline("Recorded: rejected, corrected, certified")
    journal = Journal.load(recording.read_text("utf-8").splitlines())
    started = next(event for event in journal.events if isinstance(event, RunStarted))
    print_lines(
        f"These answers were recorded from {started.upstream}, which was asked for a cup of tea. "
        "They are played back; the loop and the critics run now."
    )
    show("")
    upstream = ReplayUpstream.from_journal(recording)
    with serving(upstream) as url:
        problem = {key: str(value) for key, value in started.task.problem.items()}
        rounds = started.budget.rounds
        strategy = started.strategy.model_dump()
        watch(url, problem, Story(rounds, full=True), EVERYDAY, strategy=strategy)


def show_next_steps(examples: Path) -> None:
    """Say how to go on, in commands that work where the demo was started."""
    headline("Go on")
    me = own_command()
    tea = near(examples / "pddl" / PROBLEM)
    for what, command in (
        ("the service, documented at http://127.0.0.1:8080/docs", "serve"),
        ("solve a problem", f"solve pddl --watch \\\n      {tea}/domain.pddl {tea}/problem.pddl"),
        ("judge a plan of your own, without a model", "check --help"),
        ("what can be judged", "domains"),
    ):
        show(f"  {what}:\n    {me} {command}")


def own_command() -> str:
    """Give the command by which the user can call us again."""
    called = Path(sys.argv[0])
    if called.name != "modulo" or shutil.which("modulo") == str(called):
        return "modulo"
    return str(near(called))


def near(path: Path) -> Path:
    """Shorten a path if it lies below the working directory."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def keep_serving(upstream: Upstream | None) -> None:
    """Serve until Ctrl-C."""
    with serving(upstream) as url:
        print_lines(f"\nThe service listens on {url} (documentation: {url}/docs). Ctrl-C ends it.")
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return


def headline(text: str) -> None:
    """Open a chapter."""
    show(f"\n--- {text} {'-' * max(0, 74 - len(text))}")


@contextmanager
def serving(upstream: Upstream | None) -> Iterator[str]:
    """Run the real service on a free loopback port, in a thread of its own; give its URL."""
    import uvicorn  # noqa: PLC0415  # heavy

    from app.main import create_app  # noqa: PLC0415  # heavy

    app = create_app(Settings(), upstream=upstream)
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="on")
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + START_S
    while not server.started and thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.02)
    try:
        if not server.started:
            raise ServiceError("internal-error", f"the service did not start in {START_S:g} s")
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(START_S)


def watch(
    url: str,
    problem: dict[str, str],
    story: Story,
    scene: Scene,
    *,
    seconds: float = 600.0,
    strategy: dict[str, Any] | None = None,
) -> None:
    """Solve over HTTP and tell every event as it comes."""
    body = {
        "domain": "pddl",
        "problem": problem,
        "budget": {"rounds": story.rounds, "seconds": seconds},
        "strategy": strategy or {"feedback": "explain"},
        "sampling": {"temperature": 0.7, "max_tokens": 256, "seed": scene.seed},
        "instructions": scene.instructions or None,
        "trace": True,
    }
    for event, data in stream(f"{url}/solve", body):
        if event == "result":
            story.end(data)
        elif event == "error":
            print_lines(f"{data.get('title')}: {data.get('detail')}")
        else:
            story.see(read_event(data))


def read_event(data: dict[str, Any]) -> Event:
    """Read an event of a traced stream."""
    data.pop("certified", None)
    return Journal.load([json.dumps(data)]).events[0]


def stream(url: str, body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Post, and yield the server-sent events as `(event, data)`."""
    headers = {"Accept": "text/event-stream"}
    with httpx.stream("POST", url, json=body, headers=headers, timeout=None) as response:  # noqa: S113  # the run has its own budget
        if response.status_code != httpx.codes.OK:
            yield "error", json.loads(response.read())
            return
        event = ""
        for line in response.iter_lines():
            name, _, value = line.partition(": ")
            if name == "event":
                event = value
            elif name == "data":
                yield event, json.loads(value)
