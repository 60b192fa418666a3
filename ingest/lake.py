"""The lake: Parquet by feed, table and event date, and the manifest that says which files count.

A change is staged as new Parquet files and takes effect by one transaction of the manifest; files it replaces are
deleted afterwards. Whatever a crash leaves behind is not listed and is swept away before the next change. Judging
rows, finding deliveries and knowing formats do not belong here.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.conform import literal, local_date
from ingest.contract import TABLES, Table
from ingest.identity import ALIASES
from ingest.privacy import Pseudonyms

OBSERVED = tuple(table.name for table in TABLES.values() if table.observed and not table.raw)
"""Tables that record what happened. Rosters and employments also speak of days that lie ahead."""

OPEN = date.max
"""End of a range of dates that has no end yet."""

EMPTY_DATE = date(1970, 1, 1)
"""Partition of the empty file each table has, so that a pattern of paths always finds a schema."""

_DAY = timedelta(days=1)
_BATCH_ROWS = 100_000

_MANIFEST = """
create table if not exists setting (name text primary key, value text not null) strict;
create table if not exists delivery (
    id integer primary key, source text not null, file text not null, digest text not null, size integer not null,
    modified_ns integer not null, declared text not null, state text not null, reason text, taken_at text not null
) strict;
create index if not exists delivery_digest on delivery (source, digest);
create table if not exists account (
    delivery integer not null references delivery, table_name text, rows_in integer not null, loaded integer not null,
    duplicate integer not null, quarantined integer not null,
    check (rows_in = loaded + duplicate + quarantined)
) strict;
create index if not exists account_delivery on account (delivery);
create table if not exists live (
    path text primary key, table_name text not null, source text not null, event_date text not null
) strict;
create unique index if not exists live_partition on live (table_name, source, event_date);
create table if not exists live_range (path text not null, first text not null, last text not null) strict;
create index if not exists live_range_path on live_range (path);
create table if not exists forgotten (
    table_name text not null, source text not null, event_date text not null, rows integer not null,
    forgotten_at text not null, primary key (table_name, source, event_date)
) strict;
create table if not exists change (
    sequence integer primary key, oldest text, newest text, committed_at text not null
) strict;
create table if not exists touched (sequence integer not null, first text not null, last text not null) strict;
create index if not exists touched_sequence on touched (sequence);
"""


class IngestError(Exception):
    """Ingest cannot go on; the message says what is wrong and how to mend it."""


@dataclass(frozen=True)
class Account:
    """What became of one delivered file in one table; rows_in = loaded + duplicate + quarantined.

    ``table`` is null for a file without a row. A file refused whole has all its rows quarantined and a ``reason``.
    """

    delivery: int
    source: str
    file: str
    table: str | None
    rows_in: int
    loaded: int
    duplicate: int
    quarantined: int
    state: str
    reason: str | None
    taken_at: datetime


@dataclass(frozen=True)
class Tally:
    """Counts of one table of one delivery."""

    table: str | None
    rows_in: int = 0
    loaded: int = 0
    duplicate: int = 0
    quarantined: int = 0


@dataclass(frozen=True)
class Delivery:
    """A delivered file as the manifest keeps it; ``declared`` is the digest of the source's declaration."""

    source: str
    file: str
    digest: str
    size: int
    modified_ns: int
    declared: str
    state: str
    reason: str | None = None
    tallies: tuple[Tally, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Every row was taken, and no file in it was refused."""
        return self.state == "taken" and self.reason is None and not any(tally.quarantined for tally in self.tallies)


@dataclass(frozen=True)
class _Range:
    first: date
    last: date


@dataclass
class _Staged:
    path: Path
    ranges: list[_Range] = field(default_factory=list)


class Lake:
    """The lake below ``root``. Reading is safe at any time; one process at a time may change it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        with self._manifest() as manifest:
            manifest.executescript(_MANIFEST)
        for table in TABLES.values():
            if not self.empty(table).exists():
                _write_empty(table, self.empty(table))

    def empty(self, table: Table) -> Path:
        """Return the path of the table's empty file."""
        return self._folder(table, EMPTY_DATE) / "empty.parquet"

    def sequence(self) -> int:
        """Return the number of the newest committed change; 0 before the first."""
        with self._manifest() as manifest:
            return manifest.execute("select coalesce(max(sequence), 0) from change").fetchone()[0]

    def newest(self, tables: Iterable[str] = OBSERVED) -> date | None:
        """Return the newest local date on which something happened in one of the tables."""
        return self._span(tables)[1]

    def touched(self, since: int) -> list[date]:
        """Return the local dates to rebuild for changes after number ``since``; all dates with data for 0.

        Rosters and employments may speak of dates on which nothing has happened yet: such dates are named once
        something has.
        """
        oldest, newest = self._span(OBSERVED)
        if oldest is None or newest is None:
            return []
        with self._manifest() as manifest:
            recent = _ranges(manifest.execute("select first, last from touched where sequence > ?", [since]))
            seen = manifest.execute("select oldest, newest from change where sequence = ?", [since]).fetchone()
            earlier = _ranges(manifest.execute("select first, last from touched where sequence <= ?", [since]))
        days = _days(recent, oldest, newest)
        if seen and seen[0]:
            days |= _days(earlier, oldest, date.fromisoformat(seen[0]) - _DAY)
            days |= _days(earlier, date.fromisoformat(seen[1]) + _DAY, newest)
        elif seen:
            days |= _days(earlier, oldest, newest)
        return sorted(days)

    def partitions(self, table: str, dates: Iterable[date]) -> list[date]:
        """Return the partitions (event dates) of ``table`` with a row that touches one of the local dates."""
        query = """
            select distinct event_date from live join live_range using (path)
            where table_name = ? and exists (select 1 from json_each(?) where value between first and last)
            order by event_date
        """
        wanted = json.dumps([day.isoformat() for day in dates])
        with self._manifest() as manifest:
            return [date.fromisoformat(row[0]) for row in manifest.execute(query, [table, wanted])]

    def accounts(self) -> list[Account]:
        """Return the account of every delivered file and table, in the order in which they were taken."""
        query = """
            select id, source, file, table_name, coalesce(rows_in, 0), coalesce(loaded, 0), coalesce(duplicate, 0),
                coalesce(quarantined, 0), state, reason, taken_at
            from delivery left join account on account.delivery = delivery.id order by id, account.rowid
        """
        with self._manifest() as manifest:
            return [_account(*row) for row in manifest.execute(query)]

    def known(self, source: str) -> list[Delivery]:
        """Return the source's deliveries, oldest first; a file taken again has several entries."""
        query = """
            select id, source, file, digest, size, modified_ns, declared, state, reason,
                table_name, rows_in, loaded, duplicate, quarantined
            from delivery left join account on account.delivery = delivery.id where source = ?
            order by id, account.rowid
        """
        with self._manifest() as manifest:
            rows = manifest.execute(query, [source]).fetchall()
        return [_delivery(entry, list(group)) for entry, group in groupby(rows, key=lambda row: row[:9])]

    def declared(self, source: str) -> str | None:
        """Return the digest of the declaration under which the source was last taken."""
        return self._setting(f"declared:{source}")

    def renew(self, source: str, file: str, size: int, modified_ns: int) -> None:
        """Remember that a known file has a new size or time stamp although its content is the same."""
        with self._manifest() as manifest:
            manifest.execute(
                "update delivery set size = ?, modified_ns = ? where source = ? and file = ?",
                [size, modified_ns, source, file],
            )

    def reopen(self, source: str, file: str) -> None:
        """Let a file, and every one with its content, be taken once more as if the source were declared otherwise."""
        with self._manifest() as manifest:
            manifest.execute(
                "update delivery set declared = '' where source = ?1 and digest in"
                " (select digest from delivery where source = ?1 and file = ?2)",
                [source, file],
            )

    def record(self, deliveries: Sequence[Delivery]) -> None:
        """Record deliveries that change nothing."""
        now = datetime.now(UTC).isoformat()
        with self._manifest() as manifest:
            for delivery in deliveries:
                _record(manifest, delivery, now)

    def bind(self, pseudonyms: Pseudonyms) -> None:
        """Tie the lake to one pseudonym key.

        Raises:
            IngestError: the lake was filled with another key.
        """
        fingerprint = pseudonyms.fingerprint()
        before = self._setting("pseudonym_key")
        if before is None:
            with self._manifest() as manifest:
                manifest.execute("insert into setting values ('pseudonym_key', ?)", [fingerprint])
        elif before != fingerprint:
            raise IngestError(
                f"{self.root}: the lake was filled with the pseudonym key {before}, the key given now is {fingerprint};"
                " with two keys one customer would have two pseudonyms. Set the earlier key again, or start a new"
                " lake and take every delivery anew"
            )

    def sweep(self) -> None:
        """Delete what a crash left behind: drafts, and Parquet files the manifest does not list."""
        with self._manifest() as manifest:
            listed = {self.root / row[0] for row in manifest.execute("select path from live")}
        for table in TABLES.values():
            for path in (self.root / table.feed / table.name).glob("event_date=*/*"):
                if path not in listed and path != self.empty(table):
                    path.unlink()

    def files(self, table: str, source: str) -> dict[date, Path]:
        """Return the live file of each partition of a table that came from ``source``."""
        query = "select event_date, path from live where table_name = ? and source = ?"
        with self._manifest() as manifest:
            rows = manifest.execute(query, [table, source]).fetchall()
        return {date.fromisoformat(day): self.root / path for day, path in rows}

    def sources(self, table: str) -> list[str]:
        """Return the sources that have rows in a table."""
        with self._manifest() as manifest:
            query = "select distinct source from live where table_name = ? order by source"
            return [row[0] for row in manifest.execute(query, [table])]

    def forget(self, table: str, before: date) -> dict[str, int]:
        """Remove for ever the partitions of a table of which every row ended before a day.

        What is removed is never taken again: rows on these dates count as duplicates from now on. The warehouse is
        not told; it keeps what it has counted. Return the rows removed by source.
        """
        ended = """
            select path, source, event_date from live left join live_range using (path) where table_name = ?
            group by path having coalesce(max(last), event_date) < ? order by source, event_date
        """
        removed: dict[str, int] = {}
        now = datetime.now(UTC).isoformat()
        with self._manifest() as manifest:
            partitions = manifest.execute(ended, [table, before.isoformat()]).fetchall()
            for path, source, day in partitions:
                rows = pq.read_metadata(self.root / path).num_rows
                removed[source] = removed.get(source, 0) + rows
                manifest.execute("insert into forgotten values (?, ?, ?, ?, ?)", [table, source, day, rows, now])
                manifest.execute("delete from live_range where path = ?", [path])
                manifest.execute("delete from live where path = ?", [path])
        for path, _, _ in partitions:
            (self.root / path).unlink()
        return removed

    def forgotten(self, table: str | None = None, source: str | None = None) -> set[date]:
        """Return the dates of which rows were removed: of any table and source, or of one."""
        query = (
            "select event_date from forgotten where table_name = ifnull(?, table_name) and source = ifnull(?, source)"
        )
        with self._manifest() as manifest:
            return {date.fromisoformat(row[0]) for row in manifest.execute(query, [table, source])}

    def open_before(self, table: str, source: str, day: date) -> list[date]:
        """Return the partitions before ``day`` that hold a row whose end has not been delivered."""
        query = """
            select distinct event_date from live join live_range using (path)
            where table_name = ? and source = ? and event_date < ? and last = ? order by event_date
        """
        with self._manifest() as manifest:
            rows = manifest.execute(query, [table, source, day.isoformat(), OPEN.isoformat()])
            return [date.fromisoformat(row[0]) for row in rows]

    def _setting(self, name: str) -> str | None:
        with self._manifest() as manifest:
            row = manifest.execute("select value from setting where name = ?", [name]).fetchone()
        return row[0] if row else None

    def _span(self, tables: Iterable[str]) -> tuple[date | None, date | None]:
        with self._manifest() as manifest:
            return _span(manifest, tables)

    @contextmanager
    def _manifest(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.root / "manifest.sqlite", timeout=60)
        try:
            with connection:
                yield connection
        finally:
            connection.close()

    def _folder(self, table: Table, day: date) -> Path:
        return self.root / table.feed / table.name / f"event_date={day.isoformat()}"


class Change:
    """New rows of one source on their way into the lake; nothing counts before ``commit``.

    ``zone`` is the site's time zone: it decides on which local date an instant falls. Relations are named tables or
    views on ``con``.
    """

    def __init__(self, lake: Lake, source: str, zone: str, con: duckdb.DuckDBPyConnection) -> None:
        self._lake = lake
        self._source = source
        self._zone = zone
        self._con = con
        self._staged: dict[tuple[str, date], _Staged | None] = {}
        self._touched: list[_Range] = []
        self._superseded: set[Path] = set()

    @property
    def source(self) -> str:
        """Name of the source."""
        return self._source

    @property
    def zone(self) -> str:
        """Time zone of the source's site."""
        return self._zone

    def files(self, table: str) -> dict[date, Path]:
        """Return the partitions of the source as they will be after the change."""
        files = self._lake.files(table, self._source)
        for (name, day), staged in self._staged.items():
            if name == table:
                files.pop(day, None)
                if staged:
                    files[day] = staged.path
        return files

    def open_before(self, table: str, day: date) -> list[date]:
        """Return the partitions before ``day`` that held an open row before the change."""
        return self._lake.open_before(table, self._source, day)

    def newest_before(self, table: str) -> date | None:
        """Return the newest partition the source had before the change."""
        return max(self._lake.files(table, self._source), default=None)

    def rows(self, table: str, dates: Iterable[date] | None = None) -> str:
        """Return SQL that reads the source's rows in some partitions (all by default), with ``event_date``."""
        files = self.files(table)
        chosen = sorted(files) if dates is None else sorted(set(files) & set(dates))
        paths = [self._lake.empty(TABLES[table]), *(files[day] for day in chosen)]
        listed = ", ".join(literal(path.as_posix()) for path in paths)
        return f"read_parquet([{listed}], hive_partitioning = true, hive_types = {{'event_date': date}})"

    def merge(self, name: str, incoming: str) -> dict[int, int]:
        """Take the new and newer among the rows of ``incoming``; return how many of each ``_file`` were taken.

        Of rows with one key the greater version wins, among equals the one delivered later; a row equal to the one
        the lake holds, or older, changes nothing. The rows taken remain as the table ``fresh_<name>``.
        """
        table = TABLES[name]
        keys, version = ", ".join(table.key), table.version
        winners, fresh = incoming, f"fresh_{name}"
        if forgotten := self._lake.forgotten(name, self._source):
            self._con.execute(f"delete from {incoming} where event_date in (select unnest(?))", [sorted(forgotten)])
        doubled = f"select {keys} from {incoming} group by all having count(*) > 1"
        if self._con.execute(f"select exists ({doubled})").fetchone() == (True,):
            winners = "winners"
            self._table(
                winners,
                f"select * from {incoming} qualify row_number() over"
                f" (partition by {keys} order by {version} desc nulls last, _file desc, _line desc) = 1",
            )
        dates = None if table.moves else self._near(incoming)
        if self._has(name, dates):
            self._view("existing", f"select * from {self.rows(name, dates)}")
            differs = " or ".join(f"w.{c.name} is distinct from e.{c.name}" for c in table.columns)
            self._table(
                fresh,
                f"select w.* from {winners} w left join existing e using ({keys}) where e.source_system is null"
                f" or (coalesce(w.{version} >= e.{version}, e.{version} is null) and ({differs}))",
            )
            self._table("gone", f"select existing.* from existing semi join {fresh} using ({keys})")
            self._stage(table, fresh, "gone")
        else:
            self._view(fresh, f"select * from {winners}")
            self._stage(table, fresh)
        return dict(self._con.execute(f"select _file, count(*) from {fresh} group by all").fetchall())

    def replace(self, name: str, derived: str, dates: Sequence[date], scope: str) -> None:
        """Make the rows that ``scope`` selects in the partitions ``dates`` equal to those of ``derived``.

        ``derived`` has the contract's columns; its rows on other dates are left aside.
        """
        table = TABLES[name]
        dates = sorted(set(dates) - self._lake.forgotten(name, self._source))
        if not dates:
            return
        keys = ", ".join(table.key)
        day = local_date(table.event_time, table.column(table.event_time).type, self._zone)
        wanted = ", ".join(f"date {literal(d.isoformat())}" for d in dates)
        columns = [c.name for c in table.columns]
        self._view(
            "target", f"select {', '.join(columns)}, {day} as event_date from {derived} where {day} in ({wanted})"
        )
        if not self._has(name, dates):
            self._stage(table, "target")
            return
        self._view("existing", f"select * from {self.rows(name, dates)} where {scope}")
        differs = " or ".join(f"t.{column} is distinct from e.{column}" for column in columns)
        self._table(
            "changed",
            f"select {', '.join(f't.{column}' for column in columns)}, t.event_date"
            f" from target t left join existing e using ({keys}) where e.source_system is null or {differs}",
        )
        self._table(
            "gone",
            f"select existing.* from existing anti join target using ({keys})"
            f" union all select existing.* from existing semi join changed using ({keys})",
        )
        self._stage(table, "changed", "gone")

    def touch(self, days: Iterable[date]) -> None:
        """Name further local dates that must be rebuilt for the change."""
        self._touched += [_Range(day, day) for day in days]

    def commit(self, deliveries: Sequence[Delivery], declared: str) -> None:
        """Let the change count, and record the deliveries it came from and the declaration it was read by."""
        live = {name: self._lake.files(name, self._source) for name, _ in self._staged}
        old = {live[name][day] for name, day in self._staged if day in live[name]}
        new = {staged.path for staged in self._staged.values() if staged}
        now = datetime.now(UTC).isoformat()
        with self._lake._manifest() as manifest:
            for path in old:
                manifest.execute("delete from live_range where path = ?", [self._relative(path)])
                manifest.execute("delete from live where path = ?", [self._relative(path)])
            for (name, day), staged in self._staged.items():
                if staged:
                    relative = self._relative(staged.path)
                    entry = [relative, name, self._source, day.isoformat()]
                    manifest.execute("insert into live values (?, ?, ?, ?)", entry)
                    manifest.executemany("insert into live_range values (?, ?, ?)", _rows(relative, staged.ranges))
            if old != new:
                oldest, newest = (day.isoformat() if day else None for day in _span(manifest, OBSERVED))
                entry = [oldest, newest, now]
                sequence = manifest.execute("insert into change values (null, ?, ?, ?)", entry).lastrowid
                manifest.executemany("insert into touched values (?, ?, ?)", _rows(sequence, self._touched))
            for delivery in deliveries:
                _record(manifest, delivery, now)
            manifest.execute("insert or replace into setting values (?, ?)", [f"declared:{self._source}", declared])
        for path in (old | self._superseded) - new:
            path.unlink(missing_ok=True)

    def _near(self, relation: str) -> list[date]:
        """Dates of a relation and their neighbours: a corrected zone moves a row by a day at most."""
        days = {row[0] for row in self._con.execute(f"select distinct event_date from {relation}").fetchall()}
        return sorted(days | {day + _DAY for day in days} | {day - _DAY for day in days})

    def _has(self, table: str, dates: Iterable[date] | None) -> bool:
        """Whether the source has rows in some partitions (all for ``None``)."""
        files = self.files(table)
        return bool(files) if dates is None else not files.keys().isdisjoint(dates)

    def _stage(self, table: Table, fresh: str, gone: str | None = None) -> None:
        """Write the partitions that the rows of ``fresh`` concern, and those of ``gone``, which they replace.

        Without ``gone`` these partitions are new.
        """
        named = f"select event_date from {fresh}" + (f" union select event_date from {gone}" if gone else "")
        dates = [row[0] for row in self._con.execute(f"select distinct event_date from ({named})").fetchall()]
        if not dates:
            return
        columns = ", ".join(column.name for column in table.columns)
        rows = f"select {columns}, event_date from {fresh}"
        if gone:
            kept = f"{self.rows(table.name, dates)} anti join {gone} using ({', '.join(table.key)})"
            rows += f" union all select {columns}, event_date from {kept}"
        self._view("partition_rows", rows)
        for day in dates:
            if earlier := self._staged.get((table.name, day)):
                self._superseded.add(earlier.path)
            self._staged[table.name, day] = None
        order = ", ".join(dict.fromkeys(("event_date", table.event_time, *table.key)))
        reader = self._con.execute(f"select * from partition_rows order by {order}").to_arrow_reader(_BATCH_ROWS)
        for day, path in self._write(table, reader):
            self._staged[table.name, day] = _Staged(path)
        if table.touches:
            for day, first, last in self._con.execute(self._ranges(table, "partition_rows", "event_date")).fetchall():
                staged = self._staged[table.name, day]
                assert staged is not None
                staged.ranges.append(_Range(first, last))
                if not gone and table.name != ALIASES:
                    self._touched.append(_Range(first, last))
        if table.touches and table.name != ALIASES and gone:
            self._view("touching", f"select {columns} from {fresh} union all select {columns} from {gone}")
            for _, first, last in self._con.execute(self._ranges(table, "touching", "null")).fetchall():
                self._touched.append(_Range(first, last))

    def _write(self, table: Table, reader: pa.RecordBatchReader) -> Iterator[tuple[date, Path]]:
        """Write rows that come ordered by ``event_date``, one file a date; yield each file once it is complete."""
        day: date | None = None
        writer: pq.ParquetWriter | None = None
        draft = Path()
        for batch in reader:
            days = batch.column("event_date")
            rows = batch.drop_columns("event_date").cast(table.schema)
            numbers = days.cast(pa.int32()).to_numpy()
            start = 0
            for end in (*(np.flatnonzero(numbers[1:] != numbers[:-1]) + 1).tolist(), len(days)):
                value = days[start].as_py()
                if value != day:
                    if writer and day:
                        writer.close()
                        yield day, self._settle(draft)
                    day = value
                    folder = self._lake._folder(table, value)
                    folder.mkdir(parents=True, exist_ok=True)
                    draft = folder / f".{self._source}.draft"
                    writer = pq.ParquetWriter(draft, table.schema, compression="zstd")
                assert writer is not None
                writer.write_batch(rows.slice(start, end - start))
                start = end
        if writer and day:
            writer.close()
            yield day, self._settle(draft)

    def _settle(self, draft: Path) -> Path:
        """Give a complete draft its name, which says its source and its content."""
        with draft.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
            os.fsync(content.fileno())
        return draft.replace(draft.with_name(f"{self._source}-{digest[:16]}.parquet"))

    def _ranges(self, table: Table, relation: str, group: str) -> str:
        """SQL: the local dates that rows touch, folded into ranges, for each value of ``group``."""
        days = [local_date(name, table.column(name).type, self._zone) for name in table.touches]
        if table.touches_span:
            last = f"coalesce({days[-1]}, date '{OPEN}')"
            spans = f"select distinct {group} as g, {days[0]} as first, {last} as last from {relation}"
        else:
            spans = (
                f"select distinct g, day as first, day as last from"
                f" (select {group} as g, unnest([{', '.join(days)}]) as day from {relation}) where day is not null"
            )
        return f"""
            with spans as ({spans}),
            reached as (
                select *, max(last) over (partition by g order by first, last rows between unbounded preceding
                    and 1 preceding) as reach
                from spans
            ),
            islands as (
                select *, count(*) filter (reach is null or first > reach + 1) over (partition by g order by first, last
                    rows unbounded preceding) as island
                from reached
            )
            select g, min(first), max(last) from islands group by g, island
        """

    def _relative(self, path: Path) -> str:
        return path.relative_to(self._lake.root).as_posix()

    def _view(self, name: str, query: str) -> None:
        self._con.execute(f"create or replace temp view {name} as {query}")

    def _table(self, name: str, query: str) -> None:
        self._con.execute(f"create or replace temp table {name} as {query}")


def _write_empty(table: Table, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    pq.write_table(table.schema.empty_table(), draft)
    draft.replace(path)


def _span(manifest: sqlite3.Connection, tables: Iterable[str]) -> tuple[date | None, date | None]:
    query = """
        select min(first), max(case when last = ? then first else last end) from live join live_range using (path)
        where table_name in (select value from json_each(?))
    """
    oldest, newest = manifest.execute(query, [OPEN.isoformat(), json.dumps(list(tables))]).fetchone()
    return (date.fromisoformat(oldest), date.fromisoformat(newest)) if oldest else (None, None)


def _ranges(rows: Iterable[tuple[str, str]]) -> list[_Range]:
    return [_Range(date.fromisoformat(first), date.fromisoformat(last)) for first, last in rows]


def _days(ranges: Iterable[_Range], oldest: date, newest: date) -> set[date]:
    days: set[date] = set()
    for span in ranges:
        first, last = max(span.first, oldest), min(span.last, newest)
        days.update(first + offset * _DAY for offset in range((last - first).days + 1))
    return days


def _rows(owner: str | int | None, ranges: Iterable[_Range]) -> list[tuple[str | int | None, str, str]]:
    return [(owner, span.first.isoformat(), span.last.isoformat()) for span in ranges]


def _account(*row: Any) -> Account:
    return Account(*row[:-1], taken_at=datetime.fromisoformat(row[-1]))


def _delivery(entry: tuple[Any, ...], accounts: Sequence[tuple[Any, ...]]) -> Delivery:
    _, *known = entry
    return Delivery(*known, tallies=tuple(Tally(*row[9:]) for row in accounts if row[10] is not None))


def _record(manifest: sqlite3.Connection, delivery: Delivery, now: str) -> None:
    entry = [
        delivery.source,
        delivery.file,
        delivery.digest,
        delivery.size,
        delivery.modified_ns,
        delivery.declared,
        delivery.state,
        delivery.reason,
        now,
    ]
    inserted = manifest.execute("insert into delivery values (null, ?, ?, ?, ?, ?, ?, ?, ?, ?)", entry).lastrowid
    manifest.executemany(
        "insert into account values (?, ?, ?, ?, ?, ?)",
        [(inserted, t.table, t.rows_in, t.loaded, t.duplicate, t.quarantined) for t in delivery.tallies],
    )
