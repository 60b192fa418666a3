"""Real files delivered to a source of every format: taken or refused, every row accounted for, and nothing crashes."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import TypeAdapter

from ingest.formats import Source
from tests.corpus.kinds import kinds
from tests.unit.ingest.deliveries import Desk

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
BELONGS = {
    "queue_log": {"queue_log_2010_freepbx.txt"},
    "connect_evaluations": {"evaluation_form_output_3.1.json"},
    "contact_lens": {"contact_lens_chat_1.json"},
    "genesys_conversations": {"conversation_details_2016.json"},
}
"""Files that load, by format; the formats of tables have nothing declared for them here."""

_LARGE = 1_000_000

pytestmark = pytest.mark.skipif(not SAMPLES.exists(), reason="the folder of real files is not here")


def test_real_files_load_where_they_belong_and_are_refused_elsewhere(tmp_path: Path) -> None:
    declared = {kind.format: kind.declared for kind in kinds()} | {name: {} for name in BELONGS}
    named = [{"name": name, "format": name, "site": "here", **keys} for name, keys in declared.items()]
    desk = Desk(tmp_path, *(TypeAdapter(Source).validate_python(each) for each in named))
    samples = [path for path in SAMPLES.rglob("*") if path.is_file() and path.stat().st_size < _LARGE]
    for name in declared:
        for path in samples:
            desk.deliver(path.name, path.read_bytes(), name)
    accounts = desk.take()
    assert {(each.source, each.file) for each in accounts} == {
        (name, path.name) for name in declared for path in samples
    }
    assert all(each.rows_in == each.loaded + each.duplicate + each.quarantined for each in accounts)
    loading: dict[str, set[str]] = {}
    for each in accounts:
        if each.loaded:
            loading.setdefault(each.source, set()).add(each.file)
    assert loading == BELONGS
    silent = [each for each in accounts if not each.loaded and not each.quarantined and not each.reason]
    assert silent == []

    for name, files in BELONGS.items():
        for file in files:
            [path] = [path for path in samples if path.name == file]
            desk.deliver(f"again/{file}", path.read_bytes(), name)
    again = desk.take()
    assert {(each.source, each.file.removeprefix("again/")) for each in again} == {
        (name, file) for name, files in BELONGS.items() for file in files
    }
    assert all(each.rows_in == each.duplicate + each.quarantined for each in again)
