"""How a centre declares where its files come from: sites and the part every source has in common.

Each format declares its own source model on top of ``SourceBase`` in its own module; nothing here knows a format.
"""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, Field


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


class Site(BaseModel, extra="forbid", frozen=True):
    """A place of work. Its time zone decides on which local date an event falls."""

    key: Key
    name: Name
    time_zone: TimeZone


class SourceBase(BaseModel, extra="forbid", frozen=True):
    """The part of a source that no format changes.

    ``time_zone`` is the zone of times written without an offset, the site's unless declared. ``files`` is the pattern
    that names of delivered files match below ``landing/<name>/``. ``encoding`` is that of text files which neither have
    a byte order mark nor are UTF-8. A file of which more than ``max_failed_share`` of the rows fail is refused whole.
    """

    name: Key
    format: str
    site: Key
    time_zone: TimeZone | None = None
    files: str = "*"
    encoding: Encoding = "utf-8"
    max_failed_share: float = Field(default=0.5, ge=0, le=1)
