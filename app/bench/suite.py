"""Suite: what a benchmark runs, as a TOML file says it.

Invariants:
    * A suite is complete: nothing of it depends on the settings of the machine but where an
      upstream of kind `configured` is, and what it costs.
    * Everything that decides a cell's result is in the cell's definition, and nothing else; so a
      finished cell is known again as long as its definition is the same.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.bench.problems import BenchProblem, read_problems
from app.failures import ServiceError
from app.nearest import did_you_mean
from app.protocol import SolveRequest
from app.setting_groups import Price
from backprompt.budget import Budget
from backprompt.strategy import Strategy
from backprompt.upstream import Sampling
from critics.judge import Demand
from critics.statement import digest

Name = Annotated[str, Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}$")]
Kind = Literal["configured", "openai", "embedded", "replay", "random", "none"]
CONTROLS = frozenset({"random"})
"""Kinds of upstreams that guess without a model."""


class Part(BaseModel):
    """A part of a suite; its fields are documented where they are declared."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )


class Arm(Part):
    """One strategy under test."""

    strategy: Strategy = Strategy()
    """As in a request to `POST /solve`; fields left out take the product's own defaults."""
    budget: Budget | None = None
    """Laid over the suite's budget, field by field."""
    sampling: Sampling | None = None
    """Laid over the suite's sampling, field by field."""
    instructions: str | None = None
    """Said to the model instead of the suite's instructions."""
    upstreams: tuple[Name, ...] | None = None
    """With which upstreams it is run; with all by default."""
    control_for: tuple[Name, ...] = ()
    """Strategies beside which this one stands as a control without a model."""
    composite: bool = False
    """It chooses among the others (as `auto` does): the report tests whether it is worse than the
    best of them."""


class Source(Part):
    """Whom to ask."""

    kind: Kind
    """`configured`: the service's own upstream. `openai`: an endpoint. `embedded`: a local model.
    `replay`: recorded conversations. `random`: guesses without a model. `none`:
    nobody, for strategies that need no model."""
    base_url: str | None = Field(default=None, pattern=r"^https?://[^\s/]+\S*$")
    """Of an `openai` endpoint."""
    model: str | None = None
    """The model's name there, the embedded model's name, or the recorded model to replay."""
    api_key_env: str | None = None
    """Environment variable that holds the key; keys never stand in a suite."""
    path: Path | None = None
    """Recorded conversations to replay, in JSON lines; or the GGUF file of an embedded model."""
    sha256: str | None = None
    """Hash of that file, found when the suite is read."""
    price: Price | None = None
    """US dollars per million tokens; also prices recorded conversations."""
    structured: bool = False
    """Constrain answers by the domain's JSON Schema, where there is one."""
    threads: int | None = Field(default=None, ge=1, le=64)
    """Threads of the embedded model."""
    repeats: int | None = Field(default=None, ge=1, le=1000)
    """Runs of each problem, instead of the suite's; more cost a control nothing."""

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        needed = {"openai": ("base_url", "model"), "replay": ("path",)}.get(self.kind, ())
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            raise ValueError(f"an upstream of kind `{self.kind}` needs `{missing[0]}`")
        return self


class Stage(Part):
    """One stage of a portfolio: so many rounds of what a row of the benchmark has recorded."""

    strategy: Name
    """The row's strategy."""
    upstream: Name
    """The row's upstream."""
    rounds: int | None = Field(default=None, ge=1)
    """Rounds after which the next stage begins; without, it is played to its end."""
    until_repeat: bool = False
    """Whether a repeated answer ends the stage, too."""


class Suite(Part):
    """Problems x strategies x upstreams."""

    name: Name = "bench"
    """Title of the report."""
    problems: tuple[Path, ...] = ()
    """Files of JSON lines, or folders; relative to the suite's own folder."""
    strategies: dict[Name, Arm] = Field(min_length=1)
    """What is compared."""
    upstreams: dict[Name, Source] = Field(min_length=1)
    """Whom to ask."""
    portfolios: dict[Name, tuple[Stage, ...]] = {}
    """What would have happened had the recorded rows been tried one after the other."""
    budget: Budget = Budget()
    """What each run may spend, unless its strategy says otherwise."""
    sampling: Sampling = Sampling(temperature=0.7)
    """How the models sample, unless the strategy says otherwise; seeds are the bench's own."""
    instructions: str | None = None
    """The caller's own words to the model."""
    assurance: Demand = Demand.AUTO
    """How many opinions a certificate needs."""
    repeats: int = Field(default=1, ge=1, le=1000)
    """Runs of each problem with each strategy and upstream."""
    seed: int = Field(default=1, ge=0, lt=2**31)
    """Decides the seeds of all runs; run `i` of a problem has the same seed with every strategy."""
    concurrency: int = Field(default=1, ge=1, le=256)
    """Runs under way at once."""

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        for name, arm in self.strategies.items():
            for other in arm.upstreams or ():
                _require_known(other, self.upstreams, f"`strategies.{name}.upstreams`")
            for other in arm.control_for:
                _require_known(other, self.strategies, f"`strategies.{name}.control_for`")
        for name, stages in self.portfolios.items():
            for stage in stages:
                _require_known(stage.strategy, self.strategies, f"`portfolios.{name}`")
                _require_known(stage.upstream, self.upstreams, f"`portfolios.{name}`")
        return self

    def runs_of(self, strategy: str, upstream: str) -> int:
        """Give how often each problem is run with a strategy and an upstream; 0 is never."""
        arm, source = self.strategies[strategy], self.upstreams[upstream]
        if arm.upstreams is not None and upstream not in arm.upstreams:
            return 0
        return source.repeats or self.repeats

    def settle(self, arm: Arm) -> tuple[Budget, Sampling]:
        """Lay an arm's budget and sampling over the suite's."""
        return _lay(self.budget, arm.budget), _lay(self.sampling, arm.sampling)

    def request(self, problem: BenchProblem, arm: Arm, seed: int) -> SolveRequest:
        """Write the request of one run.

        Raises:
            ValidationError: This version cannot be asked so.
        """
        budget, sampling = self.settle(arm)
        return SolveRequest.model_validate(
            {
                "domain": problem.domain,
                "problem": problem.problem,
                "budget": budget.model_dump(exclude_unset=True),
                "strategy": arm.strategy.model_dump(mode="json", exclude_unset=True),
                "sampling": {**sampling.model_dump(exclude_unset=True), "seed": seed},
                "instructions": arm.instructions or problem.instructions or self.instructions,
                "assurance": self.assurance,
                "cache": False,
            }
        )


def read_suite(path: Path) -> Suite:
    """Read a suite; its relative paths become those seen from here.

    Raises:
        ServiceError: It cannot be read, or is no suite.
    """
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ServiceError("bench-invalid", f"`{path}` is no suite: {error}") from error
    suite = make_suite(data, str(path))
    found = tuple(path.parent / file for file in suite.problems)
    return find_recordings(suite.model_copy(update={"problems": found}), path.parent)


def find_recordings(suite: Suite, folder: Path) -> Suite:
    """Find the recordings of a suite, and hash what they hold.

    Raises:
        ServiceError: One cannot be read.
    """
    sources = {
        name: source if source.path is None else _found(source, folder / source.path)
        for name, source in suite.upstreams.items()
    }
    return suite.model_copy(update={"upstreams": sources})


def _found(source: Source, path: Path) -> Source:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ServiceError("bench-invalid", f"`{path}` cannot be read: {error.strerror}") from error
    return source.model_copy(update={"path": path, "sha256": digest(content)})


def make_suite(data: Mapping[str, Any], where: str) -> Suite:
    """Validate a suite.

    Raises:
        ServiceError: It is none; the message names the field.
    """
    try:
        return Suite.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        said = first["msg"].removeprefix("Value error, ")
        place = f"`{field}`: " if field else ""
        raise ServiceError("bench-invalid", f"`{where}`: {place}{said}") from error


def problems_of(suite: Suite) -> list[BenchProblem]:
    """Read the suite's problems.

    Raises:
        ServiceError: They cannot be read.
    """
    return read_problems(suite.problems)


def _lay(below: Any, above: Any) -> Any:
    """Lay the fields that are set in one model over another one of its kind."""
    if above is None:
        return below
    return below.model_copy(update={name: getattr(above, name) for name in above.model_fields_set})


def _require_known(name: str, known: Mapping[str, Any], where: str) -> None:
    if name not in known:
        raise ValueError(f"{where}: there is no `{name}`{did_you_mean(name, known)}")
