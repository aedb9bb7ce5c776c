"""What a marked number is, and what it counts: forms alone tell; where none does, it stays open."""

import pytest
from casebrief.service.domain.spans import Span
from casebrief.service.pipeline.numbered import numbered

TOLD = [
    ("It recalled 340,000 kettles in May.", "340,000 kettles", (340000, "kettles")),
    ("It agreed to pay for 29 of its complexes.", "29 of its complexes", (29, "complexes")),
    ("Police found 1,280 of the fish.", "1,280 of the fish", (1280, "fish")),
    ("The cows came: forty-one of Harrow's cows.", "forty-one of Harrow's cows", (41, "cows")),
    ("They heard of four patients, two of whom died.", "two of whom died", (2, "patients")),
    ("The charges rose from nine to 14 counts.", "nine", (9, "counts")),
    ("Of these, 914 of 3,300 guests fell ill.", "914", (914, "guests")),
    ("Three listeners complained.", "Three listeners complained", (3, "listeners")),
    ("It joined 14 lawsuits against the company.", "14 lawsuits against the company", (14, "lawsuits")),
    ("He chose some 2,050 other holders.", "2,050", (2050, "holders")),
    ("The hearing was put off twice.", "twice", (2, "times")),
    ("Profit rose elevenfold.", "elevenfold", (11, "times")),
    ("They waited three and a half years.", "three and a half years", (3.5, "years")),
    ("A fleet of 6-speed buses.", "6-speed buses", (6, "speed")),
    ("It lost 54% of it.", "54%", (54, "percent")),
    ("It lost $5 billion.", "$5 billion", (5000000000, "USD")),
]


@pytest.mark.parametrize(("text", "marked", "told"), TOLD)
def test_a_number_is_told_with_what_it_counts(text, marked, told):
    start = text.index(marked)
    found = numbered(text, Span(start, start + len(marked)), Span(0, len(text)))
    assert found is not None
    assert found.figure is not None
    assert (found.figure.quantity, found.figure.unit) == told
    assert marked in found.span.of(text)


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("By the judgment's count there are 4,700, Ada Quill said.", "4,700"),
        ("There are about 142,000 of them.", "about 142,000"),
        ("Four charged over thefts.", "Four"),
        ("In April 2018 it named 340 or so.", "340"),
    ],
)
def test_nothing_is_said_of_a_number_of_which_no_form_tells_what_it_counts(text, marked):
    start = text.index(marked)
    found = numbered(text, Span(start, start + len(marked)), Span(0, len(text)))
    assert found is not None
    assert found.figure is None


def test_words_without_a_number_are_none():
    assert numbered("Many of them left.", Span(0, 4), Span(0, 18)) is None
