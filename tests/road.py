"""Small demo homes that tests take down the whole road, and a way to compare where two of them arrived."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb

from orchestration.demo import prepare
from orchestration.home import Home

FIRST, LAST = date(2026, 8, 31), date(2026, 9, 7)
"""A Monday and the Monday after it: two ISO weeks, two months."""

LAST_TWO_DAYS = ("2026-09-06", "2026-09-07", "20260906", "20260907", "scorecards_2026-W36", "2026-W37")
"""Parts of the names of the files that the last two days hand over."""

SIZE = {"days": 8, "contacts_per_day": 250, "agents": 24, "seed": 20260831}


def demo(root: Path) -> Home:
    """Return a home whose landing holds the demo's files; the same bytes each time."""
    home = Home(root)
    prepare(home, **SIZE)
    return home


def is_of_the_last_two_days(file: Path) -> bool:
    """Return whether a file of the landing folder was handed over on one of the last two days."""
    return any(part in file.name for part in LAST_TWO_DAYS)


def hold_back(home: Home, is_late: Callable[[Path], bool]) -> None:
    """Take files out of landing as if they had not been delivered yet."""
    for path in sorted(home.landing.rglob("*")):
        if path.is_file() and is_late(path):
            waiting = home.root / "on its way" / path.relative_to(home.landing)
            waiting.parent.mkdir(parents=True, exist_ok=True)
            path.rename(waiting)


def deliver(home: Home, is_due: Callable[[Path], bool] = lambda path: True) -> None:
    """Put files that were held back into landing."""
    for path in sorted((home.root / "on its way").rglob("*")):
        if path.is_file() and is_due(path):
            path.rename(home.landing / path.relative_to(home.root / "on its way"))


def differences(one: Path, other: Path) -> dict[str, int]:
    """Return, for each table that differs between two warehouses, how many rows only one of them has.

    Sums of seconds are compared to the microsecond: the order in which a sum is taken changes its last bits. What tells
    of the day on which everything was built is left out: examples of indicators, and when a definition was first used.
    """
    with duckdb.connect() as con:
        for name, path in (("one", one), ("other", other)):
            con.execute(f"attach '{path}' as {name} (read_only)")
        names = (
            "select table_name from duckdb_tables() where database_name = ?"
            " and table_name not in ('indicator_examples', 'indicator_versions') order by all"
        )
        tables, others = ([table for (table,) in con.execute(names, [side]).fetchall()] for side in ("one", "other"))
        assert tables == others
        found = {}
        for table in tables:
            columns = ", ".join(
                f"round({name}, 6) as {name}" if kind == "DOUBLE" else name
                for name, kind, *_ in con.execute(f"describe one.{table}").fetchall()
            )
            mine, theirs = f"select {columns} from one.{table}", f"select {columns} from other.{table}"
            apart = f"({mine} except all {theirs}) union all ({theirs} except all {mine})"
            if rows := con.sql(apart).shape[0]:
                found[table] = rows
        return found
