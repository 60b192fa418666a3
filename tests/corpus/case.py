"""What a damaged file is: its name and content, and what must come of it. How damage is made does not belong here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """A file to deliver: ``fit`` records load, ``set_aside`` go into quarantine, or the file is ``refused`` by a rule.

    What was one record may be set aside in pieces: in each of its rows, or of what was left of it. A record that loads
    is one of the kind's good ones, whatever the damage: the lake must hold nothing else.
    """

    name: str
    content: bytes
    fit: int = 0
    set_aside: int = 0
    refused: str | None = None


@dataclass(frozen=True)
class Kind:
    """Good files of one format: a declaration, and records of which each is one line of text.

    ``ending`` is that of file names. How many rows of the contract a record makes, the good file tells.
    """

    format: str
    declared: dict[str, Any]
    header: Sequence[str]
    records: Sequence[str]
    ending: str
    cases: list[Case] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What tells the kind from others: a format may have several."""
        return f"{self.format}.{self.ending}"

    def text(self, records: Sequence[str] | None = None) -> str:
        """Return a file of some records, by default of all."""
        return "".join(f"{line}\n" for line in [*self.header, *(self.records if records is None else records)])

    def good(self) -> bytes:
        """Return the good file."""
        return self.text().encode()
