"""The lines of a queue log as fields: Asterisk's own file, and exports of the database table of the same name.

Both end in one temporary table, some hundred thousand lines at a time, so that memory does not depend on the file.
What an event's arguments mean, and what is private among them, is the business of ``queue_log``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

import duckdb
from pydantic import AfterValidator, BaseModel, Field

from ingest.conform import literal
from ingest.formats import records
from ingest.formats.base import DeliveredFile, RefusedFile
from ingest.formats.line_blocks import cells, line_blocks
from ingest.formats.local_time import declare_zone

REQUIRED = ("time", "callid", "queuename", "agent", "event")
DATA = ("data1", "data2", "data3", "data4", "data5")
COLUMNS = (*REQUIRED, *DATA, "data", "id", "epoch")
"""Columns of the table in Asterisk's schema (contrib/ast-db-manage/queue_log), ``data`` of older ones, ``epoch``."""

_TIMES = {"epoch": "epoch_moment({})", "local": "epoch_us(local_instant({}))"}


def _known(columns: Mapping[str, str]) -> Mapping[str, str]:
    if unknown := sorted(set(columns) - set(COLUMNS)):
        raise ValueError(f"{', '.join(unknown)}: the table has the columns {', '.join(COLUMNS)}")
    return columns


class QueueTable(BaseModel, extra="forbid", frozen=True):
    """An export of the realtime table ``queue_log``, as delimited text with a header or as JSON records.

    ``columns`` names, for a column of Asterisk's schema, the export's column where that is called otherwise. Arguments
    are in ``data1`` … ``data5``, or joined by ``|`` in ``data``. ``time`` says what the column ``time`` holds: UNIX
    seconds (``epoch``; a fraction is allowed) or a date and time in the source's zone (``local``; an offset written
    with it goes before). A column ``epoch`` beside a local time decides, and the local time is compared with it.
    """

    time: Literal["epoch", "local"]
    columns: Annotated[dict[str, str], AfterValidator(_known)] = Field(default_factory=dict)
    content: Literal["csv", "json"] = "csv"
    delimiter: Literal[",", ";", "\t", "|"] = ","


def lines(files: Sequence[DeliveredFile], con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Fill ``queue_lines`` from files that Asterisk wrote; each time this yields, it holds the next lines.

    Its columns are ``_file``, ``_line`` and ``_raw``; ``place``, which orders the lines of one instant; ``rule``, null
    unless the line cannot be read; ``moment`` in microseconds since 1970, and ``local_moment`` with ``epoch_stamp``
    where a table tells both; ``call_id``, ``queue_key``, ``agent_key`` and ``event``; the arguments ``d1`` … ``d5``
    and, as a list, what comes after them as ``more``; ``extra``.
    """
    con.execute(_EPOCH)
    return _in_turns(con, ((_FIELDS.format(rows=_LINE), continued) for continued in line_blocks(files, con, b"|")))


def table_rows(
    files: Sequence[DeliveredFile], table: QueueTable, zone: str, con: duckdb.DuckDBPyConnection
) -> Iterator[None]:
    """Fill ``queue_lines`` from exports of the table, as ``lines`` does.

    Raises:
        RefusedFile: a required column is not among those of the export.
    """
    con.execute(_EPOCH)
    declare_zone(con, zone)
    return _in_turns(con, (_records if table.content == "json" else _delimited)(files, table, con))


def _delimited(
    files: Sequence[DeliveredFile], table: QueueTable, con: duckdb.DuckDBPyConnection
) -> Iterator[tuple[str, int | None]]:
    """Yield SQL that reads the next rows of the exports, and the file that goes on after them."""
    alike: dict[tuple[str, ...], list[DeliveredFile]] = {}
    for file in files:
        alike.setdefault(_header(file, table), []).append(file)
    for header, those in alike.items():
        named = {name: f"f[{n}]" for n, name in enumerate(header, 1)}
        select = f"""
            select _file, _line, _raw, {_columns(named, table)},
                case when is_torn then 'misplaced_quote' when len(f) <> {len(header)} then 'field_count' end as broken
            from {cells(table.delimiter, header=1)}
        """
        for continued in line_blocks(those, con, table.delimiter.encode()):
            yield _FIELDS.format(rows=_ROW.format(rows=select)), continued


def _records(
    files: Sequence[DeliveredFile], table: QueueTable, con: duckdb.DuckDBPyConnection
) -> Iterator[tuple[str, int | None]]:
    names = {name: table.columns.get(name, name) for name in COLUMNS}
    structure = dict.fromkeys(names.values(), "VARCHAR")
    for rejects in records.parsed(files, con, "queue_records", structure, "rows of the table queue_log"):
        con.register("broken_records", rejects)
        named = {name: f"nullif(o.{_quoted(name)}, '')" for name in structure}
        select = f"""
            select _file, _line, _raw || '|' as _raw, null as broken, {_columns(named, table)} from queue_records
            union all by name
            select _file, _line, raw || '|' as _raw, rule as broken from broken_records
        """
        yield _FIELDS.format(rows=_ROW.format(rows=select)), None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _header(file: DeliveredFile, table: QueueTable) -> tuple[str, ...]:
    """Return the names of an export's columns; raise ``RefusedFile`` when a required one is missing."""
    with file.path.open(encoding="utf-8", errors="replace", newline="") as content:
        names = next(csv.reader([content.readline(1 << 20)], delimiter=table.delimiter), [])
    header = tuple(name.strip() for name in names)
    wanted = [table.columns.get(name, name) for name in REQUIRED] + sorted(
        {table.columns[name] for name in table.columns.keys() - {*REQUIRED}}
    )
    if missing := [name for name in wanted if name not in header]:
        raise RefusedFile(
            file,
            1,
            "missing_columns",
            f"columns {', '.join(missing)} are not in the header; found: {', '.join(filter(None, header))[:300]}",
            "export the table with a header, or correct the delimiter and the names declared under table: columns",
        )
    return header


def _columns(named: Mapping[str, str], table: QueueTable) -> str:
    """SQL that picks the table's columns among the cells of an export; the others become ``extra``."""
    names = {name: table.columns.get(name, name) for name in COLUMNS}
    picked = {name: named.get(names[name], "cast(null as varchar)") for name in COLUMNS}
    others = [name for name in named if name not in names.values()]
    extra = ", ".join(f"{literal(name)}, {named[name]}" for name in others)
    return ", ".join(
        (
            *(f"{cell} as {_quoted(name)}" for name, cell in picked.items()),
            f"{_TIMES[table.time].format(picked['time'])} as time_moment",
            f"epoch_moment({picked['epoch']}) as epoch_moment",
            f"{f'json_object({extra})::varchar' if extra else 'cast(null as varchar)'} as extra",
        )
    )


def _in_turns(con: duckdb.DuckDBPyConnection, parts: Iterator[tuple[str, int | None]]) -> Iterator[None]:
    """Fill ``queue_lines`` with one part after the other.

    The last lines of a file that goes on wait for the next part, so that no instant is torn apart: from a line on
    before which everything is older than everything after it, two seconds before the newest.
    """
    held = ""
    for select, continued in parts:
        con.execute(f"create or replace temp table queue_lines as {held} {select}")
        held = ""
        cut = con.execute(_CUT, [continued]).fetchone() if continued is not None else None
        if cut and cut[0] is not None:
            rest = f"_file = {continued} and _line >= {cut[0]}"
            con.execute(f"create or replace temp table held_lines as from queue_lines where {rest}")
            con.execute(f"delete from queue_lines where {rest}")
            held = "from held_lines union all by name"
        yield
    if held:
        con.execute("create or replace temp table queue_lines as from held_lines; drop table held_lines")
        yield
    con.execute("drop table if exists queue_lines")


_CUT = """
with tail as (
    select _line, moment from queue_lines
    where rule is null and _file = $1 and _line > (select max(_line) - 5000 from queue_lines where _file = $1)
),
ordered as (
    select _line, max(moment) over (order by _line rows between unbounded preceding and 1 preceding) as before,
        min(moment) over (order by _line rows between current row and unbounded following) as after,
        max(moment) over () as newest
    from tail
)
select max(_line) from ordered where before < after and after < newest - 2000000
"""

# Ten digits are whole seconds, which is nearly every time there is.
_EPOCH = """
create or replace temp macro epoch_moment(text) as case when strlen(text) = 10 then 1000000 * try_cast(text as bigint)
    else cast(try_cast(text as decimal(20, 6)) * 1000000 as bigint) end
"""

_LINE = """
select _file, _line, _raw, _line as place, string_split(_raw, '|') as f, epoch_moment(f[1]) as moment,
    case when not is_whole then 'unfinished_line' end as broken, cast(null as bigint) as local_moment,
    cast(null as varchar) as epoch_stamp, cast(null as varchar) as extra
from line_block where strlen(_raw) > 1
"""

_ROW = f"""
select _file, _line, _raw, coalesce(try_cast(id as bigint), _line) as place, broken,
    string_split(concat_ws('|', '', coalesce(callid, ''), coalesce(queuename, ''), coalesce(agent, ''),
        coalesce(event, ''),
        coalesce(data, concat_ws('|', {", ".join(f"coalesce({name}, '')" for name in DATA)}))) || '|', '|') as f,
    coalesce(epoch_moment, time_moment) as moment, time_moment as local_moment,
    case when epoch_moment is not null then epoch end as epoch_stamp, extra
from ({{rows}})
"""


# Every line ends with a separator here, which its text keeps. Trailing separators mean nothing.
_FIELDS = """
select _file, _line, _raw, place,
    case
        when broken is not null then broken
        when moment is null or moment not between 100000000000000 and 9999999999000000 then 'wrong_time'
        when coalesce(f[5], '') = '' then 'too_few_fields'
    end as rule,
    moment, local_moment, epoch_stamp, coalesce(nullif(f[2], ''), 'NONE') as call_id, f[3] as queue_key,
    f[4] as agent_key, f[5] as event,
    f[6] as d1, f[7] as d2, f[8] as d3, f[9] as d4, f[10] as d5, case when len(f) > 11 then f[11:] end as more, extra
from ({rows})
"""
