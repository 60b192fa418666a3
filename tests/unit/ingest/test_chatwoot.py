"""Chatwoot exports: what a conversation, its messages and its rating tell, in whatever order they come."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.formats.base import DeliveredFile, RefusedFile
from ingest.formats.chatwoot import ChatwootSource, read
from ingest.lake import Lake
from ingest.privacy import Pseudonyms
from ingest.source import Name, Site
from ingest.take import take
from tests.unit.ingest.deliveries import rows_of

START = 1_767_603_600  # 2026-01-05T09:00:00Z
CONTACT = {
    "id": 41,
    "name": "Leisha Buick",
    "email": "leisha@example.org",
    "phone_number": "+442079460000",
    "thumbnail": "https://avatars.example.org/41.png",
    "identifier": "CRM-77",
    "type": "contact",
}
ANN = {"id": 3, "name": "Ann Lee", "available_name": "Ann", "avatar_url": "", "type": "user"}
BO = {"id": 4, "name": "Bo Li", "available_name": "Bo", "avatar_url": "", "type": "user"}
BOT = {"id": 1, "name": "Helper", "avatar_url": "", "type": "agent_bot"}
INCOMING, OUTGOING, ACTIVITY, TEMPLATE = range(4)


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(START + seconds, UTC)


def message(
    number: int, after: int, kind: int, content: str, sender: dict | None = None, **fields: Any
) -> dict[str, Any]:
    """A message as the messages endpoint returns it, ``after`` seconds from the start of the conversation."""
    value = {
        "id": number,
        "content": content,
        "inbox_id": 11,
        "conversation_id": 10,
        "message_type": kind,
        "content_type": "text",
        "status": "sent",
        "content_attributes": {},
        "created_at": START + after,
        "private": False,
        "source_id": None,
        **fields,
    }
    return value if sender is None else {**value, "sender": sender}


def conversation(messages: list[dict[str, Any]] | None = None, **fields: Any) -> dict[str, Any]:
    """A conversation as the list endpoint returns it: with its last message only, and 0 for times that are null."""
    return {
        "meta": {
            "sender": CONTACT,
            "channel": "Channel::WebWidget",
            "assignee": {"id": 3, "email": "ann@example.org", "name": "Ann Lee"},
            "team": {"id": 5, "name": "care"},
            "hmac_verified": False,
        },
        "id": 10,
        "messages": (messages or [])[-1:],
        "account_id": 1,
        "uuid": "b6a3c9a2-0000-4000-8000-000000000000",
        "additional_attributes": {"referer": "https://shop.example.org"},
        "agent_last_seen_at": 0,
        "custom_attributes": {"card": "6222020000000000"},
        "inbox_id": 11,
        "labels": [],
        "status": "open",
        "created_at": START,
        "updated_at": START + 400.25,
        "timestamp": START + 400,
        "first_reply_created_at": 0,
        "last_activity_at": START + 400,
        "priority": None,
        "waiting_since": 0,
        **fields,
    }


def listed(*conversations: dict[str, Any]) -> str:
    return json.dumps({"data": {"meta": {"all_count": len(conversations)}, "payload": conversations}})


def thread(messages: list[dict[str, Any]]) -> str:
    return json.dumps({"meta": {"contact": CONTACT}, "payload": messages})


def source(**options: Any) -> ChatwootSource:
    return ChatwootSource.model_validate({"name": "chat", "format": "chatwoot", "site": "london", **options})


def taken(
    tmp_path: Path, *contents: str, declared: ChatwootSource | None = None
) -> dict[str, tuple[list[dict], list[dict]]]:
    """Rows and rejects by table of files with these contents, read in one pass."""
    files = []
    for index, content in enumerate(contents):
        path = tmp_path / f"{index}.json"
        path.write_text(content, encoding="utf-8")
        files.append(DeliveredFile(path, index, path.name, str(index)))
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        return {
            batch.table: (rows_of(batch, con).to_pylist(), batch.rejects.to_pylist())
            for batch in read(files, declared or source(), "Europe/London", con)
        }


def told(tmp_path: Path, *contents: str, **options: Any) -> dict[str, Any]:
    """The only conversation of some files."""
    rows, rejects = taken(tmp_path, *contents, declared=source(**options))["chat_conversation"]
    assert not rejects
    assert len(rows) == 1
    return {name: value for name, value in rows[0].items() if name != "_raw"}


HANDED_OVER = [
    message(100, 0, INCOMING, "Hello", CONTACT),
    message(101, 1, OUTGOING, "I am a bot", BOT),
    message(102, 20, INCOMING, "A person please, my number is 020 7946 0000", CONTACT),
    message(103, 22, OUTGOING, "One moment", BOT),
    message(104, 22, ACTIVITY, "Conversation was marked open by Helper"),
    message(105, 30, ACTIVITY, "Assigned to Ann Lee by System"),
    message(106, 40, OUTGOING, "who takes this?", BO, private=True),
    message(107, 52, OUTGOING, "Ann here", ANN),
    message(108, 90, INCOMING, "Thanks", CONTACT),
    message(109, 95, OUTGOING, "Bye", ANN),
    message(110, 300, ACTIVITY, "Conversation was marked resolved by Ann Lee"),
    message(111, 301, TEMPLATE, "Please rate the conversation", content_type="input_csat"),
]
RATING = {
    "id": 900,
    "rating": 4,
    "feedback_message": "fine",
    "account_id": 1,
    "message_id": 111,
    "contact": CONTACT,
    "conversation_id": 10,
    "assigned_agent": {"id": 3, "name": "Ann Lee", "email": "ann@example.org"},
    "created_at": START + 4_000,
}
RESOLVED = conversation(HANDED_OVER, status="resolved", first_reply_created_at=START + 52)


def test_conversation_that_a_bot_hands_over(tmp_path: Path) -> None:
    row = told(tmp_path, listed(RESOLVED), thread(HANDED_OVER))
    assert row["human_requested_at"] == at(22)
    assert row["first_agent_message_at"] == at(52)  # the private note at 40 s is none
    assert row["last_customer_message_at"] == at(90)
    assert row["ended_at"] == at(300)  # the resolution, not the survey after it
    assert (row["agent_key"], row["first_agent_key"]) == ("3", "3")
    assert (row["customer_message_count"], row["agent_message_count"]) == (3, 2)
    assert (row["status"], row["channel"], row["queue_key"]) == ("resolved", "chat", "11")
    assert row["record_updated_at"] == at(400.25)


def test_senders_of_messages_and_what_is_kept_of_their_text(tmp_path: Path) -> None:
    rows, rejects = taken(tmp_path, thread(HANDED_OVER))["chat_message"]
    assert not rejects
    by_id = {row["message_id"]: row for row in rows}
    assert [by_id[str(n)]["sender_type"] for n in range(100, 112)] == [
        *("customer", "bot", "customer", "bot", "system", "system"),
        *("agent", "agent", "customer", "agent", "system", "system"),
    ]
    assert (by_id["106"]["agent_key"], by_id["106"]["is_private"]) == ("4", True)
    assert by_id["101"]["agent_key"] is None
    assert by_id["107"]["body"] == "Ann here"
    # Activities name people: only their length is kept, and the status they tell.
    assert (by_id["110"]["body"], by_id["110"]["body_length"]) == (None, 43)
    assert json.loads(by_id["110"]["extra"]) == {"status": "resolved"}
    assert json.loads(by_id["111"]["extra"]) == {"content_type": "input_csat"}


def test_object_alone_is_believed_until_messages_come(tmp_path: Path) -> None:
    row = told(tmp_path, listed(RESOLVED))
    assert row["human_requested_at"] == at(0)
    assert row["first_agent_message_at"] == at(52)
    assert row["first_agent_key"] is None
    assert row["ended_at"] == at(400)
    assert (row["customer_message_count"], row["agent_message_count"]) == (None, None)


def test_zero_is_no_time(tmp_path: Path) -> None:
    row = told(tmp_path, listed(conversation()))
    assert (row["first_agent_message_at"], row["ended_at"]) == (None, None)


def test_without_a_bot_the_first_customer_message_asks(tmp_path: Path) -> None:
    messages = [
        message(1, 2, INCOMING, "Hello", CONTACT),
        message(2, 3, TEMPLATE, "We reply soon"),
        message(3, 45, OUTGOING, "Hi", ANN),
    ]
    row = told(tmp_path, listed(conversation(messages)), thread(messages))
    assert (row["human_requested_at"], row["first_agent_message_at"]) == (at(2), at(45))


def test_conversation_that_stays_with_its_bot_asks_for_nobody(tmp_path: Path) -> None:
    messages = [
        message(1, 0, INCOMING, "Opening hours?", CONTACT),
        message(2, 1, OUTGOING, "9 to 5", BOT),
        message(3, 60, ACTIVITY, "Conversation was marked resolved by Helper"),
    ]
    row = told(tmp_path, listed(conversation(messages, status="resolved")), thread(messages))
    assert (row["human_requested_at"], row["first_agent_message_at"], row["ended_at"]) == (None, None, at(60))


def test_person_who_takes_over_without_a_handover_answers_the_bots_last_message(tmp_path: Path) -> None:
    messages = [
        message(1, 0, INCOMING, "Hello", CONTACT),
        message(2, 1, OUTGOING, "I am a bot", BOT),
        message(3, 30, OUTGOING, "I do not know", BOT),
        message(4, 50, OUTGOING, "But I do", ANN),
    ]
    assert told(tmp_path, listed(conversation(messages)), thread(messages))["human_requested_at"] == at(30)


def test_conversation_that_an_agent_begins_asks_for_nobody(tmp_path: Path) -> None:
    messages = [message(1, 0, OUTGOING, "Your parcel", ANN), message(2, 500, INCOMING, "Thanks", CONTACT)]
    row = told(tmp_path, listed(conversation(messages)), thread(messages))
    assert (row["human_requested_at"], row["first_agent_message_at"]) == (None, at(0))


def test_reopened_conversation_ends_at_its_last_resolution(tmp_path: Path) -> None:
    reopened = [
        *HANDED_OVER,
        message(112, 80_000, INCOMING, "Again", CONTACT),
        message(113, 80_000, ACTIVITY, "System reopened the conversation due to a new incoming message."),
    ]
    still_open = conversation(reopened, status="open", updated_at=START + 80_000.5, last_activity_at=START + 80_000)
    assert told(tmp_path, listed(still_open), thread(reopened))["ended_at"] is None
    closed = [*reopened, message(114, 80_500, ACTIVITY, "Conversation was marked resolved by Bo Li")]
    row = told(tmp_path, listed(conversation(closed, status="resolved", updated_at=START + 80_500.5)), thread(closed))
    assert (row["ended_at"], row["human_requested_at"]) == (at(80_500), at(22))


def test_messages_newer_than_the_object_tell_the_status(tmp_path: Path) -> None:
    earlier = conversation(status="open", updated_at=START + 95.0, last_activity_at=START + 95)
    row = told(tmp_path, listed(earlier), thread(HANDED_OVER))
    assert (row["status"], row["ended_at"]) == ("resolved", at(300))


@pytest.mark.parametrize(
    ("activity", "options"),
    [
        ({"content": "对话被标记由 李波 解决"}, {}),
        ({"content": "对话被系统标记为已解决, 原因是 1 天不活跃"}, {}),
        ({"content": "Conversation was resolved by Leisha"}, {}),
        (
            {
                "content": "x",
                "content_attributes": {"activity": {"type": "conversation_status_changed", "status": "resolved"}},
            },
            {},
        ),
        (
            {"content": "Die Konversation wurde von Ann als gelöst markiert"},
            {"status_texts": {"resolved": ["als gelöst markiert"]}},
        ),
    ],
)
def test_resolutions_in_other_words(tmp_path: Path, activity: dict[str, Any], options: dict[str, Any]) -> None:
    content = activity.pop("content")
    messages = [message(1, 0, INCOMING, "?", CONTACT), message(2, 70, ACTIVITY, content, **activity)]
    row = told(tmp_path, listed(conversation(messages, status="resolved")), thread(messages), **options)
    assert row["ended_at"] == at(70)


def test_queues_are_inboxes_by_declared_name_or_teams(tmp_path: Path) -> None:
    assert told(tmp_path, listed(conversation()), inboxes={"11": "Website"})["queue_key"] == "Website"
    assert told(tmp_path, listed(conversation()), queue_by="team")["queue_key"] == "care"


def test_rating_is_joined_with_its_invitation_and_conversation(tmp_path: Path) -> None:
    rows, rejects = taken(tmp_path, listed(RESOLVED), thread(HANDED_OVER), json.dumps([RATING]))["csat"]
    assert not rejects
    assert len(rows) == 1
    row = rows[0]
    assert (row["response_id"], row["interaction_id"], row["queue_key"], row["agent_key"]) == ("111", "10", "11", "3")
    assert (row["contact_at"], row["asked_at"], row["answered_at"]) == (at(0), at(301), at(4_000))
    assert (row["score"], row["scale_min"], row["scale_max"], row["comment"]) == (4.0, 1.0, 5.0, "fine")


def test_invitation_without_a_rating_has_neither_score_nor_time(tmp_path: Path) -> None:
    rows, _ = taken(tmp_path, listed(RESOLVED), thread(HANDED_OVER))["csat"]
    assert {(row["response_id"], row["asked_at"], row["answered_at"], row["score"]) for row in rows} == {
        ("111", at(301), None, None)
    }


def test_nothing_of_the_contact_but_the_id_leaves_the_reader(tmp_path: Path) -> None:
    for rows, _ in taken(tmp_path, listed(RESOLVED), thread(HANDED_OVER), json.dumps([RATING])).values():
        shown = str([{k: v for k, v in row.items() if k not in ("_raw", "body")} for row in rows])
        for secret in ("Leisha", "leisha@", "79460000", "avatars", "CRM-77", "6222", "referer", "Ann Lee"):
            assert secret not in shown
    assert told(tmp_path, listed(RESOLVED))["customer_ref"] == "chat:contact:41"


def test_unknown_fields_are_named_without_their_values(tmp_path: Path) -> None:
    row = told(tmp_path, listed(conversation(voice_mood="furious")))
    assert json.loads(row["extra"])["unknown_fields"] == ["voice_mood"]
    assert "furious" not in row["extra"]


def test_arrays_single_objects_and_lines_are_read_alike(tmp_path: Path) -> None:
    plain = conversation()
    expected = told(tmp_path, listed(plain))
    for content in (
        json.dumps([plain]),
        json.dumps(plain, indent=2),
        json.dumps({"meta": {}, "payload": [plain]}) + "\n",
    ):
        assert told(tmp_path, content) == expected


def test_broken_lines_and_foreign_objects_cost_themselves_only(tmp_path: Path) -> None:
    good, cut = thread(HANDED_OVER[:1]), thread(HANDED_OVER[1:2])[:40]
    nameless = {**HANDED_OVER[1], "id": None}
    tables = taken(tmp_path, "\n".join([good, cut, "", '{"event": "ping"}', thread([nameless])]))
    assert [row["message_id"] for row in tables["chat_message"][0]] == ["100"]
    assert [(r["_line"], r["rule"], r["raw"]) for r in tables["chat_conversation"][1]] == [
        (2, "broken_json", cut),
        (4, "unknown_object", '{"event": "ping"}'),
    ]
    assert [(r["_line"], r["rule"], r["message"]) for r in tables["chat_message"][1]] == [
        (
            5,
            "incomplete_message",
            "object 1 is a message without id, conversation_id, created_at and a message_type of 0 to 3",
        )
    ]


def test_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="neither a JSON document nor JSON by the line"):
        taken(tmp_path, "<html>gateway timeout</html>")


def lake_after(home: Path, *deliveries: dict[str, str]) -> dict[str, list[tuple]]:
    """Rows of the lake after deliveries that are taken one by one."""
    landing = home / "landing" / "chat"
    landing.mkdir(parents=True)
    lake = Lake(home / "lake")
    site = Site(key="london", name=Name(en="London", zh="伦敦"), time_zone="Europe/London")
    for files in deliveries:
        for name, content in files.items():
            (landing / name).write_text(content, encoding="utf-8")
        take(home / "landing", lake, home / "quarantine", [source()], {"london": site}, Pseudonyms(b"a key for tests!"))
    found = {}
    for table in ("chat_conversation", "chat_message", "csat"):
        relation = f"read_parquet('{(home / 'lake' / 'chat' / table).as_posix()}/*/*.parquet')"
        found[table] = duckdb.sql(f"select * from {relation} order by all").fetchall()
    return found


@pytest.mark.parametrize("order", [(3, 2, 1, 0), (2, 0, 3, 1), (1, 3, 2, 0)])
def test_order_of_deliveries_does_not_matter(tmp_path: Path, order: tuple[int, ...]) -> None:
    earlier = conversation(HANDED_OVER[:8], updated_at=START + 52.0, last_activity_at=START + 52)
    parts = [
        {"conversations_1.json": listed(earlier)},
        {"conversations_2.json": listed(RESOLVED)},
        {"messages_1.jsonl": thread(HANDED_OVER)},
        {"csat_1.json": json.dumps([RATING])},
    ]
    at_once = lake_after(tmp_path / "at once", {name: text for part in parts for name, text in part.items()})
    assert [len(rows) for rows in at_once.values()] == [1, 12, 1]
    assert lake_after(tmp_path / "one by one", *(parts[n] for n in order)) == at_once


# The same conversation as the database holds it: row 510 of its table is conversation 10 of the account.
STATUSES, CONTENT_TYPES = ["open", "resolved", "pending", "snoozed"], {"text": 0, "input_csat": 9}


def naive(seconds: float) -> str:
    """A time as PostgreSQL writes a timestamp without a zone."""
    return at(seconds).strftime("%Y-%m-%d %H:%M:%S.%f").rstrip("0").rstrip(".")


def conversation_row(**fields: Any) -> dict[str, Any]:
    return {
        "id": 510,
        "display_id": 10,
        "account_id": 1,
        "inbox_id": 11,
        "status": 1,
        "assignee_id": 3,
        "contact_id": 41,
        "team_id": 5,
        "priority": None,
        "cached_label_list": None,
        "custom_attributes": '{"card": "6222020000000000"}',
        "created_at": naive(0),
        "updated_at": naive(400.25),
        "last_activity_at": naive(400),
        "first_reply_created_at": naive(52),
        "waiting_since": None,
        **fields,
    }


def message_row(value: dict[str, Any], **fields: Any) -> dict[str, Any]:
    sender = value.get("sender") or {}
    kinds = {"user": "User", "contact": "Contact", "agent_bot": "AgentBot"}
    attributes = json.dumps(value["content_attributes"])
    return {
        "id": value["id"],
        "content": value["content"],
        "account_id": 1,
        "inbox_id": 11,
        "conversation_id": 510,
        "message_type": value["message_type"],
        "content_type": CONTENT_TYPES[value["content_type"]],
        "status": 0,
        "content_attributes": json.dumps(attributes),  # JSON within a JSON text
        "created_at": naive(value["created_at"] - START),
        "updated_at": naive(value["created_at"] - START),
        "private": "t" if value["private"] else "f",
        "sender_type": kinds.get(sender.get("type", "")),
        "sender_id": sender.get("id"),
        **fields,
    }


RATING_ROW = {
    "id": 900,
    "account_id": 1,
    "conversation_id": 510,
    "message_id": 111,
    "rating": 4,
    "feedback_message": "fine",
    "contact_id": 41,
    "assigned_agent_id": 3,
    "created_at": naive(4_000),
    "updated_at": naive(4_000),
}
DUMP = ([conversation_row()], [message_row(value) for value in HANDED_OVER], [RATING_ROW])


def as_csv(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def as_lines(rows: list[dict[str, Any]]) -> str:
    return "".join(
        json.dumps({k: (v == "t") if k == "private" else v.replace(" ", "T") if k.endswith("_at") and v else v
                    for k, v in row.items()}) + "\n"
        for row in rows
    )  # fmt: skip


def of_lake(tables: dict[str, list[tuple]]) -> dict[str, list[tuple]]:
    """Rows without ``extra``, in which a row of a table is noted by its own number."""
    return {name: [(*row[:3], *row[4:]) for row in rows] for name, rows in tables.items()}


@pytest.mark.parametrize(("written", "order"), [(as_csv, None), (as_lines, (2, 1, 0)), (as_csv, (1, 0, 2))])
def test_tables_of_the_database_give_the_lake_that_the_api_gives(
    tmp_path: Path, written: Callable[[list[dict[str, Any]]], str], order: tuple[int, ...] | None
) -> None:
    deliveries = [{f"{'cmr'[n]}.txt": written(list(rows))} for n, rows in enumerate(DUMP)]
    if order is None:
        deliveries = [{name: text for files in deliveries for name, text in files.items()}]
    else:
        deliveries = [deliveries[n] for n in order]
    api = lake_after(
        tmp_path / "api", {"a.json": listed(RESOLVED), "b.json": thread(HANDED_OVER), "c.json": json.dumps([RATING])}
    )
    dump = lake_after(tmp_path / "dump", *deliveries)
    assert [len(rows) for rows in dump.values()] == [1, 12, 1]
    assert of_lake(dump) == of_lake(api)


def test_names_and_channels_that_tables_lack_are_declared(tmp_path: Path) -> None:
    options = {"queue_by": "team", "teams": {"5": "care"}, "channels": {"11": "message"}}
    row = told(tmp_path, as_csv([conversation_row(status=3, priority=3, cached_label_list="vip, vat")]), **options)
    assert (row["queue_key"], row["channel"], row["status"]) == ("care", "message", "snoozed")
    extra = json.loads(row["extra"])
    assert (extra["priority"], extra["table_id"], row["contact_reason"]) == ("urgent", "510", "vip|vat")


@pytest.mark.parametrize(("labels", "reason"), [(["refund"], "refund"), (["vip", "退款"], "vip|退款"), ([], None)])
def test_labels_are_what_a_reason_is_told_by(tmp_path: Path, labels: list[str], reason: str | None) -> None:
    assert told(tmp_path, listed(conversation(labels=labels)))["contact_reason"] == reason


def test_status_that_attributes_within_a_text_tell(tmp_path: Path) -> None:
    activity = {"activity": {"type": "conversation_status_changed", "status": "resolved"}}
    values = [message(1, 0, INCOMING, "?", CONTACT), message(2, 70, ACTIVITY, "x", content_attributes=activity)]
    row = told(tmp_path, as_csv([conversation_row()]), as_csv([message_row(value) for value in values]))
    assert row["ended_at"] == at(70)


def test_rows_of_old_versions_know_their_sender_by_user_id(tmp_path: Path) -> None:
    old = [message_row(message(1, 5, OUTGOING, "Hi"), user_id=3)]
    del old[0]["sender_type"], old[0]["sender_id"]
    row = taken(tmp_path, as_csv(old))["chat_message"][0][0]
    assert (row["sender_type"], row["agent_key"], row["conversation_id"]) == ("agent", "3", "table:510")


def test_tables_of_several_accounts_need_one_declared(tmp_path: Path) -> None:
    both = as_csv([conversation_row(), conversation_row(id=511, account_id=2)])
    with pytest.raises(RefusedFile, match="holds the accounts 1, 2"):
        taken(tmp_path, both)
    assert told(tmp_path, both, account="1")["conversation_id"] == "10"


def test_rows_that_are_no_whole_ones_cost_themselves_only(tmp_path: Path) -> None:
    rows = [message_row(HANDED_OVER[0]), message_row(HANDED_OVER[1], created_at="yesterday")]
    tables = taken(tmp_path, as_csv(rows) + "1,2\n")
    assert [row["message_id"] for row in tables["chat_message"][0]] == ["100"]
    assert [(r["_line"], r["rule"]) for r in tables["chat_message"][1]] == [(3, "incomplete_message")]
    assert [r["_line"] for r in tables["chat_conversation"][1]] == [4]


def test_other_tables_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="no table that is read"):
        taken(tmp_path, "id,inbox_id,name\n1,2,x\n")
