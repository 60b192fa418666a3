"""Transcripts of any origin: who said what, when, as CSV, as JSON or as lines of text, by declaration.

Nothing is guessed: the source declares how a message is written, which words stand for customer, agent, bot and system,
and how times are to be read. A conversation is a file, or what an id says.

- Times are instants (``time``), or offsets from a start (``offset`` and ``start``). With ``step`` the messages of a
  transcript without times are put one step apart behind ``start``, so that their order and their text can be used.
  Nothing about times follows from that: such a source fills no conversations.
- A local time that the clocks skipped is rejected; of one that they showed twice the earlier is meant.
- In lines of text a line that does not begin a message goes on with the one before; what stands before the first
  message is rejected.
- Conversations follow from the messages in the lake within ``span_days``, in whatever files they came. A transcript is
  written when all is over, so a conversation ends at its last message. When a person was asked for, and what a reply
  is, says ``ingest.formats.dialogue``.
- A message is known by its conversation, time, speaker and length, and by its number among those alike.

Privacy: a column or field that is not declared stays outside. Speakers' names that stand for customers do too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, Self

import duckdb
import pyarrow as pa
from pydantic import AfterValidator, BaseModel, Field, model_validator

from ingest.conform import literal
from ingest.formats.base import REJECTS, About, Batch, DeliveredFile, Export, Reading, RefusedFile
from ingest.formats.delimited import read_text
from ingest.formats.dialogue import told
from ingest.formats.records import RAW, batch, instant, parsed, without_nulls
from ingest.formats.sheet import Layout
from ingest.lake import widened
from ingest.source import SourceBase, TimeZone

MESSAGE = r"^\[(?P<time>[^\]]+)\]\s*(?P<speaker>[^:：]{1,80})[:：]\s?(?P<text>.*)$"
"""A line ``[time] speaker: text``."""

_PARTS = {"time", "offset", "speaker", "text", "conversation", "agent"}
_MILLISECONDS = {"ms": 1, "s": 1_000, "min": 60_000}
_LARGEST = 256_000_000
"""Bytes of a JSON file in which conversations are the members of one object: it is read whole."""


def _line(pattern: str) -> str:
    try:
        names = set(re.compile(pattern).groupindex)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
    if not {"speaker", "text"} <= names <= _PARTS:
        raise ValueError(f"the pattern needs the groups speaker and text, and may have {', '.join(sorted(_PARTS))}")
    return pattern


class Start(BaseModel, extra="forbid", frozen=True):
    """When a conversation starts: a column, the first group of a pattern over the file's name, or one ``value``."""

    column: str | None = None
    file_name: str | None = None
    value: str | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if sum(each is not None for each in (self.column, self.file_name, self.value)) != 1:
            raise ValueError("declare one of column, file_name and value")
        return self


class Speakers(BaseModel, extra="forbid", frozen=True):
    """Words that stand for each kind of speaker, whatever their case; ``*`` is every other word."""

    customer: list[str] = Field(default_factory=list)
    agent: list[str] = Field(default_factory=list)
    bot: list[str] = Field(default_factory=list)
    system: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _are_distinct(self) -> Self:
        words = [word.lower() for words in self.kinds().values() for word in words]
        if doubled := {word for word in words if words.count(word) > 1}:
            raise ValueError(f"{', '.join(sorted(doubled))} stands for two kinds of speaker")
        return self

    def kinds(self) -> dict[str, list[str]]:
        """Return the words of each kind."""
        return {"customer": self.customer, "agent": self.agent, "bot": self.bot, "system": self.system}


class TranscriptSource(SourceBase, frozen=True):
    """Transcripts.

    ``written`` is ``csv`` (with a header), ``json`` or ``lines``; ``line`` is the pattern of a line of text. Names are
    columns of a CSV, groups of ``line``, or fields of JSON: ``a.b`` lies within ``a``, a number is a place in a list.
    In JSON a record is a message, unless ``messages`` names the list within a conversation; ``start`` and
    ``conversation`` are then the conversation's own. With ``keyed`` the file is one object whose members are
    conversations by their ids.

    ``conversation`` names the id; without it a file is a conversation. ``time_format`` is ``iso`` (with an offset),
    ``epoch``, ``epoch_ms`` or strptime patterns. ``offset_unit`` is the unit of offsets; ``hms`` is h:m:s.
    """

    format: Literal["transcript"]
    written: Literal["csv", "json", "lines"]
    layout: Layout = Layout()
    line: Annotated[str, AfterValidator(_line)] = MESSAGE
    messages: str | None = None
    keyed: bool = False
    conversation: str | None = None
    speaker: str = "speaker"
    text: str = "text"
    agent: str | None = None
    customer: str | None = None
    queue: str | None = None
    speakers: Speakers
    time: str | None = None
    time_format: str | list[str] = "iso"
    zone: TimeZone | None = None
    offset: str | None = None
    offset_unit: Literal["ms", "s", "min", "hms"] | None = None
    start: Start | None = None
    step: int | None = Field(default=None, ge=1)
    channel: Literal["chat", "message", "voice", "email"] = "chat"
    span_days: int = Field(default=7, ge=1, le=90)

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        ways = [self.time is not None, self.offset is not None, self.step is not None]
        if sum(ways) != 1:
            raise ValueError("declare one of time, offset (with start and offset_unit) and step (with start)")
        if self.time is None and self.start is None:
            raise ValueError("offset and step count from a start: declare start")
        if (self.offset is None) != (self.offset_unit is None):
            raise ValueError("declare the unit of the offset: offset_unit is ms, s, min or hms")
        if self.keyed and (self.written != "json" or self.messages is None):
            raise ValueError("keyed is for JSON whose conversations hold a list of messages")
        return self

    @property
    def names(self) -> dict[str, str]:
        """Declared columns or fields by what they mean."""
        named = {
            "speaker": self.speaker,
            "text": self.text,
            "agent": self.agent,
            "customer": self.customer,
            "queue": self.queue,
            "conversation": self.conversation,
            "time": self.time,
            "offset": self.offset,
            "start": self.start.column if self.start else None,
        }
        return {meaning: name for meaning, name in named.items() if name is not None}


_MEANINGS = ("speaker", "text", "agent", "customer", "queue", "conversation", "time", "offset", "start")
_OF_THE_WHOLE = ("conversation", "start", "customer", "queue")


def read(
    files: Sequence[DeliveredFile], source: TranscriptSource, zone: str, con: duckdb.DuckDBPyConnection
) -> Iterator[Batch]:
    """Read messages; ``zone`` is that of times without an offset."""
    readers = {"csv": _cells, "json": _members if source.keyed else _records, "lines": _lines}
    for rejects in readers[source.written](files, source, con):
        con.execute(f"create or replace temp table transcript_read as {_typed(files, source, source.zone or zone)}")
        yield batch(con, "chat_message", _messages(source), [rejects, _unfit(con)], ("position", "queue", "customer"))


def derive(change: Any, source: TranscriptSource, con: duckdb.DuckDBPyConnection, again: bool) -> None:
    """Tell the conversations that new messages concern anew, from those in the lake around them."""
    if source.step is not None or source.channel == "voice":
        return
    fresh = change.rows("chat_message") if again else "fresh_chat_message"
    con.execute(f"create or replace temp table transcript_concerned as select distinct conversation_id from {fresh}")
    found = {row[0] for row in con.execute(f"select distinct event_date from {fresh}").fetchall()}
    days = widened(found, source.span_days)
    con.execute(
        "create or replace temp table transcript_message as"
        " select *, false as hands_over, cast(extra ->> 'position' as bigint) as position"
        f" from {change.rows('chat_message', days)} semi join transcript_concerned using (conversation_id)"
    )
    con.execute(f"""
        create or replace temp table transcript_conversation as
        with kept as (
            select conversation_id, any_value(extra ->> 'customer') as customer, any_value(extra ->> 'queue') as queue
            from transcript_message group by all
        )
        select {literal(source.name)} as source_system, conversation_id as source_record_id,
            last_at as record_updated_at, null::varchar as extra, conversation_id,
            {literal(source.channel)} as channel, queue as queue_key, last_agent_key as agent_key, first_agent_key,
            customer as customer_ref, first_at as created_at, human_requested_at, first_agent_message_at,
            last_customer_message_at, last_at as ended_at, null::varchar as contact_reason,
            customer_message_count, agent_message_count,
            'resolved' as status
        from {told("transcript_message", "conversation_id")} join kept using (conversation_id)
    """)
    concerned = "conversation_id in (select conversation_id from transcript_concerned)"
    change.replace("chat_conversation", "transcript_conversation", days, concerned)


def _cells(
    files: Sequence[DeliveredFile], source: TranscriptSource, con: duckdb.DuckDBPyConnection
) -> Iterator[pa.Table]:
    """Stage the rows of delimited files as ``transcript_line``; yield what cannot be cut into cells."""
    wanted = source.names
    for file in files:
        sheet = read_text(file, source.layout, lambda header: set(wanted.values()) <= set(header))
        if missing := sorted(set(wanted.values()) - set(sheet.header)):
            raise RefusedFile(
                file,
                source.layout.header,
                "missing_columns",
                f"the header lacks {', '.join(missing)}; it has {', '.join(sheet.header)}",
                "correct the header, or the names declared for the source",
            )
        for table, rejects in sheet.cells(list(wanted.values())):
            con.register("transcript_cells", table)
            values = [f"nullif(trim(v{n}), '') as {meaning}" for n, meaning in enumerate(wanted)]
            con.execute(f"create or replace temp table transcript_line as {_staged(values, 'transcript_cells')}")
            con.unregister("transcript_cells")
            yield rejects


def _records(
    files: Sequence[DeliveredFile], source: TranscriptSource, con: duckdb.DuckDBPyConnection
) -> Iterator[pa.Table]:
    """Stage the messages of JSON records as ``transcript_line``; yield what is no JSON."""
    roots = {_root(name) for name in ([source.messages] if source.messages else source.names.values())}
    roots |= {_root(source.names[meaning]) for meaning in _OF_THE_WHOLE if meaning in source.names}
    for rejects in parsed(files, con, "transcript_found", dict.fromkeys(sorted(roots), "VARCHAR"), "transcripts"):
        whole = "(select _file, _line, _raw, _raw::json as c from transcript_found)"
        con.execute(f"create or replace temp table transcript_line as {_nested(source, whole)}")
        yield rejects
    con.execute("drop table if exists transcript_found")


def _members(
    files: Sequence[DeliveredFile], source: TranscriptSource, con: duckdb.DuckDBPyConnection
) -> Iterator[pa.Table]:
    """Stage the messages of files that are one object of conversations by their ids."""
    for file in files:
        if file.path.stat().st_size > _LARGEST:
            raise RefusedFile(
                file, None, "too_large", "the file is one object larger than 256 MB", "write one conversation a line"
            )
        content = f"(select content from read_text({literal(file.path.as_posix())}))"
        if con.execute(f"select json_type(try(content::json)) from {content}").fetchone() != ("OBJECT",):
            raise RefusedFile(
                file, 1, "not_json", "the file is no JSON object", "deliver the transcripts as they were exported"
            )
        entries = "unnest(map_entries(json_transform(content::json, '\"MAP(VARCHAR, JSON)\"')))"
        members = (
            f"(select {file.index}::integer as _file, row_number() over () as _line,"
            f" left(e.value::varchar, {RAW}) as _raw, e.key as _key, e.value as c from (select {entries} as e"
            f" from {content}))"
        )
        con.execute(f"create or replace temp table transcript_line as {_nested(source, members)}")
        yield REJECTS.empty_table()


def _nested(source: TranscriptSource, conversations: str) -> str:
    """SQL for the messages of JSON values ``c``: the values themselves, or those of a list within."""
    of_whole = _OF_THE_WHOLE if source.messages else ()
    items = f"json_extract(c, {_path(source.messages)} || '[*]')" if source.messages else "[c]"
    values = [
        f"nullif(trim(json_extract_string({'c' if meaning in of_whole else 'm'}, {_path(name)})), '') as {meaning}"
        for meaning, name in source.names.items()
        if not (source.keyed and meaning == "conversation")
    ]
    if source.keyed:
        values.append("_key as conversation")
    return _staged(
        values, f"(select *, unnest({items}) as m, generate_subscripts({items}, 1) as place from {conversations})"
    )


def _staged(values: Sequence[str], relation: str) -> str:
    given = {value.rsplit(" as ", 1)[1] for value in values}
    absent = [f"null::varchar as {meaning}" for meaning in _MEANINGS if meaning not in given]
    order = "_line, place" if "as place" in relation else "_line"
    return (
        f"select _file, _line, _raw, {', '.join([*values, *absent])},"
        f" row_number() over (partition by _file order by {order}) as position from {relation}"
    )


def _root(name: str) -> str:
    return name.split(".")[0]


def _path(name: str | None) -> str:
    """SQL literal of the JSON path of a declared name."""
    steps = (f"[{step}]" if step.isdigit() else f'."{step}"' for step in (name or "").split("."))
    return literal("$" + "".join(steps))


def _lines(
    files: Sequence[DeliveredFile], source: TranscriptSource, con: duckdb.DuckDBPyConnection
) -> Iterator[pa.Table]:
    """Stage the messages of text files as ``transcript_line``; yield the lines before the first message."""
    groups = list(re.compile(source.line).groupindex)
    pattern = re.sub(r"\(\?P<(\w+)>", "(", source.line)
    names = ", ".join(map(literal, groups))
    values = [f"nullif(trim(g.{name}), '') as {name}" for name in groups if name != "text"]
    for file in files:
        con.execute(f"""
            create or replace temp table transcript_text as
            with listed as (
                select string_split(rtrim(replace(content, chr(13), ''), chr(10)), chr(10)) as lines
                from read_text({literal(file.path.as_posix())})
            ),
            split as (select unnest(lines) as line, generate_subscripts(lines, 1) as _line from listed),
            told as (select *, regexp_matches(line, {literal(pattern)}) as is_first from split)
            select {file.index}::integer as _file, _line, line, is_first,
                count(*) filter (is_first) over (order by _line) as message
            from told qualify trim(line) <> '' or message > 0
        """)
        first = con.execute("select 1 from transcript_text where is_first limit 1").fetchone()
        if not first:
            raise RefusedFile(
                file, 1, "no_messages", "no line has the declared form", "declare the pattern of a line under line"
            )
        con.execute(f"""
            create or replace temp table transcript_line as
            with joined as (
                select any_value(_file) as _file, min(_line) as _line,
                    rtrim(string_agg(line, chr(10) order by _line), chr(10)) as whole,
                    rtrim(string_agg(line, chr(10) order by _line) filter (not is_first), chr(10)) as more,
                    arg_min(line, _line) as first
                from transcript_text where message > 0 group by message
            ),
            read as (
                select *, left(whole, {RAW}) as _raw, regexp_extract(first, {literal(pattern)}, [{names}]) as g
                from joined
            )
            {_staged([*values, "concat_ws(chr(10), g.text, more) as text"], "read")}
        """)
        yield (
            con.execute(
                "select _file, _line, 'before_first_message' as rule, 'no message begins before this line' as message,"
                f" 'take the heading out, or correct the pattern of a line' as mend, left(line, {RAW}) as raw"
                " from transcript_text where message = 0"
            )
            .to_arrow_table()
            .cast(REJECTS)
        )


def _typed(files: Sequence[DeliveredFile], source: TranscriptSource, zone: str) -> str:
    """SQL for the staged messages with their conversation, instant and kind of speaker, and why one is unfit."""
    names = " ".join(f"when {file.index} then {literal(file.name)}" for file in files)
    file_name = f"case _file {names} end"
    conversation = "conversation" if source.conversation or source.keyed else file_name
    other = next((kind for kind, words in source.speakers.kinds().items() if "*" in words), None)
    speakers = " ".join(
        f"when lower(speaker) in ({', '.join(literal(word.lower()) for word in words)}) then {literal(kind)}"
        for kind, words in source.speakers.kinds().items()
        if words
    )
    began = "start"
    if source.start and source.start.file_name:
        began = f"nullif(regexp_extract({file_name}, {literal(source.start.file_name)}, 1), '')"
    elif source.start and source.start.value:
        began = literal(source.start.value)
    if source.time is not None:
        sent = _instant("time", source.time_format, zone)
    elif source.step is not None:
        sent = f"{_instant(began, source.time_format, zone)} + to_milliseconds({source.step} * (place - 1))"
    else:
        sent = f"{_instant(began, source.time_format, zone)} + to_milliseconds({_offset(source)})"
    return f"""
        with placed as (
            select *, {conversation} as conversation_id,
                row_number() over (partition by _file, {conversation} order by position) as place
            from transcript_line
        )
        select *, {sent} as sent_at,
            case {speakers} else {literal(other) if other else "null"} end as sender_type,
            lower(speaker) in ({", ".join(literal(w.lower()) for w in source.speakers.agent) or "''"}) as is_generic
        from placed
    """


def _instant(text: str, formats: str | list[str], zone: str) -> str:
    """SQL for the instant of a text in the declared form; null for a local time that no clock showed."""
    if formats == "iso":
        return instant(text)
    if formats in ("epoch", "epoch_ms"):
        factor = 1_000_000 if formats == "epoch" else 1_000
        return f"make_timestamptz(cast(round(try_cast({text} as double) * {factor}) as bigint))"
    patterns = [formats] if isinstance(formats, str) else formats
    local = f"try_strptime({text}, [{', '.join(map(literal, patterns))}])"
    moment = f"timezone({literal(zone)}, {local})"
    return f"case when timezone({literal(zone)}, {moment}) = {local} then {moment} end"


def _offset(source: TranscriptSource) -> str:
    if source.offset_unit == "hms":
        parts = "list_reverse(string_split(\"offset\", ':'))"
        seconds = " + ".join(f"{60**n} * coalesce(try_cast({parts}[{n + 1}] as double), 0)" for n in range(3))
        return f"case when regexp_matches(\"offset\", '^[0-9:.]+$') then cast(round(({seconds}) * 1000) as bigint) end"
    factor = _MILLISECONDS[source.offset_unit or "ms"]
    return f'cast(round(try_cast("offset" as double) * {factor}) as bigint)'


_FIT = "sent_at is not null and sender_type is not null and conversation_id is not null"


def _unfit(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Return the messages without a time, a known speaker or a conversation."""
    return (
        con.execute(f"""
            select _file, _line, case when conversation_id is null then 'no_conversation'
                    when speaker is null then 'no_speaker' when sender_type is null then 'unknown_speaker'
                    else 'unreadable_time' end as rule,
                case rule when 'unknown_speaker' then 'nobody declared who ' || speaker || ' is'
                    when 'unreadable_time' then 'the time of the message cannot be read'
                    else 'the message does not say its ' || substr(rule, 4) end as message,
                case rule when 'unknown_speaker' then 'name the word under speakers'
                    when 'unreadable_time' then 'check the declared format, unit and zone'
                    else 'fill it' end as mend, left(_raw, {RAW}) as raw
            from transcript_read where not ({_FIT})
        """)
        .to_arrow_table()
        .cast(REJECTS)
    )


def _messages(source: TranscriptSource) -> str:
    extra = without_nulls(
        position="place", queue="queue", customer=f"pseudonym({literal(source.name + ':')} || customer)"
    )
    channel = literal("voice") if source.channel == "voice" else "null::varchar"
    key = "concat_ws(':', conversation_id, epoch_us(sent_at), sender_type, coalesce(length(text), 0), alike)"
    agent = "agent" if source.agent else "case when not is_generic then speaker end"
    return f"""
        with fit as (
            select *, row_number() over (partition by _file, conversation_id, sent_at, sender_type, length(text)
                order by position) as alike
            from transcript_read where {_FIT}
        )
        select {literal(source.name)} as source_system, {key} as source_record_id, sent_at as record_updated_at,
            {extra} as extra, {key} as message_id, conversation_id, {channel} as channel, sent_at, sender_type,
            case when sender_type = 'agent' then {agent} end as agent_key, false as is_private, text as body,
            length(text) as body_length, _file, _line, left(_raw, {RAW}) as _raw
        from fit order by _file, position
    """


ABOUT = About(
    title="Transcripts",
    systems="any: exports of chats, calls put into writing, dialogues of a corpus",
    files="CSV with a header, JSON (records, lists in conversations, or one object of conversations), or lines of text",
    zone="declared: an offset in the text, or the zone of local times",
    units="declared: offset_unit for offsets",
    readings=(
        Reading("conversation", "chat_message.conversation_id", "the file's name where none is declared"),
        Reading("time, or start and offset", "chat_message.sent_at", "by the declared format and unit"),
        Reading("speaker", "chat_message.sender_type", "by the declared words; another word rejects the message"),
        Reading("agent, speaker", "chat_message.agent_key", "a speaker's name where `*` stands for agents"),
        Reading("text", "chat_message.body", "redacted"),
        Reading("customer", "chat_conversation.customer_ref", "as a pseudonym"),
        Reading("queue", "chat_conversation.queue_key"),
        Reading("first and last message", "chat_conversation.created_at", "and ended_at; status is resolved"),
        Reading("messages", "chat_conversation.human_requested_at", "first customer message, or the bot's last before"),
        Reading("messages", "chat_conversation.first_agent_message_at"),
    ),
    gotchas=(
        "Transcripts without times are read with step: their messages count, their durations do not, so they fill no"
        " conversations.",
        "What is said to be spoken (channel voice) fills messages only: the call itself comes from telephony.",
        "Ratings are not in transcripts: deliver them with a spreadsheet into csat.",
        "A conversation in several files is one as long as they lie within span_days.",
    ),
    exports=(
        Export(
            "Any system that exports chats", ("Export with speaker, time and text.", "Declare what they are called.")
        ),
    ),
    example="""\
name: recorded_calls
format: transcript
site: london
written: csv
channel: voice
conversation: call_id
speaker: role
text: utterance
speakers: {agent: [Agent], customer: [Caller], system: [Menu]}
offset: begins
offset_unit: s
start: {column: call_started}
""",
)
"""What the page of this format is written from."""
