"""Corrections by people: each finds its fact again by its words, in any order, once; what cannot be placed is told; the result is proved like any summary."""

import datetime
import itertools
from typing import Any

import pytest
from casebrief import __version__
from casebrief.service.corrections.asking import Selected, Wanted, corrections_of
from casebrief.service.corrections.laying import applied
from casebrief.service.corrections.model import CHOICES, FIELDS, SINGLE, Correction, CorrectionFault
from casebrief.service.corrections.words import Sources
from casebrief.service.domain.schema import SummaryResponse
from casebrief.service.exports.facts import facts
from casebrief.service.verifying import verify
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from told import DAILY, PHONE, TEXTS, fact, phone_case, response

CASE = phone_case()
NOON = datetime.datetime(2026, 11, 28, 12, tzinfo=datetime.UTC)


def asked(*wanted: Wanted, of: SummaryResponse | None = None, texts: dict[str, str] = TEXTS, by: str = "Jo", at: datetime.datetime = NOON) -> list[Correction]:
    of = of or CASE
    return corrections_of(list(wanted), of, Sources(of, texts), by, at)


def laid(*corrections: Correction, over: SummaryResponse | None = None, texts: dict[str, str] = TEXTS) -> SummaryResponse:
    return applied(over or CASE, corrections, texts)


def values(told: SummaryResponse, field: str) -> list[str]:
    return [one.fact.value for one in facts(told) if one.field == field]


def holds(told: SummaryResponse, texts: dict[str, str] = TEXTS) -> bool:
    """Whether every citation slices back and the whole is proved."""
    cited = [citation for one in facts(told) for citation in one.citations]
    assert all(texts[one.article][one.start : one.end] == one.quote for one in cited)
    assert verify(told, list(texts.values()), __version__).faults == ()
    return True


def words(quote: str, article: str = "wire") -> Selected:
    return Selected(article=article, quote=quote)


# ---------------------------------------------------------------------- what each does


def test_accepting_leaves_a_fact_as_it_is_and_says_who_did():
    told = laid(*asked(Wanted(action="accept", field="filed_on")))
    before, after = CASE.summary.filed_on, told.summary.filed_on
    assert after.corrected.model_dump() == {"action": "accept", "by": "Jo", "at": NOON, "was": before.value}
    assert after.model_copy(update={"corrected": None}) == before
    assert holds(told)


def test_changing_takes_the_words_of_a_source_and_types_them_by_rule():
    (change,) = asked(Wanted(action="change", field="figures", value="about 2.4 million users", words=words("more than 3 million users", "daily")))
    assert change.was
    assert change.now
    assert (change.was["value"], change.now["value"], change.words.quote) == (
        "about 2.4 million users",
        "more than 3 million users",
        "more than 3 million users",
    )
    told = laid(change)
    assert [(one.value, one.confidence, one.corrected.was) for one in told.summary.figures] == [("more than 3 million users", 1.0, "about 2.4 million users")]
    assert told.summary.conflicts == [], "what was in conflict says the same now"
    assert holds(told)


def test_a_value_of_a_closed_list_is_changed_with_the_words_that_show_it():
    told = laid(*asked(Wanted(action="change", field="status", choice="filed", words=words("was sued"))))
    assert (told.summary.status.value, told.summary.status.citations[0].quote) == ("filed", "was sued")
    told = laid(*asked(Wanted(action="change", field="responses", value="denied it", choice="other")))
    assert [one.normalized.stance for one in told.summary.responses] == ["declined_to_comment", "other"]
    assert holds(told)


def test_adding_makes_what_the_rules_make_of_the_words_and_events_stand_by_their_day():
    wanted = [
        Wanted(action="add", field="court", words=words("federal court in Oakland, California")),
        Wanted(action="add", field="timeline", words=words("Tuesday night")),
        Wanted(action="add", field="relief_sought", words=words("its batteries swell"), choice="injunction"),
        Wanted(action="add", field="plaintiffs", words=words("Odile Fenwright")),
        Wanted(action="add", field="quotes", words=words("more than 3 million users", "daily"), speaker="The firm"),
    ]
    told = laid(*asked(*wanted))
    assert told.summary.court.normalized.court_id == "cand"
    assert [one.normalized.date for one in told.summary.timeline] == ["2025-03-04", "2025-05-12"]
    assert told.summary.timeline[0].value.startswith("Marrow Phones Ltd was sued on Tuesday night")
    assert not told.summary.timeline[0].to_come
    assert told.summary.relief_sought[1].normalized.kind == "injunction"
    assert told.summary.quotes[1].normalized.speaker == "The firm"
    assert told.summary.plaintiffs[0].corrected.was is None
    assert {line.article: line.facts for line in told.ledger}["wire"] == sum(any(c.article == "wire" for c in one.citations) for one in facts(told))
    assert holds(told)


def test_an_event_that_a_person_states_is_to_come_where_its_day_lay_ahead():
    (event,) = laid(*asked(Wanted(action="add", field="timeline", words=words("May 12", "daily")))).summary.timeline
    assert (event.normalized.date, event.to_come, event.corrected.action) == ("2025-05-12", True, "add")


def test_deleting_takes_the_side_of_a_conflict_with_it():
    told = laid(*asked(Wanted(action="delete", field="figures", value="about 2.4 million users")))
    assert values(told, "figures") == ["more than 3 million users"]
    assert told.summary.conflicts == []
    assert holds(told)


def test_a_correction_can_be_corrected():
    (first,) = asked(Wanted(action="change", field="defendants", words=words("Cosima Marrow-Bligh")))
    once = laid(first)
    (second,) = asked(Wanted(action="change", field="defendants", words=words("Marrow Phones Ltd", "daily")), of=once, at=NOON + datetime.timedelta(hours=1))
    (last,) = asked(Wanted(action="delete", field="defendants"), of=laid(first, second), at=NOON + datetime.timedelta(hours=2))
    assert values(laid(second, first), "defendants") == ["Marrow Phones Ltd"]
    assert values(laid(last, second, first), "defendants") == []


# ---------------------------------------------------------------------- the next article, a new version, a new model


def reread(texts: dict[str, str], summary: dict[str, Any], **days: str) -> SummaryResponse:
    return response(texts, summary, days)


def test_corrections_survive_another_reading_of_the_same_articles():
    made = asked(
        Wanted(action="accept", field="quotes"),
        Wanted(action="change", field="defendants", words=words("Cosima Marrow-Bligh")),
        Wanted(action="delete", field="timeline"),
        Wanted(action="accept", field="status"),
    )
    other = reread(
        TEXTS,
        {
            "status": fact(TEXTS, ("daily", "A hearing is set for"), value="decided", guarantee="inferred"),
            "defendants": [fact(TEXTS, ("wire", "Phones Ltd"), normalized={"name": "Phones Ltd"})],
            "timeline": [
                fact(TEXTS, ("daily", "A hearing is set for May 12"), ("daily", "May 12"), normalized={"date": "2025-05-12", "precision": "day"}),
            ],
        },
        daily="2025-03-07",
    )
    told = laid(*made, over=other)
    assert values(told, "quotes") == ["They bulge like bread"], "an accepted fact that is not read again is put back"
    assert values(told, "defendants") == ["Cosima Marrow-Bligh"]
    assert values(told, "timeline") == []
    assert values(told, "status") == ["pending"], "an accepted value holds against another one of the same words"
    assert told.corrections.unplaced == []
    assert holds(told)


def test_words_are_found_again_in_a_new_version_of_their_article_and_told_where_they_are_gone():
    made = asked(Wanted(action="change", field="responses", value="denied it", choice="other"), Wanted(action="accept", field="timeline"))
    edited = TEXTS | {
        "daily": "Corrected. "
        + DAILY.replace("denied it", "denied\u00a0it").replace("A hearing is set for May 12. ", "").replace("A hearing is set for May 12.", "")
    }
    told = laid(*made, over=reread(edited, {}), texts=edited)
    assert [(one.value, one.normalized.stance, one.citations[0].quote) for one in told.summary.responses] == [("denied it", "other", "denied\u00a0it")]
    (lost,) = told.corrections.unplaced
    assert (lost.id, lost.field, lost.action) == (made[1].id, "timeline", "accept")
    assert "stands in daily no more" in lost.reason
    assert holds(told, edited)


def test_of_equal_places_in_a_new_version_the_one_with_the_same_words_around_it_is_meant():
    old = {"a": "Norvane was sued. Norvane denied it. Norvane lost."}
    new = {"a": "Norvane, Norvane and Norvane. Norvane was sued. Then Norvane denied it. Norvane lost."}
    start = old["a"].index("Norvane denied")
    made = asked(Wanted(action="add", field="defendants", words=Selected(article="a", start=start, end=start + 7)), of=reread(old, {}), texts=old)
    told = laid(*made, over=reread(new, {}), texts=new)
    assert told.summary.defendants[0].citations[0].start == new["a"].index("Norvane denied")
    equal = {"a": "Norvane denied it." + " " * 60 + "Norvane denied it."}
    told = laid(*made, over=reread(equal, {}), texts=equal)
    assert "stands in a 2 times" in told.corrections.unplaced[0].reason


def test_a_newer_article_is_not_overruled_and_the_correction_is_told():
    (change,) = asked(Wanted(action="change", field="status", choice="filed", words=words("was sued")))
    texts = TEXTS | {"next": "A judge dismissed the suit against Marrow Phones Ltd on Monday."}
    other = reread(
        texts, {"status": fact(texts, ("next", "dismissed the suit"), value="dismissed", guarantee="inferred")}, next="2025-06-01", wire="2025-03-06"
    )
    told = laid(change, over=other, texts=texts)
    assert told.summary.status.value == "dismissed"
    assert told.corrections.unplaced[0].reason == "status rests on next now, which is newer"
    older = reread(texts, {"status": fact(texts, ("daily", "A hearing"), value="pending", guarantee="inferred")}, wire="2025-03-06", daily="2025-03-05")
    assert laid(change, over=older, texts=texts).summary.status.value == "filed"


# ---------------------------------------------------------------------- whatever is corrected


@st.composite
def wants(draw) -> list[Wanted]:
    """Corrections of different facts, each on words of its own."""
    told = CASE
    chosen = draw(st.lists(st.sampled_from(facts(told)), unique_by=lambda one: one.id, max_size=6))
    wanted = []
    for one in chosen:
        place = Selected(article=one.citations[0].article, start=one.citations[0].start)
        action = draw(st.sampled_from(["accept", "delete", "change"]))
        more = {"words": draw(selections()), "choice": draw(choices(one.field))} if action == "change" else {}
        wanted.append(Wanted(action=action, field=one.field, value=one.fact.value, place=place, **more))
    added = draw(st.lists(st.sampled_from(sorted(set(FIELDS) - set(SINGLE))), max_size=4))
    return [*wanted, *(Wanted(action="add", field=field, words=draw(selections()), choice=draw(choices(field))) for field in added)]


@st.composite
def selections(draw) -> Selected:
    article = draw(st.sampled_from(sorted(TEXTS)))
    start = draw(st.integers(0, len(TEXTS[article]) - 1))
    return Selected(article=article, start=start, end=draw(st.integers(start + 1, min(len(TEXTS[article]), start + 80))))


def choices(field: str) -> st.SearchStrategy[str | None]:
    return st.sampled_from(CHOICES.get(field, (None,)))


def made_of(wanted: list[Wanted]) -> list[Correction]:
    """Those that can be made; what is no fact of those words is refused."""
    made = []
    for number, one in enumerate(wanted):
        try:
            made += asked(one, at=NOON + datetime.timedelta(seconds=number))
        except CorrectionFault:
            continue
    return made


@settings(max_examples=30)
@given(wants())
def test_to_apply_twice_is_to_apply_once_and_the_result_is_proved(wanted):
    made = made_of(wanted)
    once = laid(*made)
    assert laid(*made, over=once) == once
    assert SummaryResponse.model_validate_json(once.model_dump_json(by_alias=True)) == once
    told = once.corrections
    assert sorted([*told.placed, *(one.id for one in told.unplaced)] if told else []) == sorted(one.id for one in made)
    assert holds(once)


def apart(made: list[Correction]) -> bool:
    """Whether all facts before and after are of different words."""
    extents = [(one.field, document["citations"]) for one in made for document in (one.was if one.action != "accept" else None, one.now) if document]
    extents += [(one.field, [citation.model_dump() for citation in one.citations]) for one in facts(CASE) if one.fact.value not in [m.told for m in made]]
    cited = [{(field, c["article"], place) for c in citations for place in range(c["start"], c["end"])} for field, citations in extents]
    return all(one.isdisjoint(other) for one, other in itertools.combinations(cited, 2))


@settings(max_examples=30)
@given(wants(), st.randoms(use_true_random=False))
def test_the_order_of_corrections_of_different_facts_does_not_matter(wanted, chance):
    made = made_of(wanted)
    assume(len(made) > 1 and apart(made))
    times = [one.at for one in made]
    chance.shuffle(times)
    other = [one.model_copy(update={"at": at}) for one, at in zip(made, times, strict=True)]

    def timeless(told: SummaryResponse) -> list[Any]:
        kept = [one.fact.model_copy(update={"corrected": one.fact.corrected and one.fact.corrected.by}) for one in facts(told)]
        return [*kept, told.summary.conflicts, told.ledger, sorted(one.reason for one in told.corrections.unplaced)]

    assert timeless(laid(*made)) == timeless(laid(*other))


# ---------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"action": "accept", "field": "abstract"}, "'abstract' is no field that can be corrected"),
        ({"action": "accept", "field": "figures"}, "2 facts of figures may be meant"),
        ({"action": "accept", "field": "judge"}, "no fact of judge is meant: it has none"),
        ({"action": "accept", "field": "status", "choice": "filed"}, "to accept a fact takes no choice"),
        ({"action": "add", "field": "judge"}, "a fact rests on words"),
        ({"action": "add", "field": "status", "words": {"article": "wire", "quote": "was sued"}}, "there is one status: change it"),
        ({"action": "add", "field": "figures", "words": {"article": "wire", "quote": "Marrow"}}, "“Marrow” stands in wire 4 times: at 27"),
        ({"action": "add", "field": "figures", "words": {"article": "wire", "quote": "Norvane"}}, "“Norvane” stands in wire 0 times"),
        ({"action": "add", "field": "figures", "words": {"article": "nobody", "quote": "x"}}, "there is no article nobody"),
        ({"action": "add", "field": "figures", "words": {"article": "wire", "start": 5, "end": 5}}, "words are selected by a quote, or by start and end"),
        ({"action": "add", "field": "allegations", "words": {"article": "wire", "start": 0, "end": 200}}, "run over the end of a paragraph"),
        ({"action": "add", "field": "responses", "words": {"article": "daily", "quote": "denied it"}}, "responses takes one of denies"),
        (
            {"action": "add", "field": "counsel", "choice": "judge", "words": {"article": "daily", "quote": "The firm"}},
            "counsel takes one of plaintiff, defendant",
        ),
        ({"action": "add", "field": "judge", "choice": "x", "words": {"article": "daily", "quote": "The firm"}}, "judge has no list"),
        ({"action": "change", "field": "quotes", "speaker": "Nobody Atall"}, "the speaker 'Nobody Atall' is not named so in wire"),
        ({"action": "change", "field": "filed_on", "words": {"article": "wire", "quote": "Tuesday night"}}, "nothing would change"),
    ],
)
def test_what_cannot_be_made_says_what_would_be_right(wanted, told):
    with pytest.raises(CorrectionFault, match=r".") as fault:
        asked(Wanted.model_validate(wanted))
    assert told in str(fault.value)


def test_of_several_the_one_at_fault_is_named_and_who_corrects_must_be_said():
    with pytest.raises(CorrectionFault, match=r"^/1: "):
        asked(Wanted(action="accept", field="filed_on"), Wanted(action="accept", field="judge"))
    for by in ("", "\x1b ", "J" * 101):
        with pytest.raises(CorrectionFault, match="say who corrects"):
            asked(Wanted(action="accept", field="filed_on"), by=by)


def test_words_are_told_as_they_were_sent_and_read_as_a_person_sees_them():
    texts = {
        "a": "MARROW PHONES LTD SUED BY ITS OWNERS IN OAKLAND\n\nThe com\u00adpany was sued on **Tuesday night** by Nor\u00adma Gale &amp; others, for $5&nbsp;million.\n"
    }
    of = response(texts, {})
    wanted = [
        Wanted(action="add", field=field, words=words(quote, "a")) for field, quote in (("defendants", "MARROW PHONES LTD"), ("plaintiffs", "Norma Gale"))
    ]
    wanted.append(Wanted(action="add", field="relief_sought", words=words("$5\u00a0million", "a"), choice="damages"))
    told = laid(*asked(*wanted, of=of, texts=texts), over=of, texts=texts)
    assert [values(told, field) for field in ("defendants", "plaintiffs")] == [["MARROW PHONES LTD"], ["Norma Gale"]]
    assert told.summary.plaintiffs[0].citations[0].quote == "Nor\u00adma Gale"
    assert told.summary.relief_sought[0].normalized.amount == 5_000_000
    assert holds(told, texts)


def test_an_emoji_before_the_words_moves_nothing():
    assert PHONE.index("🦊") < PHONE.index("Odile Fenwright")
    told = laid(*asked(Wanted(action="add", field="plaintiffs", words=words("Odile Fenwright"))))
    assert told.summary.plaintiffs[0].citations[0].start == PHONE.index("Odile Fenwright")
