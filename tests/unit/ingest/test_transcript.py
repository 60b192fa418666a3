"""Transcripts of any origin, by declaration: CSV, JSON and lines of text, with times, offsets or none."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ingest.formats.base import RefusedFile
from ingest.formats.transcript import TranscriptSource
from tests.unit.ingest.chats import taken
from tests.unit.ingest.deliveries import Desk

SAMPLES = Path(__file__).parents[4] / "shared" / "samples" / "chat"
SPEAKERS = {"customer": ["Customer", "客户"], "agent": ["Agent", "客服"], "bot": ["Robot"], "system": ["System"]}


def source(**options: Any) -> TranscriptSource:
    base = {"name": "talk", "format": "transcript", "site": "here", "speakers": SPEAKERS}
    return TranscriptSource.model_validate({**base, **options})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


LINES = """\
[2026-01-05 17:00:01] 客户：你好
[2026-01-05 17:00:31] 客服：您好，
请讲
[2026-01-05 17:01:00] 客户: 我的电话 13812345678
"""
BY_LINE = {"written": "lines", "time": "time", "time_format": "%Y-%m-%d %H:%M:%S"}


def test_lines_of_a_file_are_one_conversation(tmp_path: Path) -> None:
    rows, rejects = taken(tmp_path, source(**BY_LINE), LINES)["chat_message"]
    assert not rejects
    # Shanghai is UTC+8: 17:00:01 is 09:00:01 UTC.
    assert [(r["sent_at"], r["sender_type"], r["body"]) for r in rows] == [
        (at("2026-01-05T09:00:01"), "customer", "你好"),
        (at("2026-01-05T09:00:31"), "agent", "您好，\n请讲"),
        (at("2026-01-05T09:01:00"), "customer", "我的电话 13812345678"),
    ]
    assert {r["conversation_id"] for r in rows} == {"0.txt"}
    assert len({r["message_id"] for r in rows}) == 3


def test_unknown_speakers_times_and_headings_cost_themselves_only(tmp_path: Path) -> None:
    text = "Chat of Monday\n" + LINES + "[soon] 客户: ?\n[2026-01-05 17:02:00] Cat: miau\n"
    rows, rejects = taken(tmp_path, source(**BY_LINE), text)["chat_message"]
    assert len(rows) == 3
    assert sorted((r["_line"], r["rule"]) for r in rejects) == [
        (1, "before_first_message"),
        (6, "unreadable_time"),
        (7, "unknown_speaker"),
    ]


def test_local_time_that_no_clock_showed_is_rejected(tmp_path: Path) -> None:
    text = "[2026-03-29 01:30:00] Agent: Hi\n[2026-03-29 02:30:00] Agent: Hi\n"
    rows, rejects = taken(tmp_path, source(**BY_LINE, zone="Europe/London"), text)["chat_message"]
    assert [r["sent_at"] for r in rows] == [at("2026-03-29T01:30:00")]  # summer time: 02:30 is 01:30 UTC
    assert [r["rule"] for r in rejects] == ["unreadable_time"]


def test_csv_with_an_id_a_name_for_the_agent_and_epochs(tmp_path: Path) -> None:
    text = "id;when;who;said\nc1;1767603601;Customer;Hello\nc1;1767603631,;Ann Lee;x\nc2;1767603700;Robot;Hi\n"
    declared = source(
        written="csv",
        conversation="id",
        time="when",
        time_format="epoch",
        speaker="who",
        text="said",
        speakers={"customer": ["customer"], "bot": ["robot"], "agent": ["*"]},
    )
    rows, rejects = taken(tmp_path, declared, text.replace(",;", ";"))["chat_message"]
    assert not rejects
    assert [(r["conversation_id"], r["sender_type"], r["agent_key"]) for r in rows] == [
        ("c1", "customer", None),
        ("c1", "agent", "Ann Lee"),
        ("c2", "bot", None),
    ]
    assert rows[1]["sent_at"] == at("2026-01-05T09:00:31")


def test_offsets_from_a_start_in_the_files_name(tmp_path: Path) -> None:
    declared = source(
        written="csv",
        offset="at",
        offset_unit="hms",
        start={"file_name": r"^(\d+)"},
        time_format="epoch",
        channel="voice",
    )
    text = "at,speaker,text\n0:00:05,Agent,Hello\n1:02.5,Customer,Hi\n"
    rows, _ = taken(tmp_path, declared, text)["chat_message"]
    # The file is called 0.txt: the epoch's beginning. 1:02.5 is 62.5 s.
    assert [r["sent_at"] for r in rows] == [at("1970-01-01T00:00:05"), at("1970-01-01T00:01:02.500")]
    assert {r["channel"] for r in rows} == {"voice"}


def test_json_lines_of_messages_and_lists_within_conversations(tmp_path: Path) -> None:
    flat = [
        {"chat": "c1", "from": {"role": "customer"}, "ts": "2026-01-05T09:00:01Z", "text": "Hi"},
        {"chat": "c1", "from": {"role": "agent"}, "ts": "2026-01-05T10:00:31+01:00", "text": "Yes?"},
    ]
    by_message = source(written="json", conversation="chat", speaker="from.role", time="ts")
    rows, _ = taken(tmp_path, by_message, "\n".join(map(json.dumps, flat)))["chat_message"]
    nested = {
        "id": "c1",
        "turns": [["customer", "2026-01-05T09:00:01Z", "Hi"], ["agent", "2026-01-05T09:00:31Z", "Yes?"]],
    }
    by_list = source(written="json", conversation="id", messages="turns", speaker="0", time="1", text="2")
    listed, _ = taken(tmp_path, by_list, json.dumps([nested]))["chat_message"]
    assert [{k: v for k, v in r.items() if k != "_line"} for r in listed] == [
        {k: v for k, v in r.items() if k != "_line"} for r in rows
    ]
    assert [r["sent_at"] for r in rows] == [at("2026-01-05T09:00:01"), at("2026-01-05T09:00:31")]


def test_conversation_in_two_files_is_told_whole_in_whatever_order(tmp_path: Path) -> None:
    header, parts = "id,customer,queue,time,speaker,text\n", [
        "c1,+8613812345678,Care,2026-01-05T15:59:00Z,Robot,Welcome\nc1,+8613812345678,Care,2026-01-05T15:59:30Z,Customer,Hi\n",
        "c1,+8613812345678,Care,2026-01-05T16:00:40Z,Agent,Hello\nc1,+8613812345678,Care,2026-01-05T16:02:00Z,Customer,Bye\n",
    ]  # fmt: skip
    declared = source(written="csv", conversation="id", time="time", customer="customer", queue="queue")
    lakes = []
    for order in ((0, 1), (1, 0)):
        desk = Desk(tmp_path / str(order), declared)
        for n in order:
            desk.deliver(f"{n}.csv", header + parts[n], "talk")
            desk.take()
        lakes.append(desk.content(["chat_conversation", "chat_message"]))
        columns = "created_at, human_requested_at, first_agent_message_at, ended_at, customer_message_count, queue_key"
        # The robot's last word before the reply asks for a person. Local day: 23:59 in Shanghai.
        assert desk.rows("chat_conversation", columns) == [
            (
                *map(at, ("2026-01-05T15:59:00", "2026-01-05T15:59:00", "2026-01-05T16:00:40", "2026-01-05T16:02:00")),
                2,
                "Care",
            )
        ]
        ((customer,),) = desk.rows("chat_conversation", "customer_ref")
        assert customer.startswith("p_") and "138" not in str(lakes[-1])
    ids = [set(lake["chat_conversation"]) for lake in lakes]
    assert ids[0] == ids[1]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"written": "csv"}, "declare one of time, offset"),
        ({"written": "csv", "offset": "at", "offset_unit": "s"}, "declare start"),
        ({"written": "csv", "offset": "at", "start": {"value": "0"}}, "unit of the offset"),
        ({"written": "lines", "time": "time", "line": "(.*)"}, "groups speaker and text"),
        ({"written": "csv", "time": "t", "speakers": {"agent": ["a"], "bot": ["A"]}}, "two kinds"),
    ],
)
def test_incomplete_declarations_are_refused(options: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        source(**options)


def test_files_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="no line has the declared form"):
        taken(tmp_path, source(**BY_LINE), "hello\nworld\n")
    with pytest.raises(RefusedFile, match="lacks time"):
        taken(tmp_path, source(written="csv", time="time"), "speaker,text\nAgent,Hi\n")


DIALOGUES = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real dialogues are not beside the project")


@DIALOGUES
def test_real_english_dialogues_without_times(tmp_path: Path) -> None:
    declared = source(
        written="json",
        conversation="convo_id",
        messages="original",
        speaker="0",
        text="1",
        step=1000,
        start={"value": "2021-01-01T00:00:00Z"},
        speakers={"customer": ["customer"], "agent": ["agent"], "system": ["action"]},
    )
    content = (SAMPLES / "abcd_sample.json").read_text("utf-8")
    rows, rejects = taken(tmp_path, declared, content)["chat_message"]
    assert not rejects
    assert len({r["conversation_id"] for r in rows}) == 3
    assert (rows[0]["sender_type"], rows[0]["body"]) == ("agent", "Hi!")
    assert len(rows) == sum(len(each["original"]) for each in json.loads(content))


@DIALOGUES
def test_real_chinese_dialogues_by_their_keys(tmp_path: Path) -> None:
    with zipfile.ZipFile(SAMPLES / "crosswoz_test.json.zip") as archive:
        content = archive.read("test.json").decode()
    declared = source(
        written="json",
        keyed=True,
        messages="messages",
        speaker="role",
        text="content",
        step=1000,
        start={"value": "2020-01-01T00:00:00Z"},
        speakers={"customer": ["usr"], "agent": ["sys"]},
    )
    rows, rejects = taken(tmp_path, declared, content)["chat_message"]
    assert not rejects
    assert (len(rows), len({r["conversation_id"] for r in rows})) == (8_476, 500)  # as the samples' notes say
    assert rows[0]["body"].startswith("你好，我想吃美食街")
