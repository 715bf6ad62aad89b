"""The embedded models as upstreams: which are installed, what they know, and how to start them.

Invariant: nothing here downloads or starts anything. `Embedded.first()` looks; a model loads at
its first call.
"""

from collections.abc import Callable
from pathlib import Path

from app.local_server import command, runtime_installed
from app.models import MODELS, find_model, installed_models, installed_path
from backprompt.local import LocalUpstream
from backprompt.upstream import Upstream, UpstreamError

PREFIX = "embedded:"
"""Before a model's name: the embedded model of that name, whatever the upstream is."""
REMEDY_RUNTIME = "install the runtime: `pip install 'llm-modulo[local]'`"
REMEDY_WEIGHTS = f"fetch the weights: `modulo models pull {next(iter(MODELS))}`"


class Embedded:
    """The embedded models of one service, each with one process at most."""

    def __init__(self, directory: Path | None) -> None:
        """Start none.

        Args:
            directory: Where the weights lie.
        """
        self._directory = directory
        self._made: dict[str, LocalUpstream] = {}

    def open(self, name: str) -> LocalUpstream:
        """Give a model's upstream.

        Args:
            name: As in `app.models.MODELS`.

        Raises:
            WeightsError: There is no model of that name.
            UpstreamError: As from `embedded_upstream`.
        """
        if name not in self._made:
            self._made[name] = embedded_upstream(name, self._directory)
        return self._made[name]

    def first(self) -> str | None:
        """Name the installed model that is asked by default, if runtime and weights are here."""
        models = installed_models(self._directory)
        return models[0].name if models and runtime_installed() else None

    async def aclose(self) -> None:
        """End every process."""
        for upstream in self._made.values():
            await upstream.aclose()


def read_name(model: str | None) -> str | None:
    """Give the name behind `embedded:`; `None` for any other model."""
    return model.removeprefix(PREFIX) if model and model.startswith(PREFIX) else None


def knows(name: str | None, domain: str | None) -> bool:
    """Say whether an embedded model may be asked about a domain.

    Args:
        name: As in `app.models.MODELS`; of any other model nothing is known against it.
        domain: The domain; `None` for a chat about anything.
    """
    known = MODELS.get(name or "")
    return known is None or known.domains is None or domain in known.domains


def embedded_upstream(
    name: str,
    directory: Path | None = None,
    *,
    threads: int | None = None,
    structured: bool = False,
) -> LocalUpstream:
    """Make the upstream of one model by name.

    Args:
        name: One of `app.models.MODELS`.
        directory: Where the weights lie.
        threads: Of the engine; as many as cores are idle by default.
        structured: Whether to constrain answers by the domain's JSON Schema.

    Raises:
        WeightsError: There is no model of that name.
        UpstreamError: `upstream-none` when the runtime or the weights are missing; the message
            ends with the command that helps.
    """
    model = find_model(name)
    if not runtime_installed():
        raise UpstreamError("upstream-none", f"`xllamacpp` is not installed; {REMEDY_RUNTIME}")
    path = installed_path(model, directory)
    if path is None:
        message = f"the weights of `{name}` are not installed; `modulo models pull {name}`"
        raise UpstreamError("upstream-none", message)
    return serve_file(path, threads=threads, structured=structured)


def serve_file(
    path: Path, *, threads: int | None = None, structured: bool = False
) -> LocalUpstream:
    """Make the upstream of a GGUF file; its name is the file's.

    Args:
        path: The file.
        threads: As for `embedded_upstream`.
        structured: Likewise.
    """
    alias = path.stem
    return LocalUpstream(
        command(path, alias=alias, threads=threads),
        name=alias,
        connect=_connect(alias, structured=structured),
    )


def _connect(alias: str, *, structured: bool) -> Callable[[str, str], Upstream]:
    def connect(url: str, key: str) -> Upstream:
        from backprompt.openai_upstream import OpenAIUpstream  # noqa: PLC0415  # only when started

        return OpenAIUpstream(url, alias, api_key=key, retries=0, structured=structured)

    return connect
