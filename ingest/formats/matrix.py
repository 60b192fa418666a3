"""Turns a table with a column a day or question into one with a row for each, and joins the files of one matrix.

What the rows then mean is the mapping's business (``ingest.mapping``).
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatch

import duckdb
import pyarrow as pa

from ingest.formats.base import REJECTS, RefusedFile
from ingest.formats.conversion import cleaned, literal
from ingest.formats.sheet import RAW, Sheet
from ingest.mapping import Matrix, TableMapping


def unpivoted(
    con: duckdb.DuckDBPyConnection, mapping: TableMapping, matrix: Matrix, sheets: Sequence[Sheet]
) -> tuple[list[str], pa.Table, pa.Table]:
    """Return the columns a mapping wants, their cells with a row a day or question, and rejects.

    Of a joined matrix every file gives a row for its person and day, with the cells of all files in each: where all is
    well the second is a duplicate of the first.

    Raises:
        RefusedFile: no pattern of ``cells`` fits a file, it has no column of a day, or a day of it has no counterpart
            in the other files of the matrix.
    """
    days_by_part: dict[str, set[str]] = {name: set() for name in matrix.parts.values()}
    parts = [_part(matrix, sheet) for sheet in sheets]
    for sheet, part in zip(sheets, parts, strict=True):
        days_by_part[part] |= _days(matrix, sheet).keys()
    _refuse_halves(matrix, sheets, parts, days_by_part)
    keys = [name for name in mapping.wanted(sheets[0].header) if name not in matrix.made]
    wanted = [*keys, *matrix.made]
    rejects = [REJECTS.empty_table()]
    melted = []
    for sheet, part in zip(sheets, parts, strict=True):
        days = _days(matrix, sheet)
        for cells, unfit in sheet.cells([*keys, *days.values()], mapping.fill_down):
            rejects.append(unfit)
            con.register("matrix_cells", cells)
            melted.append(con.sql(_melted(keys, list(days), part, mapping.na)).to_arrow_table())
            con.unregister("matrix_cells")
    con.register("matrix_melted", pa.concat_tables(melted))
    joined = con.sql(_joined(matrix, len(keys))).to_arrow_table()
    con.unregister("matrix_melted")
    return wanted, joined, pa.concat_tables(rejects)


def _part(matrix: Matrix, sheet: Sheet) -> str:
    for pattern, name in matrix.parts.items():
        if fnmatch(sheet.file.path.name, pattern):
            return name
    raise RefusedFile(
        sheet.file,
        None,
        "no_part_for_file",
        f"none of the patterns {', '.join(matrix.parts)} fits the file's name",
        "name the file as agreed, or declare its pattern under matrix: {cells: …}",
    )


def _days(matrix: Matrix, sheet: Sheet) -> dict[str, str]:
    """Return the days or questions of a sheet, with the names of their columns."""
    found = {label: name for name in sheet.header if (label := matrix.label(name))}
    if not found:
        raise RefusedFile(
            sheet.file,
            None,
            "no_days",
            f"no column of the header is a day; found: {', '.join(sheet.header)}",
            "declare the form of the days under matrix: {days: …}",
        )
    return found


def _refuse_halves(
    matrix: Matrix, sheets: Sequence[Sheet], parts: Sequence[str], days_by_part: dict[str, set[str]]
) -> None:
    for sheet, part in zip(sheets, parts, strict=True):
        for other, days in days_by_part.items():
            if alone := sorted(_days(matrix, sheet).keys() - days):
                raise RefusedFile(
                    sheet.file,
                    None,
                    "half_a_matrix",
                    f"{part} of {alone[0]} to {alone[-1]} comes without {other} of these days",
                    "deliver the files of the same days together, for instance in one .zip",
                )


def _melted(keys: Sequence[str], days: Sequence[str], part: str, na: Sequence[str]) -> str:
    """SQL: a row a person and day of one sheet."""
    kept = ", ".join(f"v{n} as k{n}, c{n} as kc{n}" for n in range(len(keys)))
    each = ", ".join(
        f"{{day: {literal(day)}, value: {cleaned(f'v{n}', na)}, clock: c{n}, raw: coalesce(v{n}, '')}}"
        for n, day in enumerate(days, len(keys))
    )
    who = ", ".join(f"v{n}" for n in range(len(keys)))
    return f"""
        select {kept}{"," if kept else ""} cell.day, cell.value, cell.clock, {literal(part)} as part, _name, _sheet,
            _file, _line, left(concat_ws(' ', {who}{"," if who else ""} cell.day, cell.raw), {RAW}) as _raw
        from (select *, unnest([{each}]) as cell from matrix_cells)
    """


def _joined(matrix: Matrix, keys: int) -> str:
    """SQL: the rows of all sheets, each with the cells that every sheet has for its person and day."""
    who = ", ".join(f"k{n}" for n in range(keys))
    same = f"over (partition by {who}{', ' if who else ''}day)"
    columns = [f"k{n} as v{n}, kc{n} as c{n}" for n in range(keys)]
    columns.append(f"day as v{keys}, true as c{keys}")
    state = (
        f"case when count(value) over (partition by day) = 0 then 'closed' when count(value) {same} = 0 then 'empty'"
    )
    columns.append(f"{state} else 'filled' end as v{keys + 1}, false as c{keys + 1}")
    for n, name in enumerate(matrix.made[2:], keys + 2):
        of_part = f"filter (part = {literal(name)}) {same}"
        columns.append(f"max(value) {of_part} as v{n}, coalesce(bool_or(clock) {of_part}, false) as c{n}")
    return (
        f"select {', '.join(columns)}, _name, _sheet, _file, _line, _raw from matrix_melted order by _file, _line, day"
    )
