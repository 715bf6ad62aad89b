"""Settings: environment `MODULO_*` over `modulo.toml` over defaults.

Invariants:
    * An unknown key is an error that names the nearest known one, wherever it stands.
    * Secrets are `SecretStr`: no dump of the settings shows them.
    * The docstring under a field is its documentation; nothing else describes it.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from app.nearest import did_you_mean
from app.profiles import NAME, Profile, ProxySettings
from backprompt.budget import Budget
from backprompt.strategy import Strategy

PREFIX = "MODULO_"
RESERVED = frozenset({"MODULO_CONFIG", "MODULO_TEST_DATA"})
"""Variables of ours that are no settings: where the file lies, and the tests' data."""
FILE = "modulo.toml"

Source = Literal["default", "toml", "env"]


class SettingsError(Exception):
    """The configuration cannot be used.

    Attributes:
        faults: One line each, in the order found: what is wrong and where it stands.
    """

    def __init__(self, faults: list[str]) -> None:
        """Keep the faults; the first becomes the message."""
        super().__init__(faults[0])
        self.faults = faults


class Group(BaseModel):
    """A group of settings; its fields are documented where they are declared."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )


class Price(Group):
    """What a model costs."""

    input: float = Field(ge=0)
    """US dollars per million prompt tokens."""
    output: float = Field(ge=0)
    """US dollars per million completion tokens, reasoning tokens included."""


class UpstreamSettings(Group):
    """Where guesses come from. Without `base_url` and `replay` a local model is looked for."""

    base_url: str | None = Field(default=None, pattern=r"^https?://[^\s/]+\S*$")
    """Base URL of an OpenAI-compatible endpoint, such as `http://127.0.0.1:11434/v1`."""
    model: str | None = None
    """Name of the model at the upstream; a request may name another one."""
    api_key: SecretStr | None = None
    """Bearer token for the upstream."""
    replay: Path | None = None
    """Play a recorded run instead of asking a model; everything is marked `upstream: replay`."""
    discover: bool = True
    """Look for a model server on the loopback addresses when no upstream is configured."""
    embedded: bool = True
    """Fall back to the embedded model when its runtime and weights are installed."""
    prices: dict[str, Price] = {}
    """Prices per model name; a model without a price costs 0."""
    temperature: float | None = Field(default=None, ge=0, le=2)
    """Sampling temperature of requests that name none; empty leaves it to the upstream."""
    max_tokens: int | None = Field(default=None, ge=1)
    """Completion tokens per call of requests that name none."""
    reasoning_effort: str | None = None
    """Reasoning effort of requests that name none, such as `low` or `high`."""
    timeout_s: float = Field(default=600.0, gt=0, le=86_400)
    """Seconds one call may take, retries included, within the run's own budget."""
    concurrent: int | None = Field(default=None, ge=1)
    """Calls under way at once, by all replicas of one PostgreSQL database; empty allows any
    number."""
    retries: int = Field(default=2, ge=0, le=10)
    """Retries of one call after 429, 5xx or a failed connection, within the run's budget."""


class WorkerSettings(Group):
    """The worker processes in which every problem and every answer is read and judged."""

    size: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, le=256)
    """Worker processes; the default is one per processor core."""
    memory_mb: int = Field(default=1024, ge=128)
    """Address space of one worker, in MiB; a check that needs more ends as `unknown`."""
    deadline_s: float = Field(default=4.5, gt=0, le=3600)
    """Seconds one check may take before its worker is killed and the verdict is `unknown`."""
    opinion_deadline_s: float = Field(default=3.0, gt=0, le=3600)
    """Seconds a second opinion may take before it counts as unavailable."""
    feasibility_deadline_s: float = Field(default=30.0, gt=0, le=3600)
    """Seconds the test may take whether a problem has any answer; it runs beside the rounds."""
    recycle_after: int = Field(default=1000, ge=1)
    """Jobs after which a worker process is replaced by a fresh one."""


class KeySettings(Group):
    """Who signs certificates. Without a key each process makes one for itself (`ephemeral`)."""

    private_key_file: Path | None = None
    """PEM file with the Ed25519 key that signs; `modulo keys new FILE` makes one."""
    private_key: SecretStr | None = None
    """The same key itself, where there is no file; it wins over the file."""
    public_keys: tuple[Path, ...] = ()
    """PEM files of keys that signed before: `GET /keys` still shows them."""


class LogSettings(Group):
    """The log of issued certificates."""

    enabled: bool = True
    """Keep an append-only, hash-chained log of every certificate issued."""
    file: Path | None = None
    """Where; the default is `certificates.jsonl` in the user's data directory."""


class ClusterSettings(Group):
    """How runs survive a process, and how several replicas share them."""

    lease_s: float = Field(default=30.0, ge=1, le=3600)
    """Seconds without a sign of life after which a replica is dead; others then take over."""
    attempts: int = Field(default=4, ge=1, le=50)
    """Times in a row that the process may die while it executes one run at the same point, before
    the run is given up."""
    kept_days: float = Field(default=30.0, gt=0)
    """Days that a run is kept after its end."""
    synchronous: Literal["FULL", "NORMAL"] = "FULL"
    """When a commit to an SQLite file is on the disk. `NORMAL` is faster; a power cut, but no
    crash of the process, may then lose the latest answers."""


class Caps(Group):
    """The most a single request may ask for; a budget above a cap is refused."""

    rounds: int = Field(default=100, ge=1)
    """Generate-judge rounds."""
    candidates: int | None = Field(default=None, ge=1)
    """Candidate texts judged."""
    seconds: float = Field(default=3600.0, gt=0)
    """Wall seconds."""
    tokens: int | None = Field(default=None, ge=1)
    """Prompt and completion tokens together."""
    cost_usd: float | None = Field(default=None, gt=0)
    """US dollars."""
    n: int = Field(default=16, ge=1)
    """Answers that one round of a parallel search asks for."""


class WebhookSettings(Group):
    """Whom to tell that a run is over. Messages follow Standard Webhooks."""

    url: str | None = Field(default=None, pattern=r"^https?://[^\s/]+\S*$")
    """Address that is told of the end of every run."""
    allowed: tuple[Annotated[str, Field(pattern=r"^https?://[^\s/]+\S*$")], ...] = ()
    """Addresses that a request may name in `webhook`: these themselves and what lies below them.
    Without any, no request may name one."""
    secret: SecretStr | None = None
    """Key of the signature, such as `whsec_` and base64; needed where any address is set."""
    attempts: int = Field(default=6, ge=1, le=20)
    """Deliveries tried, with pauses of 1, 4, 16 ... seconds between them."""
    timeout_s: float = Field(default=10.0, gt=0, le=60)
    """Seconds one delivery may take."""

    @model_validator(mode="after")
    def _signed(self) -> Self:
        if (self.url or self.allowed) and self.secret is None:
            raise ValueError("webhooks are signed: set `webhooks.secret`")
        return self


class CacheSettings(Group):
    """What is remembered in memory between runs. Whatever comes from a cache is checked again."""

    answers: bool = False
    """Judge an answer that was certified before for the same problem, before a model is asked.
    Off by default, because it makes experiments depend on each other."""
    feasibility: bool = True
    """Remember whether a problem has any answer."""
    judgements: bool = True
    """Remember what the critics said of an answer."""
    responses: bool = False
    """Remember what a model answered to the same call of the same conversation."""
    entries: int = Field(default=1000, ge=0)
    """Entries per cache; the least recently used ones go first."""


class Limits(Group):
    """What one client can make the service hold and do."""

    body_bytes: int = Field(default=4_000_000, ge=1024)
    """Bytes of a request body; a longer one is refused unread."""
    json_depth: int = Field(default=64, ge=4, le=200)
    """Nesting of JSON in a request body."""
    concurrent_runs: int = Field(default=32, ge=1)
    """Runs under way at once; one more is refused with `Retry-After` before it costs anything."""
    tenant_runs: int | None = Field(default=None, ge=1)
    """Runs of one tenant taken from the queue at once, by all replicas; the default is
    `concurrent_runs`."""
    queued_runs: int = Field(default=1000, ge=0)
    """Runs that wait for their turn (`Prefer: respond-async`); one more is refused."""
    kept_runs: int = Field(default=1000, ge=1)
    """Runs that are remembered after their end, where they are kept in memory."""
    concurrent_checks: int = Field(default=64, ge=1)
    """Checks without a model under way at once."""
    concurrent_passthrough: int = Field(default=256, ge=1)
    """Chat requests passed through at once; one more is refused with `Retry-After`."""


class Settings(BaseSettings):
    """Everything that can be configured."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        allow_inf_nan=False,
    )

    host: str = "127.0.0.1"
    """Address the service listens on; `0.0.0.0` opens it to the network, without any login."""
    port: int = Field(default=8080, ge=0, le=65_535)
    """Port the service listens on; 0 picks a free one."""
    database_url: SecretStr | None = None
    """Where runs are kept: `sqlite:///path/to/file.db` for one process, `postgresql://…` for many
    replicas, `memory:` to forget them at the end; the default of `modulo serve` is `modulo.db` in
    the user's data directory."""
    models_dir: Path | None = None
    """Where the weights of embedded models lie; the default is the user's data directory."""
    sse_keepalive_s: float = Field(default=15.0, gt=0, le=300)
    """Seconds between the comments that keep a silent event stream open."""
    upstream: UpstreamSettings = UpstreamSettings()
    worker: WorkerSettings = WorkerSettings()
    budget: Budget = Budget()
    """What a run may spend where the request names nothing else."""
    caps: Caps = Caps()
    strategy: Strategy = Strategy()
    """How the loop reacts where the request names nothing else."""
    limits: Limits = Limits()
    cluster: ClusterSettings = ClusterSettings()
    caches: CacheSettings = CacheSettings()
    webhooks: WebhookSettings = WebhookSettings()
    proxy: ProxySettings = ProxySettings()
    profiles: dict[Annotated[str, Field(pattern=NAME)], Profile] = {}
    """Named ways to verify, for the OpenAI-compatible endpoints: `[profiles.NAME]`."""
    keys: KeySettings = KeySettings()
    log: LogSettings = LogSettings()

    @model_validator(mode="after")
    def _default_profile_exists(self) -> Self:
        name = self.proxy.default_profile
        if name is not None and name not in self.profiles:
            near = did_you_mean(name, self.profiles)
            raise ValueError(f"`proxy.default_profile`: there is no profile `{name}`{near}")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # pydantic passes it by name
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: arguments, then the environment, then the file."""
        file = TomlConfigSettingsSource(settings_cls, toml_file=config_file())
        return init_settings, env_settings, file


def config_file() -> Path | None:
    """Find the configuration file: `MODULO_CONFIG`, else `modulo.toml` where we were started.

    Raises:
        SettingsError: `MODULO_CONFIG` names a file that is not there.
    """
    named = os.environ.get("MODULO_CONFIG")
    path = Path(named or FILE)
    if path.is_file():
        return path
    if named:
        raise SettingsError([f"`MODULO_CONFIG` names `{named}`, which is not a file"])
    return None


def data_directory(environ: Mapping[str, str] = os.environ) -> Path:
    """Find where this user's data lie (XDG base directories)."""
    data = environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "llm-modulo"


def load_settings() -> Settings:
    """Read and validate all settings.

    Raises:
        SettingsError: With every fault: unknown keys, wrong values, an unreadable file.
    """
    faults = _unknown_variables(os.environ)
    try:
        settings = Settings()
    except ValidationError as error:
        raise SettingsError(faults + [_fault(found) for found in error.errors()]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError([f"`{config_file()}` is not TOML: {error}"]) from error
    except ValueError as error:
        raise SettingsError([*faults, str(error)]) from error
    if faults:
        raise SettingsError(faults)
    return settings


def resolve(settings: Settings) -> Iterator[tuple[str, Any, Source]]:
    """List every setting as `(dotted name, value for people, source)`; secrets are masked."""
    env = set(_flat(EnvSettingsSource(Settings)()))
    file = set(_flat(TomlConfigSettingsSource(Settings, toml_file=config_file())()))
    for name, value in _flat(settings.model_dump(mode="json")).items():
        source: Source = "env" if _holds(env, name) else "toml"
        yield name, value, source if _holds(env | file, name) else "default"


def _holds(keys: set[str], name: str) -> bool:
    return any(name == key or name.startswith(f"{key}.") for key in keys)


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        nested = isinstance(value, Mapping) and value
        flat |= _flat(value, f"{prefix}{key}.") if nested else {f"{prefix}{key}": value}
    return flat


def _unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Find variables that begin like ours and set nothing."""
    ours = (n for n in environment if n.upper().startswith(PREFIX) and n.upper() not in RESERVED)
    return [
        f"there is no setting `{name}` (environment){did_you_mean(name.upper(), _variables())}"
        for name in ours
        if not _is_setting(name.upper().removeprefix(PREFIX).lower().split("__"))
    ]


def _is_setting(path: list[str]) -> bool:
    model: type[BaseModel] = Settings
    for depth, part in enumerate(path):
        field = model.model_fields.get(part)
        if field is None:
            return False
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            model = field.annotation
            continue
        return depth == len(path) - 1 or part in {"prices", "profiles"}
    return True


def _variables() -> list[str]:
    names = _flat(Settings.model_construct().model_dump())
    return [PREFIX + name.upper().replace(".", "__") for name in names]


def _fault(found: Any) -> str:
    """Say one validation fault in a line; the value itself may be a secret and stays out."""
    name = ".".join(str(part) for part in found["loc"])
    variable = PREFIX + name.upper().replace(".", "__")
    if found["type"] == "extra_forbidden":
        names = list(_flat(Settings.model_construct().model_dump()))
        return f"there is no setting `{name}` in the file{did_you_mean(name, names)}"
    where = f"environment `{variable}`" if variable in os.environ else f"`{config_file() or FILE}`"
    return f"setting `{name}` ({where}): {found['msg'][:1].lower()}{found['msg'][1:]}"
