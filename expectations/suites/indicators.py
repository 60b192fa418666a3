"""Rules for the indicator layer: values that can be, parts that fit their whole, nothing of the dictionary missing.

How each indicator is computed is not looked at here: dbt tests judge the models, and a second engine judges the
definitions. These rules hold for any indicator, read from the dictionary's own unit, class and grains.
"""

from __future__ import annotations

from expectations.forms import at_least, never
from expectations.profile import Measure, Suite, repeating, rows_where

VALUED = ("final", "provisional")
UNVALUED = ("no_traffic", "closed", "below_floor", "feed_missing")
"""Statuses that say why no value is shown."""

TOLERANCE = 1e-6
"""Sums of fractional seconds may differ in their last digits from the sum of their parts."""

NOT_PARTS = (
    "attrition_rate_pct",
    "attrition_of_opening_pct",
    "forecast_over_pct",
    "forecast_wape_pct",
    "sales_attainment_pct",
    "schedule_conformance_pct",
    "utilization_paid_pct",
    "utilization_attended_pct",
)
"""Percentages of something the numerator is no part of: a team may lose more people than it has on average or at first,
a forecast may miss by more than ever came, more may be sold than was to be, and overtime lies outside what is
scheduled, paid by the roster or clocked.
"""

_PART = f"unit = 'percent' and indicator not in ({', '.join(map(repr, NOT_PARTS))})"

SIGNED = ("fte", "kappa", "z")
"""Units of differences and agreements, which fall below nothing."""

_KEY = ("indicator", "grain", "starts_at", "level", "member")

_PREPARE, _IS_REPEATED = repeating(_KEY)

INDICATORS = Suite(
    name="indicators",
    table="indicator_values",
    prepare=(
        *_PREPARE,
        """
        create or replace temp table largest_total as
        select indicator, grain, starts_at, max(total) as total
        from (
            select indicator, grain, starts_at, level, sum(value) as total
            from batch
            where class = 'A' and level <> 'centre'
            group by all
        )
        group by all
        """,
        """
        create or replace temp table lacking as
        select indicator, 'day' as grain, count(*) as days
        from (from expected where list_contains(grains, 'day') and list_contains(levels, 'centre'))
        anti join (select *, period_start as date_day from indicator_values where grain = 'day' and level = 'centre')
            using (indicator, date_day)
        group by all
        """,
    ),
    derived={
        "members_total": "(select total from largest_total as parts where parts.indicator = batch.indicator "
        "and parts.grain = batch.grain and parts.starts_at = batch.starts_at)",
        "days_lacking": "(select days from lacking where lacking.indicator = batch.indicator "
        "and lacking.grain = batch.grain)",
    },
    measures={
        "values at the widest level": Measure(
            "case when bool_or(is_expected) then count(*) filter (where level = widest_level) end"
        ),
        "expected days without a row": Measure("coalesce(max(days_lacking), 0)", "days_lacking > 0"),
        "not in the dictionary": rows_where("unit is null"),
        "key repeated": rows_where(_IS_REPEATED),
        "status unknown": rows_where(
            f"status is null and period_start is not null or status not in {VALUED + UNVALUED}"
        ),
        "value missing": rows_where(f"status in {VALUED} and value is null"),
        "value in spite of status": rows_where(f"status in {UNVALUED} and value is not null"),
        "negative": rows_where(f"unit not in {SIGNED} and least(numerator, denominator, value, sample_size) < 0"),
        "not a number": rows_where("not isfinite(numerator) or not isfinite(denominator) or not isfinite(value)"),
        "percent out of range": rows_where(f"{_PART} and value > 100 + {TOLERANCE}"),
        "part above whole": rows_where(f"{_PART} and numerator > denominator + {TOLERANCE}"),
        "members above centre": rows_where(f"class = 'A' and level = 'centre' and members_total > value + {TOLERANCE}"),
        "period not aligned": rows_where(
            "starts_at <> case grain when 'interval' then time_bucket(interval 15 minute, starts_at)"
            " else period_start end or period_start <> date_trunc(replace(grain, 'interval', 'day'), starts_at)"
        ),
    },
    expectations=(
        at_least(
            "values at the widest level",
            1,
            "where all behind it is expected, an indicator has values at the first of its levels, or says why not",
            "凡应到数据齐全声明的指标，在其首个适用层级均有数值，或说明原因",
        ),
        never(
            "expected days without a row",
            "the centre has a row, with a value or a status that says why there is none, of every day and indicator of "
            "which everything behind it is expected",
            "凡应到数据齐全声明的指标，中心每日均有记录：有数值，或有说明原因的状态",
            "critical",
        ),
        never("not in the dictionary", "every value belongs to the dictionary", "数值均属词库指标", "critical"),
        never("key repeated", f"{', '.join(_KEY)} identify one value", "主键唯一", "critical"),
        never("status unknown", f"the status is one of {', '.join(VALUED + UNVALUED)}", "状态只取约定的值", "critical"),
        never("value missing", "a final or provisional value is there", "终值与暂定值不得为空", "critical"),
        never(
            "value in spite of status",
            "no value is shown without traffic, when closed, below the floor or while a feed is missing",
            "无业务量、未营业、低于样本下限或数据未到时不显示数值",
            "critical",
        ),
        never("negative", "nothing is negative", "各项均不为负", "critical"),
        never("not a number", "every number is finite", "各项均为有限数", "critical"),
        never("percent out of range", "percentages of parts stay within 100", "占比不超过 100", "critical"),
        never("part above whole", "a part is no greater than its whole", "分子不大于分母", "critical"),
        never(
            "members above centre",
            "members of a level sum to no more than the centre (additive indicators)",
            "可加指标各级成员之和不超过中心",
            "critical",
        ),
        never(
            "period not aligned", "periods start on their first day or quarter of an hour", "周期起始对齐", "critical"
        ),
    ),
)
