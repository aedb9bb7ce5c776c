#!/usr/bin/env python3
"""Sets the project up and does one of its jobs: needs Python 3.11 or newer, git and a C++ compiler, nothing else.

    python3 .ci/project.py brief   set up, summarise the bundled example, print the brief
    python3 .ci/project.py check   set up, then lint, types, import contracts, advisories and tests (arguments go to pytest;
                                   -m "not slow" is the quick run)
    python3 .ci/project.py faults  set up, then the faults of tests/faults at their full size: an hour or more (FAULT_JOBS=500; arguments go to pytest)
    python3 .ci/project.py sbom    set up, then write the software bill of materials
    python3 .ci/project.py train   set up an environment of its own, check the training data, train the adapter and its heads,
                                   calibrate and verify them (arguments go to models/training/train.py)
    python3 .ci/project.py pictures  set up, and take the README's pictures of the page (needs Chromium)
    python3 .ci/project.py docs    set up, and build the documentation as a site into dist/docs

``--gpu cuda|metal|vulkan`` builds llama.cpp for a GPU; run with CASEBRIEF_N_GPU_LAYERS=-1 to use it.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
TRAINING = ROOT / ".venv-train"
TAUGHT = ("models/adapters/smollm2-135m-labels.gguf", "models/adapters/smollm2-135m-labels-heads.gguf")
TOOLS = ROOT / ".tools"
BIN = "Scripts" if os.name == "nt" else "bin"
OLDEST_UV = (0, 8, 5)  # the first that knows extra-build-variables, by which the native build gets its flags
GPU = {"cuda": "-DGGML_CUDA=on", "metal": "-DGGML_METAL=on", "vulkan": "-DGGML_VULKAN=on"}


def run(*command: str | Path) -> None:
    """Run a command in the project's root; end with its exit code when it fails."""
    print(f"+ {' '.join(map(str, command))}", file=sys.stderr, flush=True)
    code = subprocess.run([str(part) for part in command], cwd=ROOT, check=False).returncode
    if code:
        sys.exit(code)


def uv() -> str:
    """A uv that is new enough: the one on the path, or one fetched into .tools."""
    found = shutil.which("uv")
    if found:
        said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
        number = re.search(r"(\d+)\.(\d+)\.(\d+)", said)
        if number and tuple(map(int, number.groups())) >= OLDEST_UV:
            return found
    own = TOOLS / BIN / "uv"
    if not own.exists():
        venv.create(TOOLS, with_pip=True, clear=True)
        run(TOOLS / BIN / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", ".ci/tools.lock")
    return str(own)


def set_up(lock: str, gpu: str | None, environment: Path = ENVIRONMENT) -> None:
    """Make an environment hold exactly what a lock names, and the project itself."""
    tool, python = uv(), environment / BIN / "python"
    if not python.exists():
        run(tool, "venv", "--quiet", "--seed", "--python", sys.executable, environment)
    build = ["--config-settings-package", f"llama-cpp-python:cmake.args={GPU[gpu]}", "--reinstall-package", "llama-cpp-python"] if gpu else []
    print("setting up; the first time, building llama.cpp takes some minutes", file=sys.stderr, flush=True)
    run(tool, "pip", "sync", "--quiet", "--python", python, "--require-hashes", *build, lock)
    run(tool, "pip", "install", "--quiet", "--python", python, "--no-deps", "--build-constraints", ".ci/tools.lock", "--editable", ".")
    run(environment / BIN / "casebrief", "models", "prepare")


def brief(gpu: str | None) -> None:
    set_up("requirements.lock", gpu)
    run(ENVIRONMENT / BIN / "casebrief", "summarize", "--example")


def check(gpu: str | None, further: list[str]) -> None:
    set_up(".ci/requirements.lock", gpu)
    steps = (
        ["ruff", "format", "--check", "."],
        ["ruff", "check", "."],
        ["mypy"],
        ["lint-imports"],
        ["python", ".ci/supply.py", "audit"],
        ["pytest", *further],
    )
    for command in steps:
        run(ENVIRONMENT / BIN / command[0], *command[1:])


def faults(gpu: str | None, further: list[str]) -> None:
    set_up(".ci/requirements.lock", gpu)
    os.environ.setdefault("FAULT_JOBS", "500")
    run(ENVIRONMENT / BIN / "pytest", "tests/faults", *further)


def sbom(gpu: str | None) -> None:
    set_up(".ci/requirements.lock", gpu)
    run(ENVIRONMENT / BIN / "python", ".ci/supply.py", "sbom")


def pictures(gpu: str | None) -> None:
    set_up(".ci/requirements.lock", gpu)
    run(ENVIRONMENT / BIN / "python", ".ci/pictures.py")


def docs(gpu: str | None) -> None:
    set_up(".ci/requirements.lock", gpu)
    run(ENVIRONMENT / BIN / "properdocs", "build", "--strict", "--config-file", ".ci/docs/site.yml")


def train(further: list[str]) -> None:
    """Torch comes by pip into an environment of its own: the product's stays exactly its lock. A run that was stopped goes on where it was."""
    # Threads that spin while they wait take the time of whatever else runs: twenty times slower on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    python = TRAINING / BIN / "python"
    if not python.exists():
        set_up("requirements.lock", None, TRAINING)
        run(python, "-m", "pip", "install", "--quiet", "--upgrade", "pip>=25.1")
        run(python, "-m", "pip", "install", "--quiet", "--group", "training")
    run(python, "-m", "casebrief.models.training.check")
    run(python, "-m", "casebrief.models.training.train", "--out", *TAUGHT, *further)
    run(python, "-m", "casebrief.models.training.calibrate", *TAUGHT)
    run(python, "-m", "casebrief.models.training.verify", *TAUGHT)


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is what an older Python is started with
        sys.exit("casebrief needs Python 3.11 or newer; this is " + sys.version.split()[0])
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    plain, with_arguments = {"brief": brief, "docs": docs, "pictures": pictures, "sbom": sbom}, {"check": check, "faults": faults}
    parser.add_argument("job", choices=[*plain, *with_arguments, "train"])
    parser.add_argument("--gpu", choices=sorted(GPU))
    known, further = parser.parse_known_args()
    if known.job == "train":
        train(further)
    elif known.job in with_arguments:
        with_arguments[known.job](known.gpu, further)
    elif further:
        parser.error(f"{known.job} takes no further arguments: {' '.join(further)}")
    else:
        plain[known.job](known.gpu)


if __name__ == "__main__":
    main()
