"""Merging of courts, judges, days and sums: what is one told twice, what contradicts, and what is another."""

import datetime

import pytest
from casebrief.service.domain.evidence import Evidence, copied
from casebrief.service.domain.merging import Sources, merge
from casebrief.service.domain.schema import Date, Fact, Money, Relief
from casebrief.service.domain.spans import Span
from merged import CASE, DAY, summary_of

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


def _merged(text: str, *told: tuple[str, str, object]):
    """The summary of one article in which some words were marked: field, words, typed form."""
    evidence = [copied(field, "a1", text, Span(text.index(said), text.index(said) + len(said)), 0.9, normalized) for field, said, normalized in told]
    return merge(evidence, Sources({"a1": text}, {"a1": DAY}, {}, {}, lambda one, other: float(one == other)), CASE)


MARCH_3, MARCH_9 = (Date(date=f"2025-03-0{day}", precision="day") for day in (3, 9))
FILED = "Buyers took Norvane to court on March 3, weeks after the recall. A judge heard them on March 9.\n"


def test_the_filing_is_an_event_by_the_sentence_that_tells_its_day():
    summary = _merged(FILED, ("filed_on", "March 3", MARCH_3), ("timeline", "A judge heard them on March 9", MARCH_9))
    assert [(event.value, event.normalized.date) for event in summary.timeline] == [
        ("Buyers took Norvane to court on March 3, weeks after the recall", "2025-03-03"),
        ("A judge heard them on March 9", "2025-03-09"),
    ]
    assert "March 3" in [citation.quote for citation in summary.timeline[0].citations]


def test_the_filing_is_told_once_where_an_event_of_its_day_tells_it():
    summary = _merged(FILED, ("filed_on", "March 3", MARCH_3), ("timeline", "took Norvane to court on March 3", MARCH_3))
    assert [event.value for event in summary.timeline] == ["took Norvane to court on March 3"]


def test_an_event_is_told_by_words_that_tell_no_other_one_where_there_are_any():
    text = "Sued on March 3, it was fined on March 9.\nIt paid after the fine of March 9, it says.\n"
    both = text.splitlines()[0][:-1]
    summary = _merged(text, ("timeline", both, MARCH_3), ("timeline", both, MARCH_9), ("timeline", text.splitlines()[1][:-1], MARCH_9))
    assert [event.value for event in summary.timeline] == [both, "It paid after the fine of March 9, it says"]


@pytest.mark.parametrize(
    ("text", "said", "value"),
    [
        ("In May, users were reportedly not told of the change.", "reportedly not told of the change", "In May, users were reportedly not told of the change"),
        (
            "They say Norvane broke its promise to keep the films in Europe.",
            "keep the films in Europe",
            "They say Norvane broke its promise to keep the films in Europe",
        ),
        ("Norvane failed to warn them of the heat.", "warn them of the heat", "Norvane failed to warn them of the heat"),
        ("Norvane sold kettles that melt.", "sold kettles that melt", "sold kettles that melt"),
        (f"After {'months and ' * 20}years, and never warned them of it.", "warned them of it", "never warned them of it"),
    ],
)
def test_an_act_is_told_with_what_turns_it_round_and_whom_it_was_done_to(text, said, value):
    (act,) = _merged(text + "\n", ("allegations", said, None)).allegations
    assert act.value == value == act.citations[0].quote


def test_an_act_does_not_take_in_another_one():
    text = "It kept the films of buyers who were filmed without notice.\n"
    acts = _merged(text, ("allegations", "kept the films of buyers", None), ("allegations", "filmed without notice", None)).allegations
    assert {act.value for act in acts} == {"kept the films of buyers", "filmed without notice"}


@pytest.mark.parametrize(("title", "conflicts"), [("Magistrate Judge ", 0), ("Judge ", 1)])
def test_a_magistrate_before_the_judge_of_the_case_is_no_other_judge(title, conflicts):
    texts = {"a1": f"He was brought before {title}Ada Brinkworth.\n", "a2": "Judge Lucan Feherty sentenced him.\n"}
    names = {"a1": "Ada Brinkworth", "a2": "Lucan Feherty"}
    evidence = [copied("judge", key, text, Span(text.index(names[key]), text.index(names[key]) + len(names[key])), 0.9) for key, text in texts.items()]
    summary = merge(evidence, Sources(texts, {"a1": DAY, "a2": LATER}, {}, {}, None), CASE)
    assert (summary.judge.value, len(summary.conflicts)) == ("Lucan Feherty", conflicts)


@pytest.mark.parametrize(
    ("one", "other", "told"), [("got seven years", "got five years", 2), ("got seven years", "got 7 years", 1), ("60% at fault", "40 percent at fault", 2)]
)
def test_decisions_of_another_measure_are_two(one, other, told):
    text = f"He {one}.\nHe {other}.\n"
    evidence = [copied("rulings", "a1", text, Span(text.index(said), text.index(said) + len(said)), 0.9, Relief(kind="other")) for said in (one, other)]
    assert len(merge(evidence, Sources({"a1": text}, {"a1": DAY}, {}, {}, lambda one, other: 0.95), CASE).rulings) == told


def test_the_filing_in_a_sentence_too_long_for_a_value_is_told_by_its_day_alone():
    text = f"Buyers {'who had waited ' * 60}took Norvane to court on March 3.\n"
    summary = _merged(text, ("filed_on", "March 3", MARCH_3))
    assert [event.value for event in summary.timeline] == ["March 3"]
