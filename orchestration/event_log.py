"""Dagster's event log in SQLite, kept open.

Dagster's own class opens a database, waits for the disk and looks up a table's columns for every event it stores. A run
over sixty days stores one event for each asset and day, so this cost minutes. Here a process opens each database once,
stores what Dagster hands over together (the days of an asset, the plan of a run) in one transaction, and lets SQLite's
write-ahead log do the waiting (``synchronous = normal`` loses at most the last events when the power fails, never the
database). What is stored, and where, stays Dagster's.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

from dagster import EventLogEntry
from dagster._core.events import ASSET_EVENTS
from dagster._core.storage.event_log import SqlEventLogStorageTable, SqliteEventLogStorage
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
        os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", "1000")  # without it Dagster hands over one event at a time
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

    def _has_asset_key_index_cols_on_connection(self, conn: Connection) -> bool:
        """Whether the table of assets has its newest columns: this class makes the databases it opens."""
        return True

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store events of one run, those of assets in one transaction for each of the two databases."""
        of_assets = [each for each in events if each.dagster_event_type in ASSET_EVENTS]
        if of_assets:
            rows = [self._event_to_row(each) for each in of_assets]
            with self.run_connection(of_assets[0].run_id) as connection:
                connection.execute(SqlEventLogStorageTable.insert(), rows)
            numbered = SqlEventLogStorageTable.insert().returning(
                SqlEventLogStorageTable.c.id, sort_by_parameter_order=True
            )
            with self.index_transaction() as connection:
                numbers = connection.scalars(numbered, rows).all()
                self._store_asset_event_tags(connection, of_assets, numbers)
                # What the table of assets shows of one is its newest event.
                newest = {each.get_dagster_event().asset_key: place for place, each in enumerate(of_assets)}
                for place in newest.values():
                    self._store_asset_event(connection, of_assets[place], numbers[place])
        for other in events:
            if other.dagster_event_type not in ASSET_EVENTS:
                self.store_event(other)

    def dispose(self) -> None:
        """Close every database."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()
