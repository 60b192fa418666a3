"""Surveys of customers with any questions, whoever sent them.

The question that satisfaction is counted from has a table of its own, ``csat``: deliver it there, with or without the
whole survey here.
"""

from __future__ import annotations

from ingest.contract.table import (
    CHANNELS,
    INSTANT,
    REAL,
    TEXT,
    Column,
    Rule,
    on_scale,
    table,
)

SURVEY_INVITATION = table(
    "survey_invitation",
    "survey",
    "one row an invitation of a customer to a survey, also one that failed or was held back",
    Column("invitation_id", TEXT, "id of the invitation", required=True),
    Column("survey_key", TEXT, "survey", required=True),
    Column("survey_version", TEXT, "version of its questions"),
    Column("interaction_id", TEXT, "contact the survey asks about"),
    Column("channel", TEXT, "channel of that contact", allowed=CHANNELS),
    Column("queue_key", TEXT, "queue of that contact"),
    Column("agent_key", TEXT, "last person who handled it, as the source names the person"),
    Column("contact_at", INSTANT, "start of that contact"),
    Column("customer_ref", TEXT, "pseudonym of the customer", personal="identifier"),
    Column("sent_by", TEXT, "way it was sent: sms, voice, chat, email, app"),
    Column("asked_at", INSTANT, "when it was sent, or would have been", required=True),
    Column(
        "status",
        TEXT,
        "status; suppressed: held back by a rule, for instance a customer who was asked lately",
        required=True,
        allowed=("sent", "failed", "suppressed", "answered", "expired"),
    ),
    key=("invitation_id",),
    event_time="asked_at",
    touches=("asked_at", "contact_at"),
    moves=True,
)

SURVEY_ANSWER = table(
    "survey_answer",
    "survey",
    "one row an answer to one question",
    Column("invitation_id", TEXT, "invitation", required=True),
    Column("survey_key", TEXT, "survey", required=True),
    Column("question_key", TEXT, "question: csat, nps, solved_first_time …", required=True),
    Column("answered_at", INSTANT, "when it was answered", required=True),
    Column("score", REAL, "answer on a scale"),
    Column("scale_min", REAL, "least answer"),
    Column("scale_max", REAL, "greatest answer"),
    Column("choice", TEXT, "answer from a list, as a key: yes, no, not_yet …"),
    Column("comment", TEXT, "answer in words, redacted", personal="text"),
    key=("invitation_id", "question_key"),
    event_time="answered_at",
    touches=("answered_at",),
    moves=True,
    rules=(
        *on_scale(),
        Rule(
            "score_without_scale",
            "score is null or (scale_min is not null and scale_max is not null)",
            "a score has no scale",
            "map scale_min and scale_max, as constants where the question has one scale",
        ),
        Rule(
            "answer_empty",
            "score is not null or choice is not null or comment is not null",
            "an answer has neither score nor choice nor words",
            "leave questions out that were not answered",
        ),
    ),
)

TABLES = (SURVEY_INVITATION, SURVEY_ANSWER)
