"""Complaints are read strictly, judged by what they ask and nothing else, and an answer that failed is neither right nor wrong."""

from typing import get_args

import pytest
from casebrief.evals.checks import Check
from casebrief.evals.complaining import BUNDLED, missed_by
from complained import COMPLAINTS, KINDS, answered, conflict, each_complaint, event, fulfil, item, money, party, response, right_answer, spoil, spoken
from pydantic import TypeAdapter

CHECK = TypeAdapter(Check)

RULED = item("refused to hear it", {"kind": "other"})
UNDATED = item("last spring")
TRUE_OR_FALSE = [
    ({"check": "every_article_used"}, response(2), response(2, "not_about_the_case")),
    ({"check": "every_article_used"}, response(outcome="failed"), response(outcome="not_about_the_case")),
    ({"check": "words", "field": "rulings", "words": "Refused"}, response(rulings=[money(1), RULED]), response(rulings=[money(1)])),
    ({"check": "words", "field": "court", "words": "ninth"}, response(court=item("Ninth Circuit")), response(court=item("Eighth Circuit"))),
    ({"check": "words", "field": "court", "words": "ninth"}, response(court=item("Ninth Circuit")), response()),
    ({"check": "value_is", "field": "status", "value": "decided"}, response(status=item("decided")), response(status=item("filed"))),
    ({"check": "value_is", "field": "court", "value": "High Court"}, response(court=item("High Court")), response(court=item("the High Court"))),
    ({"check": "value_is", "field": "status", "value": "decided"}, response(status=item("decided")), response()),
    ({"check": "named", "field": "plaintiffs", "name": "Pell"}, response(plaintiffs=[party("Oa"), party("Pell")]), response(plaintiffs=[party("Ada Pell")])),
    ({"check": "named", "field": "plaintiffs", "name": "Pell"}, response(plaintiffs=[party("Pell")]), response(defendants=[party("Pell")])),
    ({"check": "name_holds", "field": "plaintiffs", "words": "Pell"}, response(plaintiffs=[party("Ada Pell")]), response(plaintiffs=[party("Ada pell")])),
    ({"check": "names_are", "field": "defendants", "names": ["A", "B"]}, response(defendants=[party("B"), party("A")]), response(defendants=[party("A")])),
    ({"check": "names_are", "field": "defendants", "names": ["A"]}, response(defendants=[party("A")]), response(defendants=[party("A"), party("A")])),
    ({"check": "names_are", "field": "defendants", "names": []}, response(), response(defendants=[party("A")])),
    ({"check": "number", "field": "filed_on", "count": 0}, response(), response(filed_on=event("2024"))),
    ({"check": "number", "field": "rulings", "count": 2}, response(rulings=[RULED, money(1)]), response(rulings=[RULED])),
    ({"check": "number", "field": "conflicts", "count": 0}, response(), response(conflicts=[conflict("1", "2")])),
    (
        {"check": "cited", "field": "rulings", "words": "jury"},
        response(rulings=[item("paid", quote="a jury")]),
        response(rulings=[item("a jury", quote="paid")]),
    ),
    ({"check": "sum", "field": "rulings", "amount": 5}, response(rulings=[RULED, money(5, "fine")]), response(rulings=[RULED, money(50)])),
    ({"check": "sum", "field": "rulings", "amount": 5}, response(rulings=[money(5)]), response(relief_sought=[money(5)])),
    ({"check": "sum", "field": "rulings", "amount": 5, "kind": "fees"}, response(rulings=[money(5, "fees")]), response(rulings=[money(5), money(6, "fees")])),
    ({"check": "sum", "field": "rulings", "amount": 0.5}, response(rulings=[money(0.5)]), response(rulings=[item("unspecified damages", None)])),
    ({"check": "dated", "date": "2024-03"}, response(timeline=[UNDATED, event("2024-03")]), response(timeline=[UNDATED, event("2024-03-01")])),
    ({"check": "dated", "date": "2024-03"}, response(timeline=[event("2024-03")]), response(filed_on=event("2024-03"))),
    ({"check": "dates_are", "dates": ["2023", "2024"]}, response(timeline=[event("2023"), event("2024")]), response(timeline=[event("2024")])),
    ({"check": "dates_are", "dates": []}, response(timeline=[UNDATED]), response(timeline=[event("2024")])),
    ({"check": "spoken_by", "words": "so", "speaker": "Pell"}, response(quotes=[spoken("so", "Ada Pell")]), response(quotes=[spoken("so", None)])),
    ({"check": "spoken_by", "words": "so", "speaker": "Pell"}, response(quotes=[spoken("so", "Pell")]), response(quotes=[spoken("no", "Pell")])),
    (
        {"check": "spoken_by", "words": "so", "speaker": "Pell"},
        response(quotes=[item("it is", {"speaker": "Pell"}, quote="it is so")]),
        response(quotes=[spoken("no", "Pell"), spoken("so", "Oa")]),
    ),
    ({"check": "every_stance", "stance": "denies"}, response(responses=[answered("denies")]), response(responses=[answered("denies"), answered("other")])),
    ({"check": "every_stance", "stance": "denies"}, response(), response(responses=[answered("admits")])),
    (
        {"check": "position_holds", "words": "1.8"},
        response(conflicts=[conflict("3", "4"), conflict("3", "$1.8 million")]),
        response(conflicts=[conflict("3", "18")]),
    ),
    (
        {"check": "figure", "quantity": 900000, "unit": "clerk"},
        response(figures=[item("900,000 clerks", {"quantity": 900000, "unit": "women clerks"})]),
        response(figures=[item("900,000 women", {"quantity": 900000, "unit": "women"}), item("9 clerks", {"quantity": 9, "unit": "clerks"})]),
    ),
]


@pytest.mark.parametrize(("check", "true_of", "false_of"), TRUE_OR_FALSE, ids=[f"{number} {told[0]['check']}" for number, told in enumerate(TRUE_OR_FALSE)])
def test_every_check_can_be_true_and_can_be_false(check, true_of, false_of):
    asked = CHECK.validate_python(check)
    assert asked.holds(true_of)
    assert not asked.holds(false_of)


def test_no_check_of_the_vocabulary_goes_untested_and_the_complaints_use_them_all():
    vocabulary = {get_args(kind.model_fields["check"].annotation)[0] for kind in get_args(get_args(Check)[0])}
    assert {told[0]["check"] for told in TRUE_OR_FALSE} == vocabulary
    assert {check.check for _, complaint in COMPLAINTS for check in (*complaint.must, *complaint.never)} == vocabulary


@each_complaint
def test_a_right_answer_is_right_and_each_single_fault_makes_it_wrong(kind, complaint):
    """One fault a check: what must hold is taken away, what must never hold is added."""
    assert missed_by(complaint, right_answer(complaint)) == []
    for check in complaint.must:
        found = right_answer(complaint)
        spoil(found, check)
        assert f"must: {check}" in [missed.expected for missed in missed_by(complaint, found)]
    for check in complaint.never:
        found = right_answer(complaint)
        if check.check == "number":
            found["summary"][check.field] = []
        else:
            fulfil(found["summary"], check)
        assert [missed.expected for missed in missed_by(complaint, found)] == [f"never: {check}"]


def test_all_43_load_each_under_its_own_id_with_its_articles():
    ids = [complaint.id for _, complaint in COMPLAINTS]
    assert len(ids) == len(set(ids)) == 43
    assert [kind.number for kind in KINDS.values()] == list(range(1, 16))
    texts = [article.text for _, complaint in COMPLAINTS for article in complaint.articles]
    assert len(texts) == len(set(texts)) == 49
    assert sum(article.published_on is None for _, complaint in COMPLAINTS for article in complaint.articles) == 1
    assert not [text for text in texts if text != text.strip()]
    assert {path.stem for path in BUNDLED.iterdir()} == set(KINDS)


def test_what_silence_keeps_is_known():
    """A summary that says nothing keeps these: they ask only that something is not said. A count of right ones means no more than that for them."""
    kept = [complaint.id for _, complaint in COMPLAINTS if not missed_by(complaint, response(len(complaint.articles)))]
    assert kept == ["1b", "4a", "4b", "5a", "5b", "5c", "7a", "7b", "7c", "10a", "10b"]


def test_a_complaint_is_asked_as_a_client_would():
    _, complaint = next(told for told in COMPLAINTS if told[1].id == "13b")
    assert [(article.id, article.published_on) for article in complaint.case.articles] == [("a1", None)]
    assert complaint.case.articles[0].text == complaint.articles[0].text
