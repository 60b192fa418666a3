"""Cases worked out by hand: what contacts are about, as centre.yml declares it."""

from __future__ import annotations

from tests.factories import Lake
from tests.integration.golden.case import Golden, visits


def about_one_thing(lake: Lake) -> list[Golden]:
    """A contact counts under the last reason told of it; what is no declared reason is none."""
    lake.declare_reasons(("pbx", "chat", "crm"), billing=("billing", "账务"), moving=("moving", "w-17"))
    day, of = "2026-02-18", {"queue_key": "about"}

    def call(name: str, at: str, wait: int, outcome: str = "answered", **columns: str) -> None:
        lake.add("tel_interaction", visits(1, name, f"{day} {at}", wait, outcome, **of | columns))

    # five calls of which one is transferred: told as moving, then as billing; the others by code, by alias, as a label
    # that is no reason, and not at all; one is abandoned, with what the menu asked
    call("first", "10:00:00", 10, contact_reason="w-17", root_interaction_id="moved", transfer_kind="blind")
    call("second", "10:02:00", 20, contact_reason="billing", root_interaction_id="moved")
    call("code", "11:00:00", 10, contact_reason="w-17")
    call("alias", "12:00:00", 10, contact_reason="账务")
    call("unknown", "13:00:00", 10, contact_reason="vip")
    call("untold", "14:00:00", 10)
    call("left", "15:00:00", 60, "abandoned", contact_reason="billing")
    # two chats: of two reasons the one declared first, beside a label that is none; and of a source that says otherwise
    chat = {"queue_key": "about", "human_requested_at": f"{day} 10:00:00", "first_agent_message_at": f"{day} 10:01:00"}
    chat |= {"agent_key": "amy", "first_agent_key": "amy", "ended_at": f"{day} 10:30:00"}
    abroad = {"source_system": "chat_manchester", "contact_reason": "billing"}
    lake.add("chat_conversation", [chat | {"conversation_id": "labelled", "contact_reason": "vip|moving| billing"}])
    lake.add("chat_conversation", [chat | abroad | {"conversation_id": "other words"}])
    rating = {"asked_at": f"{day} 10:30:00", "answered_at": f"{day} 10:31:00", "contact_at": f"{day} 10:00:00"}
    rating |= {"queue_key": "about"}
    lake.add("csat", [rating | {"response_id": "good", "interaction_id": "labelled", "score": 5.0}])
    lake.add("csat", [rating | {"response_id": "poor", "interaction_id": "other words", "score": 1.0}])
    promise = {"opened_at": f"{day} 11:00:00", "due_at": f"{day} 18:00:00"}
    lake.add("crm_case", [promise | {"case_id": "kept", "contact_reason": "账务", "resolved_at": f"{day} 17:00:00"}])
    lake.add("crm_case", [promise | {"case_id": "late", "contact_reason": "billing"}])
    lake.add("crm_case", [promise | {"case_id": "odd", "contact_reason": "other", "resolved_at": f"{day} 17:00:00"}])
    billing, moving = (("day", day, "reason", key) for key in ("billing", "moving"))
    # asked for a person, billing: the transferred call once, alias, left, the labelled chat; moving: code
    # answered, billing: two legs of the transferred call, alias, the chat: 4 legs of 3 contacts; three legs are calls
    # of a minute each, chats tell no handle time. The poor rating and the case of another reason have none.
    return [
        Golden("contacts_offered", *billing, 4, None, 4, 4),
        Golden("contacts_offered", *moving, 1, None, 1, 1),
        Golden("contacts_handled", *billing, 3, None, 3, 3),
        Golden("handle_legs", *billing, 4, None, 4, 4),
        Golden("handle_legs", *moving, 1, None, 1, 1),
        Golden("aht_sec", *billing, 180, 3, 60, 3),
        Golden("csat_top2_pct", *billing, 1, 1, None, 1, "below_floor"),
        Golden("csat_mean_score", *billing, 5, 1, 5, 1),
        Golden("case_on_time_pct", *billing, 1, 2, None, 2, "below_floor"),
        # all that the queue was asked for: 6 calls and 2 chats, of which 5 have a reason
        Golden("contacts_offered", "day", day, "queue", "about", 8, None, 8, 8),
    ]


CASES = (about_one_thing,)
