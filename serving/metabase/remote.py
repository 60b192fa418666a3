"""What a Metabase server holds, read into the same documents that ``content`` writes.

Here is what differs between what is sent and what comes back: UUIDs, type hints, the order of dashcards, defaults that
are left out. Reading only; what follows from a difference is decided in ``plan``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from serving.metabase.client import Metabase, NotFoundError
from serving.metabase.content import MARK, Document, Ref

SCHEMA = "marts"
"""PostgreSQL schema of the tables that boards read."""

ALL_USERS = "All Users"

ENDPOINTS = {"collection": "/api/collection", "card": "/api/card", "dashboard": "/api/dashboard"}

_KEPT = {
    "card": (
        "name",
        "type",
        "description",
        "display",
        "collection_id",
        "dataset_query",
        "visualization_settings",
        "archived",
    ),
    "dashboard": ("name", "description", "collection_id", "archived", "width", "parameters"),
    "glossary": ("term", "definition"),
    "table": ("description",),
    "field": ("description",),
}
_PLACE = ("row", "col", "size_x", "size_y", "card_id", "visualization_settings", "parameter_mappings")
_VOLATILE = frozenset(
    {"lib/uuid", "lib/metadata", "lib.convert/converted?", "info", "base-type", "effective-type", "source-type"}
)


def resolve(document: Any, ids: Mapping[Ref, int]) -> Any:
    """Put ids where references stand; a reference without an id stays."""
    if isinstance(document, Ref):
        return ids.get(document, document)
    if isinstance(document, Mapping):
        return {key: resolve(value, ids) for key, value in document.items()}
    if isinstance(document, list):
        return [resolve(value, ids) for value in document]
    return document


def comparable(kind: str, document: Document) -> Document:
    """Return a document without what may differ although nothing has changed."""
    document = dict(document)
    if kind == "card":
        document["dataset_query"] = _bare_query(document["dataset_query"])
    if kind == "dashboard":
        document["parameters"] = [_bare_parameter(parameter) for parameter in document["parameters"]]
        document["dashcards"] = {
            key: {**card, "parameter_mappings": _bare_mappings(card["parameter_mappings"])}
            for key, card in document["dashcards"].items()
        }
    return document


def _bare_query(query: Document) -> Document:
    """Drop UUIDs; an aggregation is referred to by its UUID, so put its place there first."""
    stages = []
    for stage in query.get("stages", []):
        places = {
            clause[1].get("lib/uuid"): place
            for place, clause in enumerate(stage.get("aggregation", []))
            if isinstance(clause[1], Mapping)
        }
        stages.append(_bare(stage, places))
    return {**_bare(query, {}), "stages": stages}


def _bare(value: Any, places: Mapping[Any, int]) -> Any:
    if isinstance(value, Mapping):
        return {key: _bare(inner, places) for key, inner in value.items() if key not in _VOLATILE}
    if isinstance(value, list):
        if len(value) == 3 and value[0] == "aggregation":
            return ["aggregation", {}, places.get(value[2], value[2])]
        return [_bare(inner, places) for inner in value]
    return value


def _bare_parameter(parameter: Document) -> Document:
    """Forget what a server adds on its own; an absent key and a null mean the same."""
    return {key: value for key, value in parameter.items() if value is not None and key != "position"}


def _bare_mappings(mappings: list[Document] | None) -> list[Document]:
    """Sort mappings; newer servers add the stage number to a target, and type hints to its column."""
    bare = []
    for mapping in mappings or []:
        kind, column, *_ = mapping["target"]
        reference = column[:2] if isinstance(column, list) and column[0] == "field" else column
        bare.append({**{key: mapping.get(key) for key in ("parameter_id", "card_id")}, "target": [kind, reference]})
    return sorted(bare, key=lambda mapping: mapping["parameter_id"])


class Remote:
    """A server, each part of it read once and only when asked for."""

    def __init__(self, client: Metabase) -> None:
        self.client = client
        self._raw: dict[tuple[str, int], Document | None] = {}
        self._items: dict[int | str, list[Document]] = {}
        self._glossary: list[Document] | None = None
        self._groups: dict[str, int] | None = None

    def databases(self) -> dict[str, int]:
        """Return the connected databases by name."""
        return {database["name"]: database["id"] for database in self.client.get("/api/database")["data"]}

    def catalogue(self, database: int) -> tuple[dict[Ref, int], dict[Ref, Document]]:
        """Return ids and descriptions of the tables and columns of ``SCHEMA`` that the server has synced."""
        ids: dict[Ref, int] = {}
        described: dict[Ref, Document] = {}
        answer = self.client.get(f"/api/database/{database}/metadata", [("include_hidden", "true")])
        for table in answer["tables"]:
            if table["schema"] != SCHEMA:
                continue
            for reference, holder in (
                (Ref("table", table["name"]), table),
                *((Ref("field", f"{table['name']}.{field['name']}"), field) for field in table["fields"]),
            ):
                ids[reference] = holder["id"]
                described[reference] = {"description": holder["description"]}
        return ids, described

    def named(self, collection: int | str, kind: str, name: str) -> list[int]:
        """Return the ids of the things of a kind with a name in a collection, the archived left out."""
        if collection not in self._items:
            self._items[collection] = self.client.items(collection, ["card", "collection", "dashboard"])
        return [item["id"] for item in self._items[collection] if item["model"] == kind and item["name"] == name]

    def glossary(self) -> list[Document]:
        """Return all terms.

        Raises:
            NotFoundError: the server has no glossary.
        """
        known = self._glossary if self._glossary is not None else self.client.get("/api/glossary")["data"]
        self._glossary = known
        return known

    def groups(self) -> dict[str, int]:
        """Return the groups of users by name."""
        if self._groups is None:
            self._groups = {group["name"]: group["id"] for group in self.client.get("/api/permissions/group")}
        return self._groups

    def collection_access(self) -> tuple[int, Mapping[str, Mapping[str, str]]]:
        """Return the revision of the collection graph and what each group may do with each collection."""
        graph = self.client.get("/api/collection/graph")
        return graph["revision"], graph["groups"]

    def data_access(self) -> tuple[int, Mapping[str, Mapping[str, Document]]]:
        """Return the revision of the permission graph and what each group may do with each database."""
        graph = self.client.get("/api/permissions/graph")
        return graph["revision"], graph["groups"]

    def raw(self, kind: str, id: int) -> Document | None:
        """Return a collection, card or dashboard as the server tells it; null when it is gone."""
        if (kind, id) not in self._raw:
            try:
                self._raw[kind, id] = self.client.get(f"{ENDPOINTS[kind]}/{id}")
            except NotFoundError:
                self._raw[kind, id] = None
        return self._raw[kind, id]

    def read(self, kind: str, id: int) -> Document | None:
        """Return a collection, card, dashboard or term as a document; null when it is gone."""
        if kind == "glossary":
            found = next((term for term in self.glossary() if term["id"] == id), None)
        else:
            found = self.raw(kind, id)
        return None if found is None else document(kind, found)


def document(kind: str, found: Document) -> Document:
    """Return what the server told, in the form in which ``content`` writes."""
    if kind == "collection":
        above = [part for part in found["location"].split("/") if part]
        return {
            "name": found["name"],
            "description": found["description"],
            "parent_id": int(above[-1]) if above else None,
            "archived": found["archived"],
        }
    kept = {key: found.get(key) for key in _KEPT[kind]}
    if kind == "dashboard":
        tabs = {tab["id"]: tab["name"] for tab in sorted(found["tabs"], key=lambda tab: tab["position"])}
        kept["parameters"] = kept["parameters"] or []
        kept["tabs"] = list(tabs.values())
        kept["dashcards"] = {
            key: {"tab": tabs.get(card["dashboard_tab_id"]), **{part: card.get(part) for part in _PLACE}}
            for key, card in marked(found["dashcards"]).items()
        }
    return kept


def marked(dashcards: list[Document]) -> dict[str, Document]:
    """Return dashcards by our mark; those made by hand, and copies, by the server's id."""
    found: dict[str, Document] = {}
    for card in sorted(dashcards, key=lambda card: card["id"]):
        mark = card["visualization_settings"].get(MARK)
        found[f"#{card['id']}" if mark is None or mark in found else mark] = card
    return found
