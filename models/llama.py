"""The in-process engine: jobs, documents and forks over one context, constrained by llguidance. Only the worker imports this.

Sequence 0 holds the instructions, computed once. A document is a fork of it, prefilled once; a question is a fork of its
document behind the passage it is asked after (shared cells, no copies). All forks advance by one batch a step: a slot that
becomes free is filled with the next question, from the same document, another, or another job.

Three things make an answer longer than its steps: tokens that the constraint forces, tokens drafted from the question's source
and checked in the same step (Leviathan et al., Fast Inference from Transformers via Speculative Decoding, 2023; the draft is the
source itself, so nothing but the order of evaluation changes), and the end at the first token that settles it.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from casebrief.models.chat import Scaffold, scaffold
from casebrief.models.constraints import Choice, grammar, words_of
from casebrief.models.engine import (
    Answer,
    Batch,
    Document,
    EngineConfig,
    EngineInfo,
    Finish,
    Heard,
    Labellings,
    Question,
    Reading,
    Readings,
    Stop,
    Usage,
    never,
    unheard,
)
from casebrief.models.errors import AllocationRefused, Cancelled, ConstraintRefused, EngineError, NotOffered, OutOfTime, PromptTooLong
from casebrief.models.machine import CHUNK, OUTPUTS
from casebrief.models.native import SEQUENCES, Entry, Native
from casebrief.models.tokens import tokenizer
from casebrief.models.work import Work
from llguidance import LLMatcher
from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask
from numpy.typing import NDArray

INSTRUCTIONS = 0
"""The sequence of the instructions."""

ENOUGH = 16
"""Forks from which on no further document is opened."""

NEAR = 768
"""Cells up to which a document is opened beside others: attention runs over all that is held, masked or not."""

DRAFT = 6
"""Tokens drafted for a fork at most."""

WIDTH = 64
"""Tokens with logits a step, drafts included, where drafts are added."""


@dataclass(eq=False)
class Job(Work):
    """One caller's batches while they are answered."""

    documents: list[_Document] = field(default_factory=list)

    @property
    def done(self) -> bool:
        return self.error is not None or all(document.done for document in self.documents)

    @property
    def progress(self) -> tuple[int, int]:
        """Questions that are answered, and how many there are."""
        return sum(len(document.answers) for document in self.documents), sum(len(document.batch.questions) for document in self.documents)

    def outcome(self) -> Readings:
        if self.error:
            raise self.error
        return Readings(tuple(document.reading() for document in self.documents), Usage(**self.counts))


@dataclass(eq=False)
class _Document:
    """A batch while it is answered: its tokens, where they lie, and what is still to be asked."""

    job: Job
    batch: Batch
    opening: tuple[int, ...] = ()
    tokens: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    tails: list[list[int]] = field(default_factory=list)
    waiting: deque[int] = field(default_factory=deque)
    pieces: deque[tuple[Sequence[int], int, int]] = field(default_factory=deque)
    sequence: int = -1
    answers: dict[int, Answer] = field(default_factory=dict)
    error: EngineError | None = None

    @property
    def done(self) -> bool:
        return self.error is not None or len(self.answers) == len(self.batch.questions)

    def need(self, index: int) -> int:
        """Cells that a question takes at most."""
        return len(self.tails[index]) + self.batch.questions[index].max_tokens

    def reading(self) -> Reading:
        if self.error:
            return Reading((), type(self.error).__name__, str(self.error))
        return Reading(tuple(self.answers[index] for index in range(len(self.batch.questions))))


@dataclass(eq=False)
class _Fork:
    """A question while it is answered: its cells, its matcher, what it said so far and what it may say next."""

    document: _Document
    index: int
    sequence: int
    position: int
    matcher: LLMatcher
    pending: list[int]
    source: list[int]
    draft: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    chosen_at: list[int] = field(default_factory=list)
    forced: int = 0
    prompted: int = 0
    trust: int = DRAFT
    finish: Finish | None = None

    @property
    def question(self) -> Question:
        return self.document.batch.questions[self.index]


class LlamaEngine:
    """A GGUF model on llama.cpp. Not safe for threads, but for `halt`: the worker drives it from one."""

    def __init__(self, config: EngineConfig, beat: Callable[[], None] = lambda: None, *, drafts: bool = True, enough: int = ENOUGH) -> None:
        """Load the weights. ``beat`` is called at every sign of life (a chunk read, a step decoded).

        ``drafts`` and ``enough`` (forks until which further documents are opened) change the speed and, but for rounding, no answer.
        Raises `AllocationRefused` or `EngineError`.
        """
        self.native = Native(config)
        self._beat, self._drafts, self._enough = beat, drafts, enough
        ends = self.native.end_tokens()
        self._guide, self._ends = tokenizer(self.native, ends), frozenset(ends)
        self._bitmask = allocate_token_bitmask(1, self.native.vocab_size)
        self._scaffolds: dict[str, Scaffold] = {}
        self._jobs: list[Job] = []
        self._calling: frozenset[Job] = frozenset()
        self._queue: deque[_Document] = deque()
        self._open: list[_Document] = []
        self._reading: _Document | None = None
        self._forks: list[_Fork] = []
        self._free: list[int] = []
        self._held: tuple[int, ...] = ()
        self.forget()

    @property
    def info(self) -> EngineInfo:
        return self.native.info()

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See the port."""
        return [len(self.native.tokenize(text, special=False)) for text in texts]

    def close(self) -> None:
        """Free context and weights."""
        self.native.close()

    # ------------------------------------------------------------------ jobs

    def ask(self, batches: Sequence[Batch], stop: Stop = never, heard: Heard = unheard, enough: Stop = never) -> Readings:
        """See the port."""
        job = self.begin(batches, stop, enough)
        while not job.done:
            self.step()
            heard(*job.progress)
        return job.outcome()

    def label(self, documents: Sequence[Document], stop: Stop = never, heard: Heard = unheard, enough: Stop = never) -> Labellings:
        """Not here: see `labels`."""
        raise NotOffered.labels()

    def begin(self, batches: Sequence[Batch], stop: Stop = never, enough: Stop = never) -> Job:
        """Take a job on; `step` until it is done."""
        job = Job(stop, enough)
        job.documents = [_Document(job, batch) for batch in batches]
        self._jobs.append(job)
        self._queue.extend(document for document in job.documents if not document.done)
        return job

    def halt(self, job: Work, *, kept: bool = False) -> None:
        """End a job, in the middle of a call where nobody else is in it; may come from another thread. See `Work.end`."""
        job.end(kept=kept)
        if all(other.left for other in self._calling):
            self.native.abort()

    @property
    def busy(self) -> bool:
        """Whether a step would do something."""
        return bool(self._jobs)

    def step(self) -> list[Job]:
        """Work on; the jobs that are done with it.

        An error that is not one batch's ends every job: what the context holds is not known then.
        """
        try:
            self._drop_stopped()
            if not self._read_on():
                self._advance()
        except (EngineError, MemoryError) as error:
            told = error if isinstance(error, EngineError) else AllocationRefused("memory was refused")
            for job in self._jobs:
                job.error = job.error or told
            self.forget()
        done = [job for job in self._jobs if job.done]
        self._jobs = [job for job in self._jobs if not job.done]
        return done

    def forget(self) -> None:
        """Drop all that the context holds, the instructions too."""
        self._held = ()
        self._queue.clear()
        self._open, self._forks, self._reading = [], [], None
        self._free = list(range(SEQUENCES - 1, INSTRUCTIONS, -1))
        self.native.clear()

    def _drop_stopped(self) -> None:
        for job in self._jobs:
            if job.error is None and (job.halted or job.stop()):
                job.error = Cancelled("the job was taken back")
            if job.error is not None:
                self._queue = deque(document for document in self._queue if document.job is not job)
                for document in [document for document in self._open if document.job is job]:
                    self._leave(document)
            elif job.closed or job.enough():
                self._queue = deque(document for document in self._queue if document.job is not job)
                for document in [document for document in job.documents if not document.done]:
                    self._fail(document, OutOfTime())

    def _fail(self, document: _Document, error: EngineError) -> None:
        document.error = error
        self._leave(document)

    def _leave(self, document: _Document) -> None:
        """Give back a document's sequence and those of its forks."""
        for fork in [fork for fork in self._forks if fork.document is document]:
            self._release(fork)
        if document is self._reading:
            self._reading = None
        if document in self._open:
            self._open.remove(document)
            self.native.cut(document.sequence)
            self._free.append(document.sequence)

    def _release(self, fork: _Fork) -> None:
        self._forks.remove(fork)
        self.native.cut(fork.sequence)
        self._free.append(fork.sequence)

    # ------------------------------------------------------------------ documents

    def _read_on(self) -> bool:
        """Read a piece of the document whose turn it is; whether there was one. One piece a step: in between, others are heard."""
        for known in list(self._open):
            if known is not self._reading:
                self._fork(known)
        self._reading = self._reading or self._next()
        document = self._reading
        if document is None:
            return False
        tokens, position, sequence = document.pieces[0]
        if sequence == document.sequence and position == len(document.opening):
            self._held = document.opening
            self.native.fork(INSTRUCTIONS, sequence, position)
        try:
            if tokens:
                self._evaluate([(token, position + offset, sequence, False) for offset, token in enumerate(tokens)], {document.job: (len(tokens), 0)})
        except PromptTooLong as error:
            self._fail(document, error)
            return True
        except Cancelled:
            return True
        document.job.counts["prompt_tokens"] += len(tokens)
        document.pieces.popleft()
        if not document.pieces:
            self._reading = None
            self._fork(document)
        return True

    def _next(self) -> _Document | None:
        """Open the next document, if there is room beside those that are open."""
        while self._queue and len(self._forks) < self._enough and len(self._free) > 1:
            document = self._queue[0]
            try:
                self._prepare(document)
            except PromptTooLong as error:
                self._queue.popleft()
                self._fail(document, error)
                continue
            if self._open and not self._fits(document):
                return None
            self._queue.popleft()
            document.sequence = self._free.pop()
            self._open.append(document)
            if self._held == document.opening:
                document.job.counts["prompt_tokens_reused"] += len(document.opening)
            else:
                self._held = ()
                self.native.clear()
                document.pieces.extend(_pieces(document.opening, 0, INSTRUCTIONS))
            document.pieces.extend(_pieces(document.tokens, len(document.opening), document.sequence))
            return document
        return None

    def _fits(self, document: _Document) -> bool:
        """Whether a document can be opened beside those that are: the largest question of any of them must fit when all forks are done."""
        largest = max(other.need(index) for other in [*self._open, document] for index in other.waiting or (0,))
        held = self._held_cells() + len(document.tokens)
        return document.opening == self._held and held <= NEAR and self._room() >= len(document.tokens) + largest

    def _prepare(self, document: _Document) -> None:
        """Tokenize a batch. Raises `PromptTooLong` when one of its questions would not fit beside it into an empty context."""
        if document.tails:
            return
        document.opening, passages, document.tails = self.prompt(document.batch)
        document.tokens = list(itertools.chain.from_iterable(passages))
        document.ends = list(itertools.accumulate(map(len, passages), initial=len(document.opening)))
        document.waiting = deque(range(len(document.tails)))
        for index, question in enumerate(document.batch.questions):
            if document.ends[-1] + document.need(index) > self.native.room:
                told = f"question {question.id} needs {document.need(index)} tokens after a document of {document.ends[-1]}"
                raise PromptTooLong(f"{told}; the context holds {self.native.room}")

    def prompt(self, batch: Batch) -> tuple[tuple[int, ...], list[list[int]], list[list[int]]]:
        """A batch in tokens: what stands before its document, each passage, and what stands behind it for each question."""
        frame = self._scaffold(batch.instructions)
        passages = [self.native.tokenize(passage, special=False) for passage in batch.document]
        return tuple(self._opening(frame)), passages, [self._tail(frame, question) for question in batch.questions]

    def _scaffold(self, instructions: str) -> Scaffold:
        if instructions not in self._scaffolds:
            template = None if self.native.config.chat_format == "plain" else self.native.template()
            self._scaffolds = {instructions: scaffold(template, instructions, *self.native.edges())}
        return self._scaffolds[instructions]

    def _opening(self, frame: Scaffold) -> list[int]:
        tokens = self.native.tokenize(frame.before, special=True)
        begin = self.native.begin_token()
        return tokens if begin is None or tokens[:1] == [begin] else [begin, *tokens]

    def _tail(self, frame: Scaffold, question: Question) -> list[int]:
        return [
            *self.native.tokenize(frame.between, special=True),
            *self.native.tokenize(question.text, special=False),
            *self.native.tokenize(frame.after, special=True),
        ]

    def _held_cells(self) -> int:
        """Cells of the instructions, of open documents and of what forks have said."""
        said = sum(fork.position - fork.document.ends[-1 if fork.question.after is None else fork.question.after] for fork in self._forks)
        return len(self._held) + sum(len(document.tokens) for document in self._open) + said

    def _room(self) -> int:
        """Cells that nobody holds and no fork may still want."""
        held = len(self._held) + sum(len(document.tokens) for document in self._open)
        return self.native.room - held - sum(fork.document.need(fork.index) for fork in self._forks)

    def _fork(self, document: _Document) -> None:
        """Ask a document's waiting questions, as many as there are slots and cells for."""
        counts = document.job.counts
        while document.waiting and self._free and self._room() >= document.need(document.waiting[0]):
            index = document.waiting.popleft()
            question = document.batch.questions[index]
            began = time.perf_counter()
            try:
                matcher = self._matcher(question)
            except ConstraintRefused as error:
                self._fail(document, error)
                return
            counts["constraints_s"] += time.perf_counter() - began
            position = document.ends[-1 if question.after is None else question.after]
            tail = document.tails[index]
            fork = _Fork(document, index, self._free.pop(), position, matcher, list(tail), self._source(question), prompted=len(tail))
            self.native.fork(document.sequence, fork.sequence, position)
            self._forks.append(fork)
            counts["forks"] += 1
            counts["prompt_tokens"] += len(tail)
            counts["prompt_tokens_reused"] += position

    def _matcher(self, question: Question) -> LLMatcher:
        matcher = LLMatcher(self._guide, grammar(question.constraint), log_level=0)
        if matcher.is_error():
            raise ConstraintRefused(f"question {question.id}: {matcher.get_error()}")
        return matcher

    def _source(self, question: Question) -> list[int]:
        """The tokens that an answer may copy, as they look after a space."""
        if isinstance(question.constraint, Choice):
            return []
        return self.native.tokenize(f" {words_of(question.constraint.source)}", special=False)

    def _evaluate(self, entries: Sequence[Entry], shares: dict[Job, tuple[int, int]]) -> NDArray[np.float32]:
        """One call; its time goes to the jobs by their tokens of prompts and of answers. Raises `Cancelled` when all of them were ended."""
        while True:
            self._calling = frozenset(shares)
            began = time.perf_counter()
            logits = self.native.evaluate(entries)
            took = (time.perf_counter() - began) / len(entries)
            self._calling = frozenset()
            self._beat()
            for job, (prompt, answer) in shares.items():
                job.counts["prefill_s"] += took * prompt
                job.counts["decode_s"] += took * answer
            if logits is not None:
                return logits
            if all(job.left for job in shares):
                raise Cancelled("the job was taken back")

    # ------------------------------------------------------------------ answers

    def _advance(self) -> None:
        """One step: evaluate every fork's pending and drafted tokens, then let each say what it says."""
        for fork in list(self._forks):
            self._shorten(fork)
        for group in self._groups():
            entries: list[Entry] = []
            shares: dict[Job, tuple[int, int]] = {}
            for fork in group:
                told = fork.pending + fork.draft
                last = len(fork.pending) - 1
                entries += [(token, fork.position + offset, fork.sequence, offset >= last) for offset, token in enumerate(told)]
                prompt, answer = shares.get(fork.document.job, (0, 0))
                shares[fork.document.job] = (prompt + fork.prompted, answer + len(told) - fork.prompted)
            try:
                logits = self._evaluate(entries, shares)
            except Cancelled:
                continue
            for job in shares:
                job.counts["decode_steps"] += 1
            row = 0
            for fork in group:
                rows = 1 + len(fork.draft)
                if fork in self._forks:
                    self._hear(fork, logits[row : row + rows])
                row += rows

    def _shorten(self, fork: _Fork) -> None:
        """Evaluate what a fork has pending beyond the tokens of one call."""
        while len(fork.pending) > CHUNK:
            first, fork.pending = fork.pending[:CHUNK], fork.pending[CHUNK:]
            prompt = min(fork.prompted, CHUNK)
            with contextlib.suppress(Cancelled):
                self._evaluate(
                    [(token, fork.position + n, fork.sequence, False) for n, token in enumerate(first)], {fork.document.job: (prompt, CHUNK - prompt)}
                )
            fork.position, fork.prompted = fork.position + CHUNK, fork.prompted - prompt

    def _groups(self) -> Iterator[list[_Fork]]:
        """The forks in calls that hold as many tokens and logits as a call may; drafts only where there is room for them."""
        spare = max(0, WIDTH - len(self._forks))
        group: list[_Fork] = []
        tokens = rows = 0
        for fork in list(self._forks):
            fork.draft = fork.draft[: min(spare, CHUNK - len(fork.pending))]
            spare -= len(fork.draft)
            size = len(fork.pending) + len(fork.draft)
            if group and (tokens + size > CHUNK or rows + 1 + len(fork.draft) > OUTPUTS):
                yield group
                group, tokens, rows = [], 0, 0
            group.append(fork)
            tokens, rows = tokens + size, rows + 1 + len(fork.draft)
        if group:
            yield group

    def _hear(self, fork: _Fork, logits: NDArray[np.float32]) -> None:
        """Choose a fork's next tokens from the logits behind its last pending token and behind each drafted one."""
        began = time.perf_counter()
        counts, drafted, forced, right = fork.document.job.counts, fork.draft, fork.forced, 0
        fork.position += len(fork.pending)
        fork.pending, fork.draft, fork.prompted = [], [], 0
        try:
            while not fork.finish and not fork.pending:
                said = self._choose(fork, logits[right])
                known = 0
                while known < len(said) and right < len(drafted) and said[known] == drafted[right]:
                    known, right = known + 1, right + 1
                fork.pending = said[known:]
        except ConstraintRefused as error:
            self._fail(fork.document, error)
            return
        fork.position += right
        if right < len(drafted):
            self.native.cut(fork.sequence, fork.position)
        if drafted:
            # A model that does not copy as drafted is soon no longer drafted for.
            fork.trust = DRAFT if right else fork.trust // 2
        counts["drafted_tokens"] += len(drafted)
        counts["drafted_right"] += right
        counts["forced_tokens"] += fork.forced - forced
        if fork.finish:
            self._finish(fork)
        elif self._drafts:
            fork.draft = _draft(fork, self._guide.decode_bytes)
        counts["constraints_s"] += time.perf_counter() - began

    def _choose(self, fork: _Fork, logits: NDArray[np.float32]) -> list[int]:
        """The likeliest token that the constraint allows, and those that it then forces."""
        fill_next_token_bitmask(fork.matcher, self._bitmask)
        if fork.matcher.is_error():
            raise ConstraintRefused(f"question {fork.question.id}: {fork.matcher.get_error()}")
        allowed = _members(self._bitmask[0])
        if not len(allowed):
            raise ConstraintRefused(f"question {fork.question.id}: the constraint allows no token")
        scores = logits[allowed].astype(np.float64)
        best = int(np.argmax(scores))
        fork.logprobs.append(float(-np.log(np.exp(scores - scores[best]).sum())))
        fork.chosen_at.append(len(fork.tokens))
        token = int(allowed[best])
        if token in self._ends:
            fork.finish = "stop"
            return []
        said = self._take(fork, [token])
        if fork.finish is None:
            forced = self._take(fork, fork.matcher.compute_ff_tokens())
            fork.forced += len(forced)
            said += forced
        return said

    def _take(self, fork: _Fork, tokens: list[int]) -> list[int]:
        """Say tokens, as many as the answer may still have; those that were said."""
        taken = tokens[: fork.question.max_tokens - len(fork.tokens)]
        if taken and not fork.matcher.consume_tokens(taken):
            raise ConstraintRefused(f"question {fork.question.id}: {fork.matcher.get_error()}")
        fork.tokens += taken
        if fork.matcher.is_stopped():
            fork.finish = "stop"
        elif len(fork.tokens) >= fork.question.max_tokens:
            fork.finish = "length"
        return taken

    def _finish(self, fork: _Fork) -> None:
        document = fork.document
        document.job.counts["output_tokens"] += len(fork.tokens)
        document.answers[fork.index] = self._answer(fork)
        self._release(fork)
        if document.done:
            self._leave(document)

    def _answer(self, fork: _Fork) -> Answer:
        text = self._guide.decode_bytes(fork.tokens).decode(errors="replace")
        starts = tuple(len(self._guide.decode_bytes(fork.tokens[:count]).decode(errors="ignore")) for count in fork.chosen_at)
        if isinstance(fork.question.constraint, Choice):
            text = text.strip()
        return Answer(
            question=fork.question.id,
            text=text,
            logprobs=tuple(fork.logprobs),
            starts=starts,
            tokens=len(fork.tokens),
            forced=fork.forced,
            finish=fork.finish or "length",
        )


def _pieces(tokens: Sequence[int], position: int, sequence: int) -> Iterator[tuple[Sequence[int], int, int]]:
    """Tokens in calls of `CHUNK` at most, each with its place; one for no tokens."""
    for start in range(0, max(1, len(tokens)), CHUNK):
        yield tokens[start : start + CHUNK], position + start, sequence


_BITS = np.arange(32, dtype=np.int64)


def _members(bitmask: NDArray[np.int32]) -> NDArray[np.int64]:
    """The tokens whose bits are set; only the words that have any are unpacked.

    >>> _members(np.array([0, 5, 0, -2147483648], dtype=np.int32)).tolist()
    [32, 34, 127]
    """
    words = np.flatnonzero(bitmask)
    bits = np.unpackbits(bitmask[words].view(np.uint8), bitorder="little").reshape(-1, 32)
    members: NDArray[np.int64] = (words[:, None] * 32 + _BITS)[bits.view(bool)]
    return members


def _draft(fork: _Fork, pieces: Callable[[list[int]], bytes]) -> list[int]:
    """What a fork may say next if it goes on copying: the tokens behind the place of its last ones in its source.

    A draft ends before punctuation, and behind a name or a number at the next word that is neither: there spans end.
    """
    said, source = fork.tokens, fork.source
    best, place = 0, 0
    for end in range(1, len(source)):
        length = 0
        while length < end and length < len(said) and source[end - 1 - length] == said[-1 - length]:
            length += 1
        if length > best:
            best, place = length, end
    draft: list[int] = []
    named = best > 0 and _named(pieces(said[-1:]))
    for token in source[place : place + min(fork.trust, fork.question.max_tokens - len(said))] if best else ():
        piece = pieces([token])
        if not piece.strip(b" .,;:!?\"'") or (named and piece[:1] == b" " and not _named(piece)):
            break
        draft.append(token)
    return draft[: fork.matcher.validate_tokens(draft)] if draft else []


def _named(piece: bytes) -> bool:
    """Whether a token begins like a name or a number."""
    first = piece.strip()[:1]
    return first.isupper() or first.isdigit()


def prove(engine: LlamaEngine) -> None:
    """A prompt of several tokens and a constrained decode: what a broken native build dies of."""
    choice = Choice(("yes", "no"))
    document = "The court heard the case on Monday. " * 16
    readings = engine.ask([Batch("Answer with one word.", (document,), (Question("proof", "Is this a text?", choice, 4),))])
    (answer,) = readings.readings[0].checked()
    if answer.text not in choice.options or answer.finish != "stop":
        raise EngineError(f"the proof decode answered {answer.text!r}")
