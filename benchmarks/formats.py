"""What one format costs: one delivered file of any size, against DuckDB turning the same bytes into the same Parquet.

``python -m benchmarks.formats contract_csv contract_jsonl --rows 1000000 --rounds 3``. The floor reads with a declared
schema and writes zstd Parquet by local date; it checks nothing, digests nothing and makes no pseudonyms. Another format
joins with an entry in ``FEEDS``.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from pydantic import TypeAdapter

import ingest
from benchmarks.__main__ import Cost, machine, measured
from benchmarks.data import SITES, Volume, write_queue_log, write_visits
from ingest.conform import SQL_TYPES
from ingest.contract import TABLES
from ingest.formats import Source
from ingest.source import Name, Site

SITE = "chengdu"
ZONE = SITES[SITE]


@dataclass(frozen=True)
class Feed:
    """A format to measure: its file for a number of rows, its source, and the floor's reading of that file in SQL.

    The floor's rows have an instant ``day_of``, which decides on their partition.
    """

    write: Callable[[Path, int], object]
    declared: dict[str, Any]
    floor: Callable[[Path], str]


def _contract(reader: str, options: str) -> Callable[[Path], str]:
    table = TABLES["tel_interaction"]
    columns = ", ".join(
        f"'{c.name}': '{SQL_TYPES[c.type]}'" for c in table.columns if c.name not in ("source_system", "extra")
    )
    return lambda file: (
        f"select *, {table.event_time} as day_of from {reader}('{file}', columns = {{{columns}}}, {options})"
    )


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
        lambda file: (
            f"select *, to_timestamp(second) as day_of from read_csv('{file}',"
            f" columns = {{'second': 'BIGINT', {_LOG}}}, delim = '|', quote = '', escape = '', header = false,"
            " null_padding = true, auto_detect = false)"
        ),
    ),
}
"""Of a queue log the floor only writes the events; Gaugebook also derives visits, offers and states from them."""


def floor(feed: Feed, landing: Path, out: Path) -> None:
    """Turn the file below ``landing`` into Parquet by local date with bare DuckDB."""
    [file] = [path for path in landing.rglob("*") if path.is_file()]
    with duckdb.connect(config={"temp_directory": str(out / "spill")}) as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute(
            f"copy (select * exclude (day_of), cast(day_of at time zone '{ZONE}' as date) as event_date"
            f" from ({feed.floor(file)})) to '{out / 'lake'}'"
            " (format parquet, compression zstd, partition_by (event_date))"
        )


def ours(feed: Feed, landing: Path, out: Path) -> None:
    """Take the same file; raise ``SystemExit`` when a row was not taken."""
    source = TypeAdapter(Source).validate_python({"name": "feed", "site": SITE, **feed.declared})
    site = Site(key=SITE, name=Name(en=SITE, zh=SITE), time_zone=ZONE)
    key = ingest.Pseudonyms(b"a key that only benchmarks use")
    lake = ingest.Lake(out / "lake")
    accounts = ingest.take(landing, lake, out / "quarantine", [source], {SITE: site}, key)
    if not accounts or any(account.quarantined or account.state != "taken" for account in accounts):
        raise SystemExit(f"not everything was taken: {accounts[:3]}")


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
            costs: dict[str, list[Cost]] = {"floor": [], "ours": []}
            for number in range(asked.rounds):
                for side in ("floor", "ours") if number % 2 == 0 else ("ours", "floor"):
                    shutil.rmtree(out, ignore_errors=True)
                    out.mkdir()
                    costs[side].append(measured("benchmarks.formats", f"--{side}", name, str(landing), str(out)))
            for side, of_side in costs.items():
                print(_row(name, side, of_side, costs["floor"]), flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] in (["--floor"], ["--ours"]):
        side, name, landing, out = sys.argv[1:]
        {"--floor": floor, "--ours": ours}[side](FEEDS[name], Path(landing), Path(out))
    else:
        main()
