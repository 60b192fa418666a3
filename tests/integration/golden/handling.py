"""Cases worked out by hand: handling."""

from __future__ import annotations

from tests.factories import Lake
from tests.integration.golden.case import Golden


def handling(lake: Lake) -> list[Golden]:
    """Twelve legs of two agents, one of them still going on and one without after-contact work."""
    answered_at, ended_at = "2026-09-04 10:00:10", "2026-09-04 10:10:00"
    common = {"queue_key": "handling", "queued_at": "2026-09-04 10:00:00", "answered_at": answered_at}
    amy = {"agent_key": "amy", "ended_at": ended_at, "talk_ms": 100_000, "hold_ms": 20_000, "acw_ms": 30_000}
    bob = {"agent_key": "bob", "ended_at": ended_at, "talk_ms": 200_000, "acw_ms": 40_000}
    legs = (
        [amy | {"ended_by": "customer", "transfer_kind": "blind" if n < 2 else None} for n in range(6)]
        + [bob | {"ended_by": "agent", "transfer_kind": "attended" if n < 1 else None} for n in range(4)]
        + [{"agent_key": "amy"}]
        + [bob | {"talk_ms": 60_000, "acw_ms": None, "ended_by": "unknown"}]
    )
    lake.add("tel_interaction", [common | leg | {"interaction_id": f"leg-{n}"} for n, leg in enumerate(legs)])
    # handle time: 6 x (100 + 20 + 30) + 4 x (200 + 40) + 60 = 900 + 960 + 60 = 1920 s over 6 + 4 + 1 = 11 legs
    # after-contact work: 6 x 30 + 4 x 40 = 340 s over 10 legs
    # transfers: 2 + 1 of the 6 + 4 legs whose end is known; the open one and the unknown one do not count
    of = ("day", "2026-09-04", "queue", "handling")
    return [
        Golden("handle_legs", *of, 12, None, 12, 12),
        Golden("aht_sec", *of, 1920, 11, 1920 / 11, 11),
        Golden("aht_sec", "day", "2026-09-04", "agent", "unresolved:pbx:amy", 900, 6, 150, 6),
        Golden("acw_avg_sec", *of, 340, 10, 34, 10),
        Golden("transfer_rate_pct", *of, 3, 10, 30, 10),
    ]


def calls_cut_short(lake: Lake) -> list[Golden]:
    """Twelve legs of one agent; ten say how they ended, one of these in a transfer."""
    common = {
        "queue_key": "short",
        "agent_key": "cat",
        "queued_at": "2026-09-05 10:00:00",
        "answered_at": "2026-09-05 10:00:10",
        "ended_at": "2026-09-05 10:10:00",
    }
    legs = (
        [{"talk_ms": 5_000, "hold_ms": 0, "ended_by": "customer"}] * 3
        + [{"talk_ms": 10_000, "hold_ms": 0, "ended_by": "agent"}] * 2
        + [{"talk_ms": 120_000, "hold_ms": 30_000, "ended_by": "agent"}] * 4
        + [{"talk_ms": 8_000, "hold_ms": 0, "ended_by": "agent", "transfer_kind": "blind"}]
        + [{"talk_ms": 6_000, "ended_by": "unknown"}, {"ended_at": None}]
    )
    lake.add("tel_interaction", [common | leg | {"interaction_id": f"short-{n}"} for n, leg in enumerate(legs)])
    # not transferred: 3 + 2 + 4 = 9; at most 10 s of talk: 3 + 2 = 5; ended by the agent: 2 + 4 = 6
    # holding is seen on 3 + 2 + 4 + 1 = 10 legs, 4 of which had some
    of = ("day", "2026-09-05", "agent", "unresolved:pbx:cat")
    return [
        Golden("short_contact_pct", *of, 5, 9, 100 * 5 / 9, 9),
        Golden("agent_hangup_first_pct", *of, 6, 9, 100 * 6 / 9, 9),
        Golden("hold_rate_pct", *of, 4, 10, 40, 10),
    ]


def a_morning_of_one_agent(lake: Lake) -> list[Golden]:
    """Two scheduled hours of one agent in Manchester, logged in ten minutes late."""
    hr, pbx = {"source_system": "hr_manchester"}, {"source_system": "pbx_manchester"}
    lake.add("hr_employee", [hr | {"employee_key": "m1", "site_key": "manchester", "team_key": "gold"}])
    lake.add("agent_alias", [hr | {"employee_key": "m1", "alias_system": "pbx_manchester", "alias_value": "zoe"}])
    roster = ("work", "09:00", "10:00"), ("break", "10:00", "10:15"), ("work", "10:15", "11:00")
    lake.add(
        "roster_shift",
        [
            hr | {"employee_key": "m1", "activity": a, "start_at": f"2026-09-08 {s}", "end_at": f"2026-09-08 {e}"}
            for a, s, e in roster
        ],
    )
    states = (
        ("available", "09:10", "09:30"),
        ("on_contact", "09:30", "10:05"),
        ("acw", "10:05", "10:10"),
        ("break", "10:10", "10:20"),
        ("available", "10:20", "11:00"),
        ("offline", "11:00", "23:00"),
    )
    lake.add(
        "agent_state",
        [
            pbx | {"agent_key": "zoe", "state": a, "started_at": f"2026-09-08 {s}", "ended_at": f"2026-09-08 {e}"}
            for a, s, e in states
        ],
    )
    # handling 35 + 5 = 40 min, available 20 + 40 = 60 min: 40 of 100 min
    # in the scheduled state: work 09:10-10:00 50 min, break 10:10-10:15 5 min, work 10:20-11:00 40 min: 95 of 120 min
    day = ("day", "2026-09-08")
    return [
        Golden("occupancy_pct", *day, "team", "gold", 2400, 6000, 40, None),
        Golden("schedule_adherence_pct", *day, "agent", "m1", 5700, 7200, 100 * 95 / 120, None),
    ]


CASES = (
    handling,
    calls_cut_short,
    a_morning_of_one_agent,
)
