"""Cases worked out by hand: what paid time went to, and other ways to reckon utilisation, occupancy and attrition."""

from __future__ import annotations

from tests.factories import Lake
from tests.integration.golden.case import Golden, Rows

DAY = "2026-09-17"


def _at(time: str) -> str:
    return f"{DAY} {time}:00"


def a_day_of_paid_time(lake: Lake) -> list[Golden]:
    """Pia works, is trained, eats unpaid and stays on into the evening; Pol is on paid leave."""
    people = ("paid-pia", "paid-pol")
    lake.add("hr_employee", [{"employee_key": p, "team_key": "paid", "role": "trainee"} for p in people])
    lake.add("agent_alias", [{"employee_key": p} for p in people])
    roster = [
        ("paid-pia", "work", "09:00", "12:00", True),
        ("paid-pia", "meal", "12:00", "13:00", False),
        ("paid-pia", "training", "13:00", "14:00", True),
        ("paid-pia", "work", "14:00", "17:00", True),
        ("paid-pol", "leave", "09:00", "17:00", True),
    ]
    lake.add(
        "roster_shift",
        [
            {"employee_key": p, "activity": activity, "start_at": _at(start), "end_at": _at(end), "is_paid": is_paid}
            for p, activity, start, end, is_paid in roster
        ],
    )
    clock = {"clock_in_at": _at("09:20"), "clock_out_at": _at("18:20")}
    lake.add("attendance", [{"employee_key": "paid-pia", "work_date": DAY} | clock])
    states = [
        ("09:20", "available", "10:00"),  # 20 minutes late
        ("10:00", "on_contact", "11:30"),
        ("11:30", "break", "12:00"),  # half an hour that the roster does not know
        ("12:00", "meal", "13:00"),
        ("13:00", "training", "13:40"),
        ("13:40", "acw", "14:00"),  # called out of the training
        ("14:00", "on_contact", "16:00"),
        ("16:00", "available", "17:00"),
        ("17:00", "on_contact", "18:00"),  # overtime that nobody rostered
    ]
    lake.add(
        "agent_state",
        [
            {"agent_key": "paid-pia", "state": state, "started_at": _at(start), "ended_at": _at(end)}
            for start, state, end in states
        ]
        # somebody else is seen until the evening, so that the day is known
        + [{"agent_key": "paid-other", "state": "break", "started_at": _at("19:00"), "ended_at": _at("20:00")}],
    )
    # Pia: handling 90 + 20 + 120 + 60 = 290 min, available 40 + 60 = 100; logged in 9:20 to 18:00 = 520;
    # paid 7 h = 420, work 6 h = 360; attended 9 h = 540. Pol: paid 480.
    # lost of paid work 20 (late) + 30 (break) = 50; of the training 40; of the leave 480
    team, pia = ("day", DAY, "team", "paid"), ("day", DAY, "agent", "paid-pia")
    return [
        Golden("utilization_paid_pct", *team, 290 * 60, 900 * 60, 100 * 290 / 900, None),
        Golden("utilization_paid_pct", *pia, 290 * 60, 420 * 60, 100 * 290 / 420, None),
        Golden("utilization_attended_pct", *pia, 290 * 60, 540 * 60, 100 * 290 / 540, None),
        Golden("utilization_online_pct", *pia, 290 * 60, 520 * 60, 100 * 290 / 520, None),
        Golden("occupancy_pct", *team, 290 * 60, 390 * 60, 100 * 290 / 390, None),
        # everything but the 100 minutes of waiting
        Golden("occupancy_with_aux_pct", *team, 420 * 60, 520 * 60, 100 * 420 / 520, None),
        # 290 + 100 minutes on the queue, 360 scheduled
        Golden("schedule_conformance_pct", *pia, 390 * 60, 360 * 60, 100 * 390 / 360, None),
        Golden("schedule_conformance_pct", "day", DAY, "agent", "paid-pol", 0, 0, None, None, "no_traffic"),
        Golden("shrinkage_pct", *team, 570 * 60, 900 * 60, 100 * 570 / 900, None),
        Golden("shrinkage_planned_pct", *team, 520 * 60, 900 * 60, 100 * 520 / 900, None),
        Golden("shrinkage_unplanned_pct", *team, 50 * 60, 900 * 60, 100 * 50 / 900, None),
    ]


def three_denominators_of_attrition(lake: Lake) -> list[Golden]:
    """Ten agents at first, of whom two leave on the 10th; of five who come on the 16th one leaves on the 20th."""
    spells: Rows = [{"employee_key": f"attrition-{n}"} for n in range(8)]
    spells += [
        {"employee_key": f"attrition-leaver-{n}", "left_on": "2026-09-10", "valid_to": "2026-09-10"} for n in range(2)
    ]
    spells += [{"employee_key": f"attrition-new-{n}", "valid_from": "2026-09-16"} for n in range(4)]
    guest = {"valid_from": "2026-09-16", "left_on": "2026-09-20", "valid_to": "2026-09-20"}
    spells.append({"employee_key": "attrition-guest"} | guest)
    lake.add("hr_employee", [{"valid_from": "2026-09-01", "team_key": "attrition"} | spell for spell in spells])
    # agent days 8 * 30 + 2 * 10 + 4 * 15 + 5 = 325 in 30 days; 10 on the first day; 15 different people
    month = ("month", "2026-09-01", "team", "attrition")
    return [
        Golden("attrition_rate_pct", *month, 3, 325 / 30, 100 * 3 * 30 / 325, None),
        Golden("attrition_of_opening_pct", *month, 3, 10, 30, None),
        Golden("attrition_of_employed_pct", *month, 3, 15, 20, None),
    ]


CASES = (
    a_day_of_paid_time,
    three_denominators_of_attrition,
)
