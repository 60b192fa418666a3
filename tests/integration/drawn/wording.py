"""Random words of agents: in conversations, and in transcripts of calls."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random

from tests.factories import Lake

_SAID = (
    *("您好，请问有什么可以帮您？", "Hello, how can I help?", "感谢您的咨询，再见。", "Bye now.", "请您稍等。"),
    *("订单已经发出。", "Your order is on its way.", "你有完没完？", "办不了。", "That's not my problem."),
    *("爱要不要。", "Shut up.", "How many times do I have to tell you?"),
)

_CHAT = {"chengdu": "chat", "manchester": "chat_manchester"}
_TELEPHONY = {"chengdu": "pbx", "manchester": "pbx_manchester"}


def draw_day(lake: Lake, draw: Random, site: str, agents: list[str], day: date) -> None:
    """Add conversations and calls of their own, so that every part has a queue and a known agent."""
    conversations, calls, messages = [], [], []
    for n in range(draw.randrange(2, 7)):
        began = datetime.combine(day, time(9)) + timedelta(seconds=draw.randrange(8 * 3600))
        number, agent, is_call = f"worded-{site}-{day}-{n}", draw.choice(agents), draw.random() < 0.4
        spoken = {"source_system": _CHAT[site], "conversation_id": number, "sender_type": "agent", "agent_key": agent}
        ended = began + timedelta(minutes=10)
        if is_call:
            spoken["channel"] = "voice"
            calls.append(
                {"source_system": _TELEPHONY[site], "interaction_id": number, "agent_key": agent}
                | {"queued_at": str(began), "answered_at": str(began), "ended_at": str(ended)}
                | {"hold_ms": draw.choice((0, 30_000)), "talk_ms": 500_000, "outcome": "answered"}
            )
        else:
            conversations.append(
                {"source_system": _CHAT[site], "conversation_id": number, "human_requested_at": str(began)}
                | {"first_agent_message_at": str(began), "ended_at": str(ended)}
                | {"agent_key": agent, "first_agent_key": agent}
            )
        messages += [
            spoken
            | {"message_id": f"{number}-{m}", "sent_at": str(began + timedelta(minutes=m)), "body": draw.choice(_SAID)}
            for m in range(draw.randrange(1, 5))
        ]
    reviews = [
        {"review_id": message["message_id"], "message_id": message["message_id"], "sent_at": message["sent_at"]}
        | {"source_system": "qa", "verdict": draw.choice(("confirmed", "confirmed", "rejected"))}
        for message in messages
        if draw.random() < 0.7
    ]
    lake.add("chat_conversation", conversations).add("tel_interaction", calls).add("chat_message", messages)
    lake.add("wording_review", reviews)
