"""Asking the model about one article: windows that fit its context, one batch of questions each, answers grounded."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from casebrief.models.constraints import NOTHING, Constraint, Labelled, Spans
from casebrief.models.engine import Answer, Batch, Engine, Question, Stop, Usage
from casebrief.models.errors import PromptTooLong
from casebrief.prompts.loader import QuestionPrompt
from casebrief.service.domain.article import View
from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.spans import Span
from casebrief.service.pipeline.answers import evidence_of

SCAFFOLD_TOKENS = 96
"""Room kept for the chat scaffold around document and question, in tokens."""

QUESTION_TOKENS = 48
"""Room kept for the scaffold that each question repeats, beside its own words."""


@dataclass(frozen=True)
class Asked:
    """What the model answered of one article, grounded: evidence by the id of the question that brought it."""

    evidence: dict[str, list[Evidence]]
    usage: Usage
    gaps: tuple[str, ...]


def ask_about(view: View, engine: Engine, instructions: str, prompts: Sequence[QuestionPrompt], stop: Stop) -> Asked:
    """Ask all questions about an article, window by window. An answer that was cut off becomes a gap, never a fact."""
    evidence: dict[str, list[Evidence]] = {}
    gaps: list[str] = []
    usage = Usage()
    for window in windows(view, engine, instructions, prompts):
        document = " ".join(span.of(view.article.text) for span in window)
        batch = Batch(instructions, document, tuple(_question(prompt, document) for prompt in prompts))
        reading = engine.ask(batch, stop)
        usage += reading.usage
        for prompt, answer in zip(prompts, reading.answers, strict=True):
            if answer.finish != "stop":
                gaps.append(f"the answer to {prompt.id!r} was cut off after {answer.tokens} tokens and not used")
                continue
            evidence.setdefault(prompt.id, []).extend(_grounded(view, prompt, answer))
    return Asked(evidence, usage, tuple(dict.fromkeys(gaps)))


def windows(view: View, engine: Engine, instructions: str, prompts: Sequence[QuestionPrompt]) -> Iterator[list[Span]]:
    """The article's sentences in runs that fit the model's context together with the longest question.

    Every sentence is in exactly one window; a sentence longer than a window is cut between words.
    """
    own = [sentence.span for sentence in view.own]
    counted = engine.count_tokens([instructions, *(prompt.text for prompt in prompts), *(span.of(view.article.text) for span in own)])
    asked = max(tokens + prompt.max_tokens for tokens, prompt in zip(counted[1:], prompts, strict=False))
    room = engine.info.context_tokens - counted[0] - asked - SCAFFOLD_TOKENS - QUESTION_TOKENS
    if room < 32:
        raise PromptTooLong(f"a context of {engine.info.context_tokens} tokens has no room for an article beside the questions")
    window: list[Span] = []
    used = 0
    for span, tokens in _cut(view.article.text, own, counted[1 + len(prompts) :], engine, room):
        if window and used + tokens > room:
            yield window
            window, used = [], 0
        window.append(span)
        used += tokens + 1
    if window:
        yield window


def _cut(text: str, spans: Sequence[Span], counted: Sequence[int], engine: Engine, room: int) -> Iterator[tuple[Span, int]]:
    """Spans with their tokens; one with more tokens than ``room`` is halved between words until its parts fit."""
    for span, tokens in zip(spans, counted, strict=True):
        if tokens <= room:
            yield span, tokens
            continue
        middle = text.find(" ", (span.start + span.end) // 2, span.end)
        middle = middle if middle > 0 else (span.start + span.end) // 2
        halves = [half for half in (Span(span.start, middle), Span(middle, span.end)) if half.of(text).strip()]
        yield from _cut(text, halves, engine.count_tokens([half.of(text) for half in halves]), engine, room)


def _question(prompt: QuestionPrompt, document: str) -> Question:
    constraint: Constraint = Spans(document, prompt.at_most, longest=prompt.longest)
    if prompt.constraint == "labelled":
        constraint = Labelled(prompt.labels, document, prompt.at_most, longest=prompt.longest)
    worked = f"Example article: {prompt.example.article}\nExample answer: {prompt.example.answer}\n"
    return Question(prompt.id, f"{worked}{prompt.text}", constraint, prompt.max_tokens)


def _grounded(view: View, prompt: QuestionPrompt, answer: Answer) -> Iterator[Evidence]:
    """Evidence of an answer's lines, each found in the article's own sentences; others are dropped."""
    if answer.text.strip() == NOTHING:
        return
    chosen = answer.logprobs or (0.0,)
    confidence = round(math.exp(sum(chosen) / len(chosen)), 4)
    for line in dict.fromkeys(answer.text.split("\n")):
        label, words = line.split(": ", 1) if prompt.constraint == "labelled" and ": " in line else ("", line)
        span = locate(view, words)
        if span is not None:
            for name in prompt.fields:
                yield from evidence_of(name, view, span, label, confidence)


def locate(view: View, words: str) -> Span | None:
    """Where the article's own sentences say these words, white space aside, at word boundaries; the first place."""
    pattern = r"\s+".join(re.escape(word) for word in words.split())
    if not pattern:
        return None
    for sentence in view.own:
        if match := re.compile(rf"(?<!\w){pattern}(?!\w)").search(view.article.text, sentence.span.start, sentence.span.end):
            return Span(*match.span())
    return None
