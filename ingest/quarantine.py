"""Rows that broke the contract, kept with the reason and their raw text, one Parquet file a delivered file.

The raw text may hold personal data: the quarantine is as confidential as the landing folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from ingest.delivery import Landed


def path_of(quarantine: Path, source: str, file: Landed) -> Path:
    """Return where the bad rows of a delivered file lie; its content decides, so a repeated pass writes it anew."""
    return quarantine / source / f"{file.digest[:16]}.parquet"


def keep(con: duckdb.DuckDBPyConnection, quarantine: Path, source: str, files: Sequence[Landed]) -> None:
    """Write the rows of ``rejected`` for each file of a pass; a file without any has no quarantine any more."""
    failed = {row[0] for row in con.execute("select distinct _file from rejected").fetchall()}
    for index, file in enumerate(files):
        path = path_of(quarantine, source, file)
        if index not in failed:
            path.unlink(missing_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = con.execute(
            "select ? as source, ? as file, table_name, _line as line, rule, message, mend, raw"
            " from rejected where _file = ? order by line, table_name, rule",
            [source, file.name, index],
        ).to_arrow_table()
        draft = path.with_name(f".{path.name}.draft")
        pq.write_table(rows, draft, compression="zstd")
        draft.replace(path)
