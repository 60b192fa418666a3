"""Files that nobody has declared: what they are held for, what stays in doubt, and that a proposal can be taken."""

from __future__ import annotations

import gzip
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
import yaml
from pydantic import TypeAdapter

from ingest.contract import TABLES
from ingest.formats import Source
from ingest.formats.base import RefusedFile
from ingest.inspecting import Proposal, propose
from ingest.synonyms import COLUMNS, CONSTANTS, FLAGS, SAME, TOKENS, TOLD_BY, plain
from tests.unit.ingest.deliveries import Desk

SAMPLES = Path(__file__).parents[4] / "shared" / "samples"
needs_samples = pytest.mark.skipif(not SAMPLES.exists(), reason="the real input files are not beside the project")


def proposed(tmp_path: Path, content: str | bytes, name: str = "export_2025-04-03.csv") -> Proposal:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return propose(path, name="hr", site="here")


def doubts(proposal: Proposal) -> dict[str, str]:
    return {doubt.about: doubt.taken for doubt in proposal.doubts}


def columns(proposal: Proposal) -> dict[str, dict[str, object]]:
    return proposal.source["tables"][0]["columns"]


CALLS = (
    "Call ID;Skill;Agent;Start Time;Answer Time;Wait (sec);Talk Time;Result\n"
    "1;Sales;7;03/04/2025 09:00:00;03/04/2025 09:00:20;20;01:05;Answered\n"
    "2;Sales;--;04/04/2025 10:00:00;;7;00:00;Abandoned\n"
)


def test_calls_with_what_the_file_cannot_say(tmp_path: Path) -> None:
    proposal = proposed(tmp_path, CALLS)
    assert (proposal.format, proposal.is_complete) == ("spreadsheet", True)
    assert proposal.source["tables"][0]["table"] == "tel_interaction"
    assert proposal.source["layout"] == {"delimiter": ";", "header": 1}
    assert proposal.source["files"] == "export_*.csv"
    assert proposal.source["tables"][0]["na"] == ["", "--"]
    mapped = columns(proposal)
    assert mapped["interaction_id"] == {"column": "Call ID"}
    assert mapped["wait_ms"] == {"column": "Wait (sec)", "unit": "s"}
    assert mapped["outcome"] == {"column": "Result", "values": {"Answered": "answered", "Abandoned": "abandoned"}}
    told = doubts(proposal)
    assert told["columns.started_at"] == "%d/%m/%Y %H:%M:%S"
    assert told["columns.talk_ms"] == "hms"
    assert "time_zone" in told
    assert "columns.wait_ms" not in told


def test_an_answer_tells_the_outcome_where_no_column_does_and_what_nothing_takes_is_named(tmp_path: Path) -> None:
    proposal = proposed(tmp_path, CALLS.replace("Skill", "Queue No").replace("Result", "Guest"))
    assert proposal.is_complete
    assert columns(proposal)["queue_key"] == {"column": "Queue No"}
    assert columns(proposal)["outcome"] == {"from": "answered_at", "filled": "answered", "empty": "abandoned"}
    told = {doubt.about: doubt for doubt in proposal.doubts}
    assert "answered where answered_at is filled" in told["columns.outcome"].taken
    assert "nothing takes Guest: " in told["columns"].question


def test_day_above_twelve_leaves_no_doubt(tmp_path: Path) -> None:
    told = doubts(proposed(tmp_path, CALLS.replace("04/04/2025", "14/04/2025")))
    assert "columns.started_at" not in told


def test_unit_that_no_header_says_is_a_doubt(tmp_path: Path) -> None:
    told = doubts(proposed(tmp_path, CALLS.replace("Wait (sec)", "Wait")))
    assert told["columns.wait_ms"] == "s"


def test_scale_of_ratings_is_the_least_that_holds_them(tmp_path: Path) -> None:
    content = "Survey ID,Call ID,Answer Time,Rating\n1,a,2025-04-03 09:00:00,9\n2,b,2025-04-03 10:00:00,3\n"
    proposal = proposed(tmp_path, content)
    assert proposal.source["tables"][0]["table"] == "csat"
    assert columns(proposal)["scale_max"] == {"value": 10}
    assert doubts(proposal)["columns.scale_max"] == "10"


def test_chinese_headers_in_gb18030(tmp_path: Path) -> None:
    content = "呼叫中心报表\n\n流水号,技能组,坐席工号,开始时间,等待时长(秒),通话时长(秒),是否接通\n"
    content += "".join(f"{n},销售,{n},2025-04-{n:02} 09:00:00,20,65,是\n" for n in range(1, 20))
    proposal = proposed(tmp_path, content.encode("gb18030"))
    assert proposal.source["encoding"] == "gb18030"
    assert proposal.source["layout"]["header"] == 3
    mapped = columns(proposal)
    assert mapped["queue_key"] == {"column": "技能组"}
    assert mapped["agent_key"] == {"column": "坐席工号"}
    assert mapped["wait_ms"] == {"column": "等待时长(秒)", "unit": "s"}
    assert {"encoding", "layout.header", "time_zone"} <= doubts(proposal).keys()


def test_roster_of_a_workbook_with_several_sheets(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["Read me", "first"])
    sheet = book.create_sheet("Roster")
    sheet.append(["Employee No", "Shift", "Start", "End"])
    for day in range(1, 10):
        sheet.append([day, "Work", datetime(2026, 1, day, 9), datetime(2026, 1, day, 17, 30)])
    path = tmp_path / "roster.xlsx"
    book.save(path)
    proposal = propose(path)
    assert proposal.source["layout"] == {"sheet": "Roster", "header": 1}
    assert proposal.source["tables"][0]["table"] == "roster_shift"
    assert proposal.is_complete
    assert doubts(proposal)["layout.sheet"] == "Roster"


def test_birthday_is_proposed_without_its_year(tmp_path: Path) -> None:
    content = "员工编号,姓名,班组,岗位,入职日期,出生日期,在职状态\nE1,张三,甲组,agent,2024-01-01,1990-05-17,在职\n"
    mapped = columns(proposed(tmp_path, content))
    assert mapped["birth_month"] == {"column": "出生日期", "format": "%Y-%m-%d", "part": "month"}
    assert mapped["birth_day"]["part"] == "day"
    assert mapped["valid_from"] == {"same_as": "hired_on"}


def test_matrix_of_days_is_attendance(tmp_path: Path) -> None:
    days = [date(2025, 4, n).strftime("%d/%m/%Y") for n in range(1, 8)]
    content = ",".join(["Emp", *days]) + "\n1" + ",2025-04-01 09:00:00" * 7 + "\n"
    proposal = proposed(tmp_path, content, "in_time.csv")
    assert proposal.source["tables"][0]["matrix"] == {"days": "%d/%m/%Y", "cells": "Cell"}
    assert columns(proposal)["clock_in_at"]["column"] == "Cell"
    assert doubts(proposal)["tables.matrix.days"] == "%d/%m/%Y"


def test_a_column_a_question_is_a_survey_of_staff_that_can_be_taken_as_proposed(tmp_path: Path) -> None:
    sheet = (
        "Employee ID,Answered At,Mood,Workload,Shoe\n"
        "E1,2026-05-04T09:00:00Z,4,2,big\n"
        "E2,2026-05-04T10:00:00Z,1,NA,small\n"
    )
    proposal = proposed(tmp_path, sheet)
    assert proposal.is_complete
    assert doubts(proposal)["columns.scale_max"] == "4"
    assert "nothing takes Shoe: " in proposal.doubts[-1].question
    (entry,) = yaml.safe_load(proposal.as_yaml())
    desk = Desk(tmp_path / "desk", TypeAdapter(Source).validate_python(entry))
    desk.deliver("export_2025-04-03.csv", sheet, "hr")
    desk.take()
    assert desk.rows("pulse_response", "employee_key, question_key, score, scale_max") == [
        ("E1", "Mood", 4.0, 4.0),
        ("E1", "Workload", 2.0, 4.0),
        ("E2", "Mood", 1.0, 4.0),
    ]


def test_numbers_beside_a_person_that_are_no_answers_are_no_survey(tmp_path: Path) -> None:
    assert proposed(tmp_path, "Employee ID,Desk,Floor\nE1,12,3\nE2,40,5\n").format is None


def test_registered_formats_go_before_tables(tmp_path: Path) -> None:
    proposal = proposed(tmp_path, "ID,Employee,Attendance Date,Status\nA1,E1,2026-01-05,Present\n")
    assert (proposal.format, proposal.reason) == ("frappe_hr", "the fields of Frappe's Attendance")
    assert proposal.source["format"] == "frappe_hr"


def test_packed_files_are_opened_first(tmp_path: Path) -> None:
    proposal = proposed(tmp_path, gzip.compress(CALLS.encode()), "calls.csv.gz")
    assert proposal.source["tables"][0]["table"] == "tel_interaction"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "no table"),
        ('{"colour": "red"}', "JSON of a form"),
        ("<html><body>no</body></html>", "neither a table"),
        ("colour,taste\nred,sweet\n", "nothing is known of"),
        (b"\x00\x01\x02" * 50, ""),
        (b"PK\x03\x04broken", ""),
    ],
)
def test_files_of_which_nothing_is_known_say_so(tmp_path: Path, content: str | bytes, reason: str) -> None:
    try:
        proposal = proposed(tmp_path, content)
    except RefusedFile:
        assert isinstance(content, bytes)
    else:
        assert proposal.format is None
        assert not proposal.is_complete
        assert reason in proposal.reason
        assert proposal.as_yaml().startswith("# export_2025-04-03.csv: ")


def test_proposal_can_be_taken_as_it_stands(tmp_path: Path) -> None:
    proposal = proposed(tmp_path, CALLS)
    (entry,) = yaml.safe_load(proposal.as_yaml())
    source = TypeAdapter(Source).validate_python(entry)
    desk = Desk(tmp_path / "desk", source)
    desk.deliver("export_2025-04-03.csv", CALLS, "hr")
    desk.take()
    assert desk.rows("tel_interaction", "interaction_id, outcome, agent_key, wait_ms, talk_ms") == [
        ("1", "answered", "7", 20_000, 65_000),
        ("2", "abandoned", None, 7_000, 0),
    ]
    assert not desk.quarantine()


@needs_samples
@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("hr/general_data.csv", "hr_employee"),
        ("hr/in_time.csv", "attendance"),
        ("telephony/restaurant_booking_calls_2023-11.csv", "tel_interaction"),
        ("hr/employee_survey_data.csv", "pulse_response"),
    ],
)
def test_real_files(name: str, table: str) -> None:
    proposal = propose(SAMPLES / name)
    assert proposal.source["tables"][0]["table"] == table


@needs_samples
def test_the_proposal_for_real_bookings_gives_their_known_answers(tmp_path: Path) -> None:
    name = "restaurant_booking_calls_2023-11.csv"
    (entry,) = yaml.safe_load(propose(SAMPLES / "telephony" / name, name="bookings", site="here").as_yaml())
    desk = Desk(tmp_path / "desk", TypeAdapter(Source).validate_python(entry))
    desk.deliver(name, (SAMPLES / "telephony" / name).read_bytes(), entry["name"])
    desk.take()
    answered = "count(*) filter (where outcome = 'answered')"
    in_time = "count(*) filter (where answered_at - queued_at <= interval 20 seconds)"
    mean_wait = "round(avg(epoch(answered_at) - epoch(queued_at)), 6)"
    assert desk.rows("tel_interaction", f"count(*), {answered}, {in_time}, {mean_wait}") == [
        (25_100, 24_731, 10_998, 22.980834)
    ]


def test_synonyms_name_what_the_contract_has_and_are_written_plainly() -> None:
    known = {column.name for table in TABLES.values() for column in table.columns}
    assert COLUMNS.keys() <= known
    allowed = {value for table in TABLES.values() for column in table.columns for value in column.allowed}
    assert TOKENS.keys() <= allowed
    words = [word for text in (*COLUMNS.values(), *TOKENS.values(), *FLAGS.values()) for word in text.split()]
    assert [word for word in words if plain(word) != word] == []
    for table, values in (*CONSTANTS.items(), *SAME.items(), *TOLD_BY.items()):
        assert all(TABLES[table].column(name) for name in values)
