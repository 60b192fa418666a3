"""The registry of source formats: one line a format in the union and one in the table."""

from typing import Annotated

from pydantic import Field

from ingest.formats import chatwoot, connect_contacts, queue_log, scorecard, spreadsheet
from ingest.formats.base import Format

Source = Annotated[
    chatwoot.ChatwootSource
    | connect_contacts.ConnectContactsSource
    | queue_log.QueueLogSource
    | scorecard.ScorecardSource
    | spreadsheet.SpreadsheetSource,
    Field(discriminator="format"),
]
"""A source of any format, as centre.yml declares it."""

FORMATS: dict[str, Format] = {
    "chatwoot": Format(chatwoot.read, chatwoot.derive),
    "connect_contacts": Format(connect_contacts.read, connect_contacts.derive, about=connect_contacts.ABOUT),
    "queue_log": Format(queue_log.read, queue_log.derive, rereads=False),
    "scorecard": Format(scorecard.read),
    "spreadsheet": Format(spreadsheet.read),
}
