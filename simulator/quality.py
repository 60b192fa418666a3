"""Quality assurance: evaluators draw contacts, fill in scorecards, and hand over a workbook a week.

Times in the workbooks are UTC, since evaluators of all sites write into the same form.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.writer.excel import ExcelWriter

from simulator.centre import Site
from simulator.contact import Contact
from simulator.people import Employee, Staff

DRAWN = 0.02
"""Share of the contacts that are drawn at random."""
TARGETED = 0.1
"""Share of the unusually long contacts that a leader picks out."""
LONG_SECONDS = 1200.0
ITEMS = ("Greeting", "Verification", "Accuracy", "Product knowledge", "Empathy", "Closing")
NOT_APPLICABLE = {"Verification": 0.18, "Product knowledge": 0.12, "Closing": 0.06}
"""How often an item does not apply to a contact."""
FATAL = 0.006
NOVICE_FATAL = 0.03
HEADER = (
    "Evaluation ID",
    "Form",
    "Version",
    "Contact ID",
    "Channel",
    "Agent",
    "Evaluator",
    "Evaluated at",
    "Contact start",
    "Sample",
    *ITEMS,
    "Compliance",
    "Total score",
)


class Scorecard(NamedTuple):
    """A filled-in form: when it was finished (epoch second) and the cells from the form's name on."""

    at: float
    cells: tuple[object, ...]


class QualityOffice:
    """Everybody who evaluates. Hand it each day's contacts, take the scorecards when they are finished."""

    def __init__(self, staff: Staff, seed: Sequence[int]) -> None:
        self._staff = staff
        self._chance = Random(repr(tuple(seed)))
        self._cards: list[Scorecard] = []
        self._next = 0

    def review(self, site: Site, day: date, contacts: list[Contact]) -> None:
        """Draw from the contacts of a day and evaluate them within four days, in office hours."""
        chance = self._chance
        evaluators = self._staff.evaluators(site)
        for contact in contacts:
            if chance.random() < DRAWN:
                sample = "random"
            elif contact.seconds > LONG_SECONDS and chance.random() < TARGETED:
                sample = "targeted"
            else:
                continue
            at = site.instant(day + timedelta(days=chance.randint(1, 4)), chance.uniform(9, 17) * 3600)
            evaluator = chance.choice(evaluators)
            head = ("Service quality", "2026.1", contact.id, contact.channel, contact.agent.number, evaluator.number)
            times = (_utc(at), _utc(contact.started))
            self._cards.append(Scorecard(at, (*head, *times, sample, *self._score(contact.agent, day))))

    def finished(self, before: float) -> list[tuple[object, ...]]:
        """Take the scorecards finished before an epoch second, in the order of their finishing, with their ids."""
        ready = sorted((card for card in self._cards if card.at < before), key=lambda card: card.at)
        self._cards = [card for card in self._cards if card.at >= before]
        rows = []
        for card in ready:
            self._next += 1
            rows.append((f"QA-{self._next:06d}", *card.cells))
        return rows

    def _score(self, agent: Employee, day: date) -> list[object]:
        """Give points of ten to each item, judge compliance, and add up."""
        chance = self._chance
        mean = agent.quality_on(day)
        cells: list[object] = []
        points = []
        for item in ITEMS:
            if chance.random() < NOT_APPLICABLE.get(item, 0.0):
                cells.append("N/A")
            else:
                points.append(max(0, min(10, round(chance.gauss(mean, 1.1)))))
                cells.append(points[-1])
        failed = chance.random() < (NOVICE_FATAL if agent.novice else FATAL)
        total = 0.0 if failed else round(100 * sum(points) / (10 * len(points)), 1)
        return [*cells, "fail" if failed else "pass", total]


def _utc(epoch: float) -> datetime:
    return datetime(1970, 1, 1) + timedelta(seconds=int(epoch))


def write_workbook(path: Path, rows: list[tuple[object, ...]], saved: datetime) -> None:
    """Write scorecards to an xlsx file whose bytes depend on nothing but the arguments."""
    path.parent.mkdir(parents=True, exist_ok=True)
    book = Workbook(write_only=True)
    book.properties.created = book.properties.modified = saved
    sheet = book.create_sheet("Scorecards")
    sheet.append(HEADER)
    for row in rows:
        sheet.append(row)
    packed = io.BytesIO()
    ExcelWriter(book, ZipFile(packed, "w")).save()
    with ZipFile(packed) as parts, ZipFile(path, "w", ZIP_DEFLATED) as file:
        for name in parts.namelist():
            entry = ZipInfo(name, saved.timetuple()[:6])
            entry.compress_type = ZIP_DEFLATED
            file.writestr(entry, parts.read(name))
