"""What boards are: dbt's manifest read into checked records.

dbt has already made sure that every model and metric named in ``depends_on`` exists. This module checks the rest: that
cards ask for indicators, levels and grains that the dictionary allows, that they can be drawn, that they do not lie on
top of each other and that everything a user sees has a name in both languages. How a card looks in Metabase is decided
in ``content``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from serving import ServingError

Locale = Literal["en", "zh"]
LOCALES: tuple[Locale, ...] = ("en", "zh")

SOURCE = "board_indicator_values"
"""The model that every card reads."""

GRID = 24
"""Columns of a Metabase dashboard."""

LOCALISED = frozenset(
    {"period", "indicator_name", "indicator_label", "unit", "level_name", "member_name", "target_from", "status_name"}
)
"""Columns of ``SOURCE`` that exist once per language, with the language as suffix."""

CHARTS = ("smartscalar", "line", "bar", "area", "row", "pivot", "table")
TEXTS = ("heading", "text", "definitions")

_ONE_INDICATOR = ("smartscalar", "row")


class BoardError(ServingError):
    """A board cannot be drawn; the message names file, card and what is wrong."""


@dataclass(frozen=True)
class Name:
    """A text that users see, in both languages."""

    en: str
    zh: str

    def __getitem__(self, locale: Locale) -> str:
        return self.en if locale == "en" else self.zh


@dataclass(frozen=True)
class Indicator:
    """One entry of the dictionary, as far as boards need it."""

    key: str
    name: Name
    definition: Name
    caveat: Name | None
    unit: str
    direction: str
    levels: frozenset[str]
    grains: frozenset[str]
    interval_levels: frozenset[str]
    """Levels that it has by interval."""


@dataclass(frozen=True)
class Table:
    """A published table and what its columns mean."""

    name: str
    description: str
    columns: Mapping[str, str]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Tab(_Part):
    """A sheet of a board."""

    key: str
    name_en: str = Field(min_length=1)
    name_zh: str = Field(min_length=1)

    @property
    def name(self) -> Name:
        """The tab's name."""
        return Name(self.name_en, self.name_zh)


class Filter(_Part):
    """A control above the board: the column it narrows, and what it starts with.

    ``levels`` narrows the choices to members of these levels. A filter on one member at a time is ``required``, so that
    a chart never mixes the figures of two.
    """

    key: str
    column: str
    type: Literal["string/=", "number/<=", "date/all-options"]
    name_en: str = Field(min_length=1)
    name_zh: str = Field(min_length=1)
    levels: tuple[str, ...] = ()
    default: int | str | None = None
    default_en: str | None = None
    default_zh: str | None = None
    required: bool = False
    multiple: bool = False

    @property
    def name(self) -> Name:
        """The filter's name."""
        return Name(self.name_en, self.name_zh)

    def start(self, locale: Locale) -> int | str | None:
        """Return the value that the filter starts with."""
        return self.default if self.default is not None else (self.default_en if locale == "en" else self.default_zh)

    @model_validator(mode="after")
    def _can_start(self) -> Self:
        if (self.default_en is None) != (self.default_zh is None):
            raise ValueError("default_en and default_zh come together")
        if self.required and self.start("en") is None:
            raise ValueError("a required filter needs a default")
        return self


class Click(_Part):
    """What a click on a member does: narrow this board, or open another one narrowed."""

    filter: str
    board: str | None = None


class Card(_Part):
    """A rectangle of a board: a chart, or a text."""

    key: str
    tab: str
    at: tuple[int, int]
    size: tuple[int, int]
    display: Literal["smartscalar", "line", "bar", "area", "row", "pivot", "table", "heading", "text", "definitions"]
    grain: Literal["interval", "day", "week"] | None = None
    levels: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()
    split: Literal["member", "indicator"] | None = None
    stacked: bool = False
    where: Mapping[str, bool | str] = {}
    columns: tuple[str, ...] = ()
    sort: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    click: Click | None = None
    name_en: str = ""
    name_zh: str = ""
    description_en: str = ""
    description_zh: str = ""
    text_en: str = ""
    text_zh: str = ""

    @property
    def is_chart(self) -> bool:
        """Whether the card asks the database something."""
        return self.display in CHARTS

    @property
    def name(self) -> Name:
        """The card's title."""
        return Name(self.name_en, self.name_zh)

    @property
    def description(self) -> Name:
        """What stands behind the title; empty when the indicator's definition says it all."""
        return Name(self.description_en, self.description_zh)

    @property
    def text(self) -> Name:
        """Markdown of a text, or its heading."""
        return Name(self.text_en, self.text_zh)

    def overlaps(self, other: Card) -> bool:
        """Say whether two cards of one tab cover a common cell."""
        (top, left), (width, height) = self.at, self.size
        (other_top, other_left), (other_width, other_height) = other.at, other.size
        return (
            left < other_left + other_width
            and other_left < left + width
            and top < other_top + other_height
            and other_top < top + height
        )

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Self:
        problems = [*self._layout_problems(), *(self._chart_problems() if self.is_chart else self._text_problems())]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _layout_problems(self) -> Iterator[str]:
        (row, column), (width, height) = self.at, self.size
        if min(row, column) < 0 or min(width, height) < 1 or column + width > GRID:
            yield f"at {list(self.at)} with size {list(self.size)} leaves the grid of {GRID} columns"

    def _chart_problems(self) -> Iterator[str]:
        for field in ("name_en", "name_zh", "grain", "levels", "indicators", "filters"):
            if not getattr(self, field):
                yield f"a {self.display} needs {field}"
        if bool(self.description_en) != bool(self.description_zh):
            yield "description_en and description_zh come together"
        if self.display in _ONE_INDICATOR and len(self.indicators) > 1:
            yield f"a {self.display} shows one indicator, not {len(self.indicators)}"
        if self.display == "table" and not self.columns:
            yield "a table needs columns"
        if self.display in ("line", "bar", "area") and self.split is None and len(self.indicators) > 1:
            yield f"a {self.display} of several indicators needs split: indicator"
        if self.split == "member" and len(self.indicators) > 1:
            yield "split: member shows one indicator"
        if self.click is not None and self.display not in ("table", "pivot", "row"):
            yield f"a {self.display} has no members to click on"

    def _text_problems(self) -> Iterator[str]:
        for field in ("text_en", "text_zh"):
            if not getattr(self, field):
                yield f"a {self.display} needs {field}"
        if self.display == "definitions" and not self.indicators:
            yield "definitions need indicators"


class _Meta(_Part):
    name_zh: str = Field(min_length=1)
    description_zh: str = Field(min_length=1)
    tabs: tuple[Tab, ...] = Field(min_length=1)
    filters: tuple[Filter, ...] = ()
    cards: tuple[Card, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Board:
    """One dashboard, whatever the language."""

    key: str
    name: Name
    description: Name
    tabs: Sequence[Tab]
    filters: Mapping[str, Filter]
    cards: Sequence[Card]


@dataclass(frozen=True)
class Library:
    """Everything that the manifest says about boards."""

    boards: Sequence[Board]
    dictionary: Mapping[str, Indicator]
    tables: Sequence[Table]


def read_manifest(manifest: Mapping[str, Any], published: Sequence[str]) -> Library:
    """Return boards, dictionary and the descriptions of the published tables.

    Args:
        manifest: dbt's manifest.json, parsed.
        published: Names of the models that are published where Metabase reads.

    Raises:
        BoardError: the dictionary is empty or a board cannot be drawn; all problems of all boards are listed.
    """
    dictionary = _dictionary(manifest)
    models = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    if SOURCE not in models:
        raise BoardError(f"the manifest has no model {SOURCE}, which every board reads")
    tables = [_table(models[name]) for name in published if name in models]
    boards: list[Board] = []
    problems: list[str] = []
    exposures = sorted(manifest["exposures"].values(), key=lambda exposure: exposure["name"])
    for exposure in exposures:
        if exposure["type"] != "dashboard":
            continue
        place = exposure["original_file_path"]
        try:
            board = _board(exposure)
        except ValidationError as error:
            problems += [f"{place}: {_where(exposure, issue)}: {_said(issue)}" for issue in error.errors()]
            continue
        listed = {key.split(".")[-1] for key in exposure["depends_on"]["nodes"] if key.startswith("metric.")}
        columns = frozenset(models[SOURCE]["columns"])
        problems += [f"{place}: {problem}" for problem in _problems(board, dictionary, listed, columns)]
        boards.append(board)
    known = {board.key: board for board in boards}
    problems += [problem for board in boards for problem in _dead_clicks(board, known)]
    if problems:
        raise BoardError("\n".join(problems))
    return Library(boards, dictionary, tables)


def _dictionary(manifest: Mapping[str, Any]) -> dict[str, Indicator]:
    found = {
        metric["name"]: Indicator(
            key=metric["name"],
            name=Name(metric["label"], meta["name_zh"]),
            definition=Name(metric["description"].strip(), meta["definition_zh"].strip()),
            caveat=Name(meta["caveat"].strip(), meta["caveat_zh"].strip()) if meta.get("caveat") else None,
            unit=meta["unit"],
            direction=meta["direction"],
            levels=frozenset(meta["levels"]),
            grains=frozenset(meta["grains"]),
            interval_levels=frozenset(meta.get("interval_levels", ())),
        )
        for metric in manifest["metrics"].values()
        if (meta := metric["config"].get("meta", {})).get("name_zh")
    }
    if not found:
        raise BoardError("the manifest holds no indicator: dbt reads a newer metric spec silently as none at all")
    return found


def _table(node: Mapping[str, Any]) -> Table:
    chinese = node["config"].get("meta", {}).get("description_zh", "")
    description = "\n\n".join(text.strip() for text in (node["description"], chinese) if text)
    return Table(node["name"], description, {name: col["description"] for name, col in node["columns"].items()})


def _board(exposure: Mapping[str, Any]) -> Board:
    meta = _Meta.model_validate(exposure["config"].get("meta", {}))
    return Board(
        key=exposure["name"],
        name=Name(exposure["label"] or exposure["name"], meta.name_zh),
        description=Name(exposure["description"].strip(), meta.description_zh.strip()),
        tabs=meta.tabs,
        filters={filter.key: filter for filter in meta.filters},
        cards=meta.cards,
    )


def _where(exposure: Mapping[str, Any], issue: Any) -> str:
    """Name the part of a board by its key, since nobody counts cards."""
    part, *rest = issue["loc"] or ("config.meta",)
    if rest and isinstance(rest[0], int):
        raw = exposure["config"]["meta"][part][rest[0]]
        key = raw.get("key", rest[0]) if isinstance(raw, Mapping) else rest[0]
        return ".".join([f"{part}[{key}]", *map(str, rest[1:])])
    return ".".join(map(str, issue["loc"])) or "config.meta"


def _said(issue: Any) -> str:
    return issue["msg"].removeprefix("Value error, ")


def _problems(
    board: Board, dictionary: Mapping[str, Indicator], listed: set[str], columns: frozenset[str]
) -> Iterator[str]:
    for what, keys in (("tab", [tab.key for tab in board.tabs]), ("card", [card.key for card in board.cards])):
        for key in sorted({key for key in keys if keys.count(key) > 1}):
            yield f"two {what}s are called {key}"
    tabs = {tab.key for tab in board.tabs}
    for filter in board.filters.values():
        yield from (f"filters[{filter.key}]: {problem}" for problem in _unknown_columns([filter.column], columns))
    for card in board.cards:
        place = f"cards[{card.key}]"
        if card.tab not in tabs:
            yield f"{place}: there is no tab {card.tab}"
        for key in card.filters:
            if key not in board.filters:
                yield f"{place}: there is no filter {key}"
        sorted_by = [column.removeprefix("-") for column in card.sort]
        for problem in _unknown_columns([*card.columns, *card.where, *sorted_by], columns):
            yield f"{place}: {problem}"
        for indicator in card.indicators:
            if indicator not in dictionary:
                yield f"{place}: the dictionary has no indicator {indicator}"
                continue
            if indicator not in listed:
                yield f"{place}: depends_on lacks metric('{indicator}')"
            yield from (f"{place}: {problem}" for problem in _unfit(card, dictionary[indicator]))
        yield from (f"{place}: {problem}" for problem in _mixed(card, board, dictionary))
    for one, other in combinations(board.cards, 2):
        if one.tab == other.tab and one.overlaps(other):
            yield f"cards[{one.key}] and cards[{other.key}] cover the same place"


def _unknown_columns(names: Sequence[str], columns: frozenset[str]) -> Iterator[str]:
    for name in names:
        if name not in columns and not (name in LOCALISED and {f"{name}_en", f"{name}_zh"} <= columns):
            yield f"{SOURCE} has no column {name}"


def _unfit(card: Card, indicator: Indicator) -> Iterator[str]:
    if not card.is_chart:
        return
    if card.grain not in indicator.grains:
        yield f"{indicator.key} has no values by {card.grain}; it has {', '.join(sorted(indicator.grains))}"
    # A list of many indicators asks each for the levels it has; a chart of one asks for levels it must have.
    levels = indicator.interval_levels if card.grain == "interval" else indicator.levels
    missing = sorted(set(card.levels) - levels)
    if missing and (card.display not in ("table", "pivot") or len(missing) == len(set(card.levels))):
        yield f"{indicator.key} has no values for {', '.join(missing)}; it has {', '.join(sorted(levels))}"


def _mixed(card: Card, board: Board, dictionary: Mapping[str, Indicator]) -> Iterator[str]:
    """Find charts that would draw several figures as one, or several units on one axis."""
    if not card.is_chart:
        return
    one_member = any(
        board.filters[key].column == "member_name" and board.filters[key].required and not board.filters[key].multiple
        for key in card.filters
        if key in board.filters
    )
    if card.display in ("smartscalar", "line", "bar", "area") and card.split != "member" and not one_member:
        yield "without split: member it needs a required filter that keeps one member"
    if (card.display in ("smartscalar", "row", "pivot", "table") or card.grain == "interval") and not any(
        board.filters[key].column == "period" for key in card.filters if key in board.filters
    ):
        drawn = f"{card.display} by interval" if card.grain == "interval" else card.display
        yield f"a {drawn} needs a filter that keeps one period"
    units = {dictionary[key].unit for key in card.indicators if key in dictionary}
    if card.split == "indicator" and len(units) > 1:
        yield f"one axis cannot show {' and '.join(sorted(units))}"


def _dead_clicks(board: Board, boards: Mapping[str, Board]) -> Iterator[str]:
    for card in board.cards:
        if card.click is None:
            continue
        target = board if card.click.board is None else boards.get(card.click.board)
        if target is None:
            yield f"{board.key}: cards[{card.key}]: click opens {card.click.board}, which is no board"
        elif card.click.filter not in target.filters:
            yield f"{board.key}: cards[{card.key}]: {target.key} has no filter {card.click.filter} to click into"
