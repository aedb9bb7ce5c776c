"""The story is found among menus, captions, promotions and comments; the date of publication only where it is plain."""

import datetime

import pytest
from casebrief.service import example
from casebrief.service.domain.story import find_story

BODY = (
    "Norvane Home Inc was sued on Tuesday by customers who say its doorbells listen.\n\n"
    "The company denied the claims in a statement to reporters on Wednesday.\n\n"
    "The suit was filed in federal court in Oakland, California, lawyers said.\n"
)


def story_of(text: str) -> str:
    return " ".join(span.of(text) for span in find_story(text).sentences)


@pytest.mark.parametrize(
    "clutter",
    [
        "Home | News | Sport | Weather",
        "We use cookies to improve your experience on this site.",
        "Sign up to our newsletter and never miss a story again.",
        "Photo: The Norvane building in Reno. Picture: Courier",
        "READ MORE: A parrot was found in Napa after three weeks.",
        "Best Kettles Of The Year, Ranked By Our Testers And Their Neighbours.",
        "(Reporting by Petra Lindqvist; Editing by Sol Whitaker)",
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


def test_a_promotion_inside_a_paragraph_is_left_out():
    promo = "Norvane Names Ada Pell As Chief Doorbell Officer, Brings Twenty Years Of Experience In Chimes."
    text = BODY.replace("listen.", f"listen. {promo}")
    assert "Chief Doorbell" not in story_of(text)


def test_a_case_name_is_no_headline():
    text = BODY + "\nThe case is Ashgrove v. Norvane Home Inc, U.S. District Court, Northern District of California, No. 25-02218.\n"
    assert "Ashgrove v. Norvane" in story_of(text)


@pytest.mark.parametrize("form", ["March 6, 2025", "6 March 2025, 10:04", "Published 6 March 2025 09:11 am IST", "Thursday, March 6, 2025"])
def test_a_plain_date_in_the_head_is_the_day_of_publication(form):
    assert find_story(f"A headline about a doorbell maker in court\n\n{form}\n\n{BODY}").published_on == datetime.date(2025, 3, 6)


def test_two_days_in_the_head_leave_it_open():
    assert find_story(f"March 6, 2025\n\nMarch 9, 2025\n\n{BODY}").published_on is None


def test_a_date_in_the_story_is_not_the_day_of_publication():
    assert find_story(BODY.replace("on Tuesday", "on March 4, 2025")).published_on is None


def test_no_prose_is_no_story():
    assert find_story("Home | News\nSport\n1\n2\n3").paragraphs == ()


def test_the_example_is_found_without_its_clutter():
    for article in example.articles():
        told = story_of(article.text)
        assert "Norvane" in told
        for clutter in ("Cheese prices", "parrot", "kettles", "cookies", "my doorbell is a dog"):
            assert clutter not in told
