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
    suffix: str = "txt"

    def records(self, numbers: Sequence[int], renewed: Sequence[bool]) -> list[Record]:
        """Return the record of each number and, where ``renewed``, a newer version of it too."""
        first = [self.record(number) for number in numbers]
        newer = [self.again(record) for record, new in zip(first, renewed, strict=False) if new] if self.again else []
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


def separated(header: Sequence[str], delimiter: str = ",") -> Callable[[Sequence[Sequence[object]]], str]:
    """Return what makes a file with ``header`` of rows."""

    def file(rows: Sequence[Sequence[object]]) -> str:
        text = io.StringIO()
        csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows([header, *rows])
        return text.getvalue()

    return file


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


def without_time(line: str) -> str:
    return "soon|" + line.partition("|")[2]


FEEDS: dict[str, Feed] = {
    "queue_log": Feed(
        {},
        lambda n: f"{at(n).timestamp():.0f}|{n}.1|sales|NONE|ENTERQUEUE||138001380{n:02}|1",
        lines,
        without_time,
    ),
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
        lambda record: {**record, "status": "resolved", "updated_at": record["updated_at"] + 600},
        suffix="jsonl",
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
        separated(["Shift", "Number", "From", "To"]),
        lambda row: [*row[:3], "late"],
        suffix="csv",
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
        separated(["Id", "Agent", "On", "Greeting"]),
        lambda row: [*row[:3], 99],
        suffix="csv",
    ),
}

each_feed = pytest.mark.parametrize("name", sorted(FEEDS))
law = settings(max_examples=2, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
some_numbers = st.lists(st.integers(0, 40), min_size=3, max_size=9, unique=True)


def desk(root: Path, name: str) -> Desk:
    declared = {"name": SOURCE, "format": name, "site": "here", "max_failed_share": 1, **FEEDS[name].declared}
    return Desk(root, TypeAdapter(Source).validate_python(declared))


def deliver(to: Desk, name: str, pieces: Sequence[Sequence[Record]], first: int = 0) -> None:
    feed = FEEDS[name]
    for number, piece in enumerate(pieces, first):
        to.deliver(f"part_{number}.{feed.suffix}", feed.file(piece), SOURCE)


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
@law
@given(numbers=some_numbers, renewed=st.lists(st.booleans(), min_size=9, max_size=9), seed=st.integers(0, 2**32))
def test_the_lake_does_not_depend_on_how_records_are_delivered(
    name: str, numbers: list[int], renewed: list[bool], seed: int
) -> None:
    draw = random.Random(seed)
    records = FEEDS[name].records(numbers, renewed)
    shuffled = draw.sample(records, len(records))
    cuts = sorted(draw.sample(range(1, len(records)), draw.randrange(min(3, len(records)))))
    pieces = [shuffled[start:end] for start, end in pairwise([0, *cuts, len(records)])]
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
@law
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
