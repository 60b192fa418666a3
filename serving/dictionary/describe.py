"""One entry of the dictionary as labelled lines, for a terminal or a row of a workbook."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from serving.dictionary.entries import Entry, look_up
from serving.language import CLASSES, UNITS, Locale, Words, period_name, reading, word

_LABELS = {
    "name": Words("Name", "名称"),
    "indicator": Words("Key", "标识"),
    "definition": Words("Definition", "定义"),
    "variant_of": Words("Variant of", "同指标异算法"),
    "formula": Words("Formula", "公式"),
    "unit": Words("Unit", "单位"),
    "rolls_up": Words("How it rolls up", "汇总规则"),
    "feeds": Words("Feeds", "数据来源"),
    "lineage": Words("Counted from", "数据血缘"),
    "valid_by": Words("Valid by", "适用层级"),
    "drivers": Words("Usual drivers", "常见影响因素"),
    "owner": Words("Owner", "责任方"),
    "caveat": Words("Beware", "注意"),
    "reference": Words("Reference", "参考"),
    "target": Words("Target", "目标"),
    "newest": Words("Newest", "最新"),
}


def describe(warehouse: Path, name: str, locale: Locale = "en") -> dict[str, str]:
    """Return the lines, by label, of the entry that ``name`` means: its key, or its name in English or Chinese.

    Raises:
        UnknownIndicatorError: no entry has that name.
    """
    return lines(look_up(warehouse, name), locale)


def lines(entry: Entry, locale: Locale) -> dict[str, str]:
    """Return the lines of an entry by label, those that have nothing to say left out."""
    told = {
        "name": " · ".join(entry.name),
        "indicator": entry.indicator,
        "definition": entry.definition.to(locale),
        "variant_of": entry.variant_of or "",
        "formula": _formula(entry, locale),
        "unit": f"{word(entry.unit).to(locale)} · {word(entry.direction).to(locale)}",
        "rolls_up": " ".join(CLASSES[letter].to(locale) for letter in entry.classes if letter in CLASSES),
        "feeds": _joined([word(feed) for feed in entry.feeds], locale),
        "lineage": f"{' · '.join(entry.facts)} ← {' · '.join(entry.lake_tables)}",
        "valid_by": _joined([word(key) for key in (*entry.levels, *entry.grains)], locale),
        "drivers": _joined(entry.drivers, locale),
        "owner": word(entry.owner).to(locale),
        "caveat": entry.caveat.to(locale) if entry.caveat else "",
        "reference": entry.reference or "",
        "target": "" if entry.target is None else reading(entry.target, entry.unit, locale),
        "newest": " · ".join(
            f"{period_name(newest.grain, newest.period_start, locale)}: {reading(newest.value, entry.unit, locale)}"
            for newest in entry.latest
        ),
    }
    return {_LABELS[key].to(locale): line for key, line in told.items() if line}


def _formula(entry: Entry, locale: Locale) -> str:
    parts = [words.to(locale) for words in (entry.numerator, entry.denominator) if words]
    return " ÷ ".join(parts) + UNITS[entry.unit].times


def _joined(words: Iterable[Words], locale: Locale) -> str:
    return " · ".join(text.to(locale) for text in words)
