"""What the service costs, as the books say."""

from __future__ import annotations

from ingest.contract.table import (
    CHANNELS,
    DATE,
    REAL,
    TEXT,
    Column,
    one_currency,
    ordered,
    table,
)

COST = table(
    "cost",
    "finance",
    "one row an amount posted for a period",
    Column("cost_id", TEXT, "id of the posting", required=True),
    Column("cost_key", TEXT, "kind of cost: wages, lines, licences, rent …", required=True),
    Column("period_from", DATE, "first day of the period", required=True),
    Column("period_to", DATE, "last day of the period", required=True),
    Column("site_key", TEXT, "site; null: all"),
    Column("channel", TEXT, "channel; null: to be allocated", allowed=CHANNELS),
    Column("queue_group", TEXT, "group of queues; null: to be allocated"),
    Column("client_key", TEXT, "client it is spent for"),
    Column("amount", REAL, "amount; a correction is negative", required=True),
    Column("currency", TEXT, "ISO 4217", required=True),
    key=("cost_id",),
    event_time="period_from",
    touches=("period_from", "period_to"),
    touches_span=True,
    moves=True,
    observed=False,
    rules=(ordered("period_from", "period_to"), one_currency("currency")),
)

TABLES = (COST,)
