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


CASES = (
    a_class_of_joiners,
    exams_and_their_repetition,
    a_class_that_sits_again,
    a_queue_that_asks_for_a_licence,
)
