"""Entries of the dictionary, read from the warehouse: what an indicator is, and the centre's values of it.

What an entry reads of the lake and which parameters decide it is not in the warehouse: ``lineage`` finds it, and
callers hand it in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from serving import ServingError
from serving.language import Words, word

PARAMETERS = "dim_parameters"
Reads = dict[str, list[str]]
"""What an indicator reads: table of the lake as ``feed.table`` → columns; under ``PARAMETERS`` the parameters."""

TREND_DAYS = 60
FAMILIES = (
    *("volume", "accessibility", "handling", "resolution", "self_service", "quality", "wording", "customer"),
    *("complaints", "sales", "outbound", "workforce", "learning", "security", "cost"),
)
"""The order of the dictionary: from the customer's arrival to the people who serve; other families follow."""


BRIEF = Words("Daily and weekly brief", "每日与每周简报")
FLOOR, COMPLETENESS = "small_denominator_floor", "least_completeness"
"""Parameters that decide whether a value is shown: of shares, and of every indicator."""
MEMBERS = ("site", "team", "agent", "queue", "channel")
_ROLES = "list_position(['numerator', 'denominator', 'counted', 'sample'], role)"


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
class Version:
    """A definition that the indicator has had; ``first_used_on`` was the newest day with data then."""

    number: int
    first_used_on: date


@dataclass(frozen=True)
class Setting:
    """A value of a parameter, or a target: what it holds for and when; ``valid_to`` is None as long as it stands.

    ``scope`` is a channel or queue, or the member of a target, none for everything; ``origin`` is who set a parameter.
    """

    what: str
    scope: Words | None
    value: float
    valid_from: date
    valid_to: date | None
    origin: str = ""


@dataclass(frozen=True)
class Shown:
    """A board that shows the indicator, and its cards that do; or the brief."""

    where: Words
    cards: Sequence[Words] = ()


@dataclass(frozen=True)
class Case:
    """A row of a fact: its key, date and members by level, and what each measure counts of it."""

    key: str
    day: date
    members: Sequence[str | None]
    counted: Sequence[float | str | None]


@dataclass(frozen=True)
class Worked:
    """What an indicator counts of some rows of one fact, row by row and together.

    ``measures`` are names and what each is to the indicator: numerator, denominator, sample, or all that is counted.
    """

    fact: str
    levels: Sequence[str]
    measures: Sequence[tuple[str, str]]
    cases: Sequence[Case]
    together: Sequence[float | str | None]


@dataclass(frozen=True)
class Example:
    """An indicator worked out on a few rows: of each of its facts, and what the formula makes of them."""

    facts: Sequence[Worked]
    value: float | None


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
    interval_levels: Sequence[str]
    """Levels at which it is valid by interval, which are fewer."""
    drivers: Sequence[Words]
    caveat: Words | None
    owner: str
    reference: str | None
    maturity_days: int
    headline: bool
    version: int
    versions: Sequence[Version] = ()
    """Every definition it has had, oldest first."""
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Of the tables of the lake the columns that it reads."""
    parameters: Sequence[Setting] = ()
    """Values of the parameters that decide it; of those that fit a case the lowest counts."""
    targets: Sequence[Setting] = ()
    boards: Sequence[Shown] = ()
    example: Example | None = None
    """None where no fact that it is counted from has a row."""
    latest: Sequence[Reading] = ()
    """The newest reading of each grain but the interval, which says nothing alone; day first."""
    trend: Sequence[Reading] = ()
    """The newest days, oldest first."""
    bridge: Sequence[Step] = ()
    """Of a variant: the way from the indicator it belongs to, in the centre's newest month."""

    @property
    def shown_on(self) -> list[Shown]:
        """Where readers meet it beside this dictionary: the brief, when it is a headline, and boards."""
        return [*([Shown(BRIEF)] if self.headline else []), *self.boards]

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
    """Return every entry by its key, in the dictionary's order (variants behind theirs), as it is declared."""
    rows = records(
        con,
        f"""
        SELECT * FROM dim_indicators
        ORDER BY list_position({[*FAMILIES]}, family) NULLS LAST, family,
            coalesce(variant_of, indicator), variant_of NULLS FIRST, indicator
        """,
    )
    return {row["indicator"]: _entry(row) for row in rows}


def read_in_full(con: duckdb.DuckDBPyConnection, lineage: Mapping[str, Reads]) -> dict[str, Entry]:
    """Return every entry with its versions, parameters, targets, boards, example, and the columns that it reads.

    ``lineage`` is what each indicator reads, as ``lineage.trace`` finds it.
    """
    versions = _grouped(
        con, "SELECT indicator, definition_version, first_used_on FROM indicator_versions ORDER BY ALL", Version
    )
    targets, boards, parameters, examples = _targets(con), _boards(con), _parameters(con), _examples(con)
    floored = con.execute("SELECT indicator FROM dim_indicators WHERE scale > 1 AND sample IS NOT NULL").fetchall()
    return {
        key: replace(
            entry,
            versions=versions.get(key, ()),
            columns={table: columns for table, columns in lineage[key].items() if table != PARAMETERS},
            parameters=[
                setting
                for name in (*lineage[key].get(PARAMETERS, ()), *([FLOOR] if (key,) in floored else ()), COMPLETENESS)
                for setting in parameters.get(name, ())
            ],
            targets=targets.get(key, ()),
            boards=boards.get(key, ()),
            example=examples.get(key),
        )
        for key, entry in read(con).items()
    }


def read_with_values(con: duckdb.DuckDBPyConnection) -> dict[str, Entry]:
    """Return every entry by its key, as it is declared, with its newest readings and its trend."""
    values = _readings(con)
    return {key: replace(entry, **values.get(key, {})) for key, entry in read(con).items()}


def _readings(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, Any]]:
    """Return what is to be said of an indicator's values, by its key."""
    readings = con.execute(
        f"""
        SELECT indicator, grain, period_start, value, status, target, final_on
        FROM indicator_values
        WHERE level = 'centre' AND grain <> 'interval'
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
        key: {**_values(by_indicator.get(key, ())), "bridge": bridges.get(key, ())} for key in {*by_indicator, *bridges}
    }


def look_up(warehouse: Path, lineage: Callable[[], Mapping[str, Reads]], name: str) -> Entry:
    """Return the entry that ``name`` means: its key, or its name in English or Chinese, in any case.

    ``lineage`` is asked what each indicator reads, which may take long, only once the entry is found.

    Raises:
        UnknownIndicatorError: no entry has that name.
    """
    with duckdb.connect(warehouse, read_only=True) as con:
        indicator = _meant(name, read(con))
        entry, values = read_in_full(con, lineage())[indicator], _readings(con)
    return replace(entry, **values.get(indicator, {}))


def _meant(name: str, entries: Mapping[str, Entry]) -> str:
    wanted = name.strip().casefold()
    known = {
        alias.casefold(): entry.indicator for entry in entries.values() for alias in (entry.indicator, *entry.name)
    }
    if wanted in known:
        return known[wanted]
    near = list(dict.fromkeys(known[alias] for alias in get_close_matches(wanted, known, n=5, cutoff=0.5)))
    raise UnknownIndicatorError(
        f"The dictionary has no indicator {name!r}. "
        + (f"Near it: {', '.join(near)}." if near else f"It has: {', '.join(entries)}.")
    )


def _entry(row: dict[str, Any]) -> Entry:
    same = ("indicator", "family", "variant_of", "unit", "direction", "feeds", "facts", "lake_tables")
    same += ("levels", "grains", "interval_levels", "owner", "reference")
    both: dict[str, Any] = {
        key: None if row[key] is None else Words(row[key], row[f"{key}_zh"])
        for key in ("numerator", "denominator", "caveat")
    }
    return Entry(
        **{key: row[key] for key in (*same, "maturity_days", "headline")},
        version=row["definition_version"],
        **both,
        name=Words(row["name_en"], row["name_zh"]),
        definition=Words(row["definition_en"], row["definition_zh"]),
        classes=row["class"],
        drivers=[Words(*pair) for pair in zip(row["drivers"] or (), row["drivers_zh"] or (), strict=True)],
    )


def _grouped(con: duckdb.DuckDBPyConnection, query: str, kind: Callable[..., Any]) -> dict[str, list[Any]]:
    """Return what a query's rows make, by their first column."""
    found: dict[str, list[Any]] = {}
    for key, *row in con.execute(query).fetchall():
        found.setdefault(key, []).append(kind(*row))
    return found


def _parameters(con: duckdb.DuckDBPyConnection) -> dict[str, list[Setting]]:
    return _grouped(
        con,
        """
        SELECT parameter, parameter, channel, queue_key, value, valid_from, nullif(valid_to, '9999-12-31'), origin
        FROM dim_parameters
        ORDER BY parameter, precedence, channel, queue_key, valid_from
        """,
        lambda what, channel, queue, *rest: Setting(
            what, Words(queue, queue) if queue else channel and word(channel), *rest
        ),
    )


def _targets(con: duckdb.DuckDBPyConnection) -> dict[str, list[Setting]]:
    return _grouped(
        con,
        """
        SELECT indicator, level, name_en, name_zh, value, valid_from, nullif(valid_to, '9999-12-31')
        FROM dim_targets LEFT JOIN dim_members USING (level, member)
        ORDER BY indicator, level <> 'centre', level, member, valid_from
        """,
        lambda level, en, zh, *rest: Setting(level, None if level == "centre" else Words(en, zh), *rest),
    )


def _boards(con: duckdb.DuckDBPyConnection) -> dict[str, list[Shown]]:
    return _grouped(
        con,
        """
        SELECT indicator, board_en, board_zh, list({en: card_en, zh: card_zh} ORDER BY card)
        FROM indicator_cards GROUP BY ALL ORDER BY ALL
        """,
        lambda en, zh, cards: Shown(Words(en, zh), [Words(**card) for card in cards]),
    )


def _examples(con: duckdb.DuckDBPyConnection) -> dict[str, Example]:
    """Return indicators worked out on a few rows, by their keys; of those without a row in any fact there is none."""
    rows = con.execute(
        f"""
        SELECT indicator, fact, case_id, local_date, [{", ".join(MEMBERS)}] AS members,
            list(coalesce(distinct_key, value) ORDER BY {_ROLES}, measure),
            list((measure, role) ORDER BY {_ROLES}, measure)
        FROM (SELECT * REPLACE (to_json(distinct_key) AS distinct_key, to_json(value) AS value) FROM indicator_examples)
        WHERE measure IS NOT NULL
        GROUP BY indicator, fact, case_number, case_id, local_date, members
        ORDER BY indicator, fact, case_number NULLS LAST
        """
    ).fetchall()
    facts: dict[str, list[Worked]] = {}
    for (indicator, fact), group in groupby(rows, key=lambda row: row[:2]):
        *cases, (*_, together, measures) = group
        used = [at for at, level in enumerate(MEMBERS) if any(members[at] for _, _, _, _, members, *_ in cases)]
        told = [
            Case(key, day, [members[at] for at in used], [*map(_number, counted)])
            for _, _, key, day, members, counted, _ in cases
        ]
        worked = Worked(fact, [MEMBERS[at] for at in used], measures, told, [*map(_number, together)])
        facts.setdefault(indicator, []).append(worked)
    values = con.execute("SELECT indicator, value FROM indicator_examples WHERE measure IS NULL").fetchall()
    return {key: Example(facts[key], value) for key, value in values if any(worked.cases for worked in facts[key])}


def _number(counted: str | None) -> float | str | None:
    return None if counted is None else json.loads(counted)


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
