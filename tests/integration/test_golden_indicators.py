"""Every indicator against a case worked out by hand.

The cases lie in one lake and are told apart by date, queue, team or agent, so that dbt runs once. Agents without an
employee record keep the name that their source gives them: `unresolved:<source>:<name>`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import duckdb
import pytest

from tests.factories import Lake

AS_OF = date(2026, 10, 7)


class Golden(NamedTuple):
    """What `indicator_values` has to say of one indicator, period and member."""

    indicator: str
    grain: str
    period_start: str
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


def one_hour_nine_service_levels(lake: Lake) -> list[Golden]:
    """The hour of a hundred visits for which nine formulas in use give 70 % to 87.5 %."""
    at = "2026-09-01 10:00:00"
    hour = (70, 10, "answered"), (10, 40, "answered"), (8, 3, "abandoned"), (4, 12, "abandoned"), (5, 60, "abandoned")
    for number, wait, outcome in (*hour, (2, 15, "callback_requested"), (1, 120, "timeout")):
        lake.add("tel_interaction", visits(number, "hour", at, wait, outcome, queue_key="hour"))
    # judged on: 100 visits - 8 short abandons - 2 callbacks = 90
    # answered within 20 s 70; answered 70 + 10 = 80; abandoned after more than 5 s 4 + 5 = 9
    # wait of the answered: 70 x 10 s + 10 x 40 s = 1100 s
    # 98 waits without the callbacks: 8 x 3, 70 x 10, 4 x 12, 10 x 40 (numbers 83 to 92), 5 x 60, 1 x 120;
    # 90th percentile at 1 + 0.9 x 97 = 88.3, between the 88th and the 89th, both 40
    of = ("day", "2026-09-01", "queue", "hour")
    return [
        Golden("service_level_pct", *of, 70, 90, 100 * 7 / 9, 90),
        Golden("answer_rate_pct", *of, 80, 90, 100 * 8 / 9, 90),
        Golden("abandonment_rate_pct", *of, 9, 90, 10, 90),
        Golden("short_abandon_pct", *of, 8, 100, 8, 100),
        Golden("asa_sec", *of, 1100, 80, 13.75, 80),
        Golden("wait_p90_sec", *of, None, None, 40, 98),
        Golden("contacts_offered", *of, 100, None, 100, 100),
        Golden("queue_visits", *of, 100, None, 100, 100),
        Golden("contacts_handled", *of, 80, None, 80, 80),
        # the eight other formulas: 12 abandons within 20 s, 17 in all; a visit that timed out is a flow-out
        Golden("service_level_of_answered_pct", *of, 70, 80, 87.5, 80),
        Golden("service_level_of_missed_pct", *of, 70, 81, 100 * 70 / 81, 81),
        Golden("service_level_abandons_met_pct", *of, 82, 97, 100 * 82 / 97, 97),
        Golden("service_level_left_in_time_pct", *of, 84, 100, 84, 100),
        Golden("service_level_late_abandons_pct", *of, 70, 85, 100 * 70 / 85, 85),
        Golden("service_level_offered_pct", *of, 70, 92, 100 * 70 / 92, 92),
        Golden("service_level_abandons_missed_pct", *of, 70, 97, 100 * 70 / 97, 97),
        Golden("service_level_flow_outs_pct", *of, 70, 100, 70, 100),
    ]


def waits_between_two_values(lake: Lake) -> list[Golden]:
    """A percentile is interpolated; abandoned visits count with their wait, callbacks and open visits do not."""
    at = "2026-09-02 10:00:00"
    for wait in (10, 20, 30, 40, 50, 60, 70, 80):
        lake.add("tel_interaction", visits(1, "waits", at, wait, "answered", queue_key="waits"))
    for wait, outcome in ((90, "abandoned"), (100, "abandoned"), (500, "callback_requested"), (None, "open")):
        lake.add("tel_interaction", visits(1, "waits", at, wait, outcome, queue_key="waits"))
    # ten waits 10 .. 100, 90th percentile at 1 + 0.9 x 9 = 9.1: 90 + 0.1 x (100 - 90) = 91
    return [Golden("wait_p90_sec", "day", "2026-09-02", "queue", "waits", None, None, 91, 10)]


def overflow_and_transfer(lake: Lake) -> list[Golden]:
    """Ten contacts enter one queue; four overflow to another; of the ten answered two are passed on to a third."""
    at, later, last = "2026-09-03 10:00:00", "2026-09-03 10:05:00", "2026-09-03 10:20:00"
    contacts = [f"contact-{n}" for n in range(10)]
    for n, contact in enumerate(contacts):
        first = visits(1, "", at, 30, "flow_ended" if n < 4 else "answered", queue_key="first")
        lake.add("tel_interaction", [first[0] | {"interaction_id": contact}])
        if n < 4:
            second = visits(1, "", later, 30, "answered", queue_key="overflow")
            lake.add("tel_interaction", [second[0] | {"interaction_id": contact, "visit_seq": 2}])
        if n >= 8:
            third = visits(1, "", last, 30, "answered", queue_key="second line", agent_key="bea")
            columns = {"interaction_id": f"passed-{n}", "root_interaction_id": contact}
            lake.add("tel_interaction", [third[0] | columns])
    # visits: 10 + 4 + 2 = 16, contacts: 10, all offered first in `first`
    # legs: 6 in `first`, 4 in `overflow`, 2 in `second line` = 12; contacts handled: 6 in `first`, 4 in `overflow`
    day = ("day", "2026-09-03")
    return [
        Golden("contacts_offered", *day, "centre", "all", 10, None, 10, 10),
        Golden("contacts_offered", *day, "queue", "overflow", 0, None, 0, 0),
        Golden("queue_visits", *day, "centre", "all", 16, None, 16, 16),
        Golden("queue_visits", *day, "queue", "overflow", 4, None, 4, 4),
        Golden("contacts_handled", *day, "centre", "all", 10, None, 10, 10),
        Golden("contacts_handled", *day, "queue", "second line", 0, None, 0, 0),
        Golden("handle_legs", *day, "centre", "all", 12, None, 12, 12),
        Golden("handle_legs", *day, "agent", "unresolved:pbx:bea", 2, None, 2, 2),
    ]


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


def offers(lake: Lake) -> list[Golden]:
    """Twenty offers, six of which the agent could not have answered."""
    results = ["answered"] * 10 + ["no_answer"] * 3 + ["rejected"] + ["canceled"] * 4 + ["error"] * 2
    offered = {"queue_key": "offers", "agent_key": "cal", "offered_at": "2026-09-07 10:00:00"}
    lake.add("tel_offer", [offered | {"interaction_id": f"offer-{n}", "result": r} for n, r in enumerate(results)])
    # (3 + 1) of 20 - 4 - 2 = 14
    of = ("day", "2026-09-07", "agent", "unresolved:pbx:cal")
    return [Golden("agent_no_answer_pct", *of, 4, 14, 100 * 4 / 14, 14)]


def chats(lake: Lake) -> list[Golden]:
    """Ten conversations answered after 10 to 100 seconds, one never answered."""
    asked = "2026-09-08 10:00:00"
    replies = [{"first_agent_message_at": after(asked, 10 * n), "first_agent_key": "dan"} for n in range(1, 11)]
    lake.add(
        "chat_conversation",
        [
            {"conversation_id": f"chat-{n}", "queue_key": "chats", "human_requested_at": asked, **reply}
            | {"ended_at": after(asked, 600)}
            for n, reply in enumerate([*replies, {}])
        ],
    )
    # median of 10, 20 .. 100: between the 5th and the 6th, (50 + 60) / 2 = 55
    # a chat has a threshold of 30 s: 3 of 11 visits, the unanswered one abandoned
    of = ("day", "2026-09-08", "queue", "chats")
    return [
        Golden("chat_first_response_sec", *of, None, None, 55, 10),
        Golden("service_level_pct", *of, 3, 11, 100 * 3 / 11, 11),
        Golden("abandonment_rate_pct", *of, 1, 11, 100 / 11, 11),
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


def evaluated_contacts(lake: Lake) -> list[Golden]:
    """Twenty contacts, three of them evaluated, one of these twice; a draft does not count."""
    at = "2026-09-09 10:00:00"
    lake.add("tel_interaction", visits(20, "checked", at, 5, "answered", queue_key="checked", agent_key="eve"))
    evaluated = [("0", "submitted"), ("0", "revised"), ("1", "submitted"), ("2", "disputed"), ("3", "draft")]
    lake.add(
        "qa_evaluation",
        [
            {"evaluation_id": f"of-{n}", "interaction_id": f"checked-answered-5-{contact}", "channel": "voice"}
            | {"agent_key": "eve", "evaluated_at": "2026-09-16 10:00:00", "contact_at": at}
            | {"score_pct": 90.0, "status": status}
            for n, (contact, status) in enumerate(evaluated)
        ],
    )
    # contacts 0, 1 and 2 of 20, in the week of the contact
    return [Golden("qa_coverage_pct", "week", "2026-09-07", "queue", "checked", 3, 20, 15, 20)]


def evaluations(lake: Lake) -> list[Golden]:
    """Eleven evaluations, nine of which count."""
    rows = [{"score_pct": float(score)} for score in (95, 90, 85, 80, 79, 60)]
    rows += [{"score_pct": 100.0, "is_fatal": True}, {"score_pct": 0.0, "is_fatal": True}]
    rows += [{"score_pct": 70.0, "is_random": None}]
    rows += [{"score_pct": 50.0, "status": "draft"}, {"score_pct": 40.0, "is_random": False}]
    common = {"agent_key": "fay", "channel": "voice", "evaluated_at": "2026-09-10 10:00:00"}
    lake.add("qa_evaluation", [common | row | {"evaluation_id": f"score-{n}"} for n, row in enumerate(rows)])
    # 95 + 90 + 85 + 80 + 79 + 60 + 100 + 0 + 70 = 659 points in 9 evaluations
    # at least 80 and no fatal error: 95, 90, 85, 80
    of = ("day", "2026-09-10", "agent", "unresolved:qa:fay")
    return [
        Golden("qa_score_avg", *of, 659, 9, 659 / 9, 9),
        Golden("qa_pass_pct", *of, 4, 9, 100 * 4 / 9, 9),
        # ten are no drafts; of these one does not say how it was drawn, and one was picked
        Golden("qa_random_share_pct", *of, 8, 9, 100 * 8 / 9, 9),
        # two of the nine that count have a fatal error
        Golden("qa_critical_accuracy_pct", *of, 7, 9, 100 * 7 / 9, 9),
    ]


def surveys(lake: Lake) -> list[Golden]:
    """Twelve invitations after contacts of one day, one of them sent after midnight."""
    contact, asked, soon = "2026-09-11 10:00:00", "2026-09-11 10:30:00", "2026-09-11 11:00:00"
    answers = [{"score": score, "answered_at": soon} for score in (5.0, 5.0, 4.0, 3.0, 2.0, 1.0)]
    # (8 - 1) / (10 - 1) = 0.78 is in the top quarter of a scale from 1 to 10
    answers += [{"score": 8.0, "scale_max": 10.0, "answered_at": soon}]
    answers += [{"score": 4.0, "asked_at": "2026-09-12 00:10:00", "answered_at": "2026-09-14 09:00:00"}]
    # 73 hours after the invitation is too late
    answers += [{"score": 5.0, "answered_at": after(asked, 73 * 3600)}]
    common = {"queue_key": "surveys", "contact_at": contact, "asked_at": asked}
    invitations = [common | answer for answer in [*answers, {}, {}, {}]]
    lake.add("csat", [row | {"response_id": f"s-{n}", "interaction_id": f"s-{n}"} for n, row in enumerate(invitations)])
    # by the contact's date: 5, 5, 4, 8 of 10 and the 4 of the next day = 5 of 6 + 1 + 1 = 8 valid answers
    # by the date of sending: 6 + 1 = 7 answered in time of 12 - 1 = 11 sent on the 11th
    of = ("day", "2026-09-11", "queue", "surveys")
    return [
        Golden("csat_top2_pct", *of, 5, 8, 62.5, 8),
        Golden("survey_response_pct", *of, 7, 11, 100 * 7 / 11, 11),
    ]


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


CASES: tuple[Case, ...] = (
    one_hour_nine_service_levels,
    waits_between_two_values,
    overflow_and_transfer,
    handling,
    offers,
    chats,
    a_morning_of_one_agent,
    evaluated_contacts,
    evaluations,
    calls_cut_short,
    surveys,
    staff_of_september,
    a_day_of_absences,
    statuses,
)


class Worked(NamedTuple):
    """What the cases expect, and the warehouse that dbt built of them."""

    expected: dict[str, list[Golden]]
    warehouse: duckdb.DuckDBPyConnection


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worked]:
    lake = Lake(tmp_path_factory.mktemp("golden"))
    lake.declare("parameter", [{"parameter": "small_denominator_floor", "value": 5.0, "valid_from": date(2026, 1, 1)}])
    expected = {case.__name__: case(lake) for case in CASES}
    with lake.build(
        {"as_of": AS_OF.isoformat()}, select="+indicator_values indicator_bridges visit_classes"
    ) as warehouse:
        yield Worked(expected, warehouse)


@pytest.fixture
def warehouse(worked: Worked) -> duckdb.DuckDBPyConnection:
    return worked.warehouse


@pytest.mark.parametrize("case", [case.__name__ for case in CASES])
def test_the_warehouse_gives_what_was_worked_out_by_hand(case: str, worked: Worked) -> None:
    for golden in worked.expected[case]:
        found = worked.warehouse.execute(
            "SELECT numerator, denominator, value, sample_size, status FROM indicator_values"
            " WHERE (indicator, grain, period_start, level, member) = (?, ?, ?::date, ?, ?)",
            golden[:5],
        ).fetchall()
        numbers = tuple(None if number is None else pytest.approx(number, abs=1e-9) for number in golden[5:9])
        assert found == [(*numbers, golden.status)], golden


def test_every_indicator_has_a_golden_case(worked: Worked) -> None:
    judged = {golden.indicator for rows in worked.expected.values() for golden in rows if golden.value is not None}
    dictionary = {name for (name,) in worked.warehouse.execute("SELECT indicator FROM dim_indicators").fetchall()}
    assert dictionary - judged == set()


def test_an_indicator_has_rows_at_its_own_levels_and_grains_only(warehouse: duckdb.DuckDBPyConnection) -> None:
    stray = warehouse.execute(
        "SELECT DISTINCT indicator, level, grain FROM indicator_values JOIN dim_indicators USING (indicator)"
        " WHERE NOT list_contains(levels, level) OR NOT list_contains(grains, grain)"
    ).fetchall()
    assert stray == []


def test_a_target_is_shown_where_and_while_it_is_valid(warehouse: duckdb.DuckDBPyConnection) -> None:
    targets = warehouse.execute(
        "SELECT DISTINCT level, target FROM indicator_values WHERE indicator = 'service_level_pct' ORDER BY level"
    ).fetchall()
    assert targets == [("centre", 80.0), ("channel", None), ("queue", None), ("site", None)]


def bridge(warehouse: duckdb.DuckDBPyConnection, variant: str) -> list[tuple[str, str, str, int, float]]:
    """Steps that lead from the service level to a variant, in the hour of the nine service levels."""
    steps = warehouse.execute(
        "SELECT visit_class, counted_before, counted_after, visits, points FROM indicator_bridges"
        " WHERE variant = $variant AND grain = 'day' AND level = 'queue' AND member = 'hour' ORDER BY step",
        {"variant": variant},
    )
    return [(*step[:4], pytest.approx(step[4], abs=1e-12)) for step in steps.fetchall()]


def test_a_bridge_names_the_classes_that_two_ways_of_counting_treat_differently(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    # 70/90; without 4 abandons within 20 s 70/86; without 5 later ones 70/81; without the time-out 70/80 = 87.5 %
    assert bridge(warehouse, "service_level_of_answered_pct") == [
        ("abandoned_in_time", "miss", "out", 4, 100 * (70 / 86 - 70 / 90)),
        ("abandoned_late", "miss", "out", 5, 100 * (70 / 81 - 70 / 86)),
        ("flowed_out_late", "miss", "out", 1, 100 * (70 / 80 - 70 / 81)),
    ]
    # 8 short abandons come in as hits: 78/98; 4 abandons within 20 s turn from misses into hits: 82/98; the time-out
    # goes out: 82/97
    assert bridge(warehouse, "service_level_abandons_met_pct") == [
        ("short_abandon", "out", "hit", 8, 100 * (78 / 98 - 70 / 90)),
        ("abandoned_in_time", "miss", "hit", 4, 100 * (82 / 98 - 78 / 98)),
        ("flowed_out_late", "miss", "out", 1, 100 * (82 / 97 - 82 / 98)),
    ]


def test_the_bridge_between_any_two_ways_of_counting_adds_up_to_their_difference(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    [(pairs, apart)] = warehouse.execute(
        """
        WITH shares AS (
            SELECT indicator, numerator / denominator AS share, grain, period_start, level, member
            FROM indicator_values
            WHERE indicator LIKE 'service_level%' AND denominator > 0
        ), ends AS (
            SELECT variant AS indicator, grain, period_start, level, member, sum(points) AS points
            FROM indicator_bridges GROUP BY ALL
        ), ways AS (
            SELECT shares.*, coalesce(points, 0) AS points
            FROM shares LEFT JOIN ends USING (indicator, grain, period_start, level, member)
        )
        SELECT count(*), max(abs((b.points - a.points) - 100 * (b.share - a.share)))
        FROM ways AS a JOIN ways AS b USING (grain, period_start, level, member)
        WHERE a.indicator <> b.indicator
        """
    ).fetchall()
    assert pairs > 1000
    assert apart < 1e-9
