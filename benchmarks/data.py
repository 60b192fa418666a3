"""Source files of a centre of any size: queue logs, Chatwoot responses and spreadsheets, a million contacts a minute.

The simulator tells a believable story event by event; this module only needs volume in the right formats, so DuckDB
computes every record from a hash of its place. Nobody is on two calls at once, and logs are well-formed, so that a
short hand-written floor can read them too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import yaml

from ingest.contract import TABLES

SITES = {"chengdu": "Asia/Shanghai", "manchester": "Europe/London"}

VOICE_SHARE = 0.8
ABANDONED_SHARE = 0.06

SLOT_SECONDS = 320
"""An agent takes one call a slot: waits, talk and after-contact work of one call fit into it."""

SHIFT_SLOTS = 90
BREAK_SLOTS = (30, 31)
MEAL_SLOTS = (50, 51, 52, 53, 54)
CALLS_A_SHIFT = SHIFT_SLOTS - len(BREAK_SLOTS) - len(MEAL_SLOTS)
CHATS_AN_AGENT = 100
TEAM_SIZE = 20


@dataclass(frozen=True)
class Volume:
    """How much to make: contacts in all, spread evenly over ``days`` from ``first_day`` and over both sites."""

    contacts: int
    days: int = 10
    first_day: date = date(2026, 9, 1)

    @property
    def dates(self) -> list[date]:
        """The days with traffic."""
        return [self.first_day + timedelta(days=offset) for offset in range(self.days)]

    @property
    def voice_agents(self) -> int:
        """Agents on the phone, a site."""
        answered = self.contacts * VOICE_SHARE * (1 - ABANDONED_SHARE)
        return max(1, round(answered / (len(SITES) * self.days * CALLS_A_SHIFT)))

    @property
    def abandoned_calls(self) -> int:
        """Abandoned calls, a site and day."""
        return round(self.voice_agents * CALLS_A_SHIFT * ABANDONED_SHARE / (1 - ABANDONED_SHARE))

    @property
    def conversations(self) -> int:
        """Chats, a site and day."""
        return round(self.contacts * (1 - VOICE_SHARE) / (len(SITES) * self.days))

    @property
    def chat_agents(self) -> int:
        """Agents in chat, a site."""
        return ceil(self.conversations / CHATS_AN_AGENT)


def write(landing: Path, volume: Volume) -> None:
    """Write the files of every source below ``landing``; each day's file names end in its date."""
    con = duckdb.connect()
    con.execute("set TimeZone = 'UTC'")
    for number, (site, zone) in enumerate(SITES.items()):
        for source in ("pbx", "chat", "qa", "hr"):
            (landing / f"{source}_{site}").mkdir(parents=True, exist_ok=True)
        _people(con, landing, volume, number, site)
        for day in volume.dates:
            _clock(con, number, zone, day)
            _voice(con, landing, volume, site, day)
            _chat(con, landing, volume, number, site, day)
            _workforce(con, landing, site, day)
    con.close()


def write_queue_log(file: Path, volume: Volume, site: str) -> None:
    """Write all days of one site's queue log as one file."""
    number, zone = next((n, zone) for n, (name, zone) in enumerate(SITES.items()) if name == site)
    with duckdb.connect() as con, TemporaryDirectory() as folder:
        con.execute("set TimeZone = 'UTC'")
        landing = Path(folder)
        for source in ("pbx", "hr", "qa"):
            (landing / f"{source}_{site}").mkdir()
        _people(con, landing, volume, number, site)
        with file.open("wb") as whole:
            for day in volume.dates:
                _clock(con, number, zone, day)
                _voice(con, landing, volume, site, day)
                for part in sorted((landing / f"pbx_{site}").iterdir()):
                    whole.write(part.read_bytes())
                    part.unlink()


def write_visits(file: Path, rows: int) -> None:
    """Write visits as rows of the contract's own table, as CSV or, by the file's name, JSON lines.

    One caller in three has called before; the visits are spread over ten days.
    """
    step = 864_000_000 // rows

    def iso(name: str) -> str:
        return f"strftime({name} at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ') as {name}"

    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute(
            f"""
            create temp view visits as
            select 'c' || n as source_record_id, ended_at as record_updated_at, 'c' || n as interaction_id,
                1 as visit_seq, 'voice' as channel, 'inbound' as direction,
                'queue' || n % 7 as queue_key, 'PJSIP/' || 10000 + n % 300 as agent_key,
                '+86138' || lpad((hash(n) % {max(rows * 2 // 3, 1)})::varchar, 8, '0') as customer_ref,
                started_at, started_at as queued_at, answered_at, ended_at, wrapup_ended_at,
                epoch_ms(answered_at) - epoch_ms(started_at) as wait_ms, 5000 as ring_ms,
                epoch_ms(ended_at) - epoch_ms(answered_at) as talk_ms, 30000 as acw_ms,
                'answered' as outcome, 'agent' as ended_by, false as is_open
            from (select n, timestamptz '2026-09-01' + to_milliseconds(n * {step}) as started_at,
                started_at + to_seconds(5 + n % 30) as answered_at, answered_at + to_seconds(30 + n % 400) as ended_at,
                ended_at + to_seconds(30) as wrapup_ended_at from range({rows}) as r(n))
            """
        )
        told = {row[0] for row in con.execute("describe visits").fetchall()}
        selected = ", ".join(
            (iso(column.name) if column.name.endswith("_at") else column.name)
            if column.name in told
            else f"null::varchar as {column.name}"
            for column in TABLES["tel_interaction"].columns
            if column.name not in ("source_system", "extra")
        )
        form = "format json" if file.suffix == ".jsonl" else "format csv, header"
        con.execute(f"copy (select {selected} from visits) to '{file}' ({form})")


def centre(volume: Volume) -> str:
    """The centre.yml that declares the written sources."""
    own_names = {
        "hr": {
            "hr_employee": "employees_*",
            "agent_alias": "aliases_*",
            "roster_shift": "roster_*",
            "attendance": "attendance_*",
        },
        "qa": {"qa_evaluation": "*"},
    }

    def spreadsheet(kind: str, site: str) -> dict:
        tables = [{"table": table, "files": files} for table, files in own_names[kind].items()]
        return {"name": f"{kind}_{site}", "format": "spreadsheet", "site": site, "tables": tables}

    sources: list[dict] = []
    for site in SITES:
        sources += [
            {
                "name": f"pbx_{site}",
                "format": "queue_log",
                "site": site,
                "files": "queue_log*",
                "acw_reasons": ["ACW"],
                "pause_reasons": {"Break": "break", "Lunch": "meal"},
            },
            {"name": f"chat_{site}", "format": "chatwoot", "site": site},
            spreadsheet("qa", site),
            spreadsheet("hr", site),
        ]
    declared = {
        "centre": {"name": {"en": "Benchmark", "zh": "基准"}},
        "locale": "en",
        "history_from": volume.first_day,
        "sites": [
            {"key": site, "name": {"en": site.title(), "zh": site}, "time_zone": zone} for site, zone in SITES.items()
        ],
        "sources": sources,
        "pseudonyms": {"demo": True},
    }
    return yaml.safe_dump(declared, allow_unicode=True, sort_keys=False)


def _clock(con: duckdb.DuckDBPyConnection, number: int, zone: str, day: date) -> None:
    """Define the times and the dice of one day at one site."""
    con.execute(
        f"create or replace temp macro local(clock) as epoch(timezone('{zone}', "
        f"date '{day}' + cast(clock as interval)))::bigint"
    )
    con.execute(
        "create or replace temp macro roll(sides, salt, place) as "
        f"(hash(salt, {number}, date '{day}', place) % sides)::bigint"
    )


def _people(con: duckdb.DuckDBPyConnection, landing: Path, volume: Volume, number: int, site: str) -> None:
    """Employees of a site and their names in the other systems; voice agents first, chat agents from 50000 on."""
    con.execute(
        f"""
        create or replace temp table people as
        select
            'E{number}' || lpad(place::varchar, 5, '0') as employee_key, place, place < 50000 as is_voice,
            case when place < 50000 then 'PJSIP/' || (10000 + place) else (place + {number} * 100000)::varchar end
                as login,
            '{site}_' || case when place < 50000 then 'voice_' else 'chat_' end || (place % 50000 // {TEAM_SIZE})
                as team_key,
            case when place % 2 = 0 then interval 8 hour else interval 12 hour end as begins,
            '{site}_' || ['sales', 'service', 'billing'][place % 3 + 1] as queue_key
        from (
            select unnest(range({volume.voice_agents})) as place
            union all select 50000 + unnest(range({volume.chat_agents}))
        )
        """
    )
    folder = landing / f"hr_{site}"
    first = volume.first_day
    _csv(
        con,
        f"select employee_key, date '{first}' as valid_from, 'Agent ' || employee_key as name, '{site}' as site_key, "
        f"team_key, 'agent' as role, 40 as contract_hours_week, date '{first}' as hired_on, 'active' as status "
        "from people order by employee_key",
        folder / f"employees_{first}.csv",
    )
    _csv(
        con,
        f"select case when is_voice then 'pbx_{site}' else 'chat_{site}' end as alias_system, login as alias_value, "
        f"employee_key, date '{first}' as valid_from from people order by employee_key",
        folder / f"aliases_{first}.csv",
    )


def _voice(con: duckdb.DuckDBPyConnection, landing: Path, volume: Volume, site: str, day: date) -> None:
    idle = (*BREAK_SLOTS, *MEAL_SLOTS)
    con.execute(
        f"""
        create or replace temp table calls as
        with answered as (
            select
                place * 100 + slot as call, login as agent, employee_key, queue_key,
                local(begins) + slot * {SLOT_SECONDS} + 5 + roll(20, 'answer', call) as answered_at,
                case when roll(100, 'quick', call) < 80 then 1 + roll(20, 'wait', call)
                    else 21 + roll(100, 'wait', call) end as wait,
                least(wait, 2 + roll(6, 'ring', call)) as ring,
                60 + roll(150, 'talk', call) as talk,
                case when roll(10, 'wraps', call) < 8 then 10 + roll(50, 'acw', call) else 0 end as acw,
                roll(25, 'transfer', call) = 0 as is_transferred
            from people cross join unnest(range({SHIFT_SLOTS})) as slots (slot)
            where is_voice and slot not in {idle}
        ),
        abandoned as (
            select
                10000000 + number as call, null as agent, null as employee_key,
                '{site}_' || ['sales', 'service', 'billing'][number % 3 + 1] as queue_key, null as answered_at,
                case when roll(10, 'short', call) < 2 then 1 + roll(5, 'patience', call)
                    else 6 + roll(120, 'patience', call) end as wait,
                null as ring, null as talk, null as acw, false as is_transferred
            from unnest(range({volume.abandoned_calls})) as numbers (number)
        )
        select *, coalesce(answered_at - wait, local(interval 8 hour) + roll(43200, 'enter', call)) as entered_at,
            entered_at || '.' || call as call_id, '0' || (2000000000 + roll(900000000, 'caller', call)) as caller
        from (from answered union all from abandoned)
        """
    )
    con.execute(
        "create or replace temp macro line(moment, channel, queue, member, event, arguments) as "
        "concat_ws('|', moment, channel, coalesce(queue, 'NONE'), coalesce(member, 'NONE'), event, arguments)"
    )
    shift, rest, meal = SHIFT_SLOTS * SLOT_SECONDS, BREAK_SLOTS[0] * SLOT_SECONDS, MEAL_SLOTS[0] * SLOT_SECONDS
    presence = (
        (0, 0, "'MANAGER'", "queue_key", "ADDMEMBER", ""),
        (rest, 6, "'NONE'", "null", "PAUSEALL", "Break"),
        (rest + 600, 7, "'NONE'", "null", "UNPAUSEALL", ""),
        (meal, 6, "'NONE'", "null", "PAUSEALL", "Lunch"),
        (meal + 1500, 7, "'NONE'", "null", "UNPAUSEALL", ""),
        (shift, 9, "'MANAGER'", "queue_key", "REMOVEMEMBER", ""),
    )
    ended = "answered_at + talk"
    last = (
        "case when is_transferred then 'BLINDTRANSFER' when call % 2 = 0 then 'COMPLETECALLER' else 'COMPLETEAGENT' end"
    )
    held = "case when is_transferred then '8000|internal|' else '' end || wait || '|' || talk || '|1'"
    contact = (
        ("entered_at", 1, "call_id, queue_key, null, 'ENTERQUEUE', '|' || caller || '|1'", "true"),
        ("entered_at + 15", 2, "call_id, queue_key, agent, 'RINGNOANSWER', '15000'", "agent is not null and wait > 40"),
        ("entered_at + wait", 3, "call_id, queue_key, null, 'ABANDON', '1|1|' || wait", "agent is null"),
        (
            "answered_at",
            4,
            "call_id, queue_key, agent, 'CONNECT', wait || '|' || call_id || '1|' || ring",
            "agent is not null",
        ),
        (ended, 5, f"call_id, queue_key, agent, {last}, {held}", "agent is not null"),
        (ended, 6, "'NONE', null, agent, 'PAUSEALL', 'ACW'", "acw > 0"),
        (f"{ended} + acw", 7, "'NONE', null, agent, 'UNPAUSEALL', 'ACW'", "acw > 0"),
    )
    lines = " union all ".join(
        [
            f"select local(begins) + {at}, {place}, "
            f"line(local(begins) + {at}, {channel}, {queue}, login, '{event}', '{argument}') from people where is_voice"
            for at, place, channel, queue, event, argument in presence
        ]
        + [
            f"select {at}, {place}, line({at}, {fields}) from calls where {among}"
            for at, place, fields, among in contact
        ]
    )
    target = landing / f"pbx_{site}" / f"queue_log-{day:%Y%m%d}"
    con.execute(
        f"copy (select line from ({lines}) as lines (moment, place, line) order by moment, place, line) to '{target}' "
        "(format csv, header false, delimiter '\t', quote '', escape '')"
    )
    _csv(
        con,
        "select 'Q' || call_id as evaluation_id, 'voice' as form_key, '1' as form_version, call_id as interaction_id, "
        "'voice' as channel, employee_key as agent_key, "
        f"{_instant('answered_at + 3600')} as evaluated_at, {_instant('entered_at')} as contact_at, "
        "60 + roll(41, 'score', call) as points, 100 as max_points, points as score_pct, "
        "roll(50, 'fatal', call) = 0 as is_fatal, roll(5, 'targeted', call) > 0 as is_random, 'submitted' as status "
        "from calls where answered_at is not null and roll(50, 'evaluated', call) = 0 order by call",
        landing / f"qa_{site}" / f"scores_{day}.csv",
    )


def _chat(con: duckdb.DuckDBPyConnection, landing: Path, volume: Volume, number: int, site: str, day: date) -> None:
    first_id = (1000 + number * 1000 + (day - volume.first_day).days) * 1_000_000
    con.execute(
        f"""
        create or replace temp table chats as
        select
            {first_id} + place as id, 'E{number}' || (50000 + place % {volume.chat_agents}) as employee_key,
            50000 + place % {volume.chat_agents} + {number} * 100000 as agent,
            local(interval 8 hour) + roll(43200, 'begin', place) as began_at,
            roll(25, 'left', place) > 0 as is_answered,
            case when roll(100, 'quick', place) < 85 then 3 + roll(40, 'reply', place)
                else 60 + roll(300, 'reply', place) end as response,
            began_at + response + 120 + roll(400, 'length', place) as resolved_at,
            is_answered and roll(10, 'asked', place) < 3 as is_asked,
            case when is_asked and roll(10, 'rated', place) < 4 then least(5, 1 + roll(7, 'score', place)) end
                as rating,
            1 + place % 2 as inbox
        from unnest(range({volume.conversations})) as places (place)
        """
    )
    person = "{'id': agent, 'name': employee_key, 'type': 'user'}"
    customer = "{'id': id, 'name': 'Customer ' || id, 'type': 'contact'}"

    def message(place: int, at: str, kind: int, content: str, sender: str, content_type: str = "'text'") -> str:
        return (
            f"{{'id': id * 10 + {place}, 'conversation_id': id, 'content': {content}, 'message_type': {kind}, "
            f"'content_type': {content_type}, 'private': false, 'created_at': {at}, 'sender': {sender}, "
            "'content_attributes': {'activity': case when " + str(kind == 2).lower() + " then "
            "{'type': 'conversation_status_changed', 'status': 'resolved'} end}}"
        )

    nobody = "null"
    asked = message(1, "began_at", 0, "'Where is my parcel? Order ' || id", customer)
    replied = message(2, "began_at + response", 1, "'Let me see, one moment please.'", person)
    again = message(3, "began_at + response + 40", 0, "'Thank you, it should have come on Monday.'", customer)
    solved = message(4, "began_at + response + 90", 1, "'It is on its way and arrives tomorrow.'", person)
    closed = message(5, "resolved_at", 2, "'Conversation was marked resolved'", nobody)
    survey = message(6, "resolved_at + 1", 3, "'Please rate the conversation'", nobody, "'input_csat'")
    folder = landing / f"chat_{site}"
    con.execute(
        f"copy (select {{'labels': []}} as meta, list_filter([{asked}, case when is_answered then {replied} end, "
        f"case when is_answered then {again} end, case when is_answered then {solved} end, {closed}, "
        f"case when is_asked then {survey} end], lambda said: said is not null) as payload from chats order by id) "
        f"to '{folder / f'messages_{day}.jsonl'}' (format json)"
    )
    con.execute(
        "copy (select {'meta': {'all_count': count(*)}, 'payload': list({"
        "'id': id, 'inbox_id': inbox, 'status': 'resolved', 'created_at': began_at, 'updated_at': resolved_at + 2, "
        "'timestamp': resolved_at, 'last_activity_at': resolved_at, "
        "'first_reply_created_at': case when is_answered then began_at + response else 0 end, 'waiting_since': 0, "
        "'meta': {'channel': 'Channel::WebWidget', 'sender': {'id': id}, "
        "'assignee': case when is_answered then {'id': agent} end}} order by id)} as data from chats) "
        f"to '{folder / f'conversations_{day}.json'}' (format json)"
    )
    con.execute(
        "copy (select id, rating, null as feedback_message, id as conversation_id, id * 10 + 6 as message_id, "
        "{'id': agent} as assigned_agent, resolved_at + 600 as created_at "
        "from chats where rating is not null order by id) "
        f"to '{folder / f'csat_{day}.json'}' (format json, array true)"
    )


def _workforce(con: duckdb.DuckDBPyConnection, landing: Path, site: str, day: date) -> None:
    shift, rest, meal = SHIFT_SLOTS * SLOT_SECONDS, BREAK_SLOTS[0] * SLOT_SECONDS, MEAL_SLOTS[0] * SLOT_SECONDS
    cuts = (
        (0, rest, "work"),
        (rest, rest + 600, "break"),
        (rest + 600, meal, "work"),
        (meal, meal + 1500, "meal"),
        (meal + 1500, shift, "work"),
    )
    late = "local(begins) + roll(300, 'late', place)"
    folder = landing / f"hr_{site}"
    activities = ", ".join(f"({start}, {end}, '{activity}')" for start, end, activity in cuts)
    _csv(
        con,
        f"select employee_key || '-{day}-' || start as shift_id, employee_key, activity, "
        f"{_instant('local(begins) + start')} as start_at, {_instant('local(begins) + until')} as end_at, "
        "true as is_paid "
        f"from people cross join (values {activities}) as cuts (start, until, activity) order by shift_id",
        folder / f"roster_{day}.csv",
    )
    _csv(
        con,
        f"select employee_key, date '{day}' as work_date, "
        "case when roll(40, 'absent', place) > 0 then 'present' else 'absent' end as status, "
        f"case when status = 'present' then {_instant(late)} end as clock_in_at, "
        f"case when status = 'present' then {_instant(f'local(begins) + {shift}')} end as clock_out_at "
        "from people order by employee_key",
        folder / f"attendance_{day}.csv",
    )


def _instant(seconds: str) -> str:
    return f"strftime(to_timestamp({seconds}) at time zone 'UTC', '%Y-%m-%dT%H:%M:%SZ')"


def _csv(con: duckdb.DuckDBPyConnection, query: str, target: Path) -> None:
    con.execute(f"copy ({query}) to '{target}' (format csv, header)")
