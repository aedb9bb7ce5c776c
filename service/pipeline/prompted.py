"""Reading by prompts, for models that were not taught to label: the model lists what each sentence states, and its lines are read as marks.

Its story is what the form of the lines says; all behind that, from typed forms to which case it is, is as for a reader by labels. Status and kind of
proceeding, which labels tell of whole articles, stay empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from casebrief.models.engine import Engine, Heard, Stop, never, unheard
from casebrief.prompts.loader import ReadingPrompt
from casebrief.service.domain.article import Article
from casebrief.service.domain.spans import Span
from casebrief.service.domain.story import prose
from casebrief.service.pipeline.articles import Submitted, article_of
from casebrief.service.pipeline.asking import Told, listen
from casebrief.service.pipeline.gathering import Belief, Tagged, gathered
from casebrief.service.pipeline.reading import Gathered, ReaderName
from casebrief.service.pipeline.typed import Tag

SURE = 1.0
"""The probability of a member that the label of a line names."""


@dataclass(frozen=True)
class PromptReader:
    """Reads by an engine that answers prompts."""

    engine: Engine
    prompt: ReadingPrompt
    belief: Belief
    name: ReaderName = "prompts"

    def read(self, submitted: Sequence[Submitted], stop: Stop = never, heard: Heard = unheard, enough: Stop = never) -> Gathered:
        """See `casebrief.service.pipeline.reading.Reader`."""
        articles = [article_of(item, prose(item.text)) for item in submitted]
        listened, usage = listen(articles, self.engine, self.prompt, stop, heard, enough)
        tagged = [
            Tagged(article, tuple(_tags(article, one.told, self.prompt.labels)), failure=one.failure, gaps=one.gaps)
            for article, one in zip(articles, listened, strict=True)
        ]
        return gathered(tagged, self.belief, usage, stop=stop)


def _tags(article: Article, told: Sequence[Told], fields: Mapping[str, str]) -> Iterator[Tag]:
    """The lines of all answers as marks, in order."""
    for one in told:
        paragraph = article.story.paragraphs[one.sentence.paragraph]
        around = Span(paragraph[0].start, paragraph[-1].end)
        for line in one.lines:
            label, _, member = fields[line.label].partition(".")
            yield Tag(label, line.span, one.sentence.span, around, line.probability, member, SURE, ())
