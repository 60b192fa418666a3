"""What integration tests share, each made once a session: a warehouse of random data, and a demo home after its run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest

from orchestration.home import Home
from orchestration.run import run
from tests import road
from tests.integration.random_centre import LAST, random_centre
from tests.known_project import knowing


class Centre(NamedTuple):
    """A built warehouse and the folder of dbt's artefacts."""

    warehouse: duckdb.DuckDBPyConnection
    target: Path


@pytest.fixture(scope="session")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """The random centre; a test that changes its warehouse does so in a transaction and rolls it back."""
    home = tmp_path_factory.mktemp("random")
    with random_centre(home).build({"as_of": LAST.isoformat()}, select="+indicator_values +dim_members") as warehouse:
        yield Centre(warehouse, home / "dbt" / "target")


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A demo home whose files were all delivered at once and built in one run; to be read only."""
    home = knowing(road.demo(tmp_path_factory.mktemp("whole")))
    run(home)
    return home
