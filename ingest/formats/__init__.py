"""The registry of source formats: one line a format in the union and one in the table."""

from ingest.formats import chatwoot, spreadsheet
from ingest.formats.base import Format

FORMATS: dict[str, Format] = {
    "chatwoot": Format(chatwoot.ChatwootSource, chatwoot.read, chatwoot.derive),
    "spreadsheet": Format(spreadsheet.SpreadsheetSource, spreadsheet.read),
}
