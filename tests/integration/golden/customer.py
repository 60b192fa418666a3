"""Cases worked out by hand: customer."""

from __future__ import annotations

from tests.factories import Lake
from tests.integration.golden.case import Golden, after


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


CASES = (surveys,)
