"""The static pages in a real browser, opened from files: no error, no request, and they do what they show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from serving import brief, dictionary, site
from tests import browser
from tests.serving_warehouse import LAST, LINEAGE

NAME = {"en": "Demo centre", "zh": "示范中心"}
PAGES = (
    "index.html",
    "dictionary/index.html",
    *(f"briefs/{period}/{locale}.html" for period in ("2026-10-29", "2026-W44") for locale in ("en", "zh")),
)


@pytest.fixture(scope="module")
def pages(serving_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    for period in ("day", "week"):
        brief.write(serving_warehouse, folder, LAST, centre_name=NAME, period=period)
    dictionary.write(serving_warehouse, folder, NAME, lambda: LINEAGE, 1)
    site.write(folder, NAME)
    return folder


@pytest.fixture(scope="module")
def page() -> Iterator[browser.Page]:
    program = browser.program()
    if program is None:
        pytest.skip("no Chromium or Chrome on this machine (Debian: apt-get install chromium)")
    with browser.running(program) as page:
        yield page


@pytest.mark.parametrize("path", PAGES)
def test_page_opens_from_a_file_without_an_error_or_a_request(page: browser.Page, pages: Path, path: str):
    page.open(pages / path)
    assert page.errors == []
    assert [address for address in page.requests if not address.startswith("data:")] == [(pages / path).as_uri()]


@pytest.mark.parametrize("path", PAGES)
def test_every_link_between_pages_leads_somewhere(page: browser.Page, pages: Path, path: str):
    page.open(pages / path)
    links = page.run("[...document.querySelectorAll('a')].map((link) => link.href.split('#')[0])")
    for link in links:
        assert Path(link.removeprefix("file://")).exists(), link


@pytest.mark.parametrize("path", [path for path in PAGES if path.startswith("briefs")])
def test_brief_prints_on_one_sheet(page: browser.Page, pages: Path, path: str):
    page.open(pages / path)
    assert page.pdf_pages() == 1


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("path", PAGES)
def test_page_never_scrolls_sideways(page: browser.Page, pages: Path, path: str, width: int):
    page.open(pages / path)
    page.resize(width)
    assert page.run("document.documentElement.scrollWidth") <= width


def test_dictionary_finds_in_either_language(page: browser.Page, pages: Path):
    page.open(pages / "dictionary" / "index.html")
    shown = "[...document.querySelectorAll('article:not([hidden])')].map((article) => article.id)"
    assert len(page.run(shown)) == 8
    for words, found in (
        ("ABANDON", ["abandonment_rate_pct"]),
        ("满意度", ["csat_top2_pct"]),
        ("service level", ["service_level_pct"]),
        ("no such thing", []),
    ):
        page.run(
            f"{{ const search = document.getElementById('search'); search.value = '{words}'; "
            "search.dispatchEvent(new Event('input')); }"
        )
        assert page.run(shown) == found
        assert page.run("document.getElementById('nothing').hidden") == bool(found)
    assert page.errors == []


def test_language_switch_shows_one_language_and_is_remembered(page: browser.Page, pages: Path):
    title = "document.querySelector('#service_level_pct h2 > span').offsetParent !== null"
    page.open(pages / "dictionary" / "index.html")
    assert page.run(title)
    page.run("document.querySelector('[data-to=zh]').click()")
    assert not page.run(title)
    assert page.run("document.title") == "指标词库 · 示范中心"
    page.open(pages / "index.html")
    assert page.run("document.documentElement.lang") == "zh"
    page.run("document.querySelector('[data-to=en]').click()")
