"""Running suites: Great Expectations judges profiles in one in-memory context, and verdicts come out.

Importing this module imports Great Expectations (seconds). What a rule says belongs to ``from_contract`` and
``suites``; what a verdict does to a run belongs to the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

import great_expectations as gx
from great_expectations.core.batch_definition import BatchDefinition
from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.data_context.types.base import ProgressBarsConfig

from expectations.from_contract import columns_suite, rows_suite
from expectations.profile import SAMPLE_ROWS, Batches, Lake, Suite, Warehouse
from expectations.suites import DELIVERIES, volume
from expectations.suites.indicators import INDICATORS
from expectations.verdict import Finding, Verdict
from ingest.contract import TABLES

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Batch:
    """A suite, the profile it judges, what a profile row stands for, and how to find rows that break a predicate."""

    suite: Suite
    frame: pd.DataFrame
    grain: tuple[str, ...]
    sample: Callable[[str], list[dict[str, str]]]


def validate(batches: Iterable[Batch]) -> list[Verdict]:
    """Judge each batch by its suite.

    A measure that is null on every row of its profile has nothing to judge and is left out.

    Raises:
        RuntimeError: An expectation could not be evaluated; that is a fault of the suite, not of the data.
    """
    return [_verdict(batch) for batch in batches]


def validate_deliveries(lake_root: Path, partitions: Mapping[str, Sequence[date]]) -> list[Verdict]:
    """Judge the rows that lie in some ``event_date`` partitions of the lake, table by table.

    Raw tables and tables without a file in their partitions have no verdict. A table whose columns do not fit the
    contract is judged no further, since no rule could be evaluated.
    """
    verdicts: list[Verdict] = []
    with Lake(lake_root) as lake:
        for name, dates in partitions.items():
            table = TABLES[name]
            files = lake.files(table, dates)
            if table.raw or not files:
                continue
            verdicts += validate(
                [Batch(columns_suite(table), lake.columns(table, files), ("file", "amiss"), lambda _: [])]
            )
            if verdicts[-1].passed:
                lake.load(table, dates)
                suites = [rows_suite(table)]
                suites += [DELIVERIES[name]] if name in DELIVERIES else []
                suites += [volume.suite(table)] if name in volume.DAILY else []
                verdicts += validate(_measured(lake, suites))
    return verdicts


def validate_indicators(warehouse: Path, dates: Sequence[date] | None) -> list[Verdict]:
    """Judge the indicator values of every day, week and month that holds one of ``dates``; ``None`` means all values.

    Raises:
        LookupError: The warehouse has no indicator values yet.
    """
    with Warehouse(warehouse) as layer:
        layer.load(dates)
        return validate(_measured(layer, [INDICATORS]))


def _measured(batches: Batches, suites: Sequence[Suite]) -> list[Batch]:
    profile = batches.profile(suites)
    return [
        Batch(suite, profile, batches.grain, lambda predicate: batches.sample(suites, predicate))
        for suite in suites
        if len(profile)
    ]


@cache
def _whole_frame() -> BatchDefinition:
    """One in-memory context a process, with one asset that takes any frame."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("profiles").add_dataframe_asset("profile")
    return asset.add_batch_definition_whole_dataframe("whole")


def _verdict(batch: Batch) -> Verdict:
    suite, frame = batch.suite, batch.frame
    filled = set(frame.columns[frame.notna().any()])
    judged = [expectation for expectation in suite.expectations if expectation.column in filled]
    result = (
        _whole_frame()
        .get_batch({"dataframe": frame})
        .validate(gx.ExpectationSuite(f"{suite.table}.{suite.name}", expectations=judged), result_format="BASIC")
    )
    findings = tuple(_finding(batch, outcome) for outcome in result.results)
    return Verdict(
        suite=suite.name,
        table=suite.table,
        passed=all(finding.success for finding in findings),
        critical_failed=any(not finding.success and finding.severity == "critical" for finding in findings),
        expectations=findings,
    )


def _finding(batch: Batch, outcome: ExpectationValidationResult) -> Finding:
    rule, frame = outcome.expectation_config, batch.frame
    if rule is None or "observed_value" not in outcome.result:
        raise RuntimeError(f"{batch.suite.table}.{batch.suite.name}: not evaluated: {outcome.exception_info}")
    name, observed = rule.kwargs["column"], outcome.result["observed_value"]
    measured = frame[name]
    low, high = rule.kwargs.get("min_value", -inf), rule.kwargs.get("max_value", inf)
    beyond = frame.loc[(measured < low) | (measured > high), [*batch.grain, name]]
    measure = batch.suite.measures.get(name)
    return Finding(
        name=name,
        description=rule.description or "",
        rule=f"{rule.type}({low:g}, {high:g})",
        severity=str(rule.severity.value),
        success=bool(outcome.success),
        observed=float(observed),
        unexpected=int(observed) if rule.type == "expect_column_sum_to_be_between" else None,
        where=beyond.head(SAMPLE_ROWS).to_dict("records"),
        sample=batch.sample(measure.failing) if measure and measure.failing and not outcome.success else [],
    )
