"""Amazon Connect's agent event stream: what an agent's status and contacts were after each change.

Every event lands as one ``agent_event``. States and offers are then derived from the events in the lake, so that it
does not matter how they were cut into files, in which order they came, or how often.

Definitions, from the data model of the stream and the contact states in it:

- Of what holds at one moment the first counts: a contact CONNECTED or CONNECTED_ONHOLD; one ENDED, which is
  after-contact work and no status of its own; one MISSED, REJECTED or in ERROR that still blocks the agent; the
  agent's status. A contact that rings leaves the agent in the status.
- A state begins where the event says that status or contact changed, not when the event was written. When a contact
  has gone, the event's time is all there is.
- HEART_BEAT tells nothing new: it lands and makes no state. Offline or logged out is no state.
- A stretch begins anew at the first event of a local date, and what nothing ends is believed for some days: so every
  stretch follows from the events of a bounded number of days.
- An offer is a contact that is CONNECTING or INCOMING to the agent, outbound calls and monitoring excepted; what
  became of it is the next state of the same contact, and no next state is ``canceled``.

Privacy: names of agents other than the user name stay here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow as pa
from pydantic import Field as Declared

from ingest.conform import literal
from ingest.formats.base import About, Batch, DeliveredFile, Export, Reading
from ingest.formats.records import (
    RAW,
    Field,
    batch,
    instant,
    kept_fields,
    parsed,
    read_fields,
    refuse_others,
    seen,
    structure_of,
)
from ingest.lake import Change, widened
from ingest.source import SourceBase

WHAT = "events of an Amazon Connect agent event stream"

State = Literal["available", "acw", "break", "meal", "training", "meeting", "offline", "other"]

FIELDS = {
    "event_id": Field("EventId", required=True),
    "occurred_at": Field("EventTimestamp", "time", required=True),
    "event": Field("EventType", required=True),
    "agent_arn": Field("AgentARN", required=True),
    "status": Field("CurrentAgentSnapshot.AgentStatus.Name"),
    "status_type": Field("CurrentAgentSnapshot.AgentStatus.Type"),
    "status_at": Field("CurrentAgentSnapshot.AgentStatus.StartTimestamp", "time"),
    "status_before_at": Field("PreviousAgentSnapshot.AgentStatus.StartTimestamp", "time"),
    "username": Field("CurrentAgentSnapshot.Configuration.Username"),
    "username_before": Field("PreviousAgentSnapshot.Configuration.Username"),
    "contacts": Field("CurrentAgentSnapshot.Contacts", "list"),
    "contacts_before": Field("PreviousAgentSnapshot.Contacts", "list"),
}

KNOWN = (
    *("AWSAccountId", "AgentARN", "CurrentAgentSnapshot", "EventId", "EventTimestamp", "EventType", "InstanceARN"),
    *("PreviousAgentSnapshot", "Version"),
)


class ConnectAgentEventsSource(SourceBase, frozen=True):
    """An Amazon Connect agent event stream.

    ``states`` maps the centre's own statuses to state classes; one not named is ``other``. ``agent_by`` says whether
    agents are known by their user name or by the id in their ARN, which evaluations use too. A state that nothing ends
    is believed for ``state_days`` days.
    """

    format: Literal["connect_agent_events"]
    states: dict[str, State] = Declared(default_factory=dict)
    agent_by: Literal["username", "id"] = "username"
    state_days: int = Declared(default=7, ge=2, le=60)


def read(
    files: Sequence[DeliveredFile], source: ConnectAgentEventsSource, zone: str, con: duckdb.DuckDBPyConnection
) -> Iterator[Batch]:
    """Read events into ``agent_event``; times are UTC, so ``zone`` plays no part."""
    del zone
    for broken in parsed(files, con, "agent_found", structure_of(FIELDS.values()), WHAT):
        refuse_others(files, con, "agent_found", "list_has_all(fields, ['EventId', 'AgentARN'])", WHAT)
        unfit = read_fields(con, "agent_read", FIELDS, "agent_found", KNOWN)
        yield batch(con, "agent_event", _events(source), [broken, unfit, _without_status(con)])


def derive(change: Change, source: ConnectAgentEventsSource, con: duckdb.DuckDBPyConnection, again: bool) -> None:
    """Derive states and offers anew for the agents that new events concern, around the dates of those events."""
    every = change.files("agent_event")
    if not every:
        return
    fresh = change.rows("agent_event") if again else "fresh_agent_event"
    con.execute(
        f"create or replace temp table agents_concerned as"
        f" select agent_key, min(event_date) as event_date from {fresh} group by all"
    )
    days = {row[0] for row in con.execute(f"select distinct event_date from {fresh}").fetchall()}
    if not days:
        return
    newest = max(every)
    days |= _lasting(change, con, newest)
    around = widened(days, source.state_days)
    events = change.rows("agent_event", widened(around, source.state_days))
    local = f"cast({{}} at time zone {literal(change.zone)} as date)".format
    statuses = pa.table(
        {"status": pa.array(source.states.keys(), pa.string()), "class": pa.array(source.states.values(), pa.string())}
    )
    con.register("status_classes", statuses)
    con.execute(_STATES.format(events=events))
    con.execute(
        _STRETCHES.format(
            source=literal(source.name),
            day=local("began_at"),
            newest=newest.isoformat(),
            horizon=local(f"least(next_at, began_at + to_days({source.state_days}))"),
            days=source.state_days,
        )
    )
    con.execute(_OFFERS.replace("$source", literal(source.name)))
    con.unregister("status_classes")
    of_agents = "agent_key in (select agent_key from agents_concerned)"
    change.replace("agent_state", "derived_agent_state", around, of_agents)
    change.replace("tel_offer", "derived_tel_offer", around, of_agents)


def _lasting(change: Change, con: duckdb.DuckDBPyConnection, newest: date) -> set[date]:
    """Return the dates of states that lasted when the stream ended, if it now reaches a later date.

    Their agents are concerned too: what was not over then may be by now.
    """
    before = change.newest_before("agent_event")
    if before is None or before >= newest:
        return set()
    found = set(change.open_before("agent_state", newest))
    con.execute(
        f"insert into agents_concerned select agent_key, min(event_date) from {change.rows('agent_state', found)}"
        " where ended_at is null group by all"
    )
    return found


_CONTACT = (
    '[{"ContactId": "VARCHAR", "Channel": "VARCHAR", "InitiationMethod": "VARCHAR", "State": "VARCHAR",'
    ' "StateStartTimestamp": "VARCHAR", "Queue": {"ARN": "VARCHAR", "Name": "VARCHAR"}}]'
)


def _latest(contacts: str) -> str:
    starts = f"json_extract_string({contacts}, '$[*].StateStartTimestamp')"
    return f"list_max(list_transform({starts}, lambda text: {instant('text')}))"


def _events(source: ConnectAgentEventsSource) -> str:
    """SQL for the events as rows of ``agent_event``."""
    by_id = "string_split(agent_arn, '/')[-1]"
    agent = by_id if source.agent_by == "id" else f"coalesce(username, username_before, {by_id})"
    return f"""
        with timed as (
            select *, greatest(status_at, {_latest("contacts")}) as now_at,
                greatest(status_before_at, {_latest("contacts_before")}) as before_at
            from agent_read where {_TELLS}
        )
        select {literal(source.name)} as source_system, event_id as source_record_id,
            occurred_at as record_updated_at, {kept_fields({})} as extra,
            occurred_at, case when now_at <= occurred_at and (before_at is null or now_at > before_at)
                then now_at else occurred_at end as began_at,
            {agent} as agent_key, event, case when event <> 'LOGOUT' then status end as status,
            case when event <> 'LOGOUT' then status_type end as status_type,
            case when event <> 'LOGOUT' and contacts <> '[]'
                then cast(to_json(json_transform(contacts, {literal(_CONTACT)})) as varchar) end as contacts,
            _file, _line, _raw
        from timed
    """


_TELLS = "(status is not null or event in ('LOGOUT', 'HEART_BEAT'))"


def _without_status(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Return the events that do not tell the agent's status."""
    return con.execute(
        f"select _file, _line, 'unreadable_field' as rule,"
        f" '$.CurrentAgentSnapshot.AgentStatus.Name is missing or cannot be read' as message,"
        f" 'deliver the event as the stream wrote it' as mend, left(_raw, {RAW}) as raw"
        f" from agent_read where not {_TELLS}"
    ).to_arrow_table()


_RINGING = "'CONNECTING', 'INCOMING', 'PENDING'"

_STATES = """
create or replace temp table agent_told as
with event as (
    select agent_key, occurred_at, source_record_id, event, status, status_type, contacts,
        json_extract_string(contacts, '$[*].State') as states,
        max(began_at) over (
            partition by agent_key order by occurred_at, source_record_id rows unbounded preceding
        ) as began_at
    from {events} semi join agents_concerned using (agent_key) where event <> 'HEART_BEAT'
)
select * exclude (states), case
    when status is null then null
    when list_has_any(states, ['CONNECTED', 'CONNECTED_ONHOLD']) then 'CONNECTED'
    when list_contains(states, 'ENDED') then 'ENDED'
    when list_has_any(states, ['MISSED', 'REJECTED', 'ERROR']) then 'MISSED'
    else status end as raw_state, case
    when status is null then null
    when raw_state = 'CONNECTED' and raw_state is distinct from status then 'on_contact'
    when raw_state = 'ENDED' and raw_state is distinct from status then 'acw'
    when raw_state = 'MISSED' and raw_state is distinct from status then 'other'
    when coalesce(status_type, status) in ('OFFLINE', 'Offline') then null
    when coalesce(status_type, status) in ('ROUTABLE', 'Available') then 'available'
    else coalesce(class, 'other') end as state
from event left join status_classes using (status)
"""

# Of several events at one instant the last one tells what holds.
_STRETCHES = """
create or replace temp table derived_agent_state as
with moments as (
    select *, {day} as day from agent_told
    qualify row_number() over (partition by agent_key, began_at order by occurred_at desc, source_record_id desc) = 1
),
changes as (
    select * from moments window turns as (partition by agent_key order by began_at)
    qualify raw_state is distinct from lag(raw_state) over turns or state is distinct from lag(state) over turns
        or day is distinct from lag(day) over turns
),
stretches as (
    select *, lead(began_at) over (partition by agent_key order by began_at) as next_at from changes
)
select {source} as source_system, agent_key || '/' || epoch_ms(began_at) as source_record_id,
    cast(null as timestamptz) as record_updated_at, cast(null as varchar) as extra, agent_key, state, raw_state,
    case when status_type = 'CUSTOM' and raw_state = status then status end as reason,
    cast(null as varchar) as queue_key, began_at as started_at,
    case when next_at is not null or {horizon} <= date '{newest}'
        then least(next_at, began_at + to_days({days})) end as ended_at
from stretches where state is not null
"""

_OFFERS = f"""
create or replace temp table derived_tel_offer as
with listed as (
    select agent_key, occurred_at, unnest(json_transform(contacts, '{_CONTACT}')) as c from agent_told
),
seen as (
    select agent_key, c.ContactId as contact_id, coalesce(c.Queue.Name, regexp_extract(c.Queue.ARN, '/queue/(.*)$', 1))
            as queue_key, c.State as state, coalesce({instant("c.StateStartTimestamp")}, occurred_at) as since,
        c.State in ({_RINGING}) as is_ringing,
        max(occurred_at) over (partition by agent_key, c.ContactId) as last_seen_at
    from listed where c.ContactId is not null and c.InitiationMethod not in ('OUTBOUND', 'MONITOR')
),
turns as (
    select * from seen window course as (partition by agent_key, contact_id order by since, is_ringing desc)
    qualify is_ringing is distinct from lag(is_ringing) over course
),
offers as (
    select *, lead(state) over course as next_state, lead(since) over course as next_at
    from turns window course as (partition by agent_key, contact_id order by since, is_ringing desc)
),
settled as (
    select o.*, coalesce(next_at, e.occurred_at) as settled_at
    from (from offers where is_ringing) o asof left join agent_told e
        on e.agent_key = o.agent_key and e.occurred_at > o.last_seen_at
)
select $source as source_system, agent_key || '/' || contact_id || '/' || epoch_ms(since) as source_record_id,
    cast(null as timestamptz) as record_updated_at, cast(null as varchar) as extra, contact_id as interaction_id,
    cast(1 as bigint) as visit_seq, queue_key, agent_key, since as offered_at,
    epoch_ms(settled_at) - epoch_ms(since) as ring_ms,
    case
        when next_state is null then 'canceled'
        when next_state = 'MISSED' then 'no_answer'
        when next_state = 'REJECTED' then 'rejected'
        when next_state = 'ERROR' then 'error'
        else 'answered' end as result
from settled where settled_at is not null
"""


def recognise(path: Path, head: bytes) -> str | None:
    """Return what these files are known by, or null."""
    del path
    return seen(head, "EventId", "AgentARN", "CurrentAgentSnapshot")


ABOUT = About(
    title="Amazon Connect agent event stream",
    systems="Amazon Connect, event stream versions 2017-10-01 and 2019-05-25",
    files="JSON objects one behind the other as Firehose writes them, one a line, or in an array",
    zone="UTC, with the offset written out",
    units="instants to the millisecond; there are no durations",
    readings=(
        Reading("EventId", "agent_event.source_record_id", "an event that comes twice is a duplicate"),
        Reading("Configuration.Username", "agent_state.agent_key", "agent_by: id takes the id in AgentARN"),
        Reading("AgentStatus.Name", "agent_state.raw_state", "ROUTABLE is available, CUSTOM by states, else other"),
        Reading("AgentStatus.StartTimestamp", "agent_state.started_at", "or the contact's StateStartTimestamp"),
        Reading("Contacts[].State", "agent_state.state", "CONNECTED and on hold on_contact, ENDED acw, MISSED other"),
        Reading("Contacts[].State", "tel_offer.result", "CONNECTING to CONNECTED answered, MISSED no_answer, REJECTED"),
        Reading("Contacts[].StateStartTimestamp", "tel_offer.offered_at", "ring_ms lasts until the next state"),
    ),
    gotchas=(
        "After-contact work is no status: it is a contact in state ENDED that the agent has not cleared yet.",
        "A voice contact that an agent rejects appears as MISSED.",
        "Heartbeats come every two minutes, up to an hour after log-off. They land and change nothing.",
        "An agent with several chats is on contact while any of them lasts.",
        "Older events have no status Type: Available is routable, Offline is offline, every other one is custom.",
    ),
    exports=(
        Export(
            "Amazon Connect",
            (
                "Data streaming: enable it for the instance and send agent events to a Kinesis stream",
                "Let a Firehose stream write it to a bucket",
                "Copy the bucket's new objects to landing/<source>/",
            ),
        ),
    ),
    references=(
        "docs.aws.amazon.com/connect/latest/adminguide/agent-event-stream-model.html",
        "docs.aws.amazon.com/connect/latest/adminguide/about-contact-states.html",
    ),
)
