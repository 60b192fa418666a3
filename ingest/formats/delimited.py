"""Cuts delimited text into cells, in blocks, so that a file of any length needs the memory of one block.

Lines are counted as an editor counts them, and a record keeps its own text; both are what the quarantine shows. What
is wrong with one record costs that record only. What the cells mean does not belong here.
"""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported, where a type checker does not see them.)

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv

from ingest.formats.base import DeliveredFile, RefusedFile
from ingest.formats.sheet import ROWS, Block, Layout, Sheet, column_names, ends_table, line_cut, rejected, shortened

DELIMITERS = (",", ";", "\t", "|")
BYTES = 1 << 24
"""Bytes of a block."""
LONGEST = 1 << 26
"""Bytes a line, or a record over several lines, may have."""
HEADER_LINES = 50
"""Lines that a quoted column name may span."""


def read_text(file: DeliveredFile, layout: Layout, fits: Callable[[Sequence[str]], bool]) -> Sheet:
    """Open a delimited text; ``fits`` says whether a header has the declared columns, which tells the delimiter.

    Raises:
        RefusedFile: no header, or several delimiters give the declared columns.
    """
    with file.path.open("rb") as stream:
        first = _header_record(stream, layout.header)
        begin, line = stream.tell(), first.count("\n") + layout.header + 1
    readings = {mark: _names(first, mark) for mark in ([layout.delimiter] if layout.delimiter else DELIMITERS)}
    delimiter = _told(file, layout, first, readings, fits)
    header = column_names(file, layout.header, readings[delimiter])
    return Sheet(file, "", header, lambda: text_blocks(file, layout, delimiter, len(header), begin, line))


def _header_record(stream: BinaryIO, line: int) -> str:
    for _ in range(line - 1):
        stream.readline(LONGEST)
    record = stream.readline(LONGEST)
    for _ in range(HEADER_LINES):
        if record.count(b'"') % 2 == 0 or not (following := stream.readline(LONGEST)):
            break
        record += following
    return record.decode(errors="replace").rstrip("\r\n")


def _names(record: str, delimiter: str) -> list[str]:
    return next(csv.reader(io.StringIO(record), delimiter=delimiter), [])


def _told(
    file: DeliveredFile,
    layout: Layout,
    record: str,
    readings: dict[str, list[str]],
    fits: Callable[[Sequence[str]], bool],
) -> str:
    """Return the delimiter that gives the declared columns; the most frequent one when none does."""
    fitting = [mark for mark, names in readings.items() if any(names) and fits(column_names(file, 1, names))]
    if len(fitting) > 1 and len({tuple(readings[mark]) for mark in fitting}) > 1:
        raise RefusedFile(
            file,
            layout.header,
            "ambiguous_delimiter",
            f"the header has the declared columns with each of the delimiters {' '.join(map(repr, fitting))}",
            "declare the delimiter under layout: {delimiter: …}",
        )
    unquoted = re.sub('"[^"]*"', "", record)
    return fitting[0] if fitting else max(readings, key=unquoted.count)


def text_blocks(
    file: DeliveredFile, layout: Layout, delimiter: str, width: int, begin: int, line: int, comment: str | None = None
) -> Iterator[Block]:
    """Yield the rows after the header, which begin at a byte and at a line.

    ``comment`` begins lines that are none.
    """
    stopping = ends_table(layout.stop, delimiter) if layout.stop else None
    with file.path.open("rb") as stream:
        stream.seek(begin)
        rest, is_last = b"", False
        while not is_last:
            chunk = stream.read(BYTES)
            is_last = not chunk
            content = rest + chunk
            cut = len(content) if is_last else content.rfind(b"\n") + 1
            if cut == 0 and not is_last and len(content) <= LONGEST:
                rest = content
                continue
            if cut == 0 and not is_last:
                raise RefusedFile(
                    file, line, "line_too_long", f"a line is longer than {LONGEST} bytes", "check what was delivered"
                )
            records, unclosed, open_at = _records(content[:cut], delimiter, width, is_last)
            rest = content[open_at:]
            ended = None
            if stopping:
                ended = line_cut(records, pc.match_substring_regex(records, stopping))
                if ended is not None:
                    records, unclosed = records.slice(0, ended), [n for n in unclosed if n < ended]
            numbers = pa.array(range(line, line + len(records)), pa.int64())
            line += len(records)
            for start in range(0, max(len(records), 1), ROWS):
                mine = [n - start for n in unclosed if start <= n < start + ROWS]
                part = records.slice(start, ROWS), numbers.slice(start, ROWS)
                yield _block(file, *part, mine, delimiter, width, comment)
            if ended is not None:
                return


def _records(content: bytes, delimiter: str, width: int, is_last: bool) -> tuple[pa.Array, list[int], int]:
    """Return the records by line, the positions of those with a quote that never ends, and where the rest begins.

    A record over several lines stands on its first one, the others are empty. The rest is a record that may go on in
    the next block.
    """
    lines = content.split(b"\n")
    if not lines[-1]:
        lines.pop()
    unclosed: list[int] = []
    end = len(content)
    if b'"' in content:
        opened = _join_quoted(lines, delimiter, width, unclosed)
        if opened is not None and not is_last:
            size = sum(len(one) + 1 for one in lines[opened:])
            if size <= LONGEST:
                end -= size
                del lines[opened:]
            else:
                unclosed.append(opened)
        elif opened is not None:
            unclosed.append(opened)
    records = pa.array(lines, pa.binary()).cast(pa.string())
    return pc.utf8_rtrim(records, "\r"), unclosed, end


def _join_quoted(lines: list[bytes], delimiter: str, width: int, unclosed: list[int]) -> int | None:
    """Put records whose quoted fields span lines on their first line, and blank the others.

    Only lines with an odd number of quotes can begin or end such a record, so only they are looked at one by one. Two
    of them belong together when what lies between makes a record of ``width`` fields; otherwise the first is noted in
    ``unclosed``. Returns the position of the last one that nothing closes.
    """
    mark = re.escape(delimiter.encode())
    opens = re.compile(rb'(?:(?:\s*"(?:[^"]|"")*+"|[^"%b][^%b]*+|)%b)*+\s*"(?:[^"]|"")*+\r?\Z' % (mark, mark, mark))
    quotes = pc.count_substring(pa.array(lines, pa.binary()), b'"').to_numpy()
    opened: int | None = None
    for at in (quotes % 2).nonzero()[0].tolist():
        if opened is not None:
            joined = b"\n".join(lines[opened : at + 1])
            if len(joined) <= LONGEST and len(_names(joined.decode(errors="replace"), delimiter)) == width:
                lines[opened : at + 1] = [joined, *[b""] * (at - opened)]
                opened = None
                continue
            unclosed.append(opened)
        opened = at if opens.match(lines[at]) else None
    return opened


def _block(
    file: DeliveredFile,
    records: pa.Array,
    numbers: pa.Array,
    unclosed: Sequence[int],
    delimiter: str,
    width: int,
    comment: str | None,
) -> Block:
    """Cut records into cells, setting aside those that do not fit."""
    rejects = []
    keep = pc.not_equal(pc.binary_length(pc.utf8_trim(records, f' \t\r\n\u00a0\u3000"{delimiter}')), 0)
    if comment:
        keep = pc.and_(keep, pc.invert(pc.starts_with(records, comment)))
    if unclosed:
        never_ends = pc.is_in(pa.array(range(len(records))), pa.array(unclosed, pa.int64()))
        rejects.append(
            rejected(
                file,
                numbers.filter(never_ends),
                shortened(records.filter(never_ends)),
                "quote_unclosed",
                "a quoted field begins here and never ends",
                "double the quote inside the field, or close the field",
            )
        )
        keep = pc.and_(keep, pc.invert(never_ends))
    if not pc.all(keep).as_py():
        records, numbers = records.filter(keep), numbers.filter(keep)
    cells, misfits = _parse(records, delimiter, width)
    if misfits:
        failing = pc.is_in(pa.array(range(len(records))), pa.array(misfits, pa.int64()))
        rejects.append(
            rejected(
                file,
                numbers.filter(failing),
                shortened(records.filter(failing)),
                "field_count",
                f"the line does not have the {width} fields of the header",
                "quote fields that hold the delimiter, and export the line whole",
            )
        )
        records, numbers = records.filter(pc.invert(failing)), numbers.filter(pc.invert(failing))
    if len(cells) != len(records):
        raise RefusedFile(
            file,
            None,
            "ambiguous_quotes",
            "the quotes of the file do not let its records be told apart",
            "quote every field and double the quotes inside them",
        )
    none = rejected(file, numbers.slice(0, 0), records.slice(0, 0), "", "", "")
    texts = [column.combine_chunks() for column in cells.columns]
    return Block(texts, {}, numbers, shortened(records), pa.concat_tables([none, *rejects]))


def _parse(records: pa.Array, delimiter: str, width: int) -> tuple[pa.Table, list[int]]:
    """Split records into fields; also return the positions of those that do not have ``width`` fields."""
    names = [f"f{n}" for n in range(width)]
    misfits: list[int] = []

    def note(row: pcsv.InvalidRow) -> str:
        misfits.append(row.number - 1)
        return "skip"

    if not len(records):
        return pa.table({name: pa.array([], pa.string()) for name in names}), misfits
    whole = pa.ListArray.from_arrays(pa.array([0, len(records)], pa.int32()), records)
    content = pc.binary_join(whole, "\n")[0].as_buffer()
    cells = pcsv.read_csv(
        pa.BufferReader(content),
        # Rows are numbered only when they are read by one thread.
        pcsv.ReadOptions(use_threads=False, column_names=names, block_size=max(1 << 24, content.size + 1)),
        pcsv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=note),
        pcsv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
    )
    return cells, misfits
