"""Errors of a Metabase server reach the reader with what was asked, the status and the body; repeats are rationed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from serving.metabase.client import Metabase, MetabaseError, NotFoundError, UnauthenticatedError
from serving.servers import MetabaseTarget, SecretMissingError
from tests.metabase_double import API_KEY, MetabaseDouble
from tests.metabase_double.server import RefusalError


def no_database(details: Any) -> psycopg.Connection:
    raise psycopg.OperationalError(f"nothing listens on {details['host']}")


@pytest.fixture
def double() -> Iterator[MetabaseDouble]:
    with MetabaseDouble(no_database) as server:
        yield server


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def client(double: MetabaseDouble, pauses: list[float]) -> Metabase:
    return Metabase(double.url, API_KEY, pause=pauses.append)


def test_a_wrong_key_is_said_and_never_tried_again(double: MetabaseDouble) -> None:
    with pytest.raises(UnauthenticatedError, match=r"GET .*/api/database answered 401: the API key is not accepted"):
        Metabase(double.url, "mb_wrong").get("/api/database")
    assert len(double.requests) == 1


def test_the_key_stands_in_no_error(double: MetabaseDouble) -> None:
    with pytest.raises(MetabaseError) as raised:
        Metabase(double.url, "mb_secret_key").get("/api/database")
    assert "mb_secret_key" not in str(raised.value)


def test_a_server_that_starts_is_waited_for(double: MetabaseDouble, client: Metabase, pauses: list[float]) -> None:
    double.starting = 3
    client.wait_until_ready(step=2.0)
    assert pauses == [2.0, 2.0, 2.0]


def test_a_server_that_never_starts_is_given_up(double: MetabaseDouble, client: Metabase, pauses: list[float]) -> None:
    double.starting = 1000
    with pytest.raises(MetabaseError, match="answered 503: Metabase is still starting"):
        client.wait_until_ready(seconds=6.0, step=2.0)
    assert sum(pauses) == 6.0


def test_no_answer_in_time_is_an_error_with_the_time(double: MetabaseDouble) -> None:
    double.delay = 1.0
    client = Metabase(double.url, API_KEY, timeout=(5.0, 0.05), pause=lambda seconds: None)
    with pytest.raises(MetabaseError, match=r"POST .*/api/card: no answer within 0\.05 s"):
        client.post("/api/card", {})


def test_nobody_there_is_an_error_without_a_traceback_of_the_transport() -> None:
    with pytest.raises(
        MetabaseError, match=r"http://127\.0\.0\.1:9/api/database: the server cannot be reached"
    ) as raised:
        Metabase("http://127.0.0.1:9", API_KEY, pause=lambda seconds: None).get("/api/database")
    assert raised.value.status is None


def test_a_read_is_repeated_through_a_short_outage(
    double: MetabaseDouble, client: Metabase, pauses: list[float]
) -> None:
    double.refusals = [RefusalError(502, "bad gateway"), RefusalError(429, "slow down")]
    assert client.get("/api/database") == {"data": [], "total": 0}
    assert pauses == [1.0, 2.0]


def test_a_creation_is_never_repeated(double: MetabaseDouble, client: Metabase) -> None:
    double.refusals = [RefusalError(503, "overloaded")]
    with pytest.raises(MetabaseError, match="answered 503"):
        client.post("/api/collection", {"name": "Once"})
    assert len(double.requests) == 1


def test_what_the_server_says_about_a_field_is_passed_on(double: MetabaseDouble, client: Metabase) -> None:
    double.refusals = [RefusalError(400, {"errors": {"name": "value must be a non-blank string."}})]
    with pytest.raises(MetabaseError, match=r"answered 400: name: value must be a non-blank string\."):
        client.post("/api/collection", {"name": ""})


def test_a_text_error_keeps_its_text_and_a_missing_thing_its_kind(client: Metabase) -> None:
    with pytest.raises(NotFoundError) as raised:
        client.get("/api/card/404")
    assert (raised.value.status, "Not found." in raised.value.body) == (404, True)


def test_lists_are_read_to_the_last_page(double: MetabaseDouble, client: Metabase) -> None:
    for number in range(230):
        double.add_collection({}, {"name": f"c{number}"})
    assert len(client.items("root", ["collection"])) == 230


def test_an_old_server_is_refused_and_the_paid_edition_is_not(double: MetabaseDouble, client: Metabase) -> None:
    double.version = "v1.62.1"
    assert client.version() == 62
    double.version = "v0.57.9"
    with pytest.raises(MetabaseError, match=r"runs Metabase v0\.57\.9; v0\.58 or newer is needed"):
        client.version()


def test_a_key_that_the_environment_lacks_is_asked_for_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BOARDS_KEY", raising=False)
    target = MetabaseTarget(url="http://127.0.0.1:9", api_key_env="BOARDS_KEY")
    with pytest.raises(SecretMissingError, match="BOARDS_KEY must hold an API key"):
        target.api_key()
    monkeypatch.setenv("BOARDS_KEY", API_KEY)
    assert target.api_key() == API_KEY
