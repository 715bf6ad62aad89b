"""`modulo view`: the console over exported journals, on a free port of this machine."""

import asyncio
import socket
from pathlib import Path

import uvicorn
from pydantic import SecretStr

from app.cli.terminal import note, reported
from app.console.settings import ConsoleSettings
from app.engines import MEMORY
from app.journals import find_journals, serve_journals
from app.security.settings import SecuritySettings
from app.setting_groups import UpstreamSettings
from app.settings import Settings

LOOPBACK = "127.0.0.1"


def run_view(place: Path, port: int) -> None:
    """Show journals until interrupted.

    Args:
        place: A journal, or a folder with some.
        port: Where to listen; 0 picks a free port.
    """
    with reported():
        settings = Settings(
            upstream=UpstreamSettings(discover=False, embedded=False),
            security=SecuritySettings(auth="none"),
            database_url=SecretStr(MEMORY),
            console=ConsoleSettings(),
        )
        files = find_journals(place)
        app = serve_journals(files, settings)
        with socket.create_server((LOOPBACK, port)) as listener:
            where = f"http://{LOOPBACK}:{listener.getsockname()[1]}/console"
            one = f"/runs/{files[0].stem}" if len(files) == 1 else "/runs"
            counted = "1 journal" if len(files) == 1 else f"{len(files)} journals"
            note(f"{counted} at {where}{one} (Ctrl-C ends it)")
            server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
            asyncio.run(server.serve(sockets=[listener]))
