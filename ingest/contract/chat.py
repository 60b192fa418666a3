"""Conversations in writing, transcripts of what was said, and ratings of contacts of every channel.

``csat`` is the one question that satisfaction is counted from. A survey with other questions is ``survey``'s; when it
asks that question too, deliver its answer here as well.
"""

from __future__ import annotations

from ingest.contract.table import (
    CHANNELS,
    CONTACT_REASON,
    FLAG,
    INSTANT,
    REAL,
    TEXT,
    WHOLE,
    Column,
    Rule,
    on_scale,
    ordered,
    table,
)

CHAT_CONVERSATION = table(
    "chat_conversation",
    "chat",
    "one row a conversation",
    Column("conversation_id", TEXT, "id of the source", required=True),
    Column("channel", TEXT, "channel", required=True, allowed=CHANNELS),
    Column("queue_key", TEXT, "inbox or team that the conversation waits in"),
    Column("agent_key", TEXT, "person who is assigned, or was last"),
    Column("first_agent_key", TEXT, "person who sent the first human reply"),
    Column("customer_ref", TEXT, "pseudonym of the customer", personal="identifier"),
    Column("created_at", INSTANT, "start of the conversation", required=True),
    Column("human_requested_at", INSTANT, "when a person was asked for; without a bot the first customer message"),
    Column("first_agent_message_at", INSTANT, "first message of a person to the customer"),
    Column("last_customer_message_at", INSTANT, "last message of the customer"),
    Column("ended_at", INSTANT, "last resolution; null while the conversation is open"),
    CONTACT_REASON,
    Column("customer_message_count", WHOLE, "messages of the customer"),
    Column("agent_message_count", WHOLE, "messages of people to the customer"),
    Column("status", TEXT, "status", required=True, allowed=("open", "resolved", "pending", "snoozed")),
    key=("conversation_id",),
    event_time="created_at",
    touches=("created_at", "human_requested_at", "first_agent_message_at", "ended_at"),
    rules=(ordered("created_at", "first_agent_message_at"), ordered("created_at", "ended_at")),
)

CHAT_MESSAGE = table(
    "chat_message",
    "chat",
    "one row a message of a conversation, or a spoken passage of a call; the text is redacted",
    Column("message_id", TEXT, "id of the source", required=True),
    Column("conversation_id", TEXT, "conversation; of a call its interaction_id", required=True),
    Column(
        "channel",
        TEXT,
        "channel, where it is not the conversation that tells it: voice for what was spoken",
        allowed=CHANNELS,
    ),
    Column("sent_at", INSTANT, "when it was sent; of a spoken passage its beginning", required=True),
    Column("ended_at", INSTANT, "end of a spoken passage"),
    Column("sender_type", TEXT, "sender", required=True, allowed=("customer", "agent", "bot", "system")),
    Column("agent_key", TEXT, "person who wrote it"),
    Column("is_private", FLAG, "a note among staff", required=True),
    Column("body", TEXT, "redacted text", personal="text"),
    Column("body_length", WHOLE, "characters of the text before redaction"),
    key=("message_id",),
    event_time="sent_at",
    touches=("sent_at",),
    rules=(ordered("sent_at", "ended_at"),),
)

CSAT = table(
    "csat",
    "chat",
    "one row an invitation to rate; unanswered ones have no answer time and no score",
    Column("response_id", TEXT, "id of the invitation", required=True),
    Column("interaction_id", TEXT, "contact or conversation that is rated", required=True),
    Column("channel", TEXT, "channel of the contact", required=True, allowed=CHANNELS),
    Column("queue_key", TEXT, "queue or inbox of the contact"),
    Column("agent_key", TEXT, "last person who handled the contact"),
    Column("contact_at", INSTANT, "start of the contact", required=True),
    Column("asked_at", INSTANT, "when the invitation was sent", required=True),
    Column("answered_at", INSTANT, "when it was answered"),
    Column("score", REAL, "answer"),
    Column("scale_min", REAL, "least answer", required=True),
    Column("scale_max", REAL, "greatest answer", required=True),
    Column("comment", TEXT, "redacted text", personal="text"),
    key=("response_id",),
    event_time="asked_at",
    touches=("asked_at", "contact_at"),
    moves=True,
    rules=(
        ordered("asked_at", "answered_at"),
        *on_scale(),
        Rule(
            "answer_without_score",
            "(answered_at is null) = (score is null)",
            "an answer has no score, or a score no answer time",
            "map both the score and the time of the answer",
        ),
    ),
)

TABLES = (CHAT_CONVERSATION, CHAT_MESSAGE, CSAT)
