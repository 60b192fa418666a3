"""Scorecards add up, name contacts that exist, and show the class of new hires."""

from __future__ import annotations

from datetime import date

import numpy as np
import openpyxl
import pytest

from simulator.centre import CHENGDU
from simulator.contact import Contact
from simulator.people import workforce
from simulator.quality import HEADER, ITEMS, QualityOffice
from tests.unit.simulator.conftest import Run


@pytest.fixture(scope="module")
def scorecards(three_weeks: Run) -> list[dict[str, object]]:
    cards = []
    for path in sorted(three_weeks.landing.glob("qa/scorecards_*.xlsx")):
        header, *rows = openpyxl.load_workbook(path, read_only=True).active.iter_rows(values_only=True)
        assert header == HEADER
        cards += [dict(zip(header, row, strict=True)) for row in rows]
    return cards


def test_the_total_is_the_share_of_the_points_that_apply(scorecards: list[dict]):
    fatal = not_applicable = 0
    for card in scorecards:
        points = [card[item] for item in ITEMS if card[item] != "N/A"]
        not_applicable += len(ITEMS) - len(points)
        fatal += card["Compliance"] == "fail"
        expected = 0 if card["Compliance"] == "fail" else 100 * sum(points) / (10 * len(points))
        assert card["Total score"] == pytest.approx(expected, abs=0.051)
    assert not_applicable
    assert 0 < fatal < 0.1 * len(scorecards)


def test_about_two_percent_of_the_contacts_are_drawn(three_weeks: Run, scorecards: list[dict]):
    random = [card for card in scorecards if card["Sample"] == "random"]
    assert {card["Sample"] for card in scorecards} == {"random", "targeted"}
    # 2 % of the contacts that an agent ended; the last days' are evaluated after the end
    assert 0.01 < len(random) / three_weeks.summary.contacts < 0.025


def test_a_scorecard_names_a_contact_of_the_channels_own_system(three_weeks: Run, scorecards: list[dict]):
    calls = {event[1] for site in ("chengdu", "manchester") for event in three_weeks.events(site)}
    for card in scorecards:
        assert (card["Contact ID"] in calls) == (card["Channel"] == "voice")
        assert card["Evaluated at"] > card["Contact start"]
        assert card["Agent"] != card["Evaluator"]
    assert len({card["Evaluation ID"] for card in scorecards}) == len(scorecards)


def test_the_new_class_scores_less():
    start = date(2026, 8, 31)
    staff = workforce(np.random.default_rng(1), 60, start, 30)
    novice = next(e for e in staff.everyone if e.novice)
    veteran = next(e for e in staff.agents(CHENGDU, "voice") if not e.novice)
    means = []
    for agent in (novice, veteran):
        office = QualityOffice(staff, (1,))
        noon = CHENGDU.instant(novice.hired, 12 * 3600)
        office.review(CHENGDU, novice.hired, [Contact(str(n), "voice", agent, noon, 300.0) for n in range(10_000)])
        scores = [float(str(row[-1])) for row in office.finished(noon + 7 * 86400) if row[-2] == "pass"]
        means.append(sum(scores) / len(scores))
    # the mean of an item is 1.9 of 10 points lower for a beginner, on top of what the two persons differ in
    assert means[1] - means[0] == pytest.approx(10 * (veteran.quality - novice.quality + 1.9), abs=3)
