"""What a case worked out by hand is made of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tests.factories import Lake


class Golden(NamedTuple):
    """What `indicator_values` has to say of one indicator, period and member.

    `starts_at` is the local time at which the period begins: a date, or of an interval date and time.
    """

    indicator: str
    grain: str
    starts_at: str
    level: str
    member: str
    numerator: float | None
    denominator: float | None
    value: float | None
    sample_size: int | None
    status: str = "final"


Rows = list[dict[str, Any]]
Case = Callable[[Lake], list[Golden]]


def after(start: str, seconds: float) -> str:
    return str(datetime.fromisoformat(start) + timedelta(seconds=seconds))


def visits(number: int, name: str, queued_at: str, wait: float | None, outcome: str, **columns: Any) -> Rows:
    """`number` visits that waited `wait` seconds; answered ones are talked to for a minute."""
    end = None if wait is None else after(queued_at, wait)
    answered = outcome == "answered"
    return [
        {
            "interaction_id": f"{name}-{outcome}-{wait}-{n}",
            "queued_at": queued_at,
            "wait_ms": None if wait is None else int(wait * 1000),
            "outcome": outcome,
            "answered_at": end if answered else None,
            "agent_key": "ann" if answered else None,
            "ended_at": after(end, 60) if end and answered else end,
            "talk_ms": 60_000 if answered else None,
            **columns,
        }
        for n in range(number)
    ]
