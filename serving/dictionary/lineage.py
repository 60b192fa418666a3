"""What each indicator reads: columns of the contract's tables, and parameters, down to the one that decides.

The SQL of the models between lake and fact is followed with a parser: of each model only what the columns in question
need is kept, conditions and joins included, and the tables that are then still read are asked in turn. So an indicator
is not told to rest on everything that its fact holds. What is compiled, and when, does not belong here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.eliminate_ctes import eliminate_ctes
from sqlglot.optimizer.pushdown_projections import pushdown_projections
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import traverse_scope

from serving.dictionary.entries import PARAMETERS, Reads

PARTITION = "event_date"
"""What the files of a table of the lake are filed under; no column of its contract."""


def trace(manifest: Mapping[str, Any], dialect: str) -> dict[str, Reads]:
    """Return what every indicator of dbt's manifest reads; the manifest holds the compiled SQL of its models."""
    models = _Models(manifest, dialect)
    facts = {
        measure["name"]: (model["node_relation"]["alias"], models.columns_of(*_expressions(measure)))
        for model in manifest["semantic_models"].values()
        for measure in model["measures"]
    }
    return {
        metric["name"]: _sorted(
            read
            for measure in metric["type_params"]["input_measures"]
            for read in models.reads(*facts[measure["name"]])
        )
        for metric in manifest["metrics"].values()
    }


def _expressions(measure: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a measure counts and, of durations, which had not ended."""
    yield measure["expr"] or measure["name"]
    if censored := ((measure["config"] or {}).get("meta") or {}).get("censored"):
        yield censored


def _sorted(reads: Iterator[tuple[str, str]]) -> Reads:
    found: dict[str, set[str]] = {}
    for table, column in reads:
        found.setdefault(table, set()).add(column)
    return {table: sorted(found[table]) for table in sorted(found)}


class _Models:
    """The models of a project, each parsed once, when something asks for it."""

    def __init__(self, manifest: Mapping[str, Any], dialect: str) -> None:
        sources = {f"{source['source_name']}.{source['name']}": source for source in manifest["sources"].values()}
        # seeds, and what centre.yml declares, which comes from no feed
        declared = {
            node["name"]: node for node in manifest["nodes"].values() if {"seeds", "centre"} & {*_folders(node)}
        }
        models = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}
        self.dialect = dialect
        self.compiled = {name: node["compiled_code"] for name, node in models.items() if name not in declared}
        for name, source in sources.items():
            for model, sql in self.compiled.items():
                self.compiled[model] = sql.replace(source["relation_name"], f'"{name}"')
        self.given = {name: [*node["columns"]] for name, node in {**sources, **declared}.items()}
        self.lake = {name for name in sources if self.given[name]}
        for name in self.lake:
            self.given[name].append(PARTITION)
        self.reads = cache(self._reads)
        self.tree = cache(self._tree)

    def columns_of(self, *expressions: str) -> frozenset[str]:
        """Return the columns of a fact that expressions of a measure name, and the day that it is booked on."""
        trees = [sqlglot.parse_one(expression, dialect=self.dialect) for expression in expressions]
        named = {column.name for tree in trees for column in tree.find_all(exp.Column)}
        return frozenset({"local_date", *named})

    def _reads(self, model: str, columns: frozenset[str]) -> frozenset[tuple[str, str]]:
        found: set[tuple[str, str]] = set()
        for table, read in self._scans(model, columns):
            if table == PARAMETERS:
                found |= {(PARAMETERS, parameter) for parameter in read}
            elif table in self.lake:
                found |= {(table, column) for column in read - {PARTITION}}
            elif table in self.compiled:
                found |= self.reads(table, read)
        return frozenset(found)

    def _scans(self, model: str, columns: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
        """Yield the tables that a model reads for some of its columns, with what it reads of them."""
        tree = self.tree(model).copy()
        for select in _outermost(tree):
            select.set("expressions", [each for each in select.expressions if each.alias_or_name in columns])
        pushdown_projections(tree)
        while _drop_idle_joins(tree):
            pushdown_projections(eliminate_ctes(tree))
        for scope in traverse_scope(tree):
            for alias, source in scope.sources.items():
                if not isinstance(source, exp.Table):
                    continue
                if source.name == PARAMETERS:
                    literals = [test.expression for test in scope.expression.find_all(exp.EQ) if _names(test)]
                    yield PARAMETERS, frozenset(literal.name for literal in literals)
                else:
                    yield source.name, frozenset(column.name for column in scope.columns if column.table == alias)

    def _tree(self, model: str) -> exp.Expr:
        """Return a model's SQL with every column named in full."""
        tree = sqlglot.parse_one(self.compiled[model], dialect=self.dialect)
        schema: dict[str, object] = {}
        for table in tree.find_all(exp.Table):
            table.set("catalog", None)
            table.set("db", None)
            if columns := self._columns(table.name):
                schema[table.name] = dict.fromkeys(columns, "text")
        return qualify(tree, schema=schema, dialect=self.dialect, validate_qualify_columns=False)

    def _columns(self, table: str) -> list[str]:
        """Return the columns of a table of the project, none of what is no such table."""
        if table in self.compiled:
            return [each.alias_or_name for each in _outermost(self.tree(table))[0].expressions]
        return self.given.get(table, [])


def _drop_idle_joins(tree: exp.Expr) -> bool:
    """Drop left joins of which nothing is read but their own condition, and say whether there were any.

    What is joined to a row decides nothing then: that it finds one row at most is what the tests of the marts ask.
    """
    idle = [
        join
        for select in tree.find_all(exp.Select)
        for join in select.args.get("joins") or ()
        if join.side == "LEFT" and not _is_read(select, join)
    ]
    for join in idle:
        join.pop()
    return bool(idle)


def _is_read(select: exp.Select, join: exp.Join) -> bool:
    own = {id(column) for column in join.find_all(exp.Column)}
    return any(column.table == join.alias_or_name and id(column) not in own for column in select.find_all(exp.Column))


def _folders(node: Mapping[str, Any]) -> list[str]:
    return node["original_file_path"].split("/")[:-1]


def _names(test: exp.EQ) -> bool:
    return isinstance(test.this, exp.Column) and test.this.name == "parameter" and test.expression.is_string


def _outermost(tree: exp.Expr) -> list[exp.Select]:
    """Return the selects whose columns are those of the whole query."""
    if isinstance(tree, exp.SetOperation):
        return [*_outermost(tree.left), *_outermost(tree.right)]
    query = tree.unnest()
    assert isinstance(query, exp.Select)
    return [query]
