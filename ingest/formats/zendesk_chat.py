"""Zendesk Chat: chats and offline messages as the Chat API returns them.

A file holds responses of the incremental export, of the list or search of chats, or chats one by one. A chat is
exported again whenever it changes; the version with the latest update counts.

Definitions, from the reference of the Chat API where it says something:

- Times are ISO-8601 in UTC, durations seconds. A chat lies between ``timestamp`` and ``end_timestamp``, or
  ``timestamp`` and ``duration``.
- Who wrote an event of the history shows in ``sender_type`` or in ``nick``: ``visitor``, ``agent:<id>``,
  ``agent:trigger``. Triggers are the system's. An agent that is a program looks like a person: declare it under
  ``bots``.
- A rating is ``good`` (1) or ``bad`` (0); the last one counts, and one taken back counts as unanswered. It was asked
  for at the first request; a rating that nobody asked for is its own invitation.
- An offline message waits for nobody: it came when no one was there. It is a conversation of channel ``message``,
  pending, in which nobody was asked for, so that no chat indicator counts it as a wait.

Privacy: of the visitor only the id leaves this module, for the core to replace. Names, addresses, numbers, notes, the
session and the pages visited do not, nor do tags unless ``reason_by`` asks for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import duckdb
from pydantic import Field as Declared

from ingest.conform import literal
from ingest.contract import APART
from ingest.formats.base import About, Batch, DeliveredFile, Export, Reading
from ingest.formats.dialogue import told
from ingest.formats.records import (
    Field,
    batch,
    instant,
    kept_fields,
    parsed,
    read_fields,
    refuse_others,
    structure_of,
)
from ingest.source import SourceBase

WHAT = "Zendesk Chat chats"

FIELDS = {
    "chat_id": Field("id", required=True),
    "kind": Field("type"),
    "started_at": Field("timestamp", "time", required=True),
    "finished_at": Field("end_timestamp", "time"),
    "updated_at": Field("update_timestamp", "time"),
    "duration_ms": Field("duration", "seconds"),
    "department": Field("department_name"),
    "department_id": Field("department_id"),
    "visitor": Field("visitor.id"),
    "agent_ids": Field("agent_ids", "list"),
    "agent_names": Field("agent_names", "list"),
    "history": Field("history", "list"),
    "message": Field("message"),
    "rating": Field("rating"),
    "comment": Field("comment"),
    "missed": Field("missed", "flag"),
    "dropped": Field("dropped", "flag"),
    "triggered": Field("triggered", "flag"),
    "started_by": Field("started_by"),
    "first_response_ms": Field("response_time.first", "seconds"),
    "tags": Field("tags"),
}

KNOWN = (
    *dict.fromkeys(field.path.split(".")[0] for field in FIELDS.values()),
    *("conversions", "count", "deleted", "engagements", "proactive", "referrer_search_engine"),
    *("referrer_search_terms", "session", "skills", "triggered_response", "unread", "webpath"),
    *("zendesk_ticket_id",),
)
"""Fields of the reference; those that no column is read from hold nothing the contract asks for, or are personal."""

_KEPT = {name: name for name in ("missed", "dropped", "triggered", "started_by", "first_response_ms")}
"""What the contract has no column for, kept in ``extra``."""

_EVENT = (
    '[{"type": "VARCHAR", "timestamp": "VARCHAR", "nick": "VARCHAR", "sender_type": "VARCHAR", "agent_id": "VARCHAR",'
    ' "name": "VARCHAR", "msg": "VARCHAR", "new_rating": "VARCHAR", "new_comment": "VARCHAR"}]'
)


class ZendeskChatSource(SourceBase, frozen=True):
    """A Zendesk Chat account.

    ``queue_by`` says whether departments are known by name or id. ``bots`` are ids of agents that are programs.
    ``reason_by: tags`` says that tags tell what a chat is about; without it they are not read.
    """

    format: Literal["zendesk_chat"]
    queue_by: Literal["name", "id"] = "name"
    bots: list[str] = Declared(default_factory=list)
    reason_by: Literal["tags"] | None = None


def read(
    files: Sequence[DeliveredFile], source: ZendeskChatSource, zone: str, con: duckdb.DuckDBPyConnection
) -> Iterator[Batch]:
    """Read chats into conversations, messages and ratings; times are UTC, so ``zone`` plays no part."""
    del zone
    for broken in parsed(files, con, "zendesk_found", structure_of(FIELDS.values()), WHAT, pages=("chats", "docs")):
        refuse_others(files, con, "zendesk_found", "list_has_any(fields, ['visitor', 'history', 'message'])", WHAT)
        unfit = read_fields(con, "zendesk_chat", FIELDS, "zendesk_found", KNOWN)
        con.execute(f"create or replace temp table zendesk_event as {_events(source)}")
        con.execute(f"create or replace temp table zendesk_told as {_told(source)}")
        yield batch(con, "chat_conversation", _conversations(source), [broken, unfit], _KEPT)
        yield batch(con, "chat_message", _messages(source))
        yield batch(con, "csat", _ratings(source))


def recognise(path: Path, head: bytes) -> str | None:
    """Return what the fields of a chat tell."""
    is_chat = b'"visitor"' in head and b'"timestamp"' in head and (b'"history"' in head or b'"offline_msg"' in head)
    return "the fields of a Zendesk Chat chat" if is_chat and head.lstrip()[:1] in (b"{", b"[") else None


def _events(source: ZendeskChatSource) -> str:
    """SQL for the events of all histories; an offline message is an event of its own."""
    bots = f"[{', '.join(map(literal, source.bots))}]::varchar[]"
    return f"""
        with listed as (
            select *, case when kind = 'offline_msg' then null else from_json(history, '{_EVENT}') end as events
            from zendesk_chat
        ),
        event as (
            select * exclude (events), unnest(events) as e, generate_subscripts(events, 1) as position from listed
        ),
        known as (
            select chat_id, _file, _line, _raw, e, position, {instant("e.timestamp")} as sent_at,
                lower(coalesce(e.sender_type, regexp_extract(e.nick, '^[a-z]+'))) as sender,
                coalesce(
                    e.agent_id,
                    nullif(regexp_extract(e.nick, '^agent:([0-9]+)', 1), ''),
                    json_extract_string(agent_ids, '$[' || (list_position(
                        from_json(agent_names, '["VARCHAR"]'), e.name) - 1) || ']')) as agent
            from event
        )
        select * exclude (e, sender, agent), e.type as type,
            case
                when e.type not in ('chat.msg', 'chat.file') then 'system'
                when sender = 'visitor' then 'customer'
                when sender = 'trigger' or e.nick = 'agent:trigger' then 'system'
                when sender = 'bot' or list_contains({bots}, agent) then 'bot'
                when sender = 'agent' or agent is not null then 'agent'
                else 'system' end as sender_type,
            agent, e.msg as body, e.new_rating as new_rating, e.new_comment as new_comment,
            e.type = 'chat.memberjoin' and sender = 'agent' and not list_contains({bots}, coalesce(agent, ''))
                or e.type like 'chat.transfer%' as hands_over
        from known
        union all by name
        select chat_id, _file, _line, _raw, 1 as position, started_at as sent_at, 'offline_msg' as type,
            'customer' as sender_type, null as agent, message as body, false as hands_over
        from zendesk_chat where kind = 'offline_msg'
    """


def _told(source: ZendeskChatSource) -> str:
    """SQL for the chats with what their events tell."""
    events = (
        "(select chat_id, _file, _line, sent_at, position, sender_type, hands_over, false as is_private,"
        " case when sender_type = 'agent' then agent end as agent_key from zendesk_event)"
    )
    queue = "coalesce(department, department_id)" if source.queue_by == "name" else "department_id"
    return f"""
        select c.*, t.* exclude (chat_id, _file, _line), {queue} as queue_key,
            coalesce(kind = 'offline_msg', false) as is_offline,
            case when kind is distinct from 'offline_msg' then coalesce(
                finished_at, started_at + to_milliseconds(duration_ms), last_at) end as ended_at,
            coalesce(last_agent_key, json_extract_string(agent_ids, '$[#-1]')) as agent_key
        from zendesk_chat c left join {told(events, "chat_id, _file, _line")} t using (chat_id, _file, _line)
    """


def _conversations(source: ZendeskChatSource) -> str:
    tags = "try(json_extract_string(tags, '$[*]'))" if source.reason_by else "null::varchar[]"
    return f"""
        select {literal(source.name)} as source_system, chat_id as source_record_id,
            coalesce(updated_at, ended_at) as record_updated_at, {kept_fields(_KEPT)} as extra,
            chat_id as conversation_id,
            case when is_offline then 'message' else 'chat' end as channel, queue_key, agent_key, first_agent_key,
            {literal(source.name + ":visitor:")} || visitor as customer_ref, started_at as created_at,
            case when not is_offline then human_requested_at end as human_requested_at, first_agent_message_at,
            last_customer_message_at, ended_at, nullif(array_to_string({tags}, {literal(APART)}), '') as contact_reason,
            coalesce(customer_message_count, 0) as customer_message_count,
            coalesce(agent_message_count, 0) as agent_message_count,
            case when is_offline then 'pending' else 'resolved' end as status, _file, _line, _raw
        from zendesk_told
    """


def _messages(source: ZendeskChatSource) -> str:
    return f"""
        select {literal(source.name)} as source_system, chat_id || ':' || position as source_record_id,
            sent_at as record_updated_at, chat_id || ':' || position as message_id, chat_id as conversation_id, sent_at,
            sender_type, case when sender_type = 'agent' then agent end as agent_key, false as is_private,
            body, length(body) as body_length, _file, _line, _raw
        from zendesk_event where type in ('chat.msg', 'chat.file', 'offline_msg')
    """


def _ratings(source: ZendeskChatSource) -> str:
    return f"""
        with rated as (
            select chat_id, _file, _line, min(sent_at) filter (type = 'chat.request.rating') as requested_at,
                max(sent_at) filter (type = 'chat.rating') as rated_at,
                arg_max(lower(coalesce(new_rating, '')), position) filter (type = 'chat.rating') as last_rating,
                arg_max(new_comment, position) filter (type = 'chat.comment') as last_comment
            from zendesk_event group by all
        ),
        known as (
            select c.*, requested_at, last_comment, rated_at,
                case coalesce(last_rating, lower(rating)) when 'good' then 1.0 when 'bad' then 0.0 end as score
            from zendesk_told c left join rated using (chat_id, _file, _line)
        ),
        timed as (
            select *, case when score is not null then coalesce(rated_at, ended_at, started_at) end as answered_at
            from known
        )
        select {literal(source.name)} as source_system, chat_id as source_record_id,
            coalesce(updated_at, ended_at) as record_updated_at, chat_id as response_id, chat_id as interaction_id,
            'chat' as channel, queue_key, agent_key, started_at as contact_at,
            least(coalesce(requested_at, rated_at, answered_at), answered_at) as asked_at, answered_at, score,
            0.0 as scale_min, 1.0 as scale_max, coalesce(last_comment, comment) as comment, _file, _line, _raw
        from timed where requested_at is not null or rated_at is not null or score is not null
    """


ABOUT = About(
    title="Zendesk Chat",
    systems="Zendesk Chat API v2: incremental export of chats, list and search of chats, single chats",
    files="JSON: responses with `chats` (or `docs`), arrays, or one chat a line",
    zone="times carry their offset (UTC); the source's zone plays no part",
    units="durations and response times in seconds",
    readings=(
        Reading("id", "chat_conversation.conversation_id"),
        Reading("timestamp", "chat_conversation.created_at"),
        Reading("end_timestamp, duration", "chat_conversation.ended_at", "timestamp + duration without an end"),
        Reading("history", "chat_conversation.human_requested_at", "first visitor message; after a bot its handover"),
        Reading("history", "chat_conversation.first_agent_message_at", "first message of a person"),
        Reading("department_name", "chat_conversation.queue_key", "or department_id, see queue_by"),
        Reading("agent_ids, nick", "chat_conversation.agent_key", "who replied last, else the last one listed"),
        Reading("tags", "chat_conversation.contact_reason", "with reason_by: tags"),
        Reading("visitor.id", "chat_conversation.customer_ref", "as a pseudonym"),
        Reading("update_timestamp", "chat_conversation.record_updated_at", "the latest version counts"),
        Reading("history[].msg", "chat_message.body", "redacted; id of the chat and place in the history are the key"),
        Reading("history[].sender_type, nick", "chat_message.sender_type", "triggers are the system's"),
        Reading("rating", "csat.score", "good 1, bad 0; taken back: unanswered"),
        Reading("comment", "csat.comment", "redacted"),
    ),
    gotchas=(
        "Without `fields=chats(*)` the incremental export returns ids only; such records are refused.",
        "The incremental export gives a chat again whenever it changes, a tag included; the latest update counts.",
        "Its page contradicts itself on start_time: it is seconds, in spite of the table that says microseconds.",
        "Bots that write through an agent's account look like people until they are declared under `bots`.",
        "Only chats that have ended are exported. How long an agent worked on a chat is not told.",
    ),
    exports=(
        Export(
            "Zendesk",
            (
                "Create an OAuth client in Zendesk Chat (Settings, Account, API & SDKs) with the scopes read and chat.",
                "GET /api/v2/chat/incremental/chats?fields=chats(*)&start_time=<epoch seconds of the last export>",
                "Follow next_page until count is below the limit, and save every response as it is.",
            ),
        ),
    ),
    references=(
        "https://developer.zendesk.com/api-reference/live-chat/chat-api/chats/",
        "https://developer.zendesk.com/api-reference/live-chat/chat-api/incremental_export/",
    ),
)
"""What the page of this format is written from."""
