"""What goes wrong on purpose, and the record of it by which findings can be judged.

An incident that does not fit into the simulated days is left out. How an incident works on calls and people is
decided where calls and people are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from simulator.centre import CHENGDU, MANCHESTER, Site
from simulator.people import Employee, Staff, monday_from

OUTAGE_HOURS = (10, 12)
HELD_UP_SECONDS = (2700.0, 7200.0)
"""How much later than rostered an agent logs in on the slow morning, least and most."""

THIN_QUEUE = "cd_billing"
THIN_STAFF = 1 / 7
"""Share of the queue's members who are left in the understaffed week."""


@dataclass(frozen=True)
class Incidents:
    """The incidents of one run; None stands for one that does not fit."""

    outage: tuple[float, float] | None
    outage_day: date | None
    novices: tuple[Employee, ...]
    slow_day: date | None
    thin_week: tuple[date, date] | None
    thin_members: tuple[Employee, ...]

    def queues(self, employee: Employee, day: date) -> tuple[str, ...]:
        """Queues the agent serves on ``day``."""
        if self.thin_week is None or not self.thin_week[0] <= day <= self.thin_week[1]:
            return employee.queues
        return tuple(q for q in employee.queues if q != THIN_QUEUE or employee in self.thin_members)

    def truth(self, last: date) -> list[dict[str, Any]]:
        """Return the incidents as plain values for a JSON file; ``last`` is the last simulated day."""
        entries: list[dict[str, Any]] = []
        if self.outage:
            entries.append(
                {
                    "kind": "telephony_outage",
                    "site": MANCHESTER.key,
                    "source": MANCHESTER.pbx,
                    "queues": [queue.key for queue in MANCHESTER.queues],
                    "starts_at": _stamp(MANCHESTER, self.outage[0]),
                    "ends_at": _stamp(MANCHESTER, self.outage[1]),
                    "first_day": str(self.outage_day),
                    "last_day": str(self.outage_day),
                    "effect": "no call enters a queue, open calls are lost; the queues restart and agents log in again",
                    "indicators": {"contacts_offered": "down", "contacts_handled": "down", "occupancy_pct": "down"},
                }
            )
        if self.novices:
            hired = self.novices[0].hired
            entries.append(
                {
                    "kind": "new_hire_class",
                    "site": CHENGDU.key,
                    "channel": "voice",
                    "agents": [employee.number for employee in self.novices],
                    "teams": sorted({employee.team for employee in self.novices}),
                    "starts_at": _stamp(CHENGDU, CHENGDU.instant(hired)),
                    "ends_at": None,
                    "first_day": str(hired),
                    "last_day": str(last),
                    "effect": "calls take half as long again and items score 1.9 of 10 points less, better by the week",
                    "indicators": {"aht_sec": "up", "qa_score_avg": "down", "qa_pass_pct": "down"},
                }
            )
        if self.slow_day:
            opening = MANCHESTER.instant(self.slow_day, MANCHESTER.opens * 3600)
            entries.append(
                {
                    "kind": "slow_monday",
                    "site": MANCHESTER.key,
                    "starts_at": _stamp(MANCHESTER, opening),
                    "ends_at": _stamp(MANCHESTER, opening + 4 * 3600),
                    "first_day": str(self.slow_day),
                    "last_day": str(self.slow_day),
                    "effect": "every agent of the site who is due before noon logs in 45 to 120 minutes late",
                    "indicators": {
                        "schedule_adherence_pct": "down",
                        "asa_sec": "up",
                        "service_level_pct": "down",
                        "abandonment_rate_pct": "up",
                    },
                }
            )
        if self.thin_week:
            first, until = self.thin_week
            entries.append(
                {
                    "kind": "understaffed_queue",
                    "site": CHENGDU.key,
                    "queue": THIN_QUEUE,
                    "agents": [employee.number for employee in self.thin_members],
                    "starts_at": _stamp(CHENGDU, CHENGDU.instant(first)),
                    "ends_at": _stamp(CHENGDU, CHENGDU.instant(until + timedelta(days=1))),
                    "first_day": str(first),
                    "last_day": str(until),
                    "effect": "only the named agents serve the queue",
                    "indicators": {"service_level_pct": "down", "asa_sec": "up", "abandonment_rate_pct": "up"},
                }
            )
        return entries


def _stamp(site: Site, epoch: float) -> str:
    return datetime.fromtimestamp(int(epoch), site.zone).isoformat()


def plan(staff: Staff, start: date, days: int) -> Incidents:
    """Place the incidents in the simulated days, each where the days before it can serve as a comparison."""
    end = start + timedelta(days=days)
    outage = outage_day = None
    if days >= 3:
        outage_day = start + timedelta(days=days // 2)
        first, last = OUTAGE_HOURS
        outage = (MANCHESTER.instant(outage_day, first * 3600), MANCHESTER.instant(outage_day, last * 3600))
    slow_day = monday_from(start + timedelta(days=max(1, int(days * 0.7))))
    thin_from = monday_from(start + timedelta(days=max(1, int(days * 0.35))))
    thin_last = thin_from + timedelta(days=6)
    members = [e for e in staff.agents(CHENGDU, "voice") if THIN_QUEUE in e.queues and not e.novice]
    working = [e for e in members if e.is_working(thin_from) and e.is_working(thin_last)]
    left = max(1, round(len(members) * THIN_STAFF))
    fits = thin_last < end
    return Incidents(
        outage=outage,
        outage_day=outage_day,
        novices=tuple(e for e in staff.agents(CHENGDU) if e.novice),
        slow_day=slow_day if slow_day < end else None,
        thin_week=(thin_from, thin_last) if fits else None,
        thin_members=tuple(working[:: max(1, len(working) // left)][:left]) if fits else (),
    )
