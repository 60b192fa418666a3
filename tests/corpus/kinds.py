"""Good files of each format, forty records long, and the damage that only that format suffers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.corpus.case import Case, Kind
from tests.corpus.damage import zipped
from tests.corpus.workbooks import workbooks
from tests.unit.ingest import (
    test_cdr,
    test_connect_agent_events,
    test_connect_contacts,
    test_connect_evaluations,
    test_frappe_hr,
    test_genesys_conversations,
    test_intercom,
    test_zendesk_chat,
)

COUNT = 40
START = 1_788_134_400
"""2026-08-31T00:00:00Z."""


def kinds() -> list[Kind]:
    """Return every kind of good file, with the damage only its format suffers."""
    return [
        queue_log(),
        attendance(),
        scorecard(),
        chatwoot(),
        contract_csv(),
        contract_json(),
        connect_contacts(),
        connect_agent_events(),
        connect_evaluations(),
        zendesk_chat(),
        intercom(),
        frappe_hr(),
        nice_iex(),
        cdr(),
        genesys_conversations(),
    ]


def queue_log() -> Kind:
    """Lines of an Asterisk queue_log: calls that nobody answered, in a queue with a Chinese name."""
    records = [f"{START + n * 60}|call-{n}|客服|NONE|ABANDON|1|1|{n}" for n in range(COUNT)]
    kind = Kind("queue_log", {}, (), records, "log")
    text = kind.text()
    halves = kind.text(records[: COUNT // 2]), kind.text(records[COUNT // 2 :])
    kind.cases.extend(
        [
            Case("empty.log", b""),
            Case("only a mark.log", b"\xef\xbb\xbf"),
            Case("only blank lines.log", b"\n\n\r\n"),
            Case("the last line unfinished.log", text[:-1].encode(), COUNT - 1, 1),
            Case("cut within a line.log", text[:-8].encode(), COUNT - 1, 1),
            Case("cut within a character.log", text.encode() + f"{START}|x|客".encode()[:-1], COUNT, 1),
            Case("joined files with marks.log", b"".join(half.encode("utf-8-sig") for half in halves), COUNT),
            Case("no time.log", (text + "soon|x|q|NONE|ABANDON|1|1|1\n").encode(), COUNT, 1),
            Case("time of milliseconds.log", (text + f"{START}000|x|q|NONE|ABANDON|1|1|1\n").encode(), COUNT, 1),
            Case("time before Asterisk.log", (text + "1|x|q|NONE|ABANDON|1|1|1\n").encode(), COUNT, 1),
            Case("time without end.log", (text + "9" * 400 + "|x|q|NONE|ABANDON|1|1|1\n").encode(), COUNT, 1),
            Case("too few fields.log", (text + f"{START}|x|q\n").encode(), COUNT, 1),
            Case("another delimiter.log", text.replace("|", ";").encode(), refused="too_many_failed_rows"),
            Case("a web page.log", _PAGE.encode(), refused="too_many_failed_rows"),
            Case("a table.log", b"a,b\n1,2\n", refused="too_many_failed_rows"),
            Case("a line of ten megabytes.log", (text + "x" * 10_000_000 + "\n").encode(), COUNT, 1),
        ]
    )
    return kind


def attendance() -> Kind:
    """A sheet of days worked, with names nobody declared."""
    columns = {
        "employee_key": "No",
        "work_date": {"column": "Day", "format": "%Y-%m-%d"},
        "status": "Status",
        "clock_in_at": {"column": "In", "format": "%Y-%m-%d %H:%M"},
    }
    declared = {"tables": [{"table": "attendance", "columns": columns, "drop": ["姓名"]}]}
    days = [f"2026-08-{n % 20 + 1:02}" for n in range(COUNT)]
    records = [f"{n},{day},present,{day} 09:{n:02},王芳" for n, day in enumerate(days)]
    kind = Kind("spreadsheet", declared, ("No,Day,Status,In,姓名",), records, "csv")
    text, lines = kind.text(), kind.text().split("\n")
    header = lines[0]

    def added(what: str, line: str, **outcome: int) -> Case:
        return Case(f"{what}.csv", f"{text}{line}\n".encode(), **{"fit": COUNT, "set_aside": 1, **outcome})

    kind.cases.extend(
        [
            Case("empty.csv", b"", refused="no_header"),
            Case("only a mark.csv", b"\xef\xbb\xbf", refused="no_header"),
            Case("only blank lines.csv", b"\n\n\r\n", refused="no_header"),
            Case("only a header.csv", f"{header}\n".encode()),
            Case("a header without an end.csv", header.encode()),
            Case("no header.csv", "\n".join(lines[1:]).encode(), refused="missing_columns"),
            Case("the last line unended.csv", text[:-1].encode(), COUNT),
            Case("cut within a line.csv", text[:-12].encode(), COUNT - 1, 1),
            Case("cut within a character.csv", text[:-2].encode() + "芳".encode()[:2], COUNT - 1, 1),
            Case("semicolons.csv", text.replace(",", ";").encode(), COUNT),
            Case("tabs.csv", text.replace(",", "\t").encode(), COUNT),
            Case("carets.csv", text.replace(",", "^").encode(), refused="missing_columns"),
            Case("a column twice.csv", text.replace("姓名", "No").encode(), refused="missing_columns"),
            Case("a column missing.csv", text.replace("Status", "State").encode(), refused="missing_columns"),
            Case("joined files.csv", text.encode("utf-8-sig") * 2, 2 * COUNT, 1),
            Case("everything quoted.csv", _quoted(text).encode(), COUNT),
            added("one field more", "90,2026-08-01,present,,x,y"),
            added("one field less", "90,2026-08-01,present"),
            added("no number", ",2026-08-01,present,,"),
            added("another day format", "90,01.08.2026,present,,"),
            added("month and day swapped", "90,2026-31-08,present,,"),
            added("no such day", "90,2026-02-30,present,,"),
            added("a day of the year 0", "90,0000-01-01,present,,"),
            added("a day far ahead", "90,9999-12-31,present,,"),
            added("a day of too many digits", "90,20260-08-01,present,,"),
            added("no such status", "90,2026-08-01,somewhere,,"),
            added("a formula for a day", "90,=TODAY(),present,,"),
            added("a formula for a status", "90,2026-08-01,\"=cmd|'/c calc'!A1\",,"),
            added("an error of a sheet", "90,#REF!,present,,"),
            added("not a number for a day", "90,NaN,present,,"),
            added("a time that does not exist", "90,2026-08-01,present,2026-08-01 25:61,"),
            added("a quote never closed", '90,2026-08-01,"present,,'),
            added("a line of ten megabytes", "90,2026-08-01," + "x" * 10_000_000 + ",,"),
            Case("a web page.csv", _PAGE.encode(), refused="missing_columns"),
            Case("json.csv", b'{"No": 1}\n', refused="missing_columns"),
        ]
    )
    kind.cases.extend(workbooks(kind))
    return kind


def scorecard() -> Kind:
    """A QA sheet of two items."""
    form = {
        "columns": {
            "evaluation_id": "ID",
            "form_key": {"value": "service"},
            "form_version": {"value": "1"},
            "interaction_id": "Contact",
            "agent_key": "Agent",
            "evaluated_at": {"column": "At", "format": "%Y-%m-%d %H:%M"},
            "status": {"value": "submitted"},
        },
        "items": [{"column": "问候", "max": 10}, {"column": "Matter", "max": 20}],
    }
    records = [f"e{n},c{n},a{n % 5},2026-08-{n % 20 + 1:02} 18:00,{n % 11},{n % 21}" for n in range(COUNT)]
    kind = Kind("scorecard", {"forms": [form]}, ("ID,Contact,Agent,At,问候,Matter",), records, "csv")
    text = kind.text()

    def added(what: str, line: str) -> Case:
        return Case(f"{what}.csv", f"{text}{line}\n".encode(), COUNT, 1)

    kind.cases.extend(
        [
            Case("empty.csv", b"", refused="no_header"),
            Case("only a header.csv", f"{kind.header[0]}\n".encode()),
            Case("an item missing.csv", text.replace("Matter", "Other").encode(), refused="missing_columns"),
            Case("an item twice.csv", text.replace("Matter", "问候").encode(), refused="missing_columns"),
            Case("cut within a line.csv", text[:-6].encode(), COUNT - 1, 1),
            added("more points than there are", "e90,c,a,2026-08-01 18:00,11,20"),
            added("negative points", "e90,c,a,2026-08-01 18:00,-1,20"),
            added("points without end", "e90,c,a,2026-08-01 18:00,1e999,20"),
            added("infinite points", "e90,c,a,2026-08-01 18:00,Infinity,20"),
            added("no number of points", "e90,c,a,2026-08-01 18:00,NaN,20"),
            added("an answer nobody declared", "e90,c,a,2026-08-01 18:00,good,20"),
            added("no answer", "e90,c,a,2026-08-01 18:00,,20"),
            added("a formula for points", "e90,c,a,2026-08-01 18:00,=1+9,20"),
            added("another time format", "e90,c,a,01/08/2026 18:00,10,20"),
            added("a quote never closed", 'e90,c,a,2026-08-01 18:00,"10,20'),
            added("a line of ten megabytes", "e90,c,a,2026-08-01 18:00,10," + "2" * 10_000_000),
        ]
    )
    return kind


def chatwoot() -> Kind:
    """Messages of Chatwoot, one a line, with Chinese content."""
    records = [
        json.dumps(
            {
                "id": n,
                "content": f"第{n}条",
                "inbox_id": 11,
                "conversation_id": n // 4,
                "message_type": n % 2,
                "created_at": START + n,
                "private": False,
                "sender": {"id": 3, "type": "user" if n % 2 else "contact"},
            },
            ensure_ascii=False,
        )
        for n in range(1, COUNT + 1)
    ]
    kind = Kind("chatwoot", {}, (), records, "json")
    short = Case("a document cut short.json", _document(kind)[:-9], refused="not_json")
    deep = Case("nested without end.json", f"{kind.text()}{_NESTED}\n".encode(), COUNT, 1)
    kind.cases.extend([*_json_cases(kind, "message_type"), *_empty(kind), short, deep])
    return kind


def contract_csv() -> Kind:
    """Rows of the contract as delimited text, and as Parquet."""
    records = [f"{n},2026-08-{n % 20 + 1:02},leave,年假" for n in range(COUNT)]
    header = "employee_key,work_date,status,leave_type"
    kind = Kind("contract", {"table": "attendance"}, (header,), records, "csv")
    text = kind.text()

    def added(what: str, line: str) -> Case:
        return Case(f"{what}.csv", f"{text}{line}\n".encode(), COUNT, 1)

    columns = {name: [record.split(",")[n] for record in records] for n, name in enumerate(header.split(","))}
    typed = {**columns, "work_date": pa.array(columns["work_date"]).cast(pa.date32())}
    parquet = _parquet(columns)
    kind.cases.extend(
        [
            Case("empty.csv", b""),
            Case("only a header.csv", f"{header}\n".encode()),
            Case("cut within a line.csv", text[:-6].encode(), COUNT - 1, 1),
            Case("semicolons.csv", text.replace(",", ";").encode(), COUNT),
            Case("a column missing.csv", text.replace("work_date", "day").encode(), refused=""),
            Case("a column twice.csv", text.replace("leave_type", "status").encode(), refused=""),
            Case("a web page.csv", _PAGE.encode(), refused=""),
            added("another day format", "90,01.08.2026,present,"),
            added("no such day", "90,2026-02-30,present,"),
            added("a day far ahead", "90,9999-12-31,present,"),
            added("no such status", "90,2026-08-01,somewhere,"),
            added("no number", ",2026-08-01,present,"),
            added("one field more", "90,2026-08-01,present,,x,y"),
            added("a quote never closed", '90,2026-08-01,"present,'),
            added("a line of ten megabytes", "90,2026-08-01," + "x" * 10_000_000 + ","),
            Case("whole.parquet", parquet, COUNT),
            Case("typed.parquet", _parquet(typed), COUNT),
            Case("called text.csv", parquet, COUNT),
            Case("in an archive.zip", zipped(("rows.parquet", parquet)), COUNT),
            Case("no rows.parquet", _parquet({name: pa.array([], pa.string()) for name in columns})),
            Case("cut short.parquet", parquet[:-20], refused=""),
            Case("cut in half.parquet", parquet[: len(parquet) // 2], refused=""),
            Case("nothing but its mark.parquet", b"PAR1", refused=""),
            Case("numbers for days.parquet", _parquet({**columns, "work_date": list(range(COUNT))}), refused=""),
            Case("lists for texts.parquet", _parquet({**columns, "status": [["leave"]] * COUNT}), refused=""),
            Case("without a column.parquet", _parquet({"employee_key": columns["employee_key"]}), refused=""),
        ]
    )
    return kind


def contract_json() -> Kind:
    """Rows of the contract as JSON lines."""
    records = [
        json.dumps(
            {"employee_key": f"{n}", "work_date": f"2026-08-{n % 20 + 1:02}", "status": "leave", "leave_type": "年假"},
            ensure_ascii=False,
        )
        for n in range(COUNT)
    ]
    return _of_json("contract", records, "status", {"table": "attendance"})


def connect_contacts() -> Kind:
    """Contact records of Amazon Connect."""
    waited = test_connect_contacts.queue(5, 30, name="客服")
    records = [_written(test_connect_contacts.contact(ContactId=f"c{n}", Queue=waited)) for n in range(COUNT)]
    return _of_json("connect_contacts", records, "InitiationTimestamp")


def connect_agent_events() -> Kind:
    """Events of an agent of Amazon Connect, each a change of status."""
    now = [test_connect_agent_events.snapshot("午休" if n % 2 else "Available", n * 60) for n in range(COUNT)]
    records = [_written(test_connect_agent_events.event(n * 60, now[n])) for n in range(COUNT)]
    return _of_json("connect_agent_events", records, "EventTimestamp")


def connect_evaluations() -> Kind:
    """Evaluations of Amazon Connect with one question."""
    question = test_connect_evaluations.question("q", test_connect_evaluations.chosen("是"), {"percentage": 100})
    records = [
        _written(test_connect_evaluations.evaluation(question) | {"evaluationId": f"e{n}"}) for n in range(COUNT)
    ]
    return _of_json("connect_evaluations", records, "evaluationId")


def zendesk_chat() -> Kind:
    """Chats of Zendesk Chat."""
    records = [_written(test_zendesk_chat.chat([], id=f"z{n}", department_name="客服")) for n in range(COUNT)]
    return _of_json("zendesk_chat", records, "timestamp")


def intercom() -> Kind:
    """Conversations of Intercom."""
    rating = {"rating": 5, "remark": "很好", "created_at": START, "updated_at": START}
    records = [
        _written(test_intercom.conversation([], id=f"{n}", conversation_rating=rating)) for n in range(1, COUNT + 1)
    ]
    return _of_json("intercom", records, "created_at")


def frappe_hr() -> Kind:
    """Employees as the API of Frappe HRMS returns them."""
    records = [_written({**test_frappe_hr.EMPLOYEE, "name": f"HR-{n}", "department": "客服"}) for n in range(COUNT)]
    kind = _of_json("frappe_hr", records, "date_of_joining")
    # Without any content it is a table without a header as well as a document without a record.
    kind.cases[:] = [replace(case, refused="no_header") if not case.content.strip() else case for case in kind.cases]
    return kind


def nice_iex() -> Kind:
    """A schedule of NICE IEX, an activity of an agent a line."""
    records = [f"01{n % 28 + 1:02}2026||1|100|{4700 + n}|上班|09:00|17:00" for n in range(COUNT)]
    header = "#fields:schedDate|TZ|custID|muID|tvID|excName|start|stop"
    kind = Kind("nice_iex", {"activities": {"上班": "work"}}, (header,), records, "txt")
    text = kind.text()

    def added(what: str, line: str) -> Case:
        return Case(f"{what}.txt", f"{text}{line}\n".encode(), COUNT, 1)

    kind.cases.extend(
        [
            Case("only a header.txt", f"{header}\n".encode()),
            Case("no header.txt", kind.text()[len(header) + 1 :].encode(), refused=""),
            Case("another delimiter.txt", text.replace("|", ",").encode(), refused=""),
            Case("a web page.txt", _PAGE.encode(), refused=""),
            Case("cut within a line.txt", text[:-9].encode(), COUNT - 1, 1),
            added("month and day swapped", "31012026||1|100|90|上班|09:00|17:00"),
            added("no such activity", "01012026||1|100|90|睡觉|09:00|17:00"),
            added("no such time", "01012026||1|100|90|上班|25:00|26:00"),
            added("no such zone", "01012026|Moon/Base|1|100|90|上班|09:00|17:00"),
            added("no agent", "01012026||1|100||上班|09:00|17:00"),
            added("one field less", "01012026||1|100|90|上班|09:00"),
            added("a line of ten megabytes", "01012026||1|100|90|" + "x" * 10_000_000 + "|09:00|17:00"),
        ]
    )
    return kind


def cdr() -> Kind:
    """Records of Asterisk's cdr_csv, of calls that came from outside."""
    calls = [
        test_cdr.record(n, f"SIP/trunk-{n:08x}", f"SIP/201-{n:08x}", answer=n + 5, end=n + 9, accountcode="客服")
        for n in range(COUNT)
    ]
    kind = Kind("cdr", {"trunks": ["SIP/trunk-*"]}, (), [test_cdr.master(call).rstrip("\n") for call in calls], "csv")
    text = kind.text()
    kind.cases.extend(
        [
            Case("cut within a line.csv", text[:-9].encode(), COUNT - 1, 1),
            Case("another delimiter.csv", text.replace(",", ";").encode(), refused=""),
            Case("a web page.csv", _PAGE.encode(), refused=""),
            Case("no fields.csv", f"{text}x\n".encode(), COUNT, 1),
            Case("no time.csv", f"{text}{test_cdr.master({**calls[0], 'start': 'soon'})}".encode(), COUNT, 1),
            Case("a line of ten megabytes.csv", f"{text}{'x' * 10_000_000}\n".encode(), COUNT, 1),
        ]
    )
    return kind


def genesys_conversations() -> Kind:
    """Conversations of Genesys Cloud that left their queue."""
    participants = (test_genesys_conversations.CUSTOMER, test_genesys_conversations.QUEUED)
    records = [
        _written(test_genesys_conversations.conversation(*participants, conversationId=f"g{n}", externalTag="客服"))
        for n in range(COUNT)
    ]
    return _of_json("genesys_conversations", records, "conversationStart")


def _of_json(format: str, records: list[str], required: str, declared: dict[str, Any] | None = None) -> Kind:
    """Return a kind whose format finds records wherever they stand in a document, also in one that was cut short."""
    kind = Kind(format, declared or {}, (), records, "json")
    short = Case("a document cut short.json", _document(kind)[:-9], COUNT - 1, 1)
    deep = Case("nested without end.json", f"{kind.text()}{_NESTED}\n".encode(), COUNT)
    kind.cases.extend([*_json_cases(kind, required), *_empty(kind), short, deep])
    return kind


def _written(record: object) -> str:
    return json.dumps(record, ensure_ascii=False)


def _parquet(columns: Mapping[str, Any]) -> bytes:
    content = pa.BufferOutputStream()
    pq.write_table(pa.table(dict(columns)), content)
    return content.getvalue().to_pybytes()


def _json_cases(kind: Kind, required: str) -> Iterator[Case]:
    """Yield damage to JSON by the line; without ``required`` an object cannot be placed."""
    text = kind.text()
    count = len(kind.records)
    good = [json.loads(record) for record in kind.records]

    def added(what: str, line: str) -> Case:
        return Case(f"{what}.{kind.ending}", f"{text}{line}\n".encode(), count, 1)

    yield Case(f"no end.{kind.ending}", text[:-1].encode(), count)
    yield Case(f"one document.{kind.ending}", json.dumps(good).encode(), count)
    yield Case(f"one document over lines.{kind.ending}", json.dumps(good, indent=2).encode(), count)
    yield Case(f"cut within a line.{kind.ending}", text[:-9].encode(), count - 1, 1)
    yield Case(f"a web page.{kind.ending}", _PAGE.encode(), refused="")
    yield Case(f"a table.{kind.ending}", b"a,b\n1,2\n", refused="")
    yield added("not JSON", "{nothing}")
    yield added("single quotes", "{'id': 1}")
    yield added("an object without end", kind.records[0][:-1])
    yield added("a number", "42")
    yield added("a text", '"text"')
    yield added("nothing", "null")
    yield added("an empty object", "{}")
    yield added("another object", '{"a": 1}')
    lacking = {key: value for key, value in good[0].items() if key != required}
    yield added("without what is required", json.dumps(lacking))
    yield added("objects nested without end", '{"a":' * 100_000 + "1" + "}" * 100_000)
    yield added("a line of ten megabytes", '{"a": "' + "x" * 10_000_000 + '"}')
    yield added("half a surrogate", '{"a": "\\ud800"}')


def _document(kind: Kind) -> bytes:
    return json.dumps([json.loads(record) for record in kind.records]).encode()


def _empty(kind: Kind) -> list[Case]:
    """Return files without any record."""
    return [Case(f"empty.{kind.ending}", b""), Case(f"only blank lines.{kind.ending}", b"\n\n\r\n")]


_NESTED = "[" * 200_000 + "]" * 200_000
_PAGE = "<!DOCTYPE html>\n<html><body>\n<h1>502 Bad Gateway</h1>\n</body></html>\n"


def _quoted(text: str) -> str:
    return "".join(",".join(f'"{cell}"' for cell in line.split(",")) + "\n" for line in text.splitlines())
