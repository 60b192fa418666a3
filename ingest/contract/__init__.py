"""The neutral contract: every table the lake may hold, declared once.

Parquet schemas, row rules, structural suites, dbt sources and the contract's documentation derive from these
declarations, one module a feed. What a *source* looks like does not belong here: that is a format's business.

Conventions: instants are UTC with microseconds and end in ``_at``, dates are the site's own and end in ``_on``,
``_date`` or ``_from``/``_to``, durations are integer milliseconds and end in ``_ms``. Empty is null, never zero.
"""

from ingest.contract import (
    access_audit,
    chat,
    crm_case,
    finance,
    hr,
    mood,
    operations,
    qa,
    recognition,
    sales,
    self_service,
    survey,
    telephony,
)
from ingest.contract.chat import CHAT_CONVERSATION, CHAT_MESSAGE, CSAT
from ingest.contract.hr import ACTIVITIES
from ingest.contract.qa import QA_ANSWER, QA_EVALUATION
from ingest.contract.table import (
    CHANNELS,
    DATE,
    FLAG,
    INSTANT,
    REAL,
    TEXT,
    WHOLE,
    Column,
    Personal,
    Rule,
    Table,
)
from ingest.contract.telephony import OUTCOMES, STATES

__all__ = [
    "ACTIVITIES",
    "CHANNELS",
    "CHAT_CONVERSATION",
    "CHAT_MESSAGE",
    "CSAT",
    "DATE",
    "FLAG",
    "INSTANT",
    "OUTCOMES",
    "QA_ANSWER",
    "QA_EVALUATION",
    "REAL",
    "STATES",
    "TABLES",
    "TEXT",
    "WHOLE",
    "Column",
    "Personal",
    "Rule",
    "Table",
]

FEEDS = {
    "telephony": telephony,
    "chat": chat,
    "qa": qa,
    "hr": hr,
    "self_service": self_service,
    "survey": survey,
    "crm_case": crm_case,
    "sales": sales,
    "access_audit": access_audit,
    "mood": mood,
    "recognition": recognition,
    "finance": finance,
    "operations": operations,
}
"""The module of each feed, in the order in which people meet them."""

TABLES: dict[str, Table] = {table.name: table for feed in FEEDS.values() for table in feed.TABLES}
"""Every table of the contract by name."""
