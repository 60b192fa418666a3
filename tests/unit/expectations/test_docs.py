"""Data Docs open from a file without a network, and show what failed and where."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from expectations.docs import data_docs
from expectations.validate import validate_deliveries
from ingest.contract import TABLES
from tests.unit.expectations.conftest import DAY, deliver, row


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Data Docs of a good and a bad table."""
    deliver(tmp_path / "lake", TABLES["csat"], [row("csat")])
    deliver(tmp_path / "lake", TABLES["tel_offer"], [row("tel_offer", result="<b>surprise</b>", ring_ms=900_000)])
    data_docs(tmp_path / "site", validate_deliveries(tmp_path / "lake", {"csat": [DAY], "tel_offer": [DAY]}))
    return tmp_path / "site"


def test_the_index_leads_to_every_table_and_names_its_state(site: Path):
    index = (site / "data_docs" / "index.html").read_text(encoding="utf-8")
    assert set(re.findall(r'href="(\w+)\.html"', index)) == {"csat", "tel_offer"}
    assert "critical · 阻断" in index
    assert "passed · 通过" in index


def test_a_failed_rule_shows_where_in_both_languages(site: Path):
    page = (site / "data_docs" / "tel_offer.html").read_text(encoding="utf-8")
    assert "result is one of" in page
    assert "result 只取约定的值" in page
    assert "source_system = source_a, event_date = 2026-09-07, source_record_id = 1" in page


def test_a_failed_rule_tells_in_one_line_what_was_expected_and_where(tmp_path: Path):
    rows = [row("tel_offer", source_record_id=str(number), ring_ms=900_000) for number in range(3)]
    deliver(tmp_path, TABLES["tel_offer"], rows)
    verdicts = validate_deliveries(tmp_path, {"tel_offer": [DAY]})
    (failed,) = [finding for verdict in verdicts for finding in verdict.expectations if not finding.success]
    assert failed.told() == (
        f"{failed.description}; {failed.name} 15 ({failed.severity});"
        f" source_system = source_a, event_date = 2026-09-07, {failed.name} = 15"
    )


def test_tables_of_an_earlier_run_stay_in_the_index(site: Path, tmp_path: Path):
    deliver(tmp_path / "lake", TABLES["attendance"], [row("attendance")])
    index = data_docs(site, validate_deliveries(tmp_path / "lake", {"attendance": [DAY]}))
    assert set(re.findall(r'href="(\w+)\.html"', index.read_text(encoding="utf-8"))) == {
        "attendance",
        "csat",
        "tel_offer",
    }


def test_pages_load_nothing_from_anywhere(site: Path):
    for page in (site / "data_docs").glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "http" not in text
        assert "<script" not in text
        assert set(re.findall(r'(?:src|href)="([^"]+)"', text)) <= {
            "data:,",
            "index.html",
            "csat.html",
            "tel_offer.html",
        }


def test_a_browser_opens_the_pages_without_an_error(site: Path, tmp_path: Path):
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no headless browser is installed")
    page = site / "data_docs" / "tel_offer.html"
    options = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}")
    seen = subprocess.run(
        [browser, *options, "--enable-logging=stderr", "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "result 只取约定的值" in seen.stdout
    assert "CONSOLE" not in seen.stderr
