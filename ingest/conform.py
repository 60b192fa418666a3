"""Judging rows against the contract and making them private, in one query a batch.

Reading files and storing rows do not belong here. Results are temporary tables on the pass's connection:
``incoming_<table>`` holds the rows that conform, ``rejected`` every row that does not, with the rule it breaks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from ingest.contract import DATE, FLAG, INSTANT, REAL, TEXT, WHOLE, Column, Table

if TYPE_CHECKING:
    from ingest.formats.base import Fault

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

UNDECODABLE = "\ufdd0"
"""Stands before the two hexadecimal digits of a byte that cannot be decoded; Unicode keeps it free of any character."""


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


_UNDECODABLE = Check(
    "undecodable_text",
    "_undecodable",
    "the record holds bytes that do not belong to the encoding of the file",
    "declare the encoding of the source, or export the record again",
)


def begin(con: duckdb.DuckDBPyConnection) -> None:
    """Make the empty table of rejected rows."""
    con.execute(
        "create or replace temp table rejected (table_name varchar, _file integer, _line bigint, _path varchar,"
        " rule varchar, message varchar, mend varchar, raw varchar)"
    )


def prepare(con: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Make the empty table of rows that conform unless it is there."""
    columns = ", ".join(f"{column.name} {SQL_TYPES[column.type]}" for column in table.columns)
    con.execute(
        f"create temp table if not exists incoming_{table.name} ({columns}, event_date date, _file integer,"
        " _line bigint, _path varchar, _check integer, _raw varchar)"
    )


@dataclass(frozen=True)
class Judge:
    """Judges rows of one table from one source and makes them private.

    ``zone`` decides on the event date. Personal columns are treated as the contract says: identifiers become
    pseudonyms, text is redacted, names of staff stay only in ``hr_employee``. ``marked`` says that the files hold
    undecodable bytes, so that their marks must be looked for.
    """

    table: Table
    source: str
    zone: str
    faults: Sequence[Fault] = ()
    marked: bool = True

    @cached_property
    def checks(self) -> list[Check]:
        """Every check, in order; the place of the first that fails is a row's ``_check``."""
        unfit = [Check(fault.rule, "_unfit is not null", fault.message, fault.mend) for fault in self.faults]
        return [*([_UNDECODABLE] * self.marked), *unfit, *checks(self.table)]

    def judged(self, relation: str, given: Collection[str]) -> str:
        """SQL: the treated rows of a relation that has columns ``given``, with ``event_date``, place and ``_check``."""
        selected = ", ".join(_treated(self.table, column, self.source, given) for column in self.table.columns)
        place = ", ".join(
            f"{name if name in given else 'null'}::{kind} as {name}"
            for name, kind in (("_file", "integer"), ("_line", "bigint"), ("_path", "varchar"), ("_raw", "varchar"))
        )
        unfit = ", _unfit" if self.faults else ""
        texts = [c.name for c in self.table.columns if c.type == TEXT and c.name in given] + ["_raw"] * (
            "_raw" in given
        )
        marks = " or ".join(f"contains(batch_rows.{name}, '{UNDECODABLE}')" for name in texts)
        marked = f", coalesce({marks}, false) as _undecodable" if self.marked else ""
        # All faults are one condition: the row says which it is.
        places = {check.fails: place for place, check in reversed(list(enumerate(self.checks)))}
        verdict = " ".join(
            f"when {fails} then {place}" + " + _unfit" * (fails == "_unfit is not null")
            for fails, place in reversed(places.items())
        )
        event_date = local_date(self.table.event_time, self.table.column(self.table.event_time).type, self.zone)
        return (
            f"with treated as (select {selected}, {place}{unfit}{marked} from {relation} as batch_rows),"
            f" judged as (select *, case {verdict} end as _check from treated)"
            f" select {', '.join(column.name for column in self.table.columns)},"
            f" case when _check is null then {event_date} end as event_date, _file, _line, _path, _check,"
            f" case when _check is not null then _raw end as _raw from judged"
        )


def conform(
    con: duckdb.DuckDBPyConnection,
    table: Table,
    rows: pa.Table | str,
    rejects: pa.Table,
    source: str,
    zone: str,
    *,
    faults: Sequence[Fault] = (),
    marked: bool = True,
    only_failing: bool = False,
) -> None:
    """Judge the rows of a batch and make them private; its rejects are kept with the rows that fail.

    ``rows`` is an Arrow table or the name of a relation on the connection. With ``only_failing`` the rows that conform
    are left aside. See ``Judge`` for the rest.
    """
    incoming = f"incoming_{table.name}"
    relation = rows if isinstance(rows, str) else "arrived_rows"
    if not isinstance(rows, str):
        con.register(relation, rows)
    con.register("arrived_rejects", rejects)
    given = [row[0] for row in con.execute(f"describe {relation}").fetchall()]
    judge = Judge(table, source, zone, faults if "_unfit" in given else (), marked)
    judged = judge.judged(relation, given)
    prepare(con, table)
    con.execute(f"insert into {incoming} {judged}{' where _check is not null' * only_failing}")
    told = ", ".join(
        f"({n}, {literal(check.rule)}, {literal(check.message)}, {literal(check.mend)})"
        for n, check in enumerate(judge.checks)
    )
    path = "_path" if "_path" in rejects.column_names else "null"
    con.execute(
        f"insert into rejected"
        f" select '{table.name}', _file, _line, _path, rule, message, mend, _raw"
        f" from {incoming} join (values {told}) as told (_check, rule, message, mend) using (_check)"
        f" union all select '{table.name}', _file, _line, {path}, rule, message, mend, raw from arrived_rejects"
    )
    con.execute(f"delete from {incoming} where _check is not null")
    con.unregister("arrived_rejects")
    if not isinstance(rows, str):
        con.unregister(relation)


def _treated(table: Table, column: Column, source: str, given: Collection[str]) -> str:
    kind = SQL_TYPES[column.type]
    if column.name == "source_system":
        value = literal(source)
    elif column.name not in given or (column.personal == "staff_name" and table.name != "hr_employee"):
        value = "null"
    elif column.personal == "identifier":
        value = f"pseudonym(batch_rows.{column.name})"
    elif column.personal == "text":
        value = f"private_text(batch_rows.{column.name})"
    else:
        value = f"batch_rows.{column.name}"
    return f"cast({value} as {kind}) as {column.name}"
