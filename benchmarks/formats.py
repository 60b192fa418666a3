"""What one format costs: one delivered file of any size, against DuckDB turning the same bytes into the same Parquet.

``python -m benchmarks.formats contract_csv contract_jsonl --rows 1000000 --rounds 3``. The floor (``format_floors``)
makes the same rows of the same tables; that they are the same is looked at after the rounds. Of a workbook the floor is
calamine giving the cells of its sheet. Another format joins with an entry in ``FEEDS`` and one in ``FLOORS``.

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

import ingest
from benchmarks.__main__ import Cost, machine
from benchmarks.data import Volume, write_queue_log, write_visits
from benchmarks.exports import write_contacts, write_conversations, write_workbook
from benchmarks.format_floors import FLOORS, SITE, ZONE
from ingest.contract import TABLES
from ingest.formats import Source
from ingest.source import Name, Site

pa.array([""])  # imports pandas, if it is there
_SOURCE = TypeAdapter[Any](Source)


@dataclass(frozen=True)
class Feed:
    """A format to measure: its file for a number of rows, and its source."""

    write: Callable[[Path, int], object]
    declared: dict[str, Any]


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

FEEDS = {
    "contract_csv": Feed(
        lambda folder, rows: write_visits(folder / "tel_interaction.csv", rows),
        {"format": "contract"},
    ),
    "contract_jsonl": Feed(
        lambda folder, rows: write_visits(folder / "tel_interaction.jsonl", rows),
        {"format": "contract"},
    ),
    "queue_log": Feed(
        lambda folder, rows: write_queue_log(folder / "queue_log", Volume(rows // 4, days=10), SITE),
        {"format": "queue_log", "acw_reasons": ["ACW"], "pause_reasons": {"Break": "break", "Lunch": "meal"}},
    ),
    "connect_contacts": Feed(
        lambda folder, rows: write_contacts(folder / "contacts.json", rows // 4),
        {"format": "connect_contacts"},
    ),
    "genesys_conversations": Feed(
        lambda folder, rows: write_conversations(folder / "conversations.json", rows // 10),
        {"format": "genesys_conversations"},
    ),
    "workbook": Feed(
        lambda folder, rows: write_workbook(folder / "calls.xlsx", rows // 10),
        {"format": "spreadsheet", "time_zone": "UTC", "tables": [_CALLS]},
    ),
}
"""Records of other formats are longer than a contract's row, so fewer of them make a file."""


def floor(name: str, landing: Path, out: Path) -> None:
    """Turn the file below ``landing`` into contract tables at the least cost."""
    [file] = [path for path in landing.rglob("*") if path.is_file()]
    FLOORS[name](file, out / "lake")


def ours(name: str, landing: Path, out: Path) -> None:
    """Take the same file; raise ``SystemExit`` when a row was not taken."""
    source = _SOURCE.validate_python({"name": "feed", "site": SITE, **FEEDS[name].declared})
    site = Site(key=SITE, name=Name(en=SITE, zh=SITE), time_zone=ZONE)
    key = ingest.Pseudonyms(b"a key that only benchmarks use")
    lake = ingest.Lake(out / "lake")
    accounts = ingest.take(landing, lake, out / "quarantine", [source], {SITE: site}, key)
    if not accounts or any(account.quarantined or account.state != "taken" for account in accounts):
        raise SystemExit(f"not everything was taken: {accounts[:3]}")


SIDES = {"floor": floor, "ours": ours}

_OWN = ("customer_ref", "data2", "extra", "raw_state", "sequence", "source_record_id")
"""Columns that the sides word each in its own way: pseudonyms, identities, and what only helps to look things up."""


def agree(floors: Path, our: Path) -> None:
    """Raise ``AssertionError`` unless our lake has the rows of the floor's tables; a format may have none."""
    with duckdb.connect() as con:
        for theirs in floors.glob("*") if floors.exists() else ():
            table = TABLES[theirs.name]
            columns = ", ".join(column.name for column in table.columns if column.name not in _OWN)
            # Digests that add up tell rows in any order apart, and need no memory for them.
            rows, held = (
                con.execute(
                    f"select event_date, count(*), sum(hash({columns})::hugeint)"
                    f" from read_parquet('{path}', hive_partitioning = true) group by event_date order by event_date"
                ).fetchall()
                for path in (theirs / "*/*.parquet", our / table.feed / table.name / "*/feed-*.parquet")
            )
            assert rows == held, f"{table.name}: the floor has {rows}, Gaugebook {held}"


def alone(side: str, name: str, landing: str, out: str) -> None:
    """Do one side in this process and print what it cost."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    SIDES[side](name, Path(landing), Path(out))
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
                    shutil.rmtree(out / side, ignore_errors=True)
                    (out / side).mkdir(parents=True)
                    costs[side].append(_measured(side, name, str(landing), str(out / side)))
            agree(out / "floor" / "lake", out / "ours" / "lake")
            for side, of_side in costs.items():
                print(_row(name, side, of_side, costs["floor"]), flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--alone"]:
        alone(*sys.argv[2:])
    else:
        main()
