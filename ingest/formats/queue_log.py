"""Asterisk ``queue_log``: one event a line, fields separated by ``|``, times in UNIX seconds.

Every line lands as one ``queue_event``. Visits, offers and agent states are then derived from the events in the lake,
so that the result does not depend on how the log was cut into files, in which order they came, or how often.

The format has no header, no quoting and no escaping (docs.asterisk.org, Operation/Logging/Queue-Logs). What the
events mean belongs in ``queue_visits`` and ``agent_states``.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Literal

import duckdb
import numpy as np
import pyarrow as pa
from pydantic import Field

from ingest.conform import literal
from ingest.formats import agent_states, queue_visits
from ingest.formats.base import REJECTS, Batch, DeliveredFile, RefusedFile
from ingest.lake import Change
from ingest.source import SourceBase

PauseState = Literal["break", "meal", "training", "meeting", "offline", "other"]

CONTINUED = 1_000_000
"""Subtracted from the order number of events whose second began before the file."""


class QueueLogSource(SourceBase, frozen=True):
    """An Asterisk queue log.

    ``acw_reasons`` are the pause reasons that mean after-contact work; without any, ACW is known only from
    WRAPUPSTART. ``pause_reasons`` maps the other reasons to state classes; a reason not named is ``other``.
    A membership, pause or conversation that nothing ends is believed for ``state_days`` days.
    """

    format: Literal["queue_log"]
    acw_reasons: tuple[str, ...] = ()
    pause_reasons: dict[str, PauseState] = Field(default_factory=dict)
    state_days: int = Field(default=7, ge=4, le=60)


def read(
    files: Sequence[DeliveredFile], source: QueueLogSource, zone: str, con: duckdb.DuckDBPyConnection
) -> Iterator[Batch]:
    """Read the files' lines into ``queue_event``; times are UNIX seconds, so ``zone`` plays no part.

    Callers' numbers and names, and anything like a telephone number in a transfer or an unknown event, are replaced by
    pseudonyms before a line is digested. Bytes that are not UTF-8 are kept as escapes.
    """
    con.register("lines", pa.concat_tables([_lines(file) for file in files]))
    con.execute(_PARSED)
    con.execute(_UNUSUAL)
    con.execute(_PRIVATE)
    rows = con.execute(_EVENTS).to_arrow_table()
    rejects = con.execute(_REJECTED).to_arrow_table().cast(REJECTS)
    con.execute("drop table parsed_lines; drop table unusual_lines; drop table private_fields")
    con.unregister("lines")
    yield Batch("queue_event", rows, rejects)


def derive(change: Change, source: QueueLogSource, con: duckdb.DuckDBPyConnection, again: bool) -> None:
    """Derive visits, offers and agent states anew for the calls and agents that new events concern.

    Work is bounded by the dates of the new events: a call is followed ``queue_visits.DAYS`` days and an agent's state
    ``state_days`` days to either side. With ``again`` every event counts as new.
    """
    every = change.files("queue_event")
    if not every:
        return
    if again:
        con.execute(f"create or replace temp view fresh_events as select * from {change.rows('queue_event')}")
    else:
        con.execute("create or replace temp view fresh_events as select * from fresh_queue_event")
    fresh = {row[0] for row in con.execute("select distinct event_date from fresh_events").fetchall()}
    if not fresh:
        return
    newest = max(every)
    concerned = fresh | _lasting(change, con, newest, source.state_days)
    around = _widened(concerned, source.state_days)
    near = _widened(concerned, queue_visits.DAYS + 1)
    events = change.rows("queue_event", _widened(around, source.state_days))
    calls = change.rows("queue_event", near)
    con.execute(_CONCERNED.format(near=calls, events=events))
    agent_states.derive(
        con, events, source.name, change.zone, newest, source.state_days, source.acw_reasons, source.pause_reasons
    )
    queue_visits.derive(con, calls, source.name, sees_acw=bool(source.acw_reasons))
    in_calls = "interaction_id in (select call_id from concerned_calls)"
    change.replace("tel_interaction", "derived_tel_interaction", near, in_calls)
    change.replace("tel_offer", "derived_tel_offer", near, in_calls)
    of_agents = "agent_key in (select agent_key from concerned_agents)"
    change.replace("agent_state", "derived_agent_state", around, of_agents)


def _lasting(change: Change, con: duckdb.DuckDBPyConnection, newest: date, days: int) -> set[date]:
    """Return the dates with states that lasted when the log ended, if the log now reaches a later date.

    Their agents go into ``lasting_agents``: what was not over then may be by now.
    """
    con.execute("create or replace temp table lasting_agents (agent_key varchar)")
    before = change.newest_before("queue_event")
    if before is None or before >= newest:
        return set()
    found = {day for day in change.open_before("agent_state", newest) if day >= before - timedelta(days=days + 1)}
    con.execute(
        "insert into lasting_agents select distinct agent_key"
        f" from {change.rows('agent_state', found)} where ended_at is null"
    )
    return found


def _lines(file: DeliveredFile) -> pa.Table:
    try:
        content = file.path.read_bytes()
        content = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    except (OSError, EOFError) as error:
        raise RefusedFile(file, None, "unreadable", str(error), "deliver the file again, complete") from error
    text = content.decode("utf-8", "backslashreplace").replace("\r\n", "\n").encode()
    is_whole = text.endswith(b"\n")
    text = text if is_whole else text + b"\n"
    offsets = np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n")) + 1
    count = len(offsets)
    buffers = [pa.py_buffer(np.concatenate(([0], offsets))), pa.py_buffer(text.replace(b"\n", b"|"))]
    return pa.table(
        {
            "_file": pa.array(np.full(count, file.index, np.int32)),
            "_line": pa.array(np.arange(1, count + 1)),
            "_raw": pa.LargeStringArray.from_buffers(count, *buffers),
            "_is_whole": pa.array(np.arange(count) < count - (not is_whole)),
        }
    )


def _widened(days: set[date] | list[date], by: int) -> list[date]:
    return sorted({day + timedelta(days=offset) for day in days for offset in range(-by, by + 1)})


def _listed(values: Sequence[str]) -> str:
    return ", ".join(literal(value) for value in values)


_NO_CALL = "'NONE', 'REALTIME', 'MANAGER'"

_PLAIN = _listed(
    (
        "CONNECT", "COMPLETEAGENT", "COMPLETECALLER", "ABANDON", "EXITWITHTIMEOUT", "EXITWITHKEY", "EXITEMPTY",
        "RINGNOANSWER", "RINGCANCELED", "ADDMEMBER", "REMOVEMEMBER", "PAUSE", "UNPAUSE", "PAUSEALL", "UNPAUSEALL",
        "QUEUESTART", "CONFIGRELOAD", "WRAPUPSTART",
    )
)  # fmt: skip
"""Events whose arguments cannot hold a telephone number."""

# Every line ends with a separator here. Trailing separators mean nothing.
_PARSED = """
create or replace temp table parsed_lines as
with split as (select _file, _line, _raw, _is_whole, string_split(_raw, '|') as f from lines where length(_raw) > 1),
timed as (select *, try_cast(f[1] as bigint) as time from split)
select _file, _line, _raw,
    case
        when not _is_whole then 'unfinished_line'
        when time is null or time not between 100000000 and 9999999999 then 'wrong_time'
        when coalesce(f[5], '') = '' then 'too_few_fields'
    end as rule,
    time, f[2] as call_id, f[3] as queue_key, f[4] as agent_key, f[5] as event,
    f[6] as d1, f[7] as d2, f[8] as d3, f[9] as d4, f[10] as d5
from timed
"""

# An attended transfer has a varying number of arguments between its method and the last three; an event with more than
# five keeps the rest in the fifth.
_UNUSUAL = f"""
create or replace temp table unusual_lines as
with split as (
    select _file, _line, _raw, time, call_id, queue_key, agent_key, event,
        string_split(rtrim(_raw, '|'), '|')[6:] as d
    from parsed_lines where rule is null and event not in ('ENTERQUEUE', {_PLAIN})
)
select * exclude (d), d[1] as d1,
    case when event = 'ATTENDEDTRANSFER' and len(d) > 3 then array_to_string(d[2:-4], '|') else d[2] end as d2,
    case when event = 'ATTENDEDTRANSFER' and len(d) > 3 then d[-3] else d[3] end as d3,
    case when event = 'ATTENDEDTRANSFER' and len(d) > 3 then d[-2] else d[4] end as d4,
    case when event = 'ATTENDEDTRANSFER' and len(d) > 3 then d[-1] else array_to_string(d[5:], '|') end as d5
from split
"""

# A caller who withholds the number is nobody in particular and gets no pseudonym.
_PRIVATE = """
create or replace temp table private_fields as
with entered as (
    select distinct unnest([d2, d4]) as field from parsed_lines where rule is null and event = 'ENTERQUEUE'
),
others as (
    select distinct unnest([d1, d2, d3, d4, d5]) as field from unusual_lines
)
select field, pseudonym(field) as pseudonym
from (
    select field from entered where lower(trim(field)) not in
        ('', 'anonymous', 'unknown', 'private', 'restricted', 'unavailable', 'withheld', 'asterisk', '<unknown>')
    union select field from others where regexp_matches(field, '[0-9]{7}')
)
"""

_EVENTS = f"""
with private as (
    select _file, _line, _raw, time, call_id, queue_key, agent_key, event, d1, d2, d3, d4, d5
    from parsed_lines where rule is null and event in ({_PLAIN})
    union all
    select _file, _line, _raw, time, call_id, queue_key, agent_key, event,
        null, number.pseudonym, d3, caller.pseudonym, d5
    from parsed_lines
    left join private_fields number on number.field = d2 left join private_fields caller on caller.field = d4
    where rule is null and event = 'ENTERQUEUE'
    union all
    select _file, _line, _raw, time, call_id, queue_key, agent_key, event,
        {", ".join(f"case when p{n}.field is null then d{n} else p{n}.pseudonym end" for n in range(1, 6))}
    from unusual_lines {" ".join(f"left join private_fields p{n} on p{n}.field = d{n}" for n in range(1, 6))}
),
digested as materialized (
    select *, md5(concat_ws('|', time, call_id, queue_key, agent_key, event,
        coalesce(d1, ''), coalesce(d2, ''), coalesce(d3, ''), coalesce(d4, ''), coalesce(d5, ''))) as line_digest
    from private
),
seconds as (select _file, time, min(_line) as first_line from digested group by all),
begun as (select _file, min_by(time, first_line) as begun_at from seconds group by _file),
repeated as (
    select _file, _line, row_number() over (partition by _file, line_digest order by _line) as occurrence
    from digested
    semi join (select _file, line_digest from digested group by all having count(*) > 1) using (_file, line_digest)
)
select line_digest || '-' || coalesce(occurrence, 1) as source_record_id, to_timestamp(time) as occurred_at,
    line_digest, coalesce(occurrence, 1) as occurrence,
    _line - first_line + 1 - case when time = begun_at then {CONTINUED} else 0 end as sequence,
    call_id, case when queue_key not in ('NONE', '') then queue_key end as queue_key,
    case when agent_key not in ('NONE', '') then agent_key end as agent_key, event,
    nullif(d1, '') as data1, nullif(d2, '') as data2, nullif(d3, '') as data3, nullif(d4, '') as data4,
    nullif(d5, '') as data5, _file, _line, _raw
from digested
join seconds using (_file, time) join begun using (_file) left join repeated using (_file, _line)
"""

_REJECTED = """
select _file, _line, rule,
    case rule
        when 'unfinished_line' then 'the file ends within this line'
        when 'wrong_time' then 'the line does not begin with a time in UNIX seconds'
        else 'the line has fewer than five fields'
    end as message,
    case rule
        when 'unfinished_line' then 'deliver the file again once the line is complete'
        else 'check that the file is a queue_log and that the line is whole'
    end as mend,
    rtrim(_raw, '|') as raw
from parsed_lines where rule is not null
"""

_TO_THE_AGENT = f"'CONNECT', {queue_visits.TALKED}"

# A restart of Asterisk concerns every call and agent. What an agent does next ends the after-contact work of a call:
# so an agent's event concerns the calls the agent had around that day, and a call concerns its agents.
_CONCERNED = f"""
create or replace temp table concerned_calls as
with agents as (
    select agent_key from fresh_events where event in ({agent_states.EVENTS}) union from lasting_agents
),
restarts as (select 1 from fresh_events where event = 'QUEUESTART')
select call_id from fresh_events where call_id not in ({_NO_CALL})
union
select call_id from {{near}} semi join agents using (agent_key) where event in ({_TO_THE_AGENT})
union
select call_id from {{near}} where exists (from restarts) and call_id not in ({_NO_CALL});

create or replace temp table concerned_agents as
select agent_key from fresh_events where event in ({agent_states.EVENTS}) and agent_key is not null
union from lasting_agents
union
select agent_key from {{near}} semi join concerned_calls using (call_id) where event in ({_TO_THE_AGENT})
union
select agent_key from {{events}} where event in ({agent_states.EVENTS}) and agent_key is not null
    and exists (from fresh_events where event = 'QUEUESTART')
"""
