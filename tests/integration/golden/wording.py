"""Cases worked out by hand: the wording of agents."""

from __future__ import annotations

from typing import Any

from tests.factories import Lake
from tests.integration.golden.case import Golden

_CHAT = "wording_chat"


def _conversation(number: int, day: str, *messages: tuple[str, str], **columns: Any) -> dict[str, Any]:
    return {
        "conversation": {
            "conversation_id": f"wording-{day}-{number}",
            "queue_key": _CHAT,
            "human_requested_at": f"{day} 10:00:00",
            "first_agent_message_at": f"{day} 10:01:00",
            "ended_at": f"{day} 10:30:00",
            "agent_key": messages[-1][0],
            "first_agent_key": messages[0][0],
            **columns,
        },
        "messages": [
            {"message_id": f"wording-{day}-{number}-{n}", "conversation_id": f"wording-{day}-{number}"}
            | {"sender_type": "agent", "agent_key": agent, "sent_at": f"{day} 10:{n + 1:02}:00", "body": text}
            for n, (agent, text) in enumerate(messages)
        ],
    }


def _deliver(lake: Lake, conversations: list[dict[str, Any]]) -> None:
    lake.add("chat_conversation", [row["conversation"] for row in conversations])
    lake.add("chat_message", [message for row in conversations for message in row["messages"]])


def banned_wording(lake: Lake) -> list[Golden]:
    """Six conversations, one of them of two people: seven contacts with text, six messages with banned wording."""
    day = "2026-09-15"
    _deliver(
        lake,
        [
            # impatience, and in the next message a refusal that is also an insult: two messages
            _conversation(1, day, ("wor_a", "您好，你有完没完？"), ("wor_a", "办不了，神经病。")),
            # blame shifting; the quoted abuse is the customer's
            _conversation(2, day, ("wor_a", "这不归我管。"), ("wor_a", "您刚才骂我“神经病”，我记录了。")),
            # spite, by the second person
            _conversation(3, day, ("wor_a", "您好，请讲。"), ("wor_b", "爱投诉就投诉去。")),
            # a refusal with an offer is none; traditional characters are read as simplified ones
            _conversation(4, day, ("wor_b", "抱歉，没办法退款，但是可以换货。"), ("wor_b", "關我什麼事。")),
            # said twice in one message: one message
            _conversation(5, day, ("wor_b", "Shut up. Shut up and listen.")),
            _conversation(6, day, ("wor_b", "好的，已经为您登记。")),
        ],
    )
    # what customers, bots and notes say is not the agent's
    others = [("customer", False), ("bot", False), ("agent", True)]
    lake.add(
        "chat_message",
        [
            {"message_id": f"wording-other-{n}", "conversation_id": f"wording-{day}-6", "sent_at": f"{day} 10:05:00"}
            | {"sender_type": sender, "is_private": private, "body": "神经病。"}
            for n, (sender, private) in enumerate(others)
        ],
    )
    # messages: conversation 1 two, 2 one, 3 one, 4 one, 5 one = 6; contacts: 1, 2, 3 of two people, 4, 5, 6 = 7
    of = ("day", day, "queue", _CHAT)
    return [
        Golden("banned_language_per_1k", *of, 6, 7, 1000 * 6 / 7, 7),
        Golden("impatience_per_1k", *of, 1, 7, 1000 / 7, 7),
        Golden("negation_per_1k", *of, 1, 7, 1000 / 7, 7),
        Golden("blame_shifting_per_1k", *of, 2, 7, 2000 / 7, 7),
        Golden("spite_per_1k", *of, 1, 7, 1000 / 7, 7),
        # conversation 1 and conversation 5
        Golden("scolding_per_1k", *of, 2, 7, 2000 / 7, 7),
    ]


def reviewed_wording(lake: Lake) -> list[Golden]:
    """Nine messages of one team, eight of them flagged; five are judged at random and three of these confirmed."""
    day, verdicts = "2026-08-27", ("confirmed", "confirmed", "rejected", "rejected", "confirmed")
    lake.add("hr_employee", [{"employee_key": "wor_r", "team_key": "reviewed"}])
    # the first is flagged for two classes
    texts = ["办不了，神经病。", *["有完没完？"] * 7, "好的。"]
    _deliver(lake, [_conversation(1, day, *[("wor_r", text) for text in texts])])
    judged: list[dict[str, Any]] = [{"message": n, "verdict": verdict} for n, verdict in enumerate(verdicts)]
    judged += [
        # confirmed at first, again at six, rejected late at night
        {"message": 4, "verdict": "rejected", "reviewed_at": f"{day} 23:00:00"},
        {"message": 4, "verdict": "confirmed", "reviewed_at": f"{day} 18:00:00"},
        {"message": 2, "verdict": "confirmed", "reviewed_at": f"{day} 23:00:00"},
        # after a complaint; and what no rule flagged
        {"message": 6, "is_random": False},
        {"message": 8},
    ]
    review = {"sent_at": f"{day} 10:00:00", "reviewed_at": f"{day} 17:00:00"}
    lake.add(
        "wording_review",
        [
            review
            | {name: value for name, value in row.items() if name != "message"}
            | {"review_id": f"reviewed-{n}", "message_id": f"wording-{day}-1-{row['message']}"}
            for n, row in enumerate(judged)
        ],
    )
    # messages 0 to 4 are judged: 0, 1 and, by the later verdict, 2 confirmed, 3 and, by the latest, 4 rejected
    return [Golden("banned_language_precision_pct", "day", day, "team", "reviewed", 3, 5, 60, 5)]


def required_wording(lake: Lake) -> list[Golden]:
    """Four conversations and three calls; five of eight contacts have all the wording that applies to them."""
    day, hello, bye = "2026-09-16", "您好，很高兴为您服务。", "感谢您的咨询，再见。"
    _deliver(
        lake,
        [
            _conversation(1, day, ("wor_c", hello), ("wor_c", bye)),
            # the first greets, the second closes: complete for both
            _conversation(2, day, ("wor_c", hello), ("wor_d", bye)),
            # no greeting
            _conversation(3, day, ("wor_c", "订单已经修改。"), ("wor_c", bye)),
            # still open: no closing yet
            _conversation(4, day, ("wor_c", hello), ended_at=None),
        ],
    )
    lake.add("hr_employee", [{"employee_key": "wor_e", "team_key": "wording"}])
    call = {"queue_key": _CHAT, "agent_key": "wor_e", "queued_at": f"{day} 11:00:00", "answered_at": f"{day} 11:00:10"}
    call |= {"ended_at": f"{day} 11:05:00"}
    lake.add(
        "tel_interaction",
        [
            # held without a word
            call | {"interaction_id": "wording-call-1", "hold_ms": 60_000},
            # held with a notice
            call | {"interaction_id": "wording-call-2", "hold_ms": 60_000},
            # transferred: only a greeting is asked of him, and he gives none
            call | {"interaction_id": "wording-call-3", "transfer_kind": "blind"},
        ],
    )
    said = {1: (hello, bye), 2: (hello, "麻烦您稍等，我查询一下。", bye), 3: ("我帮您转过去。",)}
    lake.add(
        "chat_message",
        [
            {"message_id": f"wording-call-{n}-{m}", "conversation_id": f"wording-call-{n}", "channel": "voice"}
            | {"sender_type": "agent", "sent_at": f"{day} 11:00:{20 + m}", "body": text}
            for n, passages in said.items()
            for m, text in enumerate(passages)
        ],
    )
    # conversations: 1, both parts of 2 and 4 are complete, 3 is not: 4 of 5; calls: the second of three
    return [
        Golden("courtesy_script_pct", "day", day, "queue", _CHAT, 5, 8, 62.5, 8),
        Golden("courtesy_script_pct", "day", day, "team", "wording", 1, 3, None, 3, "below_floor"),
    ]


CASES = (
    banned_wording,
    reviewed_wording,
    required_wording,
)
