"""What leaves the warehouse: PostgreSQL, boards and pages, each by one call of ``serving``.

Shared by the Dagster assets and the command line. Which periods PostgreSQL lacks is asked of the build ledger.
"""

from __future__ import annotations

import json
import logging
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from orchestration import dbt
from orchestration.builds import Ledger
from orchestration.centre import Centre, CentreError
from orchestration.home import Home

if TYPE_CHECKING:
    from serving.dictionary.entries import Reads
    from serving.metabase.apply import Applied
    from serving.metabase.plan import Plan

PUBLISHED = ("dim_indicators", "dim_members", "dim_dates", "indicator_values", "board_indicator_values")
"""Models that Metabase finds in the schema it reads."""

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


def write_pages(
    home: Home, centre: Centre, day: date | None = None, period: Literal["day", "week"] = "day"
) -> list[Path]:
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
        dictionary.write(home.warehouse, home.site, name, lambda: lineage(home), ledger.whole),
        site.write(home.site, centre_name=name),
    ]


def lineage(home: Home) -> dict[str, Reads]:
    """Return what each indicator reads, and keep dbt's page of the project beside the other pages.

    Both follow from the project's SQL, and take seconds: they are made anew when the project has changed.
    """
    from serving import pages

    kept, page = home.dbt / "lineage.json", home.site / pages.DBT_DOCS
    project = dbt.project_fingerprint()
    if kept.exists() and page.exists() and (known := json.loads(kept.read_text()))["project"] == project:
        return known["reads"]
    from serving.dictionary.lineage import trace

    documentation, manifest = dbt.document(home)
    pages.keep(page, documentation)
    reads = trace(manifest, "duckdb")
    kept.write_text(json.dumps({"project": project, "reads": reads}))
    return reads


def plan_boards(home: Home, centre: Centre) -> Plan:
    """Return what the Metabase server lacks of the boards, or holds otherwise.

    Raises:
        CentreError: centre.yml names no Metabase, or no PostgreSQL for it to read.
        serving.metabase.client.MetabaseError: the server cannot be asked.
    """
    from serving.metabase.client import Metabase
    from serving.metabase.plan import plan
    from serving.metabase.spec import read_manifest

    metabase, postgres = centre.metabase, centre.postgres
    if metabase is None or postgres is None:
        raise CentreError(f"{home.centre_file} needs a `metabase:` section, and a `postgres:` one that it reads from")
    client = Metabase(metabase.url, metabase.api_key())
    client.wait_until_ready()
    manifest = json.loads(dbt.manifest(home).read_text(encoding="utf-8"))
    return plan(
        client,
        read_manifest(manifest, PUBLISHED),
        database=metabase.database,
        state=home.boards_state,
        readers=metabase.readers,
    )


def apply_boards(home: Home, centre: Centre, *, overwrite: bool = False, prune: bool = False) -> Applied:
    """Make the Metabase server hold the boards; raises as ``plan_boards``.

    ``overwrite`` also undoes what somebody changed by hand, ``prune`` archives what is no longer wanted.
    """
    from serving.metabase.apply import apply
    from serving.metabase.client import Metabase

    planned = plan_boards(home, centre)
    assert centre.metabase is not None  # plan_boards has refused otherwise
    _progress("applying the boards")
    client = Metabase(centre.metabase.url, centre.metabase.api_key())
    return apply(client, planned, overwrite=overwrite, prune=prune)


def _built(home: Home) -> Ledger:
    ledger = Ledger.read(home)
    if ledger.as_of is None:
        raise CentreError(f"{home.root} holds no indicator yet: `gaugebook run` first")
    return ledger
