"""What a run looks like to somebody who watches the demo: rounds, findings, the certificate.

Invariant: text of the model and of the problem is made safe for a terminal before it is shown.
"""

import sys
import textwrap
from collections.abc import Mapping
from typing import Any

from app.cli.terminal import show
from backprompt.disclosure import first_headline
from backprompt.events import (
    CallFailed,
    CallFinished,
    CandidateRepeated,
    Event,
    Judged,
    NoCandidate,
    RoundStarted,
)
from backprompt.render import draw_judgement, printable
from critics.statement import read_envelope
from critics.types import Verdict
from critics.verification import verify

WIDTH = 80
BAR = 10
SHOWN_LINES = 12
"""Most lines of a model's answer or of a prompt that are shown."""


def print_lines(text: str, indent: str = "") -> None:
    """Print a paragraph, wrapped to the width of a plain terminal."""
    show(fold(" ".join(text.split()), indent, indent))


def print_block(text: str, indent: str = "    ") -> None:
    """Print lines as they are, long ones folded; too many are counted, not shown."""
    lines = [printable(line) for line in text.strip().splitlines() if line.strip()]
    for line in lines[:SHOWN_LINES]:
        own = indent + " " * (len(line) - len(line.lstrip()))
        show(fold(line.strip(), own, f"{own}  "))
    if len(lines) > SHOWN_LINES:
        show(f"{indent}... and {len(lines) - SHOWN_LINES} more lines")


def fold(text: str, first: str, rest: str) -> str:
    """Wrap a line between words."""
    return textwrap.fill(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )


class Story:
    """Tells the events of one run as they come.

    Args:
        rounds: Rounds of the budget, for the bar.
        full: Also show answers, diagnostics and the back-prompts, not only a line per round.
    """

    def __init__(self, rounds: int, *, full: bool) -> None:
        """Tell nothing yet."""
        self.rounds = rounds
        self._full = full
        self._drawn = False
        self._told = False

    def see(self, event: Event) -> None:
        """Tell one event."""
        if not self._full:
            self._tell_line(event)
            return
        match event:
            case RoundStarted() if event.round > 1:
                self._tell_back_prompt(event)
            case CallFinished():
                show(f"The model answers (round {event.round}):")
                print_block(event.completion.text)
                show("")
            case Judged():
                self._tell_verdict(event)
            case CandidateRepeated():
                show("It is an answer that was judged before.\n")
            case _:
                self._tell_line(event)

    def end(self, result: Mapping[str, Any]) -> None:
        """Tell how the run ended, and what a certificate proves."""
        if not self._full:
            show("")
        if result["status"] != "certified":
            print_lines(
                f"Not certified: {result['status']} ({result['reason']}) after "
                f"{count(result['rounds'], 'round')}. There is no answer, and the service says so."
            )
            return
        show(f"Certified after {count(result['rounds'], 'round')}:")
        print_block(str(result["answer"]))
        show("What was proved:")
        for name, value in describe_certificate(result):
            print_lines(f"{name}: {value}", "    ")

    def _tell_verdict(self, event: Judged) -> None:
        """Draw the first rejection as a compiler would; of the later ones, give the headline."""
        rejected = event.judgement.verdict is not Verdict.ACCEPTED
        if rejected and self._drawn:
            show("The critics find:")
            print_block(f"{event.judgement.verdict.value}: {first_headline(event.judgement)}")
        else:
            show("The critics find:" if rejected else "The critics find nothing wrong:")
            print_block(draw_judgement(event.judgement))
        self._drawn = self._drawn or rejected
        show("")

    def _tell_back_prompt(self, event: RoundStarted) -> None:
        """Show the first back-prompt; say of the later ones only whether they start afresh."""
        if event.fresh:
            show("No progress: the model is asked afresh, without its history and warmer.\n")
        elif not self._told:
            show(f"The model is told (round {event.round}):")
            print_block(event.messages[-1].content)
            show("")
            self._told = True

    def _tell_line(self, event: Event) -> None:
        match event:
            case RoundStarted() if sys.stdout.isatty() and not self._full:
                sys.stdout.write(f"\r  round {event.round:>2} of {self.rounds}  asking ...")
                sys.stdout.flush()
            case Judged():
                headline = first_headline(event.judgement) or "no critic objects"
                self._line(event, event.judgement.verdict.value, headline)
            case CandidateRepeated():
                self._line(event, "repeated", "an answer that was judged before")
            case NoCandidate():
                self._line(event, "no answer", "nothing in the response looks like a plan")
            case CallFailed():
                self._line(event, event.code, event.message)
            case _:
                pass

    def _line(self, event: Event, verdict: str, headline: str) -> None:
        filled = min(BAR, event.round * BAR // self.rounds)
        bar = f"[{'#' * filled}{'.' * (BAR - filled)}]"
        start = "\r" if sys.stdout.isatty() else ""
        show(
            f"{start}  round {event.round:>2} of {self.rounds}  {bar} {event.at:6.1f} s  {verdict}"
        )
        print_lines(printable(headline), "    ")


def count(number: int, noun: str) -> str:
    """Put a number before a noun: `1 round`, `2 rounds`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def describe_certificate(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say what a certificate states, in pairs of name and value."""
    held = read_envelope(result["certificate"])
    hard = [critic.critic for critic in held.critics if critic.hard]
    engines = [opinion.engine for opinion in held.opinions]
    second = f"; second opinion: {', '.join(engines)}" if engines else ""
    return [
        ("claim", held.scope),
        ("critics", f"{', '.join(hard)} of `{held.domain}` {held.domain_version}"),
        ("assurance", f"{held.assurance.value}{second}"),
        ("certificate", f"{held.id}, over the exact problem and plan"),
        ("checked again from the certificate alone", check_again(result["certificate"])),
    ]


def check_again(held: Mapping[str, Any]) -> str:
    """Verify a certificate as `modulo verify` does, and say what came of it."""
    found = verify(held)
    return f"{found.outcome.value} (`modulo verify FILE` does the same, without a model)"
