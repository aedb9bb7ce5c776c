"""What changed between two summaries of a case: only what did, and never without its words."""

from collections.abc import Sequence
from typing import Any

import pytest
from casebrief.service.cases.changes import FIELDS, Change, changes
from casebrief.service.cases.versions import edit_of, known_as
from casebrief.service.domain.schema import SummaryResponse
from casebrief.service.pipeline.articles import Submitted
from hypothesis import given, settings
from hypothesis import strategies as st
from told import TEXTS, fact, phone_case, response

WORDS = "alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo lima".split()
"""One word is one statement; every article holds all."""

ARTICLES = {name: " ".join(WORDS) for name in ("a1", "a2", "a3")}
LISTS = ("allegations", "figures", "quotes", "rulings")

told = st.dictionaries(
    st.tuples(st.sampled_from(LISTS), st.sampled_from(WORDS)), st.sets(st.sampled_from(sorted(ARTICLES)), min_size=1).map(sorted), min_size=1, max_size=8
)
"""By field and word, the articles that state it."""


def summary(statements: dict[tuple[str, str], Sequence[str]], *, also: dict[str, str] | None = None, copies: dict[str, str] | None = None) -> SummaryResponse:
    """A summary in which each word is stated by some articles; ``also``: further articles with their texts."""
    texts = ARTICLES | (also or {})
    made: dict[str, list[Any]] = {}
    for (field, word), articles in statements.items():
        one = fact(texts, *((article, word) for article in articles))
        made.setdefault(field, []).append(one | {"independent_sources": max(1, len([name for name in articles if name not in (copies or {})]))})
    return response(texts, made, **{name: {"copy_of": of} for name, of in (copies or {}).items()})


def brief(found: Sequence[Change]) -> list[tuple[str, str, str]]:
    return [(one.kind, one.field, one.fact.value if one.fact else one.conflict.about if one.conflict else "") for one in found]


@settings(max_examples=30)
@given(told)
def test_where_nothing_changed_no_change_is_told_in_whatever_order_it_stands(statements: dict[tuple[str, str], list[str]]) -> None:
    assert changes(summary(statements), summary(statements)) == []
    assert changes(summary(statements), summary(dict(reversed(statements.items())))) == []
    assert changes(phone_case(), phone_case()) == []


@settings(max_examples=30)
@given(told)
def test_a_copy_changes_nothing_and_another_paper_only_confirms(statements: dict[tuple[str, str], list[str]]) -> None:
    repeated = {key: [*articles, "late"] for key, articles in statements.items()}
    before = summary(statements)
    assert changes(before, summary(repeated, also={"late": ARTICLES["a1"]}, copies={"late": "a1"})) == []
    confirmed = changes(before, summary(repeated, also={"late": ARTICLES["a1"]}))
    assert sorted(brief(confirmed)) == sorted(("confirmed", field, word) for field, word in statements)
    assert all([citation.article for citation in change.citations] == ["late"] for change in confirmed)


@settings(max_examples=30)
@given(told, told)
def test_every_change_cites_words_of_the_summary_that_it_tells_of_and_what_came_one_way_goes_the_other(
    before: dict[tuple[str, str], list[str]], after: dict[tuple[str, str], list[str]]
) -> None:
    there, back = changes(summary(before), summary(after)), changes(summary(after), summary(before))
    for change in there:
        told_in = before if change.kind == "gone" else after
        assert change.citations
        assert change.fact
        for citation in change.citations:
            assert ARTICLES[citation.article][citation.start : citation.end] == citation.quote
            assert citation.article in told_in[change.field, citation.quote]
    assert {one for one in brief(there) if one[0] == "new"} == {("new", field, word) for field, word in after if (field, word) not in before}
    assert sorted(one[1:] for one in brief(there) if one[0] == "new") == sorted(one[1:] for one in brief(back) if one[0] == "gone")


def test_all_that_the_first_summary_states_is_new_but_the_abstract_which_repeats_it() -> None:
    found = changes(None, phone_case())
    assert {kind for kind, *_ in brief(found)} == {"new", "contradicted"}
    assert {field for _, field, _ in brief(found)} <= set(FIELDS)
    assert ("contradicted", "figures", "users") in brief(found)
    assert not [one for one in brief(found) if one[:2] == ("new", "figures")]  # what the conflict tells is not told twice


def test_a_value_that_changed_is_told_with_what_it_was() -> None:
    def case(status: str, day: str) -> SummaryResponse:
        filed = fact(TEXTS, ("wire", "Tuesday night"), value=day, normalized={"date": "2025-03-04"[: len(day)], "precision": "day"}, guarantee="normalized")
        return response(TEXTS, {"status": fact(TEXTS, ("daily", "A hearing is set"), value=status, guarantee="inferred"), "filed_on": filed})

    found = changes(case("filed", "2025-03"), case("pending", "2025-03-04"))
    assert [(one.kind, one.was and one.was.value, one.fact and one.fact.value) for one in found] == [
        ("changed", "2025-03", "2025-03-04"),
        ("changed", "filed", "pending"),
    ]


def test_other_words_of_the_same_group_are_merging_choice_and_no_change() -> None:
    places = [("wire", "its batteries swell"), ("daily", "batteries that swell")]
    one, other = (response(TEXTS, {"allegations": [fact(TEXTS, *order)]}) for order in (places, places[::-1]))
    assert changes(one, other) == []
    apart = response(TEXTS, {"allegations": [fact(TEXTS, places[0]), fact(TEXTS, places[1])]})
    assert changes(one, apart) == []
    assert changes(apart, one) == []


def test_an_edited_article_is_told_by_what_it_says_wherever_that_stands_now() -> None:
    def case(text: str, *stated: str) -> SummaryResponse:
        return response({"wire": text}, {"allegations": [fact({"wire": text}, ("wire", words)) for words in stated]})

    before = case("Owners say it swells. They say it smokes.", "it swells", "it smokes")
    after = case("Updated. Owners say it burns. They say it swells.", "it burns", "it swells")
    assert brief(changes(before, after)) == [("new", "allegations", "it burns"), ("gone", "allegations", "it smokes")]


def test_a_conflict_is_told_when_it_comes_gets_a_side_changes_its_kind_or_goes() -> None:
    def case(kind: str | None, sides: int) -> SummaryResponse:
        numbers = [fact(ARTICLES, ("a1", word), normalized={"quantity": place, "unit": "users"}) for place, word in enumerate(WORDS[:3])]
        positions = [{key: one[key] for key in ("value", "normalized", "citations")} for one in numbers[:sides]]
        conflicts = [{"field": "figures", "about": "users", "kind": kind, "positions": positions}] if kind else []
        return response(ARTICLES, {"figures": numbers[:2], "conflicts": conflicts})

    none, two, three, past = case(None, 2), case("contradiction", 2), case("contradiction", 3), case("superseded", 2)
    assert brief(changes(none, two)) == [("contradicted", "figures", "users")]
    assert brief(changes(two, three)) == [("contradicted", "figures", "users")]
    assert changes(two, three)[0].citations[0].quote == WORDS[2]
    assert brief(changes(two, past)) == [("superseded", "figures", "users")]
    assert brief(changes(two, none)) == [("gone", "figures", "users")]


STORY = (
    "The owners of Marrow phones went to court over batteries that swell in the pocket and the firm said that it would fight the claim to the very end of it"
)


@pytest.mark.parametrize(
    ("arrived", "kept", "text", "is_edit"),
    [
        ({}, {}, f"{STORY}. It added that no phone was ever returned.", True),
        ({"publisher": "The Wire"}, {"publisher": "the wire "}, f"{STORY}.", True),
        ({"publisher": "The Daily"}, {"publisher": "The Wire"}, f"{STORY}.", False),
        ({"publisher": "The Daily"}, {}, f"{STORY}.", False),
        ({"url": "https://a.example/1"}, {"url": "https://b.example/2"}, f"{STORY}.", False),
        ({}, {}, " ".join(STORY.split()[:26]) + ".", True),
        ({}, {}, " ".join(STORY.split()[:16]) + " was told by another paper that took over a part of it and went on in words of its own.", False),
        ({}, {}, "A mayor opened a bridge over the river that had been closed for repairs since the spring and many people came to see it on the day.", False),
    ],
)
def test_a_text_is_a_version_of_what_its_own_paper_wrote_and_a_copy_of_what_others_did(
    arrived: dict[str, str], kept: dict[str, str], text: str, is_edit: bool
) -> None:
    new, old = Submitted("new", text, **arrived), Submitted("old", f"{STORY}.", **kept)  # type: ignore[arg-type]
    assert edit_of(new, [old], {"new": [text], "old": [old.text]}) == ("old" if is_edit else None)


def test_an_article_is_known_by_the_id_that_its_client_gave_and_by_its_address() -> None:
    kept = [Submitted("a1", "one", url="https://a.example/story"), Submitted("a2", "two")]
    assert known_as(Submitted("a2", "other"), kept, by_id=True) == "a2"
    assert known_as(Submitted("a2", "other"), kept, by_id=False) is None
    assert known_as(Submitted("x", "other", url="https://a.example/story#comments"), kept, by_id=True) == "a1"
