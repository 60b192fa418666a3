"""Opens delimited text and workbooks as columns of text, each row with its line and its raw text.

What the columns mean is declared in ``ingest.mapping``; here a cell is only text, or a workbook's true date or time
(written out as ISO-8601 and flagged, since a date format does not apply to it).
"""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported, where a type checker does not see them.)

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
from pydantic import BaseModel, Field
from python_calamine import CalamineError, CalamineWorkbook

from ingest.formats.base import REJECTS, DeliveredFile, RefusedFile

Encoding = Literal["utf-8", "gb18030", "utf-16", "latin-1"]

_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_REPLACED = "\ufffd"
_CLOCKS = (dt.date, dt.time, dt.timedelta)


class Layout(BaseModel, extra="forbid", frozen=True):
    """How a source's files are laid out.

    ``encoding`` is that of text files; a byte order mark at the beginning of a file goes before it. ``delimiter`` is
    sniffed in the header among , ; tab and | unless declared. ``header`` is the line, or the sheet's row, of the
    column names. ``sheet`` names the sheet of a workbook; its first one otherwise.
    """

    encoding: Encoding = "utf-8"
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    header: int = Field(default=1, ge=1)
    sheet: str | None = None


@dataclass(frozen=True)
class Sheet:
    """A table as delivered: text by column, a flag by column that has true dates or times, and where each row is."""

    file: DeliveredFile
    header: list[str]
    texts: list[pa.Array]
    clocks: dict[int, pa.Array]
    lines: pa.Array
    raw: pa.Array
    rejects: pa.Table

    def cells(self, wanted: Sequence[str], filled_down: Sequence[str] = ()) -> pa.Table:
        """Return the wanted columns as ``v<n>``, their flags as ``c<n>``, the file's name and the rows' places.

        A wanted column that the sheet does not have is null.
        """
        count = len(self.lines)
        columns: dict[str, pa.Array] = {}
        for n, name in enumerate(wanted):
            at = self.header.index(name) if name in self.header else None
            text = pa.nulls(count, pa.string()) if at is None else self.texts[at]
            if name in filled_down:
                text = pc.fill_null_forward(pc.if_else(pc.equal(pc.utf8_trim_whitespace(text), ""), None, text))
            columns[f"v{n}"] = text
            columns[f"c{n}"] = self.clocks.get(-1 if at is None else at, pa.repeat(False, count))
        columns["_name"] = pa.repeat(self.file.name, count)
        columns["_file"] = pa.repeat(pa.scalar(self.file.index, pa.int32()), count)
        return pa.table({**columns, "_line": self.lines, "_raw": self.raw})


def read_sheet(file: DeliveredFile, layout: Layout) -> Sheet:
    """Open a delivered table; raise ``RefusedFile`` when it cannot be read or has no header."""
    with file.path.open("rb") as content:
        is_workbook = content.read(4) in _WORKBOOKS
    return _read_workbook(file, layout) if is_workbook else _read_text(file, layout)


def _header(file: DeliveredFile, layout: Layout, names: Sequence[str]) -> list[str]:
    header = [name.strip().strip("\ufeff").strip() for name in names]
    if not any(header):
        raise RefusedFile(
            file,
            layout.header,
            "no_header",
            "the line of column names is empty",
            "declare the line of the column names under layout: {header: …}",
        )
    named = [name for name in header if name]
    if repeated := sorted({name for name in named if named.count(name) > 1}):
        raise RefusedFile(
            file,
            layout.header,
            "repeated_column",
            f"the column names {', '.join(repeated)} occur more than once",
            "give every column a name of its own",
        )
    return header


def _rejects(file: DeliveredFile, lines: pa.Array, raw: pa.Array, rule: str, message: str, mend: str) -> pa.Table:
    count = len(lines)
    told = [pa.repeat(text, count) for text in (rule, message, mend)]
    place = pa.repeat(pa.scalar(file.index, pa.int32()), count)
    return pa.Table.from_arrays([place, lines, *told, raw], schema=REJECTS)


def _decoded(file: DeliveredFile, layout: Layout) -> tuple[str, bool]:
    """Return the text of a file and whether some of its bytes do not belong to its encoding."""
    content = file.path.read_bytes()
    encoding = next((found for mark, found in _MARKS.items() if content.startswith(mark)), layout.encoding)
    try:
        text, is_damaged = content.decode(encoding), False
    except UnicodeDecodeError:
        text, is_damaged = content.decode(encoding, errors="replace"), True
    return text.replace("\r\n", "\n").replace("\r", "\n"), is_damaged


def _join_quoted(lines: list[str], delimiter: str) -> tuple[list[str], list[int]]:
    """Put records whose quoted fields span lines on their first line, and blank the others.

    Returns the lines and the positions of those that open a quoted field which never ends. Only lines with an odd
    number of quotes can begin or end such a record, so only they are looked at one by one.
    """
    mark = re.escape(delimiter)
    opens = re.compile(rf'(?:(?:"(?:[^"]|"")*+"|[^"{mark}][^{mark}]*+|){mark})*+"(?:[^"]|"")*+\Z')
    quotes = pc.count_substring(pa.array(lines, pa.string()), '"').to_numpy()
    odd = iter((quotes % 2).nonzero()[0].tolist())
    unclosed = []
    for first in odd:
        if opens.match(lines[first]):
            last = next(odd, None)
            if last is None:
                unclosed.append(first)
            else:
                lines[first : last + 1] = ["\n".join(lines[first : last + 1]), *[""] * (last - first)]
    return lines, unclosed


def _read_text(file: DeliveredFile, layout: Layout) -> Sheet:
    text, is_damaged = _decoded(file, layout)
    lines = text.split("\n")
    names = lines[layout.header - 1] if layout.header <= len(lines) else ""
    unquoted = re.sub('"[^"]*"', "", names)
    delimiter = layout.delimiter or max(",;\t|", key=unquoted.count)
    lines, unclosed = _join_quoted(lines, delimiter)
    header = _header(file, layout, next(csv.reader(io.StringIO(lines[layout.header - 1]), delimiter=delimiter), []))
    if is_damaged and any(_REPLACED in name for name in header):
        raise RefusedFile(
            file,
            layout.header,
            "undecodable",
            f"the column names are not {layout.encoding}",
            "declare the encoding under layout: {encoding: gb18030, utf-16 or latin-1}",
        )
    records = pa.table({"line": pa.array(range(1, len(lines) + 1), pa.int64()), "raw": pa.array(lines, pa.string())})
    records = records.slice(layout.header)
    is_blank = pc.match_substring_regex(records["raw"], rf'^["\s{re.escape(delimiter)}]*$')
    records = records.filter(pc.invert(is_blank))

    rejects = []

    def set_aside(failing: pa.ChunkedArray, rule: str, message: str, mend: str) -> None:
        nonlocal records
        failed = records.filter(failing)
        rejects.append(_rejects(file, failed["line"], failed["raw"], rule, message, mend))
        records = records.filter(pc.invert(failing))

    set_aside(
        pc.is_in(records["line"], pa.array([line + 1 for line in unclosed], pa.int64())),
        "quote_unclosed",
        "a quoted field begins here and never ends",
        "double the quote inside the field, or close the field",
    )
    if is_damaged:
        set_aside(
            pc.match_substring(records["raw"], _REPLACED),
            "undecodable",
            f"the line holds bytes that are not {layout.encoding}",
            "declare the encoding of the file, or export it again",
        )
    cells, misfits = _parse(records["raw"], delimiter, len(header))
    set_aside(
        pc.is_in(pa.array(range(len(records))), pa.array(misfits, pa.int64())),
        "field_count",
        f"the line does not have the {len(header)} fields of the header",
        "quote fields that hold the delimiter, and export the line whole",
    )
    if len(cells) != len(records):
        raise RefusedFile(
            file,
            None,
            "ambiguous_quotes",
            "the quotes of the file do not let its records be told apart",
            "quote every field and double the quotes inside them",
        )
    return Sheet(
        file,
        header,
        [column.combine_chunks() for column in cells.columns],
        {},
        records["line"].combine_chunks(),
        records["raw"].combine_chunks(),
        pa.concat_tables(rejects),
    )


def _parse(records: pa.ChunkedArray, delimiter: str, width: int) -> tuple[pa.Table, list[int]]:
    """Split records into fields; also return the positions of those that do not have ``width`` fields."""
    names = [f"f{n}" for n in range(width)]
    misfits: list[int] = []

    def note(row: pcsv.InvalidRow) -> str:
        misfits.append(row.number - 1)
        return "skip"

    if not len(records):
        return pa.table({name: pa.array([], pa.string()) for name in names}), misfits
    content = "\n".join(records.to_pylist()).encode()
    cells = pcsv.read_csv(
        pa.BufferReader(content),
        # Rows are numbered only when they are read by one thread.
        pcsv.ReadOptions(use_threads=False, column_names=names, block_size=1 << 24),
        pcsv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=note),
        pcsv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
    )
    return cells, misfits


def _read_workbook(file: DeliveredFile, layout: Layout) -> Sheet:
    try:
        with CalamineWorkbook.from_path(file.path) as book:
            sheet = book.get_sheet_by_name(layout.sheet) if layout.sheet else book.get_sheet_by_index(0)
            rows = sheet.to_python(skip_empty_area=False)
    except (CalamineError, zipfile.BadZipFile, IndexError) as error:
        raise RefusedFile(
            file,
            None,
            "unreadable_workbook",
            f"the workbook cannot be read: {error}",
            "save it again as .xlsx without a password, and check the declared name of the sheet",
        ) from error
    header = _header(
        file, layout, [_written(name) for name in rows[layout.header - 1]] if len(rows) >= layout.header else []
    )
    numbered = [(n, row) for n, row in enumerate(rows[layout.header :], layout.header + 1) if any(c != "" for c in row)]
    columns = list(zip(*(row for _, row in numbered), strict=True)) or [()] * len(header)
    texts = [pa.array([_written(value) for value in column], pa.string()) for column in columns]
    clocks = {
        n: pa.array([isinstance(value, _CLOCKS) for value in column], pa.bool_())
        for n, column in enumerate(columns)
        if any(isinstance(value, _CLOCKS) for value in column)
    }
    raw = pc.binary_join_element_wise(*texts, "\t") if numbered else pa.array([], pa.string())
    return Sheet(
        file, header, texts, clocks, pa.array([n for n, _ in numbered], pa.int64()), raw, REJECTS.empty_table()
    )


def _written(value: object) -> str:
    """Text of a workbook's cell: numbers without a needless fraction, dates and times as ISO-8601."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, dt.timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return str(value)
