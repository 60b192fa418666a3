"""centre.yml: what a centre is, read and checked once.

Each room declares its own part (sources in ``ingest``, servers in ``serving``); this module puts the parts together,
resolves secrets by name from the environment and says where in the file something is wrong.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ingest import Pseudonyms
from ingest.formats import Source
from ingest.hours import clashes
from ingest.landing import Location
from ingest.privacy import LEAST_KEY_BYTES, Redaction
from ingest.reference import Client, Parameter, Queue, Reason, Target, Team
from ingest.source import Name, Site
from orchestration.retention import Kept
from orchestration.retention import problems as retention_problems
from serving.servers import MetabaseTarget, PostgresTarget

DEMO_KEY = b"the demo centre is invented, so its key is public"

Problem = tuple[Sequence[str | int], str]
"""Where in the file something is wrong, as pydantic says it, and what."""


class CentreError(ValueError):
    """centre.yml is missing or wrong; the message names file, line, key and what was expected."""


class Secret(BaseModel):
    """How customers' identifiers become pseudonyms: by a key from the environment, or by the demo's public one.

    ``rotated_to`` names the variables of the keys that came after the first, oldest first: all of them are needed, see
    ``ingest.Pseudonyms``.
    """

    model_config = ConfigDict(extra="forbid")

    key_env: str = "GAUGEBOOK_PSEUDONYM_KEY"
    rotated_to: list[str] = []
    demo: bool = False

    def pseudonyms(self) -> Pseudonyms:
        """Return the pseudonym function; raise ``CentreError`` when the environment lacks a key."""
        return self.generations()[-1]

    def generations(self) -> list[Pseudonyms]:
        """Return the pseudonym functions that held one after the other; raises as ``pseudonyms``."""
        keys = [DEMO_KEY if self.demo else _key_of(self.key_env), *map(_key_of, self.rotated_to)]
        return [Pseudonyms(*keys[: count + 1]) for count in range(len(keys))]


def _key_of(variable: str) -> bytes:
    key = os.environ.get(variable, "")
    if len(key) < LEAST_KEY_BYTES:
        raise CentreError(
            f"the environment variable {variable} must hold the pseudonym key, {LEAST_KEY_BYTES} characters or more; "
            "make one once with `openssl rand -hex 32`, keep it with your secrets and set it for every run"
        )
    return key.encode()


class CentreName(BaseModel):
    """The centre's own names."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Name(en="Contact centre", zh="客户联络中心")


class Centre(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid")

    centre: CentreName = CentreName()
    locale: Literal["en", "zh"] = "en"
    history_from: date = date(2010, 1, 1)
    landing: Location | None = None
    sites: list[Site] = Field(min_length=1)
    sources: list[Source] = Field(min_length=1)
    queues: list[Queue] = []
    clients: list[Client] = []
    teams: list[Team] = []
    reasons: list[Reason] = []
    parameters: list[Parameter] = []
    targets: list[Target] = []
    pseudonyms: Secret = Secret()
    redact: Redaction = Redaction()
    retention: dict[str, Kept] = {}
    postgres: PostgresTarget | None = None
    metabase: MetabaseTarget | None = None


def load(path: Path) -> Centre:
    """Read and check centre.yml.

    Raises:
        CentreError: the file is missing, is no YAML, or holds something else than expected.
    """
    try:
        text = path.read_text(encoding="utf-8")
        root = yaml.compose(text)
        content = yaml.safe_load(text)
    except FileNotFoundError:
        raise CentreError(f"{path} does not exist; `gaugebook init` writes one to start from") from None
    except UnicodeDecodeError as error:
        raise CentreError(f"{path} is not UTF-8: {error}") from None
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise CentreError(f"{path}{line}: not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise CentreError(f"{path} is not YAML: {error}") from None
    if doubled := [f"{path}:{line}: {key}: the same key stands above" for line, key in _doubled(root, {})]:
        raise CentreError("\n".join(doubled))
    try:
        centre = Centre.model_validate(content or {})
    except ValidationError as error:
        schema = Centre.model_json_schema()
        problems = [
            (
                problem["loc"],
                _unknown(schema, problem["loc"]) if problem["type"] == "extra_forbidden" else problem["msg"],
            )
            for problem in error.errors(include_url=False)
        ]
        raise CentreError(_told(path, root, problems)) from None
    if problems := list(_unresolved(centre)):
        raise CentreError(_told(path, root, problems))
    return centre


def _unresolved(centre: Centre) -> Iterator[Problem]:
    """Yield names that are used and not declared, or declared twice."""
    sites = {site.key for site in centre.sites}
    for index, source in enumerate(centre.sources):
        if source.site not in sites:
            yield ("sources", index, source.format, "site"), f"{source.site!r} is no site; declared are {sorted(sites)}"
    yield from _without_a_day(centre, sites)
    clients = {client.key for client in centre.clients}
    for index, queue in enumerate(centre.queues):
        if queue.client not in (None, *clients):
            message = f"{queue.client!r} is no client: declare it under `clients`, or name one of {sorted(clients)}"
            yield ("queues", index, "client"), message
    yield from _twice_named(centre)
    for name, message in retention_problems(centre.retention):
        yield ("retention", name), message
    named: dict[str, list[tuple[tuple[str | int, ...], str]]] = {
        "site": [(("sites", index, "key"), site.key) for index, site in enumerate(centre.sites)],
        "source": [(("sources", index, s.format, "name"), s.name) for index, s in enumerate(centre.sources)],
        "queue": [(("queues", index, "key"), queue.key) for index, queue in enumerate(centre.queues)],
        "client": [(("clients", index, "key"), client.key) for index, client in enumerate(centre.clients)],
        "team": [(("teams", index, "key"), team.key) for index, team in enumerate(centre.teams)],
        "reason": [(("reasons", index, "key"), reason.key) for index, reason in enumerate(centre.reasons)],
    }
    for what, declared in named.items():
        names = [name for _, name in declared]
        for index, (location, name) in enumerate(declared):
            if name in names[:index]:
                yield location, f"there is another {what} {name!r} above"


def _without_a_day(centre: Centre, sites: Collection[str]) -> Iterator[Problem]:
    """Yield business hours that are not clear, and expected days that nothing tells."""
    told = {site.key for site in centre.sites if site.calendar}
    for index, queue in enumerate(centre.queues):
        told |= {hours.site for hours in queue.hours}
        for place, hours in enumerate(queue.hours):
            if hours.site not in sites:
                message = f"{hours.site!r} is no site; declared are {sorted(sites)}"
                yield ("queues", index, "hours", place, "site"), message
        for place, message in clashes(queue.hours):
            yield ("queues", index, "hours", place), message
    for index, source in enumerate(centre.sources):
        for place, arrival in enumerate(source.arrives):
            if arrival.days == "open_days" and source.site not in told:
                message = f"when {source.site} is open is told by its `calendar`, or by `hours` of a queue: declare one"
                yield ("sources", index, source.format, "arrives", place, "days"), message


def _twice_named(centre: Centre) -> Iterator[Problem]:
    """Yield names that would mean two queues, teams or reasons, and those of sources that are not declared."""
    sources = [source.name for source in centre.sources]
    for what, declared in (("queues", centre.queues), ("teams", centre.teams), ("reasons", centre.reasons)):
        owners = {(source, each.key): each.key for each in declared for source in sources}
        for index, each in enumerate(declared):
            for place, alias in enumerate(each.aliases):
                location = (what, index, "aliases", place)
                if alias.source not in (None, *sources):
                    yield location, f"{alias.source!r} is no source; declared are {sorted(sources)}"
                for source in sources if alias.source is None else [alias.source]:
                    if owners.setdefault((source, alias.name), each.key) != each.key:
                        yield location, f"{alias.name!r} is {owners[source, alias.name]!r} in the source {source}"
                        break


def _told(path: Path, root: yaml.Node | None, problems: Iterable[Problem]) -> str:
    placed = sorted((_line(root, location), _key(location), message) for location, message in problems)
    return "\n".join(f"{path}:{line}: {key}: {message.removeprefix('Value error, ')}" for line, key, message in placed)


def _unknown(schema: Mapping[str, Any], location: Sequence[str | int]) -> str:
    """Return what to say of a key that a JSON schema does not know: which are known there, and which it resembles."""
    places = [schema]
    for part in location[:-1]:
        # what names the branch of a union leads nowhere in a schema without tags
        places = [below for place in places for below in _below(schema, place, part)] or places
    known = sorted({name for place in places for one in _meant(schema, place) for name in one.get("properties", {})})
    near = get_close_matches(str(location[-1]), known, n=1)
    return f"no such key here;{f' `{near[0]}`?' if near else ''} known are {', '.join(known)}"


def _below(schema: Mapping[str, Any], place: Mapping[str, Any], part: str | int) -> Iterator[Mapping[str, Any]]:
    """Yield what may stand behind a key, an index or the tag of a union at a place of a JSON schema."""
    for one in _meant(schema, place):
        if part in one.get("properties", {}):
            yield one["properties"][part]
        elif isinstance(part, int) and "items" in one:
            yield one["items"]
        elif isinstance(one.get("additionalProperties"), dict):
            yield one["additionalProperties"]
        elif part in one.get("discriminator", {}).get("mapping", {}):
            yield {"$ref": one["discriminator"]["mapping"][part]}


def _meant(schema: Mapping[str, Any], place: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a place of a JSON schema with what it refers to and its alternatives."""
    if "$ref" in place:
        yield from _meant(schema, schema["$defs"][place["$ref"].rsplit("/", 1)[-1]])
    else:
        yield place
        for other in place.get("anyOf", ()):
            yield from _meant(schema, other)


def _key(location: Sequence[str | int]) -> str:
    # pydantic names the branch of the union of sources behind the source's index; the file does not
    parts = [str(part) for part in location]
    return ".".join(parts[:2] + parts[3:] if parts[:1] == ["sources"] else parts) or "the file"


def _line(node: yaml.Node | None, location: Sequence[str | int]) -> int:
    """Return the line of the innermost key of ``location`` that the file has."""
    marks = [node.start_mark] if node else []
    for part in location:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == str(part)]
            if not found:
                continue  # the branch of a union, or a key that is missing
            marks.append(found[0][0].start_mark)
            node = found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            item = node.value[part]
            marks.append(item.start_mark)
            node = item
    return max((mark.line + 1 for mark in marks if mark), default=1)


def _doubled(node: yaml.Node | None, seen: dict[int, yaml.Node]) -> Iterator[tuple[int, str]]:
    """Yield line and key of what YAML would let the last of two equal keys overwrite; an alias is looked at once."""
    if node is None or id(node) in seen:
        return
    seen[id(node)] = node
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _doubled(item, seen)
    elif isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value]
        for index, (key, value) in enumerate(node.value):
            if key.value in keys[:index]:
                yield key.start_mark.line + 1, key.value
            yield from _doubled(value, seen)
