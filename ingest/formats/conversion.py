"""Turns cells into typed contract rows: a declared mapping becomes one SQL query over all cells of a pass.

What a mapping may declare is in ``ingest.mapping``; how files become cells is in ``ingest.formats.sheet``; what a
well-typed row must satisfy beyond its types is the contract's business. None of that belongs here.
"""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported, where a type checker does not see them.)

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from ingest.contract import DATE, FLAG, INSTANT, REAL, TEXT, WHOLE, Column, Table
from ingest.formats.base import REJECTS, batch_schema
from ingest.formats.sheet import FAILED
from ingest.mapping import (
    Between,
    Cell,
    Constant,
    Converted,
    Copy,
    Declared,
    NamePart,
    OfSource,
    Presence,
    Scale,
    SheetPart,
    Shifted,
    TableMapping,
    in_order,
    listed,
    tells_of_person,
)

Derived = Constant | Copy | Presence | Shifted | Between | OfSource

_SQL_TYPES = {INSTANT: "timestamptz", DATE: "date", TEXT: "varchar", WHOLE: "bigint", REAL: "double", FLAG: "boolean"}
_MILLISECONDS = {"ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, "day": 86_400_000}
_FIRST_DAYS = {"excel": "1899-12-30", "excel_1904": "1904-01-01"}
"""Day 0 of serial days. Excel counts a 29 February 1900 that never was, so from March 1900 on its day 0 lies there."""
_ISO_WITH_OFFSET = r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*(Z|[+-]\d{2}(:?\d{2})?)"
WITHHELD = "[personal]"
"""What stands in ``extra`` for the values of a column whose name tells of a person."""
_TOLD = pa.schema([REJECTS.field(part) for part in ("rule", "message", "mend")])
_FAILED = "the cell holds a formula without a result, or with an error"
_CORRECT_FORMULA = "calculate and save the workbook, correct the formula, or list the error under na"
_CORRECT_TOKEN = "translate the token under values, list it under na, or correct the cell"


@dataclass(frozen=True)
class Check:
    """A SQL condition that rejects a row, and what the deliverer is told."""

    fails: str
    rule: str
    message: str
    mend: str


@dataclass
class Query:
    """Named expressions in layers: an expression may use the names it declares to use, which lie in lower layers.

    The first check that fails gives the row's ``_check``, the position of the check.
    """

    checks: list[Check] = field(default_factory=list)
    _layers: list[list[str]] = field(default_factory=list)
    _depth: dict[str, int] = field(default_factory=dict)

    def define(self, name: str, expression: str, *uses: str) -> str:
        """Name an expression; ``uses`` are the defined names it reads."""
        layer = max((self._depth[used] + 1 for used in uses), default=0)
        if layer == len(self._layers):
            self._layers.append([])
        self._layers[layer].append(f"{expression} as {name}")
        self._depth[name] = layer
        return name

    def over(self, relation: str) -> str:
        """SQL of the relation with every name added, and ``_check``."""
        for layer in self._layers:
            relation = f"(select *, {', '.join(layer)} from {relation})"
        cases = " ".join(f"when {check.fails} then {position}" for position, check in enumerate(self.checks))
        first_failed = f"case {cases} end" if cases else "null"
        return f"(select *, cast({first_failed} as integer) as _check from {relation})"

    def rejects(self, rows: pa.Table) -> pa.Table:
        """Return the rejects among rows that carry ``_check``."""
        failed = rows.filter(rows["_check"].is_valid())
        told = pa.Table.from_pylist([asdict(check) for check in self.checks], _TOLD).take(failed["_check"])
        columns = [failed["_file"], failed["_line"], *told.columns, failed["_raw"]]
        return pa.Table.from_arrays(columns, names=REJECTS.names).cast(REJECTS)


def literal(value: str | int | float | bool | None) -> str:
    """Return a value as a SQL literal."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value).lower()


def literals(values: Sequence[str]) -> str:
    """Return texts as a SQL list between parentheses."""
    return f"({', '.join(map(literal, values))})"


def among(text: str, values: Sequence[str]) -> str:
    """SQL: whether a text is one of some."""
    # Of more values than a few DuckDB makes a join, for which it reads all rows once more.
    return f"{text} in {literals(values)}" if len(values) < 5 else f"list_contains([{literals(values)[1:-1]}], {text})"


def cleaned(cell: str, na: Sequence[str]) -> str:
    """SQL for a cell's text without the blanks around it, null when it is one of the ``na`` texts."""
    return _given(f"trim({cell}, ' \t\u00a0\u3000')", na)


def _given(text: str, na: Sequence[str]) -> str:
    """SQL for a text, null when it is one of the ``na`` texts."""
    return f"case when not {among(text, na)} then {text} end" if na else text


def _trimmed(cells: pa.Table, count: int) -> pa.Table:
    """Return cells with the blanks around the texts of the wanted columns removed."""
    for n in range(count):
        at = cells.column_names.index(f"v{n}")
        cells = cells.set_column(at, f"v{n}", pc.utf8_trim_whitespace(cells[at]))
    return cells


def number(text: str, decimal: Literal[".", ","] = ".") -> str:
    """SQL for a text as double, null when it is none; the mark that is not ``decimal`` groups thousands."""
    plain = f"replace({text}, ',', '')" if decimal == "." else f"replace(replace({text}, '.', ''), ',', '.')"
    return f"try_cast({plain} as double)"


def instant(query: Query, name: str, text: str, is_clock: str, zone: str, declared: Converted) -> str:
    """Define ``name`` as the instant of a defined text; ``is_clock`` is SQL: the cell is a workbook's true time."""
    absolute, naive = [], [f"case when {is_clock} then try_cast({text} as timestamp) end"]
    for pattern in listed(declared.format):
        if pattern in ("epoch", "epoch_ms"):
            microseconds = 1_000_000 if pattern == "epoch" else 1_000
            absolute.append(f"make_timestamptz(round(try_cast({text} as double) * {microseconds})::bigint)")
        elif pattern in _FIRST_DAYS:
            # A double holds a serial day to about a microsecond; what lies below a millisecond is noise.
            days = f"round(try_cast({text} as double) * 86400000)::bigint"
            naive.append(f"timestamp '{_FIRST_DAYS[pattern]}' + to_milliseconds({days})")
        elif "%z" in pattern or "%Z" in pattern:
            absolute.append(f"try_strptime({text}, {literal(pattern)})")
        else:
            naive.append(f"try_strptime({text}, {literal(pattern)})")
    if not listed(declared.format):
        absolute.append(
            f"case when regexp_full_match({text}, {literal(_ISO_WITH_OFFSET)}) then coalesce(try_cast({text} as "
            f"timestamptz), try_strptime(replace({text}, ' ', 'T'), '%Y-%m-%dT%H:%M%z')) end"
        )
    local = query.define(f"{name}__naive", f"coalesce({', '.join(naive)})", text)
    placed = _placed(query, name, local, declared.zone or zone, declared)
    return query.define(name, f"coalesce({', '.join([*absolute, placed])})", placed, text)


def _placed(query: Query, name: str, naive: str, zone_name: str, declared: Converted) -> str:
    """Define the instant of a naive local time, as ``ingest.mapping`` says for skipped and repeated times."""
    zone = literal(zone_name)
    # Of a repeated time, timezone() gives the later reading. Three hours before that the offset from before the
    # change still held: no zone moves its clocks by more. Where clocks went on as usual in these hours, nothing else
    # needs to be worked out. The earlier reading is the local time under the offset from before.
    later = query.define(f"{name}__later", f"timezone({zone}, {naive})", naive)
    before = query.define(f"{name}__before", f"timezone({zone}, {later} - interval 3 hours)", later)
    is_usual = query.define(f"{name}__usual", f"{before} = {naive} - interval 3 hours", before)
    under_old_offset = query.define(
        f"{name}__old",
        f"case when not {is_usual} then make_timestamptz(epoch_us({naive}) - epoch_us({before}) + epoch_us({later})"
        " - 10800000000) end",
        is_usual,
    )
    earlier = query.define(
        f"{name}__earlier",
        f"case when {is_usual} or {under_old_offset} = {later} then {later}"
        f" when timezone({zone}, {under_old_offset}) = {naive} then {under_old_offset} else {later} end",
        under_old_offset,
    )
    query.checks.append(
        Check(
            f"timezone({zone}, {later}) <> {naive}",
            "skipped_local_time",
            f"{name}: a time that the clocks of {zone_name} skipped",
            "check the zone declared for the column",
        )
    )
    if declared.after is None:
        return earlier
    fits = f"when {declared.after} is null or {{0}} >= {declared.after} then {{0}}"
    last_resort = f"timezone({zone}, {naive} + interval 1 day)" if declared.rolls_over else earlier
    return query.define(
        f"{name}__placed",
        f"case {fits.format(earlier)} {fits.format(later)} else {last_resort} end",
        earlier,
        declared.after,
    )


def _date(text: str, is_clock: str, declared: Converted) -> str:
    readings = [f"case when {is_clock} then try_cast({text} as timestamp)::date end"]
    for pattern in listed(declared.format) or ["%Y-%m-%d"]:
        if pattern in _FIRST_DAYS:
            readings.append(f"date '{_FIRST_DAYS[pattern]}' + floor(try_cast({text} as double))::integer")
        else:
            readings.append(f"try_strptime({text}, {literal(pattern)})::date")
    return f"coalesce({', '.join(readings)})"


def _clock_ms(text: str, unit: Literal["hms", "hm"]) -> str:
    pattern = r"^(?:(\d+):)?(\d+):(\d{1,2}(?:\.\d+)?)$" if unit == "hms" else r"^(\d+):(\d{1,2})()$"
    hours, minutes, seconds = (
        f"coalesce(try_cast(nullif(regexp_extract({text}, '{pattern}', {group}), '') as double), 0)"
        for group in (1, 2, 3)
    )
    total = f"round({hours} * 3600000 + {minutes} * 60000 + {seconds} * 1000)::bigint"
    return f"case when regexp_matches({text}, '{pattern}') then {total} end"


def _duration(text: str, is_clock: str, declared: Converted) -> str:
    if declared.unit == "hms" or declared.unit == "hm":
        counted = _clock_ms(text, declared.unit)
    else:
        counted = f"round({number(text, declared.decimal)} * {_MILLISECONDS[declared.unit or 'ms']})::bigint"
    # A duration of a day or more in a cell without the format [h] comes as a date with a time.
    moment = f"try_cast({text} as timestamp)"
    first = f"case when {moment} >= '1904-01-01' then 1904 when {moment} >= '1900-03-01' then 1900 else 1899 end"
    days = f"case {first} when 1904 then date '1904-01-01' when 1900 then date '1899-12-30' else date '1899-12-31' end"
    elapsed = (
        f"case when {text} like '____-%' then epoch_ms({moment}) - epoch_ms({days}) else {_clock_ms(text, 'hms')} end"
    )
    return f"case when {is_clock} then {elapsed} else {counted} end"


def percent(text: str, scale: Scale | None, decimal: Literal[".", ","] = ".") -> str:
    """SQL for a text as points of 100, null when it does not fit the scale."""
    if scale == "percent_text":
        return number(f"case when suffix({text}, '%') then rtrim({text}, ' %') end", decimal)
    return f"{number(text, decimal)} * {100 if scale == 1 else 1}"


def _plain(column: Column, text: str, is_clock: str, declared: Converted) -> tuple[str, str, str]:
    """SQL for a text as any type but an instant (null when it does not fit), what it should be, and how to mend it."""
    if column.type == DATE:
        forms = " or ".join(listed(declared.format) or ["%Y-%m-%d"])
        return _date(text, is_clock, declared), f"a date of the form {forms}", "declare the format, or correct the cell"
    if column.name.endswith("_ms"):
        mend = "declare the unit of the column, or correct the cell"
        return _duration(text, is_clock, declared), f"a duration in {declared.unit}", mend
    if column.name.endswith("_pct"):
        mend = "declare the scale of the column, or correct the cell"
        return percent(text, declared.scale, declared.decimal), f"a percent of scale {declared.scale}", mend
    if column.type == REAL:
        return number(text, declared.decimal), "a number", _CORRECT_TOKEN
    if column.type == WHOLE and declared.part:
        forms = listed(declared.format) or ["%Y-%m-%d"]
        # A leap year stands in where the text has none, so that 29 February is a day.
        moments = [
            f"try_strptime({text}, {literal(form)})"
            if re.search("%[Yy]", form)
            else f"try_strptime('2000 ' || {text}, {literal('%Y ' + form)})"
            for form in forms
        ]
        clock = f"case when {is_clock} then try_cast({text} as timestamp) end"
        value = f"date_part({literal(declared.part)}, coalesce({', '.join([clock, *moments])}))"
        return value, f"a date of the form {' or '.join(forms)}", "declare the format, or correct the cell"
    if column.type == WHOLE:
        value = number(text, declared.decimal)
        return f"case when {value} = trunc({value}) then {value}::bigint end", "a whole number", _CORRECT_TOKEN
    if column.type == FLAG:
        return f"case lower({text}) when 'true' then true when 'false' then false end", "true or false", _CORRECT_TOKEN
    return text, "a text", _CORRECT_TOKEN


def _as_text(value: str | int | float | bool | None) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def _meaning(query: Query, name: str, text: str, label: str, declared: Converted) -> str:
    """Define the text after its translation; a token without one rejects the row."""
    tokens = {token: meant for token, meant in declared.values.items() if token != "*"}
    if "*" not in declared.values:
        unknown = f"{text} is not null and not {among(text, list(tokens))}"
        message = f"{name}: {label} holds a token that has no translation"
        query.checks.append(Check(unknown, "unknown_value", message, _CORRECT_TOKEN))
    cases = [f"when {text} = {literal(token)} then {literal(_as_text(meant))}" for token, meant in tokens.items()]
    other = literal(_as_text(declared.values.get("*")))
    return query.define(f"{name}__meant", f"case {' '.join(cases)} when {text} is not null then {other} end", text)


def _condition(declared: Declared) -> str:
    """SQL for ``when``."""
    tests = [
        f"coalesce({name}::varchar in {literals(listed(allowed))}, false)" for name, allowed in declared.when.items()
    ]
    return " and ".join(tests) or "true"


def _convert(query: Query, column: Column, declared: Converted, raw: str, is_clock: str, zone: str, label: str) -> None:
    """Define a column that is read from the delivery."""
    name = column.name
    text = query.define(f"{name}__text", f"case when {_condition(declared)} then {raw} end", *declared.when)
    if declared.values:
        text = _meaning(query, name, text, label, declared)
    if column.type == INSTANT:
        instant(query, name, text, is_clock, zone, declared)
        expected = f"a time of the form {' or '.join(listed(declared.format)) or 'ISO-8601 with offset'}"
        mend = "declare the format, or correct the cell"
    else:
        expression, expected, mend = _plain(column, text, is_clock, declared)
        query.define(name, expression, text)
    unfit = f"{text} is not null and {name} is null"
    query.checks.append(Check(unfit, "unfit_cell", f"{name}: {label} is not {expected}", mend))


def _derive(query: Query, column: Column, declared: Derived, site: str, source: str) -> None:
    """Define a column that is not read from the delivery."""
    if isinstance(declared, Constant):
        value = literal(_as_text(declared.value))
    elif isinstance(declared, Copy):
        value = declared.same_as
    elif isinstance(declared, Presence):
        filled, empty = (literal(_as_text(constant)) for constant in (declared.filled, declared.empty))
        value = f"case when {declared.from_} is not null then {filled} else {empty} end"
    elif isinstance(declared, Shifted):
        value = " + ".join([declared.from_, *(f"to_milliseconds({name})" for name in listed(declared.plus))])
    elif isinstance(declared, Between):
        value = f"epoch_ms(coalesce({', '.join(listed(declared.until))})) - epoch_ms({declared.since})"
    else:
        value = literal(site if declared.source == "site" else source)
    typed = f"cast({value} as {_SQL_TYPES[column.type]})"
    query.define(column.name, f"case when {_condition(declared)} then {typed} end", *sorted(declared.references()))


def _record_id(table: Table) -> str:
    """SQL for the key columns joined: the record's identity where the mapping gives none."""
    parts = [
        f"strftime(timezone('UTC', {name}), '%Y-%m-%dT%H:%M:%S.%fZ')"
        if table.column(name).type == INSTANT
        else f"{name}::varchar"
        for name in table.key
    ]
    return f"concat_ws('|', {', '.join(parts)})"


def _extra(mapping: TableMapping, wanted: Sequence[str]) -> str:
    """SQL for the columns that nothing maps, as JSON without the empty ones; null when all are."""
    read = {*mapping.wanted(wanted), *mapping.left_out} - {*mapping.keep}
    values = {
        name: _harmless(name, _given(f"v{n}", mapping.na), is_declared=name in mapping.keep)
        for n, name in enumerate(wanted)
        if name not in read
    }
    if not values:
        return "null::varchar"
    pairs = ", ".join(f"{literal(name)}, {value}" for name, value in values.items())
    return f"nullif(json_merge_patch('{{}}', json_object({pairs}))::varchar, '{{}}')"


def _redacted(
    con: duckdb.DuckDBPyConnection, cells: pa.Table, mapping: TableMapping, wanted: Sequence[str]
) -> pa.Table:
    """Return the cells with the texts that nothing maps made private, each distinct text once."""
    read = {*mapping.wanted(wanted), *mapping.left_out}
    for n, name in enumerate(wanted):
        if name not in read and not tells_of_person(name):
            at = cells.column_names.index(f"v{n}")
            encoded = cells[at].combine_chunks().dictionary_encode()
            con.register("distinct_texts", pa.table({"text": encoded.dictionary}))
            private = con.sql("select private_text(text) as text from distinct_texts").to_arrow_table()["text"]
            con.unregister("distinct_texts")
            cells = cells.set_column(at, f"v{n}", private.combine_chunks().take(encoded.indices))
    return cells


def _harmless(name: str, text: str, *, is_declared: bool) -> str:
    """SQL for a text of a column that nothing maps, without what may be personal."""
    if is_declared:
        return text
    if tells_of_person(name):
        return f"case when ({text}) is not null then {literal(WITHHELD)} end"
    return text


def convert(
    con: duckdb.DuckDBPyConnection,
    cells: pa.Table,
    wanted: Sequence[str],
    mapping: TableMapping,
    *,
    zone: str,
    site: str,
    source: str,
) -> tuple[pa.Table, pa.Table]:
    """Turn cells into rows of the mapping's contract table and rejects, both in the order of the cells.

    ``cells`` has for the n-th wanted column its text ``v<n>`` and the flag ``c<n>`` (a workbook's true date or time),
    besides ``_name`` and ``_sheet`` (of the file and the sheet), a row's place, and the columns that the mapping says
    are computed. Wanted columns that the mapping does not read go to ``extra``, for which ``con`` needs the function
    ``private_text``. ``zone``, ``site`` and ``source`` are the source's.
    """
    table = mapping.contract
    columns = mapping.resolved(wanted)
    position = {name: n for n, name in enumerate(wanted)}
    query = Query()
    cells = _trimmed(cells, len(wanted))
    for name in in_order(columns):
        column, declared = table.column(name), columns[name]
        if isinstance(declared, Cell):
            parts = [_given(f"v{position[part]}", mapping.na) for part in listed(declared.column)]
            raw = f" || {literal(declared.joined)} || ".join(parts)
            failed = " or ".join(
                f"case when starts_with({part}, '#') then {among(part, FAILED)} else false end" for part in parts
            )
            query.checks.append(Check(failed, "failed_formula", f"{name}: {_FAILED}", _CORRECT_FORMULA))
            is_clock = " and ".join(f"c{position[part]}" for part in listed(declared.column))
            _convert(query, column, declared, raw, is_clock, zone, ", ".join(listed(declared.column)))
        elif isinstance(declared, NamePart):
            raw = f"nullif(regexp_extract(_name, {literal(declared.file_name)}, 1), '')"
            _convert(query, column, declared, raw, "false", zone, "the file name")
        elif isinstance(declared, SheetPart):
            raw = f"nullif(regexp_extract(_sheet, {literal(declared.sheet_name)}, 1), '')"
            _convert(query, column, declared, raw, "false", zone, "the name of the sheet")
        else:
            _derive(query, column, declared, site, source)
    query.define("source_system", literal(source))
    if "source_record_id" not in columns:
        query.define("source_record_id", _record_id(table), *table.key)
    query.define("extra", _extra(mapping, wanted))
    cells = _redacted(con, cells, mapping, wanted)
    for column in table.columns:
        if column.name not in (*columns, *mapping.computed, "source_system", "source_record_id", "extra"):
            query.define(column.name, f"null::{_SQL_TYPES[column.type]}")
    conditions = [f"{_given(f'v{position[c]}', mapping.na)} in {literals(v)}" for c, v in mapping.only.items()]
    conditions += [
        f"coalesce({_given(f'v{position[c]}', mapping.na)} not in {literals(v)}, true)" for c, v in mapping.skip.items()
    ]
    schema = batch_schema(table.name)
    con.register("mapped_cells", cells)
    try:
        chosen = f"(select * from mapped_cells where {' and '.join(conditions) or 'true'})"
        rows = con.sql(f"select {', '.join(schema.names)}, _check from {query.over(chosen)}").to_arrow_table()
    finally:
        con.unregister("mapped_cells")
    typed = rows.filter(rows["_check"].is_null()).drop_columns("_check").cast(schema)
    return typed, query.rejects(rows)
