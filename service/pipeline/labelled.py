"""Reading by labels: the model marks the words of whole articles in one pass, and rules make the typed forms of what it marked.

An article goes to the engine whole, furniture included, sentence by sentence; what is its story, what it tells of and how far the case has come are told by
its marks and classes. Nothing is looked for by words here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from casebrief.models.engine import Engine, Heard, Labelling, Mark, Place, Stop, Usage, never, unheard
from casebrief.models.errors import EngineError
from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.spans import Span, lines, sentences, trimmed
from casebrief.service.domain.story import asides
from casebrief.service.pipeline.articles import Submitted, article_of
from casebrief.service.pipeline.gathering import Belief, Tagged, gathered
from casebrief.service.pipeline.reading import Alike, Gathered, ReaderName, one_by_one
from casebrief.service.pipeline.typed import Tag

FURNITURE = "furniture"
ASIDE = 0.5
"""The share of a sentence's characters in marks of furniture from which it is none of the story."""

OPEN = 0.5
"""The probability that two marks state one fact where nothing tells."""


@dataclass(frozen=True)
class LabelReader:
    """Reads by an engine that labels."""

    engine: Engine
    belief: Belief
    name: ReaderName = "labels"

    def read(self, submitted: Sequence[Submitted], stop: Stop = never, heard: Heard = unheard, enough: Stop = never) -> Gathered:
        """See `casebrief.service.pipeline.reading.Reader`."""
        tagged, usage = self.tagged(submitted, stop, heard, enough)
        return gathered(tagged, self.belief, usage, self.alike, stop)

    def tagged(self, submitted: Sequence[Submitted], stop: Stop = never, heard: Heard = unheard, enough: Stop = never) -> tuple[list[Tagged], Usage]:
        """What the model says of each article, before it is believed."""
        cut = [[sentences(item.text, line) for line in lines(item.text)] for item in one_by_one(submitted, stop)]
        passages = [tuple(span.of(item.text) for paragraph in paragraphs for span in paragraph) for item, paragraphs in zip(submitted, cut, strict=True)]
        found = self.engine.label(passages, stop, heard, enough)
        told = one_by_one(zip(submitted, cut, found.labellings, strict=True), stop)
        return [_tagged(item, paragraphs, labelling) for item, paragraphs, labelling in told], found.usage

    @property
    def alike(self) -> Alike:
        """How likely evidence states the same, by the vectors of its marks."""
        sameness = self.engine.info.sameness

        def alike(one: Evidence, other: Evidence) -> float:
            return sameness.probability(one.vector, other.vector) if sameness and one.vector and other.vector else OPEN

        return alike


def _tagged(submitted: Submitted, paragraphs: Sequence[Sequence[Span]], labelling: Labelling) -> Tagged:
    """What the model said of one article; its story is what is not furniture."""
    text = submitted.text
    try:
        labelling.checked()
    except EngineError as error:
        return Tagged(article_of(submitted, paragraphs), (), failure=str(error))
    spans = [span for paragraph in paragraphs for span in paragraph]
    around = [Span(paragraph[0].start, paragraph[-1].end) for paragraph in paragraphs for _ in paragraph]
    marks = _joined(text, [tag for mark in labelling.marks if (tag := _tag(text, spans, around, mark))])
    tags = sorted(marks, key=lambda tag: (tag.span, tag.label))
    aside = [*(tag.span for tag in tags if tag.label == FURNITURE), *asides(text)]
    story = [[span for span in paragraph if _covered(span, aside) < ASIDE] for paragraph in paragraphs]
    return Tagged(article_of(submitted, story), tuple(tag for tag in tags if tag.label != FURNITURE), labelling.classes)


def _covered(span: Span, aside: Sequence[Span]) -> float:
    return sum(max(0, min(span.end, other.end) - max(span.start, other.start)) for other in aside) / (span.end - span.start)


def _tag(text: str, spans: Sequence[Span], around: Sequence[Span], mark: Mark) -> Tag | None:
    """A mark as words of the article."""

    def place(at: Place) -> int:
        return spans[at.passage].start + at.character

    span = trimmed(text, place(mark.start), place(mark.end))
    if span is None or not any(char.isalnum() for char in span.of(text)):
        return None
    span = _bare(text, _whole_words(text, span))
    within = Span(spans[mark.start.passage].start, spans[mark.end.passage].end)
    member = max(mark.members, key=lambda name: mark.members[name], default="")
    return Tag(mark.label, span, within, around[mark.start.passage], mark.probability, member, mark.members.get(member, 1.0), mark.vector)


def _bare(text: str, span: Span) -> Span:
    """The span without the commas, colons, dashes and hanging words at its edges."""
    words = _HANGING.sub("", span.of(text).rstrip(_EDGES)).rstrip(_EDGES)
    start = span.start + len(words) - len(words.lstrip(_EDGES))
    return Span(start, max(start + 1, span.start + len(words)))


_HANGING = re.compile(r"(?:\s+(?:of|under|for|by|the|a|an|and|or|to|in|on|at|with|from|that|who|whose|which|its|their|his|her))+$")
"""Words that no phrase ends in: a mark that does is cut a little short or long."""

_EDGES = " ,;:–—\t"
_WORD = re.compile(r"\w+(?:(?:[-\N{NON-BREAKING HYPHEN}]|(?<=\d)[.,](?=\d)|(?<=\b[A-Z])\.(?=[A-Z]\.))\w+)*")


def _whole_words(text: str, span: Span) -> Span:
    """The span with the rest of the words and numbers that it cuts: tokens are parts of them."""
    around = _WORD.finditer(text, max(0, text.rfind(" ", 0, span.start) + 1), _behind(text, span.end))
    cut = [match.span() for match in around if match.start() < span.end and match.end() > span.start]
    return Span(min([span.start, *(start for start, _ in cut)]), max([span.end, *(end for _, end in cut)]))


def _behind(text: str, end: int) -> int:
    """Where the word ends that ``end`` may lie in."""
    found = re.compile(r"\s").search(text, end)
    return found.start() if found else len(text)


COUNTED = frozenset({"figures", "timeline"})
"""Labels of which one may follow the other with nothing but a space between."""


def _joined(text: str, tags: Sequence[Tag]) -> Iterator[Tag]:
    """Tags of one label that meet once they are whole words, or that nothing but white space parts, are one."""
    last: dict[str, Tag] = {}
    for tag in tags:
        before = last.get(tag.label)
        if before is None:
            last[tag.label] = tag
            continue
        between = text[before.span.end : tag.span.start]
        if before.span.meets(tag.span) or (not between.strip() and "\n" not in between and tag.label not in COUNTED):
            surer = max(before, tag, key=lambda one: one.probability)
            whole = Span(before.span.start, max(before.span.end, tag.span.end))
            last[tag.label] = replace(surer, span=whole, within=Span(before.within.start, max(before.within.end, tag.within.end)))
        else:
            yield before
            last[tag.label] = tag
    yield from last.values()
