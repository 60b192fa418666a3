"""Random rows of quality assurance: items of evaluations, disputes, coaching, and what was said in calls."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

from tests.factories import Lake


def draw_day(lake: Lake, draw: Random, site: str, agents: list[str], day: date) -> None:
    nine = datetime.combine(day, datetime.min.time()) + timedelta(hours=9)
    at = str(nine + timedelta(seconds=draw.randrange(8 * 3600)))
    _evaluations(lake, draw, site, agents, nine)
    kind = draw.choice(("one_to_one", "one_to_one", "group"))
    session = {"session_id": f"{site}-{day}", "agent_key": draw.choice(agents), "kind": kind, "held_at": at}
    lake.add("coaching_session", [session])
    _passages(lake, draw, {"chengdu": "chat", "manchester": "chat_manchester"}[site], agents, day)


def _evaluations(lake: Lake, draw: Random, site: str, agents: list[str], nine: datetime) -> None:
    for n in range(draw.randrange(3)):
        name = f"{site}-{nine.date()}-{n}"
        evaluated = nine + timedelta(seconds=draw.randrange(8 * 3600))
        evaluation = {"evaluation_id": name, "evaluated_at": str(evaluated)}
        status = draw.choice(("submitted", "disputed", "revised"))
        drawn = {"is_random": draw.random() < 0.8, "status": status, "channel": draw.choice(("voice", "chat"))}
        agent = {"agent_key": draw.choice(agents)}
        score = {"score_pct": float(draw.randrange(101)), "is_fatal": draw.random() < 0.4}
        score |= {
            "interaction_id": f"{site}-{nine:%Y-%m}-{draw.randrange(20)}",
            "evaluator_key": f"judge-{draw.randrange(3)}",
        }
        score |= {"contact_at": str(evaluated - timedelta(hours=draw.randrange(96)))}
        lake.add("qa_evaluation", [evaluation | agent | drawn | score])
        talk = {"session_id": f"of-{name}", "held_at": str(evaluated + timedelta(hours=draw.randrange(300)))}
        talk |= draw.choice(
            (
                {"evaluation_id": name},
                {"trigger_kind": "banned_language", "trigger_at": str(evaluated)},
            )
        )
        lake.add("coaching_session", [agent | talk])
        lake.add(
            "qa_answer",
            [
                evaluation
                | {"question_key": item, "points": draw.choice((None, float(draw.randrange(11))))}
                | {"weight": float(draw.randrange(1, 4))}
                for item in ("Accuracy", "Empathy", "Small talk")
            ],
        )


def _passages(lake: Lake, draw: Random, source: str, agents: list[str], day: date) -> None:
    for n in range(draw.randrange(4)):
        began = datetime.combine(day, datetime.min.time()) + timedelta(hours=9, seconds=draw.randrange(8 * 3600))
        call = {"source_system": source, "conversation_id": f"call-{day}-{n}", "channel": "voice"}
        lake.add(
            "chat_message",
            [
                call
                | {"message_id": f"call-{day}-{n}-{m}", "sender_type": sender, "agent_key": draw.choice(agents)}
                | {"sent_at": str(began), "ended_at": str(began + timedelta(seconds=draw.randrange(1, 60)))}
                | {"body_length": draw.randrange(300)}
                for m, sender in enumerate(("agent", "customer", "agent"))
            ],
        )
