"""JSON records in files: JSON lines, concatenated objects, arrays, pages that hold an array, pretty-printed or not.

A file is cut into records while it is read, in bounded memory, and DuckDB parses them by a declared structure. A record
that is no JSON does not take those beside it with it. What the fields of a record mean is the business of its format.
"""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported, where a type checker does not see them.)

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.conform import literal
from ingest.formats.base import PLACE, REJECTS, Batch, DeliveredFile, RefusedFile

BLOCK = 96_000_000
"""Bytes that are read, cut and parsed at a time."""

LONGEST = 16_000_000
"""Bytes after which a record that does not end is given up; the next one is looked for within it."""

RAW = 10_000
"""Characters of a record that are kept to show it."""

_PIECES = pa.schema([*PLACE, pa.field("_is_first", pa.bool_())])
_ROWS = 4096
_QUOTE, _BACKSLASH = ord('"'), ord("\\")
_STEPS = np.zeros(256, np.int64)
_STEPS[[ord("{"), ord("[")]] = 1
_STEPS[[ord("}"), ord("]")]] = -1
_IS_MARK = _STEPS != 0
_IS_MARK[_QUOTE] = True
_IS_BLANK = np.isin(np.arange(256), list(b" \t\r\n,"))
_BETWEEN = " \t\r\n,[]"
_DECODER = json.JSONDecoder()


def parsed(
    files: Sequence[DeliveredFile],
    con: duckdb.DuckDBPyConnection,
    table: str,
    structure: Mapping[str, Any],
    what: str,
    *,
    pages: Sequence[str] = (),
) -> Iterator[pa.Table]:
    """Parse the records of the files, some at a time; yield what is no JSON, as ``REJECTS``.

    Each time a table is yielded the view ``table`` gives the next records: ``_file``, ``_line``, ``_raw``, ``fields``
    (the record's own field names) and ``o``, the fields that ``structure`` names (a structure of DuckDB's
    ``json_transform``), null where one is absent or of another type. A query parses what it asks for, so that texts
    are not copied beforehand. ``_line`` is the line in JSON lines, otherwise the number of the record in the file.
    Objects with an array of records under one of the names in ``pages`` are pages.

    Raises:
        RefusedFile: nothing at the beginning of a file is JSON; ``what`` says in the message what was expected.
    """
    whole = {file.index: file for file in files}
    transform = f"json_transform(_raw, {literal(json.dumps(structure))})"
    records = f"{table}_records"
    is_uniform = True
    for pieces in _gathered(files, pages):
        found, rejects = pieces, REJECTS.empty_table()
        usual = _common_fields(con, pieces) if is_uniform else None
        is_uniform = usual is not None
        is_record = None if is_uniform else _are_records(con, pieces)
        if is_record is not None and not pc.all(is_record).as_py():
            for index in _files_without(pieces, is_record):
                raise RefusedFile(
                    whole[index],
                    1,
                    "not_json",
                    f"the file holds no JSON where {what} were expected",
                    f"deliver {what} as JSON, whole and as they were exported",
                )
            found, rejects = _mended(con, pieces, is_record)
        con.register(records, found)
        fields = _texts(usual) if usual else "json_keys(_raw)"
        con.execute(
            f"create or replace temp view {table} as select *, {fields} as fields, {transform} as o from {records}"
        )
        yield rejects
        con.execute(f"drop view {table}")
        con.unregister(records)


def _common_fields(con: duckdb.DuckDBPyConnection, pieces: pa.Table) -> list[str] | None:
    """Return the fields that all pieces have in the same order; null when they differ or one is no JSON object.

    Nearly all files are so, and then nothing else has to be asked of each record than this.
    """
    con.register("record_pieces", pieces)
    try:
        fields = _first_fields(con, "select json_keys(_raw) as fields from record_pieces")
        same = f"select bool_and(json_keys(_raw) = {_texts(fields)}) from record_pieces"
        return fields if fields and con.execute(same).fetchone() == (True,) else None
    except duckdb.InvalidInputException:
        return None
    finally:
        con.unregister("record_pieces")


def _first_fields(con: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    """Return the first of the lists of names that a query gives, if it can be written in SQL; else an empty one."""
    [fields] = con.execute(f"{query} limit 1").fetchone() or ([],)
    return fields if all(map(str.isprintable, fields)) else []


def _are_records(con: duckdb.DuckDBPyConnection, pieces: pa.Table) -> pa.ChunkedArray:
    """Whether the pieces are JSON objects, each of them one and whole."""
    con.register("record_pieces", pieces)
    is_record = "regexp_matches(_raw, '^[ \t\r\n]*[{]') and json_valid(_raw)"
    found = con.sql(f"select {is_record} as is_record from record_pieces").to_arrow_table()
    con.unregister("record_pieces")
    return found["is_record"]


def _files_without(pieces: pa.Table, is_record: pa.ChunkedArray) -> list[int]:
    """Return the files that begin among the pieces and have no record there."""
    begun = pieces["_file"].filter(pieces["_is_first"]).unique().to_pylist()
    readable = set(pieces["_file"].filter(is_record).unique().to_pylist())
    return [index for index in begun if index not in readable]


def refuse_others(
    files: Sequence[DeliveredFile], con: duckdb.DuckDBPyConnection, table: str, fits: str, what: str
) -> None:
    """Refuse a file of whose first records none is what the format reads.

    ``fits`` is SQL over the records in ``table``, true for one that the format may read. Most files are known by their
    first record.

    Raises:
        RefusedFile: no record fits.
    """
    doubtful = con.execute(f"select _file from {table} where _is_first and not coalesce({fits}, false)").fetchall()
    if not doubtful:
        return
    found = con.execute(
        f"select _file, any_value(fields[:8]) from {table} where list_contains(?, _file) group by _file"
        f" having not bool_or(coalesce({fits}, false))",
        [[index for (index,) in doubtful]],
    ).fetchone()
    if found:
        file = next(file for file in files if file.index == found[0])
        raise RefusedFile(
            file,
            1,
            "another_kind",
            f"the file holds no {what}; its records have the fields {', '.join(found[1] or []) or 'of no object'}",
            f"deliver {what} here, and other files to the source they belong to",
        )


@dataclass(frozen=True)
class Field:
    """One value of a record: where it lies (names joined by dots), how it is read, and whether it must be there.

    ``text``; ``time``: ISO-8601 with an offset; ``seconds`` or ``millis``: a number, read as whole milliseconds;
    ``number``; ``flag``; ``list``: as JSON text. Empty text is null. ``inner`` is the structure of a value that is
    taken as it is.
    """

    path: str
    kind: Literal["text", "time", "seconds", "millis", "number", "flag", "list"] = "text"
    required: bool = False
    inner: Any = None


_READINGS = {
    "text": "{value}",
    "time": "case when ends_with({value}, 'Z') or regexp_matches({value}, '[T ].*[+-][0-9]{{2}}:?[0-9]{{2}}$')"
    " then try_cast({value} as timestamptz) end",
    "seconds": "cast(round(try_cast({value} as double) * 1000) as bigint)",
    "millis": "cast(round(try_cast({value} as double)) as bigint)",
    "number": "try_cast({value} as double)",
    "flag": "try_cast({value} as boolean)",
    "list": "case when left({value}, 1) = '[' then {value} end",
}


def instant(text: str) -> str:
    """SQL for the instant of an ISO-8601 text with an offset; null for any other."""
    return _READINGS["time"].format(value=text)


def structure_of(fields: Iterable[Field]) -> dict[str, Any]:
    """Return the structure of ``json_transform`` that holds the fields, all as text: none is changed unseen."""
    structure: dict[str, Any] = {}
    for field in fields:
        *groups, name = field.path.split(".")
        inner = structure
        for group in groups:
            inner = inner.setdefault(group, {})
        inner[name] = field.inner or "VARCHAR"
    return structure


def read_fields(
    con: duckdb.DuckDBPyConnection, table: str, fields: Mapping[str, Field], found: str, known: Iterable[str]
) -> pa.Table:
    """Make the temporary table ``table`` of the records in ``found``, with a column for each of ``fields``.

    It has ``_file``, ``_line`` and ``_raw`` too, and ``unknown``, the names of the record's fields that are not
    ``known``. A record of which a required field is missing, or one that is there cannot be read, is left out and
    returned among the rejects.
    """
    found_at = {name: f"o.{_quoted(field.path)}" for name, field in fields.items()}
    values = {name: at if fields[name].inner else f"nullif({at}, '')" for name, at in found_at.items()}
    read = ", ".join(f"{_READINGS[f.kind].format(value=values[n])} as {n}" for n, f in fields.items())
    faults = " ".join(
        f"when {name} is null"
        + ("" if field.required else f" and {values[name]} is not null")
        + (f" or left({values[name]}, 1) in ('{{', '[')" if field.kind == "text" and not field.inner else "")
        + f" then {literal(field.path)}"
        for name, field in fields.items()
        if field.required or field.kind != "text"
    )
    con.execute(
        f"create or replace temp table {table} as select * exclude (o), case {faults} end as _fault"
        f" from (select _file, _line, _raw, {_unknown(con, found, known)} as unknown, o, {read} from {found})"
    )
    rejects = con.execute(
        "select _file, _line, 'unreadable_field' as rule, '$.' || _fault || ' is missing or cannot be read' as message,"
        f" 'deliver the record as the system exports it' as mend, left(_raw, {RAW}) as raw"
        f" from {table} where _fault is not null"
    ).to_arrow_table()
    con.execute(f"delete from {table} where _fault is not null")
    return rejects.cast(REJECTS)


def _quoted(path: str) -> str:
    return ".".join(f'"{name}"' for name in path.split("."))


def seen(head: bytes, *names: str) -> str | None:
    """Return by which fields a format may be known, when the beginning of a file is JSON and has them all."""
    if head.lstrip()[:1] not in (b"{", b"[") or not all(
        re.search(rb'"' + re.escape(name.encode()) + rb'"\s*:', head) for name in names
    ):
        return None
    return f"JSON with the fields {', '.join(names)}"


def _unknown(con: duckdb.DuckDBPyConnection, found: str, known: Iterable[str]) -> str:
    """SQL for the names in ``fields`` that are not known; null when all are.

    Most records have the fields of the first one, in its order, which is quicker to see than that they are known.
    """
    known = list(known)
    usual = _first_fields(con, f"select fields from {found}")
    unusual = _texts([name for name in usual if name not in known]) if set(usual) - set(known) else "null"
    names = _texts(known)
    unknown = f"list_filter(fields, lambda name: not list_contains({names}, name))"
    return (
        f"case when fields = {_texts(usual)} then {unusual} when not list_has_all({names}, fields) then {unknown} end"
    )


def _texts(names: Iterable[str]) -> str:
    return f"[{', '.join(map(literal, names))}]::varchar[]"


def without_nulls(**values: str) -> str:
    """SQL for a JSON object of SQL values, as text and without the null ones; null when all of them are."""
    pairs = ", ".join(f"{literal(json.dumps(name) + ':')} || to_json({value})" for name, value in values.items())
    return f"nullif('{{' || concat_ws(',', {pairs}) || '}}', '{{}}')"


def kept_fields(values: Mapping[str, str]) -> str:
    """SQL for ``extra``: SQL values by name, and the names of the record's fields that are not known."""
    return without_nulls(**values, unknown_fields="unknown")


def batch(
    con: duckdb.DuckDBPyConnection,
    table: str,
    query: str,
    rejects: Sequence[pa.Table] = (),
    kept: Iterable[str] = (),
) -> Batch:
    """Return the rows of a query as a batch of the contract table ``table``, with the rejects of several steps.

    The query runs when the rows are taken in. ``kept`` names the fields that the format keeps in ``extra``.
    """
    con.execute(f"create or replace temp view {table}_rows as {query}")
    return Batch(table, f"{table}_rows", pa.concat_tables([REJECTS.empty_table(), *rejects]), expected=tuple(kept))


def _mended(con: duckdb.DuckDBPyConnection, pieces: pa.Table, is_record: pa.ChunkedArray) -> tuple[pa.Table, pa.Table]:
    """Take apart the pieces that are no records; return all whole records, and the rest as rejects."""
    broken, found = pieces.filter(pc.invert(is_record)), pieces.filter(is_record)
    key = con.execute("select json_keys(?)[1]", [found["_raw"][0].as_py()]).fetchone() if len(found) else None
    begins = re.compile(rf'\{{\s*"{re.escape(key[0])}"\s*:|^\{{' if key and key[0] else r"^\{", re.MULTILINE)
    whole: list[dict[str, Any]] = []
    rejects: list[dict[str, Any]] = []
    for piece in broken.to_pylist():
        for text, is_json in _taken_apart(piece["_raw"], begins):
            if is_json:
                whole.append({**piece, "_raw": text})
            else:
                place = {"_file": piece["_file"], "_line": piece["_line"], "raw": text[:RAW]}
                rejects.append({**place, **_BROKEN})
    parts = pa.Table.from_pylist(whole, _PIECES)
    is_record = _are_records(con, parts)
    for piece in parts.filter(pc.invert(is_record)).to_pylist():
        rejects.append({"_file": piece["_file"], "_line": piece["_line"], "raw": piece["_raw"][:RAW], **_BROKEN})
    return pa.concat_tables([found, parts.filter(is_record)]), pa.Table.from_pylist(rejects, REJECTS)


_BROKEN = {
    "rule": "broken_json",
    "message": "the record is no JSON object, or is cut short",
    "mend": "deliver the record again as it was exported; a record cut short was perhaps still being written",
}


def _taken_apart(text: str, begins: re.Pattern[str]) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a text that is not one JSON value, and whether each is a JSON object."""
    at = 0
    while at < len(text):
        if text[at] in _BETWEEN:
            at += 1
            continue
        try:
            value, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            value, end = None, at
        if isinstance(value, dict):
            yield text[at:end], True
        else:
            following = begins.search(text, at + 1)
            end = following.start() if following else len(text)
            yield text[at:end].rstrip(_BETWEEN), False
        at = end


def _gathered(files: Sequence[DeliveredFile], pages: Sequence[str]) -> Iterator[pa.Table]:
    """Yield the pieces of all files in tables of about ``BLOCK`` bytes."""
    waiting: list[pa.Table] = []
    for file in files:
        for pieces in _pieces(file, pages):
            waiting.append(pieces)
            if sum(table.nbytes for table in waiting) >= BLOCK or len(waiting) >= 1000:
                yield _in_batches(waiting)
                waiting = []
    if waiting:
        yield _in_batches(waiting)


def _in_batches(tables: Sequence[pa.Table]) -> pa.Table:
    """One table in batches of a size that DuckDB's threads share well."""
    table = pa.concat_tables(tables)
    table = table if len(tables) < 10 else table.combine_chunks()
    return pa.Table.from_batches(table.to_batches(max_chunksize=_ROWS), table.schema)


def _pieces(file: DeliveredFile, pages: Sequence[str]) -> Iterator[pa.Table]:
    """Cut one file into pieces; each is a record, or something that is none."""
    page = re.compile(rb'"(?:' + "|".join(map(re.escape, pages)).encode() + rb')"\s*:\s*$') if pages else None
    count = at = rest = 0
    cut: _Lines | _Values | None = None
    with file.path.open("rb") as stream:
        while True:
            # What is left of a record is read once more, which costs less than joining it to a block.
            stream.seek(at)
            text = stream.read(rest + BLOCK)
            is_last = len(text) == rest
            if cut is None:
                cut = _Lines() if _is_lines(text, page) else _Values.of(text, page)
            starts, ends, rest_at = cut.cut(text, is_last=is_last)
            at, rest = at + rest_at, len(text) - rest_at
            if len(starts):
                yield _table(file.index, count, text, starts, ends)
                count += len(starts)
            if is_last:
                return


def _is_lines(block: bytes, page: re.Pattern[bytes] | None) -> bool:
    """Whether one of the first lines is a whole record."""
    for line in islice(re.finditer(rb"^\{.*$", block, re.MULTILINE), 8):
        try:
            value = json.loads(line.group())
        except (ValueError, RecursionError):
            continue
        return page is None or not any(page.search(f'"{name}":'.encode()) for name in value)
    return False


def _table(file: int, count: int, text: bytes, starts: np.ndarray, ends: np.ndarray) -> pa.Table:
    bounds = np.empty(2 * len(starts) + 1, np.int32)
    bounds[0:-1:2], bounds[1:-1:2], bounds[-1] = starts, ends, len(text)
    pieces = pa.StringArray.from_buffers(len(bounds) - 1, pa.py_buffer(bounds), pa.py_buffer(text))
    numbers = np.arange(count + 1, count + 1 + len(starts))
    table = pa.table(
        [
            pa.array(np.full(len(starts), file, np.int32)),
            pa.array(numbers),
            pc.take(pieces, pa.array(np.arange(0, len(bounds) - 1, 2))),
            pa.array(numbers == 1),
        ],
        schema=_PIECES,
    )
    is_written = pc.match_substring_regex(table["_raw"], r"[^ \t\r]")
    return table if pc.all(is_written).as_py() else table.filter(is_written)


class _Lines:
    """Cuts at line ends."""

    def cut(self, text: bytes, *, is_last: bool) -> tuple[np.ndarray, np.ndarray, int]:
        """Return where pieces start and end, and where the rest begins that needs more text."""
        ends = np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n"))
        rest = len(text) - (int(ends[-1]) + 1 if len(ends) else 0)
        if rest and (is_last or rest > LONGEST):
            ends = np.append(ends, len(text))
        starts = np.append(0, ends[:-1] + 1) if len(ends) else ends
        return starts, ends, min(int(ends[-1]) + 1, len(text)) if len(ends) else 0


@dataclass
class _Values:
    """Cuts at the values that begin at depth ``base``: 0 in concatenated records, 1 in an array, more in pages.

    ``depth`` is that of the place where the next text goes on, which never lies within a record; ``is_inside`` says
    that it lies in an array that holds records. ``begins`` matches the beginning of a record like the file's first.
    """

    base: int
    page: re.Pattern[bytes] | None
    begins: re.Pattern[bytes]
    depth: int = 0
    is_inside: bool = False

    @classmethod
    def of(cls, block: bytes, page: re.Pattern[bytes] | None) -> _Values:
        """Find out from a file's beginning at which depth its records lie."""
        base, first = int(block.lstrip()[:1] == b"["), 0
        if page:
            codes = np.frombuffer(block, np.uint8)
            marks, depths = _structure(codes, 0)
            for mark in marks[(codes[marks] == ord("[")) & (depths == base + 2)].tolist():
                if page.search(block, max(0, mark - 80), mark):
                    first = mark
                    break
            base, page = (base + 2, page) if first else (base, None)
        key = re.compile(rb'\{\s*"([^"\\]*)"').search(block, first)
        begins = rb'\{\s*"' + re.escape(key.group(1)) + rb'"\s*:|^\{' if key else rb"^\{"
        return cls(base, page, re.compile(begins, re.MULTILINE))

    def cut(self, text: bytes, *, is_last: bool) -> tuple[np.ndarray, np.ndarray, int]:
        """Return where pieces start and end, and where the rest begins that needs more text."""
        codes = np.frombuffer(text, np.uint8)
        marks, depths = _structure(codes, self.depth)
        is_opening = _STEPS[codes[marks]] > 0
        starts = marks[is_opening & (depths == self.base + 1)]
        ends = marks[~is_opening & (depths == self.base) & (np.append(self.depth, depths)[:-1] > self.base)] + 1
        is_held = self._is_held(text, codes, marks, depths, starts)
        is_open = len(starts) > len(ends)
        until = rest_at = int(starts[-1]) if is_open else int(ends[-1]) if len(ends) else 0
        if is_last:
            until = len(text)
        elif len(text) - rest_at > LONGEST:
            until = max((found.start() for found in self.begins.finditer(text, rest_at + 1)), default=len(text))
        if is_open:
            starts, ends = (starts, np.append(ends, until)) if until > rest_at else (starts[:-1], ends)
        kept = is_held[: len(starts)]
        strays = self._strays(text, codes, starts[kept], ends[kept], until)
        if until > 0:
            self.depth = self.base
            self.is_inside = until > rest_at or not len(is_held) or bool(is_held[-1])
        starts = np.concatenate((starts[kept], strays[:, 0]))
        order = np.argsort(starts, kind="stable")
        return starts[order], np.concatenate((ends[kept], strays[:, 1]))[order], until

    def _is_held(
        self, text: bytes, codes: np.ndarray, marks: np.ndarray, depths: np.ndarray, starts: np.ndarray
    ) -> np.ndarray:
        """Whether the values that begin at ``starts`` lie in an array of records; outside of pages all do."""
        if not self.page:
            return np.ones(len(starts), bool)
        is_opening = _STEPS[codes[marks]] > 0
        entered = marks[is_opening & (depths == self.base)]
        left = marks[~is_opening & (depths == self.base - 1)]
        holds = [bool(self.page.search(text, max(0, mark - 80), mark)) for mark in entered.tolist()]
        turns = np.concatenate((entered, left))
        order = np.argsort(turns)
        states = np.concatenate(([self.is_inside], np.concatenate((holds, np.zeros(len(left), bool)))[order]))
        return states[np.searchsorted(turns[order], starts)].astype(bool)

    def _strays(self, text: bytes, codes: np.ndarray, starts: np.ndarray, ends: np.ndarray, until: int) -> np.ndarray:
        """Return start and end of what stands between records and does not belong there."""
        begins, finishes = np.append(0, ends), np.append(starts, until)
        lengths = finishes - begins
        places = np.repeat(begins - np.append(0, np.cumsum(lengths)[:-1]), lengths) + np.arange(lengths.sum())
        suspects = np.unique(np.repeat(np.arange(len(lengths)), lengths)[~_IS_BLANK[codes[places]]])
        found = [
            (begins[gap], finishes[gap])
            for gap in suspects.tolist()
            if self._is_stray(text[begins[gap] : finishes[gap]], is_inside=gap > 0 or self.is_inside)
        ]
        return np.array(found, np.int64).reshape(-1, 2)

    def _is_stray(self, gap: bytes, *, is_inside: bool) -> bool:
        if self.page:
            return is_inside and not gap.lstrip(b" \t\r\n,").startswith(b"]")
        return bool(gap.strip(_BETWEEN.encode()))


def _structure(codes: np.ndarray, depth: int) -> tuple[np.ndarray, np.ndarray]:
    """Return where brackets and braces outside of strings are, and the depth behind each, never below 0."""
    marks = np.flatnonzero(_IS_MARK[codes])
    kinds = codes[marks]
    is_quote = kinds == _QUOTE
    slashes = np.flatnonzero(codes == _BACKSLASH)
    if len(slashes):
        is_quote[is_quote] = ~_is_escaped(slashes, marks[is_quote])
    marks = marks[(kinds != _QUOTE) & (np.cumsum(is_quote) % 2 == 0)]
    depths = depth + np.cumsum(_STEPS[codes[marks]])
    return marks, depths - np.minimum(np.minimum.accumulate(depths), 0) if len(depths) else depths


def _is_escaped(slashes: np.ndarray, quotes: np.ndarray) -> np.ndarray:
    """Whether an odd number of backslashes stands before each quote."""
    begins = np.append(True, np.diff(slashes) != 1)
    run = slashes - np.maximum.accumulate(np.where(begins, slashes, 0))
    at = np.searchsorted(slashes, quotes - 1).clip(max=len(slashes) - 1)
    return (slashes[at] == quotes - 1) & (run[at] % 2 == 0)
