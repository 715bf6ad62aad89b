"""The embedded model as an upstream: which one is installed, and how to start it.

Invariant: nothing here downloads or starts anything. `find_local()` looks; the model loads at the
first call.
"""

from collections.abc import Callable
from pathlib import Path

from app.local_server import command, runtime_installed
from app.models import MODELS, Model, find_model, installed_models, installed_path
from backprompt.local import LocalUpstream
from backprompt.upstream import Upstream, UpstreamError

REMEDY_RUNTIME = "install the runtime: `pip install 'llm-modulo[local]'`"
REMEDY_WEIGHTS = f"fetch the weights: `modulo models pull {next(iter(MODELS))}`"


def find_local(directory: Path | None = None) -> LocalUpstream | None:
    """Give the embedded model, the default one first, if runtime and weights are installed."""
    models = installed_models(directory)
    if not models or not runtime_installed():
        return None
    return embedded_upstream(models[0].name, directory)


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
    alias = path.stem
    return LocalUpstream(
        command(path, alias=alias, threads=threads),
        name=alias,
        connect=_connect(model, structured=structured),
    )


def _connect(model: Model, *, structured: bool) -> Callable[[str, str], Upstream]:
    alias = Path(model.file).stem

    def connect(url: str, key: str) -> Upstream:
        from backprompt.openai_upstream import OpenAIUpstream  # noqa: PLC0415  # only when started

        return OpenAIUpstream(url, alias, api_key=key, retries=0, structured=structured)

    return connect
