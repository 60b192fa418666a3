"""What there is to say about one day or week: read from ``indicator_values``, judged by plain rules, without words.

A target is missed when the value lies on its wrong side; an indicator that is best within a band is not judged, nor
one without a value. Where a miss comes from is told from numerators and denominators alone: what a site, team or queue
lacks to the centre's target, in cases (or seconds, or points). Causes are not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import duckdb

from serving.dictionary.entries import Entry, read, records
from serving.language import Words

PLACES = 3
"""How many members of a level are named."""

USUAL = 4
"""How many periods before, a week apart, make up what is usual."""


@dataclass(frozen=True)
class Period:
    """The day or ISO week that a brief is about."""

    grain: Literal["day", "week"]
    start: date

    @classmethod
    def of(cls, grain: Literal["day", "week"], day: date) -> Period:
        """Return the period that holds the day."""
        return cls(grain, day if grain == "day" else day - timedelta(days=day.weekday()))

    @property
    def step(self) -> timedelta:
        """From one period to the next."""
        return timedelta(days=1 if self.grain == "day" else 7)

    @property
    def last_day(self) -> date:
        """The period's last day."""
        return self.start + self.step - timedelta(days=1)

    @property
    def usual(self) -> list[date]:
        """Starts of the periods that say what is usual: the same weekday of the four weeks before, or those weeks."""
        return [self.start - timedelta(weeks=weeks) for weeks in range(1, USUAL + 1)]

    @property
    def shown_from(self) -> date:
        """Start of the first period in the charts: thirty days or thirteen weeks, this one included."""
        return self.start - self.step * (29 if self.grain == "day" else 12)


@dataclass(frozen=True)
class Place:
    """A member of a level that lacks something to the centre's target."""

    level: str
    member: str
    name: Words
    value: float | None
    lack: float
    """Cases (percent), seconds or points by which the member is on the wrong side of the target."""
    share: float
    """Share of all that the level's members lack, those beyond the target not set against it."""


@dataclass(frozen=True)
class Finding:
    """One indicator of the centre in the period."""

    entry: Entry
    value: float | None
    status: str
    sample_size: int | None
    target: float | None
    is_missed: bool | None
    previous: float | None
    usual: float | None
    since: date | None
    """Start of the first of the periods that missed the target in a row, this one included."""
    missed_in_row: int
    places: Sequence[Place] = ()
    trend: Sequence[tuple[date, float | None, float | None, bool | None]] = ()
    """Start, value, target and whether it was missed, oldest first."""

    @property
    def gap(self) -> float:
        """Distance to the target in the indicator's unit; 0 without either."""
        return 0.0 if self.value is None or self.target is None else abs(self.value - self.target)


@dataclass(frozen=True)
class Findings:
    """All there is to say about a period."""

    period: Period
    usual_periods: int
    """On how many periods the usual values rest; four when the history is long enough."""
    newest_day: date
    """The newest day that has values."""
    shown: Sequence[Finding]
    """The headline indicators and whatever missed its target, in the dictionary's order."""
    unsettled: Mapping[str, Sequence[Finding]]
    """Status → findings of the whole dictionary that are not final."""
    absent: Sequence[tuple[Entry, date]]
    """Indicators without any row, with the start of the last period that had one."""
    silent: Sequence[tuple[str, Words]]
    """Level and name of members that had values in each of the usual periods, and have none in this one."""
    by_indicator: Mapping[str, Finding]

    @property
    def is_open(self) -> bool:
        """Whether the period has days yet to come."""
        return self.newest_day < self.period.last_day

    @property
    def missed(self) -> list[Finding]:
        """Findings that missed their target, the largest gap relative to its target first."""
        return sorted(
            (finding for finding in self.shown if finding.is_missed),
            key=lambda finding: -finding.gap / abs(finding.target or 1),
        )

    @property
    def judged(self) -> int:
        """How many indicators were held against a target."""
        return sum(finding.is_missed is not None for finding in self.by_indicator.values())


_CENTRE = """
CREATE OR REPLACE TEMP TABLE centre AS
SELECT
    v.*, i.unit, i.direction, i.scale,
    CASE i.direction WHEN 'higher' THEN v.value < v.target WHEN 'lower' THEN v.value > v.target END AS is_missed
FROM indicator_values AS v
JOIN dim_indicators AS i USING (indicator)
WHERE v.level = 'centre' AND v.grain = getvariable('grain') AND v.period_start <= getvariable('start')
    AND i.variant_of IS NULL
"""

_FINDINGS = """
WITH streaks AS (
    SELECT indicator, min(period_start) AS since, count(*) AS missed_in_row
    FROM (
        SELECT *, max(CASE WHEN NOT is_missed THEN period_start END) OVER (PARTITION BY indicator) AS last_met
        FROM centre
    )
    WHERE is_missed AND period_start > coalesce(last_met, DATE '0001-01-01')
    GROUP BY indicator
), usual AS (
    SELECT
        indicator,
        CASE WHEN sum(denominator) > 0 THEN any_value(scale) * sum(numerator) / sum(denominator) ELSE avg(value) END
            AS usual
    FROM centre
    WHERE list_contains(getvariable('usual'), period_start) AND status <> 'feed_missing'
    GROUP BY indicator
)
SELECT
    now.indicator, now.value, now.status, now.sample_size, now.target, now.is_missed,
    before.value AS previous, usual.usual,
    CASE WHEN now.is_missed THEN streaks.since END AS since,
    CASE WHEN now.is_missed THEN streaks.missed_in_row ELSE 0 END AS missed_in_row
FROM centre AS now
LEFT JOIN centre AS before ON before.indicator = now.indicator AND before.period_start = getvariable('previous')
LEFT JOIN usual ON usual.indicator = now.indicator
LEFT JOIN streaks ON streaks.indicator = now.indicator
WHERE now.period_start = getvariable('start')
"""

_USUAL_PERIODS = (
    "SELECT count(DISTINCT period_start) FROM centre WHERE list_contains(getvariable('usual'), period_start)"
)

_TRENDS = """
SELECT indicator, list((period_start, value, target, is_missed) ORDER BY period_start)
FROM centre WHERE period_start >= getvariable('shown_from') GROUP BY indicator
"""

# Only ratios have parts that add up: a percentile or a stock has no share of a shortfall.
_PLACES = f"""
WITH lacks AS (
    SELECT
        v.indicator, v.level, v.member, v.value,
        CASE c.direction WHEN 'higher' THEN 1 ELSE -1 END * (c.target / c.scale * v.denominator - v.numerator) AS lack,
        count(*) OVER (PARTITION BY v.indicator, v.level) AS members
    FROM indicator_values AS v
    JOIN centre AS c USING (indicator, grain, period_start)
    JOIN dim_indicators AS i USING (indicator)
    WHERE c.period_start = getvariable('start') AND c.is_missed AND contains(i.class, 'R')
        AND v.level IN ('site', 'team', 'queue') AND v.denominator > 0
)
SELECT
    indicator, level, member, name_en, name_zh, value, lack,
    lack / sum(lack) OVER (PARTITION BY indicator, level) AS share
FROM lacks LEFT JOIN dim_members USING (level, member)
WHERE members > 1 AND lack > 0
QUALIFY row_number() OVER (PARTITION BY indicator, level ORDER BY lack DESC, member) <= {PLACES}
ORDER BY indicator, list_position(['site', 'team', 'queue'], level), lack DESC, member
"""

_SILENT = f"""
SELECT level, any_value(coalesce(name_en, member)), any_value(coalesce(name_zh, member))
FROM indicator_values LEFT JOIN dim_members USING (level, member)
WHERE grain = getvariable('grain') AND level IN ('site', 'queue', 'channel') AND sample_size > 0
    AND (period_start = getvariable('start') OR list_contains(getvariable('usual'), period_start))
GROUP BY level, member
HAVING count(DISTINCT period_start) = {USUAL} AND max(period_start) < getvariable('start')
ORDER BY list_position(['site', 'channel', 'queue'], level), member
"""

_ABSENT = """
SELECT indicator, max(period_start) FROM centre
GROUP BY indicator HAVING max(period_start) BETWEEN getvariable('oldest') AND getvariable('previous')
ORDER BY indicator
"""


def find(con: duckdb.DuckDBPyConnection, period: Period) -> Findings | None:
    """Return the findings of the period, None when the centre has no values in it."""
    con.execute(
        f"""
        SET VARIABLE grain = '{period.grain}';
        SET VARIABLE start = DATE '{period.start}';
        SET VARIABLE previous = DATE '{period.start - period.step}';
        SET VARIABLE usual = {[str(start) for start in period.usual]}::DATE[];
        SET VARIABLE oldest = DATE '{period.usual[-1]}';
        SET VARIABLE shown_from = DATE '{period.shown_from}';
        """
    )
    con.execute(_CENTRE)
    rows = {row.pop("indicator"): row for row in records(con, _FINDINGS)}
    if not rows:
        return None
    trends = dict(con.execute(_TRENDS).fetchall())
    places = _places(con)
    entries = read(con)
    found = {
        key: Finding(
            entry=entry, places=places.get(key, ()), trend=[tuple(point) for point in trends[key]], **rows[key]
        )
        for key, entry in entries.items()
        if key in rows
    }
    (newest,) = con.execute("SELECT max(period_start) FROM indicator_values WHERE grain = 'day'").fetchone() or (None,)
    (usual,) = con.execute(_USUAL_PERIODS).fetchone() or (0,)
    return Findings(
        period=period,
        usual_periods=usual,
        newest_day=newest or period.last_day,
        shown=[finding for finding in found.values() if finding.entry.headline or finding.is_missed],
        unsettled={
            status: [finding for finding in found.values() if finding.status == status]
            for status in ("feed_missing", "provisional", "below_floor", "no_traffic", "closed")
        },
        absent=[(entries[key], last) for key, last in con.execute(_ABSENT).fetchall()],
        silent=[(level, Words(en, zh)) for level, en, zh in con.execute(_SILENT).fetchall()],
        by_indicator=found,
    )


def _places(con: duckdb.DuckDBPyConnection) -> dict[str, list[Place]]:
    places: dict[str, list[Place]] = {}
    for row in records(con, _PLACES):
        name = Words(row.pop("name_en") or row["member"], row.pop("name_zh") or row["member"])
        places.setdefault(row.pop("indicator"), []).append(Place(name=name, **row))
    return places
