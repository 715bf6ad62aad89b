"""Row files: one file for each part of a data set, each complete or not there."""

import json
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from app.failures import ServiceError

PART = ".part"
"""Ends the name of a file that is not complete."""


class RowFiles:
    """Files that are being written."""

    def __init__(self, place: Path) -> None:
        """Open nothing yet.

        Args:
            place: A file (`.jsonl`, `.parquet`), or a folder for one file for each part.
        """
        self.place = place
        self._open = dict[str, TextIO]()
        self._stack = ExitStack()

    def file(self, split: str) -> Path:
        """Name the file of a part of the data."""
        return self.place if self.place.suffix else self.place / f"{split}.jsonl"

    def add(self, split: str, row: dict[str, Any]) -> None:
        """Write a row.

        Raises:
            ServiceError: `usage`: the file is there already, or cannot be written.
        """
        if split not in self._open:
            self._open[split] = self._stack.enter_context(self._create(split))
        self._open[split].write(json.dumps(row, ensure_ascii=False) + "\n")

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the files their names, or remove what was begun."""
        self._stack.close()
        for split in self._open:
            part = _part(self.file(split))
            if kind is None:
                part.rename(self.file(split))
            else:
                part.unlink(missing_ok=True)

    def _create(self, split: str) -> TextIO:
        file = self.file(split)
        try:
            if file.exists():
                raise ServiceError(
                    "usage", f"`{file}` is there already", help=["name another `--out`"]
                )
            file.parent.mkdir(parents=True, exist_ok=True)
            return _part(file).open("w", encoding="utf-8")
        except OSError as error:
            raise ServiceError("usage", f"`{file}` cannot be written: {error.strerror}") from error


def _part(file: Path) -> Path:
    return file.with_name(file.name + PART)
