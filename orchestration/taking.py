"""The door of a run: deliveries into the lake, and the reference tables of centre.yml beside them.

Shared by the Dagster asset and the command line; what a file means is known by ``ingest``.
"""

from __future__ import annotations

import logging
from pathlib import Path

import ingest
from ingest import Account, Lake
from orchestration.centre import Centre
from orchestration.home import Home

_progress = logging.getLogger("gaugebook").info


def landing_of(home: Home, centre: Centre) -> Path | str:
    """Return where files land: the location centre.yml declares, relative to the home, or the home's own folder."""
    if centre.landing is None:
        return home.landing
    return centre.landing if "://" in centre.landing else home.root / centre.landing


def take_deliveries(home: Home, centre: Centre) -> list[Account]:
    """Take everything new in landing into the lake and renew the reference tables."""
    with home.writing():
        accounts = ingest.take(
            landing_of(home, centre),
            Lake(home.lake),
            home.quarantine,
            centre.sources,
            {site.key: site for site in centre.sites},
            centre.pseudonyms.pseudonyms(),
            progress=_progress,
            redaction=centre.redact,
        )
        _write_reference(home, centre)
    return accounts


def settle(home: Home, centre: Centre) -> bool:
    """Renew the reference tables and clean the lake when landing holds nothing to take; return whether it held nothing.

    Tells in a blink what would otherwise cost the start of Dagster.
    """
    lake = Lake(home.lake)
    sites = {site.key: site for site in centre.sites}
    if ingest.has_news(landing_of(home, centre), lake, centre.sources, sites, centre.redact):
        return False
    with home.writing():
        lake.sweep()
        _write_reference(home, centre)
    return True


def _write_reference(home: Home, centre: Centre) -> None:
    ingest.write_reference(
        home.lake,
        sources=centre.sources,
        sites=centre.sites,
        queues=centre.queues,
        clients=centre.clients,
        teams=centre.teams,
        reasons=centre.reasons,
        parameters=centre.parameters,
        targets=centre.targets,
    )
