"""What the documentation says: its site is built with every link right, and its examples run as they stand there.

A block of ``sh`` runs, those of a page one after the other, in a folder that holds the files it names. One of ``bash`` is shown alone, for it serves, fetches
or takes hours; it must be well formed. JSON is JSON, and Python is Python.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from importlib import resources
from pathlib import Path

import papers
import pytest
from casebrief.service.edges.settings import Settings
from conftest import HANG_S, running_server

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
TOMORROW = "OAKLAND, California, May 13 - A federal judge on Monday let the suit over Norvane doorbells go ahead. Norvane said it would appeal."


def blocks(page: Path, language: str) -> list[str]:
    return [found["text"] for found in BLOCK.finditer(page.read_text(encoding="utf-8")) if found["language"] == language]


def with_blocks(language: str) -> list:
    return [pytest.param(page, id=page.stem) for page in PAGES if blocks(page, language)]


@pytest.fixture
def desk(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A folder of articles as the pages name them, and an environment whose casebrief keeps nothing outside of it."""
    articles = {path.name: path.read_bytes() for path in resources.files("casebrief.service.example").iterdir() if path.name.endswith(".txt")}
    made = {"tomorrow.txt": TOMORROW.encode(), "page.html": papers.page().encode(), "filing.pdf": papers.story_pdf(), "note.docx": papers.word()}
    told = {"articles": [{"id": name.removesuffix(".txt"), "text": text.decode()} for name, text in articles.items()]}
    held = {**articles, **made, "newsletter.eml": papers.mail(), "articles.json": json.dumps(told).encode(), "cases.jsonl": json.dumps(told).encode()}
    folder = tmp_path / "desk"
    folder.mkdir()
    for name, content in held.items():
        (folder / name).write_bytes(content)
    for inner in ("cuttings", "cases/norvane"):
        (folder / inner).mkdir(parents=True)
        for name in ("wire.txt", "daily.txt"):
            (folder / inner / name).write_bytes(articles[name])
    places = {f"CASEBRIEF_{name.upper()}_DIR": str(tmp_path / name) for name in ("cache", "cases", "jobs")}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return folder, {**os.environ, **places, "PATH": path, "CASEBRIEF_MODELS_DIR": str(Settings().models_dir)}


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.skipif(not all(map(shutil.which, ("bash", "curl"))), reason="the examples are of bash and curl")
@pytest.mark.parametrize("page", with_blocks("sh"))
def test_examples_run_as_they_stand_there(page, desk):
    folder, environment = desk
    text = "\n".join(blocks(page, "sh"))
    if "127.0.0.1:8000" not in text:
        run(text, folder, environment)
        return
    with running_server(**{name: value for name, value in environment.items() if name.startswith("CASEBRIEF_")}) as (address, _):
        run(text.replace("http://127.0.0.1:8000", address), folder, environment)


def run(script: str, folder: Path, environment: dict[str, str]) -> None:
    # curl says nothing of a refusal unless it is asked to
    whole = 'curl() { command curl --fail-with-body "$@"; }\n' + script
    done = subprocess.run(["bash", "-euxo", "pipefail", "-c", whole], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=HANG_S)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash on this machine")
@pytest.mark.parametrize("page", with_blocks("bash"))
def test_what_is_shown_alone_is_well_formed(page):
    for text in blocks(page, "bash"):
        done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
        assert done.returncode == 0, text + done.stderr


@pytest.mark.parametrize("page", with_blocks("json"))
def test_json_is_json(page):
    assert all(json.loads(text) for text in blocks(page, "json"))


@pytest.mark.parametrize("page", with_blocks("python"))
def test_python_is_python(page):
    for text in blocks(page, "python"):
        compile(text, str(page), "exec")


def test_the_site_is_built_and_every_link_in_it_leads_somewhere(tmp_path):
    command = [sys.executable, "-m", "properdocs", "build", "--strict", "--config-file", ROOT / ".ci/docs/site.yml", "--site-dir", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert all((tmp_path / page.relative_to(ROOT).with_suffix(".html")).exists() for page in PAGES if page.name != "README.md")
