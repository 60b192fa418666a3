"""The lexicon of wording against sentences with labels, and its seeds among themselves."""

from __future__ import annotations

import csv
from importlib import resources
from pathlib import Path

import duckdb
import pytest

from orchestration.home import PROJECT
from tests.wording import BANNED, CLASSES, PARTS, SENTENCES, Score, measure, table


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _seed(name: str) -> list[dict[str, str]]:
    return _rows(PROJECT / "dbt_project" / "seeds" / f"{name}.csv")


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Score]:
    return measure(tmp_path_factory.mktemp("wording"))


def test_what_the_document_says_is_what_is_measured(scores: dict[tuple[str, str], Score]) -> None:
    document = (PROJECT / "docs" / "wording.md").read_text("utf-8")
    assert "\n".join(table(scores)) in document


@pytest.mark.parametrize("part", ["tuning", "published_tuning"])
def test_nothing_is_wrong_with_the_sentences_that_rules_were_corrected_by(
    part: str, scores: dict[tuple[str, str], Score]
) -> None:
    assert {name: score.wrong for (of, name), score in scores.items() if of == part and score.wrong} == {}


def test_what_is_found_in_other_sentences_is_mostly_right(scores: dict[tuple[str, str], Score]) -> None:
    held_out = [scores[part, "banned"] for part in ("held_out", "published_held_out")]
    right, false = sum(score.right for score in held_out), sum(score.false for score in held_out)
    assert right / (right + false) >= 0.95


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("part", PARTS)
def test_every_part_has_sentences_with_and_without_a_class(part: str, language: str) -> None:
    sentences = [
        row["classes"].split() for row in _rows(SENTENCES) if (row["part"], row["language"]) == (part, language)
    ]
    labels = {name for classes in sentences for name in classes}
    assert [] in sentences
    assert labels <= set(CLASSES)
    assert set(CLASSES if part in ("tuning", "held_out") else BANNED[:3]) <= labels


def test_no_sentence_is_both_looked_at_and_held_out() -> None:
    texts = [row["text"] for row in _rows(SENTENCES)]
    assert len(texts) == len(set(texts))


def test_every_expression_is_read_by_the_engine() -> None:
    expressions = [
        rule[part] for rule in _seed("wording_rules") for part in ("pattern", "unless_before", "unless_after")
    ]
    expressions += [context["pattern"] for context in _seed("wording_contexts")]
    for expression in filter(None, expressions):
        # what is found in nothing would be found everywhere
        assert duckdb.execute("SELECT regexp_matches('', ?)", [f"^(?:{expression})x"]).fetchall() == [(False,)]


def test_rules_name_classes_that_are_told_apart() -> None:
    assert {rule["class"] for rule in _seed("wording_rules")} == {row["class"] for row in _seed("wording_classes")}
    assert {row["class"] for row in _seed("wording_classes") if row["is_banned"] == "true"} == set(BANNED)


def test_traditional_characters_of_the_rules_are_read() -> None:
    """What a rule says in simplified characters is found in traditional ones, whichever characters the rule uses."""
    used = {
        character
        for row in [*_seed("wording_rules"), *_seed("wording_contexts")]
        for value in row.values()
        for character in value
    }
    entries = (resources.files("opencc") / "dictionary" / "TSCharacters.txt").read_text("utf-8").splitlines()
    simplified = {line[0]: line.split("\t")[1][0] for line in entries}
    wanted = {old: new for old, new in simplified.items() if new in used and old not in used and old != new}
    assert {row["variant"]: row["character"] for row in _seed("wording_variants")}.items() >= wanted.items()
