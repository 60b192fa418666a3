"""The floor: what bare DuckDB needs for the same files, the same Parquet and the same 25 indicators.

Written by hand as one would who trusts the files: declared schemas, no checks, no quarantine, no accounts, no versions,
no redaction, digests without a key. Its numbers are compared with Gaugebook's, so that it cannot cheat. It knows only
the well-formed logs of ``benchmarks.data``.

Run as ``python -m benchmarks.floor ingest|build|day LANDING OUT [DATE]``; each run is one cold process.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks.data import SITES

_PBX, _CHAT, _QA, _HR = ([f"{kind}_{site}" for site in SITES] for kind in ("pbx", "chat", "qa", "hr"))


@dataclass(frozen=True)
class Files:
    """Files of one kind: their sources, how their names begin, and how DuckDB reads them."""

    sources: list[str]
    prefix: str
    columns: dict[str, str]
    options: str = "header = true"
    reader: str = "read_csv"


def _columns(declared: str) -> dict[str, str]:
    return dict(column.split() for column in declared.split(", "))


_LINES = {
    "lines": Files(
        _PBX,
        "queue_log",
        {"second": "BIGINT"}
        | dict.fromkeys(("call_id", "queue_key", "member", "event", "d1", "d2", "d3", "d4", "d5"), "VARCHAR"),
        "delim = '|', header = false, quote = '', escape = '', null_padding = true, auto_detect = false",
    ),
    "messages": Files(
        _CHAT,
        "messages",
        {
            "payload": "STRUCT(id BIGINT, conversation_id BIGINT, content VARCHAR, message_type BIGINT, "
            "content_type VARCHAR, private BOOLEAN, created_at BIGINT, sender STRUCT(id BIGINT, type VARCHAR))[]"
        },
        "format = 'newline_delimited'",
        "read_json",
    ),
    "conversations": Files(
        _CHAT,
        "conversations",
        {
            "data": "STRUCT(payload STRUCT(id BIGINT, inbox_id VARCHAR, status VARCHAR, created_at BIGINT, "
            "updated_at BIGINT, meta STRUCT(channel VARCHAR, sender STRUCT(id VARCHAR), "
            "assignee STRUCT(id VARCHAR)))[])"
        },
        "format = 'newline_delimited', maximum_object_size = 1000000000",
        "read_json",
    ),
    "ratings": Files(
        _CHAT,
        "csat",
        {"rating": "DOUBLE", "conversation_id": "BIGINT", "message_id": "BIGINT", "created_at": "BIGINT"},
        "format = 'array'",
        "read_json",
    ),
}
"""Views that the staged tables are made from."""

_SHEETS = {
    "hr_employee": (
        Files(
            _HR,
            "employees",
            _columns(
                "employee_key VARCHAR, valid_from DATE, name VARCHAR, site_key VARCHAR, team_key VARCHAR, "
                "role VARCHAR, contract_hours_week DOUBLE, hired_on DATE, status VARCHAR"
            ),
        ),
        "*, null::date as valid_to, valid_from",
    ),
    "agent_alias": (
        Files(
            _HR,
            "aliases",
            _columns("alias_system VARCHAR, alias_value VARCHAR, employee_key VARCHAR, valid_from DATE"),
        ),
        "* exclude (valid_from), valid_from",
    ),
    "roster_shift": (
        Files(
            _HR,
            "roster",
            _columns(
                "shift_id VARCHAR, employee_key VARCHAR, activity VARCHAR, start_at TIMESTAMPTZ, end_at TIMESTAMPTZ, "
                "is_paid BOOLEAN"
            ),
        ),
        "*, local_day(source_system, start_at)",
    ),
    "attendance": (
        Files(
            _HR,
            "attendance",
            _columns(
                "employee_key VARCHAR, work_date DATE, status VARCHAR, clock_in_at TIMESTAMPTZ, "
                "clock_out_at TIMESTAMPTZ"
            ),
        ),
        "*, work_date",
    ),
    "qa_evaluation": (
        Files(
            _QA,
            "scores",
            _columns(
                "evaluation_id VARCHAR, form_key VARCHAR, form_version VARCHAR, interaction_id VARCHAR, "
                "channel VARCHAR, agent_key VARCHAR, evaluated_at TIMESTAMPTZ, contact_at TIMESTAMPTZ, "
                "points DOUBLE, max_points DOUBLE, score_pct DOUBLE, is_fatal BOOLEAN, is_random BOOLEAN, "
                "status VARCHAR"
            ),
        ),
        "*, local_day(source_system, evaluated_at)",
    ),
}
"""Contract tables that come as sheets, and what is selected from them; the last column is the local date."""

STAGED = {
    "queue_event": """
        select source_system, hash(second, call_id, queue_key, member, event, d1)::varchar as source_record_id,
            to_timestamp(second) as occurred_at, call_id, nullif(queue_key, 'NONE') as queue_key,
            nullif(member, 'NONE') as agent_key, event, d1 as data1,
            case when event = 'ENTERQUEUE' then 'p_' || md5(d2) else d2 end as data2, d3 as data3, d4 as data4,
            d5 as data5, row_number() over () as sequence, second, local_day(source_system, occurred_at) as event_date
        from lines
    """,
    "tel_interaction": """
        with wrapped as (
            select source_system, agent_key, second, data1,
                lead(second) over (partition by source_system, agent_key order by second) - second as seconds
            from queue_event where event in ('PAUSEALL', 'UNPAUSEALL')
        ),
        calls as (
            select source_system, call_id, any_value(queue_key) as queue_key,
                max(second) filter (event = 'ENTERQUEUE') as entered,
                max(data2) filter (event = 'ENTERQUEUE') as customer_ref,
                max(second) filter (event = 'CONNECT') as connected,
                max(agent_key) filter (event = 'CONNECT') as agent_key,
                max(second) filter (event not in ('ENTERQUEUE', 'CONNECT')) as ended,
                max(event) filter (event not in ('ENTERQUEUE', 'CONNECT')) as last_event,
                max(data1) filter (event = 'BLINDTRANSFER') as transfer_to,
                max(data3::bigint) filter (event = 'CONNECT') as ring
            from queue_event
            where event in ('ENTERQUEUE', 'CONNECT', 'COMPLETECALLER', 'COMPLETEAGENT', 'BLINDTRANSFER', 'ABANDON')
            group by source_system, call_id
        )
        select calls.source_system, call_id as source_record_id, call_id as interaction_id, 1::bigint as visit_seq,
            'voice' as channel, 'inbound' as direction, queue_key, calls.agent_key, customer_ref,
            to_timestamp(entered) as started_at, started_at as queued_at, to_timestamp(connected) as answered_at,
            to_timestamp(ended) as ended_at, 1000 * (coalesce(connected, ended) - entered) as wait_ms,
            1000 * ring as ring_ms,
            1000 * (ended - connected) as talk_ms,
            case when connected is not null then 1000 * coalesce(wrapped.seconds, 0) end as acw_ms,
            case when connected is null then 'abandoned' else 'answered' end as outcome,
            to_timestamp(ended + case when connected is not null then coalesce(wrapped.seconds, 0) end)
                as wrapup_ended_at,
            case when last_event in ('COMPLETECALLER', 'ABANDON') then 'customer' else 'agent' end as ended_by,
            case when last_event = 'BLINDTRANSFER' then 'blind' end as transfer_kind, transfer_to, last_event in
                ('COMPLETECALLER', 'COMPLETEAGENT', 'BLINDTRANSFER') as is_end_known, ended is null as is_open,
            local_day(calls.source_system, started_at) as event_date
        from calls
        left join wrapped
            on wrapped.source_system = calls.source_system and wrapped.agent_key = calls.agent_key
            and wrapped.second = calls.ended and wrapped.data1 = 'ACW'
    """,
    "tel_offer": """
        select source_system, source_record_id, call_id as interaction_id, 1::bigint as visit_seq, queue_key, agent_key,
            to_timestamp(second - case when event = 'CONNECT' then data3::bigint else data1::bigint // 1000 end)
                as offered_at,
            case when event = 'CONNECT' then 1000 * data3::bigint else data1::bigint end as ring_ms,
            case when event = 'CONNECT' then 'answered' else 'no_answer' end as result,
            local_day(source_system, offered_at) as event_date
        from queue_event where event in ('CONNECT', 'RINGNOANSWER')
    """,
    "agent_state": """
        with changes as (
            select source_system, agent_key, second, case event
                when 'CONNECT' then 'on_contact'
                when 'PAUSEALL' then case data1 when 'ACW' then 'acw' when 'Break' then 'break' else 'meal' end
                when 'REMOVEMEMBER' then 'offline'
                else 'available' end as state, case event when 'PAUSEALL' then data1 end as reason,
                case event when 'PAUSEALL' then 2 else 1 end as place
            from queue_event where agent_key is not null and event <> 'RINGNOANSWER'
        )
        select source_system, agent_key || second as source_record_id, agent_key, state, state as raw_state, reason,
            to_timestamp(second) as started_at,
            to_timestamp(lead(second) over (partition by source_system, agent_key order by second, place)) as ended_at,
            local_day(source_system, started_at) as event_date
        from changes
        qualify state <> 'offline' and started_at is distinct from ended_at
    """,
    "chat_message": """
        select source_system, message.id as message_id, message.conversation_id,
            to_timestamp(message.created_at) as sent_at,
            case when message.message_type = 0 then 'customer' when message.sender.type = 'user' then 'agent'
                else 'system' end as sender_type,
            case when sender_type = 'agent' then message.sender.id end as agent_key,
            message.private as is_private, message.content as body, length(body) as body_length,
            message.content_type, message.message_type = 2 as is_activity,
            local_day(source_system, sent_at) as event_date
        from (select source_system, unnest(payload) as message from messages)
    """,
    "chat_conversation": """
        with heard as (
            select source_system, conversation_id, min(sent_at) filter (sender_type = 'customer') as human_requested_at,
                min(sent_at) filter (sender_type = 'agent') as first_agent_message_at,
                max(sent_at) filter (is_activity) as ended_at,
                count(*) filter (sender_type = 'agent') as agent_messages,
                arg_min(agent_key, sent_at) filter (sender_type = 'agent') as first_agent_key
            from chat_message group by source_system, conversation_id
        )
        select source_system, conversation.id as conversation_id, 'chat' as channel, conversation.inbox_id as queue_key,
            conversation.meta.assignee.id as agent_key, first_agent_key::varchar as first_agent_key,
            'p_' || md5(conversation.meta.sender.id) as customer_ref,
            to_timestamp(conversation.created_at) as created_at,
            human_requested_at, first_agent_message_at, ended_at, agent_messages, conversation.status,
            local_day(source_system, created_at) as event_date
        from (select source_system, unnest(data.payload) as conversation from conversations)
        join heard using (source_system) where heard.conversation_id = conversation.id
    """,
    "csat": """
        select invited.source_system, invited.message_id as response_id, invited.conversation_id as interaction_id,
            'chat' as channel, told.queue_key, told.agent_key, told.created_at as contact_at,
            invited.sent_at as asked_at,
            to_timestamp(ratings.created_at) as answered_at, rating as score, 1.0 as scale_min, 5.0 as scale_max,
            local_day(invited.source_system, asked_at) as event_date
        from chat_message as invited
        join chat_conversation as told
            on told.source_system = invited.source_system and told.conversation_id = invited.conversation_id
        left join ratings on ratings.source_system = invited.source_system and ratings.message_id = invited.message_id
        where invited.content_type = 'input_csat'
    """,
}

_PEOPLE = """
    create or replace temp table people as
    select alias_system, alias_value, hr_employee.* from hr_employee
    join agent_alias using (source_system, employee_key)
"""

_OF_AGENT = """
    left join people on people.alias_system = {source}.source_system and people.alias_value = {source}.agent_key
        and {day} between people.valid_from and coalesce(people.valid_to, date '9999-12-31')
"""

_FACTS = {
    "queue_visits": """
        with visits as (
            select source_system, queue_key, channel, queued_at, outcome, wait_ms / 1e3 as wait
            from tel_interaction
            union all
            select source_system, queue_key, channel, human_requested_at,
                case when first_agent_message_at is null then 'abandoned' else 'answered' end,
                epoch(coalesce(first_agent_message_at, ended_at) - human_requested_at)
            from chat_conversation
        )
        select local_day(source_system, queued_at) as local_date, site_of(source_system) as site, null as team,
            null as agent, queue_key as queue, channel, wait, outcome = 'answered' as answered,
            answered and wait <= case channel when 'voice' then 20 else 30 end as in_time,
            outcome = 'abandoned' and wait <= 5 as short, outcome = 'abandoned' and not short as abandoned
        from visits
    """,
    "handle_legs": f"""
        with legs as (
            select source_system, interaction_id, queue_key, agent_key, channel, answered_at,
                talk_ms / 1e3 + coalesce(acw_ms, 0) / 1e3 as handle, acw_ms / 1e3 as acw,
                transfer_kind is not null as transferred, is_end_known
            from tel_interaction where answered_at is not null
            union all
            select source_system, null, queue_key, first_agent_key, channel, first_agent_message_at, null, null, false,
                false
            from chat_conversation where first_agent_message_at is not null
        )
        select local_day(legs.source_system, answered_at) as local_date,
            coalesce(people.site_key, site_of(legs.source_system)) as site, people.team_key as team,
            people.employee_key as agent, queue_key as queue, legs.channel, handle, acw, transferred, is_end_known,
            qa_evaluation.evaluation_id is not null as evaluated
        from legs
        {_OF_AGENT.format(source="legs", day="local_day(legs.source_system, answered_at)")}
        left join qa_evaluation on qa_evaluation.interaction_id = legs.interaction_id
            and qa_evaluation.agent_key = people.employee_key
    """,
    "offers": f"""
        select local_day(tel_offer.source_system, offered_at) as local_date,
            coalesce(people.site_key, site_of(tel_offer.source_system)) as site, people.team_key as team,
            people.employee_key as agent, queue_key as queue, 'voice' as channel, result = 'no_answer' as missed
        from tel_offer
        {_OF_AGENT.format(source="tel_offer", day="local_day(tel_offer.source_system, offered_at)")}
    """,
    "chat_responses": f"""
        select local_day(chats.source_system, human_requested_at) as local_date,
            coalesce(people.site_key, site_of(chats.source_system)) as site, people.team_key as team,
            people.employee_key as agent, queue_key as queue, channel,
            epoch(first_agent_message_at - human_requested_at) as response
        from (select * exclude (agent_key), first_agent_key as agent_key from chat_conversation) as chats
        {_OF_AGENT.format(source="chats", day="local_day(chats.source_system, human_requested_at)")}
    """,
    "agent_intervals": """
        with quarters as (
            select source_system, agent_key, state, greatest(epoch(started_at), quarter * 900) as begun,
                least(epoch(ended_at), quarter * 900 + 900) as done, quarter
            from (
                select *, unnest(quarters_of(started_at, ended_at)) as quarter
                from agent_state where ended_at is not null
            )
        ),
        spent as (
            select people.employee_key as agent, quarter, quarters.state, begun, done
            from quarters join people on people.alias_system = quarters.source_system
                and people.alias_value = quarters.agent_key
        ),
        planned as (
            select employee_key as agent, activity, greatest(epoch(start_at), quarter * 900) as begun,
                least(epoch(end_at), quarter * 900 + 900) as done, quarter
            from (
                select *, unnest(quarters_of(start_at, end_at)) as quarter
                from roster_shift semi join people on people.employee_key = roster_shift.employee_key
                    and people.alias_system like 'pbx%'
            )
        ),
        pieces as (
            select agent, quarter, case when state in ('on_contact', 'acw') then done - begun else 0 end as handling,
                case when state = 'available' then done - begun else 0 end as available, 0 as scheduled, 0 as adherent
            from spent
            union all select agent, quarter, 0, 0, done - begun, 0 from planned
            union all
            select planned.agent, planned.quarter, 0, 0, 0,
                least(planned.done, spent.done) - greatest(planned.begun, spent.begun)
            from planned join spent using (agent, quarter)
            where planned.begun < spent.done and spent.begun < planned.done and case activity
                when 'work' then state in ('available', 'on_contact', 'acw') when 'meal' then state in ('meal', 'break')
                else state = activity end
        ),
        intervals as (
            select agent, quarter, sum(handling) as handling, sum(available) as available, sum(scheduled) as scheduled,
                sum(adherent) as adherent
            from pieces group by agent, quarter
        )
        select local_day(people.source_system, to_timestamp(quarter * 900)) as local_date, people.site_key as site,
            people.team_key as team, agent, null as queue, null as channel, handling, available, scheduled, adherent
        from intervals join people on people.employee_key = intervals.agent
            and people.valid_from <= local_day(people.source_system, to_timestamp(quarter * 900))
    """,
    "qa_evaluations": """
        select qa_evaluation.event_date as local_date, people.site_key as site, people.team_key as team,
            people.employee_key as agent, null as queue, channel, score_pct,
            score_pct >= 80 and not is_fatal as passed, is_random
        from qa_evaluation left join people on people.employee_key = qa_evaluation.agent_key
            and qa_evaluation.event_date between people.valid_from and coalesce(people.valid_to, date '9999-12-31')
    """,
    "survey_invitations": f"""
        select csat.event_date as local_date, coalesce(people.site_key, site_of(csat.source_system)) as site,
            people.team_key as team, people.employee_key as agent, queue_key as queue, channel,
            coalesce(answered_at - asked_at <= interval 72 hours, false) as answered
        from csat {_OF_AGENT.format(source="csat", day="csat.event_date")}
    """,
    "survey_answers": f"""
        select local_day(csat.source_system, contact_at) as local_date,
            coalesce(people.site_key, site_of(csat.source_system)) as site, people.team_key as team,
            people.employee_key as agent, queue_key as queue, channel,
            (score - scale_min) / (scale_max - scale_min) >= 0.75 as satisfied
        from csat {_OF_AGENT.format(source="csat", day="local_day(csat.source_system, contact_at)")}
        where answered_at - asked_at <= interval 72 hours
    """,
    "employee_days": """
        select local_date, site_key as site, team_key as team, employee_key as agent, null as queue, null as channel,
            role = 'agent' and status = 'active' as active, false as is_leaver
        from hr_employee join days on local_date >= valid_from
    """,
    "shift_days": """
        select work_date as local_date, hr_employee.site_key as site, hr_employee.team_key as team,
            employee_key as agent,
            null as queue, null as channel, epoch(end_at - start_at) as scheduled,
            case when attendance.status = 'absent' then scheduled else scheduled - greatest(0, epoch(
                least(end_at, coalesce(clock_out_at, end_at)) - greatest(start_at, coalesce(clock_in_at, start_at))
            )) end as missed
        from roster_shift join attendance using (source_system, employee_key)
        join hr_employee using (source_system, employee_key)
        where work_date = roster_shift.event_date and activity = 'work'
    """,
}


@dataclass(frozen=True)
class Indicator:
    """One indicator over a fact: a ratio, a count (no denominator) or a percentile (``quantile``)."""

    fact: str
    numerator: str
    denominator: str | None = None
    levels: str = "site queue channel"
    quantile: float | None = None
    grains: str = "day week month"


_ALL = "site team agent queue channel"
_STAFF = "site team agent"
_COUNTED = "count(*) filter (not short)"

INDICATORS = {
    "contacts_offered": Indicator("queue_visits", "count(*)"),
    "queue_visits": Indicator("queue_visits", "count(*)"),
    "service_level_pct": Indicator("queue_visits", "count(*) filter (in_time)", _COUNTED),
    "answer_rate_pct": Indicator("queue_visits", "count(*) filter (answered)", _COUNTED),
    "abandonment_rate_pct": Indicator("queue_visits", "count(*) filter (abandoned)", _COUNTED),
    "short_abandon_pct": Indicator("queue_visits", "count(*) filter (short)", "count(*)"),
    "asa_sec": Indicator("queue_visits", "sum(wait) filter (answered)", "count(*) filter (answered)"),
    "wait_p90_sec": Indicator("queue_visits", "wait", quantile=0.9),
    "contacts_handled": Indicator("handle_legs", "count(*)"),
    "handle_legs": Indicator("handle_legs", "count(*)", levels=_ALL),
    "aht_sec": Indicator("handle_legs", "sum(handle)", "count(handle)", _ALL),
    "acw_avg_sec": Indicator("handle_legs", "sum(acw)", "count(acw)", _ALL),
    "transfer_rate_pct": Indicator(
        "handle_legs", "count(*) filter (transferred)", "count(*) filter (is_end_known)", _ALL
    ),
    "qa_coverage_pct": Indicator(
        "handle_legs", "count(*) filter (evaluated)", "count(*)", "site team queue channel", grains="week month"
    ),
    "agent_no_answer_pct": Indicator("offers", "count(*) filter (missed)", "count(*)", _ALL),
    "chat_first_response_sec": Indicator("chat_responses", "response", levels=_ALL, quantile=0.5),
    "occupancy_pct": Indicator("agent_intervals", "sum(handling)", "sum(handling + available)", "site team"),
    "schedule_adherence_pct": Indicator("agent_intervals", "sum(adherent)", "sum(scheduled)", _STAFF),
    "qa_score_avg": Indicator(
        "qa_evaluations", "sum(score_pct) filter (is_random)", "count(*) filter (is_random)", "site team agent channel"
    ),
    "qa_pass_pct": Indicator(
        "qa_evaluations",
        "count(*) filter (passed and is_random)",
        "count(*) filter (is_random)",
        "site team agent channel",
    ),
    "csat_top2_pct": Indicator("survey_answers", "count(*) filter (satisfied)", "count(*)", _ALL),
    "survey_response_pct": Indicator("survey_invitations", "count(*) filter (answered)", "count(*)"),
    "headcount_active": Indicator(
        "employee_days", "count(*) filter (active)", "count(distinct local_date)", "site team"
    ),
    "absence_rate_pct": Indicator("shift_days", "sum(missed)", "sum(scheduled)", _STAFF),
    "attrition_rate_pct": Indicator(
        "employee_days",
        "count(*) filter (is_leaver)",
        "count(*) filter (active) / count(distinct local_date)",
        "site team",
        grains="month",
    ),
}


def run(what: str, landing: Path, out: Path, day: str = "") -> None:
    """Stage the files (of one ``day``, or all), land them; for ``build`` and ``day`` compute the indicators too."""
    out.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(out / "floor.duckdb")) as con:
        con.execute("set TimeZone = 'UTC'; set preserve_insertion_order = false")
        for name, body in (
            ("site_of(source)", " ".join(["case", *(f"when source like '%{s}' then '{s}'" for s in SITES), "end"])),
            (
                "quarters_of(begun, done)",
                "range(floor(epoch(begun) / 900)::bigint, ceil(epoch(done) / 900)::bigint)",
            ),
            ("local_day(source, instant)", _by_site("timezone('{zone}', instant)::date")),
        ):
            con.execute(f"create or replace temp macro {name} as {body}")
        for table in _stage(con, landing, day):
            con.execute(
                f"copy {table} to '{out / table}' (format parquet, compression zstd, partition_by (event_date), "
                "overwrite_or_ignore, filename_pattern 'part-{uuid}')"
            )
        if what != "ingest":
            if day:
                for table in ("hr_employee", "agent_alias"):
                    con.execute(f"create temp table {table} as from '{out / table}/*/*.parquet'")
            _compute(con, day)


def _by_site(expression: str) -> str:
    cases = [f"when source like '%{site}' then {expression.format(zone=zone)}" for site, zone in SITES.items()]
    return " ".join(["case", *cases, "else", expression.format(zone=next(iter(SITES.values()))), "end"])


def _stage(con: duckdb.DuckDBPyConnection, landing: Path, day: str) -> list[str]:
    """Make a table of everything that was delivered; return the tables' names."""
    staged = []
    for table, (files, columns) in _SHEETS.items():
        if read := _read(files, landing, day):
            con.execute(f"create temp table {table} as select {columns} as event_date from ({read})")
            staged.append(table)
    for view, files in _LINES.items():
        con.execute(f"create temp view {view} as {_read(files, landing, day)}")
    for table, query in STAGED.items():
        con.execute(f"create temp table {table} as {query}")
    return [*staged, *STAGED]


def _read(files: Files, landing: Path, day: str) -> str:
    """SQL for the rows of the files of one ``day``, or of all; empty when there are none."""
    found = sorted(
        str(file)
        for source in files.sources
        for file in (landing / source).glob(f"{files.prefix}*")
        if day in file.name or day.replace("-", "") in file.name
    )
    if not found:
        return ""
    return (
        "select split_part(filename, '/', -2) as source_system, * exclude (filename) "
        f"from {files.reader}({found}, columns = {files.columns}, {files.options}, filename = true)"
    )


def _compute(con: duckdb.DuckDBPyConnection, day: str) -> None:
    con.execute(_PEOPLE)
    con.execute("create or replace temp table days as select distinct event_date as local_date from tel_interaction")
    for fact, query in _FACTS.items():
        con.execute(f"create or replace {'temp ' if day else ''}table {'new_' if day else ''}{fact} as {query}")
        if day:
            con.execute(f"insert into {fact} from new_{fact}")
    held, new = (
        " union ".join(f"select local_date from {prefix}{fact}" for fact in _FACTS)
        for prefix in ("", "new_" if day else "")
    )
    con.execute(
        f"""
        create or replace temp table periods as
        with dated as (
            select grain, date_trunc(grain, local_date)::date as period_start, local_date
            from ({held}) cross join unnest(['day', 'week', 'month']) as grains (grain)
        )
        from dated semi join (select grain, period_start from dated where local_date in ({new}))
            using (grain, period_start)
        """
    )
    rows = " union all by name ".join(
        query
        for fact in _FACTS
        for query in _fact_rows(con, fact, {n: i for n, i in INDICATORS.items() if i.fact == fact})
    )
    if day:
        con.execute(
            "delete from indicator_values where (grain, period_start) in (select (grain, period_start) from periods)"
        )
        con.execute(f"insert into indicator_values by name {rows}")
    else:
        con.execute(f"create or replace table indicator_values as {rows}")


def _fact_rows(con: duckdb.DuckDBPyConnection, fact: str, indicators: dict[str, Indicator]) -> list[str]:
    """Aggregate a fact; return one select an indicator. Sums are folded first and rolled up, the rest taken anew."""
    sums = {n: i for n, i in indicators.items() if i.quantile is None}
    levels = [level for level in _ALL.split() if any(level in i.levels.split() for i in indicators.values())]
    expressions = list(dict.fromkeys(e for i in sums.values() for e in (i.numerator, i.denominator) if e))
    measures = ", ".join(f"{expression} as m{n}" for n, expression in enumerate(expressions))
    total = ", ".join(f"sum(m{n}) as m{n}" for n in range(len(expressions)))
    if fact == "employee_days":  # days are counted, which does not add up
        con.execute(
            f"create temp table {fact}_sums as {_by_level(f'{fact} join periods using (local_date)', levels, measures)}"
        )
    elif sums:
        con.execute(
            f"create temp table {fact}_fold as select local_date, {', '.join(levels)}, {measures} from {fact} "
            "where local_date in (select local_date from periods) group by all"
        )
        con.execute(
            f"create temp table {fact}_sums as select grain, period_start, level, member, {total} "
            f"from ({_by_level(f'{fact}_fold', levels, total, 'local_date')}) join periods using (local_date) "
            "group by all"
        )
    selects = []
    for name, indicator in indicators.items():
        valid = f"level in {('centre', *indicator.levels.split())} and grain in {tuple(indicator.grains.split())}"
        valid = valid.replace(",)", ")") + " and member is not null"
        if indicator.quantile is not None:
            value = f"quantile_cont({indicator.numerator}, {indicator.quantile}) as value"
            source = f"{fact} join periods using (local_date)"
            columns = "null::double as numerator, null::double as denominator, value"
            selects.append(
                f"(select '{name}' as indicator, grain, period_start, level, member, {columns} from "
                f"({_by_level(source, levels, value)}) where {valid})"
            )
            continue
        numerator = f"m{expressions.index(indicator.numerator)}"
        denominator = f"m{expressions.index(indicator.denominator)}" if indicator.denominator else None
        scale = "100 * " if name.endswith("_pct") else ""
        value = f"{scale}{numerator} / nullif({denominator}, 0)" if denominator else numerator
        selects.append(
            f"(select '{name}' as indicator, grain, period_start, level, member, {numerator}::double as numerator, "
            f"{denominator or 'null'}::double as denominator, ({value})::double as value "
            f"from {fact}_sums where {valid})"
        )
    return selects


def _by_level(source: str, levels: list[str], measures: str, keys: str = "grain, period_start") -> str:
    level = " ".join(f"when grouping({level}) = 0 then '{level}'" for level in levels)
    member = " ".join(f"when grouping({level}) = 0 then {level}" for level in levels)
    sets = ", ".join(f"({keys}, {level})" for level in levels)
    return (
        f"select {keys}, case {level} else 'centre' end as level, case {member} else 'all' end as member, {measures} "
        f"from {source} group by grouping sets (({keys}), {sets})"
    )


if __name__ == "__main__":
    run(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), *sys.argv[4:])
