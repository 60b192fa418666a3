"""Chatwoot: conversations, messages and ratings as its application API returns them.

A file holds one JSON document or one a line: a response of the conversation list, of a conversation's messages or of
``csat_survey_responses``, an array of such objects, or a single one. What an object is shows in its fields.

Conversations come twice to their final form: ``read`` derives what it can from the messages of the same pass, and
``derive`` does so again from the messages the lake holds, so that conversations, messages and ratings may come in any
order and in different deliveries. Both use one query.

Definitions, from the source of Chatwoot (models, jbuilder views, activity messages) where it says something:

- Times are epoch seconds and 0 means null; ISO-8601 as in webhook bodies is read too.
- A first reply is the first outgoing message of a user that is not a private note. Activities and templates (greeting,
  survey) are the system's; a bot is an ``agent_bot`` or an assistant.
- A person is asked for when a bot that spoke first lets go of the conversation: the next activity that opens it, else
  the bot's last message before the reply. Without a bot it is the first customer message, else the start. A
  conversation that an agent began, or that is still the bot's, asked for nobody: null.
- It ended at the last activity that resolved it; when no such activity is known, at its last activity of any kind.
  A conversation that is not resolved has no end.
- Counts of messages, and the rules above that need the first messages, hold only when the lake has the first ones
  (the earliest lies within a minute of the start). Before that the object itself is believed.
- A rating is known by its row among the survey responses: the invitation says that it was answered, but not when.

Privacy: of contacts only the id leaves this module, for the core to replace; a contact's name, number, mail and
picture, the custom and additional attributes, and the text of activities (it names people) do not. Fields that are
not known here are left out too, and their names are listed in ``extra`` under ``unknown_fields``.

Agents are known by their user id, because senders of messages carry no mail address.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Literal

import duckdb
import pyarrow as pa
from pydantic import Field

from ingest.contract import CHAT_CONVERSATION, CHAT_MESSAGE, CSAT, Table
from ingest.formats.base import PLACE, REJECTS, Batch, DeliveredFile, RefusedFile, batch_schema
from ingest.formats.conversion import literal
from ingest.source import SourceBase

CHANNELS = {
    "Channel::Email": "email",
    "Channel::FacebookPage": "message",
    "Channel::Instagram": "message",
    "Channel::Line": "message",
    "Channel::Sms": "message",
    "Channel::Telegram": "message",
    "Channel::TwilioSms": "message",
    "Channel::TwitterProfile": "message",
    "Channel::Voice": "voice",
    "Channel::Whatsapp": "message",
}
"""Contract channel of an inbox's kind; every other kind (web widget, API) is chat."""

Status = Literal["open", "resolved", "pending", "snoozed"]

STATUS_TEXTS: dict[Status, list[str]] = {
    "resolved": ["resolved by ", "标记为已解决", "^对话被标记由 .* 解决$"],
    "open": ["reopened by ", "marked open ", "^System reopened ", "重新打开", "标记为打开"],
    "pending": ["marked as pending by ", "待处理$"],
    "snoozed": ["was snoozed by ", "^对话被 .* 暂停$"],
}
"""How activities of versions that do not say so in their attributes tell a new status, in English and Chinese."""


class ChatwootSource(SourceBase, frozen=True):
    """A Chatwoot account.

    ``queue_by`` says whether conversations wait in inboxes or in teams. ``inboxes`` names inboxes, which the API knows
    only by number. ``status_texts`` adds patterns (RE2) of activities in further languages.
    """

    format: Literal["chatwoot"]
    queue_by: Literal["inbox", "team"] = "inbox"
    inboxes: dict[str, str] = Field(default_factory=dict)
    status_texts: dict[Status, list[str]] = Field(default_factory=dict)


_CONVERSATION = {
    "id": "VARCHAR",
    "inbox_id": "VARCHAR",
    "status": "VARCHAR",
    "priority": "VARCHAR",
    "labels": ["VARCHAR"],
    "created_at": "VARCHAR",
    "updated_at": "VARCHAR",
    "last_activity_at": "VARCHAR",
    "timestamp": "VARCHAR",
    "first_reply_created_at": "VARCHAR",
    "meta": {
        "channel": "VARCHAR",
        "sender": {"id": "VARCHAR"},
        "assignee": {"id": "VARCHAR"},
        "team": {"id": "VARCHAR", "name": "VARCHAR"},
    },
}
_MESSAGE = {
    "id": "VARCHAR",
    "conversation_id": "VARCHAR",
    "message_type": "VARCHAR",
    "content": "VARCHAR",
    "content_type": "VARCHAR",
    "private": "BOOLEAN",
    "created_at": "VARCHAR",
    "updated_at": "VARCHAR",
    "sender_id": "VARCHAR",
    "sender_type": "VARCHAR",
    "sender": {"id": "VARCHAR", "type": "VARCHAR"},
    "content_attributes": {"activity": {"type": "VARCHAR", "status": "VARCHAR"}},
}
_RATING = {
    "id": "VARCHAR",
    "message_id": "VARCHAR",
    "conversation_id": "VARCHAR",
    "rating": "DOUBLE",
    "feedback_message": "VARCHAR",
    "created_at": "VARCHAR",
    "assigned_agent": {"id": "VARCHAR"},
}
_STRUCTURES = {"conversation": _CONVERSATION, "message": _MESSAGE, "rating": _RATING}
_KNOWN_FIELDS = {
    "conversation": [
        *_CONVERSATION,
        *("account_id", "additional_attributes", "agent_last_seen_at", "assignee_last_seen_at", "can_reply"),
        *("contact_last_seen_at", "custom_attributes", "last_non_activity_message", "messages", "muted"),
        *("sla_policy_id", "snoozed_until", "unread_count", "uuid", "waiting_since"),
    ],
    "message": [
        *_MESSAGE,
        *("account_id", "additional_attributes", "attachments", "conversation", "echo_id", "external_source_ids"),
        *("inbox_id", "processed_message_content", "sentiment", "source_id", "status"),
    ],
    "rating": [*_RATING, "account_id", "contact", "csat_review_notes", "review_notes_updated_at"],
}


def read(
    files: Sequence[DeliveredFile], source: ChatwootSource, zone: str, con: duckdb.DuckDBPyConnection
) -> Iterator[Batch]:
    """Read files of an account as conversations, messages and ratings. ``zone`` is not needed: times are UTC."""
    broken = _stage_objects(con, files)
    _parse(con)
    con.execute(f"create or replace temp table chatwoot_message as {_messages(source)}")
    con.execute(f"create or replace temp table chatwoot_object as {_conversations(source)}")
    con.execute(f"create or replace temp table chatwoot_conversation as {_told('chatwoot_object', 'chatwoot_message')}")
    con.execute(f"create or replace temp table chatwoot_rating as {_ratings(source)}")
    placed = f"({_placed('chatwoot_rating', 'chatwoot_message', 'chatwoot_conversation')})"
    unreadable = pa.concat_tables([broken, _unfit(con, "conversation")])
    yield Batch(CHAT_CONVERSATION.name, _typed(con, CHAT_CONVERSATION, "chatwoot_conversation"), unreadable)
    yield Batch(CHAT_MESSAGE.name, _typed(con, CHAT_MESSAGE, "chatwoot_message"), _unfit(con, "message"))
    yield Batch(CSAT.name, _typed(con, CSAT, placed), _unfit(con, "rating"))


def _typed(con: duckdb.DuckDBPyConnection, table: Table, relation: str) -> pa.Table:
    """Return a relation as the contract's rows; columns that Chatwoot does not know are null."""
    schema, given = batch_schema(table.name), con.sql(f"select * from {relation}").columns
    told = pa.schema([field for field in schema if field.name in given])
    rows = con.sql(f"select {', '.join(told.names)} from {relation}").to_arrow_table().cast(told)
    return pa.concat_tables([schema.empty_table(), rows], promote_options="default")


def derive(change: Any, source: ChatwootSource, con: duckdb.DuckDBPyConnection, again: bool) -> None:
    """Tell the conversations and ratings that a pass concerns anew, from everything the lake holds about them."""
    if not con.execute("select 1 from duckdb_tables() where table_name = 'incoming_chat_conversation'").fetchone():
        return
    con.execute(
        "create or replace temp table chatwoot_concerned as"
        " select conversation_id from incoming_chat_conversation"
        " union select conversation_id from incoming_chat_message union select interaction_id from incoming_csat"
    )
    started = _dates(con, "incoming_chat_conversation")
    alone = "select 1 from chatwoot_concerned anti join incoming_chat_conversation using (conversation_id)"
    if con.execute(alone).fetchone():
        started = _dates(
            con, f"{change.rows('chat_conversation')} semi join chatwoot_concerned using (conversation_id)"
        )
    if not started:
        return

    def concerned(table: str) -> str:
        since = [day for day in change.files(table) if day >= started[0]]
        return f"(select * from {change.rows(table, since)} semi join chatwoot_concerned using (conversation_id))"

    con.execute(f"create or replace temp table chatwoot_message as {concerned('chat_message')[1:-1]}")
    told = _told(concerned("chat_conversation"), "chatwoot_message")
    con.execute(f"create or replace temp table chatwoot_conversation as {told}")
    is_concerned = "in (select conversation_id from chatwoot_concerned)"
    change.replace(CHAT_CONVERSATION.name, "chatwoot_conversation", started, f"conversation_id {is_concerned}")

    rated = [day for day in change.files("csat") if day >= started[0]]
    ratings = f"(select * exclude (event_date) from {change.rows('csat', rated)} where interaction_id {is_concerned})"
    placed = _placed(ratings, "chatwoot_message", "chatwoot_conversation")
    con.execute(f"create or replace temp table chatwoot_rating as {placed}")
    day = f"cast(asked_at at time zone {literal(change.zone)} as date)"
    asked = _dates(con, f"(select {day} as event_date from chatwoot_rating)")
    if days := sorted({*rated, *asked}):
        change.replace(CSAT.name, "chatwoot_rating", days, f"interaction_id {is_concerned}")


def _dates(con: duckdb.DuckDBPyConnection, relation: str) -> list[date]:
    found = con.execute(f"select distinct event_date from {relation} order by 1").fetchall()
    return [row[0] for row in found]


def _stage_objects(con: duckdb.DuckDBPyConnection, files: Sequence[DeliveredFile]) -> pa.Table:
    """Make the table of objects found in the files, ``chatwoot_found``; return what is none of them."""
    texts = {file.index: _text(file) for file in files}
    place = pa.array(texts.keys(), pa.int32())
    con.register("chatwoot_text", pa.table({"_file": place, "text": pa.array(texts.values(), pa.string())}))
    whole = {row[0] for row in con.execute("select _file from chatwoot_text where json_valid(text)").fetchall()}
    documents = [_documents(index, [text] if index in whole else text.split("\n")) for index, text in texts.items()]
    con.register("chatwoot_text", pa.concat_tables([*documents, _documents(0, [])]))
    con.execute(
        "create or replace temp table chatwoot_document as"
        " select *, json_valid(_raw) as is_json from chatwoot_text where regexp_matches(_raw, '[^\\p{Zs}]')"
    )
    con.unregister("chatwoot_text")
    readable = {row[0] for row in con.execute("select distinct _file from chatwoot_document where is_json").fetchall()}
    for file in files:
        if file.index not in readable and texts[file.index].strip():
            raise RefusedFile(
                file,
                1,
                "not_json",
                "the file is neither a JSON document nor JSON by the line",
                "export it again, whole, as UTF-8",
            )
    con.execute("""
        create or replace temp table chatwoot_found as
        with listed as (
            select _file, _line, json_type(_raw, ['$', '$.data.payload', '$.payload']) as types, case
                when types[1] = 'ARRAY' then json_extract(_raw, '$[*]')
                when types[2] = 'ARRAY' then json_extract(_raw, '$.data.payload[*]')
                when types[3] = 'ARRAY' then json_extract(_raw, '$.payload[*]')
                else [_raw::json] end as objects
            from chatwoot_document where is_json
        ),
        object as (
            select _file, _line, unnest(objects) as object, generate_subscripts(objects, 1) as position from listed
        ),
        named as (
            select _file, _line, 'object ' || position as path, object, json_keys(object) as fields from object
        )
        select *, case
            when list_has_all(fields, ['rating', 'message_id']) then 'rating'
            when list_contains(fields, 'message_type') then 'message'
            when list_has_all(fields, ['inbox_id', 'status']) then 'conversation'
            else 'unknown' end as kind, false as is_nested
        from named
    """)
    con.execute("""
        insert into chatwoot_found
        with nested as (
            select _file, _line, path, unnest(json_extract(object, '$.messages[*]')) as object
            from chatwoot_found where kind = 'conversation'
        )
        select _file, _line, path || ', its message', object, json_keys(object), 'message', true from nested
    """)
    return (
        con.sql("""
        select _file, _line, 'broken_json' as rule, 'the line is no JSON document' as message,
            'export it again; a line cut short was perhaps still being written' as mend, _raw as raw
        from chatwoot_document where not is_json
        union all
        select _file, _line, 'unknown_object', path || ' is no conversation, message or rating',
            'deliver responses of conversations, messages and csat_survey_responses only', object::varchar
        from chatwoot_found where kind = 'unknown'
    """)
        .to_arrow_table()
        .cast(REJECTS)
    )


def _text(file: DeliveredFile) -> str:
    try:
        return file.path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RefusedFile(
            file, None, "undecodable", f"the file is not UTF-8: {error.reason}", "export it again as UTF-8"
        ) from error


def _documents(index: int, texts: Sequence[str]) -> pa.Table:
    count = len(texts)
    columns = [pa.repeat(pa.scalar(index, pa.int32()), count), pa.array(range(1, count + 1), pa.int64())]
    return pa.Table.from_arrays([*columns, pa.array(texts, pa.string())], schema=PLACE)


def _moment(text: str) -> str:
    """SQL for the instant of a text: epoch seconds, of which 0 is null, or ISO-8601 with offset."""
    seconds = f"try_cast({text} as double)"
    return (
        f"case when {seconds} > 0 then make_timestamptz(round({seconds} * 1000000)::bigint)"
        f" when regexp_matches({text}, 'T.*(Z|[+-]\\d\\d:?\\d\\d)$') then try_cast({text} as timestamptz) end"
    )


def _without_nulls(**values: str) -> str:
    """SQL for a JSON object of SQL values, as text and without the null ones; null when all of them are."""
    pairs = ", ".join(f"{literal(name)}, {value}" for name, value in values.items())
    is_any = " or ".join(f"({value}) is not null" for value in values.values())
    return f"case when {is_any} then json_merge_patch('{{}}', json_object({pairs}))::varchar end"


def _unknown_fields(kind: str) -> str:
    """SQL for the names of an object's fields that are not known; null when all are."""
    known = f"[{', '.join(map(literal, dict.fromkeys(_KNOWN_FIELDS[kind])))}]"
    unknown = f"list_filter(fields, lambda name: not list_contains({known}, name))"
    return f"case when not list_has_all({known}, fields) then {unknown} end"


def _parse(con: duckdb.DuckDBPyConnection) -> None:
    """Make a table of the objects of each kind, with their fields as ``o``.

    A view would be parsed once for each mention of a field in a condition.
    """
    for kind, structure in _STRUCTURES.items():
        con.execute(
            f"create or replace temp table chatwoot_{kind}_found as select _file, _line, path, fields, is_nested,"
            f" object::varchar as _raw, json_transform(object, {literal(json.dumps(structure))}) as o"
            f" from chatwoot_found where kind = {literal(kind)}"
        )


def _status_told(source: ChatwootSource) -> str:
    """SQL for the status that an activity tells, null when it tells none."""
    texts = {status: [*texts, *source.status_texts.get(status, [])] for status, texts in STATUS_TEXTS.items()}
    cases = " ".join(
        f"when regexp_matches(o.content, {literal('|'.join(patterns))}) then {literal(status)}"
        for status, patterns in texts.items()
    )
    return (
        "case when o.content_attributes.activity.type = 'conversation_status_changed'"
        f" then o.content_attributes.activity.status {cases} end"
    )


def _messages(source: ChatwootSource) -> str:
    """SQL for the messages as contract rows. A conversation's copy of a message counts where nothing else has it."""
    return f"""
        with message as (
            select *, lower(coalesce(o.sender.type, o.sender_type)) as sender,
                case o.message_type when '0' then 'incoming' when '1' then 'outgoing' when '2' then 'activity'
                    when '3' then 'template' else o.message_type end as kind_of_message
            from chatwoot_message_found
        ),
        distinguished as (
            select *, case
                when kind_of_message = 'incoming' then 'customer'
                when kind_of_message <> 'outgoing' then 'system'
                when sender in ('agent_bot', 'agentbot', 'captain_assistant', 'captain::assistant') then 'bot'
                when sender = 'user' or coalesce(o.sender.id, o.sender_id) is not null then 'agent'
                else 'system' end as sender_type
            from message
            where kind_of_message in ('incoming', 'outgoing', 'activity', 'template')
        ),
        counting as (
            select * from distinguished where not is_nested
            union all
            select copy.* from distinguished copy
            anti join distinguished own on not own.is_nested and own.o.id = copy.o.id
            where is_nested
            qualify row_number() over (partition by copy.o.id order by copy._file desc, copy._line desc) = 1
        )
        select {literal(source.name)} as source_system, o.id as source_record_id, o.id as message_id, o.conversation_id,
            coalesce({_moment("o.updated_at")}, {_moment("o.created_at")}) as record_updated_at,
            {_moment("o.created_at")} as sent_at, sender_type,
            case when sender_type = 'agent' then coalesce(o.sender.id, o.sender_id) end as agent_key,
            coalesce(o.private, false) as is_private,
            case when kind_of_message <> 'activity' then o.content end as body, length(o.content) as body_length,
            {
        _without_nulls(
            content_type="case when o.content_type <> 'text' then o.content_type end",
            status=f"case when kind_of_message = 'activity' then {_status_told(source)} end",
            unknown_fields=_unknown_fields("message"),
        )
    } as extra, _file, _line, _raw
        from counting
        where o.id is not null and o.conversation_id is not null and {_moment("o.created_at")} is not null
    """


def _conversations(source: ChatwootSource) -> str:
    """SQL for the conversation objects as contract rows, with what only messages tell left null."""
    inboxes = " ".join(f"when {literal(number)} then {literal(name)}" for number, name in source.inboxes.items())
    inbox = f"case o.inbox_id {inboxes} else o.inbox_id end" if inboxes else "o.inbox_id"
    team = "coalesce(o.meta.team.name, o.meta.team.id)"
    channels = " ".join(f"when {literal(kind)} then {literal(channel)}" for kind, channel in CHANNELS.items())
    active = f"coalesce({_moment('o.last_activity_at')}, {_moment('o.timestamp')})"
    facts = _without_nulls(
        inbox="o.inbox_id",
        team=team,
        priority="o.priority",
        labels="nullif(o.labels, [])",
        first_reply_at="nullif(o.first_reply_created_at, '0')",
        last_activity_at=f"epoch({active})::varchar",
        is_unassigned="case when o.meta.assignee.id is null then true end",
        unknown_fields=_unknown_fields("conversation"),
    )
    return f"""
        select {literal(source.name)} as source_system, o.id as source_record_id,
            coalesce({_moment("o.updated_at")}, {active}) as record_updated_at, {facts} as extra,
            o.id as conversation_id, case o.meta.channel {channels} else 'chat' end as channel,
            {inbox if source.queue_by == "inbox" else team} as queue_key, o.meta.assignee.id as agent_key,
            null::varchar as first_agent_key,
            {literal(source.name + ":contact:")} || o.meta.sender.id as customer_ref,
            {_moment("o.created_at")} as created_at, null::timestamptz as human_requested_at,
            null::timestamptz as first_agent_message_at, null::timestamptz as last_customer_message_at,
            null::timestamptz as ended_at, null::bigint as customer_message_count, null::bigint as agent_message_count,
            o.status, _file, _line, _raw
        from chatwoot_conversation_found
        where o.id is not null and {_moment("o.created_at")} is not null
    """


def _told(conversations: str, messages: str) -> str:
    """SQL for contract rows of conversations with what their messages tell; the module's text has the definitions."""
    first_reply = _moment("(extra ->> 'first_reply_at')")
    last_activity = _moment("(extra ->> 'last_activity_at')")
    return f"""
        with said as (
            select conversation_id, sent_at, sender_type, agent_key, extra ->> 'status' as status,
                (sent_at, try_cast(message_id as bigint)) as place, sender_type = 'agent' and not is_private as is_reply
            from {messages}
            qualify row_number() over (partition by message_id) = 1
        ),
        heard as (
            select conversation_id, min(sent_at) as first_at,
                min(sent_at) filter (sender_type = 'customer') as first_customer_at,
                max(sent_at) filter (sender_type = 'customer') as last_customer_at,
                count(*) filter (sender_type = 'customer') as customer_count,
                min(sent_at) filter (is_reply) as replied_at,
                arg_min(agent_key, place) filter (is_reply) as first_agent,
                arg_max(agent_key, place) filter (is_reply) as last_agent,
                count(*) filter (is_reply) as reply_count,
                min(sent_at) filter (sender_type = 'bot') as first_bot_at,
                max(sent_at) filter (status is not null) as status_at,
                arg_max(status, place) filter (status is not null) as last_status
            from said group by conversation_id
        ),
        bots as (
            select conversation_id, max(sent_at) filter (sender_type = 'bot') as last_bot_at,
                min(sent_at) filter (status = 'open' and sent_at >= first_bot_at) as let_go_at
            from said join heard using (conversation_id)
            where sent_at <= coalesce(replied_at, 'infinity') and first_bot_at < coalesce(replied_at, 'infinity')
            group by conversation_id
        ),
        known as (
            select c.*, heard.* exclude (conversation_id), last_bot_at, let_go_at,
                coalesce(first_at <= created_at + interval 1 minute, false) as has_beginning,
                case when status_at > record_updated_at then last_status else status end as status_now
            from {conversations} c
            left join heard using (conversation_id) left join bots using (conversation_id)
        )
        select * exclude (first_at, first_customer_at, last_customer_at, customer_count, replied_at, first_agent,
            last_agent, reply_count, first_bot_at, status_at, last_status, last_bot_at, let_go_at, has_beginning,
            status_now)
            replace (
                status_now as status,
                case when extra ->> 'is_unassigned' = 'true' then last_agent else agent_key end as agent_key,
                case when has_beginning or replied_at <= {first_reply} then first_agent end as first_agent_key,
                case when has_beginning then replied_at else least(replied_at, {first_reply}) end
                    as first_agent_message_at,
                last_customer_at as last_customer_message_at,
                case when has_beginning then customer_count end as customer_message_count,
                case when has_beginning then reply_count end as agent_message_count,
                case
                    when not has_beginning and status_now = 'pending' then null
                    when not has_beginning then coalesce(let_go_at, created_at)
                    when last_bot_at is not null then coalesce(
                        let_go_at,
                        case when replied_at is not null or status_now in ('open', 'snoozed') then last_bot_at end)
                    when replied_at < coalesce(first_customer_at, 'infinity') then null
                    else coalesce(first_customer_at, created_at) end as human_requested_at,
                case when status_now = 'resolved' then coalesce(
                    case when last_status = 'resolved' then status_at end, {last_activity}, record_updated_at) end
                    as ended_at)
        from known
    """


def _ratings(source: ChatwootSource) -> str:
    """SQL for the ratings and the invitations without one as contract rows, as far as they tell themselves."""
    return f"""
        with rating as (
            select *, coalesce(o.message_id, 'rating ' || o.id) as response_id,
                {_moment("o.created_at")} as answered_at
            from chatwoot_rating_found
        ),
        invited as (
            select * from chatwoot_message
            where extra ->> 'content_type' = 'input_csat'
                and message_id not in (select response_id from rating)
        )
        select {literal(source.name)} as source_system, response_id as source_record_id,
            answered_at as record_updated_at, {_without_nulls(unknown_fields=_unknown_fields("rating"))} as extra,
            response_id, o.conversation_id as interaction_id, 'chat' as channel, null::varchar as queue_key,
            o.assigned_agent.id as agent_key, answered_at as contact_at, answered_at as asked_at, answered_at,
            o.rating as score, 1.0 as scale_min, 5.0 as scale_max, o.feedback_message as comment, _file, _line, _raw
        from rating
        where o.conversation_id is not null and o.rating is not null and answered_at is not null
        union all by name
        select source_system, source_record_id, record_updated_at, null as extra, message_id as response_id,
            conversation_id as interaction_id, 'chat' as channel, null as queue_key, null as agent_key,
            sent_at as contact_at, sent_at as asked_at, 1.0 as scale_min, 5.0 as scale_max, _file, _line, _raw
        from invited
    """


def _placed(ratings: str, messages: str, conversations: str) -> str:
    """SQL for ratings with the time of their invitation and what their conversation knows."""
    return f"""
        with invitation as (select distinct message_id, sent_at from {messages}),
        conversation as (
            select * from {conversations}
            qualify row_number() over (partition by conversation_id order by record_updated_at desc nulls last) = 1
        )
        select r.* replace (
            coalesce(sent_at, r.asked_at) as asked_at, coalesce(c.created_at, r.contact_at) as contact_at,
            coalesce(c.channel, r.channel) as channel, coalesce(c.queue_key, r.queue_key) as queue_key,
            case when r.answered_at is null then coalesce(c.agent_key, r.agent_key)
                else coalesce(r.agent_key, c.agent_key) end as agent_key)
        from {ratings} r
        left join invitation on message_id = response_id
        left join conversation c on c.conversation_id = r.interaction_id
    """


_UNFIT = {
    "conversation": "o.id is null or {created} is null",
    "message": "o.id is null or o.conversation_id is null or {created} is null"
    " or o.message_type not in ('0', '1', '2', '3', 'incoming', 'outgoing', 'activity', 'template')",
    "rating": "o.conversation_id is null or o.rating is null or {created} is null",
}
_NEEDED = {
    "conversation": "id and created_at",
    "message": "id, conversation_id, created_at and a message_type of 0 to 3",
    "rating": "conversation_id, rating and created_at",
}


def _unfit(con: duckdb.DuckDBPyConnection, kind: str) -> pa.Table:
    """Return the objects of a kind that lack what identifies and places them."""
    condition = _UNFIT[kind].format(created=_moment("o.created_at"))
    message = f"path || ' is a {kind} without {_NEEDED[kind]}'"
    return (
        con.sql(
            f"select _file, _line, 'incomplete_{kind}' as rule, {message} as message,"
            f" 'export the object as the API returns it' as mend, _raw as raw"
            f" from chatwoot_{kind}_found where coalesce({condition}, true)"
        )
        .to_arrow_table()
        .cast(REJECTS)
    )
