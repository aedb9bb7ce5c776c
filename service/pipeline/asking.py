"""Reading sentence by sentence: the article is prefilled once, and after each of its sentences the model lists what that one states.

An answer is lines of "label: words", the words copied from that very sentence under a grammar; so every line has its place
at once, and everything read before is context ("It seeks …", "the company").
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from casebrief.models.constraints import NOTHING, Labelled
from casebrief.models.engine import Answer, Batch, Engine, Heard, Question, Reading, Readings, Stop, Usage, never, unheard
from casebrief.models.errors import EngineError, PromptTooLong
from casebrief.prompts.loader import ReadingPrompt
from casebrief.service.domain.article import Article, Sentence
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
    """What the model says of one article's sentences, in order; ``failure`` says why it says nothing."""

    told: tuple[Told, ...] = ()
    gaps: tuple[str, ...] = ()
    failure: str = ""


@dataclass(frozen=True)
class _Window:
    """A piece of an article: the sentences shown, and the places of those that are asked after."""

    shown: tuple[Sentence, ...]
    asked: frozenset[int]


class _Sizes:
    """Tokens of texts: those known to be wanted are counted in one call."""

    def __init__(self, engine: Engine, texts: Sequence[str]) -> None:
        self._engine = engine
        self._known = dict(zip(texts, engine.count_tokens(texts), strict=True))

    def __call__(self, text: str) -> int:
        if text not in self._known:
            (self._known[text],) = self._engine.count_tokens([text])
        return self._known[text]


def listen(
    articles: Sequence[Article], engine: Engine, prompt: ReadingPrompt, stop: Stop = never, heard: Heard = unheard, enough: Stop = never
) -> tuple[list[Listened], Usage]:
    """Ask after each sentence of each article's story, all in one job.

    An answer that was cut off becomes a gap, never a fact; an article that cannot be read says why.
    """
    sizes = _Sizes(engine, [prompt.text, *dict.fromkeys(_line(sentence) for article in articles for sentence in article.sentences)])
    windows: list[list[_Window]] = []
    failures: dict[int, str] = {}
    for number, article in enumerate(articles):
        try:
            windows.append(list(_windows(article, engine.info.context_tokens, prompt, sizes)))
        except PromptTooLong as error:
            windows.append([])
            failures[number] = str(error)
    batches = [[_batch(window, prompt, sizes) for window in pieces] for pieces in windows]
    # An article that stands there twice is read once.
    different = list(dict.fromkeys(batch for pieces in batches for batch in pieces))
    asked = engine.ask(different, stop, heard, enough) if different else Readings((), Usage())
    readings = dict(zip(different, asked.readings, strict=True))
    listened = [
        _listened(pieces, [readings[batch] for batch in asked_of], failures.get(number, ""))
        for number, (pieces, asked_of) in enumerate(zip(windows, batches, strict=True))
    ]
    return listened, asked.usage


def _batch(window: _Window, prompt: ReadingPrompt, sizes: _Sizes) -> Batch:
    passages = tuple(("\n" if number else "") + _line(sentence) for number, sentence in enumerate(window.shown))
    questions = tuple(
        _question(prompt, sentence, number + 1, sizes(_line(sentence)) + 1) for number, sentence in enumerate(window.shown) if number in window.asked
    )
    return Batch(prompt.text, passages, questions)


def _line(sentence: Sentence) -> str:
    return " ".join(sentence.text.split())


def _question(prompt: ReadingPrompt, sentence: Sentence, after: int, tokens: int) -> Question:
    constraint = Labelled(tuple(prompt.labels), sentence.text, prompt.at_most, longest=prompt.longest)
    return Question(str(after), "", constraint, min(prompt.max_tokens, ANSWER_TOKENS + 2 * tokens), after)


def _listened(windows: Sequence[_Window], readings: Sequence[Reading], failure: str) -> Listened:
    told: list[Told] = []
    for window, reading in zip(windows, readings, strict=True):
        try:
            answers = reading.checked()
        except EngineError as error:
            return Listened(failure=str(error))
        told += [_told(window.shown[int(answer.question) - 1], answer) for answer in answers]
    cut = sum(one.cut for one in told)
    return Listened(tuple(told), (f"what {cut} of {len(told)} sentences state was cut off and not used",) if cut else (), failure)


def _windows(article: Article, context_tokens: int, prompt: ReadingPrompt, sizes: _Sizes) -> Iterator[_Window]:
    """Sentences to show, and which of them to ask after; every one is asked after exactly once.

    Raises `PromptTooLong` when a context has no room for one sentence.
    """
    room = min(WINDOW, (context_tokens - sizes(prompt.text) - SCAFFOLD_TOKENS - prompt.max_tokens) // 2)
    if room < 64:
        raise PromptTooLong(f"a context of {context_tokens} tokens has no room for an article beside the instructions")
    pieces = list(_cut(article.sentences, article.text, sizes, room // 4))
    title = [piece for piece in _title(article) if sizes(_line(piece)) <= room // 4]
    lead = [*title, *pieces[: LEAD - len(title)]]

    def taken(sentences: Sequence[Sentence]) -> int:
        return sum(sizes(_line(sentence)) for sentence in sentences)

    shown, asked, used = title, set[int](), taken(title)
    for piece in pieces:
        tokens = sizes(_line(piece))
        if asked and used + tokens > room:
            yield _window(shown, asked)
            shown, asked, used = lead, set(), taken(lead)
        if any(character.isalnum() for character in piece.text):
            asked.add(len(shown))
        shown = [*shown, piece]
        used += tokens + 1
    if asked:
        yield _window(shown, asked)


def _window(shown: Sequence[Sentence], asked: set[int]) -> _Window:
    """What stands behind the last sentence asked after is not read: no question would see it."""
    return _Window(tuple(shown[: max(asked) + 1]), frozenset(asked))


def _title(article: Article) -> list[Sentence]:
    """The title as a line to be shown, where the text has one that is not a sentence of the story itself."""
    span = article.story.title
    return [Sentence(span, span.of(article.text), -1)] if span else []


def _cut(sentences: Sequence[Sentence], text: str, sizes: _Sizes, room: int) -> Iterator[Sentence]:
    """Sentences; one with more tokens than ``room`` is halved between words until its parts fit."""
    for sentence in sentences:
        if sizes(_line(sentence)) <= room:
            yield sentence
            continue
        span = sentence.span
        middle = text.find(" ", (span.start + span.end) // 2, span.end)
        middle = middle if middle > 0 else (span.start + span.end) // 2
        halves = [half for half in (Span(span.start, middle), Span(middle, span.end)) if half.of(text).strip()]
        yield from _cut([Sentence(half, half.of(text), sentence.paragraph) for half in halves], text, sizes, room)


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
