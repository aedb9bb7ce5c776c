"""Evidence: what one article's words say about one field, before articles are put together."""

from __future__ import annotations

from dataclasses import dataclass

from casebrief.service.domain.schema import LONGEST_VALUE, FoundBy, Guarantee
from casebrief.service.domain.spans import Span
from pydantic import BaseModel


@dataclass(frozen=True)
class Evidence:
    """One reading of one article.

    ``span`` is the quote; ``value`` is what a reader sees; ``confidence`` is 0 to 1. ``about`` tells what a figure, an
    event or a broken quotation belongs to, so that only like is compared with like. ``vector`` stands for what the words state, where the
    reader gives one. ``basis`` are the words within the quote that the typed form was computed from, where it says more than they do.
    """

    field: str
    article: str
    span: Span
    value: str
    normalized: BaseModel | None
    guarantee: Guarantee
    confidence: float
    found_by: FoundBy = "rule"
    about: str = ""
    vector: tuple[float, ...] = ()
    basis: Span | None = None


class NotGrounded(ValueError):
    """Evidence whose words are not in its article."""


def grounded(evidence: Evidence, text: str) -> Evidence:
    """The evidence, checked against its article's text. Raises `NotGrounded`."""
    span = evidence.span
    if not (0 <= span.start < span.end <= len(text)):
        raise NotGrounded(f"{evidence.field}: span {span} is outside a text of {len(text)} characters")
    if evidence.guarantee == "copied" and evidence.value != span.of(text):
        raise NotGrounded(f"{evidence.field}: {evidence.value!r} is not what stands at {span}")
    if evidence.basis and not (span.start <= evidence.basis.start < evidence.basis.end <= span.end):
        raise NotGrounded(f"{evidence.field}: what its typed form was computed from, {evidence.basis}, is not within {span}")
    if not 0 < len(evidence.value) <= LONGEST_VALUE:
        raise NotGrounded(f"{evidence.field}: a value of {len(evidence.value)} characters")
    return evidence


def copied(field: str, article: str, text: str, span: Span, confidence: float, normalized: BaseModel | None = None, about: str = "") -> Evidence:
    """Evidence whose value is its quote."""
    return Evidence(field, article, span, span.of(text), normalized, "copied", confidence, about=about)


def computed(field: str, article: str, span: Span, value: str, confidence: float, normalized: BaseModel | None = None, about: str = "") -> Evidence:
    """Evidence whose value a rule computed from its quote."""
    return Evidence(field, article, span, value, normalized, "normalized", confidence, about=about)
