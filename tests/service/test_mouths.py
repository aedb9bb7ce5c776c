"""Who asks, decides, answers: what is another's, or did not come to pass, is no fact of the case."""

import pytest
from casebrief.models.engine import Labelling
from marking import DAY, labelling, mark, read_as, response_of


def told(text: str, marked: dict[str, str | list[str]], kind: str = "civil") -> dict[str, object]:
    text, read = read_as(text, {"defendants": "Norvane", **marked})
    named = {**read.classes, "proceeding": {kind: 0.95}}
    return response_of((text, Labelling(read.marks, named, read.tokens)), days=(DAY,))["summary"]


def values(summary, field):
    return [fact["value"] for fact in summary[field]]


def test_what_would_have_been_was_not_decided():
    text = "A judge threw out the deal with Norvane. With it Norvane would have kept its licence and paid $4 million.\n"
    summary = told(text, {"rulings.dismissal": "threw out the deal", "rulings.other": "kept its licence", "rulings.fine": "$4 million"})
    assert values(summary, "rulings") == ["threw out the deal"]


@pytest.mark.parametrize("text", ["The judge would not have it and fined Norvane $4 million.\n", "Norvane would have appealed but was fined $4 million.\n"])
def test_what_was_decided_beside_what_was_not_stays(text):
    assert len(told(text, {"rulings.fine": "$4 million"})["rulings"]) == 1


def test_in_a_prosecution_what_the_defence_wants_is_not_asked_for():
    text = "Norvane was convicted. His lawyers sought a warning letter. Prosecutors had asked for twelve long years.\n"
    marked = {"relief_sought.other": ["a warning letter", "twelve long years"]}
    assert values(told(text, marked, "criminal"), "relief_sought") == ["twelve long years"]
    assert len(told(text, marked, "civil")["relief_sought"]) == 2


def test_what_the_defendant_says_of_the_plaintiff_is_no_allegation():
    text = "Ada Quill sued Norvane for libel. Norvane had written that Quill stole kettles from its stores. Norvane printed it twice on its front page.\n"
    marked = {"plaintiffs": "Ada Quill", "allegations": ["stole kettles from its stores", "printed it twice on its front page"]}
    assert values(told(text, marked), "allegations") == ["printed it twice on its front page"]


def test_what_was_done_to_the_plaintiff_is_an_allegation():
    text = "Ada Quill sued Norvane. She says that Quill was dismissed without any notice.\n"
    assert len(told(text, {"plaintiffs": "Ada Quill", "allegations": "was dismissed without any notice"})["allegations"]) == 1


@pytest.mark.parametrize("words", ["has not admitted that it knew", "admits no fault at all", "settled without conceding any blame"])
def test_an_admission_that_is_negated_is_a_denial(words):
    summary = told(f"Ada Quill sued Norvane. In its papers Norvane {words}.\n", {"plaintiffs": "Ada Quill", "responses.admits": words})
    assert [fact["normalized"]["stance"] for fact in summary["responses"]] == ["denies"]


def test_who_admits_that_something_was_not_done_admits():
    words = "admitted that the kettles were not tested"
    summary = told(f"Ada Quill sued Norvane. Norvane {words}.\n", {"plaintiffs": "Ada Quill", "responses.admits": words})
    assert [fact["normalized"]["stance"] for fact in summary["responses"]] == ["admits"]


@pytest.mark.parametrize("speaker", ["Ada Quill", "Joss Ferrer, a lawyer for the plaintiffs"])
def test_the_plaintiffs_side_gives_no_answer(speaker):
    text = f"Customers sued Norvane. {speaker}, declined to comment. Norvane denied it all.\n"
    marked = {"plaintiffs": "Ada Quill"} if "Ada" in speaker else {}
    marked |= {"speaker": [speaker, "Norvane"], "responses.declined_to_comment": "declined to comment", "responses.denies": "denied it all"}
    assert values(told(text, marked), "responses") == ["denied it all"]


def test_the_number_of_a_class_is_a_figure():
    text = "A judge certified a class of some 2,600 former and present nurses against Norvane.\n"
    summary = told(text, {"rulings.certification": "certified a class of some 2,600 former and present nurses"})
    assert [(fact["value"], fact["normalized"]) for fact in summary["figures"]] == [
        ("some 2,600 former and present nurses", {"quantity": 2600, "unit": "nurses"})
    ]


PRONOUNS = [
    ("Judge Ada Quill ruled on Monday. “They melt”, she said.", {"judge": "Ada Quill", "speaker": "she"}, "Ada Quill"),
    ("Jo Ferrer-Loy was at home. “They melt”, she said.", {"plaintiffs": "Jo Ferrer-Loy", "speaker": "she"}, "Jo Ferrer-Loy"),
    (
        "Joss Ferrer acts for them; Ada Quill judges. “They melt”, she said.",
        {"counsel.plaintiff": "Joss Ferrer", "judge": "Ada Quill", "speaker": "she"},
        "Ada Quill",
    ),
    ("Customers bought from Norvane Home Inc. “They melt”, she said.", {"defendants": "Norvane Home Inc", "speaker": "she"}, None),
]


@pytest.mark.parametrize(("text", "marked", "speaker"), PRONOUNS)
def test_a_pronoun_stands_for_the_person_named_last_in_the_paragraph(text, marked, speaker):
    text, read = read_as(f"Norvane was sued.\n\n{text}\n", {"filed_on": "sued", "quotes": "They melt", **marked})
    assert [quote["normalized"]["speaker"] for quote in response_of((text, read))["summary"]["quotes"]] == [speaker]


def test_who_was_only_named_as_the_one_who_asked_is_not_the_speaker():
    text = "Norvane was sued.\n\nAsked by Ada Quill for more, he shrugged. “They melt”, he said.\n"
    start = text.rindex("he said")
    nth = text[:start].count("he")
    read = labelling(
        text, mark(text, "filed_on", "sued"), mark(text, "quotes", "They melt"), mark(text, "judge", "Ada Quill"), mark(text, "speaker", "he", nth=nth)
    )
    assert [quote["normalized"]["speaker"] for quote in response_of((text, read))["summary"]["quotes"]] == [None]


def test_a_word_for_accusing_alone_is_no_act():
    text = "Ada Quill sued Norvane. Leaflets accusing its founder had been handed out.\n"
    assert told(text, {"plaintiffs": "Ada Quill", "allegations": "accusing"})["allegations"] == []
