"""What all pages share: the guards that they are sent with, and how their forms are read."""

from __future__ import annotations

import asyncio

from casebrief.service.edges.forms import MULTIPART, parse_form
from casebrief.service.edges.problems import Problem
from fastapi import Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, Headers

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The page loads its own script, style and icon, asks its own server, and runs nothing that is written into it."""

GUARDS = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store"}
SAVED_AS = {"markdown": "Markdown", "docx": "Word", "html": "HTML", "csv": "CSV", "jsonl": "JSON Lines", "json": "JSON"}
"""By format, in the order of the buttons: what they say."""


def html(page: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A page, guarded."""
    return Response(page, status, {**GUARDS, **(headers or {})}, media_type="text/html")


async def parsed(body: bytes, headers: Headers, *, files: int, fields: int) -> FormData:
    """A form of a page. Raises `Problem` 400 or 415."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() != MULTIPART:
        raise Problem(415, "unsupported-media-type", "The content type is not read", f"the page sends {MULTIPART}")
    return await run_in_threadpool(lambda: asyncio.run(parse_form(body, headers, files=files, fields=fields, field_bytes=len(body) + 1)))
