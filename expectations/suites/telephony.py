"""Rules for telephony deliveries: waits and talk of believable length, ends and agents that are known."""

from __future__ import annotations

from expectations.forms import at_most, never
from expectations.profile import Measure, Suite, rows_where, share_of_rows

UNUSUAL_HOURS = 4
"""A wait or a talk above this is unusual."""

IMPOSSIBLE_HOURS = 24
"""A wait or a talk above this is a unit fault: no contact centre keeps a caller for a day."""

UNRESOLVED_SHARE = 0.1
"""Greatest share of connected contacts whose agent HR does not know."""

OPEN_SHARE = 0.1
"""Greatest share of visits that were answered or left but have no end."""

RING_MINUTES = 10
"""A ring above this is a unit fault: Asterisk gives milliseconds in this one field."""

LIVE_SHARE = 0.95
"""Greatest share of a day's dials, fifty or more, that reach a person."""

_LIVE = "result = 'live'"

# Nothing is judged while the HR feed has delivered neither an employee nor an alias.
_AGENT_KNOWN = """case when exists (from agent_alias) or exists (from hr_employee) then
    agent_key is null
    or (source_system, agent_key) in (select (alias_system, alias_value) from agent_alias)
    or agent_key in (select employee_key from hr_employee) end"""

# A callback may wait for days until the customer is reached.
_WAIT_MS = "case when channel <> 'callback' then wait_ms end"
_LONG = f"greatest({_WAIT_MS}, talk_ms) > {IMPOSSIBLE_HOURS} * 3600000"

INTERACTIONS = Suite(
    name="telephony",
    table="tel_interaction",
    derived={"is_agent_known": _AGENT_KNOWN},
    measures={
        "impossibly long": rows_where(_LONG),
        "longest wait, hours": Measure(f"max({_WAIT_MS}) / 3600000", f"{_WAIT_MS} > {UNUSUAL_HOURS} * 3600000"),
        "longest talk, hours": Measure("max(talk_ms) / 3600000", f"talk_ms > {UNUSUAL_HOURS} * 3600000"),
        "share without end": share_of_rows("ended_at is null", among="outcome <> 'open' or answered_at is not null"),
        "share without agent": share_of_rows("agent_key is null", among="outcome = 'answered'"),
        "share of agents unknown": share_of_rows(
            "not is_agent_known", among="is_agent_known is not null and agent_key is not null"
        ),
    },
    expectations=(
        never(
            "impossibly long",
            f"no wait, callbacks apart, and no talk of more than {IMPOSSIBLE_HOURS} h",
            f"等待（回呼除外）与通话不超过 {IMPOSSIBLE_HOURS} 小时",
            "critical",
        ),
        at_most(
            "longest wait, hours",
            UNUSUAL_HOURS,
            f"waits, callbacks apart, stay within {UNUSUAL_HOURS} h",
            f"等待时长（回呼除外）在 {UNUSUAL_HOURS} 小时以内",
        ),
        at_most(
            "longest talk, hours",
            UNUSUAL_HOURS,
            f"talks stay within {UNUSUAL_HOURS} h",
            f"通话时长在 {UNUSUAL_HOURS} 小时以内",
        ),
        at_most(
            "share without end",
            OPEN_SHARE,
            f"at most {OPEN_SHARE:.0%} of a day's visits lack their end",
            f"当日缺少结束时间的排队不超过 {OPEN_SHARE:.0%}",
        ),
        at_most(
            "share without agent",
            UNRESOLVED_SHARE,
            f"at most {UNRESOLVED_SHARE:.0%} of a day's answered visits name no agent",
            f"当日未记录座席的接起不超过 {UNRESOLVED_SHARE:.0%}",
        ),
        at_most(
            "share of agents unknown",
            UNRESOLVED_SHARE,
            f"at most {UNRESOLVED_SHARE:.0%} of a day's connected visits have an agent HR does not know",
            f"当日座席对不上人事资料的接起不超过 {UNRESOLVED_SHARE:.0%}",
        ),
    ),
)

OFFERS = Suite(
    name="telephony",
    table="tel_offer",
    measures={"longest ring, minutes": Measure("max(ring_ms) / 60000", f"ring_ms > {RING_MINUTES} * 60000")},
    expectations=(
        at_most(
            "longest ring, minutes",
            RING_MINUTES,
            f"phones ring for at most {RING_MINUTES} min",
            f"振铃不超过 {RING_MINUTES} 分钟",
        ),
    ),
)

STATES = Suite(
    name="telephony",
    table="agent_state",
    # Telling rows apart by queue keeps systems that log an agent in queue by queue from looking double.
    derived={
        "next_started_at": "lead(started_at) over "
        "(partition by source_system, agent_key, queue_key order by started_at)"
    },
    measures={
        "overlapping stretches": rows_where("ended_at > next_started_at"),
        "longest stretch, hours": Measure(
            "max(epoch(ended_at - started_at)) / 3600", f"ended_at - started_at > interval {IMPOSSIBLE_HOURS} hours"
        ),
    },
    expectations=(
        never("overlapping stretches", "stretches of one agent do not overlap", "座席状态时段互不重叠", "critical"),
        at_most(
            "longest stretch, hours",
            IMPOSSIBLE_HOURS,
            f"no state lasts more than {IMPOSSIBLE_HOURS} h (a log-off is missing)",
            f"单一状态不超过 {IMPOSSIBLE_HOURS} 小时(缺少登出)",
        ),
    ),
)

DIALS = Suite(
    name="telephony",
    table="tel_dial",
    measures={"share live of many": Measure(f"case when count(*) >= 50 then {share_of_rows(_LIVE).sql} end", _LIVE)},
    expectations=(
        at_most(
            "share live of many",
            LIVE_SHARE,
            f"attempts that reached nobody are delivered too: at most {LIVE_SHARE:.0%} reach a person",
            f"未接通的外呼也须送达:真人接通不超过 {LIVE_SHARE:.0%}",
        ),
    ),
)

SUITES = (INTERACTIONS, OFFERS, STATES, DIALS)
