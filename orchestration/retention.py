"""How long things are kept: partitions leave the lake, and raw rows the quarantine, once their time is over.

How long is declared in centre.yml. What the lake forgets is never taken again from landing. What was counted of it
stays: a day of which rows were removed is closed, see ``orchestration.builds``. Landing itself belongs to those who
deliver and is not touched.
"""

from __future__ import annotations

import calendar
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated

import duckdb
from pydantic import BeforeValidator

from ingest import Lake, quarantine
from ingest.contract import TABLES
from orchestration.home import Home

if TYPE_CHECKING:
    from orchestration.centre import Centre

QUARANTINE = "quarantine"
"""Stands among the tables for the rows in quarantine."""

DERIVED = {
    "agent_event": ("tel_offer", "agent_state"),
    "call_record": ("tel_interaction",),
    "queue_event": ("tel_interaction", "tel_offer", "agent_state"),
}
"""Tables that are derived anew from another one: without its rows they would be derived wrong."""

_PERIOD = re.compile(r"([1-9]\d*) (day|month|year)s?")

_progress = logging.getLogger("gaugebook").info


@dataclass(frozen=True)
class Period:
    """A length of time as the calendar counts it."""

    days: int = 0
    months: int = 0

    def before(self, day: date) -> date:
        """Return the day that lies this long before ``day``; a month without that day gives its last one."""
        year, month = divmod(day.year * 12 + day.month - 1 - self.months, 12)
        last = calendar.monthrange(year, month + 1)[1]
        return date(year, month + 1, min(day.day, last)) - timedelta(days=self.days)


def _period(value: object) -> object:
    if isinstance(value, Period):
        return value
    if not (found := _PERIOD.fullmatch(str(value))):
        raise ValueError(f"{value!r} is no length of time such as `180 days`, `24 months` or `3 years`")
    number, unit = int(found[1]), found[2]
    return Period(days=number) if unit == "day" else Period(months=number * (12 if unit == "year" else 1))


Kept = Annotated[Period, BeforeValidator(_period)]
"""A length of time as centre.yml writes it."""


@dataclass(frozen=True)
class Removed:
    """Rows that were removed because their time was over: ``table`` is a contract table or ``QUARANTINE``."""

    table: str
    source: str
    rows: int
    before: date


def problems(retention: Mapping[str, Period]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a declaration: the key and why."""
    for name, period in retention.items():
        if name == QUARANTINE:
            continue
        if name not in TABLES:
            yield name, f"is no contract table, nor `{QUARANTINE}`; see ingest/contract for the tables"
        today = datetime.now(UTC).date()
        for derived in DERIVED.get(name, ()):
            if derived not in retention or retention[derived].before(today) < period.before(today):
                yield name, f"{derived} is derived from it and may not be kept longer: declare {derived} too"


def apply(home: Home, centre: Centre, today: date | None = None) -> list[Removed]:
    """Remove what centre.yml does not want kept any longer, and log it; return what was removed.

    Args:
        home: the home.
        centre: what centre.yml says.
        today: the day from which ages are counted; by default that of the clock in UTC.

    Raises:
        HomeBusyError: another process writes the home.
    """
    today = today or datetime.now(UTC).date()
    removed = []
    with home.writing():
        for name, period in centre.retention.items():
            before = period.before(today)
            gone = _forget_quarantine(home, before) if name == QUARANTINE else Lake(home.lake).forget(name, before)
            removed += [Removed(name, source, rows, before) for source, rows in sorted(gone.items())]
    for one in removed:
        _progress(f"removed {one.rows} rows of {one.source} from {one.table}: they ended before {one.before}")
    return removed


def _forget_quarantine(home: Home, before: date) -> dict[str, int]:
    """Remove what files taken before a day left in quarantine; return the rows removed by source."""
    with duckdb.connect() as con:
        rows = quarantine.rows(home.quarantine, con)
        taken = rows.aggregate("source, file, count(*) as rows, max(taken_at) as taken_at")
        old = taken.filter(f"taken_at < timestamptz '{datetime.combine(before, time(), UTC).isoformat()}'").fetchall()
    gone: dict[str, int] = {}
    for source, file, count, _ in old:
        quarantine.path_of(home.quarantine, source, file).unlink()
        gone[source] = gone.get(source, 0) + count
    return gone
