"""Amazon Connect transcripts: the vendor's examples of a call and a chat, plain ones, and what cannot be placed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.formats.base import DeliveredFile, RefusedFile
from ingest.formats.contact_lens import ContactLensSource, read
from tests.unit.ingest.deliveries import rows_of

SAMPLES = Path(__file__).parents[3] / "../shared/samples/amazon_connect"
CONTACT = "b49644f6-672f-445c-b209-f76b36482830"


def rows(tmp_path: Path, content: str, name: str = "x.json") -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    path = tmp_path / "transcript.json"
    path.write_text(content, encoding="utf-8")
    source = ContactLensSource(name="lens", format="contact_lens", site="london")
    messages, rejects = [], []
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        for batch in read([DeliveredFile(path, 0, name, "")], source, "UTC", con):
            messages.extend(rows_of(batch, con).to_pylist())
            rejects.extend(batch.rejects.to_pylist())
    return messages, rejects


def sample(name: str) -> str:
    if not (SAMPLES / name).exists():
        pytest.skip("the sample files are not here")
    return (SAMPLES / name).read_text("utf-8")


def test_the_vendors_chat(tmp_path):
    messages, rejects = rows(tmp_path, sample("contact_lens_chat_1.json"))
    assert rejects == []
    assert len(messages) == 35
    assert {message["conversation_id"] for message in messages} == {CONTACT}
    senders = [message["sender_type"] for message in messages]
    # 3 messages of the system and 4 events: two joined, one left, the end
    assert [senders.count(kind) for kind in ("agent", "customer", "system", "bot")] == [15, 13, 7, 0]
    events = [json.loads(m["extra"]).get("event") for m in messages if m["body"] is None]
    assert events == ["participant.joined", "participant.joined", "participant.left", "chat.ended"]
    # the vendor's AgentGreetingTimeMillis: the agent's first message, 2,511 ms after the agent joined
    joined = next(m for m in messages if m["extra"] and json.loads(m["extra"]).get("role") == "agent")
    greeting = next(m for m in messages if m["sender_type"] == "agent")
    assert (greeting["sent_at"] - joined["sent_at"]).total_seconds() == 2.511
    assert greeting["body_length"] == len(greeting["body"])
    assert "Jane" not in {m["agent_key"] for m in messages if "agent_key" in m}


@pytest.mark.parametrize("time", ["03_31_50", "03:31:50", "033150"])
def test_the_vendors_call_placed_by_the_name_of_its_file(tmp_path, time):
    messages, rejects = rows(
        tmp_path, sample("contact_lens_voice_1.json"), f"2022/{CONTACT}_analysis_2022-10-27T{time}Z.json"
    )
    assert rejects == []
    assert [m["message_id"] for m in messages] == [f"{CONTACT}/{number}" for number in range(1, 11)]
    assert {m["channel"] for m in messages} == {"voice"}
    first = messages[0]
    assert (first["sender_type"], first["body"], first["sent_at"]) == (
        "agent",
        "Okay.",
        datetime(2022, 10, 27, 3, 31, 50, tzinfo=UTC),
    )
    talked = {"agent": 0.0, "customer": 0.0}
    for message in messages:
        talked[message["sender_type"]] += (message["ended_at"] - message["sent_at"]).total_seconds() * 1000
    # the offsets of the agent's five passages add up to 90 + 1970 + 3990 + 3510 + 5590 = 15,150, of the customer's to
    # 4480 + 3820 + 2280 + 1530 + 1530 = 13,640; the analysis itself says 15,079 and 13,619
    assert talked == {"agent": pytest.approx(15_150), "customer": pytest.approx(13_640)}
    assert json.loads(first["extra"]) == {"sentiment": "neutral"}


def call(**fields: Any) -> str:
    turn = {"BeginOffsetMillis": 1500, "EndOffsetMillis": 2500, "Content": "你好", "ParticipantId": "p1"}
    roles = [{"ParticipantId": "p1", "ParticipantRole": "CUSTOMER"}]
    return json.dumps({"Channel": "VOICE", "Participants": roles, "Transcript": [turn], **fields})


def test_a_call_placed_by_the_name_of_its_recording(tmp_path):
    uri = f"s3://b/CallRecordings/2022/10/27/{CONTACT}_20221027T03:31_UTC.wav"
    (message,), _ = rows(tmp_path, call(CustomerMetadata={"ContactId": CONTACT, "InputS3Uri": uri}))
    assert message["sent_at"] == datetime(2022, 10, 27, 3, 31, 1, 500_000, tzinfo=UTC)
    assert (message["sender_type"], message["body"], message["body_length"]) == ("customer", "你好", 2)


def test_a_call_that_nothing_places_is_rejected(tmp_path):
    messages, rejects = rows(tmp_path, call(CustomerMetadata={"ContactId": CONTACT}))
    assert (messages, [row["rule"] for row in rejects]) == ([], ["unreadable_field"])
    assert "tells no time" in rejects[0]["message"]


def test_a_plain_chat_transcript_and_its_broken_items(tmp_path):
    def item(**fields: Any) -> dict[str, Any]:
        return {
            "AbsoluteTime": "2026-03-02T09:00:00.250Z",
            "Content": "hello",
            "ContentType": "text/plain",
            "Id": "m1",
            "Type": "MESSAGE",
            "ParticipantId": "p",
            "DisplayName": "Leisha",
            "ParticipantRole": "CUSTOMER",
            **fields,
        }

    content = {
        "Version": "2019-08-26",
        "ContactId": "c1",
        "Participants": [{"ParticipantId": "p"}],
        "Transcript": [
            item(),
            item(Id="m2", ParticipantRole="CUSTOM_BOT"),
            item(Id="m3", ParticipantRole="SUPERVISOR"),
            item(Id="m4", Type="ATTACHMENT", Content=None, Attachments=[{"AttachmentName": "passport.jpg"}]),
            item(Id=None),
            item(AbsoluteTime="09:00"),
        ],
    }
    messages, rejects = rows(tmp_path, json.dumps(content))
    assert [(m["message_id"], m["sender_type"]) for m in messages] == [
        ("m1", "customer"),
        ("m2", "bot"),
        ("m3", "agent"),
        ("m4", "customer"),
    ]
    assert json.loads(messages[3]["extra"]) == {"attachment": True}
    assert [row["message"] for row in rejects] == [
        "$.Transcript[4].Id is missing or cannot be read",
        "$.Transcript[5].AbsoluteTime is missing or cannot be read",
    ]
    assert "Leisha" not in str([{**m, "_raw": ""} for m in messages])


def test_a_transcript_that_is_no_list_is_rejected_and_another_file_refused(tmp_path):
    assert [row["rule"] for row in rows(tmp_path, '{"ContactId": "c", "Transcript": "none"}')[1]] == [
        "unreadable_field"
    ]
    with pytest.raises(RefusedFile, match="its records have the fields evaluationId"):
        rows(tmp_path, '{"evaluationId": "e"}')
