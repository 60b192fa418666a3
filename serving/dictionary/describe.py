"""One entry of the dictionary as labelled lines, and its example as tables, for a terminal or a workbook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from serving.dictionary.entries import Entry, Setting, Shown
from serving.language import CLASSES, LOCALES, UNITS, Locale, Words, period, period_name, reading, word

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
    "columns": Words("Columns read", "读取字段"),
    "valid_by": Words("Valid by", "适用层级"),
    "by_interval": Words("By 15 minutes for", "15 分钟粒度适用于"),
    "drivers": Words("Usual drivers", "常见影响因素"),
    "owner": Words("Owner", "责任方"),
    "caveat": Words("Beware", "注意"),
    "reference": Words("Reference", "参考"),
    "parameters": Words("Parameters", "参数"),
    "targets": Words("Targets", "目标"),
    "boards": Words("Shown on", "展示位置"),
    "version": Words("Definition version", "口径版本"),
    "newest": Words("Newest", "最新"),
}


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
        "columns": "\n".join(f"{table}: {', '.join(columns)}" for table, columns in entry.columns.items()),
        "valid_by": _joined([word(key) for key in (*entry.levels, *entry.grains) if key != "interval"], locale),
        "by_interval": _joined(map(word, entry.interval_levels), locale),
        "drivers": _joined(entry.drivers, locale),
        "owner": word(entry.owner).to(locale),
        "caveat": entry.caveat.to(locale) if entry.caveat else "",
        "reference": entry.reference or "",
        "parameters": "\n".join(f"{word(each.what).to(locale)}: {_setting(each, locale)}" for each in entry.parameters),
        "targets": "\n".join(
            f"{word(each.what).to(locale)}: {_setting(each, locale, entry.unit)}" for each in entry.targets
        ),
        "boards": "\n".join(_shown(shown, locale) for shown in entry.shown_on),
        "version": " · ".join(
            f"{version.number} ({period(version.first_used_on, None).to(locale)})"
            for version in reversed(entry.versions)
        ),
        "newest": " · ".join(
            f"{period_name(newest.grain, newest.period_start, locale)}: {reading(newest.value, entry.unit, locale)}"
            for newest in entry.latest
        ),
    }
    return {_LABELS[key].to(locale): line for key, line in told.items() if line}


Cell = str | float | date | None


def tables(entry: Entry, told: Callable[[Words], str]) -> Iterator[list[list[Cell]]]:
    """Yield for each fact of an entry's example its rows, under their heads and above what they come to together."""
    for worked in entry.example.facts if entry.example else ():
        levels = [told(word(level)) for level in worked.levels]
        measures = [f"{told(word(role))}\n{measure}" for measure, role in worked.measures]
        yield [
            [f"{told(word('row_of'))} {worked.fact}", told(word("date")), *levels, *measures],
            *([case.key, case.day, *case.members, *case.counted] for case in worked.cases),
            [told(word("together")), *[""] * (1 + len(levels)), *worked.together],
        ]


def result(entry: Entry) -> Words | None:
    """Return what the formula makes of the rows of an entry's example, None without one."""
    if entry.example is None:
        return None
    en, zh = (reading(entry.example.value, entry.unit, locale) for locale in LOCALES)
    said = word("of_these_rows")
    return Words(f"{entry.name.en} = {en} {said.en}", f"{entry.name.zh} = {zh}{said.zh}")


def _shown(shown: Shown, locale: Locale) -> str:
    return ": ".join([shown.where.to(locale), *([_joined(shown.cards, locale)] if shown.cards else [])])


def _setting(setting: Setting, locale: Locale, unit: str | None = None) -> str:
    """Return a value with what it holds for, since when, and who set it."""
    value = reading(setting.value, unit, locale) if unit else f"{setting.value:g}"
    notes = [setting.scope, period(setting.valid_from, setting.valid_to), setting.origin and word(setting.origin)]
    return f"{value} ({_joined([note for note in notes if note], locale)})"


def _formula(entry: Entry, locale: Locale) -> str:
    parts = [words.to(locale) for words in (entry.numerator, entry.denominator) if words]
    return " ÷ ".join(parts) + UNITS[entry.unit].times


def _joined(words: Iterable[Words], locale: Locale) -> str:
    return " · ".join(text.to(locale) for text in words)
