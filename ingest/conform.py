"""Judging rows against the contract and making them private, in one query a batch.

Reading files and storing rows do not belong here. Results are temporary tables on the pass's connection:
``incoming_<table>`` holds the rows that conform, ``rejected`` every row that does not, with the rule it breaks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from ingest.contract import DATE, FLAG, INSTANT, REAL, TEXT, WHOLE, Column, Table
from ingest.privacy import SUSPICIOUS

SQL_TYPES: dict[pa.DataType, str] = {
    INSTANT: "timestamptz",
    DATE: "date",
    TEXT: "varchar",
    WHOLE: "bigint",
    REAL: "double",
    FLAG: "boolean",
}
"""DuckDB's name of each type the contract uses."""

EARLIEST, LATEST = "1900-01-01", "2200-01-01"
"""Event dates outside are slips of a format, not dates."""


@dataclass(frozen=True)
class Check:
    """One way for a row to fail: ``fails`` is SQL over the row, true for a bad one."""

    rule: str
    fails: str
    message: str
    mend: str


def literal(value: str) -> str:
    """Return ``value`` as an SQL string literal."""
    return "'" + value.replace("'", "''") + "'"


def checks(table: Table) -> Iterator[Check]:
    """Yield every check the contract asks of a row, presence first, then values, then rules."""
    for column in table.columns:
        if column.required:
            yield Check(
                f"{column.name}_missing",
                f"{column.name} is null",
                f"{column.name} is empty or cannot be read",
                f"fill it: {column.meaning}",
            )
    for column in table.columns:
        if column.allowed:
            allowed = ", ".join(map(literal, column.allowed))
            yield Check(
                f"{column.name}_not_allowed",
                f"{column.name} not in ({allowed})",
                f"{column.name} holds a value the contract does not know",
                f"map it to one of {', '.join(column.allowed)}",
            )
    yield Check(
        f"{table.event_time}_implausible",
        f"{table.event_time} < '{EARLIEST}' or {table.event_time} >= '{LATEST}'",
        f"{table.event_time} lies before {EARLIEST} or after {LATEST}",
        "check the unit and the format declared for the column",
    )
    for rule in table.rules:
        yield Check(rule.name, f"not ({rule.holds})", rule.message, rule.mend)


def local_date(column: str, kind: pa.DataType, zone: str) -> str:
    """Return SQL for the local date of a date or instant column."""
    return column if kind == DATE else f"cast({column} at time zone {literal(zone)} as date)"


def begin(con: duckdb.DuckDBPyConnection) -> None:
    """Make the empty table of rejected rows."""
    con.execute(
        "create or replace temp table rejected (table_name varchar, _file integer, _line bigint,"
        " rule varchar, message varchar, mend varchar, raw varchar)"
    )


def conform(
    con: duckdb.DuckDBPyConnection, table: Table, rows: pa.Table, rejects: pa.Table, source: str, zone: str
) -> None:
    """Judge the rows of a batch and make them private; its rejects are kept with the rows that fail.

    ``zone`` decides on the event date. Personal columns are treated as the contract says: identifiers become
    pseudonyms, text is redacted, names of staff stay only in ``hr_employee``.
    """
    incoming = f"incoming_{table.name}"
    names = [column.name for column in table.columns]
    found = list(checks(table))
    con.register("batch_rows", rows)
    con.register("batch_rejects", rejects)
    private = _identifiers(con, table, set(rows.column_names))
    selected = ", ".join(_treated(table, column, source, rows.column_names) for column in table.columns)
    verdict = " ".join(f"when {check.fails} then {index}" for index, check in enumerate(found))
    event_date = local_date(table.event_time, table.column(table.event_time).type, zone)
    judged = (
        f"with treated as (select {selected}, _file, _line, _raw from batch_rows{private}),"
        f" judged as (select *, case {verdict} end as _check from treated)"
        f" select {', '.join(names)}, {event_date} as event_date, _file, _line, _check,"
        f" case when _check is not null then _raw end as _raw from judged"
    )
    con.execute(f"create temp table if not exists {incoming} as {judged} limit 0")
    con.execute(f"insert into {incoming} {judged}")
    con.register(
        "checks_made",
        pa.table(
            {
                "_check": pa.array(range(len(found)), pa.int32()),
                "rule": [check.rule for check in found],
                "message": [check.message for check in found],
                "mend": [check.mend for check in found],
            }
        ),
    )
    con.execute(
        f"insert into rejected"
        f" select '{table.name}', _file, _line, rule, message, mend, _raw"
        f" from {incoming} join checks_made using (_check)"
        f" union all select '{table.name}', _file, _line, rule, message, mend, raw from batch_rejects"
    )
    con.execute(f"delete from {incoming} where _check is not null")
    for name in ("batch_rows", "batch_rejects", "checks_made"):
        con.unregister(name)


def _identifiers(con: duckdb.DuckDBPyConnection, table: Table, given: set[str]) -> str:
    """Make a table of pseudonyms for each identifier column; return the joins that bring them in."""
    joins = ""
    for name, kind in table.personal.items():
        if kind == "identifier" and name in given:
            con.execute(
                f"create or replace temp table pseudonyms_of_{name} as"
                f" select identifier, pseudonym(identifier) as pseudonym"
                f" from (select distinct {name} as identifier from batch_rows where {name} is not null)"
            )
            joins += f" left join pseudonyms_of_{name} on pseudonyms_of_{name}.identifier = batch_rows.{name}"
    return joins


def _treated(table: Table, column: Column, source: str, given: list[str]) -> str:
    kind = SQL_TYPES[column.type]
    if column.name == "source_system":
        value = literal(source)
    elif column.name not in given or (column.personal == "staff_name" and table.name != "hr_employee"):
        value = "null"
    elif column.personal == "identifier":
        value = f"pseudonyms_of_{column.name}.pseudonym"
    elif column.personal == "text":
        text = f"batch_rows.{column.name}"
        value = f"case when regexp_matches({text}, {literal(SUSPICIOUS)}) then redact({text}) else {text} end"
    else:
        value = f"batch_rows.{column.name}"
    return f"cast({value} as {kind}) as {column.name}"
