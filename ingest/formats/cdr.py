"""Asterisk call detail records: calls that passed no queue, so that outbound and direct calls are known too.

Every record lands as one ``call_record``. Calls are then derived from the records in the lake, because one call leaves
several records, and they may lie in several files. Calls with a record of the application Queue belong to
``queue_log`` and give no row here. How lines become cells is the business of ``line_blocks``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

import duckdb
from pydantic import AfterValidator, model_validator

from ingest.conform import literal
from ingest.formats.base import REJECTS, About, Batch, DeliveredFile, Export, Reading, RefusedFile
from ingest.formats.line_blocks import cells, line_blocks, rejected
from ingest.formats.local_time import clock_doubts, declare_zone
from ingest.lake import Change, widened
from ingest.source import SourceBase

DAYS = 2
"""The records of one call begin at most this many days apart."""

_PLAIN = (
    "accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer",
    "end", "duration", "billsec", "disposition", "amaflags",
)  # fmt: skip
_NEW = ("peeraccount", "linkedid", "sequence")
CDR_CSV = {
    len(names): names
    for names in (
        _PLAIN,
        (*_PLAIN, "uniqueid", "userfield"),
        (*_PLAIN, *_NEW),
        (*_PLAIN, "uniqueid", "userfield", *_NEW),
    )
}
"""Columns that ``cdr_csv`` writes, by their number (cdr/cdr_csv.c). With 17 or 20 nobody can tell which is there."""

_NEEDED = ("src", "dst", "channel", "dstchannel", "start", "disposition")
_KNOWN = (*_PLAIN, "uniqueid", "userfield", *_NEW)
_SAME = {"calldate": "start"}
"""Names under which the table ``cdr`` of FreePBX and others has a column."""


def _order(columns: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(_SAME.get(name, name) for name in columns)
    if names and (missing := [name for name in _NEEDED if name not in names]):
        raise ValueError(f"{', '.join(missing)}: columns a call cannot be told without")
    if names and not {"end", "duration"} & {*names}:
        raise ValueError("end or duration: one of these columns is needed")
    return names


class CdrSource(SourceBase, frozen=True):
    """Call detail records, as delimited text.

    ``columns`` names the columns in the order in which ``cdr_custom`` writes them; without it a file is what
    ``cdr_csv`` writes, 16, 18, 19 or 21 columns. ``header`` says that the first line names the columns (an export of
    the table ``cdr``; ``calldate`` is ``start``). ``time`` says whether times are on the clocks of the source's zone
    (``local``; with ``usegmtime=yes`` declare ``time_zone: UTC``) or UNIX seconds (``epoch``).

    Which way a call went nobody writes into the record, so it is declared. ``trunks`` are patterns (``*`` and ``?``) of
    channels that lead out of the house: a call from such a channel is inbound, one to such a channel outbound.
    ``inbound_contexts`` and ``outbound_contexts`` are patterns of the record's context, where channels do not tell.
    Every other call is internal. ``keep`` names further columns to keep in ``extra``, which declares that they hold no
    personal data.
    """

    format: Literal["cdr"]
    columns: Annotated[tuple[str, ...], AfterValidator(_order)] = ()
    header: bool = False
    delimiter: Literal[",", ";", "\t", "|"] = ","
    time: Literal["local", "epoch"] = "local"
    trunks: tuple[str, ...] = ()
    inbound_contexts: tuple[str, ...] = ()
    outbound_contexts: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _tells_directions(self) -> Self:
        if not (self.trunks or self.inbound_contexts or self.outbound_contexts):
            raise ValueError("declare trunks, inbound_contexts or outbound_contexts: they tell which way a call went")
        if self.header and self.columns:
            raise ValueError("columns are declared, or named by the file's header, not both")
        return self


def recognise(path: Path, head: bytes) -> str | None:
    """Return what a ``cdr_csv`` is known by; it has no header."""
    del path
    line = next(csv.reader(head.decode("utf-8", "replace").splitlines()[:1]), [])
    flags = ("DOCUMENTATION", "BILLING", "OMIT", "DEFAULT")
    if len(line) >= 16 and literal(line[14]) in _DISPOSITIONS and line[15] in flags:
        return f"{len(line)} fields without a header, the 15th a disposition and the 16th an AMA flag"
    return None


def read(
    files: Sequence[DeliveredFile], source: CdrSource, zone: str, con: duckdb.DuckDBPyConnection
) -> Iterator[Batch]:
    """Read the files' records into ``call_record``; times without an offset are on the clocks of ``zone``.

    Raises:
        RefusedFile: the header lacks a column.
    """
    declare_zone(con, zone)
    time = "local_instant({})" if source.time == "local" else "to_timestamp(try_cast({} as double))"
    for layouts, alike in _alike(files, source).items():
        records = _RECORDS.format(
            cells=cells(source.delimiter, header=int(source.header)),
            cut_short="false" if source.header else "not is_whole",
            widths=", ".join(str(len(names)) for names in layouts),
            extra=_json(source.keep, layouts),
            inbound=_any("cdr_channel", source.trunks, source.inbound_contexts),
            outbound=_any("cdr_dstchannel", source.trunks, source.outbound_contexts),
            named=", ".join(f"{_cell(name, layouts)} as cdr_{name}" for name in _KNOWN),
            **{name: time.format(f"nullif(cdr_{name}, '0000-00-00 00:00:00')") for name in ("start", "answer", "end")},
        )
        for _ in line_blocks(alike, con, source.delimiter.encode()):
            con.execute(f"create or replace temp table cdr_records as {records}")
            doubts = clock_doubts(con, "select occurred_at, uniqueid from cdr_records where rule is null", zone)
            con.execute(_ROWS)
            rejects = con.execute(_REJECTED).to_arrow_table().cast(REJECTS)
            yield Batch("call_record", "cdr_rows", rejects, doubts=doubts)


def derive(change: Change, source: CdrSource, con: duckdb.DuckDBPyConnection, again: bool) -> None:
    """Derive the calls anew whose records are new; with ``again`` every record counts as new."""
    if not change.files("call_record"):
        return
    new = change.rows("call_record") if again else "fresh_call_record"
    days = {row[0] for row in con.execute(f"select distinct event_date from {new}").fetchall()}
    near = widened(days, DAYS)
    con.execute(f"create or replace temp table concerned_calls as select distinct call_id from {new}")
    calls = f"(from {change.rows('call_record', near)} where call_id in (from concerned_calls))"
    con.execute(_CALLS.format(source=literal(source.name), records=calls))
    change.replace("tel_interaction", "derived_tel_interaction", near, "interaction_id in (from concerned_calls)")


Layouts = tuple[tuple[str, ...], ...]


def _alike(files: Sequence[DeliveredFile], source: CdrSource) -> Mapping[Layouts, list[DeliveredFile]]:
    """Sort files by the layouts their lines may have."""
    if not source.header:
        return {((source.columns,) if source.columns else tuple(CDR_CSV.values())): list(files)}
    alike: dict[Layouts, list[DeliveredFile]] = {}
    for file in files:
        with file.path.open(encoding="utf-8", newline="") as content:
            names = next(csv.reader([content.readline(1 << 20)], delimiter=source.delimiter), [])
        try:
            layout = _order(tuple(name.strip().lower() for name in names))
        except ValueError as error:
            raise RefusedFile(
                file,
                1,
                "missing_columns",
                f"the header lacks {error}; found: {', '.join(names)[:300]}",
                "export the table cdr with a header of its own column names, or declare columns and no header",
            ) from error
        alike.setdefault((layout,), []).append(file)
    return alike


def _cell(name: str, layouts: Layouts) -> str:
    """SQL for a column's cell in a line of any of the layouts."""
    places = {len(names): names.index(name) + 1 for names in layouts if name in names}
    if not places:
        return "cast(null as varchar)"
    return f"case len(f) {' '.join(f'when {width} then f[{place}]' for width, place in places.items())} end"


def _json(names: Sequence[str], layouts: Layouts) -> str:
    kept = "".join(f", {literal(name)}, {_cell(name, layouts)}" for name in names)
    return f"json_object('disposition', disposition, 'lastapp', cdr_lastapp{kept})::varchar"


def _any(channel: str, trunks: Sequence[str], contexts: Sequence[str]) -> str:
    found = [f"{channel} glob {literal(p)}" for p in trunks] + [f"cdr_dcontext glob {literal(p)}" for p in contexts]
    return f"coalesce({' or '.join(found) or 'false'}, false)"


def _peer(channel: str) -> str:
    """SQL for the device of a channel: SIP/201 of SIP/201-0000001a; null where there is no channel."""
    return f"nullif(regexp_replace({channel}, '-[0-9A-Za-z]+(?:;[12])?$', ''), '')"


def _half(channel: str) -> str:
    """SQL for what the two halves of a Local channel have in common; null for other channels."""
    return f"case when {channel} glob 'Local/*;[12]' then {channel}[:-3] end"


_DISPOSITIONS = "'ANSWERED', 'NO ANSWER', 'CANCEL', 'BUSY', 'CONGESTION', 'FAILED'"

# The device that is no trunk is the agent's: the calling one, unless the call came from outside or from the half of a
# Local channel. Asterisk's own numbers of channels change with every call, so that a key may not hold a trunk's.
_RECORDS = f"""
with named as (
    select _file, _line, _raw, is_torn, is_whole, len(f) as width, f, {{named}} from {{cells}}
),
timed as (
    select *, {{start}} as started_at, {{answer}} as picked_up_at, {{end}} as hung_up_at,
        try_cast(cdr_duration as double) as lasted, try_cast(cdr_billsec as double) as billed,
        upper(cdr_disposition) as disposition,
        case when {{inbound}} then 'inbound' when {{outbound}} then 'outbound' else 'internal' end as direction
    from named
),
told as (
    select *,
        coalesce(hung_up_at, started_at + to_microseconds(cast(lasted * 1000000 as bigint))) as ended_at,
        case when disposition = 'ANSWERED' then coalesce(
            picked_up_at, ended_at - to_microseconds(cast(billed * 1000000 as bigint))) end as answered_at,
        case
            when direction = 'inbound' or (direction = 'internal' and cdr_channel glob 'Local/*')
                then {_peer("cdr_dstchannel")}
            else {_peer("cdr_channel")}
        end as device,
        case direction when 'inbound' then cdr_src when 'outbound' then cdr_dst end as number,
        coalesce(cdr_linkedid, cdr_uniqueid) as id
    from timed
)
select _file, _line, _raw, started_at as occurred_at, answered_at, ended_at, direction, disposition,
    case
        when is_torn then 'misplaced_quote'
        when width not in ({{widths}}) then 'field_count'
        when {{cut_short}} then 'unfinished_line'
        when started_at is null or (cdr_end is not null and hung_up_at is null) or ended_at is null
            or (disposition = 'ANSWERED' and answered_at is null) then 'wrong_time'
        when disposition is null or disposition not in ({_DISPOSITIONS}) then 'wrong_disposition'
        when cdr_channel is null then 'no_channel'
    end as rule,
    coalesce(id, md5(concat_ws('|', cdr_start, {_peer("cdr_channel")}))) as call_id, cdr_uniqueid as uniqueid,
    concat_ws('/', coalesce(cdr_uniqueid, cdr_linkedid, 'none'), cdr_sequence, case when cdr_sequence is null
        then md5(concat_ws('|', cdr_start, cdr_answer, cdr_end, cdr_duration, disposition, cdr_lastapp,
            regexp_replace(cdr_channel, '[0-9]{{{{7,}}}}', '#'),
            regexp_replace(cdr_dstchannel, '[0-9]{{{{7,}}}}', '#'))) end) as source_record_id,
    case when regexp_matches(device, '[0-9]{{{{7}}}}') then pseudonym(device) else device end as agent_key,
    case when regexp_matches(number, '[0-9]{{{{3}}}}') then number end as customer_ref,
    cast(round(billed * 1000) as bigint) as talk_ms, lower(cdr_lastapp) as application,
    cdr_dstchannel is not null as has_party,
    pseudonym({_half("cdr_channel")}) as caller_half, pseudonym({_half("cdr_dstchannel")}) as party_half,
    {{extra}} as extra
from told
"""

_ROWS = "create or replace temp view cdr_rows as select * exclude (rule, uniqueid) from cdr_records where rule is null"

_FAULTS = {
    "misplaced_quote": ("the quotes of the line do not let its cells be told apart", "double quotes within a cell"),
    "field_count": (
        "the line does not have the number of columns that cdr_csv writes or that is declared",
        "export the line whole, or declare columns in the order of cdr_custom.conf",
    ),
    "unfinished_line": ("the file ends within this line", "deliver the file again once the line is complete"),
    "wrong_time": (
        "start, or an answer or end that is needed, is no time, or one that the clocks of the zone skipped",
        "check the declared order of columns, the zone, and whether times are local or epoch",
    ),
    "wrong_disposition": (
        "the disposition is none that Asterisk writes",
        "check the order of columns; a disposition is one of ANSWERED, NO ANSWER, CANCEL, BUSY, CONGESTION, FAILED",
    ),
    "no_channel": ("the record has no channel", "export the column channel"),
}

_REJECTED = rejected("cdr_records", _FAULTS)

# Several records of one call: an answered one with a party is a conversation; without any, the call is one row, which
# begins with the first record and ends with the last. The half of a Local channel only says whose device rang.
_CALLS = """
create or replace temp table derived_tel_interaction as
with records as (select * from {records}),
own as (
    from records anti join (select call_id from records where application = 'queue') using (call_id)
),
halves as (
    select call_id, caller_half, arg_max(agent_key, (answered_at is not null, occurred_at)) as agent_key
    from own where caller_half is not null group by all
),
legs as (
    select o.* replace (coalesce(case when o.direction = 'inbound' then h.agent_key end, o.agent_key) as agent_key)
    from own o left join halves h on h.call_id = o.call_id and h.caller_half = o.party_half
    where o.caller_half is null or o.direction <> 'internal'
        or not exists (from own p where p.call_id = o.call_id and p.party_half = o.caller_half)
),
talked as (
    select *, row_number() over (partition by call_id order by answered_at, occurred_at, source_record_id) as visit_seq
    from legs where answered_at is not null and has_party
),
missed as (
    select call_id, 1 as visit_seq, arg_min(struct_pack(direction, agent_key, customer_ref), place) as first,
        min(occurred_at) as occurred_at, max(ended_at) as ended_at, arg_min(extra, (rank, place)) as extra,
        min(rank) as best
    from (
        select *, (occurred_at, source_record_id) as place,
            list_position(['ANSWERED', 'CANCEL', 'NO ANSWER', 'BUSY', 'CONGESTION', 'FAILED'], disposition) as rank
        from legs anti join talked using (call_id)
    )
    group by call_id
)
select {source} as source_system, call_id || '/' || visit_seq as source_record_id,
    cast(null as timestamptz) as record_updated_at, extra, call_id as interaction_id, visit_seq,
    cast(null as varchar) as root_interaction_id, 'voice' as channel, direction, cast(null as varchar) as queue_key,
    agent_key, customer_ref, occurred_at as started_at, cast(null as timestamptz) as queued_at, answered_at, ended_at,
    cast(null as timestamptz) as wrapup_ended_at, cast(null as bigint) as wait_ms, cast(null as bigint) as ring_ms,
    talk_ms, cast(null as bigint) as hold_ms, cast(null as bigint) as acw_ms, outcome, 'unknown' as ended_by,
    cast(null as varchar) as transfer_kind, cast(null as varchar) as transfer_to,
    cast(null as varchar) as contact_reason, false as is_open
from (
    select call_id, visit_seq, direction, agent_key, customer_ref, occurred_at, answered_at, ended_at,
        coalesce(talk_ms, epoch_ms(ended_at) - epoch_ms(answered_at)) as talk_ms, 'answered' as outcome, extra
    from talked
    union all by name
    select call_id, visit_seq, first.direction, case when first.direction <> 'inbound' then first.agent_key end
        as agent_key, first.customer_ref, occurred_at, ended_at, extra,
        case when best = 1 then 'flow_ended' when first.direction = 'inbound' and best <= 3 then 'abandoned'
            else 'failed' end as outcome
    from missed
)
"""

ABOUT = About(
    title="Asterisk call detail records",
    systems="Asterisk 1.4 to 22: cdr_csv, cdr_custom, and exports of the table cdr (FreePBX, Issabel)",
    files="delimited text, one record a line: 16, 18, 19 or 21 columns of cdr_csv, declared columns, or a header",
    zone="the clocks of the source's zone; with usegmtime=yes (Asterisk's sample of cdr.conf) UTC, which is declared",
    units="duration and billsec in seconds, with a fraction where cdr_custom asks for it",
    readings=(
        Reading("linkedid, else uniqueid", "tel_interaction.interaction_id", "what the records of a call share"),
        Reading("start", "tel_interaction.started_at", "calldate in the table"),
        Reading("answer", "tel_interaction.answered_at", "where the column is missing, end less billsec"),
        Reading("end", "tel_interaction.ended_at", "where the column is missing, start plus duration"),
        Reading("billsec", "tel_interaction.talk_ms", "hold is inside, the log does not show it"),
        Reading(
            "channel, dstchannel",
            "tel_interaction.direction",
            "from a trunk inbound, to a trunk outbound, else by the declared contexts, else internal",
        ),
        Reading(
            "dstchannel, channel",
            "tel_interaction.agent_key",
            "inbound the device called, else the one that calls: SIP/201 of SIP/201-0000001a; behind a Local channel"
            " the device that its other half called",
        ),
        Reading("src, dst", "tel_interaction.customer_ref", "inbound src, outbound dst, internal null"),
        Reading(
            "disposition",
            "tel_interaction.outcome",
            "ANSWERED with a second channel: answered, without one (a menu, a mailbox): flow_ended; NO ANSWER and"
            " CANCEL of an inbound call: abandoned; every other: failed. The word itself is in extra",
        ),
        Reading(
            "lastapp", "tel_interaction.extra", "a call with a record of Queue gives no row: it is the queue log's"
        ),
    ),
    gotchas=(
        "One call leaves several records. Each answered one with a second channel is a row, numbered by visit_seq; of"
        " a ring group the devices that rang in vain are none. A call nobody answered is one row.",
        "Records of calls that passed a queue are taken (call_record) and counted as loaded, but give no row.",
        "With 17 or 20 columns of cdr_csv nobody can tell which optional one is there: declare columns.",
        "Without uniqueid records of one call cannot be joined; start and device stand in for it.",
        "Before Asterisk 12 a menu that answers makes the record ANSWERED although no person did.",
        "Attended transfers by SIP are two calls: their records share no linkedid.",
        "NO ANSWER is also a caller who hung up, unless canceldispositionenabled tells CANCEL apart.",
        "clid, lastdata and userfield never enter the lake: they hold names and numbers.",
        "A quote within a cell is doubled; where a program forgot, the line is still read if that works in one way.",
    ),
    exports=(
        Export(
            "Asterisk",
            (
                "In cdr.conf, [csv], set loguniqueid=yes, loguserfield=yes and newcdrcolumns=yes, and reload cdr_csv.",
                "Deliver /var/log/asterisk/cdr-csv/Master.csv, rotated or not; note usegmtime for time_zone.",
            ),
        ),
        Export(
            "FreePBX",
            (
                "Run mysql --batch asteriskcdrdb -e 'select * from cdr where calldate >= curdate() - interval 2 day'.",
                'Declare header: true, delimiter: "\\t".',
            ),
        ),
        Export(
            "Issabel",
            (
                "Run mysql --batch asteriskcdrdb -e 'select * from cdr', with a date as condition.",
                'Declare header: true, delimiter: "\\t"; older versions have no linkedid.',
            ),
        ),
    ),
    references=(
        "docs.asterisk.org: Call Detail Records, CDR specification",
        "asterisk/asterisk: cdr/cdr_csv.c, configs/samples/cdr.conf.sample, configs/samples/cdr_custom.conf.sample",
    ),
    example="""
name: outbound
format: cdr
site: london
files: "Master*.csv"
time_zone: UTC
trunks: ["PJSIP/provider-*", "DAHDI/*"]
""",
)
