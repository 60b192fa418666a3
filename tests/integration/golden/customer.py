"""Cases worked out by hand: customer."""

from __future__ import annotations

from tests.factories import Lake
from tests.integration.golden.case import Golden, Rows, after, visits


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
        # 8 of 1 to 10 is 1 + 4 * 7 / 9 of five: 5 + 5 + 4 + 3 + 2 + 1 + 37 / 9 + 4
        Golden("csat_mean_score", *of, 24 + 37 / 9, 8, (24 + 37 / 9) / 8, 8),
        # of 5 for each of 8 answers; the 5s are two
        Golden("csat_points_pct", *of, 24 + 37 / 9, 40, 100 * (24 + 37 / 9) / 40, None),
        Golden("csat_top_box_pct", *of, 2, 8, 25, 8),
        Golden("survey_response_pct", *of, 7, 11, 100 * 7 / 11, 11),
    ]


def invitations(lake: Lake) -> list[Golden]:
    """Eight handled calls of one queue, and what became of asking the customers."""
    at, queue = "2026-08-25 10:00:00", {"queue_key": "asked", "channel": "voice"}
    lake.add("tel_interaction", visits(8, "asked", at, 5, "answered", queue_key="asked"))
    asked: Rows = [
        {"contact": 0, "status": "answered"},
        {"contact": 1, "status": "sent"},
        {"contact": 2, "status": "expired"},
        {"contact": 3, "status": "failed"},
        {"contact": 4, "status": "suppressed"},
        # held back at first, sent in the end
        {"contact": 5, "status": "suppressed"},
        {"contact": 5, "status": "sent"},
        # of a contact of that number a week ago
        {"contact": 6, "status": "sent", "contact_at": "2026-08-18 10:00:00", "asked_at": "2026-08-18 10:05:00"},
    ]
    common = {"contact_at": at, "asked_at": "2026-08-25 10:05:00"} | queue
    lake.add(
        "survey_invitation",
        [
            common
            | {name: value for name, value in row.items() if name != "contact"}
            | {"invitation_id": f"asked-{n}", "interaction_id": f"asked-answered-5-{row['contact']}"}
            for n, row in enumerate(asked)
        ],
    )
    # the answered one says so to two questions; the expired one was answered a minute late
    answers = [("asked-0", "nps", "2026-08-25 11:00:00"), ("asked-0", "solved", "2026-08-25 11:00:00")]
    answers += [("asked-2", "nps", "2026-08-28 10:06:00")]
    lake.add(
        "survey_answer",
        [
            {"invitation_id": invitation, "question_key": question, "answered_at": at, "choice": "yes"}
            for invitation, question, at in answers
        ],
    )
    # a rating asked for by the telephone system itself
    rating = {"response_id": "asked-rating", "interaction_id": "asked-answered-5-7", "source_system": "pbx"}
    lake.add("csat", [common | rating | {"asked_at": "2026-08-25 10:02:00"}])
    # contacts 0, 1, 2, 5 and 7 of all but the fourth, which was held back; sent on that day: 4 + 1, answered in time: 1
    of = ("day", "2026-08-25", "queue", "asked")
    return [
        Golden("survey_offer_pct", *of, 5, 7, 100 * 5 / 7, 7),
        Golden("survey_response_pct", *of, 1, 5, 20, 5),
    ]


def ratings_of_several(lake: Lake) -> list[Golden]:
    """Seven rated conversations of one day, in two of which two people wrote; who wrote last is rated."""
    day = "2026-08-21"
    rated: Rows = []
    written: Rows = []
    for n, (score, *writers) in enumerate(
        (
            (5.0, "sia"),
            (2.0, "sid", "sia"),
            (4.0, "sia", "sid"),
            (1.0, "sid"),
            (5.0, "sid"),
            (3.0, "sia"),
            (4.0, "sid"),
        )
    ):
        contact = {"interaction_id": f"shared-{n}", "contact_at": f"{day} 10:00:00", "asked_at": f"{day} 10:30:00"}
        answer = {"response_id": f"shared-{n}", "answered_at": f"{day} 11:00:00", "score": score}
        rated.append(contact | answer | {"queue_key": "shared", "agent_key": writers[-1]})
        written += [
            {"conversation_id": f"shared-{n}", "message_id": f"shared-{n}-{who}", "sender_type": "agent"}
            | {"agent_key": who, "sent_at": f"{day} 10:10:00", "body": "ok"}
            for who in writers
        ]
    lake.add("csat", rated).add("chat_message", written)
    # the queue's seven answers: 5, 4, 5, 4 satisfied. sid is last in 4, 1, 5, 4 and took part in the 2 as well
    sid = ("day", day, "agent", "unresolved:chat:sid")
    return [
        Golden("csat_top2_pct", "day", day, "queue", "shared", 4, 7, 400 / 7, 7),
        Golden("csat_top2_pct", *sid, 3, 4, None, 4, "below_floor"),
        Golden("csat_shared_top2_pct", *sid, 3, 5, 60, 5),
    ]


def a_month_of_invitations(lake: Lake) -> list[Golden]:
    """Six invitations of a July, of which four are answered, one too late and one in August."""
    answered = {
        "2026-07-10 10:00:00": "2026-07-10 12:00:00",
        "2026-07-11 10:00:00": "2026-07-14 10:00:00",
        # a second too late, though in the month
        "2026-07-12 10:00:00": "2026-07-15 10:00:01",
        # in time, though in August
        "2026-07-30 10:00:00": "2026-08-01 00:00:00",
        "2026-07-31 23:00:00": None,
        "2026-07-31 23:30:00": None,
    }
    asked: Rows = [{"contact_at": at, "asked_at": at, "answered_at": end} for at, end in answered.items()]
    common = {"queue_key": "monthly", "agent_key": "sue"}
    lake.add(
        "csat",
        [
            row
            | common
            | {"response_id": f"m-{n}", "interaction_id": f"m-{n}", "score": 5.0 if row["answered_at"] else None}
            for n, row in enumerate(asked)
        ],
    )
    of = ("month", "2026-07-01", "queue", "monthly")
    return [
        Golden("survey_response_pct", *of, 3, 6, 50, 6),
        Golden("survey_response_in_month_pct", *of, 2, 6, 100 * 2 / 6, 6),
    ]


CASES = (surveys, invitations, ratings_of_several, a_month_of_invitations)
