"""The ledger and the plan: nothing the lake changed is ever left unbuilt, and nothing else is rebuilt."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration import builds
from orchestration.builds import (
    KEPT_BUILDS,
    MATURITIES,
    Build,
    Ledger,
    days_between,
    is_served,
    plan,
    record,
    record_checked,
    record_served,
)
from orchestration.centre import Centre
from orchestration.home import Home

START = date(2026, 9, 1)
DAY = timedelta(days=1)


def on(*offsets: int) -> list[date]:
    return [START + offset * DAY for offset in offsets]


class Lake:
    """A lake of which only the days are known: each change touches some; on the quiet ones nobody called."""

    def __init__(self, *changes: Iterable[date], quiet: Iterable[date] = ()) -> None:
        self.changes = [set(days) for days in changes]
        self.quiet = set(quiet)
        self.closed: set[date] = set()
        self.key = "a key"
        self.absent: set[str] = set()

    def pseudonym_key(self) -> str:
        return self.key

    def forgotten(self) -> set[date]:
        return self.closed

    def sequence(self) -> int:
        return len(self.changes)

    def newest(self, contact_tables: Iterable[str] = ()) -> date | None:
        days = set().union(*self.changes) - (self.quiet if contact_tables else set())
        return max(days, default=None)

    def touched(self, since: int) -> list[date]:
        return sorted({day for days in self.changes[since:] for day in days})

    def unchanged(self, since: int) -> set[str]:
        return set()

    def partitions(self, table: str, dates: Iterable[date] | None = None) -> list[date]:
        present = set().union(*self.changes) if table not in self.absent else set()
        return sorted(present if dates is None else present.intersection(dates))


@pytest.fixture(autouse=True)
def project(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The digest of the dbt project, for a test to change; no fact of it reaches beyond its own day."""
    digest = ["as it is"]
    monkeypatch.setattr(builds, "LOOKS_AHEAD_DAYS", 0)
    monkeypatch.setattr(builds, "LOOKS_BACK_DAYS", 0)
    monkeypatch.setattr(builds, "project_fingerprint", lambda: digest[0])
    yield digest


def new_home(folder: Path) -> Home:
    home = Home(folder)
    home.warehouse.touch()
    return home


def planned(home: Home, lake: Any, *requested: date) -> builds.Plan:
    return plan(home, lake, requested)


changes = st.frozensets(st.integers(0, 30).map(lambda offset: START + offset * DAY), min_size=1, max_size=4)
histories = st.lists(st.tuples(changes, st.sampled_from(["built", "crashed", "not run"])), min_size=1, max_size=8)


@given(history=histories)
def test_every_touched_day_is_built_after_the_change_however_often_builds_crash(history: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home, lake = new_home(Path(folder)), Lake()
        built_at: dict[date, int] = {}
        for days, fate in [*history, (frozenset(on(0)), "built")]:
            lake.changes.append(set(days))
            if fate == "not run":
                continue
            wanted = planned(home, lake)
            assert planned(home, lake) == wanted
            if fate == "crashed":
                continue
            record(home, wanted)
            assert planned(home, lake).is_empty
            days = wanted.rebuilt(lake)
            built_at |= dict.fromkeys(days, lake.sequence())
        for number, days in enumerate(lake.changes, start=1):
            for day in days:
                assert built_at[day] >= number


@given(
    history=histories,
    requested=st.frozensets(st.integers(-5, 40), max_size=3),
    quiet=st.frozensets(st.integers(4, 30), max_size=8),
)
def test_a_plan_holds_touched_days_their_neighbours_days_passed_and_days_asked_for(
    history: list[Any], requested: frozenset[int], quiet: frozenset[int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home, lake = new_home(Path(folder)), Lake(on(3), quiet=on(*quiet))
        record(home, planned(home, lake))
        before = START + 3 * DAY
        for days, fate in history:
            lake.changes.append(set(days))
            seen = Ledger.read(home).sequence
            newest, as_of = lake.newest(), lake.newest(["contacts"])
            assert newest and as_of
            wanted = planned(home, lake, *on(*requested))
            touched = {day + step * DAY for day in lake.touched(seen) for step in (-1, 0, 1)}
            passed = set(days_between(before + DAY, as_of))
            assert set(wanted.days) == {day for day in touched | passed | set(on(*requested)) if day <= newest}
            assert wanted.as_of == as_of
            if fate == "built":
                record(home, wanted)
                before = as_of


@given(
    kinds=st.lists(st.one_of(st.none(), st.frozensets(st.integers(0, 9), max_size=3)), min_size=1, max_size=6),
    published=st.integers(0, 8),
)
def test_a_publication_writes_the_days_of_every_build_it_has_not_seen(
    kinds: list[frozenset[int] | None], published: int
) -> None:
    ledger = Ledger(
        builds=[
            Build(number, None if days is None else [day.isoformat() for day in on(*sorted(days))])
            for number, days in enumerate(kinds, start=1)
        ]
    )
    unseen = kinds[published:]
    if published > len(kinds) or None in unseen:
        assert ledger.days_since(published) is None
    else:
        assert ledger.days_since(published) == on(*sorted({day for days in unseen for day in days or ()}))


def test_a_publication_too_far_behind_writes_everything() -> None:
    ledger = Ledger(builds=[Build(number, [START.isoformat()]) for number in (7, 8, 9)])
    assert ledger.days_since(5) is None  # the days of build 6 are forgotten
    assert ledger.days_since(6) == on(0)
    assert ledger.days_since(9) == []
    assert ledger.days_since(10) is None  # the published state is another home's


def test_the_ledger_forgets_the_oldest_builds(tmp_path: Path) -> None:
    home, lake = new_home(tmp_path), Lake(on(0))
    first = record(home, planned(home, lake)).number
    for _ in range(KEPT_BUILDS + 1):
        record(home, planned(home, lake))
    numbers = [build.number for build in Ledger.read(home).builds]
    assert numbers == list(range(first + 2, first + 2 + KEPT_BUILDS))


def test_a_home_that_begins_later_shares_no_build_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = []
    for name, seconds in (("one", 1_000.0), ("other", 2_000.0)):
        (tmp_path / name).mkdir()
        monkeypatch.setattr(builds.time, "time", lambda seconds=seconds: seconds)
        home = new_home(tmp_path / name)
        numbers.append([record(home, planned(home, Lake(on(0)))).number for _ in range(3)])
    assert not set(numbers[0]) & set(numbers[1])
    # The other home's publication has not seen any of the days of this one.
    assert Ledger.read(Home(tmp_path / "other")).days_since(numbers[0][-1]) is None


def test_days_that_a_late_row_decides_about_are_recounted_as_far_as_there_are_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builds, "LOOKS_AHEAD_DAYS", 3)
    monkeypatch.setattr(builds, "LOOKS_BACK_DAYS", 4)
    home, lake = new_home(tmp_path), Lake(on(*range(10)))
    record(home, planned(home, lake))
    lake.changes.append(set(on(7)))
    wanted = planned(home, lake)
    # Day 7 drags its neighbours along; things of the 3 days before 6 and of the 4 after 8 may depend on them.
    assert wanted.days == on(6, 7, 8)
    assert wanted.recounted == on(*range(3, 10))


def test_a_new_day_looks_again_at_the_days_that_may_mature(tmp_path: Path) -> None:
    home, lake = new_home(tmp_path), Lake(on(*range(20)))
    record(home, planned(home, lake))
    lake.changes.append(set(on(20)))
    wanted = planned(home, lake)
    # Day 20 is new and drags day 19 along; day 21 lies ahead. On each day the values of one earlier day are old enough;
    # those of day 19 are counted again anyway.
    assert wanted.days == on(19, 20)
    assert wanted.maturing == on(*sorted(20 - age for age in MATURITIES if age > 1))
    assert {*wanted.maturing, *wanted.days} <= set(wanted.recounted)
    assert record(home, wanted).builds[-1].days == [day.isoformat() for day in wanted.recounted]


def test_days_on_which_nothing_happened_are_built_too(tmp_path: Path) -> None:
    home, lake = new_home(tmp_path), Lake(on(0))
    record(home, planned(home, lake))
    lake.changes.append(set(on(5)))
    assert planned(home, lake).days == on(1, 2, 3, 4, 5)


def test_a_late_row_of_a_known_day_matures_nothing(tmp_path: Path) -> None:
    home, lake = new_home(tmp_path), Lake(on(*range(20)))
    record(home, planned(home, lake))
    lake.changes.append(set(on(7)))
    wanted = planned(home, lake)
    assert (wanted.days, wanted.maturing) == (on(6, 7, 8), [])


def test_partitions_of_the_neighbouring_days_are_read(tmp_path: Path) -> None:
    home, lake = new_home(tmp_path), Lake(on(*range(20)))
    record(home, planned(home, lake))
    lake.changes.append(set(on(7)))
    variables = planned(home, lake).variables(lake)  # pyright: ignore
    assert variables["touched_dates"] == [day.isoformat() for day in on(6, 7, 8)]
    read = variables["read_partitions"]
    assert isinstance(read, dict)
    assert read["tel_interaction"] == [day.isoformat() for day in on(5, 6, 7, 8, 9)]
    assert "queue_event" not in read
    assert variables["opened_partitions"] == {}


def test_of_a_long_history_the_days_that_a_model_may_read_are_opened(tmp_path: Path) -> None:
    home, lake = new_home(tmp_path), Lake(on(*range(100)))
    record(home, planned(home, lake))
    lake.changes.append(set(on(70)))
    opened = planned(home, lake).variables(lake)["opened_partitions"]  # pyright: ignore
    assert isinstance(opened, dict)
    assert opened["tel_interaction"] == [day.isoformat() for day in on(*range(69 - 61, 100))]
    # who somebody was on a day, rows of any day may tell
    assert "hr_employee" not in opened


@pytest.mark.parametrize("change", ["project", "reference", "key", "warehouse", "first"])
def test_everything_is_built_when_more_than_the_deliveries_changed(
    tmp_path: Path, project: list[str], change: str
) -> None:
    home, lake = new_home(tmp_path), Lake(on(0, 1))
    if change != "first":
        record(home, planned(home, lake))
        assert planned(home, lake).is_empty
    if change == "project":
        project[0] = "edited"
    elif change == "reference":
        (home.lake / "centre").mkdir(parents=True)
        (home.lake / "centre" / "target.parquet").write_bytes(b"another target")
    elif change == "key":
        lake.key = "another key"
    elif change == "warehouse":
        home.warehouse.unlink()
    wanted = planned(home, lake)
    assert wanted.everything
    assert "read_partitions" not in wanted.variables(lake)  # pyright: ignore
    assert record(home, wanted).builds[-1].days is None


def test_a_changed_project_counts_anew_from_the_newest_day_and_on_days_asked_for(
    tmp_path: Path, project: list[str]
) -> None:
    home, lake = new_home(tmp_path), Lake(on(*range(9)))
    record(home, planned(home, lake))
    project[0] = "edited"
    assert planned(home, lake).days == on(8)
    lake.changes.append(set(on(3)))
    assert planned(home, lake, *on(5)).days == on(2, 3, 4, 5, 8)


def test_a_day_without_contacts_is_built_but_is_not_the_day_reported_on(tmp_path: Path) -> None:
    home, lake = new_home(tmp_path), Lake(on(0, 1), quiet=on(2))
    record(home, planned(home, lake))
    lake.changes.append(set(on(2)))
    wanted = planned(home, lake)
    assert (wanted.days, wanted.as_of) == (on(1, 2), on(1)[0])


def test_a_day_of_which_rows_were_removed_keeps_what_was_counted(tmp_path: Path) -> None:
    home, lake = new_home(tmp_path), Lake(on(*range(9)))
    record(home, planned(home, lake))
    lake.closed = set(on(2))
    lake.changes.append(set(on(2, 4)))
    # 2 and 4 drag 1 to 5 along; 2 is closed, and so is 3, on which what began on 2 may have ended.
    assert planned(home, lake, *on(3)).days == on(1, 4, 5)


def test_an_empty_lake_has_no_newest_day(tmp_path: Path) -> None:
    assert planned(new_home(tmp_path), Lake()).as_of is None


def centre(**servers: Any) -> Centre:
    site = {"key": "main", "name": {"en": "Main", "zh": "总部"}, "time_zone": "Europe/London"}
    source = {"name": "pbx", "format": "queue_log", "site": "main"}
    return Centre.model_validate({"sites": [site], "sources": [source], **servers})


def test_a_build_is_unserved_until_it_is_recorded_and_again_for_a_new_server_or_a_new_build(tmp_path: Path) -> None:
    home, lake = new_home(tmp_path), Lake(on(0, 1))
    record(home, plan(home, lake))
    assert not is_served(home, centre())
    record_served(home, centre())
    assert is_served(home, centre())
    assert not is_served(home, centre(postgres={"host": "db", "database": "gaugebook", "user": "gaugebook"}))
    lake.changes.append(set(on(1)))
    record(home, plan(home, lake))
    assert not is_served(home, centre())


def test_days_stay_unchecked_until_their_check_has_passed(tmp_path: Path) -> None:
    home, lake = new_home(tmp_path), Lake(on(*range(9)))
    record(home, plan(home, lake))
    record_checked(home)
    for day in (3, 6):
        lake.changes.append(set(on(day)))
        record(home, plan(home, lake))
    ledger = Ledger.read(home)
    assert ledger.days_since(ledger.checked) == on(2, 3, 4, 5, 6, 7)
    record_checked(home)
    ledger = Ledger.read(home)
    assert ledger.days_since(ledger.checked) == []


def test_the_first_complaint_ever_concerns_every_day(tmp_path: Path) -> None:
    home, lake = new_home(tmp_path), Lake(on(0), on(1))
    lake.absent = {"complaint"}
    record(home, planned(home, lake))
    lake.changes.append(set(on(2)))
    assert not planned(home, lake).everything
    record(home, planned(home, lake))
    lake.changes.append(set(on(3)))
    lake.absent = set()
    assert planned(home, lake).everything
    record(home, planned(home, lake))
    lake.changes.append(set(on(4)))
    assert not planned(home, lake).everything
