"""From a checked request to its summary: the way that the HTTP API and the page share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from casebrief.models.engine import Stop
from casebrief.service.edges.desk import Desk
from casebrief.service.edges.formats import Told, today
from casebrief.service.edges.received import receive
from casebrief.service.edges.requests import SummaryRequest, check_limits, to_sent
from casebrief.service.edges.wiring import Casebrief


async def summarized(product: Casebrief, desk: Desk, wanted: SummaryRequest, gone: Callable[[], Awaitable[bool]]) -> Told:
    """Read the articles when it is their turn.

    Raises:
        Problem: a limit, a file that cannot be read, a full queue, a deadline that has passed.
        ClientGone: nobody waits for the answer any more.
        EngineError: the model failed.

    """
    settings = product.settings
    sent = to_sent(wanted)

    def work(stop: Stop, queued_s: float) -> Told:
        received = receive(sent, settings.max_article_characters, stop)
        check_limits([article.text for article in received.submitted], settings)
        response = received.told(product.summarizer.summarize(received.submitted, stop, queued_s=queued_s))
        return Told(response, {article.id: article.text for article in received.submitted}, today())

    return await desk.run(work, min(settings.deadline_s, wanted.deadline_s or settings.deadline_s), gone)
