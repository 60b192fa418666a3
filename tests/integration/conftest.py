"""What integration tests share: one warehouse of random data, built by dbt once a session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest

from tests.integration.random_centre import LAST, random_centre


class Centre(NamedTuple):
    """A built warehouse and the folder of dbt's artefacts."""

    warehouse: duckdb.DuckDBPyConnection
    target: Path


@pytest.fixture(scope="session")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """The random centre; a test that changes its warehouse does so in a transaction and rolls it back."""
    home = tmp_path_factory.mktemp("random")
    with random_centre(home).build({"as_of": LAST.isoformat()}, select="+indicator_values") as warehouse:
        yield Centre(warehouse, home / "dbt" / "target")
