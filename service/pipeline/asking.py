"""Reading sentence by sentence: the article is prefilled once, and after each of its sentences the model lists what that one states.

An answer is lines of "label: words", the words copied from that very sentence under a grammar; so every line has its place
at once, and everything read before is context ("It seeks …", "the company").
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from casebrief.models.constraints import NOTHING, Labelled
from casebrief.models.engine import Answer, Batch, Engine, Question, Stop, Usage
from casebrief.models.errors import PromptTooLong
from casebrief.prompts.loader import ReadingPrompt
from casebrief.service.domain.article import Sentence, View
from casebrief.service.domain.spans import Span

WINDOW = 1200
"""Tokens of an article that are read in one piece; a longer one goes on behind its first sentences."""

LEAD = 3
"""Lines that every piece of a long article begins with, its title among them: they say which case it is about."""

SCAFFOLD_TOKENS = 96
"""Room kept for the chat scaffold, in tokens."""

ANSWER_TOKENS = 32
"""What an answer may take beside twice its sentence, in tokens."""


@dataclass(frozen=True)
class Line:
    """One line of an answer: a label, where its words stand, and the probability of what was chosen, 0 to 1."""

    label: str
    span: Span
    probability: float


@dataclass(frozen=True)
class Told:
    """What the model says of one sentence; ``cut`` when its answer was longer than allowed."""

    sentence: Sentence
    lines: tuple[Line, ...]
    cut: bool = False


@dataclass(frozen=True)
class Listened:
    """What the model says of one article's own sentences, in order."""

    told: tuple[Told, ...]
    usage: Usage = field(default_factory=Usage)
    gaps: tuple[str, ...] = ()


def listen(view: View, engine: Engine, prompt: ReadingPrompt, stop: Stop) -> Listened:
    """Ask after each of the article's own sentences. An answer that was cut off becomes a gap, never a fact."""
    told: list[Told] = []
    usage = Usage()
    for shown, asked in windows(view, engine, prompt):
        passages = tuple(("\n" if number else "") + " ".join(sentence.text.split()) for number, sentence in enumerate(shown))
        tokens = engine.count_tokens(passages)
        questions = tuple(_question(prompt, sentence, number + 1, tokens[number]) for number, sentence in enumerate(shown) if number in asked)
        if not questions:
            continue
        reading = engine.ask(Batch(prompt.text, passages, questions), stop)
        usage += reading.usage
        told += [_told(shown[question.after - 1], answer) for question, answer in zip(questions, reading.answers, strict=True) if question.after]
    cut = sum(one.cut for one in told)
    gaps = (f"what {cut} of {len(told)} sentences state was cut off and not used",) if cut else ()
    return Listened(tuple(told), usage, gaps)


def _question(prompt: ReadingPrompt, sentence: Sentence, after: int, tokens: int) -> Question:
    constraint = Labelled(tuple(prompt.labels), sentence.text, prompt.at_most, longest=prompt.longest)
    return Question(str(after), "", constraint, min(prompt.max_tokens, ANSWER_TOKENS + 2 * tokens), after)


def windows(view: View, engine: Engine, prompt: ReadingPrompt) -> Iterator[tuple[list[Sentence], set[int]]]:
    """Sentences to show, and which of them to ask after; every sentence of the case is asked after exactly once.

    Sentences of other cases are shown and not asked after. Raises `PromptTooLong` when a context has no room for one sentence.
    """
    instructions = engine.count_tokens([prompt.text])[0]
    room = min(WINDOW, (engine.info.context_tokens - instructions - SCAFFOLD_TOKENS - prompt.max_tokens) // 2)
    if room < 64:
        raise PromptTooLong(f"a context of {engine.info.context_tokens} tokens has no room for an article beside the instructions")
    pieces = list(_cut(view.sentences, view.article.text, engine, room // 4))
    title = _title(view, engine, room // 4)
    lead = [*title, *pieces[: LEAD - len(title)]]
    shown = [sentence for sentence, _ in title]
    asked: set[int] = set()
    used = sum(tokens for _, tokens in title)
    for piece, tokens in pieces:
        if asked and used + tokens > room:
            yield shown, asked
            shown, asked, used = [sentence for sentence, _ in lead], set(), sum(tokens for _, tokens in lead)
        if not piece.foreign and any(character.isalnum() for character in piece.text):
            asked.add(len(shown))
        shown.append(piece)
        used += tokens + 1
    if asked:
        yield shown, asked


def _title(view: View, engine: Engine, room: int) -> list[tuple[Sentence, int]]:
    """The title as a line to be shown, where the text has one that is not a sentence of the story itself."""
    span = view.article.story.title
    if span is None or any(span.meets(sentence.span) for sentence in view.sentences):
        return []
    title = Sentence(span, span.of(view.article.text), -1, foreign=True)
    tokens = engine.count_tokens([title.text])[0]
    return [(title, tokens)] if tokens <= room else []


def _cut(sentences: Sequence[Sentence], text: str, engine: Engine, room: int) -> Iterator[tuple[Sentence, int]]:
    """Sentences with their tokens; one with more tokens than ``room`` is halved between words until its parts fit."""
    for sentence, tokens in zip(sentences, engine.count_tokens([sentence.text for sentence in sentences]), strict=True):
        if tokens <= room:
            yield sentence, tokens
            continue
        span = sentence.span
        middle = text.find(" ", (span.start + span.end) // 2, span.end)
        middle = middle if middle > 0 else (span.start + span.end) // 2
        halves = [half for half in (Span(span.start, middle), Span(middle, span.end)) if half.of(text).strip()]
        parts = [Sentence(half, half.of(text), sentence.paragraph, sentence.foreign) for half in halves]
        yield from _cut(parts, text, engine, room)


def _told(sentence: Sentence, answer: Answer) -> Told:
    if answer.finish != "stop":
        return Told(sentence, (), cut=True)
    if answer.text.strip() == NOTHING:
        return Told(sentence, ())
    return Told(sentence, tuple(_lines(sentence, answer)))


def _lines(sentence: Sentence, answer: Answer) -> Iterator[Line]:
    """The answer's lines, each found in its sentence; repeated words are taken from left to right."""
    position = 0
    floor: dict[str, int] = {}
    seen: set[str] = set()
    for text in answer.text.split("\n"):
        start, end = position, position + len(text)
        position = end + 1
        label, _, words = text.partition(": ")
        if text in seen or not words:
            continue
        seen.add(text)
        pattern = re.compile(r"\s+".join(re.escape(word) for word in words.split()))
        match = pattern.search(sentence.text, floor.get(words, 0)) or pattern.search(sentence.text)
        if match is None:
            continue
        floor[words] = match.end()
        chosen = [logprob for begins, logprob in zip(answer.starts, answer.logprobs, strict=True) if start - 1 <= begins < end]
        span = Span(sentence.span.start + match.start(), sentence.span.start + match.end())
        yield Line(label, span, math.exp(sum(chosen)))
