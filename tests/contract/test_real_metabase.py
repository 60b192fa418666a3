"""The boards' scenario on a real Metabase: needs METABASE_URL, METABASE_API_KEY and a published warehouse.

Use a server of no consequence: the boards stay on it. METABASE_DATABASE names the PostgreSQL connection in Metabase
(default Gaugebook). docs/boards.md says how to run it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from serving.metabase.client import Metabase
from serving.metabase.content import items
from tests import board_library

pytestmark = pytest.mark.skipif(
    not (os.environ.get("METABASE_URL") and os.environ.get("METABASE_API_KEY")),
    reason="METABASE_URL and METABASE_API_KEY are not set, so there is no real Metabase to ask",
)


def test_a_real_metabase_takes_the_boards_and_draws_every_question(tmp_path: Path) -> None:
    client = Metabase(os.environ["METABASE_URL"], os.environ["METABASE_API_KEY"])
    client.wait_until_ready()
    database = os.environ.get("METABASE_DATABASE", "Gaugebook")
    results = board_library.provision(client, database, tmp_path / "state.json")
    library = board_library.boards().library
    for item in items(library, ("en", "zh")):
        if item.kind == "card":
            columns = {column["name"] for column in results[item.key]["cols"]}
            named = set(board_library.columns_named(item.document["visualization_settings"]))
            assert named <= columns, f"{item.key}: {named - columns} are no columns of {columns}"
