"""Visits and offers from the events of a queue log. What an event looks like in the log is ``queue_log``'s business.

A visit is what lies between ENTERQUEUE and the next ENTERQUEUE of the same call and queue; JOINEMPTY, FULL and CLOSED
are visits that were turned away at the door. A visit of which ENTERQUEUE was not delivered gives no row until it is.

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

ENTERING = "'ENTERQUEUE', 'JOINEMPTY', 'FULL', 'CLOSED'"
TALKED = "'COMPLETEAGENT', 'COMPLETECALLER', 'BLINDTRANSFER', 'ATTENDEDTRANSFER', 'TRANSFER'"
_LEFT = "'ABANDON', 'EXITWITHTIMEOUT', 'EXITWITHKEY', 'EXITEMPTY', 'LEAVEEMPTY', 'SYSCOMPAT'"

AT = """occurred_at + to_microseconds(case when sequence > 0 then sequence else sequence + 1500000 end)"""
"""SQL: an instant that orders events within a second; those of a file begun within the second come last."""


def derive(con: duckdb.DuckDBPyConnection, events: str, source: str, *, sees_acw: bool) -> None:
    """Make ``derived_tel_interaction`` and ``derived_tel_offer`` of the calls in ``concerned_calls``.

    ``events`` is SQL that reads the events. After-contact work is the state ``acw`` that begins at the end of the
    conversation or up to two seconds later (``derived_agent_state``). ``sees_acw`` says that the log would show it:
    then none means zero, otherwise null. Work of more than a day is not believed: the agent just stayed in that state.
    """
    con.execute(f"""
        create or replace temp table call_events as
        select source_record_id, call_id, queue_key, agent_key, event, data1, data2, data3, data4, occurred_at,
            {AT} as moment,
            count(*) filter (event in ({ENTERING})) over (partition by call_id, queue_key order by moment) as nth
        from {events} semi join concerned_calls using (call_id)
        where event in ({ENTERING}, {TALKED}, {_LEFT}, 'CONNECT', 'RINGNOANSWER', 'RINGCANCELED', 'AGENTDUMP')
    """)
    con.execute(
        f"create or replace temp table restarts as select {AT} as moment from {events} where event = 'QUEUESTART'"
    )
    con.execute(_VISITS)
    con.execute(_INTERACTIONS.format(source=literal(source), unseen="0" if sees_acw else "null"))
    con.execute(_OFFERS.format(source=literal(source)))


_VISITS = f"""
create or replace temp table visits as
with entries as (
    select call_id, queue_key, nth, moment, occurred_at as queued_at, event as entry, data2 as customer_ref,
        row_number() over (partition by call_id order by moment) as visit_seq,
        lead(occurred_at) over (partition by call_id order by moment) as reentered_at
    from call_events where event in ({ENTERING})
),
ends as (
    select *, try_cast(case when starts_with(event, 'COMPLETE') then data2 else data4 end as bigint) as talk_sec
    from call_events where event in ({TALKED}, {_LEFT})
    qualify row_number() over (partition by call_id, queue_key, nth order by moment) = 1
),
answers as (
    select c.*, try_cast(c.data3 as bigint) as ring_sec
    from call_events c left join ends e on (e.call_id, e.queue_key, e.nth) = (c.call_id, c.queue_key, c.nth)
    where c.event = 'CONNECT' and (e.moment is null or c.moment < e.moment)
    qualify row_number() over (partition by c.call_id, c.queue_key, c.nth order by c.moment) = 1
),
voids as (
    select entries.call_id, entries.visit_seq, r.moment
    from entries asof join restarts r on entries.moment < r.moment
)
select v.call_id, v.queue_key, v.nth, v.visit_seq, v.entry, v.customer_ref, v.queued_at,
    case
        when a.occurred_at is not null then a.occurred_at
        when e.event in ({TALKED}) then greatest(v.queued_at, e.occurred_at - to_seconds(e.talk_sec))
    end as answered_at,
    case
        when v.entry <> 'ENTERQUEUE' then v.queued_at
        when e.moment < void.moment or void.moment is null then coalesce(e.occurred_at, v.reentered_at)
        when v.reentered_at < void.moment then v.reentered_at
    end as ended_at,
    case when e.moment < void.moment or void.moment is null then e.event end as end_event,
    coalesce(a.agent_key, case when e.event in ({TALKED}) then e.agent_key end) as agent_key,
    a.ring_sec, e.talk_sec, e.data1 as end_argument, void.moment is not null and ended_at is null as is_void
from entries v
left join ends e on (e.call_id, e.queue_key, e.nth) = (v.call_id, v.queue_key, v.nth)
left join answers a on (a.call_id, a.queue_key, a.nth) = (v.call_id, v.queue_key, v.nth)
left join voids void on (void.call_id, void.visit_seq) = (v.call_id, v.visit_seq)
"""

_INTERACTIONS = f"""
create or replace temp table derived_tel_interaction as
with legs as (
    select *, answered_at is not null and ended_at is not null as is_handled, end_event in ({TALKED}) as is_measured
    from visits
),
work as (
    select call_id, visit_seq, s.started_at,
        case when s.ended_at <= s.started_at + interval 1 day then s.ended_at end as ended_at
    from legs asof join (select * from derived_agent_state where state = 'acw') s
        on s.agent_key = legs.agent_key and legs.ended_at <= s.started_at
    where is_handled and s.started_at <= legs.ended_at + to_seconds(2)
)
select {{source}} as source_system, call_id || '/' || visit_seq as source_record_id,
    cast(null as timestamptz) as record_updated_at, cast(null as varchar) as extra,
    call_id as interaction_id, visit_seq, cast(null as varchar) as root_interaction_id,
    'voice' as channel, 'inbound' as direction, queue_key, agent_key, customer_ref,
    queued_at as started_at, queued_at, answered_at, legs.ended_at,
    case when is_handled and (work.ended_at is not null or ({{unseen}} = 0 and work.started_at is null))
        then coalesce(work.ended_at, legs.ended_at) end as wrapup_ended_at,
    epoch_ms(coalesce(answered_at, legs.ended_at)) - epoch_ms(queued_at) as wait_ms,
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
        when entry = 'FULL' then 'full'
        when entry = 'CLOSED' then 'closed'
        when is_void then 'failed'
        when legs.ended_at is null then 'open'
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
        when is_void or entry <> 'ENTERQUEUE' then 'system'
        when end_event in ('COMPLETEAGENT', 'BLINDTRANSFER', 'ATTENDEDTRANSFER', 'TRANSFER') then 'agent'
        when end_event in ('COMPLETECALLER', 'ABANDON', 'EXITWITHKEY') then 'customer'
        when end_event in ('EXITWITHTIMEOUT', 'EXITEMPTY', 'LEAVEEMPTY', 'SYSCOMPAT') then 'system'
        when legs.ended_at is not null then 'unknown'
    end as ended_by,
    case end_event
        when 'BLINDTRANSFER' then 'blind' when 'TRANSFER' then 'blind' when 'ATTENDEDTRANSFER' then 'attended'
    end as transfer_kind,
    case when end_event in ('BLINDTRANSFER', 'TRANSFER') then end_argument end as transfer_to,
    legs.ended_at is null and not is_void as is_open
from legs left join work using (call_id, visit_seq)
"""

# RINGNOANSWER gives milliseconds, every other duration of the log seconds. With ring-all the members who did not get
# the contact are logged in the second of CONNECT, or of ABANDON: they did not refuse it.
_OFFERS = """
create or replace temp table derived_tel_offer as
with offers as (
    select c.source_record_id, c.call_id, v.visit_seq, c.queue_key, c.agent_key, c.event, c.occurred_at,
        case when c.event = 'CONNECT' then try_cast(c.data3 as bigint) * 1000
            when c.event in ('RINGNOANSWER', 'RINGCANCELED') then try_cast(c.data1 as bigint) end as ring_ms,
        coalesce(v.answered_at, case when v.end_event = 'ABANDON' then v.ended_at end) as settled_at
    from call_events c join visits v on (v.call_id, v.queue_key, v.nth) = (c.call_id, c.queue_key, c.nth)
    where c.event in ('CONNECT', 'RINGNOANSWER', 'RINGCANCELED', 'AGENTDUMP') and c.agent_key is not null
)
select {source} as source_system, source_record_id, cast(null as timestamptz) as record_updated_at,
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
