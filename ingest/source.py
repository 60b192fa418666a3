"""How a centre declares where its files come from and when: sites and the part every source has in common.

Each format declares its own source model on top of ``SourceBase`` in its own module; nothing here knows a format.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, Field, field_validator, model_validator

from ingest.calendars import languages
from ingest.contract import IDENTITY, TABLES

DAILY = frozenset(
    table.name
    for table in TABLES.values()
    if not table.raw and table.event_time in table.touches and table.name not in IDENTITY
)
"""Tables that may be expected on a day: a row that arrives has its day built anew."""


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{value!r} is not an IANA time zone such as Asia/Shanghai or Europe/London") from error
    return value


Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
"""A name that becomes a folder and a file name: lower case letters, digits and underscores."""

TimeZone = Annotated[str, AfterValidator(_zone)]
"""An IANA time zone."""


Encoding = Literal[
    "utf-8",
    "utf-16",
    "gb18030",
    "gbk",
    "big5",
    "shift_jis",
    "euc_jp",
    "euc_kr",
    "latin-1",
    "cp1250",
    "cp1251",
    "cp1252",
]
"""Encodings of text that a source may declare."""


class Name(BaseModel, extra="forbid", frozen=True):
    """What people call a thing, in both languages."""

    en: str
    zh: str


class Lasting(BaseModel, extra="forbid", frozen=True):
    """What holds from one day to another, both included; without an end until further notice."""

    valid_from: date
    valid_to: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError(f"valid_to {self.valid_to} lies before valid_from {self.valid_from}")
        return self


class Site(BaseModel, extra="forbid", frozen=True):
    """A place of work. Its time zone decides on which local date an event falls.

    ``calendar`` names its public holidays: a country by its two letters, a subdivision behind it (``GB-ENG``).
    """

    key: Key
    name: Name
    time_zone: TimeZone
    calendar: str | None = Field(default=None, pattern="^[A-Z]{2}(-[A-Z0-9]{1,3})?$")

    @field_validator("calendar")
    @classmethod
    def _known(cls, calendar: str | None) -> str | None:
        if calendar:
            languages(calendar)
        return calendar


class Arrival(Lasting, frozen=True):
    """Tables of which a source has rows on every day, or on every day on which its site is open."""

    tables: list[str] = Field(min_length=1)
    days: Literal["every_day", "open_days"]

    @field_validator("tables")
    @classmethod
    def _of_events(cls, tables: list[str]) -> list[str]:
        if unknown := [name for name in tables if name not in DAILY]:
            raise ValueError(f"{', '.join(unknown)}: no table of the contract whose rows have days of their own")
        return tables


class SourceBase(BaseModel, extra="forbid", frozen=True):
    """The part of a source that no format changes.

    ``time_zone`` is the zone of times written without an offset, the site's unless declared. ``files`` is the pattern
    that names of delivered files match below ``landing/<name>/``. ``encoding`` is that of text files which neither have
    a byte order mark nor are UTF-8. A file of which more than ``max_failed_share`` of the rows fail is refused whole.
    ``arrives`` says on which days its rows are expected; nothing of what it does not name is ever called missing.
    """

    name: Key
    format: str
    site: Key
    time_zone: TimeZone | None = None
    files: str = "*"
    encoding: Encoding = "utf-8"
    max_failed_share: float = Field(default=0.5, ge=0, le=1)
    arrives: list[Arrival] = []
