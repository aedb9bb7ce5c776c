"""Requests to one server: what may be tried again is, what may not is told for what it is, and a vendor's errors become ours here.

A request lives in its caller's event loop; whoever cancels its task closes the connection, at which the server stops to work.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from casebrief.models.errors import AnswerMalformed, ConstraintRefused, EngineError, PromptTooLong, ServerRefused, ServerUnavailable
from casebrief.models.remote.circuit import Circuit, Trouble
from casebrief.models.remote.completion import NO_STREAM, WIDEST, Completion
from casebrief.models.remote.endpoint import Endpoint
from pydantic import BaseModel, ValidationError
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, wait_random_exponential

CONNECT_S = 10.0
"""Seconds in which a connection must stand."""

BUSY = 429

Told = TypeVar("Told")


@dataclass(frozen=True)
class Persistence:
    """How often a request is tried, the seconds within which the second try comes (doubled for each after it), and the longest wait that a server may ask for."""

    tries: int = 4
    first_s: float = 0.5
    longest_s: float = 20.0


class _Fault(BaseModel):
    message: str = ""
    type: str | None = None


class _Body(BaseModel):
    """An error as vLLM, llama-server and their like tell it: within ``error``, or bare."""

    error: _Fault | str | None = None
    message: str = ""
    detail: Any = None

    @property
    def told(self) -> str:
        inner = self.error.message if isinstance(self.error, _Fault) else self.error
        return " ".join((inner or self.message or str(self.detail or "")).split())[:300]


class Server:
    """One server of the OpenAI API. Threads may share it."""

    def __init__(self, endpoint: Endpoint, persistence: Persistence | None = None, circuit: Circuit | None = None) -> None:
        self.endpoint, self.circuit = endpoint, circuit or Circuit()
        self._persistence = persistence or Persistence()
        self.heard = time.monotonic()
        """When it last said something, to whomever: a request may wait long for its turn while others are answered."""

    def client(self) -> httpx.AsyncClient:
        """Connections for one job; whoever waits looks at `heard`. No redirect is followed and no proxy is asked: key and text go to the address that was named."""
        headers = {"Authorization": f"Bearer {self.endpoint.key}"} if self.endpoint.key else {}
        timeout = httpx.Timeout(None, connect=CONNECT_S)
        return httpx.AsyncClient(headers=headers, timeout=timeout, trust_env=False, follow_redirects=False)

    async def get(self, client: httpx.AsyncClient, url: str) -> Any:
        """A document of the server, as JSON. Raises `EngineError`."""

        async def once() -> Any:
            response = await client.get(url)
            self.heard = time.monotonic()
            self._refuse(response)
            try:
                return response.json()
            except ValueError:
                raise ServerRefused(f"{url} answers no JSON: is CASEBRIEF_OPENAI_BASE_URL that of an OpenAI API?") from None

        return await self._tried(once, proves=False)

    async def complete(self, client: httpx.AsyncClient, body: dict[str, Any]) -> Completion:
        """A chat completion, streamed, so that silence can be told from work. Raises `EngineError`."""

        async def once() -> Completion:
            completion = Completion(WIDEST * int(body["max_tokens"]))
            async with client.stream("POST", f"{self.endpoint.base_url}/chat/completions", json=body) as response:
                if response.status_code != httpx.codes.OK:
                    await response.aread()
                self._refuse(response)
                if not response.headers.get("Content-Type", "").startswith("text/event-stream"):
                    raise AnswerMalformed(NO_STREAM)
                await completion.hear(self._lines(response))
            return completion

        return await self._tried(once)

    async def _lines(self, response: httpx.Response) -> AsyncIterator[str]:
        async for line in response.aiter_lines():
            self.heard = time.monotonic()
            yield line

    async def _tried(self, once: Callable[[], Awaitable[Told]], *, proves: bool = True) -> Told:
        """Try again what may be, as `Persistence` says; the circuit hears of every try."""
        trying = AsyncRetrying(
            stop=stop_after_attempt(self._persistence.tries),
            wait=self._wait,
            retry=retry_if_exception(self._passes),
            reraise=True,
        )
        try:
            async for attempt in trying:
                with attempt, self.circuit.call(proves=proves):
                    return await self._translated(once)
        except Trouble as last:
            tries = attempt.retry_state.attempt_number
            raise ServerUnavailable(f"{last} ({tries} {'try' if tries == 1 else 'tries'})", last.after_s or 2.0) from last
        raise AssertionError("tenacity ended without a result")

    def _passes(self, error: BaseException) -> bool:
        return isinstance(error, Trouble) and (error.after_s or 0) <= self._persistence.longest_s

    def _wait(self, state: RetryCallState) -> float:
        trouble = state.outcome.exception() if state.outcome else None
        if isinstance(trouble, Trouble) and trouble.after_s is not None:
            return trouble.after_s
        return wait_random_exponential(multiplier=self._persistence.first_s, max=self._persistence.longest_s)(state)

    async def _translated(self, once: Callable[[], Awaitable[Told]]) -> Told:
        try:
            return await once()
        except httpx.TransportError as error:
            raise Trouble(f"the model's server at {self.endpoint.host} cannot be reached: {str(error) or type(error).__name__}") from None

    def _refuse(self, response: httpx.Response) -> None:
        """Raise what a status other than 200 means."""
        status = response.status_code
        if status == httpx.codes.OK:
            return
        if status == BUSY or status >= httpx.codes.INTERNAL_SERVER_ERROR:
            after = _seconds(response.headers.get("Retry-After"))
            later = f", and wants to be asked again in {after:.0f} s" if after else ""
            raise Trouble(f"the model's server at {self.endpoint.host} answers {status}{later}", after, counts=status != BUSY)
        raise _refusal(status, _body(response), self.endpoint)


def _seconds(told: str | None) -> float | None:
    """Of a Retry-After in seconds; a date is not read, for clocks differ."""
    return float(told) if told and told.isdecimal() else None


def _body(response: httpx.Response) -> _Body:
    try:
        return _Body.model_validate_json(response.content)
    except ValidationError:
        return _Body()


_TOO_LONG = ("context length", "context size", "exceed_context_size", "too many tokens", "longer than the maximum")


def _refusal(status: int, body: _Body, endpoint: Endpoint) -> EngineError:
    """What a status of the client's fault means, by the words that the two servers have for it."""
    words = f"{body.told} {body.error.type if isinstance(body.error, _Fault) else ''}".lower()
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return ServerRefused(f"the model's server at {endpoint.host} refuses the key ({status}): set CASEBRIEF_OPENAI_API_KEY")
    if httpx.codes.is_redirect(status):
        return ServerRefused(f"the model's server at {endpoint.host} sends elsewhere ({status}), and nothing follows: name the address that answers")
    if any(part in words for part in _TOO_LONG):
        return PromptTooLong(f"the article and its answer do not fit into the model's context: {body.told}")
    if "chat template" in words or "chat_template" in words:
        return ServerRefused(
            f"the model has no chat format: start its server with a chat template (--chat-template), or serve an instruction model ({body.told})"
        )
    if status == httpx.codes.NOT_FOUND:
        return ServerRefused(f"{endpoint.base_url} has no such model or path: look at CASEBRIEF_OPENAI_BASE_URL and CASEBRIEF_MODEL ({body.told or status})")
    return ConstraintRefused(f"the model's server at {endpoint.host} refuses the request ({status}): {body.told}")
