"""`modulo serve`: the HTTP service under uvicorn."""

import asyncio
import logging
import socket
import sys
from contextlib import suppress

import uvicorn
from uvicorn.config import LOGGING_CONFIG

from app.cli.terminal import note, reported
from app.engines import require_usable_database, tell_where
from app.failures import ServiceError
from app.issuer import Issuer
from app.main import create_app
from app.proxy.configuration import require_profiles
from app.security.access import Access
from app.security.opening import require_login
from app.security.origins import is_loopback
from app.security.protocol import within
from app.settings import Settings, load_settings
from app.telemetry.logs import write_logs
from app.upstreams import require_usable
from critics.domain import find_domain, installed

logger = logging.getLogger("llm_modulo.serve")

SWITCH_S = 0.0005
"""Seconds for which a thread keeps the interpreter from the others, a tenth of what is usual: the
event loop lets go of it with every read and write, and waits so long for each thread that stores
something before it gets on."""
GRACE_S = 5
"""Seconds that requests under way have to end by themselves when the service is told to stop."""
CLEAN_UP_S = 3
"""Seconds they then have to say so to their clients."""


class Server(uvicorn.Server):
    """A server that says where it listens and whom it asks, once it does."""

    def __init__(self, config: uvicorn.Config, settings: Settings) -> None:
        """Serve one configuration."""
        super().__init__(config)
        self._settings = settings

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        if self.started:
            host, port = (sockets or [])[0].getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            self._note(f"llm-modulo listens on http://{shown}:{port} (documentation at /docs)")
            self._note(tell_where(self._settings))
            await self._tell_login(host)
            self._tell_key()
            self._told = asyncio.ensure_future(self._tell_upstream())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let requests end, then end them with an answer."""
        asyncio.get_running_loop().call_later(GRACE_S, self.config.app.state.service.stop)  # type: ignore[union-attr]  # as below
        await super().shutdown(sockets)

    async def _tell_login(self, host: str) -> None:
        access: Access = self.config.app.state.service.access  # type: ignore[union-attr]  # as below
        with suppress(ServiceError):  # requests will be told
            if await access.needs_key():
                self._note("requests need an API key (`modulo access new`)")
            elif not is_loopback(host):
                self._note(
                    f"warning: whoever reaches {host} may use this service; it asks for no key"
                )

    def _note(self, text: str) -> None:
        """Tell who started the service."""
        if self._settings.logging.format == "json":
            logger.info("%s", text)
        else:
            note(text)

    def _tell_key(self) -> None:
        issuer: Issuer = self.config.app.state.service.issuer  # type: ignore[union-attr]  # as below
        kind = (
            "" if issuer.keys.kind == "configured" else "; make one to keep with `modulo keys new`"
        )
        key = f"{issuer.keys.kind} key {issuer.signer.keyid[:16]}"
        self._note(f"certificates are signed by the {key}{kind}")
        if issuer.log is None:
            return
        fault = issuer.log.prepare()
        self._note(
            f"warning: {fault}" if fault else f"certificates are logged in `{issuer.log.path}`"
        )

    async def _tell_upstream(self) -> None:
        service = self.config.app.state.service  # type: ignore[union-attr]  # our own application
        choice = await service.choice()
        self._note(
            f"upstream: {choice.kind}; {choice.where}" + (f"; {choice.help}" if choice.help else "")
        )


def run_server(host: str | None, port: int | None) -> None:
    """Serve until told to stop."""
    with reported():
        settings = load_settings()
        given = {"host": host, "port": port}
        settings = settings.model_copy(update={k: v for k, v in given.items() if v is not None})
        for name in installed():
            find_domain(name)
        require_usable(settings.upstream)
        require_profiles(settings)
        settings = require_usable_database(settings)
        require_login(settings)
        listener = _listen(settings)
        sys.setswitchinterval(SWITCH_S)
        write_logs(settings.logging)
        application = create_app(settings)
        application.state.service.issuer.keys  # noqa: B018  # one that cannot be read is told now
        config = uvicorn.Config(
            application,
            log_level="warning",
            log_config=None if settings.logging.format == "json" else LOGGING_CONFIG,
            timeout_graceful_shutdown=GRACE_S + CLEAN_UP_S,
            server_header=False,
            http=within(settings.security.body_seconds),
        )
        Server(config, settings).run(sockets=[listener])


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # Named as TCP, so that asyncio turns Nagle off, which delays the body of an answer by 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except (OSError, OverflowError) as error:
        listener.close()
        where = f"{settings.host}:{settings.port}"
        raise ServiceError(
            "settings-invalid",
            f"cannot listen on {where}: {error}",
            help=["choose another `--port` or `--host`, or stop what listens there"],
        ) from error
    return listener
