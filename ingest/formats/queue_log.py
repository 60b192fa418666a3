"""Asterisk ``queue_log``: one event a line, fields separated by ``|``, times in UNIX seconds; or a table of the same.

Every line lands as one ``queue_event``. Visits, offers and agent states are then derived from the events in the lake,
so that the result does not depend on how the log was cut into files, in which order they came, or how often.

How lines become fields belongs in ``queue_lines``, what the events mean in ``queue_visits`` and ``agent_states``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

import duckdb
from pydantic import Field

from ingest.conform import UNDECODABLE, literal
from ingest.formats import agent_states, queue_lines, queue_visits
from ingest.formats.base import REJECTS, About, Batch, DeliveredFile, Export, Reading
from ingest.formats.line_blocks import rejected
from ingest.formats.local_time import clock_doubts
from ingest.formats.queue_lines import QueueTable
from ingest.lake import Change, widened
from ingest.source import SourceBase

PauseState = Literal["break", "meal", "training", "meeting", "offline", "other"]

_LINE = re.compile(rb"^\d{9,10}(?:\.\d+)?\|[^|\n]*\|[^|\n]*\|[^|\n]*\|[A-Z]+(?:\||\r?$)", re.MULTILINE)

CONTINUED = 1_000_000
"""Subtracted from the order number of events whose second began before the file."""


class QueueLogSource(SourceBase, frozen=True):
    """An Asterisk queue log: the file itself, or an export of the ``table`` of the same name.

    ``acw_reasons`` are the pause reasons that mean after-contact work; without any, ACW is known only from
    WRAPUPSTART. ``pause_reasons`` maps the other reasons to state classes; a reason not named is ``other``.
    A membership, pause or conversation that nothing ends is believed for ``state_days`` days. ``members`` gives the one
    name under which to know an agent whom the log also calls by an interface, such as
    ``Local/id-61@agentcallback: Agent/52``.
    """

    format: Literal["queue_log"]
    acw_reasons: tuple[str, ...] = ()
    pause_reasons: dict[str, PauseState] = Field(default_factory=dict)
    state_days: int = Field(default=7, ge=4, le=60)
    members: dict[str, str] = Field(default_factory=dict)
    table: QueueTable | None = None


def recognise(path: Path, head: bytes) -> str | None:
    """Return what the file is known by; of the table of the same name nothing is, since its columns are declared."""
    del path
    found = len(_LINE.findall(head))
    return "lines of time|call|queue|agent|EVENT" if found and 2 * found > head.count(b"\n") else None


def read(
    files: Sequence[DeliveredFile], source: QueueLogSource, zone: str, con: duckdb.DuckDBPyConnection
) -> Iterator[Batch]:
    """Read the files' lines, or the rows of the exported table, into ``queue_event``.

    Callers' numbers and names, numbers that were dialled, and anything like a telephone number in a transfer or an
    unknown event are replaced by pseudonyms before an event gets its identity.
    """
    table = source.table
    con.execute("create or replace temp table begun_files (_file integer, begun_at bigint)")
    for _ in queue_lines.table_rows(files, table, zone, con) if table else queue_lines.lines(files, con):
        doubts = clock_doubts(con, _CLOCKS, zone) if table and table.time == "local" else ()
        con.execute(_UNUSUAL)
        con.execute(_PRIVATE)
        con.execute(_BEGUN)
        con.execute(_IDENTIFIED)
        con.execute("drop table private_fields; drop table unusual_lines")
        con.execute(f"create or replace temp view queue_events as {_EVENTS}")
        rejects = con.execute(_REJECTED).to_arrow_table().cast(REJECTS)
        yield Batch("queue_event", "queue_events", rejects, doubts=doubts)
        con.execute("drop view queue_events; drop table identified_lines")
    con.execute("drop table begun_files")


def derive(change: Change, source: QueueLogSource, con: duckdb.DuckDBPyConnection, again: bool) -> None:
    """Derive visits, offers and agent states anew for the calls and agents that new events concern.

    Work is bounded by the dates of the new events: a call is followed ``queue_visits.DAYS`` days and an agent's state
    ``state_days`` days to either side. With ``again`` every event counts as new.
    """
    every = change.files("queue_event")
    if not every:
        return
    new = _named(change.rows("queue_event") if again else "fresh_queue_event", source.members)
    con.execute(f"create or replace temp view fresh_events as from {new}")
    fresh = {row[0] for row in con.execute("select distinct event_date from fresh_events").fetchall()}
    if not fresh:
        return
    newest = max(every)
    concerned = fresh | _lasting(change, con, newest, source.state_days)
    around = widened(concerned, source.state_days)
    near = widened(concerned, queue_visits.DAYS + 1)
    events = _named(change.rows("queue_event", widened(around, source.state_days)), source.members)
    calls = _named(change.rows("queue_event", near), source.members)
    of_agents = of_calls = "true"
    restarts = f"(from {calls} where event = 'QUEUESTART')"
    if con.execute(f"select (select count(*) from {events}) > (select count(*) from fresh_events)").fetchone() == (
        True,
    ):
        con.execute(_CONCERNED.format(near=calls, events=events))
        of_agents = "agent_key in (from concerned_agents)"
        of_calls = "interaction_id in (from concerned_calls)"
        calls = f"(from {calls} where call_id in (from concerned_calls))"
        events = f"(from {events} where agent_key in (from concerned_agents) or event = 'QUEUESTART')"
    agent_states.derive(
        con, events, source.name, change.zone, newest, source.state_days, source.acw_reasons, source.pause_reasons
    )
    queue_visits.derive(con, calls, restarts, source.name, sees_acw=bool(source.acw_reasons))
    change.replace("tel_interaction", "derived_tel_interaction", near, of_calls)
    change.replace("tel_offer", "derived_tel_offer", near, of_calls)
    change.replace("agent_state", "derived_agent_state", around, of_agents)


def _named(events: str, members: Mapping[str, str]) -> str:
    """SQL that reads events under the names that ``members`` gives to interfaces."""
    if not members:
        return events
    names = ", ".join(f"{literal(interface)}: {literal(name)}" for interface, name in members.items())
    return f"(select * replace (coalesce(map {{{names}}}[agent_key], agent_key) as agent_key) from {events})"


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


def _listed(values: Sequence[str]) -> str:
    return ", ".join(literal(value) for value in values)


_NO_CALL = "'NONE', 'REALTIME', 'MANAGER'"

_PLAIN = _listed(
    (
        "CONNECT", "COMPLETEAGENT", "COMPLETECALLER", "ABANDON", "EXITWITHTIMEOUT", "EXITWITHKEY", "EXITEMPTY",
        "RINGNOANSWER", "RINGCANCELED", "ADDMEMBER", "REMOVEMEMBER", "PAUSE", "UNPAUSE", "PAUSEALL", "UNPAUSEALL",
        "QUEUESTART", "CONFIGRELOAD", "WRAPUPSTART", "JOINEMPTY", "LEAVEEMPTY", "FULL", "CLOSED", "DIVERT_CA_RATIO",
        "DIVERT_HOLDTIME", "AGENTDUMP", "SYSCOMPAT", "PAUSEREASON", "PENALTY", "RINGINUSE",
    )
)  # fmt: skip
"""Events whose arguments cannot hold a telephone number."""

_CALLER = "'ENTERQUEUE', 'CALLOUTBOUND', 'OUTCALL'"
"""Events that name the customer, whatever the number looks like: in the second argument, OUTCALL in the fourth."""

# An attended transfer has a varying number of arguments between its method and the last three; an event with more than
# five keeps the rest in the fifth.
_UNUSUAL = f"""
create or replace temp table unusual_lines as
with listed as (
    select *, array_to_string(list_concat([d1, d2, d3, d4, d5], more), '|') as arguments
    from queue_lines where rule is null and event not in ({_CALLER}, {_PLAIN})
),
split as (select *, string_split(rtrim(arguments, '|'), '|') as d from listed)
select _file, _line, _raw, place, moment, call_id, queue_key, agent_key, event, extra, d[1] as d1,
    case when event = 'ATTENDEDTRANSFER' and len(d) > 3 then array_to_string(d[2:-4], '|') else d[2] end as d2,
    case when event = 'ATTENDEDTRANSFER' and len(d) > 3 then d[-3] else d[3] end as d3,
    case when event = 'ATTENDEDTRANSFER' and len(d) > 3 then d[-2] else d[4] end as d4,
    case when event = 'ATTENDEDTRANSFER' and len(d) > 3 then d[-1] else array_to_string(d[5:], '|') end as d5
from split
"""

# A caller who withholds the number is nobody in particular and gets no pseudonym.
_PRIVATE = f"""
create or replace temp table private_fields as
with entered as (
    select distinct d2 as field from queue_lines where rule is null and event in ('ENTERQUEUE', 'CALLOUTBOUND')
    union select distinct d4 from queue_lines where rule is null and event in ({_CALLER})
),
others as (
    select distinct unnest([d1, d2, d3, d4, d5]) as field from unusual_lines
)
select field, pseudonym(field) as pseudonym
from (
    select field from entered where lower(trim(field)) not in
        ('', 'anonymous', 'unknown', 'private', 'restricted', 'unavailable', 'withheld', 'asterisk', '<unknown>')
    union select field from others where regexp_matches(field, '[0-9]{{7}}')
)
"""

# A call's id says when its channel began, shortly before it entered the queue.
_CLOCKS = """
select make_timestamptz(local_moment), epoch_stamp from queue_lines where rule is null and epoch_stamp is not null
union all
select make_timestamptz(moment), call_id from queue_lines
where rule is null and epoch_stamp is null and event = 'ENTERQUEUE'
"""

_BEGUN = """
insert into begun_files
select _file, min_by(moment, _line) from queue_lines where rule is null and _file not in (select _file from begun_files)
group by _file
"""

# What identifies an event: its time, and a digest of the rest with customers replaced.
_IDENTIFIED = f"""
create or replace temp table identified_lines as
with private as (
    select _file, _line, _raw, place, moment, call_id, queue_key, agent_key, event, d1, d2, d3, d4, d5, extra
    from queue_lines where rule is null and event in ({_PLAIN})
    union all
    select _file, _line,
        case when contains(d4, '{UNDECODABLE}') then replace(_raw, d4, replace(d4, '{UNDECODABLE}', '~'))
            else _raw end,
        place, moment, call_id, queue_key, agent_key, event,
        case when event = 'OUTCALL' then d1 end, case when event = 'OUTCALL' then d2 else number.pseudonym end, d3,
        caller.pseudonym, d5, extra
    from queue_lines
    left join private_fields number on number.field = d2 left join private_fields caller on caller.field = d4
    where rule is null and event in ({_CALLER})
    union all
    select _file, _line, _raw, place, moment, call_id, queue_key, agent_key, event,
        {", ".join(f"case when p{n}.field is null then d{n} else p{n}.pseudonym end" for n in range(1, 6))}, extra
    from unusual_lines {" ".join(f"left join private_fields p{n} on p{n}.field = d{n}" for n in range(1, 6))}
)
select *, md5_number_lower(concat_ws('|', call_id, queue_key, agent_key, event,
    coalesce(d1, ''), coalesce(d2, ''), coalesce(d3, ''), coalesce(d4, ''), coalesce(d5, ''))) as digest
from private
"""

_EVENTS = f"""
with instants as (select _file, moment, min(place) as first_place from identified_lines group by all),
repeated as (
    select _file, _line, row_number() over (partition by _file, moment, digest order by place, _line) as occurrence
    from identified_lines
    semi join (select _file, moment, digest from identified_lines group by all having count(*) > 1)
        using (_file, moment, digest)
)
select concat_ws('-', moment // 1000000 || case when moment % 1000000 > 0 then '.' || moment % 1000000 else '' end,
        to_hex(digest), case when occurrence > 1 then occurrence end) as source_record_id,
    make_timestamptz(moment) as occurred_at,
    place - first_place + 1 + 1000 * (moment % 1000000)
        - case when moment = begun_at and moment % 1000000 = 0 then {CONTINUED} else 0 end as sequence,
    call_id, case when queue_key not in ('NONE', '') then queue_key end as queue_key,
    case when agent_key not in ('NONE', '') then agent_key end as agent_key, event,
    nullif(d1, '') as data1, nullif(d2, '') as data2, nullif(d3, '') as data3, nullif(d4, '') as data4,
    nullif(d5, '') as data5, extra, _file, _line, _raw
from identified_lines
join instants using (_file, moment) join begun_files using (_file) left join repeated using (_file, _line)
"""

_FAULTS = {
    "unfinished_line": ("the file ends within this line", "deliver the file again once the line is complete"),
    "wrong_time": (
        "the time is not in UNIX seconds, or is none on the clocks of the declared zone",
        "check that the file is a queue_log, whether a table's time is epoch or local, and the zone",
    ),
    "too_few_fields": (
        "the line has fewer than five fields",
        "check that the file is a queue_log and that the line is whole",
    ),
    "field_count": (
        "the line does not have as many cells as the header",
        "export the row again, with quotes around cells that hold the delimiter",
    ),
    "misplaced_quote": (
        "the quotes of the line do not let its cells be told apart",
        "double the quotes within a cell",
    ),
    "broken_json": (
        "the record is no JSON object, or is cut short",
        "deliver the record again as it was exported",
    ),
}

_REJECTED = rejected("queue_lines", _FAULTS)

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

ABOUT = About(
    title="Asterisk queue log",
    systems="Asterisk 1.4 to 22 and what is built on it: FreePBX, Issabel, Wazo, QueueMetrics; file or realtime table",
    files="one event a line, fields separated by |; or the table queue_log as CSV, TSV or JSON",
    zone="UNIX seconds in the file; a table's local time is on the clocks of the source's zone unless it has an offset",
    units="seconds; RINGNOANSWER and RINGCANCELED milliseconds",
    readings=(
        Reading("callid", "tel_interaction.interaction_id", "NONE, REALTIME, MANAGER and CLI are no calls"),
        Reading("queuename", "tel_interaction.queue_key", "NONE is null"),
        Reading("agent", "tel_interaction.agent_key", "as it stands, or as members renames it"),
        Reading(
            "ENTERQUEUE",
            "tel_interaction.queued_at",
            "begins a visit, until the same call enters the same queue again; JOINEMPTY, FULL, CLOSED, DIVERT_CA_RATIO"
            " and DIVERT_HOLDTIME are visits turned away",
        ),
        Reading("ENTERQUEUE, second argument", "tel_interaction.customer_ref", "withheld numbers are null"),
        Reading("CONNECT", "tel_interaction.answered_at"),
        Reading("CONNECT, third argument", "tel_interaction.ring_ms", "old versions do not write it: null"),
        Reading(
            "COMPLETEAGENT, COMPLETECALLER, BLINDTRANSFER, ATTENDEDTRANSFER, TRANSFER, ABANDON, EXITWITHTIMEOUT,"
            " EXITWITHKEY, EXITEMPTY, LEAVEEMPTY, SYSCOMPAT, WITHDRAW",
            "tel_interaction.outcome",
            "the first of them ends the visit; EXITEMPTY and LEAVEEMPTY together count once",
        ),
        Reading(
            "calltime",
            "tel_interaction.talk_ms",
            "second argument of COMPLETE*, last but one of a transfer; without it by the clock of the log",
        ),
        Reading("PAUSE with an acw reason, WRAPUPSTART", "tel_interaction.acw_ms", "within two seconds of the end"),
        Reading("RINGNOANSWER, RINGCANCELED, AGENTDUMP, CONNECT", "tel_offer.result"),
        Reading(
            "ADDMEMBER, REMOVEMEMBER, AGENT*LOGIN, AGENT*LOGOFF, PAUSE*, UNPAUSE*", "agent_state.state", "see gotchas"
        ),
        Reading("PAUSEREASON", "agent_state.reason", "QueueMetrics: the reason of the pause that just began"),
        Reading("CALLOUTBOUND, OUTCALL", "tel_interaction.direction", "outbound; no wait, failed unless answered"),
        Reading("any other event", "queue_event.event", "kept with its arguments; nothing is derived from it"),
    ),
    gotchas=(
        "A call may open in one file and close in the next: visits and states open at the end are carried over, never"
        " guessed closed. QUEUESTART voids what is open.",
        "Hold, menus before the queue and calls that enter no queue are not in the log; see the call detail records.",
        "After-contact work is null, not zero, unless the source declares acw_reasons or writes WRAPUPSTART.",
        "A queue's pause ends with UNPAUSE, a pause of all queues with UNPAUSEALL, each whatever the other does.",
        "After a log-off nobody is available until the next log-in; without log-ins membership decides.",
        "Order within a second is the file's. Rows of a table go by their fraction, then by id, then as they come.",
        "Deliver the file or the table, not both to one source: their events would count twice.",
        "Wazo writes interfaces (Local/id-61@agentcallback) beside agents (Agent/52): declare members, or aliases.",
        "A line with bytes that cannot be decoded goes to quarantine, unless they are in a caller's name: that"
        " becomes a pseudonym anyway.",
        "A | in a queue's, member's or caller's name cannot be told from a separator.",
        "Where a table has a UNIX time beside the local one, or ids of calls that hold one, the clocks are compared; a"
        " difference is a warning.",
    ),
    exports=(
        Export(
            "Asterisk",
            (
                "Deliver /var/log/asterisk/queue_log, rotated or not.",
                "With a realtime table set queue_log_to_file=yes.",
            ),
        ),
        Export(
            "FreePBX",
            ("Deliver /var/log/asterisk/queue_log*; the log rotates daily.", "Agents are in the form Local/1001@…/n."),
        ),
        Export("Issabel", ("Deliver /var/log/asterisk/queue_log*.",)),
        Export(
            "Wazo",
            (
                'Run psql asterisk -c "\\copy (select * from queue_log order by id) to queue_log.csv csv header".',
                "Declare table: {time: local}; the times carry their offset.",
            ),
        ),
        Export(
            "Asterisk realtime",
            (
                "Run mysql --batch asterisk -e 'select * from queue_log order by id' > queue_log.tsv.",
                'Declare table: {time: local, delimiter: "\\t"}; older tables hold UNIX time: time: epoch.',
            ),
        ),
        Export(
            "QueueMetrics",
            (
                "Run mysql --batch queuemetrics -e 'select * from queue_log order by time_id, unique_row_count'.",
                "Declare table: {time: epoch, columns: {time: time_id, callid: call_id, queuename: queue, event: verb},"
                ' delimiter: "\\t"}.',
            ),
        ),
    ),
    references=(
        "docs.asterisk.org: Operation, Logging, Queue Logs",
        "asterisk/asterisk: apps/app_queue.c, main/logger.c",
        "wazo-platform/xivo-dao: tests/test_stat_dao_extended.py",
        "docs.loway.ch: QueueMetrics, additional queue_log logs",
    ),
    example="""
name: pbx
format: queue_log
site: london
files: "queue_log*"
acw_reasons: [ACW]
pause_reasons: {Lunch: meal, Break: break}
""",
)
