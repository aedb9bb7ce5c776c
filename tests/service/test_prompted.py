"""Reading by prompts over fake engines: what is asked, what is evidence, and what is told of articles that cannot be read."""

import dataclasses
import datetime

import pytest
from casebrief.models.cache import CachedEngine, Store
from casebrief.models.engine import Engine
from casebrief.models.errors import Cancelled, ConstraintRefused, EngineDied, PromptTooLong
from casebrief.models.fake import FakeEngine
from casebrief.service import example
from casebrief.service.pipeline.articles import Submitted
from conftest import without_clock
from papering import by_prompts, check, document

# ---------------------------------------------------------------------- by prompts


def ledger(submitted: list[Submitted], engine: Engine) -> list[dict]:
    return check(by_prompts(engine).summarize(submitted), submitted)["ledger"]


def test_the_same_articles_give_the_same_bytes():
    script = [{"2": "denies: so"}, {"1": "act: the doorbells listen"}, {"3": "asks: $5,000"}]
    first, second = (document(by_prompts(FakeEngine(script)).summarize(example.articles())) for _ in range(2))
    assert without_clock(first) == without_clock(second)


def test_an_article_without_a_story_failed_and_says_why():
    engine = FakeEngine([{"1": "judge: Marisol Okereke"}])
    lines = ledger([Submitted("a1", "U.S. District Judge Marisol Okereke has the suit."), Submitted("menu", "Home | News | Sport\nWeather")], engine)
    assert lines[1]["outcome"] == "failed"
    assert "no story" in lines[1]["reason"]


def test_the_models_evidence_is_grounded_and_says_who_found_it():
    engine = FakeEngine([{"1": "law: negligence", "2": "judge: Marisol Okereke\ncourt: the Court of the Moon", "3": "filed: Monday"}])
    submitted = [
        Submitted(
            "a1",
            "The suit claims negligence by the firm. U.S. District Judge Marisol Okereke has it. The suit was filed on Monday.",
            published_on=datetime.date(2025, 3, 6),
        )
    ]
    told = check(by_prompts(engine).summarize(submitted), submitted)["summary"]
    assert (told["judge"]["value"], told["judge"]["found_by"]) == ("Marisol Okereke", "model")
    assert told["causes_of_action"][0]["value"] == "negligence"
    assert told["filed_on"]["normalized"]["date"] == "2025-03-03"
    assert told["court"] is None


def test_each_sentence_is_asked_behind_what_stands_before_it():
    engine = FakeEngine()
    text = "The suit claims negligence by the firm. Norvane denied it."
    check(by_prompts(engine).summarize([Submitted("a1", text)]), [Submitted("a1", text)])
    (batch,) = engine.batches
    assert "".join(batch.document) == text.replace(". ", ".\n")
    assert [question.after for question in batch.questions] == [1, 2]
    assert [question.constraint.source for question in batch.questions] == ["The suit claims negligence by the firm.", "Norvane denied it."]


def test_words_of_another_sentence_are_no_evidence():
    engine = FakeEngine([{"1": "law: strict liability"}])
    text = "The suit claims negligence by the firm. It also claims strict liability, and more."
    told = check(by_prompts(engine).summarize([Submitted("a1", text)]), [Submitted("a1", text)])["summary"]
    assert told["causes_of_action"] == []


def test_a_stance_is_taken_from_the_label_and_its_speaker_from_the_sentence():
    text = "Norvane Home Inc was sued on Monday over its doorbells. A Norvane spokeswoman said the doorbells were safe."
    engine = FakeEngine([{"1": "defendant: Norvane Home Inc", "2": "speaker: A Norvane spokeswoman\ndenies: the doorbells were safe"}])
    told = check(by_prompts(engine).summarize([Submitted("a1", text)]), [Submitted("a1", text)])["summary"]
    assert [(fact["value"], fact["normalized"]["stance"]) for fact in told["responses"]] == [("the doorbells were safe", "denies")]


def test_an_answer_that_is_cut_off_is_a_line_of_the_ledger():
    class Cut(FakeEngine):
        def _read(self, batch):
            reading = super()._read(batch)
            return dataclasses.replace(reading, answers=tuple(dataclasses.replace(answer, finish="length") for answer in reading.answers))

    (line,) = ledger([Submitted("a1", "The suit claims negligence by the firm. It was filed on Monday.")], Cut())
    assert line["outcome"] == "partly_used"
    assert "2 of 2 sentences" in line["reason"]


@pytest.mark.parametrize("error", [PromptTooLong("too long for the context"), ConstraintRefused("no grammar")])
def test_an_article_that_the_model_cannot_read_is_a_ledger_line(error):
    lines = ledger(example.articles(), FakeEngine([error, {"3": "defendant: Norvane"}, {}]))
    assert [line["outcome"] for line in lines] == ["failed", "used", "partly_used"]
    assert lines[0]["reason"] == str(error)
    assert "no fact was found" in lines[2]["reason"], "it names whom the others name, so it is on the case"


def test_the_models_death_fails_the_request():
    with pytest.raises(EngineDied):
        by_prompts(FakeEngine([EngineDied("signal SIGSEGV")])).summarize(example.articles())


def test_a_stop_ends_the_work_between_articles():
    with pytest.raises(Cancelled):
        by_prompts(FakeEngine()).summarize(example.articles(), lambda: True)


def test_an_article_longer_than_the_context_is_split_and_wholly_read():
    sentences = [f"The suit says that pump {n} failed in the plant on the river." for n in range(400)]
    text = "Norvane Home Inc was sued on Monday over pumps.\n\n" + "\n\n".join(sentences)
    engine = FakeEngine([{"1": "defendant: Norvane Home Inc"}], context_tokens=2048)
    (line,) = ledger([Submitted("a1", text)], engine)
    assert line["outcome"] == "used"
    assert len(engine.batches) > 3
    asked = [question.constraint.source for batch in engine.batches for question in batch.questions]
    assert asked == ["Norvane Home Inc was sued on Monday over pumps.", *sentences]
    assert all(batch.document[0] == asked[0] for batch in engine.batches)
    assert all(sum(engine.count_tokens(batch.document)) < 2048 for batch in engine.batches)


def test_a_sentence_longer_than_the_context_is_cut_between_words():
    words = " ".join(f"word{n}" for n in range(3000))
    engine = FakeEngine(context_tokens=2048)
    text = f"Norvane Home Inc was sued over {words} by customers."
    ledger([Submitted("a1", text)], engine)
    assert " ".join(question.constraint.source for batch in engine.batches for question in batch.questions).split() == text.split()


def test_progress_is_told():
    told = []
    by_prompts(FakeEngine()).summarize(example.articles(), progress=lambda what, done, total: told.append((done, total)))
    assert told[-1] == (1, 1)
    assert told[0][0] == told[0][1] > 3, "sentences, all asked in one job"


def test_a_kept_reading_gives_the_same_bytes(tmp_path):

    script = [{"2": "denies: so"}, {"1": "act: the doorbells listen"}, {"3": "asks: $5,000"}]

    def told(engine) -> str:
        return without_clock(document(by_prompts(engine).summarize(example.articles())))

    store = Store(tmp_path / "answers.sqlite", 1_000_000)
    behind = FakeEngine(script)
    assert told(FakeEngine(script)) == told(CachedEngine(behind, store, "")) == told(CachedEngine(FakeEngine(), store, ""))
    assert len(behind.batches) == 3
