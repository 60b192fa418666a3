"""A run that is killed anywhere loses nothing, doubles nothing and is made good by the next one."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from threading import Timer
from typing import Any

import duckdb

from ingest import Lake
from orchestration import builds
from orchestration.builds import Ledger
from orchestration.centre import load
from orchestration.home import Home
from orchestration.run import run
from tests import road
from tests.known_project import knowing
from tests.postgres import Cluster

PATIENCE = 300.0
"""Seconds after which a run that does not get anywhere is given up."""


def killed(home: Home, moment: str) -> list[str]:
    """Run until a line of progress begins with ``moment``, and kill at once; return the lines."""
    program = Path(sys.executable).with_name("gaugebook")
    lines = []
    with subprocess.Popen(
        [program, "run", "--home", home.root],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as process:
        patience = Timer(PATIENCE, process.kill)
        patience.start()
        try:
            for line in process.stderr or ():
                lines.append(line.removeprefix("running: ").strip())
                if lines[-1].startswith(moment):
                    break
        finally:
            process.kill()
            patience.cancel()
    assert lines and lines[-1].startswith(moment), "\n".join(lines)
    assert process.returncode == -signal.SIGKILL
    return lines


def lake_files(home: Home) -> set[str]:
    """Return the names of the lake's files, which say table, day, source and content."""
    return {path.relative_to(home.lake).as_posix() for path in home.lake.rglob("*") if path.parent != home.lake}


def test_runs_killed_while_taking_publishing_and_building_end_where_an_undisturbed_one_does(
    tmp_path: Path, postgres: tuple[Cluster, str], whole: Home
) -> None:
    cluster, database = postgres
    home = knowing(road.demo(tmp_path / "home"))
    server = {"host": cluster.host, "database": database, "user": cluster.user}
    home.centre_file.write_text(f"{home.centre_file.read_text()}\npostgres: {json.dumps(server)}\n")
    road.hold_back(home, road.is_of_the_last_two_days)
    lake = Lake(home.lake)
    sums = "SELECT grain, status, count(*), sum(sample_size)::bigint FROM {} WHERE level <> 'agent' GROUP BY 1, 2"

    def built() -> set[tuple[Any, ...]]:
        with duckdb.connect(home.warehouse, read_only=True) as warehouse:
            return set(warehouse.execute(sums.format("indicator_values")).fetchall())

    def published() -> set[tuple[Any, ...]]:
        with cluster.connect(database) as connection:
            return set(connection.execute(sums.format("marts.indicator_values")).fetchall())

    killed(home, "pbx_chengdu")
    taken = {account.source for account in lake.accounts()}
    assert "pbx_chengdu" in taken
    assert "qa" not in taken
    assert not home.warehouse.exists()

    with cluster.connect(database) as reader:
        # Nobody else may publish: the run waits in the middle of its transaction until it is killed.
        reader.execute("SELECT pg_advisory_lock(hashtext('gaugebook.publish'))")
        killed(home, "publishing to PostgreSQL")
        assert reader.execute("SELECT to_regclass('marts.indicator_values')").fetchone() == (None,)
    first = Ledger.read(home)
    assert len(first.builds) == 1
    assert builds.plan(home, lake).is_empty

    # What was built is only served.
    assert run(home).accounts == []
    assert Ledger.read(home).builds == first.builds
    assert published() == built()

    road.deliver(home)
    assert "indicator_values" not in killed(home, "fct_handle_legs")
    assert Ledger.read(home).builds == first.builds
    assert road.LAST in builds.plan(home, lake).days

    assert run(home).accounts == []  # the killed run had taken them all
    assert builds.is_served(home, load(home.centre_file))
    assert road.differences(home.warehouse, whole.warehouse) == {}
    assert lake_files(home) == lake_files(whole)
    accounts = lake.accounts()
    assert all(a.rows_in == a.loaded + a.duplicate + a.quarantined for a in accounts)
    assert len({(a.source, a.file, a.table) for a in accounts}) == len(accounts)
    assert published() == built()
