"""What the form of lines tells of a story: paragraphs among menus, lists and comments; the day of publication only where it is plain."""

import datetime

import pytest
from casebrief.service.domain.spans import lines
from casebrief.service.domain.story import asides, prose, publication_date

BODY = (
    "Norvane Home Inc was sued on Tuesday by customers who say its doorbells listen.\n\n"
    "The company denied the claims in a statement to reporters on Wednesday.\n\n"
    "The suit was filed in federal court in Oakland, California, lawyers said.\n"
)


def story_of(text: str) -> str:
    return " ".join(span.of(text) for paragraph in prose(text) for span in paragraph)


def published_on(text: str) -> datetime.date | None:
    return publication_date(text, list(lines(text)))


@pytest.mark.parametrize(
    "clutter",
    [
        "Home | News | Sport | Weather",
        "Business  |  Technology  |  Courts",
        "Advertisement",
        "The Norvane building in Reno, seen from the river at dusk",
    ],
)
def test_clutter_is_no_story(clutter):
    text = BODY.replace("\n\n", f"\n\n{clutter}\n\n", 1)
    assert clutter not in story_of(text)
    assert "denied the claims" in story_of(text)


@pytest.mark.parametrize("heading", ["More from Tidewater", "Most read", "Related stories", "Recent posts", "You might also like", "Comments (12)"])
def test_what_follows_a_tail_heading_is_no_story(heading):
    text = f"{BODY}\n{heading}\n\nA cow was rescued from a river by firefighters on Monday morning.\n"
    assert "cow" not in story_of(text)


def test_nothing_after_the_comments_counts_even_when_it_names_the_parties():
    text = f"{BODY}\nComments (3)\n\nuser: Norvane Home Inc was ordered to pay Oakland customers $88 million on Friday.\n"
    assert "$88 million" not in story_of(text)


@pytest.mark.parametrize("form", ["March 6, 2025", "6 March 2025, 10:04", "Published 6 March 2025 09:11 am IST", "Thursday, March 6, 2025"])
def test_a_plain_date_in_the_head_is_the_day_of_publication(form):
    assert published_on(f"A headline about a doorbell maker in court\n\n{form}\n\n{BODY}") == datetime.date(2025, 3, 6)


def test_two_days_in_the_head_leave_it_open():
    assert published_on(f"March 6, 2025\n\nMarch 9, 2025\n\n{BODY}") is None


@pytest.mark.parametrize(
    ("heading", "day"),
    [
        ("March 6, 2025updated 09 Mar 2025", 6),
        ("Updated 9 March 2025; first published March 6, 2025", 6),
        ("Published March 6, 2025\n\nUpdated March 9, 2025", 6),
        ("Last updated: 9 March 2025", 9),
        ("Updated March 9, 2025\n\nThursday, March 20, 2025", 9),
    ],
)
def test_a_page_is_of_the_day_of_publication_not_of_the_day_on_which_it_was_changed(heading, day):
    assert published_on(f"A headline about a doorbell maker in court\n\n{heading}\n\n{BODY}") == datetime.date(2025, 3, day)


def test_a_date_in_the_story_is_not_the_day_of_publication():
    assert published_on(BODY.replace("on Tuesday", "on March 4, 2025")) is None


def test_no_prose_is_no_story():
    assert prose("Home | News\nSport\n1\n2\n3") == []


@pytest.mark.parametrize(
    ("line", "credit"),
    [
        ("(Reporting by Petra Lindqvist in Oakland; Editing by Sol Whitaker.)", True),
        ("Reporting by Petra Lindqvist and Ada Pell; editing by Sol Whitaker", True),
        ("By Obafemi Castlerock", True),
        ("Additional reporting by Ada Pell", True),
        ("Reporting by the Courier showed that the company had known of it since May.", False),
        ("By Tuesday the company had taken every doorbell off its shelves.", False),
        ("(The company denied it.)", False),
    ],
)
def test_who_wrote_and_edited_it_is_aside(line, credit):
    text = f"Norvane Home Inc was sued on Tuesday by its customers.\n\n{line}\n\nIt denied the claims in a statement."
    assert [span.of(text) for span in asides(text)] == ([line] if credit else [])
