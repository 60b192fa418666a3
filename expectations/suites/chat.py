"""Rules for chat deliveries: answers of believable speed, messages with their author, surveys on a real scale."""

from __future__ import annotations

from expectations.forms import at_most, never
from expectations.profile import Measure, Suite, rows_where, share_of_rows

RESPONSE_HOURS = 4
"""A median first response above this is unusual for live chat."""

OPEN_SHARE = 0.3
"""Greatest share of a day's conversations that never end."""

AUTHORLESS_SHARE = 0.1
"""Greatest share of agents' messages that name no agent."""

ANSWERED_SHARE = 0.95
"""A greater share of answered invitations means that only the answered ones were delivered."""

CONVERSATIONS = Suite(
    name="chat",
    table="chat_conversation",
    measures={
        "answered before asked": rows_where("first_agent_message_at < human_requested_at"),
        "median first response, hours": Measure(
            "median(epoch(first_agent_message_at - human_requested_at)) / 3600",
            f"first_agent_message_at - human_requested_at > interval {RESPONSE_HOURS} hours",
        ),
        "share without end": share_of_rows("ended_at is null"),
    },
    expectations=(
        never(
            "answered before asked", "people answer after they were asked for", "人工首次回复不早于请求人工", "warning"
        ),
        at_most(
            "median first response, hours",
            RESPONSE_HOURS,
            f"a day's median first response stays within {RESPONSE_HOURS} h",
            f"当日首次响应中位数在 {RESPONSE_HOURS} 小时以内",
        ),
        at_most(
            "share without end",
            OPEN_SHARE,
            f"at most {OPEN_SHARE:.0%} of a day's conversations are still open",
            f"当日未结束的会话不超过 {OPEN_SHARE:.0%}",
        ),
    ),
)

MESSAGES = Suite(
    name="chat",
    table="chat_message",
    measures={"share without author": share_of_rows("agent_key is null", among="sender_type = 'agent'")},
    expectations=(
        at_most(
            "share without author",
            AUTHORLESS_SHARE,
            f"at most {AUTHORLESS_SHARE:.0%} of agents' messages name no agent",
            f"未署名的座席消息不超过 {AUTHORLESS_SHARE:.0%}",
        ),
    ),
)

SURVEYS = Suite(
    name="chat",
    table="csat",
    measures={
        "empty scale": rows_where("scale_min >= scale_max"),
        "share answered": share_of_rows("answered_at is not null"),
    },
    expectations=(
        never(
            "empty scale",
            "the scale has a least and a greater answer",
            "评价量表有高低之分",
            "critical",
        ),
        at_most(
            "share answered",
            ANSWERED_SHARE,
            f"unanswered invitations are delivered too: at most {ANSWERED_SHARE:.0%} are answered",
            f"未参评的邀请也须送达:参评率不超过 {ANSWERED_SHARE:.0%}",
        ),
    ),
)

SUITES = (CONVERSATIONS, MESSAGES, SURVEYS)
