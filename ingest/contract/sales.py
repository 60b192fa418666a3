"""Orders that contacts led to, and what became of them."""

from __future__ import annotations

from ingest.contract.table import (
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

TABLES = (SALES_ORDER, ORDER_CANCELLATION)
