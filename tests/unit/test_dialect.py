"""What the dbt project writes for DuckDB alone, as an expression by itself: without dbt."""

from __future__ import annotations

from fractions import Fraction

import duckdb
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from orchestration.dbt import PROJECT_DIR

DIALECT = Environment(extensions=["jinja2.ext.do"]).from_string(
    (PROJECT_DIR / "macros" / "dialect.sql").read_text("utf-8")
)

Duration = tuple[int | None, bool]
"""Days, and whether they had not ended when they were last looked at."""


def kaplan_meier(durations: list[Duration], percentile: float) -> int | None:
    """Return the first time by which the product-limit estimate says that the share given has ended."""
    known = [(days, censored) for days, censored in durations if days is not None]
    survival = Fraction(1)
    for time in sorted({days for days, censored in known if not censored}):
        at_risk = sum(days >= time for days, _ in known)
        survival *= 1 - Fraction(sum((days, censored) == (time, False) for days, censored in known), at_risk)
        if survival <= 1 - Fraction(str(percentile)):
            return time
    return None


durations = st.lists(st.tuples(st.none() | st.integers(0, 12), st.booleans()), max_size=40)


@given(teams=st.dictionaries(st.sampled_from("abc"), durations), percentile=st.sampled_from((0.25, 0.5, 0.9)))
def test_a_percentile_of_censored_durations_is_that_of_kaplan_and_meier(
    teams: dict[str, list[Duration]], percentile: float
) -> None:
    expression = DIALECT.module.duckdb__percentile_of_censored("days", "censored", percentile)
    rows = [(team, *duration) for team, members in teams.items() for duration in members]
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE people (team text, days integer, censored boolean)")
        if rows:
            connection.executemany("INSERT INTO people VALUES (?, ?, ?)", rows)
        found = connection.execute(
            f"SELECT team, {expression} FROM people GROUP BY GROUPING SETS ((), (team))"
        ).fetchall()
    expected = {team: kaplan_meier(members, percentile) for team, members in teams.items() if members}
    together = [duration for members in teams.values() for duration in members]
    assert dict(found) == expected | {None: kaplan_meier(together, percentile)}
