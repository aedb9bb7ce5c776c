"""The one place where parts are put together: settings to catalogue, engine, reader, summariser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from casebrief.models.catalog import Catalog, Entry
from casebrief.models.catalog import load as load_catalog
from casebrief.models.engine import EngineConfig
from casebrief.models.supervisor import Patience, SupervisedEngine
from casebrief.prompts.loader import load as load_prompt
from casebrief.service.edges.settings import Settings
from casebrief.service.pipeline.reading import BothReader, ModelReader, Reader, RuleReader
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

    def close(self) -> None:
        """End the engine's process."""
        if self.engine:
            self.engine.close()


def catalog_of(settings: Settings) -> Catalog:
    """The catalogue that the settings name. Raises `casebrief.models.errors.CatalogError`."""
    return load_catalog(settings.models_dir, settings.catalog)


def wire(settings: Settings) -> Casebrief:
    """Put the product together; the engine's weights are checked and its process is not started yet.

    Raises `casebrief.models.errors.CatalogError` when model or weights are not to be had.
    """
    catalog = catalog_of(settings)
    model = settings.model or catalog.default
    prompt = load_prompt()
    if settings.reader == "rules":
        return Casebrief(settings, catalog, model, None, Summarizer(RuleReader(), prompt.sha256, lambda: None))
    entry = catalog.entry(model)
    engine = SupervisedEngine(engine_config(settings, catalog, model, entry), Patience(hang_s=settings.hang_s))
    by_model = ModelReader(engine, prompt, entry.floor, entry.confidence)
    reader: Reader = by_model if settings.reader == "model" else BothReader(RuleReader(), by_model)
    return Casebrief(settings, catalog, model, engine, Summarizer(reader, prompt.sha256, lambda: engine.info))


def engine_config(settings: Settings, catalog: Catalog, model: str, entry: Entry) -> EngineConfig:
    """How to load a model, from its entry and the settings over it."""
    adapters = catalog.adapters(model)
    return EngineConfig(
        model=model,
        path=str(catalog.path(model)),
        sha256=catalog.verify(model),
        chat_format=entry.chat_format,
        context_tokens=settings.context_tokens or entry.context_tokens,
        threads=settings.threads,
        n_gpu_layers=settings.n_gpu_layers,
        extra_buffers=settings.extra_buffers,
        adapters=tuple(adapters),
        adapter_sums=tuple(adapters.values()),
    )
