"""The report in a real headless Chromium: a click on a fact shows its words in the article, and nothing is asked of any host."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from casebrief.evals.judging import judge
from casebrief.evals.labels import load_cases
from casebrief.evals.report import write_report
from casebrief.evals.runs import Run
from casebrief.evals.sets import LabelledSet, bundled
from perfect import perfect
from playwright.sync_api import Page, sync_playwright

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    case = load_cases(bundled() / "cases")[0]
    response = perfect(case)
    header = {"answered_by": "labels", "settings": {"model": None}, "version": "0", "processors": 2, "machine": "x", "cases": [case.id]}
    sample = json.loads(json.dumps({"case": case.id, "repeat": 0, "response": response, "error": None, "clock": {}}))
    from casebrief.evals.runs import Sample

    write_report(tmp_path / "report.html", judge(Run(header, (Sample(**sample),)), LabelledSet("cases", [case])), {})
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        opened = browser.new_page()
        asked: list[str] = []
        opened.on("request", lambda request: asked.append(request.url))
        opened.goto((tmp_path / "report.html").as_uri())
        yield opened
        browser.close()
    assert [url for url in asked if not url.startswith("file:")] == []


def test_a_click_on_a_fact_shows_its_words(page: Page):
    case = load_cases(bundled() / "cases")[0]
    page.locator("details summary").first.click()
    for number, fact in enumerate(case.facts[:6]):
        page.locator(f'[data-goto="{case.id}-label-{number}"]').click()
        active = page.locator(".active")
        told = "".join(active.all_inner_texts())
        for _, quote in fact.evidence:
            assert quote in told
        assert active.first.evaluate("node => { const r = node.getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight; }")
        assert active.first.evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(255, 180, 84)"


def test_a_click_on_what_was_found_goes_to_its_citation(page: Page):
    case = load_cases(bundled() / "cases")[0]
    page.locator("details summary").first.click()
    page.locator(f'[data-goto="{case.id}-caption-0"]').click()
    assert case.facts[0].evidence[0][1] in "".join(page.locator(".active").all_inner_texts())
