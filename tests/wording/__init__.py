"""How often the lexicon of wording is right, and how much it misses: labelled sentences, judged by the project's SQL.

``sentences.csv`` was written by hand. ``tuning`` and ``held_out`` are halves of one set, which was written before any
rule; ``published_tuning`` and ``published_held_out`` follow lists of banned phrases that others have published, and say
more about what is missed. Rules are corrected by the tuning parts only. A sentence has no class, one or several.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import sqrt
from pathlib import Path

from tests.factories import Lake

SENTENCES = Path(__file__).with_name("sentences.csv")

PARTS = ("tuning", "held_out", "published_tuning", "published_held_out")
BANNED = ("impatience", "negation", "blame_shifting", "spite", "scolding")
CLASSES = (*BANNED, "greeting", "closing", "hold_notice")


@dataclass
class Score:
    """Sentences of a class by whether they were found and are labelled; ``wrong`` names what went wrong."""

    right: int = 0
    false: int = 0
    missed: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, text: str, labelled: bool, found: bool) -> None:
        """Count one sentence."""
        self.right += labelled and found
        self.false += found and not labelled
        self.missed += labelled and not found
        if labelled != found:
            self.wrong.append(text)


def measure(home: Path) -> dict[tuple[str, str], Score]:
    """Build the hits of all sentences below ``home``, score them by part and class; ``banned`` is any banned class."""
    with SENTENCES.open(encoding="utf-8") as file:
        sentences = list(csv.DictReader(file))
    common = {"sender_type": "agent", "agent_key": "agent", "sent_at": "2026-09-01 10:00:00"}
    lake = Lake(home).add(
        "chat_message",
        [
            common | {"message_id": str(n), "conversation_id": str(n), "body": sentence["text"]}
            for n, sentence in enumerate(sentences)
        ],
    )
    found: dict[int, set[str]] = defaultdict(set)
    with lake.build(select="+fct_wording_hits") as warehouse:
        for message, name in warehouse.execute("SELECT message_id, class FROM fct_wording_hits").fetchall():
            found[int(message)].add(name)
    scores: dict[tuple[str, str], Score] = defaultdict(Score)
    for n, sentence in enumerate(sentences):
        labels = set(sentence["classes"].split())
        for name in CLASSES:
            scores[sentence["part"], name].add(sentence["text"], name in labels, name in found[n])
        scores[sentence["part"], "banned"].add(
            sentence["text"], not labels.isdisjoint(BANNED), not found[n].isdisjoint(BANNED)
        )
    return scores


def table(scores: dict[tuple[str, str], Score]) -> Iterator[str]:
    """Yield the lines of a Markdown table of the parts that no rule was corrected by."""
    yield "| sentences | class | right | wrong | missed | precision | recall |"
    yield "|---|---|---|---|---|---|---|"
    for part in ("held_out", "published_held_out"):
        for name in ("banned", *CLASSES):
            score = scores[part, name]
            if score.right + score.missed:
                precision = _share(score.right, score.right + score.false)
                recall = _share(score.right, score.right + score.missed)
                yield f"| {part} | {name} | {score.right} | {score.false} | {score.missed} | {precision} | {recall} |"


def _share(part: int, whole: int) -> str:
    """Return a percentage with its 95 % interval (Wilson), which a few dozen sentences leave wide."""
    if not whole:
        return "–"
    z, share = 1.96, part / whole
    centre, spread = share + z * z / (2 * whole), z * sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    low, high = ((centre + sign * spread) / (1 + z * z / whole) for sign in (-1, 1))
    return f"{100 * share:.0f} % ({100 * low:.0f}–{100 * high:.0f})"
