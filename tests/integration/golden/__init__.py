"""Every case worked out by hand, a module a family of indicators with its ``CASES``.

The cases lie in one lake and are told apart by date, queue, team or agent, so that dbt runs once. Agents without an
employee record keep the name that their source gives them: `unresolved:<source>:<name>`.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from tests.integration.golden.case import Case

CASES: tuple[Case, ...] = tuple(
    case
    for module in iter_modules(__path__)
    if module.name != "case"
    for case in import_module(f"{__name__}.{module.name}").CASES
)
