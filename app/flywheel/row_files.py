"""Row files: one file for each part of a data set, complete or not there."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from app.failures import ServiceError
from app.flywheel.tables import PARQUET, Table, open_table

LINES = ".jsonl"
ENDINGS = (LINES, PARQUET)


class RowFiles:
    """Files that are being written; they get their names when the block ends well.

    Attributes:
        place: The folder, or the only file.
        single: Whether it is a file.
    """

    def __init__(self, place: Path, *, parquet: bool = False) -> None:
        """Open nothing yet.

        Args:
            place: A file (`.jsonl`, `.parquet`), or a folder for one file for each part.
            parquet: Whether files of a folder are Parquet.

        Raises:
            ServiceError: `usage`: the name of a file ends otherwise.
        """
        self.place = place
        self.single = bool(place.suffix) and not place.is_dir()
        if self.single and place.suffix not in ENDINGS:
            raise ServiceError("usage", f"`{place}` ends in neither `{LINES}` nor `{PARQUET}`")
        self._ending = PARQUET if parquet else LINES
        self._tables = dict[str, Table]()
        self._stack = ExitStack()

    def file(self, split: str) -> Path:
        """Name the file of a part of the data."""
        return self.place if self.single else self.place / f"{split}{self._ending}"

    def add(self, split: str, row: dict[str, Any]) -> None:
        """Write a row.

        Raises:
            ServiceError: `usage`: the file is there already, cannot be written, or would hold
                several parts of the data.
        """
        if split not in self._tables:
            if self.single and self._tables:
                known = ", ".join(f"`{name}`" for name in (*self._tables, split))
                raise ServiceError(
                    "usage",
                    f"the rows belong to several parts, {known}, and `{self.place}` is one file",
                    help=["name a folder as `--out`"],
                )
            table = open_table(self.file(split))
            self._tables[split] = self._stack.enter_context(table)
        self._tables[split].add(row)

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
        self._stack.__exit__(kind, error, trace)
