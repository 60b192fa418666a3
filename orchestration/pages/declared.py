"""What a source may declare, read from the JSON Schema of its model: keys, their kinds and defaults, in words.

How a page lays them out does not belong here.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Container
from typing import Any

import yaml


def keys(schema: dict[str, Any], wanted: Container[str]) -> list[dict[str, str]]:
    """Return what a table of keys shows of those of a model's properties that are ``wanted``."""
    return [
        {
            "name": key,
            "kind": _kind(said),
            "default": "required" if key in schema.get("required", ()) else _default(said.get("default")),
            "described": prose(said.get("description", "")),
        }
        for key, said in schema["properties"].items()
        if key in wanted
    ]


def _default(value: object) -> str:
    """Return a default as YAML; nothing where a key that is left out declares nothing."""
    if value in (None, [], "") or isinstance(value, dict):
        return ""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=4096)
    return f"`{text.strip().removesuffix('...').strip()}`"


def _kind(said: dict[str, Any]) -> str:
    """Return in words what JSON Schema says of a value."""
    match said:
        case {"$ref": ref}:
            return f"[{ref.rpartition('/')[2]}](#{ref.rpartition('/')[2].lower()})"
        case {"const": value}:
            return f"`{value}`"
        case {"enum": values}:
            return ", ".join("tab" if value == "\t" else f"`{value}`" for value in values)
        case {"anyOf": choices} | {"oneOf": choices}:
            return " or ".join(dict.fromkeys(_kind(choice) for choice in choices if choice.get("type") != "null"))
        case {"type": "array", "prefixItems": items}:
            return "list of " + ", ".join(_kind(item) for item in items)
        case {"type": "array", "items": item}:
            return f"list of {_kind(item)}"
        case {"type": "object", "additionalProperties": dict(value)}:
            return f"name → {_kind(value)}"
        case {"type": str(kind)}:
            return {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(kind, kind)
    return "any"


def prose(docstring: str) -> str:
    """Return a docstring as Markdown."""
    return re.sub(r"``([^`]+)``", r"`\1`", inspect.cleandoc(docstring))
