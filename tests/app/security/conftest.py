"""A service that asks for keys, and a ring to make them with."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI

from app.security.file_books import FileBooks
from app.security.keys import Scope, make_key
from tests.app.conftest import make_app


@dataclass
class Ring:
    """Makes keys of one service."""

    path: Path

    def make(self, *scopes: str, name: str = "ann", **rest) -> str:
        wanted = tuple(Scope(scope) for scope in scopes or ("solve", "check"))
        key, token = make_key(name, wanted, **rest)
        FileBooks(self.path).put_key(key)
        return token

    def login(self, *scopes: str, **rest) -> dict[str, str]:
        return {"authorization": f"Bearer {self.make(*scopes, **rest)}"}

    def serve(self, pool, *answers: str, security: dict | None = None, **settings) -> FastAPI:
        """Make a service whose keys these are; one is needed even if there is none."""
        secured = {"keys_file": self.path, "auth": "keys", **(security or {})}
        return make_app(pool, *answers, security=secured, **settings)


@pytest.fixture
def ring(tmp_path) -> Ring:
    return Ring(tmp_path / "keys.json")
