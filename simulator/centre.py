"""The invented contact centre: its sites, queues, inboxes, opening hours and the shape of its traffic.

Everything here is fixed knowledge about the place. Who works there is ``people``; what goes wrong is ``incidents``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np

Language = Literal["zh", "en"]

VOICE_SHARE = 0.7
"""Share of the contacts that arrive by telephone; the rest are chats."""


@dataclass(frozen=True)
class Queue:
    """A voice queue: its key in the telephone system, its extension and its share of the site's calls."""

    key: str
    extension: str
    share: float


@dataclass(frozen=True)
class Inbox:
    """A chat inbox. ``has_bot``: a bot opens the conversation and hands it over."""

    id: int
    name: str
    channel_type: str
    share: float
    has_bot: bool


@dataclass(frozen=True)
class ShiftPattern:
    """A day's work, in minutes from local midnight; an end after 1440 lies on the next day."""

    start: int
    end: int
    meal: int


@dataclass(frozen=True)
class Site:
    """One site.

    ``hourly`` holds the relative traffic of each opening hour, ``weekdays`` that of Monday to Sunday (mean 1).
    ``share`` is the site's part of all contacts. Shifts are assigned in the order and frequency of ``shifts``;
    ``days_off`` are the pairs of weekdays off, assigned likewise. Numbers of conversations and of telephone channels
    start apart, so that a contact's id names it in the whole centre.
    """

    key: str
    prefix: str
    language: Language
    zone: ZoneInfo
    opens: int
    hourly: tuple[float, ...]
    weekdays: tuple[float, ...]
    share: float
    queues: tuple[Queue, ...]
    inboxes: tuple[Inbox, ...]
    shifts: tuple[ShiftPattern, ...]
    days_off: tuple[tuple[int, int], ...]
    first_extension: int
    first_conversation: int
    first_channel: int
    account_id: int
    bot: str
    late_queue: str | None = None

    @property
    def pbx(self) -> str:
        """Name of the site's telephone system, as the alias lists and the landing folders call it."""
        return f"pbx_{self.key}"

    @property
    def desk(self) -> str:
        """Name of the site's chat system."""
        return f"chat_{self.key}"

    def instant(self, day: date, seconds: float = 0.0) -> float:
        """Epoch second of ``seconds`` after the local midnight that begins ``day``, read on the wall clock."""
        whole, part = divmod(seconds, 1)
        wall = datetime.combine(day, time()) + timedelta(seconds=whole)
        return wall.replace(tzinfo=self.zone).timestamp() + part

    def wall(self, epoch: float) -> datetime:
        """Naive local time of an epoch second."""
        return datetime.fromtimestamp(int(epoch), self.zone).replace(tzinfo=None)

    def is_late(self, day: date) -> bool:
        """Whether the late queue stays open to half past midnight on ``day`` (Fridays and Saturdays)."""
        return self.late_queue is not None and day.weekday() in LATE_WEEKDAYS


LATE_WEEKDAYS = (4, 5)
LATE_HOURS = (3.2, 3.2, 1.6)
"""Relative traffic of the late queue from 22 to 23, 23 to 24 and 0 to 0:30."""

LATE_SHIFT = ShiftPattern(16 * 60 + 15, 24 * 60 + 45, 20 * 60)

CHENGDU = Site(
    key="chengdu",
    prefix="cd",
    language="zh",
    zone=ZoneInfo("Asia/Shanghai"),
    opens=8,
    hourly=(4, 6.5, 9, 9.5, 7, 5, 8, 9.5, 9.5, 6.5, 4.4, 4.4, 3.3, 2.4),
    weekdays=(1.15, 1.07, 1.02, 1.0, 1.0, 0.9, 0.86),
    share=0.55,
    queues=(Queue("cd_sales", "6001", 0.3), Queue("cd_service", "6002", 0.45), Queue("cd_billing", "6003", 0.25)),
    inboxes=(
        Inbox(11, "官网在线客服", "Channel::WebWidget", 0.65, True),
        Inbox(12, "微信公众号", "Channel::Api", 0.35, False),
    ),
    shifts=(
        ShiftPattern(8 * 60, 16 * 60 + 30, 12 * 60),
        ShiftPattern(9 * 60 + 30, 18 * 60, 13 * 60),
        ShiftPattern(13 * 60 + 45, 22 * 60 + 15, 17 * 60 + 30),
        ShiftPattern(8 * 60 + 30, 17 * 60, 12 * 60 + 30),
        ShiftPattern(11 * 60 + 30, 20 * 60, 16 * 60),
        ShiftPattern(8 * 60, 16 * 60 + 30, 12 * 60),
        ShiftPattern(9 * 60 + 30, 18 * 60, 13 * 60),
        ShiftPattern(13 * 60 + 45, 22 * 60 + 15, 17 * 60 + 30),
    ),
    days_off=((5, 6), (2, 3), (6, 0), (4, 5), (1, 2), (5, 6), (3, 4)),
    first_extension=1001,
    first_conversation=20_001,
    first_channel=1,
    account_id=1,
    bot="小宝",
    late_queue="cd_service",
)

MANCHESTER = Site(
    key="manchester",
    prefix="mc",
    language="en",
    zone=ZoneInfo("Europe/London"),
    opens=8,
    hourly=(4, 6.5, 9, 9.5, 8, 7.5, 9.5, 10, 9, 5.5, 3.6, 2.4),
    weekdays=(1.25, 1.14, 1.08, 1.05, 1.08, 0.8, 0.6),
    share=0.45,
    queues=(Queue("mc_sales", "7001", 0.25), Queue("mc_service", "7002", 0.45), Queue("mc_billing", "7003", 0.3)),
    inboxes=(
        Inbox(21, "Website chat", "Channel::WebWidget", 0.6, True),
        Inbox(22, "App chat", "Channel::Api", 0.4, False),
    ),
    shifts=(
        ShiftPattern(8 * 60, 16 * 60 + 30, 12 * 60),
        ShiftPattern(11 * 60 + 45, 20 * 60 + 15, 16 * 60),
        ShiftPattern(9 * 60 + 30, 18 * 60, 13 * 60),
        ShiftPattern(8 * 60, 16 * 60 + 30, 12 * 60),
        ShiftPattern(11 * 60 + 45, 20 * 60 + 15, 16 * 60),
        ShiftPattern(8 * 60 + 30, 17 * 60, 12 * 60 + 30),
        ShiftPattern(9 * 60 + 30, 18 * 60, 13 * 60),
        ShiftPattern(11 * 60 + 45, 20 * 60 + 15, 16 * 60),
        ShiftPattern(8 * 60, 16 * 60 + 30, 12 * 60),
    ),
    days_off=((5, 6), (1, 2), (5, 6), (3, 4), (6, 0), (2, 3), (5, 6)),
    first_extension=2001,
    first_conversation=700_001,
    first_channel=40_000_000,
    account_id=2,
    bot="Robin",
)

SITES = (CHENGDU, MANCHESTER)


def _draw(rng: np.random.Generator, mean: float, weights: tuple[float, ...], edges: np.ndarray) -> np.ndarray:
    """Draw sorted Poisson arrivals whose intensity is constant between ``edges`` and proportional to ``weights``."""
    bounds = np.concatenate(([0.0], np.cumsum(weights)))
    return np.sort(np.interp(rng.random(rng.poisson(mean)) * bounds[-1], bounds, edges))


def arrivals(rng: np.random.Generator, site: Site, day: date, daily: float, late: bool = False) -> np.ndarray:
    """Draw the arrival times of one queue or inbox as epoch seconds, ascending.

    ``daily`` is the mean number of an average day; weekday and a daily accident of a few percent change it.
    ``late`` adds the traffic of a late opening, which no average counts.
    """
    mean = daily * site.weekdays[day.weekday()] * rng.lognormal(0.0, 0.03)
    opening = site.opens * 3600.0
    hours = opening + 3600.0 * np.arange(len(site.hourly) + 1)
    drawn = _draw(rng, mean, site.hourly, hours)
    if late:
        extra = np.array([hours[-1], hours[-1] + 3600, hours[-1] + 7200, hours[-1] + 9000])
        share = sum(LATE_HOURS) / sum(site.hourly)
        drawn = np.concatenate((drawn, _draw(rng, mean * share, LATE_HOURS, extra)))
    return drawn + (site.instant(day, opening) - opening)
