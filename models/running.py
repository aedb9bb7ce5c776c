"""An engine with a life of its own: it is started, tells how it is, and may be two in one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Protocol

from casebrief.models.engine import Batch, Document, Engine, EngineInfo, Heard, Labellings, Readings, Stop, never, unheard
from casebrief.models.machine import Budget


class Running(Engine, Protocol):
    """An engine that is brought up."""

    def start(self) -> None:
        """Bring it up, and prove it. Raises `ModelError`."""

    def describe(self) -> dict[str, object]:
        """State ("starting", "ready", "down", "closed"), pid, restarts, last error, the engine's info and its memory, for doctor and readiness."""

    @property
    def budget(self) -> Budget | None:
        """What it takes of this machine's memory at most, where that is known."""


class PairedEngine:
    """One engine that labels and one that answers, as one that does both."""

    def __init__(self, labelling: Running, answering: Running) -> None:
        self._labelling, self._answering = labelling, answering

    def start(self) -> None:
        """See `Running`."""
        self._labelling.start()
        self._answering.start()

    def describe(self) -> dict[str, object]:
        """See `Running`; it is as well as the worse of the two."""
        one, other = self._labelling.describe(), self._answering.describe()
        worse = one if one["state"] != "ready" else other
        up = one["engine"] and other["engine"]
        return one | {"state": worse["state"], "last_error": worse["last_error"], "engine": asdict(self.info) if up else None}

    @property
    def budget(self) -> Budget | None:
        """See `Running`."""
        return self._labelling.budget

    @property
    def info(self) -> EngineInfo:
        """The labelling engine's, with names and notes of both."""
        one, other = self._labelling.info, self._answering.info
        both = {name: f"{getattr(one, name)} + {getattr(other, name)}" for name in ("model", "engine")}
        return replace(one, model=both["model"], engine=both["engine"], notes=(*one.notes, *other.notes), context_tokens=other.context_tokens)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The answering engine's."""
        return self._answering.count_tokens(texts)

    def ask(self, batches: Sequence[Batch], stop: Stop = never, heard: Heard = unheard, enough: Stop = never) -> Readings:
        """See the port."""
        return self._answering.ask(batches, stop, heard, enough)

    def label(self, documents: Sequence[Document], stop: Stop = never, heard: Heard = unheard, enough: Stop = never) -> Labellings:
        """See the port."""
        return self._labelling.label(documents, stop, heard, enough)

    def close(self) -> None:
        """Close both."""
        self._labelling.close()
        self._answering.close()
