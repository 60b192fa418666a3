"""Measuring a batch: DuckDB passes over the touched rows and gives one profile row a source and day.

Great Expectations judges the profile instead of the rows. As a pandas batch, 600,000 messages against nine rules
took 2.2 s of CPU and a gigabyte, both growing with the days; profiles of these and 240,000 other rows against fifty
rules took 1.4 s and 0.4 GB. A profile costs one scan, whatever the number of rules, and stays a few hundred rows.
Which measures there are, and what they must be, belongs to ``from_contract`` and ``suites``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.contract import IDENTITY, TABLES, Table

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.expectations.expectation import ColumnAggregateExpectation

SAMPLE_ROWS = 5
"""How many offending rows a sample shows."""

VOLUME_LAGS_DAYS = (7, 14, 21, 28)
"""Days back to the same weekdays that a day's volume is compared with."""


@dataclass(frozen=True)
class Measure:
    """One column of a profile: a SQL aggregate over the rows of one profile row.

    ``failing`` is a row predicate: the rows a person should look at when the measure is out of bounds.
    """

    sql: str
    failing: str | None = None


def rows_where(predicate: str) -> Measure:
    """Number of rows for which ``predicate`` holds."""
    return Measure(f"count(*) filter (where {predicate})", predicate)


def share_of_rows(predicate: str, among: str = "true") -> Measure:
    """Share (0 to 1) of the rows ``among`` for which ``predicate`` holds; null where there are none of them."""
    return Measure(
        f"count(*) filter (where ({among}) and ({predicate})) / nullif(count(*) filter (where {among}), 0)",
        f"({among}) and ({predicate})",
    )


def repeating(key: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """Statements to prepare, and the predicate of rows of the batch that share their ``key``, null parts alike.

    A 64-bit digest takes half the time of the key itself. Keys that look alike, as those of a telephone exchange do,
    now and then share theirs (two of 238,532 calls did), so rows with one digest are compared by the key itself.
    """
    digest = f"hash({', '.join(key)})"
    alike = f"""
    create or replace temp table alike as
    select {digest} as digest from batch group by all having count(*) > 1
    """
    repeated = f"""
    create or replace temp table repeated as
    select distinct {digest} as digest
    from batch
    where {digest} in (select digest from alike)
    group by {", ".join(key)}
    having count(*) > 1
    """
    return (alike, repeated), f"{digest} in (select digest from repeated)"


@dataclass(frozen=True)
class Suite:
    """Rules for one table: what is measured, and the expectations on the measures.

    ``prepare`` are statements run before measuring. ``derived`` are columns added to each row before measuring, for
    rules that look at neighbouring rows or at another table. Both may read the views that ``Lake.load`` makes.
    """

    name: str
    table: str
    measures: Mapping[str, Measure]
    expectations: Sequence[ColumnAggregateExpectation]
    derived: Mapping[str, str] = field(default_factory=dict)
    prepare: Sequence[str] = ()


class Batches:
    """A DuckDB connection in which the view ``batch`` holds the rows that are judged.

    ``grain`` is what one profile row stands for, ``identity`` what a sampled row is called by.
    """

    grain: tuple[str, ...]
    identity: tuple[str, ...]

    def __init__(self, connection: duckdb.DuckDBPyConnection):
        self.connection = connection

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def profile(self, suites: Sequence[Suite]) -> pd.DataFrame:
        """Measure the batch once for all ``suites``: one row each combination of the grain."""
        for statement in (statement for suite in suites for statement in suite.prepare):
            self.connection.execute(statement)
        measures = "".join(f', {m.sql} as "{name}"' for suite in suites for name, m in suite.measures.items())
        grain = ", ".join(f"rows.{column}" for column in self.grain)
        shown = ", ".join(f"rows.{column}::varchar as {column}" for column in self.grain)
        return self.connection.sql(
            f"select {shown}{measures} from ({_rows(suites)}) as rows group by {grain} order by {grain}"
        ).df()

    def sample(self, suites: Sequence[Suite], predicate: str) -> list[dict[str, str]]:
        """Some rows of the batch for which ``predicate`` holds: which they are, not what they say."""
        identity = ", ".join(f"{column}::varchar as {column}" for column in self.identity)
        rows = self.connection.sql(
            f"select {identity} from ({_rows(suites)}) where {predicate} order by all limit {SAMPLE_ROWS}"
        )
        return [dict(zip(rows.columns, row, strict=True)) for row in rows.fetchall()]


class Lake(Batches):
    """The lake's Parquet files as batches: the rows of one table in some ``event_date`` partitions.

    A view of each table of ``IDENTITY`` is there throughout, whole, for rules that look names up.
    """

    grain = ("source_system", "event_date")
    identity = ("source_system", "event_date", "source_record_id")

    def __init__(self, root: Path):
        # What does not fit into memory stays in the home.
        super().__init__(duckdb.connect(config={"temp_directory": f"{root}/.spill"}))
        self.connection.execute("set TimeZone = 'UTC'")
        self.root = root
        for name in IDENTITY:
            self._view(name, TABLES[name], sorted(root.glob(f"{TABLES[name].feed}/{name}/event_date=*/*.parquet")))

    def files(self, table: Table, dates: Iterable[date]) -> list[Path]:
        """Files of the partitions ``dates`` of ``table``, in a stable order."""
        folder = self.root / table.feed / table.name
        return sorted(file for day in set(dates) for file in folder.glob(f"event_date={day}/*.parquet"))

    def columns(self, table: Table, files: Iterable[Path]) -> pd.DataFrame:
        """What is amiss with the columns of each kind of file there is: missing ones and those of another type."""
        kinds = {pq.read_schema(file).remove_metadata(): file.name for file in files}
        rows = []
        for schema, name in kinds.items():
            delivered = dict(zip(schema.names, schema.types, strict=True))
            amiss = [
                f"{column.name}: {delivered.get(column.name, 'missing')} instead of {column.type}"
                for column in table.columns
                if delivered.get(column.name) != column.type
            ]
            rows.append({"file": name, "amiss": "; ".join(amiss), "columns amiss": len(amiss)})
        return pa.Table.from_pylist(rows).to_pandas()

    def load(self, table: Table, dates: Sequence[date]) -> None:
        """Make views of the partitions ``dates``: ``batch``, its same weekdays ``history``, the days ``touched``."""
        earlier = {day - timedelta(days=lag) for day in dates for lag in VOLUME_LAGS_DAYS}
        self._view("batch", table, self.files(table, dates))
        self._view("history", table, self.files(table, earlier.union(dates)))
        self._table("touched", pa.table({"event_date": pa.array(sorted(dates), pa.date32())}))

    def _view(self, name: str, table: Table, files: Sequence[Path]) -> None:
        if files:
            paths = ", ".join("'{}'".format(str(file).replace("'", "''")) for file in files)
            self.connection.execute(
                f"create or replace temp view {name} as select * from "
                f"read_parquet([{paths}], hive_partitioning = true, hive_types = {{'event_date': date}})"
            )
        else:
            self._table(name, table.schema.append(pa.field("event_date", pa.date32())).empty_table())

    def _table(self, name: str, rows: pa.Table) -> None:
        self.connection.register("arrow", rows)
        self.connection.execute(f"create or replace temp table {name}_rows as select * from arrow")
        self.connection.execute(f"create or replace temp view {name} as select * from {name}_rows")


class Warehouse(Batches):
    """The indicator layer as a batch: every combination of the dictionary, with its values in the touched periods."""

    grain = ("indicator", "grain")
    identity = ("indicator", "grain", "starts_at", "level", "member")

    def __init__(self, warehouse: Path):
        super().__init__(duckdb.connect(str(warehouse), read_only=True))

    def load(self, dates: Sequence[date] | None, as_of: date) -> None:
        """Make ``batch`` the values whose period holds one of ``dates``, beside what the dictionary says of them.

        ``expected`` are the indicators and days up to ``as_of`` of which centre.yml expects everything behind them.
        """
        schema = self.connection.execute(
            "select schema_name from duckdb_tables() where table_name = 'indicator_values'"
        ).fetchone()
        if schema is None:
            raise LookupError("the warehouse holds no table indicator_values: build the models first")
        self.connection.execute(f"set schema = '{schema[0]}'")
        touched = "true"
        if dates is not None:
            self.connection.register("touched", pa.table({"local_date": pa.array(sorted(dates), pa.date32())}))
            touched = """(grain, date_trunc(replace(grain, 'interval', 'day'), period_start)) in (
                select (grain, date_trunc(replace(grain, 'interval', 'day'), local_date))
                from touched cross join unnest(['interval', 'day', 'week', 'month']) as grains (grain)
            )"""
        self.connection.execute(
            f"""
            create or replace temp table expected as
            select indicator, date_day, any_value(grains) as grains, any_value(levels) as levels
            from dim_feed_days join dim_indicators on list_contains(daily_tables, lake_table)
            where date_day <= date '{as_of}'
                and {"true" if dates is None else "date_day in (select local_date from touched)"}
            group by all having count(distinct lake_table) = len(any_value(daily_tables))
            """
        )
        self.connection.execute(
            f"""
            create or replace temp view batch as
            with valued as (select * from indicator_values where {touched}),
            dictionary as (
                select
                    indicator, unit, class, levels[1] as widest_level, unnest(grains) as grain,
                    indicator in (select indicator from expected) as is_expected
                from dim_indicators
            )
            select * from dictionary full join valued using (indicator, grain)
            """
        )


def _rows(suites: Sequence[Suite]) -> str:
    derived = "".join(f", {sql} as {name}" for suite in suites for name, sql in suite.derived.items())
    return f"select *{derived} from batch"
