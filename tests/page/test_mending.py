"""Kept cases as pages, corrected without a script and with one, over HTTP and on the command line: each with the words that the fact rests on."""

import dataclasses
import itertools
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
import uvicorn
from casebrief.service.cases.store import Addition, CaseStore, NewVersion
from casebrief.service.domain.schema import SummaryResponse
from casebrief.service.edges.case_pages import case_router
from casebrief.service.edges.corrected import case_now
from casebrief.service.edges.corrections_http import corrections_router
from casebrief.service.edges.gate import Gate
from casebrief.service.edges.keys import Keys
from casebrief.service.edges.pages import page_router
from casebrief.service.edges.problems import Problem
from casebrief.service.edges.sessions import Sessions
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.sign_in import sign_in_router
from casebrief.service.exports.facts import facts
from casebrief.service.pipeline.articles import Submitted
from conftest import HANG_S, free_port, until
from edges.test_cli import casebrief
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from page_checks import violations
from playwright.sync_api import Page, expect
from pydantic import TypeAdapter
from told import DAILY, PHONE, TEXTS, phone_case

_submitted = TypeAdapter(Submitted)
_numbers = itertools.count(1)


def application(settings: Settings) -> FastAPI:
    """The pages and the corrections of a server without a model behind its gate."""
    app = FastAPI()
    store = CaseStore(settings.cases_dir / "cases.sqlite")

    async def body_of(request: Request) -> bytes:
        return await request.body()

    @app.exception_handler(Problem)
    async def problem(request: Request, error: Problem) -> JSONResponse:
        return JSONResponse(error.body(), error.status, error.headers)

    app.include_router(page_router(SimpleNamespace(settings=settings), None, body_of))
    app.include_router(case_router(store, body_of))
    app.include_router(corrections_router(store, body_of))
    sessions = Sessions(settings.api_keys_file) if settings.api_keys_file else None
    if sessions:
        app.include_router(sign_in_router(sessions, body_of))
    app.add_middleware(Gate, settings=settings, sessions=sessions)
    return app


def served(settings: Settings) -> Iterator[str]:
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(application(settings), port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(HANG_S)


@pytest.fixture(scope="module")
def cases_dir(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("cases")


@pytest.fixture(scope="module")
def desk(cases_dir) -> Iterator[str]:
    yield from served(Settings(cases_dir=cases_dir))


@pytest.fixture
def case(cases_dir, request) -> tuple[str, Callable[[], SummaryResponse]]:
    """The name of a fresh case of three articles, and what it says now."""
    store, name = CaseStore(cases_dir / "cases.sqlite"), f"case-{next(_numbers)}"
    store.new(name)
    response = phone_case()
    versions = [NewVersion(one.id, one.sha256, _submitted.dump_json(Submitted(one.id, TEXTS[one.id], publisher=one.publisher))) for one in response.articles]
    store.add(name, 0, Addition(versions, response.model_dump_json(by_alias=True), {}, []))
    return name, lambda: case_now(store, name).response


def values(told: SummaryResponse, field: str) -> list[str]:
    return [one.fact.value for one in facts(told) if one.field == field]


def correct_link(page: Page, words: str):
    return page.locator(".at-fact", has_text=words).locator("a.mend").first


def test_without_a_script_a_fact_is_accepted_changed_deleted_and_added(desk, opened, case):
    name, now = case
    page = opened(desk, java_script_enabled=False)
    page.get_by_role("link", name=name).click()
    correct_link(page, "4 March 2025").click()
    page.get_by_label("Your name").fill("Jo Marsh")
    page.get_by_role("button", name="Accept").click()
    expect(page.locator(".at-fact", has_text="4 March 2025")).to_contain_text("accepted by Jo Marsh")

    correct_link(page, "about 2.4 million users").click()
    page.get_by_label("Your name").fill("Jo Marsh")
    page.get_by_label("Words that state it").fill("Marrow")
    page.get_by_role("button", name="Change", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("“Marrow” stands in wire 4 times")
    expect(page.get_by_label("Your name")).to_have_value("Jo Marsh")
    page.get_by_label("Article", exact=True).select_option("daily")
    page.get_by_label("Words that state it").fill("more than 3 million users")
    page.get_by_role("button", name="Change", exact=True).click()
    expect(page.locator("#figures + ul")).to_contain_text("changed by Jo Marsh")
    assert values(now(), "figures") == ["more than 3 million users"]
    assert now().summary.conflicts == []

    correct_link(page, "A hearing is set").click()
    page.get_by_label("Your name").fill("Jo Marsh")
    page.get_by_role("button", name="Delete").click()
    assert values(now(), "timeline") == []

    page.get_by_role("link", name="Add a fact").click()
    page.get_by_role("link", name="Court", exact=True).click()
    page.get_by_label("Your name").fill("Jo Marsh")
    page.get_by_label("Article", exact=True).select_option("wire")
    page.get_by_label("Words that state it").fill("federal court in Oakland, California")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".pairs > div", has_text="Court")).to_contain_text("added by Jo Marsh")
    with page.expect_download():
        page.get_by_role("button", name="CSV").click()
    page.get_by_role("button", name="Verify").click()
    expect(page.locator("#told")).to_contain_text("all of it holds")


SELECT = """([article, quote]) => {
  const text = document.querySelector(`#a-${article} .text`);
  const start = text.textContent.indexOf(quote);
  const range = document.createRange();
  const nodes = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  for (let node, at = 0; (node = nodes.nextNode()); at += node.length) {
    if (start >= at && start < at + node.length) range.setStart(node, start - at);
    if (start + quote.length > at && start + quote.length <= at + node.length) range.setEnd(node, start + quote.length - at);
  }
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""


@pytest.mark.parametrize(("article", "quote"), [("wire", "Odile Fenwright, the lead plaintiff"), ("daily", "A hearing is set for May 12")])
def test_with_a_script_words_are_selected_in_a_source(desk, opened, case, article, quote):
    name, now = case
    page = opened(f"{desk}/cases/{name}")
    correct_link(page, "Marrow Phones Ltd").click()
    page.get_by_label("Your name").fill("Jo")
    assert violations(page) == []
    page.evaluate(SELECT, [article, quote])
    expect(page.get_by_label("Words that state it")).to_have_value(quote)
    page.get_by_role("button", name="Change", exact=True).click()
    expect(page.locator("#defendants + ul")).to_contain_text("changed by Jo")
    (changed,) = now().summary.defendants
    assert changed.value == quote, "an emoji and line ends of two characters before the words move nothing"
    assert changed.citations[0].start == {"wire": PHONE, "daily": DAILY}[article].index(quote)


def test_the_panel_is_opened_and_left_by_keys_and_tells_what_does_not_fit(desk, opened, case):
    name, now = case
    page = opened(f"{desk}/cases/{name}")
    link = correct_link(page, "declined to comment")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#mending")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#mending")).to_be_hidden()
    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_label("Your name").fill("Jo")
    page.keyboard.press("Enter")
    assert now().corrections is None, "the Enter key in a field decides nothing"
    page.get_by_label("Speaker").fill("Nobody Atall")
    page.get_by_role("button", name="Change", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("is not named so in wire")
    page.get_by_label("Speaker").fill("Odile Fenwright")
    page.get_by_label("It is").select_option("other")
    page.get_by_role("button", name="Change", exact=True).click()
    expect(page.locator(".mended")).to_contain_text("changed by Jo")
    assert now().summary.responses[0].normalized.model_dump() == {"speaker": "Odile Fenwright", "stance": "other"}
    correct_link(page, "4 March 2025").click()
    expect(page.get_by_label("Your name")).to_have_value("Jo")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_its_pages_are_in_order_and_readable(desk, opened, case, scheme):
    name, _ = case
    for path in ("", "/facts/f1", "/add", "/add/responses"):
        page = opened(f"{desk}/cases/{name}{path}", color_scheme=scheme, viewport={"width": 320, "height": 700})
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def patch(address: str, name: str, *corrections: dict, tag: str | None = None) -> httpx.Response:
    body = {"by": "Jo", "corrections": list(corrections)}
    return httpx.patch(f"{address}/v1/cases/{name}/facts", json=body, headers={"If-Match": tag} if tag else {}, timeout=HANG_S)


def test_a_list_is_corrected_over_http_whole_or_not_at_all_and_only_what_was_seen(desk, case):
    name, now = case
    accept, delete = {"action": "accept", "field": "filed_on"}, {"action": "delete", "field": "quotes"}
    refused = patch(desk, name, accept, {"action": "accept", "field": "judge"})
    assert (refused.status_code, refused.json()["detail"]) == (422, "/1: no fact of judge is meant: it has none")
    assert now().corrections is None
    done = patch(desk, name, accept, delete, tag='"1"')
    assert (done.status_code, done.headers["etag"]) == (200, '"3"')
    assert SummaryResponse.model_validate(done.json()) == now()
    assert done.json()["summary"]["filed_on"]["corrected"]["by"] == "Jo"
    assert patch(desk, name, accept, tag='"1"').status_code == 412
    assert patch(desk, "no-such-case", accept).status_code == 404
    for body in ({"by": "Jo"}, {"by": "\ud800", "corrections": [accept]}, {"by": "Jo", "corrections": [accept | {"x": 1}]}, []):
        assert (
            httpx.patch(f"{desk}/v1/cases/{name}/facts", content=json.dumps(body), headers={"Content-Type": "application/json"}, timeout=HANG_S).status_code
            == 422
        )


def test_a_form_of_a_page_that_was_overtaken_is_not_taken_nor_one_of_another_site(desk, case):
    name, now = case
    form = {
        "number": "1",
        "field": "filed_on",
        "value": "4 March 2025",
        "at": "wire",
        "from": str(PHONE.index("Tuesday night")),
        "by": "Jo",
        "action": "accept",
    }
    sent = {key: (None, value) for key, value in form.items()}
    assert httpx.post(f"{desk}/cases/{name}/facts", files=sent, headers={"Origin": "https://elsewhere.example"}, timeout=HANG_S).status_code == 403
    assert now().corrections is None
    assert httpx.post(f"{desk}/cases/{name}/facts", files=sent, timeout=HANG_S).status_code == 303
    overtaken = httpx.post(f"{desk}/cases/{name}/facts", files=sent, timeout=HANG_S)
    assert overtaken.status_code == 412
    assert "was changed meanwhile" in overtaken.text
    for wrong in ({"number": "x"}, {"field": "abstract"}, {"action": "burn"}, {"more": "x"}):
        assert httpx.post(f"{desk}/cases/{name}/facts", files=sent | {key: (None, value) for key, value in wrong.items()}, timeout=HANG_S).status_code == 422


def test_with_keys_no_case_is_told_or_mended_without_one(cases_dir, tmp_path, case):
    name, _ = case
    Keys(tmp_path / "keys").add("desk")
    for address in served(Settings(cases_dir=cases_dir, api_keys_file=tmp_path / "keys")):
        assert name not in httpx.get(f"{address}/", timeout=HANG_S).text
        for path in ("", "/facts/f1", "/add", "/add/judge"):
            assert httpx.get(f"{address}/cases/{name}{path}", timeout=HANG_S).status_code == 401
        assert httpx.post(f"{address}/cases/{name}/facts", files={"number": (None, "1")}, timeout=HANG_S).status_code == 401
        assert patch(address, name, {"action": "accept", "field": "filed_on"}).status_code == 401


def test_the_command_corrects_by_words_that_stand_there_once(cases_dir, case):
    name, now = case
    home = {"CASEBRIEF_CASES_DIR": str(cases_dir)}
    done = casebrief("correct", name, "add", "plaintiffs", "--article", "wire", "--quote", "Odile Fenwright", "--by", "Jo", **home)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{name} is at 2\n", "")
    assert values(now(), "plaintiffs") == ["Odile Fenwright"]
    done = casebrief("correct", name, "add", "defendants", "--article", "wire", "--quote", "Marrow", **home)
    assert (done.returncode, done.stderr) == (2, "casebrief: “Marrow” stands in wire 4 times: at 27, 62, 292, 335; give more of them, or where they start\n")


def test_a_correction_that_lost_its_words_is_told_on_the_page(desk, opened, case, cases_dir):
    name, _ = case
    assert patch(desk, name, {"action": "accept", "field": "timeline"}).status_code == 200
    store = CaseStore(cases_dir / "cases.sqlite")
    response = phone_case()
    summary = response.summary.model_copy(update={"timeline": []})
    text = DAILY.replace(" A hearing is set for May 12.", "")
    daily = response.articles[1].model_copy(update={"sha256": "e" * 64, "characters": len(text)})
    edited = response.model_copy(update={"summary": summary, "articles": [response.articles[0], daily, response.articles[2]]})
    article = dataclasses.replace(Submitted("daily", text), publisher="The Daily")
    store.add(name, 2, Addition([NewVersion("daily", "e" * 64, _submitted.dump_json(article))], edited.model_dump_json(by_alias=True), {}, []))
    page = opened(f"{desk}/cases/{name}")
    expect(page.locator("#unplaced + ul")).to_contain_text("stands in daily no more")


def test_the_longest_name_of_a_case_fits_a_phone(cases_dir, desk, opened):
    name = "W" * 64
    store = CaseStore(cases_dir / "cases.sqlite")
    store.new(name)
    for path in ("/", f"/cases/{name}"):
        page = opened(desk + path, viewport={"width": 320, "height": 800})
        expect(page.get_by_text(name).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
