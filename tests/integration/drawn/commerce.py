"""Random costs, dials, orders and views of records."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from tests.factories import Lake

FIRST = date(2026, 8, 24)
"""Day on which everybody's rights were granted."""

_SOURCES = {"chengdu": "pbx", "manchester": "pbx_manchester"}
_CHATS = {"chengdu": "chat", "manchester": "chat_manchester"}


def draw_day(lake: Lake, draw: Random, site: str, agents: list[str], day: date) -> None:
    """Add the rows of a day of a site."""
    _cost(lake, draw, site, day)
    _dials(lake, draw, site, agents, day)
    _sales(lake, draw, site, agents, day)
    _records(lake, draw, site, agents, day)
    _surveys(lake, draw, site, agents, day)


def _cost(lake: Lake, draw: Random, site: str, day: date) -> None:
    last = day + timedelta(days=draw.randrange(20))
    row = {"cost_id": f"{site}-{day}", "site_key": site, "period_from": day, "period_to": last}
    lake.add("cost", [row | {"amount": float(draw.randrange(1000))}])


def _dials(lake: Lake, draw: Random, site: str, agents: list[str], day: date) -> None:
    rows = []
    for n in range(draw.randrange(4, 9)):
        at = datetime.combine(day, datetime.min.time()) + timedelta(hours=7, seconds=draw.randrange(15 * 3600))
        row: dict[str, Any] = {
            "source_system": _SOURCES[site],
            "dial_id": f"{day}-{n}",
            "customer_ref": draw.choice((None, "c1", "c2")),
            "callee_time_zone": draw.choice((None, "Asia/Shanghai", "Europe/London")),
            "dialed_at": str(at),
            "result": draw.choice(("live", "live", "machine", "busy")),
            "on_do_not_call": draw.choice((None, False, False, True)),
            "line_registered": draw.choice((None, True, True, False)),
        }
        if row["result"] == "live":
            row["answered_at"] = str(at + timedelta(seconds=10))
            if draw.random() < 0.7:
                connected = at + timedelta(seconds=10 + draw.randrange(5))
                row |= {"connected_at": str(connected), "agent_key": draw.choice(agents)}
        rows.append(row)
    lake.add("tel_dial", rows)


def _sales(lake: Lake, draw: Random, site: str, agents: list[str], day: date) -> None:
    start = datetime.combine(day, datetime.min.time()) + timedelta(hours=9)
    chats, orders, cancellations = [], [], []
    for n in range(draw.randrange(2, 5)):
        order, at = f"{site}-{day}-{n}", start + timedelta(seconds=draw.randrange(8 * 3600))
        customer = draw.choice(("b1", "b2", "b3"))
        chats.append(
            {"source_system": _CHATS[site], "conversation_id": f"sale-{day}-{n}", "customer_ref": customer}
            | {"human_requested_at": str(at), "first_agent_message_at": str(at), "first_agent_key": draw.choice(agents)}
        )
        paid = at + timedelta(hours=draw.randrange(60))
        orders.append(
            {"order_id": order, "agent_key": draw.choice(agents), "customer_ref": customer, "ordered_at": str(at)}
            | ({"paid_at": str(paid)} if draw.random() < 0.7 else {})
        )
        if draw.random() < 0.4:
            back = at + timedelta(days=draw.randrange(40))
            cancellations.append({"cancellation_id": order, "order_id": order, "canceled_at": str(back)})
    due = {"period_from": day, "period_to": day + timedelta(days=draw.randrange(20)), "amount": 50.0}
    staying = draw.sample(agents[:5], 2)
    lake.add("sales_target", [due | {"target_id": f"{who}-{day}", "agent_key": who} for who in staying])
    lake.add("chat_conversation", chats).add("sales_order", orders).add("order_cancellation", cancellations)


def _records(lake: Lake, draw: Random, site: str, agents: list[str], day: date) -> None:
    clerk, last = f"clerk-{site}-{day}", draw.choice((f"{day} 19:00:00", f"{day + timedelta(days=2)} 10:00:00", None))
    team = {"chengdu": "blue", "manchester": "gold"}[site]
    spell = {"employee_key": clerk, "site_key": site, "team_key": team, "role": "clerk"}
    lake.add("hr_employee", [spell | {"left_on": day, "valid_to": day}])
    lake.add("access_right", [{"agent_key": clerk, "granted_at": f"{FIRST} 08:00:00", "revoked_at": last}])
    start, actions = datetime.combine(day, datetime.min.time()), ("viewed", "viewed", "viewed", "changed", "exported")
    lake.add(
        "record_access",
        [
            {"access_id": f"{site}-{day}-{n}", "agent_key": draw.choice(agents), "action": draw.choice(actions)}
            | {
                "customer_ref": draw.choice(("b1", "b2", "b3", "b4")),
                "interaction_id": draw.choice((None, f"{day}-{n}")),
            }
            | {"occurred_at": str(start + timedelta(seconds=draw.randrange(86_400)))}
            for n in range(draw.randrange(3, 8))
        ],
    )
    # customers who do not get on alone: one whom nobody serves, and one who is served now and then
    tried = {"source_system": _CHATS[site], "result": "failed", "started_at": str(start + timedelta(hours=9))}
    lake.add(
        "self_service_task",
        [
            tried | {"task_id": f"{day}-{who}", "session_id": f"{day}-{who}", "customer_ref": who}
            for who in ("b3", "b4")
        ],
    )


def _surveys(lake: Lake, draw: Random, site: str, agents: list[str], day: date) -> None:
    invitations, answers = [], []
    for n in range(draw.randrange(2, 5)):
        invitation, at = f"offer-{site}-{day}-{n}", datetime.combine(day, datetime.min.time()) + timedelta(hours=10 + n)
        invitations.append(
            {"invitation_id": invitation, "interaction_id": f"{day}-{n}", "channel": "voice", "queue_key": "sales"}
            | {"contact_at": str(at), "asked_at": str(at), "agent_key": draw.choice(agents)}
            | {"status": draw.choice(("sent", "sent", "answered", "failed", "suppressed"))}
        )
        if draw.random() < 0.5:
            answered = at + timedelta(hours=draw.randrange(100))
            answers.append({"invitation_id": invitation, "answered_at": str(answered), "choice": "yes"})
    lake.add("survey_invitation", invitations)
    lake.add("survey_answer", [row | {"question_key": "solved_first_time"} for row in answers])
