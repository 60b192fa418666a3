"""Rules for quality assurance deliveries: scores on their scale, evaluations after their contact."""

from __future__ import annotations

from expectations.forms import at_least, at_most, never
from expectations.profile import Measure, Suite, rows_where, share_of_rows

LEAST_BEST_SCORE = 10
"""Best score of a day below this: the form's scale was read as 0 to 1 or 0 to 5."""

ANONYMOUS_SHARE = 0.5
"""Greatest share of evaluations that do not name their contact."""

SESSION_HOURS = 8
"""A coaching session above this is a unit fault."""

REVIEW_DAYS = 60
"""Wording that is reviewed later than this after it was said is unusual."""

EVALUATIONS = Suite(
    name="qa",
    table="qa_evaluation",
    measures={
        "nothing to earn": rows_where("max_points <= 0"),
        "evaluated before contact": rows_where("evaluated_at < contact_at"),
        "best score of many": Measure("case when count(*) >= 10 then max(score_pct) end"),
        "share without contact": share_of_rows("interaction_id is null"),
    },
    expectations=(
        never("nothing to earn", "every evaluation has points to earn", "每份质检都有可得分", "critical"),
        never("evaluated before contact", "evaluations follow their contact", "质检时间不早于联络时间", "warning"),
        at_least(
            "best score of many",
            LEAST_BEST_SCORE,
            f"the best of ten or more evaluations of a day scores {LEAST_BEST_SCORE} or more of 100",
            f"当日十份以上质检的最高分不低于 {LEAST_BEST_SCORE} 分(百分制)",
        ),
        at_most(
            "share without contact",
            ANONYMOUS_SHARE,
            f"at most {ANONYMOUS_SHARE:.0%} of evaluations do not name their contact",
            f"未注明联络的质检不超过 {ANONYMOUS_SHARE:.0%}",
        ),
    ),
)

ANSWERS = Suite(
    name="qa",
    table="qa_answer",
    measures={
        "negative points": rows_where("points < 0 or max_points < 0 or weight < 0"),
        "scored though not applicable": rows_where("is_na and points is not null"),
    },
    expectations=(
        never("negative points", "points and weights are not negative", "得分与权重不为负", "critical"),
        never("scored though not applicable", "items that do not apply earn no points", "不适用项不计分", "warning"),
    ),
)

COACHING = Suite(
    name="qa",
    table="coaching_session",
    measures={
        "longest session, hours": Measure("max(duration_ms) / 3600000", f"duration_ms > {SESSION_HOURS} * 3600000"),
        "coached themselves": rows_where("coach_key = agent_key"),
    },
    expectations=(
        at_most(
            "longest session, hours",
            SESSION_HOURS,
            f"coaching stays within {SESSION_HOURS} h",
            f"单次辅导不超过 {SESSION_HOURS} 小时",
        ),
        never("coached themselves", "nobody coaches themselves", "辅导人不为本人", "warning"),
    ),
)

WORDING = Suite(
    name="qa",
    table="wording_review",
    measures={
        "longest review, days": Measure(
            "max(epoch(reviewed_at - sent_at)) / 86400", f"epoch(reviewed_at - sent_at) > {REVIEW_DAYS} * 86400"
        ),
    },
    expectations=(
        at_most(
            "longest review, days",
            REVIEW_DAYS,
            f"wording is reviewed within {REVIEW_DAYS} days",
            f"命中语句在 {REVIEW_DAYS} 天内复核",
        ),
    ),
)

SUITES = (EVALUATIONS, ANSWERS, COACHING, WORDING)
