"""What Dagster is shown: every table, model, check, job, sensor and schedule, tied together, and without a warning."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from dagster import AssetKey, DagsterInstance, DailyPartitionsDefinition, Definitions

from ingest import Lake
from ingest.contract import TABLES
from orchestration import automation, builds, dbt
from orchestration.event_log import OpenSqliteEventLogStorage
from orchestration.home import PROJECT, Home
from orchestration.location import build_definitions
from tests.consistency.test_contract import UNREAD
from tests.known_project import knowing

SERVERS = """
postgres: {host: localhost, database: gaugebook, user: gaugebook}
metabase: {url: "http://localhost:3000"}
"""
LAKE_TABLES = [table for table in TABLES.values() if not table.raw]
FACTS = sorted(path.stem for path in (PROJECT / "dbt_project" / "models" / "marts" / "facts").glob("*.sql"))
DICTIONARY = sorted((PROJECT / "dbt_project" / "models" / "indicators").rglob("*.yml"))


class Location(NamedTuple):
    """A home's definitions, and what Python warned of while they were made."""

    home: Home
    definitions: Definitions
    warned: list[warnings.WarningMessage]

    @property
    def graph(self) -> Any:
        """How assets and checks hang together."""
        return self.definitions.resolve_asset_graph()


def located(home: Home) -> Location:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        definitions = build_definitions(home)
        definitions.get_repository_def()
    return Location(home, definitions, warned)


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Location:
    """A home without centre.yml."""
    return located(knowing(Home(tmp_path_factory.mktemp("location"))))


@pytest.fixture(scope="module")
def full(new: Location) -> Location:
    """The same home with a centre that has both servers."""
    new.home.centre_file.write_text((PROJECT / "orchestration" / "centre.demo.yml").read_text() + SERVERS)
    return located(new.home)


@pytest.fixture(params=["new", "full"])
def location(request: pytest.FixtureRequest) -> Location:
    return request.getfixturevalue(request.param)


def key(name: str) -> AssetKey:
    return AssetKey(name.split("/"))


def test_nothing_is_deprecated_or_in_beta(location: Location) -> None:
    own = [str(warning.message) for warning in location.warned if "dagster" in str(warning.category)]
    assert own == []


def test_the_road_is_there_without_servers_and_with_them(new: Location, full: Location) -> None:
    servers = {key("postgres/indicator_values"), key("metabase/boards")}
    assert full.graph.get_all_asset_keys() - new.graph.get_all_asset_keys() == servers


@pytest.mark.parametrize("table", LAKE_TABLES, ids=lambda table: table.name)
def test_a_table_comes_from_the_deliveries_and_goes_into_one_staging_model_if_it_is_read(
    location: Location, table
) -> None:
    asset = location.graph.get(AssetKey([table.feed, table.name]))
    assert asset.parent_keys == {key("deliveries")}
    staged = [child.path[0] for child in asset.child_keys]
    assert len(staged) == (table.name not in UNREAD)
    assert all(name.startswith(f"stg_{table.feed}__") for name in staged)


def test_the_indicators_come_from_every_fact_and_feed_every_surface(full: Location) -> None:
    indicators = full.graph.get(key("indicator_values"))
    facts = {AssetKey(name) for name in FACTS}
    by_way_of_another = {fact for fact in facts if full.graph.get(fact).child_keys & facts}
    assert facts - by_way_of_another <= indicators.parent_keys
    assert indicators.child_keys == {
        key("board_indicator_values"),
        key("indicator_examples"),
        key("postgres/indicator_values"),
        key("site/pages"),
    }
    assert full.graph.get(key("metabase/boards")).parent_keys == {key("postgres/indicator_values")}


def test_every_table_of_the_lake_and_every_fact_leads_to_the_indicators(location: Location) -> None:
    above = {key("indicator_values")}
    while more := {parent for one in above for parent in location.graph.get(one).parent_keys} - above:
        above |= more
    assert {AssetKey([table.feed, table.name]) for table in LAKE_TABLES if table.name not in UNREAD} <= above
    assert {AssetKey(name) for name in FACTS} <= above


def test_a_bad_delivery_stops_the_build_and_a_bad_indicator_the_publication(location: Location) -> None:
    blocking = {
        (check.asset_key, check.name)
        for check in location.graph.asset_check_keys
        if location.graph.get_check_spec(check).blocking
    }
    assert {(AssetKey([table.feed, table.name]), "delivery") for table in LAKE_TABLES} <= blocking
    assert (key("indicator_values"), "indicator_layer") in blocking


def test_days_are_told_apart_where_a_day_means_something(full: Location) -> None:
    by_day = {one for one in full.graph.get_all_asset_keys() if full.graph.get(one).partitions_def}
    tables = {AssetKey([table.feed, table.name]) for table in LAKE_TABLES}
    values = {key("indicator_values"), key("board_indicator_values"), key("postgres/indicator_values")}
    assert tables | {AssetKey(name) for name in FACTS} | values | {key("site/pages")} <= by_day
    assert not {one for one in by_day if one.path[0].startswith(("stg_", "int_", "dim_"))}
    for one in by_day:
        days = full.graph.get(one).partitions_def
        assert isinstance(days, DailyPartitionsDefinition)
        assert days.get_first_partition_key() == "2026-08-01"  # history_from of the demo


def test_a_days_build_leaves_out_exactly_what_deliveries_cannot_change(full: Location) -> None:
    manifest = json.loads(dbt.manifest(full.home).read_text())
    nodes = {name: node for name, node in manifest["nodes"].items() if node["resource_type"] in ("model", "seed")}

    def is_view(name: str) -> bool:
        return name in nodes and nodes[name]["config"]["materialized"] == "view"

    def comes_from_deliveries(name: str) -> bool:
        if name in manifest["sources"]:
            return manifest["sources"][name]["source_name"] != "centre"
        return any(map(comes_from_deliveries, manifest["parent_map"][name]))

    declared = {name for name, node in nodes.items() if "declared" in node["tags"]}
    # examples of indicators are as good a few days later
    examples = {"model.gaugebook.indicator_examples"}
    assert declared == examples | {name for name in nodes if is_view(name) or not comes_from_deliveries(name)}


def test_a_days_build_leaves_out_what_is_made_of_nothing_that_changed(full: Location) -> None:
    dbt.manifest(full.home)

    def left_out(*unchanged: str) -> set[str]:
        return {node.name for node in dbt._parsed(full.home, unchanged).nodes.values() if "left_out" in node.tags}

    people = {"hr_employee", "agent_alias"}
    assert left_out("tel_offer") == left_out()  # the team an agent was in may have changed
    assert {"dim_agents", "dim_agent_teams", "dim_agents_is_sound"} <= left_out(*people) - left_out()
    assert {"fct_offers", "fct_offers_is_sound"} <= left_out("tel_offer", *people) - left_out(*people)
    everything = left_out(*(table.name for table in TABLES.values()))
    # Heads, open cases, costs and targets are counted every day, promises fall due, and months follow the calendar.
    daily = {"agent_months", "calibration_months", "case_days", "case_promises", "complaint_milestones", "cost_days"}
    daily |= {"employee_days", "joiners", "new_hire_months", "orders", "sales_target_days"}
    assert {name.removeprefix("fct_") for name in set(FACTS) - everything} == daily
    assert not everything & {"indicator_values", "indicator_bridges", "board_indicator_values"}


def test_a_run_is_filed_and_judged_for_tables_with_news_alone(full: Location, monkeypatch: pytest.MonkeyPatch) -> None:
    def with_rows(self: Lake, table: str, dates: Sequence[date]) -> list[date]:
        return [day for day in dates if table in ("tel_interaction", "tel_offer", "qa_evaluation")]

    monkeypatch.setattr(Lake, "partitions", with_rows)
    day = date(2026, 9, 1)
    refresh = full.definitions.resolve_job_def(automation.REFRESH)

    def filed(*unchanged: str) -> set[str]:
        plan = builds.Plan([day], [], [], frozenset(unchanged), False, day, 1, "as it is")
        kept = automation.concerned(plan, Lake(full.home.lake), refresh)
        return {key.path[-1] for key in kept if key.path[-1] in TABLES}

    assert filed() == {"tel_interaction", "tel_offer", "qa_evaluation"}
    assert filed("tel_offer", "qa_evaluation", "mood_checkin") == {"tel_interaction"}


def test_four_jobs_two_sensors_three_schedules(location: Location) -> None:
    repository = location.definitions.get_repository_def()
    assert {job.name for job in repository.get_all_jobs() if not job.name.startswith("__")} == {
        "take_deliveries",
        "refresh",
        "serve",
        "forget",
    }
    assert {sensor.name for sensor in repository.sensor_defs} == {"landing_sensor", "lake_sensor"}
    assert {schedule.name: schedule.cron_schedule for schedule in repository.schedule_defs} == {
        "daily_forgetting": "0 4 * * *",
        "daily_deliveries": "0 5 * * *",
        "daily_refresh": "30 5 * * *",
    }


def test_a_build_knows_when_the_dictionarys_values_mature() -> None:
    metrics = [metric for file in DICTIONARY for metric in yaml.safe_load(file.read_text()).get("metrics", [])]
    indicators = [metric["config"]["meta"] for metric in metrics if "config" in metric]
    assert {meta["maturity_days"] for meta in indicators} - {0} == set(builds.MATURITIES)


def test_a_build_knows_how_far_its_facts_reach(full: Location) -> None:
    nodes = json.loads(dbt.manifest(full.home).read_text())["nodes"].values()
    meta = [node["config"].get("meta", {}) for node in nodes]
    assert max(declared.get("looks_ahead_days", 0) for declared in meta) == builds.LOOKS_AHEAD_DAYS
    assert max(declared.get("looks_back_days", 0) for declared in meta) == builds.LOOKS_BACK_DAYS


def test_a_build_knows_how_far_its_models_read_the_lake(full: Location) -> None:
    """See ``partition_filter``: a day more than a model looks either way, and the neighbours of the days themselves."""
    nodes = json.loads(dbt.manifest(full.home).read_text())["nodes"]
    views = {name for name, node in nodes.items() if node["config"].get("materialized") == "view"}
    readers = [node for node in nodes.values() if views.intersection(node["depends_on"].get("nodes", ()))]
    meta = [node["config"].get("meta", {}) for node in readers]
    reaches = [declared.get("looks_ahead_days", 0) + declared.get("looks_back_days", 0) for declared in meta]
    assert max(reaches) + 1 == builds.READS_DAYS


def test_a_build_knows_the_tables_of_which_nothing_counts_as_none(full: Location) -> None:
    manifest = json.loads(dbt.manifest(full.home).read_text())
    metrics = [metric["type_params"].get("measure") or {} for metric in manifest["metrics"].values()]
    filled = {measure["name"] for measure in metrics if measure.get("fill_nulls_with") is not None}
    marts = [
        model["node_relation"]["alias"]
        for model in manifest["semantic_models"].values()
        if filled.intersection(measure["name"] for measure in model["measures"])
    ]
    nodes = manifest["nodes"]
    told = set()
    for mart in marts:
        staged = nodes[f"model.gaugebook.{mart}"]["depends_on"]["nodes"]
        sources = {source for name in staged if name in nodes for source in nodes[name]["depends_on"]["nodes"]}
        tables = set(builds.TAKEN_FOR_NONE) & {name.split(".")[-1] for name in sources if name.startswith("source.")}
        assert len(tables) == 1, mart
        told |= tables
    assert told == set(builds.TAKEN_FOR_NONE)


def test_the_instance_keeps_its_events_in_the_home_by_our_storage(new: Location) -> None:
    with DagsterInstance.from_config(str(new.home.dagster)) as instance:
        assert isinstance(instance._event_storage, OpenSqliteEventLogStorage)
        assert not instance.telemetry_enabled


def test_dagster_itself_loads_the_workspace(full: Location) -> None:
    environment = {**os.environ, "GAUGEBOOK_HOME": str(full.home.root), "DAGSTER_HOME": str(full.home.dagster)}
    done = subprocess.run(
        [Path(sys.executable).with_name("dagster"), "definitions", "validate", "-w", PROJECT / "workspace.yaml"],
        env=environment,
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "BetaWarning" not in done.stderr and "DeprecationWarning" not in done.stderr
