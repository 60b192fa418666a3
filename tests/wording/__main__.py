"""Print how often the lexicon of wording is right: ``python -m tests.wording [--wrong]``."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.wording import PARTS, measure, table

with TemporaryDirectory() as home:
    scores = measure(Path(home))
for line in table(scores):
    print(line)
if "--wrong" in sys.argv:
    for (part, name), score in sorted(scores.items(), key=lambda entry: (PARTS.index(entry[0][0]), entry[0][1])):
        for text in score.wrong:
            print(f"{part}, {name}: {text}")
