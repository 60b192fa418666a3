"""dbt in this process: parse once, one invocation a run.

Importing dbt costs seconds, so it happens inside the functions that need it. SQL, models and the choice of what a
build contains belong to dbt_project; which days to build is decided in ``orchestration.builds``.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import duckdb

from orchestration.home import PROJECT, Home

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

PROJECT_DIR = PROJECT / "dbt_project"

_LEFT_OUT = "left_out"

_PLACEHOLDERS = {
    '<use xlink:href="{{': '<use ng-attr-href="{{',
    "${require('./assets/favicons/favicon.ico')}": "data:,",
}
"""What dbt's own page leaves to be filled in, and a browser takes for names of files meanwhile."""


class DbtError(RuntimeError):
    """dbt stopped; the message names the nodes that failed and where to read more."""


@dataclass(frozen=True)
class NodeFailure:
    """A model or test that failed."""

    name: str
    status: str
    message: str


@dataclass(frozen=True)
class Invocation:
    """What one dbt invocation did: its structured events, and the nodes that failed."""

    events: Sequence[dict[str, Any]]
    failures: Sequence[NodeFailure]
    tests_passed: int
    tests_failed: int


def project_fingerprint() -> str:
    """Return a digest of everything in dbt_project that decides what a build contains."""
    digest = hashlib.sha256()
    for folder in ("models", "macros", "seeds", "tests"):
        for path in sorted((PROJECT_DIR / folder).rglob("*")):
            if path.is_file():
                digest.update(path.relative_to(PROJECT_DIR).as_posix().encode())
                digest.update(path.read_bytes())
    digest.update((PROJECT_DIR / "dbt_project.yml").read_bytes())
    return digest.hexdigest()


def manifest(home: Home) -> Path:
    """Return the path of a manifest that fits project and dbt, parsing the project when none does.

    Raises:
        DbtError: the project does not parse.
    """
    path = home.dbt / "target" / "manifest.json"
    if not _fits(home):
        # A partial parse overlooks what a changed macro makes a generic test depend on.
        _invoke(home, ["parse", "--no-partial-parse"])
        _stamp(home).write_text(_parsed_from())
    return path


def _stamp(home: Home) -> Path:
    return home.dbt / "target" / "manifest.fingerprint"


def _fits(home: Home) -> bool:
    return _stamp(home).exists() and _stamp(home).read_text() == _parsed_from()


def _parsed_from() -> str:
    return f"{project_fingerprint()} {version('dbt-core')}"


def begin(home: Home) -> None:
    """Import and read what a build needs, for a caller who has something to wait for meanwhile."""
    import dbt.adapters.duckdb.connections
    import dbt.cli.main  # noqa: F401

    if _fits(home):
        _read_ahead[_parsed_from()] = read(_packed(home))


_read_ahead: dict[str, Manifest] = {}
"""A project as parsed and not yet used, by what it was parsed from: a build changes the one it is given."""


def build(
    home: Home,
    variables: Mapping[str, Any],
    *,
    full_refresh: bool,
    unchanged: Collection[str] = (),
    select: Sequence[str] = (),
    progress: Callable[[str], None] | None = None,
) -> Invocation:
    """Run ``dbt build`` once; failed tests and models are returned, not raised.

    Args:
        home: the home whose lake is read and whose warehouse is written.
        variables: dbt variables, see dbt_project.yml.
        full_refresh: build every day anew instead of the touched ones, and the nodes tagged ``declared`` too.
        unchanged: contract tables of which nothing new can be counted; facts made of nothing else are left out.
        select: node selection; empty: everything.
        progress: told the name of each finished model.
    """
    # Unit tests judge the SQL, not the data: `make test` runs them. The manifest was written when it was parsed.
    arguments = ["build", "--exclude-resource-type", "unit_test", "--no-write-json", "--vars", json.dumps(variables)]
    if full_refresh:
        arguments.append("--full-refresh")
    if select:
        arguments += ["--select", *select]
    elif not full_refresh:
        arguments += ["--exclude", f"tag:{_LEFT_OUT}", "--indirect-selection", "empty"]
    manifest(home)
    return _invoke(home, arguments, _parsed(home, unchanged), progress)


def document(home: Home) -> tuple[str, dict[str, Any]]:
    """Return dbt's documentation of the project as one page, and the manifest that it shows.

    The manifest holds the SQL of the models as a build of everything runs it. The page names no place of this machine
    and asks nothing of any network.
    """
    manifest(home)
    with TemporaryDirectory(dir=home.dbt) as folder:
        # without the warehouse: whoever reads or writes it is not disturbed
        arguments = ["--static", "--empty-catalog", "--target", "memory", "--select", "resource_type:model"]
        _invoke(home, ["docs", "generate", *arguments], _parsed(home), target=Path(folder))
        page = (Path(folder) / "static_index.html").read_text("utf-8")
        shown = json.loads((Path(folder) / "manifest.json").read_bytes())
    for place in (folder, home.root, PROJECT):
        page = page.replace(json.dumps(f"{place}/")[1:-1], "")
    for placeholder, mended in _PLACEHOLDERS.items():
        page = page.replace(placeholder, mended)
    return page, shown


def _invoke(
    home: Home,
    arguments: list[str],
    parsed: Manifest | None = None,
    progress: Callable[[str], None] | None = None,
    target: Path | None = None,
) -> Invocation:
    # dbt reads its paths from the environment; this is the one place that sets them.
    os.environ["GAUGEBOOK_WAREHOUSE"] = str(home.warehouse)
    os.environ["GAUGEBOOK_LAKE"] = str(home.lake)
    os.environ.setdefault("DO_NOT_TRACK", "1")
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner
    from google.protobuf.json_format import MessageToDict

    events: list[dict[str, Any]] = []

    def collect(message: Any) -> None:
        if message.info.name not in ("LogModelResult", "LogSeedResult", "LogTestResult"):
            return
        event = MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
        events.append(event)
        if progress and message.info.name == "LogModelResult":
            progress(event["data"]["node_info"]["node_name"])

    (home.dbt / "target").mkdir(parents=True, exist_ok=True)
    result = dbtRunner(parsed, callbacks=[collect]).invoke(
        [
            *arguments,
            "--project-dir",
            str(PROJECT_DIR),
            "--profiles-dir",
            str(PROJECT_DIR),
            "--target-path",
            str(target or home.dbt / "target"),
            "--log-path",
            str(home.dbt / "logs"),
            # The debug log repeats each statement, which target/ holds anyway, and takes a sixth of the build's time.
            "--log-level-file",
            "info",
            "--quiet",
            "--no-use-colors",
        ]
    )
    # The adapter keeps its connection for the next invocation; readers in this process could not open the file.
    DuckDBConnectionManager.close_all_connections()
    if result.exception:
        raise DbtError(f"dbt {arguments[0]} stopped: {result.exception}")
    nodes = list(getattr(result.result, "results", ()))
    failures = [
        NodeFailure(node.node.name, str(node.status), _faults(home, node) or (node.message or "").strip())
        for node in nodes
        if str(node.status) in ("error", "fail", "runtime error")
    ]
    if not result.success and not failures:
        raise DbtError(f"dbt {arguments[0]} failed without naming a node; see {home.dbt / 'logs' / 'dbt.log'}")
    tests = [node for node in nodes if node.node.resource_type in ("test", "unit_test")]
    failed = sum(str(node.status) in ("error", "fail") for node in tests)
    passed = sum(str(node.status) == "pass" for node in tests)
    return Invocation(events, failures, passed, failed)


def _faults(home: Home, node: Any) -> str:
    """Return how many rows of each fault a failed test found, for a test that tells faults apart."""
    if str(node.status) != "fail" or "as fault" not in node.node.compiled_code:
        return ""
    with duckdb.connect(home.warehouse, read_only=True) as con:
        counted = f"select fault, count(*) from ({node.node.compiled_code}) group by fault order by all"
        return ", ".join(f"{fault} ({rows} rows)" for fault, rows in con.execute(counted).fetchall())


def _parsed(home: Home, unchanged: Collection[str] = ()) -> Manifest:
    """Return the parsed project, so that dbt does not parse it again only because a run's variables are others.

    What a build of some days leaves out bears the tag ``_LEFT_OUT``: in this copy, not in the project.
    """
    manifest = _read_ahead.pop(_parsed_from(), None) or read(_packed(home))
    out = {name for name, node in manifest.nodes.items() if "declared" in node.tags}
    out |= _made_of(unchanged, manifest)
    for name, node in manifest.nodes.items():
        if {name, getattr(node, "attached_node", None)} & out:
            node.tags = [*node.tags, _LEFT_OUT]
    return manifest


def _packed(home: Home) -> bytes:
    return (home.dbt / "target" / "partial_parse.msgpack").read_bytes()


def read(packed: bytes) -> Manifest:
    """Return a project as dbt packed it when it was parsed, ready to be built."""
    from dbt.contracts.graph.manifest import Manifest

    manifest = Manifest.from_msgpack(packed)
    manifest.build_flat_graph()
    manifest.build_parent_and_child_maps()
    manifest.build_group_map()
    return manifest


def _made_of(tables: Collection[str], manifest: Manifest) -> set[str]:
    """Return the models that are made of some contract tables and nothing else that changes, calendar days included."""

    @cache
    def behind(name: str) -> frozenset[str]:
        if name in manifest.sources:
            source = manifest.sources[name]
            return frozenset() if source.source_name == "centre" else frozenset([source.name])
        if name.endswith(".dim_dates"):
            return frozenset(["dim_dates"])
        return frozenset().union(*map(behind, manifest.nodes[name].depends_on_nodes))

    models = [name for name, node in manifest.nodes.items() if node.resource_type == "model"]
    return {name for name in models if behind(name) and behind(name).issubset(tables)}


if __name__ == "__main__":
    if sys.argv[1:] != ["parse"]:
        sys.exit("usage: python -m orchestration.dbt parse")
    print(manifest(Home.resolve()))
