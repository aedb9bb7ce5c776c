"""What needs more than one sentence or one article: whose case, who speaks, what changed, what contradicts, which sum is which."""

import datetime
import json

import pytest
from casebrief.service.domain.money import conversions, percentages, sums
from casebrief.service.domain.spans import Span
from casebrief.service.pipeline.articles import Submitted, assemble
from casebrief.service.pipeline.reading import RuleReader, StoryReader
from casebrief.service.pipeline.summarizing import Summarizer

LEAD = "Norvane Home Inc was sued on Monday in federal court in Oakland, California, over its doorbells."


def summary(*texts: str, days: tuple[int | None, ...] = ()) -> dict:
    dates = [datetime.date(2025, 3, day) if day else None for day in days] or [None] * len(texts)
    submitted = [Submitted(f"a{place}", text, published_on=day) for place, (text, day) in enumerate(zip(texts, dates, strict=True), 1)]
    return json.loads(Summarizer(StoryReader(RuleReader()), "", lambda: None).summarize(submitted).model_dump_json(by_alias=True))["summary"]


def foreign(text: str) -> list[str]:
    (view,) = assemble([Submitted("a1", text)]).views
    return [sentence.text for sentence in view.sentences if sentence.foreign]


def test_a_company_that_stands_alone_in_a_sentence_is_another_case():
    other = "Plinth & Peg Corp. agreed in May to pay a $6 million penalty for the same thing."
    assert foreign(f"{LEAD}\n\n{other}\n\nThe company denied the claims.") == [other]


def test_who_is_only_told_of_beside_another_case_belongs_to_it():
    text = (
        f"{LEAD} The case is Ashgrove v. Norvane Home Inc, No. 25-02218.\n\n"
        "In Ober v. Plinth & Peg Inc, No. 24-01111, a jury gave Tamsin Ober $3 million.\n\n"
        "Of the sum, Tamsin Ober will keep half, her lawyer said.\n\nNorvane denied the claims."
    )
    assert [sentence.split()[0] for sentence in foreign(text)] == ["In", "Of"]


def test_a_further_defendant_is_no_stranger():
    assert foreign(f"{LEAD} The suit also names Calloway Chips LLC, which made the camera.\n\nCalloway Chips LLC knew of the fault, the suit says.") == []


@pytest.mark.parametrize(
    ("said", "speaker"),
    [
        ("Lenora Ashgrove, 61, opened the door. “It was listening all the time,” she said.", "Lenora Ashgrove"),
        ("“It was listening all the time,” said her lawyer, Ira Blum. “Nobody had told us so at all.”", "Ira Blum"),
        ("The couple live in New York. “It was listening all the time,” she said.", None),
    ],
)
def test_she_said_is_the_person_told_of_last_or_nobody(said, speaker):
    quotes = summary(f"{LEAD}\n\n{said}")["quotes"]
    assert quotes
    assert {quote["normalized"]["speaker"] for quote in quotes} == {speaker}


def test_silence_and_a_later_answer_are_superseded():
    told = summary(
        f"{LEAD}\n\nNorvane did not respond to a request for comment.",
        f"{LEAD}\n\n“These are false claims with no merit,” Norvane said in a statement.",
        days=(4, 6),
    )
    (conflict,) = [conflict for conflict in told["conflicts"] if conflict["field"] == "responses"]
    assert conflict["kind"] == "superseded"
    assert [position["normalized"]["stance"] for position in conflict["positions"]] == ["no_response", "denies"]
    assert [fact["normalized"]["stance"] for fact in told["responses"]] == ["denies"]


def test_words_of_change_make_a_number_supersede():
    told = summary(
        f"{LEAD}\n\nSome 4,000 customers have joined the suit, lawyers say.",
        f"{LEAD}\n\nSome 3,100 customers are on the list of the suit, down from the 4,000 of early reports.",
        days=(4, 20),
    )
    (conflict,) = [conflict for conflict in told["conflicts"] if conflict["field"] == "figures"]
    assert conflict["kind"] == "superseded"
    assert [position["normalized"]["quantity"] for position in conflict["positions"]] == [4000, 3100]


def test_a_comments_number_is_no_position_of_a_source():
    told = summary(
        f"{LEAD}\n\nThe company denied the claims and will fight them.\n\nComments (1)\n\nsomeone: I heard they pay $310 million.",
        f"{LEAD}\n\nNorvane agreed to pay $340 million to settle the suit, not the $310 million of early talk.",
        days=(4, 20),
    )
    assert not [conflict for conflict in told["conflicts"] if conflict["field"] == "rulings"]


def test_a_day_that_was_moved_supersedes_the_old_one():
    told = summary(
        f"{LEAD}\n\nA hearing in the case is set for June 5, 2025.",
        f"{LEAD}\n\nThe hearing was to be on June 5, 2025. The judge moved it to July 9, 2025, at the company's request.",
        days=(4, 20),
    )
    (conflict,) = [conflict for conflict in told["conflicts"] if conflict["field"] == "timeline"]
    assert [position["normalized"]["date"] for position in conflict["positions"]] == ["2025-06-05", "2025-07-09"]
    assert "2025-06-05" not in [fact["normalized"]["date"] for fact in told["timeline"] if fact["normalized"]]


def test_other_numbers_of_the_same_charge_contradict():
    told = summary(
        "Julian Norvane was charged on Monday with four counts of wire fraud, prosecutors in Boston said.",
        "Julian Norvane, who denies it, faces five counts of wire fraud at his trial in Boston.",
        days=(4, 20),
    )
    (conflict,) = [conflict for conflict in told["conflicts"] if conflict["field"] == "causes_of_action"]
    assert conflict["kind"] == "contradiction"
    assert {position["value"] for position in conflict["positions"]} == {"four counts of wire fraud", "five counts of wire fraud"}


def test_a_sum_in_two_currencies_is_one():
    told = summary(
        f"{LEAD}\n\nThe lawsuit seeks damages of £62 million, or about $84 million.",
        f"{LEAD}\n\nThe lawsuit seeks damages of $84 million.",
        days=(4, 6),
    )
    assert [fact["normalized"]["amount"] for fact in told["relief_sought"]] == [62000000]
    assert told["relief_sought"][0]["independent_sources"] == 2


def test_conversions_and_percentages():
    text = "It fell 6.3 per cent to £2,000 (about $2,600), or 12% less than $9."
    assert [(one.amount, one.currency) for one in sums(text, Span(0, len(text)))] == [(2000, "GBP"), (9, "USD")]
    assert list(conversions(text)) == [((2000, "GBP"), (2600, "USD"))]
    assert [share.quantity for share in percentages(text, Span(0, len(text)))] == [6.3, 12]


def test_an_article_of_the_day_after_tells_the_state_filed():
    told = summary(
        "Norvane Home Inc is accused in a lawsuit, filed on Monday in federal court in Boston. No appeals court has ruled on such doorbells.", days=(4,)
    )
    assert told["status"]["value"] == "filed"
