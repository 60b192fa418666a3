"""Staff files say what was known on their day, and rosters are lives a person can lead."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from simulator.centre import CHENGDU
from simulator.people import Employee, Period, shift, workforce
from tests.unit.simulator.conftest import Run

SITES = pytest.mark.parametrize("site", ["chengdu", "manchester"])


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def employee(**given) -> Employee:
    plain = {"number": "CD0101", "name": "王伟", "site": CHENGDU, "role": "agent", "channel": "voice", "turn": 0}
    return Employee(**plain | {"hired": date(2024, 1, 8), "team": "cd_voice_1"} | given)


def test_history_is_cut_at_the_day_it_is_known():
    moved = employee(moves=[(date(2026, 9, 28), "cd_voice_2")], left=date(2026, 10, 15))
    assert moved.periods(date(2026, 9, 27)) == [Period(date(2024, 1, 8), None, "cd_voice_1", "active")]
    assert moved.periods(date(2026, 10, 26)) == [
        Period(date(2024, 1, 8), date(2026, 9, 27), "cd_voice_1", "active"),
        Period(date(2026, 9, 28), date(2026, 10, 15), "cd_voice_2", "active"),
        Period(date(2026, 10, 16), None, "cd_voice_2", "left"),
    ]


def test_somebody_on_long_leave_is_not_rostered():
    away = employee(long_leave=(date(2026, 9, 7), date(2026, 9, 20)))
    days = [date(2026, 8, 31) + timedelta(days=n) for n in range(28)]
    worked = [day for day in days if shift(away, day)]
    assert worked
    assert not [day for day in worked if date(2026, 9, 7) <= day <= date(2026, 9, 20)]
    assert [period.status for period in away.periods(date(2026, 9, 21))] == ["active", "long_leave", "active"]


def test_a_novice_learns():
    novice = employee(novice=True, hired=date(2026, 9, 14), pace=1.0, quality=8.8)
    # on the first day half as long again and more: 1.55; after 56 days 1.55 - 0.3; quality 8.8 - 1.9, then + 1.0
    assert novice.pace_on(date(2026, 9, 14)) == pytest.approx(1.55)
    assert novice.pace_on(date(2026, 11, 9)) == pytest.approx(1.25)
    assert novice.quality_on(date(2026, 9, 14)) == pytest.approx(6.9)
    assert novice.quality_on(date(2026, 11, 9)) == pytest.approx(7.9)


@pytest.mark.parametrize("agents", [10, 60, 137, 3_000, 20_000])
def test_a_workforce_is_split_by_site_and_channel(agents: int):
    staff = workforce(np.random.default_rng(1), agents, date(2026, 8, 31), 5)
    everybody = [e for e in staff.everyone if e.role == "agent"]
    voice = [e for e in everybody if e.channel == "voice"]
    assert len(everybody) == pytest.approx(agents, abs=1)
    assert len(voice) / len(everybody) == pytest.approx(0.6, abs=0.06)
    assert {e.team for e in everybody} <= set(staff.leaders)
    assert len({e.number for e in staff.everyone}) == len(staff.everyone)
    assert len({(e.site.key, e.login or e.user_id) for e in everybody}) == len(everybody)


@SITES
def test_roster_rows_of_a_person_follow_each_other_without_overlap(three_weeks: Run, site: str):
    spans: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    identifiers = []
    for path in three_weeks.landing.glob(f"hr_{site}/roster_*.csv"):
        for row in rows(path):
            identifiers.append(row["Shift ID"])
            times = (datetime.fromisoformat(row["Start"]), datetime.fromisoformat(row["End"]))
            spans[row["Employee No"]].append(times)
            assert row["Activity"] in ("Work", "Break", "Meal", "Training", "Meeting")
            assert datetime.fromisoformat(row["Published"]) < times[0]
    assert len(identifiers) == len(set(identifiers))
    for times in spans.values():
        times.sort()
        assert all(start < end for start, end in times)
        assert all(before[1] <= after[0] for before, after in pairwise(times))


@SITES
def test_snapshots_know_nothing_of_the_future(three_weeks: Run, site: str):
    for path in three_weeks.landing.glob(f"hr_{site}/employees_*.csv"):
        known = path.stem.removeprefix("employees_")
        for row in rows(path):
            assert row["Valid from"] <= known
            assert row["Hired"] <= known
            assert row["Valid to"] < known
            assert row["Left"] < known


def test_changes_of_the_staff_happen(three_weeks: Run):
    last = rows(three_weeks.landing / "hr_chengdu" / "employees_2026-09-14.csv")
    novices = set(three_weeks.incident("new_hire_class")["agents"])
    assert {row["Employee No"] for row in last if row["Hired"] == "2026-09-14"} == novices
    assert {row["Status"] for row in last} == {"Active", "Long leave", "Left"}


def test_an_extension_belongs_to_one_person_a_day_and_is_handed_on(three_weeks: Run):
    owners: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for row in rows(three_weeks.landing / "hr_chengdu" / "aliases_2026-09-14.csv"):
        owners[row["Login"]].append((row["From"], row["To"] or "9999", row["Employee No"]))
    handed_on = [sorted(spans) for spans in owners.values() if len(spans) > 1]
    assert handed_on
    for spans in handed_on:
        assert all(before[1] < after[0] for before, after in pairwise(spans))


@SITES
def test_attendance_fits_the_roster(three_weeks: Run, site: str):
    rostered = defaultdict(set)
    for path in three_weeks.landing.glob(f"hr_{site}/roster_*.csv"):
        for row in rows(path):
            day = row["Shift ID"].split("-")[1]
            rostered[f"{day[:4]}-{day[4:6]}-{day[6:]}"].add(row["Employee No"])
    seen = set()
    for path in three_weeks.landing.glob(f"hr_{site}/attendance_*.csv"):
        for row in rows(path):
            seen.add(row["Status"])
            assert (row["Employee No"] in rostered[row["Date"]]) == (row["Status"] != "Off")
            came = row["Status"] in ("Present", "Half day")
            assert bool(row["In"]) == bool(row["Out"]) == came
            assert row["In"] <= row["Out"]
    assert {"Present", "Absent", "Leave", "Off"} <= seen <= {"Present", "Absent", "Leave", "Half day", "Off"}
