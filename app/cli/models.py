"""`modulo models`: the embedded models' weights."""

import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from app.cli.terminal import note, reported, show, show_json, show_table
from app.failures import ServiceError
from app.models import MODELS, Model, WeightsError, find_model, installed_path, pull
from app.settings import load_settings

MEGABYTE = 1_000_000


def pull_model(name: str, gguf: Path | None) -> None:
    """Fetch weights with a progress bar; print where they are."""
    with reported():
        directory = load_settings().models_dir
        try:
            model = find_model(name)
            note(f"{model.title}, {model.size // MEGABYTE:,} MB, {model.licence}, {model.home}")
            columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
            with Progress(
                *columns, TransferSpeedColumn(), console=Console(file=sys.stderr)
            ) as bars:
                tasks = {}

                def report(phase: str, done: int, total: int) -> None:
                    if phase not in tasks:
                        tasks[phase] = bars.add_task(phase, total=total)
                    bars.update(tasks[phase], completed=done)

                path = pull(model, gguf=gguf, directory=directory, report=report)
        except WeightsError as error:
            raise ServiceError(error.code, str(error), help=[error.help]) from error
        show(str(path))


def list_models(*, as_json: bool) -> None:
    """Print the models that can be fetched, and which are here."""
    with reported(as_json=as_json):
        directory = load_settings().models_dir
        rows = [(model, installed_path(model, directory)) for model in MODELS.values()]
        if as_json:
            show_json(
                [
                    {
                        "name": model.name,
                        "title": model.title,
                        "bytes": model.size,
                        "licence": model.licence,
                        "home": model.home,
                        "note": model.note,
                        "built_in": model.built_in,
                        "installed": str(path) if path else None,
                    }
                    for model, path in rows
                ]
            )
            return
        show_table(
            (
                model.name,
                model.title,
                f"{model.size // MEGABYTE:,} MB",
                model.licence,
                _state(model, path),
                model.note,
            )
            for model, path in rows
        )


def _state(model: Model, path: Path | None) -> str:
    if path is None:
        return "not installed"
    return "built in" if model.built_in else "installed"
