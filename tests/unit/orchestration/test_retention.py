"""How long things are kept: as the calendar counts, for ever gone afterwards, and never longer than what needs them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ingest import quarantine
from ingest.formats.spreadsheet import SpreadsheetSource
from orchestration import retention
from orchestration.centre import Centre, CentreError, load
from orchestration.home import Home
from tests.unit.ingest.deliveries import Desk

CENTRE = """\
sites: [{key: here, name: {en: Here, zh: 此处}, time_zone: Asia/Shanghai}]
sources: [{name: pbx, format: queue_log, site: here}]
pseudonyms: {demo: true}
"""
KEPT = "{queue_event: 5 days, tel_interaction: 5 days, tel_offer: 5 days, agent_state: 5 days, quarantine: 2 days}"


def centre(home: Path, declared: str) -> Centre:
    (home / "centre.yml").write_text(f"{CENTRE}retention: {declared}\n")
    return load(home / "centre.yml")


@pytest.mark.parametrize(
    ("declared", "day", "before"),
    [
        ("180 days", date(2026, 9, 9), date(2026, 3, 13)),  # 9 + 31 + 31 + 30 + 31 + 30 = 162 days to 31 March, 18 more
        ("1 day", date(2026, 3, 1), date(2026, 2, 28)),
        ("1 month", date(2026, 3, 31), date(2026, 2, 28)),  # February has no 31st
        ("24 months", date(2026, 9, 9), date(2024, 9, 9)),
        ("1 month", date(2026, 1, 15), date(2025, 12, 15)),
        ("3 years", date(2028, 2, 29), date(2025, 2, 28)),
    ],
)
def test_ages_are_counted_by_the_calendar(tmp_path: Path, declared: str, day: date, before: date) -> None:
    assert centre(tmp_path, f"{{chat_message: {declared}}}").retention["chat_message"].before(day) == before


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ("{chat_message: 180}", "centre.yml:4: retention.chat_message: 180 is no length of time such as `180 days`"),
        ("{chat_message: 0 days}", "'0 days' is no length of time"),
        ("{chat_mesage: 180 days}", "centre.yml:4: retention.chat_mesage: is no contract table, nor `quarantine`"),
        ("{queue_event: 90 days}", "retention.queue_event: agent_state is derived from it and may not be kept longer"),
    ],
)
def test_a_wrong_declaration_is_told_with_its_place(tmp_path: Path, declared: str, message: str) -> None:
    with pytest.raises(CentreError) as error:
        centre(tmp_path, declared)
    assert message in str(error.value)


def entered(day: int, call: str) -> str:
    """A call that is abandoned after ten seconds, at ten in the morning in Shanghai on a day of September 2026."""
    second = int(datetime(2026, 9, day, 2, tzinfo=UTC).timestamp())
    return f"{second}|{call}|sales|NONE|ENTERQUEUE||13800138000|1\n{second + 10}|{call}|sales|NONE|ABANDON|1|1|10\n"


def test_what_is_over_leaves_lake_and_quarantine_and_never_comes_back(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.deliver("log", "".join(entered(day, f"1.{day}") for day in (1, 3, 4, 9)) + "rubbish\n")
    desk.take()
    home = Home(tmp_path)
    declared = centre(tmp_path, KEPT)
    removed = retention.apply(home, declared, date(2026, 9, 9))
    # Five days before the 9th is the 4th: two events and one visit each of the 1st and the 3rd are over.
    assert {(one.table, one.rows) for one in removed} == {("queue_event", 4), ("tel_interaction", 2)}
    assert desk.rows("tel_interaction", "day(event_date)") == [(4,), (9,)]
    assert desk.lake.forgotten() == {date(2026, 9, 1), date(2026, 9, 3)}

    desk.deliver("again", entered(1, "1.1") + entered(3, "1.33") + entered(9, "1.99"))
    (account,) = desk.take()
    assert (account.rows_in, account.loaded, account.duplicate) == (6, 2, 4)
    assert desk.rows("tel_interaction", "day(event_date)") == [(4,), (9,), (9,)]
    assert desk.rows("queue_event", "count(*)") == [(6,)]

    # The quarantine counts from the day of the taking, which is that of the clock.
    assert len(desk.quarantine()) == 1
    today = datetime.now(UTC).date()
    assert [one for one in retention.apply(home, declared, today) if one.table == retention.QUARANTINE] == []
    (gone,) = (one for one in retention.apply(home, declared, today + timedelta(days=400)) if one.rows)
    assert (gone.table, gone.source, gone.rows) == (retention.QUARANTINE, "pbx", 1)
    assert desk.quarantine() == [] and not quarantine.path_of(home.quarantine, "pbx", "log").exists()


def test_what_has_not_ended_is_kept_however_long_ago_it_began(tmp_path: Path) -> None:
    people = {"name": "hr", "format": "spreadsheet", "site": "here", "tables": [{"table": "hr_employee"}]}
    desk = Desk(tmp_path, SpreadsheetSource.model_validate(people))
    desk.deliver(
        "people.csv",
        "source_record_id,employee_key,valid_from,valid_to,site_key,role,status\n"
        "1,E1,2020-01-01,2020-12-31,here,agent,active\n"
        "2,E2,2020-02-01,,here,agent,active\n"
        "3,E3,2020-02-01,2020-12-31,here,agent,active\n",
        source="hr",
    )
    desk.take()
    assert desk.lake.forget("hr_employee", date(2026, 1, 1)) == {"hr": 1}
    # E3 is over, but E2 lies in the same partition and goes on.
    assert desk.rows("hr_employee", "employee_key") == [("E2",), ("E3",)]
