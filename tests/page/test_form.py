"""The page as the service serves it: articles go in by paste, by file and without a script, a case comes out; what is wrong is said, and nothing typed is lost."""

import re
from collections.abc import Iterator

import httpx
import pytest
from casebrief.service import example
from casebrief.service.domain.schema import SummaryResponse
from casebrief.service.edges.formats import FORMATS
from casebrief.service.edges.keys import Keys
from conftest import HANG_S, as_request, running_server
from page_checks import violations
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.model

EMOJI = "🦊🔔 "


def fill(page: Page, number: int, text: str, publisher: str = "", published_on: str = "") -> None:
    for part, value in {"text": text, "publisher": publisher, "published_on": published_on}.items():
        page.locator(f"[id='{number}-{part}']").fill(value)


def lit(page: Page, article: str) -> str:
    return "".join(page.locator(f"#a-{article} .m.lit").all_text_contents())


def test_articles_are_pasted_and_read_and_each_fact_leads_to_its_words(server, opened, tmp_path):
    page = opened(server)
    wire, daily, blog = example.articles()
    fill(page, 1, EMOJI + wire.text, wire.publisher or "", "2025-03-06")
    fill(page, 2, EMOJI + daily.text, daily.publisher or "", "2025-03-07")
    fill(page, 3, EMOJI + blog.text)
    page.get_by_role("button", name="Summarise").click()
    expect(page.locator("#summary h1")).to_contain_text("Ashgrove v. Norvane Home Inc")
    assert page.title() == "Ashgrove v. Norvane Home Inc"
    with page.expect_download() as saved:
        page.get_by_role("button", name="JSON", exact=True).click()
    saved.value.save_as(tmp_path / "case.json")
    response = SummaryResponse.model_validate_json((tmp_path / "case.json").read_bytes())
    assert response.articles[0].published_on_from == "request"
    filed = page.locator(".pairs > div", has_text="Filed on")
    filed.locator(".fact").click()
    assert response.summary.filed_on
    assert lit(page, "a1") == response.summary.filed_on.citations[0].quote == "Tuesday night"
    assert page.locator(".unread", has_text="The best pies on the waterfront").count() == 1
    page.get_by_role("button", name="Verify").click()
    expect(page.locator("#proved")).to_contain_text("all of it holds")
    assert violations(page) == []


def test_back_leads_to_the_form_with_all_that_was_typed_and_forward_to_the_case(server, opened):
    page = opened(server)
    text = example.articles()[0].text
    fill(page, 1, text, "Tidewater Wire")
    page.get_by_role("button", name="Summarise").click()
    page.locator(".fact").first.click()
    page.go_back()
    expect(page.locator("#summary")).to_be_visible()
    page.go_back()
    expect(page.locator("[id='1-text']")).to_have_value(text)
    expect(page.locator("[id='1-publisher']")).to_have_value("Tidewater Wire")
    page.go_forward()
    expect(page.locator("#summary h1")).to_contain_text("Ashgrove")


def test_it_works_without_a_script(server, opened):
    page = opened(f"{server}/?example=1", java_script_enabled=False)
    page.get_by_role("button", name="Summarise").click()
    expect(page.locator("#summary h1")).to_contain_text("Ashgrove v. Norvane Home Inc")
    page.locator(".pairs > div", has_text="Judge").locator(".fact").click()
    expect(page.locator(":target .m")).to_have_text("Marisol Okereke")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Word").click()
    assert re.fullmatch(r"case-\d{4}-\d\d-\d\d\.docx", saved.value.suggested_filename)
    page.get_by_role("button", name="Verify").click()
    expect(page.locator("#told")).to_contain_text("all of it holds")


def test_the_html_that_is_saved_is_the_case_alone(server, opened, tmp_path):
    page = opened(f"{server}/?example=1")
    page.get_by_role("button", name="Summarise").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="HTML").click()
    saved.value.save_as(tmp_path / "case.html")
    alone = opened((tmp_path / "case.html").as_uri())
    alone.locator(".fact").first.click()
    assert alone.locator(".m.lit").count() > 0
    assert alone.locator("form").count() == 0


def test_files_are_chosen_and_dropped(server, opened, tmp_path):
    paragraphs = "".join(f"<p>{line}</p>" for line in example.articles()[0].text.split("\n\n")[3:9])
    (tmp_path / "page.html").write_text(f"<html><body><article><h1>Doorbell maker sued</h1>{paragraphs}</article></body></html>", encoding="utf-8")
    page = opened(server)
    page.locator("[id='1-file']").set_input_files(tmp_path / "page.html")
    page.evaluate(
        """(text) => {
          const held = new DataTransfer();
          held.items.add(new File([text], "daily.txt", { type: "text/plain" }));
          document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: held, bubbles: true, cancelable: true }));
        }""",
        example.articles()[1].text,
    )
    page.get_by_role("button", name="Summarise").click()
    expect(page.locator(".source")).to_have_count(2)
    assert "Doorbell maker sued" in (page.locator("#a-a1 .text").text_content() or "")
    assert "I only rang the bell" in (page.locator("#a-a2 .text").text_content() or "")


def test_articles_are_added_up_to_the_limit(server, opened):
    page = opened(f"{server}/?articles=19")
    add = page.get_by_role("button", name="Add an article")
    add.click()
    expect(page.locator("#articles .article-in")).to_have_count(20)
    expect(page.locator("[id='20-text']")).to_be_focused()
    add.click()
    expect(page.get_by_role("alert")).to_contain_text("At most 20 articles")
    assert violations(page) == []


def test_waiting_can_be_cancelled_and_the_form_is_as_it_was(server, opened):
    page = opened(server)
    long = "\n\n".join(f"{number}. {line}" for number in range(60) for line in example.articles()[0].text.split("\n\n")[3:9])
    fill(page, 1, long)
    page.get_by_role("button", name="Summarise").click()
    expect(page.locator("#doing")).to_have_text("Reading")
    expect(page.locator("#clock")).to_have_text(re.compile(r"\d+ s"))
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("alert")).to_have_text("Cancelled: nothing more is read.")
    expect(page.locator("[id='1-text']")).to_have_value(long)
    expect(page.get_by_role("button", name="Summarise")).to_be_enabled()
    assert page.locator("#progress").is_hidden()


@pytest.mark.parametrize("script", [True, False])
def test_what_does_not_fit_is_said_and_nothing_typed_is_lost(server, opened, tmp_path, script):
    page = opened(server, java_script_enabled=script)
    page.get_by_role("button", name="Summarise").click()
    expect(page.get_by_role("alert")).to_contain_text("no article was given")
    (tmp_path / "scan.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    fill(page, 1, "A story with\nline ends.", "The Daily")
    page.locator("[id='2-file']").set_input_files(tmp_path / "scan.png")
    page.get_by_role("button", name="Summarise").click()
    expect(page.get_by_role("alert")).to_contain_text("Article 2: scan.png")
    expect(page.locator("[id='1-text']")).to_have_value("A story with\nline ends.")
    expect(page.locator("[id='1-publisher']")).to_have_value("The Daily")


def test_the_form_is_in_order_and_readable_in_both_lights(server, opened):
    for scheme in ("light", "dark"):
        for width in (320, 1280):
            page = opened(server, color_scheme=scheme, viewport={"width": width, "height": 800})
            assert violations(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_page_allows_no_script_but_its_own_and_is_framed_and_kept_by_nobody(server):
    for path in ("/", "/page/page.js", "/page/page.css", "/page/page.svg"):
        headers = httpx.get(server + path, timeout=HANG_S).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
    assert httpx.get(f"{server}/", timeout=HANG_S).headers["cache-control"] == "no-store"
    assert httpx.get(f"{server}/page/render.py", timeout=HANG_S).status_code == 404


@pytest.mark.parametrize(("query", "count"), [("", 3), ("?articles=7", 7), ("?articles=1000", 20), ("?articles=-1", 3), ("?articles=x", 3), ("?example=1", 3)])
def test_any_address_of_the_form_gives_a_form(server, query, count):
    answer = httpx.get(f"{server}/{query}", timeout=HANG_S)
    assert answer.status_code == 200
    assert answer.text.partition("<template")[0].count("<textarea") == count


def test_an_answer_is_kept_nowhere_and_its_address_leads_to_the_form(server):
    answer = httpx.get(f"{server}/v1/page", timeout=HANG_S, follow_redirects=True)
    assert (answer.status_code, answer.url.path) == (200, "/")


@pytest.mark.parametrize("path", ["/v1/page", "/v1/page/save", "/v1/page/verify"])
def test_another_sites_page_is_refused(server, path):
    answer = httpx.post(server + path, files={"1-text": (None, "A story.")}, headers={"Origin": "https://elsewhere.example"}, timeout=HANG_S)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("/v1/page", {"1-title": "x"}, 422),
        ("/v1/page", {"1-text": "A story.", "1-published_on": "yesterday"}, 422),
        ("/v1/page/save", {"form": "pdf", "kept": "{}"}, 422),
        ("/v1/page/save", {"form": "csv", "kept": "{}"}, 422),
        ("/v1/page/save", {"form": "csv", "kept": "[" * 100_000}, 422),
        ("/v1/page/verify", {}, 422),
    ],
)
def test_what_no_page_sends_is_refused(server, path, fields, status):
    sent = {name: (None, value) for name, value in fields.items()} or {"x": (None, "")}
    assert httpx.post(server + path, files=sent, timeout=HANG_S).status_code == status
    assert httpx.post(server + path, content=b"{}", headers={"Content-Type": "application/json"}, timeout=HANG_S).status_code == 415


def signed_in(page: Page, key: str) -> None:
    page.get_by_label("Key").fill(key)
    page.get_by_role("button", name="Sign in").click()


@pytest.fixture(scope="module")
def keyed(tmp_path_factory) -> Iterator[tuple[str, str]]:
    """The address of a server with keys, and a key."""
    file = tmp_path_factory.mktemp("keys") / "keys"
    key = Keys(file).add("desk")
    with running_server(CASEBRIEF_API_KEYS_FILE=str(file), CASEBRIEF_CASES_DIR=str(file.parent)) as (address, _):
        yield address, key


@pytest.mark.parametrize("script", [True, False])
def test_with_keys_one_is_entered_once_for_all_pages(keyed, opened, script):
    """Articles are read, saved and proved, a case file is opened, and after signing out nothing of it is had."""
    address, key = keyed
    name = f"norvane-{script}".lower()
    article = example.articles()[0]
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {key}"}, timeout=HANG_S) as api:
        assert api.post("/v1/cases", json={"name": name}).status_code == 201
        assert api.post(f"/v1/cases/{name}/articles", json=as_request([article])).status_code == 200
    page = opened(f"{address}/cases/{name}", java_script_enabled=script)
    if script:  # the checks are one
        assert violations(page) == []
    assert name not in page.title()
    signed_in(page, "cb_not_a_key")
    expect(page.get_by_role("alert")).to_have_text("This key is not known.")
    signed_in(page, key)
    expect(page).to_have_url(f"{address}/cases/{name}")
    page.locator(".pairs > div", has_text="Docket number").get_by_role("link", name="correct").click()
    page.get_by_label("Your name").fill("Jo Marsh")
    page.get_by_role("button", name="Accept").click()
    expect(page.locator(".mended")).to_contain_text("accepted by Jo Marsh")
    page.goto(f"{address}/")
    expect(page.get_by_role("link", name=name)).to_be_visible()
    page.get_by_role("link", name="Fill in an example").click()
    page.get_by_role("button", name="Summarise").click()
    expect(page.locator("#summary h1")).to_contain_text("Ashgrove")
    with page.expect_download() as saved:
        page.get_by_role("button", name="CSV").click()
    assert saved.value.suggested_filename.endswith(".csv")
    page.get_by_role("button", name="Verify").click()
    expect(page.locator("#proved" if script else "#told")).to_contain_text("all of it holds")
    page.goto(f"{address}/")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.goto(f"{address}/cases/{name}")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_a_session_that_ended_costs_nothing_that_was_typed(keyed, opened):
    address, key = keyed
    page = opened(f"{address}/")
    signed_in(page, key)
    page.get_by_role("link", name="Fill in an example").click()
    fill(page, 3, "Typed by hand.")
    page.context.clear_cookies()
    page.get_by_role("button", name="Summarise").click()
    expect(page.get_by_role("alert")).to_contain_text("asks for your key again")
    expect(page.locator("[id='3-text']")).to_have_value("Typed by hand.")
    page.get_by_label("Your key").fill(key)
    page.get_by_role("button", name="Summarise").click()
    expect(page.locator("#summary h1")).to_contain_text("Ashgrove")
    page.context.clear_cookies()
    page.get_by_role("button", name="CSV").click()
    expect(page.locator("#proved")).to_contain_text("asks for your key again")
    expect(page.locator("#summary h1")).to_contain_text("Ashgrove")


@pytest.mark.slow
def test_a_summary_comes_in_the_form_that_accept_names(server):
    for form in FORMATS:
        answer = httpx.post(f"{server}/v1/summaries", json=as_request(example.articles()), headers={"Accept": form.media_type}, timeout=HANG_S)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == form.content_type
        assert answer.headers["vary"] == "Accept"
        assert answer.content.startswith(b"PK" if form.name == "docx" else "\ufeff".encode() if form.name == "csv" else (b"{", b"#", b"<"))
    refused = httpx.post(f"{server}/v1/summaries", json=as_request(example.articles()), headers={"Accept": "image/png"}, timeout=HANG_S)
    assert refused.status_code == 406
    assert "text/csv" in refused.json()["detail"]
