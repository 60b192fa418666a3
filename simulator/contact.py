"""A contact that an agent has finished, as the systems hand it to quality assurance."""

from __future__ import annotations

from typing import NamedTuple

from simulator.people import Channel, Employee


class Contact(NamedTuple):
    """A finished contact: the system's own id, who ended it, its start (epoch second) and its length in seconds.

    ``caller`` is the number that the customer called from; chats show none.
    """

    id: str
    channel: Channel
    agent: Employee
    started: float
    seconds: float
    caller: str | None = None
