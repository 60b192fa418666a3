"""Cases worked out by hand: accessibility."""

from __future__ import annotations

from tests.factories import Lake
from tests.integration.golden.case import Golden, after, visits


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


CASES = (
    one_hour_nine_service_levels,
    waits_between_two_values,
    overflow_and_transfer,
    offers,
    chats,
)
