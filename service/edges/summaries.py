"""From a checked request to its summary: the way that the HTTP API and the page share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from casebrief.service.edges.desk import Desk, Turn
from casebrief.service.edges.formats import Told, today
from casebrief.service.edges.received import Sent, receive
from casebrief.service.edges.requests import SummaryRequest, check_limits, to_sent
from casebrief.service.edges.speed import Speed
from casebrief.service.edges.wiring import Casebrief
from casebrief.service.pipeline.summarizing import READING


async def summarized(product: Casebrief, desk: Desk, wanted: SummaryRequest, gone: Callable[[], Awaitable[bool]]) -> Told:
    """Read the articles when it is their turn.

    Raises:
        Problem: a limit, a file that cannot be read, a full queue, what cannot be done in time, a deadline that has passed before an article was read.
        ClientGone: nobody waits for the answer any more.
        EngineError: the model failed.

    """
    sent = to_sent(wanted)
    limit_s = product.settings.deadline_s
    return await desk.run(lambda turn: told(product, desk.speed, sent, turn), min(limit_s, wanted.deadline_s or limit_s), gone)


Heard = Callable[[Sequence[int], int, int], None]
"""Told the characters of each article, and, now and then, how much of what must be read is read, and how much that is (see `casebrief.models.engine.Heard`)."""


def unheard(articles: Sequence[int], done: int, of: int) -> None:
    """The progress that nobody watches."""


@dataclass
class _Reading:
    """A summarizer's progress while articles are read: refuses what cannot be done in time, and measures what was."""

    speed: Speed
    deadline_s: float
    articles: Sequence[int]
    heard: Heard
    unread: int | None = None

    def __call__(self, what: str, done: int, total: int) -> None:
        if what != READING:
            return
        if self.unread is None:
            self.unread = total - done
            self.speed.check(self.unread, self.deadline_s)
        self.heard(self.articles, done, total)


def told(product: Casebrief, speed: Speed, sent: Sequence[Sent], turn: Turn, heard: Heard = unheard) -> Told:
    """Read the articles now. Raises as `summarized`, and `casebrief.models.errors.Cancelled`."""
    settings = product.settings
    received = receive(sent, settings.max_article_characters, lambda: turn.stop() or turn.enough())
    texts = [article.text for article in received.submitted]
    check_limits(texts, settings)
    reading = _Reading(speed, turn.deadline_s, [len(text) for text in texts], heard)
    response = product.summarizer.summarize(received.submitted, turn.stop, reading, turn.queued_s, turn.enough)
    if not response.partial:
        speed.measured(reading.unread or 0, response.timings)
    return Told(received.told(response), {article.id: article.text for article in received.submitted}, today())
