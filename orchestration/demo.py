"""The demo: an invented centre in a home of its own.

The simulator hands over files; this module puts them into landing and writes the centre.yml that describes them.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

import simulator
from orchestration.centre import CentreError
from orchestration.home import PROJECT, Home

_progress = logging.getLogger("gaugebook").info
_CENTRE = PROJECT / "orchestration" / "centre.demo.yml"


def prepare(home: Home, *, days: int, contacts_per_day: int, agents: int, seed: int) -> Path:
    """Fill landing with the demo's files unless it holds those of the same options; return the truth file.

    The truth (injected incidents, raw identifiers) lies in ``demo/`` of the home, outside landing.

    Raises:
        CentreError: the home belongs to another centre, or to a demo of other options.
    """
    home.prepare()
    if home.centre_file.exists() and home.centre_file.read_text() != _CENTRE.read_text():
        raise CentreError(f"{home.centre_file} describes another centre; give the demo a home of its own with --home")
    options = {"days": days, "contacts_per_day": contacts_per_day, "agents": agents, "seed": seed}
    folder = home.root / "demo"
    made = folder / "options.json"
    truth = folder / "truth.json"
    if made.exists():
        if json.loads(made.read_text()) != options:
            raise CentreError(f"{home.root} holds a demo of other options; remove the folder or give another --home")
        return truth
    folder.mkdir(exist_ok=True)
    home.centre_file.write_text(_CENTRE.read_text())
    simulator.generate(
        home.landing,
        truth,
        days=days,
        contacts_per_day=contacts_per_day,
        agents=agents,
        seed=seed,
        progress=_progress,
    )
    made.write_text(json.dumps(options))
    return truth
