"""Command line of the simulator: ``python -m simulator --out DIR --truth FILE``."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

from simulator.generation import generate


def main() -> None:
    """Read the arguments and generate."""
    parser = argparse.ArgumentParser(prog="python -m simulator", description="Simulate a contact centre's files.")
    parser.add_argument("--out", type=Path, required=True, help="landing folder that receives the files")
    parser.add_argument("--truth", type=Path, required=True, help="JSON file for the incidents, outside --out")
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--contacts-per-day", type=int, default=2000)
    parser.add_argument("--agents", type=int, default=60, help="one for every 33 contacts a day is usual")
    parser.add_argument("--seed", type=int, default=20260831)
    parser.add_argument("--start", type=date.fromisoformat, default=date(2026, 8, 31), help="first day, a date")
    given = parser.parse_args()
    generate(
        given.out,
        given.truth,
        days=given.days,
        contacts_per_day=given.contacts_per_day,
        agents=given.agents,
        seed=given.seed,
        start=given.start,
        progress=lambda line: print(line, file=sys.stderr),
    )


if __name__ == "__main__":
    main()
