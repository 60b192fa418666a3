"""Puts assets, checks, jobs, sensors and schedules together for one home; nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from dagster import DailyPartitionsDefinition, Definitions, in_process_executor, resource

from expectations.judge import Judge
from orchestration import assets, automation, checks, dbt
from orchestration.centre import Centre, load
from orchestration.home import Home


@resource
def judge_of_a_run() -> Iterator[Judge]:
    """A judge that begins and ends with a run."""
    with Judge() as judge:
        yield judge


def build_definitions(home: Home, judge: Judge | None = None) -> Definitions:
    """Return the definitions for a home; one without centre.yml yet shows the road without its servers.

    ``judge`` serves the checks of all runs; without one each run has its own.
    """
    home.prepare()
    centre: Centre | None = load(home.centre_file) if home.centre_file.exists() else None
    history_from = centre.history_from if centre else date(2020, 1, 1)
    days = DailyPartitionsDefinition(start_date=history_from.isoformat(), end_offset=1)
    servers = []
    if centre and centre.postgres:
        servers.append(assets.publication(days))
    if centre and centre.metabase:
        servers.append(assets.boards())
    jobs = automation.jobs()
    return Definitions(
        assets=[
            assets.deliveries,
            assets.lake_tables(days),
            assets.warehouse_models(dbt.manifest(home), days),
            assets.pages(days),
            *servers,
        ],
        asset_checks=[checks.delivery_checks(), checks.indicator_checks()],
        jobs=[*jobs, automation.forget],
        sensors=automation.sensors(),
        schedules=automation.schedules(jobs[1]),
        resources={"workplace": assets.Workplace(home_dir=str(home.root)), "judge": judge or judge_of_a_run},
        executor=in_process_executor,
    )
