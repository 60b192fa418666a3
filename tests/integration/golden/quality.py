"""Cases worked out by hand: quality."""

from __future__ import annotations

from tests.factories import Lake
from tests.integration.golden.case import Golden, visits


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


CASES = (
    evaluated_contacts,
    evaluations,
)
