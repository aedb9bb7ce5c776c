"""Who answers the cases: the pipeline in this process, a running service, or the stock way as a baseline."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import httpx
from casebrief.evals.labels import Case
from casebrief.evals.runs import NobodyAnswersError
from casebrief.prompts.loader import load as load_prompts
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.stores import catalog_of
from casebrief.service.edges.wiring import Casebrief, wire

LONGEST_S = 900
"""Seconds that one case may take."""


class Pipeline:
    """The product in this process, with its engine's worker."""

    def __init__(self, settings: Settings) -> None:
        self.name = f"casebrief, reader {settings.reader}"
        self._settings = settings
        self._product: Casebrief = wire(settings)
        self._product.engine.start()

    def settings(self) -> dict[str, Any]:
        """See `runs.Answering`."""
        product = self._product
        info = product.engine.info
        return {
            "reader": self._settings.reader,
            "model": product.model,
            "model_sha256": info.model_sha256,
            "adapters": list(info.adapters),
            "prompts_sha256": product.summarizer.prompts_sha256,
            "engine": info.engine,
            "threads": info.threads,
            "build": info.build,
            "context_tokens": info.context_tokens,
            "n_gpu_layers": self._settings.n_gpu_layers,
            "extra_buffers": self._settings.extra_buffers,
            "seed": 0,
        }

    def answer(self, case: Case) -> dict[str, Any]:
        """See `runs.Answering`."""
        found: dict[str, Any] = json.loads(self._product.summarizer.summarize(case.articles).model_dump_json(by_alias=True))
        return found

    def close(self) -> None:
        """End the engine's process."""
        self._product.close()


class Service:
    """A running service, over HTTP."""

    def __init__(self, url: str) -> None:
        self.name = "a running service"
        self._url = url.rstrip("/")

    def settings(self) -> dict[str, Any]:
        """See `runs.Answering`; the service's own readiness tells its model."""
        try:
            ready = httpx.get(f"{self._url}/readyz", timeout=10).json()
        except (httpx.HTTPError, ValueError) as error:
            raise NobodyAnswersError(f"{self._url} does not answer as casebrief does: {error}") from error
        engine = (ready.get("engine") or {}).get("engine") or {}
        return {"url": self._url, "model": ready.get("model"), "model_sha256": engine.get("model_sha256"), "engine": engine.get("engine")}

    def answer(self, case: Case) -> dict[str, Any]:
        """See `runs.Answering`."""
        articles = [{"id": a.id, "text": a.text, **({"publisher": a.publisher} if a.publisher else {}), **_day(a.published_on)} for a in case.articles]
        response = httpx.post(f"{self._url}/v1/summaries", json={"articles": articles}, timeout=LONGEST_S)
        response.raise_for_status()
        found: dict[str, Any] = response.json()
        return found

    def close(self) -> None:
        """Nothing to let go of."""


class Stock:
    """The stock way: all articles in one prompt, JSON-schema mode, the same weights; its output is judged as it is."""

    def __init__(self, settings: Settings) -> None:
        catalog = catalog_of(settings)
        self.name = "the stock way"
        self._model = settings.model or catalog.default
        self._path, self._sha256 = str(catalog.path(self._model)), catalog.verify(self._model)

    def settings(self) -> dict[str, Any]:
        """See `runs.Answering`."""
        return {"model": self._model, "model_sha256": self._sha256, "prompts_sha256": load_prompts().sha256, "seed": 0}

    def answer(self, case: Case) -> dict[str, Any]:
        """See `runs.Answering`. Output that is no JSON is an empty summary: that is what its user would have."""
        asked = json.dumps({"path": self._path, "articles": [{"id": a.id, "text": a.text} for a in case.articles]})
        command = [sys.executable, "-P", "-m", "casebrief.evals.stock"]
        done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True, timeout=LONGEST_S)
        told = json.loads(done.stdout)
        try:
            summary = json.loads(told["text"])
        except ValueError:
            summary = {}
        return {"summary": summary if isinstance(summary, dict) else {}, "raw": told["text"], "timings": {"total_s": told["seconds"]}}

    def close(self) -> None:
        """Nothing to let go of."""


class SettingError(ValueError):
    """A setting that cannot be: a reader that there is not."""


def answering(url: str | None = None, model: str | None = None, reader: str | None = None) -> Pipeline | Service | Stock:
    """Who answers: the service at an address, the stock way where that is the reader, else the product in this process.

    Raises `SettingError`, `ModelError` and `OSError`.
    """
    if url:
        return Service(url)
    changes = {key: value for key, value in {"model": model, "reader": reader}.items() if value and value != "stock"}
    try:
        # An evaluation reads everything itself: kept answers may be of another machine's rounding, and cost no time.
        settings = Settings(cache_mb=0, **changes)  # type: ignore[arg-type]
    except ValueError as error:
        raise SettingError(" ".join(str(error).splitlines()[1:3])) from None
    return Stock(settings) if reader == "stock" else Pipeline(settings)


def _day(day: object) -> dict[str, str]:
    return {"published_on": str(day)} if day else {}
