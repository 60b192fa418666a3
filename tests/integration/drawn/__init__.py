"""Random rows of a site and day beyond the first facts, a module a group of tables with its ``draw_day``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from importlib import import_module
from pkgutil import iter_modules
from random import Random

from tests.factories import Lake

DrawDay = Callable[[Lake, Random, str, list[str], date], None]
"""Adds rows of a day to a lake: the lake, what to draw with, the site, its agents (by employee number) and the day."""

DRAWS: tuple[DrawDay, ...] = tuple(
    import_module(f"{__name__}.{module.name}").draw_day for module in iter_modules(__path__)
)
