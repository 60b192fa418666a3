"""The declared column mapping: what a spreadsheet's columns mean in terms of the neutral contract.

Pydantic models for the ``tables:`` of a spreadsheet source in centre.yml. Nothing is guessed: date formats, units of
durations, scales of percents and tokens for "no value" are declared, and a cell that does not fit its declaration
rejects its row. How files are opened and how cells become typed rows does not belong here.

Local times. A naive time is read in the mapping's zone, else the source's. A time that the clocks skipped (spring) is
rejected, because no clock of the site ever showed it. A time that the clocks showed twice (autumn) is read as the
earlier of the two, unless the column declares ``after: <column>`` and the earlier reading would lie before that
column: then the later one is taken. With ``rolls_over: true`` a time that still lies before it moves to the next day.

Columns that nobody declared are kept in ``extra``, so that a new one is seen and counted. Whether they hold personal
data cannot be known: what looks like a mail address or a number of a person is redacted, and a column whose name tells
of a person (``PERSONAL``) keeps its name but not its values. ``keep:`` declares that columns hold no personal data:
their values are kept as they are. ``drop:`` leaves columns out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

from ingest.contract import DATE, INSTANT, TABLES, WHOLE, Column, Table
from ingest.source import TimeZone

Unit = Literal["ms", "s", "min", "h", "day", "hms", "hm"]
"""Unit of a duration. ``day`` is a spreadsheet's fraction of a day, ``hms`` is text h:m:s or m:s, ``hm`` is h:m."""

Scale = Literal[1, 100, "percent_text"]
"""Of percents: the number that stands for the whole, or ``percent_text`` for ``85%``."""

PERSONAL = re.compile(
    r"\b(?:(?:sur|fore|first|last|middle|full|nick|user|contact|customer|caller|client|guest|employee|agent|staff|"
    r"display)?[ _]?name|e?-?mail|(?:tele)?phone|mobile|cell|msisdn|fax|caller[ _]?id|ani|address|street|post ?code|"
    r"zip|birth\w*|dob|age|gender|sex|marital\w*|religion|ethnic\w*|national\w*|passport|ssn|social[ _]security\w*|"
    r"id[ _]?card|iban|account[ _]?(?:no|number)|card[ _]?(?:no|number)|salary|income|bank\w*|wechat|qq)\b"
    r"|姓名|名字|联系人|客户名|电话|手机|号码|邮箱|邮件|地址|住址|邮编|生日|出生|年龄|性别|婚姻|民族|籍贯|身份证|护照|证件|银行|卡号|"
    r"工资|薪资|收入|微信|社保",
    re.IGNORECASE,
)
"""Names of columns that tell of a person. English and Chinese; ``_`` counts as a blank."""


def tells_of_person(column: str) -> bool:
    """Whether a column's name says that its values are personal data."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", column)
    return PERSONAL.search(words) is not None


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
    """Of times and dates: strptime patterns, ``epoch``, ``epoch_ms``, ``excel`` or ``excel_1904`` (serial days of a
    workbook with the one or the other first day); ISO-8601 (instants with offset) when none is given."""
    zone: TimeZone | None = None
    unit: Unit | None = None
    scale: Scale | None = None
    decimal: Literal[".", ","] = "."
    """Decimal mark; the other of the two groups thousands."""
    part: Literal["month", "day"] | None = None
    """Of a date, for a column that holds its month or its day only (a birthday without the year)."""
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


class SheetPart(Converted):
    """The first group of a regular expression over the name of the workbook's sheet."""

    sheet_name: str


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
    "sheet_name": SheetPart,
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
    | Annotated[SheetPart, Tag("sheet_name")]
    | Annotated[Constant, Tag("value")]
    | Annotated[Copy, Tag("same_as")]
    | Annotated[Presence, Tag("filled")]
    | Annotated[Shifted, Tag("plus")]
    | Annotated[Between, Tag("until")]
    | Annotated[OfSource, Tag("source")],
    Discriminator(
        _kind,
        custom_error_type="unknown_mapping",
        custom_error_message="declare one of: column, file_name, sheet_name, value, same_as, from + filled, "
        "from + plus, since + until, source",
    ),
]
"""How one contract column is filled."""


class Matrix(BaseModel):
    """A table with a column a day, or a column a question, turned into one with a row for each before it is mapped.

    ``days`` is the form of the headers that are days (strptime, one or several; ISO dates and a workbook's true dates
    always count); ``columns`` names the columns to turn where they are no days. The columns map as if the table had
    these instead: ``name``, the day as ISO text or the column's name; ``state``, which is ``filled``, ``empty``, or
    ``closed`` for a day on which nobody has a value; and the cell itself, under the name that ``cells`` gives it. Where
    one matrix comes in several files, ``cells`` says by the pattern of the file's name what its cells are
    (``{"in_time*": In, "out_time*": Out}``): rows that agree in the columns the mapping reads are joined.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    days: str | list[str] = "%Y-%m-%d"
    columns: list[str] = Field(default_factory=list)
    name: str = "Day"
    state: str = "State"
    cells: str | dict[str, str]

    @property
    def parts(self) -> dict[str, str]:
        """File pattern → name of the cells."""
        return {"*": self.cells} if isinstance(self.cells, str) else self.cells

    @property
    def made(self) -> list[str]:
        """Names of the columns that the matrix gives."""
        return [self.name, self.state, *dict.fromkeys(self.parts.values())]

    def label(self, header: str) -> str | None:
        """Return what stands for a column that is turned, ``None`` for another one."""
        if self.columns:
            return header if header in self.columns else None
        for form in ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", *listed(self.days)):
            try:
                return datetime.strptime(header, form).date().isoformat()
            except ValueError:
                continue
        return None


class TableMapping(BaseModel):
    """Which files of a source hold rows of which contract table, and how their columns map.

    Without ``columns`` the header must be the contract's own names: ISO-8601 instants with offset, ISO dates,
    durations in milliseconds, percents of 100, ``true`` and ``false``. ``only`` keeps the rows whose columns have one
    of the given values, ``skip`` leaves such rows out (totals between the rows); what is left out is not part of the
    delivery. ``fill_down`` names columns whose empty cells repeat the cell above. ``na`` lists the texts that mean "no
    value". ``keep`` and ``drop`` are for columns that nothing maps, see the module.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)
    computed: ClassVar[tuple[str, ...]] = ()
    """Contract columns that a format computes itself: not to be mapped, and found among the cells by their names."""

    table: str
    files: str = "*"
    columns: dict[str, Mapped] = Field(default_factory=dict)
    na: list[str] = Field(default_factory=lambda: [""])
    only: dict[str, list[str]] = Field(default_factory=dict)
    skip: dict[str, list[str]] = Field(default_factory=dict)
    keep: list[str] = Field(default_factory=list)
    drop: list[str] = Field(default_factory=list)
    fill_down: list[str] = Field(default_factory=list)
    matrix: Matrix | None = None

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

    @property
    def left_out(self) -> list[str]:
        """Names of columns that are no data, or are not to enter the lake."""
        return self.drop if self.columns else [*self.drop, "source_system", "extra"]

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
        needed = [*self.only, *self.skip, *self.keep, *self.fill_down, *(self.matrix.columns if self.matrix else ())]
        if self.columns:
            needed += [name for cell in self.columns.values() if isinstance(cell, Cell) for name in listed(cell.column)]
        else:
            needed += [c.name for c in self.contract.columns if c.required and c.name not in _FILLED_BY_READER]
        made = self.matrix.made if self.matrix else []
        return [name for name in dict.fromkeys(needed) if name not in present and name not in made]

    def wanted(self, header: Iterable[str]) -> list[str]:
        """Return the column names that the mapping reads, among those of one or several headers."""
        cells = [cell for cell in self.resolved(header).values() if isinstance(cell, Cell)]
        read = [name for cell in cells for name in listed(cell.column)]
        return list(dict.fromkeys([*read, *self.only, *self.skip, *self.keep]))


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
            ("format", declared.format is not None and column.type not in (INSTANT, DATE) and declared.part is None),
            ("part", declared.part is not None and column.type != WHOLE),
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
