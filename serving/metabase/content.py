"""Boards written out as Metabase documents: collections, questions in MBQL 5, dashboards, glossary terms.

Pure data in, pure data out. What is not known before the server is asked (ids of tables, columns, collections, cards)
stands in the documents as a ``Ref``. Comparing documents with a server, and writing them, happen in ``plan`` and
``apply``.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from serving.language import UNITS
from serving.metabase.spec import (
    LOCALISED,
    SOURCE,
    Board,
    Card,
    Filter,
    Indicator,
    Library,
    Locale,
    Name,
)

Document = dict[str, Any]

MARK = "gaugebook.key"
"""Our name of a dashcard, kept among its visualization settings: dashcards have no other stable identity."""

_UUIDS = uuid.UUID("6c0e4f1e-8d0b-5a53-9a52-5a6d0f5f2c11")

HOME = "Gaugebook"
SHELVES: Mapping[Locale, Name] = {"en": Name("English", "English"), "zh": Name("中文", "中文")}
QUESTIONS = Name("Questions", "问题")
_COLLECTION_NOTES = {
    "home": Name("Boards of the contact centre, in English and Chinese.", "联络中心看板，中英文各一套。"),
    "shelf": Name(
        "Boards. They are written by Gaugebook: change them there.", "看板由 Gaugebook 生成，请在源文件中修改。"
    ),
    "questions": Name("What the boards are made of.", "看板所用的问题。"),
}

_TITLES = {
    "period_start": Name("Date", "日期"),
    "starts_at": Name("Time", "时间"),
    "period": Name("Day", "日期"),
    "indicator_name": Name("Indicator", "指标"),
    "indicator_label": Name("Indicator", "指标"),
    "level_name": Name("Level", "层级"),
    "member_name": Name("Where", "对象"),
    "value": Name("Value", "数值"),
    "previous_value": Name("Day before", "前一日"),
    "week_ago_value": Name("Week before", "上周同日"),
    "change": Name("Change on the day before", "较前一日变化"),
    "target": Name("Target", "目标"),
    "target_from": Name("Target of", "目标来源"),
    "unit": Name("Unit", "单位"),
    "failing_since": Name("Since", "起始日"),
    "failing_periods": Name("Days missed", "未达标天数"),
    "sample_size": Name("Cases", "样本量"),
    "status_name": Name("Status", "状态"),
}
_CHOICES = Name("Choices", "选项")
_COMPARED = {
    "previous_value": Name("the day before", "前一日"),
    "week_ago_value": Name("the week before", "上周同日"),
    "target": Name("the target", "目标"),
}
_TARGET_LINE = {"color": "#949AAB", "line.style": "dashed", "line.interpolate": "step-after"}
_LONG_STREAK = 3
_ALARM = "#EF8C8C"


@dataclass(frozen=True)
class Ref:
    """Something whose id only the server knows."""

    kind: str
    key: str


@dataclass(frozen=True)
class Item:
    """One thing that Metabase shall hold.

    ``key`` is its name for us and never changes; ``name`` is what users see. ``document`` is what it shall say, with
    ``Ref`` where ids go.
    """

    kind: str
    key: str
    name: str
    document: Document


def items(library: Library, locales: Sequence[Locale]) -> list[Item]:
    """Return everything that the boards need, in the order in which it can be created."""
    boards: list[tuple[Board, Locale]] = [(board, locale) for locale in locales for board in library.boards]
    return [
        *_collections(locales),
        *_unique(_choices(library, locales)),
        *(_question(board, card, library, locale) for board, locale in boards for card in board.cards if card.is_chart),
        *(_dashboard(board, library, locale) for board, locale in boards),
        *_unique(_terms(library, locales)),
    ]


def _unique(found: Iterator[Item]) -> list[Item]:
    return list({(item.kind, item.key): item for item in found}.values())


def column(name: str, locale: Locale) -> str:
    """Return the column of the source that holds ``name`` in a language."""
    return f"{name}_{locale}" if name in LOCALISED else name


def title(name: str, locale: Locale) -> str:
    """Return what users see above a column."""
    return _TITLES[name][locale]


# Collections and glossary


def _collections(locales: Sequence[Locale]) -> Iterator[Item]:
    note = _COLLECTION_NOTES["home"]
    yield _collection("home", HOME, f"{note.en} {note.zh}", None)
    for locale in locales:
        yield _collection(locale, SHELVES[locale][locale], _COLLECTION_NOTES["shelf"][locale], "home")
        yield _collection(f"{locale}/questions", QUESTIONS[locale], _COLLECTION_NOTES["questions"][locale], locale)


def _collection(key: str, name: str, description: str, parent: str | None) -> Item:
    return Item(
        "collection",
        key,
        name,
        {
            "name": name,
            "description": description,
            "parent_id": None if parent is None else Ref("collection", parent),
            "archived": False,
        },
    )


def _terms(library: Library, locales: Sequence[Locale]) -> Iterator[Item]:
    for indicator in library.dictionary.values():
        for locale in locales:
            term = indicator.name[locale]
            parts = [indicator.definition[locale], indicator.caveat[locale] if indicator.caveat else ""]
            definition = "\n\n".join(part for part in parts if part)
            yield Item("glossary", f"{locale}/{indicator.key}", term, {"term": term, "definition": definition})


# Questions


class _Stage:
    """One MBQL 5 stage over the source. Every clause gets a UUID that depends on the card and its place alone."""

    def __init__(self, key: str, locale: Locale) -> None:
        self._key = key
        self._locale: Locale = locale
        self._clauses = 0
        self.filters: list[Any] = []
        self.breakout: list[Any] = []
        self.aggregation: list[Any] = []
        self.order_by: list[Any] = []
        self.fields: list[Any] = []

    def options(self, **more: Any) -> Document:
        self._clauses += 1
        return {"lib/uuid": str(uuid.uuid5(_UUIDS, f"{self._key}/{self._clauses}")), **more}

    def field(self, name: str, **more: Any) -> list[Any]:
        return ["field", self.options(**more), Ref("field", f"{SOURCE}.{column(name, self._locale)}")]

    def keep(self, name: str, values: Sequence[Any]) -> None:
        self.filters.append(["=", self.options(), self.field(name), *values])

    def group(self, name: str) -> None:
        more = {"temporal-unit": "day"} if name == "period_start" else {}
        self.breakout.append(self.field(name, **more))

    def measure(self, name: str, label: str) -> None:
        # Each group is one row of the metric layer: there is nothing to add up, and the largest of one is the one.
        options = self.options(**{"name": name, "display-name": label})
        self.aggregation.append(["max", options, self.field(name)])

    def order_by_measure(self, direction: str) -> None:
        measure = self.aggregation[0][1]["lib/uuid"]
        self.order_by.append([direction, self.options(), ["aggregation", self.options(), measure]])

    def order_by_field(self, name: str) -> None:
        direction = "desc" if name.startswith("-") else "asc"
        self.order_by.append([direction, self.options(), self.field(name.removeprefix("-"))])

    def query(self) -> Document:
        parts = {
            "filters": self.filters,
            "fields": self.fields,
            "breakout": self.breakout,
            "aggregation": self.aggregation,
            "order-by": self.order_by,
        }
        return {
            "lib/type": "mbql/query",
            "database": Ref("database", "database"),
            "stages": [
                {
                    "lib/type": "mbql.stage/mbql",
                    "source-table": Ref("table", SOURCE),
                    **{key: clauses for key, clauses in parts.items() if clauses},
                }
            ],
        }


def _question(board: Board, card: Card, library: Library, locale: Locale) -> Item:
    indicators = [library.dictionary[key] for key in card.indicators]
    description = card.description[locale] or (indicators[0].definition[locale] if len(indicators) == 1 else "")
    stage = _Stage(f"{locale}/{board.key}/{card.key}", locale)
    stage.keep("grain", [card.grain])
    stage.keep("level", card.levels)
    stage.keep("indicator", card.indicators)
    for name, value in card.where.items():
        stage.keep(name, [value])
    display, settings = _DRAWN[card.display](card, indicators, stage, locale)
    return _saved(
        key=f"{locale}/{board.key}/{card.key}",
        name=f"{board.name[locale]} · {card.name[locale]}",
        description=description,
        display=display,
        stage=stage,
        settings=settings,
        locale=locale,
    )


def _saved(
    *, key: str, name: str, description: str, display: str, stage: _Stage, settings: Document, locale: Locale
) -> Item:
    return Item(
        "card",
        key,
        name,
        {
            "name": name,
            "type": "question",
            "description": description or None,
            "display": display,
            "collection_id": Ref("collection", f"{locale}/questions"),
            "dataset_query": stage.query(),
            "visualization_settings": settings,
            "archived": False,
        },
    )


def _column_key(name: str) -> str:
    return json.dumps(["name", name], separators=(",", ":"))


def _number(indicator: Indicator, locale: Locale) -> Document:
    unit = UNITS[indicator.unit]
    suffix = unit.suffix.to(locale)
    return {"decimals": unit.decimals, **({"suffix": suffix} if suffix else {})}


def _smartscalar(card: Card, indicators: Sequence[Indicator], stage: _Stage, locale: Locale) -> tuple[str, Document]:
    """One row, the day itself: comparisons are columns, so a day without traffic never borrows an older value."""
    stage.group("period_start")
    stage.measure("value", title("value", locale))
    for name in _COMPARED:
        stage.measure(name, title(name, locale))
    (indicator,) = indicators
    return "smartscalar", {
        "scalar.field": "value",
        "scalar.comparisons": [
            {"id": name, "type": "anotherColumn", "column": name, "label": label[locale]}
            for name, label in _COMPARED.items()
        ],
        "scalar.switch_positive_negative": indicator.direction == "lower",
        "column_settings": {_column_key(name): _number(indicator, locale) for name in ("value", *_COMPARED)},
    }


def _time_series(card: Card, indicators: Sequence[Indicator], stage: _Stage, locale: Locale) -> tuple[str, Document]:
    time = "starts_at" if card.grain == "interval" else "period_start"
    stage.group(time)
    dimensions, metrics = [time], ["value"]
    if card.split is not None:
        split = "member_name" if card.split == "member" else "indicator_name"
        stage.group(split)
        dimensions.append(column(split, locale))
    stage.measure("value", title("value", locale))
    series: Document = {}
    if card.split is None and card.display == "line":
        stage.measure("target", title("target", locale))
        metrics.append("target")
        # A day or quarter without a value is a gap; weeks are points seven days apart and need the line between them.
        missing = {} if card.grain == "week" else {"line.missing": "none"}
        series = {
            "value": {"title": indicators[0].name[locale], **missing},
            "target": {"title": title("target", locale), **_TARGET_LINE},
        }
    number = _number(indicators[0], locale)
    return card.display, {
        "graph.dimensions": dimensions,
        "graph.metrics": metrics,
        "graph.x_axis.labels_enabled": False,
        "graph.y_axis.labels_enabled": False,
        **({"stackable.stack_type": "stacked"} if card.stacked else {}),
        **({"series_settings": series} if series else {}),
        "column_settings": {_column_key(name): number for name in metrics},
    }


def _row(card: Card, indicators: Sequence[Indicator], stage: _Stage, locale: Locale) -> tuple[str, Document]:
    (indicator,) = indicators
    stage.group("member_name")
    stage.measure("value", title("value", locale))
    stage.measure("target", title("target", locale))
    stage.order_by_measure("asc" if indicator.direction == "higher" else "desc")
    return "row", {
        "graph.dimensions": [column("member_name", locale)],
        "graph.metrics": ["value", "target"],
        "graph.show_values": True,
        "graph.x_axis.labels_enabled": False,
        "graph.y_axis.labels_enabled": False,
        "series_settings": {
            "value": {"title": indicator.name[locale]},
            "target": {"title": title("target", locale), "color": _TARGET_LINE["color"]},
        },
        "column_settings": {_column_key(name): _number(indicator, locale) for name in ("value", "target")},
    }


def _pivot(card: Card, indicators: Sequence[Indicator], stage: _Stage, locale: Locale) -> tuple[str, Document]:
    stage.group("member_name")
    stage.group("indicator_label")
    stage.measure("value", title("value", locale))
    return "table", {
        "table.pivot": True,
        "table.pivot_column": column("indicator_label", locale),
        "table.cell_column": "value",
        "column_settings": {
            _column_key(column("member_name", locale)): {"column_title": title("member_name", locale)},
            _column_key("value"): {"decimals": 1},
        },
    }


def _table(card: Card, indicators: Sequence[Indicator], stage: _Stage, locale: Locale) -> tuple[str, Document]:
    for name in card.columns:
        stage.fields.append(stage.field(name))
    for name in card.sort:
        stage.order_by_field(name)
    shown = {name: column(name, locale) for name in card.columns}
    decimals = {name: {"decimals": 1} for name in ("value", "change", "target") if name in shown}
    streak = {
        "columns": ["failing_periods"],
        "type": "single",
        "operator": ">=",
        "value": _LONG_STREAK,
        "color": _ALARM,
        "highlight_row": False,
    }
    return "table", {
        "table.columns": [{"name": name, "enabled": True} for name in shown.values()],
        **({"table.column_formatting": [streak]} if "failing_periods" in shown else {}),
        "column_settings": {
            _column_key(output): {"column_title": title(name, locale), **decimals.get(name, {})}
            for name, output in shown.items()
        },
    }


_DRAWN: Mapping[str, Callable[[Card, Sequence[Indicator], _Stage, Locale], tuple[str, Document]]] = {
    "smartscalar": _smartscalar,
    "line": _time_series,
    "bar": _time_series,
    "area": _time_series,
    "row": _row,
    "pivot": _pivot,
    "table": _table,
}


# Filters


def parameter_id(board: str, filter: str) -> str:
    """Return the id of a filter: 8 hexadecimal digits that depend on its name alone, so links keep working."""
    return hashlib.sha256(f"{board}/{filter}".encode()).hexdigest()[:8]


def _choices_key(filter: Filter, locale: Locale) -> str:
    return "-".join([f"{locale}/choices/{filter.column}", *filter.levels])


def _choices(library: Library, locales: Sequence[Locale]) -> Iterator[Item]:
    """Yield the questions that list what a filter offers: one column of one level, not every name there is."""
    for locale in locales:
        for filter in (filter for board in library.boards for filter in board.filters.values()):
            if filter.type != "string/=":
                continue
            key = _choices_key(filter, locale)
            stage = _Stage(key, locale)
            stage.keep("grain", ["day"])
            if filter.levels:
                stage.keep("level", filter.levels)
            stage.group(filter.column)
            name = f"{_CHOICES[locale]} · {filter.name[locale]}"
            yield _saved(key=key, name=name, description="", display="table", stage=stage, settings={}, locale=locale)


def _parameter(board: Board, filter: Filter, locale: Locale) -> Document:
    start = filter.start(locale)
    kind = {"string/=": "string", "number/<=": "number", "date/all-options": "date"}[filter.type]
    parameter: Document = {
        "id": parameter_id(board.key, filter.key),
        "name": filter.name[locale],
        "slug": filter.key,
        "type": filter.type,
        "sectionId": kind,
    }
    if start is not None:
        parameter["default"] = [start]
    if filter.required:
        parameter["required"] = True
    if kind == "string":
        parameter |= {
            "isMultiSelect": filter.multiple,
            "values_query_type": "list",
            "values_source_type": "card",
            "values_source_config": {
                "card_id": Ref("card", _choices_key(filter, locale)),
                "value_field": ["field", column(filter.column, locale), {"base-type": "type/Text"}],
            },
        }
    return parameter


# Dashboards


def _dashboard(board: Board, library: Library, locale: Locale) -> Item:
    tabs = {tab.key: tab.name[locale] for tab in board.tabs}
    return Item(
        "dashboard",
        f"{locale}/{board.key}",
        board.name[locale],
        {
            "name": board.name[locale],
            "description": board.description[locale],
            "collection_id": Ref("collection", locale),
            "archived": False,
            "width": "full",
            "parameters": [_parameter(board, filter, locale) for filter in board.filters.values()],
            "tabs": list(tabs.values()),
            "dashcards": {card.key: _dashcard(board, card, library, locale, tabs[card.tab]) for card in board.cards},
        },
    )


def _dashcard(board: Board, card: Card, library: Library, locale: Locale, tab: str) -> Document:
    (row, col), (width, height) = card.at, card.size
    question = Ref("card", f"{locale}/{board.key}/{card.key}") if card.is_chart else None
    return {
        "tab": tab,
        "row": row,
        "col": col,
        "size_x": width,
        "size_y": height,
        "card_id": question,
        "visualization_settings": {
            MARK: card.key,
            **(_placed(board, card, locale) if card.is_chart else _written(card, library, locale)),
        },
        # Without card_id the server stores a mapping and ignores it (metabase#77693).
        "parameter_mappings": [
            {
                "parameter_id": parameter_id(board.key, key),
                "card_id": question,
                "target": [
                    "dimension",
                    ["field", Ref("field", f"{SOURCE}.{column(board.filters[key].column, locale)}"), None],
                ],
            }
            for key in card.filters
        ],
    }


def _written(card: Card, library: Library, locale: Locale) -> Document:
    text = card.text[locale]
    if card.display == "definitions":
        entries = [library.dictionary[key] for key in card.indicators]
        text = "\n\n".join([f"### {text}", *(_definition(entry, locale) for entry in entries)])
    return {
        "virtual_card": {
            "name": None,
            "display": "heading" if card.display == "heading" else "text",
            "visualization_settings": {},
            "dataset_query": {},
            "archived": False,
        },
        "text": text.strip(),
    }


def _definition(indicator: Indicator, locale: Locale) -> str:
    colon = ": " if locale == "en" else "："
    return f"**{indicator.name[locale]}**{colon}{indicator.definition[locale]}"


def _placed(board: Board, card: Card, locale: Locale) -> Document:
    placed: Document = {"card.title": card.name[locale]}
    if card.click is None:
        return placed
    member = column("member_name", locale)
    target = parameter_id(card.click.board or board.key, card.click.filter)
    mapping = {
        target: {
            "id": target,
            "source": {"type": "column", "id": member, "name": member},
            "target": {"type": "parameter", "id": target},
        }
    }
    click: Document = {"type": "crossfilter", "parameterMapping": mapping}
    if card.click.board is not None:
        click = {
            "type": "link",
            "linkType": "dashboard",
            "targetId": Ref("dashboard", f"{locale}/{card.click.board}"),
            "parameterMapping": mapping,
        }
    if card.display == "row":
        return {**placed, "click_behavior": click}
    return {**placed, "column_settings": {_column_key(member): {"click_behavior": click}}}
