"""Good files of each format, forty records long, and the damage that only that format suffers."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.corpus.case import Case, Kind
from tests.corpus.workbooks import workbooks

COUNT = 40
START = 1_788_134_400
"""2026-08-31T00:00:00Z."""


def kinds() -> list[Kind]:
    """Return every kind of good file, with the damage only its format suffers."""
    return [queue_log(), attendance(), scorecard(), chatwoot()]


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
    kind = Kind("scorecard", {"forms": [form]}, ("ID,Contact,Agent,At,问候,Matter",), records, "csv", rows=3)
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
    kind.cases.extend(_json_cases(kind, "message_type"))
    return kind


def _json_cases(kind: Kind, required: str) -> Iterator[Case]:
    """Yield damage to JSON by the line; without ``required`` an object cannot be placed."""
    text = kind.text()
    count = len(kind.records)
    good = [json.loads(record) for record in kind.records]

    def added(what: str, line: str) -> Case:
        return Case(f"{what}.{kind.ending}", f"{text}{line}\n".encode(), count, 1)

    yield Case(f"empty.{kind.ending}", b"")
    yield Case(f"only blank lines.{kind.ending}", b"\n\n\r\n")
    yield Case(f"no end.{kind.ending}", text[:-1].encode(), count)
    yield Case(f"one document.{kind.ending}", json.dumps(good).encode(), count)
    yield Case(f"one document over lines.{kind.ending}", json.dumps(good, indent=2).encode(), count)
    yield Case(f"cut within a line.{kind.ending}", text[:-9].encode(), count - 1, 1)
    yield Case(f"a document cut short.{kind.ending}", json.dumps(good)[:-9].encode(), refused="not_json")
    yield Case(f"a web page.{kind.ending}", _PAGE.encode(), refused="")
    yield Case(f"a table.{kind.ending}", b"a,b\n1,2\n", refused="")
    yield added("not JSON", "{nothing}")
    yield added("single quotes", "{'id': 1}")
    yield added("an object without end", kind.records[0][:-1])
    yield added("a list without end", "[" * 100)
    yield added("a number", "42")
    yield added("a text", '"text"')
    yield added("nothing", "null")
    yield added("an empty object", "{}")
    yield added("another object", '{"a": 1}')
    lacking = {key: value for key, value in good[0].items() if key != required}
    yield added("without what is required", json.dumps(lacking))
    yield added("nested without end", "[" * 200_000 + "]" * 200_000)
    yield added("objects nested without end", '{"a":' * 100_000 + "1" + "}" * 100_000)
    yield added("a line of ten megabytes", '{"a": "' + "x" * 10_000_000 + '"}')
    yield added("half a surrogate", '{"a": "\\ud800"}')


_PAGE = "<!DOCTYPE html>\n<html><body>\n<h1>502 Bad Gateway</h1>\n</body></html>\n"


def _quoted(text: str) -> str:
    return "".join(",".join(f'"{cell}"' for cell in line.split(",")) + "\n" for line in text.splitlines())
