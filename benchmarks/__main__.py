"""The comparisons: interleaved rounds of Gaugebook and of the floor, each in a cold process, and one table of ratios.

``python -m benchmarks ingest build day --contacts 100000 --rounds 3``; docs/benchmarks.md says how to read the table.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from benchmarks.data import Volume, centre, write

FLOOR, OURS = "floor", "gaugebook"

FLOOR_INDICATORS = 25
"""How many indicators of the dictionary the floor computes, by hand-written SQL."""

COMPARISONS = {"ingest": "files to Parquet", "build": "files to indicators", "day": "one more day to indicators"}


@dataclass(frozen=True)
class Cost:
    """What one process took: seconds of wall and of user CPU, and its peak of resident memory in MB."""

    wall: float
    user: float
    peak_mb: float


def measured(*command: str) -> Cost:
    """Run ``python -m command`` cold and return its cost; raise ``RuntimeError`` when it fails."""
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen([sys.executable, "-m", *command], stdout=said, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        if status:
            said.seek(0)
            raise RuntimeError(f"{' '.join(command)} failed:\n{said.read()[-4000:]}")
    process.returncode = 0
    return Cost(wall, usage.ru_utime, usage.ru_maxrss / 1024)


class Bench:
    """A working folder with the data of one volume, and the rounds run on it."""

    def __init__(self, folder: Path, volume: Volume):
        self.folder = folder
        self.volume = volume
        self.landing = folder / "landing"
        write(self.landing, volume)

    def rounds(self, what: str, count: int) -> dict[str, list[Cost]]:
        """Run ``count`` interleaved rounds of a comparison; both sides take turns in going first."""
        costs: dict[str, list[Cost]] = {FLOOR: [], OURS: []}
        prepare = self._day if what == "day" else self._fresh
        for number, commands in zip(range(count), prepare(what), strict=False):
            for side in (FLOOR, OURS) if number % 2 == 0 else (OURS, FLOOR):
                costs[side].append(measured(*commands[side]))
            if what != "ingest":
                self.agree(self.folder / FLOOR, self.folder / OURS)
        return costs

    def agree(self, floor: Path, ours: Path) -> None:
        """Raise ``AssertionError`` unless ours has the same rows of the floor's indicators, levels and grains."""
        with duckdb.connect() as con:
            con.execute(f"attach '{floor / 'floor.duckdb'}' as theirs (read_only)")
            con.execute(f"attach '{ours / 'warehouse.duckdb'}' as ours (read_only)")
            [schema] = con.execute(
                "select schema_name from duckdb_tables() "
                "where database_name = 'ours' and table_name = 'indicator_values'"
            ).fetchone() or ("",)
            differing = con.execute(
                f"""
                select indicator, count(*), min((grain, period_start, level, member, f.numerator, o.numerator))
                from theirs.indicator_values as f
                full join (
                    select * from ours.{schema}.indicator_values
                    where indicator in (select indicator from theirs.indicator_values)
                        and level in (select level from theirs.indicator_values)
                        and grain in (select grain from theirs.indicator_values)
                ) as o using (indicator, grain, period_start, level, member)
                where o.status is null or (o.status <> 'no_traffic' and f.indicator is null)
                    or abs(coalesce(f.numerator, 0) - coalesce(o.numerator, 0)) > 1e-6
                    or abs(coalesce(f.denominator, 0) - coalesce(o.denominator, 0)) > 1e-6
                    or (o.status in ('final', 'provisional') and coalesce(abs(f.value - o.value) > 1e-6, true))
                group by indicator order by indicator
                """
            ).fetchall()
            [told] = con.execute("select count(distinct indicator) from theirs.indicator_values").fetchone() or (0,)
        if told != FLOOR_INDICATORS:
            raise AssertionError(f"the floor computed {told} indicators")
        if differing:
            raise AssertionError(f"the floor and Gaugebook disagree (rows, first of them): {differing}")

    def _home(self, landing: Path) -> Path:
        home = self.folder / OURS
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        (home / "centre.yml").write_text(centre(self.volume), encoding="utf-8")
        (home / "landing").symlink_to(landing)
        return home

    def _fresh(self, what: str) -> Iterator[dict[str, list[str]]]:
        while True:
            shutil.rmtree(self.folder / FLOOR, ignore_errors=True)
            home = self._home(self.landing)
            yield {
                FLOOR: ["benchmarks.floor", what, str(self.landing), str(self.folder / FLOOR)],
                OURS: ["benchmarks.ours", what, str(home)],
            }

    def _day(self, _: str) -> Iterator[dict[str, list[str]]]:
        """Build all days but the last once, and restore that state before each round."""
        last = self.volume.dates[-1]
        before, kept = self.folder / "before", self.folder / "kept"
        shutil.rmtree(before, ignore_errors=True)
        shutil.copytree(
            self.landing, before, ignore=shutil.ignore_patterns(f"*{last}*", f"*{last:%Y%m%d}*"), copy_function=os.link
        )
        shutil.rmtree(self.folder / FLOOR, ignore_errors=True)
        home = self._home(before)
        measured("benchmarks.floor", "build", str(before), str(self.folder / FLOOR))
        measured("benchmarks.ours", "build", str(home))
        (home / "landing").unlink()
        (home / "landing").symlink_to(self.landing)
        for side in (FLOOR, OURS):
            shutil.rmtree(kept / side, ignore_errors=True)
            shutil.copytree(self.folder / side, kept / side, symlinks=True)
        while True:
            for side in (FLOOR, OURS):
                shutil.rmtree(self.folder / side)
                shutil.copytree(kept / side, self.folder / side, symlinks=True)
            yield {
                FLOOR: ["benchmarks.floor", "day", str(self.landing), str(self.folder / FLOOR), str(last)],
                OURS: ["benchmarks.ours", "build", str(home)],
            }


def lake_rows(folder: Path) -> int:
    """Rows of all contract tables that the floor landed."""
    with duckdb.connect() as con:
        [rows] = con.execute(
            f"select sum(num_rows) from parquet_file_metadata('{folder / FLOOR}/*/*/*.parquet')"
        ).fetchone() or (0,)
    return int(rows)


def machine() -> str:
    """What the figures were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, DuckDB {duckdb.__version__}"
    )


HEADER = """\
| comparison | side | wall s | user s | peak MB | wall ratio | user ratio |
| --- | --- | --- | --- | --- | --- | --- |"""


def report(what: str, costs: dict[str, list[Cost]]) -> str:
    """Return the medians of a comparison and their ratios as rows of a Markdown table."""
    medians = {
        side: {name: statistics.median(asdict(cost)[name] for cost in of_side) for name in ("wall", "user", "peak_mb")}
        for side, of_side in costs.items()
    }
    floor = medians[FLOOR]
    return "\n".join(
        f"| {what}: {COMPARISONS[what]} | {side} "
        f"| {median['wall']:.2f} | {median['user']:.2f} | {median['peak_mb']:.0f} "
        f"| {median['wall'] / floor['wall']:.2f} | {median['user'] / floor['user']:.2f} |"
        for side, median in medians.items()
    )


def main() -> None:
    """Run the comparisons asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("comparisons", nargs="*", help=f"of {', '.join(COMPARISONS)}; all when none is named")
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="also write every measurement to this file")
    asked = parser.parse_args()
    if unknown := set(asked.comparisons) - set(COMPARISONS):
        parser.error(f"there is no comparison {', '.join(sorted(unknown))}; there are {', '.join(COMPARISONS)}")
    results: dict[str, dict[str, list[Cost]]] = {}
    with tempfile.TemporaryDirectory(prefix="gaugebook-bench-") as folder:
        bench = Bench(Path(folder), Volume(asked.contacts, asked.days))
        files = [file for file in bench.landing.rglob("*") if file.is_file()]
        size = sum(file.stat().st_size for file in files) / 1e6
        print(f"{asked.contacts:,} contacts, {asked.days} days, {len(files)} files, {size:,.0f} MB · {machine()}")
        print(HEADER, flush=True)
        for what in asked.comparisons or COMPARISONS:
            results[what] = bench.rounds(what, asked.rounds)
            print(report(what, results[what]), flush=True)
        print(f"{lake_rows(bench.folder):,} rows in the lake")
    if asked.json:
        rounds = {
            what: {side: [asdict(c) for c in cs] for side, cs in costs.items()} for what, costs in results.items()
        }
        asked.json.write_text(json.dumps(rounds, indent=1))


if __name__ == "__main__":
    main()
