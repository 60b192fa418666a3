"""What the documents say exists: their YAML loads, their commands, options, paths and links are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import typer
import yaml
from pydantic import BaseModel, TypeAdapter

from ingest.mapping import Cell, Mapped, TableMapping
from ingest.reference import Parameter, Queue, Target, Team
from ingest.source import Site, SourceBase
from orchestration.centre import Centre, Secret, load
from orchestration.cli import app
from orchestration.home import PROJECT
from serving.servers import MetabaseTarget, PostgresTarget

DOCUMENTS = {
    path.relative_to(PROJECT).as_posix(): path.read_text("utf-8")
    for path in (*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md"))
}
SOURCES = DOCUMENTS["docs/sources.md"]
EXAMPLE = PROJECT / "orchestration" / "centre.example.yml"

FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
QUOTED = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")

LONDON = {"key": "london", "name": {"en": "London", "zh": "伦敦"}, "time_zone": "Europe/London"}
PBX = {"name": "only_source", "format": "queue_log", "site": "london"}

each_document = pytest.mark.parametrize("name", sorted(DOCUMENTS))


def declarations() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the YAML blocks that show a part of centre.yml, with their document and number."""
    for name, text in DOCUMENTS.items():
        for number, (_, block) in enumerate(match.groups() for match in FENCED.finditer(text) if match[1] == "yaml"):
            content = yaml.safe_load(block)
            if isinstance(content, dict) and content.keys() & {"sites", "sources", "centre", "pseudonyms"}:
                yield f"{name}-{number}", content


DECLARED = dict(declarations())


@pytest.mark.parametrize("name", DECLARED)
def test_declarations_that_documents_show_load(name: str, tmp_path: Path) -> None:
    shown = DECLARED[name]
    sites = dict.fromkeys(source["site"] for source in shown.get("sources", [PBX]))
    whole = {"sites": [{**LONDON, "key": key} for key in sites], "sources": [PBX], **shown}
    (tmp_path / "centre.yml").write_text(yaml.safe_dump(whole, allow_unicode=True), encoding="utf-8")
    load(tmp_path / "centre.yml")


def test_the_example_centre_loads_as_it_is_and_with_everything_switched_on(tmp_path: Path) -> None:
    text = EXAMPLE.read_text("utf-8")
    assert len(load(EXAMPLE).sources) == 1
    # Prose begins with a capital letter or is Chinese; what can be switched on begins with a key or a dash.
    switched_on = tmp_path / "centre.yml"
    switched_on.write_text(re.sub(r"^( *)# ( *(?:- |[a-z_]+:).*)$", r"\1\2", text, flags=re.MULTILINE), "utf-8")
    assert len(load(switched_on).sources) > 1
    assert set(yaml.safe_load(switched_on.read_text("utf-8"))) == set(Centre.model_fields)


@pytest.mark.parametrize(
    "model",
    [
        *(SourceBase, TableMapping, Cell, Site, Centre, Queue, Team),
        *(Parameter, Target, Secret, PostgresTarget, MetabaseTarget),
    ],
    ids=lambda model: model.__name__,
)
def test_every_key_of_a_declaration_is_shown_or_explained(model: type[BaseModel]) -> None:
    code = "\n".join([*(match[2] for match in FENCED.finditer(SOURCES)), *QUOTED.findall(SOURCES)])
    keys = {field.alias or name for name, field in model.model_fields.items()}
    assert {key for key in keys if not re.search(rf"\b{key}\b", code)} == set()


def test_every_way_of_filling_a_column_that_is_shown_can_be_declared() -> None:
    shown = [yaml.safe_load(code) for code in QUOTED.findall(SOURCES) if code.startswith("{")]
    assert len(shown) >= 8
    for declared in shown:
        TypeAdapter(Mapped).validate_python(declared)


def words_of_commands(text: str) -> Iterator[list[str]]:
    """Yield what stands behind ``gaugebook`` on each line of code of a document."""
    for code in [*(line for match in FENCED.finditer(text) for line in match[2].splitlines()), *QUOTED.findall(text)]:
        if found := re.search(r"(?:^|/|\s)gaugebook ((?:-?-?[a-z][\w-]*|[^\w\s])[^#`]*)", code):
            yield found[1].split()


@each_document
def test_commands_and_options_exist(name: str) -> None:
    for words in words_of_commands(DOCUMENTS[name]):
        command: click.Command = typer.main.get_command(app)
        while isinstance(command, typer.main.TyperGroup):
            assert words and words[0] in command.commands, " ".join(words)
            command = command.commands[words.pop(0)]
        options = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", " ".join(words))) <= options, (command.name, words)


@each_document
def test_make_targets_exist(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (PROJECT / "Makefile").read_text(), flags=re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z]+)", DOCUMENTS[name], flags=re.MULTILINE)) <= targets


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", text), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_document
def test_links_lead_somewhere(name: str) -> None:
    folder = (PROJECT / name).parent
    for target in LINK.findall(FENCED.sub("", DOCUMENTS[name])):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        found = folder / path if path else PROJECT / name
        assert found.exists(), target
        assert not anchor or anchor in anchors(found.read_text("utf-8")), target


@each_document
def test_paths_of_the_repository_that_documents_name_exist(name: str) -> None:
    folders = "|".join(path.name for path in PROJECT.iterdir() if path.is_dir() and not path.name.startswith("."))
    for code in QUOTED.findall(DOCUMENTS[name]):
        if re.fullmatch(rf"(?:{folders})/[\w./-]*", code):
            assert (PROJECT / code).exists(), code
