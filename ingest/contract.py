"""The neutral contract: every table the lake may hold, declared once.

Parquet schemas, row rules, structural suites, dbt sources and the contract's documentation derive from the
declarations in this module. What a *source* looks like does not belong here: that is a format's business.

Conventions (the design's, and section 7 of the feed research): instants are UTC with microseconds and end in ``_at``,
dates are the site's own and end in ``_on`` or ``_from``/``_to``/``_date``, durations are integer milliseconds and end
in ``_ms``. Empty is null, never zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import pyarrow as pa

INSTANT = pa.timestamp("us", tz="UTC")
DATE = pa.date32()
TEXT = pa.string()
WHOLE = pa.int64()
REAL = pa.float64()
FLAG = pa.bool_()

Personal = Literal["identifier", "text", "staff_name"]
"""How a personal column is treated at the door.

``identifier``: replaced by a keyed pseudonym. ``text``: free text, redacted. ``staff_name``: a staff member's name,
kept only in ``hr_employee`` and dropped everywhere else.
"""


@dataclass(frozen=True)
class Column:
    """One column: its Arrow type, whether it must be filled, its allowed values and its meaning."""

    name: str
    type: pa.DataType
    meaning: str
    required: bool = False
    allowed: tuple[str, ...] = ()
    personal: Personal | None = None


@dataclass(frozen=True)
class Rule:
    """A row rule beyond type, presence and allowed values.

    ``holds`` is a SQL boolean expression over the table's columns; a row for which it is false is quarantined
    (null counts as holding). ``mend`` tells the deliverer what to change.
    """

    name: str
    holds: str
    message: str
    mend: str


@dataclass(frozen=True)
class Table:
    """One table of the contract.

    ``key`` with ``source_system`` identifies a row; of two rows with one key the greater ``version`` wins.
    ``event_time`` names the column whose local date is the lake partition ``event_date``. ``touches`` names the
    instant or date columns whose local dates must be rebuilt when the row changes; with ``touches_span`` every date
    from the first to the last of them (an open end means up to the newest date in the lake).
    ``raw`` marks a table that only a connector reads again; dbt does not see it. ``moves`` says that a newer version
    of a row may lie on any other event date (a shift is moved), so the older one is looked for on all of them.
    """

    name: str
    feed: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    event_time: str
    touches: tuple[str, ...]
    touches_span: bool = False
    version: str = "record_updated_at"
    rules: tuple[Rule, ...] = ()
    raw: bool = False
    moves: bool = False

    @cached_property
    def schema(self) -> pa.Schema:
        """Arrow schema of the table as it lies in the lake, without the partition column."""
        return pa.schema([pa.field(c.name, c.type, nullable=not c.required) for c in self.columns])

    @cached_property
    def personal(self) -> dict[str, Personal]:
        """Personal columns and their treatment."""
        return {c.name: c.personal for c in self.columns if c.personal}

    def column(self, name: str) -> Column:
        """Return the column called ``name``; raise ``KeyError`` when the table has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table {self.name} has no column {name}")


_PROVENANCE = (
    Column("source_system", TEXT, "name of the source in centre.yml", required=True),
    Column("source_record_id", TEXT, "the record's identity in the source's own words", required=True),
    Column("record_updated_at", INSTANT, "version of the record: when the source last changed it"),
    Column("extra", TEXT, "fields the contract does not know, as JSON"),
)


def _table(name: str, feed: str, meaning: str, *columns: Column, **declared) -> Table:
    return Table(name=name, feed=feed, meaning=meaning, columns=_PROVENANCE + columns, **declared)


def _ordered(earlier: str, later: str) -> Rule:
    return Rule(
        f"{later}_before_{earlier}",
        f"{later} is null or {earlier} is null or {later} >= {earlier}",
        f"{later} lies before {earlier}",
        "check the two columns and the declared time zone of the source",
    )


def _not_negative(*columns: str) -> Rule:
    return Rule(
        "negative_duration",
        " and ".join(f"({c} is null or {c} >= 0)" for c in columns),
        f"a duration among {', '.join(columns)} is negative",
        "check the unit and the sign of the duration columns",
    )


def _at_most(part: str, whole: str) -> Rule:
    return Rule(
        f"{part}_above_{whole}",
        f"{part} is null or {whole} is null or {part} <= {whole}",
        f"{part} is greater than {whole}",
        "check the scale declared for the form",
    )


CHANNELS = ("voice", "chat", "callback", "email", "message", "video", "task")
OUTCOMES = (
    "answered",
    "abandoned",
    "timeout",
    "exit_key",
    "empty",
    "full",
    "closed",
    "callback_requested",
    "flow_ended",
    "failed",
    "open",
)
STATES = ("available", "on_contact", "acw", "break", "meal", "training", "meeting", "offline", "other")
ACTIVITIES = ("work", "break", "meal", "training", "meeting", "leave", "off")

TEL_INTERACTION = _table(
    "tel_interaction",
    "telephony",
    "one row a visit to one queue, or one outbound or direct leg",
    Column(
        "interaction_id",
        TEXT,
        "contact id of the source; one contact may visit several queues",
        required=True,
    ),
    Column("visit_seq", WHOLE, "number of the visit within the interaction, from 1", required=True),
    Column("root_interaction_id", TEXT, "first contact of a transfer chain; null: the interaction itself"),
    Column("channel", TEXT, "voice or callback", required=True, allowed=CHANNELS),
    Column("direction", TEXT, "direction", required=True, allowed=("inbound", "outbound", "internal")),
    Column("queue_key", TEXT, "queue as the source names it; null on a direct leg"),
    Column("agent_key", TEXT, "agent who was connected, as the source names the person"),
    Column("customer_ref", TEXT, "pseudonym of the customer", personal="identifier"),
    Column("started_at", INSTANT, "start of the leg", required=True),
    Column("queued_at", INSTANT, "when the wait began; null when there was no queue"),
    Column("answered_at", INSTANT, "when an agent was connected"),
    Column("ended_at", INSTANT, "when the visit or the conversation ended"),
    Column("wrapup_ended_at", INSTANT, "when after-contact work ended"),
    Column("wait_ms", WHOLE, "queued to answered, or to the end of an unanswered visit; ring time included"),
    Column("ring_ms", WHOLE, "ring time of the answering agent"),
    Column("talk_ms", WHOLE, "talk time without hold"),
    Column("hold_ms", WHOLE, "hold time; null when the source does not see it"),
    Column("acw_ms", WHOLE, "after-contact work; null when the source does not see it or it has not ended"),
    Column("outcome", TEXT, "how the visit ended; open while it has not", required=True, allowed=OUTCOMES),
    Column("ended_by", TEXT, "who ended it", allowed=("agent", "customer", "system", "third_party", "unknown")),
    Column("transfer_kind", TEXT, "transfer that ended the leg", allowed=("blind", "attended", "queue")),
    Column("transfer_to", TEXT, "queue or extension the contact was transferred to"),
    Column("is_open", FLAG, "the end has not been delivered yet", required=True),
    key=("interaction_id", "visit_seq"),
    event_time="started_at",
    touches=("started_at", "queued_at", "answered_at", "ended_at", "wrapup_ended_at"),
    rules=(
        _ordered("started_at", "queued_at"),
        _ordered("queued_at", "answered_at"),
        _ordered("answered_at", "ended_at"),
        _ordered("queued_at", "ended_at"),
        _not_negative("wait_ms", "ring_ms", "talk_ms", "hold_ms", "acw_ms"),
        Rule(
            "wait_disagrees",
            "wait_ms is null or queued_at is null or coalesce(answered_at, ended_at) is null"
            " or abs(wait_ms - epoch_ms(coalesce(answered_at, ended_at)) + epoch_ms(queued_at)) <= 1000",
            "wait_ms differs by more than a second from the times of the same row",
            "check the unit of the wait and the zone of the times",
        ),
        Rule(
            "abandoned_with_agent",
            "outcome <> 'abandoned' or (answered_at is null and coalesce(talk_ms, 0) = 0)",
            "an abandoned visit carries an answer or talk time",
            "an answered visit is not abandoned: correct the outcome or the answer time",
        ),
        Rule(
            "answered_without_time",
            "outcome <> 'answered' or answered_at is not null",
            "an answered visit has no answer time",
            "map the answer time, or give the outcome that really happened",
        ),
    ),
)

TEL_OFFER = _table(
    "tel_offer",
    "telephony",
    "one row an offer of a visit to one agent",
    Column("interaction_id", TEXT, "contact id of the source", required=True),
    Column("visit_seq", WHOLE, "number of the visit within the interaction, from 1", required=True),
    Column("queue_key", TEXT, "queue as the source names it"),
    Column("agent_key", TEXT, "agent who was offered the contact", required=True),
    Column("offered_at", INSTANT, "when the ringing began", required=True),
    Column("ring_ms", WHOLE, "how long it rang"),
    Column(
        "result",
        TEXT,
        "how the offer ended; canceled: the customer hung up while it rang, or another agent took the contact",
        required=True,
        allowed=("answered", "no_answer", "rejected", "canceled", "error"),
    ),
    key=("source_record_id",),
    event_time="offered_at",
    touches=("offered_at",),
    rules=(_not_negative("ring_ms"),),
)

AGENT_STATE = _table(
    "agent_state",
    "telephony",
    "one row an uninterrupted stretch of one agent in one state; stretches of an agent do not overlap",
    Column("agent_key", TEXT, "agent as the source names the person", required=True),
    Column("state", TEXT, "state class", required=True, allowed=STATES),
    Column("raw_state", TEXT, "state in the source's own words", required=True),
    Column("reason", TEXT, "reason given with the state"),
    Column("queue_key", TEXT, "queue the state holds for; null: all"),
    Column("started_at", INSTANT, "start", required=True),
    Column("ended_at", INSTANT, "end; null while the state lasts"),
    key=("agent_key", "started_at"),
    event_time="started_at",
    touches=("started_at", "ended_at"),
    touches_span=True,
    rules=(_ordered("started_at", "ended_at"),),
)

QUEUE_EVENT = _table(
    "queue_event",
    "telephony",
    "one row an event of an Asterisk queue_log, from which visits, offers and states are derived",
    Column("occurred_at", INSTANT, "time of the event", required=True),
    Column("line_digest", TEXT, "digest of the line with customer identifiers replaced", required=True),
    Column("occurrence", WHOLE, "which of the identical lines of one second this is, from 1", required=True),
    Column(
        "sequence",
        WHOLE,
        "order among the events of one second, from 1; negative when the file begins within that second, so that what"
        " came before is not known: such events follow the others",
        required=True,
    ),
    Column("call_id", TEXT, "channel id of the caller, or NONE, REALTIME, MANAGER", required=True),
    Column("queue_key", TEXT, "queue, null for NONE"),
    Column("agent_key", TEXT, "member, null for NONE"),
    Column("event", TEXT, "event name", required=True),
    Column("data1", TEXT, "first argument"),
    Column("data2", TEXT, "second argument; of ENTERQUEUE the caller's pseudonym"),
    Column("data3", TEXT, "third argument"),
    Column("data4", TEXT, "fourth argument"),
    Column("data5", TEXT, "fifth argument"),
    key=("source_record_id",),
    event_time="occurred_at",
    touches=(),
    version="sequence",
    raw=True,
)

CHAT_CONVERSATION = _table(
    "chat_conversation",
    "chat",
    "one row a conversation",
    Column("conversation_id", TEXT, "id of the source", required=True),
    Column("channel", TEXT, "channel", required=True, allowed=CHANNELS),
    Column("queue_key", TEXT, "inbox or team that the conversation waits in"),
    Column("agent_key", TEXT, "person who is assigned, or was last"),
    Column("first_agent_key", TEXT, "person who sent the first human reply"),
    Column("customer_ref", TEXT, "pseudonym of the customer", personal="identifier"),
    Column("created_at", INSTANT, "start of the conversation", required=True),
    Column("human_requested_at", INSTANT, "when a person was asked for; without a bot the first customer message"),
    Column("first_agent_message_at", INSTANT, "first message of a person to the customer"),
    Column("last_customer_message_at", INSTANT, "last message of the customer"),
    Column("ended_at", INSTANT, "last resolution; null while the conversation is open"),
    Column("customer_message_count", WHOLE, "messages of the customer"),
    Column("agent_message_count", WHOLE, "messages of people to the customer"),
    Column("status", TEXT, "status", required=True, allowed=("open", "resolved", "pending", "snoozed")),
    key=("conversation_id",),
    event_time="created_at",
    touches=("created_at", "human_requested_at", "first_agent_message_at", "ended_at"),
    rules=(_ordered("created_at", "first_agent_message_at"), _ordered("created_at", "ended_at")),
)

CHAT_MESSAGE = _table(
    "chat_message",
    "chat",
    "one row a message of a conversation; the text is redacted",
    Column("message_id", TEXT, "id of the source", required=True),
    Column("conversation_id", TEXT, "conversation", required=True),
    Column("sent_at", INSTANT, "when it was sent", required=True),
    Column("sender_type", TEXT, "sender", required=True, allowed=("customer", "agent", "bot", "system")),
    Column("agent_key", TEXT, "person who wrote it"),
    Column("is_private", FLAG, "a note among staff", required=True),
    Column("body", TEXT, "redacted text", personal="text"),
    Column("body_length", WHOLE, "characters of the text before redaction"),
    key=("message_id",),
    event_time="sent_at",
    touches=("sent_at",),
)

CSAT = _table(
    "csat",
    "chat",
    "one row an invitation to rate; unanswered ones have no answer time and no score",
    Column("response_id", TEXT, "id of the invitation", required=True),
    Column("interaction_id", TEXT, "contact or conversation that is rated", required=True),
    Column("channel", TEXT, "channel of the contact", required=True, allowed=CHANNELS),
    Column("queue_key", TEXT, "queue or inbox of the contact"),
    Column("agent_key", TEXT, "last person who handled the contact"),
    Column("contact_at", INSTANT, "start of the contact", required=True),
    Column("asked_at", INSTANT, "when the invitation was sent", required=True),
    Column("answered_at", INSTANT, "when it was answered"),
    Column("score", REAL, "answer"),
    Column("scale_min", REAL, "least answer", required=True),
    Column("scale_max", REAL, "greatest answer", required=True),
    Column("comment", TEXT, "redacted text", personal="text"),
    key=("response_id",),
    event_time="asked_at",
    touches=("asked_at", "contact_at"),
    moves=True,
    rules=(
        _ordered("asked_at", "answered_at"),
        _at_most("scale_min", "score"),
        _at_most("score", "scale_max"),
        Rule(
            "answer_without_score",
            "(answered_at is null) = (score is null)",
            "an answer has no score, or a score no answer time",
            "map both the score and the time of the answer",
        ),
    ),
)

QA_EVALUATION = _table(
    "qa_evaluation",
    "qa",
    "one row a completed evaluation of one contact by a person",
    Column("evaluation_id", TEXT, "id of the evaluation", required=True),
    Column("form_key", TEXT, "form", required=True),
    Column("form_version", TEXT, "version of the form", required=True),
    Column("interaction_id", TEXT, "evaluated contact; null when the scorecard does not name it"),
    Column("channel", TEXT, "channel of the contact", allowed=CHANNELS),
    Column("agent_key", TEXT, "evaluated person", required=True),
    Column("evaluator_key", TEXT, "evaluator"),
    Column("evaluated_at", INSTANT, "when the evaluation was finished", required=True),
    Column("contact_at", INSTANT, "start of the evaluated contact"),
    Column("points", REAL, "points earned, not-applicable items removed", required=True),
    Column("max_points", REAL, "points possible, not-applicable items removed", required=True),
    Column("score_pct", REAL, "points of 100; 0 when a fatal item failed and the form says so", required=True),
    Column("is_fatal", FLAG, "a fatal item failed", required=True),
    Column("is_random", FLAG, "the contact was drawn at random; null when the scorecard does not say"),
    Column("status", TEXT, "status", required=True, allowed=("draft", "submitted", "disputed", "revised")),
    key=("evaluation_id",),
    event_time="evaluated_at",
    touches=("evaluated_at", "contact_at"),
    moves=True,
    rules=(
        _at_most("points", "max_points"),
        Rule(
            "score_out_of_range",
            "score_pct between 0 and 100",
            "the score lies outside 0 to 100",
            "declare the scale of the score column in the mapping",
        ),
    ),
)

QA_ANSWER = _table(
    "qa_answer",
    "qa",
    "one row an item of an evaluation",
    Column("evaluation_id", TEXT, "evaluation", required=True),
    Column("question_key", TEXT, "item", required=True),
    Column("section_key", TEXT, "section of the form"),
    Column("evaluated_at", INSTANT, "when the evaluation was finished", required=True),
    Column("answer_raw", TEXT, "the cell as delivered", personal="text"),
    Column("points", REAL, "points earned; null when not applicable"),
    Column("max_points", REAL, "points possible", required=True),
    Column("weight", REAL, "weight of the item", required=True),
    Column("is_na", FLAG, "not applicable", required=True),
    Column("is_fatal_failed", FLAG, "a fatal item that failed", required=True),
    key=("evaluation_id", "question_key"),
    event_time="evaluated_at",
    touches=("evaluated_at",),
    moves=True,
    rules=(_at_most("points", "max_points"),),
)

HR_EMPLOYEE = _table(
    "hr_employee",
    "hr",
    "one row a period in which nothing about the employment changed",
    Column("employee_key", TEXT, "employee number", required=True),
    Column("valid_from", DATE, "first day of the period", required=True),
    Column("valid_to", DATE, "last day of the period; null: until further notice"),
    Column("name", TEXT, "name of the employee", personal="staff_name"),
    Column("site_key", TEXT, "site", required=True),
    Column("team_key", TEXT, "team"),
    Column("supervisor_key", TEXT, "employee number of the leader"),
    Column("role", TEXT, "agent, leader, evaluator or another role", required=True),
    Column("contract_hours_week", REAL, "contracted hours a week"),
    Column("hired_on", DATE, "first day of the employment"),
    Column("left_on", DATE, "last day of the employment"),
    Column("leave_reason", TEXT, "reason of leaving"),
    Column("status", TEXT, "status", required=True, allowed=("active", "long_leave", "left")),
    key=("employee_key", "valid_from"),
    event_time="valid_from",
    touches=("valid_from", "valid_to"),
    touches_span=True,
    rules=(_ordered("valid_from", "valid_to"), _ordered("hired_on", "left_on")),
)

AGENT_ALIAS = _table(
    "agent_alias",
    "hr",
    "one row a name that a source system uses for an employee, with its validity",
    Column("alias_system", TEXT, "source whose name it is", required=True),
    Column("alias_value", TEXT, "the name the source uses", required=True),
    Column("employee_key", TEXT, "employee number", required=True),
    Column("valid_from", DATE, "first day", required=True),
    Column("valid_to", DATE, "last day; null: until further notice"),
    key=("alias_system", "alias_value", "valid_from"),
    event_time="valid_from",
    touches=("valid_from", "valid_to"),
    touches_span=True,
    rules=(_ordered("valid_from", "valid_to"),),
)

ROSTER_SHIFT = _table(
    "roster_shift",
    "hr",
    "one row a scheduled activity of one employee; breaks and meals are rows of their own",
    Column("shift_id", TEXT, "id of the scheduled activity", required=True),
    Column("employee_key", TEXT, "employee number", required=True),
    Column("activity", TEXT, "scheduled activity", required=True, allowed=ACTIVITIES),
    Column("start_at", INSTANT, "start", required=True),
    Column("end_at", INSTANT, "end", required=True),
    Column("is_paid", FLAG, "paid time"),
    Column("published_at", INSTANT, "when the roster was published"),
    key=("shift_id",),
    event_time="start_at",
    touches=("start_at", "end_at"),
    moves=True,
    touches_span=True,
    rules=(_ordered("start_at", "end_at"),),
)

ATTENDANCE = _table(
    "attendance",
    "hr",
    "one row an employee and day, as the attendance system recorded it",
    Column("employee_key", TEXT, "employee number", required=True),
    Column("work_date", DATE, "day", required=True),
    Column("clock_in_at", INSTANT, "clocked in"),
    Column("clock_out_at", INSTANT, "clocked out"),
    Column(
        "status",
        TEXT,
        "status; leave means approved beforehand",
        required=True,
        allowed=("present", "absent", "leave", "half_day", "holiday", "off"),
    ),
    Column("leave_type", TEXT, "kind of leave"),
    key=("employee_key", "work_date"),
    event_time="work_date",
    touches=("work_date",),
    rules=(_ordered("clock_in_at", "clock_out_at"),),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        TEL_INTERACTION,
        TEL_OFFER,
        AGENT_STATE,
        QUEUE_EVENT,
        CHAT_CONVERSATION,
        CHAT_MESSAGE,
        CSAT,
        QA_EVALUATION,
        QA_ANSWER,
        HR_EMPLOYEE,
        AGENT_ALIAS,
        ROSTER_SHIFT,
        ATTENDANCE,
    )
}
"""Every table of the contract by name."""
