"""Which days a build must touch, and what the warehouse and PostgreSQL already hold.

The lake numbers every change it commits; a build consumes changes and is numbered in turn; a publication consumes
builds. Each consumer records how far it got only after its work is done, so a run killed anywhere is simply done
again. SQL and Dagster do not belong here.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path

from ingest import Lake
from ingest.contract import TABLES
from ingest.reference import ARRIVED
from ingest.source import DAILY
from orchestration.centre import Centre
from orchestration.dbt import project_fingerprint
from orchestration.home import Home

MATURITIES = (1, 3, 4, 7, 14, 30)
"""Each ``maturity_days`` of the dictionary but none: on the day that a period is this old, its values turn final."""

LOOKS_AHEAD_DAYS, LOOKS_BACK_DAYS = 30, 455
"""The most days that a fact of the project looks ahead and back: events of a day may decide about things of days so far
before it and after it."""

READS_DAYS = 61
"""The most days before and after a day that is built of which a model reads rows of the lake."""

TAKEN_FOR_NONE = ("complaint", "sales_order")
"""Tables a day without rows of which counts as none, once they have come at all: their first rows concern every day."""

KEPT_BUILDS = 400
"""A publication that is further behind than this publishes everything."""

_CONTACT_TABLES = ("tel_interaction", "chat_conversation")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Build:
    """One finished build; ``days`` is null when everything was built.

    Numbers of a home begin with the seconds of the clock at its first build: two homes that publish into one database
    have no number in common, so neither takes the other's state for its own.
    """

    number: int
    days: list[str] | None


@dataclass
class Ledger:
    """What the warehouse was built from, and how far what stands behind it has got.

    ``checked`` is the number of the newest build whose indicators have passed their checks, ``served`` names the
    build and the servers for which publication, boards and pages were all done.
    """

    fingerprint: str = ""
    sequence: int = 0
    as_of: str | None = None
    builds: list[Build] = field(default_factory=list)
    checked: int = 0
    served: str = ""

    @classmethod
    def read(cls, home: Home) -> Ledger:
        """Return the ledger; an empty one when there is no warehouse yet."""
        if not (home.warehouse.exists() and home.builds_file.exists()):
            return cls()
        content = json.loads(home.builds_file.read_text())
        return cls(**{**content, "builds": [Build(**build) for build in content["builds"]]})

    def write(self, home: Home) -> None:
        """Replace the ledger on disk in one step."""
        draft = home.builds_file.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(self), indent=1))
        draft.replace(home.builds_file)

    @property
    def number(self) -> int:
        """Number of the newest build; 0 before the first."""
        return self.builds[-1].number if self.builds else 0

    @property
    def whole(self) -> int:
        """Number of the newest build of everything; of one that is no longer listed, 0."""
        return max((build.number for build in self.builds if build.days is None), default=0)

    def days_since(self, published: int) -> list[date] | None:
        """Return the days built after build ``published``; ``None`` when everything must be published."""
        later = [build for build in self.builds if build.number > published]
        known = published == self.number or (later and later[0].number == published + 1)
        if not known or any(build.days is None for build in later):
            return None
        return sorted({date.fromisoformat(day) for build in later for day in build.days or ()})


@dataclass(frozen=True)
class Plan:
    """What the next build does.

    ``days`` are the local dates to rebuild, ``maturing`` those on which provisional values become final, ``closed``
    those that keep what was counted of them though days after them are rebuilt; ``unchanged`` names the contract tables
    of which nothing new can be counted on any day; ``everything`` means a full refresh, in which ``days`` and
    ``maturing`` are those for which changed definitions count too.
    ``sequence`` and ``fingerprint`` are recorded once the build is done.
    """

    days: Sequence[date]
    maturing: Sequence[date]
    closed: Sequence[date]
    unchanged: frozenset[str]
    everything: bool
    as_of: date | None
    sequence: int
    fingerprint: str

    @property
    def is_empty(self) -> bool:
        """Nothing to do: the warehouse holds what the lake holds."""
        return not self.everything and not self.days

    @property
    def recounted(self) -> list[date]:
        """The days whose values may be others after the build."""
        newest = max([*self.days, self.as_of or date.min])
        decided = {day for day in _reached(self.days) - set(self.closed) if day <= newest}
        return sorted({*self.days, *self.maturing, *decided})

    def rebuilt(self, lake: Lake) -> Sequence[date]:
        """Return the local dates that the build counts anew: with ``everything``, all that have data."""
        return lake.touched(0) if self.everything else self.days

    def variables(self, lake: Lake) -> dict[str, object]:
        """Return dbt's variables: the days to rebuild and, for each table, the partitions that concern them.

        Of a table whose rows belong to days, those further away are not even looked at.
        """
        always: dict[str, object] = {
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "touched_dates": [day.isoformat() for day in self.days],
            "maturing_dates": [day.isoformat() for day in self.maturing],
            "closed_dates": [day.isoformat() for day in self.closed],
        }
        if self.everything:
            return always
        near = _widened(self.days, before=1, after=1)
        around = _widened(self.days, before=READS_DAYS, after=READS_DAYS)
        partitions: dict[str, list[str]] = {}
        opened: dict[str, list[str]] = {}
        for name, table in TABLES.items():
            if table.raw:
                continue
            concerned, present = lake.partitions(name, near), lake.partitions(name)
            partitions[name] = _texts(concerned)
            if name in DAILY and not around.issuperset(present):
                opened[name] = _texts(around.intersection(present) | set(concerned))
        return {**always, "read_partitions": partitions, "opened_partitions": opened}


def plan(home: Home, lake: Lake, requested: Collection[date] = ()) -> Plan:
    """Return the next build: what the lake changed since the last one, and the days asked for.

    A day drags its neighbours along: a contact may cross midnight, and an evaluator's day is not the contact's when
    their sites lie in different zones. Days that have passed since the last build are built even if nothing happened
    on them, since head counts hold on such days too. A day of which the lake has forgotten rows is closed, and so is
    the day after it: built anew, it would lose what was counted of those rows.
    """
    ledger = Ledger.read(home)
    fingerprint = _fingerprint(home, lake)
    as_of, newest = lake.newest(_CONTACT_TABLES), lake.newest()
    everything = ledger.fingerprint != fingerprint
    days: set[date] = set()
    maturing: set[date] = set()
    closed: set[date] = set()
    if as_of and newest:
        before = date.fromisoformat(ledger.as_of) if ledger.as_of else as_of
        days = _widened(lake.touched(ledger.sequence), before=1, after=1) | set(requested)
        if before < as_of:
            days |= set(days_between(before + _DAY, as_of))
            maturing = turned_final(before, as_of) - days
        closed = _widened(lake.forgotten(), before=0, after=1)
        days = {day for day in days if day <= newest} - closed
        maturing -= closed
        closed &= _reached(days)
        if everything:
            days.add(as_of)
    unchanged = frozenset() if everything or requested else frozenset(lake.unchanged(ledger.sequence))
    return Plan(
        sorted(days), sorted(maturing), sorted(closed), unchanged, everything, as_of, lake.sequence(), fingerprint
    )


def record(home: Home, done: Plan) -> Ledger:
    """Record a finished build and return the ledger."""
    ledger = Ledger.read(home)
    days = None if done.everything else [day.isoformat() for day in done.recounted]
    number = ledger.number + 1 if ledger.builds else int(time.time())
    ledger.builds = [*ledger.builds, Build(number, days)][-KEPT_BUILDS:]
    ledger.fingerprint, ledger.sequence = done.fingerprint, done.sequence
    ledger.as_of = done.as_of.isoformat() if done.as_of else None
    ledger.write(home)
    return ledger


def record_checked(home: Home) -> None:
    """Record that the indicators of the newest build have passed their checks."""
    ledger = Ledger.read(home)
    ledger.checked = ledger.number
    ledger.write(home)


def record_served(home: Home, centre: Centre) -> None:
    """Record that publication, boards and pages of the newest build are done."""
    ledger = Ledger.read(home)
    ledger.served = _served(ledger, centre)
    ledger.write(home)


def is_served(home: Home, centre: Centre) -> bool:
    """Return whether the newest build has reached the servers that centre.yml names, and the pages."""
    ledger = Ledger.read(home)
    return ledger.served == _served(ledger, centre)


def _served(ledger: Ledger, centre: Centre) -> str:
    servers = repr((centre.postgres, centre.metabase)).encode()
    return f"{ledger.number} {hashlib.sha256(servers).hexdigest()}"


def _fingerprint(home: Home, lake: Lake) -> str:
    """Digest of what, beside the deliveries, decides the content of the warehouse."""
    told = [table for table in TAKEN_FOR_NONE if lake.partitions(table)]
    digest = hashlib.sha256(f"{project_fingerprint()} {lake.pseudonym_key()} {told}".encode())
    for path in sorted((home.lake / "centre").glob("*.parquet")):
        if path.stem != ARRIVED:
            digest.update(_content(path))
    return digest.hexdigest()


def _content(path: Path) -> bytes:
    return path.name.encode() + path.read_bytes()


def _texts(days: Iterable[date]) -> list[str]:
    return [day.isoformat() for day in sorted(days)]


def _widened(days: Iterable[date], *, before: int, after: int) -> set[date]:
    return {day + offset * _DAY for day in days for offset in range(-before, after + 1)}


def _reached(days: Iterable[date]) -> set[date]:
    """Return the days whose facts may depend on events of the days given, these included."""
    return _widened(days, before=LOOKS_AHEAD_DAYS, after=LOOKS_BACK_DAYS)


def turned_final(before: date, as_of: date) -> set[date]:
    """Return the days with values that were provisional when the newest day was ``before`` and are not at ``as_of``."""
    return {day for age in MATURITIES for day in days_between(before - (age - 1) * _DAY, as_of - age * _DAY)}


def days_between(first: date, last: date) -> list[date]:
    """Return the days from first to last, both included."""
    return [first + offset * _DAY for offset in range((last - first).days + 1)]
