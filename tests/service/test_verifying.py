"""Proving a summary without a model: what is true holds, and each thing that is made false is named."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from casebrief import __version__
from casebrief.service import example
from casebrief.service.domain.schema import SummaryResponse
from casebrief.service.verifying import verify
from commanded import commanded
from edges.test_cli import casebrief
from told import TEXTS, fact, phone_case, response

Document = dict[str, Any]


def faults(document: Document, texts: list[str] | None = None) -> tuple[str, ...]:
    return verify(SummaryResponse.model_validate(document), list(TEXTS.values()) if texts is None else texts, __version__).faults


@pytest.fixture
def true() -> Document:
    return json.loads(phone_case().model_dump_json(by_alias=True))


def test_a_true_summary_holds_whatever_the_order_of_its_texts(true):
    verdict = verify(SummaryResponse.model_validate(true), list(reversed(TEXTS.values())), __version__)
    assert verdict.faults == ()
    assert verdict.articles == 3
    assert verdict.values == 16
    assert "all of it holds" in verdict.told


FALSIFIED: list[tuple[Callable[[Document], Any], str]] = [
    (lambda d: d["summary"]["filed_on"]["citations"][0].update(start=3), "filed_on '4 March 2025': at 3"),
    (lambda d: d["summary"]["quotes"][0]["citations"][0].update(quote="They bulge like breaD"), "They bulge like breaD"),
    (lambda d: d["summary"]["quotes"][0].update(value="They bulge"), "quotes 'They bulge': it is not the quote of its first citation"),
    (lambda d: d["summary"]["quotes"][0]["normalized"].update(speaker="Odile Fenwrite"), "does not follow"),
    (lambda d: d["summary"]["filed_on"].update(value="5 March 2025"), "no rule makes it"),
    (lambda d: d["summary"]["filed_on"].update(value="5 March 2025", normalized={"date": "2025-03-05", "precision": "day"}), "does not follow"),
    (lambda d: d["summary"]["relief_sought"][0]["normalized"].update(amount=50_000), '"amount":50000'),
    (lambda d: d["summary"]["relief_sought"][0]["normalized"].update(per="person"), "does not follow"),
    (lambda d: d["summary"]["defendants"][0]["normalized"].update(name="Marrow Phone Ltd"), "defendants 'Marrow Phones Ltd'"),
    (lambda d: d["summary"]["timeline"][0]["normalized"].update(date="2025-05-13"), "timeline"),
    (lambda d: d["summary"]["figures"][1]["normalized"].update(quantity=3_000_001), "figures 'more than 3 million users'"),
    (lambda d: d["summary"]["status"].update(value="won"), "closed list"),
    (lambda d: d["summary"]["conflicts"][0]["positions"][0].update(value="2.5 million users"), "conflict on figures, '2.5 million users'"),
    (lambda d: d["summary"]["conflicts"][0]["positions"][1]["normalized"].update(unit="doors"), "conflict on figures"),
    (lambda d: d["summary"]["abstract"]["sentences"][0]["citations"][0].update(end=400), "abstract"),
    (lambda d: d["summary"]["status"]["citations"][0].update(article="nobody"), "the article 'nobody'"),
    (lambda d: d["articles"][0].update(sha256="0" * 64), "article wire: no text with its SHA-256 000000000000"),
    (lambda d: d["articles"][1].update(characters=7), "article daily: it has"),
    (lambda d: d["articles"][1].update(used=[[0, 100_000]]), "article daily: what was read of it"),
    (lambda d: d["articles"][1].update(text="Another text."), "article daily: the text in the summary"),
    (lambda d: d["provenance"].update(schema_sha256="0" * 64), "provenance"),
]


@pytest.mark.parametrize(("falsify", "words"), FALSIFIED)
def test_what_is_false_is_named(true, falsify, words):
    falsify(true)
    assert any(words in fault for fault in faults(true)), faults(true)


def test_a_text_that_is_missing_changed_or_of_another_case_is_named(true):
    assert [fault.split(":")[0] for fault in faults(true, [TEXTS["wire"], TEXTS["late"]])] == ["article daily"]
    changed = [TEXTS["wire"], TEXTS["daily"].replace("denied", "admits"), TEXTS["late"]]
    assert [fault.split(":")[0] for fault in faults(true, changed)] == ["article daily", "text 2"]


def test_a_folded_quote_holds_by_what_is_read_of_it():
    text = "🦊 Marrow has\r\nmore than\u00a03 mil\u00adlion users, it said."
    figure = fact(
        {"a": text}, ("a", "more than\u00a03 mil\u00adlion users"), value="more than 3 million users", normalized={"quantity": 3_000_000, "unit": "users"}
    )
    figure["citations"][0]["folded"] = True
    document = json.loads(response({"a": text}, {"figures": [figure]}).model_dump_json(by_alias=True))
    assert faults(document, [text]) == ()
    document["summary"]["figures"][0]["citations"][0]["folded"] = False
    assert [fault.partition(": ")[2] for fault in faults(document, [text])] == [
        f"it is not the quote of its first citation, {figure['citations'][0]['quote']!r}"
    ]


@pytest.mark.model
def test_the_command_proves_what_the_product_says_and_names_what_was_changed(tmp_path):
    files = []
    for article in example.articles():
        files.append(tmp_path / f"{article.id}.txt")
        files[-1].write_text(article.text, encoding="utf-8")
    made = casebrief("summarize", *files, "--out", tmp_path / "case.json")
    assert made.returncode == 0, made.stderr
    done = commanded("verify", tmp_path / "case.json", *reversed(files))
    assert (done.returncode, done.stderr) == (0, "")
    assert "all of it holds" in done.stdout
    told = (tmp_path / "case.json").read_text(encoding="utf-8")
    (tmp_path / "case.json").write_text(told.replace('"amount": 5000', '"amount": 6000'), encoding="utf-8")
    done = commanded("verify", tmp_path / "case.json", *files)
    assert done.returncode == 1
    assert "relief_sought '$5,000 per violation'" in done.stdout


@pytest.mark.model
@pytest.mark.slow
def test_a_summary_of_a_page_is_proved_from_the_page(tmp_path):
    paragraphs = "".join(f"<p>{line}</p>" for line in example.articles()[0].text.split("\n\n")[3:9])
    (tmp_path / "page.html").write_text(
        f"<html><body><nav>Home</nav><article><h1>Doorbell maker sued</h1>{paragraphs}</article></body></html>", encoding="utf-8"
    )
    made = casebrief("summarize", tmp_path / "page.html", "--published-on", "2025-03-06", "--out", tmp_path / "case.json")
    assert made.returncode == 0, made.stderr
    done = casebrief("verify", tmp_path / "case.json", tmp_path / "page.html")
    assert (done.returncode, done.stderr) == (0, "")
    assert SummaryResponse.model_validate_json((tmp_path / "case.json").read_bytes()).summary.filed_on


def test_what_is_no_summary_is_refused_in_one_line(tmp_path):
    (tmp_path / "a.json").write_text('{"id": 7}')
    (tmp_path / "a.txt").write_text("A story.")
    done = commanded("verify", tmp_path / "a.json", tmp_path / "a.txt")
    assert done.returncode == 2
    assert done.stderr.startswith(f"casebrief: {tmp_path}/a.json: no summary: /")
    assert commanded("verify", tmp_path / "missing.json", tmp_path / "a.txt").returncode == 2
