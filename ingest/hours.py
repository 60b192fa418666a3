"""Business hours as a centre declares them: when a queue is open, by weekday, on holidays and on make-up workdays.

Times are the site's own clock times, so an hour counts as an hour whatever the clocks do. On which dates holidays fall
is known by ``ingest.calendars``; what is open on a date follows in the warehouse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from pydantic import field_validator

from ingest.source import Key, Lasting

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SPECIAL = ("holidays", "makeup_workdays")
CLOSED = "closed"

_SPAN = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")


class Hours(Lasting, frozen=True):
    """When a queue is open, by the calendar and the clocks of a site.

    ``open`` gives a span such as ``09:00-18:00``, several of them, or ``closed`` for a weekday or a range of them
    (``mon-fri``), for ``holidays`` and for ``makeup_workdays``. A weekday that is not named is closed; holidays and
    make-up workdays that are not named are as their weekday is.
    """

    site: Key
    open: dict[str, str | list[str]]

    @field_validator("open")
    @classmethod
    def _can_be_read(cls, declared: dict[str, str | list[str]]) -> dict[str, str | list[str]]:
        named: dict[str, str] = {}
        for days, spans in declared.items():
            _seconds(spans)
            for kind in _kinds(days):
                if kind in named:
                    raise ValueError(f"{days!r} names {kind}, and so does {named[kind]!r}")
                named[kind] = days
        return declared

    def opening_seconds(self) -> Iterator[tuple[str, int | None, int]]:
        """Yield a kind of day, ``weekday`` or one named of ``SPECIAL``, the weekday from 1, and how long it is open."""
        named = {kind: _seconds(spans) for days, spans in self.open.items() for kind in _kinds(days)}
        for number, weekday in enumerate(WEEKDAYS, 1):
            yield "weekday", number, named.get(weekday, 0)
        for kind in SPECIAL:
            if kind in named:
                yield kind, None, named[kind]


def _kinds(days: str) -> list[str]:
    """Return the weekdays, or the one special kind of day, that a key of ``open`` names."""
    first, _, last = days.partition("-")
    if days in SPECIAL:
        return [days]
    if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
        raise ValueError(f"{days!r} is neither of {', '.join((*WEEKDAYS, *SPECIAL))} nor a range such as mon-fri")
    begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    if end < begin:
        raise ValueError(f"{days!r} goes backwards: a week begins on Monday")
    return list(WEEKDAYS[begin : end + 1])


def _seconds(spans: str | list[str]) -> int:
    """Return how long spans last together."""
    if spans == CLOSED:
        return 0
    total, open_until = 0, 0
    for opens, closes in sorted(map(_span, [spans] if isinstance(spans, str) else spans)):
        if opens < open_until:
            raise ValueError(f"{spans} overlap")
        total, open_until = total + closes - opens, closes
    return total


def _span(text: str) -> tuple[int, int]:
    found = _SPAN.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is neither a span such as 09:00-18:00 nor {CLOSED!r}")
    opens, closes = (60 * (60 * int(found[part]) + int(found[part + 1])) for part in (1, 3))
    if not opens < closes <= 24 * 60 * 60:
        raise ValueError(f"{text!r} does not end later on the same day: what passes midnight is declared on both days")
    return opens, closes


def clashes(hours: list[Hours]) -> Iterator[tuple[int, str]]:
    """Yield the place of what holds at the same time as an entry before it."""
    for place, one in enumerate(hours):
        for other in hours[:place]:
            if one.valid_from <= (other.valid_to or date.max) and other.valid_from <= (one.valid_to or date.max):
                yield place, f"holds on days on which what is declared from {other.valid_from} holds"
