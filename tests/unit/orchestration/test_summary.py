"""What the command line tells of deliveries: nothing that was not loaded passes without a word."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from orchestration import summary
from orchestration.home import Home
from orchestration.run import Outcome
from tests.unit.ingest.deliveries import Desk

CENTRE = """\
sites: [{key: here, name: {en: Here, zh: 此处}, time_zone: Asia/Shanghai}]
sources: [{name: pbx, format: queue_log, site: here}]
pseudonyms: {demo: true}
"""
GOOD = "1788260400|NONE|NONE|NONE|CONFIGRELOAD|\n"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "centre.yml").write_text(CENTRE)
    return Desk(tmp_path)


def told(desk: Desk, outcome: Outcome | None = None) -> str:
    """What a run, or the status, prints."""
    console = Console(file=StringIO(), width=200, highlight=False, markup=False)
    if outcome:
        summary.show(console, Home(desk.root), outcome)
    else:
        summary.show_status(console, Home(desk.root))
    return console.file.getvalue()  # pyright: ignore


def test_a_refused_file_is_told_with_its_reason_until_it_is_mended(desk: Desk) -> None:
    desk.deliver("log", "not a log\n")
    after_run = told(desk, Outcome(desk.take()))
    for text in (after_run, told(desk)):
        assert "refused: pbx: log: 1 of 1 rows fail" in text
        assert f"Rows in quarantine, with rule and mend: {desk.root / 'quarantine'}" in text
    assert "Nothing new" not in after_run
    desk.deliver("log", GOOD)
    desk.take()
    assert "rows fail" not in told(desk)
    assert "Rows in quarantine" not in told(desk)


def test_a_file_that_no_source_takes_is_named(desk: Desk) -> None:
    desk.deliver("log", GOOD)
    desk.deliver("calls.csv", "a,b\n", source="misspelt")
    desk.deliver(".half", "a,b\n")
    assert "misspelt/calls.csv, pbx/log" in told(desk)
    after_run = told(desk, Outcome(desk.take()))
    assert "no source has this folder and these files: misspelt/calls.csv\n" in after_run


def test_a_run_without_deliveries_says_so(desk: Desk) -> None:
    assert told(desk, Outcome([])) == "Nothing new in landing; the warehouse holds everything the lake holds.\n"
