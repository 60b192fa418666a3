"""Rules for the feeds that arrive in the contract's own form: self-service, surveys, cases, sales, access and others.

No indicator is counted from most of them yet, so each table has the one or two rules that tell a wrong export from an
unusual day. Rules of the four feeds that every centre has stand in modules of their own.
"""

from __future__ import annotations

from great_expectations.expectations.expectation import ColumnAggregateExpectation

from expectations.forms import at_most, never
from expectations.profile import Measure, Suite, rows_where, share_of_rows

SESSION_DAYS = 0.5
"""A self-service session or task above this was never closed."""

ONE_SIDED_SHARE, ONE_SIDED_ROWS = 0.98, 50
"""A greater share of one kind of row, among at least so many, means that only such rows were exported."""

LATE_ANSWER_DAYS = 60
"""A contact that a survey asks about this long after it is unusual."""

CASE_DAYS = 365
"""A case or complaint that took longer is unusual."""

RECORDS = 100_000
"""More records in one action than this is an export that somebody should know of."""

RIGHT_DAYS = 40 * 365
"""An account that could reach records for longer has a date mistyped."""

OPTED_OUT_SHARE = 0.8
"""A greater share of people who chose not to say means that the question is not trusted."""

OCCASION_DAYS = 31
"""A recognition published longer than this before or after its occasion is for another one."""

PERIOD_DAYS = 366
"""Postings and targets for longer periods are unusual."""

INCIDENT_DAYS = 14
"""An incident that lasts longer is unusual: its end was forgotten."""

EVENT_DAYS = 120
"""A calendar event that lasts longer is a state of affairs, not an event."""

Rule = tuple[Measure, ColumnAggregateExpectation]


def _suite(feed: str, table: str, *rules: Rule) -> Suite:
    measures = {expectation.column: measure for measure, expectation in rules}
    return Suite(name=feed, table=table, measures=measures, expectations=tuple(rule for _, rule in rules))


def _never(measure: str, predicate: str, en: str, zh: str) -> Rule:
    """Return a warning when any row fulfils ``predicate``."""
    return rows_where(predicate), never(measure, en, zh, "warning")


def _longest(measure: str, days: str, limit: float, en: str, zh: str) -> Rule:
    """Return a warning when ``days``, SQL for a number of days, is above ``limit``."""
    return Measure(f"max({days})", f"{days} > {limit}"), at_most(measure, limit, en, zh)


def _one_sided(measure: str, predicate: str, en: str, zh: str) -> Rule:
    """Return a warning when nearly all of a day's rows fulfil ``predicate``."""
    share = share_of_rows(predicate)
    several = Measure(f"case when count(*) >= {ONE_SIDED_ROWS} then {share.sql} end", share.failing)
    return several, at_most(measure, ONE_SIDED_SHARE, en, zh)


def _days(first: str, last: str) -> str:
    return f"epoch({last} - {first}) / 86400"


SUITES = (
    _suite(
        "self_service",
        "self_service_session",
        _longest(
            "longest session, days", _days("started_at", "ended_at"), SESSION_DAYS, "sessions end", "自助会话均已结束"
        ),
        _one_sided(
            "share contained",
            "outcome = 'contained'",
            "sessions that failed or were transferred are delivered too",
            "转人工与失败的自助会话也须送达",
        ),
    ),
    _suite(
        "self_service",
        "self_service_task",
        _longest("longest task, days", _days("started_at", "ended_at"), SESSION_DAYS, "tasks end", "自助办理均已结束"),
        _one_sided(
            "share succeeded",
            "result = 'succeeded'",
            "tasks that failed are delivered too",
            "失败的自助办理也须送达",
        ),
    ),
    _suite(
        "survey",
        "survey_invitation",
        _one_sided(
            "share answered",
            "status = 'answered'",
            "invitations without an answer are delivered too",
            "未作答的邀请也须送达",
        ),
        _longest(
            "longest since contact, days",
            _days("contact_at", "asked_at"),
            LATE_ANSWER_DAYS,
            f"surveys ask within {LATE_ANSWER_DAYS} days",
            f"调查在联络后 {LATE_ANSWER_DAYS} 天内发出",
        ),
    ),
    _suite(
        "survey",
        "survey_answer",
        _never("empty scale", "scale_min >= scale_max", "scales have a least and a greater answer", "量表有高低之分"),
    ),
    _suite(
        "crm_case",
        "crm_case",
        _longest(
            "longest case, days",
            _days("opened_at", "resolved_at"),
            CASE_DAYS,
            f"cases are resolved within {CASE_DAYS} days",
            f"工单在 {CASE_DAYS} 天内解决",
        ),
    ),
    _suite(
        "crm_case",
        "case_event",
        _one_sided(
            "share resolved",
            "event = 'resolved'",
            "events other than resolutions are delivered too",
            "除解决外的工单事件也须送达",
        ),
    ),
    _suite(
        "crm_case",
        "complaint",
        _longest(
            "longest complaint, days",
            _days("received_at", "closed_at"),
            CASE_DAYS,
            f"complaints are closed within {CASE_DAYS} days",
            f"投诉在 {CASE_DAYS} 天内结案",
        ),
    ),
    _suite(
        "sales",
        "sales_order",
        _never(
            "anonymous orders",
            "customer_ref is null and interaction_id is null",
            "orders name their customer or contact",
            "订单注明客户或联络",
        ),
    ),
    _suite(
        "sales",
        "order_cancellation",
        _never("nothing taken back", "amount = 0", "cancellations take something back", "撤单金额不为零"),
    ),
    _suite(
        "sales",
        "sales_target",
        _longest(
            "longest target, days",
            "period_to - period_from",
            PERIOD_DAYS,
            "targets speak of a year at most",
            "销售目标周期不超过一年",
        ),
    ),
    _suite(
        "access_audit",
        "record_access",
        _longest(
            "most records at once",
            "record_count",
            RECORDS,
            f"no action touches more than {RECORDS:,} records",
            f"单次操作不超过 {RECORDS:,} 条客户记录",
        ),
    ),
    _suite(
        "access_audit",
        "access_right",
        _longest(
            "longest right, days",
            _days("granted_at", "revoked_at"),
            RIGHT_DAYS,
            "rights are no older than a working life",
            "权限时长不超过职业生涯",
        ),
    ),
    _suite(
        "mood",
        "mood_checkin",
        (
            share_of_rows("opted_out"),
            at_most(
                "share opted out",
                OPTED_OUT_SHARE,
                f"at most {OPTED_OUT_SHARE:.0%} chose not to say",
                f"选择不作答者不超过 {OPTED_OUT_SHARE:.0%}",
            ),
        ),
    ),
    _suite(
        "recognition",
        "recognition",
        _longest(
            "furthest from occasion, days",
            "abs(given_at::date - occasion_on)",
            OCCASION_DAYS,
            f"recognitions come within {OCCASION_DAYS} days of their occasion",
            f"表彰与其由头相距不超过 {OCCASION_DAYS} 天",
        ),
    ),
    _suite(
        "finance",
        "cost",
        _longest(
            "longest period, days",
            "period_to - period_from",
            PERIOD_DAYS,
            "postings speak of a year at most",
            "成本所属期不超过一年",
        ),
    ),
    _suite(
        "operations",
        "incident",
        _longest(
            "longest incident, days",
            _days("started_at", "ended_at"),
            INCIDENT_DAYS,
            f"incidents end within {INCIDENT_DAYS} days",
            f"事件在 {INCIDENT_DAYS} 天内结束",
        ),
    ),
    _suite(
        "operations",
        "calendar_event",
        _longest(
            "longest event, days",
            "last_on - first_on",
            EVENT_DAYS,
            f"events last {EVENT_DAYS} days at most",
            f"日历事件不超过 {EVENT_DAYS} 天",
        ),
    ),
    _suite(
        "operations",
        "floor_walk",
        _never(
            "observed themselves",
            "employee_key = observer_key",
            "nobody observes themselves",
            "巡场人不观察本人",
        ),
    ),
)
