"""What is in quarantine, and the way out of it: rules and rows for the person who mends, and taking files once more.

Judging rows belongs to ``ingest``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingest import Account, IngestError, Lake, quarantine
from orchestration import taking
from orchestration.centre import Centre
from orchestration.home import Home


@dataclass(frozen=True)
class Broken:
    """One rule that rows of a file break: how many, the first of them, and what to do.

    ``place`` is the line or number of a record, followed by its JSON path where it has one; null for a whole file.
    """

    source: str
    file: str
    table: str | None
    rule: str
    rows: int
    place: str | None
    message: str
    mend: str


@dataclass(frozen=True)
class SetAside:
    """One row in quarantine, with its raw text."""

    place: str | None
    table: str | None
    rule: str
    message: str
    mend: str
    raw: str | None


@dataclass(frozen=True)
class Replayed:
    """The new accounts, and the files in quarantine (source and name) that landing does not hold any more."""

    accounts: list[Account]
    gone: list[tuple[str, str]]


_PLACE = "nullif(concat_ws(' ', line, path), '')"


def broken(folder: Path, source: str | None = None) -> list[Broken]:
    """Return the rules broken in a quarantine, by source and file, the one with most rows first."""
    query = f"""
        select source, file, table_name, rule, count(*) as rows, arg_min({_PLACE}, coalesce(line, 0)) as place,
            arg_min(message, coalesce(line, 0)) as message, arg_min(mend, coalesce(line, 0)) as mend
        from rows group by source, file, table_name, rule order by source, file, rows desc, rule
    """
    with duckdb.connect() as con:
        found = [Broken(*row) for row in quarantine.rows(folder, con).query("rows", query).fetchall()]
    return [each for each in found if source in (None, each.source)]


def set_aside(folder: Path, source: str, file: str, rule: str | None, limit: int) -> list[SetAside]:
    """Return the first rows of a file in quarantine, of one rule or all, as they were delivered.

    Raises:
        IngestError: the quarantine holds none of that file, or of that rule.
    """
    query = f"select source, file, {_PLACE} as place, table_name, rule, message, mend, raw from rows"
    with duckdb.connect() as con:
        found = quarantine.rows(folder, con).query("rows", f"{query} order by line nulls first, path, rule")
        of_file = found.filter(
            duckdb.ColumnExpression("source").isin(duckdb.ConstantExpression(source))
            & duckdb.ColumnExpression("file").isin(duckdb.ConstantExpression(file))
        )
        if rule is not None:
            of_file = of_file.filter(duckdb.ColumnExpression("rule").isin(duckdb.ConstantExpression(rule)))
        rows = [SetAside(*row[2:]) for row in of_file.limit(limit).fetchall()]
    if not rows:
        of_rule = f" for the rule {rule}" if rule else ""
        raise IngestError(
            f"nothing of {source}/{file} is in quarantine{of_rule}; `gaugebook quarantine list` says what is"
        )
    return rows


def replay(home: Home, centre: Centre, source: str | None = None, file: str | None = None) -> Replayed:
    """Take the files in quarantine once more, of one source or all, or one of them, and whatever else is new.

    What was loaded of them before counts as duplicate; a file that is whole now leaves the quarantine.

    Raises:
        IngestError: nothing of the source or file is in quarantine.
        HomeBusyError: another process writes the home.
    """
    waiting = {(each.source, each.file) for each in broken(home.quarantine, source) if file in (None, each.file)}
    if not waiting:
        raise IngestError("nothing that this names is in quarantine; `gaugebook quarantine list` says what is")
    lake = Lake(home.lake)
    with home.writing():
        for each in waiting:
            lake.retake(*each)
    accounts = taking.take_deliveries(home, centre)
    return Replayed(accounts, sorted(waiting - {(account.source, account.file) for account in accounts}))
