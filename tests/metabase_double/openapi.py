"""Metabase's own OpenAPI document as a judge of requests.

The document is generated and over-constrains: its ``oneOf`` branches overlap and members with a default count as
required. ``relaxed`` undoes that, and nothing else. The document is AGPL: read where it lies, never shipped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

DOCUMENT = Path(__file__).parents[3] / "shared" / "metabase" / "openapi-subset.json"

_NAMED = ("properties", "$defs", "schemas", "patternProperties")
"""Keywords whose members are names, not keywords."""


def relaxed(schema: Any) -> Any:
    """Return a schema in which overlapping branches and defaults no longer reject what Metabase accepts."""
    if isinstance(schema, list):
        return [relaxed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    result = {
        key: {name: relaxed(part) for name, part in value.items()} if key in _NAMED else relaxed(value)
        for key, value in schema.items()
    }
    if "oneOf" in result:
        branches = result.pop("oneOf")
        if "anyOf" in result:
            result["allOf"] = [*result.get("allOf", []), {"anyOf": branches}]
        else:
            result["anyOf"] = branches
    if isinstance(result.get("required"), list):
        properties = result.get("properties", {})
        result["required"] = [key for key in result["required"] if "default" not in properties.get(key, {})]
    return result


class Contract:
    """The document, ready to judge."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._components = relaxed(document["components"])
        self._validators: dict[str, Draft202012Validator] = {}
        self._operations = [
            (re.compile(re.sub(r"\{[^}]+\}", "([^/]+)", path) + "$"), method.upper(), relaxed(operation))
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
        ]

    @staticmethod
    @cache
    def stored() -> Contract | None:
        """Return the contract of v0.60, or null where the document is not at hand."""
        return Contract(json.loads(DOCUMENT.read_text())) if DOCUMENT.exists() else None

    def problems(self, method: str, path: str, query: Mapping[str, list[str]], body: Any) -> Iterator[str]:
        """Yield what is wrong with a request."""
        operation = next((op for shape, verb, op in self._operations if verb == method and shape.match(path)), None)
        if operation is None:
            yield f"{method} {path} is no endpoint"
            return
        known = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"}
        # Paging is added by middleware and stands in no operation.
        yield from (f"{method} {path} knows no query key {key}" for key in set(query) - known - {"limit", "offset"})
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            schema = content["application/json"]["schema"]
            yield from (f"{method} {path} {problem}" for problem in self.misfits(schema, body))
            declared = schema.get("properties")
            if declared:
                yield from (f"{method} {path} knows no key {key}" for key in set(body) - set(declared))

    def query_problems(self, query: Any) -> Iterator[str]:
        """Yield what is wrong with an MBQL 5 query."""
        yield from self.misfits({"$ref": "#/components/schemas/metabase.lib.schema.query"}, query)

    def misfits(self, schema: Any, value: Any) -> Iterator[str]:
        """Yield where a value does not fit a schema."""
        # A validator finds its way about the components once; finding it again for every request is what costs.
        name = json.dumps(schema, sort_keys=True)
        validator = self._validators.get(name)
        if validator is None:
            validator = Draft202012Validator({**schema, "components": self._components})
            self._validators[name] = validator
        yield from (f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value))
