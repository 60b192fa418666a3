"""What a contract table is made of: columns, rules, tables, and the rules that many tables share.

Which tables there are does not belong here: each feed has a module of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import pyarrow as pa

INSTANT = pa.timestamp("us", tz="UTC")
DATE = pa.date32()
TEXT = pa.string()
WHOLE = pa.int64()
REAL = pa.float64()
FLAG = pa.bool_()

Personal = Literal["identifier", "text", "staff_name"]
"""How a personal column is treated at the door.

``identifier``: replaced by a keyed pseudonym. ``text``: free text, redacted. ``staff_name``: a staff member's name,
kept only in ``hr_employee`` and dropped everywhere else.
"""


@dataclass(frozen=True)
class Column:
    """One column: its Arrow type, whether it must be filled, its allowed values and its meaning."""

    name: str
    type: pa.DataType
    meaning: str
    required: bool = False
    allowed: tuple[str, ...] = ()
    personal: Personal | None = None


@dataclass(frozen=True)
class Rule:
    """A row rule beyond type, presence and allowed values.

    ``holds`` is a SQL boolean expression over the table's columns; a row for which it is false is quarantined
    (null counts as holding). ``mend`` tells the deliverer what to change.
    """

    name: str
    holds: str
    message: str
    mend: str


@dataclass(frozen=True)
class Table:
    """One table of the contract.

    ``key`` with ``source_system`` identifies a row; of two rows with one key the greater ``version`` wins.
    ``event_time`` names the column whose local date is the lake partition ``event_date``. ``touches`` names the
    instant or date columns whose local dates must be rebuilt when the row changes; with ``touches_span`` every date
    from the first to the last of them (an open end means up to the newest date in the lake).
    ``raw`` marks a table that only a connector reads again; dbt does not see it. ``moves`` says that a newer version
    of a row may lie on any other event date (a shift is moved), so the older one is looked for on all of them.
    ``observed`` says that its rows tell what happened; plans, promises, postings and master data, whose dates reach
    beyond the days that were delivered, do not decide which day is the newest.
    """

    name: str
    feed: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    event_time: str
    touches: tuple[str, ...]
    touches_span: bool = False
    version: str = "record_updated_at"
    rules: tuple[Rule, ...] = ()
    raw: bool = False
    moves: bool = False
    observed: bool = True

    @cached_property
    def schema(self) -> pa.Schema:
        """Arrow schema of the table as it lies in the lake, without the partition column."""
        return pa.schema([pa.field(c.name, c.type, nullable=not c.required) for c in self.columns])

    @cached_property
    def personal(self) -> dict[str, Personal]:
        """Personal columns and their treatment."""
        return {c.name: c.personal for c in self.columns if c.personal}

    def column(self, name: str) -> Column:
        """Return the column called ``name``; raise ``KeyError`` when the table has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table {self.name} has no column {name}")


APART = "|"
"""What separates several values in one column."""

CONTACT_REASON = Column(
    "contact_reason",
    TEXT,
    f"reason of the contact in the source's own words or codes; several are separated by {APART}",
)
"""What the centre's ``reasons`` are told by, the same in every table that has it."""

_PROVENANCE = (
    Column("source_system", TEXT, "name of the source in centre.yml", required=True),
    Column("source_record_id", TEXT, "the record's identity in the source's own words", required=True),
    Column("record_updated_at", INSTANT, "version of the record: when the source last changed it"),
    Column("extra", TEXT, "fields the contract does not know, as JSON"),
)


def table(name: str, feed: str, meaning: str, *columns: Column, **declared) -> Table:
    """Return a table that begins with the columns every table has."""
    return Table(name=name, feed=feed, meaning=meaning, columns=_PROVENANCE + columns, **declared)


def ordered(earlier: str, later: str) -> Rule:
    """Return the rule that ``later`` does not lie before ``earlier``."""
    return Rule(
        f"{later}_before_{earlier}",
        f"{later} >= {earlier}",
        f"{later} lies before {earlier}",
        "check the two columns and the declared time zone of the source",
    )


def not_negative(*columns: str) -> Rule:
    """Return the rule that none of the durations ``columns`` is negative."""
    return Rule(
        "negative_duration",
        " and ".join(f"{c} >= 0" for c in columns),
        f"a duration among {', '.join(columns)} is negative",
        "check the unit and the sign of the duration columns",
    )


def at_most(part: str, whole: str) -> Rule:
    """Return the rule that ``part`` is not greater than ``whole``."""
    return Rule(
        f"{part}_above_{whole}",
        f"{part} <= {whole}",
        f"{part} is greater than {whole}",
        "check the scale declared for the form",
    )


def one_currency(column: str) -> Rule:
    """Return the rule that ``column`` holds a currency's three letters."""
    return Rule(
        "currency_unknown",
        f"regexp_full_match({column}, '[A-Z]{{3}}')",
        f"{column} is not the three capital letters of ISO 4217",
        "write CNY, EUR, USD …, not a sign or a word",
    )


def on_scale() -> tuple[Rule, Rule]:
    """Return the rules that ``score`` lies between ``scale_min`` and ``scale_max``."""
    return at_most("scale_min", "score"), at_most("score", "scale_max")


def one_person() -> Rule:
    """Return the rule that an answer carries a name or a token, never both: anonymous answers join to nobody."""
    return Rule(
        "named_and_anonymous",
        "(employee_key is null) <> (anonymous_token is null)",
        "an answer must carry either an employee or an anonymous token",
        "map employee_key for surveys with names, anonymous_token for those without",
    )


CHANNELS = ("voice", "chat", "callback", "email", "message", "video", "task")
"""Ways a contact is held, in every feed."""
