"""Cases worked out by hand: quarters of an hour on the site's own clock, clients, and bands of tenure."""

from __future__ import annotations

from tests.factories import Lake
from tests.integration.golden.case import Golden, visits


def around_the_edge_of_a_quarter(lake: Lake) -> list[Golden]:
    """A contact belongs whole to the quarter in which its wait begins; what an agent handles, to that of the answer."""
    of = {"queue_key": "edge"}
    lake.add("tel_interaction", visits(5, "before", "2026-09-08 10:14:59.900", 10, "answered", **of))
    lake.add("tel_interaction", visits(1, "after", "2026-09-08 10:15:00", 30, "answered", **of))
    # 10:14 in Manchester is 17:14 in Chengdu; both clocks show the quarter from 10:00
    manchester = {"source_system": "pbx_manchester", **of}
    lake.add("tel_interaction", visits(1, "abroad", "2026-09-08 10:14:00", 60, "abandoned", **manchester))
    # from 10:00: 5 + 1 offered, 5 of 6 answered within 20 s, nothing answered yet; one abandoned
    # from 10:15: 1 offered, its wait 30 s; 5 + 1 answered and talked to for 60 s each
    first, second = (("interval", f"2026-09-08 10:{minute}", "queue", "edge") for minute in ("00", "15"))
    return [
        Golden("contacts_offered", *first, 6, None, 6, 6),
        Golden("service_level_pct", *first, 5, 6, 100 * 5 / 6, 6),
        Golden("abandonment_rate_pct", *first, 1, 6, 100 / 6, 6),
        Golden("asa_sec", *first, 50, 5, 10, 5),
        Golden("contacts_offered", *second, 1, None, 1, 1),
        Golden("service_level_pct", *second, 0, 1, None, 1, "below_floor"),
        Golden("asa_sec", *second, 30, 1, 30, 1),
        Golden("contacts_handled", *second, 6, None, 6, 6),
        Golden("aht_sec", *second, 360, 6, 60, 6),
        Golden("contacts_offered", "day", "2026-09-08", "queue", "edge", 7, None, 7, 7),
    ]


def three_quarters_of_two_agents(lake: Lake) -> list[Golden]:
    """Agents' time is cut at the edges of quarters; a contact counts whole where it arrives, answered or not."""
    hr, pbx, day = {"source_system": "hr_manchester"}, {"source_system": "pbx_manchester"}, "2026-06-16"
    people = ("quarter-1", "quarter-2")
    spell = {"site_key": "manchester", "team_key": "quarters", "role": "trainee"}
    lake.add("hr_employee", [hr | spell | {"employee_key": agent} for agent in people])
    lake.add("agent_alias", [hr | {"employee_key": agent, "alias_system": "pbx_manchester"} for agent in people])
    shift = {"start_at": f"{day} 09:00", "end_at": f"{day} 09:45"}
    lake.add("roster_shift", [hr | shift | {"employee_key": agent} for agent in people])
    states = [
        ("quarter-1", "available", "09:10", "09:20"),
        ("quarter-1", "on_contact", "09:20", "09:35"),
        ("quarter-1", "acw", "09:35", "09:40"),
        ("quarter-2", "available", "09:00", "09:30"),
        ("quarter-2", "break", "09:30", "09:50"),
    ]
    lake.add(
        "agent_state",
        [
            pbx | {"agent_key": agent, "state": state, "started_at": f"{day} {start}", "ended_at": f"{day} {end}"}
            for agent, state, start, end in states
        ],
    )
    of = pbx | {"queue_key": "quarters"}
    lake.add("tel_interaction", visits(6, "early", f"{day} 09:29:59", 10, "answered", **of))
    lake.add("tel_interaction", visits(2, "gone", f"{day} 09:29:59", 30, "abandoned", **of))
    lake.add("tel_interaction", visits(5, "late", f"{day} 09:30:00", 10, "answered", **of))
    # from 09:00: available 5 + 15 min, at work as scheduled 5 + 15 of 30 min
    # from 09:15: available 5 + 15, handling 10: 10 of 30; at work 15 + 15 of 30; 6 + 2 arrive, 6 of them are answered
    # from 09:30: handling 5 + 5, nobody available: 10 of 10; at work 10 + 0 of 30; 5 arrive
    nine, quarter_past, half_past = (("interval", f"{day} 09:{minute}") for minute in ("00", "15", "30"))
    site, queue = ("site", "manchester"), ("queue", "quarters")
    return [
        Golden("occupancy_pct", *nine, *site, 0, 1200, 0, None),
        Golden("occupancy_pct", *quarter_past, *site, 600, 1800, 100 / 3, None),
        Golden("occupancy_pct", *half_past, *site, 600, 600, 100, None),
        Golden("schedule_adherence_pct", *nine, *site, 1200, 1800, 200 / 3, None),
        Golden("schedule_adherence_pct", *quarter_past, *site, 1800, 1800, 100, None),
        Golden("schedule_adherence_pct", *half_past, *site, 600, 1800, 100 / 3, None),
        Golden("contacts_arrived", *quarter_past, *site, 8, None, 8, 8),
        Golden("contacts_arrived", *half_past, *site, 5, None, 5, 5),
        Golden("queue_visits", *quarter_past, *queue, 8, None, 8, 8),
        Golden("answer_rate_pct", *quarter_past, *queue, 6, 8, 75, 8),
        Golden("answer_rate_pct", *half_past, *queue, 5, 5, 100, 5),
    ]


def queues_of_one_client(lake: Lake) -> list[Golden]:
    """A client has what its queues have together; its percentile is taken from their waits, not their percentiles."""
    lake.declare("client", [{"client_key": "acme", "name_en": "Acme", "name_zh": "甲公司"}])
    lake.declare("queue", [{"queue_key": f"acme {n}", "client_key": "acme"} for n in (1, 2)])
    at = "2026-09-08 10:00:00"
    for wait in (10, 20, 30):
        lake.add("tel_interaction", visits(1, "one", at, wait, "answered", queue_key="acme 1"))
    for wait in (40, 50):
        lake.add("tel_interaction", visits(1, "two", at, wait, "answered", queue_key="acme 2"))
    # waits 10 .. 50: 90th percentile at 1 + 0.9 x 4 = 4.6, between 40 and 50; 2 of 5 within 20 s
    of = ("day", "2026-09-08", "client", "acme")
    return [
        Golden("contacts_offered", *of, 5, None, 5, 5),
        Golden("service_level_pct", *of, 2, 5, 40, 5),
        Golden("wait_p90_sec", *of, None, None, 46, 5),
        Golden("handle_legs", "week", "2026-09-07", "client", "acme", 5, None, 5, 5),
    ]


def into_the_next_band(lake: Lake) -> list[Golden]:
    """The thirtieth day after the hire date is in the next band; without a hire date there is none."""
    lake.add("hr_employee", [{"employee_key": "dated", "hired_on": "2026-08-13"}, {"employee_key": "undated"}])
    lake.add("agent_alias", [{"employee_key": agent} for agent in ("dated", "undated")])
    of = {"queue_key": "bands", "agent_key": "dated"}
    lake.add("tel_interaction", visits(1, "last", "2026-09-11 23:59:40", 10, "answered", **of))
    lake.add("tel_interaction", visits(2, "first", "2026-09-11 23:59:55", 10, "answered", **of))
    lake.add(
        "tel_interaction", visits(4, "nobody's", "2026-09-12 10:00:00", 10, "answered", **of | {"agent_key": "undated"})
    )
    # 13 August + 29 days = 11 September, answered at 23:59:50; + 30 days = the 12th, answered at 00:00:05
    band = ("tenure_band", "under_30"), ("tenure_band", "under_90")
    return [
        Golden("handle_legs", "day", "2026-09-11", *band[0], 1, None, 1, 1),
        Golden("handle_legs", "day", "2026-09-12", *band[1], 2, None, 2, 2),
        Golden("aht_sec", "day", "2026-09-12", *band[1], 120, 2, 60, 2),
        Golden("handle_legs", "week", "2026-09-07", *band[0], 1, None, 1, 1),
        Golden("handle_legs", "day", "2026-09-12", "queue", "bands", 6, None, 6, 6),
    ]


CASES = (around_the_edge_of_a_quarter, three_quarters_of_two_agents, queues_of_one_client, into_the_next_band)
