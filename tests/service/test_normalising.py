"""Typed forms are made by rule: money, docket numbers, names, courts, laws."""

import pytest
from casebrief.service.domain.dockets import dockets, same_docket
from casebrief.service.domain.money import counts, shares, sums
from casebrief.service.domain.names import names, same_name, whole_name
from casebrief.service.domain.spans import Span
from casebrief.service.pipeline.courts import _district, _states, court_phrases
from casebrief.service.pipeline.statutes import law_phrases
from courts_db import courts


def whole(text: str) -> Span:
    return Span(0, len(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$1,000 per person", (1000, "USD", "person", None)),
        ("1,000 dollars (£812) per user", (1000, "USD", "user", None)),
        ("up to $150,000 for each work", (150000, "USD", "work", "up to")),
        ("as much as £62m", (62000000, "GBP", None, "up to")),
        ("more than $25,000.", (25000, "USD", None, "at least")),
        ("about Rs 1,330 crore", (13300000000, "INR", None, "about")),
        ("US$4.5 billion", (4500000000, "USD", None, None)),
        ("A$90,000", (90000, "AUD", None, None)),
        ("€3.1 mln a day", (3100000, "EUR", "day", None)),
        ("six hundred and forty dollars", (640, "USD", None, None)),
        ("half a million euros", (500000, "EUR", None, None)),
        ("₹1.5 to 2.2 lakh", (150000, "INR", None, None)),
        ("a loan of $300", (300, "USD", None, None)),
        ("paid $2 to 5 million people", (2, "USD", None, None)),
        ("nearly a million dollars", (1000000, "USD", None, "about")),
        ("N310 million", (310000000, "NGN", None, None)),
        ("P54-million", (54000000, "PHP", None, None)),
        ("R88m", (88000000, "ZAR", None, None)),
        ("31 billion won", (31000000000, "KRW", None, None)),
        ("90 pence an hour", (0.9, "GBP", None, None)),
        ("$40 million, the Sydney company said in Australia", (40000000, "AUD", None, None)),
        ("$40 million, a judge in Texas said", (40000000, "USD", None, None)),
        ("Rs 2.7 billion, a court in Lahore held", (2700000000, "PKR", None, None)),
    ],
)
def test_sums(text, expected):
    (found,) = sums(text, whole(text))
    assert (found.amount, found.currency, found.per, found.qualifier) == expected


@pytest.mark.parametrize(
    ("text", "quantity"),
    [("more than one billion users", 10**9), ("1.2m customers", 1200000), ("some 214,000 titles", 214000), ("700 million users", 7 * 10**8)],
)
def test_counts(text, quantity):
    assert [found.quantity for found in counts(text, whole(text))] == [quantity]


@pytest.mark.parametrize(
    ("text", "quantity"),
    [("half of the buyers", 0.5), ("a third", 0.33), ("one in four homes", 0.25), ("nine tenths of the shares", 0.9), ("two-thirds", 0.67)],
)
def test_shares(text, quantity):
    assert [found.quantity for found in shares(text, whole(text))] == [quantity]


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("between $3 and $4 million", [3000000, 4000000]),
        ("£2.5-3bn", [2500000000]),
        ("$300 to $1,500", [300, 1500]),
        ("a fee of $5 and $4 million in damages", [5, 4000000]),
        ("$400,000 to $2 million", [400000, 2000000]),
    ],
)
def test_both_ends_of_a_span_have_the_scale_that_is_told_once(text, amounts):
    assert [one.amount for one in sums(text, whole(text))] == amounts


@pytest.mark.parametrize("text", ["an N95 mask", "on the K2", "a half-truth", "the third day", "two in one"])
def test_what_is_neither_sum_nor_share(text):
    assert not [*sums(text, whole(text)), *shares(text, whole(text))]


@pytest.mark.parametrize("text", ["38% of users", "$40 million", "12 percent"])
def test_what_is_no_count(text):
    assert not list(counts(text, whole(text)))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("No. 25-00709.", "25-00709"),
        ("(claim no. KB-2025-000871)", "KB-2025-000871"),
        ("No. 3:24-cv-09871-RA (N.D. Cal.)", "3:24-cv-09871-RA"),
        ("number NSD1947/2025, was filed", "NSD1947/2025"),
        ("Case No. CV-24-871946", "CV-24-871946"),
        ("Docket No. 9687", "9687"),
        ("1:24-cr-00417 in Denver", "1:24-cr-00417"),
    ],
)
def test_docket_numbers(text, number):
    assert [found.number for found in dockets(text, whole(text))] == [number]


@pytest.mark.parametrize("text", ["U.S. Patent No. 11,804,217", "the No. 1 seller", "in 2024-25", "call 555-0142"])
def test_what_is_no_docket_number(text):
    assert not list(dockets(text, whole(text)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Justice Department sued Telmark.", ["Justice Department", "Telmark"]),
        ("Pruitt’s Bakery sued Marsden College.", ["Pruitt’s Bakery", "Marsden College"]),
        ("Microsoft's LinkedIn sued.", ["LinkedIn"]),
        ("the suit against Marsden and Dean of Students Meredith Rainier", ["Marsden", "Meredith Rainier"]),
        ("Chipmaker Nortel was sued.", ["Nortel"]),
        (
            "the suit names Millbread Cos. Ltd.; Prairie Ovens Ltd.; Metra Inc.; and Giant Bear Stores Ltd.",
            ["Millbread Cos. Ltd.", "Prairie Ovens Ltd.", "Metra Inc.", "Giant Bear Stores Ltd."],
        ),
    ],
)
def test_names_are_whole_and_without_occupations(text, expected):
    assert [span.of(text) for span in names(text, whole(text))] == expected


@pytest.mark.parametrize(
    ("text", "marked", "name"),
    [
        ("the suit against Norvane’s board", "Norvane’s", "Norvane"),
        ("the suit of Millbread Cos. Ltd., of Toronto", "Millbread", "Millbread Cos. Ltd."),
        ("It sued Norvane Home Inc.", "Norvane Home", "Norvane Home Inc"),
        ("a deal for Orvane founder Dane Silvers", "Orvane founder Dane Silvers", "Dane Silvers"),
        ("Chipmaker Nortel was sued", "Chipmaker Nortel", "Nortel"),
        ("and Dean of Students Meredith Rainier", "Dean of Students Meredith Rainier", "Meredith Rainier"),
        ("the Director of Public Prosecutions appealed", "Director of Public Prosecutions", "Director of Public Prosecutions"),
        ("The Justice Department sued", "Department", "Justice Department"),
        ("Pruitt’s Bakery sued", "Bakery", "Pruitt’s Bakery"),
        ("Jury Orders Hospital to Pay", "Hospital", "Hospital"),
        ("three officers of the freighter Amber Crescent", "three officers of the freighter Amber Crescent", "three officers of the freighter Amber Crescent"),
    ],
)
def test_a_marked_name_is_told_whole_and_alone(text, marked, name):
    start = text.index(marked)
    assert whole_name(text, Span(start, start + len(marked))).of(text) == name


def test_initials_of_a_judge_do_not_make_another_docket():
    assert same_docket("3:24-cv-09871", "3:24-cv-09871-RA")
    assert not same_docket("3:24-cv-09871", "3:24-cv-09872")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("LinkedIn", "LinkedIn Corp", True),
        ("De La Torre", "Maria De La Torre", True),
        ("EEOC", "U.S. Equal Employment Opportunity Commission", True),
        ("United States", "U.S.", True),
        ("Norvane Home Inc", "Windrow AI", False),
        ("Acme Foods Inc", "Acme Motors Inc", False),
    ],
)
def test_same_name(one, other, same):
    assert same_name(one, other) is same
    assert same_name(other, one) is same


@pytest.mark.parametrize(
    ("text", "court_id"),
    [
        ("filed in the San Jose, California, federal court", "cand"),
        ("the federal court in San Jose, California", "cand"),
        ("U.S. District Court, Northern District of California", "cand"),
        ("(N.D. Cal.)", "cand"),
        ("in Manhattan federal court", "nysd"),
        ("in S.D.N.Y. on Monday", "nysd"),
        ("federal court in Washington", "dcd"),
        ("in the District of Nevada", "nvd"),
        ("Western New York federal court", "nywd"),
        ("Nevada's federal court", "nvd"),
        ("The Montana Supreme Court", "mont"),
        ("the Nebraska Court of Appeals", "nebctapp"),
        ("the Court of Chancery of the State of Delaware", "delch"),
        ("U.S. District Court for the District of Delaware", "ded"),
        ("the 9th U.S. Circuit Court of Appeals", "ca9"),
        ("the Delaware Court of Chancery", "delch"),
        ("in Los Angeles Superior Court", "calsuppctla"),
        ("the United States Court of Appeals for the District of Columbia threw it out", "cadc"),
        ("the D.C. Court of Appeals", "dc"),
        ("the 11th Circuit Court of Appeals", "ca11"),
        ("the U.S. Court of International Trade", "cit"),
        ("U.S. Bankruptcy Court for the Eastern District of Louisiana", "laeb"),
        ("U.S. Bankruptcy Court in Delaware", "deb"),
        ("federal court in Portland, as all suits of Maine are", "med"),
        ("filed in federal court in oakland, california, on Tuesday", "cand"),
        ("U.S. district court for the northern district of california", "cand"),
        ("upheld by the ninth circuit on Tuesday, they said", "ca9"),
        ("The suit was filed in the montana supreme court", "mont"),
    ],
)
def test_courts_as_newsrooms_call_them(text, court_id):
    assert [phrase.court.court_id for phrase in court_phrases(text, whole(text))] == [court_id]


@pytest.mark.parametrize(
    "text", ["a U.S. District Court", "a California federal court", "federal court in Portland", "federal court in New York", "the High Court"]
)
def test_a_phrase_that_fits_several_courts_gets_no_id(text):
    assert [phrase.court.court_id for phrase in court_phrases(text, whole(text))] == [None]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Justice Edmund Marlow of Ontario Superior Court put it off", "Ontario Superior Court"),
        ("Judge Ives of the Isle of Man High Court ruled", "Isle of Man High Court"),
        ("In Alder County Superior Court, 900 others have sued", "Alder County Superior Court"),
        ("Judges of the Ohio Ninth District Court of Appeals upheld it", "Ohio Ninth District Court of Appeals"),
        ("the Louisiana First Circuit Court of Appeal", "Louisiana First Circuit Court of Appeal"),
        ("the Federal Circuit and Family Court in Darwin", "Federal Circuit and Family Court"),
        ("He was tried in the alder county superior court on Monday", "Alder County Superior Court"),
    ],
)
def test_a_court_is_named_whole_and_without_its_judge(text, name):
    assert [phrase.court.name for phrase in court_phrases(text, whole(text))] == [name]


@pytest.mark.parametrize(
    "text", ["Washington County Superior Court in Montpelier, Vermont", "Marion Superior Court, Indiana", "the First Circuit court in Honolulu"]
)
def test_a_court_of_another_state_lends_no_id(text):
    assert not any(phrase.court.court_id for phrase in court_phrases(text, whole(text)))


def test_every_district_of_the_table_is_the_court_that_courts_db_means():
    """The id was made by rule; courts-db's own name or citation of that id must tell the same direction and state."""
    by_id = {court["id"]: court for court in courts}
    for state, entry in _states().items():
        for direction in (key for key in entry if key != "code"):
            court = _district(state, direction)
            assert court is not None, (state, direction)
            known = by_id[court.court_id]
            told = f"{known['name']} {known['citation_string']}".replace("S.D.W. Va", "S.D. West Virginia")
            assert state.split()[-1][:3].lower() in told.lower() or state == "District of Columbia", told
            if direction != "only":
                assert direction.title() in told or f"{direction[0].upper()}.D." in told, told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("violations of the federal Stored Communications Act", ["Stored Communications Act"]),
        ("for breach of contract and negligence", ["breach of contract", "negligence"]),
        ("under Section 10(b) of the Securities Exchange Act of 1934", ["Section 10(b) of the Securities Exchange Act of 1934"]),
        ("in violation of 18 U.S.C. § 1343", ["18 U.S.C. § 1343"]),
        ("violations of California's unfair competition law", ["California's unfair competition law"]),
        ("It seeks $5,000 under california's invasion of privacy act, they said", ["california's invasion of privacy act"]),
        ("They sued under section 12 of the consumer goods act of 2001 on Monday", ["section 12 of the consumer goods act of 2001"]),
    ],
)
def test_laws(text, expected):
    assert sorted(phrase.span.of(text) for phrase in law_phrases(text, whole(text))) == sorted(expected)
