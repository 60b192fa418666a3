"""What follows from the dbt project alone, made once for all workers: as parsed, what its indicators read, dbt's page.

Making it takes half a minute, which every new home would spend. That a home of its own makes all of it in its first run
is shown by ``tests/integration/test_real_input.py``.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from functools import cache
from pathlib import Path

from orchestration import publishing
from orchestration.home import Home

FOLDER = "GAUGEBOOK_TESTS_FOLDER"
"""Environment variable with a folder that the workers of one session share."""


@cache
def known_project() -> Home:
    """A home that holds this and nothing else; to be read only."""
    folder = Path(os.environ[FOLDER])
    home = Home(folder / "home")
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        publishing.lineage(home)
    return home


def knowing(home: Home) -> Home:
    """Give a home what is known of the project."""
    known = known_project()
    shutil.copytree(known.dbt, home.dbt, dirs_exist_ok=True)
    shutil.copytree(known.site, home.site, dirs_exist_ok=True)
    return home
