"""One case of a batch, done by one engine: what comes of it is a response, or the problem that POST /v1/summaries would answer."""

from __future__ import annotations

import hashlib
import json
import math
import time
from dataclasses import dataclass
from typing import Any

from casebrief.models.engine import Stop
from casebrief.models.errors import Cancelled, EngineError, EngineUnavailable
from casebrief.models.system import processors
from casebrief.service.batch.cases import Case, Folder
from casebrief.service.batch.out import Outcome
from casebrief.service.edges.desk import Turn, late
from casebrief.service.edges.given import sent_of
from casebrief.service.edges.problems import Problem, of_engine, unforeseen
from casebrief.service.edges.received import Sent
from casebrief.service.edges.requests import check_count, check_sizes, decode_json, most_bytes, of_document, to_sent
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.speed import of_trial
from casebrief.service.edges.summaries import all_told, told
from casebrief.service.edges.wiring import Casebrief

BEGUN = 3
"""How often a case is begun at most: one that takes the engine down with it is not begun for ever."""

LONGEST_ID = 200
"""Characters of a case's id."""


@dataclass(frozen=True)
class _Asked:
    """What is to be read of a case, and how."""

    sent: list[Sent]
    whole_s: float = math.inf
    every_case: bool = False


def threads_of(settings: Settings, workers: int) -> int:
    """Threads of each of so many engines: as set, else so many that they share the processors out."""
    return settings.threads or max(1, processors() // workers)


class CaseWorker:
    """Does cases with one engine, which is started; `close` ends it. Threads may share it."""

    def __init__(self, product: Casebrief) -> None:
        """Raises `casebrief.models.errors.ModelError` where the engine does not start."""
        self._product, self._speed = product, of_trial(product)
        product.engine.start()
        self.by = _read_by(product)
        """What reads here: outputs of two that differ are not mixed."""

    def close(self) -> None:
        """End the engine."""
        self._product.close()

    def __call__(self, case: Case, stop: Stop) -> Outcome:
        """What came of a case.

        Raises `Cancelled` where ``stop`` said so, `EngineUnavailable` where no engine can be had, and what the system refuses: none is the case's own fault.
        """
        name: str | None = case.content.name if isinstance(case.content, Folder) else None
        try:
            if isinstance(case.content, Folder):
                asked = _of_folder(case.content, self._product.settings)
            else:
                document = _document(case.content, self._product.settings)
                name = _id_of(document)
                asked = _of_document(document, self._product.settings)
            return Outcome(name, self._read(asked, stop), failed=False, by=self.by)
        except (Cancelled, EngineUnavailable, OSError):
            raise
        except EngineError as error:
            problem = of_engine(error)
        except Problem as error:
            problem = error
        except Exception as error:  # noqa: BLE001 - one case's fault ends that case, and is told without its values
            problem = unforeseen(error)
        return Outcome(name, json.dumps(problem.body(), ensure_ascii=False), failed=True, by=self.by)

    def _read(self, asked: _Asked, stop: Stop) -> str:
        whole_s = min(asked.whole_s, self._product.settings.jobs_deadline_s)
        for begun in range(1, BEGUN + 1):
            ends = time.monotonic() + whole_s
            turn = Turn(stop, lambda ends=ends: time.monotonic() > ends, 0.0, whole_s)  # type: ignore[misc]
            try:
                return self._response(asked, turn)
            except Cancelled:
                if stop():
                    raise
                raise late() from None
            except EngineError as error:
                if not error.retry or isinstance(error, EngineUnavailable) or begun == BEGUN:
                    raise
        raise AssertionError("a case was begun no more, and its error not told")

    def _response(self, asked: _Asked, turn: Turn) -> str:
        if asked.every_case:
            return all_told(self._product, self._speed, asked.sent, turn).model_dump_json(by_alias=True)
        return told(self._product, self._speed, asked.sent, turn).response.model_dump_json(by_alias=True)


def _read_by(product: Casebrief) -> str:
    """The model's name, with a sum of all that its summaries depend on but the machine."""
    provenance = product.summarizer.provenance().model_dump(exclude={"engine"})
    return f"{provenance['model']} {hashlib.sha256(json.dumps(provenance, sort_keys=True).encode()).hexdigest()[:12]}"


def _document(line: bytes | None, settings: Settings) -> dict[str, Any]:
    """The document of a line. Raises `Problem`."""
    if line is None:
        raise Problem(
            413, "line-too-long", "The line is too long", f"the line has more than {most_bytes(settings)} bytes: no case within the limits has so many"
        )
    document = decode_json(line)
    if not isinstance(document, dict):
        raise Problem(422, "invalid-request", "The request does not fit", 'the line is no object: a case is {"articles": [{"text": "…"}, …]}')
    return document


def _id_of(document: dict[str, Any]) -> str | None:
    """A document's id, which is taken out of it: it is the line's, not the request's. Raises `Problem` 422."""
    name = document.pop("id", None)
    if name is not None and not (isinstance(name, str) and len(name) <= LONGEST_ID and name.isprintable()):
        detail = f"/id: must be a string of at most {LONGEST_ID} printable characters"
        raise Problem(422, "invalid-request", "The request does not fit", detail, errors=[{"pointer": "/id", "detail": detail.removeprefix("/id: ")}])
    return name


def _of_document(document: dict[str, Any], settings: Settings) -> _Asked:
    request = of_document(document, settings)
    return _Asked(to_sent(request), request.deadline_s or math.inf, request.cases == "all")


def _of_folder(folder: Folder, settings: Settings) -> _Asked:
    """The articles of a folder's files, as `casebrief summarize` reads them. Raises `Problem`."""
    if folder.fault:
        raise Problem(422, "unreadable-file", "A file cannot be read", folder.fault)
    check_sizes([folder.size], settings)
    check_count(len(folder.files), settings)
    if not folder.files:
        raise Problem(422, "invalid-request", "The request does not fit", "the folder has no files: each article of the case is a file in it")
    return _Asked([sent_of(f"a{place}", path, content, None) for place, (path, content) in enumerate(folder.files, 1)])
