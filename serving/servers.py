"""The servers that centre.yml names: where they are, and which environment variable holds the secret.

Reading these must cost nothing, so no driver is imported here; what is asked of a server belongs to ``publish`` and
``metabase``.
"""

from __future__ import annotations

import os
from typing import Literal
from urllib.parse import quote, urlencode

from pydantic import BaseModel, ConfigDict

from serving import ServingError


class SecretMissingError(ServingError):
    """The environment lacks a secret; the message names the variable."""


class PostgresTarget(BaseModel):
    """Where to publish. The password comes from the environment variable named, and is kept nowhere."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str
    port: int = 5432
    database: str
    user: str
    password_env: str | None = None
    sslmode: Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] = "prefer"

    def __str__(self) -> str:
        return f"{self.database} on {self.host}:{self.port} as {self.user}"

    def address(self) -> str:
        """Return the connection URI, password included: never log it.

        Raises:
            SecretMissingError: the environment lacks the password.
        """
        parts = {"host": self.host, "port": self.port, "user": self.user, "sslmode": self.sslmode}
        parts |= {"application_name": "gaugebook", "connect_timeout": 10}
        if self.password_env is not None:
            if self.password_env not in os.environ:
                raise SecretMissingError(
                    f"The environment has no {self.password_env}: set it to the password of {self.user}, "
                    "or drop password_env from the configuration if none is needed."
                )
            parts["password"] = os.environ[self.password_env]
        return f"postgresql:///{quote(self.database, safe='')}?{urlencode(parts, quote_via=quote)}"


class MetabaseTarget(BaseModel):
    """Where Metabase is, and who may read the boards; the ``metabase`` part of centre.yml.

    ``readers`` are names of Metabase groups. When there are any, they are given the boards and everybody else loses
    them; when there are none, permissions are left as they are.
    """

    model_config = ConfigDict(extra="forbid")

    url: str
    api_key_env: str = "METABASE_API_KEY"
    database: str = "Gaugebook"
    readers: list[str] = []

    def api_key(self) -> str:
        """Return the API key; raise ``SecretMissingError`` when the environment lacks it."""
        key = os.environ.get(self.api_key_env, "")
        if not key:
            raise SecretMissingError(
                f"the environment variable {self.api_key_env} must hold an API key of Metabase "
                "(Admin → Settings → Authentication → API keys, group Administrators)"
            )
        return key
