"""Finding what was delivered: files in the landing folder that the lake has not taken as they are now.

A file counts by its content, whatever its name: the same content again is a delivery wholly duplicate. Reading the
content does not belong here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from ingest.formats.base import DeliveredFile
from ingest.lake import Delivery, Lake, Tally
from ingest.source import SourceBase

PASS_BYTES = 64 * 1024 * 1024
"""Source text read in one pass; it bounds the memory a pass needs. A larger file is a pass of its own."""


@dataclass(frozen=True)
class Landed:
    """A file in the landing folder that must be looked into."""

    path: Path
    name: str
    digest: str
    size: int
    modified_ns: int

    def delivered(self, index: int) -> DeliveredFile:
        """Return the file as formats see it."""
        return DeliveredFile(self.path, index, self.name, self.digest)

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
    """New files, and copies: files whose content is taken, or will be, under another name."""

    new: list[Landed]
    copies: list[Landed]


def declaration(source: SourceBase, zone: str) -> str:
    """Return the digest of what decides how a file of the source is read."""
    return hashlib.sha256(f"{source.model_dump_json()}\n{zone}".encode()).hexdigest()


def find(landing: Path, lake: Lake, source: SourceBase, declared: str, *, rereads: bool) -> Found:
    """Return the deliveries to take.

    Once the source's declaration has changed, files that were refused or left rows in quarantine are taken again, and
    with ``rereads`` all others too.
    """
    known = lake.known(source.name)
    settled = [entry for entry in known if entry.declared == declared or (entry.is_clean and not rereads)]
    by_file = {entry.file: entry for entry in known}
    digests = {entry.digest for entry in settled}
    found = Found([], [])
    for path, name in _matching(landing / source.name, source.files):
        stat = path.stat()
        before = by_file.get(name)
        is_settled = before is not None and before.digest in digests
        if before and is_settled and (before.size, before.modified_ns) == (stat.st_size, stat.st_mtime_ns):
            continue
        with path.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        landed = Landed(path, name, digest, stat.st_size, stat.st_mtime_ns)
        if before and is_settled and before.digest == digest:
            lake.renew(source.name, name, stat.st_size, stat.st_mtime_ns)
        elif digest in digests:
            found.copies.append(landed)
        else:
            found.new.append(landed)
            digests.add(digest)
    return found


def passes(landed: Sequence[Landed]) -> Iterator[list[Landed]]:
    """Cut files into passes of at most ``PASS_BYTES``, in the order of their names."""
    batch: list[Landed] = []
    size = 0
    for file in sorted(landed, key=lambda each: each.name):
        if batch and size + file.size > PASS_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += file.size
    if batch:
        yield batch


def _matching(folder: Path, pattern: str) -> Iterator[tuple[Path, str]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith(".") and fnmatch(path.name, pattern):
            yield path, path.relative_to(folder).as_posix()
