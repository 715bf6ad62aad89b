"""`modulo runs`: the runs of a service, asked over HTTP.

The service is the only one that touches its database, so this works the same for one process and
for many.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from app.cli.exits import exit_of_run
from app.cli.terminal import note, quit_with, reported, show, show_json, show_table
from app.failures import ServiceError
from app.settings import load_settings
from backprompt.render import printable

KEY = "MODULO_API_KEY"
"""Variable that holds the key which is shown to a service."""
COLUMNS = ("id", "state", "domain", "model", "rounds", "cost", "asked for")


@contextmanager
def service_at(url: str | None) -> Iterator[httpx.Client]:
    """Speak to the service at a URL, by default the one that the settings describe.

    Raises:
        ServiceError: `service-unreachable`.
    """
    with reported():
        where = url or _default_url()
        try:
            with httpx.Client(
                base_url=where, timeout=30, trust_env=False, headers=_login()
            ) as client:
                yield client
        except (httpx.TransportError, httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise ServiceError(
                "service-unreachable",
                f"no service answers at `{where}`: {error}",
                help=["start one with `modulo serve`, or name it with `--url`"],
            ) from error


def list_runs(url: str | None, filters: Mapping[str, str | int | None], *, as_json: bool) -> None:
    """List runs, newest first."""
    with service_at(url) as service:
        asked = {name: value for name, value in filters.items() if value is not None}
        page = read(service.get("/runs", params=asked))
        if as_json:
            show_json(page)
            return
        show_table([COLUMNS, *map(_row, page["runs"])])
        if page["next"]:
            note(f"there are more: `--before {page['next']}`")


def show_run(url: str | None, run_id: str, *, as_json: bool) -> None:
    """Show one run."""
    with service_at(url) as service:
        run = read(service.get(f"/runs/{run_id}"))
        if as_json:
            show_json(run)
            return
        _tell(run)


def watch_run(url: str | None, run_id: str, after: int) -> None:
    """Follow a run to its end; the exit code says how it ended."""
    with service_at(url) as service:
        headers = {"accept": "text/event-stream", "last-event-id": str(after)}
        path = f"/runs/{run_id}/events"
        with service.stream("GET", path, headers=headers, timeout=None) as stream:
            if stream.is_error:
                stream.read()
                read(stream)
            for line in stream.iter_lines():
                if line.startswith("data: "):
                    _tell_event(json.loads(line.removeprefix("data: ")))
        run = read(service.get(f"/runs/{run_id}"))
        _tell(run)
        quit_with(exit_of_run(run["state"], (run["result"] or {}).get("reason")))


def cancel_run(url: str | None, run_id: str) -> None:
    """Cancel a run."""
    with service_at(url) as service:
        show(read(service.post(f"/runs/{run_id}/cancel"))["state"])


def fork_run(url: str | None, run_id: str, wishes: Mapping[str, Any]) -> None:
    """Go on from a run; prints the id of the new one."""
    with service_at(url) as service:
        asked = {name: value for name, value in wishes.items() if value is not None}
        show(read(service.post(f"/runs/{run_id}/fork", json=asked))["id"])


def read(response: httpx.Response) -> Any:
    """Read an answer of the service; its problem document becomes our own failure.

    Raises:
        ServiceError: The service refused.
    """
    try:
        body = response.json()
    except ValueError as error:
        raise ServiceError(
            "service-unreachable", f"`{response.url}` does not answer as llm-modulo does"
        ) from error
    if response.is_error:
        told = body if isinstance(body, dict) else {}
        raise ServiceError(
            str(told.get("code", "service-unreachable")),
            str(told.get("detail", f"HTTP status {response.status_code}")),
            help=told.get("help") or (),
        )
    return body


def _login() -> dict[str, str]:
    """Show the key that the environment names (`MODULO_API_KEY`)."""
    key = os.environ.get(KEY, "")
    return {"authorization": f"Bearer {key}"} if key.isascii() and key.isprintable() and key else {}


def _default_url() -> str:
    settings = load_settings()
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104  # a name, not a bind
    return f"http://{host}:{settings.port}"


def _row(run: Mapping[str, Any]) -> list[str]:
    usage = run["usage"]
    cost = f"${usage['cost_usd']:.4f}" if usage["cost_usd"] else "-"
    asked = run["created_at"][:19].replace("T", " ")
    cells = (run["id"], run["state"], run["domain"], run["model"], usage["rounds"], cost, asked)
    return [printable(str(cell if cell is not None else "-")) for cell in cells]


def _tell(run: Mapping[str, Any]) -> None:
    """Say how a run stands, and print its answer if that is certified."""
    result = run["result"] or {}
    usage = run["usage"]
    tokens = usage["prompt_tokens"] + usage["completion_tokens"]
    note(
        f"{run['id']}: {run['state']} after {usage['rounds']} rounds, {usage['calls']} calls, "
        f"{tokens:,} tokens"
    )
    if run["failure"]:
        note(f"  = cause: {printable(run['failure'])}")
    if result.get("answer") is not None:
        show(result["answer"])


def _tell_event(event: Mapping[str, Any]) -> None:
    name, number = event.get("event"), event.get("round")
    said = {
        "round-started": "asking",
        "judged": f"{event.get('verdict')} {', '.join(event.get('codes') or ())}".strip(),
        "no-candidate": "the response holds no answer",
        "candidate-repeated": "repeated an answer that was judged before",
        "call-failed": f"the call failed: {event.get('code')}",
        "certified": "certified",
    }.get(str(name))
    if said is not None:
        note(f"round {number}: {printable(said)}")
