"""Carry a plan out on a Metabase server, step by step, reading every write back.

Each step is on disk in the state file before the next begins, so a run that ends anywhere is continued by the next
plan. What has to be written is decided in ``plan``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from serving.metabase.client import Metabase, MetabaseError
from serving.metabase.content import Document, Item, Ref
from serving.metabase.plan import Difference, Orphan, Plan, Step, differences
from serving.metabase.remote import ENDPOINTS, SCHEMA, Remote, comparable, document, marked, resolve
from serving.metabase.state import Written, digest

_SYNC_SECONDS = 300.0
_SYNC_STEP = 1.0


class NotStoredError(MetabaseError):
    """The server said yes and holds something else. Seen with queries it could not read, and undeclared keys."""


@dataclass
class Applied:
    """What was done. ``left`` are steps that would have undone somebody's edit."""

    written: list[Item] = field(default_factory=list)
    archived: list[Orphan] = field(default_factory=list)
    left: list[Step] = field(default_factory=list)

    def render(self) -> str:
        """Return one line a thing."""
        return "\n".join(
            [
                *(f"wrote {item.kind} {item.name}" for item in self.written),
                *(f"archived {orphan.kind} {orphan.name}" for orphan in self.archived),
                *(f"left {step.item.kind} {step.item.name}, which was changed by hand" for step in self.left),
                f"{len(self.written)} written, {len(self.archived)} archived, {len(self.left)} left",
            ]
        )


def apply(
    client: Metabase,
    plan: Plan,
    *,
    overwrite: bool = False,
    prune: bool = False,
    pause: Callable[[float], None] = time.sleep,
) -> Applied:
    """Carry out a plan.

    Args:
        client: The server that was planned for.
        plan: What to do.
        overwrite: Also undo what somebody changed by hand; otherwise such things are left as they are.
        prune: Also archive what is no longer wanted, and delete terms that are.
        pause: How to wait for the server to read the tables; tests pass their own.

    Raises:
        NotStoredError: the server accepted a write and holds something else.
        MetabaseError: the server refused; what was written before stays, and is known to the state file.
    """
    return _Writer(client, plan, pause).run(overwrite, prune)


class _Writer:
    def __init__(self, client: Metabase, plan: Plan, pause: Callable[[float], None]) -> None:
        self._client = client
        self._plan = plan
        self._pause = pause
        self._state = plan.state
        self._ids = dict(plan.ids)
        self._done = Applied()

    def run(self, overwrite: bool, prune: bool) -> Applied:
        for step in self._plan.steps:
            if step.by_hand and not overwrite:
                self._done.left.append(step)
                continue
            self._take(step)
            self._done.written.append(step.item)
        if prune:
            self._prune()
        return self._done

    def _take(self, step: Step) -> None:
        match step.item.kind:
            case "database" if step.action == "create":
                self._connect()
            case "database":
                self._synchronise()
            case "table" | "field":
                self._describe(step.item)
            case "group":
                self._create_group(step.item)
            case "collection_access":
                self._give_collections(step.item)
            case "data_access":
                self._give_data(step.item)
            case "glossary":
                self._write_term(step)
            case "dashboard":
                self._write_dashboard(step.item)
            case _:
                self._write(step)

    def _wanted(self, item: Item) -> Document:
        """Return a document with ids in every place."""
        wanted = resolve(item.document, self._ids)
        missing = sorted(f"{ref.kind} {ref.key}" for ref in _references(wanted))
        if missing:
            raise MetabaseError(
                f"{item.kind} {item.name} needs what is not on {self._plan.server}: {', '.join(missing)}"
            )
        return wanted

    def _check(self, item: Item, wanted: Document, stored: Document) -> None:
        """Remember a thing as written, once the server is known to hold it."""
        want, have = comparable(item.kind, wanted), comparable(item.kind, stored)
        wrong = list(differences(have, want))
        if wrong:
            raise NotStoredError(f"{item.kind} {item.name} was accepted and not stored: {_first(wrong)}")
        self._state.put(item.kind, item.key, Written(self._ids[Ref(item.kind, item.key)], digest(want), item.name))

    # Collections, questions, dashboards, terms

    def _write(self, step: Step) -> None:
        item, wanted = step.item, self._wanted(step.item)
        endpoint = ENDPOINTS[item.kind]
        if step.id is None:
            # A POST knows no `archived`: what is born is not archived.
            body = {key: value for key, value in wanted.items() if key != "archived"}
            self._born(item, self._client.post(endpoint, body)["id"])
        else:
            self._client.put(f"{endpoint}/{step.id}", wanted)
        self._check(item, wanted, self._read(item))

    def _read(self, item: Item) -> Document:
        return document(item.kind, self._client.get(f"{ENDPOINTS[item.kind]}/{self._ids[Ref(item.kind, item.key)]}"))

    def _born(self, item: Item, id: int) -> None:
        """Remember an id before anything else can go wrong; without a digest, its writing is unfinished."""
        self._ids[Ref(item.kind, item.key)] = id
        self._state.put(item.kind, item.key, Written(id, "", item.name))

    def _write_dashboard(self, item: Item) -> None:
        self._bear_dashboards()
        wanted = self._wanted(item)
        path = f"{ENDPOINTS['dashboard']}/{self._ids[Ref('dashboard', item.key)]}"
        self._client.put(path, _body(wanted, self._client.get(path)))
        self._check(item, wanted, self._read(item))

    def _bear_dashboards(self) -> None:
        """Create all new dashboards empty: they link to each other, and one is born without its cards anyway."""
        for step in self._plan.steps:
            item = step.item
            if item.kind == "dashboard" and Ref("dashboard", item.key) not in self._ids:
                shell = {key: item.document[key] for key in ("name", "description", "collection_id")}
                self._born(item, self._client.post(ENDPOINTS["dashboard"], resolve(shell, self._ids))["id"])

    def _write_term(self, step: Step) -> None:
        item = step.item
        if step.id is None:
            stored = self._client.post("/api/glossary", item.document)
            self._born(item, stored["id"])
        else:
            stored = self._client.put(f"/api/glossary/{step.id}", item.document)
            self._ids[Ref("glossary", item.key)] = step.id
        self._check(item, item.document, document("glossary", stored))

    def _prune(self) -> None:
        for orphan in self._plan.orphans:
            if orphan.kind == "glossary":
                self._client.delete(f"/api/glossary/{orphan.id}")
            else:
                self._client.put(f"{ENDPOINTS[orphan.kind]}/{orphan.id}", {"archived": True})
            self._state.forget(orphan.kind, orphan.key)
            self._done.archived.append(orphan)

    # Database, tables and columns

    def _connect(self) -> None:
        connection = self._plan.connection
        if connection is None:
            raise MetabaseError(f"there is no connection to add {self._plan.database} with")
        created = self._client.post(
            "/api/database",
            {
                "name": self._plan.database,
                "engine": "postgres",
                "details": {
                    "host": connection.host,
                    "port": connection.port,
                    "dbname": connection.database,
                    "user": connection.user,
                    "password": connection.password,
                    "ssl": False,
                    "schema-filters-type": "inclusion",
                    "schema-filters-patterns": SCHEMA,
                },
                "is_full_sync": True,
            },
        )
        self._ids[Ref("database", "database")] = created["id"]

    def _synchronise(self) -> None:
        """Have the server read the tables; its tasks say when it has, its `initial_sync_status` only the first time."""
        database = self._ids[Ref("database", "database")]
        before = max((task["id"] for task in self._syncs(database)), default=0)
        self._client.post(f"/api/database/{database}/sync_schema")
        waited = 0.0
        while True:
            newer = [task for task in self._syncs(database) if task["id"] > before]
            if any(task["status"] == "success" for task in newer):
                break
            if any(task["status"] == "failed" for task in newer):
                raise MetabaseError(f"{self._plan.server} could not read the tables of {self._plan.database}")
            if waited >= _SYNC_SECONDS:
                raise MetabaseError(f"{self._plan.server} did not finish reading {self._plan.database} in {waited:g} s")
            self._pause(_SYNC_STEP)
            waited += _SYNC_STEP
        ids, _ = Remote(self._client).catalogue(database)
        self._ids |= ids

    def _syncs(self, database: int) -> list[Document]:
        newest = self._client.get("/api/task", [("limit", "50"), ("offset", "0")])["data"]
        return [task for task in newest if task["task"] == "sync" and task["db_id"] == database]

    def _describe(self, item: Item) -> None:
        reference = Ref(item.kind, item.key)
        if reference not in self._ids:
            raise MetabaseError(
                f"{self._plan.database} has no {item.kind} {SCHEMA}.{item.key}: publish the warehouse first"
            )
        stored = self._client.put(f"/api/{item.kind}/{self._ids[reference]}", item.document)
        self._check(item, item.document, document(item.kind, stored))

    # Who may see what

    def _create_group(self, item: Item) -> None:
        self._ids[Ref("group", item.key)] = self._client.post("/api/permissions/group", item.document)["id"]

    def _give_collections(self, item: Item) -> None:
        revision, _ = Remote(self._client).collection_access()
        groups = {
            str(self._ids[Ref("group", group)]): {
                str(self._ids[Ref("collection", key)]): right for key, right in rights.items()
            }
            for group, rights in item.document.items()
        }
        self._client.put("/api/collection/graph", {"revision": revision, "groups": groups})
        self._state.put(item.kind, item.key, Written(0, digest(item.document), item.name))

    def _give_data(self, item: Item) -> None:
        revision, _ = Remote(self._client).data_access()
        database = str(self._ids[Ref("database", "database")])
        groups = {
            str(self._ids[Ref("group", group)]): {database: {"view-data": "unrestricted", "create-queries": right}}
            for group, right in item.document.items()
        }
        self._client.put("/api/permissions/graph", {"revision": revision, "groups": groups})
        self._state.put(item.kind, item.key, Written(0, digest(item.document), item.name))


def _references(value: Any) -> set[Ref]:
    if isinstance(value, Ref):
        return {value}
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return set().union(*map(_references, inner)) if inner else set()


def _first(wrong: Sequence[Difference]) -> str:
    return "; ".join(f"{place.path} is {place.have!r}, not {place.want!r}" for place in wrong[:3])


def _body(wanted: Document, found: Document) -> Document:
    """Return a dashboard's full replacement.

    What the server knows keeps its id, what is new gets a negative one, and what is not listed goes.
    """
    known_tabs = {tab["name"]: tab["id"] for tab in found["tabs"]}
    tabs = {name: known_tabs.get(name, -place) for place, name in enumerate(wanted["tabs"], 1)}
    known = marked(found["dashcards"])
    return {
        **{key: value for key, value in wanted.items() if key not in ("tabs", "dashcards")},
        "tabs": [{"id": id, "name": name} for name, id in tabs.items()],
        "dashcards": [
            {
                **{key: value for key, value in card.items() if key != "tab"},
                "id": known[mark]["id"] if mark in known else -place,
                "dashboard_tab_id": tabs[card["tab"]],
                "series": [],
            }
            for place, (mark, card) in enumerate(wanted["dashcards"].items(), 1)
        ],
    }
