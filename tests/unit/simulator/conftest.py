"""Two small simulated centres that the tests of this folder read: three days, and three weeks with every incident."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from simulator import Summary, generate


@dataclass(frozen=True)
class Run:
    """A finished run: its folder of files, its truth and what it returned."""

    landing: Path
    truth: dict[str, Any]
    customers: list[str]
    summary: Summary

    def logs(self, site: str) -> list[Path]:
        """Rotated logs of a site, one a day, without the deliveries that went wrong."""
        return sorted(self.landing.glob(f"pbx_{site}/queue_log-????????"))

    def events(self, site: str) -> list[list[str]]:
        """Fields of every line of a site's log, in order."""
        return [line.split("|") for path in self.logs(site) for line in path.read_text("utf-8").splitlines()]

    def incident(self, kind: str) -> dict[str, Any]:
        """The one incident of a kind."""
        (found,) = (entry for entry in self.truth["incidents"] if entry["kind"] == kind)
        return found


def simulate(folder: Path, **arguments: Any) -> Run:
    """Generate a centre below ``folder``."""
    summary = generate(folder / "landing", folder / "truth" / "truth.json", **arguments)
    truth = json.loads((folder / "truth" / "truth.json").read_text("utf-8"))
    customers = (folder / "truth" / "customers.txt").read_text("utf-8").splitlines()
    return Run(folder / "landing", truth, customers, summary)


@pytest.fixture(scope="session")
def three_days(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return simulate(tmp_path_factory.mktemp("three_days"), days=3, contacts_per_day=150, agents=12, seed=7)


@pytest.fixture(scope="session")
def three_weeks(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """From a Monday on, so that 7 to 13 is the understaffed week and 14 the slow Monday and the class's first day."""
    folder = tmp_path_factory.mktemp("three_weeks")
    return simulate(folder, days=21, contacts_per_day=400, agents=24, seed=7, start=date(2026, 8, 31))
