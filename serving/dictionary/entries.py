"""Entries of the dictionary, read from the warehouse: ``dim_indicators`` and the centre's ``indicator_values``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import duckdb

from serving import ServingError
from serving.language import Words

TREND_DAYS = 60
FAMILIES = (
    *("volume", "accessibility", "handling", "resolution", "self_service", "quality", "wording", "customer"),
    *("complaints", "sales", "outbound", "workforce", "learning", "security", "cost"),
)
"""The order of the dictionary: from the customer's arrival to the people who serve; other families follow."""


class UnknownIndicatorError(ServingError):
    """The dictionary has no such indicator; the message names the nearest ones."""


@dataclass(frozen=True)
class Reading:
    """The centre's value of one period, in the indicator's unit; None where the status says why.

    ``final_on`` is the day on which a provisional value will be final.
    """

    grain: str
    period_start: date
    value: float | None
    status: str
    target: float | None
    final_on: date | None = None


@dataclass(frozen=True)
class Step:
    """What one class of visit explains of the difference between a variant and the indicator it belongs to.

    ``before`` and ``after`` say how the class counts (hit, miss, out), ``points`` are percentage points.
    """

    name: Words
    before: str
    after: str
    visits: int
    points: float


@dataclass(frozen=True)
class Entry:
    """One indicator: what it is and, where values were asked for, how it stands."""

    indicator: str
    family: str
    variant_of: str | None
    name: Words
    definition: Words
    numerator: Words | None
    denominator: Words | None
    unit: str
    direction: str
    classes: str
    feeds: Sequence[str]
    facts: Sequence[str]
    """Models of the warehouse that hold what it is counted from."""
    lake_tables: Sequence[str]
    """Tables of the lake behind these, as ``feed.table``."""
    levels: Sequence[str]
    grains: Sequence[str]
    drivers: Sequence[Words]
    caveat: Words | None
    owner: str
    reference: str | None
    maturity_days: int
    headline: bool
    latest: Sequence[Reading] = ()
    """The newest reading of each grain, day first."""
    trend: Sequence[Reading] = ()
    """The newest days, oldest first."""
    bridge: Sequence[Step] = ()
    """Of a variant: the way from the indicator it belongs to, in the centre's newest month."""

    @property
    def target(self) -> float | None:
        """The target that the newest reading was held against."""
        return self.latest[0].target if self.latest else None


def records(con: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    """Return a query's rows by column name.

    Neither Arrow nor query parameters are used here: for a few rows their imports (pyarrow, pandas) cost more than
    everything else on a page.
    """
    result = con.execute(query)
    columns = [name for name, *_ in result.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


def read(con: duckdb.DuckDBPyConnection) -> dict[str, Entry]:
    """Return every entry by its key, in the dictionary's order (variants behind theirs), without values."""
    rows = records(
        con,
        f"""
        SELECT * FROM dim_indicators
        ORDER BY list_position({[*FAMILIES]}, family) NULLS LAST, family,
            coalesce(variant_of, indicator), variant_of NULLS FIRST, indicator
        """,
    )
    return {row["indicator"]: _entry(row) for row in rows}


def read_with_values(con: duckdb.DuckDBPyConnection) -> dict[str, Entry]:
    """Return every entry by its key, with its newest readings and its trend."""
    readings = con.execute(
        f"""
        SELECT indicator, grain, period_start, value, status, target, final_on
        FROM indicator_values
        WHERE level = 'centre'
        QUALIFY row_number() OVER (PARTITION BY indicator, grain ORDER BY period_start DESC)
            <= CASE grain WHEN 'day' THEN {TREND_DAYS} ELSE 1 END
        ORDER BY indicator, CASE grain WHEN 'day' THEN 1 WHEN 'week' THEN 2 ELSE 3 END, period_start
        """
    ).fetchall()
    by_indicator: dict[str, list[Reading]] = {}
    for indicator, *reading in readings:
        by_indicator.setdefault(indicator, []).append(Reading(*reading))
    bridges = _bridges(con)
    return {
        key: replace(entry, **_values(by_indicator.get(key, [])), bridge=bridges.get(key, ()))
        for key, entry in read(con).items()
    }


def look_up(warehouse: Path, name: str) -> Entry:
    """Return the entry that ``name`` means: its key, or its name in English or Chinese, in any case.

    Raises:
        UnknownIndicatorError: no entry has that name.
    """
    with duckdb.connect(warehouse, read_only=True) as con:
        entries = read_with_values(con)
    wanted = name.strip().casefold()
    known = {alias.casefold(): entry for entry in entries.values() for alias in (entry.indicator, *entry.name)}
    if wanted in known:
        return known[wanted]
    near = list(dict.fromkeys(known[alias].indicator for alias in get_close_matches(wanted, known, n=5, cutoff=0.5)))
    raise UnknownIndicatorError(
        f"The dictionary has no indicator {name!r}. "
        + (f"Near it: {', '.join(near)}." if near else f"It has: {', '.join(entries)}.")
    )


def _entry(row: dict[str, Any]) -> Entry:
    same = ("indicator", "family", "variant_of", "unit", "direction", "feeds", "facts", "lake_tables")
    same += ("levels", "grains", "owner", "reference")
    both: dict[str, Any] = {
        key: None if row[key] is None else Words(row[key], row[f"{key}_zh"])
        for key in ("numerator", "denominator", "caveat")
    }
    return Entry(
        **{key: row[key] for key in (*same, "maturity_days", "headline")},
        **both,
        name=Words(row["name_en"], row["name_zh"]),
        definition=Words(row["definition_en"], row["definition_zh"]),
        classes=row["class"],
        drivers=[Words(*pair) for pair in zip(row["drivers"] or (), row["drivers_zh"] or (), strict=True)],
    )


def _bridges(con: duckdb.DuckDBPyConnection) -> dict[str, list[Step]]:
    steps = con.execute(
        """
        SELECT variant, name_en, name_zh, counted_before, counted_after, visits, points
        FROM indicator_bridges JOIN visit_classes USING (visit_class)
        WHERE level = 'centre' AND grain = 'month'
        QUALIFY period_start = max(period_start) OVER ()
        ORDER BY variant, step
        """
    ).fetchall()
    bridges: dict[str, list[Step]] = {}
    for variant, name_en, name_zh, *step in steps:
        bridges.setdefault(variant, []).append(Step(Words(name_en, name_zh), *step))
    return bridges


def _values(readings: Sequence[Reading]) -> dict[str, Any]:
    newest = {reading.grain: reading for reading in readings}
    return {"latest": [*newest.values()], "trend": [reading for reading in readings if reading.grain == "day"]}
