"""The whole path: articles in, one summary out, with a ledger line for every article."""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from casebrief import __version__
from casebrief.models.engine import EngineInfo, Stop, never
from casebrief.models.errors import Cancelled
from casebrief.service.domain.abstract import abstract
from casebrief.service.domain.article import Article
from casebrief.service.domain.evidence import Evidence, grounded
from casebrief.service.domain.merging import Sources, merge
from casebrief.service.domain.schema import (
    ArticleReport,
    Provenance,
    SummaryResponse,
    Timings,
    schema_sha256,
)
from casebrief.service.domain.spans import Span
from casebrief.service.pipeline.articles import Dossier, Submitted
from casebrief.service.pipeline.ledger import ledger_line
from casebrief.service.pipeline.pasted import Pasted, as_pasted, as_sent
from casebrief.service.pipeline.reading import LATE, Gathered, Read, Reader

SEED = 0
"""Decoding is greedy: the seed is part of the provenance and decides nothing yet."""

READING = "reading the articles"
"""What a progress is told while the model reads."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is, in sentences or windows."""


def silent(what: str, done: int, total: int) -> None:
    """The progress that nobody watches."""


def unwatched(response: SummaryResponse) -> None:
    """Whoever hears of no summary."""


@dataclass(frozen=True)
class Summarizer:
    """Turns articles into a summary with one reader; ``engine`` tells what stands behind it, once that is known; ``made`` hears of each summary."""

    reader: Reader
    prompts_sha256: str
    engine: Callable[[], EngineInfo]
    made: Callable[[SummaryResponse], None] = unwatched

    def summarize(
        self, submitted: Sequence[Submitted], stop: Stop = never, progress: Progress = silent, queued_s: float = 0.0, enough: Stop = never
    ) -> SummaryResponse:
        """Read all articles and put them together; those that were read when ``enough`` says that the time is over, where not all were.

        Raises:
            Cancelled: ``stop`` said so, between articles or at a token; or no article was read when the time was over.
            EngineError: the model failed in a way that concerns the whole job.

        """
        started = time.perf_counter()
        pasted = {item.id: as_pasted(item.text) for item in submitted}
        gathered = self.reader.read(
            [replace(item, text=pasted[item.id].view.text) for item in submitted],
            stop,
            lambda done, total: progress(READING, done, total),
            enough,
        )
        if gathered.reads and all(read.failure == LATE for read in gathered.reads):
            raise Cancelled("no article was read before the deadline")
        reads = {view.article.id: read for view, read in zip(gathered.dossier.views, gathered.reads, strict=True)}
        evidence = [grounded(item, view.article.text) for view in gathered.dossier.views for item in reads[view.article.id].evidence]
        progress("putting the articles together", 1, 1)
        response = self._response(gathered, evidence, reads, pasted, started, queued_s)
        self.made(response)
        return response

    def _response(
        self,
        gathered: Gathered,
        evidence: Sequence[Evidence],
        reads: dict[str, Read],
        pasted: dict[str, Pasted],
        started: float,
        queued_s: float,
    ) -> SummaryResponse:
        dossier, usage = gathered.dossier, gathered.usage
        sources = Sources(
            texts={article.id: article.text for article in dossier.articles},
            published={article.id: article.published_on for article in dossier.articles},
            copies=dossier.copies,
            stories={view.article.id: view.article.story.used for view in dossier.views},
            alike=gathered.alike,
        )
        merged = merge(evidence, sources, dossier.case)
        read_views = [view for view in dossier.views if not reads[view.article.id].failure]
        summary = merged.model_copy(update={"abstract": abstract(read_views, evidence)})
        total = time.perf_counter() - started
        return SummaryResponse(
            id=f"cb_{uuid.uuid4().hex}",
            summary=as_sent(summary, pasted),
            articles=[_report(article, dossier, pasted[article.id]) for article in dossier.articles],
            partial=True if any(read.failure == LATE for read in gathered.reads) else None,
            ledger=[ledger_line(article, pasted[article.id], dossier, summary, reads) for article in dossier.articles],
            provenance=self._provenance(),
            timings=Timings(
                queued_s=round(queued_s, 4),
                reading_s=round(max(0.0, total - usage.prefill_s - usage.decode_s - usage.constraints_s), 4),
                prefill_s=round(usage.prefill_s, 4),
                decode_s=round(usage.decode_s + usage.constraints_s, 4),
                total_s=round(total, 4),
                prompt_tokens=usage.prompt_tokens,
                prompt_tokens_reused=usage.prompt_tokens_reused,
                output_tokens=usage.output_tokens,
            ),
        )

    def _provenance(self) -> Provenance:
        info = self.engine()
        return Provenance(
            model=info.model,
            model_sha256=info.model_sha256,
            prompts_sha256=self.prompts_sha256,
            schema_sha256=schema_sha256(),
            engine=info.engine,
            seed=SEED,
            version=__version__,
            reader=self.reader.name,
            adapters=list(info.adapters),
        )


def _report(article: Article, dossier: Dossier, pasted: Pasted) -> ArticleReport:
    used = [pasted.view.sent(Span(*span)) for span in article.story.used] if article.id not in dossier.unrelated else []
    return ArticleReport(
        id=article.id,
        title=article.title,
        publisher=article.publisher,
        url=article.url,
        published_on=article.published_on,
        published_on_from=article.published_on_from,
        copy_of=dossier.copies.get(article.id),
        sha256=hashlib.sha256(pasted.text.encode()).hexdigest(),
        characters=len(pasted.text),
        used=[(span.start, span.end) for span in used],
    )


def assign_ids(given: Sequence[str | None]) -> list[str]:
    """Ids for articles: those given, else a1, a2 … by place, passing over ids that are taken.

    >>> assign_ids([None, "a1", None])
    ['a2', 'a1', 'a3']
    """
    taken = {name for name in given if name}
    ids = []
    for place, name in enumerate(given, 1):
        if name:
            ids.append(name)
            continue
        number = place
        while f"a{number}" in taken:
            number += 1
        taken.add(f"a{number}")
        ids.append(f"a{number}")
    return ids
