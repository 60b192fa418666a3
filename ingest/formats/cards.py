"""Reads scorecards that are a sheet each: values at declared places become one row a sheet, as ``sheet`` gives them.

What the values mean, and how they add up, is the scorecard's business (``ingest.formats.scorecard``).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import pyarrow as pa
from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

from ingest.formats.base import REJECTS, DeliveredFile
from ingest.formats.delimited import DELIMITERS
from ingest.formats.sheet import RAW, Layout
from ingest.formats.workbook import COMPOUND, ZIPPED, Cells, grids, texts_of


def _address(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{1,3}[1-9]\d{0,6}", value):
        raise ValueError(f"{value!r} is not the address of a cell such as B3")
    return value


Address = Annotated[str, AfterValidator(_address)]


class Beside(BaseModel):
    """A value that stands to the right of a label, or below it: the next filled cell.

    Labels are compared as written, without blanks and a colon at the end.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    right_of: str | None = None
    below: str | None = None

    @model_validator(mode="after")
    def _says_one(self) -> Beside:
        if (self.right_of is None) == (self.below is None):
            raise ValueError("declare either right_of or below")
        return self


Place = Address | Beside


class Card(BaseModel):
    """Where a card has its values: name → address of a cell, or the label beside which it stands.

    ``expect`` are texts that a sheet of this form has at an address; one that has another there is set aside, so that
    a form whose rows have moved is not read at the wrong places.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    cells: dict[str, Place]
    expect: dict[Address, str] = {}


def read_cards(file: DeliveredFile, layout: Layout, card: Card, wanted: Sequence[str]) -> tuple[pa.Table, pa.Table]:
    """Return the wanted values of a file's cards, a row a sheet, and rejects; ``_line`` is the number of the sheet.

    Raises:
        RefusedFile: the file cannot be read, or no sheet has the declared name.
    """
    sheets, rejects = [], []
    for number, name, rows in _grids(file, layout):
        values = [_at(rows, card.cells[column]) for column in wanted]
        raw = "\t".join([name, *(str(value) for value in values)])[:RAW]
        if wrong := [f"{at} is not {text}" for at, text in card.expect.items() if _label(_cell(rows, at)) != text]:
            rejects.append(
                {
                    "_file": file.index,
                    "_line": number,
                    "rule": "another_form",
                    "message": f"sheet {name} is not of this form: {', '.join(wrong)}",
                    "mend": "declare the form of the sheet, or name the sheets of this form under layout",
                    "raw": raw,
                }
            )
        else:
            sheets.append((number, name, raw, values))
    columns: dict[str, Any] = {}
    for n in range(len(wanted)):
        text, clocks = texts_of([values[n] for *_, values in sheets])
        columns |= {f"v{n}": text, f"c{n}": pa.repeat(False, len(sheets)) if clocks is None else clocks}
    columns |= {
        "_name": pa.repeat(file.name, len(sheets)),
        "_sheet": pa.array([name for _, name, _, _ in sheets], pa.string()),
        "_file": pa.repeat(pa.scalar(file.index, pa.int32()), len(sheets)),
        "_line": pa.array([number for number, *_ in sheets], pa.int64()),
        "_raw": pa.array([raw for _, _, raw, _ in sheets], pa.string()),
    }
    return pa.table(columns), pa.Table.from_pylist(rejects, REJECTS)


def _grids(file: DeliveredFile, layout: Layout) -> Iterator[tuple[int, str, Cells]]:
    with file.path.open("rb") as content:
        is_workbook = content.read(4) in (ZIPPED, COMPOUND)
    if is_workbook:
        yield from grids(file, layout.sheet or "*")
        return
    text = file.path.read_text(encoding="utf-8")
    delimiter = layout.delimiter or max(DELIMITERS, key=text.count)
    yield 1, "", list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter))


def _at(rows: Cells, place: Place) -> Any:
    if isinstance(place, str):
        return _cell(rows, place)
    label = place.right_of or place.below
    for at, row in enumerate(rows):
        for column, value in enumerate(row):
            if _label(value) == label:
                further = (
                    row[column + 1 :] if place.right_of else (r[column] for r in rows[at + 1 :] if column < len(r))
                )
                return next((one for one in further if one != ""), "")
    return ""


def _cell(rows: Cells, address: str) -> Any:
    letters = address.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    row = int(address[len(letters) :]) - 1
    return rows[row][column - 1] if row < len(rows) and column <= len(rows[row]) else ""


def _label(value: object) -> str:
    return str(value).strip().rstrip(":：").strip()
