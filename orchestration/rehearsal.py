"""A delivery taken on trial: by the same code as in earnest, into a copy of the lake that is thrown away.

The copy shares its files with the lake by hard links, so it costs no space, and duplicates, newer versions and what is
derived from earlier files come out as they would in earnest.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ingest
from ingest import Account, Lake
from orchestration import mending, taking
from orchestration.centre import Centre, CentreError
from orchestration.home import Home


@dataclass(frozen=True)
class Rehearsal:
    """What a trial came to: the accounts, the rules that rows break, and files that no source takes."""

    accounts: Sequence[Account]
    broken: Sequence[mending.Broken]
    not_taken: Sequence[str]

    @property
    def is_clean(self) -> bool:
        """Every file would be taken and every row loaded."""
        return not self.broken and not self.not_taken and all(account.state == "taken" for account in self.accounts)


def rehearse(home: Home, centre: Centre, source: str | None = None, files: Sequence[Path] = ()) -> Rehearsal:
    """Take what landed, or some files as if they had landed for ``source``, without loading anything.

    Raises:
        CentreError: centre.yml has no such source, or the pseudonym key is missing.
        HomeBusyError: another process writes the home.
    """
    chosen = [each for each in centre.sources if source in (None, each.name)]
    if not chosen:
        names = ", ".join(each.name for each in centre.sources)
        raise CentreError(f"{home.centre_file} declares no source {source!r}; declared are {names}")
    with home.writing(), Lake(home.lake).copied() as lake:
        landing, quarantine = taking.landing_of(home, centre), lake.root / "quarantine"
        if files:
            landing = lake.root / "landing"
            for file in files:
                _land(home, file, landing, chosen[0].name)
        accounts = ingest.take(
            landing,
            lake,
            quarantine,
            chosen,
            {site.key: site for site in centre.sites},
            centre.pseudonyms.pseudonyms(),
            redaction=centre.redact,
        )
        taken = {account.file for account in accounts}
        given = {_name(home, file, chosen[0].name) for file in files}
        return Rehearsal(accounts, mending.broken(quarantine), sorted(given - taken))


def _name(home: Home, file: Path, source: str) -> str:
    """Name of a file as a delivery: its place below the source's landing folder, or just its name."""
    folder = home.landing / source
    return (file.resolve().relative_to(folder) if file.resolve().is_relative_to(folder) else Path(file.name)).as_posix()


def _land(home: Home, file: Path, landing: Path, source: str) -> None:
    target = landing / source / _name(home, file, source)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(file, target)
