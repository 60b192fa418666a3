"""MetricFlow's answer to the dictionary, compared with `indicator_values`: the one place that imports MetricFlow.

MetricFlow compiles the YAML that the indicator layer is generated from with its own engine, so that a fault of the
generator shows as a disagreement. It judges numerators, denominators and values; statuses, targets and what a fact's
columns mean are judged by the golden cases.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import NamedTuple

import duckdb
from dbt_metricflow.cli.dbt_connectors.adapter_backed_client import SupportedAdapterTypes
from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

TOLERANCE = 1e-9
"""Greatest accepted difference, relative to the greater of 1 and the value: sums of floats depend on their order."""


SCALES = {"percent": 100, "per_thousand": 1000, "per_ten_thousand": 10_000}
"""What a quotient is multiplied by to be read in its unit; others are read as they are."""


LINKS = {"client": "queue__client"}
"""How MetricFlow names a level that a fact reaches through another."""


UNJUDGED = {"time_to_proficiency_days": "a_class_on_its_way"}
"""Indicators that MetricFlow cannot express, and the case worked out by hand that judges each.

It knows percentiles, but none of durations of which some have not ended yet.
"""


class Disagreement(NamedTuple):
    """One row of `indicator_values` or of MetricFlow's answer that the other side does not have or tells otherwise.

    `ours` and `theirs` are numerator, denominator and value.
    """

    indicator: str
    grain: str
    starts_at: str
    level: str
    member: str
    ours: list[float | None]
    theirs: list[float | None]


class _Renderer:
    """What MetricFlow needs to know of a database in order to write SQL for it: its dialect, no connection."""

    sql_engine_type = SupportedAdapterTypes.DUCKDB.sql_engine_type
    sql_plan_renderer = SupportedAdapterTypes.DUCKDB.sql_plan_renderer

    def render_bind_parameter_key(self, bind_parameter_key: str) -> str:
        return f"${bind_parameter_key}"


class Judge:
    """MetricFlow's engines over the artefacts that dbt leaves in its target folder.

    For each measure an engine looks at every fact that it knows for what could be joined. So each knows only facts
    that some indicator brings together, and what every fact may be linked to.
    """

    def __init__(self, target: Path):
        manifest = json.loads((target / "semantic_manifest.json").read_text("utf-8"))
        metrics = json.loads((target / "manifest.json").read_text("utf-8"))["metrics"].values()
        simple = {m["name"]: m["type_params"]["measure"] for m in metrics if m["type"] == "simple"}
        self.told_by = {name: part["name"] for name, part in simple.items() if part["fill_nulls_with"] is not None}
        self.indicators = {
            m["name"]: m for m in metrics if m["config"]["meta"].get("levels") and m["name"] not in UNJUDGED
        }
        self.engines = [(tied, _engine(manifest, tied)) for tied in _tied(metrics)]

    @cached_property
    def answers(self) -> list[str]:
        """Queries whose rows together are what `indicator_values` has to hold, one a level and grain."""
        queries = []
        levels = {level for m in self.indicators.values() for level in m["config"]["meta"]["levels"]}
        for (tied, engine), level, grain in product(self.engines, sorted(levels), ("interval", "day", "week", "month")):
            valid = {
                name: m
                for name, m in self.indicators.items()
                if name in tied and _is_valid(m["config"]["meta"], level, grain)
            }
            if not valid:
                continue
            parts = {part for m in valid.values() for part in _parts(m).values() if part}
            parts |= {self.told_by.get(part, part) for part in parts}
            rows = ", ".join(_row(m, self.told_by) for m in valid.values())
            member = "'all'" if level == "centre" else LINKS.get(level, level)
            time = "interval" if grain == "interval" else f"metric_time__{grain}"
            queries.append(
                f"SELECT '{grain}' AS grain, {time}::timestamp AS starts_at, '{level}' AS level,"
                f" {member} AS member, unnest([{rows}], recursive := true)"
                f" FROM ({_sql(engine, sorted(parts | set(valid)), level, grain)}) WHERE {member} IS NOT NULL"
            )
        return queries


def _tied(metrics: Iterable[dict]) -> list[set[str]]:
    """Return names of metrics and of their facts, in sets that have no indicator in common."""
    sets: list[set[str]] = []
    for metric in metrics:
        ids = {metric["unique_id"], *metric["depends_on"]["nodes"]}
        names = {unique_id.rsplit(".", 1)[-1] for unique_id in ids} | {metric["config"]["meta"].get("sample")} - {None}
        touched = [each for each in sets if each & names]
        sets = [each for each in sets if each not in touched] + [names.union(*touched)]
    return sets


def _engine(manifest: dict, tied: set[str]) -> MetricFlowEngine:
    part = manifest | {
        "metrics": [metric for metric in manifest["metrics"] if metric["name"] in tied],
        "semantic_models": [m for m in manifest["semantic_models"] if m["name"] in tied or not m["measures"]],
    }
    lookup = SemanticManifestLookup(parse_manifest_from_dbt_generated_manifest(json.dumps(part)))
    return MetricFlowEngine(lookup, _Renderer())  # pyright: ignore[reportArgumentType]


def _sql(engine: MetricFlowEngine, metrics: list[str], level: str, grain: str) -> str:
    """SQL for the metrics of every member of the level in every period of the grain."""
    time = ["metric_time__day", "interval"] if grain == "interval" else [f"metric_time__{grain}"]
    group_by = [*time, *([] if level == "centre" else [LINKS.get(level, level)])]
    request = MetricFlowQueryRequest.create(metric_names=metrics, group_by_names=group_by)
    return engine.explain(request).sql_statement.without_descriptions.sql


def _is_valid(meta: dict, level: str, grain: str) -> bool:
    return grain in meta["grains"] and level in meta["interval_levels" if grain == "interval" else "levels"]


def _parts(metric: dict) -> dict[str, str | None]:
    """Metrics that hold an indicator's numerator, denominator and the units it rests on."""
    kind, params, meta = metric["type"], metric["type_params"], metric["config"]["meta"]
    if kind == "ratio":
        numerator, denominator = params["numerator"]["name"], params["denominator"]["name"]
    else:
        numerator, denominator = (None if meta["class"] == "P" else metric["name"]), None
    return {"numerator": numerator, "denominator": denominator, "sample": meta["sample"]}


def _row(metric: dict, told_by: dict[str, str]) -> str:
    """A struct with the indicator's answer; `told` where its fact has rows for the member and the period.

    A part that is taken for zero where it is missing has a number everywhere: `told_by` names the measure that has not.
    """
    parts = _parts(metric)
    scale = SCALES.get(metric["config"]["meta"]["unit"], 1)
    told = " OR ".join(f"{told_by.get(part, part)} IS NOT NULL" for part in parts.values() if part)
    return (
        f"{{indicator: '{metric['name']}', numerator: {parts['numerator'] or 'NULL'}::double,"
        f" denominator: {parts['denominator'] or 'NULL'}::double,"
        f" value: {scale} * {metric['name']}::double, told: {told}}}"
    )


_judges: dict[str, Judge] = {}


def judge_of(target: Path) -> Judge:
    """The judge of a target folder; compiling its queries takes long, so that homes of one dictionary have one."""
    dictionary = (target / "semantic_manifest.json").read_text("utf-8")
    if dictionary not in _judges:
        _judges[dictionary] = Judge(target)
    return _judges[dictionary]


def disagreements(warehouse: duckdb.DuckDBPyConnection, target: Path) -> list[Disagreement]:
    """Compare `indicator_values` with MetricFlow, row by row; its answers from the facts are kept with the connection.

    Args:
        warehouse: connection to the DuckDB file that dbt built, under the name it had then.
        target: dbt's target folder of that build, with `manifest.json` and `semantic_manifest.json`.

    Returns:
        What differs by more than the tolerance, and rows that only one side has. Values that a status hides are
        compared by numerator and denominator only; a row that says why nothing was counted has no other side. Of
        indicators that MetricFlow cannot express nothing is said.
    """
    if not warehouse.execute("SELECT 1 FROM duckdb_tables() WHERE temporary AND table_name = 'answers'").fetchall():
        warehouse.execute(
            "CREATE TEMP TABLE answers (grain text, starts_at timestamp, level text, member text,"
            " indicator text, numerator double, denominator double, value double, told boolean)"
        )
        for query in judge_of(target).answers:
            warehouse.execute(f"INSERT INTO answers {query}")
    numerator, denominator, value = (
        f"((ours.{part} IS NULL) <> (theirs.{part} IS NULL)"
        f" OR coalesce(abs(ours.{part} - theirs.{part}) > {TOLERANCE} * greatest(1, abs(theirs.{part})), false))"
        for part in ("numerator", "denominator", "value")
    )
    unjudged = ", ".join(f"'{name}'" for name in UNJUDGED)
    rows = warehouse.execute(
        f"""
        SELECT indicator, grain, starts_at::text, level, member,
               [ours.numerator, ours.denominator, ours.value],
               [theirs.numerator, theirs.denominator, theirs.value]
        FROM (FROM indicator_values WHERE indicator NOT IN ({unjudged})) AS ours
        FULL JOIN (FROM answers WHERE told) AS theirs USING (indicator, grain, starts_at, level, member)
        WHERE ours.status IS NULL
            OR (theirs.told IS NULL AND NOT (
                ours.status IN ('no_traffic', 'closed', 'feed_missing')
                AND coalesce(ours.numerator, ours.denominator, ours.value, ours.sample_size) IS NULL
            ))
            OR {numerator} OR {denominator} OR (ours.status NOT IN ('below_floor', 'feed_missing') AND {value})
        """
    ).fetchall()
    return [Disagreement(*row) for row in rows]
