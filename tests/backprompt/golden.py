"""Compares a rendering with its file under `tests/golden`; `UPDATE_GOLDEN=1` writes it instead."""

import os
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "golden"


def matches(name: str, text: str) -> bool:
    path = FOLDER / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text + "\n", encoding="utf-8")
    return path.read_text(encoding="utf-8") == text + "\n"
