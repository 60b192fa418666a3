"""The demo's whole road: files come late, and accounts, tables, servers, boards and pages are what they must be."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import psycopg
import pytest
from click.testing import Result
from dagster import AssetKey, RunRequest, SkipReason, build_sensor_context
from rich.cells import cell_len
from rich.console import Console
from typer.testing import CliRunner

from ingest import Lake
from ingest.contract import TABLES
from orchestration import summary
from orchestration.assets import DELIVERIES, INDICATORS, Workplace
from orchestration.automation import lake_sensor
from orchestration.builds import Ledger, days_between
from orchestration.cli import app
from orchestration.home import Home
from orchestration.location import build_definitions
from orchestration.run import Outcome
from serving.metabase.client import Metabase
from tests import browser, road
from tests.known_project import knowing
from tests.leaks import Identifiers, contents, published
from tests.metabase_double import API_KEY, MetabaseDouble
from tests.postgres import Cluster

LATE_LOG = "queue_log-20260902"
"""Manchester's log of a Wednesday, which arrives after everything else."""

ASKED_FOR = date(2026, 9, 5)
"""A day to be rebuilt although nothing about it was delivered."""


class Road(NamedTuple):
    """A demo home to which files came in three deliveries, its servers, and what was seen on the way."""

    home: Home
    cluster: Cluster
    database: str
    metabase: MetabaseDouble
    said: dict[str, Result]
    built: dict[str, list[str] | None]
    state: dict[str, Any]

    def go(self, step: str, *arguments: str) -> None:
        """Run a command, and keep what it said and what the home then was."""
        arguments = (*arguments, "--home", str(self.home.root))
        self.said[step] = CliRunner().invoke(app, arguments, catch_exceptions=False)
        self.built[step] = Ledger.read(self.home).builds[-1].days
        self.state[step] = (
            Lake(self.home.lake).sequence(),
            self.home.builds_file.read_text(),
            hashlib.sha256(self.home.warehouse.read_bytes()).hexdigest(),
            self.ask("SELECT * FROM marts.serving_state"),
        )

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Ask PostgreSQL."""
        with self.cluster.connect(self.database) as connection:
            return connection.execute(query).fetchall()


def connect(details: Any) -> psycopg.Connection:
    return psycopg.connect(
        host=details["host"], port=details["port"], dbname=details["dbname"], user=details["user"], autocommit=True
    )


@pytest.fixture(scope="module")
def travelled(tmp_path_factory: pytest.TempPathFactory, postgres_cluster: Cluster) -> Iterator[Road]:
    """All but the last two days and one log; the two days; the log, with a day asked for; and nothing."""
    home = knowing(road.demo(tmp_path_factory.mktemp("late")))
    road.hold_back(home, road.is_of_the_last_two_days)
    road.hold_back(home, lambda path: (path.parent.name, path.name) == ("pbx_manchester", LATE_LOG))
    with (
        postgres_cluster.database() as database,
        MetabaseDouble(connect) as metabase,
        pytest.MonkeyPatch.context() as environment,
    ):
        environment.setenv("COLUMNS", "160")
        environment.setenv("METABASE_API_KEY", API_KEY)
        journey = Road(home, postgres_cluster, database, metabase, {}, {}, {})
        demo = home.centre_file.read_text()
        postgres = {"host": postgres_cluster.host, "database": database, "user": postgres_cluster.user}
        with_postgres = f"{demo}\npostgres: {json.dumps(postgres)}\n"
        with_both = f"{with_postgres}metabase: {json.dumps({'url': metabase.url})}\n"

        home.centre_file.write_text(with_postgres)
        journey.go("first", "run")

        home.centre_file.write_text(with_both)
        details = {"host": postgres_cluster.host, "port": 5432, "dbname": database, "user": postgres_cluster.user}
        Metabase(metabase.url, API_KEY).post(
            "/api/database", {"name": "Gaugebook", "engine": "postgres", "details": details, "is_full_sync": True}
        )
        journey.go("plan", "boards", "plan")
        journey.go("apply", "boards", "apply")
        journey.go("plan again", "boards", "plan")
        metabase.requests.clear()

        road.deliver(home, lambda path: path.name != LATE_LOG)
        journey.go("last two days", "run")

        road.deliver(home)
        journey.go("late log", "run", "--from", str(ASKED_FOR), "--to", str(ASKED_FOR))

        home.centre_file.write_text(with_both.replace("locale: en", "locale: zh"))
        journey.go("nothing new", "run")
        yield journey


def test_every_run_ends_well(travelled: Road) -> None:
    codes = {step: result.exit_code for step, result in travelled.said.items()}
    assert codes == dict.fromkeys(codes, 0) | {"plan": 2}


def test_every_row_that_came_in_is_accounted_for(travelled: Road) -> None:
    accounts = Lake(travelled.home.lake).accounts()
    assert all(a.rows_in == a.loaded + a.duplicate + a.quarantined for a in accounts)
    assert {a.state for a in accounts} == {"taken"}
    landed = {path.relative_to(travelled.home.landing).as_posix() for path in travelled.home.landing.glob("*/*")}
    assert {f"{a.source}/{a.file}" for a in accounts} == landed
    logs = {f"{a.source}/{a.file}": a.rows_in for a in accounts if a.source.startswith("pbx_")}
    lines = {
        path.relative_to(travelled.home.landing).as_posix(): len(path.read_text().splitlines())
        for path in travelled.home.landing.glob("pbx_*/*")
    }
    assert logs == lines
    travelled.go("status", "status")
    assert travelled.said["status"].exit_code == 0
    assert "not built yet" not in travelled.said["status"].stdout


def test_no_word_or_figure_is_cut_off_on_a_terminal_of_eighty_columns(travelled: Road) -> None:
    def said(width: int) -> list[str]:
        told = StringIO()
        summary.show(Console(width=width, file=told), travelled.home, Outcome(Lake(travelled.home.lake).accounts()))
        lines = told.getvalue().splitlines()
        assert len(lines) > 20
        assert all(cell_len(line) <= width for line in lines if str(travelled.home.root) not in line)
        return sorted(told.getvalue().translate(dict.fromkeys(map(ord, " ─\n"))))

    assert said(80) == said(200)


def test_what_was_delivered_twice_counts_once(travelled: Road) -> None:
    truth = json.loads((travelled.home.root / "demo" / "truth.json").read_text())
    accounts = {(a.source, a.file): a for a in Lake(travelled.home.lake).accounts()}
    assert {delivery["kind"] for delivery in truth["deliveries"]} == {"duplicate", "overlap"}
    for delivery in truth["deliveries"]:
        account = accounts[delivery["source"], delivery["file"]]
        if delivery["kind"] == "duplicate":
            assert account.duplicate == account.rows_in > 0
        else:
            # Every line of the overlap stands in a file of the two days as well; whichever is read first counts.
            days = ("queue_log-20260901", "queue_log-20260902")
            twice = account.duplicate + sum(accounts[delivery["source"], day].duplicate for day in days)
            assert twice == account.rows_in > 0


def test_deliveries_in_three_parts_end_in_the_same_tables_as_one(travelled: Road, whole: Home) -> None:
    assert road.differences(travelled.home.warehouse, whole.warehouse) == {}


def test_only_days_that_something_concerns_are_rebuilt(travelled: Road) -> None:
    assert travelled.built["first"] is None
    # The log's own day, its neighbours, and the day asked for: and what these decide about, thirty days before them and
    # up to the newest day after them.
    assert travelled.built["late log"] == [str(day) for day in days_between(date(2026, 8, 2), date(2026, 9, 7))]


def test_a_run_without_deliveries_changes_nothing_and_says_so(travelled: Road) -> None:
    assert travelled.state["nothing new"] == travelled.state["late log"]
    assert "没有新文件" in travelled.said["nothing new"].stdout


def test_a_run_tells_deliveries_headlines_and_where_to_look(travelled: Road) -> None:
    told = travelled.said["late log"].stdout
    assert "pbx_manchester" in told
    assert "Service level" in told and "2026-09-07" in told
    assert str(travelled.home.site / "index.html") in told
    accounts = [a for a in Lake(travelled.home.lake).accounts() if a.file == LATE_LOG and a.source == "pbx_manchester"]
    assert f"{accounts[0].rows_in:,}" in told


@pytest.mark.parametrize(
    ("published_as", "condition"),
    [
        ("marts", "level in ('centre', 'site', 'team', 'tenure_band', 'queue', 'client', 'reason', 'channel')"),
        ("people", "level = 'agent' and indicator <> 'record_view_peer_z'"),
        ("risk", "level = 'agent' and indicator = 'record_view_peer_z'"),
        ("executive", "level in ('centre', 'site')"),
    ],
)
def test_postgres_holds_the_values_of_the_warehouse(travelled: Road, published_as: str, condition: str) -> None:
    columns = (
        "indicator, grain, period_start, starts_at, level, member, numerator, denominator, value, sample_size, status, "
        "target, final_on, completeness, fresh_until, definition_version"
    )
    with duckdb.connect(travelled.home.warehouse, read_only=True) as warehouse:
        wanted = warehouse.execute(f"select {columns} from indicator_values where {condition}").fetchall()
    assert len(wanted) > 100
    assert sorted(travelled.ask(f"SELECT {columns} FROM {published_as}.indicator_values"), key=str) == sorted(
        wanted, key=str
    )


def test_postgres_knows_the_build_it_holds(travelled: Road) -> None:
    assert travelled.ask("SELECT published_through FROM marts.serving_state") == [(Ledger.read(travelled.home).number,)]


def test_boards_are_planned_applied_and_then_left_alone(travelled: Road) -> None:
    assert "Gaugebook" in travelled.said["plan"].stdout
    assert {dashboard["name"] for dashboard in travelled.metabase.dashboards.values()} >= {"Centre day", "全中心日报"}
    # Two runs came after the boards were applied; each looked and found nothing to write.
    assert travelled.metabase.requests
    assert travelled.metabase.writes == []
    assert travelled.metabase.violations == []


def test_no_identifier_of_a_customer_leaves_the_landing_folder(travelled: Road) -> None:
    home = travelled.home
    identifiers = Identifiers((home.root / "demo" / "customers.txt").read_text().splitlines())
    landed = b"\n".join(content for _, content in contents(home.landing))
    assert len(identifiers.within(landed)) == len(identifiers) > 1_000
    raw = {"landing", "on its way", "demo", "quarantine"}
    left = [path for path in home.root.iterdir() if path.name not in raw]
    assert {"lake", "warehouse.duckdb", "site", "dbt", "dagster"} <= {path.name for path in left}
    for name, content in contents(*left):
        assert not identifiers.within(content), name
    with travelled.cluster.connect(travelled.database) as connection:
        for name, content in published(connection):
            assert not identifiers.within(content), name
    asked = json.dumps(travelled.metabase.requests, ensure_ascii=False).encode()
    told = "".join(result.stdout + result.stderr for result in travelled.said.values()).encode()
    assert not identifiers.within(asked + told)


def incident(home: Home, kind: str) -> dict[str, Any]:
    incidents = json.loads((home.root / "demo" / "truth.json").read_text())["incidents"]
    [found] = [incident for incident in incidents if incident["kind"] == kind]
    return found


UNSEEN = {
    # a queue log does not tell of holding
    "hold_rate_pct": 0,
    # the class of new hires, fewer than twenty, begins in the third week
    "service_rotation_pct": None,
    # and is not there after sixty days: the novices of the demo take too long and pass too little
    "time_to_proficiency_days": None,
}
"""What nothing is counted of on the demo of eight days: the greatest denominator."""

TOO_FEW = {
    # sixty days have twenty of these
    "banned_language_precision_pct",
    "coaching_on_time_pct",
    "complaint_on_time_pct",
    "complaint_upheld_pct",
    "qa_dispute_overturn_pct",
    "retrain_pass_pct",
    # of so few agents not twenty leave in two months
    "leaver_access_revoked_pct",
}
"""Rates that are hidden for want of cases."""


def test_whatever_has_no_value_on_the_demo_has_no_source_or_too_few_cases(whole: Home) -> None:
    with duckdb.connect(whole.warehouse, read_only=True) as warehouse:
        found = warehouse.execute(
            """
            SELECT indicator, max(v.denominator) FROM dim_indicators LEFT JOIN indicator_values AS v USING (indicator)
            GROUP BY indicator HAVING count(v.value) = 0
            """
        ).fetchall()
    assert {name: most for name, most in found if not most} == UNSEEN
    assert {name for name, most in found if most and most < 20} == TOO_FEW


def test_the_outage_is_a_gap_in_the_calls(whole: Home) -> None:
    outage = incident(whole, "telephony_outage")
    # The site's own time, without the offset.
    starts, ends = (datetime.fromisoformat(outage[edge]).replace(tzinfo=None) for edge in ("starts_at", "ends_at"))
    with duckdb.connect(whole.warehouse, read_only=True) as warehouse:

        def calls(since: datetime, until: datetime) -> int:
            counted = warehouse.execute(
                "select count(*) from fct_queue_visits where site_key = ? and channel = 'voice'"
                " and interval_start >= ? and interval_start < ?",
                [outage["site"], since, until],
            ).fetchone()
            assert counted
            return counted[0]

        assert calls(starts, ends) == 0
        around = timedelta(hours=1)
        assert calls(starts - around, starts) > 0 and calls(ends, ends + around) > 0
        assert calls(starts - timedelta(days=1), ends - timedelta(days=1)) > 0


def test_on_the_slow_monday_nobody_is_there_when_the_site_opens(whole: Home) -> None:
    slow = incident(whole, "slow_monday")
    opens = datetime.fromisoformat(slow["starts_at"]).replace(tzinfo=None)
    with duckdb.connect(whole.warehouse, read_only=True) as warehouse:
        # Everybody comes at least 45 minutes late.
        days = warehouse.execute(
            "select local_date, sum(scheduled_seconds) > 0, sum(adherent_seconds) > 0 from fct_agent_intervals"
            " where site_key = ? and interval_start::time >= ?::time and interval_start::time < ?::time"
            " group by all order by all",
            [slow["site"], opens.time(), (opens + timedelta(minutes=45)).time()],
        ).fetchall()
    assert days == [(day, True, day != opens.date()) for day in days_between(road.FIRST, road.LAST)]


@pytest.fixture(scope="module")
def page() -> Iterator[browser.Page]:
    program = browser.program()
    if program is None:
        pytest.skip("no Chromium or Chrome on this machine (Debian: apt-get install chromium)")
    with browser.running(program) as page:
        yield page


def test_pages_open_without_an_error_and_lead_somewhere(travelled: Road, page: browser.Page) -> None:
    site = travelled.home.site
    pages = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    assert {"index.html", "dictionary/index.html", "data_docs/index.html", "dbt_docs/index.html"} <= pages
    assert {f"briefs/2026-09-07/{locale}.html" for locale in ("en", "zh")} <= pages
    for path in sorted(pages):
        page.open(site / path)
        assert page.errors == [], path
        assert not [address for address in page.requests if address.startswith("http")], path
        links = page.run("[...document.querySelectorAll('a')].map((link) => link.href.split('#')[0])")
        assert all(Path(link.removeprefix("file://")).exists() for link in links if link), path


def test_every_entry_of_the_dictionary_is_whole(travelled: Road) -> None:
    html = (travelled.home.site / "dictionary" / "index.html").read_text("utf-8")
    with duckdb.connect(str(travelled.home.warehouse), read_only=True) as con:
        entries = con.execute(
            """
            SELECT indicator, list_sort(lake_tables),
                indicator IN (SELECT indicator FROM indicator_examples WHERE case_number IS NOT NULL),
                indicator IN (SELECT indicator FROM dim_targets), indicator IN (SELECT indicator FROM indicator_cards)
            FROM dim_indicators
            """
        ).fetchall()
        example = "SELECT measure IS NULL, count(*) FROM indicator_examples WHERE case_number IS NULL GROUP BY ALL"
        totals = dict(con.execute(example).fetchall())
    assert totals[True] == len(entries) <= totals[False]
    for indicator, tables, has_rows, has_target, is_shown in entries:
        entry = html[html.index(f'<article id="{indicator}"') :]
        entry = entry[: entry.index("</article>")]
        assert "version 1, " in entry, indicator
        read = re.findall(r"<dt><code>(.*?)</code></dt>", entry)
        assert read and set(read) <= set(tables), indicator
        told = [f">{title}<" in entry for title in ("Worked example", "Targets", "Shown on")]
        assert told[0] == has_rows and told[1] == has_target and told[2] >= is_shown, indicator


def asked(home: Home) -> list[Any]:
    repository = build_definitions(home).get_repository_def()
    context = build_sensor_context(
        repository_def=repository, resources={"workplace": Workplace(home_dir=str(home.root))}
    )
    return list(lake_sensor(context))  # pyright: ignore[reportArgumentType]


def test_a_run_is_asked_for_with_the_tables_that_have_rows(whole: Home, tmp_path: Path) -> None:
    unbuilt = Home(tmp_path)
    unbuilt.centre_file.write_text(whole.centre_file.read_text())
    unbuilt.lake.symlink_to(whole.lake)
    [request] = asked(unbuilt)
    assert isinstance(request, RunRequest) and request.asset_selection
    lake = Lake(whole.lake)
    tables = {AssetKey([table.feed, table.name]): table.name for table in TABLES.values() if not table.raw}
    filled = {key for key, name in tables.items() if lake.partitions(name, lake.touched(0))}
    assert 0 < len(filled) < len(tables)
    assert tables.keys() & set(request.asset_selection) == filled
    assert INDICATORS in request.asset_selection and DELIVERIES not in request.asset_selection


def test_nothing_is_asked_for_when_everything_is_built(whole: Home) -> None:
    [answer] = asked(whole)
    assert isinstance(answer, SkipReason)
