"""Text files as blocks of lines, and SQL that cuts the lines of a delimited export into cells.

For logs and database exports in which a record never spans lines, read at the speed of the file and in bounded memory.
Sheets that people made, with whatever they hold, are opened by ``sheet``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import duckdb
import numpy as np
import pyarrow as pa

from ingest.conform import literal
from ingest.formats.base import DeliveredFile

BLOCK = 32 * 1024 * 1024
"""Bytes that are cut into lines at a time."""

RAW = 10_000
"""Characters of a line that are kept to show it."""

_ROWS = 20_000


def line_blocks(files: Sequence[DeliveredFile], con: duckdb.DuckDBPyConnection, ending: bytes) -> Iterator[int | None]:
    """Register the files' lines as ``line_block``, block by block; yield the index of the file that goes on after it.

    Its columns are ``_file``, ``_line``, ``_raw``, in which ``ending`` takes the place of the line's end, and
    ``is_whole``, false of a last line without an end.
    """
    for block, continued in _blocks(files, ending):
        con.register("line_block", block)
        yield continued
        con.unregister("line_block")


def cells(delimiter: str, header: int = 0) -> str:
    r"""SQL over ``line_block`` whose lines end with ``delimiter``: their columns, and the cells of a line as ``f``.

    Quotes in a quoted cell are doubled; where that was forgotten a cell ends at the quote before the next delimiter.
    Between tabs a quote is a character like others unless it encloses the cell, since databases export so. ``is_torn``
    says that the quotes of a line make no sense; blank lines and the first ``header`` lines are left out.
    Empty, ``NULL`` and ``\N`` (an export of MySQL) are null.
    """
    mark, escaped = literal(delimiter), re.escape(delimiter)
    plain = rf"[^{escaped}]*" if delimiter == "\t" else rf'[^"{escaped}][^{escaped}]*|'
    proper = literal(rf'("(?:[^"]|"")*"|{plain}){escaped}')
    lenient = literal(rf'("[^"]*(?:"[^{escaped}][^"]*)*"|[^"{escaped}][^{escaped}]*|){escaped}')
    is_filled = f"regexp_matches(_raw, {literal(rf'[^{escaped} ]')})"
    whole = f"array_to_string({{}}, {mark}) || {mark} = _raw"
    swallowed = literal(f'%{delimiter}"%')
    return f"""(
        with told as (
            select * from line_block
            where _line > {header} and {is_filled}
        ),
        quoted as (
            select *, contains(_raw, '"') as is_quoted,
                case when is_quoted then regexp_extract_all(_raw, {proper}, 1) else string_split(_raw, {mark})[:-2] end
                    as q,
                not is_quoted or {whole.format("q")} as is_proper,
                case when not is_proper then regexp_extract_all(_raw, {lenient}, 1) end as l
            from told
        )
        select _file, _line, _raw, is_whole,
            not is_proper and (not {whole.format("l")} or array_to_string(l, ' ') like {swallowed}) as is_torn,
            list_transform(coalesce(l, q), lambda c: nullif(nullif(nullif(case
                when is_quoted and c[1] = '"' and c[-1] = '"' and strlen(c) > 1 then replace(c[2:-2], '""', '"')
                else c end, ''), 'NULL'), '\\N')) as f
        from quoted
    )"""


def rejected(lines: str, faults: Mapping[str, tuple[str, str]]) -> str:
    """SQL for the rejects among ``lines``, a table with ``_file``, ``_line``, ``_raw`` (ended as above) and ``rule``.

    ``faults`` gives the message and the mend of each rule.
    """
    message, mend = (
        " ".join(f"when {literal(rule)} then {literal(told[n])}" for rule, told in faults.items()) for n in (0, 1)
    )
    return (
        f"select _file, _line, rule, case rule {message} end as message, case rule {mend} end as mend,"
        f" left(left(_raw, -1), {RAW}) as raw from {lines} where rule is not null"
    )


def _blocks(files: Sequence[DeliveredFile], ending: bytes) -> Iterator[tuple[pa.Table, int | None]]:
    waiting: list[pa.Table] = []
    size = 0
    for file in files:
        count, rest = 0, b""
        with file.path.open("rb") as stream:
            while block := stream.read(BLOCK):
                text = rest + block
                end = len(text) if len(block) < BLOCK else text.rfind(b"\n") + 1
                rest = text[end:]
                waiting.append(_cut(file.index, text[:end], count, ending))
                count += len(waiting[-1])
                size += end
                if size >= BLOCK // 2:
                    yield pa.concat_tables(waiting), file.index
                    waiting, size = [], 0
        if rest:
            waiting.append(_cut(file.index, rest, count, ending))
            size += len(rest)
    if waiting:
        yield pa.concat_tables(waiting), None


def _cut(file: int, text: bytes, before: int, ending: bytes) -> pa.Table:
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n")
    is_whole = text.endswith(b"\n")
    text = text if is_whole else text + b"\n"
    offsets = np.concatenate(([0], np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n")) + 1))
    count = len(offsets) - 1
    buffers = [pa.py_buffer(offsets), pa.py_buffer(text.replace(b"\n", ending))]
    table = pa.table(
        {
            "_file": pa.array(np.full(count, file, np.int32)),
            "_line": pa.array(np.arange(before + 1, before + count + 1)),
            "_raw": pa.LargeStringArray.from_buffers(count, *buffers),
            "is_whole": pa.array(np.arange(count) < count - (not is_whole)),
        }
    )
    return pa.Table.from_batches(table.to_batches(max_chunksize=_ROWS), table.schema)
