"""The container's and the service's files: what they promise is written in them, and what they name exists. Building the image is `make container-check`'s."""

import ast
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from casebrief.service.edges.settings import Settings
from conftest import ROOT

UNIT = ROOT / "packaging" / "casebrief.service"
INSTRUCTIONS = frozenset("ARG FROM RUN WORKDIR COPY ENV USER EXPOSE VOLUME HEALTHCHECK ENTRYPOINT CMD".split())
SYSTEMD = shutil.which("systemd-analyze")


def parsed() -> list[tuple[str, str]]:
    """The instructions of the Containerfile, as the check reads them."""
    spec = importlib.util.spec_from_file_location("container_check", ROOT / "packaging" / "container_check.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module.instructions((ROOT / "Containerfile").read_text())


def last_stage() -> list[tuple[str, str]]:
    found = parsed()
    return found[max(place for place, (name, _) in enumerate(found) if name == "FROM") :]


def environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for name, rest in last_stage() if name == "ENV" for pair in rest.split())


def test_every_line_is_an_instruction_and_what_is_copied_is_there():
    assert {name for name, _ in parsed()} <= INSTRUCTIONS
    copied = [part for name, rest in parsed() if name == "COPY" and not rest.startswith("--from") for part in rest.split()[:-1]]
    assert copied
    assert all((ROOT / part).exists() for part in copied)


def test_it_runs_as_nobody_of_importance_and_looks_after_itself():
    told = dict(last_stage())
    assert re.fullmatch(r"[1-9]\d{3,}:0", told["USER"])
    assert "/readyz" in told["HEALTHCHECK"]
    assert json.loads(told["ENTRYPOINT"]) + json.loads(told["CMD"]) == ["casebrief", "serve"]


def test_its_settings_are_settings_and_beyond_loopback_it_asks_for_keys(monkeypatch):
    told = {name: value for name, value in environment().items() if name.startswith("CASEBRIEF_")}
    assert {name.removeprefix("CASEBRIEF_").lower() for name in told} <= set(Settings.model_fields)
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert (settings.host, str(settings.api_keys_file)) == ("0.0.0.0", told["CASEBRIEF_API_KEYS_FILE"])
    written = [rest for name, rest in last_stage() if name == "VOLUME"]
    assert all(
        any(str(folder).startswith(volume) for volume in json.loads(written[0])) for folder in (settings.cache_dir, settings.jobs_dir, settings.cases_dir)
    )


def test_the_build_is_for_every_processor_and_keeps_the_pinned_flags():
    build = next(rest for name, rest in parsed() if name == "RUN" and "CMAKE_ARGS" in rest)
    pinned = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]["extra-build-variables"]["llama-cpp-python"]
    assert f"SKBUILD_CMAKE_SOURCE_DIR={pinned['SKBUILD_CMAKE_SOURCE_DIR']}" in build
    assert all(flag in build for flag in pinned["CMAKE_ARGS"].split())
    assert all(flag in build for flag in ("-DGGML_NATIVE=OFF", "-DGGML_BACKEND_DL=ON", "-DGGML_CPU_ALL_VARIANTS=ON", "--require-hashes"))


def test_what_the_build_needs_is_not_ignored():
    ignored = set((ROOT / ".containerignore").read_text().split())
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    assert not {part.partition("/")[0] for part in needed} & ignored
    assert {".git", ".venv*"} <= ignored


# ------------------------------------------------------------------ systemd


def test_the_units_settings_are_settings_and_it_waits_longer_than_the_service():
    text = UNIT.read_text()
    named = {name.lower() for name in re.findall(r"CASEBRIEF_(\w+)=", text) if name != "HOST"}
    assert named <= set(Settings.model_fields)
    found = re.search(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)
    assert found
    assert int(found[1]) > Settings.model_fields["shutdown_s"].default + 5


@pytest.mark.skipif(SYSTEMD is None, reason="systemd is not on this machine")
def test_systemd_finds_no_fault_in_the_unit_and_little_exposed(tmp_path: Path):
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/casebrief/bin/casebrief", sys.executable))
    done = subprocess.run([str(SYSTEMD), "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    exposed = subprocess.run([str(SYSTEMD), "security", "--offline=true", "--threshold=15", str(unit)], capture_output=True, text=True, check=False)
    assert exposed.returncode == 0, exposed.stdout[-300:]


NO_NEW_CODE = """
import ctypes, os, sys
if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) != 0:  # PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN
    sys.exit(77)
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.model
@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
@pytest.mark.slow
def test_it_works_where_memory_that_was_written_cannot_be_run():
    """What MemoryDenyWriteExecute= forbids, forbidden by the kernel's own switch; children inherit it."""
    command = [sys.executable, "-c", NO_NEW_CODE, sys.executable, "-P", "-m", "casebrief.evals.cli", "summarize", "--example", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 77:
        pytest.skip("this kernel has no such switch")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["summary"]["caption"]["value"] == "Ashgrove v. Norvane Home Inc"


# ------------------------------------------------------------------ systems

ROOMS = ("service", "prompts", "models", "evals")
UNIX_MODULES = frozenset("fcntl grp posix pty pwd resource syslog termios tty".split())
UNIX_NAMES = {
    "os": frozenset(
        "O_CLOEXEC O_DIRECTORY O_NOFOLLOW O_NONBLOCK chown chroot fchmod fchown fork forkpty getegid geteuid getgid getgroups getloadavg getpgid getsid getuid "
        "initgroups killpg lchown mkfifo mknod nice openpty posix_spawn pread pwrite register_at_fork sched_getaffinity sched_setaffinity sendfile setgid setpgid "
        "setsid setuid statvfs sysconf uname wait".split()
    ),
    "signal": frozenset(
        "SIGALRM SIGCHLD SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGUSR1 SIGUSR2 SIGXCPU SIGXFSZ alarm pause pthread_kill setitimer sigwait".split()
    ),
    "socket": frozenset({"AF_UNIX"}),
}
UNIX_ARGUMENTS = frozenset("extra_groups pass_fds preexec_fn process_group start_new_session".split())


def of_unix(tree: ast.AST) -> Iterator[str]:
    """What a module uses that not every system has: imports, names, arguments, the library that a process is linked with, Linux's files."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in UNIX_MODULES)
        elif isinstance(node, ast.ImportFrom):
            yield from [node.module] if node.module in UNIX_MODULES else []
            yield from (alias.name for alias in node.names if alias.name in UNIX_NAMES.get(node.module or "", ()))
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield from [node.attr] if node.attr in UNIX_NAMES.get(node.value.id, ()) else []
        elif isinstance(node, ast.Call):
            yield from (word.arg for word in node.keywords if word.arg in UNIX_ARGUMENTS)
            named = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            yield from ["CDLL(None)"] if named == "CDLL" and isinstance(node.args[0], ast.Constant) and node.args[0].value is None else []
            yield from ["add_signal_handler"] if named == "add_signal_handler" else []
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(("/proc/", "/dev/", "/sys/")):
            yield node.value


def test_what_only_some_systems_have_is_used_in_one_file_alone():
    """The training is no part of the product, and is for Linux."""
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py") if "training" not in path.parts]
    used = {str(path.relative_to(ROOT)): found for path in files if (found := set(of_unix(ast.parse(path.read_text(encoding="utf-8")))))}
    assert set(used) == {"models/system.py"}
    assert used["models/system.py"] == {"fcntl", "resource", "sched_getaffinity", "SIGKILL", "SIGXCPU", "CDLL(None)", "/proc/cpuinfo"}


def test_a_checkout_without_symbolic_links_is_imported_all_the_same(tmp_path: Path):
    """As git leaves one where links are not to be had: a file with the link's words in its place."""
    package = tmp_path / ".src" / "casebrief"
    package.mkdir(parents=True)
    shutil.copy(ROOT / ".src" / "casebrief" / "__init__.py", package)
    for room in ROOMS:
        (package / room).write_text(f"../../{room}")
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("corpus", "adapters", "__pycache__"))
    script = "import casebrief.evals.cli, casebrief.service.domain.schema as schema; print(casebrief.evals.cli.__file__, schema.__file__, sep='\\n')"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / ".src"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-P", "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [str(tmp_path / "evals" / "cli.py"), str(tmp_path / "service" / "domain" / "schema.py")]
