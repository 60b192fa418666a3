"""Genesys Cloud conversations: visits, offers and chats from segments, with metrics and without."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.formats.base import DeliveredFile, RefusedFile
from ingest.formats.genesys_conversations import GenesysConversationsSource, read
from ingest.lake import Lake
from ingest.privacy import Pseudonyms
from ingest.source import Name, Site
from ingest.take import take
from tests.unit.ingest.deliveries import rows_of

SAMPLE = Path(__file__).parents[3] / "../shared/samples/genesys/conversation_details_2016.json"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KEY = Pseudonyms(b"k" * 32)
Rows = dict[str, list[dict[str, Any]]]


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def text(seconds: float) -> str:
    return at(seconds).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at(seconds).microsecond // 1000:03}Z"


def segment(kind: str, begun: float, ended: float | None, cut: str | None = None, **fields: Any) -> dict[str, Any]:
    value = {"segmentType": kind, "segmentStart": text(begun), "disconnectType": cut, **fields}
    return value if ended is None else {**value, "segmentEnd": text(ended)}


def session(name: str, *segments: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"sessionId": name, "mediaType": "voice", "direction": "inbound", "segments": list(segments), **fields}


def someone(purpose: str, *sessions: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"purpose": purpose, "participantId": purpose, "participantName": "Leisha", "sessions": sessions, **fields}


def conversation(*participants: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "conversationId": "c1",
        "conversationStart": text(0),
        "conversationEnd": text(200),
        "originatingDirection": "inbound",
        "divisionIds": ["d"],
        "participants": list(participants),
        **fields,
    }


def metrics(**values: float) -> list[dict[str, Any]]:
    return [{"name": name, "value": value, "emitDate": text(200)} for name, value in values.items()]


CUSTOMER = someone("customer", session("s0", segment("interact", 0, 200, "endpoint"), ani="tel:+442079460000"))
QUEUED = someone("acd", session("s1", segment("delay", 9, 10), segment("interact", 10, 40, "transfer", queueId="q1")))
TALKED = (
    segment("alert", 32, 40, queueId="q1"),
    segment("interact", 40, 100, queueId="q1"),
    segment("hold", 100, 120, queueId="q1"),
)


def agent(*segments: dict[str, Any], name: str = "s2", user: str = "u1", **fields: Any) -> dict[str, Any]:
    return someone("agent", session(name, *segments, **fields), userId=user)


# Queued at 10, alert from 32, talk from 40 to 100 and from 120 to 180 (60 + 60 = 120 s), hold 20 s, wrap-up 10 s.
ANSWERED = conversation(
    CUSTOMER,
    QUEUED,
    agent(
        *TALKED,
        segment("interact", 120, 180, "peer", queueId="q1"),
        segment("wrapup", 180, 190, "peer", queueId="q1", wrapUpCode="w1", wrapUpNote="call Leisha"),
    ),
)


def rows(tmp_path: Path, content: Any, **declared: Any) -> Rows:
    path = tmp_path / "conversations.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    source = GenesysConversationsSource(name="g", format="genesys_conversations", site="london", **declared)
    found: Rows = {"rejects": []}
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        for batch in read([DeliveredFile(path, 0, path.name, "")], source, "UTC", con):
            found.setdefault(batch.table, []).extend(rows_of(batch, con).to_pylist())
            found["rejects"].extend(batch.rejects.to_pylist())
    for table in found.values():
        table.sort(key=lambda row: str([row.get("interaction_id"), row.get("visit_seq"), row.get("offered_at")]))
    return found


def visits(tmp_path: Path, content: Any, **declared: Any) -> list[dict[str, Any]]:
    found = rows(tmp_path, content, **declared)
    assert found["rejects"] == []
    return found["tel_interaction"]


def test_an_answered_call(tmp_path):
    (found,) = visits(tmp_path, ANSWERED, queues={"q1": "Support"})
    assert {name: value for name, value in found.items() if name not in ("_raw", "_file", "_line", "extra")} == {
        "source_system": "g",
        "source_record_id": "c1/s1",
        "record_updated_at": at(200),
        "interaction_id": "c1",
        "visit_seq": 1,
        "channel": "voice",
        "direction": "inbound",
        "queue_key": "Support",
        "agent_key": "u1",
        "customer_ref": "+442079460000",
        "started_at": at(10),
        "queued_at": at(10),
        "answered_at": at(40),
        "ended_at": at(180),
        "wrapup_ended_at": at(190),
        "wait_ms": 30_000,
        "ring_ms": 8_000,
        "talk_ms": 120_000,
        "hold_ms": 20_000,
        "acw_ms": 10_000,
        "outcome": "answered",
        "ended_by": "customer",
        "transfer_kind": None,
        "transfer_to": None,
        "contact_reason": "w1",
        "is_open": False,
    }
    assert found["extra"] is None
    assert "Leisha" not in str({**found, "_raw": ""})


def test_metrics_count_and_a_difference_to_the_segments_is_told(tmp_path):
    told = json.loads(json.dumps(ANSWERED))
    told["participants"][2]["sessions"][0]["metrics"] = [
        *metrics(tTalk=60_000, tHeld=20_000, tAcw=9_500, tHandle=1),
        *metrics(tTalk=50_000),
    ]
    (found,) = visits(tmp_path, told)
    # tTalk comes once for each stretch: 60 + 50 = 110 s, the segments say 120 s; tAcw differs by less than a second
    assert (found["talk_ms"], found["hold_ms"], found["acw_ms"]) == (110_000, 20_000, 9_500)
    assert json.loads(found["extra"]) == {"talk_ms_of_segments": 120_000}


def left(cut: str | None, ended: float | None = 40, **values: float) -> dict[str, Any]:
    waited = session("s1", segment("interact", 10, ended, cut, queueId="q1"), metrics=metrics(**values))
    return conversation(CUSTOMER, someone("acd", waited), **({"conversationEnd": None} if ended is None else {}))


ENDS = {
    "hung up": (left("peer"), "abandoned", "customer"),
    "hung up, by metric": (left("system", tAbandon=30_000), "abandoned", "customer"),
    "left the queue, by metric": (left("peer", tFlowOut=30_000), "flow_ended", "unknown"),
    "left the queue": (left("transfer"), "flow_ended", "unknown"),
    "system": (left("system"), "failed", "system"),
    "timeout": (left("timeout"), "timeout", "system"),
    "not over": (left(None, None), "open", None),
}


@pytest.mark.parametrize(("record", "outcome", "ended_by"), ENDS.values(), ids=ENDS.keys())
def test_how_a_visit_that_nobody_answered_ended(tmp_path, record, outcome, ended_by):
    (found,) = visits(tmp_path, record)
    wait = None if outcome == "open" else 30_000
    assert (found["outcome"], found["ended_by"], found["wait_ms"], found["agent_key"]) == (
        outcome,
        ended_by,
        wait,
        None,
    )


def test_a_call_that_never_reached_a_queue_is_one_row(tmp_path):
    ivr = someone("ivr", session("i", segment("ivr", 0, 20), ani="tel:anonymous"))
    (found,) = visits(tmp_path, conversation(ivr))
    assert (found["outcome"], found["queue_key"], found["wait_ms"], found["ended_at"]) == (
        "flow_ended",
        None,
        None,
        at(200),
    )
    assert found["customer_ref"] is None


def test_a_transfer_into_another_queue(tmp_path):
    record = conversation(
        CUSTOMER,
        QUEUED,
        agent(*TALKED[:2], segment("interact", 100, 101, "transfer", queueId="q1")),
        someone("acd", session("s3", segment("interact", 101, 130, "transfer", queueId="q2"))),
        agent(segment("interact", 130, 200, "client", queueId="q2"), name="s4", user="u2"),
    )
    found = visits(tmp_path, record, queues={"q2": "Billing"})
    told = ("visit_seq", "queue_key", "agent_key", "wait_ms", "ended_by", "transfer_kind", "transfer_to", "outcome")
    assert [[row[name] for name in told] for row in found] == [
        [1, "q1", "u1", 30_000, "agent", "queue", "Billing", "answered"],
        [2, "Billing", "u2", 29_000, "agent", None, None, "answered"],
    ]


@pytest.mark.parametrize(
    ("cut", "values", "kind"),
    [("consultTransfer", {}, "attended"), ("transfer", {}, "blind"), ("peer", {"nConsultTransferred": 1}, "attended")],
)
def test_a_transfer_to_another_agent_is_a_leg_without_a_queue(tmp_path, cut, values, kind):
    record = conversation(
        CUSTOMER,
        QUEUED,
        agent(*TALKED[:1], segment("interact", 40, 100, cut, queueId="q1"), metrics=metrics(**values)),
        agent(segment("interact", 100, 200, "client"), name="s4", user="u2"),
    )
    first, second = visits(tmp_path, record)
    assert (first["transfer_kind"], first["transfer_to"]) == (kind, "u2")
    assert (second["queue_key"], second["queued_at"], second["agent_key"], second["talk_ms"]) == (
        None,
        None,
        "u2",
        100_000,
    )


def test_calls_out_and_between_staff(tmp_path):
    out = conversation(
        agent(segment("dialing", 0, 5), segment("interact", 5, 60, "client"), direction="outbound", dnis="tel:+44111"),
        someone("external", session("e", segment("interact", 5, 60), direction="outbound", dnis="tel:+44111")),
        originatingDirection="outbound",
    )
    (found,) = visits(tmp_path, out)
    assert (found["direction"], found["customer_ref"], found["talk_ms"]) == ("outbound", "+44111", 55_000)
    inside = conversation(
        someone("user", session("a", segment("interact", 5, 60), direction="outbound"), userId="u1"),
        someone("user", session("b", segment("interact", 5, 60), direction="inbound"), userId="u2"),
    )
    assert {row["direction"] for row in visits(tmp_path, inside)} == {"internal"}


def test_every_alert_is_an_offer(tmp_path):
    record = conversation(
        CUSTOMER,
        QUEUED,
        agent(segment("alert", 12, 20, "system", queueId="q1"), name="a", user="u7"),
        agent(segment("alert", 20, 22, "client", queueId="q1"), name="b", user="u8"),
        agent(segment("alert", 22, 25, "peer", queueId="q1"), name="c", user="u9"),
        agent(segment("alert", 25, 26, "error", queueId="q1"), name="d", user="u10"),
        agent(segment("alert", 26, None, queueId="q1"), name="e", user="u11"),
        ANSWERED["participants"][2],
    )
    told = ("visit_seq", "queue_key", "agent_key", "offered_at", "ring_ms", "result")
    assert [[row[name] for name in told] for row in rows(tmp_path, record)["tel_offer"]] == [
        [1, "q1", "u7", at(12), 8_000, "no_answer"],
        [1, "q1", "u8", at(20), 2_000, "rejected"],
        [1, "q1", "u9", at(22), 3_000, "canceled"],
        [1, "q1", "u10", at(25), 1_000, "error"],
        [1, "q1", "u1", at(32), 8_000, "answered"],
    ]


def test_chats_are_conversations_and_no_visits(tmp_path):
    record = json.loads(json.dumps(ANSWERED).replace('"voice"', '"message"'))
    found = rows(tmp_path, record)
    (told,) = found["chat_conversation"]
    assert found["tel_interaction"] == []
    names = (
        "conversation_id",
        "channel",
        "queue_key",
        "first_agent_key",
        "human_requested_at",
        "first_agent_message_at",
    )
    assert [told[name] for name in names] == ["c1", "message", "q1", "u1", at(10), at(40)]
    assert (told["created_at"], told["ended_at"], told["status"]) == (at(0), at(200), "resolved")
    assert told["contact_reason"] == "w1"


LAYOUTS = {
    "page": lambda records: json.dumps({"conversations": records, "totalHits": 2, "aggregations": [{"x": {}}]}),
    "pages by the line": lambda records: "\n".join(json.dumps({"conversations": [r]}) for r in records),
    "array": lambda records: json.dumps(records, indent=1),
    "lines": lambda records: "\n".join(json.dumps(record) for record in records),
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_every_layout_reads_the_same_and_a_broken_conversation_costs_only_itself(tmp_path, layout):
    broken = json.loads(json.dumps(ANSWERED))
    broken["participants"][1]["sessions"][0]["segments"][0]["segmentStart"] = "soon"
    records = [ANSWERED, {**ANSWERED, "conversationId": None}, broken, {**ANSWERED, "participants": "x"}]
    found = rows(tmp_path, layout([*records, {**ANSWERED, "conversationId": "c2", "brandNew": 1}]))
    assert [row["interaction_id"] for row in found["tel_interaction"]] == ["c1", "c2"]
    assert json.loads(found["tel_interaction"][1]["extra"])["unknown_fields"] == ["brandNew"]
    assert Counter(row["message"].split(" ")[0] for row in found["rejects"]) == {
        "$.conversationId": 1,
        "$.participants[*].sessions[*].segments[*].segmentStart": 1,
        "$.participants": 1,
    }


def test_another_file_is_refused(tmp_path):
    with pytest.raises(RefusedFile, match="no Genesys Cloud conversation details"):
        rows(tmp_path, '[{"ContactId": "x"}]')


def taken(folder: Path, deliveries: Sequence[Any]) -> list[tuple[Any, ...]]:
    site = Site(key="london", name=Name(en="London", zh="伦敦"), time_zone="Europe/London")
    source = GenesysConversationsSource(name="g", format="genesys_conversations", site="london")
    lake = Lake(folder / "lake")
    for number, record in enumerate(deliveries):
        path = folder / "landing" / "g" / f"{number}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"conversations": [record]}), encoding="utf-8")
        take(folder / "landing", lake, folder / "quarantine", [source], {"london": site}, KEY)
    with duckdb.connect() as con:
        return con.execute(
            "select interaction_id, visit_seq, outcome, talk_ms"
            f" from read_parquet('{folder}/lake/telephony/tel_interaction/*/*.parquet') order by 1, 2"
        ).fetchall()


def test_the_version_with_the_latest_time_counts_in_whatever_order_it_comes(tmp_path):
    early = conversation(CUSTOMER, someone("acd", session("s1", segment("interact", 10, None))), conversationEnd=None)
    early["participants"][0] = someone("customer", session("s0", segment("interact", 0, None)))
    for name, order in ("a", [early, ANSWERED]), ("b", [ANSWERED, early]):
        (tmp_path / name).mkdir()
        assert taken(tmp_path / name, order) == [("c1", 1, "answered", 120_000)]


def test_the_vendors_sample(tmp_path):
    if not SAMPLE.exists():
        pytest.skip("the sample files are not here")
    found = rows(tmp_path, SAMPLE.read_text("utf-8"))
    assert found["rejects"] == []
    # 19 callbacks and 2 calls through a queue, each taken; 2 legs of the internal callers; 4 chats
    assert Counter((row["channel"], row["direction"], row["outcome"]) for row in found["tel_interaction"]) == {
        ("callback", "inbound", "answered"): 19,
        ("voice", "inbound", "answered"): 2,
        ("voice", "internal", "answered"): 2,
    }
    assert len(found["chat_conversation"]) == 4
    # 27 alerts: 25 were taken, one of a call and one of a callback rang in vain
    assert Counter(row["result"] for row in found["tel_offer"]) == {"answered": 25, "no_answer": 2}
    call = next(r for r in found["tel_interaction"] if r["interaction_id"].startswith("585f63eb") and r["queue_key"])
    # acd interact 07:06:19.528, agent interact 07:06:33.227 to 07:06:49.299, alert from 27.802, wrap-up of 5 s
    assert (call["wait_ms"], call["ring_ms"], call["talk_ms"], call["acw_ms"]) == (13_699, 5_425, 16_072, 5_000)
    held = next(r for r in found["tel_interaction"] if r["interaction_id"].startswith("09bfeb5e"))
    # interact 12:44:04.828 to 06.738, hold to 12:46:56.166
    assert (held["talk_ms"], held["hold_ms"]) == (1_910, 169_428)
