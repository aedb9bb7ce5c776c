"""A stand-in for vLLM's chat API as a real HTTP server: what it honours, what it ignores in silence, and how it fails.

After vLLM's own (entrypoints/openai): unknown fields are ignored, errors are ``{"error": {"message", "type", "param", "code"}}``, streams are server-sent events
with a role first, a token a piece, and the usage behind the last choice.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import jsonschema
import uvicorn
from conftest import free_port, until
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

Body = dict[str, Any]
FREE = "Nine."
"""What the model says to whatever it is asked, while nothing holds it."""


@dataclass
class Stub:
    """What the server does. ``honours`` names the fields that hold its model; ``faults`` are what befalls the next requests, one each."""

    model: str = "qwen3-32b"
    honours: tuple[str, ...] = ("structured_outputs", "response_format")
    answer: Callable[[Body], str] | None = None
    faults: deque[str] = field(default_factory=deque)
    logprobs: bool = True
    logprob: float = -0.01
    owned_by: str = "vllm"
    max_model_len: int | None = 4096
    key: str = ""
    retry_after: str | None = None
    asked: list[Body] = field(default_factory=list)
    left: int = 0
    served: list[str] | None = None
    address: str = ""

    def schema(self, body: Body) -> Body | None:
        """The schema that holds an answer, if one does."""
        if "structured_outputs" in self.honours and "structured_outputs" in body:
            return body["structured_outputs"]["json"]
        if "response_format" in self.honours and body.get("response_format", {}).get("type") == "json_schema":
            return body["response_format"]["json_schema"]["schema"]
        return None

    def said(self, body: Body) -> str:
        schema = self.schema(body)
        if schema is None:
            return FREE
        least = least_of(schema)
        text = self.answer(body) if self.answer and least == '{"facts": []}' else least
        jsonschema.validate(json.loads(text), schema)
        return text


def least_of(schema: Body) -> str:
    """The smallest facts that fit a schema."""
    facts = schema["properties"]["facts"]
    label = facts["items"]["properties"]["label"]["enum"][0]
    return json.dumps({"facts": [{"line": 1, "label": label, "words": "nine"}] * facts["minItems"]})


def error(status: int, message: str, kind: str = "BadRequestError", **headers: str) -> JSONResponse:
    return JSONResponse({"error": {"message": message, "type": kind, "param": None, "code": status}}, status, headers)


def tokens_of(text: str) -> list[str]:
    return [text[start : start + 4] for start in range(0, len(text), 4)]


def application(stub: Stub) -> FastAPI:
    app = FastAPI()

    @app.get("/v1/models")
    async def models(request: Request) -> Response:
        if stub.key and request.headers.get("Authorization") != f"Bearer {stub.key}":
            return JSONResponse({"error": "Unauthorized"}, 401)
        cards = [{"id": name, "object": "model", "created": 1, "owned_by": stub.owned_by, "root": name} for name in stub.served or [stub.model]]
        return JSONResponse({"object": "list", "data": [card | ({"max_model_len": stub.max_model_len} if stub.max_model_len else {}) for card in cards]})

    @app.post("/v1/chat/completions")
    async def completions(request: Request) -> Response:
        body = await request.json()
        stub.asked.append(body)
        fault = stub.faults.popleft() if stub.faults else ""
        if fault == "hang":
            await left(stub, request)
        if fault.isdecimal():
            return error(int(fault), "busy" if fault == "429" else "internal", **({"Retry-After": stub.retry_after} if stub.retry_after else {}))
        if fault == "too long":
            return error(400, "This model's maximum context length is 4096 tokens. However, your request has 9000 input tokens.")
        if fault == "no template":
            return error(400, "As of transformers v4.44, default chat template is no longer allowed, so you must provide a chat template")
        if fault == "no logprobs" or (body.get("logprobs") and not stub.logprobs):
            return error(400, "logprobs are not available on this server")
        if fault == "html":
            return Response("<html>welcome</html>", media_type="text/html")
        if fault == "elsewhere":
            return Response(status_code=307, headers={"Location": "http://elsewhere.example/v1"})
        text = fault.removeprefix("says ") if fault.startswith("says ") else stub.said(body)
        return StreamingResponse(events(stub, request, body, text, fault), media_type="text/event-stream")

    return app


async def left(stub: Stub, request: Request) -> None:
    """Wait for the client to go; a stream is cancelled then."""
    try:
        while not await request.is_disconnected():  # noqa: ASYNC110 - the server tells it in no other way
            await asyncio.sleep(0.01)
    finally:
        stub.left += 1


async def events(stub: Stub, request: Request, body: Body, text: str, fault: str) -> AsyncIterator[str]:
    def event(choice: Body | None, **more: Any) -> str:
        told = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": body["model"], "choices": [choice] if choice else []}
        return f"data: {json.dumps(told | more)}\n\n"

    yield event({"index": 0, "delta": {"role": "assistant", "content": ""}, "logprobs": None, "finish_reason": None})
    tokens = tokens_of(text)
    for number, token in enumerate(tokens):
        if fault == "breaks off" and number == len(tokens) // 2:
            yield ": the end comes early\n\n"
            return
        if fault == "falls silent" and number == len(tokens) // 2:
            await left(stub, request)
        told = {"token": token, "logprob": stub.logprob, "bytes": list(token.encode()), "top_logprobs": []}
        yield event({"index": 0, "delta": {"content": token}, "logprobs": {"content": [told]} if body.get("logprobs") else None, "finish_reason": None})
    if fault == "fails":
        yield f"data: {json.dumps({'error': {'message': 'EngineCore encountered an issue', 'type': 'InternalServerError', 'code': 500}})}\n\n"
        return
    if fault == "refuses":
        yield event({"index": 0, "delta": {"refusal": "I would rather not."}, "finish_reason": None})
    reason = {"is cut": "length", "is filtered": "content_filter"}.get(fault, "stop")
    yield event({"index": 0, "delta": {"content": ""}, "logprobs": None, "finish_reason": reason})
    yield event(
        None, usage={"prompt_tokens": 100, "completion_tokens": len(tokens), "total_tokens": 100 + len(tokens), "prompt_tokens_details": {"cached_tokens": 30}}
    )
    yield "data: [DONE]\n\n"


@contextmanager
def serving(stub: Stub, port: int = 0) -> Iterator[Stub]:
    """The stub on a port of this machine, in a thread of its own."""
    port = port or free_port()
    server = uvicorn.Server(uvicorn.Config(application(stub), host="127.0.0.1", port=port, log_level="critical", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started)
    stub.address = f"http://127.0.0.1:{port}/v1"
    try:
        yield stub
    finally:
        server.should_exit = True
        thread.join()
