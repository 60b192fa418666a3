"""Who looked at customers, and who was allowed to: the audit logs of the systems that hold records."""

from __future__ import annotations

from ingest.contract.table import (
    INSTANT,
    TEXT,
    WHOLE,
    Column,
    Rule,
    ordered,
    table,
)

RECORD_ACCESS = table(
    "record_access",
    "access_audit",
    "one row an action of a person on customers' records",
    Column("access_id", TEXT, "id of the log entry", required=True),
    Column("agent_key", TEXT, "person, as the source names them", required=True),
    Column(
        "action",
        TEXT,
        "what was done",
        required=True,
        allowed=("searched", "viewed", "changed", "exported", "printed", "copied"),
    ),
    Column("occurred_at", INSTANT, "when", required=True),
    Column("system_key", TEXT, "system that holds the records, or the BI tool"),
    Column("screen_key", TEXT, "screen, report or data set"),
    Column("customer_ref", TEXT, "pseudonym of the customer; null for lists and exports", personal="identifier"),
    Column("record_count", WHOLE, "customers shown or taken; null: one"),
    Column("interaction_id", TEXT, "contact given as the reason"),
    Column("case_id", TEXT, "case given as the reason"),
    Column("purpose", TEXT, "purpose, as the source codes it"),
    Column("destination", TEXT, "where an export went: file, printer, clipboard, mail"),
    Column("approved_by", TEXT, "person who approved it"),
    key=("access_id",),
    event_time="occurred_at",
    touches=("occurred_at",),
    rules=(
        Rule(
            "record_count_negative",
            "record_count is null or record_count >= 0",
            "a number of records is negative",
            "map the number of customers shown or taken",
        ),
        Rule(
            "view_without_customer",
            "action not in ('viewed', 'changed') or customer_ref is not null",
            "a view or change does not say of which customer",
            "map the customer's number as it stands in calls and chats; lists are searched or exported",
        ),
    ),
)

ACCESS_RIGHT = table(
    "access_right",
    "access_audit",
    "one row a period in which a person's account could reach customers' records",
    Column("agent_key", TEXT, "person, as the source names them", required=True),
    Column("system_key", TEXT, "system", required=True),
    Column("role_key", TEXT, "role in the system"),
    Column("granted_at", INSTANT, "when it was granted", required=True),
    Column("revoked_at", INSTANT, "when it was taken away; null while it holds"),
    key=("agent_key", "system_key", "granted_at"),
    event_time="granted_at",
    touches=("revoked_at",),
    observed=False,
    rules=(ordered("granted_at", "revoked_at"),),
)

TABLES = (RECORD_ACCESS, ACCESS_RIGHT)
