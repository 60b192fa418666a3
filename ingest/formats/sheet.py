"""A delivered table as columns of text, in blocks of rows, each row with its line and its raw text.

What the columns mean is declared in ``ingest.mapping``; here a cell is only text, or a workbook's true date or time
(written out as ISO-8601 and flagged, since a date format does not apply to it). How text is cut into cells is in
``ingest.formats.delimited``, how workbooks are read in ``ingest.formats.workbook``.
"""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported, where a type checker does not see them.)

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, Field

from ingest.formats.base import REJECTS, DeliveredFile, RefusedFile

ROWS = 250_000
"""Rows of a block: it bounds the memory a file needs, however long it is."""

RAW = 10_000
"""Characters of a record that are kept for the quarantine."""

UNCALCULATED = "#UNCALCULATED!"
"""Stands for a formula without a stored result."""

FAILED = ("#REF!", "#DIV/0!", "#VALUE!", "#N/A", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", UNCALCULATED)
"""Results of formulas that are none (ECMA-376 part 1, 18.17.3; #SPILL! and #CALC! are of newer versions)."""

Delimiter = Literal[",", ";", "\t", "|"]


class Layout(BaseModel, extra="forbid", frozen=True):
    """How a source's files are laid out.

    ``delimiter`` is told from the header among , ; tab and | unless declared. ``header`` is the line, or the sheet's
    row, of the column names. ``sheet`` names the sheet of a workbook, or a pattern for several; its first visible one
    otherwise. ``stop`` are the texts of which one begins the row after the last: ``Total``.
    """

    delimiter: Delimiter | None = None
    header: int = Field(default=1, ge=1)
    sheet: str | None = None
    stop: list[str] = Field(default_factory=list)


@dataclass(frozen=True)
class Block:
    """Rows of a sheet: text by column, a flag by column that has true dates or times, and where each row is."""

    texts: Sequence[pa.Array]
    clocks: dict[int, pa.Array]
    lines: pa.Array
    raw: pa.Array
    rejects: pa.Table


@dataclass(frozen=True)
class Sheet:
    """A table as delivered: its column names, and its rows block by block. ``name`` is the workbook's, else empty."""

    file: DeliveredFile
    name: str
    header: list[str]
    blocks: Callable[[], Iterator[Block]]

    def cells(self, wanted: Sequence[str], filled_down: Sequence[str] = ()) -> Iterator[tuple[pa.Table, pa.Table]]:
        """Yield the wanted columns as ``v<n>``, their flags as ``c<n>``, names and places of the rows; and rejects.

        A wanted column that the sheet does not have is null.
        """
        above: dict[str, pa.Scalar] = {}
        position = {name: at for at, name in reversed(list(enumerate(self.header)))}
        for block in self.blocks():
            count = len(block.lines)
            columns: dict[str, pa.Array] = {}
            for n, name in enumerate(wanted):
                at = position.get(name)
                text = pa.nulls(count, pa.string()) if at is None else block.texts[at]
                if name in filled_down and count:
                    text = _filled_down(text, above.get(name))
                    above[name] = text[-1]
                columns[f"v{n}"] = text
                columns[f"c{n}"] = block.clocks.get(-1 if at is None else at, pa.repeat(False, count))
            columns["_name"] = pa.repeat(self.file.name, count)
            columns["_sheet"] = pa.repeat(self.name, count)
            columns["_file"] = pa.repeat(pa.scalar(self.file.index, pa.int32()), count)
            yield pa.table({**columns, "_line": block.lines, "_raw": block.raw}), block.rejects


def _filled_down(text: pa.Array, above: pa.Scalar | None) -> pa.Array:
    """Return a column with empty cells replaced by the one above; ``above`` is the last one of the rows before."""
    blank = pc.equal(pc.fill_null(pc.utf8_trim_whitespace(text), ""), "")
    own = pc.if_else(blank, None, text)
    lead = pa.array([above.as_py() if above is not None else None], pa.string())
    return pc.fill_null_forward(pa.concat_arrays([lead, own])).slice(1)


def column_names(file: DeliveredFile, line: int, names: Sequence[str]) -> list[str]:
    """Return the names of the columns: one without a name is ``column 3``, of several with one each is numbered.

    Raises:
        RefusedFile: there is no name at all.
    """
    header = [re.sub(r"\s+", " ", name.replace("\ufeff", "")).strip() for name in names]
    if not any(header):
        raise RefusedFile(
            file,
            line,
            "no_header",
            "the line of column names is empty",
            "declare the line of the column names under layout: {header: …}",
        )
    seen: dict[str, int] = {}
    numbered = []
    for position, name in enumerate(header, 1):
        if header.count(name) > 1 and name:
            seen[name] = seen.get(name, 0) + 1
            numbered.append(f"{name} ({seen[name]})")
        else:
            numbered.append(name or f"column {position}")
    return numbered


def rejected(file: DeliveredFile, lines: pa.Array, raw: pa.Array, rule: str, message: str, mend: str) -> pa.Table:
    """Return rejects of one kind."""
    count = len(lines)
    told = [pa.repeat(text, count) for text in (rule, message, mend)]
    place = pa.repeat(pa.scalar(file.index, pa.int32()), count)
    return pa.Table.from_arrays([place, lines, *told, raw], schema=REJECTS)


def ends_table(stop: Sequence[str], delimiter: str) -> str:
    """Return the RE2 pattern of a row whose first filled cell is one of the texts that end a table."""
    mark = re.escape(delimiter)
    texts = "|".join(map(re.escape, stop))
    return rf'^[\s"{mark}]*(?:{texts})\s*[:：]?\s*"?\s*(?:{mark}|$)'


def shortened(raw: pa.Array) -> pa.Array:
    """Return the raw text of records, each no longer than the quarantine keeps it."""
    longest = pc.max(pc.binary_length(raw)).as_py() or 0
    return pc.utf8_slice_codeunits(raw, 0, RAW) if longest > RAW else raw


def line_cut(lines: pa.Array, stopping: pa.Array) -> int | None:
    """Return the position of the first row that ends the table, or ``None``."""
    at = pc.index(stopping, True).as_py()
    return None if at < 0 else at
