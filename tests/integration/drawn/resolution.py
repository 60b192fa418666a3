"""Random self-service sessions, cases, complaints, answers on the solution, and customers who come again."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from tests.factories import Lake, Row

_SOURCES = {
    "chengdu": {"tel": "pbx", "chat": "chat", "bot": "bot", "crm": "pbx", "survey": "chat"},
    "manchester": {
        **{"tel": "pbx_manchester", "chat": "chat_manchester", "bot": "chat_manchester"},
        **{"crm": "pbx_manchester", "survey": "chat_manchester"},
    },
}


def draw_day(lake: Lake, draw: Random, site: str, agents: list[str], day: date) -> None:
    """Add a day of a site; its customers are few, so that they come again.

    What takes days is the work of those who stay: the last agent leaves before the last days.
    """
    sources, staying = _SOURCES[site], agents[:5]
    _customers(lake, draw, site, sources, agents, day)
    _cases(lake, draw, sources["crm"], staying, day)
    _complaints(lake, draw, sources["crm"], staying, day)
    _survey(lake, draw, sources["survey"], agents, day)


def _moment(draw: Random, day: date) -> datetime:
    return datetime.combine(day, time(8)) + timedelta(seconds=draw.randrange(12 * 3600))


def _customers(lake: Lake, draw: Random, site: str, sources: dict[str, str], agents: list[str], day: date) -> None:
    def customer() -> str | None:
        return draw.choice((None, *(f"{site}-customer-{n}" for n in range(40))))

    calls: list[Row] = []
    for n in range(3):
        arrived = _moment(draw, day)
        answer = {"answered_at": str(arrived), "agent_key": draw.choice(agents)} if draw.random() < 0.8 else {}
        row = {
            "interaction_id": f"again-{day}-{n}",
            "customer_ref": customer(),
            "queued_at": str(arrived),
            "wait_ms": 0,
            "contact_reason": (None, "refund", "delivery")[n],
        }
        calls.append({"source_system": sources["tel"]} | row | answer)
    lake.add("tel_interaction", calls)
    asked = _moment(draw, day)
    chat = {"conversation_id": f"again-{day}", "customer_ref": customer(), "human_requested_at": str(asked)}
    reply = {"first_agent_message_at": str(asked), "first_agent_key": draw.choice(agents)}
    lake.add("chat_conversation", [{"source_system": sources["chat"]} | chat | reply])
    sessions: list[Row] = []
    tasks: list[Row] = []
    for n in range(5):
        common = {"source_system": sources["bot"], "session_id": f"{day}-{n}", "started_at": str(_moment(draw, day))}
        outcome = draw.choice(("contained", "contained", "transferred", "abandoned", "failed", "open"))
        sessions.append(common | {"customer_ref": customer(), "outcome": outcome})
        tasks += [
            common | {"task_id": f"{day}-{n}-{i}", "result": draw.choice(("succeeded", "succeeded", "failed", "open"))}
            for i in range(draw.randrange(3))
        ]
    lake.add("self_service_session", sessions).add("self_service_task", tasks)


def _cases(lake: Lake, draw: Random, source: str, agents: list[str], day: date) -> None:
    cases: list[Row] = []
    events: list[Row] = []
    for n in range(2):
        opened = _moment(draw, day)
        at, history = opened, [("opened", opened)]
        for event in draw.choice((("resolved",), ("resolved", "reopened"), ("resolved", "reopened", "resolved"), ())):
            at += timedelta(hours=draw.randrange(1, 200))
            history.append((event, at))
        common: dict[str, Any] = {"source_system": source, "case_id": f"{day}-{n}"}
        resolved = {"resolved_at": str(at)} if history[-1][0] == "resolved" else {}
        promise = {"opened_at": str(opened), "due_at": str(opened + timedelta(days=2))}
        cases.append(common | promise | resolved | {"owner_key": draw.choice(agents), "channel": "voice"})
        events += [
            common
            | {"event_id": f"{day}-{n}-{i}", "event": event, "occurred_at": str(at), "agent_key": draw.choice(agents)}
            for i, (event, at) in enumerate(history)
        ]
    lake.add("crm_case", cases).add("case_event", events)


def _complaints(lake: Lake, draw: Random, source: str, agents: list[str], day: date) -> None:
    contact = _moment(draw, day)
    received = contact + timedelta(hours=draw.randrange(1, 100))
    times = {"contact_at": str(contact), "received_at": str(received), "due_at": str(received + timedelta(days=3))}
    closed = {}
    if draw.random() < 0.8:
        at = str(received + timedelta(hours=draw.randrange(120)))
        closed = {"replied_at": at, "closed_at": at, "is_upheld": draw.random() < 0.5}
    cause = {"cause_class": draw.choice(("service", "service", "product")), "queue_key": "service"}
    who = {"source_system": source, "complaint_id": str(day), "agent_key": draw.choice(agents)}
    lake.add("complaint", [who | times | cause | closed])


def _survey(lake: Lake, draw: Random, source: str, agents: list[str], day: date) -> None:
    asked = _moment(draw, day)
    common = {"source_system": source, "invitation_id": str(day)}
    invitation = {"asked_at": str(asked), "queue_key": "service", "agent_key": draw.choice(agents)}
    answer = {"choice": draw.choice(("yes", "no")), "answered_at": str(asked + timedelta(hours=draw.randrange(90)))}
    lake.add("survey_invitation", [common | invitation]).add("survey_answer", [common | answer])
