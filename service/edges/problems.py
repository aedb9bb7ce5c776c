"""Problem details for HTTP (RFC 9457), and how errors of the model become problems."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any

from casebrief.models.errors import Cancelled, ModelError, ServerUnavailable
from pydantic import BaseModel, Field

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:casebrief:problem:"


class Fault(BaseModel):
    """One thing wrong with a request, with a JSON Pointer to it (RFC 6901)."""

    pointer: str
    detail: str


class ProblemDetails(BaseModel):
    """What went wrong and what would be right (RFC 9457)."""

    type: Annotated[str, Field(examples=["urn:casebrief:problem:invalid-request"])]
    title: Annotated[str, Field(examples=["The request does not fit"])]
    status: Annotated[int, Field(examples=[422])]
    detail: Annotated[str, Field(examples=['/articles/0/published_on: must be a day written as "2025-01-23"'])]
    errors: list[Fault] | None = None
    seconds_needed: Annotated[int | None, Field(description="Of what cannot be done in time: how long it would take on this machine")] = None
    instance: Annotated[str | None, Field(examples=["urn:casebrief:request:3f2c"], description="The request, by the id of its X-Request-Id")] = None


class Problem(Exception):
    """An error that a client gets; ``retry_after`` is in whole seconds, ``headers`` go with the document, ``extra`` members into it."""

    def __init__(
        self,
        status: int,
        kind: str,
        title: str,
        detail: str,
        *,
        errors: list[dict[str, str]] | None = None,
        retry_after: int | None = None,
        headers: dict[str, str] | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.kind, self.title, self.detail = status, kind, title, detail
        self.errors, self.headers, self.extra = errors, dict(headers or {}), dict(extra or {})
        if retry_after is not None:
            self.headers["Retry-After"] = str(retry_after)

    def body(self) -> dict[str, object]:
        """The problem document."""
        document: dict[str, object] = {"type": TYPE + self.kind, "title": self.title, "status": self.status, "detail": self.detail}
        if self.errors:
            document["errors"] = self.errors
        return document | self.extra


def unforeseen(error: Exception) -> Problem:
    """The problem of an error that nobody thought of."""
    return Problem(500, "unforeseen", "An error that we did not foresee", f"{type(error).__name__}; the log has more")


def of_engine(error: ModelError) -> Problem:
    """A model's failure as a problem: 503 where a retry may help, else 500."""
    kind = "".join(f"-{c.lower()}" if c.isupper() else c for c in type(error).__name__).lstrip("-")
    if isinstance(error, Cancelled):
        return Problem(504, "deadline", "The deadline has passed", str(error))
    if isinstance(error, ServerUnavailable):
        return Problem(503, kind, "The model's server does not answer", str(error), retry_after=math.ceil(error.after_s))
    if error.retry:
        return Problem(503, kind, "The model failed", f"{error}; it is being started again, send the request once more", retry_after=2)
    return Problem(500, kind, "The model failed", str(error))


def documented(told: Mapping[int, str], *statuses: int) -> dict[int | str, dict[str, Any]]:
    """Problems of a route by status, for the OpenAPI document; all that are ``told`` where none is named."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
    return {status: {"description": told[status], "content": content} for status in statuses or told}
