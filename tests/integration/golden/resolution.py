"""Cases worked out by hand: what became of contacts, cases, self-service sessions and complaints."""

from __future__ import annotations

from typing import Any

from tests.factories import Lake
from tests.integration.golden.case import Golden, Rows


def _call(name: str, customer: str | None, arrived: str, **columns: Any) -> dict[str, Any]:
    """A call that somebody answered as it arrived."""
    return {
        "interaction_id": f"res-{name}",
        "queue_key": "res-care",
        "agent_key": "res-una",
        "customer_ref": customer and f"res-{customer}",
        "queued_at": arrived,
        "answered_at": arrived,
        "wait_ms": 0,
        **columns,
    }


def repeated_contacts(lake: Lake) -> list[Golden]:
    """Twelve customers call on one day; some come back by call or chat, within a day, a week, a month, or later."""
    first = [_call(f"first-{n}", str(n), "2026-08-11 10:00:00") for n in range(12)]
    lake.add("tel_interaction", first)
    unanswered = {"answered_at": None, "agent_key": None, "ended_at": "2026-08-17 10:01:00", "wait_ms": 60_000}
    later = [
        # 0 comes back the same day, 1 six days later in vain, 2 on the last moment of the seventh day, 3 after it
        _call("same-day", "0", "2026-08-11 15:00:00"),
        _call("in-vain", "1", "2026-08-17 10:00:00", **unanswered),
        _call("last-moment", "2", "2026-08-18 10:00:00"),
        _call("too-late", "3", "2026-08-18 10:00:01"),
        # 4 was handled three days before: a repeat itself; 5 had hung up before anybody answered: none
        _call("before", "4", "2026-08-08 10:00:00"),
        _call("gave-up", "5", "2026-08-11 09:00:00", **unanswered | {"ended_at": "2026-08-11 09:01:00"}),
        # 7 comes back on the last moment of the thirtieth day, 8 after it; 9 and 10 had been handled that long before
        _call("month-last-moment", "7", "2026-09-10 10:00:00"),
        _call("month-too-late", "8", "2026-09-10 10:00:01"),
        _call("month-before", "9", "2026-07-12 10:00:00"),
        _call("too-long-before", "10", "2026-07-12 09:59:59"),
        # of unknown customers nobody can say
        _call("unknown", None, "2026-08-11 11:00:00"),
    ]
    lake.add("tel_interaction", later)
    # 6 writes the next morning, within the day, to another queue
    chat = {"customer_ref": "res-6", "queue_key": "res-web", "human_requested_at": "2026-08-12 09:00:00"}
    written = {"first_agent_message_at": "2026-08-12 09:01:00", "first_agent_key": "res-vic"}
    lake.add("chat_conversation", [chat | written | {"conversation_id": "res-6"}])
    # handled on the 11th in res-care, customers known: 12 first calls and the second one of 0 = 13
    # repeats among them: the second call of 0, the call of 4: 13 - 2 = 11 first contacts
    # of these repeated: 0, 1, 2, 6: 11 - 4 = 7
    # within a day: repeats are the second call of 0 only, 13 - 1 = 12; repeated within a day 0 and 6: 12 - 2 = 10
    # within thirty days: repeats are the second call of 0, and 4 and 9: 13 - 3 = 10; repeated 0 to 3, 6, 7: 10 - 6 = 4
    # repeats counted too: not followed are 13 - 4 (0, 1, 2, 6) = 9; nothing follows the second call of 0 nor 4's
    of = ("day", "2026-08-11", "queue", "res-care")
    return [
        Golden("fcr_repeat_pct", *of, 7, 11, 100 * 7 / 11, 11),
        Golden("fcr_repeat_one_day_pct", *of, 10, 12, 100 * 10 / 12, 12),
        Golden("fcr_repeat_thirty_days_pct", *of, 4, 10, 40, 10),
        Golden("fcr_window_after_pct", *of, 9, 13, 100 * 9 / 13, 13),
        Golden("fcr_repeat_pct", "day", "2026-08-12", "agent", "unresolved:chat:res-vic", 0, 0, None, 0, "no_traffic"),
    ]


def a_survey_about_the_solution(lake: Lake) -> list[Golden]:
    """Ten invitations of a day: seven answer the question in time, one too late, one another question, one nothing."""
    asked = "2026-08-13 12:00:00"
    invitations = [
        {"invitation_id": f"res-{n}", "queue_key": "res-survey", "agent_key": "res-wim", "asked_at": asked}
        for n in range(10)
    ]
    lake.add("survey_invitation", invitations)
    choices = ("yes", "yes", "yes", "no", "not_yet", "yes", "no")
    answers: Rows = [
        {"invitation_id": f"res-{n}", "choice": choice, "answered_at": "2026-08-14 12:00:00"}
        for n, choice in enumerate(choices)
    ]
    # 72 hours and a second after the invitation
    answers += [{"invitation_id": "res-7", "choice": "yes", "answered_at": "2026-08-16 12:00:01"}]
    other = {"question_key": "recommend", "score": 9.0, "scale_min": 0.0, "scale_max": 10.0}
    answers += [{"invitation_id": "res-8", "answered_at": "2026-08-13 13:00:00"} | other]
    lake.add("survey_answer", answers)
    # yes 4 of the 7 in time
    return [Golden("fcr_survey_pct", "day", "2026-08-13", "queue", "res-survey", 4, 7, 100 * 4 / 7, 7)]


def cases_that_come_back(lake: Lake) -> list[Golden]:
    """Eight cases opened on a Monday in Manchester's own system and resolved in the week; three come back."""
    hr = {"source_system": "hr_manchester", "site_key": "manchester", "team_key": "res-desk"}
    lake.add("hr_employee", [hr | {"employee_key": "res-xia"}])
    alias = {"source_system": "hr_manchester", "employee_key": "res-xia", "alias_system": "chat_manchester"}
    lake.add("agent_alias", [alias])
    history = [
        *[(case, "opened", "2026-08-03 10:00:00") for case in "abcdefgh"],
        # on the Tuesday a, b, c, d and e are resolved, a and b are opened again in time, c a minute too late
        *[(case, "resolved", "2026-08-04 10:00:00") for case in "abcde"],
        ("a", "reopened", "2026-08-05 10:00:00"),
        ("b", "closed", "2026-08-05 10:00:00"),
        ("b", "reopened", "2026-08-11 10:00:00"),
        ("c", "reopened", "2026-08-11 10:01:00"),
        # a is resolved again on the Wednesday; f on the day it was opened; g is canceled on the Wednesday; h stays open
        ("a", "resolved", "2026-08-05 16:00:00"),
        ("f", "resolved", "2026-08-03 11:00:00"),
        ("g", "canceled", "2026-08-05 12:00:00"),
        # words between customer and agent change nothing
        ("h", "replied", "2026-08-04 12:00:00"),
    ]
    source = {"source_system": "chat_manchester", "agent_key": "res-xia"}
    lake.add(
        "case_event",
        [
            source | {"event_id": f"res-{n}", "case_id": f"res-{case}", "event": event, "occurred_at": at}
            for n, (case, event, at) in enumerate(history)
        ],
    )
    # resolutions of the Tuesday: 5, undone 2
    # open at the end of Monday: all but f = 7; of Tuesday: g and h = 2; of Wednesday to Sunday: h
    # average of the week (7 + 2 + 5 x 1) / 7 = 2
    site = ("site", "manchester")
    return [
        Golden("case_reopen_pct", "day", "2026-08-04", "agent", "res-xia", 2, 5, 40, 5),
        Golden("case_reopen_pct", "day", "2026-08-04", "team", "res-desk", 2, 5, 40, 5),
        Golden("backlog_open", "day", "2026-08-03", *site, 7, 1, 7, None),
        Golden("backlog_open", "day", "2026-08-04", *site, 2, 1, 2, None),
        Golden("backlog_open", "day", "2026-08-05", *site, 1, 1, 1, None),
        Golden("backlog_open", "week", "2026-08-03", *site, 14, 7, 2, None),
        # from the 11th b and c are open as well, to the newest day
        Golden("backlog_open", "day", "2026-10-07", *site, 3, 1, 3, None),
    ]


def promises_of_cases(lake: Lake) -> list[Golden]:
    """Eight cases promised for one day, whenever they were opened; one promised for the next."""
    due = {"opened_at": "2026-08-04 10:00:00", "due_at": "2026-08-06 18:00:00", "owner_key": "res-yan"}
    in_time, late = {"resolved_at": "2026-08-06 18:00:00"}, {"resolved_at": "2026-08-06 18:00:01"}
    cases = [in_time, in_time, in_time, {"resolved_at": "2026-08-04 11:00:00"}, late, {}, {}]
    cases += [{"status": "closed", "closed_at": "2026-08-05 10:00:00"}]
    cases += [{"status": "canceled"}, in_time | {"due_at": "2026-08-07 00:00:00"}]
    lake.add("crm_case", [due | case | {"case_id": f"res-due-{n}"} for n, case in enumerate(cases)])
    # due on the 6th: 3 on the moment, 1 before, 1 closed without a resolution's time = 5 kept; 1 late, 2 still open
    return [Golden("case_on_time_pct", "day", "2026-08-06", "agent", "unresolved:crm:res-yan", 5, 8, 62.5, 8)]


def sessions_without_a_person(lake: Lake) -> list[Golden]:
    """Ten ended sessions of one day in a site of their own, one still open, and what the customers did after them."""
    started = "2026-08-05 10:00:00"
    bot = {"source_system": "chat_manchester", "started_at": started, "ended_at": "2026-08-05 10:05:00"}
    outcomes = ("contained",) * 6 + ("abandoned", "failed", "transferred", "transferred", "open")
    sessions = [
        bot | {"session_id": f"res-{n}", "customer_ref": f"res-self-{n}" if n else None, "outcome": outcome}
        for n, outcome in enumerate(outcomes)
    ]
    lake.add("self_service_session", sessions)
    # session -> results of its tasks; 5 only looked around
    tasks = {
        0: ("succeeded",),
        1: ("succeeded",),
        2: ("failed", "succeeded"),
        3: ("succeeded",),
        4: ("failed",),
        6: ("abandoned", "open"),
        7: ("failed",),
        8: ("succeeded",),
        9: ("failed",),
    }
    lake.add(
        "self_service_task",
        [
            bot | {"task_id": f"res-{n}-{i}", "session_id": f"res-{n}", "result": result}
            for n, results in tasks.items()
            for i, result in enumerate(results)
        ],
    )
    # 3 calls on the last moment of the day after, 1 a second later; 5 writes
    asks = {"queue_key": "res-after", "agent_key": None, "answered_at": None, "wait_ms": None}
    calls = [
        _call("after-3", "self-3", "2026-08-06 17:00:00", **asks),
        _call("after-1", "self-1", "2026-08-06 17:00:01", **asks),
    ]
    lake.add("tel_interaction", calls)
    chat = {"customer_ref": "res-self-5", "queue_key": "res-after", "human_requested_at": "2026-08-05 20:00:00"}
    lake.add("chat_conversation", [chat | {"conversation_id": "res-after-5"}])
    # 10:00 in Manchester is 17:00 in Chengdu, where the calls were taken
    # ended 10; not transferred 8; come to their end 6
    # known customers 9; without transfer 7 (1 to 7), of these 3 and 5 asked afterwards: 5
    # with intent and known: 1, 2, 3, 4, 6, 7, 8, 9 = 8; resolved: 1 and 2 (3 asked, 8 was transferred)
    # tasks ended: 1 + 1 + 2 + 1 + 1 + 1 + 1 + 1 + 1 = 10, succeeded 0, 1, 2, 3, 8 = 5
    of = ("day", "2026-08-05", "site", "manchester")
    return [
        Golden("self_service_containment_pct", *of, 8, 10, 80, 10),
        Golden("containment_completed_pct", *of, 6, 10, 60, 10),
        Golden("containment_unrepeated_pct", *of, 5, 9, 100 * 5 / 9, 9),
        Golden("self_service_success_pct", *of, 5, 10, 50, 10),
        Golden("self_service_resolution_pct", *of, 2, 8, 25, 8),
    ]


def complaints(lake: Lake) -> list[Golden]:
    """Eight complaints about the contacts of one agent and day, received later, due and closed later still."""
    day = "2026-08-06"
    handled = [
        _call(f"complained-{n}", f"complaint-{n}", f"{day} 10:00:00", queue_key="res-hot", agent_key="res-zoe")
        for n in range(20)
    ]
    lake.add("tel_interaction", handled)
    complaint = {
        "source_system": "pbx",
        "queue_key": "res-hot",
        "agent_key": "res-zoe",
        "contact_at": f"{day} 10:00:00",
        "received_at": "2026-08-07 10:00:00",
        "due_at": "2026-08-12 18:00:00",
    }
    upheld = {"closed_at": "2026-08-12 17:00:00", "replied_at": "2026-08-12 17:00:00", "is_upheld": True}
    unfounded = upheld | {"is_upheld": False}
    late = upheld | {"replied_at": "2026-08-12 18:00:01", "closed_at": "2026-08-12 19:00:00"}
    same = {"customer_ref": "res-complaint-0", "matter_key": "refund"}
    rows: Rows = [
        # one customer complains of one matter to the centre and to the regulator
        same | upheld,
        same | upheld | {"received_at": "2026-08-09 10:00:00", "received_by": "regulator"},
        {"customer_ref": "res-complaint-1"} | unfounded,
        {"customer_ref": "res-complaint-2"} | late,
        # causes elsewhere
        {"cause_class": "product"} | unfounded,
        {"cause_class": "policy"} | upheld,
        # open at the end of the promise, and withdrawn
        {"customer_ref": "res-complaint-3"},
        {"customer_ref": "res-complaint-4", "status": "withdrawn"},
    ]
    lake.add("complaint", [complaint | row | {"complaint_id": f"res-{n}"} for n, row in enumerate(rows)])
    # of service: the refund once, 1, 2, 3 and 4 = 5 on 20 contacts: 2500 per 10,000
    # due on the 12th: 7 that were not withdrawn; replied in time all but the late and the open one: 5
    # closed on the 12th: 6, upheld all but two: 4
    of = ("agent", "unresolved:pbx:res-zoe")
    return [
        Golden("complaint_per_10k", "day", day, *of, 5, 20, 2500, 20),
        Golden("complaint_on_time_pct", "day", "2026-08-12", *of, 5, 7, 100 * 5 / 7, 7),
        Golden("complaint_upheld_pct", "day", "2026-08-12", *of, 4, 6, 100 * 4 / 6, 6),
        # of the first calls of another agent nobody complained
        Golden("complaint_per_10k", "day", "2026-08-11", "agent", "unresolved:pbx:res-una", 0, 14, 0, 14),
    ]


CASES = (
    repeated_contacts,
    a_survey_about_the_solution,
    cases_that_come_back,
    promises_of_cases,
    sessions_without_a_person,
    complaints,
)
