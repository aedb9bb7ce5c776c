"""What merging promises whatever the articles say: their order changes nothing, a copy adds no source, and no fact outlives the article that told it."""

import datetime

import pytest
from casebrief.service.domain.names import same_name
from casebrief.service.domain.schema import CaseSummary
from hypothesis import given, settings
from hypothesis import strategies as st
from merged import ARTICLES, DAY, facts_of, summary_of


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


def test_a_round_number_of_people_is_not_one_of_things_and_an_odd_one_is():
    two = summary_of({"a1": ["3 million users"], "a2": ["3 million kettles"]}, {"a1": DAY, "a2": DAY}).figures
    assert sorted((figure.value, [citation.article for citation in figure.citations]) for figure in two) == [
        ("3 million kettles", ["a2"]),
        ("3 million users", ["a1"]),
    ]
    (one,) = summary_of({"a1": ["2,843 users"], "a2": ["2,843 kettles"]}, {"a1": DAY, "a2": DAY}).figures
    assert {citation.article for citation in one.citations} == {"a1", "a2"}


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
