"""Cases worked out by hand: statuses."""

from __future__ import annotations

from tests.factories import Lake
from tests.integration.golden.case import Golden, visits


def statuses(lake: Lake) -> list[Golden]:
    """Four visits are too few for a share but not for a mean; an open visit is no traffic; what is unripe says so."""
    few = visits(3, "few", "2026-09-15 10:00:00", 10, "answered") + visits(
        1, "few", "2026-09-15 10:00:00", 30, "answered"
    )
    lake.add("tel_interaction", [row | {"queue_key": "few"} for row in few])
    lake.add("tel_interaction", visits(1, "waiting", "2026-09-15 10:00:00", None, "open", queue_key="waiting"))
    lake.add("tel_interaction", visits(5, "new", "2026-10-06 10:00:00", 10, "answered", queue_key="new"))
    rated = {"queue_key": "new", "asked_at": "2026-10-06 10:00:00", "answered_at": "2026-10-06 10:05:00", "score": 5.0}
    lake.add("csat", [rated | {"response_id": f"new-{n}", "interaction_id": f"new-{n}"} for n in range(5)])
    few_of, waiting, new = ("queue", "few"), ("queue", "waiting"), ("queue", "new")
    return [
        # 3 of 4 within 20 s, below the floor of 5; (3 x 10 + 30) / 4 = 15 s
        Golden("service_level_pct", "day", "2026-09-15", *few_of, 3, 4, None, 4, "below_floor"),
        Golden("asa_sec", "day", "2026-09-15", *few_of, 60, 4, 15, 4),
        Golden("service_level_pct", "day", "2026-09-15", *waiting, 0, 0, None, 0, "no_traffic"),
        Golden("wait_p90_sec", "day", "2026-09-15", *waiting, None, None, None, 0, "no_traffic"),
        Golden("queue_visits", "day", "2026-09-15", *waiting, 1, None, 1, 1),
        # as of Wednesday 7 October: the day is over, the week and the month are not
        Golden("service_level_pct", "day", "2026-10-06", *new, 5, 5, 100, 5),
        Golden("service_level_pct", "week", "2026-10-05", *new, 5, 5, 100, 5, "provisional"),
        Golden("service_level_pct", "month", "2026-10-01", *new, 5, 5, 100, 5, "provisional"),
        # answers are awaited for four days
        Golden("csat_top2_pct", "day", "2026-10-06", *new, 5, 5, 100, 5, "provisional"),
    ]


CASES = (statuses,)
