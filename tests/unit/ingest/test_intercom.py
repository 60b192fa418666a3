"""Intercom: conversations of old and new versions of its API, whole or with parts missing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.formats.base import RefusedFile
from ingest.formats.intercom import IntercomSource
from tests.unit.ingest.chats import taken

START = 1_767_603_600  # 2026-01-05T09:00:00Z


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(START + seconds, UTC)


def part(number: int, after: int, kind: str, author: str, body: str | None = None, **fields: Any) -> dict[str, Any]:
    who = {"admin": "814860", "bot": "815309", "user": "536e564f316c83104c000020"}.get(author, "1")
    return {
        "type": "conversation_part",
        "id": str(number),
        "part_type": kind,
        "body": body,
        "created_at": START + after,
        "updated_at": START + after,
        "notified_at": START + after,
        "assigned_to": None,
        "author": {"type": author, "id": who, "name": "Mark Strong", "email": "mk@example.org"},
        "attachments": [],
        "redacted": False,
        **fields,
    }


PARTS = [
    part(1, 1, "comment", "bot", "<p>We reply in minutes.</p>"),
    part(2, 20, "assignment", "bot", assigned_to={"type": "team", "id": "77"}),
    part(3, 30, "note", "admin", "<p>who knows?</p>"),
    part(4, 80, "comment", "admin", "<p>Hi &amp; welcome<br>Your number, please?</p>"),
    part(5, 95, "comment", "user", "<p>13812345678</p>"),
    part(6, 120, "close", "admin", "<p>Done</p>"),
]


def conversation(parts: list[dict[str, Any]] | None, **fields: Any) -> dict[str, Any]:
    value: dict[str, Any] = {
        "type": "conversation",
        "id": "1911149811",
        "created_at": START,
        "updated_at": START + 500,
        "waiting_since": None,
        "title": "Bob's parcel",
        "source": {
            "type": "conversation",
            "id": "269650473",
            "delivered_as": "customer_initiated",
            "subject": "",
            "body": "<p>Hello, I am Bob</p>",
            "author": {"type": "user", "id": "536e564f316c83104c000020", "name": "Bob", "email": "bob@example.org"},
        },
        "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": "5bc8f7ae2d96695c18a"}]},
        "admin_assignee_id": 814860,
        "team_assignee_id": "77",
        "open": False,
        "state": "closed",
        "tags": {"type": "tag.list", "tags": []},
        "conversation_rating": {
            "rating": 4,
            "remark": "nice",
            "created_at": START + 130,
            "updated_at": START + 190,
            "contact": {"type": "user", "id": "5bc8f7ae2d96695c18a"},
            "teammate": {"type": "admin", "id": 814860},
        },
        "statistics": {
            "type": "conversation_statistics",
            "time_to_admin_reply": 80,
            "first_admin_reply_at": START + 80,
            "last_close_at": START + 120,
            "last_contact_reply_at": START + 95,
            "count_reopens": 0,
            "count_assignments": 1,
        },
        **fields,
    }
    if parts is not None:
        count = fields.pop("total_count", len(parts))
        value["conversation_parts"] = {
            "type": "conversation_part.list",
            "conversation_parts": parts,
            "total_count": count,
        }
    return value


def source(**options: Any) -> IntercomSource:
    return IntercomSource.model_validate({"name": "ic", "format": "intercom", "site": "here", **options})


def test_conversation_that_a_bot_hands_to_a_team(tmp_path: Path) -> None:
    tables = taken(tmp_path, source(teams={"77": "Care"}), json.dumps(conversation(PARTS), indent=2))
    ((row,), rejects) = tables["chat_conversation"]
    assert not rejects
    # The bot's first message at 1 s, its assignment at 20 s; the note at 30 s is no reply, the comment at 80 s is.
    assert (row["human_requested_at"], row["first_agent_message_at"], row["ended_at"]) == (at(20), at(80), at(120))
    assert (row["agent_key"], row["first_agent_key"], row["queue_key"]) == ("814860", "814860", "Care")
    # Customer: the source and part 5. Agent: part 4, and the text of the close.
    assert (row["customer_message_count"], row["agent_message_count"]) == (2, 2)
    assert (row["status"], row["channel"], row["last_customer_message_at"]) == ("resolved", "chat", at(95))
    assert (row["customer_ref"], row["record_updated_at"]) == ("ic:contact:5bc8f7ae2d96695c18a", at(500))
    messages = {m["message_id"].split(":")[1]: m for m in tables["chat_message"][0]}
    assert messages.keys() == {"269650473", "1", "3", "4", "5", "6"}
    assert messages["4"]["body"] == "Hi & welcome\nYour number, please?"
    assert messages["4"]["body_length"] == 33
    assert (messages["3"]["is_private"], messages["3"]["sender_type"]) == (True, "agent")
    assert (messages["1"]["sender_type"], messages["269650473"]["sender_type"]) == ("bot", "customer")
    ((rating,), _) = tables["csat"]
    assert (rating["score"], rating["asked_at"], rating["answered_at"]) == (4.0, at(130), at(190))
    assert (rating["comment"], rating["agent_key"], rating["interaction_id"]) == ("nice", "814860", "1911149811")


def test_nothing_of_the_contact_but_the_id_leaves_the_reader(tmp_path: Path) -> None:
    tables = taken(tmp_path, source(), json.dumps(conversation(PARTS, mood="furious")))
    shown = str([{k: v for k, v in row.items() if k != "body"} for rows, _ in tables.values() for row in rows])
    assert not any(secret in shown for secret in ("Bob", "bob@", "mk@", "Mark", "furious", "13812345678"))
    assert json.loads(tables["chat_conversation"][0][0]["extra"])["unknown_fields"] == ["mood"]


@pytest.mark.parametrize(
    ("reason_by", "reason"), [("tags", "vip|Return, damaged"), ("topics", "Refunds"), (None, None)]
)
def test_tags_or_topics_tell_a_reason_where_that_is_declared(
    tmp_path: Path, reason_by: str | None, reason: str | None
) -> None:
    tags = {"type": "tag.list", "tags": [{"type": "tag", "id": "1", "name": "vip"}, {"name": "Return, damaged"}]}
    topics = {"type": "topic.list", "topics": [{"type": "topic", "id": 4, "name": "Refunds"}], "total_count": 1}
    labelled, bare = conversation(PARTS, tags=tags, topics=topics), conversation(None, id="2", tags=None, topics=[])
    tables = taken(tmp_path, source(reason_by=reason_by), json.dumps([labelled, bare]))
    assert [row["contact_reason"] for row in tables["chat_conversation"][0]] == [reason, None]


def test_list_without_parts_believes_the_statistics(tmp_path: Path) -> None:
    page = {"type": "conversation.list", "pages": {"type": "pages"}, "conversations": [conversation(None)]}
    ((row,), _) = taken(tmp_path, source(), json.dumps(page))["chat_conversation"]
    assert (row["first_agent_message_at"], row["ended_at"], row["last_customer_message_at"]) == (
        *(at(80), at(120)),
        at(95),
    )
    assert (row["customer_message_count"], row["agent_message_count"], row["first_agent_key"]) == (None, None, None)
    assert json.loads(row["extra"])["parts_missing"] is True


def test_newest_parts_of_a_long_conversation_count_nothing(tmp_path: Path) -> None:
    long = conversation(PARTS[4:])
    long["conversation_parts"]["total_count"] = 502
    ((row,), _) = taken(tmp_path, source(), json.dumps(long))["chat_conversation"]
    assert (row["first_agent_message_at"], row["agent_message_count"], row["ended_at"]) == (at(80), None, at(120))


def test_campaign_in_an_admins_name_is_no_reply(tmp_path: Path) -> None:
    campaign = conversation([part(1, 60, "comment", "user", "Stop"), part(2, 90, "comment", "admin", "Sure")])
    campaign["source"] = {
        **campaign["source"],
        "delivered_as": "campaigns_initiated",
        "author": {"type": "admin", "id": "1"},
    }
    ((row,), _) = taken(tmp_path, source(), json.dumps(campaign))["chat_conversation"]
    assert (row["human_requested_at"], row["first_agent_message_at"]) == (at(60), at(90))


def test_old_version_with_a_message_a_user_and_an_open_flag(tmp_path: Path) -> None:
    old = {
        "type": "conversation",
        "id": "147",
        "created_at": START,
        "updated_at": START + 60,
        "conversation_message": {"id": "9", "body": "<p>Hi</p>", "author": {"type": "user", "id": "u1"}},
        "user": {"type": "user", "id": "u1"},
        "assignee": {"type": "admin", "id": "25"},
        "open": True,
        "read": True,
        "conversation_parts": {
            "conversation_parts": [part(4, 60, "assignment", "admin", "I take it")],
            "total_count": 1,
        },
        "conversation_rating": {"rating": None, "remark": None, "created_at": None},
    }
    tables = taken(tmp_path, source(), json.dumps(old))
    ((row,), _) = tables["chat_conversation"]
    assert (row["status"], row["agent_key"], row["customer_ref"], row["ended_at"]) == (
        "open",
        "25",
        "ic:contact:u1",
        None,
    )
    assert row["first_agent_message_at"] == at(60)  # the text that came with the assignment
    assert tables["csat"] == ([], [])


def test_rating_asked_for_and_not_given(tmp_path: Path) -> None:
    asked = conversation(PARTS, conversation_rating={"rating": None, "remark": None, "created_at": START + 130})
    ((row,), _) = taken(tmp_path, source(), json.dumps(asked))["csat"]
    assert (row["asked_at"], row["answered_at"], row["score"]) == (at(130), None, None)


@pytest.mark.parametrize(("via", "channel"), [("email", "email"), ("whatsapp", "message"), ("push", "chat")])
def test_channels(tmp_path: Path, via: str, channel: str) -> None:
    value = conversation(PARTS)
    value["source"] = {**value["source"], "type": via}
    assert taken(tmp_path, source(), json.dumps(value))["chat_conversation"][0][0]["channel"] == channel


def test_broken_and_incomplete_conversations_cost_themselves_only(tmp_path: Path) -> None:
    lines = [json.dumps(conversation(PARTS)), json.dumps(conversation(PARTS, id="2"))[:300]]
    lines += [json.dumps(conversation(PARTS, created_at=None)), json.dumps(conversation(PARTS, updated_at="soon"))]
    rows, rejects = taken(tmp_path, source(), "\n".join(lines))["chat_conversation"]
    assert len(rows) == 1
    assert {(r["_line"], r["rule"]) for r in rejects} >= {
        (2, "broken_json"),
        (3, "unreadable_field"),
        (4, "unreadable_field"),
    }


def test_part_left_of_a_conversation_cut_short_is_no_conversation(tmp_path: Path) -> None:
    rows, rejects = taken(tmp_path, source(), json.dumps([conversation(PARTS), PARTS[3]]))["chat_conversation"]
    assert len(rows) == 1
    assert [(r["_line"], r["rule"]) for r in rejects] == [(2, "no_conversation")]


def test_file_of_contacts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="no Intercom conversations"):
        taken(tmp_path, source(), json.dumps({"type": "contact.list", "data": [{"type": "contact", "id": "1"}]}))
