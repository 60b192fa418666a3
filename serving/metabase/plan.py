"""What would have to change on a Metabase server so that it holds the boards: reading and comparing, never writing.

A plan tells apart what we changed, what somebody changed by hand on the server, and what is no longer wanted. Carrying
it out is ``apply``'s; when to do so is decided in orchestration.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from serving.metabase.client import NEWEST, Metabase, MetabaseError, NotFoundError
from serving.metabase.content import HOME, Document, Item, Ref, items
from serving.metabase.remote import ALL_USERS, SCHEMA, Remote, comparable, resolve
from serving.metabase.spec import LOCALES, Library, Locale
from serving.metabase.state import State, digest

_ABSENT = "(nothing)"


class AmbiguousError(MetabaseError):
    """Several things on the server answer to one name, and the state file does not say which is ours."""


@dataclass(frozen=True)
class Connection:
    """How Metabase reaches PostgreSQL; needed only when it does not know the database yet."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Difference:
    """One place in a document: what the server holds and what it shall hold."""

    path: str
    have: Any
    want: Any


@dataclass(frozen=True)
class Step:
    """One thing to write. ``id`` is null for what does not exist yet."""

    item: Item
    action: Literal["create", "update", "synchronise"]
    id: int | None
    differences: Sequence[Difference] = ()
    by_hand: bool = False
    adopted: bool = False


@dataclass(frozen=True)
class Orphan:
    """Something we wrote once that is no longer wanted."""

    kind: str
    key: str
    name: str
    id: int


@dataclass(frozen=True)
class Plan:
    """All that separates a server from the boards; ``steps`` in the order in which they can be taken."""

    server: str
    version: int
    database: str
    steps: Sequence[Step]
    orphans: Sequence[Orphan]
    unchanged: int
    notes: Sequence[str]
    ids: Mapping[Ref, int]
    state: State
    tables: Sequence[str]
    connection: Connection | None

    @property
    def is_empty(self) -> bool:
        """Whether the server already holds the boards, and nothing else of ours."""
        return not self.steps and not self.orphans

    def render(self) -> str:
        """Return the plan as text: + new, ~ changed by us, ! changed by hand, - no longer wanted."""
        lines = [f"Metabase {self.server} (v0.{self.version}), database {self.database}", *_indent(self.notes)]
        for step in self.steps:
            sign = "+" if step.action == "create" else "!" if step.by_hand else "~"
            remark = " (changed by hand)" if step.by_hand else " (found by its name)" if step.adopted else ""
            lines.append(f"{sign} {step.item.kind:<17} {step.item.name}{remark}")
            lines += _indent(f"{d.path}: {_shown(d.have)} → {_shown(d.want)}" for d in step.differences)
        lines += [f"- {orphan.kind:<17} {orphan.name} is no longer wanted" for orphan in self.orphans]
        lines.append(f"{self.unchanged} as wanted, {len(self.steps)} to write, {len(self.orphans)} left over")
        return "\n".join(lines)


def _indent(lines: Iterable[str]) -> Iterator[str]:
    return (f"    {line}" for line in lines)


def _shown(value: Any) -> str:
    if value is _ABSENT:
        return _ABSENT
    if isinstance(value, Ref):
        return f"(the {value.kind} {value.key})"
    text = json.dumps(value, ensure_ascii=False, default=lambda ref: _shown(ref))
    return text if len(text) <= 100 else f"{text[:97]}…"


def plan(
    client: Metabase,
    library: Library,
    *,
    database: str,
    state: Path,
    locales: Sequence[Locale] = LOCALES,
    readers: Sequence[str] = (),
    connection: Connection | None = None,
) -> Plan:
    """Compare a server with the boards; asks only, never writes.

    Args:
        client: The server.
        library: Boards, dictionary and tables, from ``spec.read_manifest``.
        database: Name of the PostgreSQL connection in Metabase.
        state: Where we keep what we wrote; need not exist.
        locales: Languages to provide boards in.
        readers: Groups that may read the boards; none leaves permissions as they are.
        connection: How to reach PostgreSQL when Metabase does not know ``database`` yet.

    Raises:
        MetabaseError: the server cannot be asked, or does not know the database and no connection is given.
        AmbiguousError: a name that the state file does not know stands twice in one collection.
    """
    return _Planner(client, library, database, State.load(state, client.url), locales, readers, connection).plan()


def differences(have: Any, want: Any, path: str = "") -> Iterator[Difference]:
    """Yield the smallest places in which two documents differ."""
    if isinstance(have, Mapping) and isinstance(want, Mapping):
        for key in [*want, *(key for key in have if key not in want)]:
            inner = f"{path}.{key}" if path else str(key)
            yield from differences(have.get(key, _ABSENT), want.get(key, _ABSENT), inner)
    elif isinstance(have, list) and isinstance(want, list) and len(have) == len(want):
        for place, (one, other) in enumerate(zip(have, want, strict=True)):
            yield from differences(one, other, f"{path}[{place}]")
    elif have != want:
        yield Difference(path, have, want)


class _Planner:
    def __init__(
        self,
        client: Metabase,
        library: Library,
        database: str,
        state: State,
        locales: Sequence[Locale],
        readers: Sequence[str],
        connection: Connection | None,
    ) -> None:
        self._client = client
        self._remote = Remote(client)
        self._library = library
        self._database = database
        self._state = state
        self._locales = locales
        self._readers = readers
        self._connection = connection
        self._ids: dict[Ref, int] = {}
        self._steps: list[Step] = []
        self._notes: list[str] = []
        self._unchanged = 0

    def plan(self) -> Plan:
        version = self._client.version()
        if version > NEWEST:
            self._notes.append(
                f"Metabase v0.{version} is newer than v0.{NEWEST}, the newest these boards were made for"
            )
        self._find_database()
        wanted = items(self._library, self._locales)
        # Boards link to each other: know all ids before comparing anything.
        things = [item for item in wanted if item.kind != "glossary"]
        adopted = {(item.kind, item.key) for item in things if self._identify(item)}
        for item in things:
            self._consider(item, (item.kind, item.key) in adopted)
        self._consider_glossary([item for item in wanted if item.kind == "glossary"])
        if self._readers:
            self._consider_access([item for item in wanted if item.kind == "collection"])
        return Plan(
            server=self._client.url,
            version=version,
            database=self._database,
            steps=self._steps,
            orphans=list(self._orphans({(item.kind, item.key) for item in wanted})),
            unchanged=self._unchanged,
            notes=self._notes,
            ids=self._ids,
            state=self._state,
            tables=[table.name for table in self._library.tables],
            connection=self._connection,
        )

    # Database, tables and columns

    def _find_database(self) -> None:
        known = self._remote.databases()
        if self._database in known:
            self._ids[Ref("database", "database")] = known[self._database]
        elif self._connection is None:
            raise MetabaseError(
                f"{self._client.url} knows no database called {self._database!r}; it knows "
                f"{', '.join(sorted(known)) or 'none'}. Connect the published PostgreSQL there under that name (Admin "
                "settings → Databases), or name the right one in the configuration"
            )
        else:
            self._steps.append(Step(Item("database", "database", self._database, {}), "create", None))
        self._consider_tables(known.get(self._database))

    def _consider_tables(self, database: int | None) -> None:
        ids, described = self._remote.catalogue(database) if database is not None else ({}, {})
        self._ids |= ids
        wanted = [
            item
            for table in self._library.tables
            for item in (
                Item("table", table.name, f"{SCHEMA}.{table.name}", {"description": table.description or None}),
                *(
                    Item("field", f"{table.name}.{name}", f"{table.name}.{name}", {"description": text or None})
                    for name, text in table.columns.items()
                ),
            )
        ]
        if any(Ref(item.kind, item.key) not in ids for item in wanted):
            self._steps.append(Step(Item("database", "tables", f"tables of {self._database}", {}), "synchronise", None))
        for item in wanted:
            reference = Ref(item.kind, item.key)
            self._compare(item, ids.get(reference), described.get(reference, {"description": None}))

    # Collections, questions, dashboards

    def _consider(self, item: Item, adopted: bool) -> None:
        id = self._ids.get(Ref(item.kind, item.key))
        found = None if id is None else self._remote.read(item.kind, id)
        if found is None:
            self._steps.append(Step(item, "create", None))
        else:
            self._compare(item, id, found, adopted)

    def _identify(self, item: Item) -> bool:
        """Learn an item's id and say whether it was found by its name.

        The state file knows it; else it is the one thing that bears the name in its place.
        """
        written = self._state.get(item.kind, item.key)
        if written is not None and self._remote.raw(item.kind, written.id) is not None:
            self._ids[Ref(item.kind, item.key)] = written.id
            return False
        where = resolve(item.document["parent_id" if item.kind == "collection" else "collection_id"], self._ids)
        if isinstance(where, Ref):
            return False
        id = self._only(item, self._remote.named("root" if where is None else where, item.kind, item.name))
        if id is not None:
            self._ids[Ref(item.kind, item.key)] = id
        return id is not None

    def _only(self, item: Item, candidates: Sequence[int]) -> int | None:
        if len(candidates) > 1:
            raise AmbiguousError(
                f"{len(candidates)} {item.kind}s are called {item.name!r} (ids {', '.join(map(str, candidates))}), and "
                f"{self._state.path} does not say which is ours: rename or archive the others"
            )
        return candidates[0] if candidates else None

    def _consider_glossary(self, terms: Sequence[Item]) -> None:
        try:
            known = self._remote.glossary()
        except NotFoundError:
            self._notes.append("this server has no glossary, so definitions stand on the boards alone")
            return
        present = {term["id"] for term in known}
        for item in terms:
            written = self._state.get("glossary", item.key)
            ours = written.id if written is not None and written.id in present else None
            adopted = ours is None
            id = self._only(item, [t["id"] for t in known if t["term"] == item.name]) if ours is None else ours
            found = None if id is None else self._remote.read("glossary", id)
            if found is None:
                self._steps.append(Step(item, "create", None))
            else:
                self._compare(item, id, found, adopted=adopted)

    def _compare(self, item: Item, id: int | None, found: Document, adopted: bool = False) -> None:
        have = comparable(item.kind, found)
        want = comparable(item.kind, resolve(item.document, self._ids))
        differing = list(differences(have, want))
        if not differing:
            self._unchanged += 1
            return
        written = self._state.get(item.kind, item.key)
        by_hand = written is not None and bool(written.digest) and written.digest != digest(have)
        self._steps.append(Step(item, "update", id, differing, by_hand, adopted))

    def _orphans(self, wanted: set[tuple[str, str]]) -> Iterator[Orphan]:
        for name, written in self._state.written.items():
            kind, key = name.split(" ", 1)
            if kind in ("card", "dashboard", "collection", "glossary") and (kind, key) not in wanted:
                yield Orphan(kind, key, written.name, written.id)

    # Who may see what

    def _consider_access(self, collections: Sequence[Item]) -> None:
        groups = self._remote.groups()
        for name in self._readers:
            if name in groups:
                self._ids[Ref("group", name)] = groups[name]
            else:
                self._steps.append(Step(Item("group", name, name, {"name": name}), "create", None))
        self._ids[Ref("group", ALL_USERS)] = groups[ALL_USERS]
        rights = {ALL_USERS: "none", **dict.fromkeys(self._readers, "read")}
        _, allowed = self._remote.collection_access()
        self._compare_access(
            Item(
                "collection_access",
                "boards",
                f"who may read {HOME}",
                {group: {item.key: right for item in collections} for group, right in rights.items()},
            ),
            {
                group: {item.key: self._lookup(allowed, group, Ref("collection", item.key)) for item in collections}
                for group in rights
            },
        )
        _, queries = self._remote.data_access()
        rights = {ALL_USERS: "no", **dict.fromkeys(self._readers, "query-builder")}
        self._compare_access(
            Item("data_access", "database", f"who may query {self._database}", dict(rights)),
            {group: self._creates(self._lookup(queries, group, Ref("database", "database"))) for group in rights},
        )

    def _lookup(self, graph: Mapping[str, Mapping[str, Any]], group: str, thing: Ref) -> Any:
        """Return a graph's entry; graphs leave out what is forbidden."""
        return graph.get(str(self._ids.get(Ref("group", group))), {}).get(str(self._ids.get(thing)), "none")

    @staticmethod
    def _creates(entry: Any) -> Any:
        return entry.get("create-queries", "no") if isinstance(entry, Mapping) else "no"

    def _compare_access(self, item: Item, have: Document) -> None:
        differing = list(differences(have, item.document))
        if differing:
            written = self._state.get(item.kind, item.key)
            by_hand = written is not None and written.digest != digest(have)
            self._steps.append(Step(item, "update", None, differing, by_hand))
        else:
            self._unchanged += 1
