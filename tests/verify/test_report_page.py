"""The report in a browser: it asks for nothing, its policy holds, and it fits the screen."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from longweave.verify.report import DroppedSample, RejectedRow, build_report
from tests.browser import open_browser, open_page
from tests.made_samples import make_sample
from tests.made_trials import make_trial, make_tried
from tests.verify.test_report import ATTACK
from tests.verify.test_report_gates import SPENDING, STAGES

SENTENCE = "Domain literature: 0 of at least 20 samples."


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def page_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a run with everything on it, and an attack in every text."""
    attacked = {"question_type": ATTACK, "maker": ATTACK, "unit": ATTACK, "sample_id": ATTACK}
    hostile = make_tried(question=f"{ATTACK} {'long' * 400}?", answer=ATTACK, **attacked)
    known = make_sample(sample_id="known", trials=[make_trial("closed_book", answers=[ATTACK] * 4, passes=4)])
    html = build_report(
        ATTACK,
        STAGES,
        [hostile, make_tried()],
        [RejectedRow("filter_corpus", ATTACK, ATTACK, ATTACK)],
        {"train": 2},
        dropped=[DroppedSample("check_grounding", ATTACK, ATTACK, known)],
        spending=SPENDING,
        shortfalls=[SENTENCE, ATTACK],
    )
    file = tmp_path_factory.mktemp("page") / "report.html"
    file.write_text(html)
    return file.as_uri()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_the_page_opens_without_complaint_asks_for_nothing_and_fits(
    browser: Browser, page_url: str, width: int, scheme: str
) -> None:
    with open_page(browser, width, scheme) as watched:
        watched.page.goto(page_url)
        assert watched.page.evaluate("document.documentElement.scrollWidth") == width
        watched.page.evaluate(
            "document.querySelectorAll('details').forEach((shown) => { shown.open = true })"
        )
        assert watched.page.evaluate("document.documentElement.scrollWidth") == width
        assert watched.complaints == []
        assert watched.asked == [page_url]


def test_an_attack_is_shown_as_the_text_that_it_is(browser: Browser, page_url: str) -> None:
    with open_page(browser) as watched:
        watched.page.goto(page_url)
        assert watched.page.inner_text("h1") == ATTACK
        assert watched.page.locator("img").count() == 0
        assert watched.page.locator("#selection li").all_inner_texts() == [SENTENCE, ATTACK]


def test_an_inserted_script_is_not_run(browser: Browser, page_url: str, tmp_path: Path) -> None:
    html = Path(page_url.removeprefix("file://")).read_text()
    torn = tmp_path / "torn.html"
    torn.write_text(html.replace("<main>", "<main><script>document.title = 'run'</script>"))
    with open_page(browser) as watched:
        watched.page.goto(torn.as_uri())
        assert watched.page.title() != "run"
        assert "Content Security Policy" in watched.complaints[0]


def test_the_page_is_reached_by_keyboard(browser: Browser, page_url: str) -> None:
    with open_page(browser, width=400) as watched:
        watched.page.goto(page_url)
        reached = set()
        for _ in range(60):
            watched.page.keyboard.press("Tab")
            reached.add(watched.page.evaluate("document.activeElement.tagName.toLowerCase()"))
        assert {"a", "summary", "div"} <= reached
        hidden = watched.page.locator(".example:not([open]) > summary").first
        hidden.focus()
        watched.page.keyboard.press("Enter")
        assert watched.page.evaluate("document.activeElement.parentElement.open")


def test_tables_have_headers_for_their_rows_and_columns(browser: Browser, page_url: str) -> None:
    with open_page(browser) as watched:
        watched.page.goto(page_url)
        tables = watched.page.locator("table")
        assert tables.count() >= 10
        assert tables.count() == watched.page.locator("table:has(th[scope])").count()
        cells = watched.page.locator(".heat td").evaluate_all(
            "cells => cells.map((cell) => getComputedStyle(cell).textAlign)"
        )
        numbers = watched.page.locator("td.n, td.count").evaluate_all(
            "cells => cells.map((cell) => getComputedStyle(cell).textAlign)"
        )
        assert set(cells) == {"center"} and set(numbers) == {"right"}
