"""The structural suite of a contract table, derived from its declaration.

Presence, allowed values, row rules, the key and the partition, all critical: a lake that breaks its contract must not
reach a model. Rules that judge amounts and plausibility do not belong here: those are ``suites``.
"""

from __future__ import annotations

from expectations.forms import never
from expectations.profile import Suite, repeating, rows_where
from ingest.contract import DATE, Table

FIRST_DAY, LAST_DAY = "2000-01-01", "2100-01-01"
"""Days outside these are unit faults (an epoch of 0, milliseconds read as seconds), not history."""


def columns_suite(table: Table) -> Suite:
    """Suite on ``Lake.columns``: every column is there in every file, in the declared type."""
    rule = never(
        "columns amiss",
        "every column is there, in its declared type",
        "各列齐全,类型与契约一致",
        "critical",
    )
    return Suite(name="columns", table=table.name, measures={}, expectations=(rule,))


def rows_suite(table: Table) -> Suite:
    """Suite on the table's profile: no row breaks the contract."""
    rules: dict[str, tuple[str, str, str]] = {}
    for column in table.columns:
        name = column.name
        if column.required:
            rules[f"{name} is null"] = (f"{name} is null", f"{name} is always filled", f"{name} 不得为空")
        if column.allowed:
            rules[f"{name} not allowed"] = (
                f"{name} not in ({', '.join(repr(value) for value in column.allowed)})",
                f"{name} is one of {', '.join(column.allowed)}",
                f"{name} 只取约定的值",
            )
    for rule in table.rules:
        rules[rule.name] = (f"not ({rule.holds})", f"never: {rule.message}", f"不违反 {rule.name}")
    key = dict.fromkeys(("source_system", *table.key))
    prepare, is_repeated = repeating(list(key))
    rules["key repeated"] = (
        is_repeated,
        f"{', '.join(key)} identify one row",
        f"{', '.join(key)} 唯一确定一行",
    )
    rules["misplaced"] = (
        _misplaced(table),
        f"event_date is the local date of {table.event_time}",
        f"分区日期为 {table.event_time} 的当地日期",
    )
    return Suite(
        name="rows",
        table=table.name,
        measures={name: rows_where(predicate) for name, (predicate, _, _) in rules.items()},
        expectations=tuple(never(name, en, zh, "critical") for name, (_, en, zh) in rules.items()),
        prepare=prepare,
    )


def _misplaced(table: Table) -> str:
    """Rows whose partition cannot be the local date of their event: more than a day from the UTC date, or absurd."""
    event = table.event_time
    slack = 0 if table.column(event).type == DATE else 1
    return (
        f"abs(event_date - {event}::date) > {slack} or event_date not between date '{FIRST_DAY}' and date '{LAST_DAY}'"
    )
