"""Dagster assets: from deliveries to lake, warehouse, PostgreSQL, boards and pages.

Each body reads, calls one function of a room, and reports. What is computed belongs to the rooms; which days a build
touches belongs to ``orchestration.builds``.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from dagster import (
    AssetDep,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    BackfillPolicy,
    ConfigurableResource,
    DailyPartitionsDefinition,
    Failure,
    MaterializeResult,
    MetadataValue,
    PartitionsDefinition,
    asset,
    multi_asset,
)
from dagster_dbt import DagsterDbtTranslator, dbt_assets
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

import ingest
from ingest import Account, Lake
from ingest.contract import TABLES
from orchestration import builds, dbt, publishing, taking
from orchestration.centre import Centre, load
from orchestration.home import Home

WRITER_POOL = "home"
"""One run at a time writes the lake and the warehouse."""

DAYS_TAG = "gaugebook/days"
"""What a run builds, whatever range of days it is filed under: ``OUTSTANDING``, or first/last of the days asked for."""

OUTSTANDING = "outstanding"

DELIVERIES = AssetKey("deliveries")
INDICATORS = AssetKey("indicator_values")
SINGLE_RUN = BackfillPolicy.single_run()
"""A range of days is one run. ``multi_asset`` declares that in a stable parameter, ``asset`` in one that may change."""

_progress = logging.getLogger("gaugebook").info


class Workplace(ConfigurableResource):
    """The home a run works in; secrets are not here but read from the environment when they are needed."""

    home_dir: str

    @property
    def home(self) -> Home:
        """The home."""
        return Home(Path(self.home_dir))

    @property
    def centre(self) -> Centre:
        """centre.yml as it is now."""
        return load(self.home.centre_file)


def selected_days(context: Any) -> list[date]:
    """Return the days a run asks for by name; none when it is to build what is outstanding."""
    asked = context.run.tags.get(DAYS_TAG)
    if asked is None and context.has_partition_key_range:
        asked = f"{context.partition_key_range.start}/{context.partition_key_range.end}"
    if asked in (None, OUTSTANDING):
        return []
    first, last = map(date.fromisoformat, asked.split("/"))
    return builds.days_between(first, last)


def tally(accounts: Sequence[Account]) -> dict[str, int]:
    """Return the accounts' sums."""
    return {
        "deliveries": len({(account.source, account.file) for account in accounts}),
        "rows_in": sum(account.rows_in for account in accounts),
        "loaded": sum(account.loaded for account in accounts),
        "duplicate": sum(account.duplicate for account in accounts),
        "quarantined": sum(account.quarantined for account in accounts),
    }


@asset(key=DELIVERIES, group_name="ingest", pool=WRITER_POOL, kinds={"parquet"})
def deliveries(workplace: Workplace) -> MaterializeResult:
    """Every new file in landing, conformed to the contract and laid into the lake."""
    accounts = taking.take_deliveries(workplace.home, workplace.centre)
    refused = sorted({f"{account.source}/{account.file}" for account in accounts if account.state == "refused"})
    return MaterializeResult(
        metadata={**tally(accounts), "refused": MetadataValue.md("\n".join(f"- {name}" for name in refused) or "none")}
    )


def lake_tables(days: DailyPartitionsDefinition) -> AssetsDefinition:
    """Return one asset for each contract table, a partition a day."""
    specs = [
        AssetSpec(
            [table.feed, table.name],
            deps=[DELIVERIES],
            group_name=table.feed,
            description=table.meaning,
            kinds={"parquet"},
        )
        for table in TABLES.values()
        if not table.raw
    ]

    @multi_asset(
        name="lake", specs=specs, partitions_def=days, backfill_policy=SINGLE_RUN, can_subset=True, pool=WRITER_POOL
    )
    def lake_days(context: AssetExecutionContext, workplace: Workplace) -> Iterator[MaterializeResult]:
        lake = Lake(workplace.home.lake)
        plan = builds.plan(workplace.home, lake, selected_days(context))
        wanted = plan.rebuilt(lake)
        for key in sorted(context.selected_asset_keys):
            partitions = lake.partitions(key.path[-1], wanted)
            yield MaterializeResult(asset_key=key, metadata={"event_dates": len(partitions)})

    return lake_days


class DailyFacts(DagsterDbtTranslator):
    """Partitions by day what is rebuilt by day; views and dimensions have no days."""

    def __init__(self, days: DailyPartitionsDefinition) -> None:
        super().__init__()
        self.days = days

    def get_partitions_def(self, dbt_resource_props: Mapping[str, Any]) -> PartitionsDefinition | None:
        """Return the daily partitions for incremental models that are no dimension and change with deliveries."""
        is_incremental = dbt_resource_props["config"].get("materialized") == "incremental"
        is_of_no_day = "dimensions" in dbt_resource_props["fqn"] or "declared" in dbt_resource_props["tags"]
        return self.days if is_incremental and not is_of_no_day else None


def warehouse_models(manifest: Path, days: DailyPartitionsDefinition) -> AssetsDefinition:
    """Return the dbt models, seeds and tests as assets and checks of one operation: one dbt invocation a run."""
    translator = DailyFacts(days)

    @dbt_assets(
        manifest=manifest,
        name="warehouse",
        backfill_policy=SINGLE_RUN,
        pool=WRITER_POOL,
        dagster_dbt_translator=translator,
    )
    def models(context: AssetExecutionContext, workplace: Workplace) -> Iterator[Any]:
        home, lake = workplace.home, Lake(workplace.home.lake)
        plan = builds.plan(home, lake, selected_days(context))
        if plan.is_empty:
            context.log.info("the warehouse holds everything the lake holds")
            return
        with home.writing():
            ingest.write_arrived(home.lake, lake.arrived())
            done = dbt.build(
                home,
                plan.variables(lake),
                full_refresh=plan.everything,
                unchanged=plan.unchanged,
                select=[key.path[-1] for key in context.selected_asset_keys] if context.is_subset else (),
                progress=_progress,
            )
            for event in done.events:
                message = DbtCoreCliEventMessage(raw_event=event, event_history_metadata={})
                yield from message.to_default_asset_events(manifest, translator, context)
            if done.failures:
                raise Failure(
                    "dbt: " + "; ".join(f"{f.name} {f.status}: {f.message}" for f in done.failures),
                    metadata={"log": MetadataValue.path(home.dbt / "logs" / "dbt.log")},
                    allow_retries=False,
                )
            if not context.is_subset:
                builds.record(home, plan)

    return models


def publication(days: DailyPartitionsDefinition) -> AssetsDefinition:
    """Return the asset that publishes the changed periods to PostgreSQL."""
    spec = AssetSpec(
        ["postgres", "indicator_values"],
        deps=[INDICATORS],
        group_name="serving",
        description="The indicator layer in PostgreSQL, replaced period by period in one transaction.",
        kinds={"postgres"},
    )

    @multi_asset(specs=[spec], partitions_def=days, backfill_policy=SINGLE_RUN, pool=WRITER_POOL)
    def postgres(workplace: Workplace) -> MaterializeResult:
        published = publishing.publish(workplace.home, workplace.centre)
        return MaterializeResult(metadata=published)

    return postgres


def pages(days: DailyPartitionsDefinition) -> AssetsDefinition:
    """Return the asset of the static pages: dictionary, briefs and index."""
    spec = AssetSpec(
        ["site", "pages"],
        deps=[INDICATORS],
        group_name="serving",
        description="The dictionary page and the executive brief of the newest day, in both languages.",
        kinds={"html"},
    )

    @multi_asset(specs=[spec], partitions_def=days, backfill_policy=SINGLE_RUN)
    def site(workplace: Workplace) -> MaterializeResult:
        written = publishing.write_pages(workplace.home, workplace.centre)
        return MaterializeResult(metadata={"pages": MetadataValue.md("\n".join(f"- {path}" for path in written))})

    return site


def boards() -> AssetsDefinition:
    """Return the asset that makes the Metabase server hold the boards."""

    @asset(
        key=["metabase", "boards"],
        deps=[AssetDep(["postgres", "indicator_values"])],
        group_name="serving",
        kinds={"metabase"},
    )
    def metabase(workplace: Workplace) -> MaterializeResult:
        """Collections, questions and dashboards as the board files say."""
        applied = publishing.apply_boards(workplace.home, workplace.centre)
        return MaterializeResult(metadata={"applied": MetadataValue.md(applied.render())})

    return metabase
