"""How people say they feel. Only what a person says of themselves, voluntarily; never what a system infers.

Answers without a name stay so: a token holds them together and leads to nobody.
"""

from __future__ import annotations

from ingest.contract.table import (
    FLAG,
    INSTANT,
    REAL,
    TEXT,
    Column,
    Rule,
    on_scale,
    one_person,
    table,
)

MOOD_CHECKIN = table(
    "mood_checkin",
    "mood",
    "one row a moment at which a person was asked how they feel, also when they chose not to say",
    Column("checkin_id", TEXT, "id of the check-in", required=True),
    Column("employee_key", TEXT, "employee number; null when it is anonymous"),
    Column("anonymous_token", TEXT, "what holds anonymous check-ins together; never leads to a person"),
    Column("team_key", TEXT, "team at that moment"),
    Column("moment", TEXT, "part of the shift", required=True, allowed=("start", "middle", "end")),
    Column("checked_at", INSTANT, "when", required=True),
    Column("opted_out", FLAG, "the person chose not to say", required=True),
    Column("score", REAL, "mood, the greatest is the best"),
    Column("scale_min", REAL, "worst mood of the scale", required=True),
    Column("scale_max", REAL, "best mood of the scale", required=True),
    Column("cause_key", TEXT, "cause the person gave, from a list"),
    Column("comment", TEXT, "redacted text", personal="text"),
    key=("checkin_id",),
    event_time="checked_at",
    touches=("checked_at",),
    rules=(
        *on_scale(),
        one_person(),
        Rule(
            "said_and_opted_out",
            "opted_out = (score is null)",
            "a person who opted out has a score, or one who did not has none",
            "an answer has a score; who chose not to answer is opted_out",
        ),
    ),
)

TABLES = (MOOD_CHECKIN,)
