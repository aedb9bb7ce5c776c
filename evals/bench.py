"""`casebrief bench`: what a case costs on this machine, beside the floor of the build and beside what others do.

All of it in one run, in turns, so that a busy machine is busy for all: the floor (`floor`), the product, the stock way (`stock`), and an
OpenAI-compatible server where one is named. Ratios are made within a round, and the median round is told.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
from casebrief.evals.stock import MOST_ANSWER_TOKENS, messages, schema
from casebrief.models.cache import CachedEngine, Store
from casebrief.models.engine import Batch, Document, Engine, EngineConfig, EngineInfo, Heard, Labellings, Readings, Stop, Usage, never, unheard
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.wiring import Casebrief, catalog_of, engine_config, wire
from casebrief.service.pipeline.articles import Submitted
from casebrief.service.pipeline.reading import BothReader, StoryReader
from casebrief.service.pipeline.summarizing import Summarizer
from pydantic import TypeAdapter

LONGEST_S = 900
"""Seconds that one attempt may take."""

AT_ONCE = (1, 2, 4, 8)
"""Requests at the same time."""

Tell = Callable[[str], None]


@dataclass
class Metered:
    """The engine port over another engine, noting what goes through it."""

    engine: Engine
    batches: list[Batch] = field(default_factory=list)
    readings: Readings = field(default_factory=lambda: Readings((), Usage()))

    @property
    def info(self) -> EngineInfo:
        return self.engine.info

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See the port."""
        return self.engine.count_tokens(texts)

    def ask(self, batches: Sequence[Batch], stop: Stop = never, heard: Heard = unheard) -> Readings:
        """See the port."""
        self.batches, self.readings = list(batches), self.engine.ask(batches, stop, heard)
        return self.readings

    def label(self, documents: Sequence[Document], stop: Stop = never, heard: Heard = unheard) -> Labellings:
        """See the port."""
        return self.engine.label(documents, stop, heard)

    def close(self) -> None:
        """See the port."""
        self.engine.close()


@dataclass(frozen=True)
class Bench:
    """What is measured: the articles of one case, with a product, ``repeat`` times."""

    articles: Sequence[Submitted]
    settings: Settings
    repeat: int
    tell: Tell

    def run(self, *, stock: bool, server: str | None) -> dict[str, Any]:
        """Everything, as one JSON object."""
        with _started(self.settings) as product:
            assert product.engine is not None
            meter = Metered(product.engine)
            summarizer = _over(product.summarizer, meter)
            self.tell("the product, for the first time")
            summarizer.summarize(self.articles)
            rounds = [self._round(number, summarizer, meter, product, stock=stock, server=server) for number in range(self.repeat)]
            kept = self._kept(product)
            together = self._together(product)
            info = product.engine.info
        config = self._config(self.settings)
        self.tell("the floor of this build")
        floor = _apart("casebrief.evals.floor", {"config": asdict(config), "batches": _plain(meter.batches), "repeat": self.repeat})
        return {
            "machine": {"processors": os.cpu_count(), "machine": platform.machine(), "system": platform.system(), "build": info.build},
            "model": info.model,
            "engine": info.engine,
            "threads": info.threads,
            "articles": len(self.articles),
            "characters": sum(len(article.text) for article in self.articles),
            "sentences": sum(len(batch.questions) for batch in meter.batches),
            "rounds": rounds,
            "floor": floor,
            "kept": kept,
            "at_once": together,
            "settings": self._settings(meter.batches),
        }

    def _round(self, number: int, summarizer: Summarizer, meter: Metered, product: Casebrief, *, stock: bool, server: str | None) -> dict[str, Any]:
        self.tell(f"round {number + 1} of {self.repeat}: the product")
        began = time.perf_counter()
        summarizer.summarize(self.articles)
        found: dict[str, Any] = {"product": {"seconds": time.perf_counter() - began, "usage": asdict(meter.readings.usage)}}
        told = [{"id": article.id, "text": article.text} for article in self.articles]
        if stock:
            self.tell(f"round {number + 1} of {self.repeat}: the stock way")
            weights = str(product.catalog.path(product.model))
            found["stock"] = _judged(_apart("casebrief.evals.stock", {"path": weights, "articles": told}))
        if server:
            self.tell(f"round {number + 1} of {self.repeat}: {server}")
            found["server"] = _judged(_server(server, told))
        return found

    def _kept(self, product: Casebrief) -> dict[str, list[float]] | None:
        """Seconds for all articles with nothing kept, and with all but the last one kept."""
        if len(self.articles) < 2:
            return None
        assert product.engine is not None
        cold: list[float] = []
        last: list[float] = []
        for number in range(self.repeat):
            self.tell(f"round {number + 1} of {self.repeat}: with answers kept")
            for seconds, before in ((cold, self.articles[:0]), (last, self.articles[:-1])):
                with tempfile.TemporaryDirectory() as folder:
                    summarizer = _over(product.summarizer, CachedEngine(product.engine, Store(Path(folder) / "answers.sqlite", 1 << 26), ""))
                    if before:
                        summarizer.summarize(before)
                    began = time.perf_counter()
                    summarizer.summarize(self.articles)
                    seconds.append(time.perf_counter() - began)
        return {"all_s": cold, "last_s": last}

    def _together(self, product: Casebrief) -> list[dict[str, float]]:
        """So many requests at once: seconds until all are answered, and of the slowest."""
        found = []
        for number in range(self.repeat):
            for count in AT_ONCE:
                self.tell(f"round {number + 1} of {self.repeat}: {count} at once")

                def one(_: int) -> float:
                    began = time.perf_counter()
                    product.summarizer.summarize(self.articles)
                    return time.perf_counter() - began

                began = time.perf_counter()
                with ThreadPoolExecutor(count) as pool:
                    each = list(pool.map(one, range(count)))
                found.append({"requests": count, "seconds": time.perf_counter() - began, "slowest_s": max(each)})
        return found

    def _settings(self, batches: Sequence[Batch]) -> list[dict[str, Any]]:
        """The engine's seconds for the case under other settings, best first."""
        processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        threads = sorted({self.settings.threads or processors, processors, max(1, processors // 2)})
        catalog = catalog_of(self.settings)
        entry = catalog.entry(self.settings.model or catalog.default)
        found = []
        for form in [*entry.merged, "adapter"] if entry.merged else ["adapter"]:
            for count in threads:
                self.tell(f"settings: weights {form}, {count} threads")
                config = self._config(self.settings.model_copy(update={"weights": form, "threads": count}))
                measured = _apart("casebrief.evals.floor", {"config": asdict(config), "batches": _plain(batches), "repeat": 1})
                found.append({"CASEBRIEF_WEIGHTS": form, "CASEBRIEF_THREADS": count, "seconds": measured["rounds"][0]["whole_s"]})
        return sorted(found, key=lambda setting: setting["seconds"])

    def _config(self, settings: Settings) -> EngineConfig:
        catalog = catalog_of(settings)
        model = settings.model or catalog.default
        return engine_config(settings, catalog, model, catalog.entry(model), self.tell)


@contextmanager
def _started(settings: Settings) -> Iterator[Casebrief]:
    product = wire(settings.model_copy(update={"cache_mb": 0}))
    try:
        if product.engine:
            product.engine.start()
        yield product
    finally:
        product.close()


def _over(summarizer: Summarizer, engine: Engine) -> Summarizer:
    """The same summarizer over another engine."""
    reader = summarizer.reader
    assert isinstance(reader, StoryReader)
    both = reader.inner
    assert isinstance(both, BothReader)
    return replace(summarizer, reader=StoryReader(replace(both, model=replace(both.model, engine=engine))))


def _plain(batches: Sequence[Batch]) -> Any:
    return TypeAdapter(list[Batch]).dump_python(list(batches), mode="json")


def _apart(module: str, asked: dict[str, Any]) -> dict[str, Any]:
    """What a module says that runs in a process of its own. Raises `OSError` with its last words when it fails."""
    environment = {"OMP_WAIT_POLICY": "PASSIVE"} | os.environ
    done = subprocess.run(
        [sys.executable, "-P", "-m", module], input=json.dumps(asked), capture_output=True, text=True, check=False, timeout=LONGEST_S, env=environment
    )
    if done.returncode:
        raise OSError(f"{module} ended with {done.returncode}: {(done.stderr.strip().splitlines() or ['no word'])[-1]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _server(url: str, articles: Sequence[dict[str, str]]) -> dict[str, Any]:
    """One chat completion of an OpenAI-compatible server. Raises `OSError` when it does not answer as one."""
    asked = {
        "messages": messages(articles),
        "response_format": {"type": "json_schema", "json_schema": {"name": "summary", "schema": schema(), "strict": True}},
        "temperature": 0,
        "max_tokens": MOST_ANSWER_TOKENS,
    }
    began = time.perf_counter()
    try:
        response = httpx.post(f"{url.rstrip('/')}/v1/chat/completions", json=asked, timeout=LONGEST_S)
        response.raise_for_status()
        text = response.json()["choices"][0]["message"]["content"]
    except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:
        raise OSError(f"{url} does not answer as an OpenAI-compatible server: {error}") from error
    return {"text": text, "seconds": time.perf_counter() - began}


def _judged(told: dict[str, Any]) -> dict[str, Any]:
    """Seconds, and whether the answer is JSON at all."""
    try:
        valid = isinstance(json.loads(told["text"]), dict)
    except ValueError:
        valid = False
    return {"seconds": told["seconds"], "valid_json": valid}


def figures(found: dict[str, Any]) -> dict[str, float]:
    """The ratios and rates that are told: medians over rounds, each ratio made within its round."""

    def median(values: Sequence[float]) -> float:
        return statistics.median(values)

    rounds, floor = found["rounds"], found["floor"]["rounds"]
    usage = [one["product"]["usage"] for one in rounds]
    seconds = [one["product"]["seconds"] for one in rounds]
    told = {
        "product_s": median(seconds),
        "prompt_s": median([one["prefill_s"] for one in usage]),
        "decoding_s": median([one["decode_s"] for one in usage]),
        "constraints_s": median([one["constraints_s"] for one in usage]),
        "python_s": median([s - u["prefill_s"] - u["decode_s"] - u["constraints_s"] for s, u in zip(seconds, usage, strict=True)]),
        "prompt_tokens_over_unique": median([one["prompt_tokens"] for one in usage]) / found["floor"]["unique_prompt_tokens"],
        "prompt_rate_over_raw": median([one["document_tokens_per_s"] / one["raw_prompt_tokens_per_s"] for one in floor]),
        "steps_over_output_tokens": median([one["decode_steps"] / max(1, one["output_tokens"]) for one in usage]),
        "constrained_over_unconstrained": median([one["constrained_s"] / one["unconstrained_s"] for one in floor]),
        "raw_prompt_tokens_per_s": median([one["raw_prompt_tokens_per_s"] for one in floor]),
    }
    for name in ("stock", "server"):
        if name in rounds[0]:
            told[f"{name}_s"] = median([one[name]["seconds"] for one in rounds])
            told[f"{name}_over_product"] = median([one[name]["seconds"] / one["product"]["seconds"] for one in rounds])
    if found["kept"]:
        told["last_article_over_all"] = median([last / cold for last, cold in zip(found["kept"]["last_s"], found["kept"]["all_s"], strict=True)])
    turns = found["at_once"]
    for place, count in enumerate(AT_ONCE[1:], 1):
        these = [(turns[start]["seconds"], turns[start + place]) for start in range(0, len(turns), len(AT_ONCE))]
        told[f"throughput_of_{count}_over_one"] = median([count * alone / one["seconds"] for alone, one in these])
        told[f"slowest_of_{count}_over_sum"] = median([one["slowest_s"] / (count * alone) for alone, one in these])
    return told


def picture(found: dict[str, Any]) -> str:
    """Where the time goes, as SVG: a bar for the product by its parts, one for each other way."""
    told = figures(found)
    parts = [
        ("prompt", told["prompt_s"], "#1f4e79"),
        ("decoding", told["decoding_s"], "#b5482a"),
        ("constraints", told["constraints_s"], "#e0a030"),
        ("Python", told["python_s"], "#888888"),
    ]
    bars = [("casebrief", parts)] + [(name, [(name, told[f"{name}_s"], "#bbbbbb")]) for name in ("stock", "server") if f"{name}_s" in told]
    longest = max(sum(seconds for _, seconds, _ in bar) for _, bar in bars)
    left, width, height = 100, 560, 34
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 80}" height="{height * len(bars) + 70}" font-family="sans-serif" font-size="13">']
    lines.append(
        f'<text x="{left}" y="18">Seconds for {found["articles"]} articles, {found["sentences"]} sentences ({found["model"]}, {found["threads"]} threads)</text>'
    )
    for row, (name, bar) in enumerate(bars):
        x, y = float(left), 30 + row * height
        lines.append(f'<text x="{left - 8}" y="{y + 17}" text-anchor="end">{name}</text>')
        for label, seconds, colour in bar:
            size = width * seconds / longest
            lines.append(f'<rect x="{x:.1f}" y="{y}" width="{size:.1f}" height="24" fill="{colour}"><title>{label}: {seconds:.2f} s</title></rect>')
            x += size
        lines.append(f'<text x="{x + 6:.1f}" y="{y + 17}">{sum(seconds for _, seconds, _ in bar):.1f}</text>')
    x = left
    for label, _, colour in parts:
        y = 30 + len(bars) * height
        lines.append(f'<rect x="{x}" y="{y + 6}" width="12" height="12" fill="{colour}"/><text x="{x + 17}" y="{y + 17}">{label}</text>')
        x += 110
    return "\n".join([*lines, "</svg>"]) + "\n"
