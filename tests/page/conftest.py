"""A real headless Chromium, and the page of a made-up case as one file."""

import datetime
import shutil
from collections.abc import Callable, Iterator

import pytest
from casebrief.service.page.render import standalone
from playwright.sync_api import Browser, Page, expect, sync_playwright
from told import TEXTS, phone_case

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
HANG_MS = 120_000
"""Milliseconds after which a page is taken to hang: no bound of speed."""

Open = Callable[..., Page]
"""Opens a page at an address in a context of its own, with playwright's options of a context; checks at the end that no other host was asked, and no script failed."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for each file of tests: while one is open, nothing else in the process can run an event loop."""
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    expect.set_options(timeout=HANG_MS)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    asked: list[str] = []
    failed: list[str] = []
    homes: list[str] = []
    contexts = []

    def open_page(address: str, **options) -> Page:
        context = browser.new_context(**options)
        context.set_default_timeout(HANG_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: failed.append(str(error)))
        page.on("console", lambda message: failed.append(message.text) if message.type == "error" and "Failed to load resource" not in message.text else None)
        homes.append("/".join(address.split("/")[:3]))
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [url for url in asked if not url.startswith((*homes, "data:", "blob:"))] == []
    assert failed == []


@pytest.fixture(scope="session")
def case_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the page as one file."""
    path = tmp_path_factory.mktemp("page") / "case.html"
    path.write_text(standalone(phone_case(), TEXTS, datetime.date(2026, 11, 28)), encoding="utf-8")
    return path.as_uri()
