"""The staff: who is employed when, in which team, with which logins, and what a day of theirs looks like.

A roster says what should happen, ``Conduct`` what a person really does of it. Files of the HR system are ``hr``;
what agents do on the telephone or in chats is ``telephony`` and ``chat``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Literal, NamedTuple

import numpy as np

from simulator.centre import LATE_SHIFT, SITES, Site

Channel = Literal["voice", "chat"]

VOICE_STAFF = 0.6
"""Share of a site's agents who work on the telephone."""

TEAM_SIZE = 9
EVALUATOR = 90
"""Turn of a site's evaluator among its superiors."""

HOURS_A_WEEK = 40
LEAVERS = 4 / 20
"""Most leavers of a run, for each telephone agent in Chengdu."""
CLASS_SIZE = 8 / 60
"""New hires of the class that starts in the third week, for each agent of the centre."""

SURNAMES = {
    "zh": "王 李 张 刘 陈 杨 黄 赵 周 吴",
    "en": "Ashworth Bennett Clarke Davies Ellis Foster Greenhalgh Hughes Iqbal Jackson Khan Lomax Mitchell Norris "
    "Openshaw Patel Rawlinson Schofield Taylor Whittaker",
}
GIVEN_NAMES = {
    "zh": "伟 芳 娜 敏 静 磊 军 洋 艳 勇 杰 涛 明 超 霞 平 刚 婷婷 雪梅 建华 思远 晓峰 佳怡 志强 欣然 丽萍 海燕",
    "en": "Aisha Ben Chloe Daniel Emily Farah George Hannah Imran Jade Kieran Laura Marcus Nadia Oliver Priya Rachel "
    "Sam Tom Usman Vicky Will Yasmin Zoe",
}
"""Families differ from those of the customers, so that no customer is called as somebody of the staff."""


class Period(NamedTuple):
    """A stretch of an employment in which nothing changed; ``until`` is its last day, None an open end."""

    since: date
    until: date | None
    team: str
    status: Literal["active", "long_leave", "left"]


@dataclass
class Employee:
    """One employee and everything that will ever happen to the employment.

    ``pace`` multiplies handling times, ``quality`` is the mean of ten for an item of a scorecard, ``turn`` spreads
    shifts, breaks and days off over the staff.
    """

    number: str
    name: str
    site: Site
    role: Literal["agent", "leader", "evaluator"]
    channel: Channel | None
    hired: date
    team: str
    turn: int
    pace: float = 1.0
    quality: float = 8.7
    queues: tuple[str, ...] = ()
    login: str | None = None
    user_id: int | None = None
    novice: bool = False
    moves: list[tuple[date, str]] = field(default_factory=list)
    left: date | None = None
    leave_reason: str = ""
    long_leave: tuple[date, date] | None = None

    @property
    def email(self) -> str:
        """Address of the employee at the centre."""
        return f"{self.number.lower()}@centre.example"

    def is_working(self, day: date) -> bool:
        """Whether the person is employed and not on long leave on ``day``."""
        if day < self.hired or (self.left is not None and day > self.left):
            return False
        return self.long_leave is None or not self.long_leave[0] <= day <= self.long_leave[1]

    def periods(self, known: date) -> list[Period]:
        """Return the history of the employment as it is known on ``known``: nothing later is in it."""
        changes: dict[date, dict[str, str]] = {self.hired: {"team": self.team, "status": "active"}}
        for day, team in self.moves:
            changes.setdefault(day, {})["team"] = team
        if self.long_leave:
            first, last = self.long_leave
            changes.setdefault(first, {})["status"] = "long_leave"
            changes.setdefault(last + timedelta(days=1), {})["status"] = "active"
        if self.left:
            changes.setdefault(self.left + timedelta(days=1), {})["status"] = "left"
        periods: list[Period] = []
        current = Period(self.hired, None, self.team, "active")
        for day in sorted(day for day in changes if day <= known):
            if periods:
                periods[-1] = current._replace(until=day - timedelta(days=1))
            current = current._replace(since=day, **changes[day])
            periods.append(current)
        return periods

    def pace_on(self, day: date) -> float:
        """Multiplier of handling times on ``day``; a novice starts at half as long again and learns slowly."""
        return self.pace * (1.55 - 0.3 * self._experience(day)) if self.novice else self.pace

    def quality_on(self, day: date) -> float:
        """Mean points of ten that an evaluator gives on ``day``."""
        return self.quality - 1.9 + self._experience(day) if self.novice else self.quality

    def _experience(self, day: date) -> float:
        return min(1.0, (day - self.hired).days / 56)


@dataclass(frozen=True)
class Staff:
    """Everybody who is ever employed, and the leader of each team."""

    everyone: tuple[Employee, ...]
    leaders: dict[str, str]

    def agents(self, site: Site, channel: Channel | None = None) -> list[Employee]:
        """Agents of a site, of one channel or of both, in the order of their numbers."""
        return [
            e
            for e in self.everyone
            if e.role == "agent" and e.site is site and (channel is None or e.channel == channel)
        ]

    def evaluators(self, site: Site) -> list[Employee]:
        """Those who fill in scorecards at a site: its evaluator and its leaders."""
        return [e for e in self.everyone if e.role != "agent" and e.site is site]


def monday_from(day: date) -> date:
    """Return ``day`` if it is a Monday, else the next Monday."""
    return day + timedelta(days=-day.weekday() % 7)


def workforce(rng: np.random.Generator, agents: int, start: date, days: int) -> Staff:
    """Employ ``agents`` agents with their leaders and evaluators, and lay down what happens to them over ``days``."""
    everyone: list[Employee] = []
    leaders: dict[str, str] = {}
    for site in SITES:
        size = round(agents * site.share)
        voice = round(size * VOICE_STAFF)
        recruits: list[Employee] = []
        sizes: dict[Channel, int] = {"voice": voice, "chat": size - voice}
        for channel, count in sizes.items():
            teams = [f"{site.prefix}_{channel}_{n + 1}" for n in range(max(1, round(count / TEAM_SIZE)))]
            for n in range(count):
                recruits.append(_recruit(rng, site, channel, len(recruits), teams[n % len(teams)], start))
            for team in teams:
                turn = len(leaders) + (len(leaders) >= EVALUATOR)
                leader = _superior(rng, site, "leader", team, turn, start)
                leaders[team] = leader.number
                everyone.append(leader)
        everyone.append(_superior(rng, site, "evaluator", f"{site.prefix}_quality", EVALUATOR, start))
        everyone.extend(recruits)
    staff = Staff(tuple(everyone), leaders)
    _change(staff, start, days)
    return replace(staff, everyone=(*everyone, *_class(rng, staff, agents, start, days)))


def _name(rng: np.random.Generator, site: Site) -> str:
    family = str(rng.choice(SURNAMES[site.language].split()))
    given = str(rng.choice(GIVEN_NAMES[site.language].split()))
    return family + given if site.language == "zh" else f"{given} {family}"


def _recruit(rng: np.random.Generator, site: Site, channel: Channel, turn: int, team: str, start: date) -> Employee:
    queues = [queue.key for queue in site.queues]
    employee = Employee(
        number=f"{site.prefix.upper()}{turn + 101:04d}",
        name=_name(rng, site),
        site=site,
        role="agent",
        channel=channel,
        hired=start - timedelta(days=int(rng.integers(90, 2200))),
        team=team,
        turn=turn,
        pace=min(1.25, max(0.8, rng.normal(1.0, 0.08))),
        quality=min(9.6, max(7.8, rng.normal(8.8, 0.35))),
    )
    if channel == "voice":
        employee.queues = tuple(q for n, q in enumerate(queues) if n != (turn + 2) % len(queues))
        employee.login = f"PJSIP/{site.first_extension + turn}"
    else:
        employee.user_id = site.account_id * 10_000 + turn
    return employee


def _superior(
    rng: np.random.Generator, site: Site, role: Literal["leader", "evaluator"], team: str, turn: int, start: date
) -> Employee:
    # agents are numbered from 101 on: leaders for whom there is no room below stand far above
    number = turn + 1 if turn <= EVALUATOR else turn + 90_001
    return Employee(
        number=f"{site.prefix.upper()}{number:04d}",
        name=_name(rng, site),
        site=site,
        role=role,
        channel=None,
        hired=start - timedelta(days=int(rng.integers(900, 3600))),
        team=team,
        turn=turn,
    )


def _change(staff: Staff, start: date, days: int) -> None:
    """Let some agents move to another team, some leave, and one go on long leave, where the period has room."""
    chengdu, manchester = SITES
    voice, chat = staff.agents(chengdu, "voice"), staff.agents(manchester, "chat")
    leaving = (
        (voice[-1:], 0.17, "Resignation"),
        (voice[-4:-3], 0.35, "Resignation"),
        (chat[-1:], 0.5, "End of contract"),
        (voice[-6:-5], 0.75, "Dismissal"),
    )
    if days >= 7:
        for chosen, fraction, reason in leaving[: max(1, round(len(voice) * LEAVERS))]:
            for employee in chosen:
                employee.left = start + timedelta(days=int(days * fraction))
                employee.leave_reason = reason
        for employee in voice[1:2]:
            first = start + timedelta(days=int(days * 0.3))
            employee.long_leave = (first, first + timedelta(days=119))
    moving = monday_from(start + timedelta(days=int(days * 0.45)))
    for site in SITES:
        for channel in ("voice", "chat"):
            agents = staff.agents(site, channel)
            teams = sorted({e.team for e in agents})
            for employee in agents[2:4] if len(teams) > 1 else []:
                employee.moves.append((moving, teams[(teams.index(employee.team) + 1) % len(teams)]))


def _class(rng: np.random.Generator, staff: Staff, agents: int, start: date, days: int) -> Iterator[Employee]:
    """Hire the class of the third week: telephone agents in Chengdu; the first inherits a leaver's extension."""
    site = SITES[0]
    day = monday_from(start + timedelta(days=14))
    if day >= start + timedelta(days=days):
        return
    veterans = staff.agents(site, "voice")
    free = [e.login for e in veterans if e.left is not None and e.left < day]
    for n in range(max(2, round(agents * CLASS_SIZE))):
        turn = len(staff.agents(site)) + n
        novice = _recruit(rng, site, "voice", turn, veterans[n % len(veterans)].team, start)
        yield replace(novice, hired=day, novice=True, login=free.pop() if free else novice.login)


class Segment(NamedTuple):
    """A scheduled activity, in minutes from the local midnight of the working day."""

    activity: Literal["Work", "Break", "Meal", "Training", "Meeting"]
    start: int
    end: int


def shift(employee: Employee, day: date) -> list[Segment]:
    """Return the roster of an agent's day, empty when there is no work that day."""
    site, turn = employee.site, employee.turn
    if not employee.is_working(day) or day.weekday() in site.days_off[turn % len(site.days_off)]:
        return []
    pattern = site.shifts[(turn + day.isocalendar().week) % len(site.shifts)]
    if site.is_late(day) and site.late_queue in employee.queues and (turn + day.toordinal()) % 5 == 0:
        pattern = LATE_SHIFT
    start, end = pattern.start, pattern.end
    meal = pattern.meal + turn % 4 * 30
    pauses = [
        Segment("Break", start + 90 + turn % 4 * 15, start + 105 + turn % 4 * 15),
        Segment("Meal", meal, meal + 30),
        Segment("Break", meal + 105, meal + 120),
    ]
    if day.weekday() == turn % 5:
        pauses.append(Segment("Training", start + 150, start + 210))
    if day.weekday() == turn // 3 % 5:
        pauses.append(Segment("Meeting", meal + 60, meal + 90))
    pauses.sort(key=lambda segment: segment.start)
    segments = []
    for pause in pauses:
        if pause.start > start:
            segments.append(Segment("Work", start, pause.start))
        segments.append(pause)
        start = pause.end
    return [*segments, Segment("Work", start, end)]


class Pause(NamedTuple):
    """An interruption that falls due at an epoch second and lasts some seconds."""

    due: float
    reason: str
    seconds: float


@dataclass
class Conduct:
    """What a rostered person did that day; times are epoch seconds, None when the person did not come."""

    employee: Employee
    status: Literal["Present", "Absent", "Leave", "Half day"]
    leave_type: str = ""
    clock_in: float | None = None
    clock_out: float | None = None
    log_in: float = 0.0
    log_out: float = 0.0
    pauses: list[Pause] = field(default_factory=list)


REASONS = {"Break": "Break", "Meal": "Lunch", "Training": "Training", "Meeting": "Meeting"}
"""Pause reasons of the telephone system by scheduled activity."""


def conduct(
    rng: np.random.Generator, employee: Employee, day: date, segments: list[Segment], delay: float = 0.0
) -> Conduct:
    """Let an agent live through a rostered day; ``delay`` are seconds by which something beyond them holds them up."""
    fate = rng.random()
    if fate < 0.025:
        return Conduct(employee, "Absent")
    if fate < 0.055:
        return Conduct(employee, "Leave", str(rng.choice(("Annual", "Sick", "Personal"), p=(0.6, 0.3, 0.1))))
    site = employee.site
    late = float(rng.uniform(600, 2700)) if rng.random() < 0.03 else float(rng.normal(20, 100))
    log_in = site.instant(day, segments[0].start * 60) + max(late, -240) + delay
    log_out = site.instant(day, segments[-1].end * 60) + float(rng.normal(30, 120))
    status = "Present"
    if fate < 0.065:
        status = "Half day"
        log_out = site.instant(day, segments[len(segments) // 2].start * 60)
    pauses = []
    for segment in segments:
        if segment.activity == "Work":
            continue
        due = site.instant(day, segment.start * 60) + float(rng.normal(30, 120))
        planned = (segment.end - segment.start) * 60.0
        over = float(rng.gamma(1.3, 150)) - 60 if segment.activity == "Meal" else float(rng.normal(20, 60))
        if log_in + 300 < due < log_out - planned:
            pauses.append(Pause(due, REASONS[segment.activity], planned + over))
    return Conduct(
        employee,
        status,
        clock_in=log_in - float(rng.uniform(90, 420)),
        clock_out=log_out + float(rng.uniform(60, 480)),
        log_in=log_in,
        log_out=log_out,
        pauses=pauses,
    )
