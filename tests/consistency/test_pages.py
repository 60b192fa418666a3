"""What is written from declarations is what is committed, and every format says of itself what its page needs."""

from __future__ import annotations

import re

import pytest
import yaml

from ingest.contract import TABLES
from ingest.formats import FORMATS
from orchestration.centre import Centre
from orchestration.home import PROJECT
from orchestration.pages import pages

PAGES = pages()
SITE = {"key": "london", "name": {"en": "London", "zh": "伦敦"}, "time_zone": "Europe/London"}

OF_ANY_TABLE = ("contract", "spreadsheet")
"""Formats whose declaration says which table they fill."""

each_format = pytest.mark.parametrize("name", sorted(FORMATS))


@pytest.mark.parametrize("path", sorted(PAGES))
def test_a_committed_page_is_what_make_docs_writes(path: str) -> None:
    assert (PROJECT / path).read_text("utf-8") == PAGES[path], "run `make docs`"


def test_no_page_is_left_of_a_format_there_is_not() -> None:
    written = {PROJECT / path for path in PAGES}
    folders = {path.parent for path in written if path.parent.name == "feeds"}
    assert {page for folder in folders for page in folder.iterdir()} <= written


@each_format
def test_a_format_says_what_its_files_are_and_how_to_get_them(name: str) -> None:
    about = FORMATS[name].about
    assert all((about.title, about.systems, about.files, about.zone, about.units, about.gotchas, about.exports))
    assert all(export.steps for export in about.exports)


@each_format
def test_a_format_speaks_of_columns_that_the_contract_has(name: str) -> None:
    for reading in FORMATS[name].about.readings:
        table, _, columns = reading.column.partition(".")
        if not table or (name in OF_ANY_TABLE and table not in TABLES):
            continue
        assert table in TABLES, reading
        assert set(columns.split(", ") if columns else []) <= set(TABLES[table].schema.names), reading


@each_format
def test_the_declaration_that_a_page_shows_is_one(name: str) -> None:
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", PAGES[f"docs/feeds/{name}.md"], re.MULTILINE | re.DOTALL)[:1]
    (source,) = yaml.safe_load(block)["sources"]
    centre = Centre.model_validate({"sites": [SITE], "sources": [source], "pseudonyms": {"demo": True}})
    assert centre.sources[0].format == name
