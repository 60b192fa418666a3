"""Cases worked out by hand: what was forecast and who was there."""

from __future__ import annotations

from tests.factories import Lake
from tests.integration.golden.case import Golden, visits

DAY = "2026-08-13"


def a_morning_of_forecasts(lake: Lake) -> list[Golden]:
    """Three half hours of one queue; a later forecast knew better, but the roster was made before it."""
    lake.add(
        "roster_shift",
        [
            {"employee_key": "plan-pat", "start_at": f"{DAY} 09:00:00", "end_at": f"{DAY} 10:30:00"}
            | {"published_at": "2026-08-06 12:00:00"}
        ],
    )
    forecast = {"queue_key": "plan-orders", "published_at": "2026-08-06 10:00:00"}
    lake.add(
        "forecast",
        [
            forecast | {"starts_at": f"{DAY} 09:00:00", "contacts": 4.0},
            forecast | {"starts_at": f"{DAY} 09:30:00", "contacts": 6.5},
            forecast | {"starts_at": f"{DAY} 10:00:00", "contacts": 2.0},
            forecast | {"starts_at": f"{DAY} 09:00:00", "contacts": 7.0, "published_at": "2026-08-12 10:00:00"},
        ],
    )
    queue = {"queue_key": "plan-orders", "agent_key": None}
    lake.add("tel_interaction", visits(7, "plan-1", f"{DAY} 09:14:00", 40, "abandoned", **queue))
    lake.add("tel_interaction", visits(3, "plan-2", f"{DAY} 09:59:59", 40, "abandoned", **queue))
    # |4 - 7| + |6.5 - 3| + |2 - 0| = 3 + 3.5 + 2 = 8.5 of 10; too few by 3, too many by 5.5
    of = ("day", DAY, "queue", "plan-orders")
    return [
        Golden("forecast_wape_pct", *of, 8.5, 10, 85, 10),
        Golden("forecast_over_pct", *of, 5.5, 10, 55, 10),
        Golden("forecast_under_pct", *of, 3, 10, 30, 10),
    ]


def a_queue_that_stayed_silent(lake: Lake) -> list[Golden]:
    """Nobody comes to one queue, while another shows that the day is delivered."""
    day = "2026-08-14"
    lake.add(
        "forecast",
        [
            {
                "queue_key": "plan-silent",
                "starts_at": f"{day} 09:00:00",
                "contacts": 3.0,
                "published_at": f"{DAY} 09:00:00",
            }
        ],
    )
    lake.add("tel_interaction", visits(1, "plan-3", f"{day} 09:00:00", 40, "abandoned", queue_key="plan-other"))
    return [Golden("forecast_wape_pct", "day", day, "queue", "plan-silent", 3, 0, None, 0, "no_traffic")]


def people_against_the_need(lake: Lake) -> list[Golden]:
    """Manchester needs 2 + 0.5 people for half an hour and 1 for the next; one person is there, for three quarters."""
    day = "2026-08-12"
    source = {"source_system": "hr_manchester", "published_at": "2026-08-05 10:00:00"}
    lake.add(
        "forecast",
        [
            source | {"queue_key": "plan-a", "starts_at": f"{day} 09:00:00", "contacts": 5.0, "required_fte": 2.0},
            source | {"queue_key": "plan-b", "starts_at": f"{day} 09:00:00", "contacts": 1.0, "required_fte": 0.5},
            source | {"queue_key": "plan-a", "starts_at": f"{day} 09:30:00", "contacts": 3.0, "required_fte": 1.0},
            # nobody said how many this hour needs
            source | {"queue_key": "plan-a", "starts_at": f"{day} 10:00:00", "contacts": 3.0},
        ],
    )
    at = {"source_system": "pbx_manchester"}
    states = [("09:00", "available", "09:20"), ("09:20", "on_contact", "09:40"), ("09:40", "break", "09:45")]
    states += [("09:45", "acw", "09:50"), ("10:00", "available", "11:00")]
    lake.add(
        "agent_state",
        [
            at
            | {"agent_key": "plan-mo", "state": state}
            | {"started_at": f"{day} {start}:00", "ended_at": f"{day} {end}:00"}
            for start, state, end in states
        ],
    )
    visit = {"queue_key": "plan-a", "agent_key": None}
    lake.add("tel_interaction", [at | row for row in visits(1, "plan-4", f"{day} 09:10:00", 40, "abandoned", **visit)])
    # needed 2.5, 2.5, 1, 1; there 1, 1, 10/15, 5/15: 7 less 3 is 4 people for a quarter, over 4 quarters
    return [Golden("staffing_gap_fte", "day", day, "site", "manchester", 4, 4, 1, None)]


CASES = (
    a_morning_of_forecasts,
    a_queue_that_stayed_silent,
    people_against_the_need,
)
