"""The forms a rule may take: Great Expectations' expectations on one column of a profile.

Each says in English and Chinese what must hold. Aggregate expectations are used on purpose: one costs a millisecond and
a half, a row-wise one on the same column four times that.
"""

from __future__ import annotations

from typing import Literal

from great_expectations.expectations.core.expect_column_max_to_be_between import ExpectColumnMaxToBeBetween
from great_expectations.expectations.core.expect_column_min_to_be_between import ExpectColumnMinToBeBetween
from great_expectations.expectations.core.expect_column_sum_to_be_between import ExpectColumnSumToBeBetween
from great_expectations.expectations.metadata_types import FailureSeverity

Severity = Literal["critical", "warning"]
"""``critical``: impossible, the run stops. ``warning``: unusual, the run goes on."""


def never(measure: str, en: str, zh: str, severity: Severity) -> ExpectColumnSumToBeBetween:
    """Expect the counts in ``measure`` to be zero on every row of the profile."""
    return ExpectColumnSumToBeBetween(
        column=measure, min_value=0, max_value=0, severity=FailureSeverity(severity), description=f"{en} · {zh}"
    )


def at_most(measure: str, limit: float, en: str, zh: str, severity: Severity = "warning") -> ExpectColumnMaxToBeBetween:
    """Expect ``measure`` to be ``limit`` or less on every row of the profile."""
    return ExpectColumnMaxToBeBetween(
        column=measure, max_value=limit, severity=FailureSeverity(severity), description=f"{en} · {zh}"
    )


def at_least(
    measure: str, limit: float, en: str, zh: str, severity: Severity = "warning"
) -> ExpectColumnMinToBeBetween:
    """Expect ``measure`` to be ``limit`` or more on every row of the profile."""
    return ExpectColumnMinToBeBetween(
        column=measure, min_value=limit, severity=FailureSeverity(severity), description=f"{en} · {zh}"
    )
