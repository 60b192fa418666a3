"""The files of the HR system: employees, aliases, forecasts, rosters and attendance of one site, as CSV.

Employees and aliases are complete snapshots as known on a day. Times are the site's own, without a zone.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np

from simulator.centre import Site
from simulator.people import HOURS_A_WEEK, Conduct, Staff, shift


def _write(path: Path, header: str, rows: Iterable[Sequence[object]], site: Site) -> None:
    """Write a CSV file; the Chinese system puts a byte order mark first, as spreadsheets there want it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    encoding = "utf-8-sig" if site.language == "zh" else "utf-8"
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(rows)


PLANNED_HANDLE_SECONDS, PLANNED_OCCUPANCY = 260, 0.8
"""What the planners reckon with."""

STATUSES = {"active": "Active", "long_leave": "Long leave", "left": "Left"}


def write_employees(path: Path, site: Site, staff: Staff, known: date) -> None:
    """Write everybody hired up to ``known``, a row for each period of the employment."""
    rows = []
    for employee in staff.everyone:
        if employee.site is not site:
            continue
        left = employee.left if employee.left and employee.left < known else None
        for period in employee.periods(known):
            leader = staff.leaders.get(period.team, "")
            rows.append(
                (
                    employee.number,
                    employee.name,
                    period.since,
                    period.until or "",
                    period.team,
                    "" if leader == employee.number else leader,
                    employee.role,
                    HOURS_A_WEEK,
                    employee.hired,
                    left or "",
                    employee.leave_reason if left else "",
                    STATUSES[period.status],
                )
            )
    header = "Employee No,Name,Valid from,Valid to,Team,Leader No,Role,Hours per week,Hired,Left,Leave reason,Status"
    _write(path, header, rows, site)


def write_aliases(path: Path, site: Site, staff: Staff, known: date) -> None:
    """Write the logins of the agents: the extension, or the chat system's user id and e-mail address."""
    rows = []
    for employee in staff.agents(site):
        if employee.hired > known:
            continue
        until = employee.left if employee.left and employee.left < known else ""
        if employee.channel == "voice":
            rows.append((site.pbx, employee.login, employee.number, employee.hired, until))
        else:
            for login in (employee.user_id, employee.email):
                rows.append((site.desk, login, employee.number, employee.hired, until))
    _write(path, "System,Login,Employee No,From,To", rows, site)


def write_roster(path: Path, site: Site, staff: Staff, monday: date) -> None:
    """Write the roster of a week, published on the Thursday before."""
    published = datetime.combine(monday - timedelta(days=4), time(16))
    rows = []
    for employee in staff.agents(site):
        for offset in range(7):
            day = monday + timedelta(days=offset)
            midnight = datetime.combine(day, time())
            for n, segment in enumerate(shift(employee, day)):
                rows.append(
                    (
                        f"{employee.number}-{day:%Y%m%d}-{n + 1}",
                        employee.number,
                        segment.activity,
                        midnight + timedelta(minutes=segment.start),
                        midnight + timedelta(minutes=segment.end),
                        "N" if segment.activity == "Meal" else "Y",
                        published,
                    )
                )
    _write(path, "Shift ID,Employee No,Activity,Start,End,Paid,Published", rows, site)


def write_forecast(path: Path, site: Site, monday: date, daily: float, rng: np.random.Generator) -> None:
    """Write the forecast of a week's calls by half hours, published hours before the roster that was made from it.

    ``daily`` is the mean number of calls of the site on an average day. The planners expect the usual shape of a day,
    are off by some percent and know nothing of the late queue's night.
    """
    published = datetime.combine(monday - timedelta(days=4), time(10))
    rows = []
    for queue in site.queues:
        for offset in range(7):
            day = monday + timedelta(days=offset)
            expected = daily * queue.share * site.weekdays[day.weekday()] * rng.lognormal(0.0, 0.08)
            for half in range(2 * len(site.hourly)):
                contacts = expected * site.hourly[half // 2] / sum(site.hourly) / 2
                start = datetime.combine(day, time(site.opens)) + timedelta(minutes=30 * half)
                needed = contacts * PLANNED_HANDLE_SECONDS / 1800 / PLANNED_OCCUPANCY
                rows.append(
                    (queue.key, start, 30, f"{contacts:.1f}", PLANNED_HANDLE_SECONDS, f"{needed:.2f}", published)
                )
    _write(path, "Queue,Start,Minutes,Calls,Handle seconds,People,Published", rows, site)


def write_attendance(path: Path, site: Site, staff: Staff, day: date, conducts: dict[str, Conduct]) -> None:
    """Write a day's attendance: what the rostered agents did, and that the others were off."""
    rows = []
    for employee in staff.agents(site):
        if not employee.is_working(day):
            continue
        done = conducts.get(employee.number)
        if done is None:
            rows.append((employee.number, day, "", "", "Off", ""))
        else:
            clocked = [site.wall(at) if at is not None else "" for at in (done.clock_in, done.clock_out)]
            rows.append((employee.number, day, *clocked, done.status, done.leave_type))
    _write(path, "Employee No,Date,In,Out,Status,Leave type", rows, site)
