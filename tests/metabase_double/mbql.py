"""MBQL 5 to PostgreSQL, for the clauses that boards use; anything else is refused.

The SQL is not what Metabase would write, the rows are. Running it belongs to ``server``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

COMPARISONS = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
AGGREGATIONS = ("count", "sum", "min", "max", "avg")


class QueryError(ValueError):
    """The query cannot be run."""


@dataclass(frozen=True)
class Column:
    """A synced column."""

    id: int
    table_id: int
    schema: str
    table: str
    name: str
    base_type: str


@dataclass(frozen=True)
class Output:
    """One column of a result."""

    name: str
    display_name: str
    base_type: str
    unit: str | None = None


def filters_of(
    parameters: Sequence[Mapping[str, Any]], mappings: Sequence[Mapping[str, Any]], card_id: int, today: date
) -> list[Any]:
    """Return the clauses that a dashboard's filter values add to a question.

    A mapping without ``card_id`` is ignored, as on the real server (metabase#77693).
    """
    found = []
    for mapping in mappings:
        if mapping.get("card_id") != card_id:
            continue
        kind, reference, *_ = mapping["target"]
        if kind != "dimension":
            raise QueryError(f"target {kind} is not of a question in MBQL")
        field = ["field", {}, reference[1]]
        for parameter in parameters:
            if parameter["id"] == mapping["parameter_id"] and parameter.get("value") not in (None, []):
                found.append(_parameter_clause(parameter["type"], parameter["value"], field, today))
    return found


def _parameter_clause(type: str, value: Any, field: list[Any], today: date) -> list[Any]:
    values = value if isinstance(value, list) else [value]
    if type == "string/=":
        return ["=", {}, field, *values]
    if type == "number/<=":
        return ["<=", {}, field, float(values[0])]
    if type == "date/all-options":
        first, last = date_range(values[0], today)
        return ["between", {}, field, first.isoformat(), last.isoformat()]
    raise QueryError(f"filters of type {type} are not known here")


def date_range(text: str, today: date) -> tuple[date, date]:
    """Return the first and last day that a date filter's text stands for."""
    yesterday = today - timedelta(days=1)
    if text in ("today", "yesterday"):
        day = today if text == "today" else yesterday
        return day, day
    if past := re.fullmatch(r"past(\d+)days(~?)", text):
        return today - timedelta(days=int(past[1])), today if past[2] else yesterday
    if between := re.fullmatch(r"(\d{4}-\d\d-\d\d)~(\d{4}-\d\d-\d\d)", text):
        return date.fromisoformat(between[1]), date.fromisoformat(between[2])
    try:
        return date.fromisoformat(text), date.fromisoformat(text)
    except ValueError:
        raise QueryError(f"Don't know how to parse date param '{text}' — invalid format") from None


def translate(query: Mapping[str, Any], columns: Mapping[int, Column], extra: Sequence[Any]) -> _Select:
    """Return the SQL of a query of one stage.

    Raises:
        QueryError: the query uses something unknown, or a column that is not of its table.
    """
    if query.get("lib/type") != "mbql/query" or len(query.get("stages", [])) != 1:
        raise QueryError("only MBQL 5 queries of one stage are known here")
    return _Select(query["stages"][0], columns, extra)


class _Select:
    def __init__(self, stage: Mapping[str, Any], columns: Mapping[int, Column], extra: Sequence[Any]) -> None:
        unknown = set(stage) - {
            *("lib/type", "source-table", "filters", "fields", "breakout", "aggregation", "order-by", "limit")
        }
        if unknown or stage["lib/type"] != "mbql.stage/mbql":
            raise QueryError(f"unknown in a stage: {sorted(unknown) or stage['lib/type']}")
        self._columns = columns
        self._table_id = stage["source-table"]
        self.parameters: list[Any] = []
        self.outputs: list[Output] = []
        breakout, aggregation = stage.get("breakout", []), stage.get("aggregation", [])
        fields = stage.get("fields", [])
        self._measures = {clause[1]["lib/uuid"]: self._measure(clause) for clause in aggregation}
        selected = [self._dimension(clause) for clause in breakout or fields]
        selected += [self._named(sql, clause) for sql, clause in zip(self._measures.values(), aggregation, strict=True)]
        if not selected:
            raise QueryError("nothing is selected")
        where = [self._condition(clause) for clause in [*stage.get("filters", []), *extra]]
        order = [f"{self._value(clause[2])} {clause[0]}" for clause in stage.get("order-by", [])]
        order += [str(place + 1) for place in range(len(breakout))]
        table = next((column for column in columns.values() if column.table_id == self._table_id), None)
        if table is None:
            raise QueryError(f"there is no table {self._table_id}")
        self.sql = " ".join(
            [
                f'SELECT {", ".join(selected)} FROM "{table.schema}"."{table.table}"',
                f"WHERE {' AND '.join(where)}" if where else "",
                f"GROUP BY {', '.join(str(place + 1) for place in range(len(breakout)))}" if breakout else "",
                f"ORDER BY {', '.join(order)}" if order else "",
                f"LIMIT {stage.get('limit', 10_000 if aggregation else 2_000)}",
            ]
        )

    def _column(self, clause: Sequence[Any]) -> Column:
        if clause[0] != "field" or not isinstance(clause[1], Mapping):
            raise QueryError(f"not a column in MBQL 5: {clause}")
        column = self._columns.get(clause[2])
        if column is None or column.table_id != self._table_id:
            raise QueryError(f"Field {clause[2]} does not exist in table {self._table_id}")
        return column

    def _dimension(self, clause: Sequence[Any]) -> str:
        column, unit = self._column(clause), clause[1].get("temporal-unit")
        if unit not in (None, "day"):
            raise QueryError(f"temporal unit {unit} is not known here")
        self.outputs.append(Output(column.name, column.name, column.base_type, unit))
        return f'CAST("{column.name}" AS date)' if unit else f'"{column.name}"'

    def _measure(self, clause: Sequence[Any]) -> str:
        operator = clause[0]
        if operator not in AGGREGATIONS:
            raise QueryError(f"aggregation {operator} is not known here")
        return "count(*)" if len(clause) == 2 else f"{operator}({self._value(clause[2])})"

    def _named(self, sql: str, clause: Sequence[Any]) -> str:
        name = clause[1].get("name", clause[0])
        taken = [output.name for output in self.outputs]
        unique = name if name not in taken else f"{name}_{taken.count(name) + 1}"
        self.outputs.append(Output(unique, clause[1].get("display-name", unique), "type/Float"))
        return sql

    def _value(self, clause: Any) -> str:
        if isinstance(clause, list) and clause[0] == "aggregation":
            if clause[2] not in self._measures:
                raise QueryError(f"there is no aggregation {clause[2]}")
            return self._measures[clause[2]]
        return f'"{self._column(clause).name}"'

    def _condition(self, clause: Any) -> str:
        operator, _, *arguments = clause
        if operator in ("and", "or"):
            return "(" + f" {operator} ".join(self._condition(part) for part in arguments) + ")"
        if operator == "not":
            return f"NOT {self._condition(arguments[0])}"
        column = self._value(arguments[0])
        if operator in ("is-null", "not-null"):
            return f"{column} IS {'NOT ' if operator == 'not-null' else ''}NULL"
        if operator == "between":
            self.parameters += arguments[1:]
            return f"{column} BETWEEN %s AND %s"
        if operator == "=" and len(arguments) > 2:
            self.parameters.append(arguments[1:])
            return f"{column} = ANY(%s)"
        if operator in COMPARISONS and len(arguments) == 2:
            self.parameters.append(arguments[1])
            return f"{column} {COMPARISONS[operator]} %s"
        raise QueryError(f"filter {operator} is not known here")
