"""Spreadsheets: delimited text and workbooks, mapped to contract tables as centre.yml declares.

What a mapping may say is in ``ingest.mapping``, how files are opened in ``ingest.formats.sheet``. Formats with a shape
of their own (a queue log, a scorecard) do not belong here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from typing import Literal

import duckdb
import pyarrow as pa
from pydantic import Field

from ingest.formats.base import Batch, DeliveredFile, RefusedFile
from ingest.formats.conversion import convert
from ingest.formats.sheet import Layout, Sheet, read_sheet
from ingest.mapping import TableMapping
from ingest.source import SourceBase


class SpreadsheetSource(SourceBase, frozen=True):
    """A source of tables. One file may fill several contract tables: each mapping whose pattern fits takes it."""

    format: Literal["spreadsheet"]
    layout: Layout = Layout()
    tables: list[TableMapping] = Field(min_length=1)


def read(
    files: Sequence[DeliveredFile], source: SpreadsheetSource, zone: str, con: duckdb.DuckDBPyConnection
) -> Iterator[Batch]:
    """Read files of a source, one batch a mapping; raise ``RefusedFile`` for a file that no mapping fits."""
    sheets = [_fitting(read_sheet(file, source.layout), source) for file in files]
    for mapping in source.tables:
        taken = [sheet for sheet in sheets if fnmatch(sheet.file.name, mapping.files)]
        if not taken:
            continue
        wanted = mapping.wanted(dict.fromkeys(name for sheet in taken for name in sheet.header))
        cells = pa.concat_tables([sheet.cells(wanted, mapping.fill_down) for sheet in taken])
        rows, unfit = convert(con, cells, wanted, mapping, zone=zone, site=source.site, source=source.name)
        yield Batch(mapping.table, rows, pa.concat_tables([unfit, *(sheet.rejects for sheet in taken)]))


def _fitting(sheet: Sheet, source: SpreadsheetSource) -> Sheet:
    """Return a sheet whose columns fit every mapping that takes it."""
    mappings = [mapping for mapping in source.tables if fnmatch(sheet.file.name, mapping.files)]
    if not mappings:
        raise RefusedFile(
            sheet.file,
            None,
            "no_table_for_file",
            f"none of the patterns {', '.join(mapping.files for mapping in source.tables)} fits the file's name",
            "name the file as agreed, or declare its pattern under tables: files",
        )
    for mapping in mappings:
        if missing := mapping.missing(sheet.header):
            raise RefusedFile(
                sheet.file,
                source.layout.header,
                "missing_columns",
                f"columns {', '.join(missing)} of {mapping.table} are not in the header; "
                f"found: {', '.join(name for name in sheet.header if name)}",
                "export the missing columns, correct their names in the mapping, or declare the line of the header",
            )
    return sheet
