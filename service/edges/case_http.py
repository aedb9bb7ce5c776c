"""Case files over HTTP: made, listed, shown, added to, compared and removed. Every answer on a case carries its number as ETag."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from casebrief.service.cases.changes import Change
from casebrief.service.cases.errors import CaseError, NoSuchNumber
from casebrief.service.cases.store import Case, CaseStore
from casebrief.service.domain.schema import Frozen, LedgerLine, SummaryResponse
from casebrief.service.edges.case_problems import number_of, of_case, tag_of
from casebrief.service.edges.casework import Added, CaseWork, add_asked, changes_between, history
from casebrief.service.edges.corrected import corrected
from casebrief.service.edges.desk import Desk
from casebrief.service.edges.formats import FORMATS, Format, Told, accepted, today
from casebrief.service.edges.forms import FORM_SCHEMA, JSON, MULTIPART, media_type, read_request
from casebrief.service.edges.problems import Problem, documented
from casebrief.service.edges.requests import decode_json, one_case
from casebrief.service.edges.wiring import Casebrief
from fastapi import APIRouter, Request, Response
from pydantic import Field, TypeAdapter, ValidationError
from starlette.concurrency import run_in_threadpool

T = TypeVar("T")

BodyOf = Callable[[Request], Awaitable[bytes]]
"""Reads a body within the server's limits of size and time."""


class NewCase(Frozen):
    name: Annotated[str, Field(description="Its name and its id: up to 64 letters, digits, dots, dashes and underscores.", examples=["norvane"])]


class CaseLine(Frozen):
    """A case as it is listed. ``number`` is 0 when it is made, and one more with every addition and every correction."""

    name: str
    number: int
    articles: int
    made_at: str
    changed_at: str


class Version(Frozen):
    """A version of an article: the case's number with which it came, and the SHA-256 of its text."""

    number: int
    at: str
    sha256: str


class ArticleLine(Frozen):
    id: str
    versions: list[Version]


class CaseOut(CaseLine):
    """A case: the versions of its articles, the newest last, and its summary as people corrected it; null before anything was added."""

    history: list[ArticleLine]
    summary: SummaryResponse | None


class AddedOut(Frozen):
    """What came of an addition.

    ``since``: the number that the changes count from; ``stored``: articles that have a new version, and what became of each in ``ledger``; ``known``: those that had it.
    """

    number: int
    since: int
    stored: list[str]
    known: list[str]
    ledger: list[LedgerLine]
    changes: list[Change]

    @classmethod
    def of(cls, added: Added) -> AddedOut:
        return cls(number=added.number, since=added.since, stored=added.stored, known=added.known, ledger=added.ledger, changes=added.changes)


class ChangesOut(Frozen):
    number: int
    since: int
    changes: list[Change]


_lines = TypeAdapter(list[CaseLine])
_STATUSES = {
    400: "The body is not JSON, or no form",
    404: "There is no such case",
    406: "The answer cannot be had in a form that Accept names",
    408: "The body did not come in time",
    409: "There is a case of that name, or nothing was added to it yet",
    412: "The case is no longer at the number that If-Match names",
    413: "More articles, characters or bytes than the limits allow",
    415: "The content type is neither JSON nor a form",
    422: "Something in the request does not fit, or a file cannot be read",
    500: "The case files are out of reach, or the model failed",
    503: "The queue is full, or the model is being restarted; see Retry-After",
    504: "The deadline has passed; nothing was stored",
}


ARTICLES = {JSON: {"schema": {"$ref": "#/components/schemas/SummaryRequest"}}, MULTIPART: {"schema": FORM_SCHEMA}}
NEW_CASE = {JSON: {"schema": NewCase.model_json_schema()}}
SINCE = {
    "name": "since",
    "in": "query",
    "schema": {"type": "integer", "minimum": 0, "default": 0},
    "description": "A number of the case; 0: all that it states.",
}
SHOWN: dict[int | str, dict[str, Any]] = {200: {"content": {form.media_type: {"schema": {"type": "string"}} for form in FORMATS if form.media_type != JSON}}}


def cases_router(product: Casebrief, desk: Desk, body_of: BodyOf) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1/cases")
    work = CaseWork.of(product)
    store = work.store

    @router.get("", response_model=list[CaseLine], responses=documented(_STATUSES, 500), summary="The case files")
    async def cases() -> Response:
        return _json(_lines.dump_json([_line(case) for case in await _tried(store.cases)]))

    @router.post(
        "",
        status_code=201,
        response_model=CaseLine,
        responses=documented(_STATUSES, 400, 408, 409, 413, 415, 422, 500),
        openapi_extra={"requestBody": {"required": True, "content": NEW_CASE}},
        summary="Make a case file",
    )
    async def new(request: Request) -> Response:
        if media_type(request.headers) != JSON:
            raise Problem(415, "unsupported-media-type", "The content type is not read", f"a case is made of {JSON}")
        wanted = _new_case(await body_of(request))
        case = await _tried(lambda: store.new(wanted.name))
        return _json(_line(case).model_dump_json(), case.number, status=201, Location=f"/v1/cases/{case.name}")

    @router.get("/{name}", response_model=CaseOut, responses=SHOWN | documented(_STATUSES, 404, 406, 409, 500), summary="A case file, in any form of a summary")
    async def show(name: str, request: Request) -> Response:
        form = accepted(request.headers.get("accept", "*/*"))
        if form is None:
            detail = f"a case can be had as {', '.join(form.media_type for form in FORMATS)}"
            raise Problem(406, "not-acceptable", "The answer cannot be had in that form", detail)
        return await _tried(lambda: _shown(store, name, form, request.headers.get("if-none-match")))

    @router.post(
        "/{name}/articles",
        response_model=AddedOut,
        responses=documented(_STATUSES, 400, 404, 408, 412, 413, 415, 422, 500, 503, 504),
        openapi_extra={"requestBody": {"required": True, "content": ARTICLES}},
        summary="Add articles to a case file: they alone are read, and what they change is told",
    )
    async def add(name: str, request: Request) -> Response:
        at_number = number_of(request.headers.get("if-match"))
        media_type(request.headers)  # refused before its body is read
        wanted = one_case(await read_request(await body_of(request), request.headers, product.settings))
        await _tried(lambda: store.versions(name))  # a case that is none is refused before it waits
        try:
            added = await add_asked(work, desk, product.settings, name, wanted, request.is_disconnected, at_number)
        except CaseError as error:
            raise of_case(error) from None
        return _json(AddedOut.of(added).model_dump_json(by_alias=True), added.number)

    @router.get(
        "/{name}/changes",
        response_model=ChangesOut,
        responses=documented(_STATUSES, 404, 422, 500),
        openapi_extra={"parameters": [SINCE]},
        summary="What changed in a case file since a number",
    )
    async def changes(name: str, request: Request) -> Response:
        since = _since(request.query_params.get("since", "0"))
        case = (await _tried(lambda: store.opened(name))).case
        found = await _tried(lambda: changes_between(store, name, since, case.number))
        return _json(ChangesOut(number=case.number, since=since, changes=found).model_dump_json(by_alias=True), case.number)

    @router.delete("/{name}", status_code=204, responses=documented(_STATUSES, 404, 412, 500), summary="Remove a case file, with all that was kept of it")
    async def remove(name: str, request: Request) -> Response:
        at_number = number_of(request.headers.get("if-match"))
        await _tried(lambda: store.remove(name, at_number))
        return Response(status_code=204)

    return router


async def _tried(work: Callable[[], T]) -> T:
    """What comes of some work on case files, in a thread of its own. Raises `Problem` for what they refuse."""
    try:
        return await run_in_threadpool(work)
    except CaseError as error:
        raise of_case(error) from None


def _shown(store: CaseStore, name: str, form: Format, seen: str | None) -> Response:
    opened = store.opened(name)
    if seen == tag_of(opened.case.number):
        return Response(status_code=304, headers=_headers(opened.case.number))
    if form.media_type != JSON:
        now = corrected(opened)
        return Response(form.write(Told(now.response, now.texts, today())), media_type=form.content_type, headers=_headers(opened.case.number))
    lines = [
        ArticleLine(id=article, versions=[Version(number=one.number, at=one.at, sha256=one.sha256) for one in versions])
        for article, versions in history(store, name).items()
    ]
    summary = corrected(opened).response if opened.summary else None
    return _json(CaseOut(**_line(opened.case).model_dump(), history=lines, summary=summary).model_dump_json(by_alias=True), opened.case.number)


def _line(case: Case) -> CaseLine:
    return CaseLine(name=case.name, number=case.number, articles=case.articles, made_at=case.made_at, changed_at=case.changed_at)


def _headers(number: int) -> dict[str, str]:
    return {"ETag": tag_of(number), "Vary": "Accept", "Cache-Control": "no-cache"}


def _json(body: str | bytes, number: int | None = None, status: int = 200, **headers: str) -> Response:
    tags = _headers(number) if number is not None else {}
    return Response(body, status, tags | headers, media_type=JSON)


def _since(written: str) -> int:
    if not re.fullmatch(r"\d{1,15}", written, re.ASCII):
        raise of_case(NoSuchNumber(f"since={written!r} is no number of a case: it looks like 7, as ETag has it"))
    return int(written)


def _new_case(body: bytes) -> NewCase:
    try:
        return NewCase.model_validate(decode_json(body), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        detail = f"/{'/'.join(map(str, first['loc']))}: {first['msg']}; send an object with the key 'name'"
        raise Problem(422, "invalid-request", "The request does not fit", detail) from None
