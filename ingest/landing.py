"""Where files land: a folder, or any location fsspec reaches (``s3://bucket/prefix``, ``sftp://host/folder``).

Lists what lies there and brings content within reach of a local path. What of it is new, and what it holds, is decided
elsewhere. Credentials come from the environment or from the configuration of the location's own library.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, NamedTuple, Protocol
from urllib.parse import urlsplit

import fsspec
from pydantic import AfterValidator

from ingest.lake import IngestError

_CHUNK = 4 * 1024 * 1024


class Problem(NamedTuple):
    """Why a file cannot be fetched: rule, message and mend."""

    rule: str
    message: str
    mend: str


_LINK = Problem(
    "link",
    "this is a symbolic link that does not lead to a file in the landing folder",
    "deliver the file itself, or declare the location it lies in as landing",
)
UNREADABLE = Problem("unreadable", "the file may not be read", "give the account of the run the right to read it")


@dataclass(frozen=True)
class Entry:
    """A file that lies in landing: its path below the source's folder, and what changes whenever its content does.

    ``modified_ns`` is the time of the last change, of an object its entity tag and time as a number; with a problem it
    is negative, so that solving the problem is a change. ``place`` is known to the landing alone.
    """

    name: str
    place: str
    size: int
    modified_ns: int
    problem: Problem | None = None


class Landing(Protocol):
    """A place where files land, a folder for each source."""

    is_remote: bool

    def entries(self, source: str) -> Iterator[Entry]:
        """Yield the files of a source. A file or folder whose name begins with a dot is not looked at."""
        ...

    def fetch(self, entry: Entry, folder: Path) -> tuple[Path, str]:
        """Return a local path to the content, copied into ``folder`` if it must be, and its SHA-256.

        Raises:
            PermissionError: the file may not be read.
            FileNotFoundError: it is there no more.
        """
        ...


def landing_at(location: Path | str) -> Landing:
    """Return the landing at a folder or URL.

    Raises:
        IngestError: no library for the location's protocol is installed, or it cannot be reached.
    """
    if isinstance(location, Path) or "://" not in location:
        return LocalLanding(Path(location))
    return RemoteLanding(location)


def check_location(location: str) -> str:
    """Return a location as it may stand in centre.yml; raise ``ValueError`` for one that holds a secret."""
    if urlsplit(location).password is not None or "?" in location:
        raise ValueError("credentials must not stand in the file: set them in the environment")
    if "://" in location and urlsplit(location).scheme not in fsspec.available_protocols():
        raise ValueError(f"{location} has no protocol that is known; one is s3://bucket/prefix")
    return location


Location = Annotated[str, AfterValidator(check_location)]
"""A folder or URL as centre.yml declares it."""


def fingerprint(location: Path | str, sources: Iterable[str]) -> str:
    """Return a text that changes when a file of one of the sources lands, changes or goes; nothing is read for it."""
    landing = landing_at(location)
    listed = hashlib.sha256()
    for source in sources:
        entries = sorted((entry.name, entry.size, entry.modified_ns) for entry in landing.entries(source))
        listed.update(repr((source, entries)).encode())
    return listed.hexdigest()


class LocalLanding:
    """A folder of this machine, or mounted on it; its files are read where they lie."""

    is_remote = False

    def __init__(self, root: Path) -> None:
        self._root = root

    def entries(self, source: str) -> Iterator[Entry]:  # noqa: D102 - as in Landing
        folder = self._root / source
        if folder.is_symlink():
            yield self._entry(str(folder), ".", folder.lstat(), is_link=True)
        elif folder.is_dir():
            for name, found in self._walked(folder):
                is_link = found.is_symlink()
                stat = found.stat(follow_symlinks=not is_link or self._holds(found.path))
                yield self._entry(found.path, name, stat, is_link=is_link)

    def fetch(self, entry: Entry, folder: Path) -> tuple[Path, str]:  # noqa: D102 - as in Landing
        path = Path(entry.place)
        with path.open("rb") as content:
            return path, hashlib.file_digest(content, "sha256").hexdigest()

    def _walked(self, folder: Path | str, within: str = "") -> Iterator[tuple[str, os.DirEntry[str]]]:
        """Yield files with their names below the source's folder."""
        with os.scandir(folder) as found:
            for each in found:
                if each.name.startswith("."):
                    continue
                if each.is_dir(follow_symlinks=False):
                    yield from self._walked(each.path, f"{within}{each.name}/")
                elif each.is_symlink() or each.is_file():
                    yield within + each.name, each

    def _entry(self, place: str, name: str, stat: os.stat_result, *, is_link: bool) -> Entry:
        # A name need not be text; a message and the manifest need one.
        name = os.fsencode(name).decode("utf-8", "backslashreplace")
        problem = None
        if is_link and not self._holds(place):
            problem = _LINK
        elif not os.access(place, os.R_OK):
            problem = UNREADABLE
        return Entry(name, place, stat.st_size, -stat.st_mtime_ns if problem else stat.st_mtime_ns, problem)

    def _holds(self, link: str) -> bool:
        """Return whether a link leads to a file in the landing folder."""
        target = Path(os.path.realpath(link))
        return target.is_file() and target.is_relative_to(os.path.realpath(self._root))


class RemoteLanding:
    """A location of any other kind; content is copied when it must be read."""

    is_remote = True

    def __init__(self, location: str) -> None:
        self._location = location
        try:
            self._files, self._root = fsspec.url_to_fs(location, skip_instance_cache=True, use_listings_cache=False)
        except (ImportError, ValueError, OSError) as error:
            raise self._unreachable(error) from error

    def entries(self, source: str) -> Iterator[Entry]:  # noqa: D102 - as in Landing
        folder = f"{self._root.rstrip('/')}/{source}"
        # A folder of an object store exists once something lies in it; the bucket must.
        bucket = self._root.split("/")[0] or self._root
        try:
            found: dict[str, dict[str, Any]] = self._files.find(folder, detail=True)
            if not found and not self._files.exists(bucket):
                raise FileNotFoundError(f"{bucket} does not exist")
        except Exception as error:
            # Each library has exceptions of its own.
            raise self._unreachable(error) from error
        for place, info in found.items():
            name = place.removeprefix(folder).lstrip("/")
            is_hidden = any(part.startswith(".") for part in name.split("/"))
            if name and not name.endswith("/") and not is_hidden and info.get("type") == "file":
                yield Entry(name, place, int(info.get("size") or 0), _stamp(info))

    def fetch(self, entry: Entry, folder: Path) -> tuple[Path, str]:  # noqa: D102 - as in Landing
        digest = hashlib.sha256()
        key = hashlib.sha256(entry.place.encode()).hexdigest()[:16]
        path = folder / key / PurePosixPath(entry.name).name[-200:]
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self._files.open(entry.place, "rb", block_size=_CHUNK) as content, path.open("wb") as out:
                while chunk := content.read(_CHUNK):
                    digest.update(chunk)
                    out.write(chunk)
        except (PermissionError, FileNotFoundError):
            raise
        except Exception as error:
            raise self._unreachable(error) from error
        return path, digest.hexdigest()

    def _unreachable(self, error: Exception) -> IngestError:
        return IngestError(
            f"{self._location}: the landing location cannot be read: {error or type(error).__name__}; check its name,"
            " the network, and the credentials in the environment"
        )


def _stamp(info: dict[str, Any]) -> int:
    """Return a number that changes when an object is written anew, from what its listing tells."""
    told = [
        str(info.get(key)) for key in ("ETag", "etag", "md5Hash", "LastModified", "last_modified", "updated", "mtime")
    ]
    return int.from_bytes(hashlib.sha256("|".join(told).encode()).digest()[:7])
