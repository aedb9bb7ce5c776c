"""Reading by labels, over a fake engine that says what was marked: offsets, story, sides, typed forms, what is not believed."""

import datetime
import json

import pytest
from casebrief.models.engine import Labelling, Mark, Place, Sameness
from casebrief.models.errors import EngineError
from casebrief.models.fake import FakeEngine
from casebrief.service.domain.spans import lines, sentences
from casebrief.service.pipeline.articles import Submitted
from casebrief.service.pipeline.labelled import LabelReader
from casebrief.service.pipeline.summarizing import Summarizer

STORY = (
    "Norvane sued over kettles\n\n"
    "Norvane Home Inc was sued on Tuesday in federal court in Oakland, California, by customers who say that its kettles melt.\n\n"
    "“They melt. We told them,” said Ada Quill, a lawyer for the buyers. Norvane denied the claims.\n\n"
    "Read more: five tidy kitchens\n"
)


def mark(text: str, label: str, words: str, probability: float = 0.9, members: dict | None = None, vector: tuple = ()) -> Mark:
    """A mark of the first place where the words stand, as the engine tells places: by passage."""
    passages = [span for line in lines(text) for span in sentences(text, line)]
    start = text.index(words)

    def place(at: int, *, end: bool) -> Place:
        number = next(n for n, span in enumerate(passages) if span.start <= at < span.end or (end and at == span.end))
        return Place(number, at - passages[number].start)

    return Mark(label, place(start, end=False), place(start + len(words), end=True), probability, members or {}, vector)


def classes(status: str = "filed", related: float = 1.0) -> dict:
    return {"proceeding": {"civil": 0.9, "criminal": 0.1}, "status": {status: 0.8, "pending": 0.1}, "related": {"related": related, "unrelated": 1 - related}}


def labelling(text: str, *marks: Mark, status: str = "filed", related: float = 1.0) -> Labelling:
    return Labelling(tuple(sorted(marks, key=lambda one: (one.start.passage, one.start.character))), classes(status, related), 50)


def summary_of(*read: tuple[str, Labelling | EngineError], days: tuple = (), sameness: Sameness | None = None) -> dict:
    engine = FakeEngine(labellings=[found for _, found in read], **({"sameness": sameness} if sameness else {}))
    reader = LabelReader(engine, lambda field: 0.5, lambda field, probability: probability)
    submitted = [Submitted(f"a{n + 1}", text, published_on=days[n] if days else datetime.date(2025, 3, 6)) for n, (text, _) in enumerate(read)]
    response = json.loads(Summarizer(reader, "", lambda: engine.info).summarize(submitted).model_dump_json(by_alias=True))
    texts = {item.id: item.text for item in submitted}
    for name, value in response["summary"].items():
        for fact in value if isinstance(value, list) else [value] if value else []:
            for node in fact.get("citations", []):
                assert texts[node["article"]][node["start"] : node["end"]] == node["quote"], name
    return response


def test_marks_become_typed_facts_that_slice_back():
    told = summary_of(
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
    told = summary_of((STORY, labelling(STORY, mark(STORY, "defendants", "orvane Home Inc"), mark(STORY, "court", "federal court in Oakland,"))))
    assert [fact["value"] for fact in told["summary"]["defendants"]] == ["Norvane Home Inc"]
    assert told["summary"]["court"]["value"] == "federal court in Oakland"


def test_a_mark_that_cuts_initials_takes_all_of_them():
    text = STORY.replace("federal court in Oakland, California", "U.S. District Court in Oakland, California")
    told = summary_of((text, labelling(text, mark(text, "court", "S. District Court in Oakland, California"))))
    assert told["summary"]["court"]["value"] == "U.S. District Court in Oakland, California"


def test_what_is_not_sure_enough_is_not_told():
    told = summary_of((STORY, labelling(STORY, mark(STORY, "defendants", "Norvane Home Inc", 0.49), mark(STORY, "plaintiffs", "customers", 0.51))))
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
        told = summary_of(*(read[n] for n in order), days=tuple(days[n] for n in order))
        assert told["summary"]["status"]["value"] == "settled"


def test_an_article_of_something_else_is_told_in_the_ledger_and_gives_no_fact():
    other = "The fair opens on Friday. There will be cakes and a band, says the mayor.\n"
    told = summary_of((STORY, labelling(STORY, mark(STORY, "defendants", "Norvane Home Inc"))), (other, labelling(other, related=0.1)))
    assert [line["outcome"] for line in told["ledger"]] == ["used", "not_about_the_case"]
    assert "a2" not in json.dumps(told["summary"])


def test_an_article_that_the_engine_cannot_label_is_failed_in_the_ledger():
    broken = Labelling((), {}, 0, "PromptTooLong", "too long to be read")
    told = summary_of((STORY, labelling(STORY, mark(STORY, "defendants", "Norvane Home Inc"))), (STORY + "More.\n", broken))
    assert [(line["outcome"], line["reason"]) for line in told["ledger"]][1][0] == "failed"
    assert "too long to be read" in told["ledger"][1]["reason"]


def test_an_engine_that_fails_as_a_whole_fails_the_request():
    with pytest.raises(EngineError):
        summary_of((STORY, EngineError("the model died")))


def test_places_that_the_reader_thinks_alike_are_one_fact_with_all_its_citations():
    other = "Buyers say that the handles of the kettles come off while they pour.\n"
    same, apart = (1.0, 0.0), (0.0, 1.0)
    told = summary_of(
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
    told = summary_of((text, labelling(text, mark(text, "caption", "Quill v. Norvane Home Inc,"), mark(text, "docket_number", "No. 4:25-cv-01234"))))["summary"]
    assert told["caption"]["normalized"] == {"plaintiff": "Quill", "defendant": "Norvane Home Inc"}
    assert [fact["value"] for fact in told["plaintiffs"]] == ["Quill"]
    assert [fact["value"] for fact in told["defendants"]] == ["Norvane Home Inc"]
    assert told["docket_number"]["normalized"]["number"] == "4:25-cv-01234"
