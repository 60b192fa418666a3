"""Names in the data that nothing declares: agents HR does not know, queues, teams and reasons centre.yml does not name.

Rows with such names load all the same: an agent counts as ``unresolved:<source>:<name>``, a queue or team under the
name its source gives it, and a reason under none. Where no reason is declared, labels are not asked what they mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

from ingest import Lake, identity
from ingest.contract import CONTACT_REASON
from orchestration.centre import Centre
from orchestration.home import Home


@dataclass(frozen=True)
class Unknown:
    """A name that nothing declares: first and last day with rows, and the line that would declare it.

    ``line`` belongs into a file of aliases (columns ``alias_system``, ``alias_value``, ``employee_key``,
    ``valid_from``, ``valid_to``) for an agent, into centre.yml for a queue, team or reason.
    """

    what: str
    source: str
    name: str
    first: date
    last: date
    rows: int
    line: str


def unresolved(home: Home, centre: Centre) -> list[Unknown]:
    """Return agents, queues, teams and reasons that nothing declares, of each kind those with most rows first."""
    lake = Lake(home.lake)
    sources = [source.name for source in centre.sources]
    with duckdb.connect() as con:
        agents = identity.unresolved(con, lake, sources)
        queues = identity.seen(con, lake, sources, "queue_key")
        teams = identity.seen(con, lake, sources, "team_key")
        reasons = identity.seen(con, lake, sources, CONTACT_REASON.name) if centre.reasons else []
    found = [
        Unknown("agent", a.source, a.name, a.first, a.last, a.rows, f"{a.source},{_cell(a.name)},?,{a.first},")
        for a in agents
    ]
    for what, seen, declared in (
        ("queue", queues, centre.queues),
        ("team", teams, centre.teams),
        ("reason", reasons, centre.reasons),
    ):
        known = {each.key for each in declared}
        known |= {(alias.source, alias.name) for each in declared for alias in each.aliases}
        for each in seen:
            if not {each.name, (each.source, each.name), (None, each.name)} & known:
                line = f'- {{key: "{each.name}", name: {{en: ?, zh: ?}}}}'
                found.append(Unknown(what, each.source, each.name, each.first, each.last, each.rows, line))
    return found


def _cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\r\n') else text
