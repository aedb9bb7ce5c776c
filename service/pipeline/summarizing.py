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
from casebrief.service.domain.evidence import grounded
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
from casebrief.service.pipeline.reading import LATE, CaseRead, Gathered, Reader, one_by_one

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
class Group:
    """Articles of one case, by id, and whom it is about."""

    articles: tuple[str, ...]
    about: str


class SeveralCases(Exception):
    """The articles are about several cases, and one was to be told; its words name each with its articles."""

    def __init__(self, groups: Sequence[Group]) -> None:
        told = "; ".join(f"{', '.join(group.articles)}: {group.about}" for group in groups)
        super().__init__(f"the articles are about {len(groups)} cases ({told})")
        self.groups = tuple(groups)


def _the_one(gathered: Gathered) -> CaseRead:
    if gathered.main is None:
        raise SeveralCases([Group(case.dossier.own, case.dossier.case.told) for case in gathered.cases])
    return gathered.main


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

        Where they are about several cases, the summary is of that of the first article; the ledger says of the others what they are about.

        Raises:
            Cancelled: ``stop`` said so, between articles or at a token; or no article was read when the time was over.
            EngineError: the model failed in a way that concerns the whole job.

        """
        return self._summaries(submitted, stop, progress, queued_s, enough, lambda gathered: [gathered.main or gathered.cases[0]])[0]

    def summarize_one(
        self, submitted: Sequence[Submitted], stop: Stop = never, progress: Progress = silent, queued_s: float = 0.0, enough: Stop = never
    ) -> SummaryResponse:
        """The same for articles that must be about one case. Raises as `summarize`, and `SeveralCases`."""
        return self._summaries(submitted, stop, progress, queued_s, enough, lambda gathered: [_the_one(gathered)])[0]

    def summarize_all(
        self, submitted: Sequence[Submitted], stop: Stop = never, progress: Progress = silent, queued_s: float = 0.0, enough: Stop = never
    ) -> list[SummaryResponse]:
        """A summary of each case that the articles are about. Each tells of all articles: those of the other cases are not about it. Raises as `summarize`."""
        return self._summaries(submitted, stop, progress, queued_s, enough, lambda gathered: gathered.cases)

    def _summaries(
        self, submitted: Sequence[Submitted], stop: Stop, progress: Progress, queued_s: float, enough: Stop, wanted: Callable[[Gathered], list[CaseRead]]
    ) -> list[SummaryResponse]:
        started = time.perf_counter()
        pasted = {item.id: as_pasted(item.text) for item in one_by_one(submitted, stop)}
        gathered = self.reader.read(
            [replace(item, text=pasted[item.id].view.text) for item in submitted],
            stop,
            lambda done, total: progress(READING, done, total),
            enough,
        )
        if stop():
            raise Cancelled("the job was taken back")
        reads = [read for case in gathered.cases for read in case.reads]
        if reads and all(read.failure == LATE for read in reads):
            raise Cancelled("no article was read before the deadline")
        cases = wanted(gathered)
        progress("putting the articles together", 1, 1)
        responses = [self._response(gathered, case, pasted, started, queued_s, stop) for case in cases]
        for response in responses:
            self.made(response)
        return responses

    def _response(self, gathered: Gathered, case: CaseRead, pasted: dict[str, Pasted], started: float, queued_s: float, stop: Stop) -> SummaryResponse:
        dossier, usage = case.dossier, gathered.usage
        reads = {view.article.id: read for view, read in zip(dossier.views, case.reads, strict=True)}
        evidence = [grounded(item, view.article.text) for view in one_by_one(dossier.views, stop) for item in reads[view.article.id].evidence]
        sources = Sources(
            texts={view.article.id: view.article.text for view in dossier.views},
            published={view.article.id: view.article.published_on for view in dossier.views},
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
            partial=True if any(read.failure == LATE for read in case.reads) else None,
            ledger=[ledger_line(article, pasted[article.id], dossier, summary, reads) for article in one_by_one(dossier.articles, stop)],
            provenance=self.provenance(),
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

    def provenance(self) -> Provenance:
        """What its summaries come from. Raises `casebrief.models.errors.EngineError` where no engine runs."""
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
    foreign = [sentence.span for view in dossier.views if view.article.id == article.id for sentence in view.sentences if sentence.foreign]
    left_out = [pasted.view.sent(span) for span in foreign]
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
        left_out=[(span.start, span.end) for span in left_out],
    )
