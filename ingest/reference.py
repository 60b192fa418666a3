"""What the centre says of itself, as small tables beside the deliveries: ``lake/centre/<table>.parquet``.

They are written anew at every run, also when empty, so that the warehouse always finds them. Deliveries do not belong
here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, Field, model_validator

from ingest.contract import CHANNELS, DATE, REAL, TEXT
from ingest.source import Name, Site, SourceBase

ALWAYS = date(2000, 1, 1)
"""First day of what holds since ever."""

SCHEMAS: dict[str, pa.Schema] = {
    "source": pa.schema([("source_system", TEXT), ("site_key", TEXT), ("time_zone", TEXT)]),
    "site": pa.schema([("site_key", TEXT), ("name_en", TEXT), ("name_zh", TEXT), ("time_zone", TEXT)]),
    "queue": pa.schema(
        [("queue_key", TEXT), ("name_en", TEXT), ("name_zh", TEXT), ("queue_group", TEXT), ("channel", TEXT)]
    ),
    "team": pa.schema([("team_key", TEXT), ("name_en", TEXT), ("name_zh", TEXT)]),
    "name": pa.schema([("kind", TEXT), ("source_system", TEXT), ("source_name", TEXT), ("declared_key", TEXT)]),
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
}
"""Arrow schema of each table."""


class Alias(BaseModel, extra="forbid", frozen=True):
    """What a source calls a queue or team, every source if none is named; the name alone may stand for it."""

    name: str
    source: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _name_alone(cls, value: object) -> object:
        return {"name": value} if isinstance(value, str) else value


class Queue(BaseModel, extra="forbid", frozen=True):
    """Names and group of a queue; ``key`` is the queue as the source names it, unless ``aliases`` say otherwise."""

    key: str
    name: Name
    aliases: list[Alias] = []
    group: str | None = None
    channel: str | None = Field(default=None, pattern=f"^({'|'.join(CHANNELS)})$")


class Team(BaseModel, extra="forbid", frozen=True):
    """Names of a team; ``key`` is the team as the HR files name it, unless ``aliases`` say otherwise."""

    key: str
    name: Name
    aliases: list[Alias] = []


class Dated(BaseModel, extra="forbid", frozen=True):
    """A value that holds from one day to another, both included; without an end until further notice."""

    value: float
    valid_from: date = ALWAYS
    valid_to: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Dated:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError(f"valid_to {self.valid_to} lies before valid_from {self.valid_from}")
        return self


class Parameter(Dated, frozen=True):
    """A threshold of the centre that replaces the dictionary's default, for a channel, a queue or all."""

    parameter: str
    channel: str | None = Field(default=None, pattern=f"^({'|'.join(CHANNELS)})$")
    queue: str | None = None


class Target(Dated, frozen=True):
    """A target of an indicator for a member of a level; the centre's one member is ``all``."""

    indicator: str
    level: str = Field(default="centre", pattern="^(centre|site|team|agent|queue|channel)$")
    member: str = "all"


def write_reference(
    lake: Path,
    *,
    sources: Sequence[SourceBase],
    sites: Sequence[Site],
    queues: Sequence[Queue] = (),
    teams: Sequence[Team] = (),
    parameters: Iterable[Parameter] = (),
    targets: Iterable[Target] = (),
) -> None:
    """Write the reference tables below the lake's root; equal declarations give equal files.

    ``time_zone`` of a source is its site's: local dates of the warehouse are the site's, whatever zone the source
    writes its times in.
    """
    zones = {site.key: site.time_zone for site in sites}
    rows: dict[str, list[tuple[object, ...]]] = {
        "source": [(s.name, s.site, zones[s.site]) for s in sources],
        "site": [(s.key, s.name.en, s.name.zh, s.time_zone) for s in sites],
        "queue": [(q.key, q.name.en, q.name.zh, q.group, q.channel) for q in queues],
        "team": [(t.key, t.name.en, t.name.zh) for t in teams],
        "name": [
            (kind, source.name, alias.name, each.key)
            for kind, declared in (("queue", queues), ("team", teams))
            for each in declared
            for alias in each.aliases
            for source in sources
            if alias.source in (None, source.name)
        ],
        "parameter": [(p.parameter, p.channel, p.queue, p.value, p.valid_from, p.valid_to) for p in parameters],
        "target": [(t.indicator, t.level, t.member, t.value, t.valid_from, t.valid_to) for t in targets],
    }
    folder = lake / "centre"
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in SCHEMAS.items():
        content = pa.table(
            {field.name: pa.array([row[i] for row in rows[name]], field.type) for i, field in enumerate(schema)},
            schema=schema,
        )
        draft = folder / f".{name}.draft"
        pq.write_table(content, draft)
        draft.replace(folder / f"{name}.parquet")
