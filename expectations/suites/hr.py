"""Rules for workforce deliveries: periods that do not overlap, hours a person can work."""

from __future__ import annotations

from expectations.forms import at_most, never
from expectations.profile import Measure, Suite, rows_where, share_of_rows

WEEK_HOURS = 60
"""Contracted hours a week above this are unusual."""

ACTIVITY_HOURS = 16
"""A scheduled activity above this is unusual."""

CLOCKED_HOURS = 24
"""A day at work above this is impossible."""

CLOCKLESS_SHARE = 0.2
"""Greatest share of people present who did not clock in."""

SESSION_HOURS = 24
"""A training session above this is several."""

EVERY_PASS_ROWS = 50
"""A day with as many exams, all passed, was delivered without those that failed."""

INTERVAL_HOURS = 24
"""A forecast of longer intervals says nothing about a day."""

_OVERLAPPING = "next_valid_from is not null and coalesce(valid_to >= next_valid_from, true)"

EMPLOYEES = Suite(
    name="hr",
    table="hr_employee",
    derived={"next_valid_from": "lead(valid_from) over (partition by source_system, employee_key order by valid_from)"},
    measures={
        "overlapping periods": rows_where(
            "next_valid_from is not null and coalesce(valid_to >= next_valid_from, true)"
        ),
        "most contracted hours": Measure("max(contract_hours_week)", f"contract_hours_week > {WEEK_HOURS}"),
        "left without date": rows_where("status = 'left' and left_on is null"),
    },
    expectations=(
        never("overlapping periods", "periods of one employee do not overlap", "同一员工的有效期互不重叠", "critical"),
        at_most(
            "most contracted hours",
            WEEK_HOURS,
            f"contracts stay within {WEEK_HOURS} h a week",
            f"合同工时每周不超过 {WEEK_HOURS} 小时",
        ),
        never("left without date", "who has left has a last day", "离职员工有离职日期", "warning"),
    ),
)

ALIASES = Suite(
    name="hr",
    table="agent_alias",
    derived={"next_valid_from": "lead(valid_from) over (partition by alias_system, alias_value order by valid_from)"},
    measures={"overlapping periods": rows_where(_OVERLAPPING)},
    expectations=(
        never(
            "overlapping periods",
            "a name in a system belongs to one employee at a time",
            "同一系统工号同时只属于一名员工",
            "critical",
        ),
    ),
)

SHIFTS = Suite(
    name="hr",
    table="roster_shift",
    measures={
        "longest activity, hours": Measure(
            "max(epoch(end_at - start_at)) / 3600", f"end_at - start_at > interval {ACTIVITY_HOURS} hours"
        )
    },
    expectations=(
        at_most(
            "longest activity, hours",
            ACTIVITY_HOURS,
            f"scheduled activities stay within {ACTIVITY_HOURS} h",
            f"排班活动不超过 {ACTIVITY_HOURS} 小时",
        ),
    ),
)

ATTENDANCE = Suite(
    name="hr",
    table="attendance",
    measures={
        "clocked more than a day": rows_where(f"clock_out_at - clock_in_at > interval {CLOCKED_HOURS} hours"),
        "share present without clock": share_of_rows("clock_in_at is null", among="status = 'present'"),
    },
    expectations=(
        never(
            "clocked more than a day",
            f"nobody is clocked in for more than {CLOCKED_HOURS} h",
            f"打卡时长不超过 {CLOCKED_HOURS} 小时",
            "critical",
        ),
        at_most(
            "share present without clock",
            CLOCKLESS_SHARE,
            f"at most {CLOCKLESS_SHARE:.0%} of people present did not clock in",
            f"出勤而未打卡者不超过 {CLOCKLESS_SHARE:.0%}",
        ),
    ),
)

TRAININGS = Suite(
    name="hr",
    table="training_record",
    measures={
        "longest session, hours": Measure("max(duration_ms) / 3600000", f"duration_ms > {SESSION_HOURS} * 3600000")
    },
    expectations=(
        at_most(
            "longest session, hours",
            SESSION_HOURS,
            f"training sessions stay within {SESSION_HOURS} h",
            f"单次培训不超过 {SESSION_HOURS} 小时",
        ),
    ),
)

EXAMS = Suite(
    name="hr",
    table="exam_result",
    measures={
        "share passed of many": Measure(
            f"case when count(*) >= {EVERY_PASS_ROWS} then {share_of_rows('passed').sql} end", "passed"
        )
    },
    expectations=(
        at_most(
            "share passed of many",
            0.999,
            f"of {EVERY_PASS_ROWS} or more exams of a day one fails",
            f"当日 {EVERY_PASS_ROWS} 场以上考试应有未通过者",
        ),
    ),
)

CERTIFICATES = Suite(
    name="hr",
    table="certificate",
    derived={
        "next_valid_from": "lead(valid_from) over"
        " (partition by source_system, employee_key, certificate_key, queue_key order by valid_from)"
    },
    measures={"overlapping periods": rows_where(_OVERLAPPING)},
    expectations=(
        never("overlapping periods", "periods of one certificate do not overlap", "同一证书有效期互不重叠", "warning"),
    ),
)

PULSE = Suite(
    name="hr",
    table="pulse_response",
    measures={"empty scale": rows_where("scale_min >= scale_max")},
    expectations=(
        never("empty scale", "the scale has a least and a greater answer", "调查量表有高低之分", "critical"),
    ),
)

FORECASTS = Suite(
    name="hr",
    table="forecast",
    measures={
        "longest interval, hours": Measure("max(interval_ms) / 3600000", f"interval_ms > {INTERVAL_HOURS} * 3600000"),
        "published afterwards": rows_where("published_at >= starts_at + to_milliseconds(interval_ms)"),
    },
    expectations=(
        at_most(
            "longest interval, hours",
            INTERVAL_HOURS,
            f"intervals of a forecast stay within {INTERVAL_HOURS} h",
            f"预测时段不超过 {INTERVAL_HOURS} 小时",
        ),
        never(
            "published afterwards",
            "a forecast is published before its interval ends",
            "预测须在时段结束前发布",
            "warning",
        ),
    ),
)

SUITES = (EMPLOYEES, ALIASES, SHIFTS, ATTENDANCE, TRAININGS, EXAMS, CERTIFICATES, PULSE, FORECASTS)
