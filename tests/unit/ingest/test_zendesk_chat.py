"""Zendesk Chat: chats with their history, ratings and offline messages, in the shapes the API returns them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.formats.base import RefusedFile
from ingest.formats.zendesk_chat import ZendeskChatSource
from tests.unit.ingest.chats import taken


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-01-05T{text}").replace(tzinfo=UTC)


def event(time: str, kind: str, **fields: Any) -> dict[str, Any]:
    return {"timestamp": f"2026-01-05T{time}Z", "type": kind, "channel": "#supportchat", **fields}


VISITOR = {"name": "Visitor 7", "nick": "visitor:2104.1", "sender_type": "Visitor"}
ANN = {"name": "Ann", "nick": "agent:361084605116", "sender_type": "Agent"}
HISTORY = [
    event("09:00:00", "chat.memberjoin", name="Visitor 7", nick="visitor:2104.1"),
    event("09:00:01", "chat.msg", msg="Hello, my mail is leisha@example.org", **VISITOR),
    event("09:00:06", "chat.msg", msg="Please wait", name="Customer Service", nick="agent:trigger"),
    event("09:00:40", "chat.memberjoin", name="Ann", nick="agent:361084605116"),
    event("09:00:52", "chat.msg", msg="Hi, Ann here", **ANN),
    event("09:02:00", "chat.msg", msg="Thanks", **VISITOR),
    event("09:02:10", "chat.request.rating", **ANN),
    event("09:02:30", "chat.rating", new_rating="bad", rating="none", **VISITOR),
    event("09:02:40", "chat.rating", new_rating="good", rating="bad", **VISITOR),
    event("09:02:50", "chat.comment", new_comment="quick", comment="", **VISITOR),
    event("09:03:00", "chat.memberleave", name="Ann", nick="agent:361084605116"),
]


def chat(history: list[dict[str, Any]] | None = None, **fields: Any) -> dict[str, Any]:
    return {
        "id": "2104.10414779.SVhDCJ9flq79a",
        "type": "chat",
        "timestamp": "2026-01-05T09:00:00Z",
        "update_timestamp": "2026-01-05T10:00:00Z",
        "duration": 180,
        "started_by": "visitor",
        "session": {"ip": "67.32.99.96", "city": "Orlando"},
        "department_id": 5060105343503,
        "department_name": "Care",
        "visitor": {"id": "3.45678", "name": "Leisha Buick", "email": "leisha@example.org", "phone": "+32178763521"},
        "agent_ids": ["361084605116"],
        "agent_names": ["Ann"],
        "response_time": {"first": 51, "max": 51, "avg": 51.0},
        "missed": False,
        "dropped": False,
        "triggered": False,
        "rating": "good",
        "comment": "quick",
        "webpath": [],
        "tags": ["vip"],
        "history": HISTORY if history is None else history,
        **fields,
    }


OFFLINE = {
    "id": "2104.1.offline",
    "type": "offline_msg",
    "timestamp": "2026-01-05T22:54:02Z",
    "update_timestamp": "2026-01-06T15:09:17Z",
    "message": "Hi there!",
    "visitor": {"id": "3.45678", "name": "Jiny", "email": "visitor_jiny@example.org", "phone": "", "notes": ""},
    "department_id": None,
    "department_name": None,
    "session": {},
    "zendesk_ticket_id": None,
}


def source(**options: Any) -> ZendeskChatSource:
    return ZendeskChatSource.model_validate({"name": "zd", "format": "zendesk_chat", "site": "here", **options})


def page(*chats: dict[str, Any]) -> str:
    return json.dumps({"chats": list(chats), "count": len(chats), "end_time": 1767603600, "next_page": "https://…"})


def test_chat_that_a_person_answers_and_the_visitor_rates(tmp_path: Path) -> None:
    tables = taken(tmp_path, source(), page(chat()))
    ((row,), rejects) = tables["chat_conversation"]
    assert not rejects
    # Asked at 09:00:01, answered at 09:00:52: 51 s, as the object's own response_time says. End: 09:00:00 + 180 s.
    assert (row["human_requested_at"], row["first_agent_message_at"]) == (at("09:00:01"), at("09:00:52"))
    assert (row["created_at"], row["ended_at"], row["status"]) == (at("09:00:00"), at("09:03:00"), "resolved")
    assert (row["customer_message_count"], row["agent_message_count"]) == (2, 1)
    assert (row["agent_key"], row["first_agent_key"], row["queue_key"]) == ("361084605116", "361084605116", "Care")
    assert (row["customer_ref"], row["record_updated_at"]) == ("zd:visitor:3.45678", at("10:00:00"))
    assert json.loads(row["extra"])["first_response_ms"] == 51_000
    messages = tables["chat_message"][0]
    assert [(m["sender_type"], m["agent_key"]) for m in messages] == [
        ("customer", None),
        ("system", None),
        ("agent", "361084605116"),
        ("customer", None),
    ]
    assert messages[0]["body_length"] == len("Hello, my mail is leisha@example.org")
    ((rating,), _) = tables["csat"]
    assert (rating["score"], rating["scale_min"], rating["scale_max"]) == (1.0, 0.0, 1.0)  # the last of two
    assert (rating["asked_at"], rating["answered_at"], rating["comment"]) == (at("09:02:10"), at("09:02:40"), "quick")


def test_nothing_of_the_visitor_but_the_id_leaves_the_reader(tmp_path: Path) -> None:
    tables = taken(tmp_path, source(), page(chat(mood="furious"), OFFLINE))
    shown = str([{k: v for k, v in row.items() if k != "body"} for rows, _ in tables.values() for row in rows])
    assert not any(secret in shown for secret in ("Leisha", "leisha@", "3217876", "Orlando", "67.32", "furious", "vip"))
    assert json.loads(tables["chat_conversation"][0][0]["extra"])["unknown_fields"] == ["mood"]


def test_tags_tell_a_reason_where_that_is_declared(tmp_path: Path) -> None:
    chats = page(chat(tags=["vip", "refund"]), chat(id="2", tags=[]), chat(id="3", tags=None))
    found = [row["contact_reason"] for row in taken(tmp_path, source(reason_by="tags"), chats)["chat_conversation"][0]]
    assert found == ["vip|refund", None, None]


def test_missed_chat_asked_for_a_person_and_got_none(tmp_path: Path) -> None:
    missed = chat(HISTORY[:3], missed=True, rating=None, agent_ids=[], agent_names=[], response_time={})
    tables = taken(tmp_path, source(), json.dumps(missed))
    ((row,), _) = tables["chat_conversation"]
    assert (row["human_requested_at"], row["first_agent_message_at"], row["agent_key"]) == (at("09:00:01"), None, None)
    assert json.loads(row["extra"])["missed"] is True
    assert tables["csat"] == ([], [])


def test_offline_message_waits_for_nobody(tmp_path: Path) -> None:
    tables = taken(tmp_path, source(), page(OFFLINE))
    ((row,), _) = tables["chat_conversation"]
    assert (row["channel"], row["status"], row["human_requested_at"], row["ended_at"]) == (
        *("message", "pending"),
        *(None, None),
    )
    assert [(m["sender_type"], m["body"]) for m in tables["chat_message"][0]] == [("customer", "Hi there!")]


def test_declared_bot_hands_over_to_the_person_who_joins(tmp_path: Path) -> None:
    history = [
        event("09:00:00", "chat.msg", msg="Hi", **VISITOR),
        event("09:00:02", "chat.msg", msg="I am a bot", name="Robo", nick="agent:99", sender_type="Agent"),
        event("09:01:00", "chat.memberjoin", name="Ann", nick="agent:361084605116"),
        event("09:01:30", "chat.msg", msg="Ann", **ANN),
    ]
    ((row,), _) = taken(tmp_path, source(bots=["99"]), json.dumps(chat(history)))["chat_conversation"]
    assert (row["human_requested_at"], row["first_agent_message_at"]) == (at("09:01:00"), at("09:01:30"))
    ((row,), _) = taken(tmp_path, source(), json.dumps(chat(history)))["chat_conversation"]
    assert (row["human_requested_at"], row["first_agent_message_at"]) == (at("09:00:00"), at("09:00:02"))


def test_agents_without_nick_are_found_by_their_place_among_the_names(tmp_path: Path) -> None:
    history = [event("09:00:09", "chat.msg", msg="Hi", name="Bo", sender_type="Agent")]
    tables = taken(tmp_path, source(), json.dumps(chat(history, agent_ids=["1", "2"], agent_names=["Ann", "Bo"])))
    assert tables["chat_message"][0][0]["agent_key"] == "2"
    assert tables["chat_conversation"][0][0]["human_requested_at"] is None  # a person began


def test_rating_without_history_and_rating_taken_back(tmp_path: Path) -> None:
    plain, back = chat(rating="bad"), chat([*HISTORY, event("09:02:55", "chat.rating", new_rating=None)], id="2")
    del plain["history"]
    rows, _ = taken(tmp_path, source(), page(plain, back))["csat"]
    assert {r["response_id"]: (r["score"], r["asked_at"], r["answered_at"]) for r in rows} == {
        plain["id"]: (0.0, at("09:03:00"), at("09:03:00")),
        "2": (None, at("09:02:10"), None),
    }


def test_broken_and_incomplete_chats_cost_themselves_only(tmp_path: Path) -> None:
    good, cut, nameless = json.dumps(chat()), json.dumps(chat(id="2"))[:200], json.dumps(chat(id=None))
    zoneless = json.dumps(chat(id="4", timestamp="2026-01-05 09:00:00"))
    rows, rejects = taken(tmp_path, source(), "\n".join([good, cut, nameless, zoneless]))["chat_conversation"]
    assert len(rows) == 1
    assert sorted((r["_line"], r["rule"]) for r in rejects) == [
        (2, "broken_json"),
        (3, "unreadable_field"),
        (4, "unreadable_field"),
    ]


@pytest.mark.parametrize("content", ['{"chats": [{"id": "1712.4987.Qe"}, {"id": "1712.4987.QE"}]}', "<html></html>"])
def test_file_without_chats_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(RefusedFile, match="Zendesk Chat chats"):
        taken(tmp_path, source(), content)
