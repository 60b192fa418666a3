"""The contract and the suites fit: every table is judged, and no rule speaks of a table or measure there is not."""

from __future__ import annotations

import subprocess
import sys

import pytest

from expectations.from_contract import columns_suite, rows_suite
from expectations.profile import Suite
from expectations.suites import DELIVERIES, volume
from expectations.suites.indicators import INDICATORS
from ingest.contract import TABLES

JUDGED = [table for table in TABLES.values() if not table.raw]
SUITES = [
    *(rows_suite(table) for table in JUDGED),
    *(volume.suite(TABLES[name]) for name in volume.DAILY),
    *DELIVERIES.values(),
    INDICATORS,
]


@pytest.mark.parametrize("table", JUDGED, ids=lambda table: table.name)
def test_every_contract_table_has_a_structural_suite_and_rules(table):
    measures = rows_suite(table).measures
    assert columns_suite(table).expectations
    assert {f"{column.name} is null" for column in table.columns if column.required} <= set(measures)
    assert {f"{column.name} not allowed" for column in table.columns if column.allowed} <= set(measures)
    assert {rule.name for rule in table.rules} | {"key repeated", "misplaced"} <= set(measures)
    assert table.name in DELIVERIES


def test_suites_name_only_tables_of_the_contract():
    assert {*DELIVERIES, *volume.DAILY} <= {table.name for table in JUDGED}


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: f"{suite.table}.{suite.name}")
def test_every_measure_is_judged_and_every_judgement_is_measured(suite: Suite):
    assert {expectation.column for expectation in suite.expectations} == set(suite.measures)


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: f"{suite.table}.{suite.name}")
def test_every_rule_speaks_english_and_chinese(suite: Suite):
    for expectation in suite.expectations:
        english, chinese = (expectation.description or "").split(" · ")
        assert english.isascii()
        assert not chinese.isascii()


def test_suites_of_one_table_share_no_measure_or_derived_column():
    for table in JUDGED:
        together = [suite for suite in SUITES if suite.table == table.name]
        names = [name for suite in together for name in (*suite.measures, *suite.derived)]
        assert len(names) == len(set(names))


def test_importing_the_package_does_not_import_great_expectations():
    program = "import sys, expectations; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
