"""Whole articles by prompts, alone and over the marks of the embedded model: what counts is grounded, what does not is counted, and both together are surer."""

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

import pytest
from casebrief.models.engine import Labelling, Readings
from casebrief.models.errors import AnswerRefused, EngineDied, EngineError, OutOfTime, PromptTooLong
from casebrief.models.fake import FakeEngine
from casebrief.prompts.loader import ARTICLE, load
from casebrief.service.domain.merging.facts import MOST_CONFIDENT
from casebrief.service.domain.schema import SummaryResponse
from casebrief.service.domain.story import prose
from casebrief.service.pipeline.articles import Submitted, article_of
from casebrief.service.pipeline.gathering import Belief
from casebrief.service.pipeline.grounding import Grounding
from casebrief.service.pipeline.labelled import LabelReader
from casebrief.service.pipeline.summarizing import Summarizer
from casebrief.service.pipeline.together import TogetherReader, agreed
from casebrief.service.pipeline.typed import MAKERS
from casebrief.service.pipeline.whole import ArticleReader
from hypothesis import given
from hypothesis import strategies as st
from marking import DAY, HALF_SURE, checked, read_as

PROMPT = load(name=ARTICLE)
TEXT = (
    "Norvane Home Inc was sued on Tuesday in federal court in Oakland over its doorbells. U.S. District Judge Marisol Okereke has the suit.\n\n"
    "The suit claims negligence and seeks $5,000 per violation. Norvane Home Inc denied the claims.\n\n"
    "“Our doorbells are safe,” said Imre Castellan, a lawyer for the firm."
)
Fact = tuple[int, str, str]


def told(*facts: Fact) -> dict[str, str]:
    return {"facts": json.dumps({"facts": [{"line": line, "label": label, "words": words} for line, label, words in facts]}, ensure_ascii=False)}


SUED: Sequence[Fact] = ((1, "defendant", "Norvane Home Inc"), (2, "judge", "Marisol Okereke"))


def summary_of(text: str, *script: Any, engine: FakeEngine | None = None, **more: Any) -> dict[str, Any]:
    engine = engine or FakeEngine(script, **more)
    return checked(
        Summarizer(ArticleReader(engine, PROMPT, HALF_SURE), PROMPT.sha256, lambda: engine.info).summarize, [Submitted("a1", text, published_on=DAY)]
    )


# ---------------------------------------------------------------------- the prompt


def test_every_label_fills_a_field_and_is_explained():
    for label, field in PROMPT.labels.items():
        name = field.split(".")[0]
        assert name in {"speaker", "proceeding", "status", *MAKERS}
        assert label in PROMPT.text
    assert "{{" not in PROMPT.text


# ---------------------------------------------------------------------- whole articles


def test_the_article_is_shown_whole_its_sentences_numbered_and_apart_from_the_instructions():
    engine = FakeEngine()
    summary_of(TEXT, engine=engine)
    (batch,) = engine.batches
    assert [line.split(" ")[0] for line in batch.document] == ["1", "2", "3", "4", "5"]
    assert " ".join(line.partition(" ")[2].rstrip("\n") for line in batch.document) == " ".join(TEXT.split())
    assert batch.instructions == PROMPT.text
    assert batch.questions[0].text == ""


def test_facts_stand_in_the_summary_with_their_words():
    facts = (
        *SUED,
        (3, "law", "negligence"),
        (3, "asks statutory damages", "$5,000 per violation"),
        (4, "denies", "denied the claims"),
        (5, "quote", "Our doorbells are safe"),
        (5, "speaker", "Imre Castellan"),
        (1, "filed on", "Tuesday"),
        (1, "proceeding civil", "was sued"),
        (1, "now filed", "was sued on Tuesday"),
    )
    summary = summary_of(TEXT, told(*facts))["summary"]
    assert (summary["judge"]["value"], summary["judge"]["found_by"]) == ("Marisol Okereke", "model")
    assert summary["filed_on"]["normalized"]["date"] == "2025-03-04"
    assert summary["relief_sought"][0]["normalized"] == {"kind": "statutory_damages", "amount": 5000, "currency": "USD", "per": "violation", "qualifier": None}
    assert summary["responses"][0]["normalized"]["stance"] == "denies"
    assert (summary["quotes"][0]["value"], summary["quotes"][0]["normalized"]["speaker"]) == ("Our doorbells are safe", "Imre Castellan")
    assert (summary["proceeding"]["value"], summary["status"]["value"]) == ("civil", "filed")
    assert summary["status"]["citations"][0]["quote"] == "was sued on Tuesday"


def test_words_that_stand_nowhere_are_left_out_and_counted():
    response = summary_of(TEXT, told(*SUED, (3, "law", "gross negligence"), (4, "act", "denied all the claims"), (2, "law", "x" * 700)))
    assert response["summary"]["causes_of_action"] == response["summary"]["allegations"] == []
    (line,) = response["ledger"]
    assert line["outcome"] == "partly_used"
    assert "3 of 5 facts that the model listed were left out" in line["reason"]


def test_an_answer_that_is_cut_off_is_asked_for_again_in_halves_and_nothing_is_lost():
    class Cutting(FakeEngine):
        """Whose answer to more than two sentences has no end."""

        def ask(self, batches, *told):
            readings = super().ask(batches, *told)
            cut = [
                dataclasses.replace(reading, answers=(dataclasses.replace(reading.answers[0], finish="length"),))
                if batch.questions[0].constraint.lines > 2
                else reading
                for batch, reading in zip(batches, readings.readings, strict=True)
            ]
            return Readings(tuple(cut), readings.usage)

    engine = Cutting([told(*SUED), told(*SUED), told(), told((1, "law", "negligence")), told((1, "denies", "denied the claims"))])
    response = summary_of(TEXT, engine=engine)
    assert [batch.questions[0].constraint.lines for batch in engine.batches] == [5, 2, 3, 1, 2]
    assert response["summary"]["judge"]["value"] == "Marisol Okereke"
    assert response["summary"]["causes_of_action"][0]["value"] == "negligence"
    assert response["summary"]["responses"][0]["value"] == "denied the claims"
    assert engine.batches[2].document[0].startswith("- Norvane Home Inc was sued"), "what the case is stands before a piece"
    assert response["ledger"][0]["outcome"] == "used"


def test_what_is_cut_off_to_the_last_sentence_is_a_line_of_the_ledger():
    class Cut(FakeEngine):
        def _read(self, batch):
            reading = super()._read(batch)
            return dataclasses.replace(reading, answers=tuple(dataclasses.replace(answer, finish="length") for answer in reading.answers))

    (line,) = summary_of(TEXT, engine=Cut())["ledger"]
    assert "what 5 of 5 sentences state was cut off and not used" in line["reason"]


def test_an_article_beyond_the_context_is_halved():
    response = summary_of(TEXT, PromptTooLong("too long"), told(*SUED), told((1, "law", "negligence")))
    assert response["summary"]["causes_of_action"][0]["value"] == "negligence"
    assert response["ledger"][0]["outcome"] == "used"


@pytest.mark.parametrize("error", [AnswerRefused("the model declined to answer"), OutOfTime()])
def test_an_article_that_the_model_cannot_read_is_a_ledger_line(error):
    class Failing(FakeEngine):
        def ask(self, batches, *told):
            readings = super().ask(batches, *told)
            failed = dataclasses.replace(readings.readings[0], answers=(), error=type(error).__name__, message=str(error))
            return Readings((failed, *readings.readings[1:]), readings.usage)

    engine = Failing([told(), told(*SUED)])
    submitted = [Submitted("a1", TEXT, published_on=DAY), Submitted("a2", TEXT + " More.", published_on=DAY)]
    response = checked(Summarizer(ArticleReader(engine, PROMPT, HALF_SURE), "", lambda: engine.info).summarize, submitted)
    assert [line["outcome"] for line in response["ledger"]] == ["failed", "used"]
    assert str(error) in response["ledger"][0]["reason"]


def test_the_engines_failure_fails_the_request():
    with pytest.raises(EngineDied):
        summary_of(TEXT, EngineDied("signal SIGSEGV"))


def test_log_probabilities_become_confidences_and_without_them_the_least_one_is_told():
    class Sure(FakeEngine):
        """Tells a token a character, each as likely."""

        def _read(self, batch):
            reading = super()._read(batch)
            (answer,) = reading.answers
            return dataclasses.replace(
                reading, answers=(dataclasses.replace(answer, logprobs=(-0.01,) * len(answer.text), starts=tuple(range(len(answer.text)))),)
            )

    sure = summary_of(TEXT, engine=Sure([told(*SUED)]))["summary"]
    assert sure["judge"]["confidence"] == pytest.approx(0.82, abs=0.02), "judge, Marisol Okereke and the two marks that end them: 20 characters and 2"

    class Silent(FakeEngine):
        def _read(self, batch):
            reading = super()._read(batch)
            return dataclasses.replace(reading, answers=tuple(dataclasses.replace(answer, logprobs=(), starts=()) for answer in reading.answers))

    assert summary_of(TEXT, engine=Silent([told(*SUED)]))["summary"]["judge"]["confidence"] == 0.5


# ---------------------------------------------------------------------- grounding


def found(text: str, words: str, line: int = 1) -> str | None:
    article = article_of(Submitted("a1", text), prose(text))
    span = Grounding(article).find("law", words, article.sentences[line - 1])
    return span.of(text) if span else None


@pytest.mark.parametrize(
    ("words", "line", "stands"),
    [
        ("Norvane Home Inc", 4, "Norvane Home Inc"),
        ('"Our doorbells are safe,"', 5, "“Our doorbells are safe,”"),
        ("negligence and  seeks", 3, "negligence and seeks"),
        ("Marisol Okereke has the suit.", 2, "Marisol Okereke has the suit"),
        ("Marisol Okereke", 5, "Marisol Okereke"),
        ("Oakland over its doorbells. U.S. District Judge", 1, "Oakland over its doorbells. U.S. District Judge"),
        ("Norvane Home Inc", 5, None),
        ("marisol okereke", 2, None),
        ("egligence", 3, None),
        ("the doorbells", 1, None),
        ("…", 1, None),
        ("", 1, None),
    ],
)
def test_words_are_found_where_the_model_says_or_where_they_stand_once(words, line, stands):
    assert found(TEXT, words, line) == stands


def test_signs_that_became_others_on_the_way_are_the_articles_own():
    text = "The firm’s notice says <b>never</b> [sic] before, the suit of the customers claims."
    assert found(text, "says ‹b>never‹/b> ［sic]") == "says <b>never</b> [sic]"


def test_words_that_a_sentence_holds_twice_are_found_from_left_to_right():
    text = "The suit names Norvane and the parent firm of Norvane as well, over its doorbells."
    article = article_of(Submitted("a1", text), prose(text))
    grounding = Grounding(article)
    spans = [grounding.find("defendant", "Norvane", article.sentences[0]) for _ in range(2)]
    assert [span.start for span in spans if span] == [text.index("Norvane"), text.rindex("Norvane")]


@given(st.text(max_size=40), st.integers(1, 5))
def test_whatever_a_model_says_what_is_found_stands_there(words, line):
    stands = found(TEXT, words, line)
    assert stands is None or stands in TEXT


# ---------------------------------------------------------------------- labels and prompts together


def together(marked: Labelling | EngineError, *script: Any, prompts: FakeEngine | None = None, ours: Belief = HALF_SURE) -> tuple[dict[str, Any], FakeEngine]:
    labelling, answering = FakeEngine(labellings=[marked]), prompts or FakeEngine(script, confidence=0.0)
    reader = TogetherReader(LabelReader(labelling, ours), ArticleReader(answering, PROMPT, HALF_SURE))
    return checked(Summarizer(reader, PROMPT.sha256, lambda: labelling.info).summarize, [Submitted("a1", TEXT, published_on=DAY)]), answering


MARKED = read_as(
    TEXT,
    {"defendants": "Norvane Home Inc", "judge": "Marisol Okereke", "causes_of_action": "negligence", "responses.denies": "denied the claims"},
)[1]


def test_what_both_say_is_surer_and_what_one_says_keeps_its_own():
    response, _ = together(MARKED, told(*SUED, (3, "asks statutory damages", "$5,000 per violation")))
    summary = response["summary"]
    assert (summary["judge"]["found_by"], summary["judge"]["confidence"]) == ("both", MOST_CONFIDENT)
    assert (summary["causes_of_action"][0]["found_by"], summary["causes_of_action"][0]["confidence"]) == ("model", 0.9)
    assert (summary["relief_sought"][0]["found_by"], summary["relief_sought"][0]["value"]) == ("model", "$5,000 per violation")
    assert response["provenance"]["reader"] == "labels+prompts"
    SummaryResponse.model_validate(response)


def test_the_marks_are_laid_before_the_larger_model_as_part_of_the_text():
    _, engine = together(MARKED)
    (batch,) = engine.batches
    assert [line.rstrip("\n") for line in batch.document[5:]] == [
        "\nMarked by the first reader:",
        "1 defendant: Norvane Home Inc",
        "2 judge: Marisol Okereke",
        "3 law: negligence",
        "4 denies: denied the claims",
    ]
    assert batch.instructions.startswith(PROMPT.text)
    assert PROMPT.candidates.strip() in batch.instructions


def test_pieces_that_the_larger_model_reads_as_one_are_joined():
    pieces = read_as(TEXT, {"defendants": "Norvane Home Inc", "allegations": ["negligence", "seeks $5,000"]})[1]
    summary = together(pieces, told((3, "act", "claims negligence and seeks $5,000 per violation")))[0]["summary"]
    assert [(fact["value"], fact["found_by"]) for fact in summary["allegations"]] == [("claims negligence and seeks $5,000 per violation", "both")]


def test_two_stances_of_the_same_words_are_not_the_same_said_twice():
    summary = together(MARKED, told(*SUED, (4, "admits", "denied the claims")))[0]["summary"]
    assert {fact["found_by"] for fact in summary["responses"]} == {"model"}


def test_marks_that_would_not_count_alone_count_when_they_are_confirmed():
    strict = Belief(lambda field: 0.95, lambda field, probability: probability)
    assert together(MARKED, ours=strict)[0]["summary"]["judge"] is None
    assert together(MARKED, told(*SUED), ours=strict)[0]["summary"]["judge"]["found_by"] == "both"


def test_status_is_the_one_that_both_tell_else_the_surer_ones():
    summary = together(MARKED, told(*SUED, (1, "now filed", "was sued on Tuesday")))[0]["summary"]
    assert (summary["status"]["value"], summary["status"]["confidence"]) == ("filed", MOST_CONFIDENT)
    summary = together(MARKED, told(*SUED, (3, "now pending", "seeks")))[0]["summary"]
    assert summary["status"]["value"] == "pending"


def test_an_article_that_the_larger_model_cannot_read_is_read_by_labels_alone():
    response, _ = together(MARKED, PromptTooLong("too long"), *[PromptTooLong("too long")] * 9)
    assert response["summary"]["judge"]["value"] == "Marisol Okereke"
    assert "read by labels alone" in response["ledger"][0]["reason"]


def test_an_article_about_something_else_stays_so_whatever_the_larger_model_makes_up():
    elsewhere = "The council of the town met on Monday and spoke of the new bridge for an hour. No vote was held on it that evening."
    unrelated = read_as(elsewhere, {}, related=0.0)[1]
    labelling, answering = FakeEngine(labellings=[MARKED, unrelated]), FakeEngine([told(*SUED), told((1, "judge", "Nobody There"))], confidence=0.0)
    reader = TogetherReader(LabelReader(labelling, HALF_SURE), ArticleReader(answering, PROMPT, HALF_SURE))
    submitted = [Submitted("a1", TEXT, published_on=DAY), Submitted("a2", elsewhere, published_on=DAY)]
    response = checked(Summarizer(reader, "", lambda: labelling.info).summarize, submitted)
    assert [line["outcome"] for line in response["ledger"]] == ["used", "not_about_the_case"]


@given(st.floats(0, 1), st.floats(0, 1))
def test_agreement_never_lowers_a_confidence_and_never_makes_it_certain(one, other):
    both = agreed(one, other)
    assert both == agreed(other, one)
    assert min(max(one, other), MOST_CONFIDENT) <= both <= MOST_CONFIDENT
