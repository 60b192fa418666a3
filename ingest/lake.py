"""The lake: Parquet by feed, table and event date, and the manifest that says which files count.

A change is staged as new Parquet files and takes effect by one transaction of the manifest; files it replaces are
deleted afterwards. Whatever a crash leaves behind is not listed and is swept away before the next change. Judging
rows, finding deliveries and knowing formats do not belong here.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import pyarrow.parquet as pq

from ingest.conform import literal, local_date
from ingest.contract import DATE, IDENTITY, INSTANT, TABLES, Table
from ingest.identity import ALIASES
from ingest.privacy import Pseudonyms, redactions

OBSERVED = tuple(table.name for table in TABLES.values() if table.observed and not table.raw)
"""Tables that record what happened. Rosters and employments also speak of days that lie ahead."""

OPEN = date.max
"""End of a range of dates that has no end yet."""

EMPTY_DATE = date(1970, 1, 1)
"""Partition of the empty file each table has, so that a pattern of paths always finds a schema."""

_DAY = timedelta(days=1)

_SORTED_ROWS = 50_000
"""Rows up to which partitions are written in order; more are written as they come, by every core."""

_OPEN_FILES = 400
"""Partitions written at once: a year of days, and fewer files than a process may open."""

_COMPOSED = 200
"""Partitions composed at once, over all cores: each core holds most of a megabyte of each until it is written."""

_NO_DATE = "__HIVE_DEFAULT_PARTITION__"
"""How DuckDB names the partition of null."""

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
create table if not exists unknown_field (
    delivery integer not null references delivery, table_name text not null, field text not null, rows integer not null
) strict;
create table if not exists redaction (
    delivery integer not null references delivery, table_name text not null, kind text not null, count integer not null
) strict;
create table if not exists doubt (delivery integer not null references delivery, message text not null) strict;
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
create table if not exists changed (sequence integer not null, table_name text not null) strict;
"""


_CONTRACT = hashlib.sha256(
    repr(
        [(table.feed, table.name, str(table.schema), table.key, table.event_time) for table in TABLES.values()]
    ).encode()
).hexdigest()
"""What tells the tables as they lie in the lake from those of another version."""


def widened(days: Iterable[date], by: int) -> list[date]:
    """Return the days and those up to ``by`` days before and after each, in order."""
    return sorted({day + timedelta(days=offset) for day in days for offset in range(-by, by + 1)})


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
    """Counts of one table of one delivery.

    ``unknown`` counts rows by field that the contract does not know, ``redacted`` what was redacted by kind.
    """

    table: str | None
    rows_in: int = 0
    loaded: int = 0
    duplicate: int = 0
    quarantined: int = 0
    unknown: Mapping[str, int] = field(default_factory=dict)
    redacted: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Drift:
    """A field that files of a source bring and the contract does not know: it lies in ``extra``.

    ``rows`` and ``files`` count the rows with a value and the files with such rows, by the last taking of each file.
    """

    source: str
    table: str
    field: str
    rows: int
    files: int
    first_at: datetime
    last_at: datetime
    last_file: str


@dataclass(frozen=True)
class Delivery:
    """A delivered file as the manifest keeps it.

    ``declared`` is the digest of the source's declaration, ``doubts`` say what is doubtful about the files of its pass.
    """

    source: str
    file: str
    digest: str
    size: int
    modified_ns: int
    declared: str
    state: str
    reason: str | None = None
    tallies: tuple[Tally, ...] = ()
    doubts: tuple[str, ...] = ()

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

    def unchanged(self, since: int) -> set[str]:
        """Return the tables of which nothing new can be counted after change number ``since``.

        No change replaced any of their rows, and none of their rows speaks of a date that only became a date with
        data since then, as a roster does. (Who people are, ``IDENTITY``, counts for every date and has no such rows.)
        """
        changed = "select distinct table_name from changed where sequence > ?"
        unknown = "select count(*) from change where sequence > ? and sequence not in (select sequence from changed)"
        ahead = """
            select distinct table_name from live join live_range using (path), change
            where change.sequence = ? and (last > newest or first < oldest or newest is null)
        """
        with self._manifest() as manifest:
            if since == 0 or manifest.execute(unknown, [since]).fetchone()[0]:
                return set()
            replaced = {name for (name,) in manifest.execute(changed, [since])}
            dated = {name for (name,) in manifest.execute(ahead, [since])} - set(IDENTITY)
        return TABLES.keys() - replaced - dated

    def partitions(self, table: str, dates: Iterable[date] | None = None) -> list[date]:
        """Return the partitions (event dates) of ``table``, of which a row touches one of the local dates if given."""
        query, wanted = "select distinct event_date from live where table_name = ? order by event_date", [table]
        if dates is not None:
            query = """
                select distinct event_date from live join live_range using (path)
                where table_name = ? and exists (select 1 from json_each(?) where value between first and last)
                order by event_date
            """
            wanted.append(json.dumps([day.isoformat() for day in dates]))
        with self._manifest() as manifest:
            return [date.fromisoformat(row[0]) for row in manifest.execute(query, wanted)]

    def arrived(self) -> list[tuple[str, str, date]]:
        """Return source, table and day of all partitions there are or were before they were forgotten, in order."""
        query = """
            select source, table_name, event_date from live union
            select source, table_name, event_date from forgotten order by 1, 2, 3
        """
        with self._manifest() as manifest:
            return [(source, table, date.fromisoformat(day)) for source, table, day in manifest.execute(query)]

    def accounts(self, after: int = 0) -> list[Account]:
        """Return the account of every file and table delivered ``after`` a delivery, in the order of taking."""
        query = """
            select id, source, file, table_name, coalesce(rows_in, 0), coalesce(loaded, 0), coalesce(duplicate, 0),
                coalesce(quarantined, 0), state, reason, taken_at
            from delivery left join account on account.delivery = delivery.id where id > ? order by id, account.rowid
        """
        with self._manifest() as manifest:
            return [_account(*row) for row in manifest.execute(query, [after])]

    def newest_delivery(self) -> int:
        """Return the number of the delivery taken last; 0 before the first."""
        with self._manifest() as manifest:
            return manifest.execute("select coalesce(max(id), 0) from delivery").fetchone()[0]

    def drift(self) -> list[Drift]:
        """Return the fields that came without being known to the contract, by source, table and name."""
        # SQLite takes a bare column (file) from the row that has the maximum.
        query = """
            select source, table_name, field, sum(rows), count(*), min(taken_at), file, max(taken_at)
            from unknown_field join delivery on delivery.id = unknown_field.delivery
            where delivery.id in (select max(id) from delivery group by source, file)
            group by source, table_name, field order by source, table_name, field
        """
        with self._manifest() as manifest:
            return [
                Drift(
                    source,
                    table,
                    name,
                    rows,
                    files,
                    datetime.fromisoformat(first),
                    datetime.fromisoformat(last),
                    last_file,
                )
                for source, table, name, rows, files, first, last_file, last in manifest.execute(query)
            ]

    def doubts(self) -> list[tuple[str, str, int]]:
        """Return what is doubtful about the files of a source as they were last taken: source, message and files."""
        query = """
            select source, message, count(*) from doubt join delivery on delivery.id = doubt.delivery
            where delivery.id in (select max(id) from delivery group by source, file)
            group by source, message order by source, message
        """
        with self._manifest() as manifest:
            return manifest.execute(query).fetchall()

    def redactions(self) -> list[tuple[str, str, int]]:
        """Return how often each kind was redacted in the texts of a source: source, kind and count."""
        query = """
            select source, kind, sum(count) from redaction join delivery on delivery.id = redaction.delivery
            where delivery.id in (select max(id) from delivery group by source, file)
            group by source, kind order by source, kind
        """
        with self._manifest() as manifest:
            return manifest.execute(query).fetchall()

    def retake(self, source: str, file: str) -> bool:
        """Let the next take read a delivered file, and its copies, once more; return whether the file is known.

        Rows that the lake has from it count as duplicates then; what the quarantine has of it is replaced.
        """
        with self._manifest() as manifest:
            found = manifest.execute(
                "update delivery set declared = '' where source = ?1 and digest in"
                " (select digest from delivery where source = ?1 and file = ?2)",
                [source, file],
            )
            return found.rowcount > 0

    def known(self, source: str) -> list[Delivery]:
        """Return the source's deliveries, oldest first; a file taken again has several entries.

        Those to be taken once more (``retake``) are not among them.
        """
        query = """
            select id, source, file, digest, size, modified_ns, declared, state, reason,
                table_name, rows_in, loaded, duplicate, quarantined
            from delivery left join account on account.delivery = delivery.id where source = ? and declared <> ''
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

    def record(self, deliveries: Sequence[Delivery]) -> None:
        """Record deliveries that change nothing."""
        now = datetime.now(UTC).isoformat()
        with self._manifest() as manifest:
            for delivery in deliveries:
                _record(manifest, delivery, now)

    def bind(self, pseudonyms: Pseudonyms) -> None:
        """Tie the lake to one pseudonym key and to the contract as it is.

        Raises:
            IngestError: the lake was filled with another key, or by a version with another contract.
        """
        if self._bound("contract", _CONTRACT) != _CONTRACT:
            raise IngestError(
                f"{self.root}: the lake was filled by a version of Gaugebook with another contract, so its tables have"
                f" other columns. Move {self.root} and the warehouse away and run again: everything in landing is taken"
                " anew"
            )
        fingerprint = pseudonyms.fingerprint()
        before = self._bound("pseudonym_key", fingerprint)
        if before != fingerprint:
            raise IngestError(
                f"{self.root}: the lake was filled with the pseudonym key {before}, the key given now is {fingerprint};"
                " with two keys one customer would have two pseudonyms. Set the earlier key again; a key that follows"
                " it is declared as `rotated_to` and comes into force by `gaugebook pseudonyms rotate`"
            )

    def _bound(self, name: str, value: str) -> str:
        """Return a setting, which is ``value`` from now on when there was none."""
        with self._manifest() as manifest:
            manifest.execute("insert or ignore into setting values (?, ?)", [name, value])
        return self._setting(name) or value

    def pseudonym_key(self) -> str | None:
        """Return the fingerprint of the keys that the lake is tied to."""
        return self._setting("pseudonym_key")

    def rewrite(self, con: duckdb.DuckDBPyConnection, table: Table, path: Path, query: str) -> Path:
        """Write the rows of ``query`` beside a partition's file; they count once ``swap`` lets them."""
        self.drafts.mkdir(exist_ok=True)
        draft = self.drafts / f"rewritten-{table.name}.parquet"
        con.execute(f"copy ({query}) to {literal(draft.as_posix())} (format parquet, compression zstd)")
        with draft.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
            os.fsync(content.fileno())
        source = path.stem.rpartition("-")[0]
        return draft.replace(path.with_name(f"{source}-{digest[:16]}.parquet"))

    def swap(self, rewritten: Mapping[Path, Path], pseudonyms: Pseudonyms) -> None:
        """Let rewritten files count instead of others, and tie the lake to other pseudonym keys, in one step."""
        with self._manifest() as manifest:
            for old, new in rewritten.items():
                paths = [self._relative(new), self._relative(old)]
                manifest.execute("update live set path = ? where path = ?", paths)
                manifest.execute("update live_range set path = ? where path = ?", paths)
            manifest.execute("insert or replace into setting values ('pseudonym_key', ?)", [pseudonyms.fingerprint()])
        for old in rewritten:
            old.unlink()

    @property
    def drafts(self) -> Path:
        """Where a change writes before it is known what counts."""
        return self.root / ".drafts"

    def sweep(self) -> None:
        """Delete what a crash left behind: drafts, and Parquet files the manifest does not list."""
        shutil.rmtree(self.drafts, ignore_errors=True)
        with self._manifest() as manifest:
            listed = {path for (path,) in manifest.execute("select path from live")}
        for table in TABLES.values():
            listed.add(self._relative(self.empty(table)))
            # Years of history are ten thousand folders, hence no Path for each.
            for partition in os.scandir(self.root / table.feed / table.name):
                for file in os.scandir(partition) if partition.name.startswith("event_date=") else ():
                    if f"{table.feed}/{table.name}/{partition.name}/{file.name}" not in listed:
                        Path(file).unlink()

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

    @contextmanager
    def copied(self) -> Iterator[Lake]:
        """Give a copy of the lake to change at will; it shares files by hard links and is deleted afterwards.

        Nothing may change the lake meanwhile. A copy that a crash left behind is deleted first.
        """
        root = self.root / ".copy"
        shutil.rmtree(root, ignore_errors=True)
        try:
            for feed in {table.feed for table in TABLES.values()}:
                shutil.copytree(self.root / feed, root / feed, copy_function=os.link)
            with self._manifest() as manifest, closing(sqlite3.connect(root / "manifest.sqlite")) as copy:
                manifest.backup(copy)
            yield Lake(root)
        finally:
            shutil.rmtree(root, ignore_errors=True)

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

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()


@dataclass
class Draft:
    """Rows of one file of a pass written as Parquet before it is known which of them count.

    ``file`` is the file's place in the pass, ``failed`` how many rows were left out, ``paths`` what was written.
    """

    file: int
    failed: int
    paths: dict[date, list[Path]]

    def files(self) -> list[Path]:
        """Return what was written."""
        return [path for day in sorted(self.paths) for path in self.paths[day]]

    def rows(self) -> int:
        """Return how many rows were written."""
        return sum(map(_count_rows, self.files()))


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
        self._drafts: dict[str, list[Draft]] = {}
        self._live: dict[str, dict[date, Path]] = {}

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
        files = dict(self._before(table))
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
        return max(self._before(table), default=None)

    def rows(self, table: str, dates: Iterable[date] | None = None) -> str:
        """Return SQL that reads the source's rows in some partitions (all by default), with ``event_date``."""
        files = self.files(table)
        chosen = sorted(files) if dates is None else sorted(set(files) & set(dates))
        paths = [self._lake.empty(TABLES[table]), *(files[day] for day in chosen)]
        listed = ", ".join(literal(path.as_posix()) for path in paths)
        return f"read_parquet([{listed}], hive_partitioning = true, hive_types = {{'event_date': date}})"

    def draft(self, name: str, file: int, query: str) -> Draft:
        """Run a query that gives rows of a table with ``event_date`` and write them as they come.

        A row without ``event_date`` is one that fails; the draft counts such rows. What is written becomes part of
        ``merge`` unless it is discarded, and whole partitions then go into the lake as they are.
        """
        number = sum(map(len, self._drafts.values()))
        folder = self._lake.drafts / f"{self._source}-{name}-{number}"
        columns = ", ".join(c.name for c in TABLES[name].columns)
        self._copy(f"select {columns}, event_date from ({query})", folder)
        failed, paths = 0, {}
        for path in sorted(folder.glob("event_date=*/*.parquet")):
            value = path.parent.name.removeprefix("event_date=")
            if value == _NO_DATE:
                failed += _count_rows(path)
                path.unlink()
            else:
                paths.setdefault(date.fromisoformat(value), []).append(path)
        made = Draft(file, failed, paths)
        self._drafts.setdefault(name, []).append(made)
        return made

    def drafted(self, name: str) -> Sequence[Draft]:
        """Return the drafts of a table."""
        return self._drafts.get(name, ())

    def discard(self, name: str, file: int | None = None) -> None:
        """Forget the drafts of a table, or only that of one file, and delete them."""
        for draft in self._drafts.get(name, []):
            if file in (None, draft.file):
                for path in draft.files():
                    path.unlink()
                draft.paths.clear()
        if file is None:
            self._drafts.pop(name, None)

    def unknown(self, name: str, incoming: str, expected: Iterable[str]) -> dict[int, dict[str, int]]:
        """Count for each file of the pass the rows by field found in ``extra``, but for the ``expected`` ones.

        A field ``unknown_fields`` there lists names of fields whose values were left out.
        """
        counted = self._con.execute(
            f"""
            with extras as (
                select _file, json_keys(extra) as fields, count(*) as rows,
                    case when contains(extra, '"unknown_fields"') then extra::json ->> '$.unknown_fields[*]' end as more
                from ({self._arriving(name, incoming)}) where extra is not null group by all
            ),
            named as (select _file, rows, unnest(list_concat(fields, coalesce(more, []))) as field from extras)
            select _file, field, sum(rows)::bigint from named
            where field <> 'unknown_fields' and not list_contains(?, field) group by all order by all
            """,
            [list(expected)],
        )
        found: dict[int, dict[str, int]] = {}
        for file, name_, rows in counted.fetchall():
            found.setdefault(file, {})[name_] = rows
        return found

    def redacted(self, name: str, incoming: str, kinds: Sequence[str]) -> dict[int, dict[str, int]]:
        """Count for each file of the pass what was redacted in the texts of a table, by kind."""
        texts = [column for column, treated in TABLES[name].personal.items() if treated == "text"]
        found: dict[int, dict[str, int]] = {}
        if texts:
            counted = redactions(self._con, f"({self._arriving(name, incoming)})", texts, kinds)
            for (file, kind), count in counted.items():
                found.setdefault(file, {})[kind] = count
        return found

    def repeats(self, name: str, incoming: str) -> bool:
        """Whether a key occurs twice among the drafts of a table and ``incoming``.

        Digests are counted instead of keys: two keys with one digest are taken for a repetition, which costs a second
        look and nothing else.
        """
        if not self._drafts.get(name):
            return False
        keys = ", ".join(TABLES[name].key)
        found = f"select count(distinct hash({keys})) < count(*) from ({self._arriving(name, incoming)})"
        return self._con.execute(found).fetchone() == (True,)

    def merge(self, name: str, incoming: str) -> dict[int, int]:
        """Take the new and newer among the rows of ``incoming`` and of the drafts; return how many of each ``_file``.

        Of rows with one key the greater version wins, among equals the one delivered later; a row equal to the one
        the lake holds, or older, changes nothing. No key may occur twice among drafts. The rows taken remain as the
        relation ``fresh_<name>``.
        """
        table = TABLES[name]
        keys, version = ", ".join(table.key), table.version
        drafts = self._drafts.get(name, [])
        if forgotten := self._lake.forgotten(name, self._source):
            self._con.execute(f"delete from {incoming} where event_date in (select unnest(?))", [sorted(forgotten)])
            for draft in drafts:
                for day in forgotten & draft.paths.keys():
                    for path in draft.paths.pop(day):
                        path.unlink()
        winners, fresh = incoming, f"fresh_{name}"
        doubled = f"select {keys} from {incoming} group by all having count(*) > 1"
        if self._con.execute(f"select exists ({doubled})").fetchone() == (True,):
            winners = f"winners_{name}"
            self._table(
                winners,
                f"select * from {incoming} qualify row_number() over"
                f" (partition by {keys} order by {version} desc nulls last, _file desc, _line desc) = 1",
            )
        self._view("arriving", self._arriving(name, winners))
        dates = self._near("arriving")
        if table.moves:
            dates = sorted({*dates, *self._holding(table, "arriving")})
        gone, stale = None, ""
        if self._has(name, dates):
            self._view("existing", f"select * from {self.rows(name, dates)}")
            differs = " or ".join(f"a.{c.name} is distinct from e.{c.name}" for c in table.columns)
            newer = f"coalesce(a.{version} >= e.{version}, e.{version} is null) and ({differs})"
            self._table(
                f"met_{name}",
                f"select {', '.join(f'a.{key}' for key in table.key)}, {newer} as is_newer"
                f" from arriving a join existing e using ({keys})",
            )
            stale, gone = f" anti join (from met_{name} where not is_newer) using ({keys})", "gone"
            self._table(
                gone, f"select existing.* from existing semi join (from met_{name} where is_newer) using ({keys})"
            )
        self._view(fresh, f"select * from ({self._arriving(name, winners)}){stale}")
        taken = dict(self._con.execute(f"select _file, count(*) from {fresh} group by all").fetchall())
        whole = self._whole(
            name, winners, None if not stale else f"arriving semi join (from met_{name}) using ({keys})"
        )
        self._stage(table, fresh, gone, whole)
        self._view(fresh, f"select * from ({self._arriving(name, winners)}){stale}")
        return taken

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
        old = {self._before(name)[day] for name, day in self._staged if day in self._before(name)}
        new = {staged.path for staged in self._staged.values() if staged}
        now = datetime.now(UTC).isoformat()
        with self._lake._manifest() as manifest:
            for path in old:
                manifest.execute("delete from live_range where path = ?", [self._lake._relative(path)])
                manifest.execute("delete from live where path = ?", [self._lake._relative(path)])
            for (name, day), staged in self._staged.items():
                if staged:
                    relative = self._lake._relative(staged.path)
                    entry = [relative, name, self._source, day.isoformat()]
                    manifest.execute("insert into live values (?, ?, ?, ?)", entry)
                    manifest.executemany("insert into live_range values (?, ?, ?)", _rows(relative, staged.ranges))
            if old != new:
                oldest, newest = (day.isoformat() if day else None for day in _span(manifest, OBSERVED))
                entry = [oldest, newest, now]
                sequence = manifest.execute("insert into change values (null, ?, ?, ?)", entry).lastrowid
                manifest.executemany("insert into touched values (?, ?, ?)", _rows(sequence, self._touched))
                tables = sorted({name for name, _ in self._staged})
                manifest.executemany("insert into changed values (?, ?)", [(sequence, name) for name in tables])
            for delivery in deliveries:
                _record(manifest, delivery, now)
            manifest.execute("insert or replace into setting values (?, ?)", [f"declared:{self._source}", declared])
        for path in (old | self._superseded) - new:
            path.unlink(missing_ok=True)
        shutil.rmtree(self._lake.drafts, ignore_errors=True)

    def _before(self, table: str) -> Mapping[date, Path]:
        """Return the partitions of the source as they are until the change counts."""
        if table not in self._live:
            self._live[table] = self._lake.files(table, self._source)
        return self._live[table]

    def _near(self, relation: str) -> list[date]:
        """Dates of a relation and their neighbours: a corrected zone moves a row by a day at most."""
        days = {row[0] for row in self._con.execute(f"select distinct event_date from {relation}").fetchall()}
        return sorted(days | {day + _DAY for day in days} | {day - _DAY for day in days})

    def _holding(self, table: Table, relation: str) -> list[date]:
        """Partitions that hold keys of a relation: nothing but keys is read of the others."""
        keys = ", ".join(table.key)
        found = self._con.execute(
            f"select distinct event_date from {self.rows(table.name)} semi join {relation} using ({keys})"
        )
        return sorted(row[0] for row in found.fetchall())

    def _has(self, table: str, dates: Iterable[date]) -> bool:
        """Whether the source has rows in some partitions."""
        return not self.files(table).keys().isdisjoint(dates)

    def _arriving(self, name: str, incoming: str) -> str:
        """SQL: the rows of a table and of its drafts; those of drafts do not know their line."""
        columns = ", ".join(c.name for c in TABLES[name].columns)
        parts = [f"select {columns}, event_date, _file, _line from {incoming}"]
        for draft in self._drafts.get(name, []):
            if paths := draft.files():
                listed = ", ".join(literal(path.as_posix()) for path in paths)
                parts.append(
                    f"select {columns}, event_date, {draft.file} as _file, null as _line from"
                    f" read_parquet([{listed}], hive_partitioning = true, hive_types = {{'event_date': date}})"
                )
        return " union all ".join(parts)

    def _whole(self, name: str, incoming: str, met: str | None) -> dict[date, Path]:
        """Return the files of drafts that are all of their partition: no row beside them, and all of theirs fresh.

        ``met`` is a relation of the rows that the lake holds already, in whatever version.
        """
        drafts = self._drafts.get(name, [])
        if not drafts:
            return {}
        taken = {row[0] for row in self._con.execute(f"select distinct event_date from {incoming}").fetchall()}
        if met:
            taken |= {row[0] for row in self._con.execute(f"select distinct event_date from {met}").fetchall()}
        taken |= self.files(name).keys()
        files = [(day, path) for draft in drafts for day, paths in draft.paths.items() for path in paths]
        count = Counter(day for day, _ in files)
        return {day: path for day, path in files if count[day] == 1 and day not in taken}

    def _stage(
        self, table: Table, fresh: str, gone: str | None = None, whole: Mapping[date, Path] = MappingProxyType({})
    ) -> None:
        """Write the partitions that the rows of ``fresh`` concern, and those of ``gone``, which they replace.

        Without ``gone`` these partitions are new. ``whole`` are files that need not be written anew.
        """
        counted = f"select event_date, count(*) from {fresh} group by all"
        counted += f" union all select distinct event_date, 0 from {gone}" if gone else ""
        counts: Counter[date] = Counter()
        for day, rows in self._con.execute(counted).fetchall():
            counts[day] += rows
        dates = list(counts)
        if not dates:
            return
        columns = ", ".join(column.name for column in table.columns)
        is_touching = bool(table.touches) and table.name != ALIASES
        if is_touching and gone:
            touching = f"(select {columns} from {fresh} union all select {columns} from {gone})"
            self._touched += [_Range(first, last) for _, first, last in self._islands(table, touching, "null")]
        composed = [day for day in dates if day not in whole]
        if composed:
            rows = f"select {columns}, event_date from {fresh}"
            if gone:
                kept = f"{self.rows(table.name, composed)} anti join {gone} using ({', '.join(table.key)})"
                rows += f" union all select {columns}, event_date from {kept}"
            most = sum(counts[day] for day in composed)
            if gone:
                held = self.files(table.name)
                most += sum(_count_rows(held[day]) for day in composed if day in held)
            self._compose(table, composed, rows, is_sorted=most <= _SORTED_ROWS)
        for day, path in whole.items():
            settled = self._settle(table, day, path)
            self._staged[table.name, day] = _Staged(settled)
            for draft in self._drafts[table.name]:
                if path in draft.paths.get(day, []):
                    draft.paths[day] = [settled]
        if table.touches:
            for day, first, last in self._spans(table, self.rows(table.name, dates)):
                staged = self._staged[table.name, day]
                assert staged is not None
                staged.ranges.append(_Range(first, last))
                if is_touching and not gone:
                    self._touched.append(_Range(first, last))

    def _compose(self, table: Table, dates: Sequence[date], rows: str, *, is_sorted: bool) -> None:
        """Write rows as the partitions ``dates``; one without a row disappears."""
        order = ", ".join(dict.fromkeys(("event_date", table.event_time, *table.key)))
        written: dict[date, list[Path]] = {}
        [cores] = self._con.execute("select current_setting('threads')").fetchone() or (1,)
        at_once = max(1, _COMPOSED // cores)
        for first in range(0, len(dates), at_once):
            folder = self._lake.drafts / f"{self._source}-{table.name}-composed-{first}"
            some = f"from ({rows}) where event_date in ({_listed(dates[first : first + at_once])})"
            self._copy(some + f" order by {order}" * is_sorted, folder)
            for path in sorted(folder.glob("event_date=*/*.parquet")):
                written.setdefault(date.fromisoformat(path.parent.name.removeprefix("event_date=")), []).append(path)
        for day in dates:
            if earlier := self._staged.get((table.name, day)):
                self._superseded.add(earlier.path)
            self._staged[table.name, day] = None
        for day, paths in written.items():
            self._staged[table.name, day] = _Staged(self._settle(table, day, self._joined(paths)))

    def _copy(self, query: str, folder: Path) -> None:
        """Write the rows of a query, one Parquet file an ``event_date`` as a rule."""
        self._lake.drafts.mkdir(exist_ok=True)
        self._con.execute(f"set partitioned_write_max_open_files = {_OPEN_FILES}")
        self._con.execute(
            f"copy ({query}) to {literal(folder.as_posix())}"
            " (format parquet, compression zstd, partition_by (event_date), overwrite true)"
        )

    def _joined(self, paths: Sequence[Path]) -> Path:
        """Make one file of several of one partition: DuckDB closes files when too many are open."""
        if len(paths) == 1:
            return paths[0]
        joined = paths[0].with_name("joined.parquet")
        listed = ", ".join(literal(path.as_posix()) for path in paths)
        self._con.execute(
            f"copy (from read_parquet([{listed}])) to {literal(joined.as_posix())} (format parquet, compression zstd)"
        )
        return joined

    def _settle(self, table: Table, day: date, draft: Path) -> Path:
        """Move a complete draft into its partition under a name that says its source and its content."""
        with draft.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
            os.fsync(content.fileno())
        folder = self._lake._folder(table, day)
        folder.mkdir(parents=True, exist_ok=True)
        return draft.replace(folder / f"{self._source}-{digest[:16]}.parquet")

    def _spans(self, table: Table, relation: str) -> list[tuple[date, date, date]]:
        """Return the local dates that the rows of each ``event_date`` touch, folded into ranges.

        Where what begins them lies on one date or on two that follow each other, as nearly always, its ends tell the
        range; elsewhere the rows do.
        """
        beginning = table.touches[: 1 if table.touches_span else None]

        def day(function: str, name: str) -> str:
            return local_date(f"{function}({name})", table.column(name).type, self._zone)

        first, until, last = (
            f"{extreme}({', '.join(day(function, name) for name in names)})"
            for extreme, function, names in (
                ("least", "min", beginning),
                ("greatest", "max", beginning),
                ("greatest", "max", table.touches),
            )
        )
        if table.touches_span:
            last = f"case when count({table.touches[-1]}) < count(*) then date '{OPEN}' else {last} end"
        found = self._con.execute(
            f"select event_date, {first}, {last}, {until} - {first} <= 1 from {relation} group by event_date"
        ).fetchall()
        spans = [(day, first, last) for day, first, last, is_range in found if is_range]
        if scattered := [day for day, *_, is_range in found if is_range is False]:
            some = f"(from {relation} where event_date in ({_listed(scattered)}))"
            spans += self._islands(table, some, "event_date")
        return spans

    def _islands(self, table: Table, relation: str, group: str) -> list[tuple[date, date, date]]:
        """Return the local dates that rows touch, folded into ranges, for each value of ``group``.

        Instants are folded to quarters of an hour before they are converted, because midnight is at the quarter
        everywhere today; of a quarter both ends count.
        """
        quarter = 900_000_000

        def slot(name: str) -> str:
            if table.column(name).type == DATE:
                return name
            return f"floor(epoch_us({name}) / {quarter})::bigint"

        def day(name: str, end: int) -> str:
            if table.column(name).type == DATE:
                return name
            return local_date(f"make_timestamptz({name} * {quarter} + {end * (quarter - 1)})", INSTANT, self._zone)

        slots = [(name, f"{slot(name)} as {name}") for name in table.touches]
        if table.touches_span:
            (first, opening), (last, closing) = slots[0], slots[-1]
            spans = (
                f"select distinct g, {day(first, 0)} as first, coalesce({day(last, 1)}, date '{OPEN}') as last from"
                f" (select distinct {group} as g, {opening}, {closing} from {relation})"
            )
        else:
            spans = " union ".join(
                f"select distinct g, unnest([{day(name, 0)}, {day(name, 1)}]) as first, first as last from"
                f" (select distinct {group} as g, {slotted} from {relation} where {name} is not null)"
                for name, slotted in slots
            )
        return self._con.execute(f"""
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
        """).fetchall()

    def _view(self, name: str, query: str) -> None:
        self._con.execute(f"create or replace temp view {name} as {query}")

    def _table(self, name: str, query: str) -> None:
        self._con.execute(f"create or replace temp table {name} as {query}")


def _listed(dates: Iterable[date]) -> str:
    return ", ".join(f"date {literal(day.isoformat())}" for day in dates)


def _count_rows(path: Path) -> int:
    return pq.read_metadata(path).num_rows


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
    manifest.executemany(
        "insert into unknown_field values (?, ?, ?, ?)",
        [(inserted, t.table, name, rows) for t in delivery.tallies for name, rows in sorted(t.unknown.items())],
    )
    manifest.executemany(
        "insert into redaction values (?, ?, ?, ?)",
        [(inserted, t.table, kind, count) for t in delivery.tallies for kind, count in sorted(t.redacted.items())],
    )
    manifest.executemany("insert into doubt values (?, ?)", [(inserted, doubt) for doubt in delivery.doubts])
