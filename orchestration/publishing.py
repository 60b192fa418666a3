"""What leaves the warehouse: PostgreSQL, boards and pages, each by one call of ``serving``.

Shared by the Dagster assets and the command line. Which periods PostgreSQL lacks is asked of the build ledger.
"""

from __future__ import annotations

import logging
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.builds import Ledger
from orchestration.centre import Centre, CentreError
from orchestration.home import Home

if TYPE_CHECKING:
    from serving.metabase.apply import Applied
    from serving.metabase.plan import Plan

_progress = logging.getLogger("gaugebook").info


def publish(home: Home, centre: Centre) -> dict[str, int]:
    """Publish what PostgreSQL does not hold yet; return the rows written by table.

    Raises:
        CentreError: centre.yml names no PostgreSQL, or nothing has been built.
        serving.ServingError: the server refused; nothing was changed there.
    """
    from serving.publish import publish as publish_warehouse
    from serving.publish import published_through

    if centre.postgres is None:
        raise CentreError(f"{home.centre_file} names no PostgreSQL: add a `postgres:` section")
    ledger = _built(home)
    _progress("publishing to PostgreSQL")
    days = ledger.days_since(published_through(centre.postgres))
    return dict(publish_warehouse(home.warehouse, centre.postgres, days, ledger.number).rows)


def write_pages(home: Home, centre: Centre, day: date | None = None, period: str = "day") -> list[Path]:
    """Write the brief of ``day`` (the newest by default), the dictionary page and the index; return their paths.

    Raises:
        CentreError: nothing has been built.
    """
    from serving import brief, dictionary, site

    ledger = _built(home)
    wanted = day or date.fromisoformat(ledger.as_of or "")
    name = centre.centre.name.model_dump()
    _progress(f"writing the brief of {wanted} and the dictionary page")
    return [
        *brief.write(home.warehouse, home.site, wanted, period=period, centre_name=name),
        dictionary.write(home.warehouse, home.site, centre_name=name),
        site.write(home.site, centre_name=name),
    ]


def plan_boards(home: Home, centre: Centre) -> Plan:
    """Return what the Metabase server lacks of the boards, or holds otherwise."""
    from serving.metabase.plan import plan

    return plan(*_boards(home, centre))


def apply_boards(home: Home, centre: Centre) -> Applied:
    """Make the Metabase server hold the boards."""
    from serving.metabase.apply import apply

    _progress("applying the boards")
    return apply(plan_boards(home, centre))


def _built(home: Home) -> Ledger:
    ledger = Ledger.read(home)
    if ledger.as_of is None:
        raise CentreError(f"{home.root} holds no indicator yet: `gaugebook run` first")
    return ledger
