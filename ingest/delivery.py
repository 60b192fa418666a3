"""Finding what was delivered: files in landing that the lake has not taken as they are now.

A file counts by its content, whatever its name: the same content again is a delivery wholly duplicate. Size and time of
the last change only tell which files need not be looked into. Reading the content does not belong here.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from ingest.formats.base import DeliveredFile, RefusedFile
from ingest.lake import Delivery, Lake, Tally
from ingest.landing import UNREADABLE, Entry, Landing, Problem
from ingest.opening import Part, opened
from ingest.privacy import Redaction
from ingest.source import SourceBase

PASS_BYTES = 128 * 1024 * 1024
"""Source text read in one pass; it bounds the memory a pass needs. A larger file is a pass of its own."""


@dataclass(frozen=True)
class Landed:
    """A file in landing that must be looked into; ``problem`` says why it cannot be."""

    path: Path
    name: str
    digest: str
    size: int
    modified_ns: int
    problem: Problem | None = None
    is_copied: bool = False

    def opened(self, index: int, encoding: str, folder: Path) -> list[Part]:
        """Return what the file holds as formats read it; ``index`` is its place in the pass."""
        file = DeliveredFile(self.path, index, self.name, self.digest)
        if self.problem:
            return [Part(file, RefusedFile(file, None, *self.problem))]
        return opened(file, encoding, folder)

    def release(self) -> None:
        """Delete the copy that was made of a file in a remote landing."""
        if self.is_copied:
            shutil.rmtree(self.path.parent)

    def entry(
        self, source: str, declared: str, tallies: Sequence[Tally], reason: str | None, *, is_taken: bool
    ) -> Delivery:
        """Return the manifest's entry for the file; ``reason`` says why it, or a file in it, was refused."""
        state = "taken" if is_taken else "refused"
        return Delivery(
            source, self.name, self.digest, self.size, self.modified_ns, declared, state, reason or None, tuple(tallies)
        )

    def copied(self, source: str, declared: str, original: Delivery) -> Delivery:
        """Return the entry of a file whose content was taken before: its rows are all duplicates."""
        tallies = [Tally(t.table, t.rows_in, 0, t.loaded + t.duplicate, t.quarantined) for t in original.tallies]
        return self.entry(source, declared, tallies, original.reason, is_taken=original.state == "taken")


@dataclass(frozen=True)
class Found:
    """New files, fetched one by one as they are asked for, and copies among those that have been.

    A copy is a file whose content was taken whole under another name. Content of which something was refused is looked
    into again under each name, because the name may be what was wrong. ``twins`` are such files delivered at once, to
    be asked for when ``new`` have been taken.
    """

    new: Iterator[Landed]
    twins: Iterator[Landed]
    copies: list[Landed]


def declaration(source: SourceBase, zone: str, redaction: Redaction) -> str:
    """Return the digest of what decides how a file of the source is read."""
    read_by = source.model_dump_json(exclude={"arrives"})
    return hashlib.sha256(f"{read_by}\n{zone}\n{redaction.digest()}".encode()).hexdigest()


def find(landing: Landing, lake: Lake, source: SourceBase, declared: str, folder: Path, *, rereads: bool) -> Found:
    """Return the deliveries to take, in the order of their names; what must be copied to be read goes into ``folder``.

    Once the source's declaration has changed, files that were refused or left rows in quarantine are taken again, and
    with ``rereads`` all others too.
    """
    twins: list[Landed] = []
    copies: list[Landed] = []
    new = _new(landing, lake, source, declared, folder, rereads, twins, copies)
    return Found(new, _unlike(lake, source, twins, copies), copies)


def suspects(landing: Landing, lake: Lake, source: SourceBase, declared: str, *, rereads: bool) -> Iterator[Entry]:
    """Yield the files of which size or time tell that their content may have to be taken."""
    by_file, digests, _ = _settled(lake, source, declared, rereads)
    for entry in _matching(landing, source):
        before = by_file.get(entry.name)
        if not before or before.digest not in digests or not _is_unchanged(entry, before):
            yield entry


def passes(found: Found, breadth: float = 1, *, or_empty: bool = False) -> Iterator[list[Landed]]:
    """Cut files into passes of at most ``breadth`` times ``PASS_BYTES``.

    Without any new file, ``or_empty`` makes one empty pass.

    A pass must have been taken when the next is asked for; what was copied of its files is deleted then.
    """
    yield from _passes(found.new, breadth * PASS_BYTES, or_empty)
    yield from _passes(found.twins, breadth * PASS_BYTES, False)


def _passes(landed: Iterable[Landed], most: float, or_empty: bool) -> Iterator[list[Landed]]:
    batch: list[Landed] = []
    size = 0
    for file in landed:
        if batch and size + file.size > most:
            yield from _released(batch)
            batch, size, or_empty = [], 0, False
        batch.append(file)
        size += file.size
    if batch or or_empty:
        yield from _released(batch)


def _released(batch: list[Landed]) -> Iterator[list[Landed]]:
    yield batch
    for file in batch:
        file.release()


def _settled(
    lake: Lake, source: SourceBase, declared: str, rereads: bool
) -> tuple[dict[str, Delivery], set[str], set[str]]:
    """Return what is known of each file, the content that need not be taken again, and that of it taken whole."""
    known = lake.known(source.name)
    settled = [entry for entry in known if entry.declared == declared or (entry.is_clean and not rereads)]
    whole = {entry.digest for entry in settled if entry.is_clean}
    return {entry.file: entry for entry in known}, {entry.digest for entry in settled}, whole


def _is_unchanged(entry: Entry, before: Delivery) -> bool:
    return (before.size, before.modified_ns) == (entry.size, entry.modified_ns)


def _new(
    landing: Landing,
    lake: Lake,
    source: SourceBase,
    declared: str,
    folder: Path,
    rereads: bool,
    twins: list[Landed],
    copies: list[Landed],
) -> Iterator[Landed]:
    by_file, digests, whole = _settled(lake, source, declared, rereads)
    seen: set[str] = set()
    shutil.rmtree(folder, ignore_errors=True)
    for entry in _matching(landing, source):
        before = by_file.get(entry.name)
        is_settled = before is not None and before.digest in digests
        if before and is_settled and _is_unchanged(entry, before):
            continue
        file = _fetched(landing, entry, folder)
        if file is None:
            continue
        if before and is_settled and before.digest == file.digest:
            lake.renew(source.name, file.name, file.size, file.modified_ns)
            file.release()
        elif file.digest in whole:
            copies.append(file)
            file.release()
        elif file.digest in seen:
            twins.append(file)
        else:
            seen.add(file.digest)
            yield file


def _unlike(lake: Lake, source: SourceBase, twins: Sequence[Landed], copies: list[Landed]) -> Iterator[Landed]:
    """Yield the twins of which the first was not taken whole; the others are copies of it."""
    whole = {entry.digest for entry in lake.known(source.name) if entry.is_clean} if twins else set()
    for file in twins:
        if file.digest in whole:
            copies.append(file)
            file.release()
        else:
            yield file


def _fetched(landing: Landing, entry: Entry, folder: Path) -> Landed | None:
    """Return a file with its content at hand; none when it has gone since it was listed."""
    problem = entry.problem
    if not problem:
        try:
            path, digest = landing.fetch(entry, folder)
            return Landed(path, entry.name, digest, entry.size, entry.modified_ns, is_copied=landing.is_remote)
        except FileNotFoundError:
            return None
        except PermissionError:
            problem = UNREADABLE
    digest = hashlib.sha256(f"{problem}\n{entry.place}".encode(errors="surrogateescape")).hexdigest()
    return Landed(Path(entry.place), entry.name, digest, entry.size, -abs(entry.modified_ns), problem)


def _matching(landing: Landing, source: SourceBase) -> list[Entry]:
    """Return the source's files whose name, with or without the ending of what packed them, matches its pattern."""

    def matches(entry: Entry) -> bool:
        name = entry.name.rpartition("/")[2]
        return any(fnmatch(each, source.files) for each in (name, re.sub(r"(?i)\.(gz|zst|zstd|zip)$", "", name)))

    return sorted(filter(matches, landing.entries(source.name)), key=lambda entry: entry.name)
