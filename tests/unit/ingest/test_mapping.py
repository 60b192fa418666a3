"""The declared column mapping: what it refuses to guess, and how cells become typed values."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ingest.formats.conversion import convert
from ingest.mapping import TableMapping, tells_of_person
from ingest.privacy import Pseudonyms, register
from tests.unit.ingest.deliveries import KEY

LONDON = ZoneInfo("Europe/London")
STATE = {"agent_key": "Agent", "state": {"value": "break"}, "raw_state": {"value": "Pause"}}
CALL = {
    "interaction_id": "Call",
    "visit_seq": {"value": 1},
    "channel": {"value": "voice"},
    "direction": {"value": "inbound"},
    "outcome": {"value": "open"},
    "is_open": {"value": True},
}
LOCAL = "%Y-%m-%d %H:%M:%S"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def converted(
    mapping: dict[str, object],
    table: Mapping[str, Sequence[str | None]],
    zone: str = "Europe/London",
    true_clocks: tuple[str, ...] = (),
) -> tuple[list[dict], list[dict]]:
    """Rows and rejects of a mapping over columns of text; ``true_clocks`` are columns of a workbook's own times."""
    declared = TableMapping.model_validate(mapping)
    wanted = [*declared.wanted(table), *(name for name in table if name not in declared.wanted(table))]
    count = len(next(iter(table.values())))
    cells = pa.table(
        {
            **{f"v{n}": pa.array(table.get(name, [None] * count), pa.string()) for n, name in enumerate(wanted)},
            **{f"c{n}": pa.repeat(name in true_clocks, count) for n, name in enumerate(wanted)},
            "_name": pa.repeat("calls_2026-03-01.csv", count),
            "_sheet": pa.repeat("Team A", count),
            "_file": pa.repeat(pa.scalar(0, pa.int32()), count),
            "_line": pa.array(range(2, count + 2), pa.int64()),
            "_raw": pa.repeat("raw", count),
        }
    )
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        register(con, Pseudonyms(KEY))
        rows, rejects = convert(con, cells, wanted, declared, zone=zone, site="london", source="pbx")
    return rows.to_pylist(), rejects.to_pylist()


def call(**columns: object) -> dict[str, object]:
    return {"table": "tel_interaction", "columns": {**CALL, **columns}}


def test_unknown_table_and_column_are_named_with_what_exists() -> None:
    with pytest.raises(ValidationError, match="the contract has tel_interaction, "):
        TableMapping.model_validate({"table": "calls"})
    with pytest.raises(ValidationError, match="tel_interaction has no column caller to map; it has "):
        TableMapping.model_validate(call(caller="Caller", started_at="Start"))


def test_connectors_own_tables_cannot_be_mapped() -> None:
    with pytest.raises(ValidationError, match="table queue_event"):
        TableMapping.model_validate({"table": "queue_event"})


def test_required_column_without_mapping_is_refused() -> None:
    with pytest.raises(ValidationError, match="tel_interaction requires started_at"):
        TableMapping.model_validate(call())


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"wait_ms": "Wait"}, "wait_ms: declare the unit"),
        ({"talk_ms": {"column": "Talk", "unit": "s", "format": "%S"}}, "talk_ms: format does not apply"),
        ({"queued_at": {"column": "Start", "unit": "s"}}, "queued_at: unit does not apply"),
        ({"queued_at": {"same_as": "answered_at"}}, "queued_at refers to answered_at, which the mapping does not fill"),
        (
            {"queued_at": {"same_as": "ended_at"}, "ended_at": {"same_as": "queued_at"}},
            "refer to each other in a circle",
        ),
        ({"queued_at": {"column": "Start", "rolls_over": True}}, "rolls_over needs after"),
        ({"queued_at": {"col": "Start"}}, "declare one of: column, file_name, sheet_name, value"),
        ({"wait_ms": {"from": "started_at", "plus": []}}, "gives? an instant"),
        ({"queue_key": False}, "queue_key: YAML reads yes, no, on and off as true or false: quote the column"),
        ({"outcome": {"column": "Result", "values": {False: "abandoned"}}}, "quote such tokens"),
        ({"queued_at": {"column": "Start", "zone": "London"}}, "not an IANA time zone"),
    ],
)
def test_declarations_that_cannot_hold_are_refused(declared: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        TableMapping.model_validate(call(started_at="Start", **declared))


def test_cells_are_trimmed_and_tokens_for_no_value_become_null() -> None:
    mapping = {**call(started_at="Start", agent_key="Agent"), "na": ["", "--", "NULL"]}
    agents = [" 7 ", "--", "\u3000", "NULL", "null"]
    start = ["2026-01-05T09:00:00Z"] * 5
    rows, rejects = converted(mapping, {"Call": list("abcde"), "Start": start, "Agent": agents})
    assert [row["agent_key"] for row in rows] == ["7", None, None, None, "null"]
    assert not rejects


def test_instant_without_format_needs_an_offset() -> None:
    texts = ["2026-01-05T09:00:00Z", "2026-01-05 17:00:00+08:00", "2026-01-05T09:00+0000", "2026-01-05 09:00:00"]
    rows, rejects = converted(call(started_at="Start"), {"Call": list("abcd"), "Start": texts})
    assert [row["started_at"] for row in rows] == [at("2026-01-05 09:00:00")] * 3
    assert [(r["_line"], r["rule"], r["message"]) for r in rejects] == [
        (5, "unfit_cell", "started_at: Start is not a time of the form ISO-8601 with offset")
    ]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("%d/%m/%Y %I:%M %p", "05/01/2026 09:00 AM"),
        ("%Y年%m月%d日 %H时%M分", "2026年01月05日 09时00分"),
        ("%Y-%m-%dT%H:%M:%S%z", "2026-01-05T17:00:00+0800"),
        ("epoch", "1767603600"),  # 2026-01-05T09:00:00Z: 20,458 days × 86,400 s + 9 × 3,600 s
        ("epoch_ms", "1767603600000"),
        ("excel", "46027.375"),  # 46,027 days after 1899-12-30 is 2026-01-05; 0.375 of a day is 09:00
        ("excel_1904", "44565.375"),  # 1,462 days less: 1904-01-01 is day 1,462 of the other count
        (["%d.%m.%Y %H:%M", LOCAL], "2026-01-05 09:00:00"),
    ],
)
def test_declared_formats_of_one_instant(form: str | list[str], text: str) -> None:
    rows, rejects = converted(call(started_at={"column": "Start", "format": form}), {"Call": ["a"], "Start": [text]})
    assert [row["started_at"] for row in rows] == [at("2026-01-05 09:00:00")]
    assert not rejects


def test_date_and_time_in_two_columns_make_one_instant_and_a_missing_one_makes_null() -> None:
    mapping = call(
        started_at={"column": ["Day", "Time"], "format": LOCAL},
        answered_at={"column": ["Day", "Answer"], "format": LOCAL},
    )
    table = {"Call": ["a", "b"], "Day": ["2026-07-01"] * 2, "Time": ["10:00:00"] * 2, "Answer": ["10:00:20", ""]}
    rows, rejects = converted(mapping, table)
    # July is summer time in London: 10:00 there is 09:00 UTC.
    assert [row["started_at"] for row in rows] == [at("2026-07-01 09:00:00")] * 2
    assert [row["answered_at"] for row in rows] == [at("2026-07-01 09:00:20"), None]
    assert not rejects


def test_true_clock_cells_of_a_workbook_need_no_format() -> None:
    mapping = call(
        started_at={"column": ["Day", "Time"], "format": "%d/%m/%Y %H.%M"}, wait_ms={"column": "Wait", "unit": "s"}
    )
    table = {"Call": ["a"], "Day": ["2026-07-01"], "Time": ["10:00:00"], "Wait": ["0:01:05"]}
    rows, _ = converted(mapping, table, true_clocks=("Day", "Time", "Wait"))
    assert rows[0]["started_at"] == at("2026-07-01 09:00:00")
    assert rows[0]["wait_ms"] == 65_000


def test_time_that_the_clocks_skipped_is_rejected() -> None:
    # In London 2026-03-29 01:00 became 02:00.
    texts = ["2026-03-29 00:59:59", "2026-03-29 01:30:00", "2026-03-29 02:00:00"]
    rows, rejects = converted(
        call(started_at={"column": "Start", "format": LOCAL}), {"Call": list("abc"), "Start": texts}
    )
    assert [row["started_at"] for row in rows] == [at("2026-03-29 00:59:59"), at("2026-03-29 01:00:00")]
    assert [(r["_line"], r["rule"]) for r in rejects] == [(3, "skipped_local_time")]


def test_time_that_came_twice_is_the_earlier_unless_that_lies_before_the_column_it_follows() -> None:
    # In London 2026-10-25 02:00 summer time became 01:00; 01:59:50 is first 00:59:50 UTC, 01:00:10 is 00:00:10 or
    # 01:00:10 UTC, and the answer 20 s after the start must be the latter.
    mapping = call(
        started_at={"column": "Start", "format": LOCAL},
        answered_at={"column": "Answer", "format": LOCAL, "after": "started_at"},
    )
    table = {
        "Call": ["a", "b"],
        "Start": ["2026-10-25 01:59:50", "2026-10-25 02:30:00"],
        "Answer": ["2026-10-25 01:00:10", "2026-10-25 02:30:05"],
    }
    rows, rejects = converted(mapping, table)
    assert [row["started_at"] for row in rows] == [at("2026-10-25 00:59:50"), at("2026-10-25 02:30:00")]
    assert [row["answered_at"] for row in rows] == [at("2026-10-25 01:00:10"), at("2026-10-25 02:30:05")]
    assert not rejects


def test_time_before_the_column_it_follows_rolls_over_to_the_next_day_only_when_declared() -> None:
    table = {"Call": ["a"], "Day": ["2026-01-05"], "Time": ["23:59:50"], "Answer": ["00:00:10"]}
    follows = {"column": ["Day", "Answer"], "format": LOCAL, "after": "started_at"}
    start = {"column": ["Day", "Time"], "format": LOCAL}
    kept, _ = converted(call(started_at=start, answered_at=follows), table)
    rolled, _ = converted(call(started_at=start, answered_at={**follows, "rolls_over": True}), table)
    assert kept[0]["answered_at"] == at("2026-01-05 00:00:10")
    assert rolled[0]["answered_at"] == at("2026-01-06 00:00:10")


@settings(max_examples=25)
@given(
    st.lists(
        st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)).map(lambda t: t.replace(microsecond=0)),
        min_size=1,
        max_size=40,
    ),
    st.sampled_from(["Europe/London", "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "UTC"]),
)
def test_local_times_agree_with_python_in_every_zone(times: list[datetime], zone: str) -> None:
    # zoneinfo's fold 0 is the earlier of two readings; a skipped time does not survive the way to UTC and back.
    expected = {}
    for n, naive in enumerate(times):
        reading = naive.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        if reading.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == naive:
            expected[str(n)] = reading
    table: dict[str, list[str | None]] = {
        "Call": [str(n) for n in range(len(times))],
        "Start": [t.strftime(LOCAL) for t in times],
    }
    rows, rejects = converted(call(started_at={"column": "Start", "format": LOCAL}), table, zone)
    assert {row["interaction_id"]: row["started_at"] for row in rows} == expected
    assert len(rejects) == len(times) - len(expected)


@pytest.mark.parametrize(
    ("unit", "text", "milliseconds"),
    [
        ("ms", "1500", 1_500),
        ("s", "1.5", 1_500),
        ("min", "2", 120_000),
        ("h", "0.25", 900_000),
        ("day", "0.0007523148", 65_000),  # 65 s / 86,400 s
        ("hms", "1:02:03", 3_723_000),
        ("hms", "02:03", 123_000),
        ("hm", "1:02", 3_720_000),
    ],
)
def test_units_of_durations(unit: str, text: str, milliseconds: int) -> None:
    mapping = call(started_at={"value": "2026-01-05T09:00:00Z"}, talk_ms={"column": "Talk", "unit": unit})
    rows, rejects = converted(mapping, {"Call": ["a"], "Talk": [text]})
    assert [row["talk_ms"] for row in rows] == [milliseconds]
    assert not rejects


def test_duration_that_is_none_is_rejected_not_zero() -> None:
    mapping = call(started_at={"value": "2026-01-05T09:00:00Z"}, talk_ms={"column": "Talk", "unit": "hms"})
    rows, rejects = converted(mapping, {"Call": ["a", "b"], "Talk": ["1h", ""]})
    assert [(row["interaction_id"], row["talk_ms"]) for row in rows] == [("b", None)]
    assert [r["message"] for r in rejects] == ["talk_ms: Talk is not a duration in hms"]


def test_instants_and_durations_derive_from_each_other() -> None:
    mapping = call(
        started_at={"column": "Start", "format": LOCAL},
        outcome={"column": "Result", "values": {"OK": "answered", "*": "abandoned"}},
        wait_ms={"column": "Wait", "unit": "s"},
        answered_at={"from": "started_at", "plus": "wait_ms", "when": {"outcome": "answered"}},
        talk_ms={"column": "Talk", "unit": "s", "when": {"outcome": ["answered"]}},
        ended_at={"from": "started_at", "plus": ["wait_ms"]},
        ring_ms={"since": "started_at", "until": ["answered_at", "ended_at"]},
        ended_by={"from": "answered_at", "filled": "agent", "empty": "customer"},
    )
    table = {
        "Call": ["a", "b"],
        "Start": ["2026-01-05 09:00:00"] * 2,
        "Wait": ["20", "7"],
        "Talk": ["60", "0"],
        "Result": ["OK", "Lost"],
    }
    (answered, lost), rejects = converted(mapping, table)
    assert not rejects
    assert answered["answered_at"] == at("2026-01-05 09:00:20")
    assert (answered["ring_ms"], answered["talk_ms"], answered["ended_by"]) == (20_000, 60_000, "agent")
    assert (lost["outcome"], lost["answered_at"], lost["talk_ms"]) == ("abandoned", None, None)
    assert (lost["ended_at"], lost["ring_ms"], lost["ended_by"]) == (at("2026-01-05 09:00:07"), 7_000, "customer")


def test_token_without_translation_rejects_its_row_and_says_so() -> None:
    mapping = call(
        started_at={"value": "2026-01-05T09:00:00Z"}, outcome={"column": "Result", "values": {"OK": "answered"}}
    )
    rows, rejects = converted(mapping, {"Call": ["a", "b"], "Result": ["OK", "ok"]})
    assert [row["interaction_id"] for row in rows] == ["a"]
    assert rejects == [
        {
            "_file": 0,
            "_line": 3,
            "rule": "unknown_value",
            "message": "outcome: Result holds a token that has no translation",
            "mend": "translate the token under values, list it under na, or correct the cell",
            "raw": "raw",
        }
    ]


def test_numbers_flags_and_percents() -> None:
    columns = {
        "evaluation_id": "Id",
        "form_key": {"value": "f"},
        "form_version": {"value": 1},
        "agent_key": {"value": "7"},
        "evaluated_at": {"value": "2026-01-05T09:00:00Z"},
        "points": {"column": "Points", "decimal": ","},
        "max_points": {"value": 2000},
        "score_pct": {"column": "Score", "scale": "percent_text"},
        "is_fatal": {"column": "Fatal", "values": {"Y": True, "N": False}},
        "is_random": "Drawn",
        "status": {"value": "submitted"},
    }
    table = {
        "Id": ["a", "b", "c"],
        "Points": ["1.234,5", "7", "7"],
        "Score": ["85 %", "85", "85%"],
        "Fatal": ["N", "Y", "Y"],
        "Drawn": ["TRUE", "false", "perhaps"],
    }
    rows, rejects = converted({"table": "qa_evaluation", "columns": columns}, table)
    assert [(r["points"], r["score_pct"], r["is_fatal"], r["is_random"]) for r in rows] == [(1234.5, 85.0, False, True)]
    assert [r["message"] for r in rejects] == [
        "score_pct: Score is not a percent of scale percent_text",
        "is_random: Drawn is not true or false",
    ]


def test_dates_hold_no_time_and_bad_ones_are_rejected() -> None:
    columns = {
        "alias_system": {"value": "pbx"},
        "alias_value": "Login",
        "employee_key": "No",
        "valid_from": {"column": "From", "format": ["%d/%m/%Y", "excel"]},
    }
    table = {"Login": list("abc"), "No": ["1"] * 3, "From": ["31/12/2025", "46027", "2026-01-05"]}
    rows, rejects = converted({"table": "agent_alias", "columns": columns}, table)
    assert [row["valid_from"] for row in rows] == [date(2025, 12, 31), date(2026, 1, 5)]
    assert [r["_line"] for r in rejects] == [4]


def test_record_is_identified_by_its_key_columns_unless_mapped() -> None:
    start = {"value": "2026-01-05T09:00:00Z"}
    rows, _ = converted({"table": "agent_state", "columns": {**STATE, "started_at": start}}, {"Agent": ["7"]})
    assert rows[0]["source_record_id"] == "7|2026-01-05T09:00:00.000000Z"
    mapped, _ = converted(
        {"table": "agent_state", "columns": {**STATE, "started_at": start, "source_record_id": {"value": "r1"}}},
        {"Agent": ["7"]},
    )
    assert mapped[0]["source_record_id"] == "r1"
    assert mapped[0]["source_system"] == "pbx"


def test_columns_that_nothing_maps_are_kept_without_what_may_be_personal() -> None:
    mapping = {**call(started_at={"value": "2026-01-05T09:00:00Z"}), "keep": ["Guest"]}
    table: dict[str, list[str | None]] = {
        "Call": ["a", "b"],
        "Covers": ["4", ""],
        "Booking Contact Name": ["Leisha Buick", ""],
        "客户手机": ["13912345678", ""],
        "Remark": ["call ann@example.com", ""],
        "Guest": ["regular", ""],
    }
    (full, empty), _ = converted(mapping, table)
    assert json.loads(full["extra"]) == {
        "Covers": "4",
        "Booking Contact Name": "[personal]",
        "客户手机": "[personal]",
        "Remark": "call [email]",
        "Guest": "regular",
    }
    assert empty["extra"] is None


@pytest.mark.parametrize(
    "name", ["Caller", "DOB", "date_of_birth", "BirthDate", "E-Mail", "出生日期", "Phone No", "Age"]
)
def test_names_that_tell_of_a_person(name: str) -> None:
    assert tells_of_person(name) is (name != "Caller")


@pytest.mark.parametrize("name", ["Queue", "Covers", "Page", "Language", "Percentage", "Filename", "技能组"])
def test_names_that_tell_of_nobody(name: str) -> None:
    assert not tells_of_person(name)


def test_rows_outside_the_declared_selection_are_no_part_of_the_delivery() -> None:
    mapping = {**call(started_at={"value": "2026-01-05T09:00:00Z"}), "only": {"Direction": ["In"]}}
    rows, rejects = converted(mapping, {"Call": ["a", "b"], "Direction": ["In", "Out"]})
    assert [row["interaction_id"] for row in rows] == ["a"]
    assert not rejects


def test_totals_between_the_rows_are_left_out() -> None:
    mapping = {**call(started_at={"value": "2026-01-05T09:00:00Z"}), "skip": {"Call": ["Total", "合计"]}}
    rows, rejects = converted(mapping, {"Call": ["a", "Total", "b", "合计"]})
    assert [row["interaction_id"] for row in rows] == ["a", "b"]
    assert not rejects


def test_name_of_the_sheet_may_be_a_value() -> None:
    mapping = call(started_at={"value": "2026-01-05T09:00:00Z"}, queue_key={"sheet_name": r"Team (\w+)"})
    rows, _ = converted(mapping, {"Call": ["a"]})
    assert rows[0]["queue_key"] == "A"


@pytest.mark.parametrize(
    ("text", "hours"),
    [("1:30:00", 1.5), ("1900-01-01 12:00:00", 36), ("1900-03-01 06:00:00", 61 * 24 + 6), ("1904-01-02 12:00:00", 36)],
)
def test_duration_of_a_day_or_more_in_a_workbooks_clock(text: str, hours: float) -> None:
    # Serial day 1.5 is 36 hours. It shows as noon of the first day: 1900-01-01, or 1904-01-02 where days begin in 1904;
    # day 61.25 is 1900-03-01 06:00, since Excel counts a 29 February 1900.
    mapping = call(started_at={"value": "2026-01-05T09:00:00Z"}, talk_ms={"column": "Talk", "unit": "s"})
    rows, rejects = converted(mapping, {"Call": ["a"], "Talk": [text]}, true_clocks=("Talk",))
    assert not rejects
    assert rows[0]["talk_ms"] == hours * 3_600_000


def test_version_may_come_from_the_file_name_and_values_from_the_source() -> None:
    columns = {
        "employee_key": "No",
        "valid_from": {"value": "2026-01-01"},
        "site_key": {"source": "site"},
        "role": {"source": "name"},
        "status": {"value": "active"},
        "record_updated_at": {"file_name": r"(\d{4}-\d{2}-\d{2})", "format": "%Y-%m-%d"},
    }
    rows, _ = converted({"table": "hr_employee", "columns": columns}, {"No": ["1"]}, zone="Asia/Shanghai")
    # Midnight in Shanghai is 16:00 UTC of the day before.
    assert rows[0]["record_updated_at"] == at("2026-03-01 00:00:00") - timedelta(hours=8)
    assert (rows[0]["site_key"], rows[0]["role"]) == ("london", "pbx")


def test_without_a_mapping_the_header_carries_the_contracts_own_names() -> None:
    table: dict[str, list[str | None]] = {
        "agent_key": ["7"],
        "state": ["break"],
        "raw_state": ["Pause"],
        "started_at": ["2026-01-05T09:00:00+00:00"],
        "source_system": ["another"],
        "note": ["call me on 020 7946 0000"],
    }
    mapping = TableMapping(table="agent_state")
    assert mapping.missing(table) == []
    assert mapping.missing(["agent_key", "note"]) == ["state", "raw_state", "started_at"]
    rows, rejects = converted({"table": "agent_state"}, table)
    assert not rejects
    assert rows[0]["source_system"] == "pbx"
    assert rows[0]["started_at"] == at("2026-01-05 09:00:00")
    assert json.loads(rows[0]["extra"]) == {"note": "call me on [phone]"}
