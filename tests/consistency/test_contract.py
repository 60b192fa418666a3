"""The contract and dbt: each lake table is a source, what marts read is staged once, and no column is mistyped."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingest.contract import IDENTITY, TABLES
from ingest.reference import ARRIVED, ARRIVED_SCHEMA, SCHEMAS

PROJECT = Path(__file__).parents[2] / "dbt_project"
STAGING = PROJECT / "models" / "staging"

LAKE = {(table.feed, table.name): set(table.schema.names) for table in TABLES.values() if not table.raw}
REFERENCE = {("centre", name): set(schema.names) for name, schema in (SCHEMAS | {ARRIVED: ARRIVED_SCHEMA}).items()}
COLUMNS = LAKE | REFERENCE
PARTITION = "event_date"

UNREAD = frozenset(
    [
        "pulse_response",
        "mood_checkin",
        "recognition",
        "incident",
        "calendar_event",
        "floor_walk",
    ]
)
"""Tables that are taken, judged and kept, but that no indicator is counted from yet: they have no staging model."""


def _content(file: Path) -> dict[str, Any]:
    return yaml.safe_load(file.read_text())


def read(kind: str) -> dict[str, list[dict[str, Any]]]:
    """Return the entries of one kind in the staging YAML, by folder."""
    return {
        folder.name: [
            entry for file in folder.glob("*.yml") for entry in yaml.safe_load(file.read_text()).get(kind, [])
        ]
        for folder in STAGING.iterdir()
    }


SOURCES = {feed: source for feed, found in read("sources").items() for source in found}
MODELS = {model["name"]: model for found in read("models").values() for model in found}
SQL = {path.stem: re.sub(r"--.*", "", path.read_text()) for path in STAGING.rglob("*.sql")}
STAGED = {model: source for model, sql in SQL.items() for source in re.findall(r"source\('(\w+)', '(\w+)'\)", sql)}

each_model = pytest.mark.parametrize("model", sorted(SQL))


def test_every_table_of_the_lake_is_a_source_and_no_other() -> None:
    declared = {(source["name"], table["name"]) for source in SOURCES.values() for table in source["tables"]}
    assert declared == set(COLUMNS)


def test_a_source_is_a_view_of_the_lake_and_no_two_bear_one_name() -> None:
    assert {source["schema"] for source in SOURCES.values()} == {"lake"}
    names = [name for _, name in COLUMNS]
    assert len(names) == len(set(names))


def test_every_source_that_is_read_has_exactly_one_staging_model() -> None:
    assert sorted(STAGED.values()) == sorted(key for key in COLUMNS if key[1] not in UNREAD)
    assert set(STAGED) == set(SQL) == set(MODELS)


@each_model
def test_a_staging_model_reads_only_columns_that_the_table_has(model: str) -> None:
    feed, table = STAGED[model]
    has = COLUMNS[feed, table] | ({PARTITION} if feed != "centre" else set())
    assert set(re.findall(r"\bsource\.(\w+)", SQL[model])) <= has


@each_model
def test_every_column_of_a_table_is_staged_or_is_provenance(model: str) -> None:
    mentioned = set(re.findall(r"\b\w+\b", SQL[model]))
    assert COLUMNS[STAGED[model]] - mentioned <= {"record_updated_at", "extra", "source_record_id"}


# Who a person is, in which team and with what access follows from the whole history; what the centre declares has no
# days.
READ_WHOLE = {
    model for model, (feed, table) in STAGED.items() if feed == "centre" or table in (*IDENTITY, "access_right")
}


@pytest.mark.parametrize("model", sorted(set(SQL) - READ_WHOLE))
def test_a_build_of_some_days_reads_only_their_partitions(model: str) -> None:
    table = STAGED[model][1]
    for path in (path for path in PROJECT.rglob("*.sql") if STAGING not in path.parents):
        sql = path.read_text()
        for read in re.findall(rf"ref\('{model}'\) }}}}\s+(.*)", sql):
            assert read.startswith(f"where {{{{ partition_filter('{table}') }}}}"), path.name
        assert set(re.findall(rf"\('{model}', '(\w+)'\)", sql)) <= {table}, path.name


@each_model
def test_described_columns_are_selected(model: str) -> None:
    for column in MODELS[model]["columns"]:
        assert re.search(rf"\b{column['name']}\b", SQL[model]), column["name"]
