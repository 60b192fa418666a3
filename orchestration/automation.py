"""When things run: jobs, the sensors on landing and on the lake, and the daily schedules.

A delivery may concern any day, so what to build is asked of the lake, not of the clock: late rows are built as soon as
they arrive, and the daily run builds whatever is outstanding beside its own day.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from dagster import (
    AssetCheckKey,
    AssetKey,
    AssetSelection,
    DefaultSensorStatus,
    JobDefinition,
    OpExecutionContext,
    RunRequest,
    ScheduleDefinition,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    build_schedule_from_partitioned_job,
    define_asset_job,
    job,
    op,
    sensor,
)
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from ingest import Lake
from ingest.contract import TABLES
from ingest.landing import fingerprint
from orchestration import builds, retention
from orchestration.assets import DAYS_TAG, DELIVERIES, INDICATORS, OUTSTANDING, WRITER_POOL, Workplace
from orchestration.taking import landing_of

TAKE = "take_deliveries"
REFRESH = "refresh"
SERVE = "serve"
FORGET = "forget"

FILED_DAYS = 100
"""The most days that a run is filed under: each costs Dagster a tenth of a second."""

_LONGEST_GAP = timedelta(days=7)


@op(pool=WRITER_POOL)
def forget_what_is_over(context: OpExecutionContext, workplace: Workplace) -> None:
    """Remove what centre.yml does not want kept any longer."""
    removed = retention.apply(workplace.home, workplace.centre)
    for one in removed:
        context.log.info(f"{one.table}: {one.rows} rows of {one.source} that ended before {one.before}")
    context.add_output_metadata({"rows": sum(one.rows for one in removed)})


@job(name=FORGET)
def forget() -> None:
    """Remove from the lake and the quarantine what is older than centre.yml allows."""
    forget_what_is_over()


def jobs() -> list[UnresolvedAssetJobDefinition]:
    """Return the jobs on assets: take; bring everything behind the lake up to date; only check and serve."""
    return [
        define_asset_job(TAKE, selection=AssetSelection.assets(DELIVERIES)),
        define_asset_job(REFRESH, selection=AssetSelection.all() - AssetSelection.assets(DELIVERIES)),
        define_asset_job(
            SERVE,
            selection=AssetSelection.groups("serving")
            | AssetSelection.checks(AssetCheckKey(INDICATORS, "indicator_layer")),
        ),
    ]


def filed_under(days: Iterable[date], history_from: date) -> tuple[date, date]:
    """Return the first and last of the days that Dagster files a run under.

    Dagster stores two events for each asset and day of a range, whether or not the day was built. So the range goes
    back from the newest day over gaps of a week at most, ``FILED_DAYS`` at most, and not before ``history_from``.
    """
    last = first = max(days)
    for day in sorted(days, reverse=True):
        if first - day > _LONGEST_GAP or (last - day).days >= FILED_DAYS:
            break
        first = day
    return max(first, history_from), max(last, history_from)


def run_tags(plan: builds.Plan, lake: Lake, history_from: date, requested: Sequence[date] = ()) -> dict[str, str]:
    """Return the tags of a run that builds ``plan``: the days asked for, and the range of days it is filed under."""
    days = plan.rebuilt(lake)
    first, last = filed_under(days or [plan.as_of or history_from], history_from)
    return {
        ASSET_PARTITION_RANGE_START_TAG: first.isoformat(),
        ASSET_PARTITION_RANGE_END_TAG: last.isoformat(),
        DAYS_TAG: f"{min(requested)}/{max(requested)}" if requested else OUTSTANDING,
    }


def concerned(plan: builds.Plan, lake: Lake, refresh: JobDefinition) -> list[AssetKey]:
    """Return the assets of a run that builds ``plan``: all but contract tables with nothing new, or no row in its days.

    Dagster stores two events for each asset and day, and most tables of most centres have no news on most days. What
    has been built from a table has passed its checks.
    """
    days = plan.rebuilt(lake)
    idle = {
        AssetKey([table.feed, table.name])
        for table in TABLES.values()
        if not table.raw and (table.name in plan.unchanged or not lake.partitions(table.name, days))
    }
    return sorted(set(refresh.asset_layer.executable_asset_keys) - idle)


@sensor(job_name=TAKE, minimum_interval_seconds=30, default_status=DefaultSensorStatus.STOPPED)
def landing_sensor(context: SensorEvaluationContext, workplace: Workplace) -> SkipReason | RunRequest:
    """Take deliveries when the content of landing has changed and has come to rest."""
    location = landing_of(workplace.home, workplace.centre)
    seen = fingerprint(location, [source.name for source in workplace.centre.sources])
    resting, taken = (context.cursor or "|").split("|")
    if seen == taken:
        return SkipReason("nothing new in landing")
    if seen != resting:
        context.update_cursor(f"{seen}|{taken}")
        return SkipReason("landing has changed; waiting for it to come to rest")
    context.update_cursor(f"{seen}|{seen}")
    return RunRequest(run_key=seen)


@sensor(job_name=REFRESH, minimum_interval_seconds=30, default_status=DefaultSensorStatus.STOPPED)
def lake_sensor(context: SensorEvaluationContext, workplace: Workplace) -> Iterator[SkipReason | RunRequest]:
    """Refresh when the lake holds changes the warehouse does not, late days included."""
    home = workplace.home
    lake = Lake(home.lake)
    plan = builds.plan(home, lake)
    if plan.is_empty or plan.as_of is None:
        yield SkipReason("the warehouse holds everything the lake holds")
        return
    tags = run_tags(plan, lake, workplace.centre.history_from)
    assert context.repository_def, "Dagster evaluates sensors within their code location"
    assets = concerned(plan, lake, context.repository_def.get_job(REFRESH))
    yield RunRequest(run_key=f"{plan.sequence}-{plan.fingerprint[:12]}", tags=tags, asset_selection=assets)


def sensors() -> list[SensorDefinition]:
    """Return the sensors."""
    return [landing_sensor, lake_sensor]


def schedules(refresh: UnresolvedAssetJobDefinition) -> list:
    """Return the daily schedules: forgetting at four, deliveries at five, all that is outstanding at half past.

    The last is filed under its day.
    """
    return [
        ScheduleDefinition(name="daily_forgetting", job_name=FORGET, cron_schedule="0 4 * * *"),
        ScheduleDefinition(name="daily_deliveries", job_name=TAKE, cron_schedule="0 5 * * *"),
        build_schedule_from_partitioned_job(refresh, name="daily_refresh", hour_of_day=5, minute_of_hour=30),
    ]
