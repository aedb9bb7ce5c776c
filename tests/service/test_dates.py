"""Dates are settled by rule against the day of publication, or left open."""

import datetime

import pytest
from casebrief.service.domain.dates import AHEAD_DAYS, date_phrases, day_first, in_words
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
        ("heard last night", "2025-01-22"),
        ("filed on 21.01.2025", "2025-01-21"),
        ("the third of July last year", "2024-07-03"),
        ("on the first Sunday of September", "2024-09-01"),
        ("the last Friday of April 2021", "2021-04-30"),
        ("three years ago in July", "2022-07"),
        ("on Christmas Eve", "2024-12-24"),
        ("was convicted in May of 14 counts", "2024-05"),
        ("an e-mail of March of 2020", "2020-03"),
        ("the December order", "2024-12"),
        ("before February's hearing", "2024-02"),
        ("settled in the spring", "2024"),
        ("will be heard in the spring", "2025"),
        ("said Tuesday week", "2025-01-14"),
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


@pytest.mark.parametrize("text", ["in June of that year", "two years later", "the following March", "that day"])
def test_what_needs_another_date_is_left_open(text):
    assert read(text) == [None]


def test_the_year_behind_a_span_of_months_is_that_of_both():
    assert read("sent between March and August 2023") == ["2023-03", "2023-08"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sued in July 2012 over a story printed in March of that year", ["2012-07", "2012-03"]),
        ("It was hit on 3 May 2021. She sued that August.", ["2021-05-03", "2021-08"]),
        ("It was hit on 3 May 2021. She sued the following March.", ["2021-05-03", "2022-03"]),
        ("It was hit on 3 May 2021. She sued in February of the following year.", ["2021-05-03", "2022-02"]),
        ("It froze on November 9, 2022, and failed two days later.", ["2022-11-09", "2022-11-11"]),
        ("It froze on November 9, 2022, and failed the next day.", ["2022-11-09", "2022-11-10"]),
        ("It froze in November 2022 and failed six months later.", ["2022-11", "2023-05"]),
        ("It froze in November 2022 and failed two days later.", ["2022-11", None]),
        ("It failed on Tuesday. The judge ruled that day.", ["2025-01-21", "2025-01-21"]),
        ("It froze in November 2022 and failed that March.", ["2022-11", None]),
    ],
)
def test_what_counts_from_a_date_told_before(text, expected):
    assert read(text) == expected


def test_the_date_told_before_may_stand_before_the_span():
    text = "It was hit on 3 May 2021. She sued that August."
    assert [phrase.date.date for phrase in date_phrases(text, Span(26, len(text)), THURSDAY)] == ["2021-08"]


@pytest.mark.parametrize(
    "text",
    [
        "The Sunday Courier printed it.",
        "Sunday Courier denies all, says the Sunday Courier.",
        "Shoppers sued Friday's Restaurants.",
        "the play by August Wilson",
        "Theresa May lost the vote, and a deal with the EU proposed by May fell.",
        "on Black Friday",
    ],
)
def test_a_weekday_or_month_in_a_name_is_no_date(text):
    assert read(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("On Monday Judge Smith said no", "2025-01-20"),
        ("On Tuesday Norvane sued", "2025-01-21"),
        ("in March U.S. District Judge Ives ruled", "2024-03"),
        ("In October Norvane sued", "2024-10"),
        ("Tuesday's Supreme Court ruling", "2025-01-21"),
    ],
)
def test_a_name_behind_a_day_makes_it_none(text, expected):
    assert read(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Judgment will be given by the Tribunal for the drivers in the case of Asker & Farrow v Ryde on 10 June.", "2025-06-10"),
        ("The judge said that the offer ends on June 21.", "2025-06-21"),
        ("It would like more time, and in Tuesday's hearing the judge gave it some.", "2025-01-21"),
        ("Tuesday's hearing will not be the last.", "2025-01-21"),
        ("It must pay, the court ruled on Tuesday.", "2025-01-21"),
        ("The trial resumes Monday.", "2025-01-27"),
        ("On Monday a jury will begin to hear them.", "2025-01-27"),
        ("On Monday a jury began to hear them.", "2025-01-20"),
        ("The judge fixed June 8 for evidence.", "2025-06-08"),
        ("Hearing: June 8.", "2025-06-08"),
        ("Sentencing is June 8.", "2025-06-08"),
        ("The order of June 8 will be appealed.", "2024-06-08"),
        ("The trial was to have opened on 3 June.", "2025-06-03"),
        ("He was fired on 3 June.", "2024-06-03"),
        ("The trial, set for January 20, was put off.", "2025-01-20"),
        ("Falls are frequent, said Great Falls on Tuesday.", "2025-01-21"),
    ],
)
def test_the_verb_of_the_days_own_clause_tells_whether_it_is_ahead(text, expected):
    assert read(text) == [expected]


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


SENTENCES = st.sampled_from(
    [
        "filed on Tuesday",
        "will be heard on Monday",
        "filed last Friday",
        "Wednesday of last week",
        "heard yesterday",
        "sued next Thursday",
        "two days ago",
        "last night",
    ]
)


@given(SENTENCES, st.dates(datetime.date(1950, 1, 1), datetime.date(2150, 1, 1)), st.integers(-500, 500))
def test_whole_weeks_later_every_day_of_the_week_is_whole_weeks_later(text, published, weeks):
    shift = datetime.timedelta(weeks=weeks)
    [day], [later] = read(text, published), read(text, published + shift)
    assert datetime.date.fromisoformat(later) - datetime.date.fromisoformat(day) == shift


VERBS = st.sampled_from(["was sued on", "will be heard on", "must answer by", "The judge said it was struck on", "Hearing:", "would end on"])
DAYS = st.dates(datetime.date(2023, 1, 1), datetime.date(2023, 12, 31)).map(lambda day: f"{day:%B} {day.day}")


@given(VERBS, DAYS, st.dates(datetime.date(1950, 1, 1), datetime.date(2150, 1, 1)))
def test_a_day_without_a_year_lies_within_a_year_of_publication(verb, day, published):
    [found] = read(f"{verb} {day}.", published)
    assert -366 < (datetime.date.fromisoformat(found) - published).days <= max(AHEAD_DAYS.values())


@given(VERBS, DAYS, st.dates(datetime.date(1950, 1, 1), datetime.date(2150, 1, 1)))
def test_a_day_told_with_its_year_is_that_of_every_publication(verb, day, published):
    assert read(f"{verb} {day}, 2023.", published) == read(f"{verb} {day}, 2023.", None)


def test_in_words():
    assert in_words(Date(date="2024-08", precision="month")) == "August 2024"
    assert in_words(Date(date="2016", precision="year")) == "2016"
