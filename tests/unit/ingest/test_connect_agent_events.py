"""Amazon Connect agent events: states and offers follow from the events, however they were cut and delivered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.formats.connect_agent_events import ConnectAgentEventsSource
from ingest.lake import Lake
from ingest.privacy import Pseudonyms
from ingest.source import Name, Site
from ingest.take import take

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KEY = Pseudonyms(b"k" * 32)
NUMBERS = count()


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def text(seconds: float) -> str:
    return at(seconds).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at(seconds).microsecond // 1000:03}Z"


def snapshot(status: str, since: float, *contacts: dict[str, Any], kind: str | None = None) -> dict[str, Any]:
    kinds = {"Available": "ROUTABLE", "Offline": "OFFLINE"}
    return {
        "AgentStatus": {
            "ARN": "x",
            "Name": status,
            "StartTimestamp": text(since),
            "Type": kind or kinds.get(status, "CUSTOM"),
        },
        "Configuration": {"FirstName": "Leisha", "LastName": "Buick", "Username": "jane"},
        "Contacts": list(contacts),
    }


def contact(state: str, since: float, name: str = "c1", **fields: Any) -> dict[str, Any]:
    return {
        "ContactId": name,
        "Channel": "VOICE",
        "InitiationMethod": "INBOUND",
        "State": state,
        "StateStartTimestamp": text(since),
        "Queue": {"ARN": "arn:x/queue/q1", "Name": "Support"},
        **fields,
    }


def event(
    after: float, now: dict[str, Any] | None, before: dict[str, Any] | None = None, kind: str = "STATE_CHANGE"
) -> dict[str, Any]:
    """An event written 0.2 s after what it tells."""
    return {
        "AWSAccountId": "012345678901",
        "AgentARN": "arn:aws:connect:us-west-2:012345678901:instance/aaaa/agent/286bcec0",
        "CurrentAgentSnapshot": now,
        "EventId": f"e{next(NUMBERS)}",
        "EventTimestamp": text(after + 0.2),
        "EventType": kind,
        "InstanceARN": "x",
        "PreviousAgentSnapshot": before,
        "Version": "2017-10-01",
    }


def course(*steps: tuple[float, dict[str, Any], str]) -> list[dict[str, Any]]:
    """Events of which each one's snapshot is the next one's previous snapshot."""
    befores = [None, *(step[1] for step in steps)]
    return [event(after, now, before, kind) for (after, now, kind), before in zip(steps, befores, strict=False)]


CHANGE = "STATE_CHANGE"

# Logged in at 0, available at 10, rung at 100, connected at 106, on hold from 150 to 170, ended at 200, cleared at 230
# (the event of 230.2 is all there is of it), break at 300, offline at 900.
DAY = course(
    (0, snapshot("Offline", -60), "LOGIN"),
    (10, snapshot("Available", 10), CHANGE),
    (60, snapshot("Available", 10), "HEART_BEAT"),
    (100, snapshot("Available", 10, contact("CONNECTING", 100)), CHANGE),
    (106, snapshot("Available", 10, contact("CONNECTED", 106)), CHANGE),
    (150, snapshot("Available", 10, contact("CONNECTED_ONHOLD", 150)), CHANGE),
    (170, snapshot("Available", 10, contact("CONNECTED", 170)), CHANGE),
    (200, snapshot("Available", 10, contact("ENDED", 200)), CHANGE),
    (230, snapshot("Available", 10), CHANGE),
    (300, snapshot("Lunch", 300), CHANGE),
    (900, snapshot("Offline", 900), CHANGE),
    (901, snapshot("Offline", 900), "LOGOUT"),
    (1000, snapshot("Offline", 900), "HEART_BEAT"),
)
DAY_STATES = [
    ("available", "Available", None, at(10), at(106)),
    ("on_contact", "CONNECTED", None, at(106), at(200)),
    ("acw", "ENDED", None, at(200), at(230.2)),
    ("available", "Available", None, at(230.2), at(300)),
    ("meal", "Lunch", "Lunch", at(300), at(900)),
]
DAY_OFFERS = [("c1", "jane", "Support", at(100), 6_000, "answered")]


class Centre:
    """A centre with one source, whose files are delivered one after the other."""

    def __init__(self, folder: Path, **declared: Any) -> None:
        self.folder = folder
        self.site = Site(key="london", name=Name(en="London", zh="伦敦"), time_zone="UTC")
        self.declare(**declared)
        self.lake = Lake(folder / "lake")
        self.number = 0

    def declare(self, **declared: Any) -> None:
        self.source = ConnectAgentEventsSource.model_validate(
            {
                "name": "agents",
                "format": "connect_agent_events",
                "site": "london",
                "states": {"Lunch": "meal"},
                **declared,
            }
        )

    def deliver(self, events: Sequence[Any] | None = None) -> list[tuple[int, int, int]]:
        if events is not None:
            self.number += 1
            path = self.folder / "landing" / "agents" / f"{self.number}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(map(json.dumps, events)), encoding="utf-8")
        sites = {"london": self.site}
        entries = take(self.folder / "landing", self.lake, self.folder / "quarantine", [self.source], sites, KEY)
        return [(entry.loaded, entry.duplicate, entry.quarantined) for entry in entries]

    def rows(self, table: str, columns: str, order: str) -> list[tuple[Any, ...]]:
        with duckdb.connect() as con:
            con.execute("set TimeZone = 'UTC'")
            pattern = f"{self.folder}/lake/telephony/{table}/*/*.parquet"
            return con.execute(f"select {columns} from read_parquet('{pattern}') order by {order}").fetchall()

    def states(self) -> list[tuple[Any, ...]]:
        return self.rows("agent_state", "state, raw_state, reason, started_at, ended_at", "started_at")

    def offers(self) -> list[tuple[Any, ...]]:
        columns = "interaction_id, agent_key, queue_key, offered_at, ring_ms, result"
        return self.rows("tel_offer", columns, "offered_at, interaction_id")


def test_a_day_of_an_agent(tmp_path):
    centre = Centre(tmp_path)
    assert centre.deliver(DAY) == [(13, 0, 0)]
    assert centre.states() == DAY_STATES
    assert centre.offers() == DAY_OFFERS
    assert centre.deliver([*DAY, event(2000, snapshot("Offline", 900), kind="HEART_BEAT")]) == [(1, 13, 0)]
    assert centre.states() == DAY_STATES


@settings(max_examples=3)
@given(st.permutations(range(len(DAY))), st.integers(1, 12), st.integers(1, 12))
def test_neither_cutting_nor_order_nor_repetition_matters(tmp_path_factory, order, first, second):
    centre = Centre(tmp_path_factory.mktemp("cut"))
    events = [DAY[index] for index in order]
    for part in (events[:first], events[min(first, second) : max(first, second)], events[second:], events[first:]):
        centre.deliver(part)
    assert centre.states() == DAY_STATES
    assert centre.offers() == DAY_OFFERS


def test_what_became_of_an_offer(tmp_path):
    ringing = {"Available": contact("CONNECTING", 10, "m")}
    centre = Centre(tmp_path)
    centre.deliver(
        course(
            (10, snapshot("Available", 0, ringing["Available"]), CHANGE),
            (30, snapshot("Available", 0, contact("MISSED", 30, "m")), CHANGE),
            (40, snapshot("Available", 0), CHANGE),
            (50, snapshot("Available", 0, contact("CONNECTING", 50, "m")), CHANGE),
            (55, snapshot("Available", 0, contact("CONNECTED", 55, "m")), CHANGE),
            (60, snapshot("Available", 0, contact("ENDED", 60, "m"), contact("CONNECTING", 60, "r")), CHANGE),
            (63, snapshot("Available", 0, contact("ENDED", 60, "m"), contact("REJECTED", 63, "r")), CHANGE),
            (70, snapshot("Available", 0, contact("CONNECTING", 70, "e")), CHANGE),
            (72, snapshot("Available", 0, contact("ERROR", 72, "e")), CHANGE),
            (80, snapshot("Available", 0, contact("INCOMING", 80, "v", InitiationMethod="CALLBACK")), CHANGE),
            (81, snapshot("Available", 0, contact("CONNECTING", 81, "v", InitiationMethod="CALLBACK")), CHANGE),
            (90, snapshot("Available", 0), CHANGE),
            (91, snapshot("Available", 0, contact("CONNECTING", 91, "o", InitiationMethod="OUTBOUND")), CHANGE),
            (99, snapshot("Available", 0, contact("CONNECTING", 99, "open")), CHANGE),
        )
    )
    assert [(row[0], row[3], *row[4:]) for row in centre.offers()] == [
        ("m", at(10), 20_000, "no_answer"),
        ("m", at(50), 5_000, "answered"),
        ("r", at(60), 3_000, "rejected"),
        ("e", at(70), 2_000, "error"),
        ("v", at(80), 10_200, "canceled"),
    ]


def test_a_state_is_open_until_the_next_event_and_believed_for_some_days(tmp_path):
    centre = Centre(tmp_path, state_days=2)
    centre.deliver(course((0, snapshot("Available", 0), CHANGE)))
    assert centre.states() == [("available", "Available", None, at(0), None)]
    other = event(3 * 86_400, snapshot("Offline", 3 * 86_400))
    other["CurrentAgentSnapshot"]["Configuration"]["Username"] = "bo"
    centre.deliver([other])
    assert centre.states() == [("available", "Available", None, at(0), at(2 * 86_400))]


def test_statuses_are_mapped_as_declared_and_anew_when_the_declaration_changes(tmp_path):
    centre = Centre(tmp_path)
    old = snapshot("Coaching", 20)
    del old["AgentStatus"]["Type"]
    centre.deliver(
        course((0, snapshot("Available", 0), CHANGE), (20, old, CHANGE), (50, snapshot("Offline", 50), CHANGE))
    )
    assert [row[0] for row in centre.states()] == ["available", "other"]
    centre.declare(states={"Coaching": "training"})
    centre.deliver()
    assert [row[0] for row in centre.states()] == ["available", "training"]


def test_an_event_that_tells_no_status_is_rejected_alone(tmp_path):
    centre = Centre(tmp_path)
    broken = [event(5, None), {**event(6, snapshot("Available", 6)), "EventTimestamp": "yesterday"}]
    assert centre.deliver([*DAY, *broken, event(1200, None, kind="LOGOUT")]) == [(14, 0, 2)]


@pytest.mark.parametrize("by", ["username", "id"])
def test_no_name_but_the_declared_one_leaves(tmp_path, by):
    centre = Centre(tmp_path, agent_by=by)
    centre.deliver(DAY)
    events = centre.rows("agent_event", "agent_key, contacts, extra", "occurred_at")
    assert {row[0] for row in events} == {"jane" if by == "username" else "286bcec0"}
    assert "Leisha" not in str(events) and "Buick" not in str(events)
