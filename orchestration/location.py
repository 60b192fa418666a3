"""Puts assets, checks, jobs, sensors and schedules together for one home; nothing else."""

from __future__ import annotations

from datetime import date

from dagster import DailyPartitionsDefinition, Definitions, in_process_executor

from orchestration import assets, automation, checks, dbt
from orchestration.centre import Centre, load
from orchestration.home import Home


def build_definitions(home: Home) -> Definitions:
    """Return the definitions for a home; one without centre.yml yet shows the road without its servers."""
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
        jobs=jobs,
        sensors=automation.sensors(),
        schedules=automation.schedules(jobs[1]),
        resources={"workplace": assets.Workplace(home_dir=str(home.root))},
        executor=in_process_executor,
    )
