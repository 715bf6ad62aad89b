"""choice: the suite that a command line means, from a file, from names, or from both."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.bench.suite import Suite, find_recordings, make_suite, read_suite
from app.failures import ServiceError
from app.nearest import did_you_mean

STRATEGIES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "plain": {"budget": {"rounds": 1}},
        "best-of-n": {"strategy": {"feedback": "none"}},
        "loop": {"strategy": {"feedback": "explain"}},
        "binary": {"strategy": {"feedback": "binary"}},
        "first": {"strategy": {"feedback": "first"}},
        "all": {"strategy": {"feedback": "all"}},
        "continuation": {
            "strategy": {"search": "tree", "tree": {"free": False, "rollout": "continuation"}}
        },
        "rollouts": {"strategy": {"search": "tree", "tree": {"free": False, "rollout": "nodes"}}},
        "rollouts-uniform": {
            "strategy": {"search": "tree", "tree": {"free": False, "prior": "uniform"}}
        },
        "tree": {"strategy": {"search": "tree"}},
        "evolve": {"strategy": {"search": "evolve"}},
        "fallback": {"strategy": {"solver": "fallback"}},
        "race": {"strategy": {"solver": "race"}},
        "solver": {"strategy": {"solver": "only"}},
        "auto": {"strategy": "auto", "composite": True},
    }
)
"""Strategies that can be named without a suite."""
KINDS = "`configured`, `embedded[:NAME]`, `replay:FILE`, `random`, `none`, or `URL#MODEL`"


def choose_suite(
    file: Path | None,
    *,
    problems: Sequence[Path],
    strategies: str | None,
    upstreams: str | None,
    repeats: int | None,
    concurrency: int | None,
) -> Suite:
    """Read a suite and lay over it what was typed; without a file, make one of names.

    Raises:
        ServiceError: Something is missing, unknown or cannot be read.
    """
    if file is not None:
        suite = _narrow(read_suite(file), strategies, upstreams)
    else:
        suite = _named(problems, strategies or "plain,best-of-n,loop", upstreams or "configured")
    if repeats is not None:
        sources = {n: s.model_copy(update={"repeats": None}) for n, s in suite.upstreams.items()}
        suite = suite.model_copy(update={"upstreams": sources})
    typed = {"repeats": repeats, "concurrency": concurrency, "problems": tuple(problems) or None}
    return suite.model_copy(update={name: v for name, v in typed.items() if v is not None})


def _narrow(suite: Suite, strategies: str | None, upstreams: str | None) -> Suite:
    """Keep the rows that are named, and no portfolio that plays another one."""
    arms = _pick("strategies", suite.strategies, strategies)
    sources = _pick("upstreams", suite.upstreams, upstreams)
    kept_arms = {
        name: arm.model_copy(
            update={
                "control_for": tuple(other for other in arm.control_for if other in arms),
                "upstreams": arm.upstreams
                and tuple(other for other in arm.upstreams if other in sources),
            }
        )
        for name, arm in arms.items()
    }
    portfolios = {
        name: stages
        for name, stages in suite.portfolios.items()
        if all(stage.strategy in arms and stage.upstream in sources for stage in stages)
    }
    changes = {"strategies": kept_arms, "upstreams": sources, "portfolios": portfolios}
    return suite.model_copy(update=changes)


def _pick(what: str, known: Mapping[str, Any], names: str | None) -> dict[str, Any]:
    if names is None:
        return dict(known)
    return {name: _find(what, known, name) for name in _split(names)}


def _find(what: str, known: Mapping[str, Any], name: str) -> Any:
    if name not in known:
        listed = ", ".join(known)
        detail = f"`{name[:80]}` is none of the {what}: {listed}{did_you_mean(name, known)}"
        raise ServiceError("bench-invalid", detail)
    return known[name]


def _named(problems: Sequence[Path], strategies: str, upstreams: str) -> Suite:
    if not problems:
        raise ServiceError("usage", "`modulo bench` takes a SUITE.toml, or --problems")
    arms = {name: _find("strategies", STRATEGIES, name) for name in _split(strategies)}
    sources = dict(_source(name) for name in _split(upstreams))
    suite = make_suite({"strategies": arms, "upstreams": sources}, "the command line")
    return find_recordings(suite, Path())


def _source(name: str) -> tuple[str, Mapping[str, Any]]:
    kind, _, rest = name.partition(":")
    if name.startswith(("http://", "https://")):
        url, _, model = name.partition("#")
        return _as_name(model or url), {"kind": "openai", "base_url": url, "model": model}
    if kind == "replay" and rest:
        return _as_name(Path(rest).name.split(".")[0]), {"kind": "replay", "path": rest}
    if kind == "embedded":
        return rest or "embedded", {"kind": "embedded", **({"model": rest} if rest else {})}
    if kind in {"configured", "random", "none"} and not rest:
        return kind, {"kind": kind}
    raise ServiceError("usage", f"`{name[:80]}` is no upstream; one is {KINDS}")


def _as_name(text: str) -> str:
    kept = "".join(sign if sign.isalnum() and sign.isascii() else "-" for sign in text).strip("-")
    return kept[-64:].strip("-") or "upstream"


def _split(names: str) -> Iterable[str]:
    return [name for name in map(str.strip, names.split(",")) if name]
