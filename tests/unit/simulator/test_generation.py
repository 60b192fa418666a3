"""A run is a function of its arguments, and what it says it wrote is what lies there."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from simulator import generate
from tests.unit.simulator.conftest import Run, simulate


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_same_arguments_give_the_same_bytes(tmp_path: Path):
    first = simulate(tmp_path / "first", days=7, contacts_per_day=60, agents=12, seed=3)
    simulate(tmp_path / "second", days=7, contacts_per_day=60, agents=12, seed=3)
    assert digests(tmp_path / "first") == digests(tmp_path / "second")
    assert any(path.suffix == ".xlsx" for path in first.landing.rglob("*"))


def test_another_seed_gives_other_contacts(tmp_path: Path, three_days: Run):
    other = simulate(tmp_path, days=3, contacts_per_day=150, agents=12, seed=8)
    assert other.events("chengdu") != three_days.events("chengdu")


def test_summary_counts_what_was_written(three_days: Run):
    summary = three_days.summary
    entered = {
        event[1] for site in ("chengdu", "manchester") for event in three_days.events(site) if event[4] == "ENTERQUEUE"
    }
    assert summary.files == sum(path.is_file() for path in three_days.landing.rglob("*"))
    assert summary.calls == len(entered)
    assert summary.contacts == summary.calls + summary.conversations
    assert summary.identifiers == len(three_days.customers)


def test_number_of_contacts_follows_the_option(three_weeks: Run):
    # 21 days of 400 contacts, less two hours of Manchester's telephones; chance stays far below 10 %
    assert three_weeks.summary.contacts == pytest.approx(21 * 400, rel=0.1)
    assert three_weeks.summary.calls / three_weeks.summary.contacts == pytest.approx(0.7, abs=0.03)


def test_sources_lie_in_their_own_folders(three_days: Run, three_weeks: Run):
    of_every_day = {
        *("pbx_chengdu", "pbx_manchester", "chat_chengdu", "chat_manchester"),
        *("hr_chengdu", "hr_manchester", "qa"),
    }
    assert {path.name for path in three_days.landing.iterdir()} == of_every_day
    assert {path.name for path in three_weeks.landing.iterdir()} == of_every_day | {"back_office"}


def test_every_identifier_of_a_customer_was_handed_over(three_days: Run):
    texts = [
        path.read_text("utf-8") for path in three_days.landing.rglob("*") if path.parent.name[:4] in ("pbx_", "chat")
    ]
    landing = "\n".join(texts)
    assert len(three_days.customers) == len(set(three_days.customers))
    assert [identifier for identifier in three_days.customers if identifier not in landing] == []


def test_every_handed_over_identifier_of_a_customer_is_listed(three_days: Run):
    listed = set(three_days.customers)
    callers = {e[6] for site in ("chengdu", "manchester") for e in three_days.events(site) if e[4] == "ENTERQUEUE"}
    chats = "\n".join(path.read_text("utf-8") for path in three_days.landing.glob("chat_*/*.json*"))
    senders = re.findall(
        r'"email":"([^"]+)","id":\d+,(?:"identifier":null,)?"name":"([^"]+)","phone_number":"([^"]+)"', chats
    )
    typed = re.findall(
        r"\b154[- ]\d{4}[- ]\d{4}\b|\+44 \d{4} \d{6}|\b0\d{4} \d{6}\b|\b40{7}\d{8}\b|\b510199\d{11}[\dX]", chats
    )
    assert callers
    assert senders
    assert typed
    assert callers | {part for sender in senders for part in sender} | set(typed) <= listed


def test_no_customer_is_called_as_one_of_the_staff(three_weeks: Run):
    rows = [
        line.split(",")
        for path in three_weeks.landing.glob("hr_*/employees_*.csv")
        for line in path.open(encoding="utf-8")
    ]
    assert {row[1] for row in rows}.isdisjoint(three_weeks.customers)


def test_truth_inside_the_landing_folder_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="outside the landing folder"):
        generate(tmp_path / "landing", tmp_path / "landing" / "truth.json", days=1)


@pytest.mark.parametrize("wrong", [{"days": 0}, {"contacts_per_day": 0}, {"agents": 5}])
def test_a_centre_too_small_to_be_one_is_refused(tmp_path: Path, wrong: dict[str, int]):
    with pytest.raises(ValueError, match="wants at least"):
        generate(tmp_path / "landing", tmp_path / "truth.json", **wrong)


def test_progress_is_told_after_each_week_and_at_the_end(tmp_path: Path):
    told: list[str] = []
    paths = (tmp_path / "landing", tmp_path / "truth.json")
    # from Saturday to Tuesday: the week ends on the second day
    generate(*paths, days=4, contacts_per_day=10, agents=10, start=date(2026, 9, 5), progress=told.append)
    assert told == ["simulated 2 of 4 days, to 2026-09-06", "simulated 4 of 4 days, to 2026-09-08"]


def test_command_line_writes_what_it_was_asked_for(tmp_path: Path):
    command = [
        sys.executable,
        "-m",
        "simulator",
        "--out",
        str(tmp_path / "landing"),
        "--truth",
        str(tmp_path / "t.json"),
    ]
    options = ["--days", "1", "--contacts-per-day", "20", "--agents", "10", "--seed", "5", "--start", "2026-10-25"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert (tmp_path / "landing" / "pbx_manchester" / "queue_log-20261025").stat().st_size
    assert (tmp_path / "customers.txt").stat().st_size
