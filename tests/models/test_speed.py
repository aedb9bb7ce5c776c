"""What an answer costs, without a clock: counts for fixed input, and jobs side by side."""

import dataclasses

import numpy as np
import pytest
from casebrief.models.asking import Job
from casebrief.models.constraints import Choice, Labelled
from casebrief.models.engine import Batch, Question, Usage
from casebrief.models.errors import Cancelled, ConstraintRefused, PromptTooLong
from casebrief.models.llama import LlamaEngine
from casebrief.models.native import SEQUENCES

pytestmark = pytest.mark.model

PASSAGES = (
    "Norvane Home Inc was sued on Tuesday in federal court in Oakland.",
    "\nThe suit says that the company sold recordings of private talks to brokers without telling anyone.",
    "\nA lawyer for the plaintiffs asked for $5,000 for each recording.",
)
ANSWERS = {
    "1": "defendant: Norvane Home Inc",
    "2": "act: the company sold recordings of private talks to brokers without telling anyone",
    "3": "asks: $5,000 for each recording",
}
PINNED = {
    "prompt_tokens": 87,
    "prompt_tokens_reused": 144,
    "output_tokens": 34,
    "forced_tokens": 10,
    "drafted_tokens": 22,
    "drafted_right": 18,
    "decode_steps": 4,
    "forks": 3,
}
LABELS = ("defendant", "act", "asks")


def batch(*, instructions: str = "List what the last line states.") -> Batch:
    questions = tuple(Question(str(after), "", Labelled(LABELS, passage, 3), 60, after) for after, passage in enumerate(PASSAGES, 1))
    return Batch(instructions, PASSAGES, questions)


@pytest.fixture
def scripted(engine: LlamaEngine, monkeypatch):
    """The engine, saying what the test wants: what a call costs then depends on no processor's rounding."""
    choose = engine.sampler.choose

    def saying(fork, logits):
        told = [*engine.native.tokenize(ANSWERS[fork.question.id], special=False), next(iter(engine.sampler.ends))]
        wanted = np.full_like(logits, -20)
        wanted[told[len(fork.tokens)]] = 0
        return choose(fork, wanted)

    monkeypatch.setattr(engine.sampler, "choose", saying)
    engine.forget()
    return engine


def counted(usage: Usage) -> dict[str, int]:
    return {key: value for key, value in dataclasses.asdict(usage).items() if not key.endswith("_s")}


def test_counts_for_fixed_input_are_pinned(scripted):
    """Whoever makes this worse must say so here. Everything is evaluated once; most of a span is drafted, not stepped through."""
    asked = scripted.ask([batch()])
    assert [answer.text for answer in asked.readings[0].checked()] == list(ANSWERS.values())
    assert counted(asked.usage) == PINNED
    again = scripted.ask([batch()])
    assert again.usage.prompt_tokens == asked.usage.prompt_tokens - len(scripted.framing.prompt(batch())[0]), "instructions are computed once a process"


def test_without_drafts_the_same_is_said_in_more_steps(scripted, monkeypatch):
    monkeypatch.setattr(scripted.decoding, "drafts", False)
    asked = scripted.ask([batch()])
    assert [answer.text for answer in asked.readings[0].checked()] == list(ANSWERS.values())
    assert asked.usage.drafted_tokens == 0
    assert asked.usage.decode_steps > PINNED["decode_steps"]


def test_drafts_that_are_never_right_end(scripted, monkeypatch):
    """Drafts that always begin the sentence again: no answer changes, and few tokens are wasted."""
    monkeypatch.setattr("casebrief.models.decoding.draft", lambda fork, pieces: fork.source[: fork.trust] if fork.tokens else [])
    asked = scripted.ask([batch()])
    assert [answer.text for answer in asked.readings[0].checked()] == list(ANSWERS.values())
    assert asked.usage.drafted_tokens <= 3 * (6 + 3 + 1) + asked.usage.drafted_right


def unique_prompt_tokens(engine: LlamaEngine, asked: Batch) -> int:
    """Distinct prefixes of all prompts of a batch, the instructions not counted: what has to be evaluated at least."""
    _, passages, tails = engine.framing.prompt(asked)
    prompts = [[token for part in (*passages[: question.after], tail) for token in part] for question, tail in zip(asked.questions, tails, strict=True)]
    return len({tuple(prompt[:length]) for prompt in prompts for length in range(1, len(prompt) + 1)})


def test_every_prompt_token_is_evaluated_once(scripted):
    scripted.ask([batch()])
    asked = scripted.ask([batch(), batch()])
    assert asked.usage.prompt_tokens == 2 * unique_prompt_tokens(scripted, batch())


def run(engine: LlamaEngine, *jobs: Job) -> None:
    while not all(job.done for job in jobs):
        engine.step()


def test_two_jobs_share_steps_and_say_what_each_says_alone(scripted):
    alone = scripted.ask([batch()])
    steps = 0
    evaluate = scripted.native.evaluate

    def counting(entries):
        nonlocal steps
        steps += any(wanted for *_, wanted in entries)
        return evaluate(entries)

    scripted.native.evaluate = counting
    try:
        first, second = scripted.begin([batch()]), scripted.begin([batch()])
        run(scripted, first, second)
    finally:
        del scripted.native.evaluate
    for job in (first, second):
        assert [answer.text for answer in job.outcome().readings[0].checked()] == [answer.text for answer in alone.readings[0].checked()]
        assert job.outcome().usage.output_tokens == alone.usage.output_tokens
    assert steps < 1.5 * alone.usage.decode_steps


def test_a_job_that_is_taken_back_leaves_its_neighbour_alone(scripted):
    taken_back, neighbour = scripted.begin([batch(), batch()]), scripted.begin([batch()])
    scripted.step()
    assert not taken_back.done
    scripted.halt(taken_back)
    run(scripted, taken_back, neighbour)
    with pytest.raises(Cancelled):
        taken_back.outcome()
    assert [answer.text for answer in neighbour.outcome().readings[0].checked()] == list(ANSWERS.values())
    assert not scripted.busy
    assert len({*scripted.cells.free}) == len(scripted.cells.free) == SEQUENCES - 1


def test_one_batch_that_cannot_be_answered_leaves_the_others_alone(engine):
    unfit = Batch("Answer.", PASSAGES, (Question("q", "", Labelled(("w",), " "), 5),))
    long = Batch("Answer.", ("word " * 4000,), (Question("q", "", Choice(("yes",)), 5),))
    fit = Batch("Answer.", PASSAGES, (Question("q", "", Choice(("yes", "no")), 5),))
    readings = engine.ask([unfit, fit, long]).readings
    assert [reading.error for reading in readings] == ["ConstraintRefused", "", "PromptTooLong"]
    assert readings[1].checked()[0].text in ("yes", "no")
    with pytest.raises(ConstraintRefused):
        readings[0].checked()
    with pytest.raises(PromptTooLong, match="2048"):
        readings[2].checked()


@pytest.mark.slow
def test_more_questions_than_slots_are_all_answered(engine):
    passages = tuple(f"\nLine {n} says that the court is in Oslo." for n in range(120))
    questions = tuple(Question(str(n), "", Choice(("yes", "no")), 4, n) for n in range(1, 121))
    answers = engine.ask([Batch("Answer.", passages, questions)]).readings[0].checked()
    assert [answer.question for answer in answers] == [str(n) for n in range(1, 121)]


def test_a_question_and_an_answer_longer_than_a_call_are_evaluated_in_pieces(engine):
    long = "word " * 700
    asked = (Question("q", long, Choice(("yes", "no")), 4), Question("r", "Copy.", Choice((long.strip(), "no such thing " * 300)), 800))
    first, second = engine.ask([Batch("Answer.", (), asked[:1]), Batch("Answer.", (), asked[1:])]).readings
    assert first.checked()[0].text in ("yes", "no")
    assert second.checked()[0].finish in ("stop", "length")
    assert second.checked()[0].forced > 500
