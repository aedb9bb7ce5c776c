"""The built wheel alone, in a new environment, from another folder: it serves and summarises."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from casebrief.service import example
from conftest import ROOT, as_request, running_server

BIN = "Scripts" if os.name == "nt" else "bin"


def _uv() -> str:
    own = ROOT / ".tools" / BIN / "uv"
    found = str(own) if own.exists() else shutil.which("uv")
    if not found:
        pytest.skip("uv is not here: .ci/project.py fetches it")
    return found


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The python of an environment that holds the locked dependencies and the wheel, and nothing of this folder."""
    uv, place = _uv(), tmp_path_factory.mktemp("wheel")

    def run(*command: str | Path) -> None:
        # In the project's folder and from uv's cache, so that the native library is the one already built with our flags.
        line = [uv, *map(str, command)]
        if subprocess.run([*line, "--offline"], cwd=ROOT, check=False, capture_output=True).returncode:
            subprocess.run(line, cwd=ROOT, check=True, capture_output=True)

    run("build", "--quiet", "--wheel", "--build-constraints", ".ci/tools.lock", "--out-dir", place / "dist")
    (wheel,) = (place / "dist").glob("*.whl")
    run("venv", "--quiet", "--python", sys.executable, place / "env")
    python = place / "env" / BIN / "python"
    run("pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", "requirements.lock")
    run("pip", "install", "--quiet", "--python", python, "--no-deps", wheel)
    return python


@pytest.mark.model
def test_it_summarises_from_any_folder(installed: Path, tmp_path: Path):
    done = subprocess.run([installed.with_name("casebrief"), "summarize", "--example", "--json"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Ashgrove v. Norvane Home Inc" in done.stdout


@pytest.mark.model
def test_it_serves_from_any_folder(installed: Path, tmp_path: Path):
    with running_server(installed, cwd=tmp_path) as (address, _):
        answer = httpx.post(f"{address}/v1/summaries", json=as_request(example.articles()), timeout=120)
        assert answer.status_code == 200
        assert answer.json()["summary"]["docket_number"]["normalized"]["number"] == "25-02218"


def test_it_holds_the_rooms_and_no_tests(installed: Path):
    script = "import casebrief, importlib.resources as r; print(sorted(p.name for p in r.files('casebrief').iterdir()))"
    told = subprocess.run([installed, "-P", "-c", script], capture_output=True, text=True, check=True).stdout
    for name in ("evals", "models", "prompts", "service", "py.typed"):
        assert f"'{name}'" in told
    assert "tests" not in told
