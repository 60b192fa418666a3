"""Chatwoot: conversations, messages and ratings as its application API returns them, or as its database holds them.

A file of the API holds one JSON document or one a line: a response of the conversation list, of a conversation's
messages or of ``csat_survey_responses``, an array of such objects, or a single one. A file of the database is the table
``conversations``, ``messages`` or ``csat_survey_responses`` as CSV with a header, or as JSON with one row a line. What
an object or a row is shows in its fields.

Conversations come twice to their final form: ``read`` derives what it can from the messages of the same pass, and
``derive`` does so again from the messages the lake holds, so that conversations, messages and ratings may come in any
order and in different deliveries. Both use one query.

Definitions, from the source of Chatwoot (models, jbuilder views, activity messages) where it says something:

- Times are epoch seconds and 0 means null; ISO-8601 as in webhook bodies is read too. The database's have no zone and
  are UTC; a row of a table is known by them.
- Rows of the tables name a conversation by its row number, the API by its number in the account (``display_id``). The
  lake has the latter; rows that come before their conversation wait under ``table:<row number>``.
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
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow as pa
from pydantic import Field

from ingest.conform import literal
from ingest.contract import APART, CHAT_CONVERSATION, CHAT_MESSAGE, CSAT, TABLES
from ingest.formats.base import (
    PLACE,
    REJECTS,
    About,
    Batch,
    DeliveredFile,
    Export,
    Reading,
    RefusedFile,
)
from ingest.formats.delimited import read_text
from ingest.formats.sheet import Layout
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

ChannelName = Literal["voice", "chat", "email", "message"]

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
    only by number. ``status_texts`` adds patterns (RE2) of activities in further languages. For tables of the database
    alone: ``account``, when it holds several; ``teams`` names teams; ``channels`` gives the channel of an inbox that is
    no chat.
    """

    format: Literal["chatwoot"]
    queue_by: Literal["inbox", "team"] = "inbox"
    inboxes: dict[str, str] = Field(default_factory=dict)
    status_texts: dict[Status, list[str]] = Field(default_factory=dict)
    account: str | None = None
    teams: dict[str, str] = Field(default_factory=dict)
    channels: dict[str, ChannelName] = Field(default_factory=dict)


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
    "account_id": "VARCHAR",
    "display_id": "VARCHAR",
    "contact_id": "VARCHAR",
    "assignee_id": "VARCHAR",
    "team_id": "VARCHAR",
    "cached_label_list": "VARCHAR",
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
    "private": "VARCHAR",
    "created_at": "VARCHAR",
    "updated_at": "VARCHAR",
    "sender_id": "VARCHAR",
    "sender_type": "VARCHAR",
    "sender": {"id": "VARCHAR", "type": "VARCHAR"},
    "content_attributes": "VARCHAR",
    "account_id": "VARCHAR",
    "user_id": "VARCHAR",
}
_RATING = {
    "id": "VARCHAR",
    "message_id": "VARCHAR",
    "conversation_id": "VARCHAR",
    "rating": "DOUBLE",
    "feedback_message": "VARCHAR",
    "created_at": "VARCHAR",
    "assigned_agent": {"id": "VARCHAR"},
    "assigned_agent_id": "VARCHAR",
    "account_id": "VARCHAR",
}
_STRUCTURES = {"conversation": _CONVERSATION, "message": _MESSAGE, "rating": _RATING}
_COLUMNS = {
    "message": {"id", "conversation_id", "message_type", "created_at"},
    "rating": {"conversation_id", "message_id", "rating", "created_at"},
    "conversation": {"id", "display_id", "inbox_id", "status", "created_at"},
}
"""Columns that a table of the database must have to be read as one of its kind."""

KIND = """case
    when list_has_all(fields, ['rating', 'message_id']) then 'rating'
    when list_contains(fields, 'message_type') then 'message'
    when list_has_all(fields, ['inbox_id', 'status']) then 'conversation'
    else 'unknown' end"""
"""SQL for what an object is, by its ``fields``."""

_CONTENT_TYPES = (
    "['text', 'input_text', 'input_textarea', 'input_email', 'input_select', 'cards', 'form', 'article',"
    " 'incoming_email', 'input_csat', 'integrations', 'sticker', 'voice_call']"
)
"""Content types by their number in the database."""

_KEPT_OF_CONVERSATIONS = (
    *("inbox", "team", "priority", "first_reply_at", "last_activity_at", "is_unassigned", "table_id"),
)
_KEPT_OF_MESSAGES = ("content_type", "status")
"""What the contract has no column for, kept in ``extra``."""

_KNOWN_FIELDS = {
    "conversation": [
        *_CONVERSATION,
        *("additional_attributes", "agent_last_seen_at", "assignee_last_seen_at", "can_reply"),
        *("contact_last_seen_at", "custom_attributes", "last_non_activity_message", "messages", "muted"),
        *("sla_policy_id", "snoozed_until", "unread_count", "uuid", "waiting_since", "identifier"),
        *("assignee_agent_bot_id", "campaign_id", "contact_inbox_id"),
    ],
    "message": [
        *_MESSAGE,
        *("additional_attributes", "attachments", "conversation", "echo_id", "external_source_ids"),
        *("inbox_id", "processed_message_content", "sentiment", "source_id", "status", "contact_id"),
    ],
    "rating": [
        *_RATING,
        *("contact", "contact_id", "csat_review_notes", "review_notes_updated_at", "review_notes_updated_by_id"),
        "updated_at",
    ],
}


def read(
    files: Sequence[DeliveredFile], source: ChatwootSource, zone: str, con: duckdb.DuckDBPyConnection
) -> Iterator[Batch]:
    """Read files of an account as conversations, messages and ratings. ``zone`` is not needed: times are UTC."""
    rows = [file for file in files if _is_rows(file)]
    broken = [_stage_objects(con, [file for file in files if file not in rows]), *_stage_rows(con, rows)]
    _parse(con, source, files)
    con.execute(f"create or replace temp table chatwoot_message as {_messages(source)}")
    con.execute(f"create or replace temp table chatwoot_object as {_conversations(source)}")
    con.execute(f"create or replace temp table chatwoot_conversation as {_told('chatwoot_object', 'chatwoot_message')}")
    con.execute(f"create or replace temp table chatwoot_rating as {_ratings(source)}")
    placed = _placed("chatwoot_rating", "chatwoot_message", "chatwoot_conversation")
    con.execute(f"create or replace temp table chatwoot_placed as {placed}")
    unreadable = pa.concat_tables([*broken, _unfit(con, "conversation")])
    yield Batch(CHAT_CONVERSATION.name, "chatwoot_conversation", unreadable, expected=_KEPT_OF_CONVERSATIONS)
    yield Batch(CHAT_MESSAGE.name, "chatwoot_message", _unfit(con, "message"), expected=_KEPT_OF_MESSAGES)
    yield Batch(CSAT.name, "chatwoot_placed", _unfit(con, "rating"))


def derive(change: Any, source: ChatwootSource, con: duckdb.DuckDBPyConnection, again: bool) -> None:
    """Tell the conversations and ratings that a pass concerns anew, from everything the lake holds about them."""
    if not con.execute("select 1 from duckdb_tables() where table_name = 'incoming_chat_conversation'").fetchone():
        return
    _number(change, con)
    con.execute(
        "create or replace temp table chatwoot_concerned as"
        " select conversation_id from incoming_chat_conversation"
        " union select conversation_id from incoming_chat_message union select interaction_id from incoming_csat"
        " union select conversation_id from chatwoot_numbered_late"
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


def _number(change: Any, con: duckdb.DuckDBPyConnection) -> None:
    """Give rows that came before their conversation its number; ``chatwoot_numbered_late`` has those conversations."""
    con.execute("create or replace temp table chatwoot_numbered_late (table_id varchar, conversation_id varchar)")
    waits = "select 1 from {0} where starts_with({1}, 'table:') limit 1"
    is_waiting = any(
        con.execute(waits.format(table, column)).fetchone()
        for table, column in (("incoming_chat_message", "conversation_id"), ("incoming_csat", "interaction_id"))
    )
    known = change.rows("chat_conversation") if is_waiting else "incoming_chat_conversation"
    if not is_waiting and not con.execute("select 1 from chatwoot_numbered limit 1").fetchone():
        return
    con.execute(
        "insert into chatwoot_numbered_late"
        f" select distinct coalesce(extra ->> 'table_id', conversation_id), conversation_id from {known}"
    )
    for table, column in (("chat_message", "conversation_id"), ("csat", "interaction_id")):
        rows = f"(select * from {change.rows(table)} where starts_with({column}, 'table:'))"
        con.execute(
            f"create or replace temp table chatwoot_late as select r.* exclude (event_date) replace (n.conversation_id"
            f" as {column}), event_date from {rows} r"
            f" join chatwoot_numbered_late n on r.{column} = 'table:' || n.table_id"
        )
        if days := _dates(con, "chatwoot_late"):
            ids = ", ".join(TABLES[table].key)
            change.replace(table, "chatwoot_late", days, f"{ids} in (select {ids} from chatwoot_late)")


def _dates(con: duckdb.DuckDBPyConnection, relation: str) -> list[date]:
    found = con.execute(f"select distinct event_date from {relation} order by 1").fetchall()
    return [row[0] for row in found]


def _stage_objects(con: duckdb.DuckDBPyConnection, files: Sequence[DeliveredFile]) -> pa.Table:
    """Make the table of objects found in JSON files, ``chatwoot_found``; return what is none of them.

    Its ``_raw`` is null: an object is its own.
    """
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
    con.execute(f"""
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
        select _file, _line, path, object, fields, null::varchar as _raw, {KIND} as kind, false as is_nested
        from named
    """)
    con.execute("""
        insert into chatwoot_found
        with nested as (
            select _file, _line, path, unnest(json_extract(object, '$.messages[*]')) as object
            from chatwoot_found where kind = 'conversation'
        )
        select _file, _line, path || ', its message', object, json_keys(object), null, 'message', true
        from nested
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


def recognise(path: Path, head: bytes) -> str | None:
    """Return what the header of a table, or the fields of an object, tell."""
    if head.lstrip()[:1] in (b"{", b"["):
        is_own = b'"inbox_id"' in head and (b'"message_type"' in head or b'"last_activity_at"' in head)
        is_rating = b'"feedback_message"' in head and b'"message_id"' in head
        return "the fields of Chatwoot's API" if is_own or is_rating else None
    names = head.split(b"\n", 1)[0].decode("utf-8", "replace").replace('"', "").strip().split(",")
    kind = _kind_of_rows(names) if {"account_id", "conversation_id", "display_id"} & set(names) else None
    return f"the columns of Chatwoot's table of {kind}s" if kind else None


def _is_rows(file: DeliveredFile) -> bool:
    """Whether a file is a table with a header: it does not begin like JSON, and names columns of one."""
    with file.path.open("rb") as content:
        header = content.readline(10_000).decode("utf-8", "replace").lstrip("\ufeff \t")
    return header[:1] not in ("{", "[") and any(name in header for name in ("message_type", "inbox_id", "rating"))


def _stage_rows(con: duckdb.DuckDBPyConnection, files: Sequence[DeliveredFile]) -> Iterator[pa.Table]:
    """Add the rows of delimited files to ``chatwoot_found`` as objects; yield those that cannot be cut into cells."""
    for file in files:
        sheet = read_text(file, Layout(), lambda names: _kind_of_rows(names) is not None)
        kind = _kind_of_rows(sheet.header)
        if kind is None:
            raise RefusedFile(
                file,
                1,
                "another_table",
                f"the header is of no table that is read: {', '.join(sheet.header[:8])}",
                "export the tables conversations, messages and csat_survey_responses with all their columns",
            )
        names = f"[{', '.join(map(literal, sheet.header))}]"
        cells = ", ".join(f"{literal(name)}, nullif(v{n}, '')" for n, name in enumerate(sheet.header))
        for table, rejects in sheet.cells(sheet.header):
            con.register("chatwoot_cells", table)
            con.execute(
                f"insert into chatwoot_found select _file, _line, 'the row', json_object({cells}), {names}, _raw,"
                f" {literal(kind)}, false from chatwoot_cells"
            )
            con.unregister("chatwoot_cells")
            yield rejects


def _kind_of_rows(names: Sequence[str]) -> str | None:
    return next((kind for kind, needed in _COLUMNS.items() if needed <= set(names)), None)


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
    """SQL for the instant of a text: epoch seconds, of which 0 is null, ISO-8601 with offset, or the database's UTC."""
    seconds = f"try_cast({text} as double)"
    return (
        f"case when {seconds} > 0 then make_timestamptz(round({seconds} * 1000000)::bigint)"
        f" when regexp_matches({text}, 'T.*(Z|[+-]\\d\\d:?\\d\\d)$') or {_is_row(text)}"
        f" then try_cast({text} as timestamptz) end"
    )


def _is_row(created: str) -> str:
    """SQL for whether a time has no zone, as only the database's have."""
    return f"coalesce(regexp_matches({created}, '^\\d{{4}}-\\d\\d-\\d\\d[ T]\\d\\d:\\d\\d:[\\d.]+$'), false)"


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


def _parse(con: duckdb.DuckDBPyConnection, source: ChatwootSource, files: Sequence[DeliveredFile]) -> None:
    """Make a table of the objects of each kind, with their fields as ``o``, and the numbers of conversations.

    A view would be parsed once for each mention of a field in a condition.

    Raises:
        RefusedFile: a table holds several accounts and none is declared.
    """
    for kind, structure in _STRUCTURES.items():
        con.execute(
            f"create or replace temp table chatwoot_{kind}_found as with parsed as (select _file, _line, path, fields,"
            " is_nested, coalesce(_raw, object::varchar) as _raw,"
            f" json_transform(object, {literal(json.dumps(structure))}) as o"
            f" from chatwoot_found where kind = {literal(kind)}) select *,"
            f" {_is_row('o.created_at')} as is_row from parsed"
        )
        if source.account is not None:
            mine = f"coalesce(o.account_id, {literal(source.account)}) = {literal(source.account)}"
            con.execute(f"delete from chatwoot_{kind}_found where is_row and not {mine}")
            continue
        mixed = con.execute(
            f"select _file, string_agg(distinct o.account_id, ', ' order by o.account_id) from chatwoot_{kind}_found"
            " where is_row group by _file having count(distinct o.account_id) > 1"
        ).fetchone()
        if mixed:
            raise RefusedFile(
                next(file for file in files if file.index == mixed[0]),
                None,
                "several_accounts",
                f"the table holds the accounts {mixed[1]}",
                "declare the source's account, and a source for each other one",
            )
    con.execute(
        "create or replace temp table chatwoot_numbered as"
        " select o.id as table_id, max(o.display_id) as conversation_id from chatwoot_conversation_found"
        " where is_row and o.display_id is not null group by all"
    )


def _conversation_id(field: str) -> str:
    """SQL for the number of the conversation that an object or a row names, of which ``n`` is the numbered one."""
    return f"case when is_row then coalesce(n.conversation_id, 'table:' || {field}) else {field} end"


def _status_told(source: ChatwootSource) -> str:
    """SQL for the status that an activity tells, null when it tells none."""
    texts = {status: [*texts, *source.status_texts.get(status, [])] for status, texts in STATUS_TEXTS.items()}
    cases = " ".join(
        f"when regexp_matches(o.content, {literal('|'.join(patterns))}) then {literal(status)}"
        for status, patterns in texts.items()
    )
    return (
        f"case when {_attribute('activity.type')} = 'conversation_status_changed'"
        f" then {_attribute('activity.status')} {cases} end"
    )


def _attribute(path: str) -> str:
    """SQL for one of a message's content attributes; the database holds them as JSON within a JSON text."""
    text = "case when left(o.content_attributes, 1) = '\"' then try(o.content_attributes::json ->> '$')"
    return f"try(({text} else o.content_attributes end)::json ->> '$.{path}')"


def _messages(source: ChatwootSource) -> str:
    """SQL for the messages as contract rows. A conversation's copy of a message counts where nothing else has it."""
    return f"""
        with message as (
            select *, lower(coalesce(o.sender.type, o.sender_type)) as sender,
                coalesce(o.sender.id, o.sender_id, o.user_id) as sender_id,
                case o.message_type when '0' then 'incoming' when '1' then 'outgoing' when '2' then 'activity'
                    when '3' then 'template' else o.message_type end as kind_of_message
            from chatwoot_message_found
        ),
        distinguished as (
            select *, case
                when kind_of_message = 'incoming' then 'customer'
                when kind_of_message <> 'outgoing' then 'system'
                when sender in ('agent_bot', 'agentbot', 'captain_assistant', 'captain::assistant') then 'bot'
                when sender = 'user' or sender_id is not null then 'agent'
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
        select {literal(source.name)} as source_system, o.id as source_record_id, o.id as message_id,
            {_conversation_id("o.conversation_id")} as conversation_id,
            coalesce({_moment("o.updated_at")}, {_moment("o.created_at")}) as record_updated_at,
            {_moment("o.created_at")} as sent_at, sender_type,
            case when sender_type = 'agent' then sender_id end as agent_key,
            coalesce(o.private in ('true', 't'), false) as is_private,
            case when kind_of_message <> 'activity' then o.content end as body, length(o.content) as body_length,
            {
        _without_nulls(
            content_type="nullif(case when regexp_matches(o.content_type, '^[0-9]+$')"
            f" then {_CONTENT_TYPES}[try_cast(o.content_type as bigint) + 1] else o.content_type end, 'text')",
            status=f"case when kind_of_message = 'activity' then {_status_told(source)} end",
            unknown_fields=_unknown_fields("message"),
        )
    } as extra, _file, _line, _raw
        from counting left join chatwoot_numbered n on is_row and n.table_id = o.conversation_id
        where o.id is not null and o.conversation_id is not null and {_moment("o.created_at")} is not null
    """


def _conversations(source: ChatwootSource) -> str:
    """SQL for the conversation objects as contract rows, with what only messages tell left null."""
    inboxes = " ".join(f"when {literal(number)} then {literal(name)}" for number, name in source.inboxes.items())
    inbox = f"case o.inbox_id {inboxes} else o.inbox_id end" if inboxes else "o.inbox_id"
    number = "coalesce(o.meta.team.id, o.team_id)"
    teams = " ".join(f"when {literal(key)} then {literal(name)}" for key, name in source.teams.items())
    team = f"coalesce(o.meta.team.name, {f'case {number} {teams} else {number} end' if teams else number})"
    channels = " ".join(f"when {literal(kind)} then {literal(channel)}" for kind, channel in CHANNELS.items())
    own = " ".join(f"when {literal(key)} then {literal(channel)}" for key, channel in source.channels.items())
    channel = f"coalesce(case o.meta.channel {channels} end, 'chat')"
    if own:
        channel = f"coalesce(case when is_row then case o.inbox_id {own} end end, {channel})"
    assignee = "coalesce(o.meta.assignee.id, o.assignee_id)"
    labels = "nullif(coalesce(o.labels, string_split(o.cached_label_list, ', ')), [])"
    active = f"coalesce({_moment('o.last_activity_at')}, {_moment('o.timestamp')})"
    facts = _without_nulls(
        inbox="o.inbox_id",
        team=team,
        priority="case when is_row then ['low', 'medium', 'high', 'urgent'][try_cast(o.priority as bigint) + 1]"
        " else o.priority end",
        first_reply_at=f"cast(epoch({_moment('o.first_reply_created_at')}) as varchar)",
        last_activity_at=f"epoch({active})::varchar",
        is_unassigned=f"case when {assignee} is null then true end",
        table_id="case when is_row and o.id <> o.display_id then o.id end",
        unknown_fields=_unknown_fields("conversation"),
    )
    return f"""
        select {literal(source.name)} as source_system,
            case when is_row then o.display_id else o.id end as conversation_id,
            conversation_id as source_record_id, coalesce({_moment("o.updated_at")}, {active}) as record_updated_at,
            {facts} as extra, {channel} as channel,
            {inbox if source.queue_by == "inbox" else team} as queue_key, {assignee} as agent_key,
            null::varchar as first_agent_key,
            {literal(source.name + ":contact:")} || coalesce(o.meta.sender.id, o.contact_id) as customer_ref,
            array_to_string({labels}, {literal(APART)}) as contact_reason,
            {_moment("o.created_at")} as created_at, null::timestamptz as human_requested_at,
            null::timestamptz as first_agent_message_at, null::timestamptz as last_customer_message_at,
            null::timestamptz as ended_at, null::bigint as customer_message_count, null::bigint as agent_message_count,
            case when is_row then ['open', 'resolved', 'pending', 'snoozed'][try_cast(o.status as bigint) + 1]
                else o.status end as status, _file, _line, _raw
        from chatwoot_conversation_found
        where o.id is not null and {_moment("o.created_at")} is not null and (o.display_id is not null or not is_row)
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
            select * exclude (table_id, conversation_id), {_conversation_id("o.conversation_id")} as interaction_id,
                coalesce(o.message_id, 'rating ' || o.id) as response_id,
                {_moment("o.created_at")} as answered_at
            from chatwoot_rating_found left join chatwoot_numbered n on is_row and n.table_id = o.conversation_id
        ),
        invited as (
            select * from chatwoot_message
            where extra ->> 'content_type' = 'input_csat'
                and message_id not in (select response_id from rating)
        )
        select {literal(source.name)} as source_system, response_id as source_record_id,
            answered_at as record_updated_at, {_without_nulls(unknown_fields=_unknown_fields("rating"))} as extra,
            response_id, interaction_id, 'chat' as channel, null::varchar as queue_key,
            coalesce(o.assigned_agent.id, o.assigned_agent_id) as agent_key, answered_at as contact_at,
            answered_at as asked_at, answered_at,
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
    "conversation": "o.id is null or {created} is null or (is_row and o.display_id is null)",
    "message": "o.id is null or o.conversation_id is null or {created} is null"
    " or o.message_type not in ('0', '1', '2', '3', 'incoming', 'outgoing', 'activity', 'template')",
    "rating": "o.conversation_id is null or o.rating is null or {created} is null",
}
_NEEDED = {
    "conversation": "id and created_at, or a row of its table without display_id",
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


ABOUT = About(
    title="Chatwoot",
    systems="Chatwoot 1.x to 4.x: responses of the application API, and tables of its PostgreSQL database",
    files="JSON documents, or one a line; tables as CSV with a header, or as JSON with one row a line",
    zone="UTC: epoch seconds or ISO-8601 from the API, times without a zone from the database",
    units="the API's times in seconds; its 0 is none",
    readings=(
        Reading("id (API), display_id (table)", "chat_conversation.conversation_id"),
        Reading("status", "chat_conversation.status", "in tables 0 open, 1 resolved, 2 pending, 3 snoozed"),
        Reading("inbox_id, or team", "chat_conversation.queue_key", "see queue_by, inboxes and teams"),
        Reading("meta.channel", "chat_conversation.channel", "tables do not have it: see channels"),
        Reading("meta.sender.id, contact_id", "chat_conversation.customer_ref", "as a pseudonym"),
        Reading(
            "labels, cached_label_list", "chat_conversation.contact_reason", "all of them: `reasons` says which count"
        ),
        Reading("messages", "chat_conversation.human_requested_at", "where a bot lets go, else first customer message"),
        Reading("messages, first_reply_created_at", "chat_conversation.first_agent_message_at"),
        Reading("activity messages", "chat_conversation.ended_at", "the last that resolved it"),
        Reading("content", "chat_message.body", "redacted; of activities only the length"),
        Reading("message_type", "chat_message.sender_type", "0 incoming, 1 outgoing, 2 activity, 3 template"),
        Reading("private", "chat_message.is_private"),
        Reading("rating", "csat.score", "1 to 5"),
        Reading("feedback_message", "csat.comment", "redacted"),
    ),
    gotchas=(
        "The API lists open conversations only unless asked for every status, and the last message of each only.",
        "In tables conversation_id is the row's id, in the API the number in the account: deliver one or the other.",
        "An account's tables have no names: declare inboxes, teams and the channels of inboxes.",
        "content_attributes are JSON within a JSON text in the database; both are read.",
        "Handle time and agent states are not in Chatwoot. Office hours are not applied.",
    ),
    exports=(
        Export(
            "Chatwoot, by its API",
            (
                "GET /api/v1/accounts/{account}/conversations with every status and every page.",
                "GET /api/v1/accounts/{account}/conversations/{id}/messages, back to the first message.",
                "GET /api/v1/accounts/{account}/csat_survey_responses. Save every response as it is.",
            ),
        ),
        Export(
            "Chatwoot, from its database",
            (
                r"psql -c '\copy (select * from conversations where account_id = 1) to conversations.csv csv header'",
                r"psql -c '\copy (select * from messages where account_id = 1) to messages.csv csv header'",
                "The same for csat_survey_responses. Custom attributes may be left out: nothing is read from them.",
            ),
        ),
    ),
    references=(
        "https://developers.chatwoot.com/api-reference/conversations/conversations-list",
        "https://github.com/chatwoot/chatwoot/blob/develop/db/schema.rb",
    ),
)
"""What the page of this format is written from."""
