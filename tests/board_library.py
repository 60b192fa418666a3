"""The boards as dbt parses them, a small published schema for them to read, and the scenario every server must pass.

The values are invented by integer arithmetic; one queue's service level is written out by hand, so that streaks can be
checked against pencil and paper. What Metabase answers does not belong here.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from orchestration.dbt import build, manifest
from orchestration.home import Home
from serving.metabase.apply import apply
from serving.metabase.client import Metabase
from serving.metabase.plan import Connection, plan
from serving.metabase.spec import SOURCE, Library, read_manifest
from tests.factories import Lake
from tests.known_project import knowing

PUBLISHED = (SOURCE, "dim_indicators", "indicator_values")
NEWEST = date(2026, 10, 29)
DAYS = [NEWEST - timedelta(days=back) for back in range(8, -1, -1)]
WEEKS = [date(2026, 10, 12), date(2026, 10, 19), date(2026, 10, 26)]
QUARTERS = [datetime.combine(NEWEST, time(10, minute)) for minute in (0, 15, 30, 45)]
MEMBERS = {
    "centre": [("all", "All", "全部")],
    "site": [("chengdu", "Chengdu", "成都"), ("manchester", "Manchester", "曼彻斯特")],
    "team": [("t1", "Team 1", "一组"), ("t2", "Team 2", "二组")],
    # Two queues of one name, as two sites have them.
    "queue": [("sales_cd", "Sales", "销售"), ("sales_mc", "Sales", "销售"), ("support", "Support", "支持")],
    "channel": [("voice", "Voice", "语音"), ("chat", "Chat", "在线")],
    "client": [("acme", "Acme", "甲公司")],
    "reason": [("refund", "Refund", "退款"), ("delivery", "Delivery", "物流配送")],
    "tenure_band": [("under_30", "Under 30 days", "不满 30 天")],
}
SERVICE_LEVEL_OF_SUPPORT = [85.0, 70.0, None, 60.0, 85.0, 79.0, 78.0, 77.0, 76.0]
"""Target 80: met, missed, no traffic, missed, met, then missed four days running, from the fifth-last day's morrow."""


@dataclass(frozen=True)
class Boards:
    """dbt's manifest, what it says about boards, and a warehouse with the table they read."""

    manifest: dict[str, Any]
    library: Library
    warehouse: Path
    folder: tempfile.TemporaryDirectory[str]


@cache
def boards() -> Boards:
    """Parse the project once a session and build the boards' table from invented values."""
    folder = tempfile.TemporaryDirectory(prefix="boards")
    home = knowing(Home(Path(folder.name)))
    parsed = json.loads(manifest(home).read_text())
    library = read_manifest(parsed, PUBLISHED)
    Lake(home.root)
    _invent(home.warehouse, library)
    outcome = build(home, {}, full_refresh=False, select=["units", SOURCE])
    assert not outcome.failures, outcome.failures
    return Boards(parsed, library, home.warehouse, folder)


def _invent(path: Path, library: Library) -> None:
    values = []
    for number, indicator in enumerate(sorted(library.dictionary.values(), key=lambda found: found.key)):
        for level in sorted(indicator.levels - {"agent"}):
            for rank, (member, _, _) in enumerate(MEMBERS[level]):
                has_target = indicator.direction != "neutral" and member in ("all", "support")
                target = (80.0 if member == "support" else 85.0) if has_target else None
                for grain, starts in (("day", DAYS), ("week", WEEKS), ("interval", QUARTERS)):
                    levels = indicator.interval_levels if grain == "interval" else indicator.levels
                    if grain not in indicator.grains or level not in levels:
                        continue
                    for place, start in enumerate(starts):
                        value: float | None = 60.0 + (7 * place + 5 * rank + 3 * number) % 40
                        if (indicator.key, member, grain) == ("service_level_pct", "support", "day"):
                            value = SERVICE_LEVEL_OF_SUPPORT[place]
                        status = "no_traffic" if value is None else "provisional" if start == NEWEST else "final"
                        values.append(
                            (
                                *(indicator.key, grain, start, start, level, member),
                                *(value, 100.0, value, 100, status, target),
                            )
                        )
    with duckdb.connect(path) as con:
        con.execute(
            "CREATE TABLE indicator_values (indicator text, grain text, period_start date, starts_at timestamp, "
            "level text, member text, numerator double, denominator double, value double, sample_size bigint, "
            "status text, target double)"
        )
        con.executemany(f"INSERT INTO indicator_values VALUES ({', '.join('?' * 12)})", values)
        con.execute(
            "CREATE TABLE dim_indicators (indicator text, name_en text, name_zh text, unit text, direction text)"
        )
        con.executemany(
            "INSERT INTO dim_indicators VALUES (?, ?, ?, ?, ?)",
            [
                (key, found.name.en, found.name.zh, found.unit, found.direction)
                for key, found in library.dictionary.items()
            ],
        )
        con.execute("CREATE TABLE dim_members (level text, member text, name_en text, name_zh text)")
        con.execute("CREATE TABLE dim_dates (date_day date, week_start date, month_start date)")
        con.executemany(
            "INSERT INTO dim_dates VALUES ($1, date_trunc('week', $1), date_trunc('month', $1))",
            [[day] for day in sorted({*DAYS, *WEEKS})],
        )
        con.execute("CREATE TABLE dim_agents (agent_key text)")
        con.executemany(
            "INSERT INTO dim_members VALUES (?, ?, ?, ?)",
            [(level, *member) for level, members in MEMBERS.items() for member in members],
        )
        for table in library.tables:
            if table.name != SOURCE:
                for column in table.columns:
                    con.execute(f"ALTER TABLE {table.name} ADD COLUMN IF NOT EXISTS {column} text")


def provision(
    client: Metabase, database: str, state: Path, connection: Connection | None = None
) -> dict[str, dict[str, Any]]:
    """Bring a server to the boards, see that there is nothing left to do, and run every question.

    Returns:
        Columns and rows of every question by our key.
    """
    library = boards().library
    first = plan(client, library, database=database, state=state, connection=connection)
    apply(client, first)
    second = plan(client, library, database=database, state=state)
    assert second.is_empty, second.render()
    results = {}
    for name, written in json.loads(state.read_text())["written"].items():
        kind, key = name.split(" ", 1)
        if kind == "card":
            answer = client.post(f"/api/card/{written['id']}/query")
            assert answer["status"] == "completed", f"{key}: {answer.get('error')}"
            results[key] = answer["data"]
    return results


def columns_named(settings: dict[str, Any]) -> Iterator[str]:
    """Yield the result columns that a question's chart settings name; the server itself never checks them."""
    yield from settings.get("graph.dimensions", [])
    yield from settings.get("graph.metrics", [])
    yield from settings.get("series_settings", {})
    yield from (json.loads(key)[1] for key in settings.get("column_settings", {}))
    yield from (column["name"] for column in settings.get("table.columns", []))
    yield from (name for rule in settings.get("table.column_formatting", []) for name in rule["columns"])
    yield from (comparison["column"] for comparison in settings.get("scalar.comparisons", []))
    yield from (settings[key] for key in ("scalar.field", "table.pivot_column", "table.cell_column") if key in settings)
