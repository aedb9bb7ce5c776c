"""A summary as rows, for CSV and JSON Lines: a fact a row, then what sources disagree on, the sources, and where all of it comes from."""

from __future__ import annotations

import csv
import datetime
import io
import json
from collections.abc import Iterator
from typing import Any

from casebrief.service.domain.schema import Citation, Fact, SummaryResponse
from casebrief.service.domain.view import harmless
from casebrief.service.exports.facts import abstract_of, facts, positions
from casebrief.service.exports.wording import origin

CORRECTED = ("action", "by", "at", "was")
COLUMNS = (
    "row",
    "id",
    "field",
    "value",
    "normalized",
    "guarantee",
    "confidence",
    "independent_sources",
    "articles",
    "citations",
    *(f"corrected_{key}" for key in CORRECTED),
)
"""Of the CSV. ``row`` is fact, conflict, unplaced (a correction that the summary does not show), source or about; ``id`` names the fact, the position ("k1-2": the second of the first conflict), the correction or the article."""

Row = dict[str, Any]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a cell begins with that a spreadsheet would compute."""


def rows(response: SummaryResponse, on: datetime.date) -> Iterator[Row]:
    """The rows as JSON values; keys that do not apply are missing."""
    for stated in (*facts(response), *abstract_of(response)):
        yield {"row": "fact", "id": stated.id, "field": stated.field, **_fact(stated.fact)}
    for sides in positions(response):
        for said in sides:
            conflict, position = said.conflict, said.position
            about = {"field": conflict.field, "kind": conflict.kind, "about": conflict.about}
            normalized = _dumped(position.normalized)
            yield {"row": "conflict", "id": said.id, **about, "value": position.value, "normalized": normalized, "citations": _cited(position.citations)}
    for correction in response.corrections.unplaced if response.corrections else ():
        yield {"row": "unplaced", **correction.model_dump(mode="json")}
    ledger = {line.article: line for line in response.ledger}
    for article in response.articles:
        report = article.model_dump(mode="json", include={"title", "publisher", "url", "published_on", "published_on_from", "copy_of", "sha256", "characters"})
        line = ledger[article.id].model_dump(mode="json", include={"outcome", "reason", "facts", "share"})
        yield {"row": "source", "id": article.id, **report, **line}
    for name, told in origin(response, on):
        yield {"row": "about", "field": name, "value": told}


def json_lines(response: SummaryResponse, on: datetime.date) -> str:
    """A JSON object a line."""
    return "".join(json.dumps(row, ensure_ascii=True) + "\n" for row in rows(response, on))


def table(response: SummaryResponse, on: datetime.date) -> str:
    """CSV (RFC 4180) after a byte-order mark, by which spreadsheets know UTF-8. No cell is a formula: one that would be has an apostrophe before it."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows(response, on):
        writer.writerow([_cell(row, column) for column in COLUMNS])
    return "\N{BYTE ORDER MARK}" + written.getvalue()


def _fact(fact: Fact[Any]) -> Row:
    told = fact.model_dump(mode="json", by_alias=True, include={"value", "guarantee", "confidence", "independent_sources", "found_by", "to_come", "corrected"})
    return {**told, "normalized": _dumped(fact.normalized), "citations": _cited(fact.citations)}


def _dumped(normalized: Any) -> Any:
    return None if normalized is None else normalized.model_dump(mode="json", by_alias=True)


def _cited(citations: list[Citation]) -> list[Row]:
    return [citation.model_dump(mode="json") for citation in citations]


def _cell(row: Row, column: str) -> str:
    """A cell's text on one line, without characters that nobody sees, and defused."""
    text = " ".join(harmless(_text(row, column)).split())
    return f"'{text}" if text.startswith(_FORMULA) else text


def _text(row: Row, column: str) -> str:
    citations = row.get("citations", [])
    if column == "articles":
        return ", ".join(dict.fromkeys(citation["article"] for citation in citations))
    if column == "citations":
        return " | ".join(f"{one['article']} {one['start']}–{one['end']}: “{one['quote']}”" for one in citations)
    if column == "field" and row["row"] == "conflict":
        return f"{row['field']}: {row['kind']} about {row['about']}"
    if column == "value" and row["row"] == "source":
        return "; ".join(f"{key}: {told}" for key, told in row.items() if key not in ("row", "id") and told is not None)
    if column == "value" and row["row"] == "unplaced":
        return f"{row['action']}: {row['value']}: {row['reason']}"
    told = row.get("corrected", {}).get(column.removeprefix("corrected_")) if column.startswith("corrected_") else row.get(column)
    if told is None:
        return ""
    return told if isinstance(told, str) else json.dumps(told, ensure_ascii=False)
