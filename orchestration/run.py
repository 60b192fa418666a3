"""One run from the command line: the jobs that Dagster shows, executed in this process.

In this process, because each import of dagster and dbt costs seconds: a run pays them once. Great Expectations begins
at the same time in a process beside it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from threading import Thread
from typing import TYPE_CHECKING, Any

from expectations.judge import Judge
from ingest import Account, Lake
from orchestration import builds, dbt, taking
from orchestration.centre import Centre, load
from orchestration.home import Home

if TYPE_CHECKING:
    from dagster import AssetKey, DagsterInstance, ExecuteInProcessResult, JobDefinition


BY_TAG, COMMAND_LINE = "gaugebook/by", "command line"
"""Marks the runs that live and die with a process of the command line."""


class RunFailedError(RuntimeError):
    """A step failed or a blocking check did not pass; the message says which and why."""


@dataclass(frozen=True)
class Outcome:
    """What a run did: accounts of the deliveries it took, the checks, and whether anything was built."""

    accounts: list[Account]
    built: bool = False
    checks_passed: int = 0
    warnings: list[str] = field(default_factory=list)


def run(home: Home, requested: Iterable[date] = ()) -> Outcome:
    """Take what landed, then bring warehouse, servers and pages up to date.

    Args:
        home: the home.
        requested: days to rebuild besides the outstanding ones.

    Raises:
        CentreError: centre.yml or the pseudonym key is missing or wrong; told before anything is loaded or written.
        RunFailedError: a step failed; what was not done yet is done by the next run.
        HomeBusyError: another process writes the home.
    """
    centre = load(home.centre_file)
    centre.pseudonyms.pseudonyms()
    home.prepare()
    lake = Lake(home.lake)
    days = sorted(requested)
    if taking.settle(home, centre) and _is_up_to_date(home, centre, builds.plan(home, lake, days)):
        return Outcome([])
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    with home.running(), Judge() as judge:
        return _executed(home, centre, lake, days, judge)


def _executed(home: Home, centre: Centre, lake: Lake, days: list[date], judge: Judge) -> Outcome:
    from dagster import DagsterInstance

    from orchestration.automation import REFRESH, SERVE, TAKE, concerned, run_tags
    from orchestration.checks import to_judge
    from orchestration.location import build_definitions

    definitions = build_definitions(home, judge)
    with DagsterInstance.from_config(str(home.dagster)) as instance:
        _bury_killed_runs(instance)
        before = lake.newest_delivery()
        _execute(definitions.resolve_job_def(TAKE), instance, {})
        accounts = lake.accounts(before)
        plan = builds.plan(home, lake, days)
        if _is_up_to_date(home, centre, plan):
            return Outcome(accounts)
        tags = run_tags(plan, lake, centre.history_from, days)
        if plan.is_empty:
            result = _execute(definitions.resolve_job_def(SERVE), instance, tags)
        else:
            refresh = definitions.resolve_job_def(REFRESH)
            assets = concerned(plan, lake, refresh)
            judge.begin_deliveries(home.lake, to_judge(plan, lake, assets))
            Thread(target=_read_ahead, args=[home], daemon=True).start()
            result = _execute(refresh, instance, tags, assets)
        builds.record_served(home, centre)
    evaluations = result.get_asset_check_evaluations()
    return Outcome(
        accounts,
        built=True,
        checks_passed=sum(evaluation.passed for evaluation in evaluations),
        warnings=[_told(evaluation) for evaluation in evaluations if not evaluation.passed],
    )


def _read_ahead(home: Home) -> None:
    """Import and read what building and showing need: while Great Expectations judges deliveries this process waits."""
    dbt.begin(home)
    import serving.dictionary
    import serving.site  # noqa: F401
    from serving.brief import charts

    charts.begin()


def _is_up_to_date(home: Home, centre: Centre, plan: builds.Plan) -> bool:
    return plan.as_of is None or (plan.is_empty and builds.is_served(home, centre))


def _bury_killed_runs(instance: DagsterInstance) -> None:
    """End the runs whose process was killed: to Dagster they still run, and hold the pool that this run waits for.

    The caller holds the lock of the command line's one run, so none of its earlier runs is alive.
    """
    from dagster import DagsterRunStatus, RunsFilter

    alive = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED]
    for killed in instance.get_runs(RunsFilter(statuses=alive, tags={BY_TAG: COMMAND_LINE})):
        instance.report_run_failed(killed, "its process was killed")
        instance.event_log_storage.free_concurrency_slots_for_run(killed.run_id)


def _execute(
    job: JobDefinition, instance: DagsterInstance, tags: dict[str, str], assets: Sequence[AssetKey] | None = None
) -> ExecuteInProcessResult:
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    result = job.execute_in_process(
        instance=instance,
        tags={**tags, BY_TAG: COMMAND_LINE},
        run_config=quiet,
        raise_on_error=False,
        asset_selection=assets,
    )
    if result.success:
        return result
    reasons = [_told(e) for e in result.get_asset_check_evaluations() if not e.passed and e.blocking]
    for event in result.all_events:
        if event.is_step_failure and event.step_failure_data.error:
            reasons.append(f"{event.step_key}: {_root_cause(event.step_failure_data.error)}")
    raise RunFailedError("\n".join(reasons) or f"the job {job.name} failed; `gaugebook dagster` shows the run")


def _root_cause(error: Any) -> str:
    while error.cause:
        error = error.cause
    return error.message.strip()


def _told(evaluation: Any) -> str:
    failed = evaluation.metadata.get("failed")
    return f"{evaluation.asset_key.to_user_string()} {evaluation.check_name}: {failed.value if failed else 'failed'}"
