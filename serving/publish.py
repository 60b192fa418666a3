"""Publish the warehouse: DuckDB computes, PostgreSQL serves.

One publish is one transaction: readers see the state before or the state after, never a mix, and a publish that dies
leaves the state before. Which periods changed is for the caller to know; this module puts them in place, gives each
audience its schema and keeps, in the same transaction, how far the published state reaches.

No metric is computed here: rows are copied as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow as pa
from adbc_driver_postgresql import dbapi

from serving import ServingError
from serving.servers import PostgresTarget

MANAGER, PEOPLE, EXECUTIVE, RISK = "gaugebook_manager", "gaugebook_people", "gaugebook_executive", "gaugebook_risk"
READERS = {"marts": (MANAGER, PEOPLE, RISK), "people": (PEOPLE,), "executive": (EXECUTIVE,), "risk": (RISK,)}
"""Schema → roles that may read all of it. Executives also read the dimensions in ``marts``."""

OLDEST_SERVER = 14
PATIENCE = "60s"
"""How long a publish waits for a lock that a reader or another publish holds."""

BATCH_ROWS = 65_536


class PublishError(ServingError):
    """Nothing was published; the message says why and what to do."""


@dataclass(frozen=True)
class Published:
    """What a publish wrote: rows by table (``schema.table``), the tables built anew, and how far the state reaches."""

    rows: dict[str, int]
    rebuilt: tuple[str, ...]
    sequence: int


@dataclass(frozen=True)
class _Table:
    """A table of the warehouse as one audience gets it."""

    schema: str
    name: str
    key: tuple[str, ...] = ()
    only: str = "true"
    has_periods: bool = False
    tells_days_back: bool = False
    """What it tells of a period depends on the periods before, and of recent ones on how far back they are."""

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


_KEY = ("indicator", "grain", "period_start", "level", "member", "starts_at")
_SUSPECTS = "level = 'agent' AND indicator IN (SELECT indicator FROM dim_indicators WHERE family = 'security')"
"""What is told of a person's dealings with customers' data: leads, which leaders should not read as findings."""

_TABLES = (
    _Table("marts", "dim_indicators", ("indicator",)),
    _Table("marts", "dim_members", ("level", "member")),
    _Table("marts", "dim_dates", ("date_day",)),
    _Table("people", "dim_agents", ("agent_key",)),
    _Table("marts", "indicator_values", _KEY, "level <> 'agent'", has_periods=True),
    _Table("people", "indicator_values", _KEY, f"level = 'agent' AND NOT ({_SUSPECTS})", has_periods=True),
    _Table("risk", "indicator_values", _KEY, _SUSPECTS, has_periods=True),
    _Table("executive", "indicator_values", _KEY, "level IN ('centre', 'site')", has_periods=True),
)


def publish(warehouse: Path, target: PostgresTarget, changed: Collection[date] | None, sequence: int) -> Published:
    """Bring the published tables to the warehouse's state, in one transaction.

    Args:
        warehouse: The DuckDB file; opened read-only.
        target: The PostgreSQL database.
        changed: The local days whose values may have changed: they are replaced, and their ISO weeks and months with
            them. None replaces everything; so does a first publish, one whose ``sequence`` is behind the published
            state (another home), and, table by table, one whose columns differ.
        sequence: Number of the state that the warehouse is in. Kept in ``marts.serving_state``, so that the next
            publish knows from where to go on, whatever became of this one.

    Raises:
        PublishError: nothing was changed; the message says what to do.
    """
    with duckdb.connect(warehouse, read_only=True) as source, _transaction(target) as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('gaugebook.publish'))")
        before = _published_through(cursor)
        if before == 0 or before > sequence:
            changed = None
        if changed is None:
            _prepare(cursor)
        else:
            periods = _periods(changed)
            source.register("changed_periods", periods)
            cursor.adbc_ingest("changed_periods", periods, mode="create", temporary=True)
            cursor.execute("ANALYZE changed_periods")
        rows, rebuilt = {}, []
        for table in (*_TABLES, *_boards(source)):
            if (changed is None and table.has_periods) or not _has_columns_of(source, cursor, table):
                rows[str(table)] = _rebuild(source, cursor, table)
                rebuilt.append(str(table))
            else:
                scope = "true" if changed is None else _changed_scope(cursor, table)
                rows[str(table)] = _replace(source, cursor, table, scope)
        cursor.execute(
            f"""
            INSERT INTO marts.serving_state (published_through) VALUES ({sequence:d})
            ON CONFLICT (is_only) DO UPDATE SET published_through = excluded.published_through, published_at = now()
            """
        )
    return Published(rows, tuple(rebuilt), sequence)


def published_through(target: PostgresTarget) -> int:
    """Return the number of the state that was published last, 0 when nothing was.

    Raises:
        PublishError: the server can not be asked.
    """
    with _transaction(target) as cursor:
        return _published_through(cursor)


@contextmanager
def _transaction(target: PostgresTarget) -> Iterator[dbapi.Cursor]:
    """Yield a cursor whose work is committed at the end, or rolled back as a whole."""
    try:
        # Not committed unless the body ends well: closing rolls back.
        with dbapi.connect(target.address()) as connection, connection.cursor() as cursor:
            version = int(_one(cursor, "SELECT current_setting('server_version_num')")) // 10_000
            if version < OLDEST_SERVER:
                raise PublishError(
                    f"{target} is PostgreSQL {version}; publishing needs {OLDEST_SERVER} or newer: upgrade the server."
                )
            cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
            yield cursor
            connection.commit()
    except dbapi.Error as error:
        raise PublishError(_advice(error, target)) from error


def _advice(error: dbapi.Error, target: PostgresTarget) -> str:
    what = str(error).strip()
    match error.sqlstate:
        case "42501":
            mend = (
                f"an administrator has to let {target.user} create schemas and roles: "
                f'GRANT CREATE ON DATABASE "{target.database}" TO "{target.user}"; '
                f'ALTER ROLE "{target.user}" CREATEROLE; '
                "or create the roles by hand: " + " ".join(f"CREATE ROLE {role} NOLOGIN;" for role in _roles())
            )
        case "2BP01":
            mend = (
                "something of yours (a view, perhaps) hangs on a table that has to be built anew: "
                "drop it, publish, create it again."
            )
        case "55P03":
            mend = (
                f"somebody has held a lock for {PATIENCE} (a long query, or another publish): "
                "publish again when it is done."
            )
        case "23505":
            mend = "the warehouse has two rows with one key: the build is at fault, its tests say where."
        case None:
            mend = "check host, port, database, user and password, and that the server runs and lets this machine in."
        case _:
            mend = "nothing was changed; publish again once this is mended."
    return f"Publishing to {target} failed: {mend}\n{what}"


def _roles() -> list[str]:
    return sorted({role for roles in READERS.values() for role in roles})


def _prepare(cursor: dbapi.Cursor) -> None:
    """Create schemas, roles and rights where they lack; tables created later inherit the rights."""
    for role in _roles():
        if not _one(cursor, f"SELECT count(*) FROM pg_roles WHERE rolname = '{role}'"):
            cursor.execute(f"CREATE ROLE {role} NOLOGIN")
    for schema, readers in READERS.items():
        names = ", ".join(readers)
        if not _one(cursor, f"SELECT count(*) FROM pg_namespace WHERE nspname = '{schema}'"):
            cursor.execute(f"CREATE SCHEMA {schema}")
        cursor.execute(f"GRANT USAGE ON SCHEMA {schema} TO {names}")
        cursor.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {names}")
        cursor.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT ON TABLES TO {names}")
    cursor.execute(f"GRANT USAGE ON SCHEMA marts TO {EXECUTIVE}")
    cursor.execute(
        """
        CREATE TABLE IF NOT EXISTS marts.serving_state (
            is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
            published_through bigint NOT NULL,
            published_at timestamptz NOT NULL DEFAULT now()
        )
        """
    )


def _periods(days: Collection[date]) -> pa.Table:
    """Return one row a period that holds any of the days: grain and the date it starts on."""
    starts = {
        "interval": {*days},
        "day": {*days},
        "week": {day - timedelta(days=day.weekday()) for day in days},
        "month": {day.replace(day=1) for day in days},
    }
    periods = [{"grain": grain, "period_start": start} for grain in starts for start in sorted(starts[grain])]
    return pa.Table.from_pylist(periods, pa.schema({"grain": pa.string(), "period_start": pa.date32()}))


def _boards(source: duckdb.DuckDBPyConnection) -> list[_Table]:
    """Return the tables that dbt builds for single boards, whole ones and those that tell days back."""
    columns = source.sql(
        """
        SELECT table_name, bool_or(column_name = 'days_back')
        FROM information_schema.columns
        WHERE starts_with(table_name, 'board_')
        GROUP BY table_name
        ORDER BY table_name
        """
    ).fetchall()
    return [_Table("marts", name, tells_days_back=tells) for name, tells in columns]


def _has_columns_of(source: duckdb.DuckDBPyConnection, cursor: dbapi.Cursor, table: _Table) -> bool:
    """Return whether the published table exists with the warehouse's columns and types, in their order."""
    columns = (
        "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute"
    )
    # The driver itself says which PostgreSQL type it makes of a column: an empty copy is the measure.
    empty = source.execute(f"SELECT * FROM {table.name} LIMIT 0").to_arrow_table()
    cursor.adbc_ingest("wanted_columns", empty, mode="replace", temporary=True)
    published, wanted = (
        _one(cursor, f"{columns} WHERE attrelid = to_regclass('{name}') AND attnum > 0 AND NOT attisdropped")
        for name in (str(table), "pg_temp.wanted_columns")
    )
    return published == wanted


def _rebuild(source: duckdb.DuckDBPyConnection, cursor: dbapi.Cursor, table: _Table) -> int:
    """Build the table beside the published one, indexes and all, and put it in its place."""
    new = f"{table.name}_next"
    count = _copy(source, cursor, table, new, "true", mode="create")
    # The key answers a board (indicator, grain, span, level); the second index finds the periods to replace.
    indexes = {"key": ("UNIQUE", table.key)} if table.key else {}
    if table.has_periods:
        indexes["period"] = ("", ("grain", "period_start", "level"))
    for name, (kind, columns) in indexes.items():
        cursor.execute(f"CREATE {kind} INDEX {new}_{name} ON {table.schema}.{new} ({', '.join(columns)})")
    cursor.execute(f"DROP TABLE IF EXISTS {table}")
    cursor.execute(f"ALTER TABLE {table.schema}.{new} RENAME TO {table.name}")
    for name in indexes:
        cursor.execute(f"ALTER INDEX {table.schema}.{new}_{name} RENAME TO {table.name}_{name}")
    cursor.execute(f"ANALYZE {table}")
    if table.schema == "marts" and table.name.startswith("dim_"):
        cursor.execute(f"GRANT SELECT ON {table} TO {EXECUTIVE}")
    return count


def _changed_scope(cursor: dbapi.Cursor, table: _Table) -> str:
    """Return the condition on a table's rows that may have changed."""
    if table.has_periods:
        return "(grain, period_start) IN (SELECT grain, period_start FROM changed_periods)"
    if not table.tells_days_back:
        return "true"
    recent = f"SELECT period_start FROM {table} WHERE days_back IS NOT NULL"
    changed = "SELECT period_start FROM changed_periods WHERE grain <> 'month'"
    first = _one(cursor, f"SELECT min(period_start) FROM ({recent} UNION ALL {changed}) AS periods")
    return f"period_start >= DATE '{first}'" if first else "true"


def _replace(source: duckdb.DuckDBPyConnection, cursor: dbapi.Cursor, table: _Table, scope: str) -> int:
    """Replace the rows that the condition ``scope`` is true of."""
    cursor.execute(f"DELETE FROM {table} WHERE {scope}")
    return _copy(source, cursor, table, table.name, scope, mode="append")


def _copy(
    source: duckdb.DuckDBPyConnection,
    cursor: dbapi.Cursor,
    table: _Table,
    into: str,
    scope: str,
    mode: Literal["create", "append"],
) -> int:
    """Stream the rows over and count them on both sides."""
    wanted = f"FROM {table.name} WHERE {table.only} AND {scope}"
    (expected,) = source.sql(f"SELECT count(*) {wanted}").fetchone() or (0,)
    reader = source.execute(f"SELECT * {wanted}").to_arrow_reader(BATCH_ROWS)
    cursor.adbc_ingest(into, reader, mode=mode, db_schema_name=table.schema)
    arrived = _one(cursor, f"SELECT count(*) FROM {table.schema}.{into} WHERE {scope}")
    if arrived != expected:
        raise PublishError(
            f"{table} would have {arrived} rows where the warehouse has {expected}; nothing was changed. "
            "Look for triggers or rules on that table: nobody but a publish should write it."
        )
    return expected


def _published_through(cursor: dbapi.Cursor) -> int:
    if _one(cursor, "SELECT to_regclass('marts.serving_state')::text") is None:
        return 0
    return _one(cursor, "SELECT coalesce(max(published_through), 0) FROM marts.serving_state")


def _one(cursor: dbapi.Cursor, query: str) -> Any:
    cursor.execute(query)
    return (cursor.fetchone() or (None,))[0]
