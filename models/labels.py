"""The in-process engine that labels: documents in tokens, tokens in windows, windows in rows of the heads. Only the worker imports this.

A document is one window where it fits into one. A longer one is read in windows of one length that overlap, and each token takes its
row from the window in which it lies farthest from an edge: the cost grows with the length, and no token lacks its neighbours.
Jobs take turns, a window each.
"""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from casebrief.models import heads as files
from casebrief.models.catalog import sha256_of
from casebrief.models.encoding import Encoder
from casebrief.models.engine import (
    Batch,
    Document,
    EngineConfig,
    EngineInfo,
    Heard,
    Labelling,
    Labellings,
    Mark,
    Place,
    Readings,
    Stop,
    Usage,
    never,
    unheard,
)
from casebrief.models.errors import AllocationRefused, Cancelled, EngineError, NotOffered, OutOfTime
from casebrief.models.machine import OVERLAP, WINDOW
from casebrief.models.work import Work
from numpy.typing import NDArray


class Window(NamedTuple):
    """Tokens that are read together, half-open, and those of them whose rows are kept."""

    start: int
    end: int
    kept_from: int
    kept_to: int


def windows(count: int, longest: int, overlap: int) -> list[Window]:
    """As few windows as cover ``count`` tokens, all as long as each other but for rounding.

    >>> windows(10, 6, 2)
    [Window(start=0, end=6, kept_from=0, kept_to=5), Window(start=4, end=10, kept_from=5, kept_to=10)]
    >>> windows(0, 6, 2)
    []
    """
    if count <= longest:
        return [Window(0, count, 0, count)] if count else []
    pieces = -(-(count - overlap) // (longest - overlap))
    length = -(-(count + (pieces - 1) * overlap) // pieces)
    starts = [piece * (count - length) // (pieces - 1) for piece in range(pieces)]
    seams = [0, *((start + length + behind) // 2 for start, behind in itertools.pairwise(starts)), count]
    return [Window(start, start + length, *seams[piece : piece + 2]) for piece, start in enumerate(starts)]


@dataclass(frozen=True)
class _Tokens:
    """A document's tokens with their places: the passage of each, and the code points of it that the token covers, half-open."""

    ids: list[int]
    passages: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


@dataclass(eq=False)
class _Document:
    """A document while it is labelled: its windows that are still to be read, and the rows of those that were."""

    passages: Document
    tokens: _Tokens | None = None
    waiting: deque[Window] = field(default_factory=deque)
    rows: list[NDArray[np.float32]] = field(default_factory=list)
    labelling: Labelling | None = None

    @property
    def characters(self) -> int:
        return sum(map(len, self.passages))

    @property
    def read(self) -> int:
        """Characters that were read, about."""
        if self.labelling:
            return self.characters
        return self.characters * len(self.rows) // (len(self.rows) + len(self.waiting)) if self.rows else 0


@dataclass(eq=False)
class LabelJob(Work):
    """One caller's documents while they are labelled."""

    documents: list[_Document] = field(default_factory=list)

    @property
    def done(self) -> bool:
        return self.error is not None or all(document.labelling for document in self.documents)

    @property
    def progress(self) -> tuple[int, int]:
        """Characters that were read, and how many there are."""
        return sum(document.read for document in self.documents), sum(document.characters for document in self.documents)

    def outcome(self) -> Labellings:
        if self.error:
            raise self.error
        return Labellings(tuple(document.labelling for document in self.documents if document.labelling), Usage(**self.counts))


class LabelEngine:
    """A GGUF model with heads on llama.cpp. Not safe for threads, but for `halt`: the worker drives it from one."""

    def __init__(self, config: EngineConfig, beat: Callable[[], None] = lambda: None, *, window: int = WINDOW, overlap: int = OVERLAP) -> None:
        """Load the weights and the heads. ``beat`` is called after every call of the model; ``window`` and ``overlap`` are in tokens.

        Raises `AllocationRefused` or `EngineError`, also where the heads are made for a model of another width.
        """
        path = Path(config.heads)
        self.heads = files.load(path)
        self._heads_sha256 = config.heads_sha256 or sha256_of(path)
        self.native = Encoder(config, window)
        if self.heads.width != self.native.width:
            raise EngineError(f"{path} has heads for a model of width {self.heads.width}; {config.model} is {self.native.width} wide")
        self._beat, self._overlap = beat, overlap
        self._jobs: deque[LabelJob] = deque()
        self._calling: LabelJob | None = None

    @property
    def info(self) -> EngineInfo:
        sameness = self.heads.same.sameness if self.heads.same else None
        return replace(self.native.info(), context_tokens=self.native.window, heads=self._heads_sha256, sameness=sameness)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See the port."""
        return [len(self.native.tokenize(text, special=False)) for text in texts]

    def close(self) -> None:
        """Free context and weights."""
        self.native.close()

    # ------------------------------------------------------------------ jobs

    def ask(self, batches: Sequence[Batch], stop: Stop = never, heard: Heard = unheard, enough: Stop = never) -> Readings:
        """Not here: see `llama`."""
        raise NotOffered.answers()

    def label(self, documents: Sequence[Document], stop: Stop = never, heard: Heard = unheard, enough: Stop = never) -> Labellings:
        """See the port."""
        job = self.begin(documents, stop, enough)
        while not job.done:
            self.step()
            heard(*job.progress)
        return job.outcome()

    def begin(self, documents: Sequence[Document], stop: Stop = never, enough: Stop = never) -> LabelJob:
        """Take a job on; `step` until it is done."""
        job = LabelJob(stop, enough, documents=[_Document(document) for document in documents])
        self._jobs.append(job)
        return job

    def halt(self, job: Work, *, kept: bool = False) -> None:
        """End a job, in the middle of its call; may come from another thread. See `Work.end`."""
        job.end(kept=kept)
        if self._calling is job:
            self.native.abort()

    @property
    def busy(self) -> bool:
        """Whether a step would do something."""
        return bool(self._jobs)

    def step(self) -> list[LabelJob]:
        """One window of the job whose turn it is; the jobs that are done with it. An error that is not one document's ends its job."""
        if self._jobs:
            job = self._jobs[0]
            self._jobs.rotate(-1)
            try:
                self._work(job)
            except (EngineError, MemoryError) as error:
                job.error = error if isinstance(error, EngineError) else AllocationRefused("memory was refused")
        for other in self._jobs:
            if other.halted and not other.error:
                other.error = Cancelled("the job was taken back")
            elif other.closed:
                _close(other)
        done = [job for job in self._jobs if job.done]
        self._jobs = deque(job for job in self._jobs if not job.done)
        return done

    def _work(self, job: LabelJob) -> None:
        document = next((document for document in job.documents if not document.labelling), None)
        if document is None:
            return
        if job.halted or job.stop():
            raise Cancelled("the job was taken back")
        if job.closed or job.enough():
            _close(job)
            return
        if document.tokens is None:
            try:
                document.tokens = self._tokens(document.passages, lambda: job.halted)
            except Cancelled:
                raise
            except EngineError as error:
                document.labelling = _unread(error)
                return
            document.waiting.extend(windows(len(document.tokens.ids), self.native.window, self._overlap))
        if document.waiting:
            self._read(job, document, document.tokens)
        if not document.waiting:
            document.labelling = self._labelling(document, document.tokens)

    # ------------------------------------------------------------------ documents

    def _tokens(self, passages: Document, halted: Stop = never) -> _Tokens:
        """Each passage by itself, all but the first behind a line break. Raises `EngineError` where tokens have no places, `Cancelled` where the job was taken back."""
        ids: list[int] = []
        parts = [np.empty((3, 0), np.int64)]
        for passage, words in enumerate(passages):
            if halted():
                raise Cancelled("the job was taken back")
            lead = "\n" if passage else ""
            tokens, counts = self.native.pieces(lead + words)
            begins_character = (np.frombuffer((lead + words).encode(), np.uint8) & 0xC0) != 0x80
            characters = np.concatenate([[0], np.cumsum(begins_character)])
            sizes = np.array(counts, np.int64)
            ends = np.cumsum(sizes)
            # A token that begins or ends inside a character covers it whole.
            starts = characters[np.minimum(ends - sizes + 1, len(characters) - 1)] - 1
            ids += tokens
            parts.append(np.stack([np.full(len(tokens), passage), *(np.maximum(at - len(lead), 0) for at in (starts, characters[ends]))]))
        return _Tokens(ids, *np.concatenate(parts, axis=1))

    def _read(self, job: LabelJob, document: _Document, tokens: _Tokens) -> None:
        """Read a document's next window; an aborted call leaves it waiting."""
        window = document.waiting[0]
        self._calling, began = job, time.perf_counter()
        hidden = self.native.hidden(tokens.ids[window.start : window.end])
        self._calling = None
        self._beat()
        job.counts["prefill_s"] += time.perf_counter() - began
        if hidden is None:
            return
        job.counts["prompt_tokens"] += window.end - window.start
        rows = self.heads.project(hidden[window.kept_from - window.start : window.kept_to - window.start])
        if not np.isfinite(rows).all():
            raise EngineError("the model's hidden states are not all numbers")
        document.rows.append(rows)
        document.waiting.popleft()

    def _labelling(self, document: _Document, tokens: _Tokens) -> Labelling:
        if not tokens.ids:
            return Labelling((), {}, 0)
        rows = np.concatenate(document.rows)
        document.rows = []
        marks = []
        for span in self.heads.spans(rows):
            first, last = span.first, span.behind - 1
            start = Place(int(tokens.passages[first]), int(tokens.starts[first]))
            words = trimmed(document.passages, start, Place(int(tokens.passages[last]), int(tokens.ends[last])))
            if words:
                marks.append(Mark(span.label, *words, span.probability, span.members, span.vector))
        return Labelling(tuple(marks), self.heads.classes(rows), len(tokens.ids))


def _close(job: LabelJob) -> None:
    """Of the documents that are not read, say so."""
    for document in job.documents:
        document.labelling = document.labelling or _unread(OutOfTime())


def _unread(error: EngineError) -> Labelling:
    return Labelling((), {}, 0, type(error).__name__, str(error))


def trimmed(document: Document, start: Place, end: Place) -> tuple[Place, Place] | None:
    r"""A span without the white space at its edges; nothing where it has no words.

    >>> trimmed(("one ", "two\n"), Place(0, 3), Place(1, 4))
    (Place(passage=1, character=0), Place(passage=1, character=3))
    >>> trimmed(("one ", "two"), Place(0, 3), Place(1, 0))
    """
    first, last = start.passage, end.passage
    pieces = [document[passage][: end.character if passage == last else None] for passage in range(first, last + 1)]
    pieces[0] = " " * min(start.character, len(pieces[0])) + pieces[0][start.character :]
    with_words = [place for place, piece in enumerate(pieces) if piece.strip()]
    if not with_words:
        return None
    begin, behind = pieces[with_words[0]], pieces[with_words[-1]]
    return Place(first + with_words[0], len(begin) - len(begin.lstrip())), Place(first + with_words[-1], len(behind.rstrip()))


def prove(engine: LabelEngine) -> None:
    """A document of many tokens: what a broken native build dies of."""
    (labelling,) = engine.label([("The court heard the case on Monday. " * 16,)]).labellings
    if not labelling.checked().tokens:
        raise EngineError("the proof reading saw no tokens")
