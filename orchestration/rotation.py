"""Bringing a further pseudonym key into force: the lake's pseudonyms are renewed, and everything behind it is rebuilt.

Which keys there are stands in centre.yml; how a pseudonym is renewed is known by ``ingest.rotation``.
"""

from __future__ import annotations

import logging

from ingest import IngestError, Lake
from ingest.rotation import rotate as rotate_lake
from orchestration.centre import Centre, CentreError
from orchestration.home import Home

_progress = logging.getLogger("gaugebook").info


def rotate(home: Home, centre: Centre) -> int:
    """Renew the lake's pseudonyms by the newest keys; return how many of its files held one, 0 when that is done.

    A rotation that is killed has changed nothing and is simply repeated. The next run rebuilds the warehouse.

    Raises:
        CentreError: centre.yml names no further key, or the environment lacks one.
        IngestError: the lake was filled with a key that centre.yml does not name.
        HomeBusyError: another process writes the home.
    """
    generations = {each.fingerprint(): each for each in centre.pseudonyms.generations()}
    if len(generations) == 1:
        raise CentreError(
            f"{home.centre_file} names no key to rotate to: make one with `openssl rand -hex 32`, keep it in an"
            " environment variable beside the earlier one, and add the variable to `pseudonyms: {rotated_to: [...]}`"
        )
    *_, newest = generations.values()
    with home.writing():
        lake = Lake(home.lake)
        key = lake.pseudonym_key()
        if key is None or key == newest.fingerprint():
            return 0
        if key not in generations:
            raise IngestError(
                f"{home.lake} was filled with the pseudonym key {key}; those that {home.centre_file} names are"
                f" {', '.join(generations)}: name every earlier key too, in the order in which they held"
            )
        return rotate_lake(lake, generations[key], newest, progress=lambda table: _progress(f"renewed {table}"))
