"""Parties: told by the marks of all articles together, cited where each article names them first, under every form of their name."""

import datetime

import pytest
from casebrief.service.domain.names import same_name, short_forms, whole_name
from casebrief.service.domain.spans import Span
from casebrief.service.domain.suing import told_sides
from casebrief.service.pipeline.party_lists import with_lists
from casebrief.service.pipeline.typed import Tag
from marking import labelling, mark, read_as, response_of

FIRST = "Gulf Anchor Freight Ltd was sued on Tuesday by Ines Duval over crates that sank."
SECOND = "A judge in Oslo heard both sides. Gulf Anchor said that the crates were sound. Duval waited in the hall, and Gulf Anchor paid for her coffee."
DAYS = [datetime.date(2025, 3, day) for day in (5, 6, 7)]


def cited(told, field, article):
    return [(node["start"], node["quote"]) for fact in told["summary"][field] for node in fact["citations"] if node["article"] == article]


def test_an_article_that_names_a_party_of_the_case_is_cited_where_it_does_so_first():
    sure = labelling(FIRST, mark(FIRST, "defendants", "Gulf Anchor Freight Ltd", 0.95), mark(FIRST, "plaintiffs", "Ines Duval", 0.95))
    also = f"{FIRST} It is the first suit of Ines Duval."
    told = response_of(
        (FIRST, sure),
        (also, labelling(also, mark(also, "defendants", "Gulf Anchor Freight Ltd", 0.9), mark(also, "plaintiffs", "Ines Duval", 0.9))),
        read_as(SECOND, {"court": "A judge in Oslo", "allegations": "the crates were sound"}),
        days=DAYS,
    )
    assert cited(told, "defendants", "a3") == [(SECOND.index("Gulf Anchor"), "Gulf Anchor")]
    assert cited(told, "plaintiffs", "a3") == [(SECOND.index("Duval"), "Duval")]
    assert [fact["value"] for fact in told["summary"]["defendants"]] == ["Gulf Anchor Freight Ltd"]


def test_a_name_that_one_doubtful_mark_gives_is_looked_for_nowhere_else():
    doubtful = "Gulf Anchor lost crates in Oslo, and Ines Duval has waited for a year."
    told = response_of(
        (doubtful, labelling(doubtful, mark(doubtful, "plaintiffs", "Ines Duval", 0.6))),
        read_as(SECOND, {"court": "A judge in Oslo", "allegations": "the crates were sound"}),
        days=DAYS[:2],
    )
    assert cited(told, "plaintiffs", "a1")
    assert not cited(told, "plaintiffs", "a2")


def test_a_mark_on_the_wrong_side_is_taken_for_the_side_of_all_the_others():
    marked = [labelling(text, mark(text, "defendants", "Gulf Anchor")) for text in (FIRST, f"{FIRST} He won.")]
    astray = "Gulf Anchor appealed. The judge in Oslo will hear Gulf Anchor in May."
    told = response_of(
        (FIRST, marked[0]), (f"{FIRST} He won.", marked[1]), (astray, labelling(astray, mark(astray, "plaintiffs", "Gulf Anchor", 0.6))), days=DAYS
    )
    assert [fact["value"] for fact in told["summary"]["plaintiffs"]] == ["Ines Duval"]
    assert cited(told, "defendants", "a3") == [(0, "Gulf Anchor")]


def test_a_caption_is_cited_for_a_side_only_where_nothing_names_it_as_fully():
    text = "Ines Duval sued Gulf Anchor over crates. The case is Duval v. Gulf Anchor Freight Ltd, and a judge in Oslo has it."
    told = response_of(read_as(text, {"plaintiffs": "Ines Duval", "defendants": "Gulf Anchor", "caption": "Duval v. Gulf Anchor Freight Ltd"}))
    assert cited(told, "plaintiffs", "a1") == [(0, "Ines Duval")]
    assert {quote for _, quote in cited(told, "defendants", "a1")} == {"Gulf Anchor", "Gulf Anchor Freight Ltd"}
    assert told["summary"]["defendants"][0]["value"] == "Gulf Anchor Freight Ltd"


def test_a_surname_that_a_judge_has_too_tells_no_party():
    later = "Judge Duval of Oslo heard the case about crates. The crates were sound."
    told = response_of(
        read_as(FIRST, {"plaintiffs": "Ines Duval"}),
        read_as(f"{FIRST} He lost.", {"plaintiffs": "Ines Duval"}),
        read_as(later, {"judge": "Duval", "allegations": "The crates were sound"}),
        days=DAYS,
    )
    assert not cited(told, "plaintiffs", "a3")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Federal Harbour Insurance Corporation", "FHIC", True),
        ("Bank of Selmar", "BoS", True),
        ("Narrow Valley Roads Ltd", "NVRL", True),
        ("Friends of Oldmarsh", "Oldmarsh", False),
        ("Town of Oldmarsh", "Oldmarsh", True),
        ("Al-Nur Centre of Oldmarsh Township", "Oldmarsh Township", False),
        ("Al-Nur Centre of Oldmarsh Township", "Al-Nur", True),
        ("Harbour Trade Council", "HTB", False),
    ],
)
def test_initials_and_what_a_name_is_of(one, other, same):
    assert same_name(one, other) is same
    assert same_name(other, one) is same


def test_a_short_form_never_ends_in_a_small_word():
    assert short_forms("Bank of Selmar Ltd") == ["Bank of Selmar", "Bank"]


@pytest.mark.parametrize(
    ("text", "plaintiffs", "defendants"),
    [
        ("Orrery Labs has sued Windrow Ltd.", ["Orrery Labs"], ["Windrow Ltd"]),
        ("Windrow was sued last week by Orrery Labs.", ["Orrery Labs"], ["Windrow"]),
        ("A buyer in Oldmarsh sued Windrow.", [], ["Windrow"]),
        ("The lawsuit filed by Orrery Labs is the first action against Windrow.", ["Orrery Labs"], ["Windrow"]),
        ("The court ordered Windrow to pay, and awarded Ines Duval $9.", ["Ines Duval"], ["Windrow"]),
        ("Ines Duval was sentenced; Windrow pleaded not guilty.", [], ["Ines Duval", "Windrow"]),
        ("Ines Duval accused Windrow of lying.", [], []),
    ],
)
def test_verbs_tell_who_sues_and_who_is_sued(text, plaintiffs, defendants):
    told = list(told_sides(text, Span(0, len(text))))
    assert sorted({name.of(text) for side, name in told if side == "plaintiffs"}) == plaintiffs
    assert sorted({name.of(text) for side, name in told if side == "defendants"}) == defendants


def test_who_appeals_keeps_the_side_that_the_suit_gives():
    text = "The appeal of Windrow AB was heard on Tuesday. Orrery Labs had sued it over lamps."
    told = response_of((text, labelling(text, mark(text, "plaintiffs", "Windrow AB", 0.98), mark(text, "defendants", "Orrery Labs", 0.6))))
    assert [fact["value"] for fact in told["summary"]["plaintiffs"]] == ["Orrery Labs"]
    assert [fact["value"] for fact in told["summary"]["defendants"]] == ["Windrow AB"]


def test_who_sues_whom_in_so_many_words_is_told_without_a_mark():
    text = "Duval’s Bakery sued Windrow Ltd over lamps."
    told = response_of(read_as(text, {"causes_of_action": "lamps"}))
    assert [fact["value"] for fact in told["summary"]["plaintiffs"]] == ["Duval’s Bakery"]
    assert [fact["value"] for fact in told["summary"]["defendants"]] == ["Windrow Ltd"]


@pytest.mark.parametrize(
    ("text", "marked", "all_of_them"),
    [
        ("It names Aster Corp.; Bolt & Co Ltd.; Metra Inc.; and Bear Stores Ltd. as well.", ["Aster Corp", "Metra Inc"], 4),
        ("It names Aster Corp, Bolt Ltd, Metra and Bear Stores, which denied it.", ["Aster Corp", "Bolt Ltd"], 4),
        ("It names Aster Corp; Bolt Ltd; and Metra.", ["Aster Corp; Bolt Ltd"], 3),
        ("It names Aster Corp and Bolt Ltd, Oslo, as well.", ["Aster Corp", "Bolt Ltd"], 2),
        ("Aster Corp and Bolt Ltd, Judge Ines Duval said, must pay.", ["Aster Corp", "Bolt Ltd"], 2),
        ("It names Aster Corp, Bolt Ltd and Metra.", ["Aster Corp"], 1),
    ],
)
def test_the_names_of_a_list_are_of_one_side_and_as_sure_as_the_surest(text, marked, all_of_them):
    everything = Span(0, len(text))
    tags = [
        Tag("defendants", Span(text.index(name), text.index(name) + len(name)), everything, everything, 0.6 + 0.1 * number, "", 1.0, ())
        for number, name in enumerate(marked)
    ]
    found = with_lists(text, tags)
    assert len({tag.span for tag in found}) == all_of_them
    assert {tag.probability for tag in found} == {max(tag.probability for tag in tags)}


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Shopper Ines Duval", "Ines Duval"),
        ("Retired nurse Ines Duval", "Ines Duval"),
        ("Biologist Ines Maria Duval", "Ines Maria Duval"),
        ("Chipmaker Windrow", "Windrow"),
        ("Attorney General Ines Duval", "Attorney General Ines Duval"),
        ("Jasper Yuen Duval", "Jasper Yuen Duval"),
        ("Teacher Retirement System", "Teacher Retirement System"),
        ("Bergquist Ayotte LLP", "Bergquist Ayotte LLP"),
        ("Friends of Quiet Marsh", "Friends of Quiet Marsh"),
    ],
)
def test_what_somebody_does_is_no_part_of_the_name(words, name):
    assert whole_name(words, Span(0, len(words))).of(words) == name
