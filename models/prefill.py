"""Documents are read before they are asked about: once each, in pieces, and each question forks off where its passage ends."""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from casebrief.models.asking import Asked, Fork, Job
from casebrief.models.calls import Calls
from casebrief.models.cells import INSTRUCTIONS, Cells
from casebrief.models.errors import Cancelled, ConstraintRefused, PromptTooLong
from casebrief.models.framing import Framing
from casebrief.models.machine import CHUNK
from casebrief.models.sampling import Sampler

ENOUGH = 16
"""Forks from which on no further document is opened."""


class Prefill:
    """The documents that wait, the one that is being read, and the questions of those that were."""

    def __init__(self, cells: Cells, calls: Calls, framing: Framing, sampler: Sampler, enough: int = ENOUGH) -> None:
        self._cells, self._calls, self._framing, self._sampler = cells, calls, framing, sampler
        self._enough = enough
        self._queue: deque[Asked] = deque()
        self._reading: Asked | None = None

    def take(self, documents: Iterable[Asked]) -> None:
        """Let documents wait for their turn."""
        self._queue.extend(document for document in documents if not document.done)

    def drop(self, job: Job) -> None:
        """Open no further document of a job."""
        self._queue = deque(document for document in self._queue if document.job is not job)

    def forget(self) -> None:
        """Drop all documents."""
        self._queue.clear()
        self._reading = None

    def read_on(self) -> bool:
        """Read a piece of the document whose turn it is; whether there was one. One piece a step: in between, others are heard."""
        if self._reading not in self._cells.documents:
            self._reading = None
        for known in list(self._cells.documents):
            if known is not self._reading:
                self._ask(known)
        self._reading = self._reading or self._next()
        if self._reading is None:
            return False
        self._read(self._reading)
        return True

    def _read(self, document: Asked) -> None:
        """Read a document's next piece; behind the last one its questions are asked."""
        tokens, position, sequence = document.pieces[0]
        if sequence == document.sequence and position == len(document.opening):
            self._cells.hold(document)
        try:
            if tokens:
                self._calls.evaluate([(token, position + offset, sequence, False) for offset, token in enumerate(tokens)], {document.job: (len(tokens), 0)})
        except PromptTooLong as error:
            self._cells.fail(document, error)
            return
        except Cancelled:
            return
        document.job.counts["prompt_tokens"] += len(tokens)
        document.pieces.popleft()
        if not document.pieces:
            self._reading = None
            self._ask(document)

    def _next(self) -> Asked | None:
        """Open the next document, if there is room beside those that are open."""
        cells = self._cells
        while self._queue and len(cells.forks) < self._enough and len(cells.free) > 1:
            document = self._queue[0]
            try:
                self._prepare(document)
            except PromptTooLong as error:
                self._queue.popleft()
                cells.fail(document, error)
                continue
            if cells.documents and not cells.fits(document):
                return None
            self._open(self._queue.popleft())
            return document
        return None

    def _open(self, document: Asked) -> None:
        """Lay out what is to be read: the document, and before it the instructions where the context holds others."""
        cells = self._cells
        cells.open(document)
        if cells.opening == document.opening:
            document.job.counts["prompt_tokens_reused"] += len(document.opening)
        else:
            cells.opening = ()
            cells.native.clear()
            document.pieces.extend(_pieces(document.opening, 0, INSTRUCTIONS))
        document.pieces.extend(_pieces(document.tokens, len(document.opening), document.sequence))

    def _prepare(self, document: Asked) -> None:
        """Tokenize a batch. Raises `PromptTooLong` when one of its questions would not fit beside it into an empty context."""
        if document.tails:
            return
        document.opening, passages, document.tails = self._framing.prompt(document.batch)
        document.tokens = list(itertools.chain.from_iterable(passages))
        document.ends = list(itertools.accumulate(map(len, passages), initial=len(document.opening)))
        document.waiting = deque(range(len(document.tails)))
        room = self._cells.native.room
        for index, question in enumerate(document.batch.questions):
            if document.ends[-1] + document.need(index) > room:
                told = f"question {question.id} needs {document.need(index)} tokens after a document of {document.ends[-1]}"
                raise PromptTooLong(f"{told}; the context holds {room}")

    def _ask(self, document: Asked) -> None:
        """Fork off a document's waiting questions, as many as there are slots and cells for."""
        cells = self._cells
        while document.waiting and cells.free and cells.room() >= document.need(document.waiting[0]):
            try:
                self._fork(document, document.waiting.popleft())
            except ConstraintRefused as error:
                cells.fail(document, error)
                return

    def _fork(self, document: Asked, index: int) -> None:
        """Raises `ConstraintRefused`."""
        counts, question, tail = document.job.counts, document.batch.questions[index], document.tails[index]
        began = time.perf_counter()
        matcher = self._sampler.matcher(question)
        counts["constraints_s"] += time.perf_counter() - began
        position = document.place(question)
        source = self._sampler.source(question)
        self._cells.fork(Fork(document, index, self._cells.free.pop(), position, matcher, list(tail), source, prompted=len(tail)))
        counts["forks"] += 1
        counts["prompt_tokens"] += len(tail)
        counts["prompt_tokens_reused"] += position


def _pieces(tokens: Sequence[int], position: int, sequence: int) -> Iterator[tuple[Sequence[int], int, int]]:
    """Tokens in calls of `CHUNK` at most, each with its place; one for no tokens."""
    for start in range(0, max(1, len(tokens)), CHUNK):
        yield tokens[start : start + CHUNK], position + start, sequence
