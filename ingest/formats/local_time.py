"""SQL for local times without an offset, and a look at whether a declared zone can be right.

How a mapped column of a spreadsheet is read, with its own declarations, belongs in ``conversion``.
"""

from __future__ import annotations

import duckdb

from ingest.conform import literal

_OFFSET = r"(?:[+-]\d{2}(?::?\d{2})?|Z)$"

# Of a repeated local time timezone() gives the later reading; three hours before that the offset from before the change
# still held, since no zone moves its clocks by more. A time that the clocks skipped does not come back as it was.
_MACROS = rf"""
create or replace temp macro earlier_reading(naive, later, earlier) as
    make_timestamptz(epoch_us(naive) - epoch_us(timezone($zone, earlier)) + epoch_us(earlier));
create or replace temp macro reading(naive, later) as case
    when timezone($zone, later) <> naive then null
    when timezone($zone, earlier_reading(naive, later, later - interval 3 hours)) = naive
        then earlier_reading(naive, later, later - interval 3 hours)
    else later end;
create or replace temp macro local_instant(text) as case
    when regexp_matches(text, '\d{_OFFSET}') then try_cast(text as timestamptz)
    else reading(try_cast(text as timestamp), timezone($zone, try_cast(text as timestamp))) end;
"""


def declare_zone(con: duckdb.DuckDBPyConnection, zone: str) -> None:
    """Give the connection the macro ``local_instant(text)`` for dates and times on the clocks of ``zone``.

    A text with an offset of its own is read by that. Of a time that the clocks showed twice the earlier is meant; one
    that they skipped, and a text that is no time, is null.
    """
    con.execute(_MACROS.replace("$zone", literal(zone)))


def clock_doubts(con: duckdb.DuckDBPyConnection, times: str, zone: str) -> tuple[str, ...]:
    """Return a doubt when local times usually differ from UNIX times beside them by quarters of an hour, as zones do.

    ``times`` is SQL for an instant read on the clocks of ``zone`` and a text that ends in the UNIX time it should be
    (``1366720340.303267`` of Asterisk's channel ids).
    """
    [minutes] = con.execute(_DIFFERENCE.format(times=times)).fetchone() or (None,)
    if not minutes:
        return ()
    sign, (hours, rest) = "+-"[minutes < 0], divmod(abs(minutes), 60)
    return (
        f"local times are {sign}{hours}:{rest:02} h from the UNIX times beside them (clocks_disagree);"
        f" check the zone declared for the source, {zone}, and whether the source writes UTC",
    )


_DIFFERENCE = r"""
select cast(round(median(epoch(local) - cast(regexp_extract(stamp, '(\d{{9,10}})(?:\.\d+)?$', 1) as bigint)) / 900) * 15
    as bigint)
from ({times}) as t(local, stamp) where regexp_matches(stamp, '(?:^|\D)\d{{9,10}}(?:\.\d+)?$')
"""
