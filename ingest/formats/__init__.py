"""The registry of source formats: one line a format in the union and one in the table."""

from ingest.formats.base import Format

FORMATS: dict[str, Format] = {}
