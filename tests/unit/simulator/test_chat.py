"""Chats have Chatwoot's shapes, are exported as they are at midnight, and agents hold three at most."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import Any

import pytest

from tests.unit.simulator.conftest import Run

SITES = pytest.mark.parametrize("site", ["chengdu", "manchester"])
INCOMING, OUTGOING, ACTIVITY, TEMPLATE = range(4)


def conversations(run: Run, site: str) -> list[list[dict[str, Any]]]:
    paths = sorted(run.landing.glob(f"chat_{site}/conversations_*.json"))
    return [json.loads(path.read_text("utf-8"))["data"]["payload"] for path in paths]


def threads(run: Run, site: str) -> dict[int, list[dict[str, Any]]]:
    """Messages of each conversation as exported last."""
    last = {}
    for path in sorted(run.landing.glob(f"chat_{site}/messages_*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            messages = json.loads(line)["payload"]
            last[messages[0]["conversation_id"]] = messages
    return last


def ratings(run: Run, site: str) -> list[dict[str, Any]]:
    paths = sorted(run.landing.glob(f"chat_{site}/csat_*.json"))
    return [rating for path in paths for rating in json.loads(path.read_text("utf-8"))]


@SITES
def test_conversations_have_the_fields_of_the_list_endpoint(three_weeks: Run, site: str):
    fields = {
        *("meta", "id", "messages", "account_id", "uuid", "additional_attributes", "agent_last_seen_at"),
        *("assignee_last_seen_at", "can_reply", "contact_last_seen_at", "custom_attributes", "inbox_id", "labels"),
        *("muted", "snoozed_until", "status", "created_at", "updated_at", "timestamp", "first_reply_created_at"),
        *(
            "unread_count",
            "last_non_activity_message",
            "last_activity_at",
            "priority",
            "waiting_since",
            "sla_policy_id",
        ),
    }
    for day in conversations(three_weeks, site):
        for conversation in day:
            assert set(conversation) == fields
            assert {"id", "name", "email", "phone_number"} <= set(conversation["meta"]["sender"])
            assert conversation["status"] in ("open", "pending", "resolved")
            assert isinstance(conversation["created_at"], int)


@SITES
def test_a_changed_conversation_comes_again_with_a_later_version(three_weeks: Run, site: str):
    versions: dict[int, list[float]] = defaultdict(list)
    for day in conversations(three_weeks, site):
        for conversation in day:
            versions[conversation["id"]].append(conversation["updated_at"])
    repeated = [times for times in versions.values() if len(times) > 1]
    assert repeated
    assert all(times == sorted(set(times)) for times in repeated)


@SITES
def test_messages_are_numbered_in_the_order_of_time_and_keep_their_numbers(three_weeks: Run, site: str):
    seen: dict[int, tuple[int, str]] = {}
    for path in sorted(three_weeks.landing.glob(f"chat_{site}/messages_*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            for message in json.loads(line)["payload"]:
                told = (message["created_at"], message["content"])
                assert seen.setdefault(message["id"], told) == told
    times = [seen[number][0] for number in sorted(seen)]
    assert times == sorted(times)


@SITES
def test_first_reply_is_the_first_public_message_of_a_person(three_weeks: Run, site: str):
    last = {c["id"]: c for day in conversations(three_weeks, site) for c in day}
    for number, messages in threads(three_weeks, site).items():
        replies = [
            message["created_at"]
            for message in messages
            if message["message_type"] == OUTGOING and not message["private"] and message["sender"]["type"] == "user"
        ]
        assert last[number]["first_reply_created_at"] == (replies[0] if replies else 0)


@SITES
def test_the_stock_of_cases_is_complete(three_weeks: Run, site: str):
    every = threads(three_weeks, site)
    messages = [message for thread in every.values() for message in thread]
    senders = Counter(message["sender"]["type"] for message in messages if "sender" in message)
    assert {message["message_type"] for message in messages} == {INCOMING, OUTGOING, ACTIVITY, TEMPLATE}
    assert set(senders) == {"contact", "user", "agent_bot"}
    assert any(message["private"] for message in messages)
    last = {c["id"]: c for day in conversations(three_weeks, site) for c in day}
    unanswered = [c for c in last.values() if not c["first_reply_created_at"] and "assignee" in c["meta"]]
    assert unanswered
    opened_by_bot = [
        m
        for m in messages
        if m["message_type"] == ACTIVITY and ("marked open" in m["content"] or "标记为打开" in m["content"])
    ]
    assert opened_by_bot


@SITES
def test_an_agent_holds_three_conversations_at_most(three_weeks: Run, site: str):
    changes: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for messages in threads(three_weeks, site).values():
        holder = None
        for message in messages:
            text = message["content"]
            if message["message_type"] != ACTIVITY:
                continue
            if text.startswith(("Assigned to ", "由 系统 分配给 ")):
                holder = text.removeprefix("Assigned to ").removesuffix(" by System").removeprefix("由 系统 分配给 ")
                changes[holder].append((message["created_at"], 1))
            elif holder and ("resolved" in text or "已解决" in text):
                changes[holder].append((message["created_at"], -1))
                holder = None
    staff = Counter(
        json.dumps(c["meta"]["assignee"], sort_keys=True)
        for d in conversations(three_weeks, site)
        for c in d
        if "assignee" in c["meta"]
    )
    names = Counter(json.loads(person)["name"] for person in staff)
    busiest = 0
    for name, steps in changes.items():
        load = 0
        for _, step in sorted(steps):
            load += step
            busiest = max(busiest, load)
            assert load <= 3 * names[name]
    assert busiest >= 2


@SITES
def test_ratings_answer_an_invitation_once_and_mostly_within_three_days(three_weeks: Run, site: str):
    invitations = {
        message["id"]: message
        for messages in threads(three_weeks, site).values()
        for message in messages
        if message["content_type"] == "input_csat"
    }
    answers = ratings(three_weeks, site)
    delays = [answer["created_at"] - invitations[answer["message_id"]]["created_at"] for answer in answers]
    assert len({answer["message_id"] for answer in answers}) == len(answers)
    assert all(answer["conversation_id"] == invitations[answer["message_id"]]["conversation_id"] for answer in answers)
    assert {answer["rating"] for answer in answers} <= {1, 2, 3, 4, 5}
    assert 0.2 < len(answers) / len(invitations) < 0.4
    late = sum(delay > 72 * 3600 for delay in delays)
    assert 0 < late < 0.1 * len(delays)
    assert all(message["message_type"] == TEMPLATE for message in invitations.values())


@SITES
def test_an_answered_invitation_shows_its_answer(three_weeks: Run, site: str):
    last = {m["id"]: m for thread in threads(three_weeks, site).values() for m in thread}
    for answer in ratings(three_weeks, site):
        submitted = last[answer["message_id"]]["content_attributes"]["submitted_values"]["csat_survey_response"]
        assert submitted["rating"] == answer["rating"]


def test_each_site_chats_in_its_language(three_weeks: Run):
    for site, chinese in (("chengdu", True), ("manchester", False)):
        texts = [
            m["content"]
            for thread in threads(three_weeks, site).values()
            for m in thread
            if m["message_type"] == INCOMING
        ]
        assert sum(any("一" <= letter <= "鿿" for letter in text) for text in texts) == (len(texts) if chinese else 0)
