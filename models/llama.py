"""The in-process engine: jobs, documents and forks over one context, constrained by llguidance. Only the worker imports this.

A batch becomes tokens (`framing`); its document is read once (`prefill`) behind instructions that stay (`cells`); every question is a fork
that says what its constraint allows (`sampling`). All forks advance by one call a step (`decoding`, `calls`): a slot that becomes free is
filled with the next question, from the same document, another, or another job.

Three things make an answer longer than its steps: tokens that the constraint forces, tokens drafted from the question's source
and checked in the same step (`drafts`), and the end at the first token that settles it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from casebrief.models.asking import Asked, Job
from casebrief.models.calls import Calls
from casebrief.models.cells import Cells
from casebrief.models.constraints import Choice
from casebrief.models.decoding import Decoding
from casebrief.models.engine import Batch, Document, EngineConfig, EngineInfo, Heard, Labellings, Question, Readings, Stop, never, unheard
from casebrief.models.errors import AllocationRefused, Cancelled, EngineError, NotOffered, OutOfTime
from casebrief.models.framing import Framing
from casebrief.models.native import Native
from casebrief.models.prefill import ENOUGH, Prefill
from casebrief.models.sampling import Sampler
from casebrief.models.work import Work


class LlamaEngine:
    """A GGUF model on llama.cpp. Not safe for threads, but for `halt`: the worker drives it from one."""

    def __init__(self, config: EngineConfig, beat: Callable[[], None] = lambda: None, *, drafts: bool = True, enough: int = ENOUGH) -> None:
        """Load the weights. ``beat`` is called at every sign of life (a chunk read, a step decoded).

        ``drafts`` and ``enough`` (forks until which further documents are opened) change the speed and, but for rounding, no answer.
        Raises `AllocationRefused` or `EngineError`.
        """
        self.native = Native(config)
        self.framing, self.sampler, self.cells = Framing(self.native), Sampler(self.native), Cells(self.native)
        self._calls = Calls(self.native, beat)
        self._prefill = Prefill(self.cells, self._calls, self.framing, self.sampler, enough)
        self.decoding = Decoding(self.cells, self._calls, self.sampler, drafts=drafts)
        self._jobs: list[Job] = []

    @property
    def info(self) -> EngineInfo:
        return self.native.info()

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See the port."""
        return [len(self.native.tokenize(text, special=False)) for text in texts]

    def close(self) -> None:
        """Free context and weights."""
        self.native.close()

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
        job.documents = [Asked(job, batch) for batch in batches]
        self._jobs.append(job)
        self._prefill.take(job.documents)
        return job

    def halt(self, job: Work, *, kept: bool = False) -> None:
        """End a job, in the middle of a call where nobody else is in it; may come from another thread. See `Work.end`."""
        job.end(kept=kept)
        self._calls.abort_unwanted()

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
            if not self._prefill.read_on():
                self.decoding.advance()
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
        self._prefill.forget()
        self.cells.forget()

    def _drop_stopped(self) -> None:
        for job in self._jobs:
            if job.error is None and (job.halted or job.stop()):
                job.error = Cancelled("the job was taken back")
            if job.error is not None:
                self._prefill.drop(job)
                for document in [document for document in self.cells.documents if document.job is job]:
                    self.cells.leave(document)
            elif job.closed or job.enough():
                self._prefill.drop(job)
                for document in [document for document in job.documents if not document.done]:
                    self.cells.fail(document, OutOfTime())


def prove(engine: LlamaEngine) -> None:
    """A prompt of several tokens and a constrained decode: what a broken native build dies of."""
    choice = Choice(("yes", "no"))
    document = "The court heard the case on Monday. " * 16
    readings = engine.ask([Batch("Answer with one word.", (document,), (Question("proof", "Is this a text?", choice, 4),))])
    (answer,) = readings.readings[0].checked()
    if answer.text not in choice.options or answer.finish != "stop":
        raise EngineError(f"the proof decode answered {answer.text!r}")
