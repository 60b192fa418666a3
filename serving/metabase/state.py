"""What we wrote to Metabase last time: our names, the server's ids and a digest of what was written.

Metabase lets no client choose a key, so this file is what identity rests on. When it is lost, ``plan`` finds things
again by collection and name. Credentials never stand in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


def digest(document: Mapping[str, Any]) -> str:
    """Return a digest of a document that does not depend on the order of its keys."""
    return hashlib.sha256(json.dumps(document, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True)
class Written:
    """One thing as we left it; ``digest`` is empty while its writing is unfinished."""

    id: int
    digest: str
    name: str


@dataclass
class State:
    """Everything we wrote to one server, by kind and key."""

    path: Path
    server: str
    written: dict[str, Written] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path, server: str) -> State:
        """Return what was written to ``server``; nothing when the file is absent or speaks of another server."""
        if not path.exists():
            return cls(path, server)
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["server"] != server:
            return cls(path, server)
        return cls(path, server, {key: Written(**entry) for key, entry in content["written"].items()})

    def get(self, kind: str, key: str) -> Written | None:
        """Return what we know of a thing."""
        return self.written.get(f"{kind} {key}")

    def put(self, kind: str, key: str, entry: Written) -> None:
        """Remember a thing and put that on disk at once: a run may end at any moment."""
        self.written[f"{kind} {key}"] = entry
        self._save()

    def forget(self, kind: str, key: str) -> None:
        """Drop a thing that is no longer ours."""
        del self.written[f"{kind} {key}"]
        self._save()

    def _save(self) -> None:
        content = {"server": self.server, "written": {key: asdict(entry) for key, entry in self.written.items()}}
        draft = self.path.with_suffix(".draft")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
        draft.replace(self.path)
