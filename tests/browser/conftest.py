"""A real browser (Debian's chromium, driven by Playwright), and pages to show in it.

A page fails its test when it writes an error, asks for anything beyond its own file, or opens a dialog of its own.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
UNDRAWN = ".plot:not([data-drawn=yes])"

Show = Callable[..., Page]


@pytest.fixture(scope="module")  # its loop holds the thread and its process lives on, so it ends before other tests
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("needs browser: install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Show]:
    """Shows a page's HTML, all plots drawn; at the end, it must have behaved."""
    misdeeds: list[str] = []
    opened: list[Page] = []

    def shown(html: str, *, width: int = 1200, height: int = 900) -> Page:
        path = tmp_path / f"page-{len(opened)}.html"
        path.write_text(html, encoding="utf-8")
        page = browser.new_page(viewport={"width": width, "height": height}, color_scheme="light")
        opened.append(page)
        own = path.as_uri()
        page.on("console", lambda message: misdeeds.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: misdeeds.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (misdeeds.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: _note(request.url, own, misdeeds))
        page.goto(own)
        page.wait_for_selector(UNDRAWN, state="detached", timeout=60_000)
        return page

    yield shown
    for page in opened:
        page.close()
    assert misdeeds == []


def _note(url: str, own: str, misdeeds: list[str]) -> None:
    if url.split("#", maxsplit=1)[0] != own and not url.startswith("data:"):
        misdeeds.append(f"request: {url[:200]}")
