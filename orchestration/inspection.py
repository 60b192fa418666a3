"""A look at a file that nobody has declared: what it is, the entry of centre.yml that would read it, and what it gives.

Needs no home. What a file is, and which mapping it needs, is proposed by ``ingest.inspecting``; here the proposal is
tried on the file's beginning by the same code that takes deliveries, in a lake that is thrown away.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from pydantic import TypeAdapter, ValidationError

import ingest
from ingest import Account, Lake, Pseudonyms
from ingest.contract import TABLES, Table
from ingest.formats import Source
from ingest.formats.base import DeliveredFile
from ingest.inspecting import Proposal, propose
from ingest.opening import opened
from ingest.source import Name, Site
from orchestration import mending
from orchestration.mending import Broken

LINES = 1_000
"""Lines of a text that are tried; a document is tried whole."""

SHOWN = 3
"""Rows of a table that are shown."""

_PACKED = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"PK\x03\x04": "zip"}
_DOCUMENT = re.compile(rb"\s*(\[|\{\s*\n)")
"""How JSON begins that is not one record a line."""

_SITE = Site(key="site", name=Name(en="Site", zh="中心"), time_zone="UTC")


@dataclass(frozen=True)
class Preview:
    """First rows of one contract table as the proposal reads them: columns that hold something, private ones masked."""

    table: str
    columns: Sequence[str]
    rows: Sequence[tuple[object, ...]]


@dataclass(frozen=True)
class Inspection:
    """What was found: ``packing`` is how the file is packed, ``is_part`` whether only its beginning was tried."""

    proposal: Proposal
    packing: str | None
    is_part: bool = False
    accounts: Sequence[Account] = ()
    broken: Sequence[Broken] = ()
    previews: Sequence[Preview] = ()


def inspect(path: Path, *, name: str = "new_source") -> Inspection:
    """Look at a file and try what is proposed for it; ``name`` becomes that of the proposed source.

    Times without an offset are shown as if the site were in UTC.

    Raises:
        RefusedFile: the file cannot be opened at all.
    """
    proposal = propose(path, name=name, site=_SITE.key)
    packing = _packing(path)
    if proposal.format is None:
        return Inspection(proposal, packing)
    with TemporaryDirectory() as folder:
        root = Path(folder)
        try:
            source = TypeAdapter(Source).validate_python({**proposal.source, "files": "*", "max_failed_share": 1})
        except ValidationError:  # columns that the doubts name are missing
            return Inspection(proposal, packing)
        is_part = _land(path, source.encoding, root)
        lake = Lake(root / "lake")
        accounts = ingest.take(
            root / "landing", lake, root / "quarantine", [source], {_SITE.key: _SITE}, Pseudonyms(os.urandom(32))
        )
        previews = list(_previews(lake, source.name))
        return Inspection(proposal, packing, is_part, accounts, mending.broken(root / "quarantine"), previews)


def _packing(path: Path) -> str | None:
    with path.open("rb") as content:
        head = content.read(4)
    found = next((name for magic, name in _PACKED.items() if head.startswith(magic)), None)
    return None if found == "zip" and path.suffix.lower() in (".xlsx", ".xlsb", ".ods") else found


def _land(path: Path, encoding: str, root: Path) -> bool:
    """Put the file, or the first lines of its text, into landing; return whether it is only these."""
    target = root / "landing" / "new_source"
    target.mkdir(parents=True)
    (root / "opened").mkdir()
    file = opened(DeliveredFile(path, 0, path.name, ""), encoding, root / "opened")[0].file
    landed = target / Path(file.name).name
    with file.path.open("rb") as content:
        head = content.read(4096)
        is_text = b"\0" not in head and not head.startswith((b"PK", b"PAR1"))
        if not is_text or _DOCUMENT.match(head):
            shutil.copyfile(file.path, landed)
            return False
        content.seek(0)
        with landed.open("wb") as beginning:
            beginning.writelines(islice(content, LINES))
        return bool(content.read(1))


def _previews(lake: Lake, source: str) -> Iterator[Preview]:
    for table in TABLES.values():
        files = sorted(lake.files(table.name, source).items())
        if table.raw or not files:
            continue
        with duckdb.connect() as con:
            con.execute("set TimeZone = 'UTC'")
            shown = ", ".join(_shown(table))
            relation = con.read_parquet([path.as_posix() for _, path in files]).limit(SHOWN).select(shown)
            rows = relation.fetchall()
        filled = [index for index, values in enumerate(zip(*rows, strict=True)) if any(v is not None for v in values)]
        columns = [relation.columns[index] for index in filled]
        yield Preview(table.name, columns, [tuple(row[index] for index in filled) for row in rows])


def _shown(table: Table) -> Iterator[str]:
    """SQL for the columns as they are shown: names of staff masked, of further fields only what they are called."""
    for column in table.columns:
        if column.personal == "staff_name":
            yield f"case when {column.name} is not null then '[name]' end as {column.name}"
        elif column.name == "extra":
            yield "list_aggregate(json_keys(extra), 'string_agg', ', ') as extra"
        elif column.name != "source_system":
            yield column.name
