"""Fuzzing the API from its own document: no 5xx, no undocumented status, and what is answered fits its schema."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from conftest import HANG_S, running_server

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,negative_data_rejection,unsupported_method"
CONFIG = """
[checks.negative_data_rejection]
expected-statuses = [400, 413, 415, 422]
# The fuzzer asks for deadlines of next to nothing: whether they pass first is a matter of speed.
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", 504]
"""


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[str]:
    """A server of its own: what the fuzzer leaves in its queue of jobs ends with it."""
    with running_server(CASEBRIEF_JOBS_QUEUE="100000") as (address, _):
        yield address


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "phases"), [(1, "examples,coverage,fuzzing"), (2, "fuzzing")])
def test_no_5xx_but_for_a_deadline_and_no_undocumented_status(fuzzed: str, tmp_path: Path, seed: int, phases: str):
    """Examples and coverage are the same whatever the seed: they run once."""
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG)
    fuzzer = Path(sys.executable).with_name("st")
    command = [fuzzer, "--config-file", config, "run", f"{fuzzed}/openapi.json", "--checks", CHECKS]
    command += ["--phases", phases, "--max-examples", "150", "--seed", str(seed), "--continue-on-failure"]
    command += ["--request-timeout", str(HANG_S), "--suppress-health-check", "too_slow"]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, cwd=tmp_path, timeout=HANG_S)
    assert done.returncode == 0, done.stdout[-6000:]
    paths = httpx.get(f"{fuzzed}/openapi.json").json()["paths"]
    assert f"Tested: {sum(len(methods) for methods in paths.values())}" in done.stdout
