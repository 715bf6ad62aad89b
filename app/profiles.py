"""Profiles: named ways to verify, configured on the server, so that a client only says a name.

A profile is what a chat client chooses by its model name (`profile/model`), its base URL
(`/p/{profile}/v1`), a header or the body. Everything in it is a default that a request may
override, except the ladder of models.
"""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, SecretStr, model_validator

from backprompt.budget import Budget
from backprompt.strategy import Strategy

NAME = r"^[a-z0-9][a-z0-9._-]{0,62}$"
"""Names of profiles: they stand in paths, headers and model names."""


class _Group(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )


class Endpoint(_Group):
    """A model and where it is asked."""

    model: str = Field(min_length=1, max_length=200)
    """The model's name at its endpoint."""
    base_url: str | None = Field(default=None, pattern=r"^https?://[^\s/]+\S*$")
    """Its endpoint, if it is not `upstream.base_url`; that one's key is not sent there."""
    api_key: SecretStr | None = None
    """Bearer token for `base_url`."""

    @model_validator(mode="after")
    def _key_has_an_endpoint(self) -> Self:
        if self.api_key is not None and self.base_url is None:
            raise ValueError("`api_key` belongs to a `base_url` beside it")
        return self


class Rung(Endpoint):
    """One model of a ladder.

    It is left for the next one when it has spent its part, brings nothing new, keeps making the
    same mistake or cannot be asked.
    """

    rounds: int | None = Field(default=None, ge=1)
    """Most rounds that it is asked."""
    tokens: int | None = Field(default=None, ge=1)
    """Tokens of the budget that it may spend."""
    cost_usd: float | None = Field(default=None, gt=0)
    """US dollars of the budget that it may spend."""
    seconds: float | None = Field(default=None, gt=0)
    """Wall seconds from its first call, after which it is asked no more."""
    max_tokens: int | None = Field(default=None, ge=1)
    """Most completion tokens of one of its calls."""


class RoleSettings(_Group):
    """Models for what is not generating; a role without one asks the generator's."""

    formalizer: Endpoint | None = None
    """Puts plain language into a problem."""
    reformatter: Endpoint | None = None
    """Puts an answer into the domain's form (`strategy.reformat`)."""
    soft_critic: Endpoint | None = None
    """Scores certified answers by `strategy.prefer.rubric`; it can neither grant nor block one."""
    summariser: Endpoint | None = None
    """Sums up earlier attempts (`strategy.history: summary`)."""


class Profile(_Group):
    """A named way to verify."""

    domain: str | None = Field(default=None, min_length=1, max_length=80)
    """The domain whose critics judge."""
    problem: dict[str, JsonValue] = {}
    """Fixed parts of the problem, under those of the request."""
    models: tuple[Rung, ...] = Field(default=(), max_length=8)
    """The ladder: which model is asked first, and which ones after it. Empty: the upstream."""
    strategy: Strategy | None = None
    """How the loop reacts, over the server's defaults."""
    budget: Budget | None = None
    """What a run may spend, over the server's defaults."""
    on_fail: Literal["error", "best_effort"] | None = None
    """What a request gets that ends without a certificate."""
    recognise: bool = False
    """Take the problem from fenced `pddl` or `smt2` blocks of the conversation; a conversation
    without any is passed through."""


class ProxySettings(_Group):
    """The OpenAI-compatible endpoints under `/v1`."""

    passthrough: bool = True
    """Pass requests on that name nothing to verify, marked `certified: null`; else refuse them."""
    default_profile: str | None = None
    """Profile of requests that name none."""
    schemas: bool = True
    """Verify `response_format: json_schema` of requests that name nothing else to verify."""
    progress: bool = True
    """Tell a line per round as `reasoning_content` in streams that ask for nothing else."""
