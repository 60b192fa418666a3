"""The process in which Great Expectations judges.

Importing it takes as long as taking a day's deliveries. In a process of its own, begun at once, both happen at the
same time, and its memory is not the run's. What is judged, and how, belongs to ``validate``.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Self

from expectations.verdict import Verdict

Partitions = Mapping[str, Sequence[date]]
"""Which ``event_date`` partitions of each contract table are meant."""


class Judge:
    """Judges in another process, which begins when the judge is entered and ends when it is left.

    The process ends by itself when the one that began it is killed. What goes wrong there is raised here.
    """

    def __enter__(self) -> Self:
        self._process = ProcessPoolExecutor(1, get_context("spawn"), initializer=_begin)
        self._process.submit(int)  # the process begins with its first task
        self._begun: tuple[Path, Partitions, Future[list[Verdict]]] | None = None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None):
        self._process.shutdown(wait=False, cancel_futures=True)

    def begin_deliveries(self, lake_root: Path, partitions: Partitions) -> None:
        """Begin to judge deliveries, for a caller who asks for the verdicts later and has something to do meanwhile."""
        self._begun = lake_root, partitions, self._process.submit(_deliveries, lake_root, partitions)

    def deliveries(self, lake_root: Path, partitions: Partitions) -> list[Verdict]:
        """Judge deliveries: see ``validate.validate_deliveries``."""
        if self._begun is None or self._begun[:2] != (lake_root, partitions):
            self.begin_deliveries(lake_root, partitions)
        assert self._begun is not None
        *_, verdicts = self._begun
        self._begun = None
        return verdicts.result()

    def indicators(self, warehouse: Path, dates: Sequence[date] | None, as_of: date) -> list[Verdict]:
        """Judge the indicator layer: see ``validate.validate_indicators``."""
        return self._process.submit(_indicators, warehouse, dates, as_of).result()


def _begin() -> None:
    Thread(target=_end_with_parent, daemon=True).start()
    import expectations.validate  # noqa: F401 - what takes the time

    gc.freeze()  # what was imported lives to the end: nobody need look for garbage in it, least of all when leaving


def _end_with_parent() -> None:
    parent = parent_process()
    if parent:
        parent.join()
        os._exit(1)


def _deliveries(lake_root: Path, partitions: Partitions) -> list[Verdict]:
    from expectations.validate import validate_deliveries

    return validate_deliveries(lake_root, partitions)


def _indicators(warehouse: Path, dates: Sequence[date] | None, as_of: date) -> list[Verdict]:
    from expectations.validate import validate_indicators

    return validate_indicators(warehouse, dates, as_of)
