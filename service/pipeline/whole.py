"""Reading by prompts, article by article: for larger models behind a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from casebrief.models.engine import Engine, Heard, Stop, never, unheard
from casebrief.prompts.loader import ReadingPrompt
from casebrief.service.domain.story import prose
from casebrief.service.pipeline.articles import Submitted, article_of
from casebrief.service.pipeline.gathering import Belief, Tagged, gathered
from casebrief.service.pipeline.listing import Listed, list_facts
from casebrief.service.pipeline.reading import Gathered, ReaderName
from casebrief.service.pipeline.typed import Tag

OF_THE_WHOLE = ("proceeding", "status")
"""What an article has one of; the marks show it."""


@dataclass(frozen=True)
class ArticleReader:
    """Reads by an engine that answers prompts, one for each article. Its story is what the form of the lines says."""

    engine: Engine
    prompt: ReadingPrompt
    belief: Belief
    name: ReaderName = "prompts"

    def read(self, submitted: Sequence[Submitted], stop: Stop = never, heard: Heard = unheard, enough: Stop = never) -> Gathered:
        """See `casebrief.service.pipeline.reading.Reader`."""
        articles = [article_of(item, prose(item.text)) for item in submitted]
        listed, usage = list_facts(articles, self.engine, self.prompt, None, stop, heard, enough)
        tagged = [Tagged(article, one.tags, classes_of(one.tags), one.failure, one.gaps) for article, one in zip(articles, listed, strict=True)]
        return gathered(tagged, self.belief if is_measured(listed) else least(self.belief), usage, stop=stop)


def classes_of(tags: Sequence[Tag]) -> Mapping[str, Mapping[str, float]]:
    """Kind of proceeding and status by the marks that show them, each with its surest mark's probability."""
    found: dict[str, dict[str, float]] = {}
    for tag in tags:
        if tag.label in OF_THE_WHOLE:
            classes = found.setdefault(tag.label, {})
            classes[tag.member] = max(classes.get(tag.member, 0.0), tag.probability)
    return found


def is_measured(listed: Sequence[Listed]) -> bool:
    """Whether the engine told how sure it is of what it listed."""
    return all(one.measured for one in listed)


def least(belief: Belief) -> Belief:
    """The belief in an engine that does not tell how sure it is: what it states counts, with the least confidence that is told."""
    return replace(belief, confidence=lambda field, probability: belief.floor(field) or 0.0)
