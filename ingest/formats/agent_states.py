"""States of agents from the events of a queue log. Visits and offers do not belong here.

An agent is logged in while a member of at least one queue, or between AGENTLOGIN or AGENTCALLBACKLOGIN and the log-off;
paused when no queue can reach the person; in conversation from CONNECT to the event that ends it. Static members
(queues.conf) are never logged in by an event: of them the log shows conversations and pauses of a queue, no more.

Of what holds at one moment the first counts: conversation, pause, wrap-up time of the queue, availability. An agent who
is logged off has no state. A stretch begins anew at the first event of a local date even if nothing changes, and what
nothing ends is believed for a number of days: so every stretch follows from the events of a bounded number of days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import duckdb
import pyarrow as pa

from ingest.conform import literal
from ingest.formats.queue_visits import AT, TALKED

_ON = "'AGENTLOGIN', 'AGENTCALLBACKLOGIN'"
_OFF = "'AGENTLOGOFF', 'AGENTCALLBACKLOGOFF', 'QUEUESTART'"
EVENTS = (
    f"{_ON}, {_OFF}, 'ADDMEMBER', 'REMOVEMEMBER', 'PAUSE', 'UNPAUSE', 'PAUSEALL', 'UNPAUSEALL', 'WRAPUPSTART',"
    f" 'CONNECT', {TALKED}"
)
"""SQL list of the events that say something about an agent's state."""


def derive(
    con: duckdb.DuckDBPyConnection,
    events: str,
    zone: str,
    newest: date,
    days: int,
    acw_reasons: Sequence[str],
    pause_reasons: Mapping[str, str],
) -> None:
    """Make ``derived_agent_state`` for the agents in ``concerned_agents``.

    ``events`` is SQL that reads the events; states that begin less than ``days`` days after the first of them may lack
    what came before. ``newest`` is the log's newest date: an end that would lie after it has not happened yet.
    """
    reasons = {**pause_reasons, **dict.fromkeys(acw_reasons, "acw")}
    con.register(
        "pause_classes",
        pa.table({"reason": pa.array(reasons.keys(), pa.string()), "class": pa.array(reasons.values(), pa.string())}),
    )
    local = f"cast(second at time zone {literal(zone)} as date)"
    span = f"range between interval {days} days preceding and current row"
    for name, query in (
        ("state_events", _STATE_EVENTS.format(events=events)),
        ("queue_flags", _QUEUE_FLAGS),
        ("queue_ticks", _QUEUE_TICKS.format(days=days, span=span)),
        ("contact_ticks", _CONTACT_TICKS.format(days=days)),
        ("agent_flags", _AGENT_FLAGS.format(days=days)),
        ("states", _STATES.format(span=span)),
        ("derived_agent_state", _STRETCHES.format(local=local, newest=newest.isoformat())),
    ):
        con.execute(f"create or replace temp table {name} as {query}")
    con.unregister("pause_classes")


_STATE_EVENTS = f"""
with chosen as (
    select agent_key, queue_key, call_id, event, data1, {AT} as moment from {{events}} where event in ({EVENTS})
)
select chosen.* from chosen semi join concerned_agents using (agent_key)
union all
select a.agent_key, null, r.call_id, r.event, null, r.moment
from chosen r cross join concerned_agents a where r.event = 'QUEUESTART'
"""

# What each event says of the agent's place in one queue: member or not, paused or not, or nothing (null).
_QUEUE_FLAGS = f"""
with queues as (select distinct agent_key, queue_key from state_events where queue_key is not null)
select agent_key, queue_key, moment,
    case event when 'ADDMEMBER' then true when 'REMOVEMEMBER' then false end as member,
    case event when 'ADDMEMBER' then coalesce(data1, '') = 'PAUSED' when 'PAUSE' then true else false end as paused
from state_events where event in ('ADDMEMBER', 'REMOVEMEMBER', 'PAUSE', 'UNPAUSE') and queue_key is not null
union all
select q.agent_key, q.queue_key, e.moment, case when e.event <> 'UNPAUSEALL' then false end, false
from state_events e join queues q using (agent_key) where e.event in ({_OFF}, 'UNPAUSEALL')
"""

# Changes of the number of queues the agent is a member of, can be reached by, and is paused in.
_QUEUE_TICKS = """
with forgotten as (
    select agent_key, queue_key, moment + interval {days} days + interval 1 microsecond as moment,
        null as member, null as paused
    from (
        select *, lead(moment) over (partition by agent_key, queue_key order by moment) as next_at from queue_flags
        where member is not null
    ) where member and (next_at is null or next_at > moment + interval {days} days)
    union all
    select agent_key, queue_key, moment + interval {days} days + interval 1 microsecond, null, null
    from (select *, lead(moment) over (partition by agent_key, queue_key order by moment) as next_at from queue_flags)
    where paused and (next_at is null or next_at > moment + interval {days} days)
),
held as (
    select agent_key, queue_key, moment,
        last_value(member ignore nulls) over spell as member,
        coalesce(last_value(paused ignore nulls) over spell, false) as paused
    from (select * from queue_flags union all select distinct * from forgotten)
    window spell as (partition by agent_key, queue_key order by moment {span})
),
counted as (
    select agent_key, queue_key, moment, cast(coalesce(member, false) as integer) as members,
        cast(coalesce(member, false) and not paused as integer) as reachable,
        cast(coalesce(member, true) and paused as integer) as paused
    from held
)
select agent_key, moment,
    members - lag(members, 1, 0) over turns as members,
    reachable - lag(reachable, 1, 0) over turns as reachable,
    paused - lag(paused, 1, 0) over turns as paused
from counted window turns as (partition by agent_key, queue_key order by moment)
"""

# A conversation whose end was not logged lasts until the agent's next one, a log-off or a restart. Wrap-up time of the
# queue lasts as long as the event says.
_CONTACT_TICKS = f"""
with connects as (
    select agent_key, moment, event,
        lead(moment) over (partition by agent_key, call_id, queue_key order by moment) as next_at,
        lead(event) over (partition by agent_key, call_id, queue_key order by moment) as next_event
    from state_events where event in ('CONNECT', {TALKED})
),
closings as (
    select agent_key, moment, lead(moment) over (partition by agent_key order by moment) as closed_at
    from state_events where event in ('CONNECT', {_OFF})
),
spans as (
    select c.agent_key, c.moment, least(case when c.next_event <> 'CONNECT' then c.next_at else l.closed_at end,
        c.moment + interval {{days}} days) as ended_at, 1 as contacts, 0 as wrapups
    from connects c left join closings l using (agent_key, moment) where c.event = 'CONNECT'
    union all
    select agent_key, moment, moment + to_seconds(try_cast(data1 as bigint)), 0, 1 from state_events
    where event = 'WRAPUPSTART' and try_cast(data1 as bigint) between 0 and 86400
)
select agent_key, moment, contacts, wrapups from spans
union all
select agent_key, ended_at, -contacts, -wrapups from spans
"""

# A new membership is not paused, so ADDMEMBER ends a pause of all queues as UNPAUSE does.
_AGENT_FLAGS = f"""
with flags as (
    select agent_key, moment,
        case when event in ({_ON}) then true when event in ({_OFF}) then false end as logged_in,
        case when event = 'PAUSEALL' then true
            when event in ('UNPAUSEALL', 'UNPAUSE', 'ADDMEMBER', {_OFF}) then false end as all_paused,
        case when event in ('PAUSE', 'PAUSEALL') then coalesce(data1, '') end as reason
    from state_events where event in ({_ON}, {_OFF}, 'PAUSEALL', 'UNPAUSEALL', 'PAUSE', 'UNPAUSE', 'ADDMEMBER')
)
select * from flags
union all
select agent_key, moment + interval {{days}} days + interval 1 microsecond, null, null, null
from flags where logged_in or all_paused
"""

_STATES = """
with ticks as (
    select agent_key, moment, members, reachable, paused, 0 as contacts, 0 as wrapups,
        cast(null as boolean) as logged_in, cast(null as boolean) as all_paused, cast(null as varchar) as reason
    from queue_ticks
    union all by name select * from contact_ticks
    union all by name select * from agent_flags
),
held as (
    select agent_key, moment,
        coalesce(sum(members) over course, 0) as members, coalesce(sum(reachable) over course, 0) as reachable,
        coalesce(sum(paused) over course, 0) as paused, coalesce(sum(contacts) over course, 0) as contacts,
        coalesce(sum(wrapups) over course, 0) as wrapups,
        coalesce(last_value(logged_in ignore nulls) over spell, false) as logged_in,
        coalesce(last_value(all_paused ignore nulls) over spell, false) as all_paused,
        nullif(last_value(reason ignore nulls) over spell, '') as reason
    from ticks
    window course as (partition by agent_key order by moment range between unbounded preceding and current row),
        spell as (partition by agent_key order by moment {span})
),
seconds as (
    select agent_key, date_trunc('second', moment) as second, max_by(held, moment) as h from held group by all
)
select agent_key, second, h.reason,
    case
        when h.contacts > 0 then 'CONNECT'
        when not h.all_paused and (h.reachable > 0 or (h.logged_in and h.paused = 0))
            then case when h.wrapups > 0 then 'WRAPUPSTART' else 'ADDMEMBER' end
        when h.paused > 0 or (h.all_paused and (h.members > 0 or h.logged_in)) then 'PAUSE'
    end as raw_state
from seconds
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
    where {local} <= date '{newest}'
),
changes as (
    select * from classed window turns as (partition by agent_key order by second)
    qualify raw_state is distinct from lag(raw_state) over turns or reason is distinct from lag(reason) over turns
        or day is distinct from lag(day) over turns
),
stretches as (
    select *, lead(second) over (partition by agent_key order by second) as ended_at from changes
)
select cast(null as varchar) as source_system, agent_key || '/' || epoch(second)::bigint as source_record_id,
    cast(null as timestamptz) as record_updated_at, cast(null as varchar) as extra,
    agent_key, state, raw_state, reason, cast(null as varchar) as queue_key, second as started_at, ended_at
from stretches where state is not null
"""
