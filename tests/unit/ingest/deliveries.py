"""A small landing folder and lake for tests: deliver files, take them, and read what the lake then holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

import ingest
from ingest import Account, Lake, Pseudonyms
from ingest.contract import TABLES
from ingest.formats.base import Batch, batch_schema
from ingest.formats.queue_log import QueueLogSource
from ingest.source import Name, Site, SourceBase

KEY = b"a key that only tests use"


def rows_of(batch: Batch, con: duckdb.DuckDBPyConnection) -> pa.Table:
    """The rows of a batch that gives them as an Arrow table or as a relation, in the contract's types."""
    if isinstance(batch.rows, pa.Table):
        return batch.rows
    assert isinstance(batch.rows, str)
    found = con.table(batch.rows).to_arrow_table()
    schema = batch_schema(batch.table)
    return found.cast(pa.schema([schema.field(name) for name in found.column_names]))


class Desk:
    """One site with its sources below ``root``."""

    def __init__(self, root: Path, *sources: SourceBase, time_zone: str = "Asia/Shanghai", key: bytes = KEY) -> None:
        self.root = root
        self.sources = sources or (QueueLogSource(name="pbx", format="queue_log", site="here"),)
        self.site = Site(key="here", name=Name(en="Here", zh="此处"), time_zone=time_zone)
        self.pseudonyms = Pseudonyms(key)

    @property
    def lake(self) -> Lake:
        return Lake(self.root / "lake")

    def deliver(self, name: str, content: str | bytes, source: str = "pbx") -> Path:
        path = self.root / "landing" / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def take(self, progress: Callable[[str], object] | None = None) -> list[Account]:
        return ingest.take(
            self.root / "landing",
            self.lake,
            self.root / "quarantine",
            self.sources,
            {"here": self.site},
            self.pseudonyms,
            progress,
        )

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Run SQL in which every contract table is a view of the lake; instants come as UTC."""
        with duckdb.connect() as con:
            con.execute("set TimeZone = 'UTC'")
            for table in TABLES.values():
                pattern = self.root / "lake" / table.feed / table.name / "event_date=*" / "*.parquet"
                con.execute(
                    f"create view {table.name} as from read_parquet('{pattern.as_posix()}',"
                    " hive_partitioning = true, hive_types = {'event_date': date})"
                )
            return con.execute(sql).fetchall()

    def rows(self, table: str, columns: str, order: str = "all", where: str = "true") -> list[tuple[Any, ...]]:
        return self.query(f"select {columns} from {table} where {where} order by {order}")

    def content(self, tables: Sequence[str], without: str = "") -> dict[str, list[tuple[Any, ...]]]:
        """Return every row of some tables; ``without`` names columns left out."""
        chosen = f"* exclude ({without})" if without else "*"
        return {table: self.rows(table, chosen) for table in tables}

    def quarantine(self) -> list[tuple[Any, ...]]:
        """Return file, line, rule and raw text of every row in quarantine."""
        files = (self.root / "quarantine").glob("*/*.parquet")
        with duckdb.connect() as con:
            return sorted(
                row
                for path in files
                for row in con.execute("select file, line, rule, raw from read_parquet(?)", [str(path)]).fetchall()
            )
