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
    """Suites, the profile they judge, what a profile row stands for, and how to find rows that break a predicate."""

    suites: Sequence[Suite]
    frame: pd.DataFrame
    grain: tuple[str, ...]
    sample: Callable[[str], list[dict[str, str]]]


def validate(batches: Iterable[Batch]) -> list[Verdict]:
    """Judge each batch by its suites: one verdict a suite.

    A measure that is null on every row of its profile has nothing to judge and is left out.

    Raises:
        RuntimeError: An expectation could not be evaluated; that is a fault of the suite, not of the data.
    """
    return [verdict for batch in batches for verdict in _verdicts(batch)]


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
                [Batch([columns_suite(table)], lake.columns(table, files), ("file", "amiss"), lambda _: [])]
            )
            if verdicts[-1].passed:
                lake.load(table, dates)
                suites = [rows_suite(table)]
                suites += [DELIVERIES[name]] if name in DELIVERIES else []
                suites += [volume.suite(table)] if name in volume.DAILY else []
                verdicts += validate(_measured(lake, suites))
    return verdicts


def validate_indicators(warehouse: Path, dates: Sequence[date] | None, as_of: date) -> list[Verdict]:
    """Judge the indicator values of every day, week and month that holds one of ``dates``; ``None`` means all values.

    ``as_of`` is the newest day of which values are expected.

    Raises:
        LookupError: The warehouse has no indicator values yet.
    """
    with Warehouse(warehouse) as layer:
        layer.load(dates, as_of)
        return validate(_measured(layer, [INDICATORS]))


def _measured(batches: Batches, suites: Sequence[Suite]) -> list[Batch]:
    profile = batches.profile(suites)
    if profile.empty:
        return []
    return [Batch(suites, profile, batches.grain, lambda predicate: batches.sample(suites, predicate))]


@cache
def _whole_frame() -> BatchDefinition:
    """One in-memory context a process, with one asset that takes any frame."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("profiles").add_dataframe_asset("profile")
    return asset.add_batch_definition_whole_dataframe("whole")


def _verdicts(batch: Batch) -> list[Verdict]:
    # One validation for all suites: setting one up costs as much as judging two expectations.
    filled = set(batch.frame.columns[batch.frame.notna().any()])
    suite_of = {rule.column: suite.name for suite in batch.suites for rule in suite.expectations}
    judged = [rule for suite in batch.suites for rule in suite.expectations if rule.column in filled]
    measured = batch.frame[list(dict.fromkeys(rule.column for rule in judged))]
    result = (
        _whole_frame()
        .get_batch({"dataframe": measured})
        .validate(gx.ExpectationSuite(batch.suites[0].table, expectations=judged), result_format="BASIC")
    )
    findings = [_finding(batch, outcome) for outcome in result.results]
    return [_verdict(suite, [f for f in findings if suite_of[f.name] == suite.name]) for suite in batch.suites]


def _verdict(suite: Suite, findings: Sequence[Finding]) -> Verdict:
    return Verdict(
        suite=suite.name,
        table=suite.table,
        passed=all(finding.success for finding in findings),
        critical_failed=any(not finding.success and finding.severity == "critical" for finding in findings),
        expectations=tuple(findings),
    )


def _finding(batch: Batch, outcome: ExpectationValidationResult) -> Finding:
    rule, frame = outcome.expectation_config, batch.frame
    if rule is None or "observed_value" not in outcome.result:
        raise RuntimeError(f"{batch.suites[0].table}: not evaluated: {outcome.exception_info}")
    name, observed = rule.kwargs["column"], outcome.result["observed_value"]
    low, high = rule.kwargs.get("min_value", -inf), rule.kwargs.get("max_value", inf)
    where, sample = [], []
    if not outcome.success:
        beyond = frame.loc[(frame[name] < low) | (frame[name] > high), [*batch.grain, name]]
        where = beyond.head(SAMPLE_ROWS).to_dict("records")
        failing = next((suite.measures[name].failing for suite in batch.suites if name in suite.measures), None)
        sample = batch.sample(failing) if failing else []
    return Finding(
        name=name,
        description=rule.description or "",
        rule=f"{rule.type}({low:g}, {high:g})",
        severity=str(rule.severity.value),
        success=bool(outcome.success),
        observed=float(observed),
        unexpected=int(observed) if rule.type == "expect_column_sum_to_be_between" else None,
        where=where,
        sample=sample,
    )
