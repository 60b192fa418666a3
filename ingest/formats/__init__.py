"""The registry of source formats: one line a format in the union and one in the table."""

from typing import Annotated

from pydantic import Field

from ingest.formats import (
    chatwoot,
    connect_agent_events,
    connect_contacts,
    contract_files,
    frappe_hr,
    queue_log,
    scorecard,
    spreadsheet,
)
from ingest.formats.base import Format

Source = Annotated[
    chatwoot.ChatwootSource
    | connect_agent_events.ConnectAgentEventsSource
    | connect_contacts.ConnectContactsSource
    | contract_files.ContractSource
    | frappe_hr.FrappeHrSource
    | queue_log.QueueLogSource
    | scorecard.ScorecardSource
    | spreadsheet.SpreadsheetSource,
    Field(discriminator="format"),
]
"""A source of any format, as centre.yml declares it."""

FORMATS: dict[str, Format] = {
    "chatwoot": Format(chatwoot.read, chatwoot.derive),
    "connect_agent_events": Format(
        connect_agent_events.read, connect_agent_events.derive, rereads=False, about=connect_agent_events.ABOUT
    ),
    "connect_contacts": Format(connect_contacts.read, connect_contacts.derive, about=connect_contacts.ABOUT),
    "contract": Format(contract_files.read, about=contract_files.ABOUT),
    "frappe_hr": Format(frappe_hr.read, about=frappe_hr.ABOUT, recognise=frappe_hr.recognise),
    "queue_log": Format(queue_log.read, queue_log.derive, rereads=False),
    "scorecard": Format(scorecard.read),
    "spreadsheet": Format(spreadsheet.read),
}
