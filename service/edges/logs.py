"""What the service logs: one line a request, in words or as JSON. Nothing of what clients sent: no text, no names, no values of errors."""

from __future__ import annotations

import datetime
import json
import logging
from collections.abc import Iterator
from dataclasses import asdict
from types import TracebackType
from typing import Any, Literal

from casebrief.service.edges.watch import Ended

LogForm = Literal["plain", "json"]

_log = logging.getLogger("casebrief")


def log_config(form: LogForm) -> dict[str, Any]:
    """For `logging.config`: everything that any library logs goes the same way, to standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": JsonLines if form == "json" else PlainLines}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines", "stream": "ext://sys.stderr"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {name: {"level": "INFO"} for name in ("casebrief", "uvicorn")},
    }


def log_request(ended: Ended) -> None:
    """One line for a request."""
    told = asdict(ended)
    told.update({"seconds": round(ended.seconds, 4), "reason": ended.reason or None}, **told.pop("ids"))
    _log.info("%s %s %d", ended.method, ended.route or "-", ended.status, extra={"told": told})


class PlainLines(logging.Formatter):
    """Lines for a person: level, message, and what belongs to it as name=value."""

    def format(self, record: logging.LogRecord) -> str:
        told = {name: value for name, value in _told(record).items() if name not in ("method", "route", "status")}
        words = [f"{record.levelname}:", record.getMessage(), *(f"{name}={value}" for name, value in told.items())]
        return "\n".join([" ".join(words), *(f"    {line}" for line in _trace(record))])


class JsonLines(logging.Formatter):
    """An object a line: time (UTC, RFC 3339), level, logger, message, and what belongs to it."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.datetime.fromtimestamp(record.created, datetime.UTC).isoformat(timespec="milliseconds")
        line = {"time": at, "level": record.levelname.lower(), "logger": record.name, "message": record.getMessage(), **_told(record)}
        if trace := _trace(record):
            line["trace"] = trace
        return json.dumps(line, ensure_ascii=False)


def _told(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in getattr(record, "told", {}).items() if value is not None}


def _trace(record: logging.LogRecord) -> list[str]:
    """Where an error came from, its causes first. An error's message may quote what was sent: its kind alone is told."""
    return list(_lines_of(record.exc_info[1])) if record.exc_info and record.exc_info[1] else []


def _lines_of(error: BaseException) -> Iterator[str]:
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before:
        yield from _lines_of(before)
    yield f"{type(error).__module__}.{type(error).__qualname__}"
    yield from _frames(error.__traceback__)


def _frames(trace: TracebackType | None) -> Iterator[str]:
    while trace:
        code = trace.tb_frame.f_code
        yield f"{code.co_filename}:{trace.tb_lineno} in {code.co_name}"
        trace = trace.tb_next
