"""A changed definition counts from its day on: what an earlier one counted stays, and says by which it was counted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.factories import Lake
from tests.small_project import LAYER, small_project

INDICATORS = ("queue_visits", "service_level_pct", "service_level_of_answered_pct")
FIRST, SECOND = date(2026, 9, 1), date(2026, 9, 2)
THRESHOLD = "expr: is_answered_in_threshold\n"


class Centre:
    """A lake, and a project of its own that has a queue's visits, its service level, and a variant of that."""

    def __init__(self, folder: Path) -> None:
        self.project = small_project(folder, INDICATORS)
        self.measures = self.project / "models" / "indicators" / "facts" / "queue_visits.yml"
        self.lake = Lake(folder)
        floor = {"parameter": "small_denominator_floor", "value": 1.0, "valid_from": date(2026, 1, 1)}
        self.lake.declare("parameter", [floor])

    def calls(self, day: date) -> None:
        """Four calls: two answered, after 10 and 50 seconds, one of them within the threshold of 20; two abandoned."""
        for second in (10, 50):
            call = {"queued_at": f"{day} 10:00:00", "ended_at": f"{day} 10:05:00"}
            answer = {"agent_key": "E1", "answered_at": f"{day} 10:00:{second}"}
            self.lake.add("tel_interaction", [{"interaction_id": f"{day}/answered/{second}"} | call | answer])
            self.lake.add("tel_interaction", [{"interaction_id": f"{day}/abandoned/{second}"} | call])

    def build(self, variables: Mapping[str, Any], *, full_refresh: bool) -> None:
        """Build as the orchestration does, and read what came of it."""
        select = f"{LAYER} indicator_examples"
        with self.lake.build(variables, full_refresh=full_refresh, select=select, project=self.project) as con:
            self.values = con.execute(
                "SELECT indicator, grain, day(period_start), value, definition_version FROM indicator_values"
                " WHERE level = 'centre' AND grain <> 'interval' ORDER BY ALL"
            ).fetchall()
            self.bridges = con.execute(
                "SELECT DISTINCT day(period_start), indicator_version, variant_version FROM indicator_bridges"
                " WHERE grain = 'day' ORDER BY ALL"
            ).fetchall()
            self.example = con.execute(
                "SELECT case_number, role, sum(value) FROM indicator_examples WHERE indicator = 'service_level_pct'"
                " GROUP BY ALL ORDER BY ALL"
            ).fetchall()
            self.versions = con.execute(
                "SELECT indicator, definition_version, day(first_used_on) FROM indicator_versions ORDER BY ALL"
            ).fetchall()

    def of(self, indicator: str) -> list[list[Any]]:
        """Grain, first day, value and version of an indicator's values."""
        return [row for name, *row in map(list, self.values) if name == indicator]


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Centre:
    centre = Centre(tmp_path_factory.mktemp("versions"))
    centre.calls(FIRST)
    centre.build({"as_of": FIRST.isoformat()}, full_refresh=True)
    return centre


def test_an_example_shows_each_row_what_they_come_to_and_the_result(centre: Centre) -> None:
    # The call in time first, then one of those that are not; all four count below the line: 1 / 4.
    assert [row for row in centre.example if row[1] == "numerator"] == [
        *((1, "numerator", 1), (2, "numerator", 0), (3, "numerator", 0), (4, "numerator", 0)),
        (None, "numerator", 1),
    ]
    assert [row for row in centre.example if row[0] is None and row[1] != "numerator"] == [
        (None, "denominator", 4),
        (None, None, 25),
    ]


def test_a_changed_definition_never_rewrites_the_past_unless_asked(centre: Centre) -> None:
    assert centre.of("service_level_pct") == [["day", 1, 25.0, 1], ["month", 1, 25.0, 1], ["week", 31, 25.0, 1]]

    # From now on a call counts as in time whenever it was answered. The project has changed: everything is built.
    before = centre.measures.read_text("utf-8")
    assert THRESHOLD in before
    centre.measures.write_text(before.replace(THRESHOLD, "expr: is_answered\n"), "utf-8")
    centre.calls(SECOND)
    centre.build({"as_of": SECOND.isoformat(), "touched_dates": [SECOND.isoformat()]}, full_refresh=True)
    # The first day stays as it was. Its week (from Monday, 31 August) and month hold the second day: counted anew.
    service_level = [["day", 1, 25.0, 1], ["day", 2, 50.0, 2], ["month", 1, 50.0, 2], ["week", 31, 50.0, 2]]
    assert centre.of("service_level_pct") == service_level
    visits = [["day", 1, 4.0, 1], ["day", 2, 4.0, 1], ["month", 1, 8.0, 1], ["week", 31, 8.0, 1]]
    assert centre.of("queue_visits") == visits
    assert centre.bridges == [(1, 1, 1), (2, 2, 2)]
    assert centre.versions == [
        ("queue_visits", 1, 1),
        ("service_level_of_answered_pct", 1, 1),
        ("service_level_of_answered_pct", 2, 2),
        ("service_level_pct", 1, 1),
        ("service_level_pct", 2, 2),
    ]

    # A build of everything for another reason leaves it so.
    centre.build({"as_of": SECOND.isoformat(), "touched_dates": [SECOND.isoformat()]}, full_refresh=True)
    assert centre.of("service_level_pct") == service_level

    # Days that are asked for are counted as it is now done.
    centre.build(centre.lake.increment(FIRST), full_refresh=False)
    assert centre.of("service_level_pct")[:2] == [["day", 1, 50.0, 2], ["day", 2, 50.0, 2]]

    # The definition that comes back is the first version; with no day named, every day is asked for.
    centre.measures.write_text(before, "utf-8")
    centre.build({"as_of": SECOND.isoformat()}, full_refresh=True)
    assert {(value, version) for _, _, value, version in centre.of("service_level_pct")} == {(25.0, 1)}
    assert len(centre.versions) == 5


def test_a_changed_macro_is_a_changed_definition_and_a_comment_in_it_is_none(tmp_path: Path) -> None:
    centre = Centre(tmp_path)
    durations = centre.project / "macros" / "durations.sql"
    variables = {"as_of": SECOND.isoformat(), "touched_dates": [SECOND.isoformat()]}
    for day in (FIRST, SECOND):
        centre.calls(day)
    centre.build({"as_of": SECOND.isoformat()}, full_refresh=True)
    days = [["day", 1, 25.0, 1], ["day", 2, 25.0, 1]]
    assert centre.of("service_level_pct")[:2] == days

    before = durations.read_text("utf-8")
    durations.write_text("{#- Lengths of time. -#}\n" + before.replace(" / 1e6", "\n/  1e6"), "utf-8")
    centre.build(variables, full_refresh=True)
    assert centre.of("service_level_pct")[:2] == days

    # Every wait is a tenth as long: the call answered after 50 seconds is in time too, 2 of 4. The first day stays.
    assert "/ 1e6" in before
    durations.write_text(before.replace("/ 1e6", "/ 1e7"), "utf-8")
    centre.build(variables, full_refresh=True)
    assert centre.of("service_level_pct")[:2] == [["day", 1, 25.0, 1], ["day", 2, 50.0, 2]]


def test_a_dictionary_without_shares_of_visits_has_values_and_no_bridges(tmp_path: Path) -> None:
    project, lake = small_project(tmp_path, ["queue_visits"]), Lake(tmp_path)
    call = {"queued_at": f"{FIRST} 10:00:00", "ended_at": f"{FIRST} 10:05:00"}
    lake.add("tel_interaction", [{"interaction_id": "1"} | call])
    with lake.build({"as_of": FIRST.isoformat()}, full_refresh=True, select=LAYER, project=project) as con:
        values = "SELECT numerator FROM indicator_values WHERE level = 'centre' AND grain = 'day'"
        assert con.execute(values).fetchall() == [(1.0,)]
        assert con.execute("SELECT count(*) FROM indicator_bridges").fetchall() == [(0,)]
