"""What one format costs: one delivered file of any size, against DuckDB turning the same bytes into the same Parquet.

``python -m benchmarks.formats contract_csv contract_jsonl --rows 1000000 --rounds 3``. The floor reads with a declared
schema and writes zstd Parquet by local date; it checks nothing, digests nothing and makes no pseudonyms. Of a workbook
the floor is calamine giving the cells of its sheet. Another format joins with an entry in ``FEEDS``.

Each measurement is a cold process that measures itself from where its modules are imported, which both sides need.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from pydantic import TypeAdapter
from python_calamine import CalamineWorkbook

import ingest
from benchmarks.__main__ import Cost, machine
from benchmarks.data import SITES, Volume, write_queue_log, write_visits
from benchmarks.exports import write_contacts, write_conversations, write_workbook
from ingest.conform import SQL_TYPES
from ingest.contract import TABLES
from ingest.formats import Source
from ingest.source import Name, Site

SITE = "chengdu"
ZONE = SITES[SITE]
pa.array([""])  # imports pandas, if it is there
_SOURCE = TypeAdapter[Any](Source)


@dataclass(frozen=True)
class Feed:
    """A format to measure: its file for a number of rows, its source, and the least that reading that file can cost."""

    write: Callable[[Path, int], object]
    declared: dict[str, Any]
    floor: Callable[[Path, Path], object]


def _parquet(query: str) -> Callable[[Path, Path], None]:
    """The floor of a query over ``{file}``, of which the instant ``day_of`` decides on a row's partition."""

    def write(file: Path, out: Path) -> None:
        with duckdb.connect(config={"temp_directory": str(out / "spill")}) as con:
            con.execute("set TimeZone = 'UTC'")
            con.execute(
                f"copy (select * exclude (day_of), cast(day_of at time zone '{ZONE}' as date) as event_date"
                f" from ({query.format(file=file)})) to '{out / 'lake'}'"
                " (format parquet, compression zstd, partition_by (event_date))"
            )

    return write


def _cells(file: Path, out: Path) -> None:
    """Let calamine give the cells of the first sheet as Python's values."""
    del out
    with CalamineWorkbook.from_path(file) as book:
        book.get_sheet_by_index(0).to_python()


def _contract(reader: str, options: str) -> Callable[[Path, Path], None]:
    table = TABLES["tel_interaction"]
    columns = ", ".join(
        f"'{c.name}': '{SQL_TYPES[c.type]}'" for c in table.columns if c.name not in ("source_system", "extra")
    )
    return _parquet(
        f"select *, {table.event_time} as day_of from {reader}('{{file}}', columns = {{{{{columns}}}}}, {options})"
    )


def _records(columns: dict[str, str], selected: str) -> Callable[[Path, Path], None]:
    declared = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    return _parquet(
        f"select {selected} from read_json('{{file}}', format = 'newline_delimited', columns = {{{{{declared}}}}})"
    )


_CONTACT = {
    **dict.fromkeys(
        ("ContactId", "Channel", "InitiationMethod", "DisconnectReason", "InitialContactId", "PreviousContactId"),
        "VARCHAR",
    ),
    **dict.fromkeys(("NextContactId", "RelatedContactId"), "VARCHAR"),
    **dict.fromkeys(
        ("InitiationTimestamp", "LastUpdateTimestamp", "ConnectedToSystemTimestamp", "DisconnectTimestamp"),
        "TIMESTAMPTZ",
    ),
    **dict.fromkeys(("TransferCompletedTimestamp", "ScheduledTimestamp"), "TIMESTAMPTZ"),
    "AgentConnectionAttempts": "BIGINT",
    "CustomerEndpoint": 'STRUCT("Address" VARCHAR)',
    "Queue": 'STRUCT("ARN" VARCHAR, "Name" VARCHAR, "EnqueueTimestamp" TIMESTAMPTZ, "DequeueTimestamp" TIMESTAMPTZ,'
    ' "Duration" BIGINT)',
    "Agent": 'STRUCT("ARN" VARCHAR, "Username" VARCHAR, "ConnectedToAgentTimestamp" TIMESTAMPTZ,'
    ' "AgentInteractionDuration" BIGINT, "CustomerHoldDuration" BIGINT, "LongestHoldDuration" BIGINT,'
    ' "NumberOfHolds" BIGINT, "AfterContactWorkDuration" BIGINT, "AfterContactWorkEndTimestamp" TIMESTAMPTZ,'
    ' "RoutingProfile" STRUCT("Name" VARCHAR))',
    "ChatMetrics": 'STRUCT("ChatContactMetrics" STRUCT("AgentFirstResponseTimestamp" TIMESTAMPTZ),'
    ' "CustomerMetrics" STRUCT("LastMessageTimestamp" TIMESTAMPTZ, "MessagesSent" BIGINT),'
    ' "AgentMetrics" STRUCT("MessagesSent" BIGINT))',
}

_SEGMENT = (
    'STRUCT("segmentType" VARCHAR, "segmentStart" TIMESTAMPTZ, "segmentEnd" TIMESTAMPTZ, "queueId" VARCHAR,'
    ' "wrapUpCode" VARCHAR, "disconnectType" VARCHAR)'
)
_SESSION = (
    'STRUCT("sessionId" VARCHAR, "mediaType" VARCHAR, "direction" VARCHAR, "ani" VARCHAR, "dnis" VARCHAR,'
    f' "segments" {_SEGMENT}[], "metrics" STRUCT("name" VARCHAR, "value" DOUBLE, "emitDate" TIMESTAMPTZ)[])'
)
_CONVERSATION = {
    "conversationId": "VARCHAR",
    "conversationStart": "TIMESTAMPTZ",
    "conversationEnd": "TIMESTAMPTZ",
    "originatingDirection": "VARCHAR",
    "participants": f'STRUCT("purpose" VARCHAR, "userId" VARCHAR, "sessions" {_SESSION}[])[]',
}

_CALLS = {
    "table": "tel_interaction",
    "files": "calls*",
    "columns": {
        "interaction_id": "Call ID",
        "visit_seq": {"value": 1},
        "channel": {"value": "voice"},
        "direction": {"value": "inbound"},
        "queue_key": "Queue",
        "agent_key": "Agent",
        "customer_ref": "Caller",
        "started_at": {"same_as": "queued_at"},
        "queued_at": "Queued",
        "answered_at": "Answered",
        "ended_at": "Ended",
        "wait_ms": {"column": "Wait", "unit": "s"},
        "talk_ms": {"column": "Talk", "unit": "s"},
        "acw_ms": {"column": "Wrap-up", "unit": "s"},
        "outcome": {"column": "Result", "values": {"Handled": "answered", "Lost": "abandoned"}},
        "is_open": {"value": False},
    },
}

_LOG = ", ".join(f"'{name}': 'VARCHAR'" for name in ("call", "queue", "agent", "event", "d1", "d2", "d3", "d4", "d5"))

FEEDS = {
    "contract_csv": Feed(
        lambda folder, rows: write_visits(folder / "tel_interaction.csv", rows),
        {"format": "contract"},
        _contract("read_csv", "header = true, auto_detect = false"),
    ),
    "contract_jsonl": Feed(
        lambda folder, rows: write_visits(folder / "tel_interaction.jsonl", rows),
        {"format": "contract"},
        _contract("read_json", "format = 'newline_delimited'"),
    ),
    "queue_log": Feed(
        lambda folder, rows: write_queue_log(folder / "queue_log", Volume(rows // 4, days=10), SITE),
        {"format": "queue_log"},
        _parquet(
            f"select *, to_timestamp(second) as day_of from read_csv('{{file}}',"
            f" columns = {{{{'second': 'BIGINT', {_LOG}}}}}, delim = '|', quote = '', escape = '', header = false,"
            " null_padding = true, auto_detect = false)"
        ),
    ),
    "connect_contacts": Feed(
        lambda folder, rows: write_contacts(folder / "contacts.json", rows // 4),
        {"format": "connect_contacts"},
        _records(
            _CONTACT,
            "* exclude (CustomerEndpoint, Queue, Agent, ChatMetrics), CustomerEndpoint.Address, unnest(Queue),"
            " unnest(Agent), unnest(ChatMetrics, recursive := true), InitiationTimestamp as day_of",
        ),
    ),
    "genesys_conversations": Feed(
        lambda folder, rows: write_conversations(folder / "conversations.json", rows // 10),
        {"format": "genesys_conversations"},
        _records(_CONVERSATION, "*, conversationStart as day_of"),
    ),
    "workbook": Feed(
        lambda folder, rows: write_workbook(folder / "calls.xlsx", rows // 10),
        {"format": "spreadsheet", "time_zone": "UTC", "tables": [_CALLS]},
        _cells,
    ),
}
"""Of a queue log the floor writes the events and of conversations their sessions as they lie; Gaugebook derives visits,
offers and states from both. Records of other formats are longer, so fewer of them make a file."""


def floor(feed: Feed, landing: Path, out: Path) -> None:
    """Read the file below ``landing`` at the least cost."""
    [file] = [path for path in landing.rglob("*") if path.is_file()]
    feed.floor(file, out)


def ours(feed: Feed, landing: Path, out: Path) -> None:
    """Take the same file; raise ``SystemExit`` when a row was not taken."""
    source = _SOURCE.validate_python({"name": "feed", "site": SITE, **feed.declared})
    site = Site(key=SITE, name=Name(en=SITE, zh=SITE), time_zone=ZONE)
    key = ingest.Pseudonyms(b"a key that only benchmarks use")
    lake = ingest.Lake(out / "lake")
    accounts = ingest.take(landing, lake, out / "quarantine", [source], {SITE: site}, key)
    if not accounts or any(account.quarantined or account.state != "taken" for account in accounts):
        raise SystemExit(f"not everything was taken: {accounts[:3]}")


SIDES = {"floor": floor, "ours": ours}


def alone(side: str, name: str, landing: str, out: str) -> None:
    """Do one side in this process and print what it cost."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    SIDES[side](FEEDS[name], Path(landing), Path(out))
    after = resource.getrusage(resource.RUSAGE_SELF)
    cost = Cost(time.perf_counter() - began, after.ru_utime - before.ru_utime, after.ru_maxrss / 1024)
    print(json.dumps(asdict(cost)))


def _measured(*of: str) -> Cost:
    command = [sys.executable, "-m", "benchmarks.formats", "--alone", *of]
    return Cost(**json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))


def _row(name: str, side: str, costs: list[Cost], against: list[Cost]) -> str:
    def median(of: list[Cost], what: str) -> float:
        return statistics.median(getattr(cost, what) for cost in of)

    wall, user = (median(costs, what) / median(against, what) for what in ("wall", "user"))
    return (
        f"| {name} | {side} | {median(costs, 'wall'):.2f} | {median(costs, 'user'):.2f} "
        f"| {median(costs, 'peak_mb'):.0f} | {wall:.2f} | {user:.2f} |"
    )


def main() -> None:
    """Measure the formats asked for, both sides in cold processes that take turns in going first."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.formats", description=__doc__)
    parser.add_argument("formats", nargs="*", help=f"of {', '.join(FEEDS)}; all when none is named")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    if unknown := set(asked.formats) - set(FEEDS):
        parser.error(f"there is no format {', '.join(sorted(unknown))}; there are {', '.join(FEEDS)}")
    print(machine())
    print("| format | side | wall s | user s | peak MB | wall ratio | user ratio |\n|---|---|---|---|---|---|---|")
    for name in asked.formats or FEEDS:
        with tempfile.TemporaryDirectory(prefix="gaugebook-bench-") as folder:
            landing, out = Path(folder, "landing"), Path(folder, "out")
            (landing / "feed").mkdir(parents=True)
            FEEDS[name].write(landing / "feed", asked.rows)
            costs: dict[str, list[Cost]] = {side: [] for side in SIDES}
            for number in range(asked.rounds):
                for side in SIDES if number % 2 == 0 else reversed(SIDES):
                    shutil.rmtree(out, ignore_errors=True)
                    out.mkdir()
                    costs[side].append(_measured(side, name, str(landing), str(out)))
            for side, of_side in costs.items():
                print(_row(name, side, of_side, costs["floor"]), flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--alone"]:
        alone(*sys.argv[2:])
    else:
        main()
