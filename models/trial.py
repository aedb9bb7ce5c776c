"""Which form of a model's weights reads fastest on this machine: each is tried once, at set-up, and the result remembered.

No flag tells it: 16 bits are the fastest form where AVX-512 BF16 is all there is, and the slowest where AMX multiplies 8 bits
(DECISIONS.md, 16). Each form is tried in a process of its own (`casebrief.models.pace`): one that dies of it costs only that form.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

from casebrief.models.catalog import AS_SHIPPED, Catalog, Loading
from casebrief.models.engine import EngineConfig
from casebrief.models.errors import EngineError
from casebrief.models.machine import processor_flags, processor_name, refuse_if_too_large
from casebrief.models.process import ENVIRONMENT
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

LIMIT_S = 600
"""Seconds after which a process that tries a form is taken to hang."""


class Trial(BaseModel):
    """What was measured, of what, and on what: prompt tokens a second by form, and the checksum of each form's file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    machine: dict[str, str]
    files: dict[Loading, str]
    tokens_per_s: dict[Loading, float]

    @property
    def fastest(self) -> Loading:
        """The form to take."""
        return max(self.tokens_per_s, key=lambda form: self.tokens_per_s[form])

    def __str__(self) -> str:
        return ", ".join(f"{form} {pace:,.0f}" for form, pace in sorted(self.tokens_per_s.items(), key=lambda told: -told[1])) + " prompt tokens/s"


def candidates(catalog: Catalog, name: str) -> dict[Loading, str]:
    """The forms among which there is a choice, with their checksums: the merged ones, and the file as shipped where no adapter must be merged."""
    entry = catalog.entry(name)
    found: dict[Loading, str] = dict(entry.merged.items())
    if not entry.adapters:
        found[AS_SHIPPED] = entry.sha256
    return found


def remembered(catalog: Catalog, name: str, machine: Mapping[str, str]) -> Trial | None:
    """The trial of just these files on just this machine, if there was one."""
    try:
        trial = Trial.model_validate_json(_path(catalog, name).read_bytes())
    except (OSError, ValidationError):
        return None
    return trial if trial.machine == machine and trial.files == candidates(catalog, name) and trial.tokens_per_s else None


def try_forms(
    catalog: Catalog,
    name: str,
    machine: Mapping[str, str],
    config_of: Callable[[Loading], EngineConfig],
    tell: Callable[[str], None] = lambda told: None,
) -> Trial | None:
    """Try every form, remember the result, and delete the merged files that lost; ``None`` when no form could be tried.

    ``config_of`` says how a form is loaded, and makes its file where it is missing. Raises `casebrief.models.errors.CatalogError`.
    """
    files = candidates(catalog, name)
    paces: dict[Loading, float] = {}
    for form in files:
        pace = _pace(config_of(form))
        tell(f"{name} as {form}: " + (f"{pace:,.0f} prompt tokens/s" if pace else "cannot be run here"))
        if pace:
            paces[form] = pace
    if not paces:
        return None
    trial = Trial(machine=dict(machine), files=files, tokens_per_s=paces)
    _remember(_path(catalog, name), trial)
    for form in files:
        if form not in (AS_SHIPPED, trial.fastest):
            catalog.drop_merged(name, form)
    return trial


def this_machine(**loaded: object) -> dict[str, str]:
    """What decides how fast a form is: processor, library, and how models are loaded (threads and the like, by name)."""
    return {
        "processor": processor_name(),
        "flags": hashlib.sha256(" ".join(sorted(processor_flags())).encode()).hexdigest()[:12],
        "processors": str(os.cpu_count()),
        "library": f"llama-cpp-python {version('llama-cpp-python')}",
        **{name: str(value) for name, value in loaded.items()},
    }


def _pace(config: EngineConfig) -> float | None:
    """Prompt tokens a second, measured in a process of its own; ``None`` where that process did not come to an end."""
    try:
        refuse_if_too_large(config)
        done = subprocess.run(
            [sys.executable, "-P", "-m", "casebrief.models.pace"],
            input=TypeAdapter(EngineConfig).dump_json(config),
            capture_output=True,
            check=True,
            timeout=LIMIT_S,
            env=ENVIRONMENT | os.environ,
        )
        return float(done.stdout)
    except (EngineError, subprocess.SubprocessError, ValueError):
        return None


def _path(catalog: Catalog, name: str) -> Path:
    return catalog.folder / "merged" / f"{name}.trial.json"


def _remember(path: Path, trial: Trial) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".part", delete=False, encoding="utf-8") as part:
        part.write(trial.model_dump_json(indent=2) + "\n")
    Path(part.name).replace(path)
