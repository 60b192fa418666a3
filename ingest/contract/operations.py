"""What people on the floor write down: incidents, days that differ from others, and what a leader saw."""

from __future__ import annotations

from ingest.contract.table import (
    DATE,
    INSTANT,
    TEXT,
    Column,
    ordered,
    table,
)

INCIDENT = table(
    "incident",
    "operations",
    "one row an incident that may have moved the figures",
    Column("incident_id", TEXT, "id of the incident", required=True),
    Column(
        "kind",
        TEXT,
        "kind",
        required=True,
        allowed=("system", "network", "power", "supplier", "weather", "health", "security", "other"),
    ),
    Column("severity", TEXT, "severity", allowed=("low", "medium", "high", "critical")),
    Column("site_key", TEXT, "site; null: all"),
    Column("queue_key", TEXT, "queue; null: all"),
    Column("system_key", TEXT, "system that failed"),
    Column("started_at", INSTANT, "start", required=True),
    Column("ended_at", INSTANT, "end; null while it lasts"),
    Column("note", TEXT, "what happened, redacted", personal="text"),
    key=("incident_id",),
    event_time="started_at",
    touches=("started_at", "ended_at"),
    moves=True,
    rules=(ordered("started_at", "ended_at"),),
)

CALENDAR_EVENT = table(
    "calendar_event",
    "operations",
    "one row a stretch of days that differ from others",
    Column("event_id", TEXT, "id of the event", required=True),
    Column(
        "kind",
        TEXT,
        "kind",
        required=True,
        allowed=("holiday", "promotion", "launch", "release", "policy", "billing", "contest", "training", "other"),
    ),
    Column("site_key", TEXT, "site; null: all"),
    Column("queue_key", TEXT, "queue; null: all"),
    Column("first_on", DATE, "first day", required=True),
    Column("last_on", DATE, "last day", required=True),
    Column("name", TEXT, "name of the event", required=True),
    key=("event_id",),
    event_time="first_on",
    touches=("first_on", "last_on"),
    touches_span=True,
    moves=True,
    observed=False,
    rules=(ordered("first_on", "last_on"),),
)

FLOOR_WALK = table(
    "floor_walk",
    "operations",
    "one row an observation of a leader who walked the floor",
    Column("observation_id", TEXT, "id of the observation", required=True),
    Column("observed_at", INSTANT, "when", required=True),
    Column("observer_key", TEXT, "employee number of the leader", required=True),
    Column("employee_key", TEXT, "employee number of who was observed; null: the team or the place"),
    Column("team_key", TEXT, "team"),
    Column("site_key", TEXT, "site"),
    Column("topic_key", TEXT, "what was looked at: desk, tone, script, order …", required=True),
    Column(
        "finding", TEXT, "what was found", required=True, allowed=("good", "fine", "needs_attention", "stopped_at_once")
    ),
    Column("note", TEXT, "redacted text", personal="text"),
    key=("observation_id",),
    event_time="observed_at",
    touches=("observed_at",),
)

TABLES = (INCIDENT, CALENDAR_EVENT, FLOOR_WALK)
