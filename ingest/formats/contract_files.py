"""Files that already speak the neutral contract: any of its tables, as CSV, JSON lines or Parquet.

Names, types and units are the contract's (``ingest.contract``); nothing is mapped and no type is guessed. A large file
that is well-formed streams through DuckDB as it is; where something is wrong with it, and for small files, records are
read one by one and know their place. Both ways type a record by the same SQL. Files that name or count things their
own way belong to ``spreadsheet``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

import duckdb
import numpy as np
import pyarrow as pa
from pydantic import field_validator

from ingest.conform import literal
from ingest.contract import DATE, FLAG, INSTANT, REAL, TABLES, TEXT, WHOLE, Column, Table
from ingest.formats.base import (
    About,
    Batch,
    DeliveredFile,
    Export,
    Fault,
    Reading,
    RefusedFile,
    Scan,
)
from ingest.formats.delimited import DELIMITERS, read_text
from ingest.formats.records import parsed
from ingest.formats.sheet import Layout
from ingest.source import SourceBase

STREAMED = 32 * 1024 * 1024
"""Bytes from which a file is worth reading in one query; below, records are read one by one at once."""

RAW = 10_000
"""Characters of a record that are kept to show it."""

_CHUNK = 1 << 24


class ContractSource(SourceBase, frozen=True):
    """A source whose files are rows of the contract's own tables.

    ``table`` names the table of every file; without it a file's name, or a folder above it, begins with the table's
    (``case_2026-01-01.csv``, ``case/part-3.parquet``). ``delimiter`` is that of CSV files; without it the header tells
    it, if it can be told apart.
    """

    format: Literal["contract"]
    table: str | None = None
    delimiter: Literal[",", ";", "\t", "|"] | None = None

    @field_validator("table")
    @classmethod
    def _is_a_table(cls, name: str | None) -> str | None:
        if name is not None and name not in _NAMES:
            raise ValueError(f"table {name}: the contract has {', '.join(_NAMES)}")
        return name


_FILLED_HERE = ("source_system", "source_record_id", "extra")

_NAMES = [name for name, table in TABLES.items() if not table.raw]


def read(
    files: Sequence[DeliveredFile], source: ContractSource, zone: str, con: duckdb.DuckDBPyConnection
) -> Iterator[Batch | RefusedFile]:
    """Read files as rows of their tables; ``zone`` is that of instants written without an offset."""
    con.execute(_MACROS)
    for file in files:
        try:
            yield from _read(file, source, zone, con)
        except RefusedFile as refusal:
            yield refusal


def _read(file: DeliveredFile, source: ContractSource, zone: str, con: duckdb.DuckDBPyConnection) -> Iterator[Batch]:
    table = TABLES[source.table or _named(file)]
    size = file.path.stat().st_size
    with file.path.open("rb") as content:
        head = content.read(4096).lstrip()
    if not head:
        return
    is_large = size >= STREAMED
    if head.startswith(b"PAR1"):
        yield from _parquet(file, table, zone, con, is_large)
    elif any(line.lstrip().startswith((b"{", b"[")) for line in head.split(b"\n", 2)[:2]):
        # The second line tells it too: the first record may be the one that is damaged.
        yield from _json(file, table, zone, con, is_large)
    else:
        yield from _csv(file, table, source.delimiter, zone, con, is_large)


def _named(file: DeliveredFile) -> str:
    """Return the table that the file's name tells, or the nearest folder's.

    Raises:
        RefusedFile: no name tells one.
    """
    path = PurePosixPath(file.name)
    for part in (path.name, *reversed(path.parts[:-1])):
        found = [name for name in _NAMES if re.match(rf"{name}(?![a-z0-9])", part.lower())]
        if found:
            return max(found, key=len)
    raise RefusedFile(
        file,
        None,
        "unknown_table",
        "neither the file's name nor a folder's begins with the name of a contract table",
        f"name it after its table, or declare the table; the contract has {', '.join(_NAMES)}",
    )


@dataclass(frozen=True)
class _Typing:
    """SQL that types the records of one file.

    ``given`` are the contract's columns found in it with DuckDB's type of each; ``unknown`` is SQL for the names and
    the values (JSON) of the fields that the contract does not know, two lists.
    """

    table: Table
    zone: str
    given: Mapping[str, str]
    unknown: tuple[str, str] | None = None

    @property
    def columns(self) -> list[Column]:
        """The columns to type."""
        return [c for c in self.table.columns if c.name in self.given and c.name not in _FILLED_HERE]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that ``over`` gives, but for those of a row's place."""
        return (*(column.name for column in self.columns), "source_record_id", "extra", "_unfit")

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Why a row may be unfit: a field that is not of its column's type."""
        found = [
            Fault(
                f"{column.name}_unreadable",
                f"{column.name} is not {_EXPECTED[column.type]}",
                f"write it as the contract does: {column.meaning}",
            )
            for column in self.columns
            if column.type != TEXT
        ]
        extra = Fault("extra_unreadable", "extra is not a JSON object", "write it as a JSON object, or leave it out")
        return (*found, extra)

    def over(self, relation: str, value: Callable[[str], str], place: Collection[str] = ()) -> str:
        """Return SQL for typed rows; ``value`` gives the SQL of a column's field in ``relation``."""

        def given(name: str) -> str:
            text = value(name)
            return f"nullif({text}, '')" if self.given[name] == "VARCHAR" else text

        kept = ["null::varchar[] as unknown_names, null::json[] as unknown_values"]
        if self.unknown:
            kept = [f"{self.unknown[0]} as unknown_names, {self.unknown[1]} as unknown_values"]
        extra = given("extra") if "extra" in self.given else "null::varchar"
        own = given("source_record_id") if "source_record_id" in self.given else "null"
        fields = [f"{given(column.name)} as t_{column.name}" for column in self.columns]
        fields += [*kept, f"{extra} as t_extra", f"{own}::varchar as t_source_record_id", *place]
        typed = [f"{_typed(column, self.given[column.name], self.zone)} as {column.name}" for column in self.columns]
        unfit = [
            f"t_{column.name} is not null and {column.name} is null" for column in self.columns if column.type != TEXT
        ]
        unfit.append("t_extra is not null and coalesce(json_type(try_cast(t_extra as json)), '') <> 'OBJECT'")
        verdict = " ".join(f"when {condition} then {n}" for n, condition in enumerate(unfit))
        named = "".join(f"{column.name}, " for column in self.columns)
        return (
            f"select {named}{_identity(self.table)} as source_record_id,"
            f" case when t_extra is null and unknown_names is null then null else"
            " contract_extra(unknown_names, unknown_values, try_cast(t_extra as json)) end as extra,"
            f" case {verdict} end as _unfit{''.join(f', {name}' for name in place)}"
            f" from (select *, {', '.join(typed)} from (select {', '.join(fields)} from {relation}))"
        )


_EXPECTED = {
    INSTANT: "an ISO-8601 time",
    DATE: "an ISO-8601 date",
    WHOLE: "a whole number",
    REAL: "a number",
    FLAG: "true or false",
}

_INTEGERS = {f"{sign}{size}INT" for sign in ("", "U") for size in ("TINY", "SMALL", "BIG", "HUGE")} | {
    "INTEGER",
    "UINTEGER",
}
_FRACTIONS = ("FLOAT", "DOUBLE", "DECIMAL")
_CLOCKS = ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")

# Of a local time that the clocks showed twice the earlier reading counts, as everywhere (ingest.mapping); one that they
# skipped is no time. Nearly all offsets are written as Z or with +, which is quick to see. A whole number is rounded
# by the cast only where it has a fraction or a negative exponent.
_MACROS = """
create or replace temp macro contract_local(naive, zone) as (
    case when timezone(zone, timezone(zone, naive)) = naive then
        case when timezone(zone, make_timestamptz(epoch_us(naive)
            - epoch_us(timezone(zone, timezone(zone, naive) - interval 3 hours))
            + epoch_us(timezone(zone, naive) - interval 3 hours))) = naive
        then make_timestamptz(epoch_us(naive)
            - epoch_us(timezone(zone, timezone(zone, naive) - interval 3 hours))
            + epoch_us(timezone(zone, naive) - interval 3 hours))
        else timezone(zone, naive) end
    end
);
create or replace temp macro contract_instant(text, zone) as (
    case
        when suffix(text, 'Z') or contains(text, '+') then try_cast(text as timestamptz)
        when regexp_matches(text, ':[0-9.]+-[0-9]{2}(:?[0-9]{2})?$') then try_cast(text as timestamptz)
        when regexp_matches(text, '^[0-9]{4}(-[0-9]{2}){2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?$')
            then contract_local(try_cast(text as timestamp), zone)
    end
);
create or replace temp macro contract_whole(text) as (
    case
        when not (contains(text, '.') or contains(text, '-')) then try_cast(text as bigint)
        when not regexp_matches(text, '[.eE]') then try_cast(text as bigint)
        when try_cast(text as double) = trunc(try_cast(text as double))
            then try_cast(try_cast(text as double) as bigint)
    end
);
create or replace temp macro contract_private(value) as (
    case
        when value is null or json_type(value) = 'NULL' then null
        when private_text(value ->> '$') <> (value ->> '$') then to_json(private_text(value ->> '$'))
        else value
    end
);
create or replace temp macro contract_fields(names, fields) as (
    list_filter(
        list_zip(names, list_transform(fields, lambda field: contract_private(field))),
        lambda pair: pair[2] is not null
    )
);
create or replace temp macro contract_object(pairs) as (
    case when len(pairs) > 0 then to_json(map_from_entries(pairs))::varchar end
);
create or replace temp macro contract_extra(names, fields, given) as (
    contract_object(list_concat(
        contract_fields(json_keys(given), list_transform(json_keys(given), lambda name: given -> name)),
        contract_fields(names, fields)
    ))
);
"""


def _typed(column: Column, given: str, zone: str) -> str:
    """Return SQL for a field ``t_<column>`` as the type of its column, null where it does not fit."""
    field = f"t_{column.name}"
    if given != "VARCHAR":
        if column.type == INSTANT and given in _CLOCKS:
            return f"contract_local(cast({field} as timestamp), {literal(zone)})"
        if column.type == WHOLE and given not in _INTEGERS:
            return f"case when {field} = trunc({field}) then try_cast({field} as bigint) end"
        return f"try_cast({field} as {_SQL[column.type]})"
    if column.type == INSTANT:
        return f"contract_instant({field}, {literal(zone)})"
    if column.type == DATE:
        return (
            f"case when regexp_full_match({field}, '[0-9]{{4}}(-[0-9]{{2}}){{2}}') then try_cast({field} as date) end"
        )
    if column.type == WHOLE:
        return f"contract_whole({field})"
    if column.type == REAL:
        return f"case when isfinite(try_cast({field} as double)) then try_cast({field} as double) end"
    if column.type == FLAG:
        return f"case lower({field}) when 'true' then true when 'false' then false end"
    return field


_SQL = {INSTANT: "timestamptz", DATE: "date", WHOLE: "bigint", REAL: "double", FLAG: "boolean", TEXT: "varchar"}


def _identity(table: Table) -> str:
    """Return SQL for the record's identity: where the file gives none, the key's columns joined."""
    if "source_record_id" in table.key:
        return "t_source_record_id"
    parts = [
        f"strftime(timezone('UTC', {name}), '%Y-%m-%dT%H:%M:%S.%fZ')"
        if table.column(name).type == INSTANT
        else f"{name}::varchar"
        for name in table.key
    ]
    return f"coalesce(t_source_record_id, concat_ws('|', {', '.join(parts)}))"


def _check_header(file: DeliveredFile, table: Table, names: Collection[str], line: int | None) -> None:
    """Refuse a file that lacks a required column."""
    required = [c.name for c in table.columns if c.required and c.name not in ("source_system", "source_record_id")]
    required += [name for name in table.key if name not in required]
    if missing := [name for name in required if name not in names]:
        raise RefusedFile(
            file,
            line,
            "missing_columns",
            f"the columns {', '.join(missing)} of {table.name} are not in the file; found: {', '.join(names)}",
            "export the missing columns under the contract's names, or name the file after the table it holds",
        )


def _csv(
    file: DeliveredFile,
    table: Table,
    delimiter: Literal[",", ";", "\t", "|"] | None,
    zone: str,
    con: duckdb.DuckDBPyConnection,
    is_large: bool,
) -> Iterator[Batch]:
    known = {column.name for column in table.columns}
    sheet = read_text(file, Layout(delimiter=delimiter), lambda names: bool(known & set(names)))
    _check_header(file, table, sheet.header, 1)
    at = {name: f"f{n}" for n, name in enumerate(sheet.header)}
    unknown = [name for name in sheet.header if name not in known]
    lists = None
    if unknown:
        values = ", ".join(f"to_json(nullif({at[name]}, ''))" for name in unknown)
        lists = (f"[{', '.join(map(literal, unknown))}]", f"[{values}]")
    typing = _Typing(table, zone, {name: "VARCHAR" for name in sheet.header if name in known}, lists)

    def by_line() -> Iterator[Batch]:
        for block in sheet.blocks():
            cells = dict(zip(at.values(), block.texts, strict=True))
            con.register("contract_cells", _arrow(cells, file.index, block.lines, block.raw))
            query = typing.over("contract_cells", at.__getitem__, ("_file", "_line", "_raw"))
            con.execute(f"create or replace temp view contract_rows as {query}")
            yield Batch(table.name, "contract_rows", block.rejects, typing.faults)
            con.unregister("contract_cells")

    if is_large and (records := _lines_of(file, sheet.header)):
        count, quote, mark = records
        columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in at.values())
        relation = (
            f"read_csv({literal(file.path.as_posix())}, columns = {{{columns}}}, delim = {literal(mark)},"
            f" quote = {literal(quote)}, escape = {literal(quote)}, header = true, auto_detect = false)"
        )
        scan = Scan(file, typing.over(relation, at.__getitem__), typing.names, by_line, count)
        yield Batch(table.name, scan, faults=typing.faults)
    else:
        yield from by_line()


def _arrow(cells: Mapping[str, pa.Array], file: int, lines: pa.Array, raw: pa.Array) -> pa.Table:
    place = pa.repeat(pa.scalar(file, pa.int32()), len(lines))
    return pa.table({**cells, "_file": place, "_line": lines, "_raw": raw})


def _lines_of(file: DeliveredFile, header: Sequence[str]) -> tuple[int, str, str] | None:
    """Return how many records a CSV file should have, its quote (empty when it has none) and its delimiter.

    Null when its first line is not simply the header: then only reading by line tells.
    """
    with file.path.open("rb") as content:
        first = content.readline().decode(errors="replace").rstrip("\r\n")
        mark = next((mark for mark in DELIMITERS if first.split(mark) == list(header)), None)
        if mark is None:
            return None
        lines, quote, ended = 0, "", True
        while chunk := content.read(_CHUNK):
            lines += int(np.count_nonzero(np.frombuffer(chunk, np.uint8) == ord("\n")))
            quote = quote or '"' * (b'"' in chunk)
            ended = chunk.endswith(b"\n")
    return lines + (not ended), quote, mark


def _json(
    file: DeliveredFile, table: Table, zone: str, con: duckdb.DuckDBPyConnection, is_large: bool
) -> Iterator[Batch]:
    names = [column.name for column in table.columns]
    structure = dict.fromkeys(names, "VARCHAR")
    given = dict.fromkeys(names, "VARCHAR")
    known = f"[{', '.join(map(literal, names))}]"

    def by_record() -> Iterator[Batch]:
        typing = _Typing(table, zone, given, _unknown_fields(known, "fields", "_raw"))
        place = ("_file", "_line", "_raw")
        query = typing.over("contract_records", _quoted_field, place)
        for rejects in parsed([file], con, "contract_records", structure, f"records of {table.name}"):
            con.execute(f"create or replace temp view contract_rows as {query}")
            yield Batch(table.name, "contract_rows", rejects, typing.faults)

    path = literal(file.path.as_posix())
    is_known = is_large and _knows_all_fields(con, file, known)
    if is_known is None or not is_large:
        yield from by_record()
        return
    if is_known:
        columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
        relation = f"read_json({path}, format = 'newline_delimited', columns = {{{columns}}})"
        typing = _Typing(table, zone, given)
        query = typing.over(relation, lambda name: f'"{name}"')
    else:
        relation = (
            f"(select json, json_keys(json) as fields, json_transform(json, {literal(json.dumps(structure))}) as o"
            f" from read_json_objects({path}, format = 'newline_delimited'))"
        )
        typing = _Typing(table, zone, given, _unknown_fields(known, "fields", "json"))
        query = typing.over(relation, _quoted_field)
    yield Batch(table.name, Scan(file, query, typing.names, by_record), faults=typing.faults)


def _quoted_field(name: str) -> str:
    return f'o."{name}"'


def _unknown_fields(known: str, fields: str, record: str) -> tuple[str, str]:
    """Return SQL for the names and the values of a record's fields that are not known."""
    others = f"list_filter({fields}, lambda f: not list_contains({known}, f))"
    names = f"case when not list_has_all({known}, {fields}) then {others} end"
    path = """'$."' || replace(f, '"', '\\"') || '"'"""
    values = f"list_transform({names}, lambda f: json_extract({record}::json, {path}))"
    return names, values


def _knows_all_fields(con: duckdb.DuckDBPyConnection, file: DeliveredFile, known: str) -> bool | None:
    """Whether the objects of JSON lines have only known fields; null when the file is not JSON lines throughout.

    Most records have the fields of the first one, in its order, which is quicker to see than that they are known. The
    fields of a map cost less than those of a JSON value.
    """
    path = literal(file.path.as_posix())
    source = (
        f"(select map_keys(record) as fields from read_json({path}, format = 'newline_delimited', records = false,"
        " columns = {'record': 'MAP(VARCHAR, VARCHAR)'}))"
    )
    try:
        [found] = con.execute(
            f"with first as (from {source} limit 1)"
            f" select bool_and(case when each.fields = first.fields then list_has_all({known}, first.fields)"
            f" else list_has_all({known}, each.fields) end) from {source} as each, first"
        ).fetchone() or (None,)
    except duckdb.InvalidInputException:
        return None
    return found


def _parquet(
    file: DeliveredFile, table: Table, zone: str, con: duckdb.DuckDBPyConnection, is_large: bool
) -> Iterator[Batch]:
    source = f"read_parquet({literal(file.path.as_posix())}, file_row_number = true, hive_partitioning = false)"
    try:
        found = {row[0]: row[1] for row in con.execute(f"describe from {source}").fetchall()}
    except duckdb.Error as error:
        raise RefusedFile(
            file, None, "unreadable", f"the Parquet file cannot be read: {error}", "deliver it again, complete"
        ) from error
    found.pop("file_row_number")
    _check_header(file, table, list(found), None)
    known = {column.name: column for column in table.columns}
    given = {name: _kind(file, known[name], kind) for name, kind in found.items() if name in known}
    others = [name for name in found if name not in known]
    unknown = None
    if others:
        values = ", ".join(f"to_json({_named_column(name)})" for name in others)
        unknown = f"[{', '.join(map(literal, others))}]", f"[{values}]"
    typing = _Typing(table, zone, given, unknown)

    def value(name: str) -> str:
        return f"to_json({name})::varchar" if found[name] != given[name] else name

    def numbered() -> Iterator[Batch]:
        record = ", ".join(f"{_named_column(name)} := {_named_column(name)}" for name in found)
        relation = (
            f"(select *, {file.index} as _file, file_row_number + 1 as _line,"
            f" left(to_json(struct_pack({record}))::varchar, {RAW}) as _raw from {source})"
        )
        query = typing.over(relation, value, ("_file", "_line", "_raw"))
        con.execute(f"create or replace temp view contract_rows as {query}")
        yield Batch(table.name, "contract_rows", faults=typing.faults)

    if is_large:
        yield Batch(table.name, Scan(file, typing.over(source, value), typing.names, numbered), faults=typing.faults)
    else:
        yield from numbered()


def _named_column(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _kind(file: DeliveredFile, column: Column, kind: str) -> str:
    """Return the type to read a Parquet column as; raise ``RefusedFile`` when its own does not fit the contract's."""
    plain = kind.split("(")[0]
    fits = {
        INSTANT: plain in (*_CLOCKS, "TIMESTAMP WITH TIME ZONE"),
        DATE: plain == "DATE",
        WHOLE: plain in _INTEGERS or plain in _FRACTIONS,
        REAL: plain in _INTEGERS or plain in _FRACTIONS,
        FLAG: plain == "BOOLEAN",
        TEXT: plain in _INTEGERS or plain in ("UUID", "ENUM"),
    }
    if kind == "VARCHAR" or fits[column.type]:
        return plain
    if column.name == "extra" and plain.startswith(("STRUCT", "MAP", "JSON")):
        return "VARCHAR"
    raise RefusedFile(
        file,
        None,
        "wrong_type",
        f"the column {column.name} has the type {kind}, and the contract's is {column.type}",
        f"write it as {column.type}, or as text the way the contract writes it",
    )


ABOUT = About(
    title="Files of the neutral contract",
    systems="whatever can write the contract's own tables: a data warehouse, a script, another Gaugebook's lake",
    files="CSV with a header, JSON lines (or any other run of JSON objects) or Parquet; one table a file, so named",
    zone="ISO-8601 with an offset, or local to the source's zone; a local time shown twice is the earlier one",
    units="the contract's: durations in whole milliseconds (_ms), percents of 100 (_pct), true and false",
    readings=(
        Reading("each column of the table", "the column of that name", "an empty field is null"),
        Reading("source_record_id", "source_record_id", "without it, the columns of the key joined by |"),
        Reading("source_system", "source_system", "replaced by the name of the source"),
        Reading("every other field", "extra", "as JSON, redacted like free text, and counted"),
    ),
    gotchas=(
        "Identifiers of customers are given raw; the core makes the pseudonyms. A pseudonym given is made one again.",
        "Of several rows with one key the greatest record_updated_at counts, without it the one delivered last.",
        "The delimiter of a CSV file is declared, or told from the header if only one of , ; tab | gives known names.",
        "A number with a fraction is no whole number; 12.0 is.",
        "CSV whose quoted fields hold line breaks, and files in which a key occurs twice, are read record by record,"
        " which takes longer.",
    ),
    exports=(
        Export(
            "SQL database",
            (
                "Write one query a table with the contract's column names (docs/feeds lists them).",
                "Write instants as UTC with Z, durations in milliseconds, and nothing for null.",
                "Export as CSV with a header, or as Parquet, to landing/<source>/<table>_<date>.csv.",
            ),
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc4180", "https://jsonlines.org", "https://parquet.apache.org"),
)
