"""Amazon Connect contact records: what a contact's record and those that follow it tell."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.formats.base import DeliveredFile, RefusedFile
from ingest.formats.connect_contacts import ConnectContactsSource, read
from ingest.lake import Lake
from ingest.privacy import Pseudonyms
from ingest.source import Name, Site
from ingest.take import take
from tests.unit.ingest.deliveries import rows_of

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
INSTANCE = "arn:aws:connect:us-west-2:012345678901:instance/aaaa"


def at(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


def text(seconds: int) -> str:
    return at(seconds).strftime("%Y-%m-%dT%H:%M:%SZ")


def contact(**fields: Any) -> dict[str, Any]:
    """The record of a call that nobody answered, with the fields of the data model."""
    return {
        "AWSAccountId": "012345678901",
        "AWSContactTraceRecordFormatVersion": "2017-03-10",
        "Agent": None,
        "AgentConnectionAttempts": 0,
        "Attributes": {"card": "4111 1111 1111 1111"},
        "Channel": "VOICE",
        "ConnectedToSystemTimestamp": text(0),
        "ContactId": "c1",
        "CustomerEndpoint": {"Address": "+442079460000", "Type": "TELEPHONE_NUMBER"},
        "DisconnectReason": None,
        "DisconnectTimestamp": text(60),
        "InitialContactId": None,
        "InitiationMethod": "INBOUND",
        "InitiationTimestamp": text(0),
        "InstanceARN": INSTANCE,
        "LastUpdateTimestamp": text(200),
        "NextContactId": None,
        "PreviousContactId": None,
        "Queue": None,
        "Recording": None,
        "SystemEndpoint": {"Address": "+442079461111", "Type": "TELEPHONE_NUMBER"},
        "TransferCompletedTimestamp": None,
        "TransferredToEndpoint": None,
        **fields,
    }


def queue(entered: int, left: int | None, name: str | None = "Support", arn: str = "/queue/q1") -> dict[str, Any]:
    return {
        "ARN": INSTANCE + arn,
        "Name": name,
        "EnqueueTimestamp": text(entered),
        "DequeueTimestamp": None if left is None else text(left),
        "Duration": None if left is None else left - entered,
    }


def agent(answered: int, talk: int, hold: int = 0, acw: int | None = None, ended: int = 0) -> dict[str, Any]:
    return {
        "ARN": f"{INSTANCE}/agent/286bcec0",
        "Username": "jane",
        "ConnectedToAgentTimestamp": text(answered),
        "AgentInteractionDuration": talk,
        "CustomerHoldDuration": hold,
        "LongestHoldDuration": hold,
        "NumberOfHolds": 1 if hold else 0,
        "AfterContactWorkDuration": acw,
        "AfterContactWorkStartTimestamp": None if acw is None else text(ended),
        "AfterContactWorkEndTimestamp": None if acw is None else text(ended + acw),
        "RoutingProfile": {"ARN": "x", "Name": "Basic"},
        "HierarchyGroups": None,
    }


# Enqueued at 5 s, answered at 35 s: 30 s of waiting. Interaction 100 s and hold 20 s until 155 s, then 15 s of work.
ANSWERED = contact(
    Queue=queue(5, 35),
    Agent=agent(35, 100, 20, 15, 155),
    AgentConnectionAttempts=2,
    DisconnectTimestamp=text(155),
    DisconnectReason="CUSTOMER_DISCONNECT",
)


def rows(tmp_path: Path, records: Sequence[Any] | str, **declared: Any) -> dict[str, list[dict[str, Any]]]:
    path = tmp_path / "contacts.json"
    path.write_text(records if isinstance(records, str) else "".join(map(json.dumps, records)), encoding="utf-8")
    source = ConnectContactsSource(name="connect", format="connect_contacts", site="london", **declared)
    found: dict[str, list[dict[str, Any]]] = {"rejects": []}
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        for batch in read([DeliveredFile(path, 0, path.name, "")], source, "UTC", con):
            found.setdefault(batch.table, []).extend(rows_of(batch, con).to_pylist())
            found["rejects"].extend(batch.rejects.to_pylist())
    return found


def visit(tmp_path: Path, record: Mapping[str, Any], **declared: Any) -> dict[str, Any]:
    found = rows(tmp_path, [record], **declared)
    assert found["rejects"] == []
    return found["tel_interaction"][0]


def test_an_answered_call_with_hold_and_work(tmp_path):
    found = visit(tmp_path, ANSWERED)
    assert {name: value for name, value in found.items() if name not in ("extra", "_raw", "_file", "_line")} == {
        "source_system": "connect",
        "source_record_id": "c1",
        "record_updated_at": at(200),
        "interaction_id": "c1",
        "visit_seq": 1,
        "root_interaction_id": None,
        "channel": "voice",
        "direction": "inbound",
        "queue_key": "Support",
        "agent_key": "jane",
        "customer_ref": "+442079460000",
        "started_at": at(0),
        "queued_at": at(5),
        "answered_at": at(35),
        "ended_at": at(155),
        "wrapup_ended_at": at(170),
        "wait_ms": 30_000,
        "talk_ms": 100_000,
        "hold_ms": 20_000,
        "acw_ms": 15_000,
        "outcome": "answered",
        "ended_by": "customer",
        "transfer_kind": None,
        "contact_reason": None,
        "is_open": False,
    }
    assert json.loads(found["extra"]) == {
        "initiation_method": "INBOUND",
        "disconnect_reason": "CUSTOMER_DISCONNECT",
        "agent_connection_attempts": 2,
        "routing_profile": "Basic",
        "number_of_holds": 1,
        "longest_hold_ms": 20_000,
        "queue_duration_ms": 30_000,
    }


UNANSWERED = {
    # in the queue until the call ended
    "hung up while waiting": ({"Queue": queue(5, 60)}, "abandoned", "customer", 55_000),
    "hung up, said so": (
        {"Queue": queue(5, 60), "DisconnectReason": "CUSTOMER_DISCONNECT"},
        "abandoned",
        "customer",
        55_000,
    ),
    # left the queue 30 s before the call ended
    "left into a flow": ({"Queue": queue(5, 30)}, "flow_ended", "unknown", 25_000),
    "flow hung up": (
        {"Queue": queue(5, 60), "DisconnectReason": "CONTACT_FLOW_DISCONNECT"},
        "flow_ended",
        "system",
        55_000,
    ),
    "carrier failed": ({"Queue": queue(5, 60), "DisconnectReason": "TELECOM_PROBLEM"}, "failed", "system", 55_000),
    "expired task": (
        {"Channel": "TASK", "Queue": queue(5, 60), "DisconnectReason": "EXPIRED"},
        "timeout",
        "system",
        55_000,
    ),
    "another contact followed": ({"Queue": queue(5, 60), "NextContactId": "c2"}, "flow_ended", "unknown", 55_000),
    "no queue": ({"DisconnectReason": "CUSTOMER_DISCONNECT"}, "flow_ended", "customer", None),
    "not over": ({"Queue": queue(5, None), "DisconnectTimestamp": None}, "open", None, None),
}


@pytest.mark.parametrize(("fields", "outcome", "ended_by", "wait"), UNANSWERED.values(), ids=UNANSWERED.keys())
def test_how_an_unanswered_contact_ended(tmp_path, fields, outcome, ended_by, wait):
    found = visit(tmp_path, contact(**fields))
    assert (found["outcome"], found["ended_by"], found["wait_ms"], found["agent_key"], found["is_open"]) == (
        outcome,
        ended_by,
        wait,
        None,
        outcome == "open",
    )


KINDS = {
    "INBOUND": ("VOICE", "voice", "inbound"),
    "TRANSFER": ("VOICE", "voice", "inbound"),
    "QUEUE_TRANSFER": ("VOICE", "voice", "inbound"),
    "DISCONNECT": ("VOICE", "voice", "inbound"),
    "CALLBACK": ("VOICE", "callback", "inbound"),
    "OUTBOUND": ("VOICE", "voice", "outbound"),
    "API": ("VOICE", "voice", "outbound"),
    "MONITOR": ("VOICE", "voice", "internal"),
    "WEBRTC_API": ("VOICE", "voice", "inbound"),
    "AGENT_REPLY": ("EMAIL", "email", "outbound"),
}


@pytest.mark.parametrize(("method", "kind"), KINDS.items())
def test_channel_and_direction(tmp_path, method, kind):
    found = visit(tmp_path, contact(InitiationMethod=method, Channel=kind[0]))
    assert (found["channel"], found["direction"]) == kind[1:]


def test_a_call_out_is_answered_once_the_customer_answered(tmp_path):
    made = contact(InitiationMethod="OUTBOUND", Agent=agent(0, 40), ConnectedToSystemTimestamp=None)
    assert visit(tmp_path, made)["outcome"] == "failed"
    made["ConnectedToSystemTimestamp"] = text(12)
    assert visit(tmp_path, made)["outcome"] == "answered"


def test_agents_and_queues_by_id(tmp_path):
    record = {**ANSWERED, "Queue": queue(5, 35, None, "/queue/agent/286bcec0")}
    found = visit(tmp_path, record, agent_by="id")
    assert (found["queue_key"], found["agent_key"]) == ("agent/286bcec0", "286bcec0")


@pytest.mark.parametrize("address", ["anonymous", "Restricted", "", None])
def test_who_withholds_the_number_is_nobody(tmp_path, address):
    assert visit(tmp_path, contact(CustomerEndpoint={"Address": address}))["customer_ref"] is None
    assert visit(tmp_path, contact(CustomerEndpoint=None))["customer_ref"] is None


def test_nothing_is_not_zero(tmp_path):
    found = visit(tmp_path, {**ANSWERED, "Agent": agent(35, 100)})
    assert (found["hold_ms"], found["acw_ms"], found["wrapup_ended_at"]) == (0, None, None)


def test_a_chat_is_a_conversation(tmp_path):
    metrics = {
        "ChatContactMetrics": {"AgentFirstResponseTimestamp": text(41)},
        "CustomerMetrics": {"MessagesSent": 3, "LastMessageTimestamp": text(130)},
        "AgentMetrics": {"MessagesSent": 4},
    }
    found = rows(tmp_path, [{**ANSWERED, "Channel": "CHAT", "InitiationMethod": "API", "ChatMetrics": metrics}])
    assert found["tel_interaction"] == []
    told = found["chat_conversation"][0]
    assert (told["conversation_id"], told["human_requested_at"], told["first_agent_message_at"]) == (
        "c1",
        at(5),
        at(41),
    )
    assert (told["customer_message_count"], told["agent_message_count"], told["ended_at"]) == (3, 4, at(155))
    assert (told["last_customer_message_at"], told["status"], told["first_agent_key"]) == (at(130), "resolved", "jane")


@pytest.mark.parametrize(
    "new",
    {
        "in every record": [{"New": 1}, {"New": 2}],
        "only in the first": [{"New": 1}, {}],
        "only in the last": [{}, {"New": 1}],
        "that SQL cannot name": [{"Ne\0w": 1}, {"Ne\0w": 1}],
    }.values(),
)
def test_fields_that_are_not_known_are_named_wherever_they_stand(tmp_path: Path, new: list[dict[str, int]]) -> None:
    found = rows(tmp_path, [contact(ContactId=str(n), **fields) for n, fields in enumerate(new)])
    extras = [json.loads(row["extra"]) for row in found["tel_interaction"]]
    assert [extra.get("unknown_fields", []) for extra in extras] == [list(fields) for fields in new]


def test_records_that_lack_what_places_them_are_rejected_alone(tmp_path):
    records = [
        contact(ContactId="a"),
        contact(ContactId=None),
        contact(ContactId={"Id": "c"}),
        contact(InitiationTimestamp="02/03/2026 09:00"),
        contact(InitiationTimestamp="2026-03-02T09:00:00"),
        contact(DisconnectTimestamp=1_772_442_000),
        contact(Agent={**agent(3, 1), "AgentInteractionDuration": "long"}),
        contact(ContactId="b", NewThing={"x": 1}),
    ]
    found = rows(tmp_path, records)
    assert [row["interaction_id"] for row in found["tel_interaction"]] == ["a", "b"]
    assert json.loads(found["tel_interaction"][1]["extra"])["unknown_fields"] == ["NewThing"]
    assert [(row["_line"], row["message"]) for row in found["rejects"]] == [
        (2, "$.ContactId is missing or cannot be read"),
        (3, "$.ContactId is missing or cannot be read"),
        (4, "$.InitiationTimestamp is missing or cannot be read"),
        (5, "$.InitiationTimestamp is missing or cannot be read"),
        (6, "$.DisconnectTimestamp is missing or cannot be read"),
        (7, "$.Agent.AgentInteractionDuration is missing or cannot be read"),
    ]


def test_nothing_personal_but_the_address_leaves(tmp_path):
    found = visit(tmp_path, contact(Customer={"Name": "Leisha"}, SegmentAttributes={"x": "Leisha"}, Name="Leisha"))
    assert "4111" not in str({**found, "_raw": ""}) and "Leisha" not in str({**found, "_raw": ""})


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [({"card": "4111", "wrap/up ~1": "refund"}, "refund"), ({"wrap/up ~1": ""}, None), ({}, None), (None, None)],
)
@pytest.mark.parametrize(("channel", "table"), [("VOICE", "tel_interaction"), ("CHAT", "chat_conversation")])
def test_one_attribute_tells_a_reason_where_it_is_declared(tmp_path, attributes, reason, channel, table):
    told = rows(tmp_path, [contact(Attributes=attributes, Channel=channel)], reason_attribute="wrap/up ~1")
    assert told["rejects"] == []
    assert [row["contact_reason"] for row in told[table]] == [reason]
    assert "4111" not in str({**told[table][0], "_raw": ""})


def test_a_file_of_something_else_is_refused(tmp_path):
    with pytest.raises(RefusedFile, match="no Amazon Connect contact records"):
        rows(tmp_path, '{"conversations": [{"conversationId": "x"}]}')


def taken(tmp_path: Path, *deliveries: Sequence[Any]) -> tuple[list[tuple[int, int, int]], list[tuple[Any, ...]]]:
    """Deliver files one after the other; return loaded, duplicate, quarantined of each and the visits in the end."""
    site = Site(key="london", name=Name(en="London", zh="伦敦"), time_zone="Europe/London")
    source = ConnectContactsSource(name="connect", format="connect_contacts", site="london")
    lake = Lake(tmp_path / "lake")
    accounts = []
    for number, records in enumerate(deliveries):
        path = tmp_path / "landing" / "connect" / f"{number}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
        entries = take(tmp_path / "landing", lake, tmp_path / "quarantine", [source], {"london": site}, KEY)
        accounts += [(e.loaded, e.duplicate, e.quarantined) for e in entries if e.table == "tel_interaction"]
    with duckdb.connect() as con:
        found = con.execute(
            "select interaction_id, outcome, transfer_kind, transfer_to, acw_ms, customer_ref"
            f" from read_parquet('{tmp_path}/lake/telephony/tel_interaction/*/*.parquet') order by 1"
        ).fetchall()
    return accounts, found


KEY = Pseudonyms(b"k" * 32)


def test_the_latest_update_of_a_contact_counts_in_whatever_order_it_comes(tmp_path):
    late = {**ANSWERED, "LastUpdateTimestamp": text(300)}
    early = {**ANSWERED, "Agent": agent(35, 100, 20)}
    accounts, found = taken(tmp_path, [late], [early], [late, early])
    assert accounts == [(1, 0, 0), (0, 1, 0), (0, 2, 0)]
    assert found[0][:5] == ("c1", "answered", None, None, 15_000)
    assert found[0][5] not in (None, "+442079460000")


def test_a_transfer_is_told_by_the_contact_that_follows_even_when_it_comes_first(tmp_path):
    first = {**ANSWERED, "NextContactId": "c2"}
    second = contact(
        ContactId="c2",
        PreviousContactId="c1",
        InitialContactId="c1",
        InitiationMethod="TRANSFER",
        InitiationTimestamp=text(150),
        Queue=queue(155, 160, "Billing"),
        DisconnectTimestamp=text(160),
    )
    waited = contact(ContactId="w1", Queue=queue(5, 60), NextContactId="w2")
    callback = contact(
        ContactId="w2", PreviousContactId="w1", InitiationMethod="CALLBACK", Queue=queue(30, 60), InitialContactId="w1"
    )
    for order in ([first, waited], [second, callback]), ([second, callback], [first, waited]):
        folder = tmp_path / str(order[0][0]["ContactId"])
        folder.mkdir()
        assert [row[:4] for row in taken(folder, *order)[1]] == [
            ("c1", "answered", "queue", "Billing"),
            ("c2", "abandoned", None, None),
            ("w1", "callback_requested", None, None),
            ("w2", "abandoned", None, None),
        ]
