"""States of agents from the events of a queue log. Visits and offers do not belong here.

An agent is logged in between AGENTLOGIN or AGENTCALLBACKLOGIN and the log-off and, unless logged off, while a member of
at least one queue; paused when no queue can reach the person; in conversation from CONNECT to the event that ends it. A
queue's pause lasts from PAUSE to UNPAUSE, whatever a pause of all queues, from PAUSEALL to UNPAUSEALL, does meanwhile;
a second PAUSE or PAUSEALL does not begin it anew: these are the rules that Wazo's own tests define (xivo-dao). Static
members (queues.conf) are never logged in by an event: of them the log shows conversations and pauses of a queue only.

Of what holds at one moment the first counts: conversation, pause, wrap-up time of the queue, availability. An agent who
is logged off has no state. A stretch begins anew at the first event of a local date even if nothing changes, and what
nothing ends is believed for a number of days: so every stretch follows from the events of a bounded number of days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import duckdb
import pyarrow as pa

from ingest.conform import literal
from ingest.formats.queue_visits import AT, TALKED

_ON = "'AGENTLOGIN', 'AGENTCALLBACKLOGIN'"
_OFF = "'AGENTLOGOFF', 'AGENTCALLBACKLOGOFF'"
EVENTS = (
    f"{_ON}, {_OFF}, 'QUEUESTART', 'ADDMEMBER', 'REMOVEMEMBER', 'PAUSE', 'UNPAUSE', 'PAUSEALL', 'UNPAUSEALL',"
    f" 'PAUSEREASON', 'WRAPUPSTART', 'CONNECT', {TALKED}"
)
"""SQL list of the events that say something about an agent's state."""


def derive(
    con: duckdb.DuckDBPyConnection,
    events: str,
    source: str,
    zone: str,
    newest: date,
    days: int,
    acw_reasons: Sequence[str],
    pause_reasons: Mapping[str, str],
) -> None:
    """Make ``derived_agent_state`` of the source called ``source`` for the agents whose events ``events`` reads.

    ``events`` is SQL that reads the events; states that begin less than ``days`` days after the first of them may lack
    what came before. ``newest`` is the log's newest date: an end that would lie after it has not happened yet.
    """
    reasons = {**pause_reasons, **dict.fromkeys(acw_reasons, "acw")}
    con.register(
        "pause_classes",
        pa.table({"reason": pa.array(reasons.keys(), pa.string()), "class": pa.array(reasons.values(), pa.string())}),
    )
    local = f"cast(second at time zone {literal(zone)} as date)"
    end = f"timestamp '{newest + timedelta(days=1)}' at time zone {literal(zone)}"
    for name, query in (
        ("state_events", _STATE_EVENTS.format(events=events)),
        ("queue_flags", _QUEUE_FLAGS),
        ("queue_ticks", _QUEUE_TICKS.format(days=days)),
        ("contact_ticks", _CONTACT_TICKS.format(days=days)),
        ("agent_flags", _AGENT_FLAGS.format(days=days)),
        ("states", _STATES.format(days=days, end=end)),
        ("derived_agent_state", _STRETCHES.format(source=literal(source), local=local)),
    ):
        con.execute(f"create or replace temp table {name} as {query}")
    con.unregister("pause_classes")


_STATE_EVENTS = f"""
with chosen as (
    select agent_key, queue_key, call_id, event, data1, occurred_at as second, {AT} as moment
    from {{events}} where event in ({EVENTS})
)
from chosen where agent_key is not null and event <> 'QUEUESTART'
union all
select a.agent_key, null, r.call_id, r.event, null, r.second, r.moment
from chosen r cross join (select distinct agent_key from chosen where agent_key is not null) a
where r.event = 'QUEUESTART'
"""

# What holds at the end of each second of the agent's place in one queue, as far as events of that second tell: member
# or not, paused or not, or nothing (null).
_QUEUE_FLAGS = f"""
with queues as (select distinct agent_key, queue_key from state_events where queue_key is not null),
flags as (
    select agent_key, queue_key, second, moment,
        case event when 'ADDMEMBER' then true when 'REMOVEMEMBER' then false end as member,
        case event when 'ADDMEMBER' then coalesce(data1, '') = 'PAUSED' when 'PAUSE' then true else false end as paused
    from state_events where event in ('ADDMEMBER', 'REMOVEMEMBER', 'PAUSE', 'UNPAUSE') and queue_key is not null
    union all
    select q.agent_key, q.queue_key, e.second, e.moment, false, false
    from state_events e join queues q using (agent_key) where e.event in ({_OFF}, 'QUEUESTART')
)
select agent_key, queue_key, second, arg_max(member, moment) as member, arg_max(paused, moment) as paused
from flags group by all
"""

# Changes of the number of queues the agent is a member of, can be reached by, and is paused in. A flag that no event
# renews is forgotten after some days, which is a change without an event.
_QUEUE_TICKS = """
with forgotten as (
    select agent_key, queue_key, second + interval {days} days as second, cast(null as boolean) as member,
        cast(null as boolean) as paused
    from queue_flags where member is not null or paused
),
moments as (
    select agent_key, queue_key, second, bool_or(member) as member, bool_or(paused) as paused
    from (from queue_flags union all from forgotten) group by all
),
held as (
    select agent_key, queue_key, second,
        coalesce(last_value(member ignore nulls) over past and second < interval {days} days
            + last_value(case when member is not null then second end ignore nulls) over past, false) as is_member,
        coalesce(not last_value(member ignore nulls) over past and second < interval {days} days
            + last_value(case when member is not null then second end ignore nulls) over past, false) as is_none,
        coalesce(last_value(paused ignore nulls) over past and second < interval {days} days
            + last_value(case when paused is not null then second end ignore nulls) over past, false) as is_paused
    from moments
    window past as (partition by agent_key, queue_key order by second rows unbounded preceding)
),
counted as (
    select agent_key, queue_key, second, cast(is_member as integer) as members,
        cast(is_member and not is_paused as integer) as reachable, cast(is_paused and not is_none as integer) as paused
    from held
)
select agent_key, second,
    members - lag(members, 1, 0) over turns as members,
    reachable - lag(reachable, 1, 0) over turns as reachable,
    paused - lag(paused, 1, 0) over turns as paused
from counted window turns as (partition by agent_key, queue_key order by second)
"""

# A conversation whose end was not logged lasts until the agent's next one, a log-off or a restart. Wrap-up time of the
# queue lasts as long as the event says.
_CONTACT_TICKS = f"""
with connects as (
    select agent_key, moment, second, event,
        lead(second) over turns as next_second, lead(event) over turns as next_event
    from state_events where event in ('CONNECT', {TALKED})
    window turns as (partition by agent_key, call_id, queue_key order by moment)
),
closings as (
    select agent_key, moment, lead(second) over (partition by agent_key order by moment) as closed_at
    from state_events where event in ('CONNECT', {_OFF}, 'QUEUESTART')
),
spans as (
    select c.agent_key, c.second, least(case when c.next_event <> 'CONNECT' then c.next_second else l.closed_at end,
        c.second + interval {{days}} days) as ended_at, 1 as contacts, 0 as wrapups
    from connects c join closings l using (agent_key, moment) where c.event = 'CONNECT'
    union all
    select agent_key, second, second + to_seconds(try_cast(data1 as bigint)), 0, 1 from state_events
    where event = 'WRAPUPSTART' and try_cast(data1 as bigint) between 0 and 86400
)
select agent_key, second, contacts, wrapups from spans
union all
select agent_key, ended_at, -contacts, -wrapups from spans
"""

# Who has logged off is out until the next log-in; after a restart nobody knows, and memberships speak for themselves. A
# new membership is not paused, so ADDMEMBER ends a pause of all queues.
_AGENT_FLAGS = f"""
with flags as (
    select agent_key, second, moment,
        case when event in ({_ON}) then 'in' when event in ({_OFF}) then 'out' when event = 'QUEUESTART' then 'unknown'
            end as presence,
        case when event = 'PAUSEALL' then true
            when event in ('UNPAUSEALL', 'ADDMEMBER', {_OFF}, 'QUEUESTART') then false end as all_paused,
        case when event in ('PAUSE', 'PAUSEALL', 'PAUSEREASON') then coalesce(data1, '') end as reason
    from state_events
    where event in ({_ON}, {_OFF}, 'QUEUESTART', 'PAUSEALL', 'UNPAUSEALL', 'PAUSE', 'PAUSEREASON', 'ADDMEMBER')
),
seconds as (
    select agent_key, second, arg_max(presence, moment) as presence, arg_max(all_paused, moment) as all_paused,
        arg_max(reason, moment) as reason
    from flags group by all
)
from seconds
union all
select agent_key, second + interval {{days}} days, null, null, null from seconds
where presence <> 'unknown' or all_paused
"""

# The running sums are of doubles because DuckDB adds those fastest; counts are far below where they would be inexact.
_STATES = """
with ticks as (
    select agent_key, second, members, reachable, paused, 0 as contacts, 0 as wrapups,
        cast(null as varchar) as presence, cast(null as boolean) as all_paused, cast(null as varchar) as reason
    from queue_ticks
    union all by name select * from contact_ticks
    union all by name select * from agent_flags
),
seconds as (
    select agent_key, second,
        cast(coalesce(sum(members), 0) as double) as members, cast(coalesce(sum(reachable), 0) as double) as reachable,
        cast(coalesce(sum(paused), 0) as double) as paused, cast(coalesce(sum(contacts), 0) as double) as contacts,
        cast(coalesce(sum(wrapups), 0) as double) as wrapups,
        max(presence) as presence, bool_or(all_paused) as all_paused, max(reason) as reason
    from ticks where second < {end} group by all
),
held as (
    select agent_key, second, sum(members) over past as members, sum(reachable) over past as reachable,
        sum(paused) over past as paused, sum(contacts) over past as contacts, sum(wrapups) over past as wrapups,
        case when second < interval {days} days
            + last_value(case when presence is not null then second end ignore nulls) over past
            then last_value(presence ignore nulls) over past else 'unknown' end as presence,
        coalesce(last_value(all_paused ignore nulls) over past and second < interval {days} days
            + last_value(case when all_paused is not null then second end ignore nulls) over past, false) as all_paused,
        nullif(last_value(reason ignore nulls) over past, '') as reason
    from seconds window past as (partition by agent_key order by second rows unbounded preceding)
)
select agent_key, second, reason,
    case
        when contacts > 0 then 'CONNECT'
        when presence = 'out' then null
        when not all_paused and (reachable > 0 or (presence = 'in' and paused = 0))
            then case when wrapups > 0 then 'WRAPUPSTART' else 'ADDMEMBER' end
        when paused > 0 or (all_paused and (members > 0 or presence = 'in')) then 'PAUSE'
    end as raw_state
from held
"""

_STRETCHES = """
with classed as (
    select agent_key, second, {local} as day, raw_state, case when raw_state = 'PAUSE' then s.reason end as reason,
        case raw_state
            when 'CONNECT' then 'on_contact'
            when 'WRAPUPSTART' then 'acw'
            when 'ADDMEMBER' then 'available'
            when 'PAUSE' then coalesce(p.class, 'other')
        end as state
    from states s left join pause_classes p on p.reason = s.reason
),
changes as (
    select * from classed window turns as (partition by agent_key order by second)
    qualify raw_state is distinct from lag(raw_state) over turns or reason is distinct from lag(reason) over turns
        or day is distinct from lag(day) over turns
),
stretches as (
    select *, lead(second) over (partition by agent_key order by second) as ended_at from changes
)
select {source} as source_system, agent_key || '/' || epoch(second)::bigint as source_record_id,
    cast(null as timestamptz) as record_updated_at, cast(null as varchar) as extra,
    agent_key, state, raw_state, reason, cast(null as varchar) as queue_key, second as started_at, ended_at
from stretches where state is not null
"""
