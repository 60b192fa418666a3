"""Files that land in an object store are taken as those in a folder are, from a server that speaks S3."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

import ingest
from ingest import IngestError
from ingest.formats.queue_log import QueueLogSource
from ingest.landing import fingerprint
from tests.unit.ingest.deliveries import Desk
from tests.unit.ingest.test_take import MORNING, NOON

SAMPLE = Path(__file__).parents[3] / "shared/samples/telephony/queue_log_2010_freepbx.txt"
LANDING = "s3://deliveries/centre/landing"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(port=0)
    server.start()
    yield f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """An empty bucket; the server and its credentials are known from the environment alone."""
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    bucket = boto3.resource("s3").create_bucket(Bucket="deliveries")
    yield bucket
    bucket.objects.delete()
    bucket.delete()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, QueueLogSource(name="pbx", format="queue_log", site="here", files="*log*"))


def put(bucket: object, name: str, content: str | bytes) -> None:
    content = content if isinstance(content, bytes) else content.encode()
    bucket.put_object(Key=f"centre/landing/{name}", Body=content)  # type: ignore[attr-defined]


def take(desk: Desk, location: str = LANDING) -> list[tuple[str, int, int]]:
    accounts = ingest.take(
        location, desk.lake, desk.root / "quarantine", desk.sources, {"here": desk.site}, desk.pseudonyms
    )
    assert not list((desk.root / "lake" / ".spill").rglob("*.log*"))
    return [(account.file, account.loaded, account.duplicate) for account in accounts]


def has_news(desk: Desk) -> bool:
    return ingest.has_news(LANDING, desk.lake, desk.sources, {"here": desk.site})


def test_objects_are_taken_once_and_again_when_they_change(bucket: object, desk: Desk) -> None:
    assert take(desk) == []
    put(bucket, "pbx/2026/queue.log", MORNING)
    put(bucket, "pbx/copy.log", MORNING)
    put(bucket, "pbx/.queue.log.part", NOON)
    put(bucket, "pbx/.tmp/queue.log", NOON)
    put(bucket, "pbx/", "")
    put(bucket, "pbx/notes.txt", "not a log")
    put(bucket, "other/queue.log", NOON)
    assert has_news(desk)
    assert take(desk) == [("2026/queue.log", 5, 0), ("copy.log", 0, 5)]
    assert not has_news(desk)
    assert take(desk) == []
    # As long as before, and written in the same second perhaps: the entity tag tells.
    put(bucket, "pbx/2026/queue.log", MORNING.replace("c2", "c9"))
    assert has_news(desk)
    assert take(desk) == [("2026/queue.log", 1, 4)]
    # Written anew with the same content it is looked into and found known.
    put(bucket, "pbx/2026/queue.log", MORNING.replace("c2", "c9"))
    assert take(desk) == []
    assert not has_news(desk)


def test_an_object_store_gives_what_a_folder_gives(bucket: object, desk: Desk, tmp_path: Path) -> None:
    if not SAMPLE.exists():
        pytest.skip("the folder of real files is not here")
    put(bucket, "pbx/log", SAMPLE.read_bytes())
    [(_, loaded, _)] = take(desk)
    assert loaded == 278
    local = Desk(tmp_path / "local", *desk.sources)
    local.deliver("log", SAMPLE.read_bytes())
    local.take()
    tables = ["queue_event", "tel_interaction", "tel_offer", "agent_state"]
    assert desk.content(tables) == local.content(tables)


def test_the_listing_tells_of_changes_without_reading(bucket: object) -> None:
    seen = [fingerprint(LANDING, ["pbx"])]
    for content in (MORNING, MORNING.replace("c2", "c9")):
        put(bucket, "pbx/log", content)
        seen.append(fingerprint(LANDING, ["pbx"]))
    assert len(set(seen)) == 3
    assert fingerprint(LANDING, ["pbx"]) == seen[-1]


def test_a_location_that_cannot_be_reached_is_told(bucket: object, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(IngestError, match="s3://nowhere/x: the landing location cannot be read"):
        take(desk, "s3://nowhere/x")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(IngestError, match="the landing location cannot be read"):
        take(desk)
