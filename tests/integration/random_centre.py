"""A lake of forty days of two sites, drawn at random from a seed: every fact has rows, at every level.

What is drawn here has no expected values; it is for laws that hold whatever the data.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from tests.factories import Lake
from tests.integration.drawn import DRAWS

FIRST, DAYS = date(2026, 8, 24), 40
LAST = FIRST + timedelta(days=DAYS - 1)
"""From the last week of August into the first days of October: whole and cut weeks and months."""

LEFT_ON = date(2026, 9, 20)
"""Last day of the last agent of each site."""

TENURES = (10, 70, 340, 400, 1000, 25)
"""Days that the agents of a site had been there on the first day: some pass into another band within the forty."""

REASONS = {"refund": ("refund", "w-1"), "delivery": ("delivery",)}
"""What sources call the reasons of contacts; of every third contact they tell none."""

SITES = {
    "chengdu": {"telephony": "pbx", "chat": "chat", "hr": "hr", "teams": ("red", "blue")},
    "manchester": {"telephony": "pbx_manchester", "chat": "chat_manchester", "hr": "hr_manchester", "teams": ("gold",)},
}


def random_centre(home: Path, seed: int = 7) -> Lake:
    """Fill a lake below `home`; the same seed draws the same lake."""
    lake, draw = Lake(home), Random(seed)
    clients = {"acme": ("sales", "web"), "bert": ("service",)}
    lake.declare("client", [{"client_key": key, "name_en": key, "name_zh": key} for key in clients])
    lake.declare("queue", [{"queue_key": q, "client_key": key} for key, queues in clients.items() for q in queues])
    # of random scores one in five passes
    lake.declare("parameter", [{"parameter": "proficiency_qa_pass_pct", "value": 10.0, "valid_from": FIRST}])
    lake.declare_reasons([s[feed] for s in SITES.values() for feed in ("telephony", "chat")], **REASONS)
    for site, sources in SITES.items():
        agents = [f"{site}-{n}" for n in range(6)]
        _staff(lake, site, sources, agents)
        for day in (FIRST + timedelta(days=n) for n in range(DAYS)):
            if day > LEFT_ON:
                agents = agents[:5]
            _telephony(lake, draw, sources["telephony"], agents, day)
            _chat(lake, draw, sources["chat"], agents, day)
            _work(lake, draw, sources, agents, day)
            if site == "chengdu":
                _quality(lake, draw, agents, day)
            for draw_day in DRAWS:
                draw_day(lake, draw, site, agents, day)
    return lake


def _moment(draw: Random, day: date) -> datetime:
    return datetime.combine(day, datetime.min.time()) + timedelta(hours=9, seconds=draw.randrange(8 * 3600))


def _staff(lake: Lake, site: str, sources: dict[str, Any], agents: list[str]) -> None:
    hr = {"source_system": sources["hr"]}
    for n, agent in enumerate(agents):
        spell = {"employee_key": agent, "site_key": site, "team_key": sources["teams"][n % len(sources["teams"])]}
        spell |= {"hired_on": FIRST - timedelta(days=TENURES[n])}
        left = {"left_on": LEFT_ON, "valid_to": LEFT_ON} if agent == agents[-1] else {}
        lake.add("hr_employee", [hr | spell | left])
        lake.add(
            "agent_alias",
            [
                hr | {"employee_key": agent, "alias_system": system, "alias_value": agent}
                for system in (sources["telephony"], sources["chat"], "qa")
            ],
        )


def _telephony(lake: Lake, draw: Random, source: str, agents: list[str], day: date) -> None:
    rows, offers = [], []
    for n in range(draw.randrange(4, 12)):
        queued = _moment(draw, day)
        outcome = draw.choices(("answered", "abandoned", "timeout", "callback_requested", "open"), (60, 15, 5, 5, 5))[0]
        wait = draw.randrange(60_000)
        met = queued + timedelta(milliseconds=wait)
        row: dict[str, Any] = {
            "source_system": source,
            "interaction_id": f"{day}-{n}",
            "queue_key": draw.choice(("sales", "service")),
            "queued_at": str(queued),
            "outcome": outcome,
            "contact_reason": (None, "w-1", "vip|delivery")[n % 3],
        }
        if outcome == "answered":
            talk, acw = draw.randrange(300_000), draw.choice((None, draw.randrange(60_000)))
            row |= {"agent_key": draw.choice(agents), "answered_at": str(met), "talk_ms": talk, "acw_ms": acw}
            row |= {"hold_ms": draw.choice((None, 0, 10_000))}
            row |= {"ended_at": str(met + timedelta(milliseconds=talk)), "ended_by": draw.choice(("agent", "customer"))}
            row |= {"transfer_kind": draw.choice((None, None, "blind"))}
        if outcome != "open":
            row |= {"wait_ms": wait} | ({} if outcome == "answered" else {"ended_at": str(met)})
        rows.append(row)
        result = draw.choice(("answered", "answered", "no_answer", "rejected", "canceled", "error"))
        offers.append(
            {"source_system": source, "interaction_id": row["interaction_id"], "queue_key": row["queue_key"]}
            | {"agent_key": draw.choice(agents), "offered_at": str(queued), "result": result}
        )
    lake.add("tel_interaction", rows).add("tel_offer", offers)


def _chat(lake: Lake, draw: Random, source: str, agents: list[str], day: date) -> None:
    conversations, invitations = [], []
    for n in range(draw.randrange(2, 6)):
        asked, agent = _moment(draw, day), draw.choice(agents)
        row = {
            "source_system": source,
            "conversation_id": f"{day}-{n}",
            "human_requested_at": str(asked),
            "ended_at": str(asked + timedelta(hours=1)),
            "contact_reason": (None, "refund", "delivery|refund")[n % 3],
        }
        if draw.random() < 0.8:
            replied = asked + timedelta(seconds=draw.randrange(120))
            row |= {"first_agent_message_at": str(replied), "agent_key": agent, "first_agent_key": agent}
        conversations.append(row)
        answer = {
            "score": float(draw.randrange(1, 6)),
            "answered_at": str(asked + timedelta(hours=draw.randrange(100))),
        }
        invitations.append(
            {"source_system": source, "response_id": f"{day}-{n}", "interaction_id": f"{day}-{n}", "agent_key": agent}
            | {"contact_at": str(asked), "asked_at": str(asked)}
            | (answer if draw.random() < 0.6 else {})
        )
    lake.add("chat_conversation", conversations).add("csat", invitations)


def _work(lake: Lake, draw: Random, sources: dict[str, Any], agents: list[str], day: date) -> None:
    hr, pbx = {"source_system": sources["hr"]}, {"source_system": sources["telephony"]}
    for agent in draw.sample(agents, 3):
        start = datetime.combine(day, datetime.min.time()) + timedelta(hours=9)
        edges = [start + timedelta(seconds=s) for s in sorted(draw.sample(range(4 * 3600), 4))]
        states = draw.choices(("available", "on_contact", "acw", "break"), k=3)
        shift = {"employee_key": agent, "start_at": str(start), "end_at": str(start + timedelta(hours=4))}
        lake.add("roster_shift", [hr | shift])
        lake.add(
            "agent_state",
            [
                pbx | {"agent_key": agent, "state": state, "started_at": str(s), "ended_at": str(e)}
                for state, s, e in zip(states, edges, edges[1:], strict=False)
            ],
        )
        status = draw.choice(("present", "present", "absent", "leave"))
        clock = {"clock_in_at": str(edges[0]), "clock_out_at": str(edges[-1])} if status == "present" else {}
        lake.add("attendance", [hr | {"employee_key": agent, "work_date": day, "status": status} | clock])


def _quality(lake: Lake, draw: Random, agents: list[str], day: date) -> None:
    lake.add(
        "qa_evaluation",
        [
            {"evaluation_id": f"{day}-{n}", "interaction_id": f"{day}-{n}", "channel": draw.choice(("voice", "chat"))}
            | {"agent_key": draw.choice(agents), "evaluated_at": str(_moment(draw, day))}
            | {"score_pct": float(draw.randrange(101)), "is_fatal": draw.random() < 0.1}
            for n in range(2)
        ],
    )
