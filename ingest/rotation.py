"""Giving a lake the pseudonyms of a new key, without the raw identifiers, which nobody has kept.

Each further key makes a pseudonym of a pseudonym (``ingest.privacy``), so every one that the lake holds is renewed
where it stands, in whatever column. All files are written beside those in use; one transaction then lets them count and
ties the lake to the new keys. A crash before it leaves the lake as it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb
from duckdb.func import ARROW, SPECIAL

from ingest.conform import literal
from ingest.contract import QUEUE_EVENT, TABLES, TEXT, Table
from ingest.lake import IngestError, Lake
from ingest.privacy import PSEUDONYM, Pseudonyms, over_distinct


def rotate(lake: Lake, earlier: Pseudonyms, later: Pseudonyms, progress: Callable[[str], object] | None = None) -> int:
    """Renew every pseudonym in the lake; return the number of files that held one.

    Args:
        lake: the lake, which nothing else may change meanwhile.
        earlier: the keys the lake is tied to.
        later: the same keys and at least one more.
        progress: told the name of each table that is done.

    Raises:
        IngestError: ``later`` does not continue ``earlier``, or the lake is tied to other keys.
    """
    if not later.follows(earlier):
        raise IngestError("the new pseudonym keys must begin with the earlier ones and add at least one")
    lake.bind(earlier)
    lake.sweep()
    renewed: dict[Path, Path] = {}
    with duckdb.connect(config={"temp_directory": f"{lake.root}/.spill"}) as con:
        con.execute("set TimeZone = 'UTC'")
        _register(con, earlier, later)
        for table in TABLES.values():
            for path in _with_pseudonyms(con, lake, table):
                renewed[path] = lake.rewrite(con, table, path, _renewed(table, path))
            if progress:
                progress(table.name)
    lake.swap(renewed, later)
    return len(renewed)


def _register(con: duckdb.DuckDBPyConnection, earlier: Pseudonyms, later: Pseudonyms) -> None:
    """Give the connection ``renewed(text)``: the text with each pseudonym in it renewed."""
    pattern = re.compile(PSEUDONYM)

    def renew(text: str) -> str:
        return pattern.sub(lambda found: later.renewed(found[0], earlier), text)

    text = duckdb.sqltype("VARCHAR")
    con.create_function("renewed", over_distinct(renew), [text], text, type=ARROW, null_handling=SPECIAL)


def _texts(table: Table) -> list[str]:
    return [column.name for column in table.columns if column.type == TEXT]


def _with_pseudonyms(con: duckdb.DuckDBPyConnection, lake: Lake, table: Table) -> Iterator[Path]:
    for source in lake.sources(table.name):
        paths = list(lake.files(table.name, source).values())
        found = _holds_any(_texts(table))
        listed = ", ".join(literal(path.as_posix()) for path in paths)
        query = f"select distinct filename from read_parquet([{listed}], filename = true) where {found}"
        yield from (Path(row[0]) for row in con.execute(query).fetchall())


def _renewed(table: Table, path: Path) -> str:
    """SQL for the rows of a file with their pseudonyms renewed."""
    columns = ", ".join(column.name for column in table.columns)
    rows = f"read_parquet({literal(path.as_posix())}, hive_partitioning = false)"
    if table.name == QUEUE_EVENT.name:
        rows = f"({_spelled(rows)})"
    replaced = ", ".join(
        f"case when {_holds(name)} then renewed({name}) else {name} end as {name}" for name in _texts(table)
    )
    renewed = f"select * replace ({replaced}) from {rows}"
    if table.name != QUEUE_EVENT.name:
        return f"select {columns} from ({renewed})"
    key = f"replace(source_record_id, {_OLD_DIGEST}, {_digest('spelling')})"
    return (
        f"with renewed_rows as materialized ({renewed}) select {columns} from (select * replace"
        f" (case when spelling is null then source_record_id else {key} end as source_record_id) from renewed_rows)"
    )


def _holds(column: str) -> str:
    return f"coalesce(regexp_matches({column}, '{PSEUDONYM}'), false)"


def _holds_any(columns: Sequence[str]) -> str:
    return "(" + " or ".join(map(_holds, columns)) + ")"


_DATA = ("data1", "data2", "data3", "data4", "data5")


_OLD_DIGEST = "split_part(source_record_id, '-', 2)"


def _digest(spelling: str) -> str:
    """SQL for the digest of an event's line as ``formats.queue_log`` makes it for the key of the event."""
    fields = ", ".join(f"coalesce({field}, '')" for field in _DATA)
    return f"to_hex(md5_number_lower(concat_ws('|', call_id, {spelling}.queue, {spelling}.agent, event, {fields})))"


def _spelled(rows: str) -> str:
    """SQL for events and how their line wrote the queue and the agent, of which the lake keeps no ``NONE``.

    The spelling that gives the digest of the line is the right one; where none does, the line is not one that can be
    digested anew, and the query stops.
    """
    spellings = ", ".join(
        f"{{'queue': coalesce(queue_key, {queue}), 'agent': coalesce(agent_key, {agent})}}"
        for queue in ("'NONE'", "''")
        for agent in ("'NONE'", "''")
    )
    fits = f"{_digest('each')} = {_OLD_DIGEST}"
    return f"""
        select *, case when {_holds_any(_DATA)} then coalesce(
            list_filter([{spellings}], lambda each: {fits})[1],
            error('the digest of the line of ' || occurred_at || ' cannot be made anew')
        ) end as spelling from {rows}
    """
