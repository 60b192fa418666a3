"""Orders that contacts led to, what became of them, and what was to be sold."""

from __future__ import annotations

from ingest.contract.table import (
    DATE,
    INSTANT,
    REAL,
    TEXT,
    Column,
    Rule,
    one_currency,
    ordered,
    table,
)

SALES_ORDER = table(
    "sales_order",
    "sales",
    "one row an order of one product",
    Column("order_id", TEXT, "id of the order, or of its line", required=True),
    Column("customer_ref", TEXT, "pseudonym of the customer, the same as in calls and chats", personal="identifier"),
    Column("agent_key", TEXT, "person it is credited to, as the source names the person"),
    Column("interaction_id", TEXT, "contact it came from"),
    Column("product_key", TEXT, "product"),
    Column("campaign_key", TEXT, "campaign"),
    Column("ordered_at", INSTANT, "when it was placed", required=True),
    Column("paid_at", INSTANT, "when it was paid"),
    Column("quantity", REAL, "pieces"),
    Column("amount", REAL, "value of the order, whole", required=True),
    Column("currency", TEXT, "ISO 4217", required=True),
    Column("status", TEXT, "status", required=True, allowed=("placed", "paid", "canceled", "refunded")),
    key=("order_id",),
    event_time="ordered_at",
    touches=("ordered_at", "paid_at"),
    rules=(
        ordered("ordered_at", "paid_at"),
        one_currency("currency"),
        Rule(
            "negative_amount",
            "amount >= 0 and coalesce(quantity >= 0, true)",
            "an order is negative",
            "deliver what is taken back as order_cancellation",
        ),
        Rule(
            "paid_without_time",
            "status <> 'paid' or paid_at is not null",
            "a paid order has no time of payment",
            "map the time of payment, or give the status placed",
        ),
    ),
)

ORDER_CANCELLATION = table(
    "order_cancellation",
    "sales",
    "one row an order, or a part of one, that was taken back",
    Column("cancellation_id", TEXT, "id of the cancellation", required=True),
    Column("order_id", TEXT, "order", required=True),
    Column("canceled_at", INSTANT, "when", required=True),
    Column("amount", REAL, "value taken back, positive", required=True),
    Column("currency", TEXT, "ISO 4217", required=True),
    Column("reason_key", TEXT, "reason, as the source codes it"),
    key=("cancellation_id",),
    event_time="canceled_at",
    touches=("canceled_at",),
    rules=(
        one_currency("currency"),
        Rule(
            "negative_amount",
            "amount >= 0",
            "the value taken back is negative",
            "deliver it as a positive number",
        ),
    ),
)

SALES_TARGET = table(
    "sales_target",
    "sales",
    "one row what a person, or a team, is to sell in a period",
    Column("target_id", TEXT, "id of the target", required=True),
    Column("agent_key", TEXT, "person it is set for, as the source names the person; null for a team's"),
    Column("team_key", TEXT, "team it is set for, beyond what its people are set themselves; null for a person's"),
    Column("period_from", DATE, "first day of the period", required=True),
    Column("period_to", DATE, "last day of the period", required=True),
    Column("amount", REAL, "value of orders, less what is taken back", required=True),
    Column("currency", TEXT, "ISO 4217", required=True),
    key=("target_id",),
    event_time="period_from",
    touches=("period_from", "period_to"),
    touches_span=True,
    moves=True,
    observed=False,
    rules=(
        ordered("period_from", "period_to"),
        one_currency("currency"),
        Rule(
            "negative_amount",
            "amount >= 0",
            "a target is negative",
            "deliver the whole target under its id again, not the change",
        ),
        Rule(
            "of_one_person_or_team",
            "(agent_key is null) <> (team_key is null)",
            "a target is set for nobody, or for a person and a team",
            "fill either the person or the team; a person's team follows from HR",
        ),
    ),
)

TABLES = (SALES_ORDER, ORDER_CANCELLATION, SALES_TARGET)
