"""Figures for Prometheus. Labels are words of ours alone: routes, kinds of problems, stages; nothing of an article, and no name."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import psutil
from casebrief import __version__
from casebrief.service.domain.schema import SummaryResponse
from casebrief.service.edges.desk import Desk
from casebrief.service.edges.watch import Ended
from casebrief.service.edges.wiring import Casebrief
from casebrief.service.jobs.errors import JobsFault
from casebrief.service.jobs.job import Job, State
from casebrief.service.jobs.store import JobStore
from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
READY = "casebrief_ready"
"""The one figure that is shown without a key, where keys are asked for: what ``/readyz`` tells too."""

DEADLINE = "deadline"
"""The kind of the problem of a request that was not done in time."""

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
"""Upper bounds of the histograms' buckets."""

JOB_SECONDS = (*SECONDS[3:], 600, 1800, 3600)
"""Of those of jobs, which nobody waits for."""


class Metrics:
    """What is counted while one application runs, in a registry of its own."""

    def __init__(self, product: Casebrief, desk: Desk) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_State(product, desk))
        ProcessCollector(registry=self.registry)
        self._requests = self._counter("requests", "Requests that ended, by route and status.", "route", "status")
        self._request_seconds = self._seconds("request_seconds", "From a request's head to the end of its answer.", "route")
        self._refusals = self._counter("refusals", "Requests that ended in a problem, by its kind.", "reason")
        self._missed = self._counter("deadline_misses", "Summaries that their deadline left without some articles, or with none.")
        self._articles = self._counter("articles", "Articles of summaries, by what became of them.", "outcome")
        self._tokens = self._counter("tokens", "Tokens: of texts that the model read, that it need not read again, that it answered.", "kind")
        self._jobs = self._counter("jobs", "Jobs that ended in this process, by how.", "state")
        self._job_seconds = self._seconds(
            "job_seconds", "Of each job that ended here: from its coming to its last beginning, and from there to its end.", "stage", buckets=JOB_SECONDS
        )
        self._stages = self._seconds("stage_seconds", "Where a summary's time went; prefill is the model's reading of texts.", "stage")

    def _counter(self, name: str, told: str, *labels: str) -> Counter:
        return Counter(f"casebrief_{name}", told, labels, registry=self.registry)

    def _seconds(self, name: str, told: str, *labels: str, buckets: Sequence[float] = SECONDS) -> Histogram:
        return Histogram(f"casebrief_{name}", told, labels, registry=self.registry, buckets=buckets)

    def watch_jobs(self, store: JobStore) -> None:
        """Tell how many jobs wait and run, as their file says whenever it is asked."""
        self.registry.register(_Jobs(store))

    def job_ended(self, job: Job, state: State, at: float) -> None:
        """A job ended; ``at`` and the job's times are seconds since 1970, and a clock that was set back makes none negative."""
        self._jobs.labels(state).inc()
        began = at if job.started_at is None else job.started_at
        self._job_seconds.labels("waiting").observe(max(0.0, began - job.made_at))
        if job.started_at is not None:
            self._job_seconds.labels("working").observe(max(0.0, at - began))

    def ended(self, ended: Ended) -> None:
        """A request ended."""
        route = ended.route or "none"
        self._requests.labels(route, str(ended.status)).inc()
        self._request_seconds.labels(route).observe(ended.seconds)
        if ended.reason:  # /readyz of a server that starts is 503 and refuses nothing
            self._refusals.labels(ended.reason).inc()
        if ended.reason == DEADLINE:
            self._missed.inc()

    def made(self, response: SummaryResponse) -> None:
        """A summary was made, for whomever."""
        timings = response.timings
        for stage in ("queued", "reading", "prefill", "decode", "total"):
            self._stages.labels(stage).observe(getattr(timings, f"{stage}_s"))
        for kind, count in (("prompt", timings.prompt_tokens), ("reused", timings.prompt_tokens_reused), ("output", timings.output_tokens)):
            self._tokens.labels(kind).inc(count)
        if response.partial:
            self._missed.inc()
        for line in response.ledger:
            self._articles.labels(line.outcome).inc()

    def text(self, known: bool) -> bytes:
        """All figures in Prometheus' text format; for who is not known, whether the service is ready alone."""
        return generate_latest(self.registry if known else self.registry.restricted_registry([READY]))


class _State(Collector):
    """What the product knows of itself, looked up when it is asked for."""

    def __init__(self, product: Casebrief, desk: Desk) -> None:
        self._product, self._desk = product, desk

    def describe(self) -> Iterator[Metric]:
        """The names, for the registry; the values are not wanted yet."""
        yield from self._metrics({})

    def collect(self) -> Iterator[Metric]:
        yield from self._metrics(self._product.engine_state())

    def _metrics(self, engine: dict[str, object]) -> Iterator[Metric]:
        store = self._product.store
        yield GaugeMetricFamily(READY, "1 while a request would be worked on.", value=engine.get("state") == "ready")
        yield GaugeMetricFamily("casebrief_queue_length", "Requests that wait beyond those being worked on.", value=self._desk.waiting)
        yield GaugeMetricFamily("casebrief_running", "Requests and jobs that are worked on.", value=self._desk.running)
        yield CounterMetricFamily("casebrief_worker_restarts", "Times that the model's process was started again.", value=_number(engine.get("restarts")))
        yield GaugeMetricFamily("casebrief_worker_resident_bytes", "Memory of the model's process.", value=_resident(engine.get("pid")))
        yield CounterMetricFamily("casebrief_cache_hits", "Articles, or questions' batches, whose answer was kept.", value=store.hits if store else 0)
        yield CounterMetricFamily("casebrief_cache_misses", "Those that the model had to read.", value=store.misses if store else 0)
        yield GaugeMetricFamily("casebrief_cache_writable", "0 while nothing can be kept.", value=not (store and store.fault))
        info = GaugeMetricFamily("casebrief_build_info", "The version, as a label.", labels=["version"])
        info.add_metric([__version__], 1)
        yield info


class _Jobs(Collector):
    """What the file of jobs says: those of all processes that share it. While it is out of reach there is no figure."""

    def __init__(self, store: JobStore) -> None:
        self._store = store

    def describe(self) -> Iterator[Metric]:
        """The name, for the registry."""
        yield self._gauge()

    def collect(self) -> Iterator[Metric]:
        with contextlib.suppress(JobsFault):
            counts, gauge = self._store.counts(), self._gauge()
            for state in ("queued", "running"):
                gauge.add_metric([state], counts.get(state, 0))
            yield gauge

    def _gauge(self) -> GaugeMetricFamily:
        return GaugeMetricFamily("casebrief_jobs_open", "Jobs that wait, and that are worked on, in the file that this process shares.", labels=["state"])


def _number(value: object) -> float:
    return float(value) if isinstance(value, int) else 0.0


def _resident(pid: object) -> float:
    try:
        return float(psutil.Process(pid).memory_info().rss) if isinstance(pid, int) else 0.0
    except psutil.Error:
        return 0.0


def metrics_router(metrics: Metrics) -> APIRouter:
    """``GET /metrics``."""
    router = APIRouter()

    @router.get(
        "/metrics",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Figures in Prometheus' text format"}},
        summary="Figures of queue, work, refusals and the model's process, for Prometheus",
    )
    def scraped(request: Request) -> Response:
        return Response(metrics.text(request.state.known), media_type=CONTENT_TYPE)

    return router
