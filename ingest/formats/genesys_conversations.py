"""Genesys Cloud conversation details: participants with sessions, sessions with segments and perhaps metrics.

Each session of ``acd`` is a visit to a queue, joined to the agent's session that took it; a session of an agent or user
that talked without a queue before is a leg of its own; a conversation with neither ended in its flows and is one row.
Chats and messages are conversations.

Definitions, from the model of conversation details, the definitions of metrics and real records:

- Durations are sums of segments: interact is talk, hold is hold, wrapup is after-contact work, alert is ringing. The
  wait begins with the first interact of ``acd`` (a delay before it is the flow's). tTalk, tHeld and tAcw are the same
  sums: where the session has them they count, and a difference of more than a second is kept in ``extra``.
- A visit was taken by the first agent whose conversation began in it, or within ten seconds after it ended.
- An unanswered visit is abandoned where tAbandon says so, left into a flow where tFlowOut does; without metrics the way
  it was disconnected tells: by the other side (peer, endpoint, client) abandoned, by a transfer flow_ended.
- Who ended a conversation: the agent's session says client or endpoint (the agent), peer (the customer), a transfer,
  or the system.
- Nothing says that no wrapup will follow, so after-contact work is null without one, not zero.
- Segments do not tell messages: in a chat the moment the agent took it stands in for the first reply, and ``extra``
  says so.
- A conversation is exported again while it goes on and after: the version with the latest time in it counts.

Privacy: of the customer only the number or address leaves this module, for the core to replace. Names, notes, subjects
and attributes do not; fields that are not known here are listed by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow as pa
from pydantic import Field as Declared

from ingest.conform import literal
from ingest.formats.base import About, Batch, DeliveredFile, Export, Reading
from ingest.formats.records import (
    RAW,
    Field,
    batch,
    instant,
    kept_fields,
    parsed,
    read_fields,
    refuse_others,
    seen,
    structure_of,
)
from ingest.source import SourceBase

WHAT = "Genesys Cloud conversation details"

_SEGMENT = {
    **dict.fromkeys(("segmentType", "segmentStart", "segmentEnd", "queueId", "wrapUpCode", "disconnectType"), "VARCHAR")
}
_SESSION = {
    **dict.fromkeys(("sessionId", "mediaType", "direction", "ani", "dnis", "addressFrom", "addressTo"), "VARCHAR"),
    "outboundCampaignId": "VARCHAR",
    "callbackNumbers": ["VARCHAR"],
    "segments": [_SEGMENT],
    "metrics": [{"name": "VARCHAR", "value": "DOUBLE", "emitDate": "VARCHAR"}],
}

FIELDS = {
    "conversation": Field("conversationId", required=True),
    "started": Field("conversationStart", "time", required=True),
    "finished": Field("conversationEnd", "time"),
    "origin": Field("originatingDirection"),
    "participants": Field(
        "participants",
        required=True,
        inner=[{"purpose": "VARCHAR", "userId": "VARCHAR", "sessions": [_SESSION]}],
    ),
}

KNOWN = (
    *(field.path for field in FIELDS.values()),
    *("accessAttributes", "associatedConversationId", "conferenceStart", "consultationConversationIds"),
    *("conversationInitiator", "customerParticipation", "divisionIds", "evaluations", "externalTag"),
    *("inactivityTimeout", "knowledgeBaseIds", "mediaStatsMinConversationMos", "mediaStatsMinConversationRFactor"),
    *("originatingSocialMediaPublic", "resolutions", "selfServed", "surveys"),
)

CHATS = ("chat", "message")
"""Media of which a conversation is made; the others are visits. Shared screens are no contact."""


class GenesysConversationsSource(SourceBase, frozen=True):
    """Genesys Cloud conversation details. ``queues`` names queues, which the export knows only by id."""

    format: Literal["genesys_conversations"]
    queues: dict[str, str] = Declared(default_factory=dict)


def read(
    files: Sequence[DeliveredFile], source: GenesysConversationsSource, zone: str, con: duckdb.DuckDBPyConnection
) -> Iterator[Batch]:
    """Read conversations into visits, offers and chats; times are UTC, so ``zone`` plays no part."""
    del zone
    names = pa.table(
        {
            "queue": pa.array(source.queues.keys(), pa.string()),
            "queue_name": pa.array(source.queues.values(), pa.string()),
        }
    )
    con.register("genesys_queues", names)
    for broken in parsed(files, con, "genesys_found", structure_of(FIELDS.values()), WHAT, pages=("conversations",)):
        refuse_others(files, con, "genesys_found", "list_has_all(fields, ['conversationId', 'participants'])", WHAT)
        unfit = read_fields(con, "genesys_conversation", FIELDS, "genesys_found", KNOWN)
        con.execute(_SESSIONS)
        untimed = _untimed(con)
        con.execute(_CUSTOMERS)
        con.execute(_LEGS)
        yield batch(con, "tel_interaction", _visits(source), [broken, unfit, untimed], _KEPT_OF_VISITS)
        yield batch(con, "tel_offer", _offers(source))
        yield batch(con, "chat_conversation", _conversations(source), kept=_KEPT_OF_CHATS)
    con.unregister("genesys_queues")


def _only(kinds: str, value: str) -> str:
    """SQL for the list of a value of the segments of some kinds."""
    return f"list_transform(list_filter(segments, lambda g: g.kind in ({kinds})), lambda g: {value})"


def _length(kinds: str) -> str:
    """SQL for the milliseconds of the segments of some kinds; null when there are none, or one has not ended."""
    lengths = _only(kinds, "epoch_ms(g.ended) - epoch_ms(g.begun)")
    return f"case when not list_contains({_only(kinds, 'g.ended is null')}, true) then list_sum({lengths}) end"


def _metric(name: str) -> str:
    values = f"list_transform(list_filter(metrics, lambda m: m.name = '{name}'), lambda m: m.value)"
    return f"cast(list_sum({values}) as bigint)"


_SPOKEN = "'interact', 'hold'"

_SESSIONS = f"""
create or replace temp table genesys_session as
with participant as (
    select rowid as record, unnest(participants) as p from genesys_conversation
),
session as (
    select record, p.purpose, p.userId as agent, unnest(p.sessions) as s from participant
),
timed as (
    select * exclude (s), s.sessionId as session_id, lower(s.mediaType) as media, lower(s.direction) as direction,
        s.ani, s.dnis, s.addressFrom as address, s.addressTo as address_to, s.callbackNumbers[1] as callback_number,
        s.outboundCampaignId as campaign, s.metrics as metrics,
        list_transform(s.segments, lambda g: {{
            'kind': g.segmentType, 'begun': {instant("g.segmentStart")}, 'ended': {instant("g.segmentEnd")},
            'queue': g.queueId, 'code': g.wrapUpCode, 'cut': g.disconnectType}}) as segments
    from session
)
select *, list_min({_only("'interact'", "g.begun")}) as begun_at,
    case when not list_contains({_only(_SPOKEN, "g.ended is null")}, true)
        then list_max({_only(_SPOKEN, "g.ended")}) end as ended_at,
    list_max({_only("'wrapup'", "g.ended")}) as wrapped_at,
    {_length("'interact'")} as interact_ms, {_length("'hold'")} as hold_ms, {_length("'wrapup'")} as acw_ms,
    {_length("'alert'")} as alert_ms, {_metric("tTalk")} as told_talk_ms, {_metric("tHeld")} as told_hold_ms,
    {_metric("tAcw")} as told_acw_ms, {_metric("tAbandon")} as abandon_ms, {_metric("tFlowOut")} as flow_out_ms,
    {_metric("nBlindTransferred")} as blind_transfers, {_metric("nConsultTransferred")} as consult_transfers,
    {_metric("nTransferred")} as transfers,
    list_filter(list_transform(segments, lambda g: g.queue), lambda q: q is not null)[1] as queue,
    list_filter({_only(_SPOKEN, "g.cut")}, lambda c: c is not null)[-1] as cut,
    list_filter(list_transform(segments, lambda g: g.code), lambda c: c is not null)[-1] as wrap_up_code,
    list_max(list_concat(
        list_transform(segments, lambda g: coalesce(g.ended, g.begun)),
        list_transform(metrics, lambda m: {instant("m.emitDate")}))) as latest_at
from timed
"""


def _untimed(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Leave out the conversations with a segment of which the start cannot be read, and return them as rejects."""
    con.execute(
        "create or replace temp table genesys_untimed as select distinct record from genesys_session"
        " where list_contains(list_transform(segments, lambda g: g.begun is null), true)"
    )
    rejects = con.execute(
        f"select _file, _line, 'unreadable_field' as rule,"
        f" '$.participants[*].sessions[*].segments[*].segmentStart is missing or cannot be read' as message,"
        f" 'deliver the conversation as the API returns it' as mend, left(_raw, {RAW}) as raw"
        f" from genesys_conversation where rowid in (select record from genesys_untimed)"
    ).to_arrow_table()
    con.execute("delete from genesys_conversation where rowid in (select record from genesys_untimed)")
    con.execute("delete from genesys_session where record in (select record from genesys_untimed)")
    return rejects


# One customer a conversation: the first address of who is no member of the staff, else the one that called the queue.
_CUSTOMERS = """
create or replace temp table genesys_customer as
with address as (
    select record, purpose, callback_number, address, address_to, direction,
        case when direction = 'outbound' then dnis else ani end as number, begun_at
    from genesys_session where purpose in ('customer', 'external', 'acd', 'ivr')
),
found as (
    select record, regexp_extract(coalesce(callback_number, number,
            case when direction = 'outbound' then address_to else address end),
        '^(?:tel:|sips?:)?([^@;]+)', 1) as customer
    from address
    qualify customer <> '' and row_number() over (partition by record
        order by customer = '', purpose not in ('customer', 'external'), begun_at) = 1
)
select record, case when lower(customer) not in
    ('anonymous', 'unknown', 'private', 'restricted', 'unavailable', 'withheld') then customer end as customer
from found
"""

_LEGS = """
create or replace temp table genesys_leg as
with visit as (
    select * exclude (segments, metrics) from genesys_session where purpose = 'acd' and begun_at is not null
),
talk as (
    select * exclude (segments, metrics) from genesys_session
    where purpose in ('agent', 'user') and begun_at is not null and media not in ('cobrowse', 'screenshare')
),
taken as (
    select t.record, t.session_id as talk_id, v.session_id as visit_id
    from talk t asof join visit v on v.record = t.record and v.media = t.media and t.begun_at >= v.begun_at
    where t.purpose = 'agent' and (v.ended_at is null or t.begun_at <= v.ended_at + interval 10 seconds)
    qualify row_number() over (partition by v.record, v.session_id order by t.begun_at, t.session_id) = 1
),
outside as (select distinct record from genesys_session where purpose in ('customer', 'external')),
leg as (
    select v.record, v.session_id as leg_id, v.begun_at as leg_at, v.begun_at as queued_at, v.ended_at as left_at,
        v.cut as left_by, v.queue, v.media, v.direction, v.abandon_ms, v.flow_out_ms, t as talk
    from visit v left join taken on taken.record = v.record and taken.visit_id = v.session_id
    left join talk t on t.record = taken.record and t.session_id = taken.talk_id
    union all
    select t.record, t.session_id, t.begun_at, null, null, null, case when t.purpose = 'agent' then t.queue end,
        t.media, case when o.record is null and t.purpose = 'user' then 'internal' else t.direction end, null, null, t
    from talk t anti join taken on taken.record = t.record and taken.talk_id = t.session_id
    left join outside o on o.record = t.record
)
select *, row_number() over course as visit_seq, lead(queue) over course as next_queue,
    lead(talk.agent) over course as next_agent, lead(queued_at) over course as next_queued_at
from leg window course as (partition by record order by leg_at, leg_id)
"""

_QUEUE_NAME = "left join genesys_queues using (queue)"
_MEDIA = ", ".join(map(literal, CHATS))
_LATEST = "select record, max(latest_at) as latest_at from genesys_session group by record"


def _differs(told: str, computed: str) -> str:
    return f"case when abs(talk.{told} - talk.{computed}) > 1000 then talk.{computed} end"


_KEPT_OF_VISITS = {
    "campaign_id": "talk.campaign",
    "talk_ms_of_segments": _differs("told_talk_ms", "interact_ms"),
    "hold_ms_of_segments": _differs("told_hold_ms", "hold_ms"),
    "acw_ms_of_segments": _differs("told_acw_ms", "acw_ms"),
}
_KEPT_OF_CHATS = {"first_agent_message": "case when taken_at is not null then 'taken' end"}


def _visits(source: GenesysConversationsSource) -> str:
    """SQL for the legs that are no chats, and the conversations without any, as rows of ``tel_interaction``."""
    return f"""
        with row as (
            select c.rowid as record, c.*, l.* exclude (record, queue), coalesce(queue_name, queue) as queue_key,
                greatest(c.finished, c.started, latest_at) as version, customer,
                talk.begun_at as answered_at,
                case when talk.begun_at is not null then talk.ended_at
                    when l.record is not null then left_at else finished end as ended
            from genesys_conversation c
            left join genesys_leg l on l.record = c.rowid left join ({_LATEST}) latest on latest.record = c.rowid
            left join genesys_customer on genesys_customer.record = c.rowid {_QUEUE_NAME}
            where coalesce(l.media not in ({_MEDIA}),
                c.rowid not in (select record from genesys_session where media in ({_MEDIA})))
        ),
        told as (
            select *, case
                when answered_at is not null then 'answered'
                when abandon_ms is not null then 'abandoned'
                when flow_out_ms is not null then 'flow_ended'
                when ended is null then 'open'
                when queued_at is null then if(origin = 'outbound', 'failed', 'flow_ended')
                when left_by in ('peer', 'endpoint', 'client') then 'abandoned'
                when left_by = 'timeout' then 'timeout'
                when left_by in ('system', 'error', 'transportFailure', 'uncallable', 'spam') then 'failed'
                else 'flow_ended' end as outcome
            from row
        )
        select {literal(source.name)} as source_system, conversation || coalesce('/' || leg_id, '') as source_record_id,
            version as record_updated_at, {kept_fields(_KEPT_OF_VISITS)} as extra,
            conversation as interaction_id, coalesce(visit_seq, 1) as visit_seq,
            case when media in ('voice', 'callback', 'email', 'video') then media when media is null then 'voice'
                else 'task' end as channel,
            coalesce(direction, lower(origin), 'inbound') as direction, queue_key, talk.agent as agent_key,
            customer as customer_ref, coalesce(least(leg_at, queued_at), started) as started_at, queued_at,
            answered_at, ended as ended_at, case when ended is not null then talk.wrapped_at end as wrapup_ended_at,
            epoch_ms(coalesce(answered_at, ended)) - epoch_ms(queued_at) as wait_ms, talk.alert_ms as ring_ms,
            coalesce(talk.told_talk_ms, talk.interact_ms) as talk_ms,
            coalesce(talk.told_hold_ms, talk.hold_ms, if(ended is not null and answered_at is not null, 0, null))
                as hold_ms,
            coalesce(talk.told_acw_ms, talk.acw_ms) as acw_ms, outcome,
            case
                when ended is null then null
                when outcome = 'abandoned' then 'customer'
                when answered_at is null then case when outcome = 'flow_ended' then 'unknown' else 'system' end
                when talk.cut in ('client', 'endpoint') or talk.cut ilike '%transfer%' then 'agent'
                when talk.cut = 'peer' then 'customer'
                when talk.cut in ('system', 'timeout', 'error', 'transportFailure') then 'system'
                else 'unknown' end as ended_by,
            case
                when answered_at is null or not (talk.cut ilike '%transfer%' or coalesce(talk.transfers,
                    talk.blind_transfers, talk.consult_transfers, 0) > 0) then null
                when next_queued_at is not null then 'queue'
                when coalesce(talk.consult_transfers, 0) > 0 or talk.cut in ('consultTransfer', 'conferenceTransfer')
                    then 'attended'
                else 'blind' end as transfer_kind,
            case when transfer_kind = 'queue' then coalesce((select queue_name from genesys_queues
                where genesys_queues.queue = next_queue), next_queue)
                when transfer_kind is not null then next_agent end as transfer_to,
            talk.wrap_up_code as contact_reason,
            ended is null as is_open, _file, _line, _raw
        from told
    """


def _offers(source: GenesysConversationsSource) -> str:
    """SQL for the alert segments of agents as rows of ``tel_offer``.

    The last one of a session that talked was taken.
    """
    return f"""
        with rung as (
            select record, session_id, agent, begun_at, latest_at, segments,
                unnest(list_filter(segments, lambda g: g.kind = 'alert')) as g,
                generate_subscripts(list_filter(segments, lambda g: g.kind = 'alert'), 1) as number,
                len(list_filter(segments, lambda g: g.kind = 'alert')) as alerts
            from genesys_session where purpose = 'agent' and agent is not null
        ),
        placed as (
            select r.*, l.visit_seq
            from rung r asof left join (from genesys_leg where queued_at is not null) l
                on l.record = r.record and r.g.begun >= l.queued_at
        )
        select {literal(source.name)} as source_system,
            conversation || '/' || session_id || '/' || number as source_record_id,
            greatest(finished, started, p.latest_at) as record_updated_at, conversation as interaction_id,
            coalesce(p.visit_seq, direct.visit_seq, 1) as visit_seq, coalesce(queue_name, g.queue) as queue_key,
            agent as agent_key, g.begun as offered_at, epoch_ms(g.ended) - epoch_ms(g.begun) as ring_ms,
            case
                when begun_at is not null and number = alerts then 'answered'
                when g.cut = 'client' then 'rejected'
                when g.cut in ('peer', 'endpoint') or g.cut ilike '%transfer%' then 'canceled'
                when g.cut in ('error', 'transportFailure') then 'error'
                else 'no_answer' end as result, c._file, c._line, c._raw
        from placed p join genesys_conversation c on c.rowid = p.record
        left join genesys_leg direct on direct.record = p.record and direct.leg_id = p.session_id
        left join genesys_queues on genesys_queues.queue = g.queue
        where g.ended is not null
    """


def _conversations(source: GenesysConversationsSource) -> str:
    """SQL for the conversations with chat or message sessions as rows of ``chat_conversation``."""
    return f"""
        with said as (
            select record, min(media) as media, max(latest_at) as latest_at,
                min(begun_at) filter (purpose = 'acd') as queued_at,
                min(segments[1].begun) filter (purpose = 'agent') as offered_at,
                min(begun_at) filter (purpose = 'agent') as taken_at,
                max(ended_at) filter (purpose in ('customer', 'external')) as left_at,
                bool_and(ended_at is not null) filter (purpose in ('customer', 'external')) as has_left,
                arg_min(agent, begun_at) filter (purpose = 'agent') as first_agent,
                arg_max(agent, begun_at) filter (purpose = 'agent') as last_agent,
                arg_max(queue, begun_at) filter (purpose in ('acd', 'agent')) as queue,
                arg_max(wrap_up_code, begun_at) filter (purpose = 'agent') as wrap_up_code
            from genesys_session where media in ({_MEDIA}) group by record
        )
        select {literal(source.name)} as source_system, conversation as source_record_id,
            greatest(finished, started, latest_at) as record_updated_at,
            {kept_fields(_KEPT_OF_CHATS)} as extra,
            conversation as conversation_id, media as channel, coalesce(queue_name, queue) as queue_key,
            last_agent as agent_key, first_agent as first_agent_key, customer as customer_ref, started as created_at,
            coalesce(queued_at, offered_at) as human_requested_at, taken_at as first_agent_message_at,
            coalesce(finished, case when has_left then left_at end) as ended_at,
            case when coalesce(finished, case when has_left then left_at end) is null then 'open' else 'resolved' end
                as status, wrap_up_code as contact_reason, _file, _line, _raw
        from said join genesys_conversation c on c.rowid = said.record
        left join genesys_customer on genesys_customer.record = said.record {_QUEUE_NAME}
    """


def recognise(path: Path, head: bytes) -> str | None:
    """Return what these files are known by, or null."""
    del path
    return seen(head, "conversationId", "conversationStart", "participants")


ABOUT = About(
    title="Genesys Cloud conversation details",
    systems="Genesys Cloud (PureCloud), analytics API v2, exports with and without metrics, since 2016",
    files='pages {"conversations": [...]} of queries and jobs, arrays, or one conversation a line',
    zone="UTC, with the offset written out",
    units="instants and metrics in milliseconds",
    readings=(
        Reading("conversationId", "tel_interaction.interaction_id", "visits are numbered in the order they began"),
        Reading("sessions[].mediaType", "tel_interaction.channel", "chat and message become conversations"),
        Reading("sessions[].direction", "tel_interaction.direction", "else originatingDirection; callbacks inbound"),
        Reading("segments[].queueId", "tel_interaction.queue_key", "an id; queues names it"),
        Reading("participants[].userId", "tel_interaction.agent_key", "of the session that took the visit"),
        Reading("sessions[].ani", "tel_interaction.customer_ref", "outbound dnis; callbackNumbers and addresses too"),
        Reading("acd interact.segmentStart", "tel_interaction.queued_at"),
        Reading("agent interact.segmentStart", "tel_interaction.answered_at"),
        Reading("agent interact", "tel_interaction.talk_ms", "sum; tTalk where the session has it"),
        Reading("agent hold", "tel_interaction.hold_ms", "sum; tHeld where the session has it"),
        Reading("agent wrapup", "tel_interaction.acw_ms", "sum; tAcw where the session has it; none is null"),
        Reading("agent alert", "tel_offer.ring_ms", "each alert is an offer; client rejected, peer canceled"),
        Reading("tAbandon, tFlowOut", "tel_interaction.outcome", "without metrics disconnectType of the acd session"),
        Reading("disconnectType", "tel_interaction.ended_by", "of the agent: client and endpoint agent, peer customer"),
        Reading("wrapUpCode", "tel_interaction.contact_reason", "an id, the last; `reasons` says which count"),
        Reading("nConsultTransferred, disconnectType", "tel_interaction.transfer_kind", "queue where a queue follows"),
        Reading("conversationEnd", "chat_conversation.ended_at", "in old exports the end of the customer's session"),
    ),
    gotchas=(
        "A conversation longer than the interval of a query is in several: query again what had no conversationEnd.",
        "Exports of 2016 have neither metrics nor conversationEnd: durations come from the segments.",
        "Callbacks wait for days. They are a channel of their own.",
        "Queues, users and wrap-up codes are ids. Name queues with queues, agents and reasons by aliases.",
        "Chats tell no messages: the first reply is the moment the agent took the chat.",
    ),
    exports=(
        Export(
            "Genesys Cloud",
            (
                "POST /api/v2/analytics/conversations/details/query, page by page, or a job for large intervals",
                "Store each page as it is returned, below landing/<source>/",
                "Ask again for the last days, so that what went on is completed",
            ),
        ),
    ),
    references=(
        "developer.genesys.cloud/analyticsdatamanagement/analytics/detail/",
        "help.mypurecloud.com/articles/metric-definitions",
    ),
)
