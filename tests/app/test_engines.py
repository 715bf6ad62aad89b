"""Where runs are kept, with and without what keeps them in a database."""

import pytest
from pydantic import SecretStr

from app.engines import make_engine, require_usable_database, tell_where
from app.failures import ServiceError
from app.memory_engine import MemoryEngine
from app.settings import Settings


@pytest.fixture
def bare(monkeypatch):
    """An installation without the extra `durable`."""
    monkeypatch.setattr("app.engines.is_durable", lambda: False)


def kept_at(url: str) -> Settings:
    return Settings(database_url=SecretStr(url))


@pytest.mark.usefixtures("bare")
def test_without_the_extra_runs_are_kept_in_memory_and_that_is_said():
    settings = require_usable_database(Settings())
    engine = make_engine(settings, None, None)
    assert isinstance(engine, MemoryEngine)
    assert "the extra `durable`" in tell_where(settings)


@pytest.mark.usefixtures("bare")
def test_without_the_extra_a_named_database_is_refused(tmp_path):
    with pytest.raises(ServiceError, match="missing") as refused:
        require_usable_database(kept_at(f"sqlite:///{tmp_path}/x.db"))
    assert "llm-modulo[durable]" in refused.value.help[0]


def test_a_database_is_named_without_its_password():
    told = tell_where(kept_at("postgresql://me:the-canary@db/modulo"))
    assert "the-canary" not in told
    assert "db/modulo" in told


def test_memory_is_a_choice():
    settings = require_usable_database(kept_at("memory:"))
    assert tell_where(settings) == "runs are kept in memory and end with this process"
