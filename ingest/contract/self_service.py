"""What customers do without a person: in menus, bots, apps and on the web."""

from __future__ import annotations

from ingest.contract.table import (
    INSTANT,
    TEXT,
    Column,
    Rule,
    ordered,
    table,
)

SELF_SERVICE_SESSION = table(
    "self_service_session",
    "self_service",
    "one row a session of a customer with a menu, bot, app or site",
    Column("session_id", TEXT, "id of the session", required=True),
    Column("medium", TEXT, "what the customer used", required=True, allowed=("ivr", "bot", "app", "web", "kiosk")),
    Column("customer_ref", TEXT, "pseudonym of the customer, the same as in calls and chats", personal="identifier"),
    Column("started_at", INSTANT, "start", required=True),
    Column("ended_at", INSTANT, "end; null while it lasts"),
    Column(
        "outcome",
        TEXT,
        "how it ended; contained: without asking for a person",
        required=True,
        allowed=("contained", "transferred", "abandoned", "failed", "open"),
    ),
    Column("queue_key", TEXT, "queue the customer was transferred to"),
    Column("interaction_id", TEXT, "contact that the session became"),
    key=("session_id",),
    event_time="started_at",
    touches=("started_at",),
    rules=(ordered("started_at", "ended_at"),),
)

SELF_SERVICE_TASK = table(
    "self_service_task",
    "self_service",
    "one row a thing the customer tried to get done in a session",
    Column("task_id", TEXT, "id of the attempt", required=True),
    Column("session_id", TEXT, "session", required=True),
    Column("task_key", TEXT, "what was to be done: pay_bill, change_plan …", required=True),
    Column("customer_ref", TEXT, "pseudonym of the customer", personal="identifier"),
    Column("started_at", INSTANT, "start", required=True),
    Column("ended_at", INSTANT, "end; null while it lasts"),
    Column("result", TEXT, "result", required=True, allowed=("succeeded", "failed", "abandoned", "open")),
    Column("failure_reason", TEXT, "why it failed, in the source's own words"),
    key=("task_id",),
    event_time="started_at",
    touches=("started_at",),
    rules=(
        ordered("started_at", "ended_at"),
        Rule(
            "reason_without_failure",
            "failure_reason is null or result in ('failed', 'abandoned')",
            "a task that did not fail carries a reason of failure",
            "leave the reason empty, or give the result that really happened",
        ),
    ),
)

TABLES = (SELF_SERVICE_SESSION, SELF_SERVICE_TASK)
