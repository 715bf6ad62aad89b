"""Tables: rows in a file, as JSON lines or as Parquet by the file's ending.

pyarrow (extra `parquet`) is behind this module and imported when a Parquet file is opened.

Invariants:
    * No file has its name before it is complete, and none is written over.
    * Equal rows in equal order give equal bytes.
    * Memory holds one group of rows at most.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from app.failures import ServiceError

PART = ".part"
"""Ends the name of a file that is not complete."""
GROUP = 1_000
"""Rows that are written to a Parquet file at once, and from which the columns' types are found."""
PARQUET = ".parquet"

Row = Mapping[str, Any]


class Table(Protocol):
    """Takes rows."""

    def add(self, row: Row) -> None:
        """Write a row.

        Raises:
            ServiceError: `usage`: it does not fit, or cannot be written.
        """
        ...


@contextmanager
def open_table(
    file: Path, *, as_text: Iterable[str] = (), like: Row | None = None
) -> Iterator[Table]:
    """Write a table; it gets its name when the block ends well, and is removed otherwise.

    Args:
        file: Where; a name that ends in `.parquet` says the format.
        as_text: Columns that Parquet holds as JSON text, for their values have many shapes.
        like: A row whose values say of which types the columns of Parquet are; without it the
            first group of rows does, where a list that is always empty says nothing.

    Raises:
        ServiceError: `usage`: the file is there already or cannot be written, or pyarrow is not
            installed.
    """
    part = file.with_name(file.name + PART)
    kind = _Parquet if file.suffix == PARQUET else _Lines
    try:
        if file.exists():
            raise ServiceError("usage", f"`{file}` is there already", help=["name another `--out`"])
        file.parent.mkdir(parents=True, exist_ok=True)
        table = kind(part, frozenset(as_text), like)
        try:
            yield table
            table.close()
            part.rename(file)
        finally:
            table.drop()
            part.unlink(missing_ok=True)
    except OSError as error:
        raise ServiceError("usage", f"`{file}` cannot be written: {error.strerror}") from error


def read_parquet(file: Path) -> Iterator[dict[str, Any]]:
    """Read the rows of a Parquet file, one group after the other.

    Raises:
        ServiceError: `usage`: it is no such file, or pyarrow is not installed.
    """
    arrow, parquet = _load("pyarrow"), _load("pyarrow.parquet")
    try:
        with parquet.ParquetFile(file) as source:
            for batch in source.iter_batches(batch_size=GROUP):
                yield from batch.to_pylist()
    except (OSError, arrow.ArrowException) as error:
        raise ServiceError("usage", f"`{file}` cannot be read: {error}") from error


def write_line(row: Row) -> str:
    """Write a row as one line of JSON."""
    return json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n"


class _Lines:
    def __init__(self, file: Path, _as_text: frozenset[str], _like: Row | None) -> None:
        self._out = file.open("w", encoding="utf-8", newline="\n")

    def add(self, row: Row) -> None:
        self._out.write(write_line(row))

    def close(self) -> None:
        self._out.close()

    def drop(self) -> None:
        self._out.close()


class _Parquet:
    """Holds a group of rows back before it is written."""

    def __init__(self, file: Path, as_text: frozenset[str], like: Row | None) -> None:
        self._arrow, self._parquet = _load("pyarrow"), _load("pyarrow.parquet")
        self._as_text = as_text
        self._like = like
        self._held: list[dict[str, Any]] = []
        self._writer: Any = None
        self._out = file.open("wb")

    def add(self, row: Row) -> None:
        self._held.append(self._flatten(row))
        if len(self._held) >= GROUP:
            self._flush()

    def close(self) -> None:
        writer = self._writer
        if self._held or writer is None:
            writer = self._flush()
        writer.close()  # writes the file's end
        self._out.close()

    def drop(self) -> None:
        """Let go of the file, complete or not; what is held back may be what is wrong."""
        if self._writer is not None:
            self._writer.close()
        self._out.close()

    def _flush(self) -> Any:
        held, self._held = self._held, []
        try:
            if self._writer is None:
                self._writer = self._parquet.ParquetWriter(self._out, self._find_types(held))
            table = self._arrow.Table.from_pylist(held, schema=self._writer.schema)
            self._writer.write_table(table)
        except self._arrow.ArrowException as error:
            raise ServiceError(
                "usage",
                f"a row does not fit into the table: {error}",
                help=["write JSON lines instead (`--out FILE.jsonl`)"],
            ) from error
        return self._writer

    def _find_types(self, held: list[dict[str, Any]]) -> Any:
        known = held if self._like is None else [self._flatten(self._like)]
        found = self._arrow.Table.from_pylist(known).schema
        return self._arrow.schema([self._fill(column) for column in found])

    def _flatten(self, row: Row) -> dict[str, Any]:
        return {**row, **{name: _write(row[name]) for name in self._as_text & row.keys()}}

    def _fill(self, field: Any) -> Any:
        """Let a column of which nothing is known yet be text."""
        return field.with_type(self._fill_type(field.type))

    def _fill_type(self, kind: Any) -> Any:
        arrow = self._arrow
        if arrow.types.is_null(kind):
            return arrow.string()
        if arrow.types.is_list(kind):
            return arrow.list_(self._fill_type(kind.value_type))
        if arrow.types.is_struct(kind):
            return arrow.struct([self._fill(kind.field(n)) for n in range(kind.num_fields)])
        return kind


def _write(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, allow_nan=False)


def _load(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise ServiceError(
            "usage",
            "pyarrow is not installed, so there is nothing to write Parquet with",
            help=["pip install 'llm-modulo[parquet]'", "write JSON lines (`--out FILE.jsonl`)"],
        ) from error
