"""Third-party domains for the kernel's tests, installed the way a package installs them."""

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partialmethod
from pathlib import Path

import pytest
import pytest_asyncio

from critics.domain import find_domain, installed
from critics.workers.pool import Pool

MakePackage = Callable[..., None]
HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"


def install(folder: Path, name: str, entry_points: dict[str, str]) -> None:
    """Write what pip writes for a package that offers domains."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = [f"{key} = {value}" for key, value in entry_points.items()]
    (info / "entry_points.txt").write_text("\n".join(["[llm_modulo.domains]", *lines, ""]))


def forget() -> None:
    """Make the registry look again."""
    installed.cache_clear()
    find_domain.cache_clear()


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the installed packages `toy` and `hostile`."""
    folder = tmp_path_factory.mktemp("packages")
    for home, name in ((EXAMPLES, "toy"), (HERE, "hostile")):
        source = (home / "domains" / f"{name}.py").read_text()
        (folder / f"{name}_domain.py").write_text(source)
        install(folder, name, {name: f"{name}_domain:domain"})
    return folder


@pytest.fixture(scope="module")
def toys(packages: Path) -> Iterator[Path]:
    """Make the domains `toy` and `hostile` installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(packages))
        forget()
        yield packages
    forget()


class PatientPool(Pool):
    """A pool whose deadlines no busy machine reaches; who tests one says which."""

    judge = partialmethod(Pool.judge, deadline_s=60.0, opinion_deadline_s=60.0)  # type: ignore[assignment]  # keeps the signature but for its defaults
    extract = partialmethod(Pool.extract, deadline_s=60.0)  # type: ignore[assignment]  # likewise


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(toys: Path) -> AsyncIterator[Pool]:  # noqa: ARG001  # they must be installed
    """Lend a pool to all tests of a module that run in the module's event loop."""
    async with PatientPool(size=2) as made:
        yield made


@pytest.fixture
def make_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakePackage]:
    """Install a package made of one source text that offers domains."""

    def make(name: str, source: str, **entry_points: str) -> None:
        (tmp_path / f"{name}.py").write_text(source)
        install(tmp_path, name, entry_points)
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, name, raising=False)
        forget()

    yield make
    forget()
