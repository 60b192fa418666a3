"""Transcripts of Amazon Connect: Contact Lens analyses of calls and chats, and plain chat transcripts.

Every passage of a call, message of a chat and event between them (joined, left, ended) becomes one message; events are
the system's and have no text.

Definitions, from the example output files and the file locations of Contact Lens:

- A chat tells the time of every item. A call tells milliseconds from its beginning, and not when that was: its
  beginning is read from the name of the recording (``CustomerMetadata.InputS3Uri``, to the minute), or else from the
  name of the analysis file, which also names the contact. Without either the file cannot be placed.
- Passages of a call are numbered, because their ids are not always there; messages keep their id. The original and the
  redacted file of a contact have the same ones, so the one delivered later stands.
- Who speaks is known by role. Neither tells which agent it was: contact records do.

Sentiment of a passage is kept in ``extra``. Categories, summaries and characteristics of the whole are left out: they
are a model's opinion of a contact, for which the contract has no row.

Privacy: display names stay here; texts are redacted by the core.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow as pa

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

WHAT = "Contact Lens analyses or Amazon Connect chat transcripts"

FIELDS = {
    "contact_id": Field("ContactId"),
    "analysed_id": Field("CustomerMetadata.ContactId"),
    "recording": Field("CustomerMetadata.InputS3Uri"),
    "participants": Field("Participants", "list"),
    "transcript": Field("Transcript", "list", required=True),
}

KNOWN = (
    *("AWSAccountId", "AccountId", "Attachments", "Categories", "Channel", "ChatTranscriptVersion", "ContactId"),
    *("ContentMetadata", "ConversationCharacteristics", "CustomModels", "CustomerMetadata", "InitialContactId"),
    *("InstanceId", "JobDetails", "JobStatus", "LanguageCode", "Participants", "RelatedContactId", "Transcript"),
    "Version",
)

_PARTICIPANT = '[{"ParticipantId": "VARCHAR", "ParticipantRole": "VARCHAR"}]'
_ITEM = (
    '[{"Id": "VARCHAR", "Type": "VARCHAR", "AbsoluteTime": "VARCHAR", "BeginOffsetMillis": "BIGINT",'
    ' "EndOffsetMillis": "BIGINT", "ParticipantId": "VARCHAR", "ParticipantRole": "VARCHAR", "Content": "VARCHAR",'
    ' "ContentType": "VARCHAR", "Sentiment": "VARCHAR"}]'
)


class ContactLensSource(SourceBase, frozen=True):
    """Transcripts of Amazon Connect, analysed or plain, of calls and chats."""

    format: Literal["contact_lens"]


def read(
    files: Sequence[DeliveredFile], source: ContactLensSource, zone: str, con: duckdb.DuckDBPyConnection
) -> Iterator[Batch]:
    """Read transcripts as messages; times are UTC, so ``zone`` plays no part."""
    del zone
    names = pa.table({"_file": pa.array([f.index for f in files], pa.int32()), "name": [f.name for f in files]})
    con.register("transcript_files", names)
    for broken in parsed(files, con, "transcript_found", structure_of(FIELDS.values()), WHAT):
        refuse_others(files, con, "transcript_found", "list_contains(fields, 'Transcript')", WHAT)
        unfit = read_fields(con, "transcript", FIELDS, "transcript_found", KNOWN)
        con.execute(_ITEMS)
        yield batch(con, "chat_message", _messages(source), [broken, unfit, _unplaced(con)], _KEPT)
    con.unregister("transcript_files")


# A recording is called <contact>_20221027T03:31_UTC.wav, an analysis <contact>_analysis_2022-10-27T03:31:50Z.json;
# where colons cannot be stored something else may stand in their place.
_ITEMS = f"""
create or replace temp table transcript_item as
with named as (
    select transcript.*, coalesce(analysed_id, contact_id, nullif(regexp_extract(name,
            '([0-9A-Fa-f]{{8}}-[0-9A-Fa-f-]{{27}})_', 1), '')) as contact,
        regexp_extract(recording, '_([0-9]{{8}})T([0-9]{{2}}).?([0-9]{{2}})_UTC', ['day', 'hour', 'minute']) as taped,
        regexp_extract(name, '_([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})T([0-9]{{2}}).?([0-9]{{2}}).?([0-9]{{2}})Z',
            ['day', 'hour', 'minute', 'second']) as written
    from transcript join transcript_files using (_file)
),
begun as (
    select *, coalesce(
        try_cast(taped.day[:4] || '-' || taped.day[5:6] || '-' || taped.day[7:] || ' ' || taped.hour || ':'
            || taped.minute || ':00+00' as timestamptz),
        try_cast(written.day || ' ' || written.hour || ':' || written.minute || ':' || written.second || '+00'
            as timestamptz)) as begun_at
    from named
),
listed as (
    select *, unnest(json_transform(transcript, '{_ITEM}')) as item,
        generate_subscripts(json_transform(transcript, '{_ITEM}'), 1) as number
    from begun
),
told as (
    select _file, _line, _raw, unknown, contact, number, item, item.BeginOffsetMillis is not null as is_spoken,
        coalesce({instant("item.AbsoluteTime")}, begun_at + to_milliseconds(item.BeginOffsetMillis)) as sent_at,
        begun_at + to_milliseconds(item.EndOffsetMillis) as ended_at,
        coalesce(item.ParticipantRole, list_filter(json_transform(participants, '{_PARTICIPANT}'),
            lambda p: p.ParticipantId = item.ParticipantId)[1].ParticipantRole, item.ParticipantId) as role
    from listed
)
select *, case
    when contact is null then 'ContactId, and the file is not named by it,'
    when sent_at is null and is_spoken then 'CustomerMetadata.InputS3Uri, and the file name tells no time, so it'
    when sent_at is null then 'Transcript[' || (number - 1) || '].AbsoluteTime'
    when not is_spoken and item.Id is null then 'Transcript[' || (number - 1) || '].Id' end as fault
from told
"""


def _unplaced(con: duckdb.DuckDBPyConnection) -> pa.Table:
    return con.execute(
        f"select _file, _line, 'unreadable_field' as rule, '$.' || fault || ' is missing or cannot be read' as message,"
        f" 'deliver the file as it was exported, under its own name' as mend, left(_raw, {RAW}) as raw"
        f" from transcript_item where fault is not null"
    ).to_arrow_table()


_KEPT = {
    "event": "case when item.Type = 'EVENT' then regexp_extract(item.ContentType, 'event[.](.*)$', 1) end",
    "attachment": "case when item.Type = 'ATTACHMENT' then true end",
    "role": "case when item.Type = 'EVENT' then lower(role) end",
    "sentiment": "lower(item.Sentiment)",
}


def _messages(source: ContactLensSource) -> str:
    """SQL for the items as rows of ``chat_message``."""
    return f"""
        select {literal(source.name)} as source_system, case when is_spoken then contact || '/' || number else item.Id
            end as source_record_id, {kept_fields(_KEPT)} as extra, source_record_id as message_id,
            contact as conversation_id,
            case when is_spoken then 'voice' end as channel, sent_at, ended_at,
            case
                when item.Type = 'EVENT' or role = 'SYSTEM' then 'system'
                when role in ('AGENT', 'SUPERVISOR') then 'agent'
                when role = 'CUSTOMER' then 'customer'
                when role like '%BOT' then 'bot' end as sender_type,
            false as is_private, item.Content as body, length(item.Content) as body_length, _file, _line,
            cast(to_json(item) as varchar) as _raw
        from transcript_item where fault is null
    """


def recognise(path: Path, head: bytes) -> str | None:
    """Return what these files are known by, or null."""
    del path
    return seen(head, "Participants", "Transcript")


ABOUT = About(
    title="Amazon Connect transcripts",
    systems="Contact Lens for calls and chats (versions VOICE- and CHAT-2022-11-30), chat transcripts 2019-08-26",
    files="one JSON file a contact",
    zone="UTC, with the offset written out",
    units="offsets within a call in milliseconds",
    readings=(
        Reading("CustomerMetadata.ContactId", "chat_message.conversation_id", "or ContactId, or that in the file name"),
        Reading("Transcript[].Id", "chat_message.message_id", "of a call the contact and the number of the passage"),
        Reading("Transcript[].AbsoluteTime", "chat_message.sent_at", "of a call its beginning and BeginOffsetMillis"),
        Reading("Transcript[].EndOffsetMillis", "chat_message.ended_at"),
        Reading("Transcript[].ParticipantRole", "chat_message.sender_type", "of a call the role of the participant"),
        Reading("Transcript[].Content", "chat_message.body", "redacted"),
        Reading("Transcript[].Sentiment", "chat_message.extra"),
    ),
    gotchas=(
        "An analysis of a call does not tell when the call began: keep the name it has in the bucket.",
        "The beginning of a call in the recording's name is given to the minute; order and distances are exact.",
        "The original and the redacted file of a contact have the same messages: deliver one of them.",
        "Which agent spoke is not told. Categories, summaries and scores of the analysis are left out.",
    ),
    exports=(
        Export(
            "Amazon Connect",
            (
                "Copy Analysis/Voice/, Analysis/Chat/ or ChatTranscripts/ from the instance's bucket, names unchanged",
                "Where colons cannot be part of a name, let the copy put another character in their place",
            ),
        ),
    ),
    references=(
        "docs.aws.amazon.com/connect/latest/adminguide/contact-lens-example-output-files.html",
        "docs.aws.amazon.com/connect/latest/adminguide/contact-lens-example-output-files-chat.html",
        "docs.aws.amazon.com/connect/latest/adminguide/example-contact-lens-output-locations.html",
    ),
)
