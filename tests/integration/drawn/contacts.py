"""Random sessions with a menu or bot, callbacks, and what is said in conversations."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from tests.factories import Lake

SUFFIXES = {"chengdu": "", "manchester": "_manchester"}


def draw_day(lake: Lake, draw: Random, site: str, agents: list[str], day: date) -> None:
    pbx, chat = f"pbx{SUFFIXES[site]}", f"chat{SUFFIXES[site]}"
    _callbacks(lake, draw, pbx, agents, day)
    _conversations(lake, draw, chat, agents, day)
    _sessions(lake, draw, pbx, day)


def _moment(draw: Random, day: date) -> datetime:
    return datetime.combine(day, time()) + timedelta(seconds=draw.randrange(86_400))


def _callbacks(lake: Lake, draw: Random, source: str, agents: list[str], day: date) -> None:
    asked = _moment(draw, day)
    request: dict[str, Any] = {
        "source_system": source,
        "interaction_id": f"{day}-request",
        "customer_ref": f"{source}-{day}",
        "queued_at": str(asked),
        "ended_at": str(asked + timedelta(seconds=20)),
        "outcome": "callback_requested",
    }
    called = asked + timedelta(seconds=draw.randrange(30, 100_000))
    call = {
        "source_system": source,
        "interaction_id": f"{day}-back",
        "customer_ref": f"{source}-{day}",
        "direction": "outbound",
        "agent_key": draw.choice(agents),
        "answered_at": str(called),
        "ended_at": str(called + timedelta(minutes=2)),
    }
    lake.add("tel_interaction", [request, call])


def _conversations(lake: Lake, draw: Random, source: str, agents: list[str], day: date) -> None:
    asked = _moment(draw, day)
    said = sorted(draw.sample(range(1, 40_000), 8))
    identity = {"source_system": source, "conversation_id": f"{day}-spoken"}
    lake.add(
        "chat_message",
        [
            identity
            | {"message_id": f"{day}-{n}", "sent_at": str(asked + timedelta(seconds=second))}
            | {"sender_type": "agent" if n % 2 else "customer", "agent_key": agents[0] if n % 2 else None}
            for n, second in enumerate(said)
        ],
    )
    conversation = {
        "human_requested_at": str(asked),
        "first_agent_message_at": str(asked + timedelta(seconds=said[1])),
        "first_agent_key": agents[0],
        "ended_at": str(asked + timedelta(seconds=said[-1])),
    }
    lake.add("chat_conversation", [identity | conversation])


def _sessions(lake: Lake, draw: Random, source: str, day: date) -> None:
    sessions, tasks = [], []
    for n in range(3):
        began = _moment(draw, day)
        task = {"task_id": f"{day}-{n}", "result": draw.choice(("succeeded", "failed")), "started_at": str(began)}
        tasks.append({"source_system": source, "session_id": f"{day}-{n}"} | task)
        sessions.append(
            {
                "source_system": source,
                "session_id": f"{day}-{n}",
                "medium": draw.choice(("ivr", "bot", "app")),
                "outcome": draw.choice(("contained", "abandoned", "transferred", "failed", "open")),
                "started_at": str(began),
                "ended_at": str(began + timedelta(seconds=60)),
            }
        )
    lake.add("self_service_session", sessions).add("self_service_task", tasks)
