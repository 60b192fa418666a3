"""A copy of the dbt project whose dictionary has a few indicators: for laws that are alike for all, in seconds.

What an indicator says does not belong here: the copy's entries are those of the project.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path

import yaml

from tests.factories import PROJECT

LAYER = (
    "+fct_queue_visits +dim_indicators +dim_targets dim_dates +dim_feed_days +dim_feed_arrivals +dim_site_days "
    "+dim_queue_days +dim_queues indicator_values indicator_bridges"
)
"""What dbt has to build for indicators that are counted from visits to queues."""


def small_project(folder: Path, indicators: Collection[str]) -> Path:
    """Copy the project, without the boards of indicators that it lacks then, and return its folder."""
    project = Path(shutil.copytree(PROJECT, folder / "project"))
    models = project / "models" / "indicators"
    for path in [*models.glob("*.yml"), *(models / "variants").glob("*.yml")]:
        entries = yaml.safe_load(path.read_text("utf-8"))
        if "metrics" in entries:
            metrics = [metric for metric in entries["metrics"] if metric["name"] in indicators]
            path.write_text(yaml.safe_dump({"metrics": metrics}), "utf-8")
    for path in (project / "models" / "boards").glob("*.yml"):
        if "exposures" in yaml.safe_load(path.read_text("utf-8")):
            path.unlink()
    return project
