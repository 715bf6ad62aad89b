"""An environment for the library `verifiers` (its v1 API), with our critics as reward.

    eval llm-modulo-env --env.taskset.rows rows.jsonl --env.rounds 5

The taskset reads the rows of `modulo export --format rl`. A model that is wrong is told what the
critics found, in the loop's own words, until it is right or the rounds are over; with one round it
is asked once. `verifiers` finds a plug-in by the name of a top-level module, and imports it from
nowhere else; nothing else of this project imports that library.

Invariants:
    * A rollout's reward is that of its last reply, from the same `judge()` as a certificate.
    * Model text is read in worker processes only; no program that a model wrote is run here.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
import verifiers.v1 as vf
from verifiers.v1.dialects.chat import message_to_wire

from app.flywheel.environments import (
    Dialogue,
    PosedProblem,
    examine,
    lend_examples,
    read_problems,
)
from app.flywheel.rewards import RewardOptions, Weights
from app.flywheel.scorers import LocalScorer
from backprompt.strategy import Feedback
from critics.reward import Count, Outcome
from critics.types import Verdict

__all__ = ["ChatHarness", "ModuloEnv", "ModuloTaskset"]


class ModuloTaskConfig(vf.TaskConfig):
    """How completions are rewarded; the same as in `POST /reward`."""

    weights: Weights = Weights()
    """What verdict, progress and prefix count."""
    answers: Count = Count.ALL
    """How several answers in one reply count."""


class ModuloTasksetConfig(vf.TasksetConfig):
    """Where problems come from."""

    rows: Path | None = None
    """File of JSON lines with `domain`, `problem` and, if they have one, `prompt`."""
    domain: str = "pddl"
    """Without `rows`: the domain whose examples are taken."""
    task: ModuloTaskConfig = ModuloTaskConfig()


class ModuloEnvConfig(vf.EnvConfig):
    """How a rollout goes."""

    agent: vf.AgentConfig = vf.AgentConfig(runtime=vf.SubprocessConfig())
    rounds: int = 5
    """Most replies of one rollout."""
    feedback: Feedback = Feedback.EXPLAIN
    """How much a wrong reply is told."""


class ModuloTaskData(vf.TaskData):
    """A problem on the wire."""

    domain: str
    problem: dict[str, Any]


class ModuloTask(vf.Task[ModuloTaskData, vf.State, ModuloTaskConfig]):
    """A problem whose replies our critics judge."""

    def __init__(
        self,
        data: ModuloTaskData,
        config: ModuloTaskConfig | None = None,
        scorer: LocalScorer | None = None,
    ) -> None:
        """Make a task; one without a scorer starts its own with the first reply."""
        super().__init__(data, config)
        self.scorer = scorer or LocalScorer()

    async def examine(self, reply: str) -> Outcome:
        """Judge a reply, and give the judgement that decided."""
        posed = PosedProblem(domain=self.data.domain, problem=self.data.problem, messages=())
        options = RewardOptions(weights=self.config.weights, answers=self.config.answers)
        return await examine(self.scorer, posed, reply, options)

    @vf.reward
    async def modulo(self, trace: vf.Trace) -> float:
        """Give the reward of the last reply."""
        return self.config.weights.sum_up(await self.examine(trace.last_reply))

    @vf.metric
    async def outcome(self, trace: vf.Trace) -> dict[str, float]:
        """Tell whether the last reply was accepted or undecided, and how many replies it took."""
        verdict = (await self.examine(trace.last_reply)).verdict
        return {
            "accepted": float(verdict is Verdict.ACCEPTED),
            "undecided": float(verdict is Verdict.UNKNOWN),
            "replies": float(trace.num_turns),
        }


class ModuloTaskset(vf.Taskset[ModuloTask, ModuloTasksetConfig]):
    """Problems from a file, or a domain's examples."""

    def __init__(self, config: ModuloTasksetConfig) -> None:
        """Read nothing yet."""
        super().__init__(config)
        self.scorer = LocalScorer()

    def load(self) -> Iterable[ModuloTask]:
        """Give the tasks in the file's order."""
        rows, domain = self.config.rows, self.config.domain
        for posed in lend_examples(domain) if rows is None else read_problems(rows):
            prompt: Any = list(posed.messages)
            if [each["role"] for each in prompt] == ["user"]:
                prompt = prompt[0]["content"]
            data = ModuloTaskData(prompt=prompt, domain=posed.domain, problem=dict(posed.problem))
            yield ModuloTask(data, self.config.task, self.scorer)


class ModuloEnv(vf.Env[ModuloEnvConfig]):
    """A model is told what is wrong with its reply, and replies again."""

    async def run(self, task: vf.Task, agents: vf.Agents) -> None:
        """Ask until a reply is accepted or the rounds are over."""
        if self.config.rounds == 1 or not isinstance(task, ModuloTask):
            await agents.agent.run(task)
            return
        dialogue = Dialogue(self.config.feedback)
        async with agents.agent.interaction(task) as talk:
            segment = await talk.turn()
            for _ in range(self.config.rounds - 1):
                if segment.terminated:
                    return
                outcome = await task.examine(segment.last_reply)
                if outcome.verdict is Verdict.ACCEPTED:
                    return
                segment = await talk.turn(dialogue.tell(segment.last_reply, outcome))

    async def stop(self) -> None:
        """End the workers."""
        if isinstance(self.taskset, ModuloTaskset):
            self.taskset.scorer.close()


class ChatHarness(vf.Harness[vf.HarnessConfig]):
    """The plainest chat: one call per reply, from this process; no tools, and no code is run."""

    APPENDS_SYSTEM_PROMPT = True
    SUPPORTS_RESUME = True
    EXECUTES_CODE = False
    NEEDS_CONTAINER = False

    async def launch(  # noqa: PLR0917  # the library's own signature
        self,
        ctx: vf.ModelContext,
        trace: vf.Trace,
        runtime: vf.Runtime,
        endpoint: str,
        secret: str,
        mcp_urls: dict[str, str],
        data: vf.TaskData,
    ) -> vf.ProgramResult:
        """Put the conversation to the model; the library records what it answers."""
        del trace, runtime, mcp_urls
        system, prompt = self.resolve_prompt(data)
        messages = [{"role": "system", "content": system}] if system else []
        if isinstance(prompt, str):
            messages.append({"role": "user", "content": prompt})
        else:
            messages += [message_to_wire(message) for message in prompt or []]
        async with httpx.AsyncClient(timeout=None) as client:  # noqa: S113  # the rollout's limits hold
            response = await client.post(
                f"{endpoint}/chat/completions",
                json={"model": ctx.model, "messages": messages},
                headers={"authorization": f"Bearer {secret}"},
            )
        failed = response.status_code != httpx.codes.OK
        return vf.ProgramResult(int(failed), "", response.text[-500:] if failed else "")
