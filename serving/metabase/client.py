"""The only door to a Metabase server: metabase-api as transport, made strict.

metabase-api answers ``False`` to every error, has no time-outs and probes the server in its constructor. This module
always asks it for the raw response, gives every call a time-out, repeats only what may be repeated, and raises an
error that holds the status and the body. What is asked of the server is decided in ``plan`` and ``apply``.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import requests
from metabase_api import Metabase_API

from serving import ServingError

OLDEST, NEWEST = 58, 63
"""Major versions of Metabase whose behaviour the documents here were written against."""

_IDEMPOTENT = frozenset({"GET", "PUT", "DELETE"})
_PASSING = frozenset({429, 502, 503, 504})
_ATTEMPTS = 4
_TIMEOUT = (5.0, 60.0)
_BODY_SHOWN = 500


class MetabaseError(ServingError):
    """Metabase refused or could not be asked; ``status`` is null when no answer came."""

    def __init__(self, message: str, status: int | None = None, body: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.body = body


class NotFoundError(MetabaseError):
    """The server has no such thing (404)."""


class UnauthenticatedError(MetabaseError):
    """The API key is wrong (401). Never repeated: repeating locks the account out."""


class _Transport(Metabase_API):
    """metabase-api without its constructor's call, which has no time-out and lets any status but 401 pass."""

    def __init__(self, url: str, api_key: str) -> None:
        self.domain = url.rstrip("/")
        self.email = None
        self.auth = None
        self.header = {"X-API-KEY": api_key}


class Metabase:
    """JSON in, JSON out, errors raised.

    Args:
        url: The server's base URL, without ``/api``.
        api_key: A key whose group may do what is asked.
        timeout: Seconds to wait for a connection, and for an answer.
        pause: How to wait between attempts; tests pass their own.
    """

    def __init__(
        self,
        url: str,
        api_key: str,
        timeout: tuple[float, float] = _TIMEOUT,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url.rstrip("/")
        self._transport = _Transport(url, api_key)
        self._timeout = timeout
        self._pause = pause

    def get(self, path: str, query: Mapping[str, Any] | Sequence[tuple[str, Any]] = ()) -> Any:
        """Return what the server holds at ``path``."""
        return self._ask("GET", path, params=query)

    def post(self, path: str, body: Any = None) -> Any:
        """Create; never repeated, because a lost answer does not mean a lost write."""
        return self._ask("POST", path, json=body if body is not None else {})

    def put(self, path: str, body: Any) -> Any:
        """Replace."""
        return self._ask("PUT", path, json=body)

    def delete(self, path: str) -> Any:
        """Remove."""
        return self._ask("DELETE", path)

    def items(self, collection: int | str, models: Sequence[str]) -> list[dict[str, Any]]:
        """Return everything of the given kinds in a collection, page by page."""
        query = [("models", model) for model in models]
        found: list[dict[str, Any]] = []
        while True:
            page = self.get(
                f"/api/collection/{collection}/items", [*query, ("limit", "100"), ("offset", str(len(found)))]
            )
            found += page["data"]
            if not page["data"] or len(found) >= page["total"]:
                return found

    def version(self) -> int:
        """Return the server's major version, 60 for v0.60.2.3.

        Raises:
            MetabaseError: the server is older than anything this was written for.
        """
        tag = str(self.get("/api/session/properties")["version"]["tag"])
        match = re.match(r"v?[01]\.(\d+)", tag)
        if match is None:
            raise MetabaseError(f"{self.url} says its version is {tag!r}, which is no version of Metabase")
        if int(match[1]) < OLDEST:
            raise MetabaseError(f"{self.url} runs Metabase {tag}; v0.{OLDEST} or newer is needed")
        return int(match[1])

    def wait_until_ready(self, seconds: float = 120.0, step: float = 2.0) -> None:
        """Wait for a server that is starting: health turns green a little before everything answers.

        Raises:
            MetabaseError: it was still starting after ``seconds``.
        """
        waited = 0.0
        while True:
            try:
                self._once("GET", "/api/health")
                self._once("GET", "/api/session/properties")
                return
            except MetabaseError as error:
                if waited >= seconds or error.status not in (None, 503):
                    raise
            self._pause(step)
            waited += step

    def _ask(self, verb: str, path: str, **options: Any) -> Any:
        attempts = _ATTEMPTS if verb in _IDEMPOTENT else 1
        for attempt in range(1, attempts + 1):
            try:
                return self._once(verb, path, **options)
            except MetabaseError as error:
                if attempt == attempts or (error.status is not None and error.status not in _PASSING):
                    raise
            self._pause(2.0 ** (attempt - 1))
        raise AssertionError("the loop above returns or raises")

    def _once(self, verb: str, path: str, **options: Any) -> Any:
        asked = f"{verb} {self.url}{path}"
        try:
            answer: requests.Response = getattr(self._transport, verb.lower())(
                path, "raw", timeout=self._timeout, **options
            )
        except requests.Timeout:
            raise MetabaseError(f"{asked}: no answer within {self._timeout[1]:g} s") from None
        except requests.RequestException as error:
            raise MetabaseError(f"{asked}: the server cannot be reached ({type(error).__name__})") from None
        if answer.ok:
            return _content(answer)
        raise _refusal(asked, answer)


def _content(answer: requests.Response) -> Any:
    if not answer.content:
        return None
    return answer.json() if "json" in answer.headers.get("Content-Type", "") else answer.text


def _refusal(asked: str, answer: requests.Response) -> MetabaseError:
    status, body = answer.status_code, answer.text
    said = body[:_BODY_SHOWN] or "(no body)"
    if status == 401:
        return UnauthenticatedError(f"{asked} answered 401: the API key is not accepted", status, body)
    if status == 404:
        return NotFoundError(f"{asked} answered 404: {said}", status, body)
    if status == 503:
        return MetabaseError(f"{asked} answered 503: Metabase is still starting, or overloaded ({said})", status, body)
    if status == 402:
        return MetabaseError(f"{asked} answered 402: this needs a paid edition of Metabase ({said})", status, body)
    return MetabaseError(f"{asked} answered {status}: {_pretty(said)}", status, body)


def _pretty(body: str) -> str:
    """Show the field errors of a validation answer alone; anything else as it came."""
    try:
        errors = json.loads(body)["errors"]
    except (ValueError, KeyError, TypeError):
        return body
    return "; ".join(f"{field}: {problem}" for field, problem in errors.items())
