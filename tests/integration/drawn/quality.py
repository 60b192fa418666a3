"""Random rows of quality assurance: items of evaluations, disputes and coaching."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

from tests.factories import Lake


def draw_day(lake: Lake, draw: Random, site: str, agents: list[str], day: date) -> None:
    nine = datetime.combine(day, datetime.min.time()) + timedelta(hours=9)
    at = str(nine + timedelta(seconds=draw.randrange(8 * 3600)))
    _evaluations(lake, draw, f"{site}-{day}", agents, at)
    kind = draw.choice(("one_to_one", "one_to_one", "group"))
    session = {"session_id": f"{site}-{day}", "agent_key": draw.choice(agents), "kind": kind, "held_at": at}
    lake.add("coaching_session", [session])


def _evaluations(lake: Lake, draw: Random, name: str, agents: list[str], at: str) -> None:
    for n in range(draw.randrange(3)):
        evaluation = {"evaluation_id": f"{name}-{n}", "evaluated_at": at}
        status = draw.choice(("submitted", "disputed", "revised"))
        drawn = {"is_random": draw.random() < 0.8, "status": status, "channel": draw.choice(("voice", "chat"))}
        score = {"score_pct": float(draw.randrange(101)), "agent_key": draw.choice(agents)}
        lake.add("qa_evaluation", [evaluation | drawn | score])
        lake.add(
            "qa_answer",
            [
                evaluation
                | {"question_key": item, "points": draw.choice((None, float(draw.randrange(11))))}
                | {"weight": float(draw.randrange(1, 4))}
                for item in ("Accuracy", "Empathy", "Small talk")
            ],
        )
