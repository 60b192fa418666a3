"""What a format hands to the core: delivered files in, batches of contract rows out, and refusals.

How rows are judged, made private and stored does not belong here.

A format is a module with a source model and a ``read`` function. The connection ``read`` receives has the session time
zone UTC and the SQL function ``pseudonym(text)``, for formats that must replace an identifier before they can build a
key. Personal columns of the contract are handed over raw: the core treats them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ingest.contract import TABLES

PLACE = pa.schema([pa.field("_file", pa.int32()), pa.field("_line", pa.int64()), pa.field("_raw", pa.string())])
"""Columns that say where a row comes from: index of the delivered file, line or sheet row from 1, raw text."""

REJECTS = pa.schema(
    [
        pa.field("_file", pa.int32()),
        pa.field("_line", pa.int64()),
        pa.field("rule", pa.string()),
        pa.field("message", pa.string()),
        pa.field("mend", pa.string()),
        pa.field("raw", pa.string()),
    ]
)
"""Records that could not even be typed."""


@dataclass(frozen=True)
class DeliveredFile:
    """One file in the landing folder: where it is, its place in the pass, its name and the SHA-256 of its content."""

    path: Path
    index: int
    name: str
    digest: str


class RefusedFile(Exception):  # noqa: N818 - what it says happened, not a fault of the program
    """A delivered file that cannot be taken at all: unreadable, or its header does not fit."""

    def __init__(self, file: DeliveredFile, line: int | None, rule: str, message: str, mend: str) -> None:
        place = file.name if line is None else f"{file.name}, line {line}"
        super().__init__(f"{place}: {message} ({rule}); {mend}")
        self.file = file
        self.line = line
        self.rule = rule
        self.message = message
        self.mend = mend


@dataclass(frozen=True)
class Fault:
    """Why a format finds a row unfit that the core could read: the rule broken, and how to mend it."""

    rule: str
    message: str
    mend: str


@dataclass(frozen=True)
class Scan:
    """All rows of one large file, as a query that the core runs once, straight into Parquet.

    ``query`` gives ``columns``: those of the contract that the file has, and ``_unfit`` with faults. Where a row fails
    the core takes the place of the failing rows from the batches of ``again``, which read the file once more and know
    every row's place. It takes all rows from them where a key occurs twice, where the query stops because the file is
    not well-formed, and where it does not give as many rows as there are ``records``, if that is known.
    """

    file: DeliveredFile
    query: str
    columns: tuple[str, ...]
    again: Callable[[], Iterator[Batch]]
    records: int | None = None


@dataclass(frozen=True)
class Batch:
    """Rows of one contract table read from some files of a pass.

    ``rows`` is an Arrow table or the name of a relation on the connection, with the contract's columns (a column the
    source does not know may be left out) and those of ``PLACE``; or a ``Scan``. Both ``rows`` and ``rejects`` may have
    a column ``_path`` with the JSON path of a record. Where a column ``_unfit`` is not null it is the place among
    ``faults`` of why the row is unfit. ``expected`` names fields that the source declares to be kept in ``extra``;
    every other one found there counts as a field the contract does not know. ``doubts`` say what is doubtful about the
    files though each row can be read.
    """

    table: str
    rows: pa.Table | str | Scan
    rejects: pa.Table = field(default_factory=REJECTS.empty_table)
    faults: tuple[Fault, ...] = ()
    expected: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """How one field of the source becomes one column of the contract: ``field`` and ``column`` (``table.column``).

    ``note`` gives what must be known to check it: unit, zone, what stands for nothing, the rule of a derivation.
    """

    field: str
    column: str
    note: str = ""


@dataclass(frozen=True)
class Export:
    """How to get the files out of one vendor's system: one recipe, step by step."""

    vendor: str
    steps: tuple[str, ...]


@dataclass(frozen=True)
class About:
    """What a format says of itself; its page in the documentation is written from this.

    ``systems`` names systems and versions whose files were read, ``files`` says what a file looks like, ``zone`` and
    ``units`` how times and durations are given, ``gotchas`` what surprises, ``references`` where a definition stands.
    ``example`` is one source as centre.yml declares it (YAML, an item of ``sources``), for a format that cannot be
    declared by its name alone.
    """

    title: str
    systems: str
    files: str
    zone: str
    units: str
    readings: tuple[Reading, ...]
    gotchas: tuple[str, ...]
    exports: tuple[Export, ...]
    references: tuple[str, ...] = ()
    example: str = ""


@dataclass(frozen=True)
class Format:
    """A source format: its reader, and what it derives from the rows of a change once they are staged.

    ``read`` raises ``RefusedFile`` for a file it cannot take, and is then asked again for the others; a reader that
    goes file by file may yield the refusal instead of the file's batches, and goes on.

    ``derive`` receives the ``ingest.lake.Change``, the source, the connection, and whether everything must be derived
    anew because the source's declaration has changed. ``rereads`` says that what a file reads as depends on the
    declaration, so that every file is taken again after a change. ``breadth`` is how many times the usual size a pass
    over the files may have: more for a format whose every pass derives the days around its own anew, less for one whose
    files are read whole.

    ``recognise`` looks at an opened file and its first 64 KiB and returns what it knows the format by, for
    ``gaugebook source inspect``; ``None`` when the file is of another format. It is cheap and never raises.
    """

    read: Callable[[Sequence[DeliveredFile], Any, str, duckdb.DuckDBPyConnection], Iterator[Batch | RefusedFile]]
    derive: Callable[[Any, Any, duckdb.DuckDBPyConnection, bool], None] | None = None
    rereads: bool = True
    breadth: float = 1
    about: About = field(kw_only=True)
    recognise: Callable[[Path, bytes], str | None] | None = None


def batch_schema(table: str) -> pa.Schema:
    """Arrow schema of a batch's rows: the contract table's columns, all nullable, followed by ``PLACE``."""
    columns = [pa.field(column.name, column.type) for column in TABLES[table].columns]
    return pa.schema([*columns, *PLACE])
