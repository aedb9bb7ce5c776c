"""Dates are settled by rule against the day of publication, or left open."""

import datetime

import pytest
from casebrief.service.domain.dates import date_phrases, day_first, in_words
from casebrief.service.domain.schema import Date
from casebrief.service.domain.spans import Span
from hypothesis import given
from hypothesis import strategies as st

THURSDAY = datetime.date(2025, 1, 23)


def read(text: str, published=THURSDAY, first=None) -> list[str | None]:
    return [p.date.date if p.date else None for p in date_phrases(text, Span(0, len(text)), published, first)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("filed on Tuesday night", "2025-01-21"),
        ("filed Thursday", "2025-01-23"),
        ("filed last Thursday", "2025-01-16"),
        ("introduced last August", "2024-08"),
        ("introduced in August last year", "2024-08"),
        ("updated on September 18 to say", "2024-09-18"),
        ("before Sept. 18.", "2024-09-18"),
        ("filed on January 21, 2025", "2025-01-21"),
        ("filed on 21st January 2025", "2025-01-21"),
        ("filed on 2025-01-21", "2025-01-21"),
        ("acquired in 2016", "2016"),
        ("filed yesterday", "2025-01-22"),
        ("earlier this month", "2025-01"),
        ("last month", "2024-12"),
        ("A hearing is set for March 3.", "2025-03-03"),
        ("The trial will begin on Monday", "2025-01-27"),
        ("must join by 30 September 2025", "2025-09-30"),
        ("The hearing is on February 3.", "2025-02-03"),
        ("will be heard on March 3", "2025-03-03"),
        ("the board told the court on Monday", "2025-01-20"),
        ("decided on Friday of last week", "2025-01-17"),
        ("heard last week", "2025-01"),
        ("set for trial in May of next year", "2026-05"),
        ("died on Jan. 4 of last year", "2024-01-04"),
        ("the 26th of October", "2024-10-26"),
        ("In November of 2016 she sued", "2016-11"),
        ("two years ago", "2023"),
        ("collapsed last fall", "2024"),
        ("opens next spring", "2025"),
        ("this morning", "2025-01-23"),
    ],
)
def test_resolved(text, expected):
    assert read(text) == [expected]


@pytest.mark.parametrize("text", ["two weeks ago", "a month later", "The deadline was March 3", "filed on 03/04/2025", "on February 30, 2025"])
def test_left_open(text):
    assert set(read(text)) <= {None}


@pytest.mark.parametrize("text", ["filed on Tuesday", "last August", "on September 18", "yesterday", "in August last year"])
def test_nothing_relative_is_resolved_without_a_day_of_publication(text):
    assert set(read(text, published=None)) == {None}


@pytest.mark.parametrize("text", ["in June of that year", "on the first Sunday of September", "two years later"])
def test_what_needs_another_date_is_left_open(text):
    assert read(text) == [None]


def test_the_year_behind_a_span_of_months_is_that_of_both():
    assert read("sent between March and August 2023") == ["2023-03", "2023-08"]


def test_a_week_in_two_months_is_neithers():
    assert read("heard last week", published=datetime.date(2025, 2, 5)) == [None]


def test_numeric_dates_follow_the_articles_own_habit():
    assert read("served on 03/04/2025", first=True) == ["2025-04-03"]
    assert read("served on 03/04/2025", first=False) == ["2025-03-04"]
    assert read("served on 25/04/2025") == ["2025-04-25"]
    assert day_first("on 3 April 2025 and on 30 September") is True
    assert day_first("on April 3, 2025") is False
    assert day_first("on Tuesday") is None


def test_last_month_name_is_open_when_this_years_has_passed_too():
    assert read("dates to last March", published=datetime.date(2025, 5, 6)) == [None]


@given(st.text(max_size=120), st.dates(min_value=datetime.date(1900, 1, 1), max_value=datetime.date(2199, 12, 31)) | st.none())
def test_any_text_is_read_without_an_error(text, published):
    for phrase in date_phrases(text, Span(0, len(text)), published):
        assert phrase.span.of(text)


def test_in_words():
    assert in_words(Date(date="2024-08", precision="month")) == "August 2024"
    assert in_words(Date(date="2016", precision="year")) == "2016"
