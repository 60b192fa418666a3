"""The dictionary's YAML by itself: complete, in both languages, and valid for the facts it is measured on."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingest.contract import TABLES
from serving.language import UNITS, WORDS

INDICATORS = Path(__file__).parents[2] / "dbt_project" / "models" / "indicators"

FIRST_25 = {
    "accessibility": "service_level_pct answer_rate_pct abandonment_rate_pct short_abandon_pct asa_sec wait_p90_sec"
    " agent_no_answer_pct chat_first_response_sec",
    "volume": "contacts_offered queue_visits contacts_handled handle_legs",
    "handling": "aht_sec acw_avg_sec transfer_rate_pct occupancy_pct",
    "quality": "qa_coverage_pct qa_score_avg qa_pass_pct",
    "customer": "csat_top2_pct survey_response_pct",
    "workforce": "headcount_active schedule_adherence_pct absence_rate_pct attrition_rate_pct",
}

TEXTS = {"name", "definition", "caveat", "numerator", "denominator", "drivers"}
"""What a reader sees in his own language; the English name and definition are the metric's label and description."""

META = (
    {"unit", "direction", "class", "feeds", "owner", "reference", "sample", "levels", "grains"}
    | {"maturity_days", "headline"}
    | {f"{text}_zh" for text in TEXTS}
    | (TEXTS - {"name", "definition"})
)

ALLOWED = {
    "unit": set(UNITS),
    "direction": {"higher", "lower", "band", "neutral"},
    "class": {"A", "S", "R", "P", "D", "L", "X"},
    "feeds": {table.feed for table in TABLES.values()},
    "grains": {"interval", "day", "week", "month"},
}


def _read(kind: str, paths: list[Path]) -> list[dict[str, Any]]:
    return [entry for path in paths for entry in yaml.safe_load(path.read_text("utf-8")).get(kind, [])]


FAMILIES = {path.stem: _read("metrics", [path]) for path in sorted(INDICATORS.glob("*.yml"))}
VARIANTS = {metric["name"]: metric for metric in _read("metrics", sorted((INDICATORS / "variants").glob("*.yml")))}
MAIN = {metric["name"]: metric for metrics in FAMILIES.values() for metric in metrics}
METRICS = {**MAIN, **VARIANTS}
FACTS = _read("semantic_models", sorted((INDICATORS / "facts").glob("*.yml")))
LINKED = {
    key["name"]: {entity["name"] for entity in fact["entities"] if entity["type"] == "foreign"}
    for fact in FACTS
    if "measures" not in fact
    for key in fact["entities"]
    if key["type"] == "primary"
}
"""What a fact that knows an entity is also broken down by: a queue's client."""

MEASURES = {measure["name"]: (fact, measure) for fact in FACTS for measure in fact.get("measures", ())}
FILLED = {
    metric["name"]: metric["type_params"]["measure"]["name"]
    for metric in _read("metrics", sorted((INDICATORS / "facts").glob("*.yml")))
}
"""Metrics that take a measure for zero where nothing happened, and the measure of each."""

each_indicator = pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS.keys())


def _measures(metric: dict[str, Any]) -> set[str]:
    """Measures that a metric is made of; a part that is no indicator is the measure of its name."""
    params = metric["type_params"]
    if metric["type"] == "simple":
        return {params["measure"]}
    parts = (params["numerator"], params["denominator"])
    return {
        name for part in parts for name in (_measures(METRICS[part]) if part in METRICS else {FILLED.get(part, part)})
    }


def test_the_dictionary_holds_the_first_indicators_in_their_families() -> None:
    for family, names in FIRST_25.items():
        assert set(names.split()) <= {metric["name"] for metric in FAMILIES[family]}, family


def test_every_unit_of_the_warehouse_can_be_shown() -> None:
    with (INDICATORS.parents[1] / "seeds" / "units.csv").open(encoding="utf-8") as seed:
        units = {row["unit"] for row in csv.DictReader(seed)}
    assert units == set(UNITS)
    assert units | {family for family, metrics in FAMILIES.items() if metrics} <= set(WORDS)


def test_a_name_is_given_once() -> None:
    metrics = METRICS.values()
    assert not MAIN.keys() & VARIANTS.keys()
    for names in (
        [m["name"] for m in metrics],
        [m["label"] for m in metrics],
        [m["config"]["meta"]["name_zh"] for m in metrics],
        [measure["name"] for fact in FACTS for measure in fact.get("measures", ())],
    ):
        assert len(names) == len(set(names))


@each_indicator
def test_meta_has_exactly_the_agreed_keys(metric: dict[str, Any]) -> None:
    meta = metric["config"]["meta"]
    of_intervals = {"interval_levels"} if "interval" in meta["grains"] else set()
    assert set(meta) - {"counts"} == META | of_intervals | ({"variant_of"} if metric["name"] in VARIANTS else set())
    may_be_empty = {"sample"} | (set() if metric["type"] == "ratio" else {"denominator", "denominator_zh"})
    assert {key for key, value in meta.items() if value in (None, "", [])} <= may_be_empty


@each_indicator
def test_meta_speaks_the_agreed_words(metric: dict[str, Any]) -> None:
    meta = metric["config"]["meta"]
    for key, allowed in ALLOWED.items():
        given = meta[key] if isinstance(meta[key], list) else [meta[key]]
        assert set(given) <= allowed, key
    assert isinstance(meta["headline"], bool)
    assert meta["maturity_days"] >= 0


@each_indicator
def test_both_languages_say_it(metric: dict[str, Any]) -> None:
    meta = metric["config"]["meta"]
    english = {"name": metric["label"], "definition": metric["description"]} | meta
    for text in TEXTS:
        pairs = (english[text], meta[f"{text}_zh"]) if text == "drivers" else ([english[text]], [meta[f"{text}_zh"]])
        assert len(pairs[0]) == len(pairs[1]), text
        for en, zh in zip(*pairs, strict=True):
            assert (en is None) == (zh is None), text
            if en is not None:
                assert any("\u4e00" <= character <= "\u9fff" for character in zh), text


@each_indicator
def test_its_levels_are_entities_of_every_fact_it_is_measured_on(metric: dict[str, Any]) -> None:
    meta = metric["config"]["meta"]
    measures = _measures(metric) | ({meta["sample"]} if meta["sample"] else set())
    for name in measures:
        fact, _ = MEASURES[name]
        entities = {entity["name"] for entity in fact["entities"] if entity["type"] == "foreign"}
        valid = {"centre"}.union(entities, *(LINKED.get(entity, ()) for entity in entities))
        assert set(meta["levels"]) <= valid, (name, fact["name"])
        assert "interval" not in meta["grains"] or "interval" in entities, (name, fact["name"])
    assert set(meta.get("interval_levels", ())) <= set(meta["levels"])
    assert ("client" in meta["levels"]) == ("queue" in meta["levels"])


@each_indicator
def test_its_class_fits_its_formula(metric: dict[str, Any]) -> None:
    meta = metric["config"]["meta"]
    aggregations = {MEASURES[name][1]["agg"] for name in _measures(metric)}
    if meta["class"] == "P":
        assert (metric["type"], aggregations) == ("simple", {"percentile"})
    elif meta["class"] == "A":
        assert metric["type"] == "simple" and aggregations <= {"sum", "sum_boolean", "count"}
    else:
        assert metric["type"] == "ratio"
    # an interpolated percentile is no estimate where some durations have not ended
    for _, measure in (MEASURES[name] for name in _measures(metric)):
        if measure["agg"] == "percentile":
            censored = "censored" in measure.get("config", {}).get("meta", {})
            assert measure["agg_params"]["use_discrete_percentile"] == censored
    # the sample of a ratio is its denominator, so that the floor hides a share of few units
    if metric["type"] == "ratio" and meta["sample"]:
        assert meta["sample"] == metric["type_params"]["denominator"]


def test_a_part_is_offered_to_ratios_by_its_measure() -> None:
    parts = {
        FILLED.get(metric["type_params"][side], metric["type_params"][side])
        for metric in METRICS.values()
        if metric["type"] == "ratio"
        for side in ("numerator", "denominator")
    } - set(METRICS)
    offered = {name for name, (_, measure) in MEASURES.items() if measure.get("create_metric")}
    samples = {metric["config"]["meta"]["sample"] for metric in METRICS.values()} - set(METRICS) - {None}
    # a measure that no indicator uses would be a definition nobody reads
    assert offered == parts | samples


def test_a_variant_belongs_to_an_indicator_that_is_valid_wherever_it_is() -> None:
    for variant in VARIANTS.values():
        meta, main = variant["config"]["meta"], MAIN[variant["config"]["meta"]["variant_of"]]["config"]["meta"]
        for key in ("levels", "grains"):
            assert set(meta[key]) <= set(main[key]), variant["name"]


def test_a_bridge_stands_between_shares_of_one_kind() -> None:
    for variant in VARIANTS.values():
        meta, main = variant["config"]["meta"], MAIN[variant["config"]["meta"]["variant_of"]]["config"]["meta"]
        if "counts" in meta:
            assert "counts" in main, variant["name"]
            for key in ("unit", "direction", "class", "levels"):
                assert meta[key] == main[key], variant["name"]


def test_ways_of_counting_name_classes_of_visits_once() -> None:
    with (INDICATORS.parents[1] / "seeds" / "visit_classes.csv").open(encoding="utf-8") as seed:
        classes = {row["visit_class"] for row in csv.DictReader(seed)}
    counting = {name: metric["config"]["meta"].get("counts") for name, metric in METRICS.items()}
    for name, counts in counting.items():
        if counts:
            named = counts["hit"] + counts["miss"]
            assert len(named) == len(set(named)) and set(named) <= classes - {"waiting"}, name
