"""What merging promises whatever the articles say: their order changes nothing, a copy adds no source, and no fact outlives the article that told it."""

import datetime

import pytest
from casebrief.service.domain.article import CaseIdentity
from casebrief.service.domain.evidence import Evidence, copied
from casebrief.service.domain.merging import Sources, merge
from casebrief.service.domain.names import same_name
from casebrief.service.domain.schema import CaseSummary, Court, Date, Fact, Figure, Money, Name, Relief, Response
from casebrief.service.domain.spans import Span
from hypothesis import given, settings
from hypothesis import strategies as st

CASE = CaseIdentity(None, (), (), ())
TOLD = {
    "Norvane Home Inc": ("defendants", Name(name="Norvane Home Inc"), ""),
    "Norvane": ("defendants", Name(name="Norvane"), ""),
    "Windrow Kitchens": ("defendants", Name(name="Windrow Kitchens"), ""),
    "kettle maker": ("defendants", Name(name="kettle maker"), ""),
    "Clayton Act": ("causes_of_action", None, ""),
    "Section 7 of the Clayton Act": ("causes_of_action", None, ""),
    "the doorbells record visitors": ("allegations", None, ""),
    "kettles melt on the stove": ("allegations", None, ""),
    "pay $40 million": ("rulings", Money(kind="settlement", amount=40_000_000, currency="USD", per=None, qualifier=None), ""),
    "pay $44 million": ("rulings", Money(kind="settlement", amount=44_000_000, currency="USD", per=None, qualifier=None), ""),
    "pay $47 million": ("rulings", Money(kind="settlement", amount=47_000_000, currency="USD", per=None, qualifier=None), ""),
    "pay nearly $50 million": ("rulings", Money(kind="settlement", amount=50_000_000, currency="USD", per=None, qualifier="about"), ""),
    "pay more than $50 million": ("rulings", Money(kind="settlement", amount=50_000_000, currency="USD", per=None, qualifier="at least"), ""),
    "pay A$40 million": ("rulings", Money(kind="settlement", amount=40_000_000, currency="AUD", per=None, qualifier=None), ""),
    "pay $43.7 million": ("rulings", Money(kind="settlement", amount=43_700_000, currency="USD", per=None, qualifier=None), ""),
    "denies that the kettles melt": ("responses", Response(speaker="Norvane", stance="denies"), ""),
    "calls the suit baseless": ("responses", Response(speaker="Norvane", stance="denies"), ""),
    "had no comment": ("responses", Response(speaker="Norvane", stance="declined_to_comment"), ""),
    "heard on May 5": ("timeline", Date(date="2025-05-05", precision="day"), "May 5"),
    "argued on May 5": ("timeline", Date(date="2025-05-05", precision="day"), "May 5"),
    "Ada Brinkworth": ("judge", Name(name="Ada Brinkworth"), ""),
    "Lucan Feherty": ("judge", Name(name="Lucan Feherty"), ""),
    "lifted the injunction": ("rulings", Relief(kind="injunction"), "injunction"),
    "85,000 buyers": ("figures", Figure(quantity=85_000, unit="buyers"), ""),
    "58,000 buyers": ("figures", Figure(quantity=58_000, unit="buyers"), ""),
    "85,000 homes": ("figures", Figure(quantity=85_000, unit="homes"), ""),
    "83,000 buyers": ("figures", Figure(quantity=83_000, unit="buyers"), ""),
    "62,000 buyers": ("figures", Figure(quantity=62_000, unit="buyers"), ""),
    "74,000 kettles": ("figures", Figure(quantity=74_000, unit="kettles"), ""),
    "some 60": ("figures", None, ""),
    "March 3": ("filed_on", Date(date="2025-03-03", precision="day"), ""),
    "March 13": ("filed_on", Date(date="2025-03-13", precision="day"), ""),
    "2022": ("filed_on", Date(date="2022", precision="year"), ""),
    "federal court in Oakland": ("court", Court(court_id="cand", name="Northern District of California"), ""),
    "court in San Francisco": ("court", Court(court_id=None, name="court in San Francisco"), ""),
    "Federal Court of Appeal": ("court", Court(court_id=None, name="Federal Court of Appeal"), ""),
    "Federal Court": ("court", Court(court_id=None, name="Federal Court"), ""),
    "Commercial Court": ("court", Court(court_id=None, name="Commercial Court"), ""),
    "High Court": ("court", Court(court_id=None, name="High Court"), ""),
    "eight other owners": ("figures", Figure(quantity=8, unit="owners"), ""),
    "nine owners": ("figures", Figure(quantity=9, unit="owners"), ""),
    "some 91,000": ("figures", None, ""),
    "fired on March 10": ("timeline", Date(date="2025-03-10", precision="day"), "March 10"),
    "sacked on March 17": ("timeline", Date(date="2025-03-17", precision="day"), "March 17"),
    "threw out the plea bargain on Monday": ("timeline", Date(date="2025-03-01", precision="day"), "Monday"),
    "threw out the plea bargain on March 22": ("timeline", Date(date="2025-03-22", precision="day"), "March 22"),
    "Brinkworth, J.": ("judge", Name(name="Brinkworth, J."), ""),
    "$500": ("relief_sought", Money(kind="fine", amount=500, currency="USD", per=None, qualifier=None), ""),
    "$500 per call": ("relief_sought", Money(kind="statutory_damages", amount=500, currency="USD", per="call", qualifier=None), ""),
    "refused the class": ("rulings", Relief(kind="other"), "certification"),
    "revived the class": ("rulings", Relief(kind="other"), "certification"),
    "upheld the fine": ("rulings", Relief(kind="other"), "other"),
    "struck out": ("rulings", Relief(kind="other"), "dismissal"),
    "9th Circuit": ("court", Court(court_id="ca9", name="9th Circuit"), ""),
}
DAY = datetime.date(2025, 3, 3)
ARTICLES = st.lists(st.lists(st.sampled_from(sorted(TOLD)), min_size=1, max_size=5, unique=True), min_size=1, max_size=4, unique_by=tuple)


def text_of(words: list[str]) -> str:
    return ". ".join(words) + ".\n"


def sources_of(texts: dict[str, str], days: dict[str, datetime.date | None], copies: dict[str, str], alike: float) -> Sources:
    return Sources(texts, days, copies, {}, lambda one, other: alike)


def evidence_in(article: str, words: list[str]) -> list[Evidence]:
    text = text_of(words)
    found = []
    for said in words:
        field, normalized, about = TOLD[said]
        start = text.index(said)
        found.append(copied(field, article, text, Span(start, start + len(said)), 0.9, normalized, about))
    return found


def summary_of(articles: dict[str, list[str]], days: dict[str, datetime.date | None], copies: dict[str, str] | None = None, alike: float = 0.5) -> CaseSummary:
    sources = sources_of({name: text_of(words) for name, words in articles.items()}, days, copies or {}, alike)
    return merge([item for name, words in articles.items() for item in evidence_in(name, words)], sources, CASE)


def facts_of(summary: CaseSummary) -> list[tuple[str, Fact]]:
    single = [(name, getattr(summary, name)) for name in ("court", "judge") if getattr(summary, name)]
    return single + [
        (name, fact)
        for name in ("defendants", "allegations", "rulings", "figures", "causes_of_action", "responses", "timeline")
        for fact in getattr(summary, name)
    ]


def named(articles: list[list[str]]) -> tuple[dict[str, list[str]], dict[str, datetime.date | None]]:
    return (
        {f"a{number}": words for number, words in enumerate(articles)},
        {f"a{number}": DAY + datetime.timedelta(days=60 * number) for number in range(len(articles))},
    )


def told(summary: CaseSummary) -> tuple[set, set]:
    """What a summary tells, the order of facts, citations and positions aside."""
    facts = {(name, fact.independent_sources, frozenset((c.article, c.start, c.end) for c in fact.citations)) for name, fact in facts_of(summary)}
    conflicts = {(c.field, c.kind, frozenset(frozenset((x.article, x.start) for x in p.citations) for p in c.positions)) for c in summary.conflicts}
    return facts, conflicts


@settings(deadline=None, max_examples=200)
@given(ARTICLES, st.randoms(use_true_random=False))
def test_the_order_of_the_articles_changes_no_fact_and_no_conflict(articles, random):
    known, days = named(articles)
    shuffled = list(known.items())
    random.shuffle(shuffled)
    assert told(summary_of(known, days)) == told(summary_of(dict(shuffled), days))


@settings(deadline=None, max_examples=200)
@given(ARTICLES)
def test_a_copy_adds_citations_and_nothing_else(articles):
    known, days = named(articles)
    before = summary_of(known, days)
    after = summary_of({**known, "copy": known["a0"]}, {**days, "copy": days["a0"]}, {"copy": "a0"})
    assert [(name, fact.value, fact.independent_sources, fact.confidence) for name, fact in facts_of(before)] == [
        (name, fact.value, fact.independent_sources, fact.confidence) for name, fact in facts_of(after)
    ]
    assert [(c.field, c.kind, len(c.positions)) for c in before.conflicts] == [(c.field, c.kind, len(c.positions)) for c in after.conflicts]


@settings(deadline=None, max_examples=200)
@given(ARTICLES)
def test_what_one_article_alone_told_goes_with_it(articles):
    known, days = named(articles)
    last = f"a{len(articles) - 1}"
    rest = {name: words for name, words in known.items() if name != last}
    alone = set(known[last]) - {said for words in rest.values() for said in words}
    without = summary_of(rest, days) if rest else CaseSummary()
    assert not alone & {citation.quote for _, fact in facts_of(without) for citation in fact.citations}


def test_a_lower_award_of_an_appeal_supersedes_the_first_and_both_are_told():
    words = {"a1": ["pay $40 million"], "a2": ["pay $44 million"]}
    (found,) = summary_of(words, {"a1": DAY, "a2": DAY + datetime.timedelta(days=200)}).conflicts
    assert (found.kind, [position.value for position in found.positions]) == ("superseded", ["pay $40 million", "pay $44 million"])


def test_two_papers_that_tell_one_settlement_differently_contradict_each_other():
    words = {"a1": ["pay $40 million"], "a2": ["pay $44 million"]}
    (found,) = summary_of(words, {"a1": DAY, "a2": DAY + datetime.timedelta(days=1)}).conflicts
    assert found.kind == "contradiction"


def test_a_class_that_is_revived_a_year_later_supersedes_its_refusal():
    days = {"a1": DAY, "a2": DAY + datetime.timedelta(days=380)}
    (found,) = summary_of({"a1": ["refused the class"], "a2": ["revived the class"]}, days).conflicts
    assert (found.kind, [position.value for position in found.positions]) == ("superseded", ["refused the class", "revived the class"])


def test_a_decision_that_leaves_another_as_it_is_undoes_nothing():
    days = {"a1": DAY, "a2": DAY + datetime.timedelta(days=380)}
    assert not summary_of({"a1": ["refused the class"], "a2": ["upheld the fine"]}, days).conflicts


def test_a_count_with_its_digits_swapped_is_a_contradiction():
    words = {"a1": ["85,000 buyers"], "a2": ["58,000 buyers"]}
    (found,) = summary_of(words, {"a1": DAY, "a2": DAY}).conflicts
    assert (found.field, found.kind) == ("figures", "contradiction")


def test_counts_of_one_thing_under_two_words_stand_side_by_side_when_they_are_near():
    (found,) = summary_of({"a1": ["85,000 homes"], "a2": ["74,000 kettles"]}, {"a1": DAY, "a2": DAY}).conflicts
    assert {position.value for position in found.positions} == {"85,000 homes", "74,000 kettles"}


def test_three_counts_of_one_thing_are_one_conflict_with_a_position_each():
    days = {"a1": DAY, "a2": DAY + datetime.timedelta(days=1), "a3": DAY + datetime.timedelta(days=2)}
    (found,) = summary_of({"a1": ["62,000 buyers"], "a2": ["83,000 buyers"], "a3": ["85,000 buyers"]}, days).conflicts
    assert [position.value for position in found.positions] == ["62,000 buyers", "83,000 buyers", "85,000 buyers"]


def test_two_numbers_that_one_article_tells_are_no_conflict():
    assert not summary_of({"a1": ["62,000 buyers", "83,000 buyers"], "a2": ["83,000 buyers", "62,000 buyers"]}, {"a1": DAY, "a2": DAY}).conflicts


def test_one_count_under_two_words_is_one_figure():
    (one,) = summary_of({"a1": ["85,000 homes"], "a2": ["85,000 buyers"]}, {"a1": DAY, "a2": DAY}).figures
    assert one.independent_sources == 2


def test_a_number_with_nothing_behind_it_is_not_told():
    assert not summary_of({"a1": ["some 60"]}, {"a1": DAY}).figures


def test_a_sum_and_its_rounded_form_are_one_ruling():
    summary = summary_of({"a1": ["pay $43.7 million"], "a2": ["pay $44 million"]}, {"a1": DAY, "a2": DAY})
    assert (len(summary.rulings), summary.conflicts) == (1, [])


@pytest.mark.parametrize(("rough", "count"), [("pay nearly $50 million", 1), ("pay more than $50 million", 2)])
def test_a_sum_told_by_one_digit_is_the_sum_that_lies_on_its_side(rough, count):
    words = {"a1": ["pay $47 million"], "a2": [rough]}
    assert len(summary_of(words, {"a1": DAY, "a2": DAY}).rulings) == count


def test_equal_sums_in_the_dollars_of_two_countries_are_one():
    summary = summary_of({"a1": ["pay $40 million"], "a2": ["pay A$40 million"]}, {"a1": DAY, "a2": DAY})
    assert len(summary.rulings) == 1


def test_the_one_who_is_named_and_what_is_said_of_them_are_one_party_under_the_full_name():
    (party,) = summary_of({"a1": ["kettle maker", "Norvane"], "a2": ["Norvane Home Inc"]}, {"a1": DAY, "a2": DAY}).defendants
    assert (party.value, len(party.citations)) == ("Norvane Home Inc", 3)


def test_a_law_told_with_its_section_and_without_is_one_under_the_fuller_name():
    (cause,) = summary_of({"a1": ["Clayton Act"], "a2": ["Section 7 of the Clayton Act"]}, {"a1": DAY, "a2": DAY}).causes_of_action
    assert cause.value == "Section 7 of the Clayton Act"


def test_days_of_filing_near_to_each_other_contradict_and_those_of_two_papers_do_not():
    later = DAY + datetime.timedelta(days=20)
    near = summary_of({"a1": ["March 3"], "a2": ["March 13"]}, {"a1": later, "a2": later})
    far = summary_of({"a1": ["March 3"], "a2": ["2022"]}, {"a1": later, "a2": later})
    assert ([found.field for found in near.conflicts], far.conflicts) == (["filed_on"], [])


def test_a_day_of_filing_that_still_lay_ahead_when_another_was_told_is_of_another_paper():
    summary = summary_of({"a1": ["March 3"], "a2": ["March 13"]}, {"a1": DAY + datetime.timedelta(days=1), "a2": DAY + datetime.timedelta(days=90)})
    assert summary.conflicts == []


def test_initials_name_a_company_with_its_legal_form_and_an_office_with_its_own_initials():
    assert same_name("NHL", "Norvane Home Logistics Pte Ltd")
    assert same_name("HMRC", "HM Revenue & Customs")
    assert not same_name("NHP", "Norvane Home Logistics Pte Ltd")


def test_two_answers_of_one_sense_in_other_words_stay_apart_and_silence_is_told_once():
    summary = summary_of(
        {"a1": ["denies that the kettles melt", "had no comment"], "a2": ["calls the suit baseless", "had no comment"]}, {"a1": DAY, "a2": DAY}, alike=0.1
    )
    assert sorted(fact.value for fact in summary.responses) == ["calls the suit baseless", "denies that the kettles melt", "had no comment"]


def test_what_articles_tell_of_one_day_is_one_event():
    (event,) = summary_of({"a1": ["heard on May 5"], "a2": ["argued on May 5"]}, {"a1": DAY, "a2": DAY}).timeline
    assert event.independent_sources == 2


def test_the_judge_of_the_newest_article_has_the_case_and_the_one_before_is_superseded():
    summary = summary_of({"a1": ["Ada Brinkworth"], "a2": ["Lucan Feherty"]}, {"a1": DAY, "a2": DAY + datetime.timedelta(days=90)})
    assert (summary.judge.value, [found.kind for found in summary.conflicts]) == ("Lucan Feherty", ["superseded"])


def test_each_further_source_halves_the_doubt():
    first = summary_of({"a1": ["kettles melt on the stove"]}, {"a1": DAY}).allegations[0].confidence
    both = (
        summary_of({"a1": ["kettles melt on the stove"], "a2": ["kettles melt on the stove", "Clayton Act"]}, {"a1": DAY, "a2": DAY}).allegations[0].confidence
    )
    assert 1 - both == pytest.approx((1 - first) / 2)


LATER = DAY + datetime.timedelta(days=400)


@pytest.mark.parametrize(
    ("older", "newer"),
    [("federal court in Oakland", "court in San Francisco"), ("Commercial Court", "High Court"), ("High Court", "High Court")],
)
def test_a_court_by_another_name_is_no_other_court(older, newer):
    assert summary_of({"a1": [older], "a2": [newer, "58,000 buyers"]}, {"a1": DAY, "a2": LATER}).conflicts == []


def test_a_court_of_appeal_is_another_court_though_its_name_holds_all_words_of_the_first():
    (found,) = summary_of({"a1": ["Federal Court"], "a2": ["Federal Court of Appeal"]}, {"a1": DAY, "a2": LATER}).conflicts
    assert (found.kind, [position.value for position in found.positions]) == ("superseded", ["Federal Court", "Federal Court of Appeal"])


def test_a_judge_with_the_letters_of_the_office_is_the_same_judge():
    assert summary_of({"a1": ["Ada Brinkworth"], "a2": ["Brinkworth, J."]}, {"a1": DAY, "a2": LATER}).conflicts == []


def test_two_judges_in_articles_of_one_week_contradict_each_other():
    (found,) = summary_of({"a1": ["Ada Brinkworth"], "a2": ["Lucan Feherty"]}, {"a1": DAY, "a2": DAY + datetime.timedelta(days=2)}).conflicts
    assert found.kind == "contradiction"


def test_one_and_eight_others_are_nine():
    assert summary_of({"a1": ["eight other owners"], "a2": ["nine owners"]}, {"a1": DAY, "a2": DAY}).conflicts == []


def test_a_number_with_nothing_behind_it_still_differs_from_another_and_is_no_figure():
    summary = summary_of({"a1": ["85,000 homes"], "a2": ["some 91,000"]}, {"a1": DAY, "a2": DAY})
    assert ([len(found.positions) for found in summary.conflicts], [figure.value for figure in summary.figures]) == ([2], ["85,000 homes"])


def test_an_event_to_which_two_articles_give_two_days_is_told_as_a_contradiction():
    past = DAY + datetime.timedelta(days=60)
    (found,) = summary_of({"a1": ["fired on March 10"], "a2": ["sacked on March 17"]}, {"a1": past, "a2": LATER}).conflicts
    assert (found.field, found.kind) == ("timeline", "contradiction")


def test_an_event_told_in_the_same_words_with_two_days_is_a_contradiction_though_one_is_told_by_its_weekday():
    words = {"a1": ["threw out the plea bargain on Monday"], "a2": ["threw out the plea bargain on March 22"]}
    (found,) = summary_of(words, {"a1": DAY, "a2": DAY + datetime.timedelta(days=40)}).conflicts
    assert (found.field, found.kind, len(found.positions)) == ("timeline", "contradiction", 2)


def test_two_days_of_which_one_lay_ahead_when_the_other_was_told_are_two_events():
    assert summary_of({"a1": ["fired on March 10"], "a2": ["sacked on March 17"]}, {"a1": datetime.date(2025, 3, 12), "a2": LATER}).conflicts == []


def test_an_event_whose_day_lay_ahead_of_every_article_that_tells_of_it_is_marked_as_to_come():
    (planned,) = summary_of({"a1": ["heard on May 5"]}, {"a1": DAY}).timeline
    (past,) = summary_of({"a1": ["heard on May 5"], "a2": ["argued on May 5"]}, {"a1": DAY, "a2": LATER}).timeline
    assert (planned.to_come, past.to_come) == (True, False)


def test_a_sum_told_with_what_it_is_paid_for_and_without_is_one_demand():
    (demand,) = summary_of({"a1": ["$500"], "a2": ["$500 per call"]}, {"a1": DAY, "a2": DAY}).relief_sought
    assert demand.independent_sources == 2


@pytest.mark.parametrize(("kind", "per", "told"), [("class_action", "call", "statutory_damages"), ("class_action", None, "damages"), ("civil", "call", "fine")])
def test_a_class_asks_for_damages_and_never_for_a_fine(kind, per, told):
    text = "The suit wants $500 of them."
    demand = Money(kind="fine", amount=500, currency="USD", per=per, qualifier=None)
    evidence = [
        copied("relief_sought", "a1", text, Span(15, 19), 0.9, demand),
        Evidence("proceeding", "a1", Span(4, 8), kind, None, "inferred", 0.9),
    ]
    (asked,) = merge(evidence, Sources({"a1": text}, {"a1": DAY}, {}, {}, None), CASE).relief_sought
    assert asked.normalized.kind == told


def _ruling_in(text: str, said: str, normalized: Money | Relief) -> Fact:
    evidence = copied("rulings", "a1", text, Span(text.index(said), text.index(said) + len(said)), 0.9, normalized)
    (ruling,) = merge([evidence], Sources({"a1": text}, {"a1": DAY}, {}, {}, None), CASE).rulings
    return ruling


def test_a_sum_that_its_own_words_call_damages_is_no_fine():
    sum_of = Money(kind="fine", amount=5000, currency="USD", per="violation", qualifier=None)
    assert _ruling_in("Norvane owes $5,000 per violation in statutory damages.\n", "$5,000 per violation", sum_of).normalized.kind == "damages"


def test_a_fragment_takes_the_clause_that_makes_it_a_statement():
    told = _ruling_in("On Friday, after two years, the suit of the kettle buyers was struck out.\n", "struck out", Relief(kind="other"))
    assert told.value == "the suit of the kettle buyers was struck out"


def test_a_law_and_its_initials_are_one_cause_of_action():
    text = "It cites the Kettle Invasion of Privacy Act. KIPA forbids that.\n"
    found = [
        copied("causes_of_action", "a1", text, Span(text.index(said), text.index(said) + len(said)), 0.9) for said in ("Kettle Invasion of Privacy Act", "KIPA")
    ]
    (cause,) = merge(found, Sources({"a1": text}, {"a1": DAY}, {}, {}, None), CASE).causes_of_action
    assert cause.value == "Kettle Invasion of Privacy Act"
