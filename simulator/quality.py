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
DISPUTED, REVISED = 0.05, 0.25
"""Share of the evaluations that agents dispute, and of these that are scored anew."""
CALIBRATED = 0.08
"""Share of the evaluations whose contact a second evaluator scores as well."""
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
    "Status",
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
        self._afterwards = Random(repr((*seed, "afterwards")))
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
            items, compliance = self._judge(contact.agent, day)
            self._file(contact, evaluator, at, sample, items, compliance)
            if self._afterwards.random() < CALIBRATED:
                second = self._afterwards.choice([other for other in evaluators if other is not evaluator])
                self._file(contact, second, at + 3600, "targeted", self._nearly(items), compliance)

    def finished(self, before: float) -> list[tuple[object, ...]]:
        """Take the scorecards finished before an epoch second, in the order of their finishing, with their ids."""
        ready = sorted((card for card in self._cards if card.at < before), key=lambda card: card.at)
        self._cards = [card for card in self._cards if card.at >= before]
        rows = []
        for card in ready:
            self._next += 1
            rows.append((f"QA-{self._next:06d}", *card.cells))
        return rows

    def _file(
        self, contact: Contact, evaluator: Employee, at: float, sample: str, items: list[int | None], compliance: str
    ) -> None:
        """Fill in a scorecard and add up."""
        chance = self._afterwards
        status = "submitted"
        if chance.random() < DISPUTED:
            status = "revised" if chance.random() < REVISED else "disputed"
        head = ("Service quality", "2026.1", contact.id, contact.channel, contact.agent.number, evaluator.number)
        points = [item for item in items if item is not None]
        total = 0.0 if compliance == "fail" else round(100 * sum(points) / (10 * len(points)), 1)
        cells = ("N/A" if item is None else item for item in items)
        times = (_utc(at), _utc(contact.started))
        self._cards.append(Scorecard(at, (*head, *times, sample, status, *cells, compliance, total)))

    def _judge(self, agent: Employee, day: date) -> tuple[list[int | None], str]:
        """Give points of ten to each item that applies, and judge compliance."""
        chance = self._chance
        mean = agent.quality_on(day)
        items: list[int | None] = []
        for item in ITEMS:
            if chance.random() < NOT_APPLICABLE.get(item, 0.0):
                items.append(None)
            else:
                items.append(max(0, min(10, round(chance.gauss(mean, 1.1)))))
        failed = chance.random() < (NOVICE_FATAL if agent.novice else FATAL)
        return items, "fail" if failed else "pass"

    def _nearly(self, items: list[int | None]) -> list[int | None]:
        """What another evaluator makes of the same contact: a point more or less on some items."""
        steps = (-1, 0, 0, 0, 1)
        return [item if item is None else max(0, min(10, item + self._afterwards.choice(steps))) for item in items]


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
