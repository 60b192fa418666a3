"""Exports of the table queue_log give what the file would have given, whatever their columns are called."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from ingest.formats.queue_lines import QueueTable
from ingest.formats.queue_log import QueueLogSource
from tests.unit.ingest.deliveries import Desk

T = 1788134400  # 2026-08-31 00:00:00 UTC, 08:00 in Shanghai

EVENTS = [
    (0, f"{T - 20}.1", "sales", "NONE", "ENTERQUEUE", "", "13800138000", "1"),
    (7, f"{T - 20}.1", "sales", "A", "CONNECT", "7", "c1.2", "4"),
    (67, f"{T - 20}.1", "sales", "A", "ATTENDEDTRANSFER", "LINK", "SIP/1", "SIP/2", "7", "60|1"),
]
"""The fifth column of the table holds what is left of the arguments."""

VISIT = ("answered", 7000, 4000, 60000, "attended", "A")
COLUMNS = "outcome, wait_ms, ring_ms, talk_ms, transfer_kind, agent_key"


def source(table: QueueTable, **declared) -> QueueLogSource:
    return QueueLogSource(name="pbx", format="queue_log", site="here", table=table, **declared)


def clock(second: int, fraction: str = "") -> str:
    return f"2026-08-31 08:{second // 60:02}:{second % 60:02}{fraction}"


def padded(event: tuple) -> list[str]:
    return [*map(str, event[1:]), *[""] * (10 - len(event))]


HEADER = ["callid", "queuename", "agent", "event", "data1", "data2", "data3", "data4", "data5"]


def taken(tmp_path: Path, table: QueueTable, content: str, **declared) -> Desk:
    desk = Desk(tmp_path, source(table, **declared))
    desk.deliver("queue_log.txt", content)
    [account] = desk.take()
    assert desk.lake.doubts() == []
    assert (account.state, account.loaded, account.quarantined) == ("taken", 3, 0)
    assert desk.rows("tel_interaction", COLUMNS) == [VISIT]
    assert desk.rows("tel_interaction", "epoch(queued_at)::bigint, customer_ref") == [
        (T, desk.pseudonyms.of("13800138000"))
    ]
    return desk


def test_local_times_with_a_fraction_are_on_the_clocks_of_the_zone(tmp_path: Path) -> None:
    rows = [["id", "time", *HEADER], *([str(n), clock(e[0], ".250000"), *padded(e)] for n, e in enumerate(EVENTS))]
    desk = Desk(tmp_path, source(QueueTable(time="local")))
    desk.deliver("queue_log.csv", "".join(",".join(row) + "\n" for row in rows))
    desk.take()
    assert desk.rows("tel_interaction", COLUMNS) == [VISIT]
    assert desk.rows("tel_interaction", "epoch(queued_at)") == [(T + 0.25,)]


def test_a_written_offset_goes_before_the_zone(tmp_path: Path) -> None:
    rows = [["time", *HEADER], *([f"2026-08-31 00:{e[0] // 60:02}:{e[0] % 60:02}+00", *padded(e)] for e in EVENTS)]
    taken(tmp_path, QueueTable(time="local"), "".join(",".join(row) + "\n" for row in rows))


def test_queuemetrics_calls_its_columns_otherwise_and_has_more_of_them(tmp_path: Path) -> None:
    header = ["partition", "time_id", "call_id", "queue", "agent", "verb", *HEADER[4:], "serverid"]
    rows = [header, *(["P001", str(T + e[0]), *padded(e), "s1"] for e in EVENTS)]
    columns = {"time": "time_id", "callid": "call_id", "queuename": "queue", "event": "verb"}
    table = QueueTable(time="epoch", columns=columns, delimiter="\t")
    desk = taken(tmp_path, table, "".join("\t".join(row) + "\r\n" for row in rows))
    extra = desk.rows("queue_event", "distinct extra")
    assert [json.loads(row[0]) for row in extra] == [{"partition": "P001", "serverid": "s1"}]


def test_older_tables_join_the_arguments_in_one_column_and_quote_everything(tmp_path: Path) -> None:
    header = ["time", *HEADER[:4], "data"]
    rows = [header, *([f"{T + e[0]}.000000", *map(str, e[1:5]), "|".join(e[5:])] for e in EVENTS)]
    quoted = "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in rows)
    taken(tmp_path, QueueTable(time="epoch"), quoted)


@pytest.mark.parametrize("layout", ["lines", "array"])
def test_json_records_are_read_too(tmp_path: Path, layout: str) -> None:
    records = [dict(zip(["time", *HEADER], [T + e[0], *padded(e)], strict=True)) for e in EVENTS]
    lines = "".join(json.dumps(record) + "\n" for record in records)
    taken(tmp_path, QueueTable(time="epoch", content="json"), lines if layout == "lines" else json.dumps(records))


def test_rows_of_one_second_without_a_fraction_go_by_id(tmp_path: Path) -> None:
    rows = [["id", "time", *HEADER], *([str(n), str(T), *padded(e)] for n, e in enumerate(EVENTS))]
    desk = Desk(tmp_path, source(QueueTable(time="epoch")))
    desk.deliver("queue_log.csv", "".join(",".join(row) + "\n" for row in [rows[0], *reversed(rows[1:])]))
    desk.take()
    assert desk.rows("tel_interaction", "outcome, transfer_kind") == [("answered", "attended")]


def test_null_is_written_in_many_ways(tmp_path: Path) -> None:
    desk = Desk(tmp_path, source(QueueTable(time="epoch", delimiter="\t")))
    row = [str(T), "c1", "sales", "NULL", "RINGNOANSWER", "\\N", "", "NULL", "", ""]
    desk.deliver("queue_log.tsv", "\t".join(["time", *HEADER]) + "\n" + "\t".join(row))
    desk.take()
    assert desk.rows("queue_event", "agent_key, data1, data3") == [(None, None, None)]


def test_bad_rows_are_told_by_their_line(tmp_path: Path) -> None:
    desk = Desk(tmp_path, source(QueueTable(time="local"), max_failed_share=1))
    header = ",".join(["time", *HEADER])
    desk.deliver(
        "queue_log.csv",
        f"{header}\n{clock(0)},c1,sales,NONE,ENTERQUEUE,,1,1,,\n\nyesterday,c2,sales,NONE,ENTERQUEUE,,1,1,,\n"
        f'{clock(1)},c3\n{clock(2)},"c4,sales,NONE,ENTERQUEUE,,1,1,,\n{clock(3)},c5,sales,NONE,,,1,1,,\n',
    )
    [account] = desk.take()
    assert (account.rows_in, account.loaded, account.quarantined) == (5, 1, 4)
    assert [row[1:3] for row in desk.quarantine()] == [
        (4, "wrong_time"),
        (5, "field_count"),
        (6, "misplaced_quote"),
        (7, "too_few_fields"),
    ]


def test_a_table_without_a_required_column_is_refused(tmp_path: Path) -> None:
    desk = Desk(tmp_path, source(QueueTable(time="epoch")))
    desk.deliver("queue_log.csv", "time_id,callid,queuename,agent,event\n1,c1,q,A,CONNECT\n")
    [account] = desk.take()
    assert account.state == "refused"
    assert "columns time are not in the header" in (account.reason or "")


def test_a_column_the_table_does_not_have_is_refused_in_the_declaration() -> None:
    with pytest.raises(ValidationError, match="verb: the table has the columns"):
        QueueTable(time="epoch", columns={"verb": "event"})


def test_local_times_that_disagree_with_unix_times_are_a_warning_with_the_offset(tmp_path: Path) -> None:
    rows = [["time", "time_id", *HEADER], *([clock(e[0]), str(T + e[0]), *padded(e)] for e in EVENTS)]
    content = "".join(",".join(row) + "\n" for row in rows)
    taken(tmp_path / "right", QueueTable(time="local", columns={"epoch": "time_id"}), content)
    wrong = Desk(
        tmp_path / "wrong", source(QueueTable(time="local", columns={"epoch": "time_id"}), time_zone="Asia/Tokyo")
    )
    wrong.deliver("queue_log.csv", content)
    # 08:00 in Tokyo is 23:00 UTC, an hour before the UNIX time, which decides.
    wrong.take()
    [(_, message, files)] = wrong.lake.doubts()
    assert message.startswith("local times are -1:00 h from the UNIX times")
    assert "Asia/Tokyo" in message and files == 1
    assert wrong.rows("tel_interaction", "epoch(queued_at)::bigint") == [(T,)]


def test_without_a_unix_time_the_ids_of_calls_tell_a_wrong_zone(tmp_path: Path) -> None:
    rows = [["time", *HEADER], *([clock(e[0]), *padded(e)] for e in EVENTS)]
    desk = Desk(tmp_path, source(QueueTable(time="local"), time_zone="UTC"))
    desk.deliver("queue_log.csv", "".join(",".join(row) + "\n" for row in rows))
    desk.take()
    [(_, message, _)] = desk.lake.doubts()
    assert "+8:00 h" in message
