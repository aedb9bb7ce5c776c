"""Reading by labels: the model marks the words of whole articles in one pass, and rules make the typed forms of what it marked.

An article goes to the engine whole, furniture included, sentence by sentence; what is its story, what it tells of and how far the case has come are told by
its marks and classes. Nothing is looked for by words here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from casebrief.models.engine import Engine, Heard, Labelling, Mark, Place, Stop, never, unheard
from casebrief.models.errors import EngineError
from casebrief.service.domain.article import Article, CaseIdentity, Sentence, View
from casebrief.service.domain.dates import day_first
from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.names import same_name
from casebrief.service.domain.spans import Span, lines, sentences, trimmed
from casebrief.service.domain.story import Story, asides, publication_date
from casebrief.service.pipeline.articles import Dossier, Submitted, find_copies, language_of, of_other_cases
from casebrief.service.pipeline.reading import Gathered, Read, ReaderName
from casebrief.service.pipeline.typed import Tag, evidence_of, sides_of

FURNITURE = "furniture"
ASIDE = 0.5
"""The share of a sentence's characters in marks of furniture from which it is none of the story."""

UNRELATED = 0.5
"""The probability of being about something else from which an article is."""


@dataclass(frozen=True)
class LabelReader:
    """Reads by an engine that labels.

    ``floor`` gives the confidence from which what it marks of a field counts (``None``: it is not believed there), ``confidence`` makes one of the
    probability of a mark.
    """

    engine: Engine
    floor: Callable[[str], float | None]
    confidence: Callable[[str, float], float]
    name: ReaderName = "labels"

    def read(self, submitted: Sequence[Submitted], stop: Stop = never, heard: Heard = unheard) -> Gathered:
        """See `casebrief.service.pipeline.reading.Reader`."""
        cut = [_cut(item.text) for item in submitted]
        passages = [tuple(span.of(item.text) for paragraph in paragraphs for span in paragraph) for item, paragraphs in zip(submitted, cut, strict=True)]
        found = self.engine.label(passages, stop, heard)
        told = _own([_Told.of(item, paragraphs, labelling) for item, paragraphs, labelling in zip(submitted, cut, found.labellings, strict=True)])
        dossier = _dossier(told)
        by_id = {one.article.id: one for one in told}
        reads = [Read(tuple(self._believed(one)), one.gaps, one.failure) for one in (by_id[view.article.id] for view in dossier.views)]
        sameness = self.engine.info.sameness

        def alike(one: Evidence, other: Evidence) -> float:
            return sameness.probability(one.vector, other.vector) if sameness and one.vector and other.vector else OPEN

        return Gathered(dossier, reads, found.usage, alike)

    def _believed(self, told: _Told) -> Iterator[Evidence]:
        """What the article states, as sure as it must be."""
        for item in () if told.failure else (*evidence_of(told.article, told.tags), *_of_the_whole(told)):
            floor, sure = self.floor(item.field), round(self.confidence(item.field, item.confidence), 4)
            if floor is not None and sure >= floor:
                yield replace(item, confidence=sure)


OPEN = 0.5
"""The probability that two marks state one fact where nothing tells."""


def _cut(text: str) -> list[list[Span]]:
    """The sentences of each paragraph."""
    return [sentences(text, line) for line in lines(text)]


@dataclass(frozen=True)
class _Told:
    """What the model said of one article. ``foreign``: how many of its sentences speak of another case."""

    article: Article
    tags: tuple[Tag, ...]
    classes: dict[str, dict[str, float]]
    failure: str
    foreign: int = 0

    @classmethod
    def of(cls, submitted: Submitted, paragraphs: Sequence[Sequence[Span]], labelling: Labelling) -> _Told:
        spans = [span for paragraph in paragraphs for span in paragraph]
        around = [Span(paragraph[0].start, paragraph[-1].end) for paragraph in paragraphs for _ in paragraph]
        try:
            labelling.checked()
            failure = ""
        except EngineError as error:
            failure = str(error)
        tags = (
            []
            if failure
            else sorted(
                _joined(submitted.text, [tag for mark in labelling.marks if (tag := _tag(submitted.text, spans, around, mark))]),
                key=lambda tag: (tag.span, tag.label),
            )
        )
        aside = [tag.span for tag in tags if tag.label == FURNITURE]
        return cls(_article(submitted, paragraphs, aside), tuple(tag for tag in tags if tag.label != FURNITURE), labelling.classes, failure)

    @property
    def unrelated(self) -> str | None:
        """Why the article is not about a case at all, or ``None`` when it is."""
        if self.failure:
            return None
        if self.classes.get("related", {}).get("unrelated", 0.0) >= UNRELATED:
            return "tells of something else than the case"
        return None if any(tag.label in _TELLING for tag in self.tags) else "states nothing of a case"

    @property
    def gaps(self) -> tuple[str, ...]:
        """What was left out of its story."""
        told = "1 sentence speaks" if self.foreign == 1 else f"{self.foreign} sentences speak"
        return (f"{told} of another case and gave no fact",) if self.foreign else ()

    def of_label(self, *labels: str) -> list[Tag]:
        return [tag for tag in self.tags if tag.label in labels]


def _own(told: Sequence[_Told]) -> list[_Told]:
    """Without the marks in sentences of other cases, in lists of other stories and in readers' comments."""
    foreign = of_other_cases([one.article for one in told])
    kept = []
    for one in told:
        aside = [*foreign[one.article.id], *asides(one.article.text)]
        tags = tuple(tag for tag in one.tags if not any(tag.span.meets(span) for span in aside))
        kept.append(replace(one, tags=tags, foreign=len(foreign[one.article.id])))
    main = _main_caption(kept)
    return [replace(one, tags=tuple(tag for tag in one.tags if tag.label != "caption" or _names_same_sides(one.article.text, tag.span, main))) for one in kept]


Sides = tuple[str, str]


def _main_caption(told: Sequence[_Told]) -> Sides | None:
    """The two sides of the caption whose names are most often marked as parties, or as a caption: precedents are cited by captions too."""
    counted: Counter[Sides] = Counter()
    parties = [tag.span.of(one.article.text) for one in told for tag in one.of_label("plaintiffs", "defendants")]
    for one in told:
        for tag in one.of_label("caption"):
            if sides := _sides(one.article.text, tag.span):
                counted[sides] += 1 + sum(same_name(party, side) for party in parties for side in sides)
    return max(counted, key=lambda sides: counted[sides], default=None)


def _sides(text: str, caption: Span) -> Sides | None:
    found = sides_of(text, caption)
    return (found[0].of(text), found[1].of(text)) if found else None


def _names_same_sides(text: str, caption: Span, main: Sides | None) -> bool:
    sides = _sides(text, caption)
    return sides is None or main is None or all(same_name(one, other) for one, other in zip(sides, main, strict=True))


_TELLING = frozenset({"plaintiffs", "defendants", "caption", "allegations", "rulings", "court", "docket_number", "status", "proceeding"})


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


def _article(submitted: Submitted, cut: Sequence[Sequence[Span]], aside: Sequence[Span]) -> Article:
    """The article with its story: what is not furniture; a first line without a full stop is its title."""
    text = submitted.text
    paragraphs = [kept for paragraph in cut if (kept := tuple(span for span in paragraph if _covered(span, aside) < ASIDE))]
    title = paragraphs[0][0] if len(paragraphs) > 1 and len(paragraphs[0]) == 1 and text[paragraphs[0][0].end - 1] not in '.!?…”"' else None
    story = [span for paragraph in paragraphs for span in paragraph]
    published = publication_date(text, list(lines(text)))
    return Article(
        id=submitted.id,
        text=text,
        title=submitted.title or (title.of(text) if title else None),
        publisher=submitted.publisher,
        url=submitted.url,
        published_on=submitted.published_on or published,
        published_on_from="request" if submitted.published_on else "text" if published else None,
        story=Story(title, tuple(paragraphs[1:] if title else paragraphs), published),
        day_first=day_first(text),
        language=language_of(" ".join(span.of(text) for span in story) or text),
    )


def _covered(span: Span, aside: Sequence[Span]) -> float:
    return sum(max(0, min(span.end, other.end) - max(span.start, other.start)) for other in aside) / (span.end - span.start)


# ---------------------------------------------------------------------- the dossier


def _dossier(told: Sequence[_Told]) -> Dossier:
    articles = tuple(one.article for one in told)
    unrelated = {one.article.id: reason for one in told if (reason := one.unrelated)}
    if len(unrelated) == len(told) == 1:
        unrelated = {}
    case = _identity([one for one in told if one.article.id not in unrelated])
    views = tuple(
        View(
            article,
            tuple(Sentence(span, span.of(article.text), number) for number, paragraph in enumerate(article.story.paragraphs) for span in paragraph),
            case,
        )
        for article in articles
        if article.id not in unrelated and (article.story.paragraphs or article.story.title)
    )
    return Dossier(articles, views, find_copies([article for article in articles if article.story.paragraphs]), unrelated, case)


def _identity(told: Sequence[_Told]) -> CaseIdentity:
    """The sides by the names that are marked for them, the most often marked first; a name on both sides is on that of more marks."""
    sides = {side: _ranked(told, side) for side in ("plaintiffs", "defendants")}

    def own(side: str, other: str) -> tuple[str, ...]:
        return tuple(name for name, count in sides[side].items() if all(count >= theirs for known, theirs in sides[other].items() if same_name(known, name)))

    captions = [tag.span.of(one.article.text) for one in told for tag in one.of_label("caption")]
    dockets = [tag.span.of(one.article.text) for one in told for tag in one.of_label("docket_number")]
    caption = max(captions, key=lambda words: (captions.count(words), len(words)), default=None)
    return CaseIdentity(caption, own("plaintiffs", "defendants"), own("defendants", "plaintiffs"), tuple(dict.fromkeys(dockets)))


CAPTION = 3


def _ranked(told: Sequence[_Told], side: str) -> dict[str, int]:
    """Names marked for a side, forms of one name counted together under the longest; what a caption says weighs as much as `CAPTION` marks."""
    counted: Counter[str] = Counter(tag.span.of(one.article.text) for one in told for tag in one.of_label(side))
    for one in told:
        for tag in one.of_label("caption"):
            if sides := sides_of(one.article.text, tag.span):
                counted[sides[side == "defendants"].of(one.article.text)] += CAPTION
    ranked: dict[str, int] = {}
    for name in sorted(counted, key=len, reverse=True):
        known = next((other for other in ranked if same_name(other, name)), name)
        ranked[known] = ranked.get(known, 0) + counted[name]
    return dict(sorted(ranked.items(), key=lambda item: -item[1]))


# ---------------------------------------------------------------------- evidence


def _of_the_whole(told: _Told) -> Iterator[Evidence]:
    """Kind of proceeding and newest status: the likeliest class of the article, with the words that show it best."""
    for name in ("proceeding", "status"):
        classes = told.classes.get(name, {})
        value = max(classes, key=lambda kind: classes[kind], default=None)
        shown = told.of_label(name)
        if value and (span := _shown(told, shown, value)):
            yield Evidence(name, told.article.id, span, value, None, "inferred", round(classes[value], 4), "model")


def _shown(told: _Told, shown: Sequence[Tag], value: str) -> Span | None:
    best: Callable[[Tag], tuple[bool, float]] = lambda tag: (tag.member == value, tag.probability)  # noqa: E731 - a key
    if shown:
        return max(shown, key=best).span
    return told.article.story.title or next(iter(told.article.story.sentences), None)
