"""The page of a case, as one file, in a real browser: its words are found, read, reached by keys, seen by all, printed, and none of them runs."""

import datetime
import re

import pypdfium2
import pytest
from casebrief.service.exports.facts import facts, positions
from casebrief.service.page.render import standalone
from page_checks import fragment, violations
from playwright.sync_api import Page, expect
from told import TEXTS, phone_case

LIT = "rgb(255, 224, 138)"


def text_of(page: Page, article: str) -> str:
    return page.locator(f"#a-{article} .text").text_content() or ""


def lit_in(page: Page, article: str) -> str:
    """What is lit in an article, in the order of its text."""
    return "".join(page.locator(f"#a-{article} .m.lit").all_text_contents())


def test_the_text_of_each_article_stands_there_whole(opened, case_file):
    page = opened(case_file)
    for article, text in TEXTS.items():
        assert text_of(page, article) == text.replace("\r\n", "\n")


def test_a_click_on_a_fact_lights_its_words_in_every_article_that_states_it(opened, case_file):
    page = opened(case_file)
    for stated in facts(phone_case()):
        page.locator(f"#{stated.id} .fact").click()
        for article in TEXTS:
            quotes = [citation.quote for citation in stated.citations if citation.article == article]
            lit = lit_in(page, article)
            assert all(quote in lit for quote in quotes), (stated.field, article, quotes, lit)
            assert bool(lit) == bool(quotes)
        words = page.locator('[aria-current="true"]')
        assert words.evaluate("node => node === document.activeElement")
        assert words.evaluate("node => { const r = node.getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight; }")


def test_what_is_lit_has_its_own_colour_and_nothing_else_has(opened, case_file):
    page = opened(case_file)
    page.locator("#f1 .fact").click()
    colours = page.locator("#a-wire .m").evaluate_all("nodes => nodes.map(node => [node.classList.contains('lit'), getComputedStyle(node).backgroundColor])")
    assert {is_lit for is_lit, _ in colours} == {True, False}
    assert all((colour == LIT) == is_lit for is_lit, colour in colours)


def test_places_follow_one_another_and_the_way_back_leads_to_the_fact(opened, case_file):
    page = opened(case_file)
    fact = next(stated for stated in facts(phone_case()) if stated.field == "defendants")
    page.locator(f"#{fact.id} .fact").click()
    expect(page.locator("#place")).to_have_text("Place 1 of 3, in wire")
    page.locator("#next").click()
    expect(page.locator("#place")).to_have_text("Place 2 of 3, in daily")
    page.locator("#previous").click()
    page.locator("#previous").click()
    expect(page.locator("#place")).to_have_text("Place 3 of 3, in late")
    assert page.locator("#a-late").evaluate("node => node.open"), "a folded copy opens for its words"
    page.locator("#back").click()
    assert page.evaluate("document.activeElement.closest('.at-fact').id") == fact.id
    assert page.locator("#places").is_hidden()


def test_a_click_in_the_text_tells_which_facts_rest_there(opened, case_file):
    page = opened(case_file)
    page.locator("#a-wire .m", has_text="about 2.4 million users").click()
    resting = page.locator(".rests").evaluate_all("nodes => nodes.map(node => node.id)")
    figure = next(stated for stated in facts(phone_case()) if stated.field == "figures")
    assert set(resting) == {figure.id, "k1-1"} | {f"s{number}" for number in (3,)}
    expect(page.locator("#place")).to_have_text("3 facts rest on these words")
    assert "Figures: about 2.4 million users" in (page.locator("#a-wire .m.lit").get_attribute("title") or "")


def test_what_was_not_read_is_grey_and_the_title_is_not(opened, case_file):
    page = opened(case_file)
    grey = page.locator("#a-wire .unread").all_text_contents()
    assert [words.strip() for words in grey] == ["Menu | Sport | Weather", "Read more: <script>alert(1)</script>"]
    text, ink = (page.locator(selector).first.evaluate("node => getComputedStyle(node).color") for selector in ("#a-wire .unread", "#a-wire .text"))
    assert text != ink
    assert page.locator("#a-daily .unread").count() == 0


def test_an_event_whose_day_lay_ahead_is_told_to_come(opened, tmp_path):
    told = phone_case()
    event = told.summary.timeline[0].model_copy(update={"to_come": True})
    ahead = told.model_copy(update={"summary": told.summary.model_copy(update={"timeline": [event]})})
    (tmp_path / "case.html").write_text(standalone(ahead, TEXTS, datetime.date(2026, 11, 28)), encoding="utf-8")
    page = opened((tmp_path / "case.html").as_uri())
    expect(page.locator(".timeline li")).to_contain_text("to come")
    assert violations(page) == []


def test_sides_of_a_conflict_stand_side_by_side_in_two_colours_and_so_do_their_words(opened, case_file):
    page = opened(case_file, viewport={"width": 1300, "height": 800})
    first, second = (page.locator(f"#k1-{side}") for side in (1, 2))
    boxes = [side.bounding_box() for side in (first, second)]
    assert boxes[0]
    assert boxes[1]
    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
    background = "node => getComputedStyle(node).backgroundColor"
    assert first.evaluate(background) != second.evaluate(background)
    first.locator(".fact").click()
    for number, said in enumerate(positions(phone_case())[0], 1):
        words = page.locator(f"#a-{said.citations[0].article} .m.lit")
        expect(words).to_have_text(said.citations[0].quote)
        assert words.evaluate(background) == page.locator(f"#k1-{number}").evaluate(background)


def test_copies_are_folded(opened, case_file):
    page = opened(case_file)
    assert page.locator("details.source").evaluate_all("nodes => nodes.map(node => [node.id, node.open])") == [["a-late", False]]
    expect(page.locator("#a-late > summary")).to_contain_text("tells the same story as wire")


def test_confidence_and_guarantee_are_told_in_words_too(opened, case_file):
    page = opened(case_file)
    for stated in facts(phone_case()):
        told = page.locator(f"#{stated.id} .sure .vh").text_content() or ""
        kind = {"copied": "copied word for word", "normalized": "computed by rule", "inferred": "chosen by the model"}[stated.fact.guarantee]
        assert told == f"{kind}, confidence {stated.fact.confidence:.0%}, 1 independent source"


def test_the_file_alone_holds_day_model_hashes_and_guarantees(opened, case_file):
    page = opened(case_file)
    told = page.locator(".origin").text_content() or ""
    assert all(words in told for words in ("28 November 2026", "a" * 64, "is not guaranteed", phone_case().articles[0].sha256))


# ---------------------------------------------------------------------- keys


HOLDS_FOCUS = "(id) => document.activeElement.closest('.at-fact')?.id === id"


def test_all_of_it_is_reached_by_keys(opened, case_file):
    page = opened(case_file)
    keys = page.keyboard
    filed = next(stated.id for stated in facts(phone_case()) if stated.field == "filed_on")
    keys.press("Tab")
    expect(page.locator(".skip").first).to_be_focused()
    expect(page.locator(".skip").first).to_be_in_viewport()
    page.locator("#the-case + dl > div", has_text="Filed on").locator(".fact").focus()
    keys.press("Enter")
    expect(page.locator("#a-wire .m", has_text="Tuesday night").first).to_be_focused()
    keys.press("Enter")
    page.wait_for_function(HOLDS_FOCUS, arg=filed)
    keys.press("Enter")
    keys.press("Escape")
    page.wait_for_function(HOLDS_FOCUS, arg=filed)


def test_a_group_is_one_stop_of_tab_and_arrows_lead_through_it(opened, case_file):
    page = opened(case_file)
    for group in page.locator("[data-roving]").all():
        assert group.locator('a[tabindex="0"]').count() == 1
    words = page.locator("#a-wire .text .m")
    words.first.focus()
    for step in range(1, words.count()):
        page.keyboard.press("ArrowDown")
        expect(words.nth(step)).to_be_focused()
    page.keyboard.press("Home")
    expect(words.first).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#a-wire .text')") is None


def test_focus_is_seen(opened, case_file):
    page = opened(case_file)
    for selector in (".fact", ".refs a", "#a-wire .m", "summary"):
        page.keyboard.press("Tab")
        page.locator(selector).first.focus()
        style = page.locator(selector).first.evaluate("node => { const s = getComputedStyle(node); return [s.outlineStyle, parseFloat(s.outlineWidth)]; }")
        assert style[0] != "none"
        assert style[1] >= 2


# ---------------------------------------------------------------------- for all


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_of_all_words_is_enough(opened, case_file, scheme):
    page = opened(case_file, color_scheme=scheme)
    page.locator("details").evaluate_all("nodes => nodes.forEach(node => node.open = true)")
    assert violations(page) == []
    for stated in (facts(phone_case())[0].id, "k1-1"):
        page.locator(f"#{stated} .fact").click()
        assert violations(page) == []


def test_dark_is_dark_and_light_is_light(opened, case_file):
    def brightness(scheme: str) -> float:
        colour = opened(case_file, color_scheme=scheme).locator("body").evaluate("node => getComputedStyle(node).backgroundColor")
        return sum(map(int, re.findall(r"\d+", colour)))

    assert brightness("dark") < 150
    assert brightness("light") > 700


def test_the_checks_see_what_is_wrong(browser):
    page = browser.new_page()
    page.set_content(
        '<html lang="en"><title>x</title><main><h1>A page</h1><input><p style="color: #ccc; background: #fff">pale</p><a href="#no">no</a></main></html>'
    )
    told = "\n".join(violations(page))
    page.close()
    assert all(fault in told for fault in ("label: ", "color-contrast: ", "#no leads nowhere", "P has a style"))


def test_headings_landmarks_names_and_ids_are_in_order(opened, case_file):
    assert violations(opened(case_file)) == []


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_is_wider_than_the_page(opened, case_file, width):
    page = opened(case_file, viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".pane").evaluate_all("nodes => nodes.every(node => node.scrollWidth <= node.clientWidth)")


def test_without_a_script_a_link_still_leads_to_its_words_and_lights_them(opened, case_file):
    page = opened(case_file, java_script_enabled=False)
    stated = facts(phone_case())[0]
    page.locator(f"#{stated.id} .fact").click()
    assert page.url.endswith(f"#{stated.id}-1")
    words = page.locator(f"#{stated.id}-1 .m")
    expect(words).to_have_css("background-color", LIT)
    expect(words).to_be_in_viewport()
    expect(words).to_have_text("Tuesday night")


def test_a_link_of_a_colleague_opens_at_its_words(opened, case_file):
    page = opened(f"{case_file}{fragment(facts(phone_case())[0].id)}")
    assert lit_in(page, "wire") == "Tuesday night"


def test_paper_gets_all_of_it_and_no_buttons(opened, case_file):
    page = opened(case_file, viewport={"width": 1200, "height": 600})
    page.locator("#f1 .fact").click()
    page.emulate_media(media="print")
    assert page.locator("#places").is_hidden()
    assert page.locator(".pane").evaluate_all(
        "nodes => nodes.every(node => getComputedStyle(node).overflowY === 'visible' && node.clientHeight >= node.scrollHeight)"
    )
    told = " ".join(sheet.get_textpage().get_text_bounded() for sheet in pypdfium2.PdfDocument(page.pdf()))
    assert "is not guaranteed" in " ".join(told.split()), "what is folded on the screen is on the paper"
    assert "Save as" not in told


def test_words_of_an_article_never_run(opened, case_file):
    page = opened(case_file)
    assert page.locator("script").count() == 1
    assert "<script>alert(1)</script>" in text_of(page, "wire")


def test_what_is_written_into_the_file_does_not_run(browser, case_file):
    page = browser.new_page()
    page.goto(case_file)
    refused = page.evaluate(
        """() => new Promise((done) => {
          document.addEventListener("securitypolicyviolation", (event) => done(event.effectiveDirective));
          const script = document.createElement("script");
          script.textContent = "window.ran = true";
          document.body.append(script);
        })"""
    )
    assert refused == "script-src-elem"
    assert page.evaluate("window.ran") is None
    page.close()
