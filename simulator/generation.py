"""Runs the centre day by day and lays its files into a landing folder, as the systems of a centre would.

Files are complete when they appear and are never written again, except where a delivery goes wrong on purpose (a
duplicate under another name, a rotation that overlaps two days). What really happened is written beside, as truth.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TextIO

import numpy as np

from simulator import hr
from simulator.back_office import BackOffice
from simulator.centre import MANCHESTER, SITES, VOICE_SHARE, Site
from simulator.chat import ChatSystem
from simulator.contact import Contact
from simulator.customers import Customers
from simulator.incidents import HELD_UP_SECONDS, Incidents, plan
from simulator.people import Conduct, Staff, conduct, shift, workforce
from simulator.quality import QualityOffice, write_workbook
from simulator.telephony import Pbx

Progress = Callable[[str], object]
"""Told in a line, after each week and at the end, how far the simulation is."""

DUPLICATED_DAY = RESENT_DAY = 1
"""Which day's log (from 0) is delivered twice in Manchester, and after which Chengdu sends an overlapping one."""


@dataclass(frozen=True)
class Summary:
    """What a run wrote: files in the landing folder, contacts by channel, distinct identifiers of customers."""

    files: int
    calls: int
    conversations: int
    identifiers: int

    @property
    def contacts(self) -> int:
        """Calls and conversations together."""
        return self.calls + self.conversations


def generate(
    landing: Path,
    truth: Path,
    *,
    days: int = 60,
    contacts_per_day: int = 2000,
    agents: int = 60,
    seed: int = 20260831,
    start: date = date(2026, 8, 31),
    progress: Progress | None = None,
) -> Summary:
    """Simulate a centre and write its files; the same arguments give the same bytes.

    About 33 contacts a day for each agent load the centre as usual; far more drown it, as they would a real one.

    Args:
        landing: folder that receives one folder for each source; made if it is not there.
        truth: JSON file for the injected incidents; all identifiers of customers go to ``customers.txt`` beside it.
        days: calendar days from ``start``.
        contacts_per_day: mean number of calls and conversations of an average day.
        agents: agents at the start; leaders, evaluators and a later class of new hires come on top.
        seed: makes one run differ from another.
        start: first day.
        progress: called with a line after each week and at the end.

    Raises:
        ValueError: ``truth`` lies inside ``landing``, or a number is too small to make a centre.
    """
    if landing.resolve() in truth.resolve().parents:
        raise ValueError(f"the truth must lie outside the landing folder: {truth}")
    if days < 1 or contacts_per_day < 1 or agents < 10:
        raise ValueError("a centre wants at least one day, one contact a day and ten agents")
    truth.parent.mkdir(parents=True, exist_ok=True)
    staff = workforce(np.random.default_rng((seed, 0)), agents, start, days)
    incidents = plan(staff, start, days)
    office = QualityOffice(staff, (seed, 1))
    back_office = BackOffice(staff, start, (seed, 4))
    with truth.with_name("customers.txt").open("w", encoding="utf-8") as record:
        houses = [_House(site, landing, staff, incidents, contacts_per_day, seed, record) for site in SITES]
        files = 0
        for offset in range(days):
            day = start + timedelta(days=offset)
            for house in houses:
                house.open(day, is_first=offset == 0)
                contacts = house.close(day, offset)
                office.review(house.site, day, contacts)
                back_office.record(house.site, day, contacts, house.customers, house.conducts)
                back_office.review_wording(house.site, day, house.chats.drain_curt())
            if day.weekday() == 6 or offset == days - 1:
                files += _hand_over_scorecards(landing, office, back_office, day)
                if progress:
                    progress(f"simulated {offset + 1} of {days} days, to {day}")
            if day.weekday() == 6:
                files += back_office.hand_over(landing, day)
    summary = Summary(
        files=files + sum(house.files for house in houses),
        calls=sum(house.pbx.calls for house in houses),
        conversations=sum(house.chats.conversations for house in houses),
        identifiers=sum(house.customers.identifiers for house in houses),
    )
    record_of_truth = {
        "seed": seed,
        "start": str(start),
        "days": days,
        "contacts_per_day": contacts_per_day,
        "agents": agents,
        "calls": summary.calls,
        "conversations": summary.conversations,
        "incidents": incidents.truth(start + timedelta(days=days - 1)),
        "deliveries": [delivery for house in houses for delivery in house.deliveries],
    }
    truth.write_text(json.dumps(record_of_truth, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return summary


def _hand_over_scorecards(landing: Path, office: QualityOffice, back_office: BackOffice, day: date) -> int:
    """Write the workbook of the ISO week that ``day`` ends, if there is anything in it; return the number of files.

    Leaders talk with agents about what it says.
    """
    saved = datetime.combine(day + timedelta(days=1), time())
    rows = office.finished(saved.replace(tzinfo=UTC).timestamp())
    if not rows:
        return 0
    write_workbook(landing / "qa" / f"scorecards_{_iso_week(day)}.xlsx", rows, saved)
    back_office.talk_about(rows, day)
    return 1


def _iso_week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


class _House:
    """One site with its systems: opened every morning, closed every midnight."""

    def __init__(
        self, site: Site, landing: Path, staff: Staff, incidents: Incidents, daily: int, seed: int, record: TextIO
    ) -> None:
        self.site = site
        self.customers = Customers(site, record)
        self.files = 0
        self.deliveries: list[dict[str, str]] = []
        self._landing = landing
        self._staff = staff
        self._incidents = incidents
        self._daily = daily * site.share
        self._seed = (seed, 2 + SITES.index(site))
        self._yesterday: list[str] = []
        self.conducts: dict[str, Conduct] = {}
        self.pbx = Pbx(site, staff.agents(site, "voice"), self.customers, (*self._seed, 0))
        self.chats = ChatSystem(site, staff.agents(site, "chat"), self.customers, (*self._seed, 1))
        if site is MANCHESTER and incidents.outage:
            self.pbx.break_down(*incidents.outage)

    def open(self, day: date, is_first: bool) -> None:
        """Let a day's contacts and people come, and hand over the HR files that are due in the morning."""
        site, staff = self.site, self._staff
        rng = np.random.default_rng((*self._seed, 2, day.toordinal()))
        self.pbx.open_day(rng, day, self._daily * VOICE_SHARE)
        self.chats.open_day(rng, day, self._daily * (1 - VOICE_SHARE))
        if day.weekday() == 2:
            self.pbx.reload(site.instant(day, 6 * 3600 + 600), restart=False)
        elif day.weekday() == 6:
            self.pbx.reload(site.instant(day, 4 * 3600 + 1800), restart=True)
        self.conducts = {}
        for employee in staff.agents(site):
            segments = shift(employee, day)
            if not segments:
                continue
            held_up = site is MANCHESTER and day == self._incidents.slow_day and segments[0].start < 12 * 60
            delay = float(rng.uniform(*HELD_UP_SECONDS)) if held_up else 0.0
            done = self.conducts[employee.number] = conduct(rng, employee, day, segments, delay)
            if done.clock_in is None:
                continue
            if employee.channel == "voice":
                self.pbx.staff(done, self._incidents.queues(employee, day), employee.pace_on(day))
            else:
                self.chats.staff(done, employee.pace_on(day))
        if is_first or day.weekday() == 0:
            folder = f"hr_{site.key}"
            hr.write_employees(self._file(folder, f"employees_{day}.csv"), site, staff, day)
            hr.write_aliases(self._file(folder, f"aliases_{day}.csv"), site, staff, day)
            monday = day - timedelta(days=day.weekday())
            planners = np.random.default_rng((*self._seed, 3, monday.toordinal()))
            path = self._file(folder, f"forecast_{_iso_week(day)}.csv")
            hr.write_forecast(path, site, monday, self._daily * VOICE_SHARE, planners)
            hr.write_roster(self._file(folder, f"roster_{_iso_week(day)}.csv"), site, staff, monday)

    def close(self, day: date, offset: int) -> list[Contact]:
        """Run to the midnight that ends ``day``, hand over the day's files and return its handled contacts."""
        site = self.site
        midnight = site.instant(day + timedelta(days=1))
        lines = self.pbx.drain(midnight)
        today = [line for _, line in lines]
        name = f"queue_log-{day:%Y%m%d}"
        self._write(site.pbx, name, today)
        if site is MANCHESTER and offset == DUPLICATED_DAY:
            self._write(site.pbx, f"{name}.copy", today)
            self._deliver("duplicate", f"{name}.copy", f"the bytes of {name} again")
        elif site is not MANCHESTER and offset == RESENT_DAY + 1:
            noon = site.instant(day, 12 * 3600)
            morning = [line for second, line in lines if second < noon]
            self._write(site.pbx, f"{name}-resent", [*self._yesterday, *morning])
            self._deliver("overlap", f"{name}-resent", "the afternoon of the day before and the morning of this day")
        noon = site.instant(day, 12 * 3600)
        self._yesterday = [line for second, line in lines if second >= noon] if offset == RESENT_DAY else []
        export = self.chats.export(midnight)
        self._write(site.desk, f"conversations_{day}.json", export.conversations)
        self._write(site.desk, f"messages_{day}.jsonl", export.messages)
        self._write(site.desk, f"csat_{day}.json", export.ratings)
        path = self._file(f"hr_{site.key}", f"attendance_{day}.csv")
        hr.write_attendance(path, site, self._staff, day, self.conducts)
        return self.pbx.drain_handled() + self.chats.drain_handled()

    def _deliver(self, kind: str, file: str, what: str) -> None:
        self.deliveries.append({"kind": kind, "source": self.site.pbx, "file": file, "what": what})

    def _file(self, folder: str, name: str) -> Path:
        self.files += 1
        return self._landing / folder / name

    def _write(self, folder: str, name: str, pieces: Iterable[str]) -> None:
        path = self._file(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(pieces)
