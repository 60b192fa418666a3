"""Files of the neutral contract become the same rows whatever their form, and a bad record costs itself only."""

from __future__ import annotations

import io
import json
import tempfile
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.formats import contract_files
from ingest.formats.contract_files import ContractSource
from ingest.privacy import Pseudonyms
from tests.unit.ingest.deliveries import KEY, Desk

DAY = {"employee_key": "1", "work_date": "2026-08-31", "status": "present", "clock_in_at": "2026-08-31T01:00:00Z"}


@pytest.fixture(params=["by line", "streamed"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Small files are read by line; both ways must give the same."""
    if request.param == "streamed":
        monkeypatch.setattr(contract_files, "STREAMED", 0)
    return request.param


@pytest.fixture
def desk(tmp_path: Path, way: str) -> Desk:
    return at_desk(tmp_path)


def at_desk(root: Path, **declared: Any) -> Desk:
    source = ContractSource.model_validate({"name": "dw", "format": "contract", "site": "here", **declared})
    return Desk(root, source)


def as_csv(*rows: dict[str, Any], mark: str = ",") -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [mark.join(names), *(mark.join(str(row.get(name, "")) for name in names) for row in rows)]
    return "".join(f"{line}\n" for line in lines)


def as_lines(*rows: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def as_parquet(*rows: dict[str, Any]) -> bytes:
    content = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows)), content)
    return content.getvalue()


def test_every_form_of_a_row_gives_the_same_row(desk: Desk) -> None:
    content = {
        "attendance.csv": as_csv,
        "attendance_2026-08-31.txt": partial(as_csv, mark="\t"),
        "attendance-1.CSV": partial(as_csv, mark=";"),
        "attendance/part-0": partial(as_csv, mark="|"),
        "attendance.jsonl": as_lines,
        "x/attendance/y.json": as_lines,
        "attendance.json": lambda row: json.dumps([row], indent=2),
        "attendance.parquet": as_parquet,
        "attendance_typed.parquet": lambda row: as_parquet({**row, "work_date": date(2026, 8, 31)}),
    }
    for n, (name, form) in enumerate(content.items()):
        desk.deliver(name, form({**DAY, "employee_key": str(n)}), "dw")
    accounts = desk.take()
    assert {account.file for account in accounts} == set(content)
    assert {(a.table, a.rows_in, a.loaded, a.state) for a in accounts} == {("attendance", 1, 1, "taken")}
    # Without source_record_id the key names the record.
    columns = "source_system, source_record_id, employee_key, work_date, status, clock_in_at at time zone 'UTC', extra"
    day, clock = date(2026, 8, 31), datetime(2026, 8, 31, 1)
    assert desk.rows("attendance", columns, "employee_key") == [
        ("dw", f"{n}|2026-08-31", str(n), day, "present", clock, None) for n in range(9)
    ]


INSTANTS = {
    "2026-08-31T09:00:00Z": "09:00:00",
    "2026-08-31T09:00:00.250+01:00": "08:00:00.25",
    "2026-08-31 09:00:00+01": "08:00:00",
    "2026-08-31T04:00:00-04:00": "08:00:00",
    # Summer time in London is an hour ahead of UTC.
    "2026-08-31T09:00": "08:00:00",
    "2026-08-31 09:00:00": "08:00:00",
    # The clocks went back at 02:00 on 25 October 2026: 01:30 came twice, first in summer time, 00:30 UTC.
    "2026-10-25T01:30:00": "00:30:00",
    "2026-10-25T00:30:00": "23:30:00",
    "2026-10-25T02:30:00": "02:30:00",
}


def test_instants_have_an_offset_or_are_local(tmp_path: Path, way: str) -> None:
    desk = at_desk(tmp_path, time_zone="Europe/London")
    rows = [{**DAY, "employee_key": str(n), "clock_in_at": text} for n, text in enumerate(INSTANTS)]
    desk.deliver("attendance.csv", as_csv(*rows), "dw")
    desk.take()
    read = desk.rows("attendance", "cast(cast(clock_in_at at time zone 'UTC' as time) as varchar)", "employee_key")
    assert [row[0] for row in read] == list(INSTANTS.values())


UNFIT = [
    ({"clock_in_at": "2026-03-29T01:30:00"}, "clock_in_at_unreadable"),  # skipped by the clocks of London
    ({"clock_in_at": "yesterday"}, "clock_in_at_unreadable"),
    ({"clock_in_at": "infinity"}, "clock_in_at_unreadable"),
    ({"clock_in_at": "2026-08-31"}, "clock_in_at_unreadable"),
    ({"work_date": "31.08.2026"}, "work_date_unreadable"),
    ({"work_date": ""}, "work_date_missing"),
    ({"status": "ill"}, "status_not_allowed"),
    ({"extra": "[1]"}, "extra_unreadable"),
    ({"leave_type": "\ufdd0"}, "undecodable_text"),
]


def test_a_field_that_does_not_fit_costs_its_row(tmp_path: Path, way: str) -> None:
    desk = at_desk(tmp_path, time_zone="Europe/London")
    for form, first in ((as_csv, 2), (as_lines, 1)):
        good = [{"extra": "", "leave_type": "", **DAY, "employee_key": f"{first}-{n}"} for n in range(10)]
        bad = [{**row, **change} for row, (change, _) in zip(good, UNFIT, strict=False)]
        rows = [row for pair in zip(good, bad, strict=False) for row in pair] + good[9:]
        # A byte that is no UTF-8 takes the place of the character that never stands in a text.
        content = form(*rows).encode().replace("\ufdd0".encode(), b"\xff")
        desk.deliver(f"attendance_{first}", content, "dw")
    accounts = desk.take()
    assert [(a.rows_in, a.loaded, a.quarantined) for a in accounts] == [(19, 10, 9), (19, 10, 9)]
    assert [row[:3] for row in desk.quarantine()] == [
        (f"attendance_{first}", first + 1 + 2 * n, rule) for first in (1, 2) for n, (_, rule) in enumerate(UNFIT)
    ]
    assert len(desk.rows("attendance", "*", where="clock_in_at is not null")) == 20


def test_numbers_and_flags(desk: Desk) -> None:
    shift = {"shift_id": "a", "employee_key": "1", "activity": "work", "is_paid": "TRUE"}
    shift |= {"start_at": "2026-08-31T01:00:00Z", "end_at": "2026-08-31T02:00:00Z"}
    desk.deliver("roster_shift.csv", as_csv(shift, {**shift, "shift_id": "b", "is_paid": "yes"}), "dw")
    message = {"message_id": "1", "conversation_id": "1", "sent_at": "2026-08-31T01:00:00Z", "sender_type": "bot"}
    counted = [
        {**message, "message_id": str(n), "is_private": False, "body_length": length}
        for n, length in enumerate([12, 12.0, "12", "12.5", "1e2", 2**70])
    ]
    desk.deliver("chat_message.jsonl", as_lines(*counted), "dw")
    desk.take()
    assert desk.rows("roster_shift", "shift_id, is_paid") == [("a", True)]
    assert desk.rows("chat_message", "message_id, body_length") == [("0", 12), ("1", 12), ("2", 12), ("4", 100)]
    assert [row[:3] for row in desk.quarantine()] == [
        ("chat_message.jsonl", 4, "body_length_unreadable"),
        ("chat_message.jsonl", 6, "body_length_unreadable"),
        ("roster_shift.csv", 3, "is_paid_unreadable"),
    ]


def test_unknown_fields_are_kept_redacted_and_counted(desk: Desk) -> None:
    for n, form in enumerate((as_csv, as_lines, as_parquet)):
        rows = [
            {**DAY, "employee_key": f"{n}1", "gate": "north", "note": "call 13800138000", "extra": '{"a": {"b": 1}}'},
            {**DAY, "employee_key": f"{n}2", "gate": "south", "note": "", "extra": ""},
        ]
        desk.deliver(f"attendance_{n}", form(*rows), "dw")
    assert [account.loaded for account in desk.take()] == [2, 2, 2]
    extras = [json.loads(row[0]) for row in desk.rows("attendance", "extra", order="employee_key")]
    assert extras[::2] == [{"a": {"b": 1}, "gate": "north", "note": "call [phone]"}] * 3
    assert [extra["gate"] for extra in extras[1::2]] == ["south"] * 3
    drift = {found.field: (found.source, found.table, found.rows, found.files) for found in desk.lake.drift()}
    assert (drift["gate"], drift["a"]) == (("dw", "attendance", 6, 3), ("dw", "attendance", 3, 3))


def test_customers_get_pseudonyms(desk: Desk) -> None:
    row = {"conversation_id": "1", "channel": "chat", "status": "open", "created_at": "2026-08-31T01:00:00Z"}
    desk.deliver("chat_conversation.jsonl", as_lines({**row, "customer_ref": "13800138000"}), "dw")
    desk.take()
    assert desk.rows("chat_conversation", "customer_ref") == [(Pseudonyms(KEY).of("13800138000"),)]


REFUSED = [
    ("people.csv", as_csv(DAY), "unknown_table"),
    ("queue_event.csv", as_csv({**DAY, "employee_key": "2"}), "unknown_table"),
    ("attendances.csv", as_csv({**DAY, "employee_key": "3"}), "unknown_table"),
    ("attendance_1.csv", "employee_key,work_date\n1,2026-08-31\n", "missing_columns"),
    ("attendance_2.csv", "employee_key,work_date;status\n1,2026-08-31;present\n", "ambiguous_delimiter"),
    ("attendance_3.parquet", as_parquet({"employee_key": "1", "status": "present"}), "missing_columns"),
    ("attendance_4.parquet", as_parquet({**DAY, "work_date": 20260831}), "wrong_type"),
    ("attendance_5.parquet", as_parquet(DAY)[:-30] + b"PAR1", "unreadable"),
]


def test_a_file_that_cannot_be_taken_says_why_and_holds_up_no_other(desk: Desk) -> None:
    for name, content, _ in REFUSED:
        desk.deliver(name, content, "dw")
    desk.deliver("attendance_good.csv", as_csv({**DAY, "employee_key": "good"}), "dw")
    accounts = {account.file: account for account in desk.take()}
    assert accounts.pop("attendance_good.csv").loaded == 1
    assert {account.state for account in accounts.values()} == {"refused"}
    assert all(f"({rule})" in (accounts[name].reason or "") for name, _, rule in REFUSED)
    assert {(row[0], row[2]) for row in desk.quarantine()} == {(name, rule) for name, _, rule in REFUSED}


def test_the_declared_table_and_delimiter_go_before_names(tmp_path: Path, way: str) -> None:
    desk = at_desk(tmp_path, table="attendance", delimiter=";")
    desk.deliver("csat.csv", as_csv(DAY, mark=";"), "dw")
    assert [(account.table, account.loaded) for account in desk.take()] == [("attendance", 1)]
    with pytest.raises(ValueError, match="table queue_event: the contract has"):
        at_desk(tmp_path, table="queue_event")


def test_records_that_are_not_well_formed_cost_themselves_only(desk: Desk) -> None:
    lines = as_csv(*({**DAY, "employee_key": str(n)} for n in range(9))).splitlines()
    lines[2] = lines[2].replace("present", '"present')
    lines[4] += ",too,many"
    lines[6] = "short"
    lines.insert(8, "")
    desk.deliver("attendance.csv", "\r\n".join(lines), "dw")
    objects = as_lines(*({**DAY, "employee_key": f"j{n}"} for n in range(5))).splitlines()
    objects[1] = objects[1][:-5]
    desk.deliver("attendance.jsonl", "\n".join(objects), "dw")
    desk.take()
    assert [row[:3] for row in desk.quarantine() if row[0] == "attendance.csv"] == [
        ("attendance.csv", 3, "quote_unclosed"),
        ("attendance.csv", 5, "field_count"),
        ("attendance.csv", 7, "field_count"),
    ]
    assert [row[:2] for row in desk.quarantine() if row[0] == "attendance.jsonl"] == [("attendance.jsonl", 2)]
    kept = [row[0] for row in desk.rows("attendance", "employee_key")]
    assert kept == ["0", "2", "4", "6", "7", "8", "j0", "j2", "j3", "j4"]


def test_quoted_line_breaks_belong_to_their_record(desk: Desk) -> None:
    message = "message_id,conversation_id,sent_at,sender_type,is_private,body\n"
    for n in range(3):
        message += f'{n},1,2026-08-31T01:00:00Z,customer,false,"first, ""second""\nthird"\n'
    message += "x,1,never,customer,false,\n"
    desk.deliver("chat_message.csv", message, "dw")
    [account] = desk.take()
    assert (account.loaded, account.quarantined) == (3, 1)
    assert desk.rows("chat_message", "distinct body") == [('first, "second"\nthird',)]
    # One line of names, three records of two lines, and the bad one.
    assert [row[1] for row in desk.quarantine()] == [8]


def test_of_rows_with_one_key_the_newest_counts_and_then_the_last(desk: Desk) -> None:
    def row(status: str, version: str) -> dict[str, str]:
        return {**DAY, "status": status, "record_updated_at": version}

    early, late = "2026-08-31T01:00:00Z", "2026-08-31T02:00:00Z"
    desk.deliver("attendance.csv", as_csv(row("leave", late), row("absent", late), row("present", early)), "dw")
    [account] = desk.take()
    assert (account.rows_in, account.loaded, account.duplicate) == (3, 1, 2)
    assert desk.rows("attendance", "status") == [("absent",)]


def test_streamed_partitions_join_what_the_lake_has(desk: Desk) -> None:
    days = [{**DAY, "employee_key": str(n), "work_date": f"2026-08-{10 + n:02}"} for n in range(6)]
    desk.deliver("attendance.csv", as_csv(*days[:3]), "dw")
    assert [account.loaded for account in desk.take()] == [3]
    kept = desk.lake.files("attendance", "dw")
    # An equal row, a changed one without a version, a second employee on an old day, and new days.
    more = [days[1], {**days[2], "status": "leave"}, {**days[0], "employee_key": "9"}, *days[3:]]
    desk.deliver("attendance_2.csv", as_csv(*more), "dw")
    [account] = desk.take()
    assert (account.rows_in, account.loaded, account.duplicate) == (6, 5, 1)
    now = desk.lake.files("attendance", "dw")
    assert {day.day for day in kept if now[day] == kept[day]} == {11}
    assert desk.rows("attendance", "employee_key, event_date, status", "event_date, employee_key") == [
        ("0", date(2026, 8, 10), "present"),
        ("9", date(2026, 8, 10), "present"),
        ("1", date(2026, 8, 11), "present"),
        ("2", date(2026, 8, 12), "leave"),
        ("3", date(2026, 8, 13), "present"),
        ("4", date(2026, 8, 14), "present"),
        ("5", date(2026, 8, 15), "present"),
    ]
    assert not list((desk.root / "lake" / ".drafts").glob("**/*.parquet"))


def versions(count: int) -> list[dict[str, str]]:
    """Rows of a few employees and days, each of another version, so that it is certain which one counts."""
    return [
        {
            "employee_key": str(n % 3),
            "work_date": f"2026-08-{10 + n * 7 % 5}",
            "status": ("present", "leave", "absent")[n % 3],
            "record_updated_at": f"2026-08-31T00:{n:02}:00Z",
        }
        for n in range(count)
    ]


@settings(max_examples=5)
@given(data=st.data())
def test_the_lake_does_not_depend_on_how_rows_are_delivered(data: st.DataObject) -> None:
    rows = versions(30)
    shuffled = data.draw(st.permutations(rows))
    cuts = sorted(data.draw(st.sets(st.integers(1, 29), max_size=3)))
    parts = [shuffled[a:b] for a, b in zip([0, *cuts], [*cuts, 30], strict=True)]
    parts.append(data.draw(st.lists(st.sampled_from(rows), min_size=1, max_size=5)))
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        whole, cut = at_desk(Path(folder) / "whole"), at_desk(Path(folder) / "cut")
        whole.deliver("attendance.csv", as_csv(*rows), "dw")
        whole.take()
        taken = 0
        for n, part in enumerate(parts):
            patch.setattr(contract_files, "STREAMED", data.draw(st.sampled_from([0, 10_000])))
            cut.deliver(f"attendance_{n}", data.draw(st.sampled_from([as_csv, as_lines, as_parquet]))(*part), "dw")
            if data.draw(st.booleans()):
                taken += sum(account.rows_in for account in cut.take())
        taken += sum(account.rows_in for account in cut.take())
        assert taken == sum(map(len, parts))
        assert cut.content(["attendance"]) == whole.content(["attendance"])


@settings(max_examples=6)
@example(at=1, place=0.0, put=b'"', cut=0, form=as_lines, streamed=0)
@given(
    at=st.integers(1, 11),
    place=st.floats(0, 1),
    put=st.sampled_from([b'"', b'""', b",", b"x", b"\xff", b"{", b"}", b"\\", b"\t", b""]),
    cut=st.integers(0, 6),
    form=st.sampled_from([as_csv, as_lines]),
    streamed=st.sampled_from([0, 10_000]),
)
def test_damage_to_one_line_changes_that_row_only(
    at: int, place: float, put: bytes, cut: int, form: Any, streamed: int
) -> None:
    rows = [{**DAY, "employee_key": f"e{n}", "leave_type": 'é "b"'} for n in range(11)]
    if form is as_csv:
        rows = [{**row, "leave_type": '"é ""b"""'} for row in rows]
    lines = form(*rows).encode().splitlines()
    lines = lines[-11:] if form is as_lines else lines
    line = lines[at if form is as_csv else at - 1]
    begin = int(place * (len(line) - 1))
    lines[at if form is as_csv else at - 1] = line[:begin] + put + line[begin + cut :]
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(contract_files, "STREAMED", streamed)
        desk = at_desk(Path(folder))
        desk.deliver("attendance", b"\n".join(lines) + b"\n", "dw")
        accounts = desk.take()
        # A stray mark before a JSON object counts as a record of its own, and the object is taken.
        rows_in = sum(account.rows_in for account in accounts)
        assert rows_in in (11, 12)
        loaded = {row[0] for row in desk.rows("attendance", "employee_key", where="leave_type = 'é \"b\"'")}
        assert {f"e{n}" for n in range(11) if n != at - 1} <= loaded
        assert len(desk.quarantine()) == rows_in - sum(account.loaded + account.duplicate for account in accounts)
