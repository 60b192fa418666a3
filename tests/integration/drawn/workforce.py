"""Random exams, certificates, joiners and forecasts."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from tests.factories import Lake

SYSTEMS = {"chengdu": "hr", "manchester": "hr_manchester"}
TEAMS = {"chengdu": "red", "manchester": "gold"}


def draw_day(lake: Lake, draw: Random, site: str, agents: list[str], day: date) -> None:
    """Papers are sat every day, some of them again within or beyond the window; licences last a week or two."""
    hr = {"source_system": SYSTEMS[site]}
    agent, paper = draw.choice(agents), f"{site}-{day}"
    attempts = [(1, day, draw.random() < 0.5)]
    if draw.random() < 0.6:
        attempts = [(1, day - timedelta(days=draw.randrange(1, 40)), False), (2, day, draw.random() < 0.8)]
    lake.add(
        "exam_result",
        [
            hr
            | {"employee_key": agent, "exam_key": paper, "attempt_no": n, "taken_at": f"{at} 10:00:00"}
            | {"passed": passed}
            for n, at, passed in attempts
        ],
    )
    lake.add(
        "certificate",
        [
            hr
            | {"employee_key": draw.choice(agents), "certificate_key": paper, "valid_from": day}
            | {"queue_key": draw.choice((None, "sales", "service"))}
            | {"valid_to": day + timedelta(days=draw.randrange(14))}
        ],
    )
    joiner = hr | {"employee_key": f"{site}-joined-{day}"}
    spell = {"site_key": site, "team_key": TEAMS[site], "role": "visitor", "valid_from": day, "hired_on": day}
    lake.add("hr_employee", [joiner | spell])
    for course in ("service_basics", "service_shadowing"):
        lake.add("training_record", [joiner | {"course_key": course, "session_at": f"{day} 13:00:00"}])
    paper = {"exam_key": "service_basics", "taken_at": f"{day} 15:00:00", "passed": draw.random() < 0.6}
    lake.add("exam_result", [joiner | paper])
    published = day - timedelta(days=7)
    lake.add(
        "forecast",
        [
            hr
            | {"queue_key": queue, "starts_at": f"{day} {hour:02}:{minute}:00", "published_at": f"{published} 12:00:00"}
            | {"contacts": draw.random() * 2, "required_fte": draw.choice((None, draw.random() * 3))}
            for queue in ("sales", "service")
            for hour in range(9, 17)
            for minute in ("00", "30")
        ],
    )
