"""Publishing to a real PostgreSQL: all or nothing, for the right eyes, again and again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from shutil import copy
from time import sleep

import duckdb
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.sql import SQL, Identifier

from serving.publish import PublishError, publish, published_through
from serving.servers import PostgresTarget
from tests.postgres import Cluster
from tests.serving_warehouse import FIRST, LAST

TABLES = {
    "marts": "level <> 'agent'",
    "people": "level = 'agent' AND indicator <> 'aht_sec'",
    "risk": "level = 'agent' AND indicator = 'aht_sec'",
    "executive": "level IN ('centre', 'site')",
}
ROWS = "SELECT * FROM {} WHERE {} ORDER BY indicator, grain, period_start, level, member"
BREAKER = """
CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$;
CREATE TRIGGER breaker BEFORE INSERT ON executive.indicator_values FOR EACH ROW EXECUTE FUNCTION break_off();
"""


@dataclass(frozen=True)
class Served:
    """A warehouse of the test's own, and the database that it is published to."""

    warehouse: Path
    target: PostgresTarget
    cluster: Cluster

    def ask(self, query: str) -> list[tuple]:
        with self.cluster.connect(self.target.database) as connection:
            return connection.execute(query.encode()).fetchall()

    def run(self, statement: str) -> None:
        with self.cluster.connect(self.target.database) as connection:
            connection.execute(statement.encode())

    def change(self, statement: str) -> None:
        with duckdb.connect(self.warehouse) as con:
            con.execute(statement)

    def assert_same(self) -> None:
        """Assert that each schema holds exactly its share of the warehouse's values."""
        with duckdb.connect(self.warehouse, read_only=True) as con:
            for schema, only in TABLES.items():
                assert (
                    self.ask(ROWS.format(f"{schema}.indicator_values", "true"))
                    == con.sql(ROWS.format("indicator_values", only)).fetchall()
                )


@pytest.fixture
def served(serving_warehouse: Path, postgres: tuple[Cluster, str], tmp_path: Path) -> Iterator[Served]:
    cluster, database = postgres
    target = PostgresTarget(host=cluster.host, port=cluster.port, database=database, user=cluster.user)
    served = Served(Path(copy(serving_warehouse, tmp_path / "warehouse.duckdb")), target, cluster)
    # whatever belongs to this family is told of agents to few
    served.change("UPDATE dim_indicators SET family = 'security' WHERE indicator = 'aht_sec'")
    yield served


def test_first_publish_gives_each_schema_its_share(served: Served):
    published = publish(served.warehouse, served.target, None, 1)
    served.assert_same()
    # 60 days; 9 ISO weeks (31 August is a Monday, 29 October lies in the ninth); August, September and October.
    assert published.rows["executive.indicator_values"] == len(served.ask("SELECT 1 FROM executive.indicator_values"))
    assert served.ask(
        "SELECT grain, count(DISTINCT period_start) FROM marts.indicator_values GROUP BY 1 ORDER BY 1"
    ) == [("day", 60), ("month", 3), ("week", 9)]
    assert published_through(served.target) == 1
    assert served.ask("SELECT drivers FROM marts.dim_indicators WHERE indicator = 'contacts_handled'") == [
        (["contacts offered", "staffing"],)
    ]


def test_changed_days_are_replaced_with_their_weeks_and_months(served: Served):
    publish(served.warehouse, served.target, None, 1)
    # One day restated, as a late file does: the day, its week (from Monday 19 October) and its month change; a day
    # that was not named must stay as it was published.
    served.change(
        "UPDATE indicator_values SET value = value + 1 WHERE period_start IN ('2026-10-20', '2026-10-19', '2026-10-01')"
    )
    published = publish(served.warehouse, served.target, [date(2026, 10, 20)], 2)
    with duckdb.connect(served.warehouse, read_only=True) as con:
        (expected,) = con.sql(
            """
            SELECT count(*) FROM indicator_values WHERE level <> 'agent' AND (grain, period_start) IN
                (VALUES ('day', DATE '2026-10-20'), ('week', DATE '2026-10-19'), ('month', DATE '2026-10-01'))
            """
        ).fetchone() or (0,)
    assert published.rows["marts.indicator_values"] == expected > 0
    assert published.rebuilt == ()
    with pytest.raises(AssertionError):
        served.assert_same()  # 1 and 19 October, the days, were not named
    publish(served.warehouse, served.target, [date(2026, 10, 19), date(2026, 10, 1)], 3)
    served.assert_same()


def test_periods_that_left_the_warehouse_leave_the_published_state(served: Served):
    publish(served.warehouse, served.target, None, 1)
    served.change("DELETE FROM indicator_values WHERE period_start = '2026-10-20'")
    publish(served.warehouse, served.target, [date(2026, 10, 20)], 2)
    assert served.ask("SELECT count(*) FROM marts.indicator_values WHERE period_start = '2026-10-20'") == [(0,)]
    served.assert_same()


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(st.integers(0, (LAST - FIRST).days).map(lambda n: FIRST + timedelta(n)), max_size=4), max_size=3)
)
def test_any_sequence_of_restatements_ends_in_the_warehouse_state(served: Served, restatements: list[list[date]]):
    number = published_through(served.target) + 1
    publish(served.warehouse, served.target, None, number)
    for days in restatements:
        number += 1
        for day in days:
            served.change(
                f"""
                UPDATE indicator_values SET numerator = numerator + 1, status = 'final'
                WHERE period_start = CASE WHEN grain = 'day' THEN DATE '{day}' ELSE date_trunc(grain, DATE '{day}') END
                """
            )
        for _ in range(2):  # twice the same changes nothing
            publish(served.warehouse, served.target, days, number)
            served.assert_same()


def test_reader_never_sees_a_mix(served: Served):
    """Each version of the warehouse writes its number into every value; a reader must only ever find one number.

    Publishes by period and whole rebuilds take turns, so both ways of putting rows in place are watched.
    """
    served.change("UPDATE indicator_values SET value = 0")
    publish(served.warehouse, served.target, None, 1)
    seen: list[tuple] = []
    is_over = threading.Event()

    def read() -> None:
        with served.cluster.connect(served.target.database) as connection:
            while not is_over.is_set():
                seen.extend(
                    connection.execute(
                        """
                        SELECT count(*), min(value), max(value), min(published_through) - 1
                        FROM marts.serving_state, (
                            SELECT value FROM marts.indicator_values UNION ALL
                            SELECT value FROM people.indicator_values UNION ALL
                            SELECT value FROM executive.indicator_values)
                        """
                    ).fetchall()
                )

    reader = threading.Thread(target=read)
    reader.start()
    everything = [FIRST + timedelta(days) for days in range(60)]
    try:
        for version in range(1, 7):
            served.change(f"UPDATE indicator_values SET value = {version}")
            publish(served.warehouse, served.target, None if version % 3 == 0 else everything, version + 1)
    finally:
        is_over.set()
        reader.join()
    assert {(rows, low == high == state) for rows, low, high, state in seen} == {(seen[0][0], True)}
    assert len({state for *_, state in seen}) > 1, "the reader saw no publish happen"


def test_killed_publish_leaves_the_state_before_and_the_next_one_goes_on(served: Served):
    publish(served.warehouse, served.target, None, 1)
    before = served.ask(ROWS.format("marts.indicator_values", "true"))
    served.change("UPDATE indicator_values SET value = value + 1 WHERE period_start = '2026-10-29'")
    script = (
        "import sys; from datetime import date; from pathlib import Path; from serving.publish import *; "
        "publish(Path(sys.argv[1]), PostgresTarget.model_validate_json(sys.argv[2]), [date(2026, 10, 29)], 2)"
    )
    with served.cluster.connect(served.target.database) as other, other.transaction():
        # The publish has replaced marts and people when it comes to executive, where this lock stops it.
        other.execute("LOCK TABLE executive.indicator_values IN SHARE MODE")
        child = subprocess.Popen([sys.executable, "-c", script, served.warehouse, served.target.model_dump_json()])
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'gaugebook' AND wait_event_type = 'Lock'"
        )
        while served.ask(waiting) != [(1,)]:
            assert child.poll() is None
            sleep(0.05)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    assert served.ask(ROWS.format("marts.indicator_values", "true")) == before
    assert published_through(served.target) == 1
    publish(served.warehouse, served.target, [date(2026, 10, 29)], 2)
    served.assert_same()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("RETURN NULL;", "executive.indicator_values would have 0 rows"),
        ("RAISE EXCEPTION 'disk on fire';", "disk on fire"),
    ],
)
def test_loss_or_failure_in_the_middle_rolls_everything_back(served: Served, body: str, message: str):
    publish(served.warehouse, served.target, None, 1)
    before = [served.ask(ROWS.format(f"{schema}.indicator_values", "true")) for schema in TABLES]
    served.change("UPDATE indicator_values SET value = value + 1; UPDATE dim_members SET name_en = 'new'")
    served.run(BREAKER.format(body=body))
    with pytest.raises(PublishError, match=message):
        publish(served.warehouse, served.target, [LAST], 2)
    assert [served.ask(ROWS.format(f"{schema}.indicator_values", "true")) for schema in TABLES] == before
    assert served.ask("SELECT count(*) FROM marts.dim_members WHERE name_en = 'new'") == [(0,)]
    assert published_through(served.target) == 1


def test_new_columns_rebuild_the_table_with_its_rights(served: Served):
    publish(served.warehouse, served.target, None, 1)
    served.change("ALTER TABLE indicator_values ADD COLUMN upper_limit double")
    published = publish(served.warehouse, served.target, [LAST], 2)
    assert set(published.rebuilt) == {f"{schema}.indicator_values" for schema in TABLES}
    served.assert_same()
    for role, readable in RIGHTS.items():
        for table in ALL_TABLES:
            assert served.ask(f"SELECT has_table_privilege('{role}', '{table}', 'SELECT')") == [(table in readable,)]


ALL_TABLES = (
    *(f"{schema}.indicator_values" for schema in TABLES),
    *(f"marts.dim_{name}" for name in ("indicators", "members", "dates")),
    "people.dim_agents",
    "marts.serving_state",
)
MARTS = {table for table in ALL_TABLES if table.startswith("marts.")}
RIGHTS = {
    "gaugebook_manager": MARTS,
    "gaugebook_people": MARTS | {"people.indicator_values", "people.dim_agents"},
    "gaugebook_risk": MARTS | {"risk.indicator_values"},
    "gaugebook_executive": {"executive.indicator_values", *(table for table in MARTS if "dim_" in table)},
}


@pytest.mark.parametrize("role", RIGHTS)
def test_each_role_reads_its_own_and_nothing_else(served: Served, role: str):
    publish(served.warehouse, served.target, None, 1)
    with served.cluster.connect(served.target.database) as connection:
        connection.execute(SQL("SET ROLE {}").format(Identifier(role)))
        for table in ALL_TABLES:
            query = SQL("SELECT count(*) FROM {}").format(Identifier(*table.split(".")))
            if table in RIGHTS[role]:
                assert connection.execute(query).fetchone() != (0,)
            else:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(query)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM marts.dim_members")


def test_boards_tables_are_published_whole(served: Served):
    served.change("CREATE TABLE board_leaders AS SELECT 'sales_cd' AS queue, 1 AS place")
    publish(served.warehouse, served.target, None, 1)
    served.change("UPDATE board_leaders SET place = 2")
    published = publish(served.warehouse, served.target, [], 2)
    assert published.rows["marts.board_leaders"] == 1
    assert served.ask("SELECT queue, place FROM marts.board_leaders") == [("sales_cd", 2)]
    assert served.ask("SELECT has_table_privilege('gaugebook_manager', 'marts.board_leaders', 'SELECT')") == [(True,)]


def test_of_a_board_that_tells_days_back_everything_that_may_have_changed_is_published(served: Served):
    served.change(
        """
        CREATE TABLE board_days AS
        SELECT day::date AS period_start, CASE WHEN day > '2026-10-20' THEN 1 + date_diff('day', day, '2026-10-30') END
            AS days_back, 'before' AS told
        FROM range(timestamp '2026-09-01', timestamp '2026-10-31', INTERVAL 1 DAY) AS days(day)
        """
    )
    publish(served.warehouse, served.target, None, 1)
    served.change("UPDATE board_days SET told = 'after', days_back = days_back + 1")
    counts = "SELECT told, count(*)::int, min(period_start)::text FROM marts.board_days GROUP BY told ORDER BY told"
    recent = publish(served.warehouse, served.target, [date(2026, 10, 30)], 2)
    assert recent.rows["marts.board_days"] == 10
    assert served.ask(counts) == [("after", 10, "2026-10-21"), ("before", 50, "2026-09-01")]
    late = publish(served.warehouse, served.target, [date(2026, 10, 1)], 3)
    assert late.rows["marts.board_days"] == 33  # from Monday, 28 September, the week of the day that changed
    assert served.ask(counts) == [("after", 33, "2026-09-28"), ("before", 27, "2026-09-01")]


def test_number_behind_the_published_one_means_another_home_and_replaces_everything(served: Served):
    publish(served.warehouse, served.target, None, 9)
    served.change("UPDATE indicator_values SET value = value + 1")
    publish(served.warehouse, served.target, [], 1)
    served.assert_same()
    assert published_through(served.target) == 1


def test_boards_find_their_rows_by_index(served: Served):
    publish(served.warehouse, served.target, None, 1)
    served.run("SET enable_seqscan = off")
    plan = served.ask(
        """
        EXPLAIN SELECT * FROM marts.indicator_values
        WHERE indicator = 'service_level_pct' AND grain = 'day' AND level = 'queue' AND period_start > '2026-10-20'
        """
    )
    assert "indicator_values_key" in str(plan)


@pytest.fixture
def publisher(served: Served) -> Iterator[PostgresTarget]:
    """A log-in without any rights, whose password the environment holds."""
    served.run("CREATE ROLE publisher LOGIN PASSWORD 'a s:c/r@t'")
    yield served.target.model_copy(update={"user": "publisher", "password_env": "PUBLISHER_PASSWORD"})
    served.run("DROP OWNED BY publisher")
    served.run("DROP ROLE publisher")


def test_lacking_rights_say_what_to_grant(served: Served, publisher: PostgresTarget, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PUBLISHER_PASSWORD", "a s:c/r@t")
    with pytest.raises(
        PublishError, match=f'GRANT CREATE ON DATABASE "{served.target.database}" TO "publisher"'
    ) as told:
        publish(served.warehouse, publisher, None, 1)
    assert "a s:c/r@t" not in str(told.value)
    served.run(f'GRANT CREATE ON DATABASE "{served.target.database}" TO "publisher"')
    served.run('ALTER ROLE "publisher" CREATEROLE')
    publish(served.warehouse, publisher, None, 1)
    served.assert_same()


def test_refused_log_in_says_what_to_check_and_keeps_the_password(
    served: Served, publisher: PostgresTarget, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PUBLISHER_PASSWORD", "guessed-wrongly")
    with pytest.raises(PublishError, match="check host, port, database, user and password") as told:
        publish(served.warehouse, publisher, None, 1)
    assert "guessed-wrongly" not in str(told.value) + str(told.value.__cause__)


def test_view_in_the_way_of_a_rebuild_is_named(served: Served):
    publish(served.warehouse, served.target, None, 1)
    served.run("CREATE VIEW public.mine AS SELECT * FROM marts.indicator_values")
    with pytest.raises(PublishError, match=r"(?s)hangs on a table.*view mine"):
        publish(served.warehouse, served.target, None, 2)
    assert published_through(served.target) == 1
