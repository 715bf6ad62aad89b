"""`GET /v1/models` and `/v1/models/{id}`: the upstream's models, plain and behind each profile.

A plain name is passed through; `profile/model` is verified as the profile says.
"""

import asyncio
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.failures import ServiceError
from app.nearest import did_you_mean
from app.profiles import Profile
from app.proxy.wire_json import respond
from app.service import Service
from app.upstreams import MARK

OWNER = "llm-modulo"
PATIENCE_S = 5.0
LONGEST_LIST = 2_000_000
"""Bytes of an upstream's list of models that are read."""
MOST_MODELS = 2_000
HEADERS = {MARK: "1"}
"""How another llm-modulo that looks for model servers knows that this is none."""

Row = dict[str, Any]


async def list_models(request: Request) -> Response:
    """List the models."""
    rows = await _rows(request)
    return respond({"object": "list", "data": rows}, headers=HEADERS)


async def show_model(request: Request) -> Response:
    """Show one model.

    Raises:
        ServiceError: `model-unknown`, with the nearest name.
    """
    wanted = request.path_params["model"]
    rows = {row["id"]: row for row in await _rows(request)}
    if wanted not in rows:
        near = did_you_mean(wanted, rows)
        raise ServiceError("model-unknown", f"there is no model `{wanted[:80]}`{near}")
    return respond(rows[wanted], headers=HEADERS)


async def _rows(request: Request) -> list[Row]:
    service: Service = request.app.state.service
    profiles = service.settings.profiles
    plain = await upstream_models(service)
    within = request.path_params.get("profile")
    if within is not None and within not in profiles:
        near = did_you_mean(within, profiles)
        raise ServiceError("profile-unknown", f"there is no profile `{within[:80]}`{near}")
    virtual = [
        _row(f"{name}/{model}", OWNER)
        for name, profile in profiles.items()
        for model in _models_of(profile, plain)
    ]
    return [*plain, *virtual]


def _models_of(profile: Profile, plain: list[Row]) -> list[str]:
    """Name the models behind a profile: those of its ladder, else the upstream's."""
    return [rung.model for rung in profile.models] or [str(row["id"]) for row in plain]


async def upstream_models(service: Service) -> list[Row]:
    """List what the upstream lists; where it lists nothing, the one model that is asked."""
    choice = await service.choice()
    rows: list[Row] = []
    if choice.base_url is not None:
        rows = await _ask(service, choice.base_url)
    if choice.model is not None and choice.model not in {row["id"] for row in rows}:
        rows = [_row(choice.model, choice.kind), *rows]
    return rows


async def _ask(service: Service, base_url: str) -> list[Row]:
    import httpx  # noqa: PLC0415  # slow to import, and only needed with an upstream

    key = service.settings.upstream.api_key
    headers = {"authorization": f"Bearer {key.get_secret_value()}"} if key else {}
    headers["accept-encoding"] = "identity"
    content = bytearray()
    try:
        async with (
            asyncio.timeout(PATIENCE_S),
            service.client.stream(
                "GET", f"{base_url.rstrip('/')}/models", headers=headers, timeout=PATIENCE_S
            ) as response,
        ):
            async for part in response.aiter_raw():
                content += part
                if len(content) > LONGEST_LIST:
                    return []
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
        return []
    return read_models(bytes(content)) if response.is_success else []


def read_models(content: bytes) -> list[Row]:
    """Read a list of models; anything else holds none."""
    try:
        listed = json.loads(content)
    except (ValueError, RecursionError):
        return []
    found = listed.get("data") if isinstance(listed, dict) else None
    rows = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
    named = [row for row in rows if isinstance(row.get("id"), str)]
    return [
        _row(row["id"][:200], str(row.get("owned_by") or "upstream")[:200], row.get("created"))
        for row in named[:MOST_MODELS]
    ]


def _row(name: str, owner: str, created: Any = 0) -> Row:
    since = created if type(created) is int else 0
    return {"id": name, "object": "model", "created": since, "owned_by": owner}
