"""Reads what stands in docker/ as the service would: its variables have to be settings."""

import os
from collections.abc import Mapping

import pytest
import yaml

from app.settings import Settings, load_settings
from tests.docker.stack import ROOT

DOCKER = ROOT / "docker"


def read_env(name: str) -> dict[str, str]:
    """Read a file of variables."""
    lines = (DOCKER / name).read_text("utf-8").splitlines()
    pairs = (line.partition("=")[::2] for line in lines if line and not line.startswith("#"))
    return dict(pairs)


def read_yaml(name: str) -> list[dict]:
    """Read the documents of a file."""
    return list(yaml.safe_load_all((DOCKER / name).read_text("utf-8")))


def configure(patch: pytest.MonkeyPatch, variables: Mapping[str, object]) -> Settings:
    """Load the settings as a container with these variables does; what is wrong raises."""
    for name in os.environ:
        if name.startswith("MODULO_"):
            patch.delenv(name)
    patch.chdir(DOCKER)
    for name, value in variables.items():
        patch.setenv(name, str(value))
    return load_settings()
