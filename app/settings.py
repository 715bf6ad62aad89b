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

from pydantic import BaseModel, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from app.console.settings import ConsoleSettings
from app.nearest import did_you_mean
from app.profiles import NAME, Profile, ProxySettings, RoleSettings, Rung
from app.security.settings import SecuritySettings
from app.setting_groups import (
    BreakerSettings,
    CacheSettings,
    Caps,
    ClusterSettings,
    KeySettings,
    Limits,
    LogSettings,
    SheddingSettings,
    UpstreamSettings,
    WebhookSettings,
    WorkerSettings,
)
from app.telemetry.settings import LoggingSettings, MetricsSettings, TracingSettings
from backprompt.budget import Budget
from backprompt.strategy import Strategy

PREFIX = "MODULO_"
RESERVED = frozenset({"MODULO_API_KEY", "MODULO_CONFIG", "MODULO_TEST_DATA"})
"""Variables of ours that are no settings: the key that commands show to a service, where the file
lies, and the tests' data."""
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
    """Address the service listens on; `0.0.0.0` opens it to the network and needs API keys."""
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
    roles: RoleSettings = RoleSettings()
    ladder: tuple[Rung, ...] = Field(default=(), max_length=8)
    """Models that are asked one after the other, where a request names no model and no profile
    that has models; fields as in `profiles.NAME.models`."""
    profiles: dict[Annotated[str, Field(pattern=NAME)], Profile] = {}
    """Named ways to verify, for the OpenAI-compatible endpoints: `[profiles.NAME]`."""
    keys: KeySettings = KeySettings()
    security: SecuritySettings = SecuritySettings()
    console: ConsoleSettings = ConsoleSettings()
    log: LogSettings = LogSettings()
    breaker: BreakerSettings = BreakerSettings()
    shedding: SheddingSettings = SheddingSettings()
    metrics: MetricsSettings = MetricsSettings()
    tracing: TracingSettings = TracingSettings()
    logging: LoggingSettings = LoggingSettings()

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
