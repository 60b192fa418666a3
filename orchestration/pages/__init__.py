"""What the repository says of the contract and the formats, written from their own declarations.

``python -m orchestration.pages`` writes the dbt sources, ``docs/contract.md`` and one page a format in ``docs/feeds/``;
a test demands that what is committed equals what it writes. Words that no declaration holds do not belong here: they
stand in ``docs/sources.md``.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import get_args

import jinja2
import yaml

import ingest.contract
from ingest.conform import SQL_TYPES
from ingest.contract import FEEDS, TABLES, Column, Table
from ingest.formats import FORMATS, Source
from ingest.formats.base import About
from ingest.source import DAILY, SourceBase
from orchestration.home import PROJECT
from orchestration.pages.declared import keys, prose

_MODELS: dict[str, type[SourceBase]] = {
    get_args(model.model_fields["format"].annotation)[0]: model for model in get_args(get_args(Source)[0])
}
"""The source model of each format."""

_TREATED = {
    "identifier": "pseudonym",
    "text": "redacted",
    "staff_name": "name of staff",
}


def pages() -> dict[str, str]:
    """Return the text of every page, by its path in the repository."""
    abouts = {name: form.about for name, form in sorted(FORMATS.items())}
    return {
        **dict(_dbt_sources()),
        "docs/contract.md": _render("contract.md.j2", feeds=FEEDS, contract=ingest.contract),
        "docs/feeds/README.md": _render("feeds.md.j2", abouts=abouts),
        **{f"docs/feeds/{name}.md": _feed_page(name, about) for name, about in abouts.items()},
    }


def write() -> None:
    """Write the pages."""
    for path, text in pages().items():
        page = PROJECT / path
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")


def _dbt_sources() -> Iterator[tuple[str, str]]:
    """Yield the YAML of each feed's sources: its tables, described as the contract describes them."""
    for feed, module in FEEDS.items():
        source = {
            "name": feed,
            "description": _described(module).partition("\n")[0],
            "schema": "lake",
            "tables": [_dbt_table(table) for table in module.TABLES if not table.raw],
        }
        text = yaml.safe_dump({"sources": [source]}, allow_unicode=True, sort_keys=False, width=4096)
        note = f"# Written by `make docs` from ingest/contract/{feed}.py.\n"
        yield f"dbt_project/models/staging/{feed}/_{feed}__sources.yml", note + text


def _dbt_table(table: Table) -> dict[str, object]:
    columns = [
        {"name": column.name, "data_type": SQL_TYPES[column.type], "description": _sentence(column.meaning)}
        for column in table.columns
    ]
    # what is read whole has no days on which it could be missing
    whole = {} if table.name in DAILY else {"config": {"meta": {"has_days": False}}}
    return {"name": table.name, "description": _sentence(table.meaning), **whole, "columns": columns}


def _feed_page(name: str, about: About) -> str:
    model = _MODELS[name]
    schema = model.model_json_schema()
    common = SourceBase.model_json_schema()["$defs"]
    example = about.example.strip() or f"name: {name}_london\nformat: {name}\nsite: london"
    return _render(
        "feed.md.j2",
        module=model.__module__.replace(".", "/"),
        about=about,
        example=textwrap.indent(example.removeprefix("- "), "    ").replace("    ", "  - ", 1),
        described=prose(schema.get("description", "")),
        keys=keys(schema, set(model.model_fields) - set(SourceBase.model_fields)),
        parts={
            part: {"described": prose(said.get("description", "")), "rows": keys(said, said["properties"])}
            for part, said in schema.get("$defs", {}).items()
            if "properties" in said and part not in common
        },
    )


def _filled(about: About) -> list[str]:
    """Return the contract tables that a format's readings name, in the contract's order."""
    named = {reading.column.partition(".")[0] for reading in about.readings}
    return [table for table in TABLES if table in named]


def _described(module: ModuleType) -> str:
    return prose(inspect.getdoc(module) or "")


def _facts(table: Table) -> str:
    """Return in a few sentences what identifies a row, when it is, and what its change restates."""
    key = ", ".join(f"`{name}`" for name in table.key)
    said = [f"Identified within its source by {key}.", f"Its day is that of `{table.event_time}`."]
    if table.version != "record_updated_at":
        said.append(f"The greatest `{table.version}` holds.")
    if table.touches:
        between = "all days between " if table.touches_span and len(table.touches) > 1 else "the days of "
        said.append(f"A change restates {between}{', '.join(f'`{name}`' for name in table.touches)}.")
    return " ".join(said)


def _sentence(meaning: str) -> str:
    return f"{meaning[0].upper()}{meaning[1:]}{'' if meaning.endswith('…') else '.'}"


def _notes(column: Column) -> str:
    """Return what a column's row in the contract's page says besides name, type and meaning."""
    said = [", ".join(f"`{value}`" for value in column.allowed), _TREATED.get(column.personal or "", "")]
    return "; ".join(filter(None, said))


def _cell(text: str) -> str:
    """Return ``text`` as it may stand in a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")


@cache
def _templates() -> jinja2.Environment:
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    templates.filters.update(
        cell=_cell, described=_described, facts=_facts, filled=_filled, notes=_notes, sentence=_sentence
    )
    templates.globals.update(sql_types=SQL_TYPES)
    return templates


def _render(template: str, **content: object) -> str:
    return _templates().get_template(template).render(**content)
