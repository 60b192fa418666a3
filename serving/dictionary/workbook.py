"""Write the dictionary as a workbook, for those who want it in a spreadsheet: a sheet a language, parameters, examples.

What a sheet says of an entry is what the terminal says of it, without its values: so a workbook stays as it is from day
to day, and is written, and openpyxl imported, only when the dictionary or a parameter has changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

from serving.dictionary.describe import Cell, lines, result, tables
from serving.dictionary.entries import Entry
from serving.language import LOCALES, Words, word

SHEETS = Words("Indicators", "指标")
PARAMETERS, EXAMPLES = "Parameters 参数", "Examples 算例"
_WIDEST = 60

if TYPE_CHECKING:
    from openpyxl import Workbook


def write(path: Path, entries: Iterable[Entry], parameters: Iterable[Mapping[str, Any]]) -> Path:
    """Bring the workbook up to date and return its path; a reader finds the old one or the new one, never half of one.

    Args:
        path: where it goes.
        entries: what the sheets list, in this order, without values.
        parameters: rows of ``dim_parameters``.
    """
    entries = list(entries)
    sheets: dict[str, list[list[Any]]] = {}
    for locale in LOCALES:
        rows = [lines(entry, locale) for entry in entries]
        labels = list(dict.fromkeys(label for row in rows for label in row))
        sheets[SHEETS.to(locale)] = [labels, *([row.get(label, "") for label in labels] for row in rows)]
    keys = ("parameter", "channel", "queue_key", "origin", "value", "valid_from", "valid_to")
    labels = ["Name 名称", "Key 标识", "Channel 渠道", "Queue 队列", "Set by 设定", "Value 取值", "From 自", "To 至"]
    told = ([" · ".join(word(row["parameter"])), *(row[key] for key in keys)] for row in parameters)
    sheets[PARAMETERS] = [labels, *told]
    sheets[EXAMPLES] = [["Key 标识", "Name 名称"], *(row for entry in entries for row in _example(entry))]
    digest = hashlib.sha256(repr(sheets).encode()).hexdigest()
    return path if _says(path, digest) else _written(path, sheets, digest)


def _example(entry: Entry) -> Iterator[list[Cell]]:
    """Yield the rows of an entry's example and what comes of them, each with the entry's key for a filter to find."""
    name = [entry.indicator, " · ".join(entry.name)]
    for rows in tables(entry, " ".join):
        yield from ([*name, *row] for row in rows)
    if made := result(entry):
        yield [*name, " · ".join(made)]


def _says(path: Path, digest: str) -> bool:
    if not path.exists():
        return False
    with ZipFile(path) as book:
        return digest.encode() in book.read("docProps/core.xml")


def _written(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]], digest: str) -> Path:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    book.properties.identifier = digest
    for title, (labels, *rows) in sheets.items():
        _sheet(book, title, labels, rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    book.save(draft)
    return draft.replace(path)


def _sheet(book: Workbook, title: str, labels: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(title)
    sheet.freeze_panes = "B2"
    for number, cells in enumerate(zip_longest(labels, *rows, fillvalue=""), 1):
        longest = max(len(str(cell)) for cell in cells)
        sheet.column_dimensions[get_column_letter(number)].width = min(longest + 2, _WIDEST)
    heads = [WriteOnlyCell(sheet, label) for label in labels]
    for head in heads:
        head.font = Font(bold=True)
    sheet.append(heads)
    for row in rows:
        cells = [WriteOnlyCell(sheet, value) for value in row]
        for cell in cells:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.append(cells)
