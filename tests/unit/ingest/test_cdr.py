"""Call detail records, as every backend of Asterisk writes them, become calls that passed no queue."""

from __future__ import annotations

import csv
import io
import random
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ingest.formats.cdr import CDR_CSV, CdrSource
from tests.unit.ingest.deliveries import Desk

T = 1788134400  # 2026-08-31 00:00:00 UTC, 08:00 in Shanghai
SOURCE = CdrSource(name="pbx", format="cdr", site="here", trunks=("SIP/trunk-*", "DAHDI/*"))
CUSTOMER = "13800138000"
NUMBERS = ("duration", "billsec", "sequence")


def clock(second: int | None) -> str:
    return "" if second is None else f"2026-08-31 08:{second // 60:02}:{second % 60:02}"


def record(second: int, channel: str, dstchannel: str, *, answer: int | None, end: int, **told: Any) -> dict[str, Any]:
    """A record whose times are seconds after T; ``answer`` is null when nobody answered."""
    return {
        "accountcode": "",
        "src": "201",
        "dst": "202",
        "dcontext": "from-internal",
        "clid": '"Li" <201>',
        "channel": channel,
        "dstchannel": dstchannel,
        "lastapp": "Dial",
        "lastdata": "SIP/202,20",
        "start": clock(second),
        "answer": clock(answer),
        "end": clock(end),
        "duration": end - second,
        "billsec": 0 if answer is None else end - answer,
        "disposition": "NO ANSWER" if answer is None else "ANSWERED",
        "amaflags": "DOCUMENTATION",
        "uniqueid": f"{T + second}.1",
        "userfield": "",
        "peeraccount": "",
        "linkedid": f"{T + second}.1",
        "sequence": 1,
        **told,
    }


def line(columns: tuple[str, ...], told: dict[str, Any]) -> str:
    """A line as cdr_csv writes it: text quoted, numbers and missing times bare."""
    cells = []
    for name in columns:
        text = str(told[name])
        bare = name in NUMBERS or (name in ("answer", "end") and not text)
        cells.append(text if bare else '"' + text.replace('"', '""') + '"')
    return ",".join(cells) + "\n"


def master(*records: dict[str, Any], width: int = 21) -> str:
    return "".join(line(CDR_CSV[width], told) for told in records)


INBOUND = record(0, "SIP/trunk-00000001", "SIP/201-0000001a", answer=10, end=70, src=CUSTOMER, dst="201")
OUTBOUND = record(100, "SIP/201-0000001b", "SIP/trunk-0000001c", answer=130, end=190, dst="013912345678")
INTERNAL = record(200, "SIP/201-0000001d", "SIP/202-0000001e", answer=205, end=215)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, SOURCE)


def calls(desk: Desk, columns: str) -> list[tuple[Any, ...]]:
    return desk.rows("tel_interaction", columns, "started_at, interaction_id, visit_seq")


def seconds(*columns: str) -> str:
    return ", ".join(f"epoch({column})::bigint - {T}" for column in columns)


@pytest.mark.parametrize("width", [16, 18, 19, 21])
def test_every_width_of_cdr_csv_gives_the_same_calls(desk: Desk, width: int) -> None:
    desk.deliver("Master.csv", master(INBOUND, OUTBOUND, INTERNAL, width=width))
    [account] = desk.take()
    assert (account.rows_in, account.loaded, account.quarantined) == (3, 3, 0)
    times = seconds("started_at", "answered_at", "ended_at")
    # Inbound: answered 10 s after the start, 70 - 10 = 60 s of talk. The agent is the device that is no trunk.
    assert calls(desk, f"direction, outcome, agent_key, customer_ref, {times}, talk_ms, queue_key, wait_ms") == [
        ("inbound", "answered", "SIP/201", desk.pseudonyms.of(CUSTOMER), 0, 10, 70, 60000, None, None),
        ("outbound", "answered", "SIP/201", desk.pseudonyms.of("013912345678"), 100, 130, 190, 60000, None, None),
        ("internal", "answered", "SIP/201", None, 200, 205, 215, 10000, None, None),
    ]


@pytest.mark.parametrize(
    ("disposition", "inbound", "outbound"),
    [
        ("NO ANSWER", "abandoned", "failed"),
        ("CANCEL", "abandoned", "failed"),
        ("BUSY", "failed", "failed"),
        ("FAILED", "failed", "failed"),
        ("CONGESTION", "failed", "failed"),
    ],
)
def test_what_nobody_answered_ends_as_the_disposition_says(
    desk: Desk, disposition: str, inbound: str, outbound: str
) -> None:
    unanswered = {"answer": "", "billsec": 7, "disposition": disposition}
    desk.deliver("Master.csv", master({**INBOUND, **unanswered}, {**OUTBOUND, **unanswered}))
    desk.take()
    # A billsec of something unanswered (real files have it) is not talk.
    assert calls(desk, "direction, outcome, answered_at, talk_ms, agent_key") == [
        ("inbound", inbound, None, None, None),
        ("outbound", outbound, None, None, "SIP/201"),
    ]
    assert f'"disposition":"{disposition}"' in calls(desk, "extra")[0][0]


def test_a_call_that_passed_a_queue_is_the_queue_logs_whatever_file_tells_so(desk: Desk) -> None:
    queued = {**INBOUND, "lastapp": "Queue", "dstchannel": "Local/201@agents-00000001;1"}
    half = {**INBOUND, "channel": "Local/201@agents-00000001;2", "sequence": 2}
    desk.deliver("Master.csv.1", master(half, OUTBOUND))
    desk.take()
    assert len(calls(desk, "1")) == 2
    desk.deliver("Master.csv.2", master(queued))
    [account] = desk.take()
    assert (account.rows_in, account.loaded, account.quarantined) == (1, 1, 0)
    assert calls(desk, "direction") == [("outbound",)]


def test_devices_of_a_ring_group_that_rang_in_vain_are_no_calls(desk: Desk) -> None:
    rang = [
        {**INBOUND, "dstchannel": f"SIP/20{n}-0000001{n}", "answer": "", "billsec": 0, "disposition": "NO ANSWER"}
        | {"sequence": n}
        for n in range(2, 5)
    ]
    desk.deliver("Master.csv", master(*rang, INBOUND))
    desk.take()
    assert calls(desk, "outcome, agent_key") == [("answered", "SIP/201")]


def test_a_call_that_rang_everywhere_in_vain_is_one_row(desk: Desk) -> None:
    rang = [
        {**INBOUND, "dstchannel": f"SIP/20{n}-0000001{n}", "answer": "", "disposition": word, "sequence": n}
        | {"start": clock(n), "end": clock(20 + n)}
        for n, word in enumerate(["BUSY", "NO ANSWER", "FAILED"])
    ]
    desk.deliver("Master.csv", master(*rang))
    desk.take()
    # The first record begins at 0 s, the last ends at 22 s; that it rang unanswered says more than a busy device.
    assert calls(desk, f"outcome, {seconds('started_at', 'ended_at')}") == [("abandoned", 0, 22)]


def test_a_transferred_call_has_a_row_for_each_conversation(desk: Desk) -> None:
    second = record(70, "SIP/trunk-00000001", "SIP/202-0000001f", answer=75, end=135, src=CUSTOMER)
    desk.deliver("Master.csv", master(INBOUND, {**second, "linkedid": INBOUND["linkedid"], "sequence": 2}))
    desk.take()
    assert calls(desk, "interaction_id, visit_seq, agent_key, talk_ms") == [
        (f"{T}.1", 1, "SIP/201", 60000),
        (f"{T}.1", 2, "SIP/202", 60000),
    ]


def test_the_other_half_of_a_local_channel_tells_the_device(desk: Desk) -> None:
    caller = {**INBOUND, "dstchannel": "Local/201@follow-me-00000001;1"}
    half = {**INBOUND, "channel": "Local/201@follow-me-00000001;2", "sequence": 2}
    desk.deliver("Master.csv", master(caller, half))
    desk.take()
    assert calls(desk, "direction, agent_key, talk_ms") == [("inbound", "SIP/201", 60000)]


def test_a_menu_or_mailbox_that_answers_is_nobody(desk: Desk) -> None:
    desk.deliver("Master.csv", master({**INBOUND, "dstchannel": "", "lastapp": "BackGround"}))
    desk.take()
    assert calls(desk, "outcome, answered_at, agent_key") == [("flow_ended", None, None)]


def test_columns_of_cdr_custom_are_declared(tmp_path: Path) -> None:
    columns = (
        "src",
        "dst",
        "channel",
        "dstchannel",
        "start",
        "duration",
        "billsec",
        "disposition",
        "uniqueid",
        "trunk",
    )
    declared = CdrSource(
        name="pbx",
        format="cdr",
        site="here",
        columns=columns,
        delimiter=";",
        time="epoch",
        inbound_contexts=("none",),
        trunks=("SIP/trunk-*",),
        keep=("trunk",),
    )
    desk = Desk(tmp_path, declared)
    told = {**INBOUND, "start": T, "duration": "70.5", "billsec": "60.25", "trunk": "north"}
    desk.deliver("calls.csv", ";".join(str(told[name]) for name in columns) + "\n")
    desk.take()
    # Without an end: 70.5 s after the start; without an answer: 60.25 s before the end.
    assert desk.rows("tel_interaction", "outcome, epoch(answered_at), epoch(ended_at), talk_ms, extra") == [
        ("answered", T + 10.25, T + 70.5, 60250, '{"disposition":"ANSWERED","lastapp":null,"trunk":"north"}')
    ]


def test_an_export_of_the_table_names_its_columns(tmp_path: Path) -> None:
    desk = Desk(tmp_path, SOURCE.model_copy(update={"header": True, "delimiter": "\t"}))
    names = ["calldate", "clid", "src", "dst", "dcontext", "channel", "dstchannel", "lastapp", "lastdata", "duration"]
    names += ["billsec", "disposition", "uniqueid", "did", "linkedid", "sequence"]
    told = {**INBOUND, "calldate": INBOUND["start"], "did": "NULL"}
    rows = [names, [str(told[name]) for name in names]]
    desk.deliver("cdr.tsv", "".join("\t".join(row) + "\n" for row in rows))
    desk.take()
    assert calls(desk, f"outcome, {seconds('answered_at', 'ended_at')}") == [("answered", 10, 70)]
    desk.deliver("other.tsv", "a\tb\n1\t2\n")
    [account] = desk.take()
    assert account.state == "refused"
    assert "the header lacks src, dst" in (account.reason or "")


def test_odd_lines_of_real_files_are_read_and_torn_ones_told(tmp_path: Path) -> None:
    desk = Desk(tmp_path, SOURCE.model_copy(update={"max_failed_share": 1}))
    proper = master(INBOUND)
    forgotten = master({**OUTBOUND, "clid": "X"}).replace('"X"', '""Li" <201>"')
    bare = master(INTERNAL).replace('""', "NULL")
    torn = master(INBOUND).replace('"ANSWERED"', '"ANSWERED')
    short = master(INBOUND, width=18).replace(',""\n', "\n")
    wrong = master({**INBOUND, "disposition": "MAYBE"}, {**INBOUND, "start": "31.08.2026"})
    desk.deliver("Master.csv", proper + forgotten + bare + "\n" + torn + short + wrong + master(INBOUND)[:-30])
    [account] = desk.take()
    assert (account.rows_in, account.loaded, account.quarantined) == (8, 3, 5)
    assert [row[1:3] for row in desk.quarantine()] == [
        (5, "misplaced_quote"),
        (6, "field_count"),
        (7, "wrong_disposition"),
        (8, "wrong_time"),
        (9, "misplaced_quote"),
    ]


def test_no_number_or_name_of_a_customer_reaches_the_lake(desk: Desk) -> None:
    voip = {
        **INBOUND,
        "channel": f"SIP/trunk-00000001/{CUSTOMER}",
        "clid": f'"Wang" <{CUSTOMER}>',
        "lastdata": CUSTOMER,
    }
    direct = {**OUTBOUND, "dstchannel": f"DAHDI/i1/{CUSTOMER}-2a", "dst": CUSTOMER, "userfield": CUSTOMER}
    carrier = {**INTERNAL, "channel": f"IAX2/{CUSTOMER}-11", "dst": CUSTOMER}
    desk.deliver("Master.csv", master(voip, direct, carrier))
    desk.take()
    assert len(calls(desk, "1")) == 3
    stored = b"".join(path.read_bytes() for path in (desk.root / "lake").rglob("*") if path.is_file())
    assert CUSTOMER.encode() not in stored


def test_times_that_disagree_with_the_channels_ids_are_a_warning_with_the_offset(tmp_path: Path) -> None:
    right = Desk(tmp_path / "right", SOURCE)
    right.deliver("Master.csv", master(INBOUND, OUTBOUND))
    right.take()
    assert right.lake.doubts() == []
    wrong = Desk(tmp_path / "wrong", SOURCE.model_copy(update={"time_zone": "UTC"}))
    wrong.deliver("Master.csv", master(INBOUND, OUTBOUND))
    wrong.take()
    [(_, message, _)] = wrong.lake.doubts()
    assert "+8:00 h from the UNIX times" in message
    wrong.sources = (SOURCE,)
    wrong.take()
    assert wrong.lake.doubts() == []


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({}, "declare trunks"),
        ({"trunks": ["SIP/t-*"], "columns": ["src", "dst"]}, "channel, dstchannel, start, disposition"),
        ({"trunks": ["SIP/t-*"], "columns": ["src", "dst", "channel", "dstchannel", "start", "disposition"]}, "end or"),
    ],
)
def test_a_declaration_that_cannot_tell_a_call_is_refused(declared: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        CdrSource.model_validate({"name": "pbx", "format": "cdr", "site": "here", **declared})


def log(draw: random.Random) -> list[str]:
    """Records of some calls, several a call, with queues, groups, transfers and Local channels among them."""
    records = []
    for call in range(draw.randrange(1, 12)):
        begun = draw.randrange(3000)
        for leg in range(draw.randrange(1, 4)):
            start = begun + leg * draw.randrange(90)
            ends = start + draw.randrange(1, 300)
            channel, party = draw.sample(
                ["SIP/trunk-01", "SIP/201-02", "SIP/202-03", f"Local/9@x-{call};1", f"Local/9@x-{call};2", ""], 2
            )
            answer = draw.choice([None, start + (ends - start) // 2])
            told = record(start, channel or "SIP/203-04", party, answer=answer, end=ends)
            linked = {"linkedid": f"{T + begun}.{call}", "sequence": leg, "uniqueid": f"{T + start}.{call}"}
            records.append({**told, **linked, "lastapp": draw.choice(["Dial", "Dial", "Dial", "Queue"])})
    return list(dict.fromkeys(line(CDR_CSV[21], told) for told in records))


@settings(max_examples=8, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_the_lake_does_not_depend_on_how_records_are_delivered_and_a_bad_one_costs_only_itself(seed: int) -> None:
    draw = random.Random(seed)
    lines = log(draw)
    shuffled = draw.sample(lines, len(lines))
    chosen = sorted(draw.sample(range(len(lines) + 1), min(3, len(lines) + 1)))
    pieces = [shuffled[start:end] for start, end in pairwise([0, *chosen, len(lines)])]
    pieces.append(draw.sample(lines, draw.randrange(len(lines) + 1)))
    tables = ("tel_interaction", "call_record")
    with tempfile.TemporaryDirectory() as folder:
        source = SOURCE.model_copy(update={"max_failed_share": 1})
        whole, cut, damaged = (Desk(Path(folder) / name, source) for name in ("whole", "cut", "damaged"))
        whole.deliver("Master.csv", "".join(lines))
        whole.take()
        for number, piece in enumerate(pieces):
            cut.deliver(f"Master.csv.{number}", "".join(piece))
            for account in cut.take():
                assert account.rows_in == account.loaded + account.duplicate + account.quarantined
        assert cut.content(tables) == whole.content(tables)
        victim = draw.randrange(len(lines))
        damaged.deliver("Master.csv", "".join([*lines[:victim], lines[victim][:60] + "\n", *lines[victim + 1 :]]))
        damaged.take()
        assert [row[1] for row in damaged.quarantine()] == [victim + 1]
        lost = next(csv.reader(io.StringIO(lines[victim])))
        kept = f"source_record_id <> '{lost[16]}/{lost[20]}'"
        assert damaged.rows("call_record", "*") == whole.rows("call_record", "*", where=kept)
