"""Cases worked out by hand: quality."""

from __future__ import annotations

from tests.factories import Lake
from tests.integration.golden.case import Golden, Rows, after, visits


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


def dimensions_of_service(lake: Lake) -> list[Golden]:
    """Three evaluations with tagged items: one was not drawn at random, and items do not apply."""
    common = {"agent_key": "qualia", "channel": "voice", "evaluated_at": "2026-07-08 10:00:00", "score_pct": 80.0}
    draws = {"dim-1": True, "dim-2": None, "dim-3": False}
    lake.add("qa_evaluation", [common | {"evaluation_id": name, "is_random": drawn} for name, drawn in draws.items()])
    items = [
        # evaluation, item, section, points, weight
        ("dim-1", "Accuracy", None, 8.0, 2.0),
        ("dim-1", "Empathy", None, 5.0, 1.0),
        ("dim-1", "Patience", None, None, 1.0),
        ("dim-1", "Small talk", None, 1.0, 1.0),
        ("dim-2", "Tariffs", "业务知识", 6.0, 1.0),
        # the item's own tag goes before that of its section
        ("dim-2", "Closing", "process", 9.0, 1.0),
        ("dim-3", "Accuracy", None, 0.0, 1.0),
        ("dim-3", "Empathy", None, 0.0, 1.0),
    ]
    lake.add(
        "qa_answer",
        [
            {"evaluation_id": evaluation, "question_key": item, "section_key": section, "points": points}
            | {"weight": weight, "is_na": points is None, "evaluated_at": common["evaluated_at"]}
            for evaluation, item, section, points, weight in items
        ],
    )
    # professionalism: accuracy 8 of 10 twice, tariffs 6 of 10; small talk is in no dimension
    # service awareness: empathy 5 of 10, closing 9 of 10; patience does not apply
    of = ("day", "2026-07-08", "agent", "unresolved:qa:qualia")
    return [
        Golden("qa_professionalism_pct", *of, 22, 30, 100 * 22 / 30, None),
        Golden("qa_service_awareness_pct", *of, 14, 20, 70, None),
    ]


def disputes(lake: Lake) -> list[Golden]:
    """Two scores revised and six disputes that changed nothing, among evaluations that nobody disputed."""
    lake.add("hr_employee", [{"employee_key": "dora", "team_key": "disputing"}])
    states = ["revised"] * 2 + ["disputed"] * 6 + ["submitted"] * 5 + ["draft"]
    lake.add(
        "qa_evaluation",
        [
            {"evaluation_id": f"dispute-{n}", "agent_key": "dora", "status": status, "score_pct": 70.0}
            | {"evaluated_at": "2026-08-12 10:00:00"}
            for n, status in enumerate(states)
        ],
    )
    # 2 of 8; the last of August lies 37 days back
    return [Golden("qa_dispute_overturn_pct", "month", "2026-08-01", "team", "disputing", 2, 8, 25, 8)]


def a_month_of_agents(lake: Lake) -> list[Golden]:
    """Five agents of a team at the end of June, and one who left: what they were evaluated and coached."""
    joined = {"valid_from": "2026-05-01", "team_key": "monthly"}
    # mo4 has been employed for 89 days at the end of the month, mo5 for 90
    spells: Rows = [{}, {}, {"role": "leader"}, {"hired_on": "2026-04-02"}, {"hired_on": "2026-04-01"}]
    spells += [{"left_on": "2026-06-29", "valid_to": "2026-06-29"}]
    lake.add("hr_employee", [joined | {"employee_key": f"mo{n}"} | spell for n, spell in enumerate(spells, 1)])
    june = {"evaluated_at": "2026-06-10 10:00:00"}
    scores = {
        "mo1": [100.0, 90.0, 60.0, 60.0, 90.0],  # mean of 80
        "mo2": [90.0, 60.0],
        "mo3": [90.0] * 5,
        "mo4": [95.0] * 9,
        "mo5": [100.0] * 5,
        "mo6": [100.0] * 5,
    }
    lake.add(
        "qa_evaluation",
        [
            june | {"evaluation_id": f"{agent}-{n}", "agent_key": agent, "score_pct": score}
            for agent, points in scores.items()
            for n, score in enumerate(points)
        ],
    )
    lake.add(
        "qa_evaluation",
        # a fifth of the month before, and one that was picked
        [
            {"evaluation_id": "mo2-may", "agent_key": "mo2", "score_pct": 100.0, "evaluated_at": "2026-05-31 23:59:59"},
            june | {"evaluation_id": "mo2-picked", "agent_key": "mo2", "score_pct": 100.0, "is_random": False},
        ],
    )
    sessions = [
        {"agent_key": "mo1", "held_at": "2026-06-02 15:00:00", "own_material": True},
        {"agent_key": "mo1", "held_at": "2026-06-30 15:00:00"},
        {"agent_key": "mo2", "held_at": "2026-06-03 15:00:00", "kind": "group"},
        {"agent_key": "mo4", "planned_at": "2026-06-03 15:00:00", "status": "missed"},
        {"agent_key": "mo4", "held_at": "2026-06-04 15:00:00", "own_material": False},
        # planned for May, held in June
        {"agent_key": "mo5", "planned_at": "2026-05-30 15:00:00", "held_at": "2026-06-01 15:00:00"},
        {"agent_key": "mo6", "held_at": "2026-06-05 15:00:00"},
    ]
    lake.add("coaching_session", [row | {"session_id": f"monthly-{n}"} for n, row in enumerate(sessions)])
    # mo1, mo2, mo4 and mo5 are active agents on 30 June
    of = ("month", "2026-06-01", "team", "monthly")
    return [
        # mo1 and mo5 have five; mo4 needs ten and has nine
        Golden("qa_min_sample_agents_pct", *of, 2, 4, 50, None),
        # mo1: 80, mo2: 75, mo4: 95, mo5: 100
        Golden("qa_pass_agents_pct", *of, 3, 4, 75, None),
        # mo1 and mo5
        Golden("coaching_coverage_pct", *of, 2, 4, 50, None),
    ]


def spoken_passages(lake: Lake) -> list[Golden]:
    """Six transcribed calls of one agent, with passages that say nothing of the speed."""
    at = "2026-08-19 10:00:00"
    # seconds after the start, seconds long, characters
    calls = [
        [(0, 10, 40), (30, 20, 110)],  # 150 in 30 s: 300 a minute
        [(0, 60, 240)],  # 240
        [(0, 30, 100)],  # 200
        [(0, 6, 36)],  # 360
        [(5, 15, 65)],  # 260
        [(0, 20, 60)],  # 180
    ]
    passages: Rows = [
        {"conversation_id": f"spoken-{call}", "sent_at": after(at, start), "ended_at": after(at, start + long)}
        | {"body": "*", "body_length": characters}
        for call, spoken in enumerate(calls)
        for start, long, characters in spoken
    ]
    # without a count before redaction the text's own length: ten characters in 3 s, 200 a minute
    passages += [
        {"conversation_id": "spoken-6", "sent_at": at, "ended_at": after(at, 3), "body": "您好请问有什么可以帮"}
    ]
    # no end; a note; the customer; what was written
    passages += [
        {"conversation_id": "spoken-0", "sent_at": after(at, 50), "body": "嗯嗯嗯嗯嗯"},
        {"conversation_id": "spoken-0", "sent_at": at, "ended_at": after(at, 9), "body": "嗯", "is_private": True},
        {
            "conversation_id": "spoken-0",
            "sent_at": at,
            "ended_at": after(at, 9),
            "body": "嗯",
            "sender_type": "customer",
        },
        {"conversation_id": "spoken-0", "sent_at": at, "ended_at": after(at, 9), "body": "嗯", "channel": "chat"},
    ]
    spoken = {"channel": "voice", "sender_type": "agent", "agent_key": "spoken"}
    lake.add("chat_message", [spoken | row | {"message_id": f"spoken-{n}"} for n, row in enumerate(passages)])
    # 180, 200, 200, 240, 260, 300, 360
    of = ("day", "2026-08-19", "agent", "unresolved:chat:spoken")
    return [Golden("speech_rate_cpm", *of, None, None, 240, 7)]


def talks_with_agents(lake: Lake) -> list[Golden]:
    """Failed evaluations, a complaint and banned language of one week, and the talks of this week and the next."""
    lake.add("hr_employee", [{"employee_key": person, "team_key": "talking"} for person in ("talked1", "talked2")])
    # talked1 works from Monday to Friday, talked2 has no roster
    lake.add(
        "roster_shift",
        [
            {"employee_key": "talked1"}
            | {"start_at": f"2026-08-{day:02} 09:00:00", "end_at": f"2026-08-{day:02} 18:00:00"}
            for day in (3, 4, 5, 6, 7, 10, 11, 12, 13, 14)
        ],
    )
    # name, agent, start of the contact two hours before the evaluation
    contacts = [
        ("talk-1", "talked1", "2026-08-04 08:00:00"),
        ("talk-2", "talked1", "2026-08-05 08:00:00"),
        ("talk-3", "talked1", "2026-08-05 09:00:00"),
        ("talk-4", "talked1", "2026-08-06 08:00:00"),
        ("talk-5", "talked2", "2026-08-06 08:00:00"),
        ("talk-6", "talked1", "2026-08-07 08:00:00"),
        ("talk-7", "talked1", "2026-08-07 08:00:00"),
    ]
    scores = {"talk-6": {"score_pct": 70.0}, "talk-7": {"score_pct": 90.0}}
    lake.add(
        "qa_evaluation",
        [
            {"evaluation_id": name, "agent_key": agent, "contact_at": at, "evaluated_at": after(at, 7200)}
            | scores.get(name, {"score_pct": 0.0, "is_fatal": True})
            for name, agent, at in contacts
        ],
    )
    complaint = {"trigger_kind": "complaint", "trigger_at": "2026-08-06 09:00:00"}
    banned = {"trigger_kind": "banned_language", "trigger_at": "2026-08-07 09:00:00"}
    talks = [
        {"evaluation_id": "talk-1", "held_at": "2026-08-07 17:00:00"},
        {"evaluation_id": "talk-2", "held_at": "2026-08-10 10:00:00"},
        {"evaluation_id": "talk-3", "held_at": "2026-08-11 09:00:00"},
        {"evaluation_id": "talk-4", "held_at": "2026-08-07 09:00:00", "kind": "group"},
        {"evaluation_id": "talk-5", "held_at": "2026-08-06 14:00:00", "agent_key": "talked2"},
        {"evaluation_id": "talk-6", "held_at": "2026-08-07 18:00:00", "kind": "pair"},
        complaint | {"planned_at": "2026-08-07 10:00:00", "status": "missed"},
        complaint | {"held_at": "2026-08-11 10:00:00"},
        banned | {"planned_at": "2026-08-10 10:00:00", "status": "canceled"},
    ]
    lake.add("coaching_session", [{"agent_key": "talked1", "session_id": f"talk-{n}"} | t for n, t in enumerate(talks)])
    # due: 1 by Friday 7th, 2 and 3 by Monday 10th, 4 and the complaint by Tuesday 11th, banned language by Wednesday
    # 12th; on time: 1, 2 and the complaint. An agent without a roster owes nothing, nor does a score of 70 alone.
    # hours: 1: 81, 2: 122, 3: 144, 4: 14 days and 2 = 338, 5: 6, 6: 10
    of = ("week", "2026-08-03", "team", "talking")
    return [
        Golden("coaching_on_time_pct", *of, 3, 6, 50, 6),
        # 6, 10, 81, 122, 144, 338: between the third and the fourth, and between the fifth and the sixth
        Golden("qa_feedback_lag_hr", *of, None, None, 101.5, 6),
        Golden("qa_feedback_lag_p90_hr", *of, None, None, 241, 6),
    ]


def contacts_scored_twice(lake: Lake) -> list[Golden]:
    """Four contacts that two evaluators scored, of one item for each dimension, in a month of their own."""
    at = {"evaluated_at": "2026-03-11 10:00:00"}
    # contact, evaluator, points of ten for accuracy and for empathy
    scored = [
        ("twice-1", "judge-1", (10.0, 8.0), at),
        ("twice-1", "judge-2", (10.0, 6.0), at),
        ("twice-2", "judge-1", (10.0, 6.0), at),
        ("twice-2", "judge-2", (8.0, 6.0), at),
        ("twice-3", "judge-1", (6.0, 8.0), at),
        ("twice-3", "judge-2", (6.0, 8.0), at),
        ("twice-4", "judge-1", (6.0, 6.0), at),
        ("twice-4", "judge-2", (8.0, 8.0), at),
        # no pairs: a contact scored once, another version of the form, another month
        ("once", "judge-1", (0.0, 0.0), at),
        ("twice-1", "judge-3", (0.0, 0.0), at | {"form_version": "2"}),
        ("twice-1", "judge-4", (0.0, 0.0), {"evaluated_at": "2026-04-01 00:00:00"}),
    ]
    for contact, judge, points, columns in scored:
        name = f"{contact}-{judge}"
        evaluation = {"evaluation_id": name, "interaction_id": contact, "evaluator_key": judge, "agent_key": "scored"}
        lake.add("qa_evaluation", [evaluation | columns | {"score_pct": 80.0}])
        lake.add(
            "qa_answer",
            [
                {"evaluation_id": name, "question_key": item, "points": earned, "evaluated_at": columns["evaluated_at"]}
                for item, earned in zip(("Accuracy", "Empathy"), points, strict=True)
            ],
        )
    # accuracy: differences 0, 0.2, 0, 0.2, squares 0.08; scores 1, 1, 1, 0.8, 0.6, 0.6, 0.6, 0.8 of mean 0.8 and
    # variance 6 * 0.04 / 8 = 0.03; by chance 4 pairs * 2 * 0.03 = 0.24
    # empathy: differences 0.2, 0, 0, 0.2, squares 0.08; four of 0.8 and four of 0.6, variance 0.01; by chance 0.08
    # together 0.16 of 0.32
    return [Golden("qa_calibration_kappa", "month", "2026-03-01", "site", "chengdu", 0.16, 0.32, 0.5, None)]


CASES = (
    evaluated_contacts,
    evaluations,
    dimensions_of_service,
    disputes,
    a_month_of_agents,
    spoken_passages,
    talks_with_agents,
    contacts_scored_twice,
)
