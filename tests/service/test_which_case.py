"""Which articles are about one case: a pure function of what each tells, and what becomes of articles about several."""

import datetime
from dataclasses import replace

import pytest
from casebrief.models.fake import FakeEngine
from casebrief.service.domain.which_case import OneCase, Telling, main_case, which_cases
from casebrief.service.pipeline.articles import Submitted
from casebrief.service.pipeline.labelled import LabelReader
from casebrief.service.pipeline.summarizing import SeveralCases, Summarizer
from hypothesis import given, settings
from hypothesis import strategies as st
from marking import DAY, HALF_SURE, labelling, mark, read_as

PEOPLE = ["Ira Blum", "Ada Pell", "Noor Quist"]
COMPANIES = ["Norvane Home Inc", "Norvane", "Larkwell Power Corp", "Larkwell", "Trade Practices Commission", "TPC", "Watchdog"]


@st.composite
def tellings(draw) -> list[Telling]:
    told = []
    for number in range(draw(st.integers(1, 6))):
        sides = [frozenset(draw(st.sets(st.sampled_from(COMPANIES), max_size=2))) for _ in range(2)]
        people = frozenset(draw(st.sets(st.sampled_from(PEOPLE), max_size=1)))
        story = f"Story {number}: {', '.join(draw(st.lists(st.sampled_from([*COMPANIES, 'watchdog', 'doors', 'kettles']), max_size=3)))}."
        told.append(Telling(f"a{number}", story, sides[0], sides[1], people))
    return told


def parts(cases: list[OneCase]) -> set[frozenset[str]]:
    return {frozenset(case.articles) for case in cases}


@settings(max_examples=40)
@given(tellings(), st.randoms(use_true_random=False))
def test_the_order_of_articles_changes_no_group_and_not_the_main_case(told, random):
    shuffled = random.sample(told, len(told))
    assert parts(which_cases(told)) == parts(which_cases(shuffled))
    first, second = main_case(which_cases(told)), main_case(which_cases(shuffled))
    assert (first and frozenset(first.articles)) == (second and frozenset(second.articles))


@settings(max_examples=40)
@given(tellings(), st.data())
def test_an_article_sent_twice_changes_no_group(told, data):
    twice = data.draw(st.sampled_from(told))
    again = which_cases([*told, replace(twice, article="again")])
    assert {group - {"again"} for group in parts(again)} == parts(which_cases(told))
    assert next(group for group in parts(again) if "again" in group) >= {twice.article}
    first, second = main_case(which_cases(told)), main_case(again, ["again"])
    assert (first and frozenset(first.articles)) == (second and frozenset(second.articles) - {"again"})


@settings(max_examples=40)
@given(tellings())
def test_every_article_is_in_one_case(told):
    assert sorted(article for case in which_cases(told) for article in case.articles) == [one.article for one in told]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            Telling("a", "The TPC sued Quillon.", frozenset({"TPC"}), frozenset({"Quillon"})),
            Telling("b", "Trade Practices Commission wins.", frozenset({"Trade Practices Commission"})),
        ),
        (
            Telling("a", "Ira Blum sued.", frozenset({"Ira Blum"})),
            Telling("b", "Blum won.", defendants=frozenset({"Larkwell"}), plaintiffs=frozenset({"Blum"})),
        ),
        (Telling("a", "Norvane Home Inc was sued.", defendants=frozenset({"Norvane Home Inc"})), Telling("b", "Norvane denied all.")),
        (
            Telling("a", "x.", defendants=frozenset({"Norvane"}), dockets=frozenset({"25-00417"})),
            Telling("b", "y.", defendants=frozenset({"Larkwell"}), dockets=frozenset({"25-00417"})),
        ),
        (
            Telling("a", "x.", defendants=frozenset({"Norvane"}), people=frozenset({"Ada Pell"})),
            Telling("b", "Ada Pell said so.", defendants=frozenset({"Larkwell"})),
        ),
        (Telling("a", "Norvane lost.", defendants=frozenset({"Norvane"})), Telling("b", "The suit was thrown out.")),
    ],
    ids=["acronym", "surname", "short form in the story", "docket number", "a lawyer", "nobody is named"],
)
def test_what_is_shared_makes_one_case(one, other):
    assert len(which_cases([one, other])) == 1


def test_two_suits_against_one_company_are_told_apart_where_captions_and_docket_numbers_say_so():
    first = Telling("a", "Norvane was sued.", defendants=frozenset({"Norvane"}), captions=frozenset({("Ober", "Norvane")}), dockets=frozenset({"25-00417"}))
    second = replace(first, article="b", story="Norvane was sued again.", captions=frozenset({("Ashgrove", "Norvane")}), dockets=frozenset({"25-01877"}))
    assert len(which_cases([first, second])) == 2
    assert len(which_cases([first, replace(second, dockets=frozenset({"25-00417"}))])) == 1
    assert len(which_cases([first, replace(second, captions=frozenset({("Ober", "Norvane Home Inc")}))])) == 1


def test_a_common_noun_with_a_capital_is_no_name():
    first = Telling("a", "Bank sued by tenant.", defendants=frozenset({"Bank"}))
    second = Telling("b", "A court told the bank to pay Larkwell.", defendants=frozenset({"Larkwell"}))
    assert len(which_cases([first, second])) == 1


def test_single_strays_beside_a_majority_are_strays_and_all_else_is_several_cases():
    def groups(*sizes: int) -> list[OneCase]:
        return [OneCase(names := tuple(f"{number}-{place}" for place in range(size)), frozenset(names)) for number, size in enumerate(sizes)]

    told = {sizes: bool(main_case(groups(*sizes))) for sizes in [(1,), (4,), (2, 1), (1, 3, 1), (1, 1), (2, 2), (3, 2), (2, 1, 1)]}
    assert told == {(1,): True, (4,): True, (2, 1): True, (1, 3, 1): True, (1, 1): False, (2, 2): False, (3, 2): False, (2, 1, 1): False}
    assert main_case(groups(2, 1), ["0-1"]) is None, "a copy is no second article"


# ---------------------------------------------------------------------- whole requests

NORVANE = read_as(
    "Norvane Home Inc was sued by Ira Blum, who says that its doorbells spied on buyers.",
    {"plaintiffs": "Ira Blum", "defendants": "Norvane Home Inc", "allegations": "its doorbells spied on buyers"},
)
MORE = read_as("A judge let the suit against Norvane over its doorbells go on.", {"defendants": "Norvane", "rulings.other": "let the suit", "judge": "A judge"})
LARKWELL = read_as(
    "Ada Pell told jurors on Friday how Larkwell Power Corp flooded her farm.",
    {"plaintiffs": "Ada Pell", "defendants": "Larkwell Power Corp", "allegations": "flooded her farm"},
)


def summarizer(read) -> tuple[Summarizer, list[Submitted]]:
    engine = FakeEngine(labellings=[found for _, found in read])
    submitted = [Submitted(f"a{number}", text, published_on=DAY + datetime.timedelta(number)) for number, (text, _) in enumerate(read, 1)]
    return Summarizer(LabelReader(engine, HALF_SURE), "", lambda: engine.info), submitted


@pytest.mark.parametrize("read", [(NORVANE, LARKWELL), (LARKWELL, NORVANE)])
def test_two_suits_are_refused_with_both_named_or_told_apart(read):
    product, submitted = summarizer(read)
    with pytest.raises(SeveralCases, match="about 2 cases") as refused:
        product.summarize_one(submitted)
    assert {group.about: group.articles for group in refused.value.groups} == {
        "Ira Blum against Norvane Home Inc": (f"a{read.index(NORVANE) + 1}",),
        "Ada Pell against Larkwell Power Corp": (f"a{read.index(LARKWELL) + 1}",),
    }
    product, submitted = summarizer(read)
    told = product.summarize_all(submitted)
    assert [[fact.value for fact in one.summary.defendants] for one in told] == [
        ["Norvane Home Inc" if one is NORVANE else "Larkwell Power Corp"] for one in read
    ]
    for place, one in enumerate(told):
        assert [line.outcome for line in one.ledger] == ["used" if number == place else "not_about_the_case" for number in range(2)]
        assert {citation.article for fact in one.summary.allegations for citation in fact.citations} == {f"a{place + 1}"}


DRIVER = read_as(
    "Paolo Reni, a driver, told jurors in Houston that a van of Norvane Home Inc crushed his hand.",
    {"plaintiffs": "Paolo Reni", "defendants": "Norvane Home Inc", "allegations": "a van of Norvane Home Inc crushed his hand"},
)


def test_two_suits_against_one_company_are_two_cases_where_nothing_else_is_shared():
    product, submitted = summarizer((NORVANE, DRIVER))
    with pytest.raises(SeveralCases, match="about 2 cases") as refused:
        product.summarize_one(submitted)
    assert {group.about for group in refused.value.groups} == {"Ira Blum against Norvane Home Inc", "Paolo Reni against Norvane Home Inc"}
    product, submitted = summarizer((NORVANE, DRIVER))
    assert [[fact.value for fact in one.summary.plaintiffs] for one in product.summarize_all(submitted)] == [["Ira Blum"], ["Paolo Reni"]]


def test_another_plaintiff_of_a_suit_whose_judge_is_the_same_makes_no_other_case():
    judged = read_as(
        "Paolo Reni sued Norvane Home Inc before Judge Sten Lowe.", {"plaintiffs": "Paolo Reni", "defendants": "Norvane Home Inc", "judge": "Sten Lowe"}
    )
    too = read_as("Judge Sten Lowe heard Ira Blum against Norvane.", {"plaintiffs": "Ira Blum", "defendants": "Norvane", "judge": "Sten Lowe"})
    product, submitted = summarizer((judged, too))
    assert {fact.value for fact in product.summarize_one(submitted).summary.plaintiffs} == {"Ira Blum", "Paolo Reni"}


def test_a_lone_stray_is_a_line_of_the_ledger_that_says_whom_it_is_about():
    product, submitted = summarizer((NORVANE, LARKWELL, MORE))
    told = product.summarize_one(submitted)
    assert [line.outcome for line in told.ledger] == ["used", "not_about_the_case", "used"]
    assert told.ledger[1].reason == "tells of another case: Ada Pell against Larkwell Power Corp"
    assert [fact.value for fact in told.summary.allegations] == ["its doorbells spied on buyers"]


def test_sentences_of_another_case_are_counted_and_their_places_told():
    other = "In Ober v. Plinth & Peg Inc, No. 24-01111, a jury gave Tamsin Ober $3 million."
    text = f"Norvane Home Inc was sued on Monday. The case is Ashgrove v. Norvane Home Inc, No. 25-02218.\n\n{other}\n\nNorvane denied the claims."
    product, submitted = summarizer(
        [read_as(text, {"defendants": "Norvane Home Inc", "caption": "Ashgrove v. Norvane Home Inc", "rulings.damages": "$3 million"})]
    )
    told = product.summarize_one(submitted)
    assert [text[start:end] for start, end in told.articles[0].left_out] == [other]
    assert "1 of 4 sentences speak of another case" in (told.ledger[0].reason or "")
    assert told.summary.rulings == []


@pytest.mark.parametrize(
    ("aside", "apart"),
    [
        ("In Alder County Superior Court, 900 other growers have filed a class action.", True),
        ("Another lawsuit, in Alder County, was settled for $5 million.", True),
        ("A jury heard dozens of similar cases in Alder County last year.", True),
        ("In a separate case Norvane won in Alder County.", True),
        ("Norvane and two other sellers have filed a petition in Alder County.", False),
        ("The judge moved the kettle from one table to another after a complaint.", False),
    ],
)
def test_a_suit_told_in_passing_is_another_case(aside, apart):
    text = f"Norvane Home Inc was sued on Monday by buyers. {aside}"
    product, submitted = summarizer([read_as(text, {"defendants": "Norvane Home Inc", "plaintiffs": "buyers"})])
    assert [text[start:end] for start, end in product.summarize_one(submitted).articles[0].left_out] == ([aside] if apart else [])


def test_a_kind_of_proceeding_that_only_another_case_shows_is_not_the_kind_of_this_one():
    text = "Norvane Home Inc was sued on Monday by Ira Blum. In Alder County, 900 other growers have filed a class action."
    marked = labelling(
        text, mark(text, "defendants", "Norvane Home Inc"), mark(text, "proceeding", "class action", members={"class_action": 0.9, "civil": 0.1})
    )
    classed = {**marked.classes, "proceeding": {"class_action": 0.95, "civil": 0.05}}
    product, submitted = summarizer([(text, replace(marked, classes=classed))])
    proceeding = product.summarize_one(submitted).summary.proceeding
    assert proceeding is not None
    assert proceeding.value == "civil"


def test_an_article_that_only_names_an_agency_of_the_case_is_on_it():
    told_of = read_as(
        "Quillon must pay $31 million, a court said after the TPC sued it.", {"plaintiffs": "TPC", "defendants": "Quillon", "rulings.fine": "pay $31 million"}
    )
    said = read_as("The TPC says that prices were false in a million shops.", {"figures": "a million shops"})
    stranger = read_as("The council says that lights were broken in a million shops.", {"figures": "a million shops"})
    product, submitted = summarizer((said, told_of))
    assert [line.outcome for line in product.summarize_one(submitted).ledger] == ["used", "used"]
    product, submitted = summarizer((stranger, told_of))
    assert [line.reason for line in product.summarize_one(submitted).ledger] == ["states nothing of a case", None]


@pytest.mark.parametrize(("sure", "side"), [(0.95, "defendants"), (0.65, "plaintiffs")])
def test_a_party_that_is_marked_on_both_sides_is_on_that_of_the_surer_marks(sure, side):
    text = "A judge refused a plea bargain for Dane Silvers. Silvers asked for another month."
    marks = (mark(text, "defendants", "Dane Silvers", sure), mark(text, "plaintiffs", "Silvers", 0.8, nth=1))
    product, submitted = summarizer([(text, labelling(text, *marks))])
    told = product.summarize_one(submitted).summary
    assert {name: bool(getattr(told, name)) for name in ("plaintiffs", "defendants")} == {name: name == side for name in ("plaintiffs", "defendants")}


def test_an_older_ruling_in_a_longer_caption_of_the_case_is_of_it():
    older = read_as(
        "Drivers of Ryde are workers, a tribunal found in Mr Y Asker, Mr J Farrow and Others v. Ryde.", {"rulings.other": "Drivers of Ryde are workers"}
    )
    newer = read_as("The appeal of Ryde in Asker & Farrow v Ryde was thrown out.", {"caption": "Asker & Farrow v Ryde", "rulings.dismissal": "thrown out"})
    product, submitted = summarizer((older, newer))
    told = product.summarize_one(submitted)
    assert [line.outcome for line in told.ledger] == ["used", "used"]
    assert "Drivers of Ryde are workers" in [fact.value for fact in told.summary.rulings]


def test_one_article_on_who_sues_and_one_on_who_is_sued_are_not_told_apart():
    suing = Telling("a", "Ada Pell sued over her pay.", plaintiffs=frozenset({"Ada Pell"}))
    sued = Telling("b", "Larkwell answered the suit.", defendants=frozenset({"Larkwell"}))
    assert parts(which_cases([suing, sued])) == {frozenset({"a", "b"})}
    both = replace(sued, plaintiffs=frozenset({"Noor Quist"}))
    assert parts(which_cases([suing, both])) == {frozenset({"a"}), frozenset({"b"})}
