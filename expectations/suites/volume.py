"""Delivered volume of a day against the same weekdays before it, for every table that flows daily.

A day is compared only up to the hour its newest row came from, so a day that is still arriving is judged fairly.
"""

from __future__ import annotations

from expectations.forms import at_least, at_most
from expectations.profile import VOLUME_LAGS_DAYS, Measure, Suite
from ingest.contract import Table

LEAST_RATIO, GREATEST_RATIO = 0.5, 2.0
"""Bounds of a day's rows to the median of its earlier same weekdays."""

LEAST_WEEKS = 2
"""Earlier weekdays needed before a day is judged."""

DAILY = {
    "tel_interaction": 50,
    "tel_offer": 50,
    "agent_state": 50,
    "chat_conversation": 50,
    "chat_message": 600,
    "csat": 50,
    "roster_shift": 50,
    "attendance": 50,
}
"""Tables that every working day delivers, and the median rows below which their ratio is noise: messages come a dozen
to a conversation."""


def suite(table: Table) -> Suite:
    """Suite on the profile of ``table``: its volume lies near that of the same weekdays before."""
    earlier = f"""
    create or replace temp table volume as
    with hours as (
        select
            source_system,
            event_date,
            date_trunc('hour', {table.event_time}::timestamp) as hour_at,
            count(*) as hour_rows
        from history
        group by all
    ),
    days as (
        select source_system, event_date, sum(hour_rows) as day_rows, max(hour_at) as newest_at
        from hours semi join touched using (event_date)
        group by all
    ),
    earlier as (
        select days.source_system, days.event_date, day_rows, lag_days, sum(hour_rows) as earlier_rows
        from days
        cross join unnest({list(VOLUME_LAGS_DAYS)}) as lags (lag_days)
        join hours
            on hours.source_system = days.source_system
            and hours.event_date = days.event_date - lag_days
            and hours.hour_at <= days.newest_at - to_days(lag_days)
        group by all
    )
    select source_system, event_date, any_value(day_rows) / median(earlier_rows) as ratio
    from earlier
    group by source_system, event_date
    having count(*) >= {LEAST_WEEKS} and median(earlier_rows) >= {DAILY[table.name]}
    """
    ratio = Measure(
        "(select max(ratio) from volume "
        "where volume.source_system = rows.source_system and volume.event_date = rows.event_date)"
    )
    return Suite(
        name="volume",
        table=table.name,
        measures={"volume_ratio": ratio},
        expectations=(
            at_least(
                "volume_ratio",
                LEAST_RATIO,
                f"a day has at least {LEAST_RATIO:.0%} of the rows usual for its weekday",
                f"当日行数不低于同星期常值的 {LEAST_RATIO:.0%}",
            ),
            at_most(
                "volume_ratio",
                GREATEST_RATIO,
                f"a day has at most {GREATEST_RATIO:g} times the rows usual for its weekday",
                f"当日行数不高于同星期常值的 {GREATEST_RATIO:g} 倍",
            ),
        ),
        prepare=(earlier,),
    )
