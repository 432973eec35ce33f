"""A real browser for tests of pages: the Chromium of the system, without a window."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str:
    """The path of Chromium. Without it a test of a page is skipped, or fails where the environment variable
    ``LONGWEAVE_TESTS_NEED_BROWSER`` is set."""
    for name in _NAMES:
        if (path := shutil.which(name)) is not None:
            return path
    missing = f"tests of pages need Chromium on PATH ({', '.join(_NAMES)})"
    if os.environ.get("LONGWEAVE_TESTS_NEED_BROWSER"):
        raise RuntimeError(missing)
    pytest.skip(missing)


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Chromium, closed at the end of the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium())
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Watched:
    """A page, with everything that it complains of (errors, refusals of its content policy) and all addresses
    that it asks for."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@contextmanager
def open_page(browser: Browser, width: int = 1280, scheme: str = "light") -> Iterator[Watched]:
    """A page of its own, without memory of others; its dialogs, if any, are complaints."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(15_000)
    watched = Watched(page)

    page.on("console", lambda message: watched.complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    page.on(
        "dialog", lambda dialog: (watched.complaints.append(f"dialog: {dialog.message}"), dialog.dismiss())
    )
    page.on("request", lambda request: watched.asked.append(request.url))
    try:
        yield watched
    finally:
        context.close()
