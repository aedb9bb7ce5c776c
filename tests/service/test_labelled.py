"""Reading by labels, over a fake engine that says what was marked: offsets, story, sides, typed forms, what is not believed."""

import datetime
import json

import pytest
from casebrief.models.engine import Labelling, Sameness
from casebrief.models.errors import EngineError
from marking import labelling, mark, response_of

STORY = (
    "Norvane sued over kettles\n\n"
    "Norvane Home Inc was sued on Tuesday in federal court in Oakland, California, by customers who say that its kettles melt.\n\n"
    "“They melt. We told them,” said Ada Quill, a lawyer for the buyers. Norvane denied the claims.\n\n"
    "Read more: five tidy kitchens\n"
)


def test_marks_become_typed_facts_that_slice_back():
    told = response_of(
        (
            STORY,
            labelling(
                STORY,
                mark(STORY, "defendants", "Norvane Home Inc"),
                mark(STORY, "filed_on", "Tuesday"),
                mark(STORY, "court", "federal court in Oakland, California"),
                mark(STORY, "plaintiffs", "customers"),
                mark(STORY, "allegations", "its kettles melt"),
                mark(STORY, "quotes", "They melt. We told them"),
                mark(STORY, "speaker", "Ada Quill, a lawyer for the buyers"),
                mark(STORY, "counsel", "Ada Quill", members={"plaintiff": 0.9, "defendant": 0.1}),
                mark(STORY, "responses", "denied the claims", members={"denies": 0.9, "other": 0.1}),
                mark(STORY, "furniture", "Read more: five tidy kitchens"),
            ),
        )
    )
    summary = told["summary"]
    assert summary["filed_on"]["normalized"] == {"date": "2025-03-04", "precision": "day"}
    assert summary["court"]["normalized"]["court_id"] == "cand"
    assert [fact["value"] for fact in summary["defendants"]] == ["Norvane Home Inc"]
    assert [fact["value"] for fact in summary["allegations"]] == ["its kettles melt"]
    assert summary["quotes"][0]["normalized"]["speaker"] == "Ada Quill, a lawyer for the buyers"
    assert summary["counsel"][0]["normalized"] == {"name": "Ada Quill", "for": "plaintiff"}
    assert summary["responses"][0]["normalized"]["stance"] == "denies"
    assert (summary["status"]["value"], summary["status"]["guarantee"], summary["proceeding"]["value"]) == ("filed", "inferred", "civil")
    assert told["articles"][0]["title"] == "Norvane sued over kettles"
    assert not any(start <= STORY.index("Read more") < end for start, end in told["articles"][0]["used"])
    assert told["provenance"]["reader"] == "labels"


def test_a_mark_that_cuts_a_word_takes_all_of_it_and_no_comma():
    told = response_of((STORY, labelling(STORY, mark(STORY, "defendants", "orvane Home Inc"), mark(STORY, "court", "federal court in Oakland,"))))
    assert [fact["value"] for fact in told["summary"]["defendants"]] == ["Norvane Home Inc"]
    assert told["summary"]["court"]["value"] == "federal court in Oakland"


def test_a_mark_that_cuts_initials_takes_all_of_them():
    text = STORY.replace("federal court in Oakland, California", "U.S. District Court in Oakland, California")
    told = response_of((text, labelling(text, mark(text, "court", "S. District Court in Oakland, California"))))
    assert told["summary"]["court"]["value"] == "U.S. District Court in Oakland, California"


def test_what_is_not_sure_enough_is_not_told():
    told = response_of((STORY, labelling(STORY, mark(STORY, "defendants", "Norvane Home Inc", 0.49), mark(STORY, "plaintiffs", "customers", 0.51))))
    assert told["summary"]["defendants"] == []
    assert [fact["value"] for fact in told["summary"]["plaintiffs"]] == ["customers"]


def test_the_newest_article_tells_the_status_whatever_the_order():
    newer = STORY.replace("was sued on Tuesday", "has settled")
    for order in ((0, 1), (1, 0)):
        read = [
            (STORY, labelling(STORY, mark(STORY, "defendants", "Norvane Home Inc"))),
            (newer, labelling(newer, mark(newer, "defendants", "Norvane Home Inc"), status="settled")),
        ]
        days = [datetime.date(2025, 3, 6), datetime.date(2025, 9, 1)]
        told = response_of(*(read[n] for n in order), days=tuple(days[n] for n in order))
        assert told["summary"]["status"]["value"] == "settled"


def test_an_article_of_something_else_is_told_in_the_ledger_and_gives_no_fact():
    other = "The fair opens on Friday. There will be cakes and a band, says the mayor.\n"
    told = response_of((STORY, labelling(STORY, mark(STORY, "defendants", "Norvane Home Inc"))), (other, labelling(other, related=0.1)))
    assert [line["outcome"] for line in told["ledger"]] == ["used", "not_about_the_case"]
    assert "a2" not in json.dumps(told["summary"])


def test_an_article_that_the_engine_cannot_label_is_failed_in_the_ledger():
    broken = Labelling((), {}, 0, "PromptTooLong", "too long to be read")
    told = response_of((STORY, labelling(STORY, mark(STORY, "defendants", "Norvane Home Inc"))), (STORY + "More.\n", broken))
    assert [(line["outcome"], line["reason"]) for line in told["ledger"]][1][0] == "failed"
    assert "too long to be read" in told["ledger"][1]["reason"]


def test_an_engine_that_fails_as_a_whole_fails_the_request():
    with pytest.raises(EngineError):
        response_of((STORY, EngineError("the model died")))


def test_places_that_the_reader_thinks_alike_are_one_fact_with_all_its_citations():
    other = "Buyers say that the handles of the kettles come off while they pour.\n"
    same, apart = (1.0, 0.0), (0.0, 1.0)
    told = response_of(
        (STORY, labelling(STORY, mark(STORY, "allegations", "its kettles melt", vector=same), mark(STORY, "defendants", "Norvane Home Inc"))),
        (
            other,
            labelling(
                other,
                mark(other, "allegations", "come off while they pour", vector=apart),
                mark(other, "allegations", "the handles", vector=same),
                mark(other, "plaintiffs", "Buyers"),
            ),
        ),
        sameness=Sameness(10, -5),
    )
    found = {fact["value"]: len(fact["citations"]) for fact in told["summary"]["allegations"]}
    assert sorted(found.values()) == [1, 2]


def test_a_caption_names_its_two_parties():
    text = "The case is Quill v. Norvane Home Inc, No. 4:25-cv-01234, in Oakland.\n"
    told = response_of((text, labelling(text, mark(text, "caption", "Quill v. Norvane Home Inc,"), mark(text, "docket_number", "No. 4:25-cv-01234"))))[
        "summary"
    ]
    assert told["caption"]["normalized"] == {"plaintiff": "Quill", "defendant": "Norvane Home Inc"}
    assert [fact["value"] for fact in told["plaintiffs"]] == ["Quill"]
    assert [fact["value"] for fact in told["defendants"]] == ["Norvane Home Inc"]
    assert told["docket_number"]["normalized"]["number"] == "4:25-cv-01234"


@pytest.mark.parametrize(("behind", "causes"), [(" and state laws on privacy", ["federal and state laws"]), (" grounds of which nothing is known", [])])
def test_words_that_only_say_whose_a_law_is_are_no_law(behind, causes):
    text = f"Norvane Home Inc was sued by buyers in Oakland. The suit rests on federal{behind}.\n"
    told = response_of((text, labelling(text, mark(text, "defendants", "Norvane Home Inc"), mark(text, "causes_of_action", "federal"))))
    assert [fact["value"] for fact in told["summary"]["causes_of_action"]] == causes
