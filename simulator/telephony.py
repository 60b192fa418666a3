"""A telephone system of one site: calls queue, agents ring one at a time, and everything is written to a queue_log.

Events and their arguments are those of Asterisk 13 and later (docs.asterisk.org, Operation/Logging/Queue-Logs). The
queues use ``rrmemory``, ring one agent, and are served by whoever is free, the longest waiting caller first. Times
are simulated to the fraction of a second and written, as Asterisk does, in whole seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from random import Random
from typing import Literal, NamedTuple
from uuid import UUID

import numpy as np

from simulator.centre import Site, arrivals
from simulator.clock import Clock, next_bit
from simulator.contact import Contact
from simulator.customers import Customers
from simulator.people import Conduct, Employee

RING_LIMIT = 15.0
"""Seconds after which an unanswered ring goes on to the next agent."""
RING_IGNORED = 0.025
QUEUE_LIMIT = 600.0
"""Seconds after which the queue gives a caller up."""
MEAN_PATIENCE = 280.0
BALKERS = 0.025
"""Share of the callers who hang up within five seconds."""
TALK_MEDIAN = {"sales": 165.0, "service": 185.0, "billing": 200.0}
TALK_SPREAD = 0.62
BLIND_TRANSFERS = 0.05
ATTENDED_TRANSFERS = 0.012
BY_CALLER = 0.62

Ending = Literal["caller", "agent", "blind", "attended"]


class Call:
    """One visit of a caller to one queue. ``talk`` and ``wrap`` are seconds before the agent's pace."""

    __slots__ = ("ending", "entered", "id", "patience", "phone", "position", "queue", "seat", "talk", "turn", "wrap")

    def __init__(
        self, id: str, phone: int, queue: int, patience: float, talk: float, wrap: float, ending: Ending
    ) -> None:
        self.id = id
        self.phone = phone
        self.queue = queue
        self.patience = patience
        self.talk = talk
        self.wrap = wrap
        self.ending: Ending = ending
        self.entered = 0.0
        self.position = 0
        self.seat: Seat | None = None
        self.turn = 0


class Seat:
    """An agent at the telephone.

    ``due`` holds interruptions that wait for the end of the present work, ``reason`` is that of the present pause.
    ``call`` is there from the first ring to the end of the after-contact work.
    """

    __slots__ = (
        "bit",
        "call",
        "connected",
        "due",
        "employee",
        "login",
        "on_duty",
        "pace",
        "queues",
        "rang",
        "reason",
        "state",
        "turn",
    )
    call: Call

    def __init__(self, employee: Employee, bit: int) -> None:
        self.employee = employee
        self.login = employee.login
        self.bit = bit
        self.queues: tuple[int, ...] = ()
        self.pace = 1.0
        self.state: Literal["out", "idle", "ringing", "talking", "wrapping", "paused"] = "out"
        self.reason = ""
        self.rang = 0.0
        self.connected = 0.0
        self.due: list[tuple[str, float]] = []
        self.on_duty = False
        self.turn = 0


class Visit(NamedTuple):
    """An interruption on its way to a seat: why, and for how many seconds."""

    seat: Seat
    reason: str
    seconds: float


class Pbx:
    """The telephone system. Feed it days with ``open_day``, run its ``clock``, take the log with ``drain``."""

    def __init__(self, site: Site, staff: Iterable[Employee], customers: Customers, seed: Sequence[int]) -> None:
        self.clock = Clock()
        self.calls = 0
        self.handled: list[Contact] = []
        self._site = site
        self._customers = customers
        self._chance = Random(repr(tuple(seed)))
        self._seats = {employee.number: Seat(employee, n) for n, employee in enumerate(staff)}
        self._by_bit = list(self._seats.values())
        self._keys = [queue.key for queue in site.queues]
        self._waiting: list[list[Call]] = [[] for _ in site.queues]
        self._members = [0] * len(site.queues)
        self._last = [-1] * len(site.queues)
        self._idle = 0
        self._channel = site.first_channel
        self._lines: list[tuple[int, str]] = []
        self._is_down = False

    def open_day(self, rng: np.random.Generator, day: date, daily: float) -> None:
        """Schedule the calls of a day; ``daily`` is the mean number of calls of the site on an average day."""
        for index, queue in enumerate(self._site.queues):
            late = self._site.late_queue == queue.key and self._site.is_late(day)
            times = arrivals(rng, self._site, day, daily * queue.share, late)
            size = len(times)
            patience = np.where(
                rng.random(size) < BALKERS, rng.uniform(1, 4.9, size), rng.exponential(MEAN_PATIENCE, size) + 5
            )
            talk = rng.lognormal(np.log(TALK_MEDIAN[queue.key[3:]]), TALK_SPREAD, size).clip(8, 3000)
            wrap = rng.lognormal(np.log(32), 0.5, size).clip(10, 90)
            endings = rng.random(size)
            callers = self._customers.draw(rng, size)
            columns = (times.tolist(), callers, patience.tolist(), talk.tolist(), wrap.tolist(), endings.tolist())
            for at, caller, waits, talks, wraps, ends in zip(*columns, strict=True):
                self.clock.at(at, self._arrive, Call("", caller, index, waits, talks, wraps, _ending(ends)))

    def staff(self, conduct: Conduct, queues: Sequence[str], pace: float) -> None:
        """Schedule an agent's day as lived: log-in, interruptions, log-out. ``pace`` multiplies handling times."""
        seat = self._seats[conduct.employee.number]
        members = tuple(n for n, key in enumerate(self._keys) if key in queues)

        def come(now: float, seat: Seat) -> None:
            seat.queues, seat.pace, seat.on_duty = members, pace, True
            self._log_in(now, seat)

        self.clock.at(conduct.log_in, come, seat)
        for due, reason, seconds in conduct.pauses:
            self.clock.at(due, self._interrupt, Visit(seat, reason, seconds))
        self.clock.at(conduct.log_out, self._leave, seat)

    def reload(self, at: float, restart: bool) -> None:
        """Schedule a reload of the configuration, or a restart, at a time when nobody is logged in."""
        event = "QUEUESTART" if restart else "CONFIGRELOAD"
        self.clock.at(at, lambda now, _: self._write(now, f"NONE|NONE|NONE|{event}|"), None)

    def break_down(self, start: float, end: float) -> None:
        """Schedule an outage: nothing is written between ``start`` and ``end``, then the queues start anew."""
        self.clock.at(start, self._fail, None)
        self.clock.at(end, self._restart, None)

    def drain(self, before: float) -> list[tuple[int, str]]:
        """Take the lines written so far, as (epoch second, line); the clock must have run to ``before``."""
        self.clock.run(before)
        lines, self._lines = self._lines, []
        return lines

    def drain_handled(self) -> list[Contact]:
        """Take the calls that ended since the last time."""
        handled, self.handled = self.handled, []
        return handled

    def _write(self, now: float, rest: str) -> None:
        second = int(now)
        self._lines.append((second, f"{second}|{rest}\n"))

    def _next_channel(self, now: float) -> str:
        self._channel += 1
        return f"{int(now)}.{self._channel}"

    # Callers

    def _arrive(self, now: float, call: Call) -> None:
        if self._is_down:
            return
        call.id = self._next_channel(now - self._chance.uniform(4, 40))
        self.calls += 1
        self._enter(now, call)

    def _enter(self, now: float, call: Call) -> None:
        line = self._waiting[call.queue]
        line.append(call)
        call.entered, call.position = now, len(line)
        phone = self._customers.dial(call.phone)
        self._write(now, f"{call.id}|{self._keys[call.queue]}|NONE|ENTERQUEUE||{phone}|{call.position}")
        self.clock.while_same(now + min(call.patience, QUEUE_LIMIT), self._give_up, call)
        self._offer(now, call)

    def _give_up(self, now: float, call: Call) -> None:
        seat = call.seat
        key = self._keys[call.queue]
        if seat is not None:
            rang = int((now - seat.rang) * 1000)
            self._write(now, f"{call.id}|{key}|{seat.login}|RINGCANCELED|{rang}")
        line = self._waiting[call.queue]
        event = "ABANDON" if call.patience < QUEUE_LIMIT else "EXITWITHTIMEOUT"
        place = line.index(call) + 1
        self._write(now, f"{call.id}|{key}|NONE|{event}|{place}|{call.position}|{int(now) - int(call.entered)}")
        self._drop(call)
        if seat is not None:
            self._release(now, seat)

    def _drop(self, call: Call) -> None:
        self._waiting[call.queue].remove(call)
        call.turn += 1
        call.seat = None

    def _offer(self, now: float, call: Call) -> None:
        """Ring the next idle member of the call's queue, if there is one."""
        free = self._idle & self._members[call.queue]
        if free:
            bit = self._last[call.queue] = next_bit(free, self._last[call.queue])
            self._ring(now, self._by_bit[bit], call)

    # Agents

    def _log_in(self, now: float, seat: Seat) -> None:
        if self._is_down or seat.state != "out" or not seat.on_duty:
            return
        for queue in seat.queues:
            self._write(now, f"MANAGER|{self._keys[queue]}|{seat.login}|ADDMEMBER|")
            self._members[queue] |= 1 << seat.bit
        self._release(now, seat)

    def _leave(self, now: float, seat: Seat) -> None:
        seat.on_duty = False
        if seat.state == "paused":
            self._resume(now, seat)
        elif seat.state == "idle":
            self._log_out(now, seat)

    def _log_out(self, now: float, seat: Seat) -> None:
        self._idle &= ~(1 << seat.bit)
        for queue in seat.queues:
            self._write(now, f"MANAGER|{self._keys[queue]}|{seat.login}|REMOVEMEMBER|")
        self._clear(seat)

    def _clear(self, seat: Seat) -> None:
        """Take a seat out of every queue without a word."""
        for queue in seat.queues:
            self._members[queue] &= ~(1 << seat.bit)
        seat.state = "out"
        seat.due.clear()
        seat.turn += 1

    def _release(self, now: float, seat: Seat) -> None:
        """Let a seat that has finished something go home, take its break, or take the longest waiting call."""
        seat.turn += 1
        if not seat.on_duty:
            self._log_out(now, seat)
            return
        if seat.due:
            self._pause(now, seat, *seat.due.pop(0))
            return
        seat.state = "idle"
        self._idle |= 1 << seat.bit
        waiting = [call for queue in seat.queues for call in self._waiting[queue] if call.seat is None]
        if waiting:
            call = min(waiting, key=lambda call: call.entered)
            self._last[call.queue] = seat.bit
            self._ring(now, seat, call)

    def _interrupt(self, now: float, visit: Visit) -> None:
        seat = visit.seat
        if seat.state == "idle":
            self._idle &= ~(1 << seat.bit)
            self._pause(now, seat, visit.reason, visit.seconds)
        elif seat.state != "out":
            seat.due.append((visit.reason, visit.seconds))

    def _pause(self, now: float, seat: Seat, reason: str, seconds: float) -> None:
        seat.state, seat.reason = "paused", reason
        self._toggle(now, seat, "PAUSE", reason)
        self.clock.while_same(now + max(seconds, 60.0), self._resume, seat)

    def _resume(self, now: float, seat: Seat) -> None:
        self._toggle(now, seat, "UNPAUSE", seat.reason)
        self._release(now, seat)

    def _toggle(self, now: float, seat: Seat, event: str, reason: str) -> None:
        for queue in seat.queues:
            self._write(now, f"NONE|{self._keys[queue]}|{seat.login}|{event}|{reason}")

    def _ring(self, now: float, seat: Seat, call: Call) -> None:
        self._idle &= ~(1 << seat.bit)
        seat.state, seat.call, seat.rang = "ringing", call, now
        call.seat = seat
        if self._chance.random() < RING_IGNORED:
            self.clock.while_same(now + RING_LIMIT, self._ignore, seat)
        else:
            self.clock.while_same(now + min(RING_LIMIT - 1, 1.5 + self._chance.expovariate(0.4)), self._connect, seat)

    def _ignore(self, now: float, seat: Seat) -> None:
        call = seat.call
        self._write(now, f"{call.id}|{self._keys[call.queue]}|{seat.login}|RINGNOANSWER|{int(RING_LIMIT * 1000)}")
        call.seat = None
        self._offer(now, call)
        self._release(now, seat)

    def _connect(self, now: float, seat: Seat) -> None:
        call = seat.call
        self._drop(call)
        seat.turn += 1
        seat.state, seat.connected = "talking", now
        wait, rang = int(now) - int(call.entered), int(now - seat.rang)
        key, channel = self._keys[call.queue], self._next_channel(seat.rang)
        self._write(now, f"{call.id}|{key}|{seat.login}|CONNECT|{wait}|{channel}|{rang}")
        self.clock.while_same(now + call.talk * seat.pace, self._finish, seat)

    def _finish(self, now: float, seat: Seat) -> None:
        call = seat.call
        key = self._keys[call.queue]
        spent = f"{int(seat.connected) - int(call.entered)}|{int(now) - int(seat.connected)}|{call.position}"
        head = f"{call.id}|{key}|{seat.login}"
        caller = self._customers.dial(call.phone)
        self.handled.append(Contact(call.id, "voice", seat.employee, call.entered, now - seat.connected, caller))
        if call.ending == "blind":
            target = (call.queue + self._chance.choice((1, 2))) % len(self._keys)
            extension = self._site.queues[target].extension
            self._write(now, f"{head}|BLINDTRANSFER|{extension}|from-internal|{spent}")
            self._enter(now, self._transferred(call, target))
        elif call.ending == "attended":
            bridge = UUID(int=self._chance.getrandbits(128), version=4)
            self._write(now, f"{head}|ATTENDEDTRANSFER|BRIDGE|{bridge}|{spent}")
        else:
            self._write(now, f"{head}|COMPLETE{call.ending.upper()}|{spent}")
        seat.state = "wrapping"
        seat.turn += 1
        self._toggle(now, seat, "PAUSE", "ACW")
        wrap = min(90.0, call.wrap * seat.pace)
        self.clock.while_same(now + wrap, self._wrap_up, seat)

    def _transferred(self, call: Call, target: int) -> Call:
        """The next visit of a caller who was put through to another queue."""
        chance = self._chance
        talk = min(3000.0, chance.lognormvariate(5.25, TALK_SPREAD))
        wrap = min(90.0, max(10.0, chance.lognormvariate(3.4, 0.5)))
        patience = 5 + chance.expovariate(1 / MEAN_PATIENCE)
        return Call(call.id, call.phone, target, patience, talk, wrap, _ending(chance.uniform(0.08, 1)))

    def _wrap_up(self, now: float, seat: Seat) -> None:
        self._toggle(now, seat, "UNPAUSE", "ACW")
        self._release(now, seat)

    # The system itself

    def _fail(self, now: float, _: object) -> None:
        self._is_down = True
        self._idle = 0
        for line in self._waiting:
            for call in line:
                call.turn += 1
            line.clear()
        for seat in self._by_bit:
            self._clear(seat)

    def _restart(self, now: float, _: object) -> None:
        self._is_down = False
        self._write(now, "NONE|NONE|NONE|QUEUESTART|")
        for seat in self._by_bit:
            if seat.on_duty:
                self.clock.at(now + self._chance.uniform(5, 240), self._log_in, seat)


def _ending(chance: float) -> Ending:
    """Turn a number between 0 and 1 into the way a call ends."""
    if chance < BLIND_TRANSFERS:
        return "blind"
    if chance < BLIND_TRANSFERS + ATTENDED_TRANSFERS:
        return "attended"
    if chance < BLIND_TRANSFERS + ATTENDED_TRANSFERS + BY_CALLER:
        return "caller"
    return "agent"
