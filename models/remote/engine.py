"""The engine port over a server of the OpenAI chat API, proved before it is believed.

At its start, and again after the server was out of reach, a question is asked whose only allowed answer a free model would not give: the first form of a
constraint (`forms`) that is obeyed is used from then on. Where none is, nothing is read.

A job is an event loop of its own in its caller's thread. It looks at its stop while it waits; what is taken back closes its connections, so that the server
stops to work, and no thread is left behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeVar

import httpx
from casebrief.models.engine import Answer, Batch, Document, EngineInfo, Heard, Labellings, Reading, Readings, Stop, Usage, never, unheard
from casebrief.models.errors import (
    AnswerMalformed,
    AnswerRefused,
    Cancelled,
    ConstraintRefused,
    EngineError,
    EngineHung,
    EngineUnavailable,
    NotOffered,
    OutOfTime,
    PromptTooLong,
)
from casebrief.models.facts import stated
from casebrief.models.machine import Budget
from casebrief.models.remote.completion import Completion
from casebrief.models.remote.endpoint import Endpoint
from casebrief.models.remote.proof import Proved, facts_of, prove
from casebrief.models.remote.server import Server

TICK_S = 0.05
"""How often a waiting job looks at its stop, in seconds."""

AGAIN_S = 5.0
"""Seconds between two looks at a server that is down, where somebody asks how it is."""

TOGETHER = 8
"""Questions of one job that are asked side by side: servers batch them."""

CHARACTERS = 3
"""Characters of a token, counted low: servers tell their tokens in different ways, or not."""

OF_ONE = (PromptTooLong, ConstraintRefused, AnswerRefused, AnswerMalformed)
"""Errors that concern one document."""

Told = TypeVar("Told")


@dataclass
class _Work:
    """A job's questions as they are answered."""

    size: int
    heard: Heard
    answered: int = 0
    completions: list[Completion] = field(default_factory=list)
    began: float = field(default_factory=time.perf_counter)

    def take(self, completion: Completion) -> None:
        self.completions.append(completion)
        self.answered += 1
        self.heard(self.answered, self.size)

    def usage(self) -> Usage:
        """Tokens as the server counts them; the seconds of the job, shared out between prompts and answers as its requests spent theirs."""
        prefill, decode = (sum(getattr(one, name) for one in self.completions) for name in ("prefill_s", "decode_s"))
        share = (time.perf_counter() - self.began) / (prefill + decode) if prefill + decode else 0.0
        usages = [one.usage for one in self.completions]
        reused = sum((usage.prompt_tokens_details.cached_tokens or 0) if usage.prompt_tokens_details else 0 for usage in usages)
        return Usage(
            prefill_s=prefill * share,
            decode_s=decode * share,
            prompt_tokens=sum(usage.prompt_tokens for usage in usages) - reused,
            prompt_tokens_reused=reused,
            output_tokens=sum(usage.completion_tokens or 0 for usage in usages),
        )


class OpenAIEngine:
    """Answers by a server. Threads may share it; each job has connections of its own."""

    def __init__(self, server: Server) -> None:
        """Nothing is asked yet: see `start`."""
        self._server = server
        self._lock = threading.Lock()
        self._proved: Proved | None = None
        self._state: Literal["starting", "ready", "down", "closed"] = "starting"
        self._last_error = ""
        self._looked = time.monotonic()

    @property
    def endpoint(self) -> Endpoint:
        return self._server.endpoint

    # ------------------------------------------------------------------ the start

    def start(self) -> None:
        """Find out what is served and prove that it can be held to a constraint. Raises `EngineError`."""
        self._ready(never)

    @property
    def budget(self) -> Budget | None:
        """Nothing of this machine's memory is taken."""
        return None

    def describe(self) -> dict[str, object]:
        """As `SupervisedEngine.describe`; there is no process. Who asks while it is down has it looked at again, so that readiness comes back by itself."""
        if self._state == "down" and time.monotonic() - self._looked > AGAIN_S:
            self._looked = time.monotonic()
            threading.Thread(target=self._look, daemon=True, name="casebrief-server-look").start()
        proved = self._proved
        return {
            "state": self._state,
            "pid": None,
            "restarts": 0,
            "last_error": self._last_error or None,
            "engine": asdict(proved.info) if proved else None,
            "memory": None,
        }

    def _look(self) -> None:
        with contextlib.suppress(EngineError):
            self.start()

    def _ready(self, stop: Stop) -> Proved:
        """What is proved, proved again where the server was out of reach meanwhile."""
        with self._waiting(stop):
            if self._state == "closed":
                raise EngineUnavailable("the engine is closed")
            if self._proved:
                return self._proved
            with self._telling():
                self._proved = self._run(prove(self._server), stop)
            self._state = "ready"
            return self._proved

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        """What a server that is away, or is not to be believed, has said is told by `describe`; it is proved anew when it is back."""
        try:
            yield
        except Cancelled:
            raise
        except EngineError as error:
            if self._state != "closed":
                self._state, self._last_error = "down", str(error)
            self._proved = None
            raise

    @contextlib.contextmanager
    def _waiting(self, stop: Stop) -> Iterator[None]:
        """The lock, once it is free; a proof may take as long as an answer. Raises `Cancelled`."""
        while not self._lock.acquire(timeout=TICK_S):
            if stop():
                raise Cancelled("the job was taken back")
        try:
            yield
        finally:
            self._lock.release()

    def _run(self, work: Coroutine[Any, Any, Told], stop: Stop) -> Told:
        """Do some work in an event loop of its own, and leave it when the stop says so, or the server is silent to everybody. Raises `Cancelled` and `EngineHung`."""
        return asyncio.run(self._watched(work, stop))

    async def _watched(self, work: Coroutine[Any, Any, Told], stop: Stop) -> Told:
        began, task = time.monotonic(), asyncio.ensure_future(work)
        while not (await asyncio.wait([task], timeout=TICK_S))[0]:
            hung = time.monotonic() - max(began, self._server.heard) > self.endpoint.hang_s
            if hung or stop():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                raise self._hung() if hung else Cancelled("the job was taken back")
        return task.result()

    def _hung(self) -> EngineHung:
        told = f"the model's server at {self.endpoint.host} gave no sign of life for {self.endpoint.hang_s:g} s"
        self._server.circuit.failed(told)
        return EngineHung(f"{told}; set CASEBRIEF_HANG_S higher where it takes longer to read an article")

    # ------------------------------------------------------------------ the port

    @property
    def info(self) -> EngineInfo:
        return self._ready(never).info

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """About as many as there are, rather more: a token for every three characters begun."""
        return [-(-len(text) // CHARACTERS) for text in texts]

    def ask(self, batches: Sequence[Batch], stop: Stop = never, heard: Heard = unheard, enough: Stop = never) -> Readings:
        """See the port. Of the constraints `Facts` is offered."""
        work = _Work(sum(len(batch.questions) for batch in batches), heard)
        heard(0, work.size)
        proved = self._ready(stop)
        with self._telling():
            readings = self._run(self._asked(proved, batches, work, enough), stop)
        return Readings(readings, work.usage())

    def label(self, documents: Sequence[Document], stop: Stop = never, heard: Heard = unheard, enough: Stop = never) -> Labellings:
        """Not here: an OpenAI API answers."""
        raise NotOffered.labels()

    def close(self) -> None:
        """Ask nothing more."""
        self._state = "closed"

    async def _asked(self, proved: Proved, batches: Sequence[Batch], work: _Work, enough: Stop) -> tuple[Reading, ...]:
        """All batches side by side; those that are not answered when the time is over say so."""
        places = asyncio.Semaphore(TOGETHER)
        async with self._server.client() as client:
            tasks = [asyncio.ensure_future(self._batch(client, places, proved, batch, work)) for batch in batches]
            try:
                while not all(task.done() for task in tasks):
                    await asyncio.wait([task for task in tasks if not task.done()], timeout=TICK_S, return_when=asyncio.FIRST_EXCEPTION)
                    if any(task.done() and task.exception() for task in tasks) or enough():
                        break
            finally:
                unanswered = {task for task in tasks if not task.done()}
                for task in unanswered:
                    task.cancel()
                await asyncio.gather(*unanswered, return_exceptions=True)
            return tuple(_failed(OutOfTime()) if task in unanswered else task.result() for task in tasks)

    async def _batch(self, client: httpx.AsyncClient, places: asyncio.Semaphore, proved: Proved, batch: Batch, work: _Work) -> Reading:
        """One document, its questions one after the other: each finds what the server has kept of the one before."""
        answers: list[Answer] = []
        try:
            for question in batch.questions:
                constraint = facts_of(question)
                async with places:
                    completion = await self._server.complete(client, proved.asked(batch, question))
                answer = completion.answer(question.id)
                if answer.finish == "stop":
                    stated(answer, constraint)
                work.take(completion)
                answers.append(answer)
        except OF_ONE as error:
            return _failed(error)
        return Reading(tuple(answers))


def _failed(error: EngineError) -> Reading:
    return Reading((), type(error).__name__, str(error))
