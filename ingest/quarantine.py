"""Rows that broke the contract, kept with the reason and their raw text, one Parquet file a delivered file.

The quarantine shows the present state: when a later version of a file comes, or the same one is taken again, what it
then leaves behind replaces what it left before. How a row is judged does not belong here.

The raw text may hold personal data: the quarantine is as confidential as the landing folder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.delivery import Landed
from ingest.formats.base import DeliveredFile

SCHEMA = pa.schema(
    [
        pa.field("source", pa.string()),
        pa.field("delivery", pa.string()),
        pa.field("file", pa.string()),
        pa.field("digest", pa.string()),
        pa.field("table_name", pa.string()),
        pa.field("line", pa.int64()),
        pa.field("path", pa.string()),
        pa.field("rule", pa.string()),
        pa.field("message", pa.string()),
        pa.field("mend", pa.string()),
        pa.field("raw", pa.string()),
        pa.field("taken_at", pa.timestamp("us", tz="UTC")),
    ]
)
"""A row in quarantine: the delivered file with its SHA-256 and the file in it (the same unless it is an archive), the
contract table it was meant for (null for a file that cannot be read), its line (or number of the record) and its JSON
path where it has one, why it failed and how to mend it."""


def path_of(quarantine: Path, source: str, file: str) -> Path:
    """Return where the bad rows of a delivered file lie: its name decides, so that a later version replaces them."""
    return quarantine / source / f"{hashlib.sha256(file.encode()).hexdigest()[:16]}.parquet"


def rows(quarantine: Path, con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
    """Return every row in quarantine, with the columns of ``SCHEMA``."""
    paths = sorted(path.as_posix() for path in quarantine.glob("*/*.parquet"))
    if not paths:
        return con.from_arrow(SCHEMA.empty_table())
    return con.read_parquet(paths, union_by_name=True).select(*SCHEMA.names)


def keep(
    con: duckdb.DuckDBPyConnection,
    quarantine: Path,
    source: str,
    delivered: Landed,
    parts: Sequence[DeliveredFile],
    taken_at: datetime,
) -> None:
    """Write the rows of ``rejected`` from a delivered file, or the parts of one; without any it has no quarantine."""
    path = path_of(quarantine, source, delivered.name)
    of_parts = f"_file in ({', '.join(str(part.index) for part in parts)})" if parts else "false"
    if con.execute(f"select 1 from rejected where {of_parts} limit 1").fetchone() is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    told = con.execute(
        "select ? as source, ? as delivery, map_extract_value(map(?::integer[], ?), _file) as file, ? as digest,"
        " table_name, _line as line, _path as path, rule, message, mend, raw, ?::timestamptz as taken_at"
        f" from rejected where {of_parts} order by _file, line, table_name, rule",
        [
            source,
            delivered.name,
            [part.index for part in parts],
            [part.name for part in parts],
            delivered.digest,
            taken_at,
        ],
    )
    with pq.ParquetWriter(draft, SCHEMA, compression="zstd") as kept:
        for batch in told.to_arrow_reader():
            kept.write_batch(batch.cast(SCHEMA))
    draft.replace(path)


def repeat(quarantine: Path, source: str, original: str, copy: Landed, taken_at: datetime) -> None:
    """Let a copy of a file leave behind what the original did: its account counts the same rows."""
    given, path = path_of(quarantine, source, original), path_of(quarantine, source, copy.name)
    if not given.exists():
        path.unlink(missing_ok=True)
        return
    kept = pq.read_table(given)
    renamed = [copy.name + file.removeprefix(original) for file in kept["file"].to_pylist()]
    told = {
        "delivery": pa.array([copy.name] * len(kept)),
        "file": pa.array(renamed),
        "taken_at": pa.array([taken_at] * len(kept), SCHEMA.field("taken_at").type),
    }
    for name, values in told.items():
        kept = kept.set_column(SCHEMA.get_field_index(name), SCHEMA.field(name), values)
    draft = path.with_name(f".{path.name}.draft")
    pq.write_table(kept, draft, compression="zstd")
    draft.replace(path)
