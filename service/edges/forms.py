"""The body of a request by its content type: JSON as it is, and ``multipart/form-data`` made into the same document."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator
from typing import Any

from casebrief.service.edges.problems import Problem
from casebrief.service.edges.requests import SummaryRequest, decode_json, of_document
from casebrief.service.edges.settings import Settings
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

JSON, MULTIPART = "application/json", "multipart/form-data"
FILE, ARTICLES, DEADLINE, CASES = "file", "articles", "deadline_s", "cases"

FORM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": [FILE],
    "properties": {
        FILE: {"type": "array", "minItems": 1, "items": {"type": "string", "format": "binary"}, "description": "The files, one article each, in their order."},
        ARTICLES: {
            "type": "string",
            "contentMediaType": JSON,
            "description": "A JSON list with an object for each file, in their order, of the keys `id`, `title`, `publisher`, `url`, `published_on`; `{}` where there is nothing to say.",
        },
        DEADLINE: {"type": "string", "description": "As in the JSON request."},
        CASES: {"type": "string", "enum": ["one", "all"], "description": "As in the JSON request."},
    },
    "additionalProperties": False,
}
"""For the document: how a form looks."""


def media_type(headers: Headers) -> str:
    """The content type without its parameters. Raises `Problem` 415 unless it is one of the two, of a body that is not compressed."""
    packed = headers.get("content-encoding", "identity").strip().lower()
    if packed != "identity":
        detail = f"the content encoding {packed!r} is not read: send the body as it is"
        raise Problem(415, "unsupported-media-type", "The content encoding is not read", detail, headers={"Accept-Encoding": "identity"})
    given = headers.get("content-type", "").partition(";")[0].strip().lower()
    if given not in (JSON, MULTIPART):
        what = f"the content type {given!r} is" if given else "a body without a content type is"
        detail = f'{what} not read: send {JSON} (text, HTML or base64 of a file in it), or {MULTIPART} with files as "{FILE}"'
        raise Problem(415, "unsupported-media-type", "The content type is not read", detail)
    return given


async def read_request(body: bytes, headers: Headers, settings: Settings) -> SummaryRequest:
    """The request of a body, parsed in a thread: others are served meanwhile. Raises `Problem`: 400, 413, 415 or 422."""
    read = decode_json if media_type(headers) == JSON else lambda form: asyncio.run(_document(form, headers, settings))
    return await run_in_threadpool(lambda: of_document(read(body), settings))


async def _document(body: bytes, headers: Headers, settings: Settings) -> dict[str, Any]:
    """A form as the document that JSON would have sent."""
    form = await parse_form(body, headers, files=settings.max_articles, fields=3, field_bytes=1 << 20)
    try:
        return await _put_together(form)
    finally:
        await form.close()


async def parse_form(body: bytes, headers: Headers, *, files: int, fields: int, field_bytes: int) -> FormData:
    """The fields of a form, to be closed by the caller. Raises `Problem` 400 where it is none, or has more files, fields or bytes of a field."""

    async def whole() -> AsyncGenerator[bytes, None]:
        yield body

    parser = MultiPartParser(headers, whole(), max_files=files, max_fields=fields, max_part_size=field_bytes)
    parser.spool_max_size = len(body) + 1  # nothing that a client sends is written to disk
    try:
        return await parser.parse()
    except MultiPartException as error:
        raise Problem(400, "not-a-form", "The body is not a form", f"{error.message.rstrip('.')}; send {MULTIPART} with at most {files} files") from None


async def _put_together(form: FormData) -> dict[str, Any]:
    unknown = sorted(set(form) - {FILE, ARTICLES, DEADLINE, CASES})
    if unknown:
        raise _unfit(f'the field {unknown[0]!r} is not known: files come as "{FILE}"')
    uploads = form.getlist(FILE)
    files = [upload for upload in uploads if isinstance(upload, UploadFile)]
    if not files or len(files) != len(uploads):
        raise _unfit(f'the field "{FILE}" must hold a file, with a file name')
    about = _json(form, ARTICLES, [{} for _ in files])
    if not isinstance(about, list) or len(about) != len(files) or not all(isinstance(one, dict) for one in about):
        raise _unfit(f'the field "{ARTICLES}" must be a list with one object for each of the {len(files)} files')
    articles = []
    for said, file in zip(about, files, strict=True):
        named = {"name": file.filename} if file.filename else {}
        articles.append({**named, **said, "file": base64.b64encode(await file.read()).decode("ascii")})
    deadline = _json(form, DEADLINE, None)
    cases = _text(form, CASES)
    return {"articles": articles} | ({} if deadline is None else {DEADLINE: deadline}) | ({} if cases is None else {CASES: cases})


def _json(form: FormData, name: str, missing: Any) -> Any:
    """A field's value, which is JSON; ``missing`` where there is none."""
    written = _text(form, name)
    if written is None:
        return missing
    try:
        return decode_json(written.encode())
    except Problem as error:
        raise _unfit(f"the field {name!r} is not JSON: {error.detail.partition(';')[0]}") from None


def _text(form: FormData, name: str) -> str | None:
    """A field's text, or ``None`` where there is none."""
    values = form.getlist(name)
    if not values:
        return None
    if len(values) > 1 or not isinstance(values[0], str):
        raise _unfit(f"the field {name!r} must be given once, as text")
    return values[0]


def _unfit(detail: str) -> Problem:
    return Problem(422, "invalid-request", "The request does not fit", detail)
