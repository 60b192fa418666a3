"""Cases worked out by hand: contacts from the menu to the callback, and conversations turn by turn."""

from __future__ import annotations

from tests.factories import Lake
from tests.integration.golden.case import Golden, after, visits


def other_ways_to_count_who_was_answered(lake: Lake) -> list[Golden]:
    """Thirty visits of one queue, ended in every way there is."""
    at = "2026-09-16 10:00:00"
    ended = (15, 10, "answered"), (3, 40, "answered"), (2, 3, "abandoned"), (1, 12, "abandoned"), (3, 60, "abandoned")
    others = (1, 15, "callback_requested"), (3, 120, "timeout"), (1, 30, "exit_key"), (1, 5, "empty")
    for number, wait, outcome in (*ended, *others):
        lake.add("tel_interaction", visits(number, "ways", at, wait, outcome, queue_key="ways"))
    # answered 15 + 3 = 18; left 2 + 1 + 3 = 6, two of them short; time-outs 3, empty 1, by key 1, callback 1: 30 in all
    # with time-outs: 6 + 3 + 1 = 10 of these and 18 answered; lost: 30 - 18 = 12
    of = ("day", "2026-09-16", "queue", "ways")
    return [
        Golden("answer_rate_pct", *of, 18, 27, 100 * 18 / 27, 27),
        Golden("answer_rate_of_queued_pct", *of, 18, 30, 60, 30),
        Golden("abandonment_rate_pct", *of, 4, 27, 100 * 4 / 27, 27),
        Golden("abandonment_rate_of_queued_pct", *of, 6, 30, 20, 30),
        Golden("abandonment_rate_of_handled_pct", *of, 4, 22, 100 * 4 / 22, 22),
        Golden("abandonment_rate_with_timeouts_pct", *of, 10, 28, 100 * 10 / 28, 28),
        Golden("call_loss_rate_pct", *of, 12, 30, 40, 30),
    ]


def everything_that_arrives(lake: Lake) -> list[Golden]:
    """The site of Manchester on a day of its own: calls, conversations, and sessions with a menu and a bot."""
    pbx, chat = {"source_system": "pbx_manchester"}, {"source_system": "chat_manchester"}
    at, lines = "2026-07-22 10:00:00", {"source_system": "pbx_manchester", "queue_key": "arrivals"}
    lake.add("tel_interaction", visits(6, "arrived", at, 10, "answered", **lines))
    lake.add("tel_interaction", visits(2, "arrived", at, 50, "abandoned", **lines))
    lake.add("tel_interaction", visits(1, "arrived", at, 300, "timeout", **lines))
    # the answered call 0 is passed on, and nobody takes it there
    passed = visits(1, "passed", "2026-07-22 10:05:00", 50, "abandoned", **lines)
    lake.add("tel_interaction", [passed[0] | {"root_interaction_id": "arrived-answered-10-0"}])
    # a call without a queue, which nobody took; one the centre made
    alone = {"interaction_id": "arrived-alone", "queue_key": None, "started_at": at, "ended_at": after(at, 5)}
    lake.add("tel_interaction", [pbx | alone | {"outcome": "failed"}])
    lake.add("tel_interaction", visits(1, "made", at, 10, "answered", direction="outbound", **lines))
    asked = {"created_at": at, "human_requested_at": at, "queue_key": "arrivals chat"}
    replied = {"first_agent_message_at": after(at, 60), "first_agent_key": "ida", "ended_at": after(at, 600)}
    lake.add(
        "chat_conversation",
        [
            chat | asked | replied | {"conversation_id": "arrived-1"},
            chat | asked | {"conversation_id": "arrived-2", "ended_at": after(at, 600)},
        ],
    )
    menu = pbx | {"medium": "ivr", "started_at": at, "ended_at": after(at, 40)}
    lake.add(
        "self_service_session",
        [menu | {"session_id": f"menu-{n}", "outcome": "contained"} for n in range(4)]
        + [menu | {"session_id": f"left-{n}", "outcome": "abandoned"} for n in range(2)]
        + [menu | {"session_id": "call", "outcome": "abandoned", "interaction_id": "arrived-abandoned-50-0"}]
        + [menu | {"session_id": "passed", "outcome": "transferred"}]
        + [menu | {"session_id": "app", "outcome": "contained", "medium": "app"}]
        + [menu | {"session_id": "bot", "outcome": "contained", "medium": "bot"}],
    )
    # calls: 6 + 2 + 1 + 1 = 10, of which 6 are answered and 2 abandoned, the one passed on being answered
    # conversations 2, one answered and one abandoned; sessions: 4 + 2 of the menu, by voice, and 1 of the bot, by chat
    # arrived 10 + 2 + 7 = 19; answered 6 + 1, served 4 + 1; abandoned 2 + 1 + 2 = 5
    of, voice = ("day", "2026-07-22", "site", "manchester"), ("day", "2026-07-22", "channel", "voice")
    return [
        Golden("contacts_arrived", *of, 19, None, 19, 19),
        Golden("contacts_arrived", *voice, 16, None, 16, 16),
        Golden("total_connect_pct", *of, 12, 19, 100 * 12 / 19, 19),
        Golden("abandonment_rate_from_menu_pct", *of, 5, 19, 100 * 5 / 19, 19),
    ]


def a_voice_menu(lake: Lake) -> list[Golden]:
    """Twelve sessions of Manchester on a day of their own, one of which lasts and one of which is with a bot."""
    at = "2026-08-13 10:00:00"
    outcomes = ["contained"] * 5 + ["abandoned"] * 3 + ["failed"] + ["transferred"] * 2 + ["open"]
    pbx = {"source_system": "pbx_manchester"}
    sessions = [
        pbx | {"session_id": f"voice-menu-{n}", "medium": "ivr", "started_at": at, "outcome": outcome}
        for n, outcome in enumerate(outcomes)
    ]
    lake.add("self_service_session", [*sessions, sessions[0] | {"session_id": "voice-menu-bot", "medium": "bot"}])
    results = (0, "succeeded"), (1, "succeeded"), (1, "failed"), (2, "failed"), (5, "succeeded"), (9, "failed")
    lake.add(
        "self_service_task",
        [
            pbx
            | {"session_id": f"voice-menu-{n}", "result": result}
            | {"task_id": f"voice-menu-{n}-{result}", "started_at": at}
            for n, result in results
        ],
    )
    # eleven have ended; nothing was done in contained 2, 3 and 4, abandoned 6 and 7, and the failed one: 6
    return [Golden("ivr_abandon_pct", "day", "2026-08-13", "site", "manchester", 6, 11, 100 * 6 / 11, 11)]


def promises_to_call_back(lake: Lake) -> list[Golden]:
    """Twelve promises of one queue, asked for half a minute into the wait."""
    at = "2026-09-18 20:00:00"
    asked = visits(10, "promise", at, 30, "callback_requested", queue_key="callbacks")
    lake.add("tel_interaction", [row | {"customer_ref": f"promise-{n}"} for n, row in enumerate(asked)])
    # callbacks of contacts 0 to 3 reach their customers, the last of them 24 hours and a second after the request
    seconds = (600, 3600, 86_400, 86_401)
    lake.add(
        "tel_interaction",
        [
            {"interaction_id": f"back-{n}", "root_interaction_id": f"promise-callback_requested-30-{n}"}
            | {"channel": "callback", "queue_key": "callbacks", "queued_at": after(at, 30), "agent_key": "gus"}
            | {"answered_at": after(at, 30 + late), "ended_at": after(at, 60 + late)}
            for n, late in enumerate(seconds)
        ],
    )
    # customers 4 and 5 are called by hand, customer 6 is tried in vain, customer 7 had been called before
    by_hand = {"direction": "outbound", "queue_key": None, "agent_key": "gus"}
    lake.add(
        "tel_interaction",
        [
            by_hand
            | {"interaction_id": "hand-4", "customer_ref": "promise-4"}
            | {"answered_at": after(at, 900), "ended_at": after(at, 960)},
            by_hand
            | {"interaction_id": "hand-5", "customer_ref": "promise-5"}
            | {"answered_at": after(at, 50_000), "ended_at": after(at, 50_060)},
            by_hand
            | {"interaction_id": "hand-6", "customer_ref": "promise-6", "outcome": "failed"}
            | {"started_at": after(at, 900), "ended_at": after(at, 960)},
            by_hand
            | {"interaction_id": "hand-7", "customer_ref": "promise-7"}
            | {"answered_at": after(at, -900), "ended_at": after(at, -800)},
        ],
    )
    # two callbacks that wait in the queue themselves: one reached after two hours, one never
    own = {"channel": "callback", "queue_key": "callbacks", "queued_at": at}
    lake.add(
        "tel_interaction",
        [
            own | {"interaction_id": "own-1", "answered_at": after(at, 7200), "ended_at": after(at, 7300)},
            own | {"interaction_id": "own-2", "outcome": "timeout", "ended_at": after(at, 90_000)},
        ],
    )
    # kept: 0, 1, 2; 4, 5; own-1 = 6 of 10 + 2
    return [Golden("callback_kept_pct", "day", "2026-09-18", "queue", "callbacks", 6, 12, 50, 12)]


def five_first_responses(lake: Lake) -> list[Golden]:
    """Six conversations, each with a bot for a minute first; one is never answered, two are outside 8 to 23 o'clock."""
    requests = (
        ("2026-09-19 07:59:50", 20),
        ("2026-09-19 08:00:00", 10),
        ("2026-09-19 15:00:00", 30),
        ("2026-09-19 22:59:59", 60),
        ("2026-09-19 23:00:00", 80),
        ("2026-09-19 12:00:00", None),
    )
    lake.add(
        "chat_conversation",
        [
            {"conversation_id": f"responses-{n}", "queue_key": "responses", "created_at": after(at, -60)}
            | {"human_requested_at": at, "ended_at": after(at, 900)}
            | ({} if wait is None else {"first_agent_message_at": after(at, wait), "first_agent_key": "hal"})
            for n, (at, wait) in enumerate(requests)
        ],
    )
    # waits 10, 20, 30, 60, 80: sum 200, median 30, 90th percentile at 1 + 0.9 x 4 = 4.6: 60 + 0.6 x 20 = 72
    # within 30 s: 10, 20, 30 of six; from creation a minute more each: sum 500, median 90
    # asked for from 08:00:00 to 22:59:59: 10, 30 and 60
    of, agent = ("day", "2026-09-19", "queue", "responses"), ("day", "2026-09-19", "agent", "unresolved:chat:hal")
    return [
        Golden("chat_first_response_sec", *of, None, None, 30, 5),
        Golden("chat_first_response_mean_sec", *of, 200, 5, 40, 5),
        Golden("chat_first_response_p90_sec", *agent, None, None, 72, 5),
        Golden("chat_first_response_in_time_pct", *of, 3, 6, 50, 6),
        Golden("chat_first_response_daytime_sec", *of, 100, 3, 100 / 3, 3),
        Golden("chat_first_response_from_creation_sec", *agent, 500, 5, 100, 5),
        Golden("chat_first_response_of_ticket_sec", *of, None, None, 90, 5),
    ]


def a_conversation_turn_by_turn(lake: Lake) -> list[Golden]:
    """One conversation over midnight, begun with a bot; two people reply."""
    asked = "2026-09-20 22:30:00"
    lake.add(
        "chat_conversation",
        [
            {"conversation_id": "turns", "queue_key": "turns", "created_at": after(asked, -300)}
            | {"human_requested_at": asked, "first_agent_message_at": after(asked, 45), "first_agent_key": "jim"}
            | {"ended_at": after(asked, 7200)}
        ],
    )
    said = (
        (-300, "customer", None),
        (-290, "bot", None),
        (10, "customer", None),  # still the turn that asking for a person began
        (45, "agent", "jim"),  # 45 s
        (50, "agent", "jim"),
        (100, "customer", None),
        (120, "customer", None),
        (130, "bot", None),
        (900, "agent", "jim"),  # 800 s
        (1000, "customer", None),
        (1030, "agent", "kim"),  # 30 s
        (1800, "customer", None),  # 23:00: after the hours of shop platforms
        (1815, "agent", "kim"),  # 15 s
        (5400, "customer", None),  # 00:00 of the next day
        (5460, "agent", "kim"),  # 60 s
        (5500, "customer", None),  # thanks, without a reply
    )
    lake.add(
        "chat_message",
        [
            {"message_id": f"turns-{n}", "conversation_id": "turns", "sent_at": after(asked, second)}
            | {"sender_type": sender, "agent_key": agent}
            for n, (second, sender, agent) in enumerate(said)
        ],
    )
    note = {"message_id": "turns-note", "conversation_id": "turns", "sent_at": after(asked, 101), "agent_key": "jim"}
    lake.add("chat_message", [note | {"sender_type": "agent", "is_private": True}])
    # on the 20th 45 + 800 + 30 + 15 = 890 s in 4 turns, of these jim's 45 + 800; on the 21st 60 s in one turn, and one
    # turn without a reply
    # shop platforms count 45, 600 for 800, and 30: 675 s in 3 turns
    first, week = ("day", "2026-09-20"), ("week", "2026-09-21")
    return [
        Golden("chat_avg_response_sec", *first, "queue", "turns", 890, 4, 222.5, 4),
        Golden("chat_avg_response_sec", *first, "agent", "unresolved:chat:jim", 845, 2, 422.5, 2),
        Golden("chat_avg_response_sec", *first, "agent", "unresolved:chat:kim", 45, 2, 22.5, 2),
        Golden("chat_avg_response_sec", *week, "queue", "turns", 60, 1, 60, 1),
        Golden("chat_avg_response_capped_sec", *first, "queue", "turns", 675, 3, 225, 3),
    ]


def three_conversations_at_once(lake: Lake) -> list[Golden]:
    """One agent of a team of one: conversations that overlap, one that is parked, one that has not ended."""
    lake.add("hr_employee", [{"employee_key": "lea", "team_key": "writers"}])
    lake.add("agent_alias", [{"employee_key": "lea", "alias_system": "chat", "alias_value": "lea@chat"}])
    replied_and_ended = (
        ("09:00:00", "2026-09-22 09:30:00"),
        ("09:10:00", "2026-09-22 09:20:00"),
        ("09:20:00", "2026-09-22 09:50:00"),
        ("20:00:00", "2026-09-29 10:00:00"),
        ("09:00:00", None),
    )
    lake.add(
        "chat_conversation",
        [
            {"conversation_id": f"parallel-{n}", "queue_key": "parallel", "human_requested_at": f"2026-09-22 {replied}"}
            | {"first_agent_message_at": f"2026-09-22 {replied}", "first_agent_key": "lea@chat", "ended_at": ended}
            for n, (replied, ended) in enumerate(replied_and_ended)
        ],
    )
    # open 30 + 10 + 30 = 70 min within 09:00 to 09:50; the parked one 8 hours, 4 of them before midnight
    # 70 + 240 = 310 min in 50 + 240 = 290 min; on the day after 4 hours of one conversation
    of = ("team", "writers")
    return [
        Golden("chat_concurrency_avg", "day", "2026-09-22", *of, 18_600, 17_400, 31 / 29, None),
        Golden("chat_concurrency_avg", "day", "2026-09-23", *of, 14_400, 14_400, 1, None),
    ]


def an_hour_and_a_half_on_the_telephone(lake: Lake) -> list[Golden]:
    """Six calls and two chats of one agent who was ready or busy for ninety minutes; chats have no states."""
    at = "2026-09-24 10:00:00"
    lake.add("tel_interaction", visits(6, "hourly", at, 5, "answered", queue_key="hourly", agent_key="max"))
    chats = {"queue_key": "hourly chat", "human_requested_at": at, "first_agent_message_at": after(at, 30)}
    lake.add("hr_employee", [{"employee_key": "max", "team_key": "callers"}])
    lake.add("chat_conversation", [chats | {"conversation_id": f"hourly-{n}", "agent_key": "max"} for n in range(2)])
    states = ("available", 0, 1800), ("on_contact", 1800, 4500), ("acw", 4500, 5400), ("break", 5400, 7200)
    lake.add(
        "agent_state",
        [
            {"agent_key": "max", "state": state, "started_at": after(at, start), "ended_at": after(at, end)}
            for state, start, end in states
        ],
    )
    # 6 legs in 1800 + 2700 + 900 s = 1.5 h
    of = ("day", "2026-09-24", "agent", "max")
    return [Golden("contacts_per_hour", *of, 6, 1.5, 4, None)]


CASES = (
    other_ways_to_count_who_was_answered,
    everything_that_arrives,
    a_voice_menu,
    promises_to_call_back,
    five_first_responses,
    a_conversation_turn_by_turn,
    three_conversations_at_once,
    an_hour_and_a_half_on_the_telephone,
)
