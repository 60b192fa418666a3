"""The declared column mapping: what a spreadsheet's columns mean in terms of the neutral contract.

Pydantic models for the ``tables:`` of a spreadsheet source in centre.yml. Nothing is guessed: date formats, units of
durations, scales of percents and tokens for "no value" are declared, and a cell that does not fit its declaration
rejects its row. How files are opened and how cells become typed rows does not belong here.

Local times. A naive time is read in the mapping's zone, else the source's. A time that the clocks skipped (spring) is
rejected, because no clock of the site ever showed it. A time that the clocks showed twice (autumn) is read as the
earlier of the two, unless the column declares ``after: <column>`` and the earlier reading would lie before that
column: then the later one is taken. With ``rolls_over: true`` a time that still lies before it moves to the next day.

Privacy. A column that nobody declared cannot be known to be free of personal data, so undeclared columns stay outside
the lake. ``keep:`` names the columns whose values go to ``extra``: naming one there is the declaration that it holds
no personal data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

from ingest.contract import DATE, INSTANT, TABLES, Column, Table
from ingest.source import TimeZone

Unit = Literal["ms", "s", "min", "h", "day", "hms", "hm"]
"""Unit of a duration. ``day`` is a spreadsheet's fraction of a day, ``hms`` is text h:m:s or m:s, ``hm`` is h:m."""

Scale = Literal[1, 100, "percent_text"]
"""Of percents: the number that stands for the whole, or ``percent_text`` for ``85%``."""

_FILLED_BY_READER = ("source_system", "source_record_id", "extra")


def listed(value: str | list[str] | None) -> list[str]:
    """Return a value that may be declared alone or as a list, as a list."""
    return [value] if isinstance(value, str) else value or []


class Declared(BaseModel):
    """What every way of filling a column has in common."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, coerce_numbers_to_str=True)
    refers: ClassVar[tuple[str, ...]] = ()
    """Names of the fields that hold names of contract columns."""

    when: dict[str, str | list[str]] = Field(default_factory=dict)
    """Contract columns and the values they must have; otherwise the column is null."""

    def references(self) -> set[str]:
        """Return the names of the contract columns that this declaration reads."""
        return {*self.when, *(name for field in self.refers for name in listed(getattr(self, field)))}


class Converted(Declared):
    """What a text means: shared by cells and by parts of file names."""

    refers = ("after",)

    format: str | list[str] | None = None
    """Of times and dates: strptime patterns, ``epoch``, ``epoch_ms`` or ``excel``; ISO-8601 (instants with offset)
    when none is given."""
    zone: TimeZone | None = None
    unit: Unit | None = None
    scale: Scale | None = None
    decimal: Literal[".", ","] = "."
    """Decimal mark; the other of the two groups thousands."""
    values: dict[str, str | bool | int | float | None] = Field(default_factory=dict)
    """Translation of tokens; ``*`` stands for every other token. A token without translation rejects the row."""
    after: str | None = None
    rolls_over: bool = False

    @field_validator("values", mode="before")
    @classmethod
    def _tokens_are_texts(cls, declared: Any) -> Any:
        if isinstance(declared, Mapping) and any(isinstance(token, bool) for token in declared):
            raise ValueError("YAML reads yes, no, on, off, true and false as true or false: quote such tokens")
        return declared

    @model_validator(mode="after")
    def _rolls_over_something(self) -> Self:
        if self.rolls_over and self.after is None:
            raise ValueError("rolls_over needs after: the column that the time must not lie before")
        return self


class Cell(Converted):
    """The value of one column, or of several joined; null when any of them is empty."""

    column: str | list[str]
    joined: str = " "


class NamePart(Converted):
    """The first group of a regular expression over the file's name."""

    file_name: str


class Constant(Declared):
    """The same value in every row."""

    value: bool | int | float | str


class Copy(Declared):
    """Another contract column's value."""

    refers = ("same_as",)

    same_as: str


class Presence(Declared):
    """One constant when another contract column is filled and another when it is not."""

    refers = ("from_",)

    from_: str = Field(alias="from")
    filled: bool | int | float | str
    empty: bool | int | float | str | None = None


class Shifted(Declared):
    """An instant that lies one or several durations after another."""

    refers = ("from_", "plus")

    from_: str = Field(alias="from")
    plus: str | list[str]


class Between(Declared):
    """The duration from one instant until the first filled of others."""

    refers = ("since", "until")

    since: str
    until: str | list[str]


class OfSource(Declared):
    """A property of the source itself."""

    source: Literal["site", "name"]


_KINDS: dict[str, type[Declared]] = {
    "column": Cell,
    "file_name": NamePart,
    "value": Constant,
    "same_as": Copy,
    "filled": Presence,
    "plus": Shifted,
    "until": Between,
    "source": OfSource,
}


def _kind(declared: object) -> str | None:
    if isinstance(declared, Declared):
        return next(key for key, model in _KINDS.items() if type(declared) is model)
    return next((key for key in _KINDS if isinstance(declared, Mapping) and key in declared), None)


Mapped = Annotated[
    Annotated[Cell, Tag("column")]
    | Annotated[NamePart, Tag("file_name")]
    | Annotated[Constant, Tag("value")]
    | Annotated[Copy, Tag("same_as")]
    | Annotated[Presence, Tag("filled")]
    | Annotated[Shifted, Tag("plus")]
    | Annotated[Between, Tag("until")]
    | Annotated[OfSource, Tag("source")],
    Discriminator(
        _kind,
        custom_error_type="unknown_mapping",
        custom_error_message="declare one of: column, file_name, value, same_as, from + filled, from + plus, "
        "since + until, source",
    ),
]
"""How one contract column is filled."""


class TableMapping(BaseModel):
    """Which files of a source hold rows of which contract table, and how their columns map.

    Without ``columns`` the header must be the contract's own names: ISO-8601 instants with offset, ISO dates,
    durations in milliseconds, percents of 100, ``true`` and ``false``. ``only`` keeps the rows whose columns have one
    of the given values; the others are not part of the delivery. ``fill_down`` names columns whose empty cells repeat
    the cell above (merged cells). ``na`` lists the texts that mean "no value".
    """

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)
    computed: ClassVar[tuple[str, ...]] = ()
    """Contract columns that a format computes itself: not to be mapped, and found among the cells by their names."""

    table: str
    files: str = "*"
    columns: dict[str, Mapped] = Field(default_factory=dict)
    na: list[str] = Field(default_factory=lambda: [""])
    only: dict[str, list[str]] = Field(default_factory=dict)
    keep: list[str] = Field(default_factory=list)
    fill_down: list[str] = Field(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _expand_short_form(cls, declared: Any) -> Any:
        if not (isinstance(declared, Mapping) and isinstance(declared.get("columns"), Mapping)):
            return declared
        columns = declared["columns"]
        if misread := [name for name, cell in columns.items() if isinstance(cell, bool)]:
            raise ValueError(f"{', '.join(misread)}: YAML reads yes, no, on and off as true or false: quote the column")
        return {
            **declared,
            "columns": {k: {"column": v} if isinstance(v, str | int) else v for k, v in columns.items()},
        }

    @model_validator(mode="after")
    def _fits_contract(self) -> Self:
        table = TABLES.get(self.table)
        if table is None or table.raw:
            known = ", ".join(name for name, known in TABLES.items() if not known.raw)
            raise ValueError(f"table {self.table}: the contract has {known}")
        if self.columns:
            _check_columns(table, self.columns, self.computed)
        return self

    @property
    def contract(self) -> Table:
        """The contract table that is filled."""
        return TABLES[self.table]

    def resolved(self, header: Iterable[str]) -> dict[str, Mapped]:
        """Return the declared columns, or those of a header that carries the contract's own names."""
        if self.columns:
            return self.columns
        present = set(header)
        return {
            column.name: _own_name(column)
            for column in self.contract.columns
            if column.name in present and column.name not in ("source_system", "extra")
        }

    def missing(self, header: Iterable[str]) -> list[str]:
        """Return the column names that the mapping needs and a header lacks."""
        present = set(header)
        needed = [*self.only, *self.keep, *self.fill_down]
        if self.columns:
            needed += [name for cell in self.columns.values() if isinstance(cell, Cell) for name in listed(cell.column)]
        else:
            needed += [c.name for c in self.contract.columns if c.required and c.name not in _FILLED_BY_READER]
        return [name for name in dict.fromkeys(needed) if name not in present]

    def wanted(self, header: Iterable[str]) -> list[str]:
        """Return the column names that the mapping reads, among those of one or several headers."""
        cells = [cell for cell in self.resolved(header).values() if isinstance(cell, Cell)]
        return list(dict.fromkeys([name for cell in cells for name in listed(cell.column)] + [*self.only, *self.keep]))


def _own_name(column: Column) -> Cell:
    return Cell(
        column=column.name,
        unit="ms" if column.name.endswith("_ms") else None,
        scale=100 if column.name.endswith("_pct") else None,
    )


def _check_columns(table: Table, columns: Mapping[str, Declared], computed: tuple[str, ...]) -> None:
    known = {c.name: c for c in table.columns if c.name not in ("source_system", "extra", *computed)}
    for name, declared in columns.items():
        if name not in known:
            raise ValueError(f"{table.name} has no column {name} to map; it has {', '.join(known)}")
        _check_kind(known[name], declared)
        if absent := declared.references() - set(columns):
            raise ValueError(f"{name} refers to {', '.join(sorted(absent))}, which the mapping does not fill")
    needed = [c.name for c in known.values() if c.required and c.name not in _FILLED_BY_READER]
    needed += [name for name in table.key if name == "source_record_id"]
    if unfilled := [name for name in needed if name not in columns]:
        raise ValueError(f"{table.name} requires {', '.join(unfilled)}; map them or give a constant value")
    try:
        list(in_order(columns))
    except CycleError as cycle:
        raise ValueError(f"columns refer to each other in a circle: {' → '.join(cycle.args[1])}") from cycle


def _check_kind(column: Column, declared: Declared) -> None:
    is_duration, is_percent = column.name.endswith("_ms"), column.name.endswith("_pct")
    if isinstance(declared, Converted):
        if is_duration and declared.unit is None:
            raise ValueError(f"{column.name}: declare the unit of the duration (ms, s, min, h, day, hms, hm)")
        if is_percent and declared.scale is None:
            raise ValueError(f"{column.name}: declare the scale of the percent (1, 100, percent_text)")
        misplaced = [
            ("unit", declared.unit is not None and not is_duration),
            ("scale", declared.scale is not None and not is_percent),
            ("format", declared.format is not None and column.type not in (INSTANT, DATE)),
            ("zone", declared.zone is not None and column.type != INSTANT),
            ("after", declared.after is not None and column.type != INSTANT),
        ]
        if wrong := [key for key, is_wrong in misplaced if is_wrong]:
            raise ValueError(f"{column.name}: {', '.join(wrong)} does not apply to a column of type {column.type}")
    elif isinstance(declared, Between) and not is_duration:
        raise ValueError(f"{column.name}: since and until give a duration, and this is none")
    elif isinstance(declared, Shifted) and column.type != INSTANT:
        raise ValueError(f"{column.name}: from and plus give an instant, and this is none")


def in_order(columns: Mapping[str, Declared]) -> Iterable[str]:
    """Contract columns, those that others refer to first."""
    return TopologicalSorter({name: sorted(declared.references()) for name, declared in columns.items()}).static_order()
