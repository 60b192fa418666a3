"""Spreadsheets: delimited text and workbooks, mapped to contract tables as centre.yml declares.

What a mapping may say is in ``ingest.mapping``, how files become cells in ``ingest.formats.sheet`` and its neighbours,
how a column a day becomes a row a day in ``ingest.formats.matrix``. Formats with a shape of their own (a queue log, a
scorecard) do not belong here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Literal, TypeVar

import duckdb
import pyarrow as pa
from pydantic import Field

from ingest.formats.base import About, Batch, DeliveredFile, Export, Reading, RefusedFile
from ingest.formats.conversion import convert
from ingest.formats.delimited import read_text
from ingest.formats.matrix import unpivoted
from ingest.formats.sheet import Layout, Sheet
from ingest.formats.workbook import COMPOUND, ZIPPED, read_workbook
from ingest.mapping import TableMapping
from ingest.source import SourceBase

AnyMapping = TypeVar("AnyMapping", bound=TableMapping)

ROWS = 250_000
"""Rows that are converted at once."""


class SpreadsheetSource(SourceBase, frozen=True):
    """A source of tables. One file may fill several contract tables: each mapping whose pattern fits takes it."""

    format: Literal["spreadsheet"]
    layout: Layout = Layout()
    tables: list[TableMapping] = Field(min_length=1)


@dataclass
class _Waiting:
    """Cells and rejects of one mapping that are to be converted together, with the columns they hold.

    Rows are told apart by file and line, so of one delivered file (an archive, a workbook) only one table waits.
    """

    wanted: tuple[str, ...] = ()
    places: dict[int, tuple[str, str]] = field(default_factory=dict)
    parts: list[tuple[pa.Table, pa.Table]] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return sum(len(cells) for cells, _ in self.parts)

    def take(self) -> tuple[tuple[str, ...], pa.Table, pa.Table]:
        """Return the columns and everything that waits, in one piece, and begin anew."""
        cells, rejects = (pa.concat_tables(part).combine_chunks() for part in zip(*self.parts, strict=True))
        self.parts, self.places = [], {}
        return self.wanted, cells, rejects


def read(
    files: Sequence[DeliveredFile], source: SpreadsheetSource, zone: str, con: duckdb.DuckDBPyConnection
) -> Iterator[Batch]:
    """Read files of a source in batches; raise ``RefusedFile`` for a file that no mapping fits."""
    plain = [mapping for mapping in source.tables if not mapping.matrix]
    for mapping, wanted, cells, rejects in gathered(files, source.layout, source.tables, plain):
        rows, unfit = convert(con, cells, wanted, mapping, zone=zone, site=source.site, source=source.name)
        yield Batch(mapping.table, rows, pa.concat_tables([unfit, rejects]), expected=tuple(mapping.keep))
    for mapping in source.tables:
        taken = [file for file in files if fnmatch(file.path.name, mapping.files)]
        if mapping.matrix and taken:
            sheets = [sheet for file in taken for sheet in opened(file, source.layout, source.tables)]
            wanted, cells, rejects = unpivoted(con, mapping, mapping.matrix, sheets)
            rows, unfit = convert(con, cells, wanted, mapping, zone=zone, site=source.site, source=source.name)
            yield Batch(mapping.table, rows, pa.concat_tables([unfit, rejects]))


def gathered(
    files: Sequence[DeliveredFile], layout: Layout, every: Sequence[TableMapping], mappings: Sequence[AnyMapping]
) -> Iterator[tuple[AnyMapping, tuple[str, ...], pa.Table, pa.Table]]:
    """Yield each mapping with the columns it wants, cells of these and rejects, many small files at once.

    ``every`` are all mappings of the source: a column that another one reads is not unknown.

    Raises:
        RefusedFile: no pattern fits a file, it cannot be read, or it lacks columns that a mapping needs.
    """
    waiting = [_Waiting() for _ in mappings]
    for file in files:
        for sheet in opened(file, layout, every):
            for mapping, held in zip(mappings, waiting, strict=True):
                if not fnmatch(file.path.name, mapping.files):
                    continue
                wanted = (*mapping.wanted(sheet.header), *unknown(sheet, every))
                place = (file.name, sheet.name)
                if held.parts and (wanted != held.wanted or held.places.get(file.index, place) != place):
                    yield mapping, *held.take()
                held.wanted = wanted
                for cells, rejects in sheet.cells(wanted, mapping.fill_down):
                    held.places[file.index] = place
                    held.parts.append((cells, rejects))
                    if held.rows >= ROWS:
                        yield mapping, *held.take()
    for mapping, held in zip(mappings, waiting, strict=True):
        if held.parts:
            yield mapping, *held.take()


def unknown(sheet: Sheet, mappings: Iterable[TableMapping]) -> list[str]:
    """Return the columns of a sheet that no mapping taking it reads or leaves out, in the order of their names."""
    taking = [mapping for mapping in mappings if fnmatch(sheet.file.path.name, mapping.files)]
    known = {name for mapping in taking for name in (*mapping.wanted(sheet.header), *mapping.left_out)}
    turned = [mapping.matrix for mapping in taking if mapping.matrix]
    return sorted({name for name in sheet.header if name not in known and not any(m.label(name) for m in turned)})


def opened(file: DeliveredFile, layout: Layout, mappings: Sequence[TableMapping]) -> list[Sheet]:
    """Open a file's sheets, whose columns fit every mapping that takes the file."""
    taking = [mapping for mapping in mappings if fnmatch(file.path.name, mapping.files)]
    if not taking:
        raise RefusedFile(
            file,
            None,
            "no_table_for_file",
            f"none of the patterns {', '.join(mapping.files for mapping in mappings)} fits the file's name",
            "name the file as agreed, or declare its pattern under files",
        )
    sheets = read_sheets(file, layout, lambda header: not any(mapping.missing(header) for mapping in taking))
    for sheet in sheets:
        for mapping in taking:
            if missing := mapping.missing(sheet.header):
                raise RefusedFile(
                    file,
                    layout.header,
                    "missing_columns",
                    f"columns {', '.join(missing)} of {mapping.table} are not in the header"
                    f"{' of sheet ' + sheet.name if sheet.name else ''}; found: {', '.join(sheet.header)}",
                    "export the missing columns, correct their names in the mapping (of columns with one name each is "
                    "numbered), or declare the line of the header",
                )
    return sheets


def read_sheets(file: DeliveredFile, layout: Layout, fits: Callable[[Sequence[str]], bool]) -> list[Sheet]:
    """Open what a file holds as tables; ``fits`` says whether a header has the declared columns.

    Raises:
        RefusedFile: it cannot be read or has no header.
    """
    with file.path.open("rb") as content:
        is_workbook = content.read(4) in (ZIPPED, COMPOUND)
    return read_workbook(file, layout) if is_workbook else [read_text(file, layout, fits)]


ABOUT = About(
    title="Spreadsheets and flat exports",
    systems="Any system that exports tables: telephony reports, HR and WFM packs, attendance machines, surveys.",
    files="Delimited text (comma, semicolon, tab or pipe, told from the header when only one of them gives the declared"
    " columns) and workbooks: `.xlsx`, `.xlsm`, `.xlsb`, `.xls`, `.ods`. Text is read in blocks, so its length does not"
    " matter.",
    zone="Times without an offset are of the column's `zone`, else of the source's `time_zone`.",
    units="Declared for each duration (`ms`, `s`, `min`, `h`, `day`, `hms`, `hm`) and percent (`1`, `100`,"
    " `percent_text`); dates by strptime patterns, `epoch`, `epoch_ms`, `excel` or `excel_1904`.",
    readings=(
        Reading("any column", "any contract table", "as declared under `columns`"),
        Reading(
            "columns nobody declared", "extra", "kept and counted; without the values where the name tells of a person"
        ),
        Reading("texts under `na`", "null", "by default only the empty cell"),
        Reading(
            "merged cells", "each of the cells", "the value of the first; `fill_down` does so for blanks below a value"
        ),
        Reading("matrix", "a row a day", "a column a day (or a question) is turned; files of one matrix are joined"),
    ),
    gotchas=(
        "Of columns with one name each is numbered: `Name (1)`, `Name (2)`. A column without a name is `column 3`.",
        "A title above the table: `layout: {header: 3}`. A total below it: `layout: {stop: [Total]}`; totals between"
        " the rows: `skip: {Agent: [Total]}`.",
        "A formula without a stored result, or with an error such as #REF!, rejects its row.",
        "Without `sheet` the first visible sheet is read; hidden ones only by their name.",
        "YAML reads Yes, No, On and Off as true and false: quote them, also as names of columns.",
        "The files of a joined matrix are delivered together, for instance in one .zip.",
        "A birthday is declared with `part: month` and `part: day`; birthdays that nobody maps are not kept.",
    ),
    exports=(
        Export(
            "Any system",
            (
                "Export the table with its header, without grouping or pivoting, in the same layout every time.",
                "Prefer ISO dates and a column with the time zone's offset where the system offers them.",
                "`gaugebook source inspect FILE` proposes the declaration; correct what it doubts.",
            ),
        ),
    ),
    references=("RFC 4180 (CSV)", "ECMA-376 part 1 (.xlsx)", "OpenDocument 1.3 part 3 (.ods)"),
    example="""\
name: calls
format: spreadsheet
site: london
encoding: latin-1
layout: {delimiter: ";", header: 3}
tables:
  - table: tel_interaction
    files: "calls_*.csv"
    na: ["", "-", "NULL"]
    only: {Direction: [In]}
    keep: [Menu choice]
    columns:
      interaction_id: Call ID
      visit_seq: {value: 1}
      channel: {value: voice}
      direction: {value: inbound}
      queue_key: Skill
      agent_key: {column: Agent, when: {outcome: answered}}
      customer_ref: Caller
      started_at: {column: [Date, Time], joined: " ", format: "%d.%m.%Y %H:%M:%S"}
      queued_at: {same_as: started_at}
      wait_ms: {column: Wait, unit: hms}
      talk_ms: {column: Talk, unit: s, decimal: ","}
      acw_ms: {column: Wrap-up, unit: min}
      answered_at: {from: queued_at, plus: wait_ms, when: {outcome: answered}}
      ended_at: {column: [Date, End], format: "%d.%m.%Y %H:%M:%S", after: started_at, rolls_over: true}
      outcome: {column: Result, values: {Handled: answered, Lost: abandoned, "*": failed}}
      is_open: {value: false}
  - table: roster_shift
    files: "roster_*.xlsx"
""",
)
