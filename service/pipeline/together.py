"""Reading by labels and prompts together: what the embedded model marks is laid before a larger one, which confirms, joins and adds.

What both say is surer; what one of them says alone keeps its own confidence, and counts where it would have counted without the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from casebrief.models.engine import Heard, Stop, never, unheard
from casebrief.service.domain.merging.facts import DOUBT, MOST_CONFIDENT
from casebrief.service.domain.spans import Span
from casebrief.service.pipeline.articles import Submitted
from casebrief.service.pipeline.gathering import Belief, Tagged, gathered
from casebrief.service.pipeline.labelled import LabelReader
from casebrief.service.pipeline.listing import Listed, list_facts
from casebrief.service.pipeline.reading import Gathered, ReaderName
from casebrief.service.pipeline.typed import Tag
from casebrief.service.pipeline.whole import OF_THE_WHOLE, ArticleReader, classes_of, is_measured, least

NO_FACT = frozenset({"speaker", *OF_THE_WHOLE})
"""Labels whose marks are no facts by themselves: they serve others, or show a class."""

Sure = Callable[[Tag], float]


def agreed(one: float, other: float) -> float:
    """The confidence, 0 to 1, of what two readers say, each with its own.

    The second one leaves half of the doubt, as a second independent source does (`merging.facts`): two readers of the same words err together more often than
    two articles, and less often than one reader alone; multiplying their doubts would take them for independent.

    >>> round(agreed(0.8, 0.6), 2)
    0.9
    """
    return min(MOST_CONFIDENT, 1 - (1 - max(one, other)) * DOUBT)


@dataclass(frozen=True)
class TogetherReader:
    """Reads by an engine that labels, then by one that answers."""

    labels: LabelReader
    prompts: ArticleReader
    name: ReaderName = "labels+prompts"

    def read(self, submitted: Sequence[Submitted], stop: Stop = never, heard: Heard = unheard, enough: Stop = never) -> Gathered:
        """See `casebrief.service.pipeline.reading.Reader`. An article that the larger model cannot read is read by labels alone, and the ledger says so."""
        marked, usage = self.labels.tagged(submitted, stop, unheard, enough)
        articles = [one.article for one in marked]
        candidates = [[tag for tag in one.tags if self._counts(tag)] for one in marked]
        listed, used = list_facts(articles, self.prompts.engine, self.prompts.prompt, candidates, stop, heard, enough)
        theirs = self.prompts.belief if is_measured(listed) else least(self.prompts.belief)
        tagged = [self._both(one, other, theirs) for one, other in zip(marked, listed, strict=True)]
        return gathered(tagged, Belief(lambda field: 0.0, lambda field, confidence: confidence), usage + used, self.labels.alike, stop)

    def _counts(self, tag: Tag) -> bool:
        floor = self.labels.belief.floor(tag.label)
        return tag.label in NO_FACT or (floor is not None and _confidence(self.labels.belief, tag) >= floor)

    def _both(self, marked: Tagged, listed: Listed, theirs: Belief) -> Tagged:
        """An article's marks of both readers, their confidences in place of probabilities."""
        if marked.failure:
            return marked
        told = [] if listed.failure else list(listed.tags)
        tags = [*_joined(marked.tags, told, self.labels.belief, theirs, self._counts)]
        gaps = (f"the larger model did not read it: {listed.failure}; read by labels alone",) if listed.failure else listed.gaps
        classes = {**marked.classes, **_classes(marked.classes, classes_of(told), self.labels.belief, theirs)}
        both = replace(marked, tags=tuple(sorted(tags, key=lambda tag: (tag.span, tag.label))), classes=classes)
        # Of what is about something else nothing is missed: a gap would keep it in the case.
        return both if both.unrelated else replace(both, gaps=(*both.gaps, *gaps))


def _joined(marked: Sequence[Tag], told: Sequence[Tag], ours: Belief, theirs: Belief, counts: Callable[[Tag], bool]) -> Iterator[Tag]:
    """The marks of both: what the larger model tells with the marks of the same label that it meets, and what is left of each."""
    left = dict.fromkeys(marked)
    for tag in told:
        sure = _confidence(theirs, tag)
        met = [mark for mark in left if mark.label == tag.label and mark.span.meets(tag.span)]
        same = [mark for mark in met if not (mark.member and tag.member) or mark.member == tag.member]
        if not same:
            floor = theirs.floor(tag.label)
            if tag.label in NO_FACT or (floor is not None and sure >= floor):
                yield replace(tag, probability=sure, member_probability=1.0)
            continue
        surest = max(same, key=lambda mark: _confidence(ours, mark))
        for mark in same:
            del left[mark]
        # One mark that is confirmed keeps its words; several are pieces of what the larger model read whole.
        whole = surest if len(same) == 1 else replace(surest, span=tag.span, within=_around(same, tag))
        yield replace(whole, member=tag.member or surest.member, probability=agreed(_confidence(ours, surest), sure), member_probability=1.0, found_by="both")
    yield from (replace(mark, probability=_confidence(ours, mark), member_probability=1.0) for mark in left if counts(mark))


def _around(marks: Sequence[Tag], tag: Tag) -> Span:
    spans = [*(mark.within for mark in marks), tag.within]
    return Span(min(span.start for span in spans), max(span.end for span in spans))


def _confidence(belief: Belief, tag: Tag) -> float:
    return belief.confidence(tag.label, tag.probability * tag.member_probability)


Classes = Mapping[str, Mapping[str, float]]


def _classes(marked: Classes, told: Classes, ours: Belief, theirs: Belief) -> dict[str, dict[str, float]]:
    """Kind of proceeding and status: the one that both tell, surer; else that of the surer reader."""
    found: dict[str, dict[str, float]] = {}
    for name in OF_THE_WHOLE:
        one, other = _surest(name, marked, ours), _surest(name, told, theirs)
        if one and other and one[0] == other[0]:
            found[name] = {one[0]: agreed(one[1], other[1])}
        else:
            best = max((each for each in (one, other) if each), key=lambda each: each[1], default=None)
            found[name] = dict([best]) if best else {}
    return found


def _surest(name: str, classes: Classes, belief: Belief) -> tuple[str, float] | None:
    """The likeliest class with its confidence, where that counts."""
    kinds = classes.get(name, {})
    if not kinds:
        return None
    kind = max(kinds, key=lambda member: kinds[member])
    floor, sure = belief.floor(name), belief.confidence(name, kinds[kind])
    return (kind, sure) if floor is not None and sure >= floor else None
