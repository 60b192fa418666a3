"""Who is who, by day: names that are nobody's, and the days on which a change of the HR tables gives one a new owner.

Sources name people in their own words; ``agent_alias`` says whose a name is, and when. A validity often reaches from
years ago to further notice, so a change of it restates the days on which the name has rows and means somebody else
than before, and no others. How a name is resolved is written in ``int_agent_names`` of the dbt project; the same rules
stand here: of the periods that have begun the last one holds, to its own end; a name that is nobody's alias may itself
be an employee number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from ingest.conform import literal, local_date
from ingest.contract import APART, CONTACT_REASON, TABLES

if TYPE_CHECKING:
    from ingest.contract import Table
    from ingest.lake import Change, Lake

ALIASES, EMPLOYEES = "agent_alias", "hr_employee"

NAMES = ("agent_key", "first_agent_key", "evaluator_key")
"""Columns that hold a person as the source names them."""


@dataclass(frozen=True)
class Seen:
    """A name that a source uses: the first and last day with rows that have it, and how many these are."""

    source: str
    name: str
    first: date
    last: date
    rows: int


def restated(con: duckdb.DuckDBPyConnection, lake: Lake, change: Change, zones: Mapping[str, str]) -> list[date]:
    """Return the local dates with rows of a name that means another person after ``change`` than before.

    Args:
        con: connection on which ``change`` is staged.
        lake: the lake as it is before the change.
        change: a change of ``agent_alias`` or ``hr_employee``.
        zones: time zone of the site of each declared source.
    """
    _owners(con, lake, "before")
    _owners(con, lake, "after", change)
    con.execute(
        """
        create or replace temp table renamed as
        with aliases as (
            (from aliases_before except from aliases_after) union all (from aliases_after except from aliases_before)
        ),
        employees as (
            (from employees_before except from employees_after) union all
            (from employees_after except from employees_before)
        )
        select alias_system as source_system, alias_value as name from aliases
        union select source_system, employee_key from employees cross join (select unnest(?) as source_system)
        """,
        [list(zones)],
    )
    con.execute("create or replace temp table named (source_system varchar, name varchar, day date, days date[])")
    concerned = {row[0] for row in con.execute("select distinct source_system from renamed").fetchall()}
    newest = lake.newest()
    for source in concerned & zones.keys():
        for table, column in _columns(NAMES):
            if table.touches and (files := lake.files(table.name, source).values()):
                con.execute(
                    f"insert into named select distinct ?, {column}, unnest(days), days from ("
                    f" select {column}, {_days(table, zones[source], newest)} as days from {_read(files)}"
                    f" where {column} in (select name from renamed where source_system = ?))",
                    [source, source],
                )
    return [row[0] for row in con.execute(_RESTATED).fetchall()]


def unresolved(con: duckdb.DuckDBPyConnection, lake: Lake, sources: Iterable[str]) -> list[Seen]:
    """Return the names that are nobody's on a day with rows, those with most rows first."""
    _owners(con, lake, "now")
    return _counted(con, lake, sources, NAMES, f"{_joined('now')} where {_whose('now')} is null")


def seen(con: duckdb.DuckDBPyConnection, lake: Lake, sources: Iterable[str], column: str) -> list[Seen]:
    """Return the values of a column such as ``queue_key``, whichever table has it, those with most rows first.

    Of a column that holds several each is one.
    """
    return _counted(con, lake, sources, (column,))


def _counted(
    con: duckdb.DuckDBPyConnection, lake: Lake, sources: Iterable[str], columns: Sequence[str], chosen: str = ""
) -> list[Seen]:
    con.execute("create or replace temp table named (source_system varchar, name varchar, day date, rows bigint)")
    for source in sources:
        for table, column in _columns(columns):
            if files := lake.files(table.name, source).values():
                is_several = column == CONTACT_REASON.name
                names = f"regexp_split_to_array(trim({column}), ' *[{APART}] *')" if is_several else f"[{column}]"
                con.execute(
                    "insert into named select ?, name, event_date, count(*)"
                    f" from (select unnest({names}) as name, event_date from {_read(files)} where {column} is not null)"
                    " group by all",
                    [source],
                )
    found = con.execute(
        f"select source_system, name, min(day), max(day), sum(rows)::bigint from named {chosen}"
        " group by all order by sum(rows) desc, source_system, name"
    )
    return [Seen(*row) for row in found.fetchall()]


def _owners(con: duckdb.DuckDBPyConnection, lake: Lake, moment: str, change: Change | None = None) -> None:
    """Make the tables ``aliases_<moment>`` and ``employees_<moment>``: as the lake holds them, or after a change."""
    con.execute(
        f"create or replace temp table aliases_{moment} as"
        " select alias_system, alias_value, employee_key, valid_from,"
        " coalesce(valid_to, date 'infinity') as valid_to"
        f" from ({_rows(lake, ALIASES, change)}) qualify row_number() over"
        " (partition by alias_system, alias_value, valid_from"
        " order by record_updated_at desc nulls last, source_system desc) = 1"
    )
    con.execute(
        f"create or replace temp table employees_{moment} as"
        f" select distinct employee_key from ({_rows(lake, EMPLOYEES, change)})"
    )


def _whose(moment: str) -> str:
    """SQL for the employee a row of ``named`` belongs to; aliases of that moment are joined as ``<moment>``."""
    return f"""
        case
            when exists (
                from aliases_{moment} as a where a.alias_system = named.source_system and a.alias_value = named.name
            ) then case when named.day <= {moment}.valid_to then {moment}.employee_key end
            when named.name in (from employees_{moment}) then named.name
        end
    """


def _joined(moment: str) -> str:
    return (
        f"asof left join aliases_{moment} as {moment} on named.source_system = {moment}.alias_system"
        f" and named.name = {moment}.alias_value and named.day >= {moment}.valid_from"
    )


_RESTATED = f"""
    select distinct unnest(days) as day
    from named {_joined("before")} {_joined("after")}
    where {_whose("before")} is distinct from {_whose("after")} order by day
"""


def _rows(lake: Lake, table: str, change: Change | None) -> str:
    """SQL for all rows of a table: as the lake holds them, or as they are after ``change``."""
    others = [source for source in lake.sources(table) if not change or source != change.source]
    paths = [lake.empty(TABLES[table]), *(path for other in others for path in lake.files(table, other).values())]
    own = f" union all by name from {change.rows(table)}" if change else ""
    return f"from {_read(paths)}{own}"


def _read(paths: Iterable[Path]) -> str:
    listed = ", ".join(literal(path.as_posix()) for path in paths)
    return f"read_parquet([{listed}], hive_partitioning = true, hive_types = {{'event_date': date}})"


def _columns(names: Sequence[str]) -> Iterator[tuple[Table, str]]:
    for table in TABLES.values():
        if not table.raw:
            yield from ((table, column.name) for column in table.columns if column.name in names)


def _days(table: Table, zone: str, newest: date | None) -> str:
    """SQL for the dates a row concerns, as a list; of a span, open until ``newest``, each is a list of its own.

    A row of a span counts on each of its dates under the name's owner of that date. Any other row counts on one of its
    dates, and what is counted of it on another may depend on the owner as well.
    """
    days = [local_date(name, table.column(name).type, zone) for name in table.touches]
    if table.touches_span:
        last = f"coalesce({days[-1]}, greatest({days[0]}, date '{newest}'))"
        return f"unnest([[day::date] for day in generate_series({days[0]}, {last}, interval 1 day)])"
    return f"list_filter([{', '.join(days)}], lambda day: day is not null)"
