"""The double's state and its answers, as Metabase v0.60 gives them.

What it does on purpose, because the real server does: dashcards are replaced whole and come back in no order, dashcards
sent to a POST are dropped, UUIDs and type hints change between write and read, an ``entity_id`` that is sent is
discarded, a PUT of a collection un-archives it, failed queries answer 202, errors are text or JSON as they like.
"""

from __future__ import annotations

import json
import random
import re
import secrets
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import psycopg

from tests.metabase_double import mbql
from tests.metabase_double.openapi import Contract

API_KEY = "mb_test_key"
BASE_TYPES = {
    "date": "type/Date",
    "text": "type/Text",
    "boolean": "type/Boolean",
    "integer": "type/Integer",
    "bigint": "type/BigInteger",
    "double precision": "type/Float",
    "timestamp with time zone": "type/DateTimeWithLocalTZ",
}

Document = dict[str, Any]


class RefusalError(Exception):
    """An answer other than success."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body


def invalid(**errors: str) -> RefusalError:
    """Return Metabase's answer to a request that does not validate."""
    return RefusalError(400, {"errors": errors, "specific-errors": {key: [text] for key, text in errors.items()}})


class MetabaseDouble:
    """A server on a port of its own; use as a context manager.

    Attributes:
        requests: Every request taken, as (method, path, body).
        violations: What the OpenAPI document forbids and was asked anyway; tests want this empty.
        starting: Answers that are still refused because the server is starting.
        refusals: Refusals to give, one a request, before anything else.
        delay: Seconds that every answer takes.
        closed_schemas: Drop undeclared keys of a body in silence, as announced for v0.64.
        glossary_known: Whether there is a glossary at all.
        dies_at: A verb and the beginning of a path: from the second such request on, every write fails.
        loses_queries: Store ``{}`` instead of a question's query and still say yes (metabase#74615).
    """

    def __init__(self, connect: Callable[[Mapping[str, Any]], psycopg.Connection], version: str = "v0.60.2.3") -> None:
        self.version = version
        self.requests: list[tuple[str, str, Any]] = []
        self.violations: list[str] = []
        self.starting = 0
        self.refusals: list[RefusalError] = []
        self.delay = 0.0
        self.closed_schemas = False
        self.glossary_known = True
        self.dies_at: tuple[str, str] | None = None
        self.loses_queries = False
        self.today = date(2026, 10, 30)
        self._connect = connect
        self._contract = Contract.stored()
        self._lock = threading.Lock()
        self._ids = 0
        self._random = random.Random(7)
        self.databases: dict[int, Document] = {}
        self.tables: dict[int, Document] = {}
        self.fields: dict[int, Document] = {}
        self.tasks: list[Document] = []
        self.collections: dict[int, Document] = {}
        self.cards: dict[int, Document] = {}
        self.dashboards: dict[int, Document] = {}
        self.glossary: dict[int, Document] = {}
        self.groups = {1: "All Users", 2: "Administrators"}
        self.collection_graph: Document = {"revision": 1, "groups": {"1": {"root": "write"}, "2": {"root": "write"}}}
        self.data_graph: Document = {"revision": 1, "groups": {"1": {}, "2": {}}}
        double = self

        class Handler(BaseHTTPRequestHandler):
            def _serve(self) -> None:
                double.serve(self)

            do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815

            def log_message(self, format: str, *args: Any) -> None:
                """Stay quiet: tests read ``requests``."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def snapshot(self) -> Document:
        """Return everything that the server holds and how it behaves, to come back to."""
        return {name: deepcopy(value) for name, value in vars(self).items() if name not in _FIXED}

    def restore(self, snapshot: Document) -> None:
        """Go back to a snapshot."""
        vars(self).update(deepcopy(snapshot))

    @property
    def writes(self) -> list[tuple[str, str]]:
        """Every request that may change something."""
        return [(method, path) for method, path, _ in self.requests if method != "GET"]

    # HTTP

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        url = urlsplit(handler.path)
        query = parse_qs(url.query)
        length = int(handler.headers.get("Content-Length") or 0)
        text = handler.rfile.read(length)
        body = json.loads(text) if text else None
        time.sleep(self.delay)
        with self._lock:
            self.requests.append((handler.command, url.path, deepcopy(body)))
            try:
                status, answer = self._answer(handler.command, url.path, query, body, handler.headers.get("X-API-KEY"))
            except RefusalError as refusal:
                status, answer = refusal.status, refusal.body
        is_text = isinstance(answer, str)
        payload = b"" if answer is None else (answer if is_text else json.dumps(answer, default=str)).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "text/plain" if is_text else "application/json;charset=utf-8")
        handler.send_header("Content-Length", str(len(payload)))
        handler.end_headers()
        handler.wfile.write(payload)

    def _answer(
        self, method: str, path: str, query: Mapping[str, list[str]], body: Any, key: str | None
    ) -> tuple[int, Any]:
        if self.starting > 0:
            self.starting -= 1
            if path == "/api/health":
                raise RefusalError(503, {"status": "initializing", "progress": 0.4})
            raise RefusalError(503, "Metabase is still initializing")
        if path == "/api/health":
            return 200, {"status": "ok"}
        if self.refusals:
            raise self.refusals.pop(0)
        if path == "/api/session/properties":
            return 200, {"version": {"tag": self.version}, "has-user-setup": True, "setup-token": None}
        if key != API_KEY:
            raise RefusalError(401, "Unauthenticated")
        self._judge(method, path, query, body)
        if method != "GET" and self.dies_at is not None:
            verb, prefix = self.dies_at
            if sum(m == verb and path.startswith(prefix) for m, path, _ in self.requests) > 1:
                raise RefusalError(500, {"message": "Something went wrong"})
        for shape, verb, answer in _ROUTES:
            found = shape.fullmatch(path)
            if verb == method and found:
                return answer(self, query, body, *(int(part) if len(part) < 8 else part for part in found.groups()))
        raise RefusalError(404, "API endpoint does not exist.")

    def _judge(self, method: str, path: str, query: Mapping[str, list[str]], body: Any) -> None:
        if self._contract is None:
            return
        problems = list(self._contract.problems(method, path, query, body))
        if self.closed_schemas:
            undeclared = [problem for problem in problems if " knows no key " in problem]
            for problem in undeclared:
                body.pop(problem.rsplit(" ", 1)[1])
            problems = [problem for problem in problems if problem not in undeclared]
        self.violations += problems
        if problems and not problems[0].endswith("is no endpoint"):
            raise invalid(body="; ".join(problems))

    def _new_id(self) -> int:
        self._ids += 1
        return self._ids

    def _missing(self) -> RefusalError:
        major = int(self.version.split(".")[1])
        return RefusalError(404, "Not found." if major <= 58 else {"message": "Not found."})

    def _get(self, kind: Mapping[int, Document], id: int) -> Document:
        if id not in kind:
            raise self._missing()
        return kind[id]

    # Databases

    def list_databases(self, query: Any, body: Any) -> tuple[int, Any]:
        rows = [{"id": id, "name": db["name"], "engine": db["engine"]} for id, db in self.databases.items()]
        return 200, {"data": rows, "total": len(rows)}

    def add_database(self, query: Any, body: Document) -> tuple[int, Any]:
        try:
            self._connect(body["details"]).close()
        except psycopg.Error as error:
            raise RefusalError(400, {"message": str(error), "errors": {"host": "check your host settings"}}) from None
        id = self._new_id()
        # The real server tries SSL first and stores what worked.
        self.databases[id] = {**body, "id": id, "details": {**body["details"], "ssl": True}}
        return 200, self._masked(self.databases[id])

    @staticmethod
    def _masked(database: Document) -> Document:
        return {**database, "details": {**database["details"], "password": "**MetabasePass**"}}

    def synchronise(self, query: Any, body: Any, id: int) -> tuple[int, Any]:
        database = self._get(self.databases, id)
        self.tasks.append({"id": self._new_id(), "task": "sync", "db_id": id, "status": "started"})
        with self._connect(database["details"]) as connection:
            rows = connection.execute(
                "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns "
                "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2, ordinal_position"
            ).fetchall()
        for schema, table, column, type in rows:
            table_id = self._synced(self.tables, db_id=id, schema=schema, name=table)
            self._synced(self.fields, table_id=table_id, name=column, base_type=BASE_TYPES.get(type, "type/*"))
        return 200, {"status": "ok"}

    def _synced(self, kind: dict[int, Document], **identity: Any) -> int:
        for id, known in kind.items():
            if all(known[key] == value for key, value in identity.items()):
                return id
        id = self._new_id()
        kind[id] = {"id": id, "description": None, "display_name": identity["name"], **identity}
        return id

    def list_tasks(self, query: Mapping[str, list[str]], body: Any) -> tuple[int, Any]:
        answer = [dict(task) for task in reversed(self.tasks)]
        for task in self.tasks:  # a sync is under way once, and done the next time somebody looks
            task["status"] = "success"
        return 200, self._page(answer, query)

    def metadata(self, query: Any, body: Any, id: int) -> tuple[int, Any]:
        self._get(self.databases, id)
        tables = [
            {**table, "fields": [field for field in self.fields.values() if field["table_id"] == table["id"]]}
            for table in self.tables.values()
            if table["db_id"] == id
        ]
        return 200, {"id": id, "tables": tables}

    def describe_table(self, query: Any, body: Document, id: int) -> tuple[int, Any]:
        self._get(self.tables, id).update(body)
        return 200, self.tables[id]

    def describe_field(self, query: Any, body: Document, id: int) -> tuple[int, Any]:
        self._get(self.fields, id).update(body)
        return 200, self.fields[id]

    # Collections

    def add_collection(self, query: Any, body: Document) -> tuple[int, Any]:
        parent = body.get("parent_id")
        id = self._new_id()
        self.collections[id] = {
            "id": id,
            "entity_id": secrets.token_urlsafe(16)[:21],
            "name": body["name"],
            "description": body.get("description"),
            "location": self._location(parent),
            "archived": False,
        }
        # A new collection takes over what is allowed in its parent.
        for rights in self.collection_graph["groups"].values():
            inherited = rights.get("root" if parent is None else str(parent))
            if inherited:
                rights[str(id)] = inherited
        return 200, self.collections[id]

    def _location(self, parent: int | None) -> str:
        return "/" if parent is None else f"{self._get(self.collections, parent)['location']}{parent}/"

    def get_collection(self, query: Any, body: Any, id: int) -> tuple[int, Any]:
        return 200, self._get(self.collections, id)

    def put_collection(self, query: Any, body: Document, id: int) -> tuple[int, Any]:
        collection = self._get(self.collections, id)
        collection["archived"] = body.get("archived", False)
        collection.update({key: body[key] for key in ("name", "description") if key in body})
        if "parent_id" in body:
            collection["location"] = self._location(body["parent_id"])
        return 200, collection

    def collection_items(self, query: Mapping[str, list[str]], body: Any, *ids: int) -> tuple[int, Any]:
        parent = ids[0] if ids else None
        if parent is not None:
            self._get(self.collections, parent)
        inside: list[Document] = [
            {"id": id, "model": "collection", "name": found["name"]}
            for id, found in self.collections.items()
            if found["location"] == self._location(parent) and not found["archived"]
        ]
        for model, kind in (("card", self.cards), ("dashboard", self.dashboards)):
            inside += [
                {"id": id, "model": model, "name": found["name"]}
                for id, found in kind.items()
                if found["collection_id"] == parent and not found["archived"]
            ]
        wanted = query.get("models")
        return 200, self._page([item for item in inside if not wanted or item["model"] in wanted], query)

    @staticmethod
    def _page(rows: list[Document], query: Mapping[str, list[str]]) -> Document:
        if "limit" not in query and "offset" not in query:
            return {"data": rows, "total": len(rows), "limit": None, "offset": None}
        limit, offset = int(query.get("limit", ["50"])[0]), int(query.get("offset", ["0"])[0])
        return {"data": rows[offset : offset + limit], "total": len(rows), "limit": limit, "offset": offset}

    # Questions

    def add_card(self, query: Any, body: Document) -> tuple[int, Any]:
        id = self._new_id()
        self.cards[id] = {
            "type": "question",
            "description": None,
            "collection_id": None,
            "parameters": [],
            **body,
            "id": id,
            "entity_id": secrets.token_urlsafe(16)[:21],
            "archived": False,
            "dataset_query": self._stored_query(body["dataset_query"]),
        }
        return 200, self._told_card(id)

    def put_card(self, query: Any, body: Document, id: int) -> tuple[int, Any]:
        card = self._get(self.cards, id)
        changed = dict(body)
        if "dataset_query" in changed:
            changed["dataset_query"] = self._stored_query(changed["dataset_query"])
        card.update(changed)
        return 200, self._told_card(id)

    def delete_card(self, query: Any, body: Any, id: int) -> tuple[int, Any]:
        self._get(self.cards, id)
        del self.cards[id]
        for dashboard in self.dashboards.values():
            dashboard["dashcards"] = [card for card in dashboard["dashcards"] if card["card_id"] != id]
        return 204, None

    def _stored_query(self, query: Document) -> Document:
        if not query:
            raise RefusalError(500, {"message": "null value in column database_id", "via": [], "trace": []})
        if self.loses_queries:
            return {}
        if self._contract is not None:
            problems = [f"dataset_query {problem}" for problem in self._contract.query_problems(query)]
            self.violations += problems
            if problems:
                raise invalid(dataset_query="; ".join(problems))
        uuids = re.findall(r'"lib/uuid": "([^"]+)"', json.dumps(query))
        if len(uuids) != len(set(uuids)):
            raise invalid(dataset_query="Duplicate :lib/uuid")
        self._get(self.databases, query["database"])
        return deepcopy(query)

    def get_card(self, query: Any, body: Any, id: int) -> tuple[int, Any]:
        self._get(self.cards, id)
        return 200, self._told_card(id)

    def _told_card(self, id: int) -> Document:
        card = deepcopy(self.cards[id])
        text = json.dumps(card["dataset_query"])
        # Normalised on the way out: every UUID is another one, every column tells its type.
        for old in set(re.findall(r'"lib/uuid": "([^"]+)"', text)):
            text = text.replace(old, str(uuid.uuid4()))
        card["dataset_query"] = self._hinted(json.loads(text))
        return card

    def _hinted(self, value: Any) -> Any:
        if isinstance(value, list):
            if len(value) == 3 and value[0] == "field":
                hint = {"base-type": self.fields[value[2]]["base_type"]}
                return ["field", {**value[1], **hint}, value[2]]
            return [self._hinted(part) for part in value]
        return {key: self._hinted(part) for key, part in value.items()} if isinstance(value, dict) else value

    def query_card(self, query: Any, body: Any, id: int) -> tuple[int, Any]:
        return 202, self._run(self._get(self.cards, id), [])

    def _run(self, card: Document, extra: list[Any]) -> Document:
        columns = {
            id: mbql.Column(
                id=id,
                table_id=field["table_id"],
                schema=self.tables[field["table_id"]]["schema"],
                table=self.tables[field["table_id"]]["name"],
                name=field["name"],
                base_type=field["base_type"],
            )
            for id, field in self.fields.items()
        }
        try:
            select = mbql.translate(card["dataset_query"], columns, extra)
            with self._connect(self.databases[card["dataset_query"]["database"]]["details"]) as connection:
                rows = connection.execute(select.sql.encode(), select.parameters).fetchall()
        except (mbql.QueryError, psycopg.Error) as error:
            return {"status": "failed", "error": str(error), "error_type": "invalid-query"}
        cols = [
            {"name": out.name, "display_name": out.display_name, "base_type": out.base_type, "unit": out.unit}
            for out in select.outputs
        ]
        return {"status": "completed", "row_count": len(rows), "data": {"rows": rows, "cols": cols}}

    # Dashboards

    def add_dashboard(self, query: Any, body: Document) -> tuple[int, Any]:
        id = self._new_id()
        self.dashboards[id] = {
            "id": id,
            "entity_id": secrets.token_urlsafe(16)[:21],
            "name": body["name"],
            "description": body.get("description"),
            "collection_id": body.get("collection_id"),
            "parameters": body.get("parameters", []),
            "width": "fixed",
            "archived": False,
            "tabs": [],
            "dashcards": [],
        }
        return 200, self._told_dashboard(id)

    def get_dashboard(self, query: Any, body: Any, id: int) -> tuple[int, Any]:
        self._get(self.dashboards, id)
        return 200, self._told_dashboard(id)

    def _told_dashboard(self, id: int) -> Document:
        told = deepcopy(self.dashboards[id])
        self._random.shuffle(told["dashcards"])
        for dashcard in told["dashcards"]:
            dashcard["card"] = deepcopy(self.cards.get(dashcard["card_id"], {"query_average_duration": None}))
            for mapping in dashcard["parameter_mappings"]:
                if mapping["target"][0] == "dimension":
                    mapping["target"] = [*mapping["target"][:2], {"stage-number": 0}]
        return told

    def put_dashboard(self, query: Any, body: Document, id: int) -> tuple[int, Any]:
        draft = deepcopy(self._get(self.dashboards, id))  # all of a save, or nothing of it
        draft.update({key: value for key, value in body.items() if key not in ("tabs", "dashcards", "id")})
        if "dashcards" in body:
            tab_ids = {tab["id"]: tab["id"] if tab["id"] > 0 else self._new_id() for tab in body.get("tabs", [])}
            draft["tabs"] = [
                {"id": tab_ids[tab["id"]], "name": tab["name"], "position": place, "dashboard_id": id}
                for place, tab in enumerate(body.get("tabs", []))
            ]
            known = {dashcard["id"] for dashcard in draft["dashcards"]}
            draft["dashcards"] = [self._placed(card, tab_ids, known, id) for card in body["dashcards"]]
        self.dashboards[id] = draft
        return 200, self._told_dashboard(id)

    def _placed(self, dashcard: Document, tab_ids: Mapping[int, int], known: set[int], dashboard: int) -> Document:
        if tab_ids and dashcard.get("dashboard_tab_id") not in tab_ids:
            raise RefusalError(400, "This dashboard has tab, makes sure every card has a tab")
        if dashcard["id"] > 0 and dashcard["id"] not in known:
            raise self._missing()
        card_id = dashcard.get("card_id")
        if card_id is not None and self._get(self.cards, card_id)["archived"]:
            raise RefusalError(400, "An archived card cannot be added")
        return {
            "series": [],
            "parameter_mappings": [],
            "visualization_settings": {},
            **dashcard,
            "id": dashcard["id"] if dashcard["id"] > 0 else self._new_id(),
            "dashboard_id": dashboard,
            "dashboard_tab_id": tab_ids.get(dashcard.get("dashboard_tab_id") or 0),
        }

    def query_dashcard(self, query: Any, body: Any, dashboard: int, dashcard: int, card: int) -> tuple[int, Any]:
        board = self._get(self.dashboards, dashboard)
        placed = next((found for found in board["dashcards"] if found["id"] == dashcard), None)
        if placed is None or placed["card_id"] != card:
            raise self._missing()
        types = {parameter["id"]: parameter["type"] for parameter in board["parameters"]}
        values = [
            {"id": parameter["id"], "type": types[parameter["id"]], "value": parameter["value"]}
            for parameter in (body or {}).get("parameters", [])
        ]
        extra = mbql.filters_of(values, placed["parameter_mappings"], card, self.today)
        return 202, self._run(self.cards[card], extra)

    def parameter_values(self, query: Any, body: Any, dashboard: int, parameter: str) -> tuple[int, Any]:
        board = self._get(self.dashboards, dashboard)
        found = next((known for known in board["parameters"] if known["id"] == parameter), None)
        if found is None or found.get("values_source_type") != "card":
            raise self._missing()
        source = found["values_source_config"]
        result = self._run(self._get(self.cards, source["card_id"]), [])
        place = [col["name"] for col in result["data"]["cols"]].index(source["value_field"][1])
        values = sorted({row[place] for row in result["data"]["rows"]})
        return 200, {"values": [[value] for value in values], "has_more_values": False}

    # Glossary

    def list_terms(self, query: Any, body: Any) -> tuple[int, Any]:
        self._needs_glossary()
        return 200, {"data": list(self.glossary.values())}

    def add_term(self, query: Any, body: Document) -> tuple[int, Any]:
        self._needs_glossary()
        id = self._new_id()
        self.glossary[id] = {**body, "id": id, "creator": {"common_name": "api"}}
        return 200, self.glossary[id]

    def put_term(self, query: Any, body: Document, id: int) -> tuple[int, Any]:
        self._get(self.glossary, id).update(body)
        return 200, self.glossary[id]

    def delete_term(self, query: Any, body: Any, id: int) -> tuple[int, Any]:
        self._get(self.glossary, id)
        del self.glossary[id]
        return 204, None

    def _needs_glossary(self) -> None:
        if not self.glossary_known:
            raise RefusalError(404, "API endpoint does not exist.")

    # Permissions

    def list_groups(self, query: Any, body: Any) -> tuple[int, Any]:
        return 200, [{"id": id, "name": name, "member_count": 0} for id, name in self.groups.items()]

    def add_group(self, query: Any, body: Document) -> tuple[int, Any]:
        if body["name"] in self.groups.values():
            raise invalid(name="A group with that name already exists.")
        id = self._new_id()
        self.groups[id] = body["name"]
        self.collection_graph["groups"][str(id)] = {}
        self.data_graph["groups"][str(id)] = {}
        return 200, {"id": id, "name": body["name"]}

    def get_collection_graph(self, query: Any, body: Any) -> tuple[int, Any]:
        return 200, self.collection_graph

    def put_collection_graph(self, query: Any, body: Document) -> tuple[int, Any]:
        self._needs_revision(self.collection_graph, body)
        for group, rights in body["groups"].items():
            kept = self.collection_graph["groups"].setdefault(group, {})
            kept.update(rights)
            # What is forbidden is left out of what is read.
            self.collection_graph["groups"][group] = {id: right for id, right in kept.items() if right != "none"}
        return 200, self.collection_graph

    def get_data_graph(self, query: Any, body: Any) -> tuple[int, Any]:
        return 200, self.data_graph

    def put_data_graph(self, query: Any, body: Document) -> tuple[int, Any]:
        self._needs_revision(self.data_graph, body)
        for group, rights in body["groups"].items():
            for database, entry in rights.items():
                if entry.get("view-data") == "blocked":
                    raise RefusalError(402, "Blocked permissions are a paid feature")
                # The least that can be allowed is left out of what is read.
                told = {key: value for key, value in entry.items() if value != "no"}
                self.data_graph["groups"].setdefault(group, {})[database] = told
        return 200, self.data_graph

    @staticmethod
    def _needs_revision(graph: Document, body: Document) -> None:
        if body.get("revision") != graph["revision"]:
            raise RefusalError(
                409,
                "Looks like someone else edited the permissions and your data is out of date. "
                "Please fetch new data and try again.",
            )
        graph["revision"] += 1


_FIXED = ("url", "_server", "_lock", "_connect", "_contract")
"""What a snapshot leaves alone."""


def _route(verb: str, path: str, answer: Callable[..., tuple[int, Any]]) -> tuple[re.Pattern[str], str, Any]:
    return re.compile(path.replace("{id}", r"(\d{1,7})").replace("{key}", r"([0-9a-f]{8})")), verb, answer


_ROUTES = [
    _route("GET", "/api/database", MetabaseDouble.list_databases),
    _route("POST", "/api/database", MetabaseDouble.add_database),
    _route("GET", "/api/database/{id}/metadata", MetabaseDouble.metadata),
    _route("POST", "/api/database/{id}/sync_schema", MetabaseDouble.synchronise),
    _route("GET", "/api/task", MetabaseDouble.list_tasks),
    _route("PUT", "/api/table/{id}", MetabaseDouble.describe_table),
    _route("PUT", "/api/field/{id}", MetabaseDouble.describe_field),
    _route("POST", "/api/collection", MetabaseDouble.add_collection),
    _route("GET", "/api/collection/graph", MetabaseDouble.get_collection_graph),
    _route("PUT", "/api/collection/graph", MetabaseDouble.put_collection_graph),
    _route("GET", "/api/collection/{id}", MetabaseDouble.get_collection),
    _route("PUT", "/api/collection/{id}", MetabaseDouble.put_collection),
    _route("GET", "/api/collection/root/items", MetabaseDouble.collection_items),
    _route("GET", "/api/collection/{id}/items", MetabaseDouble.collection_items),
    _route("POST", "/api/card", MetabaseDouble.add_card),
    _route("GET", "/api/card/{id}", MetabaseDouble.get_card),
    _route("PUT", "/api/card/{id}", MetabaseDouble.put_card),
    _route("DELETE", "/api/card/{id}", MetabaseDouble.delete_card),
    _route("POST", "/api/card/{id}/query", MetabaseDouble.query_card),
    _route("POST", "/api/dashboard", MetabaseDouble.add_dashboard),
    _route("GET", "/api/dashboard/{id}", MetabaseDouble.get_dashboard),
    _route("PUT", "/api/dashboard/{id}", MetabaseDouble.put_dashboard),
    _route("POST", "/api/dashboard/{id}/dashcard/{id}/card/{id}/query", MetabaseDouble.query_dashcard),
    _route("GET", "/api/glossary", MetabaseDouble.list_terms),
    _route("POST", "/api/glossary", MetabaseDouble.add_term),
    _route("PUT", "/api/glossary/{id}", MetabaseDouble.put_term),
    _route("DELETE", "/api/glossary/{id}", MetabaseDouble.delete_term),
    _route("GET", "/api/permissions/group", MetabaseDouble.list_groups),
    _route("POST", "/api/permissions/group", MetabaseDouble.add_group),
    _route("GET", "/api/permissions/graph", MetabaseDouble.get_data_graph),
    _route("PUT", "/api/permissions/graph", MetabaseDouble.put_data_graph),
    _route("GET", "/api/dashboard/{id}/params/{key}/values", MetabaseDouble.parameter_values),
]
