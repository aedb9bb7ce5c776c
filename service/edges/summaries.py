"""From a checked request to its summary: the way that the HTTP API and the page share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from casebrief.models.engine import Stop
from casebrief.service.domain.schema import CasesResponse, SummaryResponse
from casebrief.service.edges.desk import Desk, Turn
from casebrief.service.edges.formats import Told, today
from casebrief.service.edges.problems import Problem
from casebrief.service.edges.received import Received, Sent, receive
from casebrief.service.edges.requests import SummaryRequest, check_limits, to_sent
from casebrief.service.edges.speed import Speed
from casebrief.service.edges.wiring import Casebrief
from casebrief.service.pipeline.articles import Submitted
from casebrief.service.pipeline.summarizing import READING, Progress, SeveralCases

Gone = Callable[[], Awaitable[bool]]

Heard = Callable[[Sequence[int], int, int], None]
"""Told the characters of each article, and, now and then, how much of what must be read is read, and how much that is (see `casebrief.models.engine.Heard`)."""

EDGE = 0.02
"""The share of an article that may be missing when it is read: its line ends are not."""


def unheard(articles: Sequence[int], done: int, of: int) -> None:
    """The progress that nobody watches."""


def article_at(articles: Sequence[int], share: float) -> int:
    """Which of the articles is read, counted from 1, when so much of all is.

    >>> [article_at([100, 300, 100], share) for share in (0, 0.19, 0.2, 0.78, 0.8, 1)]
    [1, 1, 2, 2, 3, 3]
    """
    position, behind = share * sum(articles), 0
    for number, size in enumerate(articles, 1):
        behind += size
        if position < behind - size * EDGE:
            return number
    return len(articles)


async def summarized(product: Casebrief, desk: Desk, wanted: SummaryRequest, gone: Gone, heard: Heard = unheard) -> Told:
    """Read the articles of one case when it is their turn; ``heard`` is told in the thread that reads.

    Raises:
        Problem: a limit, a file that cannot be read, a full queue, what cannot be done in time, a deadline that has passed before an article was read,
            articles about several cases.
        ClientGone: nobody waits for the answer any more.
        EngineError: the model failed.

    """
    sent = to_sent(wanted)
    return await desk.run(lambda turn: told(product, desk.speed, sent, turn, heard), _limit_s(product, wanted), gone)


async def summarized_all(product: Casebrief, desk: Desk, wanted: SummaryRequest, gone: Gone) -> CasesResponse:
    """The same for articles of any number of cases, a summary each."""
    sent = to_sent(wanted)
    return await desk.run(lambda turn: all_told(product, desk.speed, sent, turn), _limit_s(product, wanted), gone)


def _limit_s(product: Casebrief, wanted: SummaryRequest) -> float:
    return min(product.settings.deadline_s, wanted.deadline_s or product.settings.deadline_s)


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


Summarize = Callable[[Sequence[Submitted], Stop, Progress, float, Stop], list[SummaryResponse]]


def told(product: Casebrief, speed: Speed, sent: Sequence[Sent], turn: Turn, heard: Heard = unheard) -> Told:
    """Read the articles of one case now. Raises as `summarized`, and `casebrief.models.errors.Cancelled`."""
    try:
        received, (response,) = _read(product, speed, sent, turn, heard, lambda *told: [product.summarizer.summarize_one(*told)])
    except SeveralCases as error:
        raise _several(error, [one.article.id for one in sent]) from None
    return Told(response, {article.id: article.text for article in received.submitted}, today())


def all_told(product: Casebrief, speed: Speed, sent: Sequence[Sent], turn: Turn) -> CasesResponse:
    """Read articles of any number of cases now. Raises as `told`, but for several cases."""
    return CasesResponse(cases=_read(product, speed, sent, turn, unheard, product.summarizer.summarize_all)[1])


def _read(product: Casebrief, speed: Speed, sent: Sequence[Sent], turn: Turn, heard: Heard, summarize: Summarize) -> tuple[Received, list[SummaryResponse]]:
    settings = product.settings
    received = receive(sent, settings.max_article_characters, lambda: turn.stop() or turn.enough())
    texts = [article.text for article in received.submitted]
    check_limits(texts, settings)
    reading = _Reading(speed, turn.deadline_s, [len(text) for text in texts], heard)
    responses = summarize(received.submitted, turn.stop, reading, turn.queued_s, turn.enough)
    if not responses[0].partial:
        speed.measured(reading.unread or 0, responses[0].timings)
    return received, [received.told(response) for response in responses]


def _several(error: SeveralCases, ids: Sequence[str]) -> Problem:
    """The problem of articles about several cases; ``errors`` names for each article whom it is about."""
    faults = [{"pointer": f"/articles/{ids.index(article)}", "detail": f"is about {group.about}"} for group in error.groups for article in group.articles]
    faults.sort(key=lambda fault: int(fault["pointer"].rpartition("/")[2]))
    detail = f'{error}: send those of one case, or with "cases": "all" for a summary of each'
    return Problem(422, "several-cases", "The articles are about several cases", detail, errors=faults)
