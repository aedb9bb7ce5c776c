"""The one place where parts are put together: settings to catalogue, engine, reader, summariser."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from casebrief.models.cache import CachedEngine, Store
from casebrief.models.catalog import AS_SHIPPED, Catalog, Entry, Loading
from casebrief.models.catalog import load as load_catalog
from casebrief.models.engine import Engine, EngineConfig
from casebrief.models.errors import CatalogError, EngineError
from casebrief.models.machine import likely_form
from casebrief.models.supervisor import Patience, SupervisedEngine
from casebrief.models.trial import Trial, candidates, remembered, this_machine, try_forms
from casebrief.prompts.loader import load as load_prompt
from casebrief.service.edges.settings import Settings
from casebrief.service.pipeline.articles import Submitted
from casebrief.service.pipeline.labelled import LabelReader
from casebrief.service.pipeline.reading import BothReader, ModelReader, Reader, RuleReader, StoryReader
from casebrief.service.pipeline.summarizing import Summarizer


@dataclass(frozen=True)
class Casebrief:
    """The product, wired. ``engine`` is ``None`` where rules read alone."""

    settings: Settings
    catalog: Catalog
    model: str
    engine: SupervisedEngine | None
    summarizer: Summarizer

    def engine_state(self) -> dict[str, Any]:
        """What the engine says of itself; ready at once where there is none."""
        return dict(self.engine.describe()) if self.engine else {"state": "ready", "engine": None}

    def warm_up(self) -> None:
        """Load the tables that rules read by, so that the first request need not."""
        submitted = [Submitted("a1", "A firm was sued on Monday under 18 U.S.C. § 1030 in federal court in Oakland, California.")]
        Summarizer(StoryReader(RuleReader()), "", lambda: None).summarize(submitted)

    def start_in_background(self) -> None:
        """Bring the engine up; a failure is told by its state, and by every request until a start succeeds."""

        def start(engine: SupervisedEngine) -> None:
            with contextlib.suppress(EngineError):
                engine.start()

        if self.engine:
            threading.Thread(target=start, args=(self.engine,), daemon=True, name="casebrief-engine-start").start()

    def close(self) -> None:
        """End the engine's process."""
        if self.engine:
            self.engine.close()


def catalog_of(settings: Settings) -> Catalog:
    """The catalogue that the settings name. Raises `casebrief.models.errors.CatalogError`."""
    return load_catalog(settings.models_dir, settings.catalog)


def wire(settings: Settings, tell: Callable[[str], None] = lambda told: None) -> Casebrief:
    """Put the product together; the engine's weights are checked and its process is not started yet.

    Raises `casebrief.models.errors.CatalogError` when model or weights are not to be had.
    """
    catalog = catalog_of(settings)
    model = settings.model or catalog.default
    prompt = load_prompt()
    if settings.reader == "rules":
        return Casebrief(settings, catalog, model, None, Summarizer(StoryReader(RuleReader()), prompt.sha256, lambda: None))
    entry = catalog.entry(model)
    if settings.reader not in ("auto", entry.reader):
        raise CatalogError(f"{model} reads by {entry.reader}, not by {settings.reader}; give another --model, or --reader auto")
    config = engine_config(settings, catalog, model, entry, tell)
    engine = SupervisedEngine(config, Patience(hang_s=settings.hang_s))
    asked = _remembering(engine, settings, config)
    reader: Reader = (
        LabelReader(asked, entry.floor, entry.confidence)
        if entry.reader == "labels"
        else StoryReader(BothReader(RuleReader(), ModelReader(asked, prompt, entry.floor, entry.confidence)))
    )
    return Casebrief(settings, catalog, model, engine, Summarizer(reader, prompt.sha256, lambda: engine.info))


def store_of(settings: Settings) -> Store:
    """The answers that are kept."""
    return Store(settings.cache_dir / "answers.sqlite", settings.cache_mb * 1_000_000)


def _remembering(engine: SupervisedEngine, settings: Settings, config: EngineConfig) -> Engine:
    """The engine with what it answered before, unless that is switched off."""
    if not settings.cache_mb:
        return engine
    return CachedEngine(engine, store_of(settings), f"{config.chat_format} {config.n_gpu_layers} {config.extra_buffers}")


def engine_config(settings: Settings, catalog: Catalog, model: str, entry: Entry, tell: Callable[[str], None] = lambda told: None) -> EngineConfig:
    """How to load a model, from its entry and the settings over it; ``tell`` hears of work that is done once."""
    form = loading(settings, catalog, model)
    if form != AS_SHIPPED:
        path, merged = catalog.merged(model, form, lambda done, of: None if done else tell(f"merging the adapter into the weights of {model}, once"))
        sha256, at_run_time = entry.sha256, []
    else:
        path, merged, sha256, at_run_time = catalog.path(model), "", catalog.verify(model), list(catalog.adapters(model))
    heads, heads_sha256 = catalog.heads(model) or ("", "")
    return EngineConfig(
        model=model,
        path=str(path),
        sha256=sha256,
        chat_format=entry.chat_format,
        context_tokens=settings.context_tokens or entry.context_tokens,
        threads=settings.threads,
        n_gpu_layers=settings.n_gpu_layers,
        extra_buffers=settings.extra_buffers,
        adapters=tuple(at_run_time),
        adapter_sums=tuple(adapter.sha256 for adapter in entry.adapters),
        merged=f"{form} {merged[:12]}" if merged else "",
        heads=str(heads),
        heads_sha256=heads_sha256,
        tables=str(settings.cache_dir),
    )


def prepare(settings: Settings, tell: Callable[[str], None] = lambda told: None) -> str:
    """Make what the first start would need, once, and find out which form of the weights is the fastest here; the model's name.

    Raises `casebrief.models.errors.CatalogError` when model or weights are not to be had.
    """
    catalog = catalog_of(settings)
    model = settings.model or catalog.default
    if settings.reader == "rules":
        return model
    entry = catalog.entry(model)

    def config_of(form: Loading) -> EngineConfig:
        return engine_config(settings.model_copy(update={"weights": form}), catalog, model, entry, tell)

    if settings.weights == "auto" and len(candidates(catalog, model)) > 1 and not tried(settings, catalog, model):
        try_forms(catalog, model, _machine(settings), config_of, tell)
    engine_config(settings, catalog, model, entry, tell)
    return model


def tried(settings: Settings, catalog: Catalog, model: str) -> Trial | None:
    """What was measured of a model's forms on this machine under these settings, if it was."""
    return remembered(catalog, model, _machine(settings))


def loading(settings: Settings, catalog: Catalog, model: str) -> Loading:
    """How the settings want a model loaded; where they leave it open, as was fastest when it was tried, or is likely to be."""
    forms = list(candidates(catalog, model))
    if settings.weights != "auto":
        return settings.weights if catalog.entry(model).merged else AS_SHIPPED
    if trial := tried(settings, catalog, model):
        return trial.fastest
    return likely_form() if likely_form() in forms else next(iter(forms), AS_SHIPPED)


def _machine(settings: Settings) -> dict[str, str]:
    return this_machine(threads=settings.threads, n_gpu_layers=settings.n_gpu_layers, extra_buffers=settings.extra_buffers)
