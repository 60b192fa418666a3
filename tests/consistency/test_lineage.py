"""What indicators read, as it is found in the project's SQL: within what they declare, and nothing besides.

And the page on which dbt shows that SQL, since both are made at once: it opens from a file, and tells of no machine.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from time import sleep

import pytest

from ingest.contract import TABLES
from orchestration import dbt, publishing
from orchestration.home import Home
from serving.dictionary.entries import COMPLETENESS, FLOOR, PARAMETERS, Reads
from serving.pages import DBT_DOCS
from tests import browser
from tests.factories import PROJECT
from tests.known_project import known_project


@pytest.fixture(scope="module")
def home() -> Home:
    return known_project()


@pytest.fixture(scope="module")
def lineage(home: Home) -> dict[str, Reads]:
    return publishing.lineage(home)


def test_every_indicator_reads_columns_that_its_contract_tables_have(lineage: dict[str, Reads]) -> None:
    contract = {f"{table.feed}.{name}": set(table.schema.names) for name, table in TABLES.items()}
    for indicator, reads in lineage.items():
        tables = {table: columns for table, columns in reads.items() if table != PARAMETERS}
        assert tables, indicator
        for table, columns in tables.items():
            assert columns and set(columns) <= contract[table], (indicator, table)


def test_every_parameter_decides_an_indicator(lineage: dict[str, Reads]) -> None:
    with (PROJECT / "seeds" / "parameters.csv").open(encoding="utf-8") as seed:
        declared = {row["parameter"] for row in csv.DictReader(seed)}
    decisive = {name for reads in lineage.values() for name in reads.get(PARAMETERS, [])}
    assert decisive == declared - {FLOOR, COMPLETENESS}


@pytest.mark.parametrize(
    ("indicator", "parameters"),
    [
        # how many arrive depends on no threshold; whether they were answered only on what is too short to count
        ("queue_visits", []),
        ("answer_rate_pct", ["short_abandon_sec"]),
        ("service_level_pct", ["answer_threshold_sec", "short_abandon_sec"]),
        ("order_cancel_pct", ["cancellation_window_days"]),
    ],
)
def test_an_indicator_has_the_parameters_that_decide_it(
    lineage: dict[str, Reads], indicator: str, parameters: list[str]
) -> None:
    assert lineage[indicator].get(PARAMETERS, []) == parameters


def test_an_indicator_does_not_read_what_only_its_neighbours_in_the_fact_do(lineage: dict[str, Reads]) -> None:
    # The legs also say who evaluated and who had a certificate: for the time that a leg took, nobody asks.
    assert set(lineage["aht_sec"]) == {"chat.chat_conversation", "telephony.tel_interaction"}
    assert {"talk_ms", "hold_ms", "acw_ms"} <= set(lineage["aht_sec"]["telephony.tel_interaction"])
    assert set(lineage["order_cancel_pct"]) == {"sales.sales_order", "sales.order_cancellation", PARAMETERS}


def test_what_follows_from_the_project_is_found_once(
    lineage: dict[str, Reads], home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(dbt, "document")
    assert publishing.lineage(home) == lineage


def test_dbts_page_names_no_place_of_this_machine(lineage: dict[str, Reads], home: Home) -> None:
    page = (home.site / DBT_DOCS).read_text("utf-8")
    assert r"\"lake\".\"tel_interaction\"" in page
    assert not [place for place in (home.root, PROJECT, PROJECT.parent, tempfile.gettempdir()) if str(place) in page]


def looked_at(page: browser.Page) -> Iterator[str]:
    """Yield what the page shows, the compiled SQL of a model too, for as long as it may take to show it."""
    for _ in range(100):
        page.run("[...document.querySelectorAll('a')].find((link) => link.textContent.trim() == 'Compiled')?.click()")
        yield page.run("document.body.textContent")
        sleep(0.1)


def test_dbts_page_opens_from_a_file_and_asks_no_network(lineage: dict[str, Reads], home: Home) -> None:
    program = browser.program()
    if program is None:
        pytest.skip("no Chromium or Chrome on this machine (Debian: apt-get install chromium)")
    page_file = home.site / DBT_DOCS
    with browser.running(program) as page:
        page.open(page_file)
        for place, told in (
            ("overview", "指标词库"),
            ("metric/metric.gaugebook.service_level_pct", "服务水平"),
            ("model/model.gaugebook.indicator_values", "queue_visits_sums"),
        ):
            page.run(f"location.hash = '!/{place}'")
            assert any(told in shown for shown in looked_at(page)), place
        assert page.errors == []
        assert [address for address in page.requests if not address.startswith("data:")] == [page_file.as_uri()]
