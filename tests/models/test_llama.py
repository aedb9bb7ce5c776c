"""The in-process engine on the embedded model: control tokens stay out, forks answer as one would alone, limits hold."""

from types import SimpleNamespace

import pytest
from casebrief.models.constraints import Choice, Labelled
from casebrief.models.engine import Answer, Batch, Question, Stop, never
from casebrief.models.errors import Cancelled, ConstraintRefused, PromptTooLong
from casebrief.models.llama import LlamaEngine, prove

pytestmark = pytest.mark.model

DOCUMENT = (
    "Norvane Home Inc was sued on Tuesday in federal court in Oakland. The suit seeks $5,000 for each recording. "
    "Norvane denied the claims. Judge Marisol Okereke has the case. "
) * 4


def ask(engine: LlamaEngine, batch: Batch, stop: Stop = never) -> SimpleNamespace:
    """One batch: its answers and the job's usage."""
    asked = engine.ask([batch], stop)
    return SimpleNamespace(answers=asked.readings[0].checked(), usage=asked.usage)


def questions(*names: str, longest: int = 60, max_tokens: int = 40) -> tuple[Question, ...]:
    return tuple(Question(name, f"Copy the words that tell the {name}.", Labelled(("w",), DOCUMENT, longest=longest), max_tokens) for name in names)


def test_a_question_sees_only_the_passages_before_it(engine: LlamaEngine):
    """Asked after one of three passages, the answer is that of a document which ends there; and the others change nothing."""
    passages = ("The court is in Oslo.", " The judge is Ms Berg.", " The sum is 40 euros.")

    def asked(document: tuple[str, ...], *after: int) -> list[Answer]:
        questions = tuple(Question(str(place), "Where is the court?", Labelled(("w",), " ".join(document[:place])), 24, place) for place in after)
        return list(ask(engine, Batch("You read news.", document, questions)).answers)

    together = asked(passages, 1, 2, 3)
    for place, answer in enumerate(together, 1):
        (alone,) = asked(passages[:place], place)
        assert alone.text == answer.text
        assert alone.logprobs == pytest.approx(answer.logprobs, abs=0.1)


def test_every_chosen_token_has_its_place_in_the_answer(engine: LlamaEngine):
    (answer,) = ask(engine, Batch("Copy.", (DOCUMENT,), (Question("q", "Which court?", Labelled(("w",), DOCUMENT), 40),))).answers
    assert len(answer.starts) == len(answer.logprobs)
    assert list(answer.starts) == sorted(answer.starts)
    assert all(0 <= start <= len(answer.text) for start in answer.starts)


def test_no_control_token_can_be_spelled_by_a_client(engine: LlamaEngine):
    """For every control token of the vocabulary: text that spells it yields no control id."""
    control = engine.native.control_tokens()
    assert len(control) >= 10
    for spelled in control.values():
        for text in (spelled, f"before{spelled}after", f" {spelled}\n{spelled}", spelled.upper()):
            assert not set(engine.native.tokenize(text, special=False)) & set(control), spelled


def test_the_scaffold_does_use_control_tokens(engine: LlamaEngine):
    frame = engine.framing.scaffold("Answer.")
    assert set(engine.native.tokenize(frame.before, special=True)) & set(engine.native.control_tokens())


def test_a_document_that_spells_control_tokens_reaches_the_model_without_them(engine: LlamaEngine, monkeypatch):
    seen: list[int] = []
    run = engine.native.evaluate
    monkeypatch.setattr(engine.native, "evaluate", lambda entries: (seen.extend(token for token, *_ in entries), run(entries))[1])
    document = "".join(engine.native.control_tokens().values()) + " The suit was filed."
    ask(engine, Batch("Answer.", (document,), (Question("q", "Is it?", Choice(("yes", "no")), 4),)))
    control = set(engine.native.control_tokens())
    scaffold = engine.framing.scaffold("Answer.")
    ours = [t for part in (scaffold.before, scaffold.between, scaffold.after) for t in engine.native.tokenize(part, special=True)]
    assert [t for t in seen if t in control] == [t for t in ours if t in control]


def test_answers_are_copied_from_the_document(engine: LlamaEngine):
    reading = ask(engine, Batch("You read news.", (DOCUMENT,), questions("court", "judge", "sum")))
    for answer in reading.answers:
        assert answer.text == "none" or answer.text.removeprefix("w: ") in DOCUMENT
        assert answer.finish == "stop"
        assert answer.logprobs
        assert all(value <= 1e-9 for value in answer.logprobs)


def test_questions_together_answer_as_they_do_alone(engine: LlamaEngine):
    asked = questions("court", "judge", "sum", "defendant")
    together = ask(engine, Batch("You read news.", (DOCUMENT,), asked))
    alone = [ask(engine, Batch("You read news.", (DOCUMENT,), (question,))).answers[0].text for question in asked]
    assert [answer.text for answer in together.answers] == alone


def test_the_same_batch_gives_the_same_bits_whatever_ran_before(engine: LlamaEngine):
    batch = Batch("You read news.", (DOCUMENT,), questions("court", "judge"))
    first = ask(engine, batch).answers
    ask(engine, Batch("Other words.", (DOCUMENT[::-1],), questions("sum")))
    assert ask(engine, batch).answers == first


def test_the_prefix_is_prefilled_once(engine: LlamaEngine):
    one = ask(engine, Batch("You read news now.", (DOCUMENT,), questions("court")))
    many = ask(engine, Batch("You read news here.", (DOCUMENT,), questions("court", "judge", "sum", "day")))
    assert many.usage.prompt_tokens - one.usage.prompt_tokens < one.usage.prompt_tokens
    assert many.usage.prompt_tokens_reused > 3 * len(engine.native.tokenize(DOCUMENT, special=False))


def test_forced_tokens_take_no_step_of_their_own(engine: LlamaEngine):
    options = ("the one and only answer that there is to this question", "another answer that is just as long as the first one was")
    reading = ask(engine, Batch("Answer.", (DOCUMENT,), (Question("q", "?", Choice(options), 40),)))
    assert reading.usage.decode_steps <= 3
    answer = reading.answers[0]
    assert answer.text in options
    assert answer.forced > answer.tokens / 2


def test_an_answer_that_is_cut_off_says_so(engine: LlamaEngine):
    answer = ask(engine, Batch("Copy.", (DOCUMENT,), (Question("q", "?", Choice((DOCUMENT[:200],)), 5),))).answers[0]
    assert answer.finish == "length"
    assert answer.tokens == 5


def test_a_document_over_the_context_is_refused_with_numbers(engine: LlamaEngine):
    with pytest.raises(PromptTooLong, match="2048"):
        ask(engine, Batch("Answer.", ("word " * 4000,), questions("court")))


def test_a_constraint_that_does_not_compile_is_refused(engine: LlamaEngine):
    with pytest.raises(ConstraintRefused):
        ask(engine, Batch("Answer.", (DOCUMENT,), (Question("q", "?", Labelled(("w",), " "), 5),)))


def test_a_stop_is_heard_and_leaves_the_engine_whole(engine: LlamaEngine):
    calls = iter(range(1000))
    with pytest.raises(Cancelled):
        ask(engine, Batch("Answer.", (DOCUMENT,), questions("court", "judge")), lambda: next(calls) > 0)
    prove(engine)


@pytest.mark.parametrize("document", [(), ("",), ("", "")])
def test_a_document_without_words_is_answered(engine: LlamaEngine, document):
    engine.ask([Batch("Answer with yes or no.", document, (Question("q", "Is it?", Choice(("yes", "no")), 4),))])
    again = engine.ask([Batch("Answer with yes or no.", document, (Question("q", "Is it?", Choice(("yes", "no")), 4),))])
    assert again.readings[0].checked()[0].text in ("yes", "no")
