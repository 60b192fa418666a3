"""Visits and offers from the events of a queue log. What an event looks like in the log is ``queue_log``'s business.

A visit is what lies between ENTERQUEUE and the next ENTERQUEUE of the same call and queue; JOINEMPTY, FULL, CLOSED and
Wazo's DIVERT_* are visits that were turned away at the door. A visit of which ENTERQUEUE was not delivered gives no row
until it is. An outbound call is what follows CALLOUTBOUND (QueueMetrics) likewise, or one OUTCALL (QueueUpdate), which
is logged when all is over: neither has a wait, and one that nobody answered is ``failed``.

How a visit ends:

- by the first event that ends it;
- without one, when the call enters a queue again: a call waits in one queue at a time (``flow_ended`` if unanswered);
- not at all, when QUEUESTART says that Asterisk began anew: the end is void and will never be known, so ``ended_at``
  stays null and the visit is closed, ``failed`` if unanswered.
"""

from __future__ import annotations

import duckdb

from ingest.conform import literal

DAYS = 2
"""A call is followed this many days; its events may lie that far from each other."""

ENTERED = "'ENTERQUEUE', 'CALLOUTBOUND'"
TURNED_AWAY = "'JOINEMPTY', 'FULL', 'CLOSED', 'DIVERT_CA_RATIO', 'DIVERT_HOLDTIME'"
TALKED = "'COMPLETEAGENT', 'COMPLETECALLER', 'BLINDTRANSFER', 'ATTENDEDTRANSFER', 'TRANSFER'"
_ENTERING = f"{ENTERED}, {TURNED_AWAY}, 'OUTCALL'"
_LEFT = "'ABANDON', 'EXITWITHTIMEOUT', 'EXITWITHKEY', 'EXITEMPTY', 'LEAVEEMPTY', 'SYSCOMPAT', 'WITHDRAW'"
_OFFERED = "'CONNECT', 'RINGNOANSWER', 'RINGCANCELED', 'AGENTDUMP'"

AT = """(epoch_us(occurred_at) // 1000000 * 4294967296
    + case when sequence > 0 then sequence else sequence + 2000000000 end)"""
"""SQL: a number that orders events by second and within it; those of a file begun within the second come last."""

_REACH = DAYS * 86400 * 4294967296
"""In that number: so long a visit is followed, whatever else of the log has been delivered."""


def derive(con: duckdb.DuckDBPyConnection, calls: str, restarts: str, source: str, *, sees_acw: bool) -> None:
    """Make ``derived_tel_interaction`` and ``derived_tel_offer`` of the calls whose events ``calls`` reads.

    ``restarts`` reads the QUEUESTARTs; both are SQL.

    After-contact work is the state ``acw`` that begins at the end of the conversation or up to two seconds later
    (``derived_agent_state``). ``sees_acw`` says that the log would show it: then none means zero, otherwise null. Work
    of more than a day is not believed: the agent just stayed in that state.
    """
    for name, query in (
        ("entries", _ENTRIES.format(events=calls)),
        ("steps", _STEPS.format(events=calls)),
        ("visits", _VISITS.format(restarts=restarts)),
        (
            "derived_tel_interaction",
            _INTERACTIONS.format(source=literal(source), unseen="0" if sees_acw else "null"),
        ),
        ("derived_tel_offer", _OFFERS.format(source=literal(source))),
    ):
        con.execute(f"create or replace temp table {name} as {query}")


_ENTRIES = f"""
with entering as (
    select call_id, queue_key, agent_key, event as entry, data1, data2, data3, data4, occurred_at, {AT} as moment
    from {{events}} where event in ({_ENTERING})
)
select row_number() over () as visit, *,
    row_number() over call as visit_seq, lead(occurred_at) over call as reentered_at,
    lead(moment) over call as reentered_moment,
    lead(moment) over (partition by call_id, queue_key order by moment) as next_moment
from entering window call as (partition by call_id order by moment)
"""

_STEPS = f"""
with following as (
    select source_record_id, call_id, queue_key, agent_key, event, data1, data2, data3, data4, occurred_at,
        {AT} as moment
    from {{events}} where event in ({TALKED}, {_LEFT}, {_OFFERED})
)
select f.* exclude (call_id, queue_key), e.visit
from following f join entries e on e.call_id = f.call_id and e.queue_key = f.queue_key
    and f.moment >= e.moment and f.moment < least(e.next_moment, e.moment + {_REACH})
"""

_VISITS = f"""
with ends as (
    select visit, arg_min(struct_pack(moment := moment, occurred_at := occurred_at, event := event,
        agent_key := agent_key, argument := data1,
        talk := case when starts_with(event, 'COMPLETE') then data2 else data4 end), moment) as e
    from steps where event in ({TALKED}, {_LEFT}) group by visit
),
answers as (
    select visit, arg_min(struct_pack(moment := moment, occurred_at := occurred_at, agent_key := agent_key,
        ring := data3), moment) as a
    from steps where event = 'CONNECT' group by visit
),
restarts as (select {AT} as moment from {{restarts}}),
voids as (
    select visit, r.moment from entries asof join restarts r on entries.moment < r.moment
    where r.moment < entries.moment + {_REACH}
),
told as (
    select v.*, e, case when e.moment is null or a.moment < e.moment then a end as a, voids.moment as void_moment,
        try_cast(case when entry = 'OUTCALL' then data2 else e.talk end as bigint) as talk_sec,
        void_moment is null or e.moment < void_moment as is_end_known
    from entries v left join ends using (visit) left join answers using (visit) left join voids using (visit)
)
select visit, call_id, queue_key, visit_seq, entry, occurred_at as queued_at, talk_sec,
    try_cast(a.ring as bigint) as ring_sec, try_cast(case when entry = 'OUTCALL' then data3 end as bigint) as dial_sec,
    case when entry in ({ENTERED}) then data2 when entry = 'OUTCALL' then data4 end as customer_ref,
    entry in ('CALLOUTBOUND', 'OUTCALL') as is_outbound,
    case
        when entry = 'OUTCALL' then case when data1 = 'ANSWER' then occurred_at - to_seconds(coalesce(talk_sec, 0)) end
        when a is not null then a.occurred_at
        when e.event in ({TALKED}) then greatest(occurred_at, e.occurred_at - to_seconds(talk_sec))
    end as answered_at,
    case
        when entry not in ({ENTERED}) then occurred_at
        when is_end_known then coalesce(e.occurred_at, reentered_at)
        when reentered_moment < void_moment then reentered_at
    end as ended_at,
    case when is_end_known then e.event end as end_event,
    coalesce(a.agent_key, case when entry = 'OUTCALL' then agent_key when e.event in ({TALKED}) then e.agent_key end)
        as agent_key,
    e.argument as end_argument, void_moment is not null and ended_at is null as is_void
from told
"""

_INTERACTIONS = f"""
with legs as (
    select *, answered_at is not null and ended_at is not null as is_handled,
        end_event in ({TALKED}) or entry = 'OUTCALL' as is_measured
    from visits
),
work as (
    select visit, s.started_at,
        case when s.ended_at <= s.started_at + interval 1 day then s.ended_at end as ended_at
    from legs asof join (select * from derived_agent_state where state = 'acw') s
        on s.agent_key = legs.agent_key and legs.ended_at <= s.started_at
    where is_handled and s.started_at <= legs.ended_at + to_seconds(2)
)
select {{source}} as source_system, call_id || '/' || visit_seq as source_record_id,
    cast(null as timestamptz) as record_updated_at, cast(null as varchar) as extra,
    call_id as interaction_id, visit_seq, cast(null as varchar) as root_interaction_id,
    'voice' as channel, case when is_outbound then 'outbound' else 'inbound' end as direction, queue_key, agent_key,
    customer_ref,
    legs.queued_at - to_seconds(case when entry = 'OUTCALL' then greatest(dial_sec, talk_sec, 0) else 0 end)
        as started_at,
    case when not is_outbound then legs.queued_at end as queued_at, answered_at, legs.ended_at,
    case when is_handled and (work.ended_at is not null or ({{unseen}} = 0 and work.started_at is null))
        then coalesce(work.ended_at, legs.ended_at) end as wrapup_ended_at,
    case when not is_outbound then epoch_ms(coalesce(answered_at, legs.ended_at)) - epoch_ms(legs.queued_at) end
        as wait_ms,
    case when answered_at is not null then ring_sec * 1000 end as ring_ms,
    case when is_handled and is_measured
        then coalesce(talk_sec * 1000, epoch_ms(legs.ended_at) - epoch_ms(answered_at)) end as talk_ms,
    cast(null as bigint) as hold_ms,
    case
        when not is_handled then null
        when work.started_at is not null then epoch_ms(work.ended_at) - epoch_ms(work.started_at)
        else {{unseen}}
    end as acw_ms,
    case
        when answered_at is not null then 'answered'
        when entry = 'JOINEMPTY' then 'empty'
        when entry in ('FULL', 'DIVERT_CA_RATIO', 'DIVERT_HOLDTIME') then 'full'
        when entry = 'CLOSED' then 'closed'
        when is_void then 'failed'
        when legs.ended_at is null then 'open'
        when is_outbound then 'failed'
        else case end_event
            when 'ABANDON' then 'abandoned'
            when 'EXITWITHTIMEOUT' then 'timeout'
            when 'EXITWITHKEY' then 'exit_key'
            when 'EXITEMPTY' then 'empty'
            when 'LEAVEEMPTY' then 'empty'
            when 'SYSCOMPAT' then 'failed'
            else 'flow_ended'
        end
    end as outcome,
    case
        when is_void or entry in ({TURNED_AWAY}) then 'system'
        when end_event in ('COMPLETEAGENT', 'BLINDTRANSFER', 'ATTENDEDTRANSFER', 'TRANSFER') then 'agent'
        when end_event = 'COMPLETECALLER' then 'customer'
        when is_outbound and legs.ended_at is not null then 'unknown'
        when end_event in ('ABANDON', 'EXITWITHKEY') then 'customer'
        when end_event in ('EXITWITHTIMEOUT', 'EXITEMPTY', 'LEAVEEMPTY', 'SYSCOMPAT', 'WITHDRAW') then 'system'
        when legs.ended_at is not null then 'unknown'
    end as ended_by,
    case end_event
        when 'BLINDTRANSFER' then 'blind' when 'TRANSFER' then 'blind' when 'ATTENDEDTRANSFER' then 'attended'
    end as transfer_kind,
    case when end_event in ('BLINDTRANSFER', 'TRANSFER') then end_argument end as transfer_to,
    cast(null as varchar) as contact_reason,
    legs.ended_at is null and not is_void as is_open
from legs left join work using (visit)
"""

# RINGNOANSWER gives milliseconds, every other duration of the log seconds. With ring-all the members who did not get
# the contact are logged in the second of CONNECT, or of ABANDON: they did not refuse it.
_OFFERS = f"""
with offers as (
    select s.source_record_id, v.call_id, v.visit_seq, v.queue_key, s.agent_key, s.event, s.occurred_at,
        case when s.event = 'CONNECT' then try_cast(s.data3 as bigint) * 1000
            when s.event in ('RINGNOANSWER', 'RINGCANCELED') then try_cast(s.data1 as bigint) end as ring_ms,
        coalesce(v.answered_at, case when v.end_event = 'ABANDON' then v.ended_at end) as settled_at
    from steps s join visits v using (visit)
    where s.event in ({_OFFERED}) and s.agent_key is not null and not v.is_outbound
)
select {{source}} as source_system, source_record_id, cast(null as timestamptz) as record_updated_at,
    cast(null as varchar) as extra, call_id as interaction_id, visit_seq, queue_key, agent_key,
    occurred_at - to_milliseconds(coalesce(ring_ms, 0)) as offered_at, ring_ms,
    case
        when event = 'CONNECT' then 'answered'
        when event = 'AGENTDUMP' then 'rejected'
        when event = 'RINGCANCELED' or occurred_at >= settled_at then 'canceled'
        else 'no_answer'
    end as result
from offers
"""
