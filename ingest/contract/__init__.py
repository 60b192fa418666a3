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
from ingest.contract.hr import (
    ACTIVITIES,
    AGENT_ALIAS,
    ATTENDANCE,
    CERTIFICATE,
    EXAM_RESULT,
    FORECAST,
    HR_EMPLOYEE,
    PULSE_RESPONSE,
    ROSTER_SHIFT,
    TRAINING_RECORD,
)
from ingest.contract.qa import COACHING_SESSION, QA_ANSWER, QA_EVALUATION
from ingest.contract.table import (
    APART,
    CHANNELS,
    CONTACT_REASON,
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
from ingest.contract.telephony import (
    AGENT_EVENT,
    AGENT_STATE,
    OUTCOMES,
    QUEUE_EVENT,
    STATES,
    TEL_DIAL,
    TEL_INTERACTION,
    TEL_OFFER,
)

__all__ = [
    "ACTIVITIES",
    "AGENT_ALIAS",
    "AGENT_EVENT",
    "AGENT_STATE",
    "APART",
    "ATTENDANCE",
    "CERTIFICATE",
    "CHANNELS",
    "CHAT_CONVERSATION",
    "CHAT_MESSAGE",
    "COACHING_SESSION",
    "CONTACT_REASON",
    "CSAT",
    "DATE",
    "EXAM_RESULT",
    "FLAG",
    "FORECAST",
    "HR_EMPLOYEE",
    "IDENTITY",
    "INSTANT",
    "OUTCOMES",
    "PULSE_RESPONSE",
    "QA_ANSWER",
    "QA_EVALUATION",
    "QUEUE_EVENT",
    "REAL",
    "ROSTER_SHIFT",
    "STATES",
    "TABLES",
    "TEL_DIAL",
    "TEL_INTERACTION",
    "TEL_OFFER",
    "TEXT",
    "TRAINING_RECORD",
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

IDENTITY = (HR_EMPLOYEE.name, AGENT_ALIAS.name)
"""Tables that say who people are: builds and rules read them whole, whichever days they are about."""
