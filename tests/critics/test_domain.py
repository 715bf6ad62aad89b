from pathlib import Path

import pytest

from critics.codes import KERNEL_CODES
from critics.domain import Domain, DomainError, find_code, find_domain, installed
from critics.types import Problem
from tests.critics.conftest import MakePackage

TOY = (Path(__file__).parents[2] / "examples" / "domains" / "toy.py").read_text(encoding="utf-8")


@pytest.mark.usefixtures("toys")
def test_finds_an_installed_domain_and_its_codes() -> None:
    domain = find_domain("toy")
    assert (domain.name, domain is find_domain("toy")) == ("toy", True)
    assert find_code("sort-order") is domain.codes["sort-order"]
    assert find_code("critic-crashed") is KERNEL_CODES["critic-crashed"]
    assert find_code("no-such-code") is None


@pytest.mark.usefixtures("toys")
@pytest.mark.parametrize("name", ["tob", "", "x" * 10_000, "\ud800", "../../"])
def test_an_unknown_domain_is_an_error_that_names_the_nearest(name: str) -> None:
    with pytest.raises(DomainError) as caught:
        find_domain(name)
    diagnostic = caught.value.diagnostics[0]
    assert diagnostic.code == "domain-unknown"
    assert len(diagnostic.headline) < 1000
    assert ("did you mean `toy`?" in diagnostic.help) == (name == "tob")


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("import no_such_module", "ModuleNotFoundError"),
        ("raise ValueError('bad table')", "bad table"),
        ("raise RuntimeError('no licence')", "no licence"),
        ("domain = (", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError"),
        ("other = 1", "AttributeError"),
        ("domain = 1", "is not a domain"),
        (TOY.replace('name="toy"', 'name="other"'), "is not a domain named `broken`"),
        (TOY.replace("[ascending, same_numbers]", "[]"), "no hard critic"),
    ],
)
def test_a_broken_domain_is_an_error_that_names_its_package(
    make_package: MakePackage, source: str, why: str
) -> None:
    make_package("broken_package", source, broken="broken_package:domain")
    with pytest.raises(DomainError, match=r"domain `broken` \(broken_package 1.0\)") as caught:
        find_domain("broken")
    assert why in str(caught.value)
    assert caught.value.diagnostics[0].code == "domain-broken"


def test_two_packages_with_one_name_are_an_error(
    make_package: MakePackage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_package("first", TOY, twice="first:domain")
    second = tmp_path / "elsewhere"
    info = second / "second-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: second\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[llm_modulo.domains]\ntwice = second:domain\n")
    monkeypatch.syspath_prepend(str(second))
    installed.cache_clear()
    with pytest.raises(DomainError, match=r"`(first|second):domain` has the same name"):
        find_domain("twice")


def test_a_domain_that_nothing_decides_is_refused() -> None:
    with pytest.raises(ValueError, match="no hard critic"):
        Domain(
            name="empty",
            version="1",
            summary="",
            problem=Problem,
            parse=lambda _problem, text: text,
            critics=[],
            prompt=str,
            answer_format="",
        )
