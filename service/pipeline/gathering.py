"""From what a model said of each article to evidence on each case that they tell of, mostly one: whichever way it read, the same follows.

Which articles are about the case, who its sides are, and which sentences speak of another case is told by the marks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from casebrief.models.engine import Stop, Usage, never
from casebrief.service.domain.article import Article, CaseIdentity, View
from casebrief.service.domain.captions import Sides, same_sides
from casebrief.service.domain.dockets import dockets
from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.names import same_name, whole_name
from casebrief.service.domain.spans import Span
from casebrief.service.domain.story import asides
from casebrief.service.domain.which_case import Telling, main_case, names_in, share, which_cases, with_form_of_name
from casebrief.service.pipeline.articles import Dossier, find_copies
from casebrief.service.pipeline.mouths import of_the_case
from casebrief.service.pipeline.other_cases import lead_of, of_other_cases
from casebrief.service.pipeline.parties import CAPTION, Marked, with_parties
from casebrief.service.pipeline.progress import followed
from casebrief.service.pipeline.reading import Alike, CaseRead, Gathered, Read, one_by_one
from casebrief.service.pipeline.typed import Tag, evidence_of, sides_of
from casebrief.service.pipeline.untold import decision_of

UNRELATED = 0.5
"""The probability of being about something else from which an article is."""

SILENT = "states nothing of a case"

CRIMINAL = 0.5
"""The probability of a prosecution from which an article is about one."""

_TELLING = frozenset(
    {"plaintiffs", "defendants", "caption", "allegations", "rulings", "court", "judge", "filed_on", "causes_of_action", "docket_number", "status", "proceeding"}
)


@dataclass(frozen=True)
class Tagged:
    """What a model said of one article: its marks, and the probabilities of its classes by their kind, where it gives any.

    ``gaps`` and ``failure`` are as in `Read`; ``foreign`` are the sentences that speak of another case.
    """

    article: Article
    tags: tuple[Tag, ...]
    classes: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    failure: str = ""
    gaps: tuple[str, ...] = ()
    foreign: frozenset[Span] = frozenset()

    @property
    def unrelated(self) -> str | None:
        """Why the article is not about a case at all, or ``None`` when it is."""
        if self.failure or self.gaps:
            return None
        if self.classes.get("related", {}).get("unrelated", 0.0) >= UNRELATED:
            return "tells of something else than the case"
        return SILENT if self.is_silent else None

    @property
    def is_silent(self) -> bool:
        """Whether nothing is marked that only an article on a case states."""
        return not self.of_label(*_TELLING)

    def of_label(self, *labels: str) -> list[Tag]:
        """The marks of some labels."""
        return [tag for tag in self.tags if tag.label in labels]

    def words(self, *labels: str) -> list[str]:
        """What is marked with some labels."""
        return [tag.span.of(self.article.text) for tag in self.of_label(*labels)]

    def of_the_case(self, case: CaseIdentity) -> Tagged:
        """The same with the marks alone that state facts of the case."""
        criminal = self.classes.get("proceeding", {}).get("criminal", 0.0) >= CRIMINAL
        return replace(self, tags=tuple(of_the_case(self.article.text, self.tags, case, criminal=criminal)))

    def without(self, dropped: Callable[[Tag], bool]) -> Tagged:
        """The same with fewer marks."""
        return replace(self, tags=tuple(tag for tag in self.tags if not dropped(tag)))


@dataclass(frozen=True)
class Belief:
    """How far a model is believed: ``floor`` gives the confidence from which what it says of a field counts (``None``: it is not believed there),
    ``confidence`` makes one of the probability of a mark.
    """

    floor: Callable[[str], float | None]
    confidence: Callable[[str, float], float]

    def of(self, tagged: Tagged) -> Iterator[Evidence]:
        """What an article states, as sure as it must be."""
        if tagged.failure:
            return
        told = [*self._believed([*evidence_of(tagged.article, tagged.tags), *_of_the_whole(tagged)])]
        yield from told
        yield from self._believed(decision_of(tagged.article, tagged.tags, tagged.classes.get("status", {}), told))

    def _believed(self, items: Iterable[Evidence]) -> Iterator[Evidence]:
        for item in items:
            floor, sure = self.floor(item.field), round(self.confidence(item.field, item.confidence), 4)
            if floor is not None and sure >= floor:
                yield replace(item, confidence=sure)


def gathered(tagged: Sequence[Tagged], belief: Belief, usage: Usage, alike: Alike | None = None, stop: Stop = never) -> Gathered:
    """The articles of a request by case, with the evidence of each, from what was said of them. Raises `casebrief.models.errors.Cancelled`."""
    kin = _kin(tagged)
    found = which_cases([_telling(one) for one in one_by_one(tagged, stop) if not one.failure and (one.article.id in kin or not one.unrelated)])
    copies = find_copies([one.article for one in tagged if one.article.story.paragraphs])
    told = {case.articles: _identity([_led(one) for one in tagged if one.article.id in case.articles]).told for case in found}
    elsewhere = [{article: told[other.articles] for other in found if other is not one for article in other.articles} for one in found]
    cases = [_case(tagged, others, kin, copies, belief, stop) for others in elsewhere or [{}]]
    main = main_case(found, copies)
    return Gathered(cases, cases[found.index(main)] if main else None if found else cases[0], usage, alike)


def _kin(tagged: Sequence[Tagged]) -> frozenset[str]:
    """The articles in which nothing is marked that tells of a case, but that name whom others name that do: they are about it."""
    telling = [_telling(one) for one in tagged if not one.failure and not one.unrelated]
    silent = [_telling(one) for one in tagged if one.unrelated == SILENT]
    return frozenset(one.article for one in silent if any(share(one, other) for other in telling))


def _case(tagged: Sequence[Tagged], elsewhere: Mapping[str, str], kin: frozenset[str], copies: dict[str, str], belief: Belief, stop: Stop) -> CaseRead:
    """One case of a request. ``elsewhere``: by article of another case whom that is about."""
    own = _own([one for one in tagged if one.article.id not in elsewhere])
    dossier = _dossier(own, kin, [one.article for one in tagged], {article: f"tells of another case: {told}" for article, told in elsewhere.items()}, copies)
    by_id = {one.article.id: one.of_the_case(dossier.case) for one in own}
    told = _in_order([by_id[view.article.id] for view in dossier.views])
    reads = [Read(tuple(belief.of(one)), one.gaps, one.failure) for one in one_by_one(told, stop)]
    return CaseRead(dossier, reads)


def _in_order(tagged: Sequence[Tagged]) -> list[Tagged]:
    """The articles of a case with their states in the light of those before."""
    states = followed([(one.article.published_on, one.classes.get("status", {})) for one in tagged])
    return [replace(one, classes={**one.classes, "status": told}) if told else one for one, told in zip(tagged, states, strict=True)]


def _telling(tagged: Tagged) -> Telling:
    """What an article tells of its case, by its marks."""
    text, captions = tagged.article.text, [sides for tag in tagged.of_label("caption") if (sides := _sides(tagged.article.text, tag.span))]
    return Telling(
        article=tagged.article.id,
        story=" ".join([tagged.article.title or "", *(span.of(text) for span in tagged.article.story.sentences)]),
        plaintiffs=with_form_of_name([*tagged.words("plaintiffs"), *(sides[0] for sides in captions)]),
        defendants=with_form_of_name([*tagged.words("defendants"), *(sides[1] for sides in captions)]),
        people=frozenset(name for words in tagged.words("counsel", "judge", "speaker") for name in names_in(words)),
        captions=frozenset(captions),
        dockets=frozenset(one.number for tag in tagged.of_label("docket_number") for one in dockets(text, tag.within) if one.labelled.meets(tag.span)),
    )


def _own(tagged: Sequence[Tagged]) -> list[Tagged]:
    """Without the marks in sentences of other cases, in lists of other stories and in readers' comments; with the parties where each article names them."""
    foreign = of_other_cases([one.article for one in tagged], _identity([_led(one) for one in tagged]))
    kept = []
    for one in tagged:
        aside = [*foreign[one.article.id], *asides(one.article.text)]
        own = one.without(lambda tag, aside=aside: any(tag.span.meets(span) for span in aside))  # type: ignore[misc]
        kept.append(replace(own, foreign=frozenset(foreign[one.article.id]), classes=_own_classes(one, own)))
    main = _main_caption(kept)
    kept = [one.without(lambda tag, one=one: tag.label == "caption" and not _names_same_sides(one.article.text, tag.span, main)) for one in kept]  # type: ignore[misc]
    about = [one for one in kept if not one.unrelated]
    named = dict(zip((one.article.id for one in about), with_parties([Marked(one.article, one.tags, _view(one).own) for one in about]), strict=True))
    return [replace(one, tags=named.get(one.article.id, one.tags)) for one in kept]


def _own_classes(everything: Tagged, own: Tagged) -> dict[str, Mapping[str, float]]:
    """The classes of an article without those that it shows in sentences of other cases alone."""
    told = dict(everything.classes)
    for name in ("proceeding", "status"):
        elsewhere = {tag.member for tag in everything.of_label(name)} - {tag.member for tag in own.of_label(name)}
        left = {kind: probability for kind, probability in told.get(name, {}).items() if kind not in elsewhere}
        if elsewhere and sum(left.values()) > 0:
            told[name] = {kind: probability / sum(left.values()) for kind, probability in left.items()}
    return told


def _led(tagged: Tagged) -> Tagged:
    """With the marks of its lead alone."""
    lead = lead_of(tagged.article)
    return tagged.without(lambda tag: not tag.span.meets(lead))


def _main_caption(tagged: Sequence[Tagged]) -> Sides | None:
    """The two sides of the caption whose names are most often marked as parties, or as a caption: precedents are cited by captions too."""
    counted: Counter[Sides] = Counter()
    parties = [name for one in tagged for name in one.words("plaintiffs", "defendants")]
    for one in tagged:
        for tag in one.of_label("caption"):
            if sides := _sides(one.article.text, tag.span):
                counted[sides] += 1 + sum(same_name(party, side) for party in parties for side in sides)
    return max(counted, key=lambda sides: counted[sides], default=None)


def _sides(text: str, caption: Span) -> Sides | None:
    found = sides_of(text, caption)
    return (found[0].of(text), found[1].of(text)) if found else None


def _names_same_sides(text: str, caption: Span, main: Sides | None) -> bool:
    sides = _sides(text, caption)
    return sides is None or main is None or same_sides(sides, main)


def _dossier(tagged: Sequence[Tagged], kin: frozenset[str], articles: Sequence[Article], elsewhere: Mapping[str, str], copies: dict[str, str]) -> Dossier:
    unrelated = {one.article.id: reason for one in tagged if (reason := one.unrelated) and one.article.id not in kin}
    if len(tagged) == 1 and not tagged[0].is_silent:
        unrelated = {}
    about = [one for one in tagged if one.article.id not in unrelated]
    views = tuple(_view(one) for one in about if one.article.story.paragraphs or one.article.story.title)
    return Dossier(tuple(articles), views, copies, {**unrelated, **elsewhere}, _identity(about))


def _view(tagged: Tagged) -> View:
    return View(tagged.article, tuple(replace(sentence, foreign=sentence.span in tagged.foreign) for sentence in tagged.article.sentences))


def _identity(tagged: Sequence[Tagged]) -> CaseIdentity:
    """The sides by the names that are marked for them, the surest told first; a name on both sides is on that of more and surer marks."""
    sides = {side: _ranked(tagged, side) for side in ("plaintiffs", "defendants")}

    def own(side: str, other: str) -> tuple[str, ...]:
        return tuple(name for name, sure in sides[side].items() if all(sure >= theirs for known, theirs in sides[other].items() if same_name(known, name)))

    captions = [words for one in tagged for words in one.words("caption")]
    dockets = [words for one in tagged for words in one.words("docket_number")]
    caption = max(captions, key=lambda words: (captions.count(words), len(words)), default=None)
    return CaseIdentity(caption, own("plaintiffs", "defendants"), own("defendants", "plaintiffs"), tuple(dict.fromkeys(dockets)))


def _ranked(tagged: Sequence[Tagged], side: str) -> dict[str, float]:
    """Names marked for a side, each with the probabilities of its marks together, forms of one name under the longest; what a caption says weighs as much as `CAPTION` marks."""
    told: dict[str, float] = {}
    for one in tagged:
        for tag in one.of_label(side, "caption"):
            sides = _sides(one.article.text, tag.span) if tag.label == "caption" else None
            if tag.label == side or sides:
                name = sides[side == "defendants"] if sides else whole_name(one.article.text, tag.span).of(one.article.text)
                told[name] = told.get(name, 0.0) + tag.probability * (CAPTION if sides else 1)
    ranked: dict[str, float] = {}
    for name in sorted(told, key=lambda name: (-len(name), name)):
        known = next((other for other in ranked if same_name(other, name)), name)
        ranked[known] = ranked.get(known, 0.0) + told[name]
    return dict(sorted(ranked.items(), key=lambda item: -item[1]))


def _of_the_whole(tagged: Tagged) -> Iterator[Evidence]:
    """Kind of proceeding and newest status: the likeliest class of the article, with the words that show it best."""
    for name in ("proceeding", "status"):
        classes = tagged.classes.get(name, {})
        value = max(classes, key=lambda kind: classes[kind], default=None)
        if value and (span := _shown(tagged, name, value)):
            yield Evidence(name, tagged.article.id, span, value, None, "inferred", round(classes[value], 4), "model")


def _shown(tagged: Tagged, name: str, value: str) -> Span | None:
    best = max(tagged.of_label(name), key=lambda tag: (tag.member == value, tag.probability), default=None)
    return best.span if best else tagged.article.story.title or next(iter(tagged.article.story.sentences), None)
