"""Asking the application: in this process without a network, or a real server whose log is kept."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from casebrief.service.edges.http import create_app
from casebrief.service.edges.wiring import Casebrief
from conftest import HANG_S, free_port, until

SUMMARIES = "/v1/summaries"


def ask(product: Casebrief, method: str = "GET", path: str = "/healthz", base: str = "http://localhost:8000", **options) -> httpx.Response:
    """The answer of the real application, in this process."""

    async def answer() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(product)), base_url=base) as client:
            return await client.request(method, path, **options)

    return asyncio.run(answer())


def guarded(product: Casebrief, file: Path) -> Casebrief:
    """The product with keys."""
    settings = product.settings.model_copy(update={"api_keys_file": file})
    return Casebrief(**{**vars(product), "settings": settings})


@contextmanager
def listening(log: Path, **environment: str) -> Iterator[str]:
    """A real server that answers, whether its model is up or not; yields its address. What it says is written to ``log``."""
    port = free_port()
    command = [sys.executable, "-P", "-m", "casebrief.evals.cli", "serve", "--port", str(port)]
    with log.open("wb") as stream, subprocess.Popen(command, env={**os.environ, **environment}, stdout=stream, stderr=stream) as process:
        address = f"http://127.0.0.1:{port}"
        try:
            until(lambda: process.poll() is not None or answers(address))
            assert process.poll() is None, log.read_text()
            yield address
        finally:
            process.terminate()


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/healthz", timeout=HANG_S).status_code == 200
    except httpx.TransportError:
        return False


def is_problem(response: httpx.Response, status: int, words: str) -> None:
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json"), response.text
    assert words in response.json()["detail"]
