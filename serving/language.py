"""English and Chinese: the words for the keys of the dictionary, and how numbers and dates read in each.

Only what several pages say. The sentences of the brief stand with the brief; names and definitions of indicators come
from the warehouse.
"""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

Locale = Literal["en", "zh"]
LOCALES: tuple[Locale, ...] = ("en", "zh")


class Words(NamedTuple):
    """The same text in both languages."""

    en: str
    zh: str

    def to(self, locale: Locale) -> str:
        """Return the text in one language."""
        return self.zh if locale == "zh" else self.en


WORDS: dict[str, Words] = {
    # families
    "volume": Words("Volume", "业务量"),
    "accessibility": Words("Accessibility", "接入能力"),
    "handling": Words("Handling", "处理效率"),
    "quality": Words("Quality", "质检"),
    "customer": Words("Customer", "客户体验"),
    "workforce": Words("Workforce", "人力"),
    "learning": Words("Learning", "培训与辅导"),
    "resolution": Words("Resolution", "问题解决"),
    "wording": Words("Wording", "服务用语"),
    "outbound": Words("Outbound", "外呼"),
    "complaints": Words("Complaints", "投诉"),
    "security": Words("Customer data", "客户数据安全"),
    "cost": Words("Cost", "成本"),
    # families that are feeds as well
    "self_service": Words("Self-service", "自助服务"),
    "sales": Words("Sales", "销售"),
    # units
    "count": Words("count", "次"),
    "percent": Words("percent", "百分比"),
    "seconds": Words("seconds", "秒"),
    "points": Words("points", "分"),
    "people": Words("people", "人"),
    "hours": Words("hours", "小时"),
    "days": Words("days", "天"),
    "fte": Words("full-time equivalents", "全职人力"),
    "conversations": Words("conversations", "会话"),
    "per_hour": Words("per hour", "每小时"),
    "chars_per_minute": Words("characters per minute", "字/分钟"),
    "per_thousand": Words("per thousand", "每千"),
    "per_ten_thousand": Words("per ten thousand", "每万"),
    "money": Words("money, in the centre's currency", "金额（本中心币种）"),
    "kappa": Words("kappa, −1 to 1", "kappa 系数（−1 至 1）"),
    "z": Words("distance from the median, in spreads", "与中位数之差，以离散度计"),
    # directions
    "higher": Words("higher is better", "越高越好"),
    "lower": Words("lower is better", "越低越好"),
    "band": Words("best within a band", "宜在区间内"),
    "neutral": Words("neither high nor low is better", "无好坏方向"),
    # levels
    "centre": Words("centre", "全中心"),
    "site": Words("site", "职场"),
    "team": Words("team", "班组"),
    "agent": Words("agent", "座席"),
    "tenure_band": Words("tenure band", "司龄段"),
    "queue": Words("queue", "队列"),
    "client": Words("client", "委托方"),
    "reason": Words("contact reason", "联络原因"),
    "channel": Words("channel", "渠道"),
    # grains
    "day": Words("day", "日"),
    "week": Words("week", "周"),
    "month": Words("month", "月"),
    # feeds
    "telephony": Words("telephony", "电话"),
    "chat": Words("chat", "在线会话"),
    "qa": Words("quality assurance", "质检"),
    "hr": Words("human resources", "人事"),
    "survey": Words("survey", "满意度调查"),
    "crm_case": Words("cases and complaints", "工单与投诉"),
    "access_audit": Words("access audit", "访问审计"),
    "mood": Words("mood check-ins", "情绪打卡"),
    "recognition": Words("recognition", "表彰"),
    "finance": Words("finance", "财务"),
    # channels (chat is a feed as well)
    "voice": Words("voice", "语音"),
    # who set a parameter (the centre is a level as well)
    "default": Words("default", "默认"),
    # statuses
    "final": Words("final", "终值"),
    "provisional": Words("provisional", "暂定"),
    "no_traffic": Words("no traffic", "无业务量"),
    "below_floor": Words("too few cases", "样本不足"),
    "closed": Words("closed", "未营业"),
    "feed_missing": Words("feed missing", "数据未到"),
    # how a class of visits counts
    "hit": Words("counts, as met", "计入，达标"),
    "miss": Words("counts, as missed", "计入，未达标"),
    "out": Words("does not count", "不计入"),
    # what a measure is to an indicator
    "numerator": Words("numerator", "分子"),
    "denominator": Words("denominator", "分母"),
    "counted": Words("counted", "计数值"),
    "sample": Words("sample", "样本量"),
    # worked examples
    "example": Words("Worked example", "算例"),
    "row_of": Words("Row of", "明细"),
    "date": Words("Date", "日期"),
    "together": Words("together", "合计"),
    "of_these_rows": Words("of these rows alone.", "（仅就以上明细）"),
    # owners (quality and workforce are families as well)
    "operations": Words("Operations", "运营"),
    "training": Words("Training", "培训"),
    # parameters
    "answer_threshold_sec": Words("Answer threshold, seconds", "应答时限（秒）"),
    "short_abandon_sec": Words("Short abandon, seconds", "短时放弃时限（秒）"),
    "short_contact_sec": Words("Very short contact, seconds", "超短通话时限（秒）"),
    "platform_opening_hour": Words("Shop platforms count from, hour", "电商平台计时起（时）"),
    "platform_closing_hour": Words("Shop platforms count until, hour", "电商平台计时止（时）"),
    "platform_response_cap_sec": Words("Most that shop platforms count, seconds", "电商平台响应封顶（秒）"),
    "callback_promise_hours": Words("Promised time of a callback, hours", "回呼承诺时限（小时）"),
    "chat_open_limit_hours": Words("A conversation counts as open for at most, hours", "会话打开时长上限（小时）"),
    "qa_pass_mark": Words("Pass mark of an evaluation, points", "质检合格线（分）"),
    "qa_min_evaluations": Words("Fewest evaluations of an agent a month", "座席每月最少随机抽检数"),
    "qa_min_evaluations_new_hire": Words("Fewest evaluations of a new hire a month", "新人每月最少随机抽检数"),
    "new_hire_days": Words("New hire: employed for fewer days than", "新人界定：入职不足（天）"),
    "proficiency_qa_pass_pct": Words("Proficient: evaluations passed, at least %", "达产：质检合格率下限（%）"),
    "proficiency_handle_pct": Words(
        "Proficient: handle time, at most % of the tenured", "达产：处理时长上限（占熟手的 %）"
    ),
    "coaching_working_days": Words("Coaching is due within, working days", "辅导时限（工作日）"),
    "feedback_window_days": Words("A talk is looked for within, days", "面谈观察期（天）"),
    "survey_validity_hours": Words("Survey validity, hours", "评价有效期（小时）"),
    "requalification_window_days": Words("Window to pass after a failure, days", "补考期限（天）"),
    "service_rotation_days": Words("Window of the service rotation, days", "客服锻炼期限（天）"),
    "repeat_window_days": Words("Repeat window, days", "重复进线观察期（天）"),
    "short_repeat_window_days": Words("Short repeat window, days", "重复进线短观察期（天）"),
    "long_repeat_window_days": Words("Long repeat window, days", "重复进线长观察期（天）"),
    "reopen_window_days": Words("Reopening window, days", "工单重开观察期（天）"),
    "self_service_window_hours": Words("Window after self-service, hours", "自助后观察期（小时）"),
    "cancellation_window_days": Words("Window for cancellations, days", "退单观察期（天）"),
    "conversion_window_hours": Words("Window from service to payment, hours", "询单转化观察期（小时）"),
    "dial_abandon_limit_sec": Words("Live answer without an agent, seconds", "外呼接听后无座席时限（秒）"),
    "dial_from_hour": Words("First hour of outbound dials", "外呼允许时段起始（时）"),
    "dial_until_hour": Words("Hour from which outbound dials end", "外呼允许时段截止（时）"),
    "dials_per_customer_day": Words("Most dials of a customer a day", "单客户单日外呼上限（次）"),
    "access_revocation_hours": Words("Access ends after the last day within, hours", "离职后权限回收时限（小时）"),
    "view_after_contact_hours": Words("View after the contact, hours", "联络后可查询时段（小时）"),
    "view_before_contact_hours": Words("View before the contact, hours", "联络前可查询时段（小时）"),
    "failed_task_window_days": Words("Failed self-service, days", "自助失败追溯期（天）"),
    "small_denominator_floor": Words("Fewest cases for a rate", "展示比率的最小样本量"),
    "least_completeness": Words("Least completeness of the feeds", "数据到齐率下限"),
}
CLASSES: dict[str, Words] = {
    "A": Words("Additive: may be summed over time and over members.", "可加：可跨时间、跨成员相加。"),
    "S": Words("Stock: may be summed over members, never over time.", "存量：可跨成员相加，不可跨时间相加。"),
    "R": Words(
        "Ratio: numerators and denominators are summed, then divided; ratios are never averaged.",
        "比率：分子分母分别求和后再相除，不可对比率求平均。",
    ),
    "P": Words(
        "Percentile: computed anew from the cases of each period; never added or averaged.",
        "分位数：每个周期由明细重新计算，不可相加或平均。",
    ),
    "D": Words(
        "Distinct count: not additive over time or overlapping members.", "去重计数：跨时间或成员重叠时不可相加。"
    ),
    "L": Words("Matures later: provisional until its window closes.", "延迟成熟：观察期结束前为暂定值。"),
    "X": Words("Composite: published with its inputs, not rolled up.", "复合指标：连同输入一并发布，不做汇总。"),
}


class Unit(NamedTuple):
    """How a unit is shown: digits after the point, what follows the number in a sentence, the end of its formula."""

    decimals: int
    suffix: Words
    times: str = ""


UNITS: dict[str, Unit] = {
    "count": Unit(0, Words("", "")),
    "percent": Unit(1, Words("%", "%"), " × 100%"),
    "seconds": Unit(0, Words(" s", " 秒")),
    "hours": Unit(1, Words(" h", " 小时")),
    "days": Unit(1, Words(" days", " 天")),
    "points": Unit(1, Words("", " 分")),
    "people": Unit(0, Words("", " 人")),
    "fte": Unit(1, Words(" FTE", " 人力")),
    "conversations": Unit(2, Words("", " 个会话")),
    "per_hour": Unit(1, Words(" per hour", " /小时")),
    "chars_per_minute": Unit(0, Words(" chars/min", " 字/分钟")),
    "per_thousand": Unit(2, Words(" per 1,000", " /千次"), " × 1,000"),
    "per_ten_thousand": Unit(2, Words(" per 10,000", " /万次"), " × 10,000"),
    "money": Unit(2, Words("", "")),
    "kappa": Unit(2, Words("", "")),
    "z": Unit(1, Words("", "")),
}
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MINUS = "\N{MINUS SIGN}"


def word(key: str) -> Words:
    """Return what a key of the dictionary is called; a key a centre made up (an owner, say) is shown as it is."""
    return WORDS.get(key, Words(key, key))


def number(value: float, decimals: int) -> str:
    """Return a number with thousands separators and a true minus sign."""
    return f"{value:,.{decimals}f}".replace("-", _MINUS)


def counted(number: float | str | None) -> str:
    """Return what a measure counts of a row: a number with the digits it has, a key as it is, else a dash."""
    return "–" if number is None else number if isinstance(number, str) else f"{number:,.10g}"


def reading(value: float | None, unit: str, locale: Locale) -> str:
    """Return a value with its unit, such as ``71.3%``, ``334 s`` or ``86.2 分``; an en dash when there is none."""
    if value is None:
        return "–"
    return number(value, _decimals(value, unit)) + UNITS[unit].suffix.to(locale)


def _decimals(value: float, unit: str) -> int:
    return 1 if unit == "seconds" and abs(value) < 10 else UNITS[unit].decimals


def difference(value: float | None, base: float | None, unit: str, locale: Locale) -> str:
    """Return how far ``value`` is from ``base``: in points for percent, relative for counts, else in the unit."""
    if value is None or base is None or (unit in ("count", "people") and base == 0):
        return "–"
    change = value - base
    match unit:
        case "percent":
            return f"{_signed(change, 1)} {'个百分点' if locale == 'zh' else 'pt'}"
        case "count" | "people":
            return f"{_signed(100 * change / base, 1)}%"
        case "points":
            return _signed(change, 1)
        case _:
            return _signed(change, _decimals(change, unit)) + UNITS[unit].suffix.to(locale)


def _signed(value: float, decimals: int) -> str:
    sign = "+" if round(value, decimals) > 0 else ""
    return sign + number(value if round(value, decimals) else 0.0, decimals)


def day_name(day: date, locale: Locale) -> str:
    """Return the weekday, in full."""
    return "周" + "一二三四五六日"[day.weekday()] if locale == "zh" else _WEEKDAYS[day.weekday()]


def short_date(day: date, locale: Locale) -> str:
    """Return day and month, such as ``29 Oct`` or ``10月29日``."""
    return f"{day.month}月{day.day}日" if locale == "zh" else f"{day.day} {_MONTHS[day.month - 1]}"


def long_date(day: date, locale: Locale) -> str:
    """Return the date with its year."""
    return f"{day.year}年{short_date(day, locale)}" if locale == "zh" else f"{short_date(day, locale)} {day.year}"


def period(first: date, last: date | None) -> Words:
    """Return from when to when something is valid; ``last`` is None when it has no end."""
    if last is None:
        return Words(f"from {first}", f"自 {first} 起")
    return Words(f"from {first} to {last}", f"自 {first} 至 {last}")


def period_name(grain: str, start: date, locale: Locale) -> str:
    """Return a day's date, the Monday a week runs from, or a month with its year."""
    if grain == "week":
        return f"{short_date(start, locale)}起一周" if locale == "zh" else f"week of {short_date(start, locale)}"
    if grain == "month":
        return f"{start.year}年{start.month}月" if locale == "zh" else f"{_MONTHS[start.month - 1]} {start.year}"
    return short_date(start, locale)
