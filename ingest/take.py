"""Taking deliveries: the way from the landing folder into the lake, source by source and pass by pass.

How a format is read, a row judged or a file stored is the business of the modules this one calls in turn.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ingest.conform import Judge, begin, conform, prepare
from ingest.contract import TABLES
from ingest.delivery import Landed, declaration, find, passes, suspects
from ingest.formats import FORMATS
from ingest.formats.base import Batch, DeliveredFile, Format, RefusedFile, Scan
from ingest.identity import ALIASES, EMPLOYEES, restated
from ingest.lake import Account, Change, Delivery, Lake, Tally
from ingest.landing import landing_at
from ingest.opening import spill
from ingest.privacy import ALWAYS, Pseudonyms, Redaction, Redactor, register
from ingest.quarantine import keep, repeat
from ingest.source import Site, SourceBase

MEMORY = "1GB"
"""What DuckDB may use in a pass before it goes to disk."""


def take(
    landing: Path | str,
    lake: Lake,
    quarantine: Path,
    sources: Sequence[SourceBase],
    sites: Mapping[str, Site],
    pseudonyms: Pseudonyms,
    progress: Callable[[str], object] | None = None,
    redaction: Redaction = ALWAYS,
) -> list[Account]:
    """Take everything new in ``landing``, a folder or URL, and return its accounts.

    Each pass over some files of a source is one change of the lake: it counts whole or not at all. ``redaction`` is
    what the centre redacts beyond what always is; once it has changed, files are read as after any other change of the
    declaration.

    Raises:
        IngestError: the lake was filled with another pseudonym key, or the landing location cannot be read.
    """
    lake.bind(pseudonyms)
    lake.sweep()
    before = lake.newest_delivery()
    zones = {source.name: sites[source.site].time_zone for source in sources}
    landed = landing_at(landing)
    for source in sources:
        site = sites[source.site]
        declared = declaration(source, site.time_zone, redaction)
        form = FORMATS[source.format]
        found = find(landed, lake, source, declared, lake.root / ".spill" / "landed", rereads=form.rereads)
        again = lake.declared(source.name) not in (None, declared)
        for files in passes(found, form.breadth, or_empty=again):
            with duckdb.connect(config={"temp_directory": f"{lake.root}/.spill", "memory_limit": MEMORY}) as con:
                con.execute("set TimeZone = 'UTC'")
                redactor = register(con, pseudonyms, redaction)
                change = Change(lake, source.name, site.time_zone, con)
                one = _Pass(con, lake, change, source, site, zones, redactor, files)
                entries = one.run(quarantine, declared, again=again)
            again = False
            if progress:
                progress(_summary(source, entries))
        if found.copies:
            taken = {entry.digest: entry for entry in lake.known(source.name)}
            for copy in found.copies:
                repeat(quarantine, source.name, taken[copy.digest].file, copy, datetime.now(UTC))
            lake.record([copy.copied(source.name, declared, taken[copy.digest]) for copy in found.copies])
    return lake.accounts(before)


def has_news(
    landing: Path | str,
    lake: Lake,
    sources: Sequence[SourceBase],
    sites: Mapping[str, Site],
    redaction: Redaction = ALWAYS,
) -> bool:
    """Return whether ``take`` would find anything to do: a file new or touched, or a source declared otherwise."""
    landed = landing_at(landing)
    for source in sources:
        declared = declaration(source, sites[source.site].time_zone, redaction)
        if lake.declared(source.name) not in (None, declared):
            return True
        if any(suspects(landed, lake, source, declared, rereads=FORMATS[source.format].rereads)):
            return True
    return False


@dataclass
class _Pass:
    """One pass over some files of one source.

    ``parts`` are the files as formats read them, several of one archive, each with its place among ``files``; an index
    is the place of a part. ``marked`` says that a file had to be written anew, so that bytes of it may be marked as
    undecodable; ``by_line`` that scans are of no use.
    """

    con: duckdb.DuckDBPyConnection
    lake: Lake
    change: Change
    source: SourceBase
    site: Site
    zones: Mapping[str, str]
    redactor: Redactor
    files: Sequence[Landed]
    parts: list[tuple[int, DeliveredFile]] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)
    doubts: dict[str, None] = field(default_factory=dict)
    marked: bool = False
    by_line: bool = False

    def run(self, quarantine: Path, declared: str, *, again: bool) -> list[Delivery]:
        """Take the files in one change; ``again`` derives everything anew, for a declaration that has changed."""
        form = FORMATS[self.source.format]
        with spill(self.lake.root / ".spill" / "opened") as folder:
            refusals = self._opened(folder)
            self.marked = any(folder in part.path.parents for _, part in self.parts)
            tables = self._read(form, refusals)
        good, bad = self._judged(tables)
        self._refuse_failed(tables, good, bad)
        self._keep(quarantine)
        unknown = {name: self.change.unknown(name, f"incoming_{name}", known) for name, known in tables.items()}
        kinds = self.redactor.kinds
        redacted = {name: self.change.redacted(name, f"incoming_{name}", kinds) for name in tables}
        taken = {table: self.change.merge(table, f"incoming_{table}") for table in tables}
        if {ALIASES, EMPLOYEES} & taken.keys():
            self.change.touch(restated(self.con, self.lake, self.change, self.zones))
        if form.derive and (tables or again):
            form.derive(self.change, self.source, self.con, again)
        entries = []
        opened_from: dict[int, list[int]] = defaultdict(list)
        for index, (n, _) in enumerate(self.parts):
            opened_from[n].append(index)
        for n, file in enumerate(self.files):
            parts = opened_from[n]
            tallies = []
            for table in tables:
                failed = sum(
                    bad[index, table] + (good[index, table] if index in self.refused else 0) for index in parts
                )
                fit = sum(good[index, table] for index in parts if index not in self.refused)
                if fit or failed:
                    loaded = sum(taken[table].get(index, 0) for index in parts)
                    fields = sum((Counter(unknown[table].get(index, {})) for index in parts), Counter[str]())
                    marks = sum((Counter(redacted[table].get(index, {})) for index in parts), Counter[str]())
                    tallies.append(Tally(table, fit + failed, loaded, fit - loaded, failed, fields, marks))
            reasons = [self.refused[index] for index in parts if index in self.refused]
            is_taken = len(reasons) < len(parts)
            entry = file.entry(self.source.name, declared, tallies, "; ".join(reasons), is_taken=is_taken)
            entries.append(replace(entry, doubts=tuple(self.doubts) if tallies else ()))
        self.change.commit(entries, declared)
        return entries

    def _opened(self, folder: Path) -> dict[int, RefusedFile]:
        """Open the files into ``parts``; return the refusals of those that cannot be opened."""
        refusals: dict[int, RefusedFile] = {}
        for n, file in enumerate(self.files):
            for part in file.opened(n, self.source.encoding, folder / str(n)):
                if part.refusal:
                    refusals[len(self.parts)] = part.refusal
                self.parts.append((n, replace(part.file, index=len(self.parts))))
        return refusals

    def _read(self, form: Format, refusals: dict[int, RefusedFile]) -> dict[str, set[str]]:
        """Read and judge the files, leaving out those the format refuses.

        Return the tables they fill, each with the fields that are expected in ``extra``.
        """
        zone = self.source.time_zone or self.site.time_zone
        while True:
            begin(self.con)
            self.doubts.clear()
            tables: dict[str, set[str]] = {}
            delivered = [part for _, part in self.parts if part.index not in refusals]
            try:
                for batch in form.read(delivered, self.source, zone, self.con) if delivered else ():
                    if isinstance(batch, RefusedFile):
                        refusals[batch.file.index] = batch
                    else:
                        tables.setdefault(batch.table, set()).update(batch.expected)
                        self.doubts |= dict.fromkeys(batch.doubts)
                        self._take_in(batch)
                if any(self.change.repeats(table, f"incoming_{table}") for table in tables):
                    raise _LookAgain
                break
            except RefusedFile as refusal:
                refusals[refusal.file.index] = refusal
            except _LookAgain:
                self.by_line = True
            for table in tables:
                self.con.execute(f"drop table if exists incoming_{table}")
                self.change.discard(table)
        for index, refusal in refusals.items():
            self.con.execute(
                "insert into rejected values (null, ?, ?, null, ?, ?, ?, null)",
                [index, refusal.line, refusal.rule, refusal.message, refusal.mend],
            )
            self.refused[index] = str(refusal)
        return tables

    def _take_in(self, batch: Batch) -> None:
        """Judge the rows of a batch; those of a scan become a draft, and its failing rows are looked at again.

        Raises:
            _LookAgain: the scan does not read as its file does line by line, or is too much for the memory.
        """
        table, scan = TABLES[batch.table], batch.rows
        if not isinstance(scan, Scan):
            self._conform(batch)
            return
        prepare(self.con, table)
        draft = None
        if not self.by_line:
            judge = Judge(table, self.source.name, self.site.time_zone, batch.faults, self.marked)
            try:
                draft = self.change.draft(table.name, scan.file.index, judge.judged(f"({scan.query})", scan.columns))
            except (duckdb.InvalidInputException, duckdb.OutOfMemoryException):
                # The latter: rows of years in no order, which a scan would write all at once.
                raise _LookAgain from None
            if scan.records not in (None, draft.failed + draft.rows()):
                raise _LookAgain
            if not draft.failed:
                return
        before = self._count_rejected()
        for part in scan.again():
            self._conform(part, only_failing=draft is not None)
        if draft and self._count_rejected() - before != draft.failed:
            raise _LookAgain

    def _conform(self, batch: Batch, *, only_failing: bool = False) -> None:
        conform(
            self.con,
            TABLES[batch.table],
            batch.rows,
            batch.rejects,
            self.source.name,
            self.site.time_zone,
            faults=batch.faults,
            marked=self.marked,
            only_failing=only_failing,
        )

    def _count_rejected(self) -> int:
        [count] = self.con.execute("select count(*) from rejected").fetchone() or (0,)
        return count

    def _keep(self, quarantine: Path) -> None:
        now = datetime.now(UTC)
        for n, file in enumerate(self.files):
            parts = [part for of, part in self.parts if of == n]
            keep(self.con, quarantine, self.source.name, file, parts, now)

    def _judged(self, tables: Iterable[str]) -> tuple[Counter[tuple[int, str]], Counter[tuple[int, str]]]:
        """Count the good and the bad rows of each file and table."""
        good: Counter[tuple[int, str]] = Counter()
        for table in tables:
            counted = self.con.execute(f"select _file, count(*) from incoming_{table} group by _file")
            good.update({(index, table): rows for index, rows in counted.fetchall()})
            for draft in self.change.drafted(table):
                good[draft.file, table] += draft.rows()
        counted = self.con.execute(
            "select _file, table_name, count(*) from rejected where table_name is not null group by all"
        )
        return good, Counter({(index, table): rows for index, table, rows in counted.fetchall()})

    def _refuse_failed(
        self, tables: Iterable[str], good: Counter[tuple[int, str]], bad: Counter[tuple[int, str]]
    ) -> None:
        """Refuse the files of which more than the declared share of the rows fail."""
        for index, (_, file) in enumerate(self.parts):
            failed = sum(bad[index, table] for table in tables)
            rows = failed + sum(good[index, table] for table in tables)
            if rows and failed / rows > self.source.max_failed_share:
                self.refused[index] = (
                    f"{file.name}: {failed} of {rows} rows fail, more than the {self.source.max_failed_share:.0%} that"
                    f" the source {self.source.name} allows (too_many_failed_rows); see the quarantine for the rows,"
                    " and check the format declared for the source"
                )
                for table in tables:
                    self.con.execute(f"delete from incoming_{table} where _file = ?", [index])
                    self.change.discard(table, index)


class _LookAgain(Exception):  # noqa: N818 - nothing is wrong yet
    """The files of the pass must be read line by line."""


def _summary(source: SourceBase, entries: Sequence[Delivery]) -> str:
    tallies = [tally for entry in entries for tally in entry.tallies]
    refused = sum(entry.state == "refused" for entry in entries)
    return (
        f"{source.name}: {len(entries)} files, {sum(t.rows_in for t in tallies)} rows,"
        f" {sum(t.loaded for t in tallies)} loaded, {sum(t.duplicate for t in tallies)} duplicate,"
        f" {sum(t.quarantined for t in tallies)} quarantined, {refused} files refused"
    )
