"""The built wheel alone, in a new environment, from another folder: it serves and summarises."""

import os
import shutil
import subprocess
import sysconfig
import venv
from pathlib import Path

import httpx
import pytest
from casebrief.service import example
from conftest import HANG_S, ROOT, as_request, running_server

pytestmark = pytest.mark.slow

BIN = "Scripts" if os.name == "nt" else "bin"


def _uv() -> str:
    own = ROOT / ".tools" / BIN / "uv"
    found = str(own) if own.exists() else shutil.which("uv")
    if not found:
        pytest.skip("uv is not here: .ci/project.py fetches it")
    return found


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The python of a new environment that holds the wheel, borrows its dependencies from this one, and knows nothing of this folder.

    Borrowed, for llama.cpp takes minutes to build. A ``.pth`` line adds this environment's packages behind the wheel's own, and the
    ``.pth`` files there, by which the working copy is installed, are not followed.
    """
    uv, place = _uv(), tmp_path_factory.mktemp("wheel")

    def run(*command: str | Path) -> str:
        return subprocess.run([*map(str, command)], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()

    build = [uv, "build", "--quiet", "--wheel", "--build-constraints", ".ci/tools.lock", "--out-dir", place / "dist"]
    # From uv's cache, where set-up left the build backend; fetched only where that cache is gone.
    if subprocess.run([*build, "--offline"], cwd=ROOT, check=False, capture_output=True).returncode:
        run(*build)
    (wheel,) = (place / "dist").glob("*.whl")
    venv.create(place / "env")
    python = place / "env" / BIN / "python"
    packages = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"))
    run(uv, "pip", "install", "--quiet", "--python", python, "--no-deps", "--offline", wheel)
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return python


def test_what_runs_is_the_wheel_and_not_the_working_copy(installed: Path):
    script = "import casebrief.evals.cli, casebrief.models, llama_cpp, sys; print(casebrief.__file__, casebrief.models.__file__, llama_cpp.__file__, *sys.path, sep='\\n')"
    ours, models, borrowed, *paths = subprocess.run([installed, "-P", "-c", script], capture_output=True, text=True, check=True).stdout.splitlines()
    own = installed.parent.parent
    assert Path(ours).is_relative_to(own)
    assert Path(models).is_relative_to(own)
    assert not Path(borrowed).is_relative_to(own)
    assert not any(Path(path) in (ROOT, ROOT / ".src") for path in paths)


@pytest.mark.model
def test_it_summarises_from_any_folder(installed: Path, tmp_path: Path):
    done = subprocess.run([installed.with_name("casebrief"), "summarize", "--example", "--json"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Ashgrove v. Norvane Home Inc" in done.stdout


@pytest.mark.model
def test_it_serves_from_any_folder(installed: Path, tmp_path: Path):
    with running_server(installed, cwd=tmp_path) as (address, _):
        answer = httpx.post(f"{address}/v1/summaries", json=as_request(example.articles()), timeout=HANG_S)
        assert answer.status_code == 200
        assert answer.json()["summary"]["docket_number"]["normalized"]["number"] == "25-02218"


def test_it_holds_the_rooms_and_no_tests(installed: Path):
    script = "import casebrief, importlib.resources as r; print(sorted(p.name for p in r.files('casebrief').iterdir()))"
    told = subprocess.run([installed, "-P", "-c", script], capture_output=True, text=True, check=True).stdout
    for name in ("evals", "models", "prompts", "service", "py.typed"):
        assert f"'{name}'" in told
    assert "tests" not in told
