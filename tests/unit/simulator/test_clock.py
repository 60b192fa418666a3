"""Events run in the order of time, void ones not at all; agents are picked round robin."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from simulator.clock import Clock, next_bit


@dataclass
class Thing:
    """Something that events happen to."""

    name: str
    turn: int = 0


def test_events_run_in_order_up_to_the_given_time():
    clock, done = Clock(), []
    for when, name in ((5.0, "late"), (1.0, "first"), (2.0, "second"), (2.0, "third")):
        clock.at(when, lambda now, name: done.append((now, name)), name)
    clock.run(5.0)
    assert done == [(1.0, "first"), (2.0, "second"), (2.0, "third")]
    clock.run(5.1)
    assert done[-1] == (5.0, "late")


def test_an_event_falls_away_when_its_subject_has_moved_on():
    clock, done, thing = Clock(), [], Thing("call")
    clock.while_same(1.0, lambda now, _: done.append(now), thing)
    thing.turn += 1
    clock.while_same(2.0, lambda now, _: done.append(now), thing)
    clock.run(10)
    assert done == [2.0]


def test_an_event_may_schedule_another_at_once():
    clock, done = Clock(), []

    def again(now: float, left: int) -> None:
        done.append(now)
        if left:
            clock.at(now, again, left - 1)

    clock.at(1.0, again, 2)
    clock.run(1.5)
    assert done == [1.0, 1.0, 1.0]


@given(st.sets(st.integers(0, 200), min_size=1), st.integers(-1, 210))
def test_next_bit_goes_round(bits: set[int], after: int):
    mask = sum(1 << bit for bit in bits)
    higher = [bit for bit in bits if bit > after]
    assert next_bit(mask, after) == (min(higher) if higher else min(bits))
