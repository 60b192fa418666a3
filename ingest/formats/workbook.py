"""Reads the sheets of a workbook (.xlsx, .xlsm, .xlsb, .xls, .ods) as columns of text.

Numbers lose a needless fraction, dates and times are written as ISO-8601 and flagged, merged cells share their value,
and a formula's error or missing result is written out, so that it cannot pass for an empty cell. What the cells mean
does not belong here.
"""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported, where a type checker does not see them.)

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import compress, repeat
from operator import is_, itemgetter
from posixpath import join, normpath
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.compute as pc
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from ingest.formats.base import REJECTS, DeliveredFile, RefusedFile
from ingest.formats.sheet import ROWS, UNCALCULATED, Block, Layout, Sheet, column_names, ends_table, line_cut, shortened

ZIPPED, COMPOUND = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
"""How workbooks begin: the newer kinds are archives, .xls is a compound file."""

LARGEST = 1 << 31
"""Bytes of a workbook's parts, unpacked. A sheet of a million rows has less."""

Cells = list[list[Any]]


def read_workbook(file: DeliveredFile, layout: Layout) -> list[Sheet]:
    """Open the sheets that a layout names.

    Raises:
        RefusedFile: the workbook cannot be read, has no such sheet, or a sheet has no header.
    """
    found = list(grids(file, layout.sheet))
    filled = [grid for grid in found if grid[2]]
    return [_table(file, layout, name, rows) for _, name, rows in filled or found]


def grids(file: DeliveredFile, pattern: str | None) -> Iterator[tuple[int, str, Cells]]:
    """Yield number, name and cells of the sheets whose names fit a pattern; of the first visible one without."""
    try:
        _refuse_bombs(file)
        # From a path its ending would decide how it is read, and systems call .xls what is .xlsx.
        with file.path.open("rb") as content, CalamineWorkbook.from_filelike(content) as book:
            for number, name in _chosen(file, book, pattern):
                yield number, name, _cells(file, book.get_sheet_by_name(name))
    except (CalamineError, zipfile.BadZipFile, ElementTree.ParseError, KeyError, OSError) as error:
        raise RefusedFile(
            file,
            None,
            "unreadable_workbook",
            f"the workbook cannot be read: {error}",
            "save it again as .xlsx without a password, and check the declared name of the sheet",
        ) from error


def _refuse_bombs(file: DeliveredFile) -> None:
    with file.path.open("rb") as content:
        is_archive = content.read(4) == ZIPPED
    if is_archive:
        with zipfile.ZipFile(file.path) as archive:
            size = sum(part.file_size for part in archive.infolist())
        if size > LARGEST:
            raise RefusedFile(
                file,
                None,
                "workbook_too_large",
                f"the workbook unpacks to {size} bytes, more than {LARGEST}",
                "deliver the data as delimited text",
            )


def _chosen(file: DeliveredFile, book: CalamineWorkbook, pattern: str | None) -> list[tuple[int, str]]:
    known = [(n, sheet) for n, sheet in enumerate(book.sheets_metadata, 1) if sheet.typ == SheetTypeEnum.WorkSheet]
    visible = [(n, sheet.name) for n, sheet in known if sheet.visible == SheetVisibleEnum.Visible]
    if pattern is None:
        chosen = visible[:1]
    else:
        chosen = [(n, sheet.name) for n, sheet in known if sheet.name == pattern]
        chosen = chosen or [(n, name) for n, name in visible if fnmatchcase(name, pattern)]
    if not chosen:
        names = ", ".join(sheet.name for _, sheet in known)
        raise RefusedFile(
            file,
            None,
            "no_such_sheet",
            f"the workbook has no visible sheet {pattern or ''}; it has {names}",
            "check the declared name of the sheet",
        )
    return chosen


def _cells(file: DeliveredFile, sheet: CalamineSheet) -> Cells:
    """Return the cells of a sheet from its first row and column on."""
    rows = sheet.to_python(skip_empty_area=False)
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        value = rows[top][left] if top < len(rows) and left < len(rows[top]) else ""
        if value == "":
            continue
        for row in rows[top : bottom + 1]:
            for at in range(left, min(right + 1, len(row))):
                row[at] = value if row[at] == "" else row[at]
    for at, column, text in _failed_formulas(file, sheet.name):
        if at < len(rows) and column < len(rows[at]) and rows[at][column] == "":
            rows[at][column] = text
    return rows


_CELL = (
    rb'<c r="([A-Z]{1,3})(\d{1,7})"([^>]*)>\s*(?:<f\b[^>]*/>|<f\b[^>]*>[^<]*</f>)?\s*(?:<v>([^<]*)</v>|<v\s*/>)?\s*</c>'
)
_NAMES = {
    "s": "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "p": "http://schemas.openxmlformats.org/package/2006/relationships",
}


def _failed_formulas(file: DeliveredFile, sheet: str) -> Iterator[tuple[int, int, str]]:
    """Yield row and column, from 0, of cells of an .xlsx whose formula has no result, and what to write there.

    The reader of workbooks gives such cells as empty. Of the other kinds it gives the error as text.
    """
    if not zipfile.is_zipfile(file.path):
        return
    with zipfile.ZipFile(file.path) as archive:
        if "xl/workbook.xml" not in archive.namelist():
            return
        content = archive.read(_part(archive, sheet))
    if b't="e"' not in content and b"<f" not in content:
        return
    for match in re.finditer(_CELL, content):
        letters, row, attributes, value = match.groups()
        is_error = b't="e"' in attributes
        # A formula that gives an empty text has the type str and no value.
        is_empty = not value and b"<f" in match[0] and b't="str"' not in attributes
        if is_error or is_empty:
            text = (value or b"").decode() if is_error else ""
            column = 0
            for letter in letters:
                column = column * 26 + letter - 64
            yield int(row) - 1, column - 1, text or UNCALCULATED


def _part(archive: zipfile.ZipFile, sheet: str) -> str:
    """Return the name of the archive's part that holds a sheet (ECMA-376 part 1, 12.3.23 and 15)."""
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {link.get("Id"): link.get("Target", "") for link in links.iterfind("p:Relationship", _NAMES)}
    found = next(one for one in book.iterfind("s:sheets/s:sheet", _NAMES) if one.get("name") == sheet)
    target = targets[found.get(f"{{{_NAMES['r']}}}id")]
    return target.lstrip("/") if target.startswith("/") else normpath(join("xl", target))


def _table(file: DeliveredFile, layout: Layout, name: str, rows: Cells) -> Sheet:
    names = texts_of(rows[layout.header - 1])[0].to_pylist() if len(rows) >= layout.header else []
    header = column_names(file, layout.header, names)
    return Sheet(file, name, header, lambda: _blocks(layout, rows, len(header)))


def _blocks(layout: Layout, rows: Cells, width: int) -> Iterator[Block]:
    stopping = ends_table(layout.stop, "\t") if layout.stop else None
    for start in range(layout.header, max(len(rows), layout.header + 1), ROWS):
        part = rows[start : start + ROWS]
        columns = [texts_of(list(map(itemgetter(at), part))) for at in range(width)]
        texts = [text for text, _ in columns]
        clocks = {at: flags for at, (_, flags) in enumerate(columns) if flags is not None}
        lines = pa.array(range(start + 1, start + 1 + len(part)), pa.int64())
        raw = pc.binary_join_element_wise(*texts, "\t")
        ended = line_cut(raw, pc.match_substring_regex(raw, stopping)) if stopping else None
        filled = pc.not_equal(pc.binary_length(pc.utf8_trim_whitespace(raw)), 0)
        if ended is not None:
            filled = pc.and_(filled, pa.array([n < ended for n in range(len(part))], pa.bool_()))
        if not pc.all(filled).as_py():
            texts = [text.filter(filled) for text in texts]
            clocks = {at: flags.filter(filled) for at, flags in clocks.items()}
            lines, raw = lines.filter(filled), raw.filter(filled)
        yield Block(texts, clocks, lines, shortened(raw), REJECTS.empty_table())
        if ended is not None:
            return


def _whole_or_not(numbers: pa.Array) -> pa.Array:
    """Write numbers, those without a fraction as whole ones."""
    whole = pc.and_(pc.equal(pc.floor(numbers), numbers), pc.less(pc.abs(numbers), 1e15))
    if pc.all(whole).as_py():
        return numbers.cast(pa.int64()).cast(pa.string())
    return pc.if_else(
        whole, pc.if_else(whole, numbers, 0.0).cast(pa.int64()).cast(pa.string()), numbers.cast(pa.string())
    )


def _to_the_second(moments: pa.Array, whole: pa.DataType) -> pa.Array:
    """Write dates with times, or times, without a fraction of the second where none has any."""
    try:
        return moments.cast(whole).cast(pa.string())
    except pa.ArrowInvalid:
        return moments.cast(pa.string())


def _elapsed(durations: pa.Array) -> pa.Array:
    """Write durations as h:mm:ss."""
    seconds = pc.divide(pc.add(durations.cast(pa.int64()), 500_000), 1_000_000)
    minutes = pc.divide(seconds, 60)
    hours = pc.divide(minutes, 60)
    rest = [pc.subtract(minutes, pc.multiply(hours, 60)), pc.subtract(seconds, pc.multiply(minutes, 60))]
    parts = [hours.cast(pa.string()), *(pc.utf8_lpad(part.cast(pa.string()), 2, "0") for part in rest)]
    return pc.binary_join_element_wise(*parts, ":")


_WRITERS: dict[type, Callable[[list[Any]], pa.Array]] = {
    str: lambda values: pa.array(values, pa.string()),
    bool: lambda values: pa.array(values, pa.bool_()).cast(pa.string()),
    int: lambda values: pa.array(values, pa.int64()).cast(pa.string()),
    float: lambda values: _whole_or_not(pa.array(values, pa.float64())),
    dt.date: lambda values: pa.array(values, pa.date32()).cast(pa.string()),
    dt.datetime: lambda values: _to_the_second(pa.array(values, pa.timestamp("us")), pa.timestamp("s")),
    dt.time: lambda values: _to_the_second(pa.array(values, pa.time64("us")), pa.time32("s")),
    dt.timedelta: lambda values: _elapsed(pa.array(values, pa.duration("us"))),
}
_CLOCKS = (dt.date, dt.datetime, dt.time, dt.timedelta)
_ODS_TIME = r"^PT(\d+)H(\d+)M(\d+)(?:[.,]\d+)?S$"


def texts_of(values: Sequence[Any]) -> tuple[pa.Array, pa.Array | None]:
    """Return cells as text, and which of them are true dates or times (``None``: none).

    Values are sorted out by their types without a look at each of them in Python.
    """
    kinds = set(map(type, values))
    if kinds == {str}:
        text = pa.array(values, pa.string())
        timed = pc.match_substring_regex(text, _ODS_TIME)
        if not pc.any(timed).as_py():
            return text, None
        return pc.replace_substring_regex(text, _ODS_TIME, r"\1:\2:\3"), timed
    if len(kinds) == 1:
        (kind,) = kinds
        return _WRITERS[kind](list(values)), pa.repeat(True, len(values)) if kind in _CLOCKS else None
    text, flags = pa.repeat("", len(values)), None
    for kind in kinds:
        chosen = list(map(is_, map(type, values), repeat(kind)))
        mask = pa.array(chosen, pa.bool_())
        text = pc.replace_with_mask(text, mask, _WRITERS[kind](list(compress(values, chosen))))
        if kind in _CLOCKS:
            flags = mask if flags is None else pc.or_(flags, mask)
    if str in kinds:
        timed = pc.match_substring_regex(text, _ODS_TIME)
        if pc.any(timed).as_py():
            text = pc.replace_substring_regex(text, _ODS_TIME, r"\1:\2:\3")
            flags = timed if flags is None else pc.or_(flags, timed)
    return text, flags
