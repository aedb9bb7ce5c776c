"""Whole articles by prompts, for larger models: an article is read at once, and all its facts are listed with the sentence and the words that state them.

Sentences are numbered, so that words which occur more than once have a place. The words are looked for in the article (`grounding`); facts whose words stand
nowhere are left out and counted. An answer that is cut off, or an article beyond the context, is asked for again in two halves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from casebrief.models.constraints import Facts
from casebrief.models.engine import Answer, Batch, Engine, Heard, Question, Reading, Stop, Usage, never, unheard
from casebrief.models.errors import EngineError, PromptTooLong
from casebrief.models.facts import stated
from casebrief.prompts.loader import ReadingPrompt
from casebrief.service.domain.article import Article, Sentence
from casebrief.service.domain.spans import Span
from casebrief.service.pipeline.grounding import Grounding
from casebrief.service.pipeline.typed import Tag

LEAD = 3
"""Sentences that every further piece of an article begins with, its title among them: they say which case it is about."""

SCAFFOLD_TOKENS = 192
"""Room kept for the chat's format and the marks around the article, in tokens."""

LEAST_TOKENS = 512
"""What an answer may take beside twice its article, in tokens."""

SURE = 1.0
"""The probability of a member that a label names."""

UNMEASURED = 1.0
"""Stands for the probability of a fact of which the engine tells none; see `Listed.measured`."""


@dataclass(frozen=True)
class Listed:
    """What the model says of one article, as marks in the order of their words. ``measured``: their probabilities are the model's.

    ``failure`` says why it says nothing.
    """

    tags: tuple[Tag, ...] = ()
    gaps: tuple[str, ...] = ()
    failure: str = ""
    measured: bool = True


@dataclass(frozen=True)
class _Piece:
    """Sentences of an article that are asked after together, and those that are shown before them."""

    number: int
    lead: tuple[Sentence, ...]
    sentences: tuple[Sentence, ...]

    def halves(self, lead: Sequence[Sentence]) -> list[_Piece]:
        middle = len(self.sentences) // 2
        first, second = self.sentences[:middle], self.sentences[middle:]
        return [replace(self, sentences=first), replace(self, lead=tuple(one for one in lead if one not in second), sentences=second)]


@dataclass
class _Heard:
    """What was heard of one article so far."""

    answers: list[tuple[_Piece, Answer]]
    cut: int = 0
    failure: str = ""


def list_facts(
    articles: Sequence[Article],
    engine: Engine,
    prompt: ReadingPrompt,
    candidates: Sequence[Sequence[Tag]] | None = None,
    stop: Stop = never,
    heard: Heard = unheard,
    enough: Stop = never,
) -> tuple[list[Listed], Usage]:
    """Ask for the facts of all articles, all in one job and, where answers were cut off, in further ones.

    ``candidates`` are another reader's marks, for each article those in its story. Raises `EngineError` where the engine fails as a whole.
    """
    known = [_Heard([]) for _ in articles]
    pieces = [_Piece(number, (), article.sentences) for number, article in enumerate(articles) if article.sentences]
    usage = Usage()
    while pieces:
        room = engine.info.context_tokens - SCAFFOLD_TOKENS - sum(engine.count_tokens([prompt.text, prompt.candidates]))
        asked = [(piece, _batch(piece, prompt, engine, room, candidates)) for piece in pieces]
        answered = engine.ask([batch for _, batch in asked], stop, heard, enough)
        usage, heard = usage + answered.usage, unheard
        pieces = [
            half
            for (piece, batch), reading in zip(asked, answered.readings, strict=True)
            for half in _heard(known[piece.number], piece, batch, reading, articles[piece.number])
        ]
    return [_listed(article, found, prompt) for article, found in zip(articles, known, strict=True)], usage


def _heard(found: _Heard, piece: _Piece, batch: Batch, reading: Reading, article: Article) -> list[_Piece]:
    """Take a piece's answer; its halves where it must be asked for again."""
    try:
        (answer,) = reading.checked()
        if answer.finish == "stop":
            stated(answer, _facts(batch))
            found.answers.append((piece, answer))
            return []
    except PromptTooLong as error:
        if len(piece.sentences) == 1:
            found.failure = found.failure or str(error)
    except EngineError as error:
        found.failure = found.failure or str(error)
        return []
    if len(piece.sentences) > 1:
        return piece.halves(_lead(article))
    found.cut += 1
    return []


def _batch(piece: _Piece, prompt: ReadingPrompt, engine: Engine, room: int, candidates: Sequence[Sequence[Tag]] | None) -> Batch:
    lead = [f"- {_line(sentence)}\n" for sentence in piece.lead]
    numbered = [f"{number} {_line(sentence)}\n" for number, sentence in enumerate(piece.sentences, 1)]
    behind = list(_candidates(piece, candidates[piece.number], prompt)) if candidates is not None else []
    (tokens,) = engine.count_tokens(["".join([*lead, *numbered, *behind])])
    constraint = Facts(tuple(prompt.labels), len(piece.sentences), prompt.at_most)
    question = Question("facts", "", constraint, max(1, min(prompt.max_tokens, LEAST_TOKENS + 2 * tokens, room - tokens)))
    instructions = f"{prompt.text}\n{prompt.candidates}".strip() if behind else prompt.text
    return Batch(instructions, (*lead, *numbered, *behind), (question,))


def _facts(batch: Batch) -> Facts:
    constraint = batch.questions[0].constraint
    assert isinstance(constraint, Facts)
    return constraint


def _line(sentence: Sentence) -> str:
    return " ".join(sentence.text.split())


def _lead(article: Article) -> list[Sentence]:
    title = article.story.title
    first = [Sentence(title, title.of(article.text), -1)] if title else []
    return [*first, *article.sentences[: LEAD - len(first)]]


def _candidates(piece: _Piece, tags: Sequence[Tag], prompt: ReadingPrompt) -> Iterator[str]:
    """Another reader's marks in these sentences, as lines behind the article."""
    named = {field: label for label, field in prompt.labels.items()}
    lines = [
        f"{number} {label}: {' '.join(sentence.text[tag.span.start - sentence.span.start : tag.span.end - sentence.span.start].split())}\n"
        for number, sentence in enumerate(piece.sentences, 1)
        for tag in tags
        if sentence.span.holds(tag.span) and (label := named.get(f"{tag.label}.{tag.member}".rstrip(".")))
    ]
    yield from ("\nMarked by the first reader:\n", *lines) if lines else ()


def _listed(article: Article, found: _Heard, prompt: ReadingPrompt) -> Listed:
    if found.failure:
        return Listed(failure=found.failure)
    grounding = Grounding(article)
    tags: dict[tuple[Span, str, str], Tag] = {}
    count = lost = 0
    measured = True
    for piece, answer in found.answers:
        for fact in stated(answer, Facts(tuple(prompt.labels), len(piece.sentences), prompt.at_most)):
            count += 1
            sentence = piece.sentences[fact.line - 1]
            span = grounding.find(fact.label, fact.words, sentence) if len(fact.words) <= prompt.longest else None
            if span is None:
                lost += 1
                continue
            measured = measured and fact.probability is not None
            tag = _tag(article, prompt.labels[fact.label], span, UNMEASURED if fact.probability is None else fact.probability)
            tags.setdefault((tag.span, tag.label, tag.member), tag)
    gaps = [f"what {found.cut} of {len(article.sentences)} sentences state was cut off and not used"] if found.cut else []
    gaps += [f"{lost} of {count} facts that the model listed were left out: their words do not stand in the article"] if lost else []
    return Listed(tuple(sorted(tags.values(), key=lambda tag: (tag.span, tag.label))), tuple(gaps), measured=measured)


def _tag(article: Article, field: str, span: Span, probability: float) -> Tag:
    """Words as a mark, within the sentences and the paragraph that they stand in."""
    label, _, member = field.partition(".")
    met = [sentence for sentence in article.sentences if sentence.span.meets(span)]
    paragraph = article.story.paragraphs[met[0].paragraph]
    within = Span(met[0].span.start, met[-1].span.end)
    return Tag(label, span, within, Span(paragraph[0].start, paragraph[-1].end), probability, member, SURE, ())
