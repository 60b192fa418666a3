"""Praise, awards, greetings: what the centre does to say that somebody is seen."""

from __future__ import annotations

from ingest.contract.table import (
    DATE,
    INSTANT,
    REAL,
    TEXT,
    Column,
    table,
)

RECOGNITION = table(
    "recognition",
    "recognition",
    "one row a recognition of one person",
    Column("recognition_id", TEXT, "id of the recognition, one for each person", required=True),
    Column("employee_key", TEXT, "employee number of who is recognised", required=True),
    Column("given_by_key", TEXT, "employee number of who gave it; null: the centre"),
    Column(
        "kind",
        TEXT,
        "kind",
        required=True,
        allowed=("praise", "customer_praise", "award", "contest", "birthday", "anniversary", "other"),
    ),
    Column("given_at", INSTANT, "when it was published", required=True),
    Column("occasion_on", DATE, "day it is for, for instance the birthday"),
    Column("contest_key", TEXT, "contest it was won in"),
    Column("points", REAL, "points or value that go with it"),
    Column("comment", TEXT, "redacted text", personal="text"),
    key=("recognition_id",),
    event_time="given_at",
    touches=("given_at",),
)

TABLES = (RECOGNITION,)
