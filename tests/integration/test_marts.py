"""The marts on small lakes: facts worked out by hand, and the law that a day may be built alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.factories import PROJECT, Lake
from tests.integration.conftest import Centre
from tests.integration.random_centre import FIRST, LAST, random_centre

FACTS = sorted(path.stem for path in (PROJECT / "models" / "marts" / "facts").glob("fct_*.sql"))
MARTS = "resource_type:seed path:models/staging path:models/intermediate path:models/marts"
DAY = date(2026, 9, 1)


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple]:
    """Return the rows of a query."""
    return connection.sql(query).fetchall()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """The marts of one day: two agents, of whom one has an alias; three calls, a chat, two surveys, an evaluation."""
    lake = Lake(tmp_path_factory.mktemp("small"))
    lake.declare("queue", [{"queue_key": "sales", "name_en": "Sales", "name_zh": "销售", "queue_group": "front"}])
    lake.declare(
        "parameter",
        [{"parameter": "answer_threshold_sec", "queue_key": "vip", "value": 10.0, "valid_from": date(2000, 1, 1)}],
    )
    lake.add("hr_employee", [{"employee_key": "E1"}, {"employee_key": "E2", "team_key": "blue"}])
    lake.add("agent_alias", [{"employee_key": "E1", "alias_value": "1001"}])
    call = {"interaction_id": "c1", "agent_key": "1001", "queued_at": "2026-09-01 10:00:00", "ended_by": "agent"}
    call |= {"answered_at": "2026-09-01 10:00:15", "ended_at": "2026-09-01 10:03:15", "talk_ms": 180_000}
    vip = {**call, "interaction_id": "c2", "queue_key": "vip", "agent_key": "1009"}
    lost = {"interaction_id": "c3", "queued_at": "2026-09-01 10:01:00", "ended_at": "2026-09-01 10:01:03"}
    lake.add("tel_interaction", [call, vip, lost])
    lake.add(
        "agent_state",
        [
            {"agent_key": "1001", "state": "available"}
            | {"started_at": "2026-09-01 09:50:00", "ended_at": "2026-09-01 10:00:15"},
            {"agent_key": "1001", "state": "on_contact"}
            | {"started_at": "2026-09-01 10:00:15", "ended_at": "2026-09-01 10:03:15"},
        ],
    )
    shift = {"start_at": "2026-09-01 09:45:00", "end_at": "2026-09-01 12:00:00"}
    lake.add("roster_shift", [{"employee_key": "E1", **shift}, {"employee_key": "E2", **shift}])
    clock = {"clock_in_at": "2026-09-01 09:50:00", "clock_out_at": "2026-09-01 12:00:00"}
    lake.add("attendance", [{"employee_key": "E1", "work_date": DAY, **clock}])
    chat = {"conversation_id": "k1", "human_requested_at": "2026-09-01 23:59:50", "first_agent_key": "E2"}
    lake.add("chat_conversation", [chat | {"first_agent_message_at": "2026-09-02 00:00:20"}])
    survey = {"interaction_id": "k1", "agent_key": "E2", "contact_at": "2026-09-01 23:59:50"}
    asked = {"asked_at": "2026-09-02 00:10:00"}
    lake.add(
        "csat",
        [
            {"response_id": "in time", **survey, **asked, "answered_at": "2026-09-05 00:10:00", "score": 4.0},
            {"response_id": "late", **survey, **asked, "answered_at": "2026-09-05 00:10:01", "score": 5.0},
        ],
    )
    lake.add(
        "qa_evaluation",
        [
            {"evaluation_id": "q1", "interaction_id": "c1", "agent_key": "E1", "score_pct": 80.0}
            | {"contact_at": "2026-09-01 10:00:00", "evaluated_at": "2026-09-02 10:00:00"}
        ],
    )
    return lake.build({"as_of": "2026-09-02"}, select=MARTS)


def test_visits_know_their_wait_and_their_threshold(small: duckdb.DuckDBPyConnection) -> None:
    # c1 waits 15 s of 20; c2 the same in a queue whose threshold is 10; c3 leaves after 3 s of 5; the chat waits 30
    # of 30.
    found = rows(
        small,
        "select interaction_id, local_date, interval_start, wait_seconds, is_answered_in_threshold, is_short_abandon"
        " from fct_queue_visits order by 1",
    )
    ten, last = datetime(2026, 9, 1, 10), datetime(2026, 9, 1, 23, 45)
    assert found == [
        ("c1", DAY, ten, 15.0, True, False),
        ("c2", DAY, ten, 15.0, False, False),
        ("c3", DAY, ten, 3.0, False, True),
        ("k1", DAY, last, 30.0, True, False),
    ]


def test_legs_belong_to_the_day_and_the_person_of_the_answer(small: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        small,
        "select interaction_id, local_date, agent_key, team_key, handle_seconds, is_contact_evaluated"
        " from fct_handle_legs order by 1",
    )
    assert found == [
        ("c1", DAY, "E1", "red", 180.0, True),
        ("c2", DAY, "unresolved:pbx:1009", None, 180.0, False),
        ("k1", date(2026, 9, 2), "E2", "blue", None, False),
    ]


def test_agent_time_is_measured_where_states_are_delivered(small: duckdb.DuckDBPyConnection) -> None:
    # E1 is rostered from 09:45; the system is known until 10:03:15. First quarter: 900 s rostered, from 09:50 on, so
    # 600 s, available. Second: 15 s available, 180 s on the contact. E2 has no name in the system with states.
    found = rows(
        small,
        "select interval_start, handling_seconds, available_seconds, scheduled_seconds, adherent_seconds, agent_key"
        " from fct_agent_intervals order by 1",
    )
    assert found == [
        (datetime(2026, 9, 1, 9, 45), 0.0, 600.0, 900.0, 600.0, "E1"),
        (datetime(2026, 9, 1, 10, 0), 180.0, 15.0, 195.0, 195.0, "E1"),
    ]


def test_surveys_expire_after_seventy_two_hours(small: duckdb.DuckDBPyConnection) -> None:
    # Asked on 2 September at 00:10:00, so 5 September 00:10:00 is the last moment; booked on the day of the contact.
    invitations = rows(small, "select invitation_id, local_date, is_answered from fct_survey_invitations order by 1")
    assert invitations == [("chat:in time", date(2026, 9, 2), True), ("chat:late", date(2026, 9, 2), False)]
    answers = rows(small, "select answer_id, local_date, is_top_two, team_key from fct_survey_answers")
    assert answers == [("chat:in time", DAY, True, "blue")]


def test_evaluations_shifts_and_headcount_of_the_day(small: duckdb.DuckDBPyConnection) -> None:
    assert rows(small, "select agent_key, local_date, pass_mark, is_passed from fct_qa_evaluations") == [
        ("E1", date(2026, 9, 2), 80.0, True)
    ]
    # 09:45 to 12:00 are 8100 s; five minutes late.
    assert rows(small, "select agent_key, scheduled_seconds, missed_seconds from fct_shift_days") == [
        ("E1", 8100.0, 300.0)
    ]
    assert rows(small, "select local_date, count(*) from fct_employee_days group by 1 order by 1") == [
        (DAY, 2),
        (date(2026, 9, 2), 2),
    ]


def test_members_carry_the_names_of_the_centre(small: duckdb.DuckDBPyConnection) -> None:
    found = rows(small, "select member, name_zh from dim_members where level in ('centre', 'queue') order by 1")
    assert found == [("all", "全中心"), ("sales", "销售"), ("vip", "vip"), ("web", "web")]


def crossing_midnight(lake: Lake) -> Lake:
    """Add what belongs to two days: transfers, states, shifts, surveys and evaluations around the last midnights."""
    for n, midnight in enumerate((LAST - timedelta(days=1), LAST)):

        def at(clock: str, step: int = 0, day: date = midnight) -> str:
            return f"{day + timedelta(days=step)} {clock}"

        agent = "chengdu-0"
        first = {"interaction_id": f"night-{n}", "agent_key": agent, "queued_at": at("23:50:00", -1)}
        first |= {"answered_at": at("23:59:00", -1), "ended_at": at("00:02:00"), "talk_ms": 180_000}
        second = {"interaction_id": f"night-{n}b", "root_interaction_id": f"night-{n}", "agent_key": "chengdu-1"}
        second |= {"queued_at": at("00:02:00"), "answered_at": at("00:03:00"), "ended_at": at("00:04:00")}
        lake.add("tel_interaction", [first, second])
        lake.add(
            "agent_state",
            [
                {"agent_key": f"night-{n}", "state": "available"}
                | {"started_at": at("22:07:00", -1), "ended_at": at("01:11:00")},
                {"agent_key": f"open-{n}", "state": "available", "started_at": at("23:00:00", -1)},
            ],
        )
        shift = {"employee_key": "chengdu-2", "start_at": at("22:00:00", -1), "end_at": at("02:00:00")}
        rest = {"employee_key": "chengdu-2", "start_at": at("03:00:00"), "end_at": at("06:00:00")}
        lake.add("roster_shift", [shift, rest])
        survey = {"response_id": f"night-{n}", "interaction_id": f"night-{n}", "channel": "voice"}
        answer = {"asked_at": at("00:05:00"), "answered_at": at("00:06:00"), "score": 5.0}
        lake.add("csat", [survey | {"contact_at": at("23:50:00", -1)} | answer])
        evaluated = {"evaluation_id": f"night-{n}", "interaction_id": f"night-{n}", "score_pct": 90.0}
        evaluated |= {"contact_at": at("23:50:00", -1), "evaluated_at": at("12:00:00"), "agent_key": agent}
        lake.add("qa_evaluation", [evaluated])
    return lake


@pytest.fixture(scope="module")
def crossed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """The random centre with its midnights, built at once, every check of the project included."""
    home = tmp_path_factory.mktemp("crossed")
    with crossing_midnight(random_centre(home)).build({"as_of": LAST.isoformat()}, checks=True) as warehouse:
        yield Centre(warehouse, home / "dbt" / "target")


def settled(found: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows without the last digits of fractions, which depend on the order of summing."""
    return [tuple(round(value, 9) if isinstance(value, float) else value for value in row) for row in found]


def test_days_built_alone_are_the_days_of_the_whole(crossed: Centre, tmp_path: Path) -> None:
    lake = crossing_midnight(random_centre(tmp_path))
    earlier = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days - 1)]
    for days in (earlier, [LAST - timedelta(days=1)], [LAST], [LAST - timedelta(days=1)]):
        alone = lake.build(lake.increment(*days) | {"as_of": max(LAST, *days).isoformat()}, select=MARTS)
    for fact in FACTS:
        # What reaches into a day that has not come (a conversation ends after midnight) is counted once it has.
        query = f"from {fact} where local_date between '{FIRST}' and '{LAST}' order by all"
        expected = settled(rows(crossed.warehouse, query))
        assert expected, fact
        assert settled(rows(alone, query)) == expected, fact


def test_what_comes_late_about_new_hires_restates_the_months_after_it(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    new = {"employee_key": "new", "valid_from": "2026-03-02", "hired_on": "2026-03-02"}
    lake.add("hr_employee", [new, {"employee_key": "tenured", "hired_on": "2025-01-01"}])
    legs = [("new", "2026-03-02"), ("new", "2026-03-10"), ("tenured", "2026-03-02")]
    lake.add(
        "tel_interaction",
        [
            {"interaction_id": f"{who}-{day}", "agent_key": who, "queued_at": f"{day} 10:00:00", "talk_ms": 100_000}
            | {"answered_at": f"{day} 10:00:10", "ended_at": f"{day} 10:01:50"}
            for who, day in legs
        ],
    )
    passed = {"evaluation_id": "passed", "agent_key": "new", "score_pct": 90.0}
    lake.add("qa_evaluation", [passed | {"evaluated_at": "2026-03-10 12:00:00"}])
    found = "select month(local_date), is_proficient, proficiency_days from fct_new_hire_months order by all"
    with lake.build({"as_of": "2026-05-15"}, select=MARTS) as built:
        assert rows(built, found) == [(3, True, 0), (4, True, 0), (5, True, 0)]
    # Half have passed until the failure is left behind, on the fourth day; those four weeks end on 2 April.
    lake.add("qa_evaluation", [passed | {"evaluation_id": "failed", "score_pct": 50.0, "evaluated_at": "2026-03-05"}])
    with lake.build(lake.increment(date(2026, 3, 5)) | {"as_of": "2026-05-15"}, select=MARTS) as built:
        assert rows(built, found) == [(3, False, 2), (4, True, 4), (5, True, 4)]


def test_a_day_reads_no_other_days_files(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.add("hr_employee", [{"employee_key": "E1"}])
    lake.add("tel_interaction", [{"interaction_id": "c1", "queued_at": str(DAY), "ended_at": f"{DAY} 00:01:00"}])
    for folder in (tmp_path / "lake").glob("*/*/event_date=1970-01-01"):
        if folder.parent.name not in ("hr_employee", "agent_alias", "access_right"):
            old = folder.with_name("event_date=2026-05-01") / "unreadable.parquet"
            old.parent.mkdir()
            old.write_bytes(b"not Parquet")
    built = lake.build(lake.increment(DAY), select=MARTS)
    assert rows(built, "select interaction_id from fct_queue_visits") == [("c1",)]


def test_after_a_days_build_the_lake_shows_all_of_its_rows(tmp_path: Path) -> None:
    lake, later = Lake(tmp_path), DAY + timedelta(days=200)
    visits = [{"interaction_id": f"c{n}", "queued_at": f"{day} 10:00"} for n, day in enumerate((DAY, later))]
    lake.add("tel_interaction", visits)
    lake.build(select="+fct_contacts", full_refresh=True).close()
    wanted = lake.increment(later)
    assert wanted["opened_partitions"]["tel_interaction"] == [later.isoformat()]
    built = lake.build(wanted, select="+fct_contacts")
    for relation in ("lake.tel_interaction", "stg_telephony__interactions"):
        assert rows(built, f"select event_date from {relation} order by 1") == [(DAY,), (later,)]


def test_every_check_of_the_project_passes(crossed: Centre) -> None:
    # Open since 23:00; a colleague's state that began that evening outlasts midnight, so the whole hour is known.
    query = "select sum(available_seconds) from fct_agent_intervals where agent_key = 'unresolved:pbx:open-1'"
    assert rows(crossed.warehouse, query) == [(3600.0,)]


def test_no_fact_compares_each_row_with_each(crossed: Centre) -> None:
    """A join without an equality, or one beside an `or`, takes minutes of a hundred thousand rows and a million."""
    compiled = {path.stem: path for path in crossed.target.glob("compiled/*/models/marts/facts/fct_*.sql")}
    assert sorted(compiled) == FACTS
    plans = {fact: crossed.warehouse.sql(path.read_text()).explain() for fact, path in compiled.items()}
    # Which rules describe a phrase is a matter of their patterns; each phrase is asked about once.
    assert {fact for fact, plan in plans.items() if "BLOCKWISE_NL_JOIN" in plan} == {"fct_wording_hits"}
