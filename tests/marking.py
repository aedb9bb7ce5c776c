"""What a model would mark, by the words: an engine that labels articles as a test says, and the summary that comes of it."""

import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from casebrief.models.engine import Labelling, Mark, Place, Sameness
from casebrief.models.errors import EngineError
from casebrief.models.fake import FakeEngine
from casebrief.service.domain.spans import lines, sentences
from casebrief.service.pipeline.articles import Submitted
from casebrief.service.pipeline.gathering import Belief
from casebrief.service.pipeline.labelled import LabelReader
from casebrief.service.pipeline.summarizing import Summarizer

HALF_SURE = Belief(lambda field: 0.5, lambda field, probability: probability)
"""What is as likely as not counts, with the probability of its mark."""

DAY = datetime.date(2025, 3, 6)


def mark(
    text: str, label: str, words: str, probability: float = 0.9, members: Mapping[str, float] | None = None, vector: tuple[float, ...] = (), nth: int = 0
) -> Mark:
    """A mark where the words stand for the nth time, as the engine tells places: by passage."""
    passages = [span for line in lines(text) for span in sentences(text, line)]
    start = text.index(words)
    for _ in range(nth):
        start = text.index(words, start + 1)

    def place(at: int, *, end: bool) -> Place:
        number = next(n for n, span in enumerate(passages) if span.start <= at < span.end or (end and at == span.end))
        return Place(number, at - passages[number].start)

    return Mark(label, place(start, end=False), place(start + len(words), end=True), probability, members or {}, vector)


def classes(status: str = "filed", related: float = 1.0) -> dict[str, dict[str, float]]:
    return {"proceeding": {"civil": 0.9, "criminal": 0.1}, "status": {status: 0.8, "pending": 0.1}, "related": {"related": related, "unrelated": 1 - related}}


def labelling(text: str, *marks: Mark, status: str = "filed", related: float = 1.0) -> Labelling:
    return Labelling(tuple(sorted(marks, key=lambda one: (one.start.passage, one.start.character))), classes(status, related), 50)


Marked = tuple[str, Mapping[str, str | Sequence[str]]]
"""A text, and by label (with a member after a dot) the words that are marked, at their first place."""


def read_as(text: str, marked: Mapping[str, str | Sequence[str]], **classed: Any) -> tuple[str, Labelling]:
    """A text with its labelling."""
    marks = []
    for name, words in marked.items():
        label, _, member = name.partition(".")
        marks += [mark(text, label, one, members={member: 0.95} if member else None) for one in ([words] if isinstance(words, str) else words)]
    return text, labelling(text, *marks, **classed)


def response_of(*read: tuple[str, Labelling | EngineError], days: Sequence[datetime.date | None] = (), sameness: Sameness | None = None) -> dict[str, Any]:
    """The response of the whole pipeline; every citation in it has been sliced back."""
    engine = FakeEngine(labellings=[found for _, found in read], **({"sameness": sameness} if sameness else {}))
    submitted = [Submitted(f"a{n + 1}", text, published_on=days[n] if days else DAY) for n, (text, _) in enumerate(read)]
    return checked(Summarizer(LabelReader(engine, HALF_SURE), "", lambda: engine.info).summarize, submitted)


def checked(summarize: Callable[[Sequence[Submitted]], Any], submitted: Sequence[Submitted]) -> dict[str, Any]:
    """A response as JSON, whose citations slice back."""
    response: dict[str, Any] = json.loads(summarize(submitted).model_dump_json(by_alias=True))
    texts = {item.id: item.text for item in submitted}
    for name, value in response["summary"].items():
        for fact in value if isinstance(value, list) else [value] if value else []:
            for node in fact.get("citations", []):
                assert texts[node["article"]][node["start"] : node["end"]] == node["quote"], name
    return response
