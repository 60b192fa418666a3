"""What indicators read, as it is found in the project's SQL: within what they declare, and nothing besides."""

from __future__ import annotations

import csv
import json

import pytest

from ingest.contract import TABLES
from orchestration import dbt
from orchestration.home import Home
from serving.dictionary.entries import COMPLETENESS, FLOOR, PARAMETERS, Reads
from serving.dictionary.lineage import trace
from tests.factories import PROJECT


@pytest.fixture(scope="module")
def lineage(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Reads]:
    home = Home(tmp_path_factory.mktemp("home"))
    return trace(json.loads(dbt.manifest(home).read_text("utf-8")), dbt.compiled(home), "duckdb")


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
