"""Runs: JSON Lines with a versioned header, readable without us; resumed after an interruption, losing and doubling nothing.

Line 1 is the header: everything that decides a result. Every further line is one sample: a case and a repeat, with the response as it came, of a dressed
run to the dressed articles, or with the error of the infrastructure (never a zero). What differs between two runs by nature (ids, seconds) stands under ``clock``.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from casebrief import __version__
from casebrief.evals.dress import put_on
from casebrief.evals.labels import Case
from casebrief.evals.matching import matchers_sha256
from casebrief.service.domain.schema import schema_sha256

FORMAT = 1
NEEDED = ("answered_by", "settings", "cases", "cases_sha256", "repeats")
PACKAGES = ("llama-cpp-python", "llguidance", "courts-db", "eyecite", "pydantic", "scipy")


class RunError(ValueError):
    """A run file that cannot be used, or that is of another setting."""


class NobodyAnswersError(RuntimeError):
    """Who was to answer the cases does not."""


class Answering(Protocol):
    """What answers a case: the pipeline in this process, a running service, or a baseline."""

    name: str

    def settings(self) -> dict[str, Any]:
        """What decides its answers: model, prompts, reader, threads, build."""

    def answer(self, case: Case) -> dict[str, Any]:
        """The response to a case's articles. Any exception is an error of the run."""


@dataclass(frozen=True)
class Sample:
    """One case in one repeat: a response, or an error in words."""

    case: str
    repeat: int
    response: dict[str, Any] | None
    error: str | None
    clock: dict[str, Any]

    def line(self) -> str:
        """The sample as one line of a run file."""
        record = {"case": self.case, "repeat": self.repeat, "response": self.response, "error": self.error, "clock": self.clock}
        return json.dumps(record, ensure_ascii=False, sort_keys=True)


@dataclass(frozen=True)
class Run:
    """A run as it was read: its header and its samples in the order of the file."""

    header: dict[str, Any]
    samples: tuple[Sample, ...]

    @property
    def errors(self) -> list[Sample]:
        return [sample for sample in self.samples if sample.error is not None]

    @property
    def cost(self) -> dict[str, float]:
        """Means a sample, as the clock and the counters had them: seconds, prompt tokens evaluated, output tokens."""
        told = [sample.clock.get("timings") or {} for sample in self.samples if sample.error is None]
        keys = ("total_s", "prompt_tokens", "output_tokens")
        return {key: sum(timings.get(key) or 0 for timings in told) / len(told) for key in keys} if told else {}

    @property
    def complete(self) -> bool:
        """Whether every case was answered in every repeat."""
        wanted = {(case, repeat) for case in self.header["cases"] for repeat in range(self.header["repeats"])}
        return wanted == {(sample.case, sample.repeat) for sample in self.samples if sample.error is None}


def cases_sha256(cases: Iterable[Case]) -> str:
    """One hash over the labels and articles of all cases."""
    return hashlib.sha256("".join(f"{case.id}{case.sha256}" for case in cases).encode()).hexdigest()


def header(cases: Sequence[Case], answering: Answering, repeats: int, of: str, dress: str | None) -> dict[str, Any]:
    """Everything that decides a result; ``of`` names the set of the cases."""
    return {
        "casebrief_run": FORMAT,
        "version": __version__,
        "answered_by": answering.name,
        "settings": answering.settings(),
        "set": of,
        "dress": dress,
        "cases": [case.id for case in cases],
        "cases_sha256": cases_sha256(cases),
        "matchers_sha256": matchers_sha256(),
        "schema_sha256": schema_sha256(),
        "repeats": repeats,
        "packages": {name: version(name) for name in PACKAGES},
        "python": platform.python_version(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
    }


def execute(
    cases: Sequence[Case],
    answering: Answering,
    path: Path,
    repeats: int = 1,
    tell: Callable[[Sample], None] = lambda sample: None,
    *,
    of: str = "cases",
    dress: str | None = None,
) -> Run:
    """Answer all cases of a set, in a dress if one is named, into a run file; samples that the file already holds are not asked again.

    Raises `RunError` when the file holds a run of another setting.
    """
    head = header(cases, answering, repeats, of, dress)
    done = _begin(path, head)
    for repeat in range(repeats):
        for case in cases:
            if (case.id, repeat) in done:
                tell(done[case.id, repeat])
                continue
            sample = _ask(put_on(case, dress) if dress else case, repeat, answering)
            _append(path, sample.line())
            tell(sample)
    return read(path)


def _begin(path: Path, head: dict[str, Any]) -> dict[tuple[str, int], Sample]:
    """The samples of an interrupted run of the same setting; a half-written last line and errors are dropped."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or not path.read_bytes().strip():
        _replace(path, [json.dumps(head, sort_keys=True)])
        return {}
    try:
        run = read(path, mended=True)
    except RunError:
        if b"\n" in path.read_bytes():
            raise
        _replace(path, [json.dumps(head, sort_keys=True)])
        return {}
    if run.header != head:
        differing = ", ".join(sorted(key for key in {*run.header, *head} if run.header.get(key) != head.get(key)))
        raise RunError(f"{path} holds a run of another setting ({differing} differ): give another --out")
    kept = [sample for sample in run.samples if sample.error is None]
    _replace(path, [json.dumps(head, sort_keys=True), *(sample.line() for sample in kept)])
    return {(sample.case, sample.repeat): sample for sample in kept}


def _ask(case: Case, repeat: int, answering: Answering) -> Sample:
    try:
        response = answering.answer(case)
    except Exception as error:  # noqa: BLE001 - whatever fails is a record of the run, never a score of zero
        return Sample(case.id, repeat, None, f"{type(error).__name__}: {error}", {})
    clock = {"id": response.pop("id", None), "timings": response.pop("timings", None)}
    return Sample(case.id, repeat, response, None, clock)


def _append(path: Path, line: str) -> None:
    with path.open("a", encoding="utf-8", newline="\n") as stream:
        stream.write(line + "\n")
        stream.flush()
        os.fsync(stream.fileno())


def _replace(path: Path, lines: Sequence[str]) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_text("".join(line + "\n" for line in lines), encoding="utf-8", newline="\n")
    fresh.replace(path)


def read(path: Path, *, mended: bool = False) -> Run:
    """Read a run file; ``mended`` drops a last line that was cut off. Raises `RunError`."""
    try:
        data = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RunError(f"{path}: {error}") from error
    lines = data.split("\n")
    cut = lines.pop()
    if cut and not mended:
        raise RunError(f"{path}: the last line is cut off; run it again to go on")
    try:
        head = json.loads(lines[0]) if lines else None
        samples = tuple(_sample(json.loads(line)) for line in lines[1:])
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(f"{path} is no run file: {error}") from error
    if not isinstance(head, dict) or head.get("casebrief_run") != FORMAT:
        raise RunError(f"{path} is no run file of version {FORMAT}")
    if lost := [key for key in NEEDED if key not in head]:
        raise RunError(f"{path} is no run file: its header lacks {', '.join(lost)}")
    return Run(head, samples)


def _sample(record: dict[str, Any]) -> Sample:
    return Sample(record["case"], record["repeat"], record["response"], record["error"], record["clock"])
