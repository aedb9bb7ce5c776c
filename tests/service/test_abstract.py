"""What the abstract promises: the newest state first, no older one after it, every sentence a slice that stands alone."""

import datetime
import itertools

import pytest
from casebrief.service.domain.abstract import abstract
from casebrief.service.domain.article import Article, View
from casebrief.service.domain.evidence import Evidence, copied
from casebrief.service.domain.schema import Name, Relief
from casebrief.service.domain.spans import Span, lines, sentences
from casebrief.service.domain.story import Story

FILED = (
    "OAKLAND, Calif., March 3 (GWS) - Norvane Home was sued on Monday by Ada Brinkworth over kettles that melt. "
    "The complaint says that Norvane Home hid eleven fires. They knew it. Norvane Home answered that nobody misused a stove."
)
CERTIFIED = "A judge let 85,000 buyers sue Norvane Home as a group. Norvane Home called the order wrong."
THROWN_OUT = "An appeals court threw out the class of buyers of Norvane Home kettles. The panel gave no reasons."
MARKS = {
    "a1": (
        FILED,
        [("defendants", "Norvane Home"), ("plaintiffs", "Ada Brinkworth"), ("allegations", "hid eleven fires"), ("responses", "nobody misused a stove")],
    ),
    "a2": (CERTIFIED, [("rulings", "let 85,000 buyers sue"), ("responses", "called the order wrong")]),
    "a3": (THROWN_OUT, [("rulings", "threw out the class")]),
}
STATES = {"a1": "filed", "a2": "pending", "a3": "on_appeal"}
DAYS = {"a1": datetime.date(2025, 3, 4), "a2": datetime.date(2026, 1, 9), "a3": datetime.date(2026, 9, 2)}


def view_of(name: str) -> View:
    text = f"{MARKS[name][0]}\n"
    story = Story(None, tuple(tuple(sentences(text, line)) for line in lines(text)), None)
    return View(article := Article(name, text, None, None, None, DAYS[name], "request", story, None, "en"), article.sentences)


def evidence_in(name: str) -> list[Evidence]:
    text, marks = f"{MARKS[name][0]}\n", MARKS[name][1]
    spans = [(field, Span(text.index(said), text.index(said) + len(said))) for field, said in marks]
    typed = {"rulings": Relief(kind="other"), "defendants": Name(name="Norvane Home"), "plaintiffs": Name(name="Ada Brinkworth")}
    state = Evidence("status", name, spans[0][1], STATES[name], None, "inferred", 0.9)
    return [*(copied(field, name, text, span, 0.9, typed.get(field)) for field, span in spans), state]


def told(*names: str) -> list[str]:
    found = abstract([view_of(name) for name in names], [item for name in names for item in evidence_in(name)])
    return [sentence.value for sentence in found.sentences] if found else []


def test_the_newest_state_is_told_first_and_the_one_that_it_undid_is_not_told():
    sentences_told = told("a1", "a2", "a3")
    assert sentences_told[0].startswith("An appeals court threw out the class")
    assert not any("let 85,000 buyers" in sentence for sentence in sentences_told)


def test_a_dateline_is_cut_and_what_is_left_is_a_slice():
    found = abstract([view_of("a1")], evidence_in("a1"))
    cited = [sentence.citations[0] for sentence in found.sentences]
    assert all(view_of("a1").article.text[one.start : one.end] == one.quote == sentence.value for one, sentence in zip(cited, found.sentences, strict=True))
    assert any(sentence.value.startswith("Norvane Home was sued on Monday") for sentence in found.sentences)


def test_no_sentence_leans_on_the_one_before():
    assert not any(sentence.startswith(("They", "The panel")) for sentence in told("a1", "a2", "a3"))


@pytest.mark.parametrize("names", list(itertools.permutations(("a1", "a2", "a3")))[1:])
def test_the_order_of_the_articles_changes_no_sentence(names):
    assert told(*names) == told("a1", "a2", "a3")


def test_two_sentences_are_no_abstract():
    assert told("a3") == []


@pytest.mark.parametrize("fragment", ["Answer: Norvane Home, to buyers, within five days.", "Brinkworth-Lund v. Norvane Home Inc., 22-cv-00417 (D. Colo.)."])
def test_a_label_and_a_case_by_its_names_are_no_sentences(fragment):
    text = f"{FILED} {fragment}\n"
    story = Story(None, tuple(tuple(sentences(text, line)) for line in lines(text)), None)
    article = Article("a1", text, None, None, None, DAYS["a1"], "request", story, None, "en")
    place = text.index("Norvane Home", text.index(fragment))
    told = [*evidence_in("a1"), copied("court", "a1", text, Span(place, place + 12), 0.9)]
    found = abstract([View(article, article.sentences)], told)
    assert found
    assert not [sentence.value for sentence in found.sentences if sentence.value in fragment]
