"""Two laws that hold for every format.

What the lake holds follows from the records alone: not from how files were cut, ordered, repeated or in which run they
came. And a record that is spoiled changes its own fate only: it goes to quarantine, all others are as if it had never
been sent. A format is described here by the records it may hold, how a file is made of them, and how one is spoiled;
what its records mean is tested where the format is.
"""

from __future__ import annotations

import csv
import io
import json
import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from ingest.contract import TABLES
from ingest.formats import FORMATS, Source
from tests.unit.ingest.deliveries import Desk

START = datetime(2026, 8, 31, 1, tzinfo=UTC)
SOURCE = "feed"

Record = Any


@dataclass(frozen=True)
class Feed:
    """A format, as the laws need to know it.

    ``declared`` are the keys of its source. ``record`` makes the record of a number, and ``again`` a newer version of
    it, where the source tells versions apart. ``file`` makes a file's text of records. ``spoiled`` makes a record of
    one that no table can take.
    """

    declared: dict[str, Any]
    record: Callable[[int], Record]
    file: Callable[[Sequence[Record]], str]
    spoiled: Callable[[Record], Record]
    again: Callable[[Record], Record] | None = None

    def records(self, numbers: Sequence[int], is_renewed: Sequence[bool]) -> list[Record]:
        """Return the record of each number and, where ``is_renewed``, a newer version of it too."""
        first = [self.record(number) for number in numbers]
        newer = (
            [self.again(record) for record, new in zip(first, is_renewed, strict=False) if new] if self.again else []
        )
        return first + newer


def at(number: int, seconds: float = 0) -> datetime:
    """A moment of the record ``number``; records are eleven minutes apart, over several days."""
    return START + timedelta(minutes=11 * 13 * number, seconds=seconds)


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def lines(records: Sequence[str]) -> str:
    return "".join(f"{record}\n" for record in records)


def json_lines(records: Sequence[Record]) -> str:
    return lines([json.dumps(record) for record in records])


def comma_separated(rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def changed(path: str, value: object) -> Callable[[Record], Record]:
    """Return what replaces the value at a dotted path of a record."""

    def change(record: Record) -> Record:
        copy = json.loads(json.dumps(record))
        *above, last = (int(step) if step.isdigit() else step for step in path.split("."))
        place = copy
        for step in above:
            place = place[step]
        place[last] = value
        return copy

    return change


def renewed(path: str, value: object, version: str, moment: object) -> Callable[[Record], Record]:
    """Return what makes a newer version of a record: another value, and the version field that says so."""
    return lambda record: changed(version, moment)(changed(path, value)(record))


LATER = datetime(2026, 12, 1, tzinfo=UTC)
AGENT = {"ARN": "arn:aws:connect:x:1:instance/i/agent/a1", "Username": "jane"}

LINES: dict[str, Feed] = {
    "queue_log": Feed(
        {},
        lambda n: f"{at(n).timestamp():.0f}|{n}.1|sales|NONE|ENTERQUEUE||138001380{n:02}|1",
        lines,
        lambda line: "soon|" + line.partition("|")[2],
    ),
    "cdr": Feed(
        {"trunks": ["SIP/trunk-*"]},
        lambda n: [
            *("", "201", f"138001380{n:02}", "internal", "201", f"SIP/201-{n:08}", f"SIP/trunk-{n:08}", "Dial", ""),
            *(f"{at(n, after):%Y-%m-%d %H:%M:%S}" for after in (0, 5, 65)),
            *(65, 60, "ANSWERED", "DOCUMENTATION", f"{at(n).timestamp():.0f}.{n}", ""),
        ],
        comma_separated,
        lambda row: [*row[:9], "soon", *row[10:]],
    ),
    "nice_iex": Feed(
        {"activities": {"Open": "work"}},
        lambda n: f"{at(n):%m%d%Y}|{at(n):%m%d%Y}|4{n:03}|Open|{at(n):%H:%M}|{at(n, 60):%H:%M}",
        lambda rows: lines(["#fields:excdate|schedDate|tvID|excName|start|stop", *rows]),
        lambda row: row.rpartition("|")[0] + "|late",
    ),
    "spreadsheet": Feed(
        {
            "tables": [
                {
                    "table": "roster_shift",
                    "columns": {
                        "shift_id": "Shift",
                        "employee_key": "Number",
                        "activity": {"value": "work"},
                        "start_at": {"column": "From", "format": "%Y-%m-%d %H:%M"},
                        "end_at": {"column": "To", "format": "%Y-%m-%d %H:%M"},
                    },
                }
            ]
        },
        lambda n: [f"S{n}", f"E{n % 3}", f"{at(n):%Y-%m-%d %H:%M}", f"{at(n, 3600):%Y-%m-%d %H:%M}"],
        lambda rows: comma_separated([["Shift", "Number", "From", "To"], *rows]),
        lambda row: [*row[:3], "late"],
    ),
    "scorecard": Feed(
        {
            "forms": [
                {
                    "columns": {
                        "evaluation_id": "Id",
                        "form_key": {"value": "voice"},
                        "form_version": {"value": "1"},
                        "agent_key": "Agent",
                        "evaluated_at": {"column": "On", "format": "%Y-%m-%d %H:%M"},
                        "status": {"value": "submitted"},
                    },
                    "items": [{"column": "Greeting", "max": 10}],
                }
            ]
        },
        lambda n: [f"Q{n}", f"A{n % 3}", f"{at(n):%Y-%m-%d %H:%M}", n % 11],
        lambda rows: comma_separated([["Id", "Agent", "On", "Greeting"], *rows]),
        lambda row: [*row[:3], 99],
    ),
    "transcript": Feed(
        {
            "written": "csv",
            "conversation": "call",
            "time": "at",
            "speakers": {"agent": ["A"], "customer": ["C"]},
        },
        lambda n: [f"T{n}", "C" if n % 2 else "A", f"passage {n}", iso(at(n))],
        lambda rows: comma_separated([["call", "speaker", "text", "at"], *rows]),
        lambda row: [*row[:3], "soon"],
    ),
}

OBJECTS: dict[str, Feed] = {
    "chatwoot": Feed(
        {},
        lambda n: {
            "id": n,
            "inbox_id": 11,
            "status": "open",
            "created_at": at(n).timestamp(),
            "updated_at": at(n).timestamp(),
            "meta": {"channel": "Channel::WebWidget", "sender": {"id": n}},
            "messages": [],
        },
        json_lines,
        changed("created_at", "soon"),
        renewed("status", "resolved", "updated_at", LATER.timestamp()),
    ),
    "connect_contacts": Feed(
        {},
        lambda n: {
            "ContactId": f"c{n}",
            "Channel": "VOICE",
            "InitiationMethod": "INBOUND",
            "InitiationTimestamp": iso(at(n)),
            "ConnectedToSystemTimestamp": iso(at(n)),
            "DisconnectTimestamp": iso(at(n, 60)),
            "LastUpdateTimestamp": iso(at(n, 90)),
            "CustomerEndpoint": {"Address": f"+4420794600{n:02}", "Type": "TELEPHONE_NUMBER"},
            "Queue": {"ARN": "arn:x/queue/q1", "Name": "Sales", "EnqueueTimestamp": iso(at(n, 5))},
            "Agent": None,
        },
        json_lines,
        changed("InitiationTimestamp", "soon"),
        renewed("Queue.Name", "Support", "LastUpdateTimestamp", iso(LATER)),
    ),
    "connect_agent_events": Feed(
        {},
        lambda n: {
            "AgentARN": AGENT["ARN"],
            "EventId": f"e{n}",
            "EventTimestamp": iso(at(n, 1)),
            "EventType": "STATE_CHANGE",
            "CurrentAgentSnapshot": {
                "AgentStatus": {"Name": f"Status {n % 2}", "Type": "CUSTOM", "StartTimestamp": iso(at(n))},
                "Configuration": {"Username": "jane"},
                "Contacts": [],
            },
            "PreviousAgentSnapshot": None,
        },
        json_lines,
        changed("EventTimestamp", "soon"),
    ),
    "connect_evaluations": Feed(
        {},
        lambda n: {
            "schemaVersion": "3.5",
            "evaluationId": f"e{n}",
            "metadata": {
                "contactId": f"c{n}",
                "agentId": "a1",
                "evaluationDefinitionId": "f1",
                "evaluationDefinitionVersion": 2,
                "evaluationSubmitTimestamp": iso(at(n)),
                "score": {"percentage": 80},
            },
            "sections": [],
            "questions": [],
        },
        json_lines,
        changed("metadata.evaluationSubmitTimestamp", "soon"),
    ),
    "contact_lens": Feed(
        {},
        lambda n: {
            "Version": "1.1.0",
            "AccountId": "1",
            "Channel": "CHAT",
            "CustomerMetadata": {"ContactId": f"c{n}"},
            "Participants": [{"ParticipantId": "p", "ParticipantRole": "CUSTOMER"}],
            "Transcript": [
                {
                    "Id": f"m{n}",
                    "Type": "MESSAGE",
                    "AbsoluteTime": iso(at(n)),
                    "ParticipantId": "p",
                    "ParticipantRole": "CUSTOMER",
                    "ContentType": "text/plain",
                    "Content": "hello",
                }
            ],
        },
        json_lines,
        changed("Transcript.0.AbsoluteTime", "soon"),
    ),
    "contract": Feed(
        {"table": "incident"},
        lambda n: {
            "incident_id": f"i{n}",
            "kind": "system",
            "started_at": iso(at(n)),
            "record_updated_at": iso(at(n)),
        },
        json_lines,
        changed("kind", "surprise"),
        renewed("ended_at", iso(LATER), "record_updated_at", iso(LATER)),
    ),
    "frappe_hr": Feed(
        {},
        lambda n: {
            "doctype": "Attendance",
            "name": f"HR-ATT-{n}",
            "employee": f"E{n}",
            "attendance_date": f"{at(n):%Y-%m-%d}",
            "status": "Present",
            "docstatus": 1,
            "modified": f"{at(n):%Y-%m-%d %H:%M:%S}",
        },
        json_lines,
        changed("attendance_date", "soon"),
        renewed("status", "Absent", "modified", f"{LATER:%Y-%m-%d %H:%M:%S}"),
    ),
    "genesys_conversations": Feed(
        {},
        lambda n: {
            "conversationId": f"c{n}",
            "conversationStart": iso(at(n)),
            "conversationEnd": iso(at(n, 90)),
            "originatingDirection": "inbound",
            "participants": [
                {
                    "participantId": "p",
                    "purpose": "acd",
                    "sessions": [
                        {
                            "sessionId": f"s{n}",
                            "mediaType": "voice",
                            "direction": "inbound",
                            "segments": [
                                {
                                    "segmentType": "interact",
                                    "segmentStart": iso(at(n)),
                                    "segmentEnd": iso(at(n, 90)),
                                    "queueId": "q1",
                                    "disconnectType": "peer",
                                }
                            ],
                        }
                    ],
                }
            ],
        },
        json_lines,
        changed("conversationStart", "soon"),
    ),
    "genesys_evaluations": Feed(
        {},
        lambda n: {
            "id": f"e{n}",
            "status": "FINISHED",
            "conversation": {"id": f"c{n}"},
            "agent": {"id": "a1"},
            "evaluator": {"id": "v1"},
            "evaluationForm": {"id": "f-2", "contextId": "f", "questionGroups": []},
            "submittedDate": iso(at(n)),
            "changedDate": iso(at(n)),
            "answers": {"totalScore": 54.5, "anyFailedKillQuestions": False, "questionGroupScores": []},
        },
        json_lines,
        changed("submittedDate", "soon"),
        renewed("answers.totalScore", 60, "changedDate", iso(LATER)),
    ),
    "intercom": Feed(
        {},
        lambda n: {
            "type": "conversation",
            "id": f"{n}",
            "created_at": int(at(n).timestamp()),
            "updated_at": int(at(n).timestamp()),
            "state": "open",
            "source": {"type": "conversation", "id": f"s{n}", "body": "hello", "author": {"type": "user", "id": "u"}},
            "conversation_parts": {"conversation_parts": [], "total_count": 0},
        },
        json_lines,
        changed("created_at", "soon"),
        renewed("state", "closed", "updated_at", int(LATER.timestamp())),
    ),
    "zendesk_chat": Feed(
        {},
        lambda n: {
            "id": f"z{n}",
            "type": "chat",
            "timestamp": iso(at(n)),
            "update_timestamp": iso(at(n)),
            "duration": 60,
            "department_name": "Care",
            "visitor": {"id": f"v{n}"},
            "agent_ids": [],
            "missed": True,
            "history": [],
        },
        json_lines,
        changed("timestamp", "soon"),
        renewed("department_name", "Sales", "update_timestamp", iso(LATER)),
    ),
}

FEEDS = {**LINES, **OBJECTS}

each_feed = pytest.mark.parametrize("name", sorted(FEEDS))
# Hypothesis begins with the simplest example: the law of delivery needs another one to shuffle anything.
shuffled = settings(max_examples=2, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
once = settings(shuffled, max_examples=1)
some_numbers = st.lists(st.integers(0, 40), min_size=3, max_size=9, unique=True)


def desk(root: Path, name: str) -> Desk:
    declared = {"name": SOURCE, "format": name, "site": "here", "max_failed_share": 1, **FEEDS[name].declared}
    return Desk(root, TypeAdapter(Source).validate_python(declared))


def deliver(to: Desk, name: str, pieces: Sequence[Sequence[Record]], first: int = 0) -> None:
    feed = FEEDS[name]
    for number, piece in enumerate(pieces, first):
        to.deliver(f"part_{number}", feed.file(piece), SOURCE)


def take(at_desk: Desk) -> int:
    """Take what was delivered, every account balanced; return how many rows went to quarantine."""
    accounts = at_desk.take()
    assert all(account.rows_in == account.loaded + account.duplicate + account.quarantined for account in accounts)
    return sum(account.quarantined for account in accounts)


def content(of: Desk) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of the lake. The place of a log's line within its second is the cut's own affair."""
    rows = {}
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        for table in TABLES.values():
            folder = of.root / "lake" / table.feed / table.name
            if files := [str(path) for path in folder.rglob("*.parquet") if path.name != "empty.parquet"]:
                left_out = " exclude (sequence)" if table.name == "queue_event" else ""
                query = f"select *{left_out} from read_parquet(?, hive_partitioning = true) order by all"
                rows[table.name] = con.execute(query, [files]).fetchall()
    return rows


def test_the_laws_are_asked_of_every_format() -> None:
    assert set(FEEDS) == set(FORMATS)


@each_feed
@shuffled
@given(numbers=some_numbers, is_renewed=st.lists(st.booleans(), min_size=9, max_size=9), seed=st.integers(0, 2**32))
def test_the_lake_does_not_depend_on_how_records_are_delivered(
    name: str, numbers: list[int], is_renewed: list[bool], seed: int
) -> None:
    draw = random.Random(seed)
    records = FEEDS[name].records(numbers, is_renewed)
    mixed = draw.sample(records, len(records))
    cuts = sorted(draw.sample(range(1, len(records)), draw.randrange(min(3, len(records)))))
    pieces = [mixed[start:end] for start, end in pairwise([0, *cuts, len(records)])]
    pieces.append(draw.sample(records, draw.randrange(1, len(records) + 1)))
    draw.shuffle(pieces)
    with tempfile.TemporaryDirectory() as folder:
        whole, cut = desk(Path(folder) / "whole", name), desk(Path(folder) / "cut", name)
        deliver(whole, name, [records])
        assert take(whole) == 0
        some = draw.randrange(len(pieces))
        deliver(cut, name, pieces[:some])
        take(cut)
        deliver(cut, name, pieces[some:], some)
        assert take(cut) == 0
        assert content(whole)
        assert content(cut) == content(whole)


@each_feed
@once
@given(numbers=some_numbers, which=st.integers(0, 8))
def test_a_spoiled_record_changes_its_own_fate_only(name: str, numbers: list[int], which: int) -> None:
    feed = FEEDS[name]
    records = [feed.record(number) for number in numbers]
    which %= len(records)
    spoiled = [*records[:which], feed.spoiled(records[which]), *records[which + 1 :]]
    with tempfile.TemporaryDirectory() as folder:
        others, hit = desk(Path(folder) / "others", name), desk(Path(folder) / "hit", name)
        deliver(others, name, [[*records[:which], *records[which + 1 :]]])
        deliver(hit, name, [spoiled])
        assert take(others) == 0
        assert take(hit) >= 1
        assert hit.quarantine()
        assert content(others)
        assert content(hit) == content(others)
