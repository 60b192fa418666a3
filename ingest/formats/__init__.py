"""The registry of source formats: one line a format in the union and one in the table."""

from typing import Annotated

from pydantic import Field

from ingest.formats import (
    cdr,
    chatwoot,
    connect_agent_events,
    connect_contacts,
    connect_evaluations,
    contact_lens,
    contract_files,
    frappe_hr,
    genesys_conversations,
    genesys_evaluations,
    intercom,
    nice_iex,
    queue_log,
    scorecard,
    spreadsheet,
    transcript,
    zendesk_chat,
)
from ingest.formats.base import Format

Source = Annotated[
    cdr.CdrSource
    | chatwoot.ChatwootSource
    | connect_agent_events.ConnectAgentEventsSource
    | connect_contacts.ConnectContactsSource
    | connect_evaluations.ConnectEvaluationsSource
    | contact_lens.ContactLensSource
    | contract_files.ContractSource
    | frappe_hr.FrappeHrSource
    | genesys_conversations.GenesysConversationsSource
    | genesys_evaluations.GenesysEvaluationsSource
    | intercom.IntercomSource
    | nice_iex.NiceIexSource
    | queue_log.QueueLogSource
    | scorecard.ScorecardSource
    | spreadsheet.SpreadsheetSource
    | transcript.TranscriptSource
    | zendesk_chat.ZendeskChatSource,
    Field(discriminator="format"),
]
"""A source of any format, as centre.yml declares it."""

FORMATS: dict[str, Format] = {
    "cdr": Format(cdr.read, cdr.derive, about=cdr.ABOUT, recognise=cdr.recognise),
    "chatwoot": Format(chatwoot.read, chatwoot.derive, breadth=0.5, about=chatwoot.ABOUT, recognise=chatwoot.recognise),
    "connect_agent_events": Format(
        connect_agent_events.read,
        connect_agent_events.derive,
        rereads=False,
        about=connect_agent_events.ABOUT,
        recognise=connect_agent_events.recognise,
    ),
    "connect_contacts": Format(
        connect_contacts.read,
        connect_contacts.derive,
        about=connect_contacts.ABOUT,
        recognise=connect_contacts.recognise,
    ),
    "connect_evaluations": Format(
        connect_evaluations.read, about=connect_evaluations.ABOUT, recognise=connect_evaluations.recognise
    ),
    "contact_lens": Format(contact_lens.read, about=contact_lens.ABOUT, recognise=contact_lens.recognise),
    "contract": Format(contract_files.read, about=contract_files.ABOUT),
    "frappe_hr": Format(frappe_hr.read, about=frappe_hr.ABOUT, recognise=frappe_hr.recognise),
    "genesys_conversations": Format(
        genesys_conversations.read, about=genesys_conversations.ABOUT, recognise=genesys_conversations.recognise
    ),
    "genesys_evaluations": Format(
        genesys_evaluations.read, about=genesys_evaluations.ABOUT, recognise=genesys_evaluations.recognise
    ),
    "intercom": Format(intercom.read, about=intercom.ABOUT, recognise=intercom.recognise),
    "nice_iex": Format(nice_iex.read, nice_iex.derive, about=nice_iex.ABOUT, recognise=nice_iex.recognise),
    "queue_log": Format(
        queue_log.read, queue_log.derive, breadth=4, about=queue_log.ABOUT, recognise=queue_log.recognise
    ),
    "scorecard": Format(scorecard.read, about=scorecard.ABOUT),
    "spreadsheet": Format(spreadsheet.read, about=spreadsheet.ABOUT),
    "transcript": Format(transcript.read, transcript.derive, about=transcript.ABOUT),
    "zendesk_chat": Format(zendesk_chat.read, about=zendesk_chat.ABOUT, recognise=zendesk_chat.recognise),
}
