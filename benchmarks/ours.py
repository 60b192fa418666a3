"""Gaugebook's side of the comparison: one cold process a measurement.

``ingest`` takes what landed, ``build`` also builds the warehouse with dbt and its tests, ``run`` is the whole command a
user types: Dagster, Great Expectations and the pages included.

Run as ``python -m benchmarks.ours ingest|build|run HOME``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import ingest
from orchestration import builds, dbt
from orchestration.centre import load
from orchestration.home import Home


def take(home: Home) -> ingest.Lake:
    """Take the files in landing into the lake; raise ``SystemExit`` when a row was not taken."""
    centre = load(home.centre_file)
    lake = ingest.Lake(home.lake)
    sites = {site.key: site for site in centre.sites}
    accounts = ingest.take(home.landing, lake, home.quarantine, centre.sources, sites, centre.pseudonyms.pseudonyms())
    lost = [account for account in accounts if account.quarantined or account.state != "taken"]
    if lost:
        raise SystemExit(f"not everything was taken: {lost[:3]}")
    ingest.write_reference(
        home.lake,
        sources=centre.sources,
        sites=centre.sites,
        queues=centre.queues,
        teams=centre.teams,
        parameters=centre.parameters,
        targets=centre.targets,
    )
    return lake


def build(home: Home) -> None:
    """Take what landed and build the warehouse; raise ``SystemExit`` when a model or test failed."""
    lake = take(home)
    plan = builds.plan(home, lake)
    ingest.write_arrived(home.lake, lake.arrived())
    done = dbt.build(home, plan.variables(lake), full_refresh=plan.everything)
    if done.failures:
        raise SystemExit("\n".join(f"{failure.name}: {failure.message}" for failure in done.failures))
    builds.record(home, plan)


def main(what: str, root: str) -> None:
    """Do one of the three."""
    home = Home(Path(root)).prepare()
    if what == "ingest":
        take(home)
    elif what == "build":
        build(home)
    else:
        from orchestration.run import run

        run(home)


if __name__ == "__main__":
    main(*sys.argv[1:])
