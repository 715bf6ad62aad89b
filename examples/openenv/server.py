"""An OpenEnv server for training against the critics.

    python examples/openenv/server.py --rows rows.jsonl
    python examples/openenv/server.py --domain countdown --level 2

Invariants:
    * An episode's reward is that of its last reply, from the same `judge()` as a certificate.
      Earlier replies get 0, so a trainer that adds rewards up pays no progress twice.
    * Whatever a completion is, a step answers it; junk is worth nothing.
    * The same seed puts the same problem.
"""

import argparse
import asyncio
import random
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import uvicorn
from openenv.core.env_server import Action, Environment, Observation, State, create_app
from pydantic import Field

from app.flywheel.environments import Dialogue, PosedProblem, examine, read_problems
from app.flywheel.rewards import RewardOptions, Weights, read_completion
from app.flywheel.scorers import LocalScorer, sendable
from app.flywheel.synth import Order, Tally, synthesize
from backprompt.strategy import Feedback
from critics.domain import find_domain
from critics.types import Verdict

MOST_MESSAGE_BYTES = 1 << 27
"""A longer message ends the session, and is no completion of any model."""


class Completion(Action):
    """What the model wrote: a text or chat messages. Anything else is worth nothing."""

    completion: Any = None


class Told(Observation):
    """What the model is to read next."""

    domain: str
    messages: list[dict[str, Any]] = Field(default_factory=list)
    """To be appended to the conversation; none where the episode is over."""
    verdict: Verdict | None = None
    codes: list[str] = Field(default_factory=list)
    """Why the reply was not accepted."""


class Episode(State):
    """How far an episode is."""

    domain: str | None = None
    rounds_left: int = 0
    verdict: Verdict | None = None


class ModuloEnvironment(Environment[Completion, Told, Episode]):
    """A model is told what is wrong with its reply, and replies again."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(
        self,
        draw: Callable[[Any], PosedProblem],
        scorer: LocalScorer,
        options: RewardOptions,
        *,
        rounds: int = 5,
        feedback: Feedback = Feedback.EXPLAIN,
    ) -> None:
        """Begin nothing yet; `draw` makes a problem of a seed."""
        super().__init__()
        self._draw, self._scorer, self._options = draw, scorer, options
        self._rounds, self._feedback = rounds, feedback
        self._posed: PosedProblem | None = None
        self._dialogue = Dialogue(feedback)
        self._state = Episode()

    def reset(self, seed: Any = None, episode_id: str | None = None, **_: Any) -> Told:
        """Put the problem that belongs to the seed."""
        posed = self._posed = self._draw(seed)
        self._dialogue = Dialogue(self._feedback)
        self._state = Episode(
            episode_id=episode_id or str(uuid4()), domain=posed.domain, rounds_left=self._rounds
        )
        return Told(domain=posed.domain, messages=[dict(message) for message in posed.messages])

    def step(self, action: Completion, timeout_s: float | None = None, **_: Any) -> Told:
        """Judge a reply."""
        del timeout_s  # the workers have their own deadline
        posed, state = self._posed, self._state
        if posed is None or not state.rounds_left:
            raise RuntimeError("no episode is under way: reset first, in the same session")
        reply = sendable(read_completion(action.completion))
        outcome = asyncio.run(examine(self._scorer, posed, reply, self._options))
        accepted = outcome.verdict is Verdict.ACCEPTED
        state.step_count += 1
        state.rounds_left = 0 if accepted else state.rounds_left - 1
        state.verdict = outcome.verdict
        done = not state.rounds_left
        told = "" if done else self._dialogue.tell(reply or "", outcome)
        return Told(
            domain=posed.domain,
            messages=[{"role": "user", "content": told}] if told else [],
            verdict=outcome.verdict,
            codes=list(outcome.codes),
            reward=self._options.weights.sum_up(outcome) if done else 0.0,
            done=done,
        )

    @property
    def state(self) -> Episode:
        """How far the episode is."""
        return self._state


def choose(problems: Sequence[PosedProblem], seed: Any) -> PosedProblem:
    return random.Random(seed).choice(problems)  # noqa: S311  # no secret


def make(domain: str, level: int, seed: Any) -> PosedProblem:
    """Make a problem that was answered, and whose answer was accepted."""
    found = find_domain(domain)
    generation = found.generation
    known = generation.families if generation else ()
    families = [(each, [level]) for each in known if each.solvable and level <= len(each.levels)]
    if generation is None or not families:
        raise ValueError(f"`{domain}` makes no problems of level {level}")
    seed = random.getrandbits(63) if seed is None else seed
    order = Order(
        domain=found,
        generation=generation,
        families=families,
        rows=1,
        seed=seed,
        shares={"train": 1.0},
    )
    row = next(synthesize(order, Tally()), None)
    if row is None:
        raise ValueError(f"no problem of `{domain}` could be answered")
    return PosedProblem.of(row.to_json())


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve problems and rewards over OpenEnv.")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--rows", type=Path, help="file of `modulo export --format rl`, or synth")
    source.add_argument("--domain", help="makes a problem for each seed")
    parser.add_argument("--level", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--feedback", type=Feedback, default=Feedback.EXPLAIN)
    parser.add_argument("--weights", type=Weights.model_validate_json, default=Weights())
    parser.add_argument("--deadline", type=float, default=4.5, help="seconds for each reply")
    parser.add_argument("--sessions", type=int, default=64)
    parser.add_argument("--port", type=int, default=8000)
    asked = parser.parse_args()
    draw = partial(make, asked.domain, asked.level)
    if asked.rows:
        draw = partial(choose, list(read_problems(asked.rows)))
    scorer = LocalScorer(deadline_s=asked.deadline)
    options = RewardOptions(weights=asked.weights)
    # Whatever is wrong with the source is told now, not to a trainer; and workers are warm.
    asyncio.run(examine(scorer, draw(0), "", options))
    how = {"rounds": asked.rounds, "feedback": asked.feedback}
    environment = partial(ModuloEnvironment, draw, scorer, options, **how)
    served = create_app(environment, Completion, Told, max_concurrent_envs=asked.sessions)
    try:
        uvicorn.run(served, port=asked.port, ws_max_size=MOST_MESSAGE_BYTES)
    finally:
        scorer.close()


if __name__ == "__main__":
    main()
