"""Looks for what must not be there: identifiers of customers, in whatever a run leaves behind.

Parquet and DuckDB files are compressed, so that their values are read out as well as their bytes. What counts as an
identifier, and where to look, is for the tests to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import numpy as np
import psycopg
import pyarrow.parquet as pq

_WINDOW = 8
"""Bytes of an identifier that are looked up at every place of the searched bytes."""


class Identifiers:
    """Many identifiers that are searched for at once, plain and as JSON escapes them."""

    def __init__(self, identifiers: Iterable[str]) -> None:
        known = {identifier for identifier in identifiers if identifier}
        self._written = {
            form: identifier
            for identifier in known
            for form in (identifier.encode(), identifier.encode("ascii", "backslashreplace"))
        }
        self._short = [form for form in self._written if len(form) < _WINDOW]
        self._long: dict[int, list[bytes]] = {}
        for form in self._written:
            if len(form) >= _WINDOW:
                self._long.setdefault(int.from_bytes(form[:_WINDOW], "little"), []).append(form)
        # Nearly every place is dismissed by three of its bytes.
        self._plausible = np.zeros(1 << 24, dtype=bool)
        self._plausible[[start & 0xFFFFFF for start in self._long]] = True
        self._starts = np.array(sorted(self._long), dtype="<u8")

    def __len__(self) -> int:
        return len(set(self._written.values()))

    def within(self, content: bytes) -> set[str]:
        """Return the identifiers that stand in ``content``."""
        found = {form for form in self._short if form in content}
        for shift in range(min(_WINDOW, len(content))):
            whole = (len(content) - shift) // _WINDOW
            windows = np.frombuffer(content, "<u8", whole, shift)
            places = np.flatnonzero(self._plausible[windows & 0xFFFFFF])
            places = places[np.isin(windows[places], self._starts)]
            for place in (places * _WINDOW + shift).tolist():
                start = int.from_bytes(content[place : place + _WINDOW], "little")
                found |= {form for form in self._long[start] if content.startswith(form, place)}
        return {self._written[form] for form in found}


def contents(*roots: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of every file below the roots; of tables, also every value as text."""
    for root in roots:
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            if path.is_file():
                yield str(path), path.read_bytes()
    alike: dict[tuple[str, ...], list[str]] = {}
    for root in roots:
        for file in sorted(root.rglob("*.parquet")):
            alike.setdefault(tuple(pq.read_schema(file).names), []).append(str(file))
    with duckdb.connect() as con:
        for files in alike.values():
            yield f"values of {files[0]} and {len(files) - 1} like it", _values(con, f"read_parquet({files})")
    for file in [root for root in roots if root.suffix == ".duckdb"]:
        with duckdb.connect(file, read_only=True) as con:
            tables = "select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE'"
            for schema, table in con.execute(tables).fetchall():
                yield f"values of {table} in {file}", _values(con, f'"{schema}"."{table}"')


def _values(con: duckdb.DuckDBPyConnection, relation: str) -> bytes:
    columns = [name for name, *_ in con.execute(f"describe from {relation}").fetchall()]
    distinct = ", ".join(f'string_agg(distinct "{name}"::varchar, chr(10))' for name in columns)
    texts = con.execute(f"select {distinct} from {relation}").fetchone()
    return "\n".join(text for text in texts or () if text).encode()


def published(connection: psycopg.Connection) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of every table of a PostgreSQL database, the system's own left out."""
    tables = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    for schema, table in connection.execute(tables).fetchall():
        with connection.cursor().copy(f'COPY "{schema}"."{table}" TO STDOUT') as copy:
            yield f"{schema}.{table}", b"".join(map(bytes, copy))
