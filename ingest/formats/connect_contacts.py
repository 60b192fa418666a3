"""Amazon Connect contact records (the contact trace records of the data stream): one JSON object a contact.

A contact is one segment: it enters at most one queue and has at most one agent, and a transfer makes a new contact. So
each record becomes one visit, and a chat one conversation. What the records say of each other (who was transferred
where) is derived from those in the lake, so that it does not matter how they were cut into files.

Definitions, from the data model of contact records and the definitions of historical metrics:

- Times are UTC, durations whole seconds. Interaction time holds neither hold nor after-contact work.
- A record is delivered at least once and again when it changes: the latest LastUpdateTimestamp counts.
- Abandoned is a contact that was queued, had no agent and ended in the queue. Within two seconds the end of the wait
  and the disconnection are one; a contact that lived on left the queue into a flow. What DisconnectReason says of a
  flow, a carrier or an expiry goes before that; it is null for many contacts.
- A missing object (Queue, Agent) or null says that there was none; 0 is a duration of zero.
- A chat tells when the agent first replied only where it has ChatMetrics; otherwise the moment the agent took it stands
  in, which is earlier, and ``extra`` says so.
- How long a contact rang is not told, nor to whom it was offered: AgentConnectionAttempts is a number. Offers are in
  the agent event stream.

Privacy: of the customer only the address of the endpoint leaves this module, for the core to replace. Attributes
but the one that ``reason_attribute`` names, tags, references, names and addresses do not; fields that are not known
here are listed by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import duckdb

from ingest.conform import literal
from ingest.formats.base import About, Batch, DeliveredFile, Export, Reading
from ingest.formats.records import (
    Field,
    batch,
    kept_fields,
    parsed,
    read_fields,
    refuse_others,
    seen,
    structure_of,
)
from ingest.lake import Change, widened
from ingest.source import SourceBase

WHAT = "Amazon Connect contact records"

FIELDS = {
    "contact_id": Field("ContactId", required=True),
    "channel": Field("Channel", required=True),
    "method": Field("InitiationMethod", required=True),
    "initiated_at": Field("InitiationTimestamp", "time", required=True),
    "updated_at": Field("LastUpdateTimestamp", "time"),
    "connected_at": Field("ConnectedToSystemTimestamp", "time"),
    "disconnected_at": Field("DisconnectTimestamp", "time"),
    "transferred_at": Field("TransferCompletedTimestamp", "time"),
    "scheduled_at": Field("ScheduledTimestamp", "time"),
    "reason": Field("DisconnectReason"),
    "initial_id": Field("InitialContactId"),
    "previous_id": Field("PreviousContactId"),
    "next_id": Field("NextContactId"),
    "related_id": Field("RelatedContactId"),
    "attempts": Field("AgentConnectionAttempts", "number"),
    "customer": Field("CustomerEndpoint.Address"),
    "queue_arn": Field("Queue.ARN"),
    "queue_name": Field("Queue.Name"),
    "enqueued_at": Field("Queue.EnqueueTimestamp", "time"),
    "dequeued_at": Field("Queue.DequeueTimestamp", "time"),
    "queue_ms": Field("Queue.Duration", "seconds"),
    "agent_arn": Field("Agent.ARN"),
    "agent_name": Field("Agent.Username"),
    "answered_at": Field("Agent.ConnectedToAgentTimestamp", "time"),
    "talk_ms": Field("Agent.AgentInteractionDuration", "seconds"),
    "hold_ms": Field("Agent.CustomerHoldDuration", "seconds"),
    "longest_hold_ms": Field("Agent.LongestHoldDuration", "seconds"),
    "holds": Field("Agent.NumberOfHolds", "number"),
    "acw_ms": Field("Agent.AfterContactWorkDuration", "seconds"),
    "worked_at": Field("Agent.AfterContactWorkEndTimestamp", "time"),
    "profile": Field("Agent.RoutingProfile.Name"),
    "replied_at": Field("ChatMetrics.ChatContactMetrics.AgentFirstResponseTimestamp", "time"),
    "replied_at_2": Field("ChatMetrics.ContactMetrics.AgentFirstResponseTimestamp", "time"),
    "spoke_at": Field("ChatMetrics.CustomerMetrics.LastMessageTimestamp", "time"),
    "customer_messages": Field("ChatMetrics.CustomerMetrics.MessagesSent", "number"),
    "agent_messages": Field("ChatMetrics.AgentMetrics.MessagesSent", "number"),
    "attributes": Field("Attributes"),
}

KNOWN = (
    *dict.fromkeys(field.path.split(".")[0] for field in FIELDS.values()),
    *("AWSAccountId", "AWSContactTraceRecordFormatVersion", "AdditionalEmailRecipients", "AgentHierarchyGroups"),
    *("AnsweringMachineDetectionStatus", "Campaign", "ContactAssociationId", "ContactDetails"),
    *("ContactEvaluations", "ContactLens", "Customer", "CustomerId", "CustomerVoiceActivity", "Description"),
    *("DisconnectDetails", "GlobalResiliencyMetadata", "InstanceARN", "LastPausedTimestamp", "LastResumedTimestamp"),
    *("MediaStreams", "Name", "NextContacts", "OutboundStrategy", "QualityMetrics", "QueuePriority"),
    *("QueueTimeAdjustmentSeconds", "Recording", "Recordings", "References", "RingStartTimestamp", "RoutingCriteria"),
    *("SegmentAttributes", "SystemEndpoint", "Tags", "TaskTemplateInfo", "TotalPauseCount"),
    *("TotalPauseDurationInSeconds", "TransferredToEndpoint", "VoiceIdResult", "WisdomInfo"),
)
"""Fields of the data model; those that no column is read from hold nothing the contract asks for, or are personal."""


DAYS = 7
"""A contact that follows another one by a transfer or a callback is looked for this many days around."""


class ConnectContactsSource(SourceBase, frozen=True):
    """Amazon Connect contact records.

    ``agent_by`` says whether agents are known by their user name or by the id in their ARN, which evaluations use too.
    ``reason_attribute`` names the contact attribute that tells what a contact is about; no other is read.
    """

    format: Literal["connect_contacts"]
    agent_by: Literal["username", "id"] = "username"
    reason_attribute: str | None = None


def read(
    files: Sequence[DeliveredFile], source: ConnectContactsSource, zone: str, con: duckdb.DuckDBPyConnection
) -> Iterator[Batch]:
    """Read contact records into visits and conversations; times are UTC, so ``zone`` plays no part."""
    del zone
    for broken in parsed(files, con, "contact_found", structure_of(FIELDS.values()), WHAT):
        refuse_others(files, con, "contact_found", "o.ContactId is not null and list_contains(fields, 'Channel')", WHAT)
        unfit = read_fields(con, "contact", FIELDS, "contact_found", KNOWN)
        yield batch(con, "tel_interaction", _visits(source), [broken, unfit], _KEPT_OF_VISITS)
        yield batch(con, "chat_conversation", _conversations(source), kept=_KEPT_OF_CHATS)


def derive(change: Change, source: ConnectContactsSource, con: duckdb.DuckDBPyConnection, again: bool) -> None:
    """Tell of the contacts that a pass concerns where they were transferred, by the contacts that followed them."""
    del source, again
    if "fresh_tel_interaction" not in {row[0] for row in con.execute("show tables").fetchall()}:
        return
    fresh = [row[0] for row in con.execute("select distinct event_date from fresh_tel_interaction").fetchall()]
    near = widened(fresh, DAYS)
    con.execute(_FOLLOWED.format(near=change.rows("tel_interaction", near)))
    concerned = "interaction_id in (select interaction_id from contacts_followed)"
    change.replace("tel_interaction", "contacts_followed", near, concerned)


def _agent(source: ConnectContactsSource) -> str:
    by_id = "string_split(agent_arn, '/')[-1]"
    return by_id if source.agent_by == "id" else f"coalesce(agent_name, {by_id})"


def _reason(source: ConnectContactsSource) -> str:
    """SQL for the declared attribute, found by a JSON pointer."""
    if source.reason_attribute is None:
        return "null::varchar"
    pointer = "/" + source.reason_attribute.replace("~", "~0").replace("/", "~1")
    return f"nullif(try(json_extract_string(attributes, {literal(pointer)})), '')"


_QUEUE = "coalesce(queue_name, regexp_extract(queue_arn, '/queue/(.*)$', 1))"

_CUSTOMER = (
    "case when lower(customer) not in"
    " ('anonymous', 'unknown', 'private', 'restricted', 'unavailable', 'withheld') then customer end"
)

# A call that an agent or the API dials is answered once the customer's end answered.
_IS_OUTBOUND = (
    "(method in ('OUTBOUND', 'EXTERNAL_OUTBOUND', 'AGENT_REPLY', 'CAMPAIGN') or (method = 'API' and channel = 'VOICE'))"
)


_KEPT = {
    "initiation_method": "method",
    "disconnect_reason": "reason",
    "previous_contact_id": "previous_id",
    "next_contact_id": "next_id",
    "related_contact_id": "related_id",
    "agent_connection_attempts": "cast(attempts as bigint)",
    "routing_profile": "profile",
    "scheduled_at": "epoch_ms(scheduled_at)",
}
_KEPT_OF_VISITS = {
    **_KEPT,
    "number_of_holds": "cast(holds as bigint)",
    "longest_hold_ms": "longest_hold_ms",
    "queue_duration_ms": "queue_ms",
}
_KEPT_OF_CHATS = {
    **_KEPT,
    "connected_to_agent_at": "epoch_ms(answered_at)",
    "first_agent_message": "case when coalesce(replied_at, replied_at_2) is null and answered_at is not null"
    " then 'taken' end",
}


def _visits(source: ConnectContactsSource) -> str:
    """SQL for the contacts that are no chats as rows of ``tel_interaction``."""
    return f"""
        with leg as (
            select * replace (case when not {_IS_OUTBOUND} or connected_at is not null then answered_at end
                as answered_at), {_IS_OUTBOUND} as is_outbound
            from contact where channel <> 'CHAT'
        ),
        ended as (
            select *, case when answered_at is null then coalesce(dequeued_at, disconnected_at)
                else coalesce(disconnected_at, transferred_at) end as ended_at
            from leg
        ),
        told as (
            select *, case
                when answered_at is not null then 'answered'
                when ended_at is null then 'open'
                when reason in ('TELECOM_PROBLEM', 'OTHER', 'AGENT_DISCONNECT', 'BARGED') or is_outbound then 'failed'
                when reason = 'EXPIRED' then 'timeout'
                when reason in ('CONTACT_FLOW_DISCONNECT', 'API') or enqueued_at is null or next_id is not null
                    or disconnected_at is null or disconnected_at > ended_at + interval 2 seconds then 'flow_ended'
                else 'abandoned' end as outcome
            from ended
        )
        select {literal(source.name)} as source_system, contact_id as source_record_id,
            updated_at as record_updated_at, {kept_fields(_KEPT_OF_VISITS)} as extra,
            contact_id as interaction_id, 1 as visit_seq, nullif(initial_id, contact_id) as root_interaction_id,
            case when channel = 'VOICE' and method = 'CALLBACK' then 'callback' else lower(channel) end as channel,
            case when is_outbound then 'outbound' when method = 'MONITOR' then 'internal' else 'inbound' end
                as direction,
            {_QUEUE} as queue_key, case when answered_at is not null then {_agent(source)} end as agent_key,
            {_CUSTOMER} as customer_ref, initiated_at as started_at, enqueued_at as queued_at, answered_at, ended_at,
            case when answered_at is not null then worked_at end as wrapup_ended_at,
            epoch_ms(coalesce(answered_at, ended_at)) - epoch_ms(enqueued_at) as wait_ms,
            case when answered_at is not null then talk_ms end as talk_ms,
            case when answered_at is not null then hold_ms end as hold_ms,
            case when answered_at is not null then acw_ms end as acw_ms, outcome,
            case
                when ended_at is null then null
                when reason = 'CUSTOMER_DISCONNECT' then 'customer'
                when reason = 'AGENT_DISCONNECT' then 'agent'
                when reason in ('THIRD_PARTY_DISCONNECT', 'BARGED') then 'third_party'
                when reason in ('TELECOM_PROBLEM', 'CONTACT_FLOW_DISCONNECT', 'EXPIRED', 'API') then 'system'
                when outcome = 'abandoned' then 'customer'
                else 'unknown' end as ended_by,
            case when answered_at is not null and transferred_at is not null then 'attended' end as transfer_kind,
            {_reason(source)} as contact_reason,
            ended_at is null as is_open, _file, _line, _raw
        from told
    """


def _conversations(source: ConnectContactsSource) -> str:
    """SQL for the chats as rows of ``chat_conversation``."""
    whole = "cast({} as bigint)".format
    return f"""
        select {literal(source.name)} as source_system, contact_id as source_record_id,
            updated_at as record_updated_at, {kept_fields(_KEPT_OF_CHATS)} as extra,
            contact_id as conversation_id, 'chat' as channel, {_QUEUE} as queue_key, {_agent(source)} as agent_key,
            case when coalesce(replied_at, replied_at_2, answered_at) is not null then {_agent(source)} end
                as first_agent_key,
            {_CUSTOMER} as customer_ref, initiated_at as created_at, enqueued_at as human_requested_at,
            coalesce(replied_at, replied_at_2, answered_at) as first_agent_message_at,
            spoke_at as last_customer_message_at,
            disconnected_at as ended_at, {whole("customer_messages")} as customer_message_count,
            {whole("agent_messages")} as agent_message_count,
            case when disconnected_at is null then 'open' else 'resolved' end as status,
            {_reason(source)} as contact_reason, _file, _line, _raw
        from contact where channel = 'CHAT'
    """


# Whoever transfers by a quick connect holds the customer and may speak to the other side first: attended. What goes
# into a queue of no single agent went to the queue.
_FOLLOWED = """
create or replace temp table contacts_followed as
with contact as (
    select *, extra ->> 'previous_contact_id' as previous_id, extra ->> 'initiation_method' as method from {near}
),
concerned as (
    select interaction_id from fresh_tel_interaction
    union select extra ->> 'previous_contact_id' from fresh_tel_interaction
),
following as (
    select previous_id, method, queue_key as next_queue from contact semi join concerned
        on concerned.interaction_id = contact.previous_id
    where method in ('TRANSFER', 'QUEUE_TRANSFER', 'CALLBACK')
    qualify row_number() over (partition by previous_id order by started_at, interaction_id) = 1
)
select contact.* exclude (event_date, previous_id, method)
    replace (
        case when following.method = 'CALLBACK' and outcome in ('flow_ended', 'abandoned') then 'callback_requested'
            when following.method = 'QUEUE_TRANSFER' and outcome = 'abandoned' then 'flow_ended'
            else outcome end as outcome,
        case when following.method = 'CALLBACK' then transfer_kind
            when following.next_queue not like 'agent/%' then 'queue' else 'attended' end as transfer_kind,
        case when following.method = 'CALLBACK' then transfer_to else next_queue end as transfer_to)
from contact join following on following.previous_id = contact.interaction_id
"""


def recognise(path: Path, head: bytes) -> str | None:
    """Return what these files are known by, or null."""
    del path
    return seen(head, "ContactId", "InitiationMethod", "LastUpdateTimestamp")


ABOUT = About(
    title="Amazon Connect contact records",
    systems="Amazon Connect, contact record format version 2017-03-10 with the fields added since",
    files="JSON objects one behind the other as Firehose writes them, one a line, or in an array",
    zone="UTC, with the offset written out",
    units="whole seconds",
    readings=(
        Reading("ContactId", "tel_interaction.interaction_id", "one record is one visit; of a chat one conversation"),
        Reading("InitialContactId", "tel_interaction.root_interaction_id", "null where it is the contact itself"),
        Reading("Channel", "tel_interaction.channel", "VOICE begun by CALLBACK is callback; CHAT is a conversation"),
        Reading(
            "InitiationMethod", "tel_interaction.direction", "OUTBOUND and calls by API outbound, MONITOR internal"
        ),
        Reading("Queue.Name", "tel_interaction.queue_key", "an agent's own queue has no name: agent/<id> of its ARN"),
        Reading("Agent.Username", "tel_interaction.agent_key", "agent_by: id takes the id in Agent.ARN"),
        Reading("CustomerEndpoint.Address", "tel_interaction.customer_ref", "words for a withheld number are null"),
        Reading("InitiationTimestamp", "tel_interaction.started_at"),
        Reading("Queue.EnqueueTimestamp", "tel_interaction.queued_at"),
        Reading(
            "Agent.ConnectedToAgentTimestamp", "tel_interaction.answered_at", "outbound: once the customer answered"
        ),
        Reading(
            "DisconnectTimestamp", "tel_interaction.ended_at", "unanswered: Queue.DequeueTimestamp, the wait's end"
        ),
        Reading("Agent.AgentInteractionDuration", "tel_interaction.talk_ms", "holds no hold time"),
        Reading("Agent.CustomerHoldDuration", "tel_interaction.hold_ms"),
        Reading("Agent.AfterContactWorkDuration", "tel_interaction.acw_ms", "null until the work has ended"),
        Reading(
            "DisconnectReason", "tel_interaction.ended_by", "null for many contacts: unknown, in the queue customer"
        ),
        Reading("LastUpdateTimestamp", "tel_interaction.record_updated_at", "the latest delivery of a contact counts"),
        Reading(
            "PreviousContactId", "tel_interaction.transfer_kind", "of the contact before, by the one that followed"
        ),
        Reading(
            "ChatMetrics", "chat_conversation.first_agent_message_at", "without it Agent.ConnectedToAgentTimestamp"
        ),
        Reading("Attributes", "tel_interaction.contact_reason", "the one that reason_attribute names"),
        Reading("AgentConnectionAttempts", "tel_interaction.extra", "a number; whom it rang is in the agent events"),
    ),
    gotchas=(
        "Ring time is not in the record. The agent event stream has the offers.",
        "Records come again for 24 months whenever they change, after-contact work often after the first delivery.",
        "A callback is a contact of its own, and its wait lasts until an agent is offered it.",
        "Contacts of supervisors who listen (MONITOR) are internal and count nowhere.",
        "A contact without DisconnectReason that leaves its queue more than two seconds before it ends left by a flow.",
        "Attributes but the one for reasons are not taken over: they may hold personal data. Unknown fields are named.",
    ),
    exports=(
        Export(
            "Amazon Connect",
            (
                "Data streaming: enable it for the instance and send contact records to a Firehose stream",
                "Let the stream write to a bucket, with or without a newline between records, compressed or not",
                "Copy the bucket's new objects to landing/<source>/",
            ),
        ),
    ),
    references=(
        "docs.aws.amazon.com/connect/latest/adminguide/ctr-data-model.html",
        "docs.aws.amazon.com/connect/latest/adminguide/historical-metrics-definitions.html",
        "docs.aws.amazon.com/connect/latest/adminguide/about-queued-callbacks.html",
    ),
)
