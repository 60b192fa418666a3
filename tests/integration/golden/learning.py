"""Cases worked out by hand: exams, certificates and the training of those who join."""

from __future__ import annotations

from tests.factories import Lake
from tests.integration.golden.case import Golden


def exams_and_their_repetition(lake: Lake) -> list[Golden]:
    """Six people sit a paper on 19 August; three fail. One passes at the third try, one too late, one never."""
    people = [f"exam-{n}" for n in range(6)]
    lake.add("hr_employee", [{"employee_key": p, "team_key": "exam", "role": "trainee"} for p in people])
    attempts = [(p, 1, "2026-08-19 10:00:00", n < 3) for n, p in enumerate(people)]
    attempts += [
        ("exam-3", 2, "2026-08-26 10:00:00", False),
        ("exam-3", 3, "2026-09-18 10:00:00", True),  # the 30th day
        ("exam-4", 2, "2026-09-19 10:00:00", True),  # the 31st
    ]
    lake.add(
        "exam_result",
        [{"employee_key": p, "attempt_no": n, "taken_at": at, "passed": passed} for p, n, at, passed in attempts],
    )
    # another paper, three weeks ago: made good, but the window is open still
    lake.add(
        "exam_result",
        [
            {"employee_key": "exam-5", "exam_key": "privacy", "attempt_no": n, "taken_at": at, "passed": n == 2}
            for n, at in ((1, "2026-09-16 10:00:00"), (2, "2026-09-18 10:00:00"))
        ],
    )
    day, month = ("day", "2026-08-19", "team", "exam"), ("month", "2026-09-01", "team", "exam")
    return [
        Golden("exam_first_pass_pct", *day, 3, 6, 50, 6),
        Golden("retrain_pass_pct", *day, 1, 3, None, 3, "below_floor"),
        Golden("exam_first_pass_pct", *month, 0, 1, None, 1, "below_floor"),
        Golden("retrain_pass_pct", *month, 1, 1, None, 1, "below_floor"),
    ]


def a_class_that_sits_again(lake: Lake) -> list[Golden]:
    """Five people of Manchester fail on 2 September, four pass a week later: provisional until 30 days have passed."""
    people = [f"class-{n}" for n in range(5)]
    of = {"source_system": "hr_manchester"}
    lake.add(
        "hr_employee",
        [of | {"employee_key": p, "site_key": "manchester", "team_key": "class", "role": "trainee"} for p in people],
    )
    for attempt, day in ((1, "2026-09-02"), (2, "2026-09-09")):
        lake.add(
            "exam_result",
            [
                of
                | {"employee_key": p, "attempt_no": attempt, "taken_at": f"{day} 09:00:00"}
                # the last one fails again
                | {"passed": attempt == 2 and p != people[-1]}
                for p in people
            ],
        )
    # 2 September lies 35 days back; the month ended 7 days ago
    return [
        Golden("retrain_pass_pct", "day", "2026-09-02", "team", "class", 4, 5, 80, 5),
        Golden("retrain_pass_pct", "month", "2026-09-01", "team", "class", 4, 5, 80, 5, "provisional"),
        Golden("exam_first_pass_pct", "day", "2026-09-02", "team", "class", 0, 5, 0, 5),
    ]


def a_queue_that_asks_for_a_licence(lake: Lake) -> list[Golden]:
    """Cora is licensed for the queue, Cyd for another, Cleo for every queue, Curt's licence ends the day before."""
    people = ("cert-cora", "cert-cyd", "cert-cleo", "cert-curt")
    lake.add("hr_employee", [{"employee_key": p, "team_key": "cert", "role": "trainee"} for p in people])
    lake.add("agent_alias", [{"employee_key": p} for p in people])
    lake.add(
        "certificate",
        [
            {"employee_key": "cert-cora", "queue_key": "cert-loans"},
            # a second licence for the same queue counts no minute twice
            {"employee_key": "cert-cora", "queue_key": "cert-loans", "certificate_key": "advanced"},
            {"employee_key": "cert-cyd", "queue_key": "cert-cards"},
            {"employee_key": "cert-cleo"},
            {"employee_key": "cert-curt", "queue_key": "cert-loans", "valid_to": "2026-09-17"},
        ],
    )
    legs = [("cert-cora", 300), ("cert-cyd", 120), ("cert-cleo", 60), ("cert-curt", 120)]
    lake.add(
        "tel_interaction",
        [
            {"interaction_id": f"{agent}-{day}", "queue_key": "cert-loans", "agent_key": agent}
            | {"queued_at": f"{day} 10:00:00", "answered_at": f"{day} 10:00:10", "wait_ms": 10_000}
            | {"ended_at": f"{day} 10:10:10", "talk_ms": (seconds - 20) * 1000, "acw_ms": 20_000}
            for agent, seconds in legs
            for day in ("2026-09-17", "2026-09-18")
        ],
    )
    # handle time a day 300 + 120 + 60 + 120 = 600 s; certified 300 + 60 (+ 120 on Curt's last day)
    return [
        Golden("certified_on_queue_pct", "day", "2026-09-18", "queue", "cert-loans", 360, 600, 60, None),
        Golden("certified_on_queue_pct", "day", "2026-09-17", "queue", "cert-loans", 480, 600, 80, None),
        Golden("certified_on_queue_pct", "week", "2026-09-14", "team", "cert", 840, 1200, 70, None),
    ]


def a_class_of_joiners(lake: Lake) -> list[Golden]:
    """Five people of different roles join on 20 August; one lacks the shadowing, one passes on the 31st day."""
    hired = "2026-08-20"
    roles = ("agent", "engineer", "buyer", "lawyer", "agent")
    people = [f"joiner-{n}" for n in range(len(roles))]
    lake.add(
        "hr_employee",
        [
            {"employee_key": p, "role": role, "team_key": "joiner", "valid_from": hired, "hired_on": hired}
            for p, role in zip(people, roles, strict=True)
        ],
    )
    lake.add("training_record", [{"employee_key": p, "session_at": "2026-08-21 09:00:00"} for p in people])
    lake.add(
        "training_record",
        [
            {"employee_key": p, "course_key": "service_shadowing", "session_at": "2026-08-24 09:00:00"}
            | {"status": "no_show" if p == "joiner-1" else "completed"}
            for p in people
        ],
    )
    lake.add(
        "exam_result",
        [
            {"employee_key": p, "exam_key": "service_basics", "passed": True}
            | {"taken_at": "2026-09-20 09:00:00" if p == "joiner-2" else "2026-09-19 09:00:00"}
            for p in people
        ],
    )
    return [Golden("service_rotation_pct", "day", hired, "team", "joiner", 3, 5, 60, 5)]


def a_class_on_its_way(lake: Lake) -> list[Golden]:
    """Three of a class become proficient in March, one leaves, two are not there by the end of April."""
    of = {"team_key": "ramp", "valid_from": "2026-03-02", "hired_on": "2026-03-02"}
    people = ("at-once", "next-day", "third-day", "leaves", "slow", "fails", "writes", "late")
    spells = [of | {"employee_key": f"ramp-{name}"} for name in people]
    spells[3] |= {"left_on": "2026-03-31", "valid_to": "2026-03-31"}
    veteran = {"employee_key": "ramp-veteran", "hired_on": "2025-03-02"}
    lake.add("hr_employee", [*spells, {"team_key": "veterans"} | veteran])
    # tenured agents take 200 s of a call in the median, in March and in April, and 400 s of a video call
    calls = [("veteran", f"2026-{month}", "voice", s) for month in ("03-02", "04-02") for s in (100, 200, 600)]
    calls += [("veteran", "2026-03-02", "video", seconds) for seconds in (300, 500)]
    calls += [
        ("at-once", "2026-03-02", "voice", 220),  # 110 % of 200
        ("next-day", "2026-03-02", "voice", 300),
        ("next-day", "2026-03-06", "video", 440),  # with the day before 740 against 660, without it 440 against 440
        ("third-day", "2026-03-02", "voice", 200),
        ("third-day", "2026-03-10", "voice", 200),
        ("fails", "2026-03-20", "voice", 200),
        ("late", "2026-04-10", "voice", 200),
    ]
    calls += [("leaves", f"2026-03-{day}", "voice", 300) for day in ("02", "16", "30")]
    calls += [("slow", f"2026-{day}", "voice", 221) for day in ("03-02", "03-16", "03-30", "04-13", "04-27")]
    lake.add(
        "tel_interaction",
        [
            {"interaction_id": f"ramp-{n}", "queue_key": "ramp", "agent_key": f"ramp-{who}", "channel": channel}
            | {"queued_at": f"{day} 10:00:00", "answered_at": f"{day} 10:00:00", "wait_ms": 0}
            | {"ended_at": f"{day} 10:15:00", "talk_ms": seconds * 1000}
            for n, (who, day, channel, seconds) in enumerate(calls)
        ],
    )
    chat = {"conversation_id": "ramp", "queue_key": "ramp", "first_agent_key": "ramp-writes"}
    written = {"human_requested_at": "2026-03-02 10:00:00", "first_agent_message_at": "2026-03-02 10:00:10"}
    lake.add("chat_conversation", [chat | written])
    # the third day leaves two failures behind: with them nine of eleven passed, 82 % of the 90 % asked
    evaluated = [(name, "2026-03-06", True) for name in ("at-once", "next-day", "writes")]
    evaluated += [("third-day", "2026-03-04", False)] * 2 + [("third-day", "2026-03-10", True)] * 9
    evaluated += [(name, f"2026-03-{day}", True) for name in ("leaves", "slow") for day in ("06", "30")]
    evaluated += [("fails", "2026-03-24", False), ("late", "2026-04-13", True)]
    lake.add(
        "qa_evaluation",
        [
            {"evaluation_id": f"ramp-{n}", "agent_key": f"ramp-{who}", "score_pct": 95.0 if passed else 60.0}
            | {"evaluated_at": f"{day} 12:00:00"}
            for n, (who, day, passed) in enumerate(evaluated)
        ],
    )
    # Four weeks that end by 31 March begin on the 4th at the latest, those by 30 April on 3 April. By the end of April:
    # at once 0, next day 1, third day (from the 5th) 3; who left on 31 March not by day 2, slow not by day 32 (2 March
    # to 3 April), fails not by day 14 (from 20 March). Who writes has no handle time, late has no four weeks yet.
    # Still on the way: 5/6 after day 0, x 4/5 = 2/3 after day 1, one leaves, x 2/3 = 4/9 after day 3: below a half.
    # By the end of March the third day's stretch (until 1 April) has not ended: 4/5, x 3/4 = 3/5, never a half.
    of_class = ("team", "ramp", None, None)
    return [
        Golden("time_to_proficiency_days", "month", "2026-04-01", *of_class, 3, 6),
        Golden("time_to_proficiency_days", "month", "2026-03-01", *of_class, None, 5, "no_traffic"),
    ]


CASES = (
    a_class_of_joiners,
    a_class_on_its_way,
    exams_and_their_repetition,
    a_class_that_sits_again,
    a_queue_that_asks_for_a_licence,
)
