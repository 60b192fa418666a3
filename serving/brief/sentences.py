"""The brief's sentences, in English and Chinese: they say what was found, never why.

Numbers and dates read as ``serving.language`` writes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from math import ceil

from serving.brief.findings import USUAL, Finding, Findings, Period, Place
from serving.language import Locale, day_name, difference, long_date, number, reading, short_date, word

LABELS: dict[str, tuple[str, str]] = {
    "day_brief": ("Daily brief", "每日简报"),
    "week_brief": ("Weekly brief", "每周简报"),
    "indicator": ("Indicator", "指标"),
    "target": ("Target", "目标"),
    "verdict": ("Verdict", "结论"),
    "met": ("met", "达标"),
    "not_judged": ("no target", "未设目标"),
    "no_verdict": ("no value", "无数值"),
    "guide": ("guide value, not judged", "参考值，不作判定"),
    "offered": ("offered", "进线"),
    "handled": ("of them handled", "其中接起"),
    "changed": ("What changed", "有何变化"),
    "where": ("Where it fell short, and what to decide", "差在哪里、需要决定什么"),
    "decide": ("What to decide", "需要决定什么"),
    "nothing": (
        "Nothing: whatever has a target meets it in the centre as a whole.",
        "无：凡设有目标的指标，全中心均已达成。",
    ),
    "honesty": ("How far to trust this page", "本页数据的可信程度"),
    "bars": ("bar: share of what the level lacks", "条形：在该层级缺口中的占比"),
    "trend": ("Thirty days", "近三十天"),
    "trend_week": ("Thirteen weeks", "近十三周"),
    "volume": ("Contacts", "联络量"),
    "dictionary": ("Every term is defined in the dictionary", "所有术语均见指标词库"),
    "all_pages": ("All pages", "全部页面"),
    "target_dashed": ("dashed: target; red: missed", "虚线为目标，红点为未达标"),
}


def label(key: str, locale: Locale) -> str:
    """Return a fixed piece of text."""
    return LABELS[key][locale == "zh"]


def period_title(period: Period, locale: Locale) -> str:
    """Return the period in full: weekday and date, or the week with its first and last day."""
    if period.grain == "day":
        day = period.start
        return (
            f"{long_date(day, locale)} {day_name(day, locale)}"
            if locale == "zh"
            else f"{day_name(day, locale)}, {long_date(day, locale)}"
        )
    if locale == "zh":
        return f"{long_date(period.start, locale)}至{short_date(period.last_day, locale)}"
    return f"{short_date(period.start, locale)} to {long_date(period.last_day, locale)}"


def columns(period: Period, locale: Locale) -> tuple[str, str, str]:
    """Return the heads of the value, of the change to the period before, and of the change to the usual."""
    if period.grain == "week":
        return ("本周", "较上周", "较前四周") if locale == "zh" else ("Week", "vs week before", "vs four before")
    today, before = day_name(period.start, locale), day_name(period.start - period.step, locale)
    if locale == "zh":
        return today, f"较{before}", f"较前四个{today}"
    return today, f"vs {before}", f"vs last four {today}s"


def headline(findings: Findings, locale: Locale) -> str:
    """Return the one sentence to remember."""
    missed, judged = findings.missed, findings.judged
    names = _listed([finding.entry.name.to(locale) for finding in missed[:3]], locale)
    if not judged:
        return "没有指标设定目标，无从判断" if locale == "zh" else "No value has a target to be held against"
    if not missed:
        return f"{judged} 项目标全部达成" if locale == "zh" else f"All {judged} targets met"
    more = len(missed) - 3
    if locale == "zh":
        return f"{judged} 项目标中 {len(missed)} 项未达成：{names}" + (f"等 {len(missed)} 项" if more > 0 else "")
    rest = f" and {more} more" if more > 0 else ""
    return f"{len(missed)} of {judged} targets missed: {names}{rest}"


def verdict(finding: Finding, period: Period, locale: Locale) -> str:
    """Return whether the target was met, and since when not."""
    if finding.target is None:
        return label("not_judged", locale)
    if finding.is_missed is None:
        return label("no_verdict" if finding.value is None else "guide", locale)
    if not finding.is_missed:
        return label("met", locale)
    return _streak(finding, period, locale)


def shortfall(finding: Finding, period: Period, locale: Locale) -> str:
    """Return how far a missed indicator is from its target, and for how long."""
    entry = finding.entry
    value, target = (reading(number, entry.unit, locale) for number in (finding.value, finding.target))
    gap = difference(finding.gap, 0.0, entry.unit, locale).lstrip("+")
    below = entry.direction == "higher"
    if locale == "zh":
        side = "低于" if below else "高于"
        return f"{value}，{side}目标 {target} 达 {gap}；{_streak(finding, period, locale)}。"
    side = "below" if below else "above"
    return f"{value}, {gap} {side} the target of {target}; {_streak(finding, period, locale)}."


def lack(place: Place, finding: Finding, locale: Locale) -> str:
    """Return what a place lacks to the target, in cases, hours, seconds or points.

    A share without a sample is one of time: its parts are seconds.
    """
    unit, more = finding.entry.unit, finding.entry.direction == "higher"
    if unit == "percent" and finding.sample_size is None:
        hours = number(place.lack / 3600, 1)
        if locale == "zh":
            return f"{'少' if more else '多'} {hours} 小时"
        return f"{hours} h {'short' if more else 'too many'}"
    amount = number(ceil(round(place.lack, 6)), 0)
    if locale == "zh":
        measure = {"seconds": "秒", "points": "分"}.get(unit, "件")
        return f"少 {amount} {measure}" if more else f"多 {amount} {measure}"
    measure = {"seconds": " s", "points": " points"}.get(unit, "")
    return f"{amount}{measure} {'short' if more else 'too many'}"


def decision(finding: Finding, locale: Locale) -> str:
    """Return who has to decide what; the drivers are those that the dictionary names, none is claimed to be at work."""
    entry = finding.entry
    owner = word(entry.owner).to(locale)
    drivers = _listed([driver.to(locale) for driver in entry.drivers], locale, last="or")
    if locale == "zh":
        ask = f"请{owner}决定：采取行动，或接受现状并说明期限。"
        return ask + (f"词库列出的常见影响因素：{drivers}。" if drivers else "")
    ask = f"{owner} to decide: act, or accept it and say until when. "
    return ask + (f"Drivers the dictionary names: {drivers}." if drivers else "")


def measured_drivers(finding: Finding, findings: Findings, locale: Locale) -> str:
    """Return how those drivers stand that are indicators themselves; empty when none is."""
    names = {driver.en.casefold() for driver in finding.entry.drivers}
    parts = []
    for other in findings.by_indicator.values():
        if other.entry.name.en.casefold() in names and other.value is not None:
            unit = other.entry.unit
            usual = ""
            if other.usual is not None:
                change = difference(other.value, other.usual, unit, locale)
                usual = f"（较常态 {change}）" if locale == "zh" else f" ({change} vs usual)"
            parts.append(f"{other.entry.name.to(locale)} {reading(other.value, unit, locale)}{usual}")
    if not parts:
        return ""
    return f"其中已有数据：{'；'.join(parts)}。" if locale == "zh" else f"Of these, measured: {'; '.join(parts)}."


def honesty(findings: Findings, locale: Locale) -> list[str]:
    """Return what is not known, not final or not there; never empty."""
    notes = []
    if findings.is_open:
        newest = short_date(findings.newest_day, locale)
        notes.append(
            f"本周尚未结束，数据截至{newest}，与整周的比较仅供参考。"
            if locale == "zh"
            else f"The week is not over: values reach to {newest}, the weeks it is compared with are whole."
        )
    if findings.usual_periods < USUAL:
        notes.append(
            f"历史不足：“前四期”实际只有 {findings.usual_periods} 期。"
            if locale == "zh"
            else f"The history is short: only {findings.usual_periods} of the four usual periods have values."
        )
    for status, said in _STATUSES.items():
        if names := _listed([f.entry.name.to(locale) for f in findings.unsettled[status]], locale):
            notes.append(said[locale == "zh"].format(names=names))
    if findings.absent:
        names = ("；" if locale == "zh" else "; ").join(_absent(findings, locale))
        notes.append(f"没有任何数据的指标：{names}。" if locale == "zh" else f"No data at all for {names}.")
    if findings.silent:
        names = _listed([f"{name.to(locale)}" for _, name in findings.silent], locale)
        notes.append(
            f"前四期均有数据、本期没有：{names}。请确认是没有业务还是没有送达。"
            if locale == "zh"
            else f"Had values in each of the last four, none now: {names}. Closed, or not delivered?"
        )
    if not notes:
        notes.append("全部数值均为终值，没有缺失。" if locale == "zh" else "Every value is final, none is missing.")
    return notes


_STATUSES = {
    "feed_missing": ("Not delivered in full, so not shown: {names}.", "数据未到齐，暂不展示：{names}。"),
    "provisional": ("Provisional, may still change: {names}.", "暂定值，仍可能变化：{names}。"),
    "below_floor": ("Too few cases to show a rate: {names}.", "样本不足、不展示比率：{names}。"),
    "no_traffic": ("No cases to measure: {names}.", "没有可计量的业务：{names}。"),
    "closed": ("Closed by business hours, with nothing to measure.", "按营业时间未营业，无业务可计量。"),
}


def _absent(findings: Findings, locale: Locale) -> list[str]:
    """Return what has no data, those together whose feeds and last day are the same: the earliest first."""
    together: dict[tuple[date, Sequence[str]], list[str]] = {}
    for entry, last in findings.absent:
        together.setdefault((last, tuple(entry.feeds)), []).append(entry.name.to(locale))
    said = []
    for (last, feeds), names in sorted(together.items()):
        day, of_feeds = short_date(last, locale), _listed([word(feed).to(locale) for feed in feeds], locale)
        names_said = _listed(names, locale)
        if locale == "zh":
            said.append(f"{names_said}（{of_feeds}，最近{day}）")
        else:
            said.append(f"{names_said} ({of_feeds.lower()}; last {day})")
    return said


def _streak(finding: Finding, period: Period, locale: Locale) -> str:
    times, since = finding.missed_in_row, finding.since
    if since is None or times == 1:
        return "新出现未达标" if locale == "zh" else "newly missed"
    if locale == "zh":
        return f"自{short_date(since, locale)}起连续 {times} {'天' if period.grain == 'day' else '周'}未达标"
    return f"missed {times} {period.grain}s in a row, since {short_date(since, locale)}"


def _listed(names: Sequence[str], locale: Locale, last: str = "and") -> str:
    if locale == "zh":
        return "、".join(names)
    return f" {last} ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
