"""Cases worked out by hand: workforce."""

from __future__ import annotations

from tests.factories import Lake
from tests.integration.golden.case import Golden, Rows


def staff_of_september(lake: Lake) -> list[Golden]:
    """Four agents of one team, of whom one leaves and one comes; one on long leave and a leader beside them."""
    spells: Rows = [
        {"employee_key": "s1"},
        {"employee_key": "s2"},
        {"employee_key": "s3", "left_on": "2026-09-15", "valid_to": "2026-09-15"},
        {"employee_key": "s4", "hired_on": "2026-09-21", "valid_from": "2026-09-21"},
        {"employee_key": "s5", "status": "long_leave"},
        {"employee_key": "s6", "role": "leader"},
    ]
    lake.add("hr_employee", [{"valid_from": "2026-09-01", "team_key": "silver"} | spell for spell in spells])
    # agent days of September: 30 + 30 + 15 + 10 = 85 in 30 days; week of 14 September: 7 + 7 + 2 = 16 in 7 days
    # one leaver over an average of 85 / 30
    of = ("team", "silver")
    return [
        Golden("headcount_active", "day", "2026-09-15", *of, 3, 1, 3, None),
        Golden("headcount_active", "week", "2026-09-14", *of, 16, 7, 16 / 7, None),
        Golden("headcount_active", "month", "2026-09-01", *of, 85, 30, 85 / 30, None),
        Golden("attrition_rate_pct", "month", "2026-09-01", *of, 1, 85 / 30, 100 * 30 / 85, None),
    ]


def a_day_of_absences(lake: Lake) -> list[Golden]:
    """One late, one absent, one on approved leave, one who went home at noon."""
    people = ("b1", "b2", "b3", "b4")
    lake.add("hr_employee", [{"employee_key": p, "team_key": "bronze", "role": "trainee"} for p in people])
    shifts = [("b1", "work", 9, 12), ("b1", "meal", 12, 13), ("b1", "work", 13, 17)]
    shifts += [(p, "work", 9, 17) for p in people[1:]]
    lake.add(
        "roster_shift",
        [
            {"employee_key": p, "activity": a}
            | {"start_at": f"2026-09-14 {start:02}:00:00", "end_at": f"2026-09-14 {end:02}:00:00"}
            for p, a, start, end in shifts
        ],
    )
    attendance: Rows = [
        {"employee_key": "b1", "clock_in_at": "2026-09-14 10:00:00", "clock_out_at": "2026-09-14 17:00:00"},
        {"employee_key": "b2", "status": "absent"},
        {"employee_key": "b3", "status": "leave"},
        {"employee_key": "b4", "status": "half_day"}
        | {"clock_in_at": "2026-09-14 09:00:00", "clock_out_at": "2026-09-14 13:00:00"},
    ]
    lake.add("attendance", [{"work_date": "2026-09-14"} | row for row in attendance])
    # scheduled 7 + 8 + 8 + 8 = 31 h, the meal is no work; missed 1 + 8 + 0 + 4 = 13 h
    return [
        Golden("absence_rate_pct", "day", "2026-09-14", "team", "bronze", 46_800, 111_600, 100 * 13 / 31, None),
        Golden("absence_rate_pct", "day", "2026-09-14", "agent", "b4", 14_400, 28_800, 50, None),
    ]


CASES = (
    staff_of_september,
    a_day_of_absences,
)
