"""A judge in another process says what a judge here would say, and does not outlive the run that asked."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import psutil
import pytest

from expectations.judge import Judge
from expectations.validate import validate_deliveries
from ingest.contract import TABLES
from tests.unit.expectations.conftest import DAY, deliver, row


@pytest.fixture(scope="module")
def judge():
    with Judge() as judge:
        yield judge


def test_verdicts_of_another_process_are_those_of_this_one(judge: Judge, tmp_path: Path) -> None:
    deliver(tmp_path, TABLES["csat"], [row("csat")])
    deliver(tmp_path, TABLES["tel_offer"], [row("tel_offer", result="surprise")])
    partitions = {"csat": [DAY], "tel_offer": [DAY]}
    verdicts = judge.deliveries(tmp_path, partitions)
    assert verdicts == validate_deliveries(tmp_path, partitions)
    assert {verdict.table for verdict in verdicts if verdict.critical_failed} == {"tel_offer"}


def test_what_goes_wrong_there_is_raised_here(judge: Judge, tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"nowhere\.duckdb"):
        judge.indicators(tmp_path / "nowhere.duckdb", None, date(2026, 9, 9))


def test_a_killed_run_leaves_no_judge_behind() -> None:
    script = (
        "import expectations.judge as j, sys, time\n"
        "if __name__ == '__main__':\n"
        "    judge = j.Judge().__enter__()\n"
        "    print(*judge._process._processes, flush=True)\n"
        "    time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout
        judge = psutil.Process(int(run.stdout.readline()))
        run.kill()
    assert not psutil.wait_procs([judge], timeout=60)[1]
