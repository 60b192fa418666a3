"""What the repository says of the contract and the formats, written from their own declarations.

``python -m orchestration.pages`` writes the dbt sources, ``docs/contract.md`` and one page a format below
``docs/feeds/``; a test demands that what is committed equals what it writes. Words that no declaration holds do not
belong here: they are ``docs/sources.md``.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import yaml

from ingest.conform import SQL_TYPES
from ingest.contract import FEEDS, Table
from orchestration.home import PROJECT

_SOURCES_NOTE = "# Written by `make docs` from ingest/contract/{feed}.py.\n"
_LOCATION = (
    "read_parquet('{{{{ env_var(\"GAUGEBOOK_LAKE\", \".gaugebook/lake\") }}}}/{feed}/{{name}}/event_date=*/*.parquet',"
    " hive_partitioning = true)"
)


def pages() -> dict[str, str]:
    """Return the text of every page, by its path in the repository."""
    return dict(_dbt_sources())


def main() -> None:
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
            "description": _first_line(module),
            "config": {"meta": {"external_location": _LOCATION.format(feed=feed)}},
            "tables": [_dbt_table(table) for table in module.TABLES if not table.raw],
        }
        text = yaml.safe_dump({"sources": [source]}, allow_unicode=True, sort_keys=False, width=4096)
        yield f"dbt_project/models/staging/{feed}/_{feed}__sources.yml", _SOURCES_NOTE.format(feed=feed) + text


def _dbt_table(table: Table) -> dict[str, object]:
    columns = [
        {"name": column.name, "data_type": SQL_TYPES[column.type], "description": f"{_sentence(column.meaning)}"}
        for column in table.columns
    ]
    return {"name": table.name, "description": _sentence(table.meaning), "columns": columns}


def _sentence(meaning: str) -> str:
    return f"{meaning[0].upper()}{meaning[1:]}{'' if meaning.endswith('…') else '.'}"


def _first_line(module: object) -> str:
    return (inspect.getdoc(module) or "").partition("\n")[0]


if __name__ == "__main__":
    main()
