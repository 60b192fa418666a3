"""What a suite found: plain records that travel between processes and cost nothing to import.

How they come about belongs to ``validate``, how they are shown to ``docs``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Finding:
    """Outcome of one expectation; ``name`` is the measure it judges, ``rule`` Great Expectations' name and the bounds.

    ``observed`` is the measure over the whole batch, ``unexpected`` the number of rows that break the rule (None where
    the rule is about a share or an extreme), ``where`` the profile rows out of bounds, ``sample`` some of the rows
    themselves, by their identity.
    """

    name: str
    description: str
    rule: str
    severity: str
    success: bool
    observed: float | None
    unexpected: int | None
    where: list[dict[str, Any]] = field(default_factory=list)
    sample: list[dict[str, str]] = field(default_factory=list)

    def told(self) -> str:
        """Return in one line what was expected, how much of what was found instead, and the first places."""
        found = [f"{self.name} {_number(self.observed)} ({self.severity})"]
        found += [", ".join(f"{name} = {_number(value)}" for name, value in place.items()) for place in self.where[:3]]
        return f"{self.description}; " + "; ".join([*found, *(["…"] if len(self.where) > 3 else [])])


@dataclass(frozen=True)
class Verdict:
    """Outcome of one suite on one table."""

    suite: str
    table: str
    passed: bool
    critical_failed: bool
    expectations: tuple[Finding, ...]


def _number(value: Any) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value)
