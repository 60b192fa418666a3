"""What tests of chat formats share: deliver texts of files and see rows and rejects of each table."""

from __future__ import annotations

import importlib
from collections import defaultdict
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ingest.formats.base import DeliveredFile, batch_schema
from ingest.privacy import Pseudonyms, register
from ingest.source import SourceBase
from tests.unit.ingest.deliveries import rows_of

Taken = dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]]


def taken(folder: Path, source: SourceBase, *contents: str, zone: str = "Asia/Shanghai") -> Taken:
    """Rows and rejects by table of files with these contents, read in one pass; rows without their raw text."""
    files = []
    for index, content in enumerate(contents):
        path = folder / f"{index}.txt"
        path.write_text(content, encoding="utf-8")
        files.append(DeliveredFile(path, index, path.name, str(index)))
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    rejects: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        register(con, Pseudonyms(b"a key that only tests use"))
        for batch in importlib.import_module(f"ingest.formats.{source.format}").read(files, source, zone, con):
            found = rows_of(batch, con)
            schema = batch_schema(batch.table)
            assert found.schema == pa.schema([schema.field(name) for name in found.column_names])
            rows[batch.table] += found.drop_columns("_raw").to_pylist()
            rejects[batch.table] += batch.rejects.to_pylist()
    return {table: (rows[table], rejects[table]) for table in rows}
