"""What bare DuckDB needs to turn one delivered file into the contract tables that Gaugebook makes of it.

Written by hand as one would who trusts the file: declared schemas, plain queries, zstd Parquet by local date; no
checks, no quarantine, no versions, no keyed pseudonyms. The queries know only the well-formed files of
``benchmarks.exports`` and ``benchmarks.data``; ``benchmarks.formats`` compares their rows with Gaugebook's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
from python_calamine import CalamineWorkbook

from benchmarks.data import SITES
from benchmarks.floor import STAGED
from ingest.conform import SQL_TYPES
from ingest.contract import TABLES

SITE = "chengdu"
ZONE = SITES[SITE]

Floor = Callable[[Path, Path], object]


def _lake(tables: Mapping[str, str], staged: str = "") -> Floor:
    """The floor that writes what each query gives as a contract table; ``staged`` is SQL that comes before them.

    ``{file}`` stands for the file's path. A column that a query leaves out is null.
    """

    def write(file: Path, out: Path) -> None:
        out.mkdir(exist_ok=True)
        with duckdb.connect(config={"temp_directory": str(out / "spill")}) as con:
            con.execute("set TimeZone = 'UTC'; set preserve_insertion_order = false")
            con.execute(f"create temp macro local_day(source, instant) as timezone('{ZONE}', instant)::date")
            con.execute(staged.replace("{file}", str(file)))
            for name, query in tables.items():
                table = TABLES[name]
                given = query.replace("{file}", str(file))
                found = {column[0] for column in con.execute(f"describe {given}").fetchall()}
                columns = ", ".join(
                    c.name if c.name in found else f"null::{SQL_TYPES[c.type]} as {c.name}" for c in table.columns
                )
                con.execute(
                    f"copy (select {columns}, local_day(source_system, {table.event_time}) as event_date"
                    f" from ({given})) to '{out / name}'"
                    " (format parquet, compression zstd, partition_by (event_date))"
                )

    return write


def _contract(reader: str, options: str) -> Floor:
    columns = ", ".join(
        f"'{c.name}': '{SQL_TYPES[c.type]}'"
        for c in TABLES["tel_interaction"].columns
        if c.name not in ("source_system", "extra")
    )
    query = f"select 'feed' as source_system, * from {reader}('{{file}}', columns = {{{columns}}}, {options})"
    return _lake({"tel_interaction": query})


def _cells(file: Path, out: Path) -> None:
    """Let calamine give the cells of the first sheet as Python's values."""
    del out
    with CalamineWorkbook.from_path(file) as book:
        book.get_sheet_by_index(0).to_python()


_LOG = ", ".join(f"'{name}': 'VARCHAR'" for name in ("call_id", "queue_key", "member", "event", "d1", "d2", "d3"))

_LINES = f"""
create temp view lines as
select 'feed' as source_system, * from read_csv('{{file}}', delim = '|', quote = '', escape = '', header = false,
    columns = {{'second': 'BIGINT', {_LOG}, 'd4': 'VARCHAR', 'd5': 'VARCHAR'}}, null_padding = true,
    auto_detect = false);
"""

_OF_LOG = ("queue_event", "tel_interaction", "tel_offer", "agent_state")

_CONTACTS = """
create temp table contact as
from read_json('{file}', format = 'newline_delimited', columns = {
    'ContactId': 'VARCHAR', 'Channel': 'VARCHAR', 'InitiationMethod': 'VARCHAR', 'DisconnectReason': 'VARCHAR',
    'InitialContactId': 'VARCHAR', 'PreviousContactId': 'VARCHAR', 'NextContactId': 'VARCHAR',
    'RelatedContactId': 'VARCHAR', 'AgentConnectionAttempts': 'BIGINT', 'InitiationTimestamp': 'TIMESTAMPTZ',
    'LastUpdateTimestamp': 'TIMESTAMPTZ', 'DisconnectTimestamp': 'TIMESTAMPTZ', 'ScheduledTimestamp': 'TIMESTAMPTZ',
    'CustomerEndpoint': 'STRUCT("Address" VARCHAR)',
    'Queue': 'STRUCT("Name" VARCHAR, "EnqueueTimestamp" TIMESTAMPTZ, "DequeueTimestamp" TIMESTAMPTZ,
        "Duration" BIGINT)',
    'Agent': 'STRUCT("Username" VARCHAR, "ConnectedToAgentTimestamp" TIMESTAMPTZ,
        "AgentInteractionDuration" BIGINT, "CustomerHoldDuration" BIGINT, "LongestHoldDuration" BIGINT,
        "NumberOfHolds" BIGINT, "AfterContactWorkDuration" BIGINT, "AfterContactWorkEndTimestamp" TIMESTAMPTZ,
        "RoutingProfile" STRUCT("Name" VARCHAR))',
    'ChatMetrics': 'STRUCT("ChatContactMetrics" STRUCT("AgentFirstResponseTimestamp" TIMESTAMPTZ),
        "CustomerMetrics" STRUCT("LastMessageTimestamp" TIMESTAMPTZ, "MessagesSent" BIGINT),
        "AgentMetrics" STRUCT("MessagesSent" BIGINT))'
})
"""

_KEPT = """'initiation_method': InitiationMethod, 'disconnect_reason': DisconnectReason,
    'previous_contact_id': PreviousContactId, 'next_contact_id': NextContactId, 'related_contact_id': RelatedContactId,
    'agent_connection_attempts': AgentConnectionAttempts, 'routing_profile': Agent.RoutingProfile.Name,
    'scheduled_at': ScheduledTimestamp"""

_OF_CONTACTS = {
    "tel_interaction": f"""
        select 'feed' as source_system, c.ContactId as source_record_id, LastUpdateTimestamp as record_updated_at,
            to_json({{{_KEPT}, 'number_of_holds': Agent.NumberOfHolds, 'longest_hold_ms': 1000 *
                Agent.LongestHoldDuration, 'queue_duration_ms': 1000 * Queue.Duration}})::varchar as extra,
            c.ContactId as interaction_id, 1::bigint as visit_seq,
            nullif(InitialContactId, c.ContactId) as root_interaction_id, lower(Channel) as channel,
            'inbound' as direction, Queue.Name as queue_key, Agent.Username as agent_key,
            CustomerEndpoint.Address as customer_ref, InitiationTimestamp as started_at,
            Queue.EnqueueTimestamp as queued_at, Agent.ConnectedToAgentTimestamp as answered_at,
            case when answered_at is null then Queue.DequeueTimestamp else DisconnectTimestamp end as ended_at,
            Agent.AfterContactWorkEndTimestamp as wrapup_ended_at,
            epoch_ms(coalesce(answered_at, ended_at)) - epoch_ms(queued_at) as wait_ms,
            1000 * Agent.AgentInteractionDuration as talk_ms, 1000 * Agent.CustomerHoldDuration as hold_ms,
            1000 * Agent.AfterContactWorkDuration as acw_ms,
            case when answered_at is null then 'abandoned' else 'answered' end as outcome, 'customer' as ended_by,
            case when next_queue is not null then 'queue' end as transfer_kind, next_queue as transfer_to,
            ended_at is null as is_open
        from contact as c
        left join (
            select PreviousContactId as id, arg_min(Queue.Name, InitiationTimestamp) as next_queue
            from contact where Channel = 'VOICE' and InitiationMethod = 'TRANSFER' group by PreviousContactId
        ) as following on following.id = c.ContactId
        where Channel = 'VOICE'
    """,
    "chat_conversation": f"""
        select 'feed' as source_system, ContactId as source_record_id, LastUpdateTimestamp as record_updated_at,
            to_json({{{_KEPT}}})::varchar as extra, ContactId as conversation_id, 'chat' as channel,
            Queue.Name as queue_key, Agent.Username as agent_key, Agent.Username as first_agent_key,
            CustomerEndpoint.Address as customer_ref, InitiationTimestamp as created_at,
            Queue.EnqueueTimestamp as human_requested_at,
            ChatMetrics.ChatContactMetrics.AgentFirstResponseTimestamp as first_agent_message_at,
            ChatMetrics.CustomerMetrics.LastMessageTimestamp as last_customer_message_at,
            DisconnectTimestamp as ended_at, ChatMetrics.CustomerMetrics.MessagesSent as customer_message_count,
            ChatMetrics.AgentMetrics.MessagesSent as agent_message_count, 'resolved' as status
        from contact where Channel = 'CHAT'
    """,
}

_CONVERSATIONS = """
create temp table session as
with conversation as (
    select * exclude (participants), unnest(participants) as participant
    from read_json('{file}', format = 'newline_delimited', columns = {
        'conversationId': 'VARCHAR', 'conversationStart': 'TIMESTAMPTZ', 'conversationEnd': 'TIMESTAMPTZ',
        'participants': 'STRUCT("purpose" VARCHAR, "userId" VARCHAR, "sessions" STRUCT("sessionId" VARCHAR,
            "mediaType" VARCHAR, "direction" VARCHAR, "ani" VARCHAR, "segments" STRUCT("segmentType" VARCHAR,
            "segmentStart" TIMESTAMPTZ, "segmentEnd" TIMESTAMPTZ, "queueId" VARCHAR, "disconnectType" VARCHAR)[])[])[]'
    })
)
select * exclude (participant), participant.purpose, participant.userId, unnest(participant.sessions, recursive := true)
from conversation;

create temp table segment as
select *, epoch_ms(segmentEnd) - epoch_ms(segmentStart) as ms
from (select * exclude (segments), unnest(segments, recursive := true) from session);

create temp table told as
select conversationId as id, any_value(conversationStart) as started, any_value(conversationEnd) as finished,
    max(segmentEnd) as latest, any_value(mediaType) as media, any_value(ani)[5:] as customer,
    any_value(sessionId) filter (purpose = 'acd') as leg, any_value(queueId) filter (purpose = 'acd') as queue,
    any_value(userId) as agent, any_value(direction) as direction,
    min(segmentStart) filter (purpose = 'acd') as queued, max(segmentEnd) filter (purpose = 'acd') as dequeued,
    min(segmentStart) filter (purpose = 'agent' and segmentType = 'interact') as answered,
    max(segmentEnd) filter (purpose = 'agent' and segmentType = 'interact') as talked,
    max(segmentEnd) filter (segmentType = 'wrapup') as wrapped, sum(ms) filter (segmentType = 'alert') as ring_ms,
    sum(ms) filter (purpose = 'agent' and segmentType = 'interact') as talk_ms,
    sum(ms) filter (segmentType = 'wrapup') as acw_ms
from segment group by conversationId;
"""

_OF_CONVERSATIONS = {
    "tel_interaction": """
        select 'feed' as source_system, id || '/' || leg as source_record_id,
            greatest(finished, latest) as record_updated_at, id as interaction_id, 1::bigint as visit_seq,
            media as channel, direction, queue as queue_key, agent as agent_key, customer as customer_ref,
            queued as started_at, queued as queued_at, answered as answered_at, coalesce(talked, dequeued) as ended_at,
            wrapped as wrapup_ended_at, epoch_ms(coalesce(answered, dequeued)) - epoch_ms(queued) as wait_ms,
            ring_ms::bigint as ring_ms, talk_ms::bigint as talk_ms,
            case when answered is not null then 0 end as hold_ms,
            acw_ms::bigint as acw_ms, case when answered is null then 'abandoned' else 'answered' end as outcome,
            'customer' as ended_by, false as is_open
        from told where media = 'voice'
    """,
    "tel_offer": """
        select 'feed' as source_system, conversationId || '/' || sessionId || '/1' as source_record_id,
            conversationEnd as record_updated_at, conversationId as interaction_id, 1::bigint as visit_seq,
            queueId as queue_key, userId as agent_key, segmentStart as offered_at, ms as ring_ms, 'answered' as result
        from segment where segmentType = 'alert'
    """,
    "chat_conversation": """
        select 'feed' as source_system, id as source_record_id, greatest(finished, latest) as record_updated_at,
            id as conversation_id, media as channel, queue as queue_key, agent as agent_key, agent as first_agent_key,
            customer as customer_ref, started as created_at, queued as human_requested_at,
            answered as first_agent_message_at, finished as ended_at, 'resolved' as status
        from told where media = 'message'
    """,
}

FLOORS: dict[str, Floor] = {
    "contract_csv": _contract("read_csv", "header = true, auto_detect = false"),
    "contract_jsonl": _contract("read_json", "format = 'newline_delimited'"),
    "queue_log": _lake(
        {name: f"from {name}" for name in _OF_LOG},
        _LINES + "".join(f"create temp table {name} as {STAGED[name]};" for name in _OF_LOG),
    ),
    "connect_contacts": _lake(_OF_CONTACTS, _CONTACTS),
    "genesys_conversations": _lake(_OF_CONVERSATIONS, _CONVERSATIONS),
    "workbook": _cells,
}
