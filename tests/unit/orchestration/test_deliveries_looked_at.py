"""Deliveries before and after they are taken: on trial, in quarantine, taken once more, and names nobody declared."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ingest import IngestError
from orchestration import mending, names
from orchestration.centre import CentreError, load
from orchestration.home import Home
from orchestration.inspection import inspect
from orchestration.names import Unknown
from orchestration.rehearsal import rehearse
from orchestration.taking import take_deliveries
from tests.unit.ingest.deliveries import Desk

CENTRE = """\
sites: [{key: here, name: {en: Here, zh: 此处}, time_zone: Asia/Shanghai}]
sources:
  - {name: pbx, format: queue_log, site: here, files: "log*"}
  - {name: calls, format: spreadsheet, site: here, max_failed_share: 1, tables: [{table: tel_interaction, na: [NA]}]}
queues:
  - {key: sales, name: {en: Sales, zh: 销售}, aliases: ["400", {name: "401", source: pbx}]}
pseudonyms: {demo: true}
"""
HEADER = "source_record_id,interaction_id,visit_seq,channel,direction,agent_key,queued_at,outcome,is_open,started_at\n"
GOOD = "1,c1,1,voice,inbound,a1,2026-09-01T10:00:00+08:00,abandoned,false,2026-09-01T10:00:00+08:00\n"
BAD = "2,c2,1,voice,sideways,a1,2026-09-01T10:00:00+08:00,abandoned,false,2026-09-01T10:00:00+08:00\n"
# 1 September 2026, 10:00 in Shanghai
LOG = """\
1788228000|1.1|400|NONE|ENTERQUEUE||13800138000|1
1788228010|1.1|400|SIP/1001|CONNECT|10|1.2|5
1788228070|1.1|400|SIP/1001|COMPLETECALLER|10|60|1
1788314400|2.1|401|NONE|ENTERQUEUE||13800138000|1
1788314410|2.1|401|NONE|ABANDON|1|1|10
1788400800|3.1|500|NONE|ENTERQUEUE||13800138000|1
1788400810|3.1|500|NONE|ABANDON|1|1|10
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "centre.yml").write_text(CENTRE)
    return Desk(tmp_path)


@pytest.fixture
def home(desk: Desk) -> Home:
    return Home(desk.root)


def everything_below(folder: Path) -> dict[str, bytes]:
    return {path.as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_trial_gives_the_account_of_the_real_taking_and_leaves_no_trace(desk: Desk, home: Home) -> None:
    centre = load(home.centre_file)
    desk.deliver("calls.csv", HEADER + GOOD, source="calls")
    take_deliveries(home, centre)
    desk.deliver("more.csv", HEADER + GOOD + BAD, source="calls")
    before = everything_below(home.root)
    trial = rehearse(home, centre)
    assert everything_below(home.root) == before
    (account,) = trial.accounts
    assert (account.rows_in, account.loaded, account.duplicate, account.quarantined) == (2, 0, 1, 1)
    (broken,) = trial.broken
    assert (broken.file, broken.rule, broken.rows, broken.place) == ("more.csv", "direction_not_allowed", 1, "3")
    assert not trial.is_clean
    (real,) = take_deliveries(home, centre)
    assert (real.rows_in, real.loaded, real.duplicate, real.quarantined) == (2, 0, 1, 1)
    assert mending.broken(home.quarantine) == trial.broken


def test_files_from_elsewhere_are_tried_for_a_source(home: Home, tmp_path: Path) -> None:
    log, other = tmp_path / "log.1", tmp_path / "calls.log"
    log.write_text(LOG)
    other.write_text(LOG)
    trial = rehearse(home, load(home.centre_file), "pbx", [log, other])
    assert [(account.file, account.loaded) for account in trial.accounts] == [("log.1", 7)]
    assert trial.not_taken == ["calls.log"]
    with pytest.raises(CentreError, match=r"declares no source 'pxb'; declared are pbx, calls"):
        rehearse(home, load(home.centre_file), "pxb", [log])


def test_quarantined_files_are_taken_again_once_the_declaration_fits(desk: Desk, home: Home) -> None:
    path = desk.deliver("calls.csv", HEADER + GOOD + BAD.replace("sideways", "NA"), source="calls")
    home.centre_file.write_text(CENTRE.replace(", na: [NA]", ""))
    take_deliveries(home, load(home.centre_file))
    (row,) = mending.set_aside(home.quarantine, "calls", "calls.csv", None, 20)
    assert (row.place, row.table, row.rule) == ("3", "tel_interaction", "direction_not_allowed")
    assert row.raw and "c2" in row.raw
    with pytest.raises(IngestError, match=r"nothing of calls/calls\.csv is in quarantine for the rule no_rule"):
        mending.set_aside(home.quarantine, "calls", "calls.csv", "no_rule", 20)
    # As it is, it breaks the contract again, and what was loaded counts as duplicate.
    again = mending.replay(home, load(home.centre_file))
    assert [(a.loaded, a.duplicate, a.quarantined) for a in again.accounts] == [(0, 1, 1)]
    path.unlink()
    assert mending.replay(home, load(home.centre_file), "calls").gone == [("calls", "calls.csv")]
    with pytest.raises(IngestError, match="nothing that this names is in quarantine"):
        mending.replay(home, load(home.centre_file), "pbx")


def test_names_that_nothing_declares_are_told_with_the_line_that_would(desk: Desk, home: Home) -> None:
    centre = load(home.centre_file)
    desk.deliver("log", LOG)
    take_deliveries(home, centre)
    agent, queue = names.unresolved(home, centre)
    day = date(2026, 9, 1)
    # One visit, one offer and one state each on a contact and after it.
    assert (agent.what, agent.source, agent.name, agent.first, agent.last) == ("agent", "pbx", "SIP/1001", day, day)
    assert agent.line == "pbx,SIP/1001,?,2026-09-01,"
    # 400 and 401 are names of the queue sales.
    third = date(2026, 9, 3)
    assert queue == Unknown("queue", "pbx", "500", third, third, 1, '- {key: "500", name: {en: ?, zh: ?}}')


REASONS = """\
reasons:
  - {key: refund, name: {en: Refund, zh: 退款}, aliases: [{name: w-1, source: calls}]}
"""


def test_labels_that_are_no_declared_reason_are_counted_once_any_is_declared(desk: Desk, home: Home) -> None:
    rows = [
        f"{n},c{n},1,voice,inbound,a1,2026-09-01T10:00:00+08:00,abandoned,false,2026-09-01T10:00:00+08:00,{labels}\n"
        for n, labels in enumerate(("refund", "vip|refund", "w-1 | vip"))
    ]
    desk.deliver("calls.csv", HEADER.replace("\n", ",contact_reason\n") + "".join(rows), source="calls")
    take_deliveries(home, load(home.centre_file))
    assert [each.what for each in names.unresolved(home, load(home.centre_file))] == ["agent"]
    home.centre_file.write_text(CENTRE + REASONS)
    _, label = names.unresolved(home, load(home.centre_file))
    day, line = date(2026, 9, 1), '- {key: "vip", name: {en: ?, zh: ?}}'
    assert label == Unknown("reason", "calls", "vip", day, day, 2, line)


@pytest.mark.parametrize(
    ("queues", "message"),
    [
        ('[{key: a, name: &n {en: A, zh: 甲}, aliases: ["1"]}, {key: b, name: *n, aliases: ["1"]}]', "'1' is 'a'"),
        ("[{key: a, name: &n {en: A, zh: 甲}}, {key: b, name: *n, aliases: [a]}]", "'a' is 'a' in the source pbx"),
        ('[{key: a, name: {en: A, zh: 甲}, aliases: [{name: "1", source: pxb}]}]', "'pxb' is no source"),
    ],
)
def test_a_name_of_two_queues_or_an_unknown_source_is_refused(home: Home, queues: str, message: str) -> None:
    home.centre_file.write_text(CENTRE[: CENTRE.index("queues:")] + f"queues: {queues}\n")
    with pytest.raises(CentreError, match=message):
        load(home.centre_file)


def test_an_inspection_shows_rows_without_what_identifies_a_person(tmp_path: Path) -> None:
    calls = tmp_path / "calls.csv"
    calls.write_text(
        "Call ID,Queue,Agent,Caller,Start,End,Result\n"
        "1,sales,1001,13800138000,2026-09-01T10:00:00+08:00,2026-09-01T10:03:00+08:00,Abandoned\n"
    )
    found = inspect(calls)
    assert (found.proposal.format, found.packing, found.is_part) == ("spreadsheet", None, False)
    (preview,) = found.previews
    row = dict(zip(preview.columns, preview.rows[0], strict=True))
    assert (preview.table, row["interaction_id"], row["outcome"]) == ("tel_interaction", "1", "abandoned")
    assert str(row["customer_ref"]).startswith("p_")
    assert "13800138000" not in str(found.previews)


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (LOG, "queue_log"),
        ("1266833361|NONE|NONE|NONE|QUEUESTART|\r\n", "queue_log"),
        (
            '"","201","0161","internal","""Li"" <201>","SIP/201-0a","SIP/trunk-0b","Dial","SIP/trunk/0161",'
            '"2026-09-01 10:00:00","2026-09-01 10:00:05","2026-09-01 10:01:05",65,60,"ANSWERED","DOCUMENTATION",'
            '"1788228000.1",""\n',
            "cdr",
        ),
        ("1788228000|one|two|three|four\n", None),
    ],
)
def test_logs_of_a_telephone_system_are_known_by_their_lines(tmp_path: Path, content: str, form: str | None) -> None:
    (tmp_path / "unknown").write_text(content)
    assert inspect(tmp_path / "unknown").proposal.format == form
