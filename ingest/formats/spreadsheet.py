"""Spreadsheets: delimited text and workbooks, mapped to contract tables as centre.yml declares.

What a mapping may say is in ``ingest.mapping``, how files are opened in ``ingest.formats.sheet``. Formats with a shape
of their own (a queue log, a scorecard) do not belong here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from typing import Literal, TypeVar

import duckdb
import pyarrow as pa
from pydantic import Field

from ingest.formats.base import Batch, DeliveredFile, RefusedFile
from ingest.formats.conversion import convert
from ingest.formats.sheet import Layout, Sheet, read_sheet
from ingest.mapping import TableMapping
from ingest.source import SourceBase

AnyMapping = TypeVar("AnyMapping", bound=TableMapping)


class SpreadsheetSource(SourceBase, frozen=True):
    """A source of tables. One file may fill several contract tables: each mapping whose pattern fits takes it."""

    format: Literal["spreadsheet"]
    layout: Layout = Layout()
    tables: list[TableMapping] = Field(min_length=1)


def read(
    files: Sequence[DeliveredFile], source: SpreadsheetSource, zone: str, con: duckdb.DuckDBPyConnection
) -> Iterator[Batch]:
    """Read files of a source, one batch a mapping; raise ``RefusedFile`` for a file that no mapping fits."""
    for mapping, sheets in distribute(files, source.layout, source.tables):
        wanted = mapping.wanted(name for sheet in sheets for name in sheet.header)
        cells = pa.concat_tables([sheet.cells(wanted, mapping.fill_down) for sheet in sheets])
        rows, unfit = convert(con, cells, wanted, mapping, zone=zone, site=source.site, source=source.name)
        yield Batch(mapping.table, rows, pa.concat_tables([unfit, *(sheet.rejects for sheet in sheets)]))


def distribute(
    files: Sequence[DeliveredFile], layout: Layout, mappings: Sequence[AnyMapping]
) -> Iterator[tuple[AnyMapping, list[Sheet]]]:
    """Open files and give each to the mappings whose patterns fit its name.

    Raises:
        RefusedFile: no pattern fits the file, it cannot be read, or it lacks columns that a mapping needs.
    """
    sheets = [_fitting(read_sheet(file, layout), layout, mappings) for file in files]
    for mapping in mappings:
        if taken := [sheet for sheet in sheets if fnmatch(sheet.file.path.name, mapping.files)]:
            yield mapping, taken


def _fitting(sheet: Sheet, layout: Layout, mappings: Sequence[TableMapping]) -> Sheet:
    """Return a sheet whose columns fit every mapping that takes it."""
    taking = [mapping for mapping in mappings if fnmatch(sheet.file.path.name, mapping.files)]
    if not taking:
        raise RefusedFile(
            sheet.file,
            None,
            "no_table_for_file",
            f"none of the patterns {', '.join(mapping.files for mapping in mappings)} fits the file's name",
            "name the file as agreed, or declare its pattern under files",
        )
    for mapping in taking:
        if missing := mapping.missing(sheet.header):
            raise RefusedFile(
                sheet.file,
                layout.header,
                "missing_columns",
                f"columns {', '.join(missing)} of {mapping.table} are not in the header; "
                f"found: {', '.join(name for name in sheet.header if name)}",
                "export the missing columns, correct their names in the mapping, or declare the line of the header",
            )
    return sheet
