"""What a publish can say before it meets a server."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from serving.publish import PublishError, publish
from serving.servers import PostgresTarget, SecretMissingError


def test_missing_password_names_the_variable_to_set(serving_warehouse: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("NO_SUCH_PASSWORD", raising=False)
    target = PostgresTarget(host="db", database="gaugebook", user="loader", password_env="NO_SUCH_PASSWORD")
    with pytest.raises(SecretMissingError, match="no NO_SUCH_PASSWORD: set it to the password of loader"):
        publish(serving_warehouse, target, None, 1)


def test_password_can_not_be_configured_only_its_variable():
    with pytest.raises(ValidationError, match="password"):
        PostgresTarget.model_validate({"host": "db", "database": "g", "user": "u", "password": "open"})


def test_nothing_but_the_address_shows_the_password(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LOADER_PASSWORD", "p@ss word")
    target = PostgresTarget(host="db", database="g", user="loader", password_env="LOADER_PASSWORD")
    assert "p%40ss%20word" in target.address()
    assert "p@ss" not in f"{target} {target!r} {target.model_dump_json()}"


def test_server_out_of_reach_says_what_to_check(serving_warehouse: Path, tmp_path: Path):
    target = PostgresTarget(host=str(tmp_path), database="g", user="u")
    with pytest.raises(PublishError, match="check host, port, database, user and password"):
        publish(serving_warehouse, target, None, 1)
