"""The house keeps its measures: pictures that fit the code, files of a size to read."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

LONGEST = 350
"""Lines of a file at most."""


def tracked(*patterns: str) -> list[str]:
    try:
        listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no git, or not its working copy")
    return [name for name in listed if (ROOT / name).exists()]


def test_the_pictures_of_design_are_those_of_the_code():
    # In a process of its own: Python 3.11 may refuse to parse beside threads ("AST constructor recursion depth mismatch").
    program = "import json, design; print(json.dumps({str(path): told for path, told in design.pictures().items()}))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT / ".ci", check=True, capture_output=True, text=True)
    pictures = json.loads(done.stdout)
    assert pictures
    for path, told in pictures.items():
        assert Path(path).read_text(encoding="utf-8") == told, f"{path} is of another code: make design"


def test_what_design_names_is_there():
    text = (ROOT / "DESIGN.md").read_text(encoding="utf-8")
    code = "\n".join((ROOT / name).read_text(encoding="utf-8") for name in tracked("service/*.py", "models/*.py"))
    for name in set(re.findall(r"`(\w+)`", text)) - {"casebrief"}:
        defined = re.search(rf"^\s*(?:class|def|async def) {name}\b", code, re.MULTILINE)
        assert defined or (ROOT / name).is_dir() or any((ROOT / "models" / f"{name}{end}").exists() for end in ("", ".py")), name
    for name in re.findall(r"`(\w+\.py)`", text):
        assert (ROOT / "models" / name).exists(), name


def test_no_file_is_too_long_to_read():
    sizes = {name: len((ROOT / name).read_text(encoding="utf-8").splitlines()) for name in tracked("*.py", "*.js", "*.css")}
    assert {name: size for name, size in sizes.items() if size > LONGEST} == {}
