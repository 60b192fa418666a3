"""Dagster's event log as this project stores it tells what Dagster's own storage tells."""

from collections import Counter
from pathlib import Path
from typing import Any

from dagster import (
    AssetCheckResult,
    BackfillPolicy,
    DagsterInstance,
    DailyPartitionsDefinition,
    Definitions,
    MaterializeResult,
    asset,
    asset_check,
    define_asset_job,
)
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from orchestration.home import Home


@asset(partitions_def=DailyPartitionsDefinition("2026-01-01"), backfill_policy=BackfillPolicy.single_run())
def calls() -> MaterializeResult:
    return MaterializeResult(metadata={"rows": 7})


@asset(deps=[calls])
def report() -> None: ...


@asset_check(asset=calls)
def plausible() -> AssetCheckResult:
    return AssetCheckResult(passed=True)


WEEK = {ASSET_PARTITION_RANGE_START_TAG: "2026-01-02", ASSET_PARTITION_RANGE_END_TAG: "2026-01-08"}
REFRESH = Definitions(
    [calls, report], asset_checks=[plausible], jobs=[define_asset_job("refresh", selection="*")]
).resolve_job_def("refresh")


def told(home: Path) -> dict[str, Any]:
    """Return what the instance of a home tells of two runs over a week."""
    with DagsterInstance.from_config(str(home)) as instance:
        runs = [REFRESH.execute_in_process(instance=instance, tags=WEEK).run_id for _ in range(2)]
        newest = instance.get_latest_materialization_event(calls.key)
        (check,) = plausible.check_keys
        return {
            "events": [
                Counter(
                    record.event_log_entry.dagster_event_type for record in instance.get_records_for_run(run).records
                )
                for run in runs
            ],
            "days": instance.get_materialized_partitions(calls.key),
            "newest day": newest and newest.get_dagster_event().partition,
            "run of the newest": [
                runs.index(record.asset_entry.last_run_id or "")
                for record in instance.get_asset_records([calls.key, report.key])
            ],
            "checks": [
                (record.status, record.partition)
                for record in instance.event_log_storage.get_asset_check_execution_history(check, limit=99)
            ],
        }


def test_events_stored_together_tell_what_dagster_tells_of_events_stored_one_by_one(tmp_path: Path) -> None:
    stock = tmp_path / "stock"
    stock.mkdir()
    (stock / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    by_dagster = told(stock)
    assert len(by_dagster["days"]) == 7 and by_dagster["run of the newest"] == [1, 1]
    assert told(Home(tmp_path / "ours").prepare().dagster) == by_dagster
