"""Workbooks of the days worked that ``kinds.attendance`` has as text, whole and damaged."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable, Iterator, Sequence

import openpyxl
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from tests.corpus.case import Case, Kind
from tests.corpus.damage import zipped

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def workbooks(kind: Kind) -> Iterator[Case]:
    """Yield workbooks with the records of a kind of delimited text."""
    rows = [line.split(",") for line in [*kind.header, *kind.records]]
    count = len(kind.records)
    good, open_document = _xlsx(rows), _ods(rows)
    clocks = [rows[0], *([no, _day(day), status, _time(at), name] for no, day, status, at, name in rows[1:])]
    whole = {
        "workbook.xlsx": good,
        "workbook.ods": open_document,
        "true dates.xlsx": _xlsx(clocks),
        "numbers for texts.xlsx": _xlsx([rows[0], *([int(row[0]), *row[1:]] for row in rows[1:])]),
        "a workbook called text.csv": good,
        "a workbook called old.xls": good,
        "open document called excel.xlsx": open_document,
        "text called workbook.xlsx": kind.good(),
        "text called workbook.ods": kind.good(),
        "packed text called workbook.xlsx": zipped(("rows.csv", kind.good())),
        "empty rows between.xlsx": _xlsx([rows[0], *(row for each in rows[1:] for row in ([], each))]),
        "a second sheet.xlsx": _xlsx(rows, lambda book: book.create_sheet("Notes").append(["note"])),
        "a workbook in an archive.zip": zipped(("rows.xlsx", good), ("rows.ods", open_document)),
    }
    for name, content in whole.items():
        yield Case(name, content, fit=count * (2 if name.endswith(".zip") else 1))
    added = {
        "no such status": ["90", "2026-08-01", "somewhere", ""],
        "a formula that nobody computed": ["90", "=TODAY()", "present", ""],
        "an error": ["90", "#REF!", "present", ""],
        "a day as a number": ["90", 46235, "present", ""],
        "a truth for a day": ["90", True, "present", ""],
        "a number without end": ["90", 1e308, "present", ""],
        "a day before all calendars": ["90", "0001-01-01", "present", ""],
        "no number": ["", "2026-08-01", "present", ""],
        "a cell of 32,767 characters": ["90", "x" * 32_767, "present", ""],
    }
    for what, row in added.items():
        yield Case(f"{what}.xlsx", _xlsx([*rows, row]), fit=count, set_aside=1)
        if not isinstance(row[1], bool | float):
            yield Case(f"{what}.ods", _ods([*rows, row]), fit=count, set_aside=1)
    refused = {
        "no_header": {"no rows.xlsx": _xlsx([]), "no rows.ods": _ods([])},
        "missing_columns": {"other columns.xlsx": _xlsx([["a", "b"], [1, 2]])},
        "unreadable": {
            "cut short.xlsx": good[:-100],
            "cut in half.xlsx": good[: len(good) // 2],
            "cut short.ods": open_document[:-100],
        },
        "unreadable_workbook": {
            "nothing but its list of parts.xlsx": zipped(("[Content_Types].xml", b"<Types/>")),
            "a document.xlsx": zipped(("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<w/>")),
            "broken xml.xlsx": _with_part(good, "xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row"),
            "no xml.xlsx": _with_part(good, "xl/workbook.xml", b"\0\1\2"),
            "broken xml.ods": _with_part(open_document, "content.xml", b"<office:document-content"),
            "with a password.xlsx": _OLE + bytes(2048),
            "an old one cut short.xls": _OLE + bytes(100),
        },
    }
    for rule, files in refused.items():
        for name, content in files.items():
            yield Case(name, content, refused=rule)
    yield Case("only a header.xlsx", _xlsx(rows[:1]))
    yield Case("only a header.ods", _ods(rows[:1]))


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def _time(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def _xlsx(rows: Sequence[Sequence[object]], change: Callable[[openpyxl.Workbook], object] | None = None) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(list(row))
    if change:
        change(book)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _ods(rows: Sequence[Sequence[object]]) -> bytes:
    book = OpenDocumentSpreadsheet()
    table = Table(name="Sheet1")
    for row in rows:
        line = TableRow()
        for value in row:
            cell = (
                TableCell(valuetype="float", value=value) if isinstance(value, int) else TableCell(valuetype="string")
            )
            cell.addElement(P(text=str(value)))
            line.addElement(cell)
        table.addElement(line)
    book.spreadsheet.addElement(table)
    content = io.BytesIO()
    book.write(content)
    return content.getvalue()


def _with_part(book: bytes, name: str, part: bytes) -> bytes:
    """Return a workbook with one of its parts replaced."""
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        parts = {each: archive.read(each) for each in archive.namelist()}
    assert name in parts
    return zipped(*(parts | {name: part}).items())
