"""Dressed texts map back exactly, and an answer to one is judged as what it says about the plain one."""

import unicodedata

import pytest
from casebrief.evals.dress import DRESSES, WIDTH, dressed, put_on, taken_off
from casebrief.evals.sets import load_set
from hypothesis import given
from hypothesis import strategies as st

CASES = load_set("corpus").cases
TEXTS = st.text(alphabet=st.sampled_from("aZé’1. \n-ſßḍ̇") | st.characters(codec="utf-8"), max_size=400)


@pytest.mark.parametrize("dress", DRESSES)
@given(text=TEXTS)
def test_every_place_of_a_dressed_text_has_one_in_the_plain_text(dress, text):
    worn = dressed(text, DRESSES[dress](text))
    assert len(worn.places) == len(worn.text) + 1
    assert list(worn.places) == sorted(worn.places)
    assert set(worn.places) == set(range(len(text) + 1)), "nothing of the plain text is lost"


@pytest.mark.parametrize("dress", DRESSES)
def test_every_word_cited_in_a_dress_is_that_word_in_the_plain_text(dress):
    for case in CASES[:12]:
        for article, plain in zip(put_on(case, dress).articles, case.articles, strict=True):
            for word in plain.text.split()[::7]:
                start = plain.text.index(word)
                places = dressed(plain.text, DRESSES[dress](plain.text)).places
                at, end = places.index(start), len(places) - places[::-1].index(start + len(word) - 1)
                cited = {"article": plain.id, "start": at, "end": end, "quote": article.text[at:end]}
                told = taken_off(case, dress, {"summary": {"court": {"value": "x", "citations": [cited]}}})
                assert told["summary"]["court"]["citations"] == [{"article": plain.id, "start": start, "end": start + len(word), "quote": word}]


def test_a_quote_that_the_sent_text_does_not_have_cites_nothing_even_where_it_is_right_in_the_plain_text():
    case = CASES[0]
    words = case.articles[0].text[300:320]
    assert put_on(case, "markdown").articles[0].text[300:320] != words
    cited = {"article": case.articles[0].id, "start": 300, "end": 320, "quote": words}
    (mapped,) = taken_off(case, "markdown", {"summary": {"court": {"value": words, "citations": [cited]}}})["summary"]["court"]["citations"]
    assert (mapped["start"], mapped["end"], mapped["quote"]) == (0, 0, words)


def test_dresses_are_what_they_say():
    def told(dress: str) -> str:
        return "".join(article.text for case in CASES for article in put_on(case, dress).articles)

    plain = "".join(article.text for case in CASES for article in case.articles)
    assert max(len(line) for line in told("wrapped").split("\n") if " " in line) <= WIDTH
    assert told("wrapped").replace("\n", " ") == plain.replace("\n", " ")
    assert "-\n" in told("hyphenated")
    assert told("crlf").replace("\r\n", "\n") == plain
    assert told("nfd") != plain
    assert unicodedata.normalize("NFC", told("nfd")) == unicodedata.normalize("NFC", plain)
    assert told("invisible").replace("\N{SOFT HYPHEN}", "").replace("\N{ZERO WIDTH SPACE}", "") == plain
    assert told("no-break").replace("\N{NO-BREAK SPACE}", " ") == plain
    assert "](https://news.example/" in told("markdown")
    assert told("capitals").casefold() == plain.casefold()
    assert told("undated") == plain
    assert not any(article.published_on for case in CASES for article in put_on(case, "undated").articles)
