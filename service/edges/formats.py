"""The forms that a summary can be had in: by name, by a file's suffix, and by what an HTTP client accepts."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from casebrief.service.domain.schema import SummaryResponse
from casebrief.service.exports.markdown import markdown
from casebrief.service.exports.rows import json_lines, table
from casebrief.service.page.render import standalone

UTF8 = "; charset=utf-8"


@dataclass(frozen=True)
class Told:
    """A summary to be written: the response, the texts of its articles by id, and the day."""

    response: SummaryResponse
    texts: Mapping[str, str]
    on: datetime.date


@dataclass(frozen=True)
class Format:
    """One form. The first of ``suffixes`` is the usual one; ``parameters`` follow the media type in the Content-Type."""

    name: str
    suffixes: tuple[str, ...]
    media_type: str
    parameters: str
    write: Callable[[Told], bytes]

    @property
    def content_type(self) -> str:
        return self.media_type + self.parameters


def today() -> datetime.date:
    """The day that is written into a document, in UTC."""
    return datetime.datetime.now(datetime.UTC).date()


def as_json(response: SummaryResponse) -> str:
    """The response as the contract has it, indented."""
    return response.model_dump_json(by_alias=True, indent=2) + "\n"


def _docx(told: Told) -> bytes:
    from casebrief.service.exports.word import word  # its library is for this form alone

    return word(told.response, told.on)


FORMATS = (
    Format("json", (".json",), "application/json", "", lambda told: as_json(told.response).encode()),
    Format("markdown", (".md", ".markdown"), "text/markdown", UTF8, lambda told: markdown(told.response, told.on).encode()),
    Format("html", (".html", ".htm"), "text/html", UTF8, lambda told: standalone(told.response, told.texts, told.on).encode()),
    Format("docx", (".docx",), "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "", _docx),
    Format("csv", (".csv",), "text/csv", UTF8, lambda told: table(told.response, told.on).encode()),
    Format("jsonl", (".jsonl", ".ndjson"), "application/x-ndjson", "", lambda told: json_lines(told.response, told.on).encode()),
)
"""JSON first: what is sent to those who take anything."""

BY_NAME = {form.name: form for form in FORMATS}
BY_SUFFIX = {suffix: form for form in FORMATS for suffix in form.suffixes}


def of_path(path: Path) -> Format | None:
    """The form that a file's suffix names."""
    return BY_SUFFIX.get(path.suffix.lower())


def accepted(header: str) -> Format | None:
    """The form that a client likes best (RFC 9110, 12.5.1), of equals the first; ``None`` where it takes none of them.

    >>> accepted("text/csv;q=0.5, text/markdown").name, accepted("*/*").name, accepted("image/png")
    ('markdown', 'json', None)
    """
    ranges = [_range(part) for part in header.split(",") if part.strip()] or [("*/*", 1.0)]
    best = max(FORMATS, key=lambda form: _liking(form, ranges))
    return best if _liking(best, ranges) > 0 else None


def _range(part: str) -> tuple[str, float]:
    """A media range and its weight; one that cannot be read weighs nothing."""
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weight = next((parameter.partition("=")[2] for parameter in parameters if parameter.partition("=")[0].strip() == "q"), "1")
    try:
        return name, min(1.0, max(0.0, float(weight)))
    except ValueError:
        return name, 0.0


def _liking(form: Format, ranges: list[tuple[str, float]]) -> float:
    """The weight of the closest range that a form is in."""
    for wanted in (form.media_type, f"{form.media_type.partition('/')[0]}/*", "*/*"):
        weights = [weight for name, weight in ranges if name == wanted]
        if weights:
            return max(weights)
    return 0.0
