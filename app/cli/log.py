"""`modulo log`: reads the log of issued certificates."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

import typer

from app.cli.exits import Verified
from app.cli.terminal import draw_failure, is_colored, note, show, show_json
from app.failures import ServiceError
from app.issuer import open_log
from app.log import Audit, CertificateLog, LogError
from app.settings import SettingsError, load_settings


def verify_log(path: Path | None, head: str | None, *, as_json: bool) -> None:
    """Check the whole chain and every certificate in it, and print the head."""
    log = _log(path, as_json=as_json)
    if not log.path.is_file():
        _stop(f"there is no log `{log.path}`", as_json=as_json)
    audit = log.audit(head)
    if as_json:
        show_json({**asdict(audit), "intact": audit.intact, "file": str(log.path)})
    else:
        _show(audit, log)
    raise typer.Exit(int(Verified.VERIFIED if audit.intact else Verified.REFUTED))


def show_log(path: Path | None, certificate: str | None, *, as_json: bool) -> None:
    """List the entries, or print one certificate."""
    log = _log(path, as_json=as_json)
    try:
        if certificate is not None:
            found = log.find(certificate)
            if found is None:
                _stop(f"`{certificate}` is not in the log", as_json=as_json)
            show(found.decode("utf-8", "replace"))
            return
        for entry in log.read():
            if as_json:
                show_json({**asdict(entry), "hash": entry.hash})
            else:
                show(f"{entry.index:>6}  {entry.at}  {entry.certificate}  {entry.hash[:16]}")
    except LogError as error:
        _stop(str(error), as_json=as_json)


def _log(path: Path | None, *, as_json: bool) -> CertificateLog:
    if path is not None:
        return CertificateLog(path)
    try:
        log = open_log(load_settings())
    except SettingsError as error:
        _stop(str(error), as_json=as_json)
    if log is None:
        _stop("no log is kept: `log.enabled` is false", as_json=as_json)
    return log


def _show(audit: Audit, log: CertificateLog) -> None:
    state = "intact" if audit.intact else "altered"
    show(f"{state}: {audit.entries} certificates in `{log.path}`")
    show(f"  head {audit.head}")
    if audit.fault is not None:
        show(f"  {audit.fault}; what comes after it was not read")
    if audit.seen is False:
        show("  the head asked for is not in the log: entries were removed or replaced")
    if audit.intact:
        note("keep the head elsewhere: `modulo log verify --head HASH` then shows a cut, too")


def _stop(why: str, *, as_json: bool) -> NoReturn:
    error = ServiceError("usage", why)
    if as_json:
        show_json(error.to_document("cli"))
    else:
        note(draw_failure(error, color=is_colored(sys.stderr)))
    raise typer.Exit(int(Verified.UNDECIDED))
