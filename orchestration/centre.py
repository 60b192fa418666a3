"""centre.yml: what a centre is, read and checked once.

Each room declares its own part (sources in ``ingest``, servers in ``serving``); this module puts the parts together,
resolves secrets by name from the environment and says where in the file something is wrong.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ingest import Pseudonyms
from ingest.formats import Source
from ingest.reference import Parameter, Queue, Target, Team
from ingest.source import Name, Site
from serving.metabase.client import MetabaseTarget
from serving.publish import PostgresTarget

DEMO_KEY = b"the demo centre is invented, so its key is public"


class CentreError(ValueError):
    """centre.yml is missing or wrong; the message names file, line, key and what was expected."""


class Secret(BaseModel):
    """How customers' identifiers become pseudonyms: by a key from the environment, or by the demo's public one."""

    model_config = ConfigDict(extra="forbid")

    key_env: str = "GAUGEBOOK_PSEUDONYM_KEY"
    demo: bool = False

    def pseudonyms(self) -> Pseudonyms:
        """Return the pseudonym function; raise ``CentreError`` when the environment lacks the key."""
        if self.demo:
            return Pseudonyms(DEMO_KEY)
        key = os.environ.get(self.key_env, "")
        if len(key) < 16:
            raise CentreError(
                f"the environment variable {self.key_env} must hold the pseudonym key, 16 characters or more; "
                "make one once with `openssl rand -hex 32`, keep it with your secrets and set it for every run"
            )
        return Pseudonyms(key.encode())


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
    sites: list[Site] = Field(min_length=1)
    sources: list[Source] = Field(min_length=1)
    queues: list[Queue] = []
    teams: list[Team] = []
    parameters: list[Parameter] = []
    targets: list[Target] = []
    pseudonyms: Secret = Secret()
    postgres: PostgresTarget | None = None
    metabase: MetabaseTarget | None = None

    @model_validator(mode="after")
    def _names_resolve(self) -> Self:
        sites = {site.key for site in self.sites}
        for index, source in enumerate(self.sources):
            if source.site not in sites:
                raise ValueError(
                    f"sources[{index}] ({source.name}) names the site {source.site!r}; declared are {sorted(sites)}"
                )
        for what, names in (("site", [s.key for s in self.sites]), ("source", [s.name for s in self.sources])):
            doubled = sorted({name for name in names if names.count(name) > 1})
            if doubled:
                raise ValueError(f"each {what} needs a name of its own; declared twice: {', '.join(doubled)}")
        return self


def load(path: Path) -> Centre:
    """Read and check centre.yml.

    Raises:
        CentreError: the file is missing, is no YAML, or holds something else than expected.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CentreError(f"{path} does not exist; `gaugebook init` writes one to start from") from None
    try:
        root = yaml.compose(text)
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise CentreError(f"{path} is not YAML: {error}") from None
    try:
        return Centre.model_validate(content or {})
    except ValidationError as error:
        lines = [_problem(path, root, problem) for problem in error.errors(include_url=False)]
        raise CentreError("\n".join(lines)) from None


def _problem(path: Path, root: yaml.Node | None, problem: Any) -> str:
    location: Sequence[str | int] = problem["loc"]
    key = ".".join(str(part) for part in location) or "the file"
    return f"{path}:{_line(root, location)}: {key}: {problem['msg']}"


def _line(node: yaml.Node | None, location: Sequence[str | int]) -> int:
    """Return the line of the innermost key of ``location`` that the file has."""
    marks = [node.start_mark] if node else []
    for part in location:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == str(part)]
            if not found:
                continue  # pydantic names the branch of a union here, which has no line of its own
            marks.append(found[0][0].start_mark)
            node = found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            item = node.value[part]
            marks.append(item.start_mark)
            node = item
    return max((mark.line + 1 for mark in marks if mark), default=1)
