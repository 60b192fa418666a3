"""The home: the one place on disk that a run reads and writes.

Only paths and the one lock live here; what the files hold is known by the rooms that write them.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

ENVIRONMENT = "GAUGEBOOK_HOME"
DEFAULT = ".gaugebook"
PROJECT = Path(__file__).resolve().parent.parent
"""The checkout: dbt_project, workspace.yaml and the packages lie here."""

_DAGSTER_YAML = """\
telemetry:
  enabled: false
concurrency:
  pools:
    default_limit: 1
run_monitoring:
  enabled: true
  free_slots_after_run_end_seconds: 30
run_coordinator:
  module: dagster
  class: QueuedRunCoordinator
  config:
    dequeue_interval_seconds: 1
event_log_storage:
  module: orchestration.event_log
  class: OpenSqliteEventLogStorage
  config:
    base_dir: {events}
"""


class HomeBusyError(RuntimeError):
    """Another process is writing the home."""


@dataclass(frozen=True)
class Home:
    """Paths of one home."""

    root: Path

    @classmethod
    def resolve(cls, given: Path | None = None) -> Home:
        """Return the home given, or that of ``GAUGEBOOK_HOME``, or ``.gaugebook`` in the working folder."""
        return cls(Path(given or os.environ.get(ENVIRONMENT) or DEFAULT).resolve())

    @property
    def centre_file(self) -> Path:
        """What the centre is: sites, sources, names."""
        return self.root / "centre.yml"

    @property
    def landing(self) -> Path:
        """Where source files arrive, a folder for each source."""
        return self.root / "landing"

    @property
    def lake(self) -> Path:
        """Contract tables as Parquet."""
        return self.root / "lake"

    @property
    def quarantine(self) -> Path:
        """Rows that break the contract."""
        return self.root / "quarantine"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that dbt builds."""
        return self.root / "warehouse.duckdb"

    @property
    def builds_file(self) -> Path:
        """What the warehouse was built from, and when."""
        return self.root / "builds.json"

    @property
    def site(self) -> Path:
        """Static pages: dictionary, briefs, data docs, dbt docs."""
        return self.root / "site"

    @property
    def dbt(self) -> Path:
        """Target and logs of dbt."""
        return self.root / "dbt"

    @property
    def boards_state(self) -> Path:
        """Which object of the Metabase server is which card."""
        return self.root / "metabase_state.json"

    @property
    def dagster(self) -> Path:
        """Dagster's own storage."""
        return self.root / "dagster"

    def prepare(self) -> Home:
        """Make the folders a run expects and Dagster's settings; return the home."""
        for folder in (self.landing, self.dagster, self.dbt, self.site):
            folder.mkdir(parents=True, exist_ok=True)
        settings = self.dagster / "dagster.yaml"
        wanted = _DAGSTER_YAML.format(events=json.dumps(str(self.dagster / "history" / "events")))
        if not settings.exists() or settings.read_text() != wanted:
            settings.write_text(wanted)
        return self

    def writing(self) -> AbstractContextManager[None]:
        """Hold the home's write lock; raises ``HomeBusyError`` when another process holds it.

        DuckDB allows one writing process. Within Dagster a pool queues the writers; this lock also keeps the command
        line and Dagster apart.
        """
        return self._hold("writer.lock", "another run is writing")

    def running(self) -> AbstractContextManager[None]:
        """Hold the lock of the one run that the command line may have; raises ``HomeBusyError`` as ``writing``.

        A lock ends with its process: whoever gets it knows that no earlier run of the command line is alive.
        """
        return self._hold("run.lock", "another `gaugebook run` works on")

    @contextmanager
    def _hold(self, name: str, who: str) -> Iterator[None]:
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / name).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise HomeBusyError(f"{who} {self.root}; wait for it to end, or stop it, and start again") from None
            yield
