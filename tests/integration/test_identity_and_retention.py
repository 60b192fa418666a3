"""On a real build: an alias restates its name's days, what is forgotten stays counted, a new key leaves no old one."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest import Account, IngestError, Lake, Pseudonyms, write_arrived
from orchestration import builds, dbt, retention
from orchestration.builds import Ledger
from orchestration.centre import DEMO_KEY, load
from orchestration.home import Home
from orchestration.rotation import rotate
from orchestration.taking import take_deliveries
from tests import road
from tests.known_project import knowing

CENTRE = """\
sites: [{key: here, name: {en: Here, zh: 此处}, time_zone: Asia/Shanghai}]
sources:
  - {name: pbx, format: spreadsheet, site: here, tables: [{table: tel_interaction}]}
  - name: hr
    format: spreadsheet
    site: here
    tables: [{table: agent_alias, files: "aliases*"}, {table: hr_employee, files: "people*"}]
queues: [{key: front, name: {en: Front, zh: 前台}, aliases: [{name: sales, source: pbx}]}]
teams: [{key: crimson, name: {en: Crimson, zh: 绯队}, aliases: [red]}]
pseudonyms: {demo: true}
retention: {tel_interaction: 5 days}
"""
CUSTOMER = "13800138000"
PEOPLE = """\
source_record_id,employee_key,valid_from,valid_to,name,site_key,team_key,role,status
1,E1,2026-01-01,,Li Na,here,red,agent,active
2,E2,2026-01-01,,Wang Wei,here,blue,agent,active
"""
ALIASES = "source_record_id,alias_system,alias_value,employee_key,valid_from,valid_to\n1,pbx,1002,E2,2026-01-01,\n"


def calls(*calls: tuple[str, int]) -> str:
    """A file of calls of a minute, each answered by an agent at ten on a day of September."""
    header = (
        "source_record_id,interaction_id,visit_seq,channel,direction,queue_key,agent_key,"
        "customer_ref,started_at,queued_at,answered_at,ended_at,talk_ms,outcome,is_open\n"
    )
    return header + "".join(
        f"{agent}-{day},{agent}-{day},1,voice,inbound,sales,{agent},{CUSTOMER},2026-09-{day:02}T10:00:00+08:00,"
        f"2026-09-{day:02}T10:00:00+08:00,2026-09-{day:02}T10:00:10+08:00,2026-09-{day:02}T10:01:10+08:00,"
        "60000,answered,false\n"
        for agent, day in calls
    )


def take(home: Home, **files: str) -> list[Account]:
    """Deliver files, named ``source__file``, and take them."""
    for name, content in files.items():
        source, _, file = name.partition("__")
        path = home.landing / source / f"{file}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return take_deliveries(home, load(home.centre_file))


def build(home: Home) -> list[int]:
    """Bring the warehouse up to date; return the days of September that were built."""
    lake = Lake(home.lake)
    plan = builds.plan(home, lake)
    write_arrived(home.lake, lake.arrived())
    done = dbt.build(home, plan.variables(lake), full_refresh=plan.everything)
    assert not done.failures, done.failures
    builds.record(home, plan)
    return [day.day for day in plan.days if day >= date(2026, 9, 1)]


def ask(home: Home, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        return con.execute(query).fetchall()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """1002 answers a call on each of the first nine days of September, 1001 on the 1st, 5th and 9th; 1001 is nobody."""
    home = knowing(Home(tmp_path_factory.mktemp("home")).prepare())
    home.centre_file.write_text(CENTRE)
    known = [("1002", day) for day in range(1, 10)]
    take(home, pbx__calls=calls(*known, *(("1001", day) for day in (1, 5, 9))), hr__people=PEOPLE, hr__aliases=ALIASES)
    build(home)
    return home


@pytest.fixture
def home(built: Home, tmp_path: Path) -> Home:
    """A copy of the built home."""
    shutil.copytree(built.root, tmp_path / "home")
    return Home(tmp_path / "home")


HANDLED = "select agent_key, team_key, day(local_date) from fct_handle_legs order by all"


def test_an_alias_restates_the_days_of_its_name_and_ends_where_a_full_build_does(home: Home, tmp_path: Path) -> None:
    known = [("E2", "blue", day) for day in range(1, 10)]
    assert ask(home, HANDLED) == [*known, *(("unresolved:pbx:1001", None, day) for day in (1, 5, 9))]
    take(home, hr__aliases=f"{ALIASES}2,pbx,1001,E1,2020-01-01,\n")
    # The name has rows on the 1st, 5th and 9th; each drags its neighbours along. 3 and 7 are left alone.
    assert build(home) == [1, 2, 4, 5, 6, 8, 9]
    # What HR calls red is the team crimson, and what the telephone system calls sales the queue front.
    assert ask(home, HANDLED) == [*(("E1", "crimson", day) for day in (1, 5, 9)), *known]
    assert ask(home, "select distinct queue_key from fct_queue_visits") == [("front",)]
    assert ask(home, "select queue_key, name_en from dim_queues") == [("front", "Front")]
    incremental = shutil.copy(home.warehouse, tmp_path / "incremental.duckdb")
    home.builds_file.unlink()
    build(home)
    assert road.differences(Path(incremental), home.warehouse) == {}


def test_what_is_over_leaves_the_lake_for_ever_and_stays_counted(home: Home) -> None:
    lake = Lake(home.lake)
    values = "select * from indicator_values where period_start <= '2026-09-04' and grain = 'day' order by all"
    facts = "select * from fct_queue_visits where local_date <= '2026-09-04' order by all"
    counted = ask(home, values), ask(home, facts)
    # Five days before the 9th is the 4th: calls of the 1st (two), 2nd and 3rd are over.
    removed = retention.apply(home, load(home.centre_file), date(2026, 9, 9))
    assert [(one.table, one.source, one.rows, one.before) for one in removed] == [
        ("tel_interaction", "pbx", 4, date(2026, 9, 4))
    ]
    assert sorted(day.day for day in lake.files("tel_interaction", "pbx")) == [4, 5, 6, 7, 8, 9]
    assert retention.apply(home, load(home.centre_file), date(2026, 9, 9)) == []

    (account,) = take(home, pbx__late=calls(("1002", 1), ("1001", 2), ("1001", 6)))
    assert (account.rows_in, account.loaded, account.duplicate) == (3, 1, 2)
    take(home, hr__aliases=f"{ALIASES}2,pbx,1001,E1,2020-01-01,\n")
    # 1001 has rows on the 5th, 6th and 9th now; the 4th is closed as the day after a day that is gone.
    assert build(home) == [5, 6, 7, 8, 9]
    assert (ask(home, values), ask(home, facts)) == counted


def holding(home: Home, text: str) -> list[str]:
    """Return the tables and views of the warehouse that hold a text."""
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        names = con.execute("select table_schema, table_name from information_schema.tables").fetchall()
        found = "from {}.{} as rows where contains(rows::varchar, ?)"
        return sorted(name for schema, name in names if con.execute(found.format(schema, name), [text]).fetchone())


def test_after_a_rotation_a_customer_is_one_and_the_old_pseudonym_is_nowhere(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Pseudonyms(DEMO_KEY).of(CUSTOMER)
    monkeypatch.setenv("NEXT_KEY", "the key that comes after it")
    new = Pseudonyms(DEMO_KEY, b"the key that comes after it").of(CUSTOMER)
    home.centre_file.write_text(CENTRE.replace("demo: true", "demo: true, rotated_to: [NEXT_KEY]"))
    with pytest.raises(IngestError, match="`gaugebook pseudonyms rotate`"):
        take(home, pbx__late=calls(("1002", 10)))
    assert rotate(home, load(home.centre_file)) == 9  # a file a day
    assert rotate(home, load(home.centre_file)) == 0
    take(home, pbx__late=calls(("1002", 10)))
    build(home)
    assert Ledger.read(home).builds[-1].days is None
    assert holding(home, old) == []
    assert holding(home, new) == ["stg_telephony__interactions", "tel_interaction"]
    assert ask(home, "select count(*), count(distinct customer_ref) from stg_telephony__interactions") == [(13, 1)]
