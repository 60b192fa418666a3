"""Dagster's event log in SQLite, kept open.

Dagster's own class opens a database, and waits for the disk, for every event it stores. A run over sixty days stores
one event for each asset and day, so this cost minutes. Here a process opens each database once and lets SQLite's
write-ahead log do the waiting (``synchronous = normal`` loses at most the last events when the power fails, never the
database). What is stored, and where, stays Dagster's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool


class OpenSqliteEventLogStorage(SqliteEventLogStorage):
    """The stock storage, with one connection for each database for as long as the process lives."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._engines: dict[str, Engine] = {}
        self._tables: set[str] = set()
        super().__init__(*args, **kwargs)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:
        """Return the storage that dagster.yaml asks for; the stock method names its own class."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            if shard not in self._engines:
                self._engines[shard] = self._open(shard)
            with self._engines[shard].begin() as connection:
                yield connection

    def _open(self, shard: str) -> Engine:
        engine = create_engine(
            self.conn_string_for_shard(shard),
            poolclass=StaticPool,
            connect_args={"timeout": 60, "check_same_thread": False},
        )
        event.listen(engine, "connect", lambda raw, _: raw.execute("pragma synchronous = normal"))
        self._initdb(engine)
        self._initialized_dbs.add(shard)
        return engine

    def has_table(self, table_name: str) -> bool:
        """Whether the index has a table; once it has, it keeps it. Dagster asks before each event of a check."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def dispose(self) -> None:
        """Close every database."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()
