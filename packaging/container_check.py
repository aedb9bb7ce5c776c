#!/usr/bin/env python3
"""Does what the Containerfile says in a clean Debian root, and runs the result as a stranger without rights on a root that is read-only. No container engine is needed.

    sudo python3 packaging/container_check.py [FOLDER]

Needs root, debootstrap, iproute2 and, to build llama.cpp for every kind of processor, half an hour of two cores. Debian's own Python 3.11 stands in for the
base image. FOLDER keeps the roots, the base from run to run; without, they lie in a folder that is deleted.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STRANGER, PATIENCE_S = 54321, 600
PASSED_ON = re.compile(r"(PIP|UV|SSL)_\w+|REQUESTS_CA_BUNDLE|(https?|no)_proxy", re.IGNORECASE)
"""Of this environment, what steps get: how to reach the package index from here."""

INSIDE = """
mount --bind "$0" "$0" && mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && mount --bind /etc/ssl/certs "$0/etc/ssl/certs"
cp /etc/resolv.conf "$0/etc/resolv.conf"
exec chroot "$0" env -i "$@"
"""
"""To be followed by the root, and what is run in it: variables and a command."""

ALONE = """
ip link set lo up
mount --bind "$0" "$0" && mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev"
for folder in /tmp $1; do mount -t tmpfs -o mode=0770,gid=0 none "$0$folder"; done
mount -o remount,bind,ro "$0"
shift
exec chroot "$0" setpriv --reuid=%d --regid=0 --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all env -i "$@"
"""

PROOF = """
import json, os, subprocess, sys, time, urllib.request
serve, health, key = json.loads(sys.argv[1])
assert not os.access("/opt", os.W_OK) and os.getuid() == STRANGER
server = subprocess.Popen(serve)
end = time.monotonic() + PATIENCE_S
while subprocess.run(health, stderr=subprocess.DEVNULL).returncode:
    assert server.poll() is None and time.monotonic() < end, "it was never healthy"
    time.sleep(0.5)
def told(path, body=None):
    headers = {"Authorization": "Bearer " + key, "Content-Type": "application/json"}
    return json.load(urllib.request.urlopen(urllib.request.Request("http://127.0.0.1:8000" + path, body, headers)))
text = "Norvane Home Inc was sued on Tuesday in federal court in Oakland, California, by customers."
summary = told("/v1/summaries", json.dumps({"articles": [{"text": text}]}).encode())["summary"]
assert summary["court"]["normalized"]["court_id"] == "cand", summary
ready = told("/readyz")
print("the build:", ready["engine"]["engine"]["build"], ready["notes"], ready["engine"]["engine"]["notes"])
server.terminate()
assert server.wait(PATIENCE_S) in (0, -15)
print("healthy, a summary, an orderly end")
"""


@dataclass
class Stage:
    """A root that is being made."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    told: dict[str, str] = field(default_factory=dict)


def instructions(text: str) -> list[tuple[str, str]]:
    """The instructions of a Containerfile with what follows them, lines that go on joined."""
    whole = re.sub(r"\\\n\s*", " ", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
    return [(name, rest.strip()) for name, rest in (line.split(None, 1) for line in whole.splitlines() if line.strip())]


def words(rest: str) -> list[str]:
    """What stands behind CMD, ENTRYPOINT or VOLUME."""
    found = json.loads(rest[rest.index("[") :])
    assert isinstance(found, list)
    return found


def command(script: str, root: Path, *arguments: str, apart: Sequence[str] = ()) -> list[str]:
    return ["unshare", "--mount", "--pid", "--fork", "--kill-child", *apart, "sh", "-ec", script, str(root), *arguments]


def _shell(environment: dict[str, str], line: str) -> list[str]:
    return [*(f"{name}={value}" for name, value in environment.items()), "sh", "-ec", line]


def step(stage: Stage, line: str) -> None:
    """RUN. Ends the check where it fails."""
    passed = {name: value for name, value in os.environ.items() if PASSED_ON.fullmatch(name)}
    environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", **passed, **stage.environment}
    done = subprocess.run(command(INSIDE, stage.root, *_shell(environment, f"cd {stage.folder}\n{line}")), check=False)
    if done.returncode:
        sys.exit(f"the step failed with {done.returncode}: {line}")


def copy(stage: Stage, rest: str, stages: dict[str, Stage]) -> None:
    """COPY, from the project without what .containerignore names, or from a stage."""
    *sources, target = [part for part in rest.split() if not part.startswith("--")]
    source = re.match(r"--from=(\w+)", rest)
    to = stage.root / str(Path(stage.folder, target)).lstrip("/")
    for part in sources:
        path = stages[source[1]].root / part.lstrip("/") if source else ROOT / part
        if path.is_dir():
            shutil.copytree(path, to, symlinks=True, dirs_exist_ok=True, ignore=None if source else _ignored)
        else:
            into = to / path.name if target.endswith("/") else to
            into.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, into)


def _ignored(folder: str, names: list[str]) -> set[str]:
    """Of the names in a folder, those that .containerignore leaves out."""
    patterns = (ROOT / ".containerignore").read_text().split()
    below = Path(folder).relative_to(ROOT)
    return {name for name in names for pattern in patterns if fnmatch.fnmatch(str(below / name), pattern) or fnmatch.fnmatch(f"/{below / name}", pattern)}


def built(text: str, work: Path) -> Stage:
    """The last stage, made step by step."""
    base, stages, stage = work / "base", {}, None
    if not (base / "usr/bin/python3").exists():
        subprocess.run(["debootstrap", "--variant=minbase", "--include=python3,python3-venv,ca-certificates", "bookworm", base], check=True)
    for name, rest in instructions(text):
        print(f"+ {name} {rest}", file=sys.stderr, flush=True)
        if name == "FROM":
            called = rest.partition(" AS ")[2] or "last"
            shutil.rmtree(work / called, ignore_errors=True)
            subprocess.run(["cp", "-a", base, work / called], check=True)
            stage = stages[called] = Stage(work / called)
        elif stage is None:
            assert name == "ARG"
        elif name == "RUN":
            step(stage, rest)
        elif name == "COPY":
            copy(stage, rest, stages)
        elif name == "ENV":
            stage.environment |= dict(pair.split("=", 1) for pair in rest.split())
        elif name == "WORKDIR":
            stage.folder = rest
            (stage.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
        else:
            stage.told[name] = rest
    assert stage is not None
    return stage


def proved(stage: Stage) -> int:
    """Run it: healthy, a summary, an orderly end; the exit code."""
    keys = stage.root / stage.environment["CASEBRIEF_API_KEYS_FILE"].lstrip("/")
    keys.parent.mkdir(parents=True, exist_ok=True)
    keys.unlink(missing_ok=True)
    step(stage, "casebrief keys add check > /run/key")
    keys.chmod(0o440)
    told = [[*words(stage.told["ENTRYPOINT"]), *words(stage.told["CMD"])], words(stage.told["HEALTHCHECK"]), (stage.root / "run/key").read_text().strip()]
    proof = PROOF.replace("STRANGER", str(STRANGER)).replace("PATIENCE_S", str(PATIENCE_S))
    (stage.root / "run/proof.py").write_text(proof)
    (stage.root / "run/told.json").write_text(json.dumps(told))
    run = _shell(stage.environment, 'exec python /run/proof.py "$(cat /run/told.json)"')
    return subprocess.run(command(ALONE % STRANGER, stage.root, " ".join(words(stage.told["VOLUME"])), *run, apart=["--net"]), check=False).returncode


def main() -> None:
    missing = [tool for tool in ("debootstrap", "unshare", "setpriv", "ip") if shutil.which(tool) is None]
    if os.geteuid() or missing:
        sys.exit(f"to be run as root, with debootstrap, util-linux and iproute2 (missing: {', '.join(missing) or 'nothing'})")
    with tempfile.TemporaryDirectory(prefix="casebrief-container-") as scratch:
        sys.exit(proved(built((ROOT / "Containerfile").read_text(), Path(sys.argv[1] if sys.argv[1:] else scratch))))


if __name__ == "__main__":
    main()
