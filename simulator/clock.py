"""Simulated time: an event queue that runs handlers in the order of time.

It knows nothing of calls or chats. Handlers are called as ``handler(now, subject)``.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import Any, Protocol


class Subject(Protocol):
    """Something that events happen to. Raising ``turn`` voids what was scheduled for it before."""

    turn: int


class Clock:
    """A heap of future events. Events of one instant run in the order in which they were scheduled."""

    def __init__(self) -> None:
        self._events: list[tuple[float, int, Callable[[float, Any], None], Any, int]] = []
        self._order = count()

    def at(self, when: float, handler: Callable[[float, Any], None], subject: object) -> None:
        """Schedule an event that nothing can void."""
        heappush(self._events, (when, next(self._order), handler, subject, -1))

    def while_same(self, when: float, handler: Callable[[float, Any], None], subject: Subject) -> None:
        """Schedule an event that falls away when the subject's ``turn`` has changed by then."""
        heappush(self._events, (when, next(self._order), handler, subject, subject.turn))

    def run(self, until: float) -> None:
        """Run every event before ``until`` (an epoch second)."""
        events = self._events
        while events and events[0][0] < until:
            now, _, handler, subject, turn = heappop(events)
            if turn < 0 or subject.turn == turn:
                handler(now, subject)


def next_bit(mask: int, after: int) -> int:
    """Return the lowest set bit above ``after``, or, round robin, the lowest of all; ``mask`` must not be 0."""
    higher = mask >> (after + 1)
    if higher:
        return after + (higher & -higher).bit_length()
    return (mask & -mask).bit_length() - 1
