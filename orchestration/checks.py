"""Asset checks: Great Expectations' verdicts on deliveries and on the indicator layer, as Dagster sees them.

What is expected belongs to ``expectations``; dbt's tests arrive with the dbt assets.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    MetadataValue,
    ResourceParam,
    multi_asset_check,
)

from expectations.docs import data_docs
from expectations.judge import Judge
from expectations.verdict import Verdict
from ingest import Lake
from ingest.contract import TABLES
from orchestration import builds
from orchestration.assets import INDICATORS, Workplace, selected_days


def to_judge(plan: builds.Plan, lake: Lake, assets: Iterable[AssetKey]) -> dict[str, list[date]]:
    """Return the partitions that concern a build, of those among the assets that are contract tables."""
    days = plan.rebuilt(lake)
    return {key.path[-1]: lake.partitions(key.path[-1], days) for key in assets if key.path[-1] in TABLES}


def delivery_checks() -> AssetChecksDefinition:
    """Return the checks of the contract tables; a critical failure keeps dbt from starting."""
    tables = [table for table in TABLES.values() if not table.raw]

    @multi_asset_check(
        name="delivery_checks",
        specs=[
            AssetCheckSpec(
                "delivery",
                asset=AssetKey([table.feed, table.name]),
                blocking=True,
                description="structure as the contract declares it, and plausible volumes and ranges",
            )
            for table in tables
        ],
        can_subset=True,
    )
    def check_deliveries(
        context: AssetCheckExecutionContext, workplace: Workplace, judge: ResourceParam[Judge]
    ) -> Iterator[AssetCheckResult]:
        home = workplace.home
        lake = Lake(home.lake)
        plan = builds.plan(home, lake, selected_days(context))
        keys = sorted(context.selected_asset_check_keys)
        verdicts = judge.deliveries(home.lake, to_judge(plan, lake, [key.asset_key for key in keys]))
        data_docs(home.site, verdicts)
        for key in keys:
            yield _result([v for v in verdicts if v.table == key.asset_key.path[-1]], key.asset_key, key.name)

    return check_deliveries


def indicator_checks() -> AssetChecksDefinition:
    """Return the checks of the indicator layer; a critical failure keeps it from being published."""

    @multi_asset_check(
        name="indicator_checks",
        specs=[
            AssetCheckSpec(
                "indicator_layer",
                asset=INDICATORS,
                blocking=True,
                description="values within their range, parts that sum to totals, no value without a status",
            )
        ],
    )
    def check_indicators(workplace: Workplace, judge: ResourceParam[Judge]) -> Iterator[AssetCheckResult]:
        home = workplace.home
        ledger = builds.Ledger.read(home)
        as_of = date.fromisoformat(ledger.as_of) if ledger.as_of else date.min
        verdicts = judge.indicators(home.warehouse, ledger.days_since(ledger.checked), as_of)
        data_docs(home.site, verdicts)
        if not any(verdict.critical_failed for verdict in verdicts):
            builds.record_checked(home)
        yield _result(verdicts, INDICATORS, "indicator_layer")

    return check_indicators


def _result(verdicts: Sequence[Verdict], asset: AssetKey, name: str) -> AssetCheckResult:
    failed = [
        f"- {verdict.suite}: {finding.told()}"
        for verdict in verdicts
        for finding in verdict.expectations
        if not finding.success
    ]
    critical = any(verdict.critical_failed for verdict in verdicts)
    return AssetCheckResult(
        asset_key=asset,
        check_name=name,
        passed=not failed,
        severity=AssetCheckSeverity.ERROR if critical else AssetCheckSeverity.WARN,
        metadata={
            "expectations": sum(len(verdict.expectations) for verdict in verdicts),
            "failed": MetadataValue.md("\n".join(failed) or "none"),
        },
    )
