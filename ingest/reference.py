"""What the centre says of itself, as small tables beside the deliveries: ``lake/centre/<table>.parquet``.

They are written anew at every run, also when empty, so that the warehouse always finds them. Beside them lies which
tables of which source have arrived on which day, which the lake knows; deliveries do not belong here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, Field, model_validator

from ingest.calendars import calendar_days, edition
from ingest.contract import CHANNELS, DATE, FLAG, REAL, TABLES, TEXT, WHOLE
from ingest.hours import Hours
from ingest.source import Lasting, Name, Site, SourceBase

ALWAYS = date(2000, 1, 1)
"""First day of what holds since ever."""

SCHEMAS: dict[str, pa.Schema] = {
    "source": pa.schema([("source_system", TEXT), ("site_key", TEXT), ("time_zone", TEXT)]),
    "site": pa.schema([("site_key", TEXT), ("name_en", TEXT), ("name_zh", TEXT), ("time_zone", TEXT)]),
    "queue": pa.schema(
        [
            ("queue_key", TEXT),
            ("name_en", TEXT),
            ("name_zh", TEXT),
            ("queue_group", TEXT),
            ("client_key", TEXT),
            ("channel", TEXT),
        ]
    ),
    "client": pa.schema([("client_key", TEXT), ("name_en", TEXT), ("name_zh", TEXT)]),
    "team": pa.schema([("team_key", TEXT), ("name_en", TEXT), ("name_zh", TEXT)]),
    "reason": pa.schema([("reason_key", TEXT), ("name_en", TEXT), ("name_zh", TEXT)]),
    "name": pa.schema(
        [("kind", TEXT), ("source_system", TEXT), ("source_name", TEXT), ("declared_key", TEXT), ("place", WHOLE)]
    ),
    "parameter": pa.schema(
        [
            ("parameter", TEXT),
            ("channel", TEXT),
            ("queue_key", TEXT),
            ("value", REAL),
            ("valid_from", DATE),
            ("valid_to", DATE),
        ]
    ),
    "target": pa.schema(
        [
            ("indicator", TEXT),
            ("level", TEXT),
            ("member", TEXT),
            ("value", REAL),
            ("valid_from", DATE),
            ("valid_to", DATE),
        ]
    ),
    "calendar_day": pa.schema(
        [
            ("site_key", TEXT),
            ("date_day", DATE),
            ("holiday_en", TEXT),
            ("holiday_zh", TEXT),
            ("is_makeup_workday", FLAG),
            ("is_workday", FLAG),
        ]
    ),
    "opening": pa.schema(
        [
            ("queue_key", TEXT),
            ("site_key", TEXT),
            ("day_kind", TEXT),
            ("weekday", WHOLE),
            ("opening_sec", WHOLE),
            ("valid_from", DATE),
            ("valid_to", DATE),
        ]
    ),
    "expected_feed": pa.schema(
        [
            ("source_system", TEXT),
            ("site_key", TEXT),
            ("lake_table", TEXT),
            ("expected_on", TEXT),
            ("valid_from", DATE),
            ("valid_to", DATE),
        ]
    ),
}
"""Arrow schema of each table."""

ARRIVED = "arrived_feed"
"""The table of what has arrived. It changes with the deliveries, so it is written before every build."""

ARRIVED_SCHEMA = pa.schema([("source_system", TEXT), ("lake_table", TEXT), ("date_day", DATE)])


class Alias(BaseModel, extra="forbid", frozen=True):
    """What a source calls a queue, team or reason, every source if none is named; the name alone may stand for it."""

    name: str
    source: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _name_alone(cls, value: object) -> object:
        return {"name": value} if isinstance(value, str) else value


class Client(BaseModel, extra="forbid", frozen=True):
    """Names of a company that the centre works for."""

    key: str
    name: Name


class Queue(BaseModel, extra="forbid", frozen=True):
    """Names, group and client of a queue; ``key`` is its name in the source, unless ``aliases`` say otherwise."""

    key: str
    name: Name
    aliases: list[Alias] = []
    group: str | None = None
    client: str | None = None
    channel: str | None = Field(default=None, pattern=f"^({'|'.join(CHANNELS)})$")
    hours: list[Hours] = []


class Team(BaseModel, extra="forbid", frozen=True):
    """Names of a team; ``key`` is the team as the HR files name it, unless ``aliases`` say otherwise."""

    key: str
    name: Name
    aliases: list[Alias] = []


class Reason(BaseModel, extra="forbid", frozen=True):
    """Names of a reason for contacts; ``key`` and ``aliases`` are what sources word or code it as.

    Of the reasons that are told of one contact at one time, the one that is declared first is its reason.
    """

    key: str
    name: Name
    aliases: list[Alias] = []


class Dated(Lasting, frozen=True):
    """A value that holds from one day to another, since ever unless it says from when."""

    value: float
    valid_from: date = ALWAYS


class Parameter(Dated, frozen=True):
    """A threshold of the centre that replaces the dictionary's default, for a channel, a queue or all."""

    parameter: str
    channel: str | None = Field(default=None, pattern=f"^({'|'.join(CHANNELS)})$")
    queue: str | None = None


class Target(Dated, frozen=True):
    """A target of an indicator for a member of a level; the centre's one member is ``all``."""

    indicator: str
    level: str = Field(default="centre", pattern="^(centre|site|team|agent|tenure_band|queue|client|reason|channel)$")
    member: str = "all"


def write_reference(
    lake: Path,
    *,
    sources: Sequence[SourceBase],
    sites: Sequence[Site],
    queues: Sequence[Queue] = (),
    clients: Sequence[Client] = (),
    teams: Sequence[Team] = (),
    reasons: Sequence[Reason] = (),
    parameters: Iterable[Parameter] = (),
    targets: Iterable[Target] = (),
) -> None:
    """Write the reference tables below the lake's root; equal declarations give equal files.

    ``time_zone`` of a source is its site's: local dates of the warehouse are the site's, whatever zone the source
    writes its times in.
    """
    zones = {site.key: site.time_zone for site in sites}
    names = {
        (kind, source.name, name): (each.key, place)
        for kind, declared in (("queue", queues), ("team", teams), ("reason", reasons))
        for place, each in enumerate(declared)
        for source in sources
        for name in (each.key, *(alias.name for alias in each.aliases if alias.source in (None, source.name)))
    }
    rows: dict[str, list[tuple[object, ...]]] = {
        "source": [(s.name, s.site, zones[s.site]) for s in sources],
        "site": [(s.key, s.name.en, s.name.zh, s.time_zone) for s in sites],
        "queue": [(q.key, q.name.en, q.name.zh, q.group, q.client, q.channel) for q in queues],
        "client": [(c.key, c.name.en, c.name.zh) for c in clients],
        "team": [(t.key, t.name.en, t.name.zh) for t in teams],
        "reason": [(r.key, r.name.en, r.name.zh) for r in reasons],
        "name": [(*name, *declared) for name, declared in names.items()],
        "parameter": [(p.parameter, p.channel, p.queue, p.value, p.valid_from, p.valid_to) for p in parameters],
        "target": [(t.indicator, t.level, t.member, t.value, t.valid_from, t.valid_to) for t in targets],
        "opening": [
            (queue.key, hours.site, kind, weekday, seconds, hours.valid_from, hours.valid_to)
            for queue in queues
            for hours in queue.hours
            for kind, weekday, seconds in hours.opening_seconds()
        ],
        "expected_feed": [
            (source.name, source.site, lake_table(table), arrival.days, arrival.valid_from, arrival.valid_to)
            for source in sources
            for arrival in source.arrives
            for table in arrival.tables
        ],
    }
    for name, content in rows.items():
        _write(lake, name, SCHEMAS[name], content)
    _write_calendars(lake, sites)


def write_arrived(lake: Path, arrived: Iterable[tuple[str, str, date]]) -> None:
    """Write which tables of which source have rows of which day, as source, table and day."""
    _write(lake, ARRIVED, ARRIVED_SCHEMA, [(source, lake_table(table), day) for source, table, day in arrived])


def lake_table(table: str) -> str:
    """Return a contract table as the dictionary names it, with its feed."""
    return f"{TABLES[table].feed}.{table}"


def _write_calendars(lake: Path, sites: Sequence[Site]) -> None:
    """Write the days of the sites' calendars, unless they lie there: what they are takes seconds to find out."""
    declared = [(site.key, site.calendar) for site in sites if site.calendar]
    made_from = {b"made_from": f"{declared} {edition()}".encode()}
    schema = SCHEMAS["calendar_day"].with_metadata(made_from)
    path = _path(lake, "calendar_day")
    if path.exists() and pq.read_schema(path).equals(schema, check_metadata=True):
        return
    days = [(site, *day) for site, calendar in declared for day in calendar_days(calendar)]
    _write(lake, "calendar_day", schema, days)


def _write(lake: Path, name: str, schema: pa.Schema, rows: Sequence[tuple[object, ...]]) -> None:
    content = pa.table(
        {field.name: pa.array([row[i] for row in rows], field.type) for i, field in enumerate(schema)}, schema=schema
    )
    path = _path(lake, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{name}.draft")
    pq.write_table(content, draft)
    draft.replace(path)


def _path(lake: Path, name: str) -> Path:
    return lake / "centre" / f"{name}.parquet"
