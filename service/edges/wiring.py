"""The one place where parts are put together: settings to catalogue, engine, reader, summariser."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from casebrief.models.cache import CachedEngine, Keeper, Store
from casebrief.models.catalog import AS_SHIPPED, Catalog, Entry, Loading
from casebrief.models.engine import Engine, EngineConfig
from casebrief.models.errors import CatalogError, ModelError, NotWritable
from casebrief.models.header import header
from casebrief.models.machine import likely_form
from casebrief.models.process import Patience
from casebrief.models.running import PairedEngine, Running
from casebrief.models.supervisor import SupervisedEngine
from casebrief.models.trial import Trial, candidates, remembered, this_machine, try_forms
from casebrief.prompts.loader import ARTICLE
from casebrief.prompts.loader import load as load_prompt
from casebrief.service.domain.spans import Span
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.stores import catalog_of, store_of
from casebrief.service.pipeline.articles import language_of
from casebrief.service.pipeline.courts import court_phrases
from casebrief.service.pipeline.gathering import Belief
from casebrief.service.pipeline.labelled import LabelReader
from casebrief.service.pipeline.prompted import PromptReader
from casebrief.service.pipeline.reading import Reader
from casebrief.service.pipeline.statutes import law_phrases
from casebrief.service.pipeline.summarizing import Summarizer
from casebrief.service.pipeline.together import TogetherReader
from casebrief.service.pipeline.whole import ArticleReader


@dataclass(frozen=True)
class Casebrief:
    """The product, wired. ``store`` is ``None`` where nothing is to be kept; ``reader_over`` gives a reader that keeps what it reads elsewhere."""

    settings: Settings
    catalog: Catalog
    model: str
    engine: Running
    summarizer: Summarizer
    store: Store | None
    reader_over: Callable[[Keeper | None], Reader]

    def engine_state(self) -> dict[str, Any]:
        """What the engine says of itself."""
        return dict(self.engine.describe())

    def notes(self) -> list[str]:
        """What works in a lesser way beside the engine, which has notes of its own."""
        return [f"answers are not kept: {self.store.fault}"] if self.store and self.store.fault else []

    def warm_up(self) -> None:
        """Load the tables of courts, laws and languages, so that the first request need not."""
        text = "A firm was sued on Monday under 18 U.S.C. § 1030 in federal court in Oakland, California."
        for phrases in (court_phrases, law_phrases):
            list(phrases(text, Span(0, len(text))))
        language_of(text)

    def start_in_background(self) -> None:
        """Bring the engine up; a failure is told by its state, and by every request until a start succeeds."""

        def start() -> None:
            with contextlib.suppress(ModelError):
                self.engine.start()

        threading.Thread(target=start, daemon=True, name="casebrief-engine-start").start()

    def close(self) -> None:
        """End the engine's process."""
        self.engine.close()


def wire(settings: Settings, tell: Callable[[str], None] = lambda told: None, threads: int = 0) -> Casebrief:
    """Put the product together; the engine's weights, or its address, are checked, and it is not started yet.

    ``threads``: the engine's, where several engines share the machine; 0: as the settings say.
    Raises `casebrief.models.errors.CatalogError` when model or weights are not to be had, or an address is not to be used.
    """
    parts = _served(settings, tell, threads) if settings.engine == "openai" else _local(settings, tell, threads)
    store = store_of(settings) if settings.cache_mb else None
    summarizer = Summarizer(parts.reader_over(store), parts.prompts_sha256, lambda: parts.engine.info)
    return Casebrief(settings, parts.catalog, parts.model, parts.engine, summarizer, store, parts.reader_over)


@dataclass(frozen=True)
class _Parts:
    """What differs between engines."""

    catalog: Catalog
    model: str
    engine: Running
    prompts_sha256: str
    reader_over: Callable[[Keeper | None], Reader]


def _local(settings: Settings, tell: Callable[[str], None], threads: int) -> _Parts:
    """A model of the catalogue, or a GGUF file, in a process of its own."""
    catalog = catalog_of(settings)
    model = settings.model or catalog.default
    prompt = load_prompt()
    entry = catalog.entry(model)
    if settings.reader == "labels+prompts":
        raise CatalogError("labels+prompts needs a larger model beside the one that labels: set CASEBRIEF_ENGINE=openai and CASEBRIEF_OPENAI_BASE_URL")
    if settings.reader not in ("auto", entry.reader):
        raise CatalogError(f"{model} reads by {entry.reader}, not by {settings.reader}; give another --model, or --reader auto")

    def configured() -> EngineConfig:
        made = engine_config(settings, catalog, model, entry, tell)  # the form of the weights is chosen as for an engine alone
        return replace(made, threads=threads or made.threads)

    config = configured()
    engine = SupervisedEngine(config, Patience(hang_s=settings.hang_s), configured)
    belief = Belief(entry.floor, entry.confidence)

    def reader_over(keeper: Keeper | None) -> Reader:
        asked: Engine = CachedEngine(engine, keeper, f"{config.chat_format} {config.n_gpu_layers} {config.extra_buffers}") if keeper else engine
        return LabelReader(asked, belief) if entry.reader == "labels" else PromptReader(asked, prompt, belief)

    return _Parts(catalog, model, engine, prompt.sha256, reader_over)


def _served(settings: Settings, tell: Callable[[str], None], threads: int) -> _Parts:
    """A server of the OpenAI API; with the reader labels+prompts beside the catalogue's own model."""
    from casebrief.service.edges.engines import belief_in, served_engine, with_served  # the HTTP client is for this engine alone

    remote, prompt = served_engine(settings), load_prompt(name=ARTICLE)
    model, address = settings.model or remote.endpoint.host, remote.endpoint.base_url
    catalog = with_served(catalog_of(settings), model)

    def prompts(keeper: Keeper | None) -> ArticleReader:
        return ArticleReader(CachedEngine(remote, keeper, address) if keeper else remote, prompt, belief_in(remote, catalog))

    if settings.reader != "labels+prompts":
        return _Parts(catalog, model, remote, prompt.sha256, prompts)
    local = _local(settings.model_copy(update={"model": "", "reader": "labels", "context_tokens": 0}), tell, threads)

    def together(keeper: Keeper | None) -> Reader:
        labels = local.reader_over(keeper)
        assert isinstance(labels, LabelReader)
        return TogetherReader(labels, prompts(keeper))

    return _Parts(catalog, local.model, PairedEngine(local.engine, remote), prompt.sha256, together)


def engine_config(settings: Settings, catalog: Catalog, model: str, entry: Entry, tell: Callable[[str], None] = lambda told: None) -> EngineConfig:
    """How to load a model, from its entry and the settings over it; ``tell`` hears of work that is done once.

    Where merged weights cannot be written and no form was asked for, the adapter is applied at run time, and a note says so.
    Raises `CatalogError`, also for a file that is no model: before anything starts.
    """
    form, path, merged = loading(settings, catalog, model), Path(), ""
    notes: tuple[str, ...] = ()
    if form != AS_SHIPPED:
        try:
            path, merged = catalog.merged(model, form, lambda done, of: None if done else tell(f"merging the adapter into the weights of {model}, once"))
        except NotWritable as error:
            if settings.weights != "auto":
                raise
            notes = (f"{error}; the adapter is applied at run time, which reads slower",)
            tell(notes[0])
    path = path if merged else catalog.path(model)
    header(path)
    heads, heads_sha256 = catalog.heads(model) or ("", "")
    return EngineConfig(
        model=model,
        path=str(path),
        sha256=entry.sha256 if merged else catalog.verify(model),
        chat_format=entry.chat_format,
        context_tokens=settings.context_tokens or entry.context_tokens,
        threads=settings.threads,
        n_gpu_layers=settings.n_gpu_layers,
        extra_buffers=settings.extra_buffers,
        adapters=() if merged else tuple(catalog.adapters(model)),
        adapter_sums=tuple(adapter.sha256 for adapter in entry.adapters),
        merged=f"{form} {merged[:12]}" if merged else "",
        heads=str(heads),
        heads_sha256=heads_sha256,
        tables=str(settings.cache_dir),
        notes=notes,
    )


def prepare(settings: Settings, tell: Callable[[str], None] = lambda told: None) -> str:
    """Make what the first start would need, once, and find out which form of the weights is the fastest here; the model's name.

    Raises `casebrief.models.errors.CatalogError` when model or weights are not to be had.
    """
    catalog = catalog_of(settings)
    model = settings.model or catalog.default
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
