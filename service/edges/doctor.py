"""`casebrief doctor`: what this installation can do, found out by doing it."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from casebrief import __version__
from casebrief.models.errors import ModelError
from casebrief.prompts.loader import PromptError
from casebrief.prompts.loader import load as load_prompt
from casebrief.service.domain.schema import schema_sha256
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.stores import catalog_of
from casebrief.service.edges.wiring import Casebrief, loading, tried, wire


@dataclass(frozen=True)
class Finding:
    """One thing looked at; ``well`` is false for what has to be mended, ``None`` for what works in a lesser way."""

    name: str
    well: bool | None
    told: str

    @property
    def state(self) -> Literal["well", "unwell", "lesser"]:
        """``well`` as a word."""
        return "lesser" if self.well is None else "well" if self.well else "unwell"


def as_json(findings: Sequence[Finding]) -> str:
    """All findings as one JSON object, for programs; ``well`` is false where one is unwell."""
    told = [{"name": finding.name, "state": finding.state, "told": finding.told} for finding in findings]
    return json.dumps({"well": all(finding.well is not False for finding in findings), "findings": told}, indent=2)


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at machine, prompts, weights and engine, one after the other."""
    yield Finding("casebrief", True, f"{__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    yield Finding("processors", True, f"{os.cpu_count()} seen, {settings.threads or 'all'} used")
    try:
        prompt = load_prompt()
        yield Finding("prompts", True, f"{len(prompt.labels)} labels, sha256 {prompt.sha256[:12]}")
    except PromptError as error:
        yield Finding("prompts", False, str(error))
    yield Finding("schema", True, f"version 1, sha256 {schema_sha256()[:12]}")
    yield from _model(settings)


def _model(settings: Settings) -> Iterator[Finding]:
    if settings.engine == "openai":
        yield from _served(settings)
        return
    try:
        name = settings.model or catalog_of(settings).default
        product = wire(settings)
    except ModelError as error:
        yield Finding("weights", False, str(error))
        return
    known = "checksum verified" if product.catalog.entry(name).sha256 else f"sha256 {product.catalog.verify(name)[:12]}, not in the catalogue"
    yield Finding("weights", True, f"{name}: {product.catalog.path(name)}, {known}")
    yield Finding("form", True, _form(settings, product, name))
    for note in product.notes():
        yield Finding("cache", None, note)
    try:
        product.engine.start()
        info = product.engine.info
        proof = "marks" if info.labels else "a constrained answer"
        yield Finding("engine", True, f"{info.engine}, {info.threads} threads, {info.context_tokens} tokens of context; proved by {proof}")
        yield Finding("build", True, info.build)
        yield Finding("memory", True, f"takes at most {product.engine.budget}")
        for note in info.notes:
            yield Finding("engine", None, note)
    except ModelError as error:
        yield Finding("engine", False, str(error))
    finally:
        product.close()


def _served(settings: Settings) -> Iterator[Finding]:
    """The server, and how it was proved that it can be held to a constraint; with labels+prompts the embedded model beside it."""
    try:
        product = wire(settings)
    except ModelError as error:
        yield Finding("engine", False, str(error))
        return
    for note in product.notes():
        yield Finding("cache", None, note)
    try:
        product.engine.start()
        info = product.engine.info
        yield Finding("engine", True, f"{info.engine}, {info.model}, {info.context_tokens} tokens of context; proved by an answer that no free model gives")
        yield Finding("reader", True, product.summarizer.reader.name)
        for note in info.notes:
            yield Finding("engine", None, note)
    except ModelError as error:
        yield Finding("engine", False, str(error))
    finally:
        product.close()


def _form(settings: Settings, product: Casebrief, name: str) -> str:
    """In which form the weights are loaded, and why."""
    form = loading(settings, product.catalog, name)
    if settings.weights != "auto":
        return f"{form}, as CASEBRIEF_WEIGHTS says"
    if len(product.catalog.entry(name).merged) == 0:
        return "the file as it is: no adapter is merged into it"
    trial = tried(settings, product.catalog, name)
    return f"{form}, the fastest here when tried: {trial}" if trial else f"{form}, by the processor's name alone: casebrief models prepare tries all"
