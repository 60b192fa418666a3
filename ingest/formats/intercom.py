"""Intercom: conversations as its API returns them, with their parts, statistics and rating.

A file holds single conversations (``GET /conversations/{id}``), responses of the list or search, or conversations one a
line. A conversation comes again whenever it changes; the version updated last counts.

Definitions, from the reference of the API (versions 1.0 to 2.x) where it says something:

- Times are epoch seconds; 0 and null are none.
- The first message is the conversation's ``source`` (``conversation_message`` before 2.0), sent when the conversation
  was created. What a campaign or the operator sends in an admin's name is the system's.
- A reply is a comment of an admin, or the text that came with an assignment, a close or a reopening. A note is among
  staff. Authors of type ``bot`` are bots, ``user``, ``lead`` and ``contact`` customers.
- A bot hands over at the first assignment behind its first message.
- It ended at the last close, when it is closed.
- A response holds the newest 500 parts at most and the list none: where ``total_count`` says that parts are missing,
  counts are unknown and the first reply is the one of ``statistics``.
- A rating (1 to 5) was asked for at its ``created_at`` and given at its ``updated_at``, which older versions lack: then
  both are one.

Privacy: of contacts only the id leaves this module, for the core to replace. Names, addresses, custom attributes,
titles and subjects do not, nor do tags and topics unless ``reason_by`` asks for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow as pa
from pydantic import Field as Declared

from ingest.conform import literal
from ingest.contract import APART
from ingest.formats.base import REJECTS, About, Batch, DeliveredFile, Export, Reading
from ingest.formats.dialogue import told
from ingest.formats.records import (
    RAW,
    Field,
    batch,
    kept_fields,
    parsed,
    read_fields,
    refuse_others,
    structure_of,
)
from ingest.source import SourceBase

WHAT = "Intercom conversations"

FIELDS = {
    "id": Field("id", required=True),
    "kind": Field("type"),
    "created_ms": Field("created_at", "seconds", required=True),
    "updated_ms": Field("updated_at", "seconds"),
    "state": Field("state"),
    "is_open": Field("open", "flag"),
    "admin": Field("admin_assignee_id"),
    "team": Field("team_assignee_id"),
    "assignee": Field("assignee.id"),
    "assignee_type": Field("assignee.type"),
    "contacts": Field("contacts"),
    "customers": Field("customers"),
    "user": Field("user.id"),
    "via": Field("source.type"),
    "source_id": Field("source.id"),
    "source_body": Field("source.body"),
    "source_author": Field("source.author.id"),
    "source_author_type": Field("source.author.type"),
    "delivered_as": Field("source.delivered_as"),
    "first_id": Field("conversation_message.id"),
    "first_body": Field("conversation_message.body"),
    "first_author": Field("conversation_message.author.id"),
    "first_author_type": Field("conversation_message.author.type"),
    "parts": Field("conversation_parts.conversation_parts", "list"),
    "part_count": Field("conversation_parts.total_count", "number"),
    "rating": Field("conversation_rating.rating", "number"),
    "remark": Field("conversation_rating.remark"),
    "rating_asked_ms": Field("conversation_rating.created_at", "seconds"),
    "rating_given_ms": Field("conversation_rating.updated_at", "seconds"),
    "rated_admin": Field("conversation_rating.teammate.id"),
    "first_reply_ms": Field("statistics.first_admin_reply_at", "seconds"),
    "last_contact_ms": Field("statistics.last_contact_reply_at", "seconds"),
    "last_close_ms": Field("statistics.last_close_at", "seconds"),
    "reopens": Field("statistics.count_reopens", "number"),
    "assignments": Field("statistics.count_assignments", "number"),
    "tags": Field("tags"),
    "topics": Field("topics"),
}

KNOWN = (
    *dict.fromkeys(field.path.split(".")[0] for field in FIELDS.values()),
    *("ai_agent", "ai_agent_participated", "company", "custom_attributes", "customer_first_reply"),
    *("first_contact_reply", "linked_objects", "links", "metadata", "priority", "read", "sent_at", "sla_applied"),
    *("snoozed_until", "teammates", "ticket", "title", "waiting_since"),
)
"""Fields of the reference; those that no column is read from hold nothing the contract asks for, or are personal."""

_KEPT = {
    "via": "via",
    "delivered_as": "delivered_as",
    "reopens": "cast(reopens as bigint)",
    "assignments": "cast(assignments as bigint)",
    "parts_missing": "case when not is_whole then true end",
}
"""What the contract has no column for, kept in ``extra``."""

CHANNELS = {
    "email": "email",
    "facebook": "message",
    "instagram": "message",
    "phone_call": "voice",
    "phone_switch": "voice",
    "sms": "message",
    "twitter": "message",
    "whatsapp": "message",
}
"""Contract channel of a ``source.type``; every other one is chat."""

_PART = (
    '[{"id": "VARCHAR", "part_type": "VARCHAR", "body": "VARCHAR", "created_at": "DOUBLE", "updated_at": "DOUBLE",'
    ' "author": {"type": "VARCHAR", "id": "VARCHAR"}, "assigned_to": {"type": "VARCHAR", "id": "VARCHAR"}}]'
)
_AUTOMATIC = "['automated', 'campaigns_initiated', 'operator_initiated']"


class IntercomSource(SourceBase, frozen=True):
    """An Intercom workspace. ``teams`` names teams, which conversations know only by number.

    ``reason_by`` says whether tags or topics tell what a conversation is about; without it neither is read.
    """

    format: Literal["intercom"]
    teams: dict[str, str] = Declared(default_factory=dict)
    reason_by: Literal["tags", "topics"] | None = None


def read(
    files: Sequence[DeliveredFile], source: IntercomSource, zone: str, con: duckdb.DuckDBPyConnection
) -> Iterator[Batch]:
    """Read conversations with messages and ratings; times are epoch seconds, so ``zone`` plays no part."""
    del zone
    pages = ("conversations", "data")
    for broken in parsed(files, con, "intercom_found", structure_of(FIELDS.values()), WHAT, pages=pages):
        is_one = "list_has_any(fields, ['source', 'conversation_message', 'conversation_parts', 'statistics'])"
        refuse_others(files, con, "intercom_found", is_one, WHAT)
        unfit = pa.concat_tables(
            [read_fields(con, "intercom_conversation", FIELDS, "intercom_found", KNOWN), _others(con)]
        )
        con.execute(f"create or replace temp table intercom_part as {_PARTS}")
        con.execute(f"create or replace temp table intercom_told as {_told(source)}")
        yield batch(con, "chat_conversation", _conversations(source), [broken, unfit], _KEPT)
        yield batch(con, "chat_message", _messages(source))
        yield batch(con, "csat", _ratings(source))


def recognise(path: Path, head: bytes) -> str | None:
    """Return what the fields of a conversation tell."""
    names = (b'"conversation_parts"', b'"conversation_rating"', b'"conversation_message"', b'"admin_assignee_id"')
    is_one = head.lstrip()[:1] in (b"{", b"[") and any(name in head for name in names)
    return "the fields of an Intercom conversation" if is_one else None


def _others(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Take out what says to be something else, as a part left over from a conversation cut short does."""
    others = con.execute(
        "select _file, _line, 'no_conversation' as rule, 'the record is a ' || kind as message,"
        f" 'deliver conversations whole' as mend, left(_raw, {RAW}) as raw"
        " from intercom_conversation where kind <> 'conversation'"
    ).to_arrow_table()
    con.execute("delete from intercom_conversation where kind <> 'conversation'")
    return others.cast(REJECTS)


def _moment(milliseconds: str) -> str:
    return f"case when {milliseconds} > 0 then make_timestamptz({milliseconds} * 1000) end"


def _plain(html: str) -> str:
    """SQL for the text of an HTML body: lines where paragraphs end, without tags, the common entities resolved."""
    text = f"regexp_replace({html}, '(?i)<br ?/?>|</(p|div|li|h[1-6])>', chr(10), 'g')"
    text = f"regexp_replace({text}, '<[^>]*>', '', 'g')"
    for entity, sign in (("nbsp", " "), ("lt", "<"), ("gt", ">"), ("quot", '"'), ("#39", "''"), ("amp", "&")):
        text = f"replace({text}, '&{entity};', '{sign}')"
    return f"trim({text}, ' ' || chr(10))"


def _sender(author: str) -> str:
    return (
        f"case when {author} in ('user', 'lead', 'contact') then 'customer' when {author} = 'bot' then 'bot'"
        f" when {author} in ('admin', 'team') then 'agent' else 'system' end"
    )


_PARTS = f"""
    with part as (
        select id, _file, _line, _raw, unnest(from_json(parts, '{_PART}')) as p,
            generate_subscripts(from_json(parts, '{_PART}'), 1) as position
        from intercom_conversation where parts is not null
    ),
    said as (
        select id, _file, _line, _raw, position, id || ':' || p.id as message_id, p.part_type as part_type,
            {_moment("cast(p.created_at * 1000 as bigint)")} as sent_at,
            {_moment("cast(coalesce(p.updated_at, p.created_at) * 1000 as bigint)")} as updated_at,
            {_plain("p.body")} as body, p.author.id as author, {_sender("p.author.type")} as sender,
            p.assigned_to.id is not null as is_assigned
        from part
        union all by name
        select id, _file, _line, _raw, 0 as position, id || ':' || coalesce(source_id, first_id, 'first') as message_id,
            'comment' as part_type, {_moment("created_ms")} as sent_at, sent_at as updated_at,
            {_plain("coalesce(source_body, first_body)")} as body, coalesce(source_author, first_author) as author,
            case when list_contains({_AUTOMATIC}, delivered_as) then 'system'
                else {_sender("coalesce(source_author_type, first_author_type)")} end as sender,
            false as is_assigned
        from intercom_conversation
    ),
    kept as (
        select *, part_type like 'note%' as is_private,
            part_type in ('comment', 'quick_reply') or part_type like 'note%' or nullif(body, '') is not null
                as is_message
        from said
    )
    select * exclude (sender), case when is_message then sender else 'system' end as sender_type,
        case when sender = 'agent' then author end as agent_key, is_assigned as hands_over
    from kept
"""


def _told(source: IntercomSource) -> str:
    """SQL for the conversations with what their parts tell, as far as all of them are there."""
    names = " ".join(f"when {literal(number)} then {literal(name)}" for number, name in source.teams.items())
    team = "coalesce(nullif(team, '0'), case when assignee_type = 'team' then assignee end)"
    closed = (
        "(select id, _file, _line, max(sent_at) as closed_at from intercom_part where part_type = 'close' group by all)"
    )
    return f"""
        with known as (
            select c.*, t.* exclude (id, _file, _line), closed_at, coalesce(state, case when is_open then 'open'
                when not is_open then 'closed' end) as state_now, {team} as team_now,
                coalesce(part_count <= len(from_json(parts, '["JSON"]')), parts is not null) as is_whole,
                {_moment("first_reply_ms")} as reply_told_at
            from intercom_conversation c
            left join {told("intercom_part", "id, _file, _line")} t using (id, _file, _line)
            left join {closed} using (id, _file, _line)
        )
        select *, {f"case team_now {names} else team_now end" if names else "team_now"} as queue_key,
            coalesce(nullif(admin, '0'), case when assignee_type = 'admin' then assignee end, last_agent_key)
                as agent_key,
            case when is_whole then first_agent_message_at else coalesce(reply_told_at, first_agent_message_at) end
                as replied_at,
            case when is_whole or reply_told_at is not distinct from first_agent_message_at then first_agent_key end
                as first_key,
            case when state_now = 'closed' then coalesce(closed_at, {_moment("last_close_ms")}, {_moment("updated_ms")})
                end as ended_at,
            case when via is null then 'chat' {"".join(f" when via = '{k}' then '{v}'" for k, v in CHANNELS.items())}
                else 'chat' end as channel
        from known
    """


def _conversations(source: IntercomSource) -> str:
    told_by = source.reason_by
    labels = f"try(json_extract_string({told_by}, '$.{told_by}[*].name'))" if told_by else "null::varchar[]"
    contact = "coalesce(contacts ->> '$.contacts[0].id', contacts ->> '$[0].id', customers ->> '$[0].id', \"user\")"
    return f"""
        select {literal(source.name)} as source_system, id as source_record_id, {_moment("updated_ms")}
            as record_updated_at, {kept_fields(_KEPT)} as extra, id as conversation_id, channel, queue_key, agent_key,
            first_key as first_agent_key, {literal(source.name + ":contact:")} || {contact} as customer_ref,
            {_moment("created_ms")} as created_at, human_requested_at, replied_at as first_agent_message_at,
            case when is_whole then last_customer_message_at
                else coalesce({_moment("last_contact_ms")}, last_customer_message_at) end as last_customer_message_at,
            ended_at, nullif(array_to_string({labels}, {literal(APART)}), '') as contact_reason,
            case when is_whole then customer_message_count end as customer_message_count,
            case when is_whole then agent_message_count end as agent_message_count,
            case state_now when 'closed' then 'resolved' else state_now end as status, _file, _line, _raw
        from intercom_told
    """


def _messages(source: IntercomSource) -> str:
    return f"""
        select {literal(source.name)} as source_system, message_id as source_record_id, updated_at as record_updated_at,
            message_id, id as conversation_id, sent_at, sender_type,
            case when sender_type = 'agent' then agent_key end as agent_key, is_private, body,
            length(body) as body_length, _file, _line, _raw
        from intercom_part where is_message
    """


def _ratings(source: IntercomSource) -> str:
    return f"""
        with rated as (
            select *, coalesce({_moment("rating_asked_ms")}, {_moment("rating_given_ms")}, ended_at,
                {_moment("updated_ms")}) as asked_at, {_moment("rating_given_ms")} as given_at
            from intercom_told where rating is not null or rating_asked_ms > 0
        )
        select {literal(source.name)} as source_system, id as source_record_id, {_moment("updated_ms")}
            as record_updated_at, id as response_id, id as interaction_id, channel, queue_key,
            coalesce(rated_admin, agent_key) as agent_key, {_moment("created_ms")} as contact_at, asked_at,
            case when rating is not null then greatest(given_at, asked_at) end as answered_at, rating as score,
            1.0 as scale_min, 5.0 as scale_max, remark as comment, _file, _line, _raw
        from rated
    """


ABOUT = About(
    title="Intercom",
    systems="Intercom API 1.0 to 2.x: conversations, single or from the list or search",
    files="JSON: conversations, pages with `conversations` (or `data`), arrays, or one conversation a line",
    zone="times are epoch seconds; the source's zone plays no part",
    units="times in seconds; 0 and null are none",
    readings=(
        Reading("id", "chat_conversation.conversation_id"),
        Reading("created_at", "chat_conversation.created_at"),
        Reading("state, open", "chat_conversation.status", "closed is resolved"),
        Reading("conversation_parts[close]", "chat_conversation.ended_at", "the last one, while it is closed"),
        Reading("source, conversation_parts", "chat_conversation.human_requested_at", "behind a bot its handover"),
        Reading("conversation_parts[]", "chat_conversation.first_agent_message_at", "first reply of an admin"),
        Reading(
            "statistics.first_admin_reply_at", "chat_conversation.first_agent_message_at", "when parts are missing"
        ),
        Reading("admin_assignee_id", "chat_conversation.agent_key", "else who replied last"),
        Reading("team_assignee_id", "chat_conversation.queue_key", "named under `teams`"),
        Reading("tags, topics", "chat_conversation.contact_reason", "the one that reason_by names"),
        Reading("contacts", "chat_conversation.customer_ref", "the first one's id, as a pseudonym"),
        Reading("source.body, parts[].body", "chat_message.body", "HTML made text, redacted"),
        Reading("parts[].author.type", "chat_message.sender_type", "admin: agent; user, lead, contact: customer"),
        Reading("parts[].part_type", "chat_message.is_private", "notes are among staff"),
        Reading("conversation_rating.rating", "csat.score", "1 to 5"),
        Reading("conversation_rating.created_at", "csat.asked_at"),
        Reading("conversation_rating.remark", "csat.comment", "redacted"),
    ),
    gotchas=(
        "The list and the search return no parts: fetch every conversation by its id.",
        "A response holds the newest 500 parts; of longer conversations counts are unknown.",
        "The durations of statistics leave out of office hours; they are not read, the times are.",
        "Intercom has no work time and no agent states in its conversations.",
    ),
    exports=(
        Export(
            "Intercom",
            (
                "Create an app in the Developer Hub and take its access token.",
                "POST /conversations/search with updated_at > the time of the last export, following pages.next.",
                "GET /conversations/{id}?display_as=plaintext for each, and save every response, one a line.",
            ),
        ),
    ),
    references=(
        "https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/conversation",
        "https://developers.intercom.com/docs/references/2.10/rest-api/api.intercom.io/models/conversation_part",
    ),
)
"""What the page of this format is written from."""
